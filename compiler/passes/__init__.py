"""Compiler passes, one idea a file. Each takes a circuit and a profile, and states its promise."""
