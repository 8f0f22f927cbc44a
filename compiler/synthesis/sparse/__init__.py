"""Sparse forms: divisions into communities, and mixtures of stars and small windows."""
