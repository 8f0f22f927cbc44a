"""Phases of one variable, the position ``s = u . x``, that spin sequences must make."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from compiler.errors import InputError
from compiler.typing import Array


@dataclass(frozen=True, slots=True)
class LinePhase:
    r"""The phase ``f(s) = sum_k c_k s^k`` in radians, of the gate ``exp(i f(s))``.

    Parameters
    ----------
    coefficients : tuple of float
        ``c_0, c_1, ...``; the last is not zero, except that ``()`` is the zero phase.

    Raises
    ------
    InputError
        If a coefficient is not finite.

    Examples
    --------
    >>> LinePhase.power(3, 0.5).value(np.array([2.0]))
    array([4.])
    """

    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        kept = [float(c) for c in self.coefficients]
        if not all(isfinite(c) for c in kept):
            raise InputError(f"the coefficients of a phase must be finite, found {self.coefficients}")
        while kept and kept[-1] == 0.0:
            kept.pop()
        object.__setattr__(self, "coefficients", tuple(kept))

    @classmethod
    def power(cls, order: int, coefficient: float) -> LinePhase:
        """Return the phase ``coefficient * s^order``."""
        return cls((0.0,) * order + (coefficient,))

    @property
    def degree(self) -> int:
        """Largest power; 0 for the zero phase."""
        return max(0, len(self.coefficients) - 1)

    def value(self, s: Array) -> Array:
        """Return f at positions, shape as ``s``."""
        return self._at(self.coefficients, s)

    def slope(self, s: Array) -> Array:
        """Return f' at positions, shape as ``s``."""
        return self._at(tuple(k * c for k, c in enumerate(self.coefficients))[1:], s)

    def slope_bound(self, extent: float) -> float:
        """Return an upper bound on ``|f'|`` on ``|s| <= extent``: the sum of the terms' maxima."""
        return sum(k * abs(c) * extent ** (k - 1) for k, c in enumerate(self.coefficients) if k)

    def curvature_bound(self, extent: float) -> float:
        """Return an upper bound on ``|f''|`` on ``|s| <= extent``: the sum of the terms' maxima."""
        return sum(k * (k - 1) * abs(c) * extent ** (k - 2) for k, c in enumerate(self.coefficients) if k > 1)

    def scaled(self, factor: float) -> LinePhase:
        """Return the phase ``t -> f(factor * t)``."""
        return LinePhase(tuple(c * factor**k for k, c in enumerate(self.coefficients)))

    def __add__(self, other: LinePhase) -> LinePhase:
        a, b = self.coefficients, other.coefficients
        size = max(len(a), len(b))
        return LinePhase(
            tuple(x + y for x, y in zip(a + (0.0,) * (size - len(a)), b + (0.0,) * (size - len(b)), strict=True))
        )

    def __neg__(self) -> LinePhase:
        return LinePhase(tuple(-c for c in self.coefficients))

    @staticmethod
    def _at(coefficients: tuple[float, ...], s: Array) -> Array:
        out: Array = np.zeros_like(s, dtype=float)
        for c in reversed(coefficients):
            out = out * s + c
        return out
