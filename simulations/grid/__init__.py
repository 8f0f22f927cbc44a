"""Simulation on position grids: any operation, few modes, with an error that is measured on finer grids."""

from simulations.grid.plan import Grids
from simulations.grid.run import GridMoment, effort, final_wave, is_still, moments, sample, sampling_error

__all__ = ["GridMoment", "Grids", "effort", "final_wave", "is_still", "moments", "sample", "sampling_error"]
