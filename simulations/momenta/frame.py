r"""Find coordinates in which a cubic form couples few modes at a time.

Loss between the gates of a compiled circuit contracts every cubic gate along other directions, so that the terms that
should cancel leave small ones, which couple modes far apart. Where all momenta are read, any linear coordinates
``x = S x'`` serve: reading all ``p' = S' p`` is reading all p. `sparse_frame` looks for an S near the identity in
which the small terms vanish (Gauss-Newton steps on the entries of S), and reports the size of neglected terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from compiler.ir.conventions import HBAR
from compiler.typing import Array
from simulations.momenta.order import Read, elimination
from simulations.momenta.problem import Cubic, Key, Problem

SHARES = (0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-6, 0.0)
"""Shares of the largest term below which terms are treated as small, tried in turn."""

STRONG_PAIR = 0.3
"""Pairs of modes whose coupling exceeds this many radians, or nats, are kept live together."""

LEFT_OUT = 1e-5
"""Largest root mean square, in radians, of the cubic terms that are left out; it bounds the total variation distance
between the laws of the outcomes with and without them."""

MAX_TURNED = 150
"""Largest number of modes for which coordinates are searched: the form is a dense tensor then."""

REACH = 4
"""Largest distance, in links, of modes that coordinates mix."""

FEW = 32
"""Largest number of modes for which all small terms are removed; beyond, only those of modes within `REACH`."""

STEPS = 6
RIDGE = 1e-5
"""Damping of the steps, as a share of the largest curvature: directions that hardly help are left alone."""

SAMPLES = 2_000
"""Number of random positions over which neglected terms are averaged."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Coordinates ``x = matrix x'``, the order of reading, and the cubic form there.

    ``left_out`` is the root mean square of the phase of cubic terms that are left out, in radians.
    """

    matrix: Array | None
    reads: tuple[Read, ...]
    cubic: Cubic
    left_out: float

    def of(self, problem: Problem) -> Problem:
        """Return the problem in these coordinates."""
        if self.matrix is None:
            return Problem(problem.mean, problem.precision, self.cubic, problem.hessian, problem.gradient)
        return problem.along(self.matrix, self.cubic)


def sparse_frame(problem: Problem) -> Frame:
    """Find coordinates and an order of reading with few live modes."""
    deviation = np.sqrt(np.diagonal(problem.covariance))
    size = {key: abs(value) * np.prod(deviation[list(key)]) / HBAR for key, value in problem.cubic.items()}
    pairs = _strong_pairs(problem, deviation)
    largest = max(size.values())
    for share in SHARES:
        strong = [key for key in size if size[key] >= share * largest]
        reads = elimination(problem.modes, [*strong, *pairs])
        frame = _with_order(problem, deviation, reads)
        if frame is not None and frame.left_out <= LEFT_OUT:
            return frame
    raise AssertionError("at the share 0 no term is small")


def _strong_pairs(problem: Problem, deviation: Array) -> list[tuple[int, int]]:
    hessian = (
        problem.hessian + 6.0 * np.einsum("ijk,sk->sij", _tensor(problem), problem.mean)
        if _dense(problem)
        else (problem.hessian)
    )
    coupling = np.sqrt((hessian**2).mean(axis=0)) / HBAR + 0.5 * np.abs(problem.precision)
    coupling = coupling * deviation[:, None] * deviation
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(coupling, 1) > STRONG_PAIR)]


def _dense(problem: Problem) -> bool:
    return problem.modes <= MAX_TURNED


def _with_order(problem: Problem, deviation: Array, reads: tuple[Read, ...]) -> Frame | None:
    """Return coordinates where the form only couples modes that are live together; None if they are not searched."""
    allowed = _allowed(reads)
    outside = [key for key in problem.cubic if key not in allowed]
    if not outside:
        return Frame(None, reads, problem.cubic, 0.0)
    if not _dense(problem):
        return None
    scaled = _tensor(problem) * np.einsum("i,j,k->ijk", deviation, deviation, deviation) / HBAR
    matrix = _removing(scaled, allowed, reads)
    turned = np.einsum("abc,ai,bj,ck->ijk", scaled, matrix, matrix, matrix, optimize=True)
    kept: dict[Key, float] = {}
    lost: dict[Key, float] = {}
    for key in combinations_with_replacement(range(problem.modes), 3):
        if turned[key] != 0.0:
            (kept if key in allowed else lost)[key] = float(turned[key]) * _multiplicity(key)
    back = HBAR / np.array([np.prod(deviation[list(key)]) for key in kept])
    cubic = {key: value * b for (key, value), b in zip(kept.items(), back, strict=True)}
    whole = deviation[:, None] * matrix / deviation
    return Frame(whole, reads, cubic, _root_mean_square(lost, problem.along(whole, cubic), deviation))


def _allowed(reads: tuple[Read, ...]) -> set[Key]:
    """Return all monomials of modes that are live together."""
    return {key for read in reads for key in combinations_with_replacement(sorted((read.mode, *read.around)), 3)}


def _tensor(problem: Problem) -> Array:
    """Return the symmetric tensor T of the cubic form ``sum T_ijk x_i x_j x_k``."""
    out = np.zeros((problem.modes,) * 3)
    for (a, b, c), value in problem.cubic.items():
        for place in {(a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)}:
            out[place] = value / _multiplicity((a, b, c))
    return out


def _multiplicity(key: Key) -> int:
    return {1: 1, 2: 3, 3: 6}[len(set(key))]


def _removing(tensor: Array, allowed: set[Key], reads: tuple[Read, ...]) -> Array:
    """Remove disallowed monomials by Gauss-Newton steps on ``x_i -> x_i + sum_j d_ij x_j``."""
    n = len(tensor)
    distance = _distances(n, reads)
    rows = np.array([key for key in _near(n, distance) if key not in allowed])
    i, j = np.nonzero((distance <= REACH) & ~np.eye(n, dtype=bool))
    a, b, c = rows.T
    matrix = np.eye(n)
    for _ in range(STEPS):
        jacobian = (
            (a[:, None] == j) * tensor[i, b[:, None], c[:, None]]
            + (b[:, None] == j) * tensor[i, a[:, None], c[:, None]]
            + (c[:, None] == j) * tensor[i, a[:, None], b[:, None]]
        )
        normal = jacobian.T @ jacobian
        normal[np.diag_indices_from(normal)] += RIDGE * max(normal.diagonal().max(), 1e-300)
        change = np.zeros((n, n))
        change[i, j] = np.linalg.solve(normal, -jacobian.T @ tensor[a, b, c])
        step = np.eye(n) + change
        tensor = np.einsum("abc,ai,bj,ck->ijk", tensor, step, step, step, optimize=True)
        matrix = matrix @ step
        if np.abs(change).max() < 1e-9:
            break
    return matrix


def _distances(n: int, reads: tuple[Read, ...]) -> Array:
    """Return the numbers of links between modes."""
    linked = np.eye(n)
    for read in reads:
        together = [read.mode, *read.around]
        linked[np.ix_(together, together)] = 1.0
    distance, reached = np.full((n, n), np.inf), np.eye(n)
    for links in range(REACH + 1):
        distance[(reached > 0) & np.isinf(distance)] = links
        reached = reached @ linked
    return distance


def _near(n: int, distance: Array) -> Iterator[Key]:
    if n <= FEW:
        yield from combinations_with_replacement(range(n), 3)
        return
    for a in range(n):
        near = [m for m in range(a, n) if distance[a, m] <= REACH]
        for b, c in combinations_with_replacement(near, 2):
            if distance[b, c] <= REACH:
                yield a, b, c


def _root_mean_square(lost: dict[Key, float], problem: Problem, deviation: Array) -> float:
    """Return the root mean square of lost terms, in units of deviations and hbar, over random positions."""
    large = {key: value for key, value in lost.items() if abs(value) > 1e-13}
    if not large:
        return 0.0
    rng = np.random.default_rng(0)
    factor = np.linalg.cholesky(problem.covariance)
    x = problem.mean[rng.integers(len(problem.mean), size=SAMPLES)] + rng.normal(size=(SAMPLES, len(factor))) @ factor.T
    z = x / deviation
    total = np.zeros(SAMPLES)
    for (a, b, c), value in large.items():
        total += value * z[:, a] * z[:, b] * z[:, c]
    return float(np.sqrt(np.mean(total**2)))
