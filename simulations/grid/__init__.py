"""Simulation on position grids: any operation, few modes, with an error that is measured on finer grids."""

from simulations.grid.run import GridMoment, Grids, final_wave, moments, sample, sampling_error

__all__ = ["GridMoment", "Grids", "final_wave", "moments", "sample", "sampling_error"]
