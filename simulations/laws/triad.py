r"""Define the laws of three momenta read together on one 3-edge: the contextual probe of the real alphabet.

Three modes in pure Gaussian states (position mean m_j and variance v_j, momentum mean mu_j and variance 1 / v_j)
receive ``exp(i w x_1 x_2 x_3 / 2)``, and their momenta are read with noise of variance s. With ``x_j = X_j + t_j`` on
one side of the density matrix and ``X_j - t_j`` on the other, the phase is ``w (t_1 X_2 X_3 + X_1 t_2 X_3 + X_1 X_2
t_3 + t_1 t_2 t_3)``, so the joint characteristic function of the answers is

``chi(t) = E[exp(i w (t_1 X_2 X_3 + X_1 t_2 X_3 + X_1 X_2 t_3))] exp(i w t_1 t_2 t_3) prod_j exp(i mu_j t_j - (1 / v_j +
s) t_j^2 / 2)``, X_j ~ N(m_j, v_j) independent.

The phase-space model of the same probe (p_j moved by w times the other two positions, x and p drawn independently) has
this function without ``exp(i w t_1 t_2 t_3)``: this factor is the whole contextuality. It is 1 unless all three
momenta are read.

Conditional laws: for given X_3 and t of the answer asked for, all other variables are jointly (complex) Gaussian.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.typing import Array, ComplexArray
from simulations.laws import inversion
from simulations.laws.real import check_law

CHUNK = 128
"""Number of nodes of the inversion that are treated together."""

POINTS = 401
"""Nodes of the sum over X_3, out to 8.7 standard deviations."""


@dataclass(frozen=True, slots=True)
class TriadLaw:
    """Law of the second or third answer of the probe, given the answers before it.

    Attributes
    ----------
    weight : float
        Weight w of the 3-edge.
    means, variances, momenta : tuple of three floats
        m_j, v_j, mu_j, in the order in which the modes are read.
    noise : float
        Variance s that every readout adds.
    answers : tuple of one or two floats
        Earlier answers.
    quantum : bool
        Whether the law is quantum; False stands for the phase-space model.

    Raises
    ------
    InputError
        If a number is out of range, or there are not one or two earlier answers.
    """

    weight: float
    means: tuple[float, float, float]
    variances: tuple[float, float, float]
    momenta: tuple[float, float, float]
    noise: float
    answers: tuple[float, ...]
    quantum: bool = True

    def __post_init__(self) -> None:
        if {len(self.means), len(self.variances), len(self.momenta)} != {3} or min(self.variances) <= 0.0:
            raise InputError("a contextual law needs three means, momenta, and variances above 0")
        if len(self.answers) not in (1, 2):
            raise InputError(f"a contextual law is given one or two earlier answers, found {len(self.answers)}")
        check_law(self.noise, self.weight, *self.means, *self.variances, *self.momenta, *self.answers)

    @property
    def mean(self) -> float:
        """Expected value, to about 1e-6 of the standard deviation."""
        return _transform(self).mean

    @property
    def variance(self) -> float:
        """Variance, to about 1e-6 of itself."""
        return _transform(self).variance

    def log_density(self, y: float) -> float:
        """Return the log-density by inversion; error below 1e-8 of the largest density."""
        found = _transform(self)
        chi = found.chi if abs(y - found.mean) < found.reach else 0.0 * found.chi
        return inversion.log_density(y, found.t, found.step, chi, self.noise)

    def cdf(self, y: float) -> float:
        """Return the distribution function by inversion; absolute error below 1e-8."""
        found = _transform(self)
        if abs(y - found.mean) >= found.reach:
            return float(y > found.mean)
        return inversion.distribution(y, found.t, found.step, found.chi)

    def tail(self, y: float) -> float:
        """Return ``2 min(F, 1 - F)``."""
        lower = self.cdf(y)
        return 2.0 * min(lower, 1.0 - lower)

    def to_json(self) -> dict[str, Any]:
        """Return ``{"law": "triad", "weight": .., "means": [..], .., "quantum": true}``."""
        return {
            "law": "triad",
            "weight": self.weight,
            "means": list(self.means),
            "variances": list(self.variances),
            "momenta": list(self.momenta),
            "noise": self.noise,
            "answers": list(self.answers),
            "quantum": self.quantum,
        }


@dataclass(frozen=True, slots=True)
class _Transform:
    t: Array
    step: float
    chi: ComplexArray
    mean: float
    variance: float
    reach: float


@lru_cache(maxsize=256)
def _transform(law: TriadLaw) -> _Transform:
    last = len(law.answers)
    density = _characteristic(law, np.zeros(1))[0].real  # of the earlier answers
    if not density > 0.0:
        raise InputError("the earlier answers of a contextual probe are too unlikely for their law to be computed")
    # mean and variance from the curvature at 0, by a five-point rule on the scale of the noise
    h = 0.02 / sqrt(1.0 / law.variances[last] + law.noise + (law.weight**2) * _largest_square(law))
    near = _characteristic(law, h * np.arange(1, 3)) / density
    first = (8.0 * near[0].imag - near[1].imag) / (6.0 * h)
    second = (16.0 * (near[0].real - 1.0) - (near[1].real - 1.0)) / (6.0 * h * h)
    variance = float(-second - first**2)
    reach = 14.0 * sqrt(variance) + 40.0 * abs(law.weight) * sqrt(_largest_square(law))
    damping = 1.0 / law.variances[last] + law.noise
    t, step = inversion.nodes(2.0 * reach, damping)
    parts: list[ComplexArray] = []
    for low in range(0, len(t), CHUNK):  # until nothing is left
        parts.append(_characteristic(law, t[low : low + CHUNK]) / density)
        if np.abs(parts[-1]).max() < 1e-17:
            break
    chi = np.concatenate(parts)
    return _Transform(t[: len(chi)], step, chi, float(first), variance, reach)


def _largest_square(law: TriadLaw) -> float:
    squares = sorted(m * m + v for m, v in zip(law.means, law.variances, strict=True))
    return squares[1] * squares[2]


def _characteristic(law: TriadLaw, t: Array) -> ComplexArray:
    """Return ``E[exp(i t y_last)] f(earlier answers)``: Gaussian in X_1, X_2 and the earlier t_j, summed over X_3."""
    last = len(law.answers)
    # the variable of the sum is the position of the mode read last (two answers) or of one that is not read (one)
    (m1, m2, m3), (v1, v2, v3) = law.means, law.variances
    # x_3 = width sinh(u): the integrand has branch points at i width, which this moves to i pi / 2
    width = min(sqrt((1.0 / v1 + law.noise) / v2), sqrt((1.0 / v2 + law.noise) / v1)) / (abs(law.weight) + 1e-300)
    low, high = (np.arcsinh((m3 + sign * 8.7 * sqrt(v3)) / width) for sign in (-1.0, 1.0))
    u = np.linspace(low, high, POINTS)
    x3 = width * np.sinh(u)
    weight3 = np.exp(-((x3 - m3) ** 2) / (2.0 * v3)) / sqrt(2.0 * np.pi * v3) * width * np.cosh(u) * (u[1] - u[0])
    edge_x, edge_t = -1j * law.weight * x3[None, :], -1j * law.weight * t[:, None]
    eta = [y - mu for y, mu in zip(law.answers, law.momenta, strict=False)]
    # variables X_1, X_2, t_1 and, for the third answer, t_2; entries broadcast to (t, X_3)
    matrix: dict[tuple[int, int], ComplexArray | complex] = {
        (0, 0): 1.0 / v1,
        (1, 1): 1.0 / v2,
        (2, 2): 1.0 / v1 + law.noise,
        (1, 2): edge_x,  # t_1 X_2 X_3
    }
    vector: list[ComplexArray | complex] = [m1 / v1, m2 / v2, -1j * eta[0]]
    if last == 1:
        vector[0] = m1 / v1 - edge_x * t[:, None]  # X_1 t_2 X_3, where t_2 is given
    else:
        vector.append(-1j * eta[1])
        matrix[3, 3] = 1.0 / v2 + law.noise
        matrix[0, 3] = edge_x  # X_1 t_2 X_3
        matrix[0, 1] = edge_t  # X_1 X_2 t_3
        if law.quantum:
            matrix[2, 3] = edge_t  # t_1 t_2 t_3
    inner = _gaussian_integral(matrix, vector) * np.exp(-0.5 * (m1 * m1 / v1 + m2 * m2 / v2))
    total = (inner * weight3).sum(axis=1)
    own = np.exp(1j * law.momenta[last] * t - 0.5 * (1.0 / law.variances[last] + law.noise) * t**2)
    return np.asarray(total * own / (2.0 * np.pi * sqrt(v1 * v2)) / (2.0 * np.pi) ** last)


def _gaussian_integral(
    matrix: dict[tuple[int, int], ComplexArray | complex], vector: list[ComplexArray | complex]
) -> ComplexArray | complex:
    """Return ``int exp(-u M u / 2 + b u) du`` over real u, by elimination: every pivot has a positive real part, so its
    principal square root is the right one. The upper triangle of M is given; both arguments are used up."""
    value: ComplexArray | complex = 1.0
    exponent: ComplexArray | complex = 0.0
    for k in range(len(vector)):
        pivot = matrix[k, k]
        exponent = exponent + 0.5 * vector[k] ** 2 / pivot
        value = value * np.sqrt(2.0 * np.pi / pivot)
        joined = [m for m in range(k + 1, len(vector)) if (k, m) in matrix]
        for m in joined:
            factor = matrix[k, m] / pivot
            vector[m] = vector[m] - factor * vector[k]
            for other in joined:
                if other >= m:
                    matrix[m, other] = matrix.get((m, other), 0.0) - factor * matrix[k, other]
    return value * np.exp(exponent)
