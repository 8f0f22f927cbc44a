r"""The chooser: try the strategies that can win, keep the best proved plan, and report what each strategy reached."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import inf, log2
from typing import Any

from compiler.interrupt import Control
from compiler.ir.circuit import Circuit
from compiler.ir.operations import CubicPhase
from compiler.semantics.equivalence import equivalent
from compiler.synthesis.form import CubicForm, Plan, moved
from compiler.synthesis.options import Objective, StrategyRow, SynthesisOptions
from compiler.synthesis.strategies import Candidate, Candidates
from compiler.typing import Say

RELATIVE_COEFFICIENT_FLOOR = 1e-9
"""Coefficients below this share of the largest are realised apart from it."""

OPERATIONS_OF_A_LONG_PROOF = 20_000
"""The proof of a plan of more operations than this takes a second or more, and is announced."""


class FailedProofWarning(RuntimeWarning):
    """A strategy returned a plan that does not realise the form. The plan was not used; the strategy has a defect."""


def synthesise(
    form: CubicForm, options: SynthesisOptions, progress: Say | None = None
) -> tuple[Plan, tuple[StrategyRow, ...]]:
    """Find the best plan that is proved to realise a cubic form, and list what each strategy reached.

    Connected components are independent and run side by side. Coefficients below `RELATIVE_COEFFICIENT_FLOOR` of the
    largest are realised on their own, since no proof would see them beside it. ``progress`` is called with one line
    before every search and before every iteration of a long one. With ``options.interruptible``, Ctrl-C ends the
    searches, and the best plan so far is proved and returned.

    A plan that fails its proof is not used: its row says so, and a `FailedProofWarning` is issued. If no plan is
    proved, the first is returned with no residual; the verification of the circuit then decides.

    Examples
    --------
    >>> form = CubicForm(4, {(0, 1, 2): 0.3, (0, 1, 3): -0.2})
    >>> plan, table = synthesise(form, SynthesisOptions())
    >>> plan.cubics, sorted((row.cubics, row.strategy) for row in table if row.cubics)[-1]
    (4, (8, 'polarization'))
    """
    control = Control(progress or _silent)
    with control.listening(options.interruptible):
        return _synthesise(form, options, control)


def _synthesise(form: CubicForm, options: SynthesisOptions, control: Control) -> tuple[Plan, tuple[StrategyRow, ...]]:
    operations: list[Any] = []
    names: list[str] = []
    table: list[StrategyRow] = []
    for part, modes in (component for group in _by_size(form) for component in group.components()):
        plan, rows = _component(part, modes, options, control)
        operations += moved(plan.operations, modes)
        table += rows
        if plan.strategy not in names:
            names.append(plan.strategy)
    return Plan(" + ".join(names), form.size, tuple(operations)), tuple(table)


def _by_size(form: CubicForm) -> list[CubicForm]:
    """Return the form as a sum of forms whose coefficients lie within `RELATIVE_COEFFICIENT_FLOOR` of each other."""
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
    form: CubicForm, modes: tuple[int, ...], options: SynthesisOptions, control: Control
) -> tuple[Plan, tuple[StrategyRow, ...]]:
    largest = max(abs(c) for c in form.terms.values())
    scale = 2.0 ** min(1023, round(log2(largest)))  # searches and their proof see coefficients near 1
    unit = CubicForm(form.size, {key: c / scale for key, c in form.terms.items()})
    with _one_thread() if len(form.terms) > 1 else nullcontext():
        found = Candidates(unit, options, control, lambda part: _synthesise(part, options, control)[0]).found
    cap = options.strength_cap * unit.polarization_strength * (1.0 + 1e-12)
    allowed = sorted(
        (place for place, (_, c) in enumerate(found) if c is not None and c.strength <= cap),
        key=lambda place: _key(options.objective)(found[place][1]),
    )
    rows = [_row(unit, modes, name, candidate, scale) for name, candidate in found]
    source = Circuit(form.size, (unit.gate,))
    for place in allowed:
        plan = _written(found[place][1])
        if len(plan.operations) > OPERATIONS_OF_A_LONG_PROOF:
            control.say(f"proof of a plan of {plan.cubics} cubic gates")
        verdict = equivalent(source, Circuit(form.size, plan.operations))
        row = replace(_row(unit, modes, found[place][0], plan, scale), residual=verdict.residual)
        if verdict.equivalent:
            rows[place] = replace(row, chosen=True)
            return _scaled(plan, scale), tuple(rows)
        rows[place] = replace(row, failed=True)
        warnings.warn(
            f"the plan by {row.strategy} on {form.size} modes failed its proof (residual {verdict.residual:.1e}) and "
            f"was not used; this is a defect of that strategy, please report the input",
            FailedProofWarning,
            stacklevel=2,
        )
    first = allowed[0]  # the verification of the whole circuit says what is wrong
    rows[first] = replace(rows[first], chosen=True)
    return _scaled(_written(found[first][1]), scale), tuple(rows)


def _written(candidate: Candidate | None) -> Plan:
    assert candidate is not None
    return candidate if isinstance(candidate, Plan) else candidate.plan()


def _one_thread() -> AbstractContextManager[object]:
    """Run linear algebra on one thread: the matrices are too small to share, and no result depends on the machine."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def _scaled(plan: Plan, scale: float) -> Plan:
    """Return the plan of the form times ``scale``."""
    operations = (replace(op, gamma=scale * op.gamma) if isinstance(op, CubicPhase) else op for op in plan.operations)
    return Plan(plan.strategy, plan.size, tuple(operations))


def _row(unit: CubicForm, modes: tuple[int, ...], name: str, plan: Candidate | None, scale: float) -> StrategyRow:
    count = len(unit.terms)
    if plan is not None:
        depth = plan.depth if isinstance(plan, Plan) else None
        return StrategyRow(modes, count, name, plan.cubics, depth, scale * plan.strength)
    if name == "polarization":
        return StrategyRow(modes, count, name, unit.polarization_cubics, None, scale * unit.polarization_strength)
    return StrategyRow(modes, count, name, None, None, None)


def _key(objective: Objective) -> Callable[[Candidate | None], tuple[float, ...]]:
    def key(candidate: Candidate | None) -> tuple[float, ...]:
        assert candidate is not None
        depth = candidate.depth if isinstance(candidate, Plan) else inf
        strength = float(f"{candidate.strength:.6e}")
        if objective == "cubics":
            return candidate.cubics, strength, depth
        if objective == "depth":
            return depth, candidate.cubics, candidate.strength
        return strength, candidate.cubics, depth

    return key
