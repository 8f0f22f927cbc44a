"""Mixtures, for sparse forms: a partition into stars and small windows, each by the cheapest strategy."""

from __future__ import annotations

import numpy as np

from compiler.ir.operations import Operation
from compiler.synthesis.form import CubicForm, Plan, generic_rank, local_form, moved
from compiler.synthesis.options import RATE, Effort
from compiler.synthesis.peeling import peel
from compiler.synthesis.polarization import polarize
from compiler.synthesis.sparse.partition import MOST_VARIABLES, Block, Shape, partition, shape
from compiler.synthesis.structure import shared_factors
from compiler.synthesis.waring.dense import total_strength, waring, waring_plan, work
from compiler.typing import Array

ROUNDS = 10
"""Partitions that are made, each with what the blocks of the earlier ones were found to take."""

PATIENCE = 3
"""Partitions without a gain after which no further one is made."""

BLOCK_STARTS = 3
"""Random starts for one block at one rank."""

BLOCK_ITERATIONS = 120
"""Iterations after which a start is given up."""


def mixture(form: CubicForm, seed: int, effort: Effort, strength_cap: float) -> Plan | None:
    """Realise a form block by block; None if there is only one block. Cost: the sum over the blocks.

    Parameters
    ----------
    form : CubicForm
    seed : int
        Seed of the partitions and the searches.
    effort : Effort
    strength_cap : float
        Largest strength of a searched block, as a multiple of its polarization's.
    """
    plans: dict[Block, Plan] = {}
    known: dict[Shape, int] = {}
    best: list[Block] = []
    least, since = form.polarization_cubics + 1, 0
    for attempt in range(ROUNDS):
        parts = partition(form, known, np.random.default_rng([seed, attempt]), effort, best or None)
        for block in parts:
            if block not in plans:
                local, _ = local_form({key: form.terms[key] for key in sorted(block)})
                plans[block] = _block(local, known.get(shape(block)), seed, effort, strength_cap)
                known[shape(block)] = plans[block].cubics
        total = sum(plans[block].cubics for block in parts)
        since += 1
        if total < least:
            least, best, since = total, parts, 0
        if since == PATIENCE:
            break
    if len(best) < 2:
        return None
    operations: list[Operation] = []
    for block in sorted(best, key=min):
        operations += moved(plans[block].operations, tuple(sorted({v for key in block for v in key})))
    names = sorted({plans[block].strategy for block in best})
    return Plan(f"mixture of {', '.join(names)}", form.size, tuple(operations))


def _block(form: CubicForm, known: int | None, seed: int, effort: Effort, strength_cap: float) -> Plan:
    """Return the cheapest plan of a block; without a search if none is known to help a block of its shape."""
    polarization, peeled = polarize(form), peel(form, shared_factors(form))
    best = peeled if peeled.cubics < polarization.cubics else polarization
    if len(form.terms) == 1 or form.size > MOST_VARIABLES or known == best.cubics:
        return best
    cap = strength_cap * form.polarization_strength
    generic = generic_rank(form.size) + (form.size > 6)
    found = _at_most(form, min(generic, best.cubics - 1), seed, effort, cap)
    if found is None and generic < best.cubics - 1:
        found = _at_most(form, best.cubics - 1, seed, effort, cap)
    return best if found is None else waring_plan(form, found)


def _at_most(form: CubicForm, rank: int, seed: int, effort: Effort, cap: float) -> Array | None:
    """Return a decomposition with at most so many powers, one fewer at a time while that works."""
    found: Array | None = None
    while rank >= form.size:
        for start in range(BLOCK_STARTS):
            part = Effort(min(effort.left, BLOCK_ITERATIONS * work(rank * form.size) / RATE))
            effort.left -= part.left
            v = waring(form, rank, np.random.default_rng([seed, rank, start]), part)
            effort.give_back(part)
            if v is not None and total_strength(v) <= cap:
                break
        else:
            return found
        found, rank = v, rank - 1
    return found
