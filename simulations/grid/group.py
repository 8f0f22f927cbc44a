"""Run a group of shots through the steps of a circuit, on grids that were planned before."""

from __future__ import annotations

import copy
from math import sqrt

import numpy as np

from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.typing import Array
from simulations.grid.plan import Plan
from simulations.grid.primitives import Chirp, GridRead, Prepare
from simulations.grid.wave import Wave

OFF_CENTRE = 0.02
"""Frames follow the wave when its middle is off by more than this share of the half width of the grid."""


class Group:
    """One group of shots on its way."""

    def __init__(self, plan: Plan, shots: int, rng: np.random.Generator, keep: bool = False) -> None:
        self.plan, self.keep = plan, keep
        self.wave = Wave(shots, rng)
        self.waiting: dict[int, float] = {}
        self.results: dict[str, Array] = {}
        self.read: dict[str, tuple[Array, Array]] = {}
        self.first_density: Array | None = None

    def ready(self) -> Group:
        """Do the work that all copies share: the grid and density at the step where shots begin to differ."""
        at = self.plan.first_random
        if at < len(self.plan.steps) and isinstance(step := self.plan.steps[at][1], GridRead):
            self._cover(step.modes[0], at)
            self.first_density = self.wave.fine_density(step.modes[0])
        return self

    def copy(self, shots: int, rng: np.random.Generator) -> Group:
        """Return the same state, for a group of shots."""
        out = copy.copy(self)
        out.wave = copy.copy(self.wave)
        out.wave.psi = self.wave.psi.copy()
        out.wave.axes = [copy.copy(axis) for axis in self.wave.axes]
        out.wave.shots, out.wave.rng = shots, rng
        out.waiting, out.results, out.read = dict(self.waiting), dict(self.results), dict(self.read)
        return out

    def play(self, start: int, stop: int) -> None:
        """Take the steps from ``start`` to ``stop``."""
        for at in range(start, stop):
            _, step = self.plan.steps[at]
            if isinstance(step, Prepare):
                (mode,) = step.modes
                if any(axis.mode == mode for axis in self.wave.axes):
                    self.wave.measure(mode)  # tracing out = measuring and forgetting
                self.waiting[mode] = step.variance
                continue
            for mode in step.modes if self.first_density is None else ():  # `ready` has covered it
                self._cover(mode, at)
            if isinstance(step, GridRead):
                self._read(step)
            elif not isinstance(step, Chirp):
                step.wave(self.wave, self.results)

    def _cover(self, mode: int, at: int) -> None:
        plan = self.plan
        points, spacing, (x, p) = plan.points[at][mode], plan.spacings[at][mode], plan.needs[at][mode]
        if not any(axis.mode == mode for axis in self.wave.axes):
            self.wave.add_mode(mode, self.waiting.pop(mode, VACUUM_VARIANCE), points, spacing)
            return
        axis = self.wave.axis_of(mode)
        middle = self.wave.middle(mode)
        if np.abs(middle).max() > OFF_CENTRE * axis.reach[0]:
            self.wave.reframe(mode, middle, np.zeros(1))
        if axis.points != points or axis.reach[0] < 0.999 * x or axis.reach[1] < 0.999 * p:
            self.wave.regrid(mode, points, spacing)

    def _read(self, step: GridRead) -> None:
        (mode,), d, wave = step.modes, step.detector, self.wave
        scale = d.sign * d.gain
        mean, variance = wave.position_moments(mode)
        lead = np.ones(wave.shots)
        self.read[d.result] = scale * mean * lead, (scale**2 * variance + d.variance) * lead
        if not self.keep:
            value = scale * wave.measure(mode, self.first_density)
            self.first_density = None
            self.results[d.result] = value + sqrt(d.variance) * wave.rng.normal(size=wave.shots)
