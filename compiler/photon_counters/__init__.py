"""Circuits for machines that count photons of Gaussian light: what fits pairs of modes, and what fits delay loops."""
