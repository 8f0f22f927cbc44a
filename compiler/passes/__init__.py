"""Compiler passes, one idea a file. Each is a frozen object that takes a circuit and a profile and states its promise."""
