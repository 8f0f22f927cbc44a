"""Simulation: circuits of the compiler in, outcomes out."""
