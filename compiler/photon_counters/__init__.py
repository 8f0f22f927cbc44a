"""Fit circuits to machines that count photons of Gaussian light: pairs of modes, and delay loops."""
