r"""Structure of sparse forms: shared factors and essential variables.

``x1 x2 x3 + x1 x2 x4 = x1 x2 (x3 + x4)`` takes four cubic gates, not eight: as a star at x1 its quadratic form has rank
2. `shared_factors` chooses the hub of every monomial so that the ranks add up to little. `essential` finds the fewest
linear forms that a cubic depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heapreplace
from math import comb

import numpy as np

from compiler.synthesis.form import CubicForm, Triple
from compiler.synthesis.peeling import hub_form, natural_hub
from compiler.typing import Array

RELATIVE_SINGULAR_FLOOR = 1e-12
"""Singular values of the flattening below this share of the largest are rounding."""

WINDOW = 8
"""Most variables of a dense window."""

LARGEST_IMPROVED_MONOMIALS = 1000
"""Forms of more monomials than this keep their greedy hubs."""


def essential(form: CubicForm) -> tuple[CubicForm, Array]:
    """Return the form on its essential variables: ``f(x) = core(B x)`` with B of orthonormal rows, as few as possible.

    The number of rows is the rank of the flattening of the tensor (n x n^2), which bounds the Waring rank from below.

    >>> essential(CubicForm(4, {(0, 1, 2): 1.0, (0, 1, 3): 1.0}))[0].size
    3
    """
    tensor = form.tensor()
    left, values, _ = np.linalg.svd(tensor.reshape(form.size, -1), full_matrices=False)
    rank = int((values > RELATIVE_SINGULAR_FLOOR * values[0]).sum())
    if rank == form.size:
        return form, np.eye(form.size)
    basis = left[:, :rank].T
    core = np.einsum("abc,ia,jb,kc->ijk", tensor, basis, basis, basis, optimize=True)
    terms: dict[Triple, float] = {}
    for i in range(rank):
        for j in range(i, rank):
            for k in range(j, rank):
                terms[i, j, k] = float(core[i, j, k]) * (1, 3, 6)[len({i, j, k}) - 1]
    return CubicForm(rank, {key: c for key, c in terms.items() if c}), basis


def is_dense(form: CubicForm) -> bool:
    """Return whether a form of more variables than a window has more than half of all products of three."""
    return form.size > WINDOW and 2 * len(form.terms) > comb(form.size, 3)


def shared_factors(form: CubicForm) -> dict[Triple, int]:
    """Return a hub for every monomial, such that the ranks of the hubs' quadratic forms add up to little.

    Greedy: the star (all open monomials of one variable, or of one pair) with the most monomials per cubic gate goes
    first. Then single monomials move to another hub while that lowers the total.
    """
    if is_dense(form):
        return {key: natural_hub(key) for key in form.terms}  # dense: every order of hubs costs the same
    open_terms = {key: c for key, c in form.terms.items() if len(set(key)) == 3}
    hubs = {key: natural_hub(key) for key in form.terms if len(set(key)) < 3}
    best = _Best(open_terms)
    while open_terms:
        hub, keys = best.pick()
        for key in keys:
            hubs[key] = hub
            del open_terms[key]
        best.forget(keys)
    if len(form.terms) <= LARGEST_IMPROVED_MONOMIALS:
        _improve(form, hubs)
    return hubs


def peeled_cubics(form: CubicForm) -> int:
    """Count the cubic gates of eigen-peeling: twice the ranks of the hubs' forms, or a bound for large forms."""
    large = len(form.terms) > LARGEST_IMPROVED_MONOMIALS
    hubs = {key: natural_hub(key) for key in form.terms} if large else shared_factors(form)
    groups: dict[int, dict[Triple, float]] = {}
    for key, hub in hubs.items():
        groups.setdefault(hub, {})[key] = form.terms[key]
    if large:
        return sum(2 * len({v for key in group for v in key} - {hub}) + 1 for hub, group in groups.items())
    return sum(max(1, 2 * star_rank(hub, group)) for hub, group in groups.items())


class _Best:
    """The best star among open monomials: a heap by monomials per gate, brought up to date as stars reach its top."""

    def __init__(self, open_terms: dict[Triple, float]) -> None:
        self.open = open_terms
        self.at: dict[tuple[int, ...], set[Triple]] = {}
        for key in open_terms:
            for centre in _centres(key):
                self.at.setdefault(centre, set()).add(key)
        self.heap = [(-self._value(centre), centre) for centre in sorted(self.at)]
        heapify(self.heap)
        self.stale: set[tuple[int, ...]] = set()

    def pick(self) -> tuple[int, list[Triple]]:
        while True:
            centre = self.heap[0][1]
            if not self.at[centre]:
                heappop(self.heap)
            elif centre in self.stale:
                self.stale.discard(centre)
                heapreplace(self.heap, (-self._value(centre), centre))
            else:
                return centre[0], sorted(self.at[centre])

    def forget(self, keys: Iterable[Triple]) -> None:
        for key in keys:
            for centre in _centres(key):
                self.at[centre].discard(key)
                self.stale.add(centre)

    def _value(self, centre: tuple[int, ...]) -> float:
        keys = self.at[centre]
        cost = 4 if len(centre) == 2 else 2 * star_rank(centre[0], {key: self.open[key] for key in sorted(keys)})
        return len(keys) / cost


def _centres(key: Triple) -> tuple[tuple[int, ...], ...]:
    a, b, c = key
    return (a,), (b,), (c,), (a, b), (a, c), (b, c)


def star_rank(hub: int, terms: Mapping[Triple, float]) -> int:
    """Return the rank of the quadratic form of a hub, which is half the cubic gates of its star."""
    matrix = hub_form(hub, terms)[1]
    return (
        int(np.linalg.matrix_rank(matrix, tol=RELATIVE_SINGULAR_FLOOR * max(np.abs(matrix).max(), 1e-300)))
        if matrix.size
        else 0
    )


def _improve(form: CubicForm, hubs: dict[Triple, int]) -> None:
    groups: dict[int, dict[Triple, float]] = {}
    for key, hub in hubs.items():
        groups.setdefault(hub, {})[key] = form.terms[key]
    ranks = {hub: star_rank(hub, group) for hub, group in groups.items()}
    moved = True
    while moved:
        moved = False
        for key in sorted(hubs):
            if len(set(key)) < 3:
                continue
            here = hubs[key]
            without = {k: c for k, c in groups[here].items() if k != key}
            gain = ranks[here] - star_rank(here, without)
            if gain <= 0:
                continue
            for there in key:
                if there == here:
                    continue
                joined = {**groups.get(there, {}), key: form.terms[key]}
                grown = star_rank(there, joined)
                if grown - ranks.get(there, 0) < gain:
                    groups[here], groups[there], hubs[key] = without, joined, there
                    ranks[here], ranks[there] = ranks[here] - gain, grown
                    moved = True
                    break
