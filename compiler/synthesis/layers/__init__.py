"""Orthogonal layers, for depth: dense and matrix-free fits, and how many layers are tried."""
