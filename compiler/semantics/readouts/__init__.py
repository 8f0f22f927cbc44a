"""Displacement readouts in comparisons of circuits: at points, and in Gaussian channels."""
