r"""Find few directions for a phase polynomial: ``f(x) = sum_r q_r(u_r . x)`` with unit vectors u_r and polynomials q_r.

All powers along one direction are one phase (one spin sequence of a trapped ion), so the parts of every degree share
their directions, and linear parts cost none. With monomials weighted such that the norm is that of symmetric tensors,
and every degree scaled to norm 1, the unknowns ``u_r`` and ``c_rd`` (``q_r(s) = sum_d c_rd s^d``) are fitted by
Levenberg-Marquardt with an analytic Jacobian from random starts. The signs of ``c_rd`` are free: an even power has its
own.

Two numbers bound the count from below: the rank of the middle flattening (catalecticant) of every degree, and
``2^{k-1}`` for a part of degree k whose monomials are all products of k different variables. For the latter set all
variables but those of one monomial to zero: a single product needs that many (K. Ranestad and F.-O. Schreyer,
J. Algebra 346 (2011) 340). The search does not look below them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, combinations_with_replacement, permutations
from math import comb, factorial, prod

import numpy as np

from compiler.errors import InputError
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.powers import Direction, directions, polynomial_along
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.synthesis.layers.dense import damped_step
from compiler.synthesis.options import Effort, SynthesisOptions
from compiler.typing import Array

CONVERGED = 1e-13
"""Relative residual, degree by degree, of an accepted decomposition."""

REACH = 5.0
"""Positions ``|u . x|`` at which strengths of different degrees are compared: three deviations of squeezing r = 0.5."""

STARTS = 6
"""Random starts at one number of directions before it counts as out of reach."""

EXTRA_STARTS = 12
"""Random starts spent on strength once the number of directions is settled."""

ITERATIONS = 300
STALL = 40
"""A fit that gains less than 10 % in this many iterations, far from a solution, is given up."""

LEAST_ITERATIONS = 60
"""Iterations that a fit takes at least; with an effort below that it does not begin."""

EXCEPTIONS = {(3, 4): 6, (4, 4): 10, (5, 4): 15, (5, 3): 8}
"""Generic ranks, by variables and degree, that are larger than counting unknowns says (Alexander, Hirschowitz 1995)."""

RANK_FLOOR = 1e-11
"""Singular values of a flattening below this share of the largest are rounding."""

COEFFICIENT_FLOOR = 1e-15
"""Coefficients below this share of the sum of their degree are rounding."""

LARGEST_TENSOR = 1_000_000
"""Most entries of a tensor; components of more modes than that allows are not searched."""

Tensors = Mapping[int, Array]
"""Symmetric tensors by degree d, each of shape ``(n,) * d``."""


def fewer_directions(
    polynomial: Polynomial, options: SynthesisOptions, reach: float = REACH
) -> tuple[Direction, ...] | None:
    """Find directions for ``exp(i f(x) / hbar)``, fewer than polarization's; None if the search finds none.

    Connected components of f are searched one by one, each with the whole effort, and keep polarization's directions
    where the search does not win: for every component the fewest directions come first, then the least `strength`.
    The result is checked by expanding it again: `residual` is at most `CONVERGED`.

    Parameters
    ----------
    polynomial : Polynomial
        f, in modes only. Its constant part, a global phase, is dropped.
    options : SynthesisOptions
        Effort, seed and strength cap; the effort 0 searches nothing. The objective is not used.
    reach : float
        Largest position at which strengths are compared, see `strength`.

    Raises
    ------
    InputError
        If the polynomial has named variables, or the reach is not positive.

    Examples
    --------
    >>> a = polynomial_along((0, 1, 2), (0.6, 0.0, 0.8), LinePhase.power(4, 0.1))
    >>> b = polynomial_along((0, 1, 2), (0.48, 0.6, -0.64), LinePhase((0.0, 0.0, 0.2, 0.0, -0.1)))
    >>> found = fewer_directions(a + b, SynthesisOptions())
    >>> len(directions(a + b)), len(found)
    (33, 2)
    """
    if not reach > 0.0:
        raise InputError(f"the reach must be positive, found {reach}")
    from threadpoolctl import threadpool_limits

    linear = Polynomial({key: c for key, c in polynomial.terms.items() if sum(power for _, power in key) == 1})
    out = list(directions(linear))
    won = False
    for part in _components(polynomial):
        usual = directions(part)
        with threadpool_limits(1):  # the matrices are too small to share, and results do not depend on the threads
            found = _searched(part, usual, options, reach)
        won = won or found is not None
        out += usual if found is None else found
    return tuple(out) if won else None


def strength(found: tuple[Direction, ...], reach: float = REACH) -> float:
    """Bound the phases along all directions: ``sum_r sum_{d >= 2} |c_rd| X^d`` in radians, with X the reach."""
    return sum(abs(c) * reach**d for one in found for d, c in enumerate(one.phase.coefficients) if d > 1)


def residual(polynomial: Polynomial, found: tuple[Direction, ...]) -> float:
    """Expand the phases and return the largest relative difference from ``f`` over its degrees from 1 on.

    The difference and the polynomial are compared degree by degree in the norm of symmetric tensors.
    """
    total: dict[Monomial, float] = {}
    for one in found:
        for key, c in polynomial_along(one.modes, one.vector, one.phase).terms.items():
            total[key] = total.get(key, 0.0) + c
    off, size = _norms(Polynomial(total) - polynomial), _norms(polynomial)
    return max((value / size[d] if d in size else float("inf") for d, value in off.items()), default=0.0)


def generic_directions(variables: int, degrees: tuple[int, ...]) -> int:
    """Count the directions of a generic polynomial with parts of these degrees (2 or more), at least.

    A number R of directions has ``R (n - 1)`` unknown angles and R coefficients per degree, for ``binom(n + d - 1, d)``
    monomials of each degree d; every choice of degrees gives a bound. The exceptions of Alexander and Hirschowitz and
    the rank n of a quadratic form are taken into account.

    Examples
    --------
    >>> [generic_directions(n, (4,)) for n in (2, 3, 4, 5, 6, 7, 8)]
    [3, 6, 10, 15, 21, 30, 42]
    >>> [generic_directions(n, (2, 3, 4)) for n in (2, 3, 4, 5, 6)]
    [3, 7, 11, 18, 26]
    """
    n = variables
    bounds = [n if d == 2 else EXCEPTIONS.get((n, d), 1) for d in degrees]
    for count in range(1, len(degrees) + 1):
        for some in combinations(degrees, count):
            bounds.append(-(-sum(comb(n + d - 1, d) for d in some) // (n - 1 + count)))
    return max(bounds)


def _norms(polynomial: Polynomial) -> dict[int, float]:
    """Return the norms of the symmetric tensors by degree, without the constant."""
    squares: dict[int, float] = {}
    for key, c in polynomial.terms.items():
        if key:
            d = sum(power for _, power in key)
            places = factorial(d) / prod(factorial(power) for _, power in key)
            squares[d] = squares.get(d, 0.0) + c * c / places
    return {d: value**0.5 for d, value in squares.items()}


def _components(polynomial: Polynomial) -> list[Polynomial]:
    """Return the parts of degree 2 or more that share no mode."""
    import networkx as nx

    curved = {key: c for key, c in polynomial.terms.items() if sum(power for _, power in key) > 1}
    graph = nx.Graph()
    for key in curved:
        nx.add_path(graph, [v for v, _ in key])
        graph.add_node(key[0][0])
    place = {v: number for number, nodes in enumerate(nx.connected_components(graph)) for v in nodes}
    parts: dict[int, dict[Monomial, float]] = {}
    for key, c in curved.items():
        parts.setdefault(place[key[0][0]], {})[key] = c
    return [Polynomial(part) for part in parts.values()]


def _searched(
    part: Polynomial, usual: tuple[Direction, ...], options: SynthesisOptions, reach: float
) -> tuple[Direction, ...] | None:
    """Search for fewer directions than usual for one component, within the effort and the cap, and prove them."""
    modes = tuple(int(v) for v in part.variables)
    degrees = tuple(sorted(_norms(part)))
    effort = Effort(options.effort)
    if len(modes) ** degrees[-1] > LARGEST_TENSOR or not effort.spend(_flattening_work(len(modes), degrees)):
        return None
    core, basis = _essential(_tensors(part, modes))
    n = len(basis)
    low, generic = max(_flattening_rank(core), _squarefree_bound(part)), generic_directions(n, degrees)
    cap = options.strength_cap * strength(usual, reach)

    def attempt(count: int, start: int) -> tuple[Direction, ...] | None:
        rng = np.random.default_rng([options.seed, count, start])
        fit = _eigenvectors(core) if degrees == (2,) else _fitted(core, n, count, rng, effort)
        if fit is None:
            return None
        found = _along(modes, fit[0] @ basis, fit[1], degrees)
        return found if strength(found, reach) <= cap and residual(part, found) <= CONVERGED else None

    def first(count: int, starts: int = STARTS) -> tuple[Direction, ...] | None:
        return next((found for start in range(starts) if (found := attempt(count, start)) is not None), None)

    def affords(count: int) -> bool:
        return effort.affords(LEAST_ITERATIONS * _work(n, degrees, count))

    count = max(low, min(len(usual) - 1, generic + 1 + generic // 10))
    best: tuple[Direction, ...] | None = None
    while best is None and count < len(usual) and affords(count):
        best = first(count)
        count += 1
    if best is None or degrees == (2,):
        return best
    if low < len(best):  # structured forms lie far below the others
        best = first(low, STARTS if low >= generic else STARTS // 3) or best
    while low < len(best) - 1 and affords(len(best) - 1) and (found := first(len(best) - 1)) is not None:
        best = found
    spare = [attempt(len(best), start) for start in range(STARTS, STARTS + EXTRA_STARTS) if affords(len(best))]
    return min([best, *(one for one in spare if one is not None)], key=lambda one: strength(one, reach))


def _tensors(part: Polynomial, modes: tuple[int, ...]) -> Tensors:
    place = {v: i for i, v in enumerate(modes)}
    out: dict[int, Array] = {}
    for key, c in part.terms.items():
        factors = [place[int(v)] for v, power in key for _ in range(power)]
        tensor = out.setdefault(len(factors), np.zeros((len(modes),) * len(factors)))
        spots = set(permutations(factors))
        for spot in spots:
            tensor[spot] = c / HBAR / len(spots)
    return dict(sorted(out.items()))


def _essential(tensors: Tensors) -> tuple[Tensors, Array]:
    """Return the tensors on the essential variables, and those as orthonormal rows in the given ones."""
    n = len(next(iter(tensors.values())))
    flat = np.concatenate([t.reshape(n, -1) / np.linalg.norm(t) for t in tensors.values()], axis=1)
    left, values, _ = np.linalg.svd(flat, full_matrices=False)
    rank = int((values > RANK_FLOOR * values[0]).sum())
    if rank == n:
        return tensors, np.eye(n)
    basis = left[:, :rank].T
    core: dict[int, Array] = {}
    for d, tensor in tensors.items():
        core[d] = tensor
        for _ in range(d):  # takes the first axis away and adds one at the end
            core[d] = np.tensordot(core[d], basis, axes=(0, 1))
    return core, basis


def _flattening_rank(tensors: Tensors) -> int:
    ranks = []
    for d, tensor in tensors.items():
        values = np.linalg.svd(tensor.reshape(len(tensor) ** (d // 2), -1), compute_uv=False)
        ranks.append(int((values > RANK_FLOOR * values[0]).sum()))
    return max(ranks)


def _squarefree_bound(part: Polynomial) -> int:
    powers: dict[int, int] = {}
    for key in part.terms:
        d = sum(power for _, power in key)
        powers[d] = max(powers.get(d, 1), *(power for _, power in key))
    return max((2 ** (d - 1) for d, largest in powers.items() if largest == 1), default=1)


def _along(modes: tuple[int, ...], vectors: Array, c: Array, degrees: tuple[int, ...]) -> tuple[Direction, ...]:
    c = np.where(np.abs(c) < COEFFICIENT_FLOOR * np.abs(c).sum(axis=1, keepdims=True), 0.0, c)
    out = []
    for vector, own in zip(vectors / np.linalg.norm(vectors, axis=1)[:, None], c.T, strict=True):
        kept = [(m, float(v)) for m, v in zip(modes, vector, strict=True) if abs(v) > COEFFICIENT_FLOOR]
        line = sum((LinePhase.power(d, float(x)) for d, x in zip(degrees, own, strict=True)), LinePhase(()))
        if line.coefficients:
            out.append(Direction(tuple(m for m, _ in kept), tuple(v for _, v in kept), line))
    return tuple(out)


def _eigenvectors(tensors: Tensors) -> tuple[Array, Array]:
    """Return the directions of a quadratic form: as few as there are, and of the least strength."""
    values, vectors = np.linalg.eigh(tensors[2])
    return vectors.T, values[None, :]


def _flattening_work(variables: int, degrees: tuple[int, ...]) -> float:
    """Return floating-point operations of the singular values of all flattenings."""
    return sum(10.0 * float(variables) ** (d + 2 * (d // 2)) for d in degrees) + 1e6


def _work(variables: int, degrees: tuple[int, ...], count: int) -> float:
    """Return floating-point operations of one iteration."""
    equations = sum(comb(variables + d - 1, d) for d in degrees)
    small, large = sorted((equations, count * (variables + len(degrees))))
    return small**2 * large + small**3 / 3.0 + 5e6


def _fitted(
    tensors: Tensors, variables: int, count: int, rng: np.random.Generator, effort: Effort
) -> tuple[Array, Array] | None:
    """Fit unit vectors, shape (R, n), and coefficients, shape (degrees, R); None if the fit does not converge."""
    fit = _Fit(tensors, variables)
    work = _work(variables, tuple(tensors), count)
    u = rng.normal(size=(count, variables))
    u /= np.linalg.norm(u, axis=1)[:, None]
    c = fit.coefficients(u)
    error = fit.error(u, c)
    cost = float(error @ error)
    damping, growth = 1e-2, 2.0
    history: list[float] = []
    for _ in range(ITERATIONS):
        if cost**0.5 <= 1e-2 * CONVERGED:
            break
        if not effort.spend(work):
            return None
        jacobian = fit.jacobian(u, c)
        while True:
            step = damped_step(jacobian, error, damping)
            if step is not None:
                new_u, new_c = fit.moved(u, c, step)
                new_error = fit.error(new_u, new_c)
                new_cost = float(new_error @ new_error)
                if new_cost < cost:
                    break
            damping, growth = damping * growth, growth * 2.0
            if damping > 1e9:
                return fit.scaled(u, c) if cost**0.5 <= CONVERGED else None
        change = error + jacobian @ step
        gain = (cost - new_cost) / max(cost - float(change @ change), 1e-300)
        u, c, error, cost = new_u, new_c, new_error, new_cost
        damping = max(1e-14, damping * (0.1 if gain >= 0.9 else max(1.0 / 3.0, 1.0 - (2.0 * gain - 1.0) ** 3)))
        growth = 2.0
        history.append(cost)
        if len(history) > 60 and cost > 0.9 * history[-STALL] and cost**0.5 > 1e-6:
            return None
    return fit.scaled(u, c) if cost**0.5 <= CONVERGED else None


class _Fit:
    """Coefficient vectors of all degrees and their derivatives by the directions and the coefficients along them."""

    def __init__(self, tensors: Tensors, variables: int) -> None:
        self.degrees = tuple(tensors)
        self.index: list[Array] = []  # (monomials, d) by degree
        self.weight: list[Array] = []  # sum (weight T)^2 = |T|^2
        self.size: list[float] = []
        target: list[Array] = []
        for d, tensor in tensors.items():
            index = np.array(list(combinations_with_replacement(range(variables), d)))
            repeats = [prod(factorial(int(k)) for k in np.bincount(row)) for row in index]
            weight = np.sqrt(factorial(d) / np.array(repeats))
            self.index.append(index)
            self.weight.append(weight)
            self.size.append(float(np.linalg.norm(tensor)))
            target.append(weight * tensor[tuple(index.T)] / self.size[-1])
        self.target = np.concatenate(target)
        self.split = np.cumsum([len(index) for index in self.index])[:-1]

    def powers(self, u: Array) -> list[Array]:
        """Return the weighted coefficients of ``(u_r . x)^d``, shape (monomials, R), by degree."""
        return [w[:, None] * u[:, i].prod(axis=2).T for i, w in zip(self.index, self.weight, strict=True)]

    def coefficients(self, u: Array) -> Array:
        """Return the best coefficients for given directions, damped."""
        targets = np.split(self.target, self.split)
        ridge = 1e-2 * np.eye(len(u))
        rows = zip(self.powers(u), targets, strict=True)
        return np.array([np.linalg.solve(m.T @ m + ridge, m.T @ t) for m, t in rows])

    def error(self, u: Array, c: Array) -> Array:
        parts = [m @ own for m, own in zip(self.powers(u), c, strict=True)]
        out: Array = np.concatenate(parts) - self.target
        return out

    def jacobian(self, u: Array, c: Array) -> Array:
        """Return the Jacobian, shape (monomials of all degrees, R n + degrees R)."""
        rank, n = u.shape
        by_vector = np.zeros((len(self.target), rank, n))
        by_coefficient = np.zeros((len(self.target), len(c), rank))
        row = 0
        for which, (index, weight, powers) in enumerate(zip(self.index, self.weight, self.powers(u), strict=True)):
            rows = np.arange(row, row + len(index))
            factors = u[:, index]  # (R, monomials, d)
            for own in range(index.shape[1]):
                others = np.delete(factors, own, axis=2).prod(axis=2) * weight
                by_vector[rows, :, index[:, own]] += (c[which][:, None] * others).T
            by_coefficient[rows, which] = powers
            row += len(index)
        flat = (by_vector.reshape(len(by_vector), -1), by_coefficient.reshape(len(by_vector), -1))
        return np.concatenate(flat, axis=1)

    def moved(self, u: Array, c: Array, step: Array) -> tuple[Array, Array]:
        """Return the unknowns after a step, with unit vectors again: their lengths go into the coefficients."""
        new = u + step[: u.size].reshape(u.shape)
        lengths = np.linalg.norm(new, axis=1)
        powers = lengths[None, :] ** np.array(self.degrees)[:, None]
        return new / lengths[:, None], (c + step[u.size :].reshape(c.shape)) * powers

    def scaled(self, u: Array, c: Array) -> tuple[Array, Array]:
        """Return the unknowns with coefficients in the units of the tensors."""
        return u, c * np.array(self.size)[:, None]
