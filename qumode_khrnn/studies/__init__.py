"""Experiments: the main run, devices, losses, sweeps, training."""
