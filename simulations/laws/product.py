r"""Define the law of a product of three positions, which a momentum readout on a 4-edge finds.

``y = constant + factor * x_1 x_2 x_3 + normal(0, noise)``, ``x_j ~ N(m_j, v_j)`` independent. For a given x_3 the
expectation of ``exp(i s x_1 x_2)`` is closed,

``(1 + s^2 v_1 v_2)^{-1/2} exp((i s m_1 m_2 - s^2 (v_1 m_2^2 + v_2 m_1^2) / 2) / (1 + s^2 v_1 v_2))``,

and that over x_3 is a trapezoidal sum in u with ``x_3 = sinh(u) / (|t factor| sqrt(v_1 v_2))``, which moves the branch
points of the square root far from the real line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.typing import Array
from simulations.laws import inversion
from simulations.laws.real import check_law

POINTS = 200
"""Nodes of the sum over x_3."""

CHUNK = 500
"""Number of nodes of the inversion that are treated together."""


@dataclass(frozen=True, slots=True)
class ProductLaw:
    """Law of ``constant + factor * x_1 x_2 x_3 + normal(0, noise)``, ``x_j ~ N(means[j], variances[j])`` independent.

    Raises
    ------
    InputError
        If there are not three factors, or a number is out of range.

    Examples
    --------
    >>> ProductLaw(0.0, 0.5, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.1).variance
    0.35
    """

    constant: float
    factor: float
    means: tuple[float, float, float]
    variances: tuple[float, float, float]
    noise: float

    def __post_init__(self) -> None:
        if len(self.means) != 3 or len(self.variances) != 3 or min(self.variances) <= 0.0:
            raise InputError("the law of a product must have three means and three variances > 0")
        check_law(self.noise, self.constant, self.factor, *self.means, *self.variances)

    @property
    def mean(self) -> float:
        """``constant + factor m_1 m_2 m_3``."""
        return self.constant + self.factor * prod(self.means)

    @property
    def variance(self) -> float:
        """``noise + factor^2 (prod (m_j^2 + v_j) - prod m_j^2)``."""
        squares = [m * m for m in self.means]
        spread = prod(s + v for s, v in zip(squares, self.variances, strict=True)) - prod(squares)
        return self.noise + self.factor**2 * spread

    def log_density(self, y: float) -> float:
        """Return the log-density by inversion; error near 1e-12 of the largest density, which is the floor."""
        t, step, chi = _transform(self)
        inside = abs(y - self.mean) < self._reach
        return inversion.log_density(y, t, step, chi if inside else 0.0 * chi, self.noise)

    def cdf(self, y: float) -> float:
        """Return the distribution function by inversion; absolute error near 1e-12."""
        if abs(y - self.mean) >= self._reach:
            return float(y > self.mean)
        t, step, chi = _transform(self)
        return inversion.distribution(y, t, step, chi)

    def tail(self, y: float) -> float:
        """Return ``2 min(F, 1 - F)``."""
        lower = self.cdf(y)
        return 2.0 * min(lower, 1.0 - lower)

    def to_json(self) -> dict[str, Any]:
        """Return ``{"law": "product", "constant": .., "factor": .., "means": [..], "variances": [..], ..}``."""
        return {
            "law": "product",
            "constant": self.constant,
            "factor": self.factor,
            "means": list(self.means),
            "variances": list(self.variances),
            "noise": self.noise,
        }

    @property
    def _reach(self) -> float:
        # P(|z_1 z_2 z_3| > 90) is below 1e-13; the rest of the answer has lighter tails
        return 12.0 * sqrt(self.variance) + 90.0 * abs(self.factor) * sqrt(prod(self.variances))


@lru_cache(maxsize=64)
def _transform(law: ProductLaw) -> tuple[Array, float, NDArray[np.complex128]]:
    t, step = inversion.nodes(2.0 * law._reach, law.noise)
    (m1, m2, m3), (v1, v2, v3) = law.means, law.variances
    parts: list[NDArray[np.complex128]] = []
    for low in range(0, len(t), CHUNK):  # until nothing is left
        part = t[low : low + CHUNK, None]
        width = 1.0 / (np.abs(part * law.factor) * sqrt(v1 * v2) + 1e-300)
        start, stop = (np.arcsinh((m3 + sign * 8.7 * sqrt(v3)) / width) for sign in (-1.0, 1.0))
        h = (stop - start) / (POINTS - 1)
        u = start + h * np.arange(POINTS)
        x = width * np.sinh(u)
        weight = np.exp(-((x - m3) ** 2) / (2.0 * v3)) * width * np.cosh(u) * h / sqrt(2.0 * np.pi * v3)
        s = part * law.factor * x
        root = 1.0 + s**2 * v1 * v2
        inner = np.exp((1j * s * m1 * m2 - 0.5 * s**2 * (v1 * m2**2 + v2 * m1**2)) / root) / np.sqrt(root)
        own = np.exp(1j * law.constant * part[:, 0] - 0.5 * law.noise * part[:, 0] ** 2)
        parts.append((weight * inner).sum(axis=1) * own)
        if np.abs(parts[-1]).max() < 1e-17:
            break
    chi = np.concatenate(parts)
    return t[: len(chi)], step, chi
