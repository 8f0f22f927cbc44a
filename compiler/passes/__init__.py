"""Compiler passes, one idea per file. Each takes a circuit and a profile, and states its guarantee."""
