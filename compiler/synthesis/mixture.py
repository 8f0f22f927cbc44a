"""Mixtures, for sparse forms: a partition into stars and dense windows, each by the cheapest strategy."""

from __future__ import annotations

from compiler.ir.operations import Operation
from compiler.synthesis.form import CubicForm, Plan, Triple, local_form, moved
from compiler.synthesis.options import Effort
from compiler.synthesis.peeling import peel
from compiler.synthesis.polarization import polarize
from compiler.synthesis.structure import WINDOW, blocks, merge_blocks, shared_factors
from compiler.synthesis.waring.search import fewest_powers


def mixture(form: CubicForm, seed: int, effort: Effort, strength_cap: float) -> Plan | None:
    """Blocks, each by the cheapest strategy; None if there is only one block. Cost: the sum over the blocks.

    Parameters
    ----------
    form : CubicForm
    seed : int
        Of the searches.
    effort : Effort
    strength_cap : float
        Largest strength of a searched block, as a multiple of its polarization's.
    """
    plans: dict[frozenset[Triple], Plan] = {}

    def plan_of(part: dict[Triple, float]) -> Plan:
        key = frozenset(part)
        if key not in plans:
            local, _ = local_form(part)
            plans[key] = _block(local, seed, effort, strength_cap)
        return plans[key]

    def cheaper(joined: dict[Triple, float], budget: int) -> bool:
        local, _ = local_form(joined)
        cap = strength_cap * local.polarization_strength
        plan = fewest_powers(local, budget, seed, effort, cap)
        if plan is None:
            return False
        plans[frozenset(joined)] = plan
        return True

    parts = blocks(form)
    if len(parts) > 1:
        parts = merge_blocks(parts, lambda part: plan_of(part).cubics, cheaper)
    if len(parts) == 1:
        return None
    operations: list[Operation] = []
    names: list[str] = []
    for part in parts:
        plan = plan_of(part)
        operations += moved(plan.operations, local_form(part)[1])
        if plan.strategy not in names:
            names.append(plan.strategy)
    return Plan(f"mixture of {', '.join(sorted(names))}", form.size, tuple(operations))


def _block(form: CubicForm, seed: int, effort: Effort, strength_cap: float) -> Plan:
    polarization, peeled = polarize(form), peel(form, shared_factors(form))
    best = peeled if peeled.cubics < polarization.cubics else polarization
    if len(form.terms) > 1 and form.size <= WINDOW:
        cap = strength_cap * form.polarization_strength
        found = fewest_powers(form, best.cubics, seed, effort, cap)
        best = best if found is None else found
    return best
