r"""The grid of a position register: the positions and momenta that m qubits stand for, and the mass outside.

``N = 2^m`` points ``x_j = (j - (N-1)/2) dx`` and, after the centred Fourier transform, ``p_l = (l - (N-1)/2) dp`` with
``dp = 2 pi hbar / (N dx)``: the extents ``N dx`` in x and ``2 pi hbar / dx`` in p trade against each other. The spacing
balances what a circuit's state leaves outside of both.

Quadratures of the circuits that are lowered are polynomials of normal variables: of degree 1 in x, and in p of the
degree D of the gradients that were added. A quadrature with mean mu and deviation sigma is taken to have the tails of
``z^D``, z standard normal, with sigma for its root mean square:

``P(|q - mu| > t sigma) ~ erfc((t sqrt((2D-1)!!))^{1/D} / sqrt 2)``,

which is exact for D = 1. For D > 1 it is an estimate and not a bound: products of different positions, as edges make
them, fall faster, powers of one position, less their mean, slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, isfinite, pi, prod, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.typing import Array

MAX_QUBITS = 12
"""Largest number of qubits of one register: 4096 points."""

POINTS = 1 << 14
"""Points of the cloud that measures how far quadratures reach; deviations are good to one or two percent."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Positions and momenta of one register.

    Parameters
    ----------
    qubits : int
        m, in 1..12.
    spacing : float
        dx, positive.

    Examples
    --------
    >>> Grid(2, 1.0).positions().tolist()
    [-1.5, -0.5, 0.5, 1.5]
    """

    qubits: int
    spacing: float

    def __post_init__(self) -> None:
        if not isinstance(self.qubits, int) or not 1 <= self.qubits <= MAX_QUBITS:
            raise InputError(f"a position register has 1..{MAX_QUBITS} qubits, found {self.qubits!r}")
        if not (isfinite(self.spacing) and self.spacing > 0.0):
            raise InputError(f"the spacing of a position register must be positive, found {self.spacing}")

    @property
    def points(self) -> int:
        """N = 2^m."""
        return 1 << self.qubits

    @property
    def momentum_spacing(self) -> float:
        """dp = 2 pi hbar / (N dx)."""
        return 2.0 * pi * HBAR / (self.points * self.spacing)

    def positions(self) -> Array:
        """Return x_j for j = 0 .. N-1, shape (N,)."""
        return (np.arange(self.points) - (self.points - 1) / 2.0) * self.spacing

    def momenta(self) -> Array:
        """Return p_l for l = 0 .. N-1, shape (N,)."""
        return (np.arange(self.points) - (self.points - 1) / 2.0) * self.momentum_spacing


@dataclass(frozen=True, slots=True)
class Reach:
    """Mean, standard deviation and degree of one quadrature at one moment."""

    mean: float
    deviation: float
    degree: int

    def margin(self, half_extent: float) -> float:
        """Return the edge of the grid in standard deviations of z; negative if the mean lies outside."""
        t = (half_extent - abs(self.mean)) / self.deviation
        if t <= 0.0:
            return t
        root_mean_square = sqrt(prod(range(1, 2 * self.degree, 2)))  # of z^D
        return float((t * root_mean_square) ** (1.0 / self.degree))


@dataclass(frozen=True, slots=True)
class ModeReach:
    """Reaches of one mode, whenever its grid matters: prepared, moved, or transformed to momenta."""

    positions: tuple[Reach, ...]
    momenta: tuple[Reach, ...]

    def outside(self, grid: Grid) -> float:
        """Return the estimated mass outside the extents in x and in p together, each at its worst moment."""
        return sum(min(1.0, erfc(margin / sqrt(2.0))) for margin in self._margins(grid))

    def balanced(self, qubits: int) -> Grid:
        """Return the grid on which the two masses are equal."""
        from scipy.optimize import brentq

        def excess(log_spacing: float) -> float:
            x, p = self._margins(Grid(qubits, exp(log_spacing)))
            return x - p

        return Grid(qubits, exp(brentq(excess, -30.0, 30.0, xtol=1e-12)))

    def _margins(self, grid: Grid) -> tuple[float, float]:
        half_x, half_p = grid.points * grid.spacing / 2.0, grid.points * grid.momentum_spacing / 2.0
        return min(r.margin(half_x) for r in self.positions), min(r.margin(half_p) for r in self.momenta)


def mode_reaches(circuit: Circuit) -> tuple[ModeReach, ...]:
    """Return how far the modes of a circuit reach, from classical points drawn from the preparations' Wigner functions.

    Means and deviations of momenta that are sums of momenta and of polynomials of other positions are those of the
    quantum state, up to the sampling error of the cloud, which is the same in every call. Momenta count only when a
    mode is transformed to them: phases that are undone before cost no extent.

    Parameters
    ----------
    circuit : Circuit
        Operations that `compiler.qubits.register` lowers, with every mode prepared before it is used.
    """
    rng = np.random.default_rng(20_140_311)
    x = np.zeros((circuit.modes, POINTS))
    p = np.zeros((circuit.modes, POINTS))
    degree = [1] * circuit.modes
    positions: list[list[Reach]] = [[] for _ in range(circuit.modes)]
    momenta: list[list[Reach]] = [[] for _ in range(circuit.modes)]

    def note(mode: int) -> None:
        positions[mode].append(Reach(float(x[mode].mean()), float(x[mode].std()), 1))
        momenta[mode].append(Reach(float(p[mode].mean()), float(p[mode].std()), degree[mode]))

    for op in circuit.operations:
        match op:
            case ops.PrepareSqueezed((mode,), r):
                x[mode], p[mode] = rng.standard_normal((2, POINTS)) * [[exp(-r)], [exp(r)]]
                degree[mode] = 1
                note(mode)
            case ops.PolynomialPhase(modes, polynomial):
                for mode, slope in ((m, polynomial.derivative(m)) for m in modes):
                    p[mode] += slope.evaluate(dict(enumerate(x)))
                    degree[mode] = max(degree[mode], slope.degree)
            case ops.Displacement((mode,), float() as amount, _):
                x[mode] += amount
                note(mode)
            case ops.ControlledX((control, target), float() as s):
                x[target] += s * x[control]
                p[control] -= s * p[target]
                degree[control] = max(degree[control], degree[target])
                note(target)
            case ops.Homodyne((mode,), _, _):
                note(mode)
    # a mode that nothing touches is never prepared, and any grid does
    vacuum = (Reach(0.0, 1.0, 1),)
    return tuple(ModeReach(tuple(a) or vacuum, tuple(b) or vacuum) for a, b in zip(positions, momenta, strict=True))
