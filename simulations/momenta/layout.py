r"""Choose grids, their centres, and the treatment of weak couplings, for a group of shots.

Positions are counted from centres that differ from shot to shot, ``x_v = c_v + a_v``, so that all shots share the grids
of a. Where a cubic term ``w x_v x_u x_y`` is summed over v for all y at once, the centre of u is chosen so that
the coupling of v and y without u vanishes in every shot: the matrix of the sum is then that of all shots.

Couplings ``exp(q b_v b_y)`` of pairs that are never live together (b counts from the mean) are expanded in powers of
their exponent, ``sum_r (q b_v)^r b_y^r / r!``, as many as the tolerance asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, factorial, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.ir.conventions import HBAR
from compiler.typing import Array
from simulations.momenta.order import Read
from simulations.momenta.problem import Cubic, Problem

CLOUD = 4_000
WIDEN = 1.6
"""Grids hold the extremes of this many random positions and momenta, spread so much wider. That is 5.4 deviations of a
position; of a momentum, which is a sum of products of two positions, a share of about 1e-7 lies beyond."""

CENTRED = 0.3
"""Centres are chosen by cubic terms of at least this many radians at one deviation; others leave weak couplings."""

TOLERANCE = 5e-5
"""Largest root mean square that a weak coupling may lose by its expansion."""

MAX_POWERS = 40
"""Largest number of powers of a coupling; more would cost too much."""

CENTRE_STEPS = 4
NEGLIGIBLE = 1e-10
"""Couplings below this many radians, or nats, at one deviation each are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Bond:
    """A weak coupling of two modes: ``first`` is read before ``second``; ``strength`` q has shape (1 or shots,)."""

    first: int
    second: int
    strength: NDArray[np.complex128]
    powers: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All that the sampler needs to know of a group of shots; arrays have a leading axis of 1 or shots.

    Attributes
    ----------
    reads : tuple of Read
    grids : tuple of arrays
        Positions a of every mode, uniform, counted from its centre.
    centre, mean : array, shape (1 or shots, n)
    precision : array, shape (n, n)
    cubic : mapping
    slope : array, shape (1 or shots, n)
        Mean momentum at the centre, ``grad f``; it is added to what is drawn.
    linear, pairs : complex array, shape (1 or shots, n) and (1 or shots, n, n)
        Exponent ``sum linear_v a_v + sum_v pairs_vv a_v^2 / 2 + sum_{v < u} pairs_vu a_v a_u``, without the slope.
    bonds : tuple of Bond
    left_out : float
        Sum of the root mean squares of the terms that expansions neglect, for independent positions.
    """

    reads: tuple[Read, ...]
    grids: tuple[Array, ...]
    centre: Array
    mean: Array
    precision: Array
    cubic: Cubic
    slope: Array
    linear: NDArray[np.complex128]
    pairs: NDArray[np.complex128]
    bonds: tuple[Bond, ...]
    left_out: float

    def step(self, mode: int) -> float:
        """Return the distance of neighbouring positions on the grid of a mode."""
        return float(self.grids[mode][1] - self.grids[mode][0])


def lay_out(problem: Problem, reads: tuple[Read, ...]) -> Layout:
    """Choose centres, grids and expansions."""
    n, deviation = problem.modes, np.sqrt(np.diagonal(problem.covariance))
    centre = _centres(problem, reads, deviation)
    slope, hessian = _at(problem, centre)
    lead = len(hessian)
    away = np.broadcast_to(centre - problem.mean, (lead, n))
    grids = _grids(problem, away, hessian)
    linear = (-0.5 * away @ problem.precision).astype(complex)
    pairs = -0.5 * problem.precision + 1j / HBAR * hessian
    place = {read.mode: at for at, read in enumerate(reads)}
    live = {(read.mode, other) for read in reads for other in read.live}
    fresh = {(read.mode, read.fresh) for read in reads if read.fresh is not None}
    bonds: list[Bond] = []
    lost = 0.0
    for i, j in np.argwhere(np.abs(pairs).max(axis=0) * deviation[:, None] * deviation > NEGLIGIBLE).tolist():
        if place[i] >= place[j] or (i, j) in live:
            continue
        common = pairs[:, i, j].mean() if (i, j) in fresh else 0.0
        strength = np.asarray(pairs[:, i, j] - common, dtype=complex)
        powers, error = _powers(np.abs(strength) * deviation[i] * deviation[j])
        lost += error
        pairs[:, i, j] = pairs[:, j, i] = common
        linear[:, i] -= strength * away[:, j]  # the expansion counts positions from their means
        linear[:, j] -= strength * away[:, i]
        if powers > 1:
            bonds.append(Bond(i, j, strength, powers))
    return Layout(
        reads,
        grids,
        centre,
        problem.mean,
        problem.precision,
        problem.cubic,
        slope,
        linear,
        pairs,
        tuple(bonds),
        lost,
    )


def _powers(size: Array) -> tuple[int, float]:
    """Return the number of powers of an exponent with root mean square ``size`` per shot, and the loss."""
    double = 1.0  # (2 r - 1)!!
    for r in range(1, MAX_POWERS):
        double *= 2 * r - 1
        error = sqrt(float(np.mean(size ** (2 * r)))) * double / factorial(r)
        if error <= TOLERANCE:
            return r, error
    return MAX_POWERS, error


def _at(problem: Problem, centre: Array) -> tuple[Array, Array]:
    """Return the gradient and Hessian of the phase f at the centres."""
    n = problem.modes
    lead = max(len(centre), len(problem.hessian), len(problem.gradient))
    hessian = np.broadcast_to(problem.hessian, (lead, n, n)).copy()
    slope = np.broadcast_to(problem.gradient + np.einsum("sij,sj->si", problem.hessian, centre), (lead, n)).copy()
    for (a, b, c), value in problem.cubic.items():
        for v, one, two in ((a, b, c), (b, a, c), (c, a, b)):
            slope[:, v] += value * centre[:, one] * centre[:, two]
            hessian[:, one, two] += value * centre[:, v]
            hessian[:, two, one] += value * centre[:, v]
    return slope, hessian


def _centres(problem: Problem, reads: tuple[Read, ...], deviation: Array) -> Array:
    """Return centres, nearest to the means, that make couplings of modes and fresh ones equal in all shots."""
    n = problem.modes
    strong: dict[tuple[int, int], dict[int, float]] = {}
    for (a, b, c), value in problem.cubic.items():
        if abs(value) * deviation[a] * deviation[b] * deviation[c] / HBAR >= CENTRED and len({a, b, c}) == 3:
            for pair, other in (((a, b), c), ((a, c), b), ((b, c), a)):
                strong.setdefault(pair, {})[other] = value
    equations = []
    for read in reads:
        if read.fresh is not None:
            pair = (min(read.mode, read.fresh), max(read.mode, read.fresh))
            if pair in strong:
                equations.append((pair, strong[pair]))
    if not equations:
        return problem.mean
    matrix = np.zeros((len(equations), n))
    scales = [deviation[i] * deviation[j] / HBAR for (i, j), _ in equations]
    for row, (_, terms) in enumerate(equations):
        for other, value in terms.items():
            matrix[row, other] = value * scales[row] * deviation[other]
    inverse = np.linalg.pinv(matrix, rcond=1e-3).T
    centre = problem.mean
    for _ in range(CENTRE_STEPS):  # small terms of other modes change what has to vanish
        _, hessian = _at(problem, centre)
        coupling = np.stack([hessian[:, i, j] * scale for ((i, j), _), scale in zip(equations, scales, strict=True)], 1)
        coupling -= coupling.mean(axis=0)  # a coupling that all shots share is harmless
        centre = centre - coupling @ inverse * deviation
    return centre


def _grids(problem: Problem, away: Array, hessian: Array) -> tuple[Array, ...]:
    """Return the grids that hold a cloud of classical points."""
    rng = np.random.default_rng(0)
    n = problem.modes
    shot = rng.integers(max(len(away), len(hessian)), size=CLOUD)
    factor = np.linalg.cholesky(problem.covariance)
    a = -away[shot % len(away)] + WIDEN * rng.normal(size=(CLOUD, n)) @ factor.T
    p = np.zeros((CLOUD, n))
    for v in range(n):
        p[:, v] = np.einsum("sj,sj->s", hessian[shot % len(hessian), v], a)
    for (i, j, k), value in problem.cubic.items():
        for v, one, two in ((i, j, k), (j, i, k), (k, i, j)):
            p[:, v] += value * a[:, one] * a[:, two]
    noise = HBAR / 2 * np.sqrt(np.diagonal(problem.precision))
    p += WIDEN * noise * rng.normal(size=(CLOUD, n))
    grids = []
    for v in range(n):
        reach, band = float(np.abs(a[:, v]).max()), float(np.abs(p[:, v]).max())
        points = 8 * ceil((2 * reach * band / (pi * HBAR) + 8) / 8)
        grids.append((np.arange(points) - points // 2) * (2 * reach / points))
    return tuple(grids)
