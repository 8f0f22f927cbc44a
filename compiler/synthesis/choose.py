r"""The chooser: try what can win, keep the best verified plan, and say what every strategy reached."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import comb, log2
from typing import Any, TypeVar

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.ir.operations import CubicPhase
from compiler.semantics.equivalence import equivalent
from compiler.synthesis.form import CubicForm, Plan, Triple, generic_rank, moved
from compiler.synthesis.layers import fewest_layers, orthogonal_layers
from compiler.synthesis.mixture import mixture
from compiler.synthesis.options import Effort, Objective, StrategyRow, SynthesisOptions
from compiler.synthesis.peeling import peel
from compiler.synthesis.pencils import paired_peeling, reach
from compiler.synthesis.polarization import polarize
from compiler.synthesis.search import fewest_powers
from compiler.synthesis.structure import WINDOW, is_dense, shared_factors
from compiler.typing import Say

PlanOrNone = TypeVar("PlanOrNone", Plan, Plan | None)


MOST_MONOMIALS_WRITTEN_OUT = 3000
"""Polarization of more monomials than this is counted, but not written out."""

USUAL_ITERATIONS = 60
"""Iterations of a Waring search with a few unknowns to spare that are often enough."""

LARGEST_MIXTURE_MONOMIALS = 400
"""Components of more monomials than this are not partitioned into blocks."""

BEST_WINDOW = generic_rank(WINDOW) / comb(WINDOW, 3)
"""Cubic gates a monomial in a full window; a mixture cannot be expected to do better."""

UNBEATABLE_BY_POLARIZATION = {(3, "cubics"), (3, "strength"), (2, "cubics"), (2, "depth")}
"""Objectives in which polarization of one monomial, by its number of different variables, cannot be beaten."""

RELATIVE_COEFFICIENT_FLOOR = 1e-9
"""Coefficients below this share of the largest are realised apart from it."""

LAYER_STARTS = 8
"""Random starts of the layer fit at one number of layers."""


def synthesise(
    form: CubicForm, options: SynthesisOptions, progress: Say | None = None
) -> tuple[Plan, tuple[StrategyRow, ...]]:
    """The best verified plan that the strategies find for a cubic form, and the table of what each reached.

    Connected components are independent and run side by side. Coefficients below `RELATIVE_COEFFICIENT_FLOOR` of the
    largest are realised on their own, since no proof would see them beside it. ``progress`` is called with one line
    before every search.

    If no plan verifies by itself, the first is returned with no residual; the verification of the circuit then decides.

    Examples
    --------
    >>> form = CubicForm(4, {(0, 1, 2): 0.3, (0, 1, 3): -0.2})
    >>> plan, table = synthesise(form, SynthesisOptions())
    >>> plan.cubics, sorted((row.cubics, row.strategy) for row in table if row.cubics)[-1]
    (4, (8, 'polarization'))
    """
    operations: list[Any] = []
    names: list[str] = []
    table: list[StrategyRow] = []
    for part, modes in (component for group in _by_size(form) for component in group.components()):
        plan, rows = _component(part, modes, options, progress or _silent)
        operations += moved(plan.operations, modes)
        table += rows
        if plan.strategy not in names:
            names.append(plan.strategy)
    return Plan(" + ".join(names), form.size, tuple(operations)), tuple(table)


def _by_size(form: CubicForm) -> list[CubicForm]:
    """The form as a sum of forms whose coefficients lie within `RELATIVE_COEFFICIENT_FLOOR` of each other."""
    left = dict(form.terms)
    groups: list[CubicForm] = []
    while left:
        least = RELATIVE_COEFFICIENT_FLOOR * max(abs(c) for c in left.values())
        groups.append(CubicForm(form.size, {key: c for key, c in left.items() if abs(c) >= least}))
        left = {key: c for key, c in left.items() if abs(c) < least}
    return groups


def _silent(line: str) -> None:
    pass


def _component(
    form: CubicForm, modes: tuple[int, ...], options: SynthesisOptions, progress: Say
) -> tuple[Plan, tuple[StrategyRow, ...]]:
    largest = max(abs(c) for c in form.terms.values())
    scale = 2.0 ** min(1023, round(log2(largest)))  # searches and their proof see coefficients near 1
    unit = CubicForm(form.size, {key: c / scale for key, c in form.terms.items()})
    with _one_thread() if len(form.terms) > 1 else nullcontext():
        plans = _candidates(unit, options, progress)
    cap = options.strength_cap * unit.polarization_strength * (1.0 + 1e-12)
    allowed = sorted((p for _, p in plans if p is not None and p.strength <= cap), key=_key(options.objective))
    source = Circuit(form.size, (unit.gate,))
    chosen, residual = None, None
    for plan in allowed:
        verdict = equivalent(source, Circuit(form.size, plan.operations))
        if verdict.equivalent:
            chosen, residual = plan, verdict.residual
            break
    if chosen is None:
        chosen = allowed[0]  # the verification of the whole circuit says what is wrong
    rows = tuple(
        replace(
            _row(unit, modes, name, p, scale),
            chosen=p is chosen,
            residual=residual if p is chosen else None,
        )
        for name, p in plans
    )
    return _scaled(chosen, scale), rows


def _one_thread() -> AbstractContextManager[object]:
    """Linear algebra on one thread: these matrices are too small to share, and results do not depend on the machine."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def _scaled(plan: Plan, scale: float) -> Plan:
    """The plan of the form times ``scale``."""
    operations = (replace(op, gamma=scale * op.gamma) if isinstance(op, CubicPhase) else op for op in plan.operations)
    return Plan(plan.strategy, plan.size, tuple(operations))


