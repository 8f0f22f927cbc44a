"""Cubic forms for the tests of synthesis, and what a decomposition is worth, judged by plain evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement
from math import comb, fsum

import numpy as np
from slow_reference import truly_equal

from compiler.ir.circuit import Circuit
from compiler.synthesis.form import CubicForm, Plan, Triple
from compiler.synthesis.options import StrategyRow
from compiler.typing import Array
from qumode_khrnn.network.hypergraph import random_hypergraph


def dense(n: int, seed: int = 0) -> CubicForm:
    """All products of three, |weights| uniform in 0.1..0.5, random signs; with ``seed = n`` those of the benchmarks."""
    rng = np.random.default_rng(seed)
    return CubicForm(n, {edge.modes: edge.weight for edge in random_hypergraph(n, 3, rng).edges})


def sparse(n: int, count: int, seed: int) -> CubicForm:
    """So many random products of three; some variables may occur in none."""
    graph = random_hypergraph(n, 3, np.random.default_rng(seed), min(count, comb(n, 3)))
    return CubicForm(n, {edge.modes: edge.weight for edge in graph.edges})


def general(n: int, seed: int, count: int) -> CubicForm:
    """A random form whose monomials may repeat variables."""
    rng = np.random.default_rng(seed)
    every = list(combinations_with_replacement(range(n), 3))
    chosen = [every[i] for i in rng.choice(len(every), size=min(count, len(every)), replace=False)]
    return CubicForm(n, {key: float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1])) for key in chosen})


def on_modes(modes: Sequence[int], seed: int) -> dict[Triple, float]:
    """Random weights on all products of three of some variables."""
    rng = np.random.default_rng(seed)
    keys = combinations(sorted(modes), 3)
    return {key: float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1])) for key in keys}


def relabelled(form: CubicForm, seed: int) -> CubicForm:
    """The form with its variables in a random order."""
    order = np.random.default_rng(seed).permutation(form.size)
    keys = {key: sorted(int(order[v]) for v in key) for key in form.terms}
    return CubicForm(form.size, {(a, b, c): form.terms[key] for key, (a, b, c) in keys.items()})


def realises(form: CubicForm, plan: Plan) -> bool:
    """Whether a plan is the form, by the 60-digit reference."""
    return truly_equal(Circuit(form.size, (form.gate,)), Circuit(form.size, plan.operations))


def chosen(rows: Sequence[StrategyRow]) -> list[StrategyRow]:
    """The rows of the plans that were used."""
    return [row for row in rows if row.chosen]


def largest_difference(form: CubicForm, v: Array, points: int = 4) -> float:
    """Of ``f(x)`` and ``sum_r (v_r . x)^3`` at random points, relative to the sum of sizes of all their terms."""
    rng = np.random.default_rng(11)
    worst = 0.0
    for _ in range(points):
        x = rng.normal(size=form.size).tolist()
        terms = [c * x[a] * x[b] * x[d] for (a, b, d), c in form.terms.items()]
        cubes = [-(fsum(u * s for u, s in zip(row, x, strict=True)) ** 3) for row in v.tolist()]
        worst = max(worst, abs(fsum(terms + cubes)) / fsum(map(abs, terms + cubes)))
    return worst


def silent(line: str) -> None:
    """Hear nothing."""
