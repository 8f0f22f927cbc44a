r"""Define exact laws of answers: normal, and quadratic forms of normals plus normal noise.

A position readout, and a momentum readout whose mean is affine in the other positions, have normal answers. A momentum
readout whose mean is a quadratic polynomial of normal positions (a 3-edge whose star was not undone) has

``y = c + sum_j (b_j z_j + lambda_j z_j^2) + normal(0, v)``, z_j independent standard normal,

with characteristic function ``exp(i c t - v t^2 / 2) prod_j (1 - 2 i lambda_j t)^{-1/2} exp(-b_j^2 t^2 / (2 (1 - 2 i
lambda_j t)))``, which is inverted numerically. Other laws have modules of their own; `simulations.laws.types` lists
them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, log, pi, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.typing import Array
from simulations.laws import inversion

LEAST, GREATEST = 1e-40, 1e40
"""Range of variances, and bound of all other numbers, of laws and answers: squares and ratios stay within float64."""


class Law(Protocol):
    """A law of one real answer."""

    @property
    def mean(self) -> float:
        """Expected value."""

    @property
    def variance(self) -> float:
        """Variance, positive."""

    def log_density(self, y: float) -> float:
        """Return the natural logarithm of the density."""

    def cdf(self, y: float) -> float:
        """Return the distribution function ``P(answer <= y)``."""

    def tail(self, y: float) -> float:
        """Return the two-sided tail ``2 min(F(y), 1 - F(y))``: 1 at the median, uniform for exact answers."""

    def scaled(self, factor: float) -> Law:
        """Return the law of ``factor * y``, for a factor that is not zero."""

    def noisier(self, variance: float) -> Law:
        """Return the law of ``y + normal(0, variance)``."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, which `simulations.laws.types.law_from_json` reads."""


@dataclass(frozen=True, slots=True)
class NormalLaw:
    """Normal law.

    >>> round(NormalLaw(0.0, 4.0).tail(2 * 1.959964), 6)
    0.05
    """

    mean: float
    variance: float

    def __post_init__(self) -> None:
        check_law(self.variance, self.mean)

    def log_density(self, y: float) -> float:
        """Return ``-(y - mean)^2 / (2 variance) - log(2 pi variance) / 2``."""
        return -0.5 * (y - self.mean) ** 2 / self.variance - 0.5 * log(2.0 * pi * self.variance)

    def cdf(self, y: float) -> float:
        """Return ``erfc((mean - y) / sqrt(2 variance)) / 2``."""
        return 0.5 * erfc((self.mean - y) / sqrt(2.0 * self.variance))

    def tail(self, y: float) -> float:
        """Return ``erfc(|y - mean| / sqrt(2 variance))``."""
        return erfc(abs(y - self.mean) / sqrt(2.0 * self.variance))

    def scaled(self, factor: float) -> NormalLaw:
        """Return the law of ``factor * y``."""
        return NormalLaw(factor * self.mean, factor**2 * self.variance)

    def noisier(self, variance: float) -> NormalLaw:
        """Return the law of ``y + normal(0, variance)``."""
        return NormalLaw(self.mean, self.variance + variance)

    def to_json(self) -> dict[str, Any]:
        """Return ``{"law": "normal", "mean": .., "variance": ..}``."""
        return {"law": "normal", "mean": self.mean, "variance": self.variance}