def _row(unit: CubicForm, modes: tuple[int, ...], name: str, plan: Plan | None, scale: float) -> StrategyRow:
    count = len(unit.terms)
    if plan is not None:
        return StrategyRow(modes, count, name, plan.cubics, plan.depth, scale * plan.strength)
    if name == "polarization":
        return StrategyRow(modes, count, name, unit.polarization_cubics, None, scale * unit.polarization_strength)
    return StrategyRow(modes, count, name, None, None, None)


def _key(objective: Objective) -> Callable[[Plan], tuple[float, ...]]:
    if objective == "cubics":
        return lambda p: (p.cubics, float(f"{p.strength:.6e}"), p.depth)
    if objective == "depth":
        return lambda p: (p.depth, p.cubics, p.strength)
    return lambda p: (float(f"{p.strength:.6e}"), p.cubics, p.depth)


def _candidates(form: CubicForm, options: SynthesisOptions, progress: Say) -> list[tuple[str, Plan | None]]:
    plans: list[tuple[str, Plan | None]] = []

    def add(name: str, plan: PlanOrNone) -> PlanOrNone:
        plans.append((name, plan))
        return plan

    add("polarization", polarize(form) if len(form.terms) <= MOST_MONOMIALS_WRITTEN_OUT else None)
    single = len(form.terms) == 1
    distinct = len(set(next(iter(form.terms))))
    if single and (distinct == 1 or (distinct, options.objective) in UNBEATABLE_BY_POLARIZATION):
        return plans
    hubs = shared_factors(form)
    cap = options.strength_cap * form.polarization_strength
    peeled = _coloured(form, hubs)
    add("eigen-peeling", peeled)
    if options.objective == "strength" or peeled.strength > cap:
        add("eigen-peeling (tilted)", peel(form, hubs, tilted=True))  # never stronger than polarization
    if single:
        return plans
    effort = Effort(options.effort)
    best = min(p.cubics for _, p in plans if p is not None)
    what = f"{len(form.terms)} cubic monomials on {form.size} modes"
    if options.objective == "cubics":
        progress(f"Waring decomposition of {what}")
        dense = is_dense(form) and all(len(set(key)) == 3 for key in form.terms)
        part = effort.part(0.9 if dense else 0.7)
        reached = reach(form.size, part, USUAL_ITERATIONS) if dense else form.size
        found = add("waring", fewest_powers(form, best + 1, options.seed, part, cap) if reached == form.size else None)
        effort.give_back(part)
        best = min(best, found.cubics) if found is not None else best
        if found is None and dense:
            progress(f"paired peeling of {what}")
            best = min(
                best, add("paired peeling", paired_peeling(form, options.seed, effort, options.strength_cap)).cubics
            )
        if len(form.terms) <= LARGEST_MIXTURE_MONOMIALS and form.size > 3 and BEST_WINDOW * len(form.terms) < best:
            progress(f"mixtures for {what}")
            mixed = mixture(form, options.seed, effort, options.strength_cap)
            if mixed is not None:
                add("mixture", mixed)
    else:
        for extra in (0, 1):
            count = fewest_layers(form.size) + extra
            progress(f"{count} orthogonal layers for {what}")
            add(f"orthogonal layers ({count})", _layers(form, count, options, effort, cap))
    return plans


def _layers(form: CubicForm, count: int, options: SynthesisOptions, effort: Effort, cap: float) -> Plan | None:
    """The weakest of a few fits."""
    best: Plan | None = None
    part = effort.part(0.5)
    for start in range(LAYER_STARTS):
        plan = orthogonal_layers(form, count, np.random.default_rng([options.seed, count, start]), part)
        if plan is not None and plan.strength <= cap and (best is None or plan.strength < best.strength):
            best = plan
    effort.give_back(part)
    return best


def _coloured(form: CubicForm, hubs: dict[Triple, int]) -> Plan:
    """Eigen-peeling with the stars ordered so that those without common variables run side by side."""
    import networkx as nx

    stars: dict[int, set[int]] = {}
    for key, hub in hubs.items():
        stars.setdefault(hub, set()).update(key)
    graph = nx.Graph()
    graph.add_nodes_from(stars)
    graph.add_edges_from((a, b) for a in stars for b in stars if a < b and stars[a] & stars[b])
    colour = nx.greedy_color(graph, strategy="DSATUR")
    order = sorted(hubs, key=lambda key: (colour[hubs[key]], hubs[key], key))
    return peel(CubicForm(form.size, {key: form.terms[key] for key in order}), hubs)
