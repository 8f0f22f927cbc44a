"""Back ends: the same circuit on the exact simulator, the grid, Strawberry Fields and MrMustard."""

from simulations.backends.registry import BACKENDS, Accuracy, Backend, Noise, Settings, capabilities, described, run

__all__ = ["BACKENDS", "Accuracy", "Backend", "Noise", "Settings", "capabilities", "described", "run"]