@dataclass(frozen=True, slots=True)
class QuadraticLaw:
    """Law of ``constant + sum_j (linear_j z_j + quadratic_j z_j^2) + normal(0, noise)``, z_j standard normal.

    >>> law = QuadraticLaw(0.0, (1.0,), (0.0,), 3.0)  # a normal law in disguise
    >>> round(law.log_density(0.7) - NormalLaw(0.0, 4.0).log_density(0.7), 12) + 0.0
    0.0
    """

    constant: float
    linear: tuple[float, ...]
    quadratic: tuple[float, ...]
    noise: float

    def __post_init__(self) -> None:
        check_law(self.noise, self.constant, *self.linear, *self.quadratic)
        if len(self.linear) != len(self.quadratic):
            raise InputError("a quadratic law must have as many linear as quadratic coefficients")

    @property
    def mean(self) -> float:
        """``constant + sum_j quadratic_j``."""
        return self.constant + sum(self.quadratic)

    @property
    def variance(self) -> float:
        """``noise + sum_j (linear_j^2 + 2 quadratic_j^2)``."""
        return self.noise + sum(b * b + 2.0 * q * q for b, q in zip(self.linear, self.quadratic, strict=True))

    def log_density(self, y: float) -> float:
        """Return the log-density by inversion; error near 1e-13 of the largest density, which is the floor."""
        t, step = self._nodes(y)
        return inversion.log_density(y, t, step, self._characteristic(t), self.noise)

    def cdf(self, y: float) -> float:
        """Return the distribution function by inversion; absolute error near 1e-13."""
        t, step = self._nodes(y)
        return inversion.distribution(y, t, step, self._characteristic(t))

    def tail(self, y: float) -> float:
        """Return ``2 min(F, 1 - F)``; absolute error near 1e-13."""
        lower = self.cdf(y)
        return 2.0 * min(lower, 1.0 - lower)

    def scaled(self, factor: float) -> QuadraticLaw:
        """Return the law of ``factor * y``."""
        return QuadraticLaw(
            factor * self.constant,
            tuple(factor * b for b in self.linear),
            tuple(factor * q for q in self.quadratic),
            factor**2 * self.noise,
        )

    def noisier(self, variance: float) -> QuadraticLaw:
        """Return the law of ``y + normal(0, variance)``."""
        return QuadraticLaw(self.constant, self.linear, self.quadratic, self.noise + variance)

    def to_json(self) -> dict[str, Any]:
        """Return ``{"law": "quadratic", "constant": .., "linear": [..], "quadratic": [..], "noise": ..}``."""
        return {
            "law": "quadratic",
            "constant": self.constant,
            "linear": list(self.linear),
            "quadratic": list(self.quadratic),
            "noise": self.noise,
        }

    def _nodes(self, y: float) -> tuple[Array, float]:
        # midpoints up to where the noise has damped the integrand to e^{-36}; the step resolves a window that leaves
        # out tails of e^{-40} of the slowest-decaying square
        deviation = sqrt(self.variance)
        largest = max((abs(q) for q in self.quadratic), default=0.0)
        return inversion.nodes(2.0 * (abs(y - self.mean) + 12.0 * deviation + 80.0 * largest), self.noise)

    def _characteristic(self, t: Array) -> NDArray[np.complex128]:
        log_value = 1j * self.constant * t - 0.5 * self.noise * t**2
        for b, q in zip(self.linear, self.quadratic, strict=True):
            root = 1.0 - 2j * q * t
            log_value = log_value - 0.5 * np.log(root) - 0.5 * (b * t) ** 2 / root
        return np.asarray(np.exp(log_value))


def quadratic_law(
    constant: float, linear: Array, quadratic: Array, mean: Array, cov: Array, noise: float
) -> NormalLaw | QuadraticLaw:
    """Return the law of ``constant + linear . x + x quadratic x + normal(0, noise)`` for ``x ~ N(mean, cov)``.

    Parameters
    ----------
    linear, mean : array, shape (n,)
    quadratic, cov : array, shape (n, n), symmetric
    """
    values, vectors = np.linalg.eigh(cov)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))  # x = mean + root z
    slope = root.T @ (linear + 2.0 * quadratic @ mean)
    curvature, basis = np.linalg.eigh(root.T @ quadratic @ root)
    offset = constant + float(linear @ mean + mean @ quadratic @ mean)
    slope = basis.T @ slope
    bent = np.abs(curvature) > 1e-14 * np.abs(curvature).max(initial=0.0)
    flat = float(np.sum(slope[~bent] ** 2))
    if not bent.any():
        return NormalLaw(offset, noise + flat)
    return QuadraticLaw(offset, tuple(slope[bent].tolist()), tuple(curvature[bent].tolist()), noise + flat)


def check_law(variance: float, *others: float) -> None:
    """Raise InputError if a law's numbers are out of range."""
    if not LEAST < variance < GREATEST or not all(abs(v) < GREATEST for v in others):
        raise InputError(
            f"a law must have a variance in {LEAST:g}..{GREATEST:g} and parameters below {GREATEST:g}, "
            f"found {variance}, {list(others)}"
        )
