r"""Define the triangle: three modes, their nine observables, and the four contexts of the inequality.

Three modes are squeezed in p by r and joined by edges 01, 02, 12 of weight w, so that ``p_i - w x_j - w x_k`` has the
variance ``e^{-2r}``. With ``a = sqrt(pi / (2 w))`` and hbar = 2 the observables are nine displacements,

``P_i = exp(i a p_i)``,  ``X_i = exp(-i a w x_i)``,  and the squares ``X_i^2``.

``P_i`` and ``X_i`` anticommute, ``P_i`` and ``X_i^2`` commute. The four contexts are sets of commuting observables,
``B_i = {P_i, X_j, X_k}`` and ``A = {P_0, P_1, P_2, X_0^2, X_1^2, X_2^2}``. A product of displacements is a displacement
times a phase, ``D(v) D(v') = exp(i (alpha.beta' - beta.alpha')) D(v + v')``; for every B_i the phase is 1, for A it is
-1 per mode, -1 in all. Values that exist before they are read multiply as numbers, without a phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import VACUUM_VARIANCE
from qumode_khrnn.network.cell import MAX_SQUEEZING

if TYPE_CHECKING:
    from compiler.typing import Array

MODES = (0, 1, 2)
EDGES = ((0, 1), (0, 2), (1, 2))
CONTEXTS = ("B0", "B1", "B2", "A")
"""Names of the contexts, in the order of all tables here."""

LEAST_WEIGHT, MOST_WEIGHT = 1e-2, 1e2
"""Range of weights in which all formulas keep their digits in float64."""


@dataclass(frozen=True, slots=True)
class Displacement:
    """``exp(i (alpha.p + beta.x))`` on three modes.

    Attributes
    ----------
    alpha, beta : tuple of float
        One number per mode.
    """

    alpha: tuple[float, float, float]
    beta: tuple[float, float, float]

    @property
    def vector(self) -> Array:
        """(beta, alpha), the coefficients of (x_0, x_1, x_2, p_0, p_1, p_2), shape (6,)."""
        return np.array([*self.beta, *self.alpha])

    def phase_with(self, other: Displacement) -> float:
        """Return the angle c of ``self other = exp(i c) D(sum)``; the two commute if it is a multiple of pi."""
        return float(np.dot(self.alpha, other.beta) - np.dot(self.beta, other.alpha))

    def plus(self, other: Displacement) -> Displacement:
        """Return the displacement by the sum of both."""
        alpha, beta = np.add(self.alpha, other.alpha), np.add(self.beta, other.beta)
        return Displacement(_triple(alpha), _triple(beta))


@dataclass(frozen=True, slots=True)
class Context:
    """Commuting observables that are read together, as the one displacement that their product is.

    Attributes
    ----------
    name : str
    observables : tuple of str
    displacement : Displacement
        ``D``: one spin-dependent pulse reads it by one bit of mean ``Re <D>``.
    sign : float
        The product of the observables, as operators, is ``sign D``.
    coefficient : float
        Of the real part of the product in S: 1 for every B_i, -1 for A.
    """

    name: str
    observables: tuple[str, ...]
    displacement: Displacement
    sign: float
    coefficient: float


@dataclass(frozen=True, slots=True)
class Triangle:
    """Three squeezed modes, three edges, and loss on every mode before the readout.

    Parameters
    ----------
    weight : float
        w of each edge, in 0.01..100.
    squeezing : float
        r of each mode, in 0..4.
    loss : float
        Share of light that each mode loses, 1 - eta, in [0, 1).

    Raises
    ------
    InputError
        If a number is out of range.
    """

    weight: float = 1.0
    squeezing: float = 1.0
    loss: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.weight) and LEAST_WEIGHT <= self.weight <= MOST_WEIGHT):
            raise InputError(
                f"the weight of the triangle must lie in {LEAST_WEIGHT:g}..{MOST_WEIGHT:g}, found {self.weight:.6g}"
            )
        if not 0.0 <= self.squeezing <= MAX_SQUEEZING:
            raise InputError(
                f"the squeezing must lie in 0..{MAX_SQUEEZING:g} (r = dB / 8.686), found {self.squeezing:.6g}"
            )
        if not 0.0 <= self.loss < 1.0:
            raise InputError(f"the loss per mode must lie in [0, 1), found {self.loss:.6g}")

    def observables(self) -> dict[str, Displacement]:
        """Return the nine observables by name: P0 .. P2, X0 .. X2, X0^2 .. X2^2."""
        a = sqrt(pi / (2.0 * self.weight))
        found = {f"P{i}": Displacement(_unit(i, a), (0.0, 0.0, 0.0)) for i in MODES}
        found |= {f"X{i}": Displacement((0.0, 0.0, 0.0), _unit(i, -a * self.weight)) for i in MODES}
        return found | {f"X{i}^2": found[f"X{i}"].plus(found[f"X{i}"]) for i in MODES}

    def contexts(self) -> tuple[Context, ...]:
        """Return B0, B1, B2 and A.

        >>> [(c.name, c.observables, c.sign) for c in Triangle().contexts()][2:]
        [('B2', ('P2', 'X0', 'X1'), 1.0), ('A', ('P0', 'P1', 'P2', 'X0^2', 'X1^2', 'X2^2'), -1.0)]
        """
        one = [(f"B{i}", (f"P{i}", *(f"X{j}" for j in MODES if j != i)), 1.0) for i in MODES]
        everything = ("A", (*(f"P{i}" for i in MODES), *(f"X{i}^2" for i in MODES)), -1.0)
        known = self.observables()
        return tuple(
            Context(name, names, *_product([known[each] for each in names]), coefficient)
            for name, names, coefficient in (*one, everything)
        )

    def covariance(self) -> Array:
        """Return the covariance matrix of (x_0, x_1, x_2, p_0, p_1, p_2) after edges and loss, shape (6, 6)."""
        spread = np.repeat(np.exp([2.0 * self.squeezing, -2.0 * self.squeezing]), 3)
        edges = np.eye(6)
        edges[3:, :3] = self.weight * (np.ones((3, 3)) - np.eye(3))
        lossless: Array = (edges * spread) @ edges.T
        return (1.0 - self.loss) * lossless + self.loss * VACUUM_VARIANCE * np.eye(6)


def _unit(mode: int, value: float) -> tuple[float, float, float]:
    return _triple(value * np.eye(3)[mode])


def _triple(values: Array) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


def _product(factors: list[Displacement]) -> tuple[Displacement, float]:
    """Return the displacement of a product of commuting displacements, and the sign before it."""
    total, angle = factors[0], 0.0
    for factor in factors[1:]:
        angle += total.phase_with(factor)
        total = total.plus(factor)
    return total, float(np.sign(np.cos(angle)))
