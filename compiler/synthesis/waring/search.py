"""Search for the Waring decomposition with the fewest terms, then the least strength, within an effort and a cap."""

from __future__ import annotations

import numpy as np

from compiler.synthesis.form import CubicForm, Plan, generic_rank
from compiler.synthesis.options import Effort
from compiler.synthesis.structure import essential
from compiler.synthesis.waring.dense import refine, total_strength, waring, waring_plan, work
from compiler.typing import Array

STARTS = 6
"""Random starts at one rank before it counts as out of reach; fewer where counting parameters speaks against it."""

EXTRA_STARTS = 6
"""Random starts spent on strength once the rank is settled."""


LEAST_ITERATIONS = 20
"""Iterations that a search takes at least; with an effort below that it does not begin."""


LARGEST_SEARCHED_VARIABLES = 100
"""Forms of more variables are not searched: the tensor alone has a million entries."""


def fewest_powers(
    form: CubicForm, below: int, seed: int, effort: Effort, cap: float, warm: Array | None = None
) -> Plan | None:
    """Realise a form with fewer than ``below`` cubic gates and strength at most ``cap``, as few gates as are found.

    The search runs on the essential variables. It begins at a rank with unknowns to spare and goes down, in growing
    steps below the generic rank while it succeeds (structured forms lie far below); if the beginning is out of reach,
    it goes up.

    Parameters
    ----------
    form : CubicForm
    below : int
        Number of gates to beat.
    seed : int
        Start s at rank R draws from the stream ``[seed, R, s]``.
    effort : Effort
    cap : float
        Largest accepted sum of |gamma|.
    warm : array, shape (R, n), optional
        A decomposition with more powers. Its longest vectors are tried as a start before random ones: they converge in
        fewer iterations, to less strength.
    """
    if form.size > LARGEST_SEARCHED_VARIABLES or not effort.affords(LEAST_ITERATIONS * work(2 * form.size)):
        return None
    core, basis = essential(form)
    generic = generic_rank(core.size)
    top = min(below - 1, generic + (2 * _slack(core.size, generic) < core.size))
    rank, step = top, 1
    found: Array | None = None
    near = None if warm is None else warm @ basis.T
    while core.size <= rank < below and effort.affords(LEAST_ITERATIONS * work(rank * core.size)):
        v = None if near is None else _from_longer(core, near, rank, effort, cap)
        v = _at_rank(core, rank, seed, effort, cap) if v is None else v
        if v is None and found is None:
            rank += 1
            continue
        if v is None:
            if step == 1:
                break
            step = 1
        else:
            found = v
            near = None if near is None else v
            if rank > top:
                break
            step = 2 * step if rank < generic else 1
        assert found is not None
        rank = len(found) - step
        if rank < core.size < len(found) - 1:
            rank, step = len(found) - 1, 1
    if found is None:
        return None
    if len(found) > top:  # the beginning may have been unlucky
        again = _at_rank(core, len(found) - 1, seed, effort, cap, STARTS, 3 * STARTS)
        found = found if again is None else again
    return waring_plan(form, _weakest(core, found, seed, effort) @ basis)


def _slack(n: int, rank: int) -> int:
    """Return unknowns minus equations of a decomposition of a generic form in n variables."""
    return rank * n - n * (n + 1) * (n + 2) // 6


def _at_rank(
    core: CubicForm, rank: int, seed: int, effort: Effort, cap: float, first: int = 0, starts: int = STARTS
) -> Array | None:
    slack = _slack(core.size, rank)
    fewer = starts if slack > 0 else starts // 2 if slack == 0 else starts // 3
    for start in range(first, first + fewer):
        v = waring(core, rank, np.random.default_rng([seed, rank, start]), effort)
        if v is not None and total_strength(v) <= cap:
            return v
        if effort.left <= 0.0:
            return None
    return None


def longest(v: Array, count: int) -> Array:
    """Return the ``count`` longest rows, in their order."""
    return v[np.sort(np.argsort(np.linalg.norm(v, axis=1))[len(v) - count :])]


def _from_longer(core: CubicForm, near: Array, rank: int, effort: Effort, cap: float) -> Array | None:
    if rank >= len(near):
        return None
    v = refine(core.tensor(), longest(near, rank), effort)
    return v if v is not None and total_strength(v) <= cap else None


def _weakest(core: CubicForm, found: Array, seed: int, effort: Effort) -> Array:
    spare = effort.part(0.3)
    for start in range(4 * STARTS, 4 * STARTS + EXTRA_STARTS):
        v = waring(core, len(found), np.random.default_rng([seed, len(found), start]), spare)
        if v is not None and total_strength(v) < total_strength(found):
            found = v
    effort.give_back(spare)
    return found
