"""How many orthogonal layers are tried for a form, by which fit, and how much effort each may take.

A generic form on n modes needs `fewest_layers` = ceil((n + 2) / 3) layers. Unless n = 3 m + 1, that number leaves more
unknowns than equations, and fits by products find it. For n = 3 m + 1 there are as many unknowns as equations: about
half of the fits by factorisation end in local minima, while fits by products find one layer more at once. There the
bound itself is tried if the effort lets a fit by factorisation end: for n = 13, 16 and 19 at an effort of 10, for n =
22 at 15, 25 at 45, 28 at 115, 31 at 280 and 34 at 620.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np

from compiler.synthesis.form import CubicForm, Plan, fewest_layers
from compiler.synthesis.layers.dense import orthogonal_layers
from compiler.synthesis.layers.large import Solver, large_orthogonal_layers, solve_flops, unknowns
from compiler.synthesis.options import RATE, Effort
from compiler.typing import Say

LARGEST_DENSE_LAYERS = 12
"""Forms of at most so many modes are fitted with the whole Jacobian, from several starts; larger ones without it."""

LARGEST_LAYERED = 40
"""Layers are not tried for forms of more modes: a fit of 40 modes takes 2e11 to 1e12 flops, growing with n^5 to n^6."""

LARGEST_FACTORISED = 7500
"""Unknowns of the largest fit by factorisation (n = 34): its matrix takes 450 MB."""

STARTS = 8
"""Random starts at one number of layers."""

PRODUCTS_PER_SECOND = 800
"""Products of any size that a nominal second of effort buys in fits by products, so that the default effort of 10 buys
8,000; 600 to 5,500 are usual, 14,000 have been seen at n = 39. It buys more where they cost less than `RATE` flops."""

FACTORISATION_SPEED = 2.0
"""Factorisations run at this multiple of `RATE` or faster."""

USUAL_FACTORISATIONS = 100
"""Factorisations of one fit without unknowns to spare; if the effort does not buy them, it does not begin."""

USUAL_PRODUCTS = 1500
"""Products of one fit with unknowns to spare."""


def layer_plans(
    form: CubicForm, seed: int, effort: Effort, cap: float, say: Say, deepest: int | None = None
) -> Iterator[tuple[int, Plan | None]]:
    """Numbers of layers and the weakest plan so far with each; a number comes again when a weaker plan is found.

    Parameters
    ----------
    form : CubicForm
        Connected.
    seed : int
        Seed of the random starts.
    effort : Effort
        The fits of small forms draw from it. The fits of larger forms have limits of their own that are proportional to
        it (`PRODUCTS_PER_SECOND`, `FACTORISATION_SPEED`), since one fit of 40 modes takes more flops than the default.
    cap : float
        Largest strength of a plan.
    say : callable
        Hears which number of layers is tried, and of every iteration of a fit of a larger form.
    deepest : int, optional
        The depth of a plan in hand. Numbers of layers that are not below it are not tried.

    Examples
    --------
    >>> form = CubicForm(4, {(0, 1, 2): 0.3, (1, 2, 3): -0.2, (0, 1, 3): 0.5, (0, 2, 3): 0.1})
    >>> found = dict(layer_plans(form, 0, Effort(1.0), 100.0, lambda line: None))
    >>> {count: plan.depth for count, plan in found.items()}
    {2: 2, 3: 3}
    """
    n, bound = form.size, fewest_layers(form.size)
    if deepest is not None and deepest <= bound:
        return
    if n > LARGEST_LAYERED:
        say(f"orthogonal layers are not tried: the form has {n} modes, and fits serve at most {LARGEST_LAYERED}")
        yield bound, None
        return
    counts = (bound, bound + 1)
    if n <= LARGEST_DENSE_LAYERS:
        for count in counts:
            say(f"{count} orthogonal layers of {n} modes")
            part = effort.part(0.5)
            yield from _dense(form, count, seed, part, cap)
            effort.give_back(part)
        return
    seconds = effort.left
    tight = unknowns(n, bound) == comb(n + 2, 3)
    found = None
    for count in (bound + tight, bound + tight + 1):
        if deepest is not None and count >= deepest:
            break
        work = solve_flops(n, count, "products")
        if found is None or effort.affords(USUAL_PRODUCTS * work):
            allowed = Effort(seconds * max(1.0, PRODUCTS_PER_SECOND * work / RATE))
            found = _first(form, count, seed, allowed, 0.0, "products", cap, say)
            yield count, found
    if tight and unknowns(n, bound) <= LARGEST_FACTORISED:
        allowed = Effort(seconds * FACTORISATION_SPEED)
        least = USUAL_FACTORISATIONS * solve_flops(n, bound, "factorisation")
        if allowed.affords(least):
            yield bound, _first(form, bound, seed, allowed, least, "factorisation", cap, say)


def _dense(form: CubicForm, count: int, seed: int, effort: Effort, cap: float) -> Iterator[tuple[int, Plan | None]]:
    """The weakest of a few fits with the whole Jacobian, whenever there is a weaker one."""
    best: Plan | None = None
    yield count, best
    for start in range(STARTS):
        plan = orthogonal_layers(form, count, np.random.default_rng([seed, count, start]), effort)
        if plan is not None and plan.strength <= cap and (best is None or plan.strength < best.strength):
            best = plan
            yield count, best


def _first(
    form: CubicForm, count: int, seed: int, effort: Effort, least: float, solver: Solver, cap: float, say: Say
) -> Plan | None:
    """Return the first fit that succeeds; every start begins with so many flops left at least."""
    for start in range(STARTS):
        if not effort.affords(least):
            break
        plan = large_orthogonal_layers(form, count, np.random.default_rng([seed, count, start]), effort, say, solver)
        if plan is not None and plan.strength <= cap:
            return plan
    return None
