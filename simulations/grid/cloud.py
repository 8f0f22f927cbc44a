"""Send classical points through a circuit before the wave, to find the grids that it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.typing import Array

CLOUD = 4_000
"""Number of points; their extremes are near 3.4 standard deviations, times `simulations.grid.plan.Grids.widen`."""


@dataclass
class Cloud:
    """Classical points: ``x`` and ``p`` have shape (2, modes, points), first counted from the frame, then the frame."""

    x: Array
    p: Array
    widen: float
    rng: np.random.Generator
    results: dict[str, Array] = field(default_factory=dict)

    def normal(self, variance: float) -> Array:
        """Return normal values, widened so that their extremes are those of a larger sample."""
        out: Array = self.widen * sqrt(variance) * self.rng.normal(size=self.x.shape[2])
        return out

    def rotate(self, mode: int, angle: Array) -> None:
        """Rotate the points and frames of a mode."""
        c, s = np.cos(angle), np.sin(angle)
        x, p = self.x[:, mode], self.p[:, mode]
        self.x[:, mode], self.p[:, mode] = c * x - s * p, c * p + s * x

    def reach(self, mode: int) -> tuple[float, float]:
        """Return the largest distance of a mode's points from their frames, in x and in p."""
        return float(np.abs(self.x[0, mode]).max()), float(np.abs(self.p[0, mode]).max())


def vacuum_cloud(modes: int, widen: float) -> Cloud:
    """Start all modes in the vacuum; the cloud has random numbers of its own, so that grids do not depend on others."""
    cloud = Cloud(np.zeros((2, modes, CLOUD)), np.zeros((2, modes, CLOUD)), widen, np.random.default_rng(0))
    for mode in range(modes):
        cloud.x[0, mode], cloud.p[0, mode] = cloud.normal(VACUUM_VARIANCE), cloud.normal(VACUUM_VARIANCE)
    return cloud
