r"""Noise that waits: loss and random displacements of one mode, merged until the mode is used.

A channel ``x -> sqrt(eta) x + noise``, noise of covariance ``(1 - eta) 1 + N``, is a beamsplitter with an environment
mode in the vacuum, and displacements by two normal numbers, which are the positions of two more environment modes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.operations import Operation
from compiler.typing import Array


@dataclass(frozen=True, slots=True)
class Channel:
    """Pure loss of transmission ``eta``, then random displacements of covariance ``added``, shape (2, 2), in (x, p)."""

    eta: float = 1.0
    added: Array = field(default_factory=lambda: np.zeros((2, 2)))

    def then(self, op: Operation, turn: Array) -> Channel:
        """Return this channel followed by a noise operation, in a frame whose quadratures are ``turn (x, p)``."""
        match op:
            case ops.Loss():
                return Channel(op.eta * self.eta, op.eta * self.added)
            case ops.ThermalLoss():
                extra = (1.0 - op.eta) * 2.0 * op.nbar * VACUUM_VARIANCE
                return Channel(op.eta * self.eta, op.eta * self.added + extra * np.eye(2))
            case ops.DisplacementNoise():
                variances = np.diag([op.x_variance, op.p_variance])
                if op.x_variance == op.p_variance:
                    return Channel(self.eta, self.added + variances)
                return Channel(self.eta, self.added + turn.T @ variances @ turn)
        raise TypeError(f"{type(op).__name__} is not noise that waits")

    @property
    def total(self) -> Array:
        """Covariance of everything that is added."""
        return self.added + (1.0 - self.eta) * VACUUM_VARIANCE * np.eye(2)

    def factors(self) -> tuple[float, float, float]:
        """Return a, b, c: ``x += a y``, ``p += b y + c z`` with standard normal y, z has covariance ``added``."""
        xx, xp, pp = float(self.added[0, 0]), float(self.added[0, 1]), float(self.added[1, 1])
        if xx == 0.0:
            return 0.0, 0.0, sqrt(pp)
        a = sqrt(xx)
        b = xp / a
        rest = pp - b * b
        return a, b, sqrt(rest) if rest > 1e-15 * pp else 0.0
