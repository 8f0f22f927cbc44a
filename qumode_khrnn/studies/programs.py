"""Compile one program for every device: its cost and the quality of its first answer, or why it cannot run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.costs.logical_loss import LossPerMode
from compiler.errors import CircuitError, InputError
from compiler.ir.circuit import Circuit
from compiler.machines import machine_of
from compiler.pipeline import CompiledProgram
from compiler.typing import Advance
from hardware_profiles.schema import Profile
from qumode_khrnn.studies.rows import (
    Row,
    compiled_for,
    costs,
    heralding_lines,
    refusal,
    refused_text,
    stored,
    unverified_lines,
)
from simulations.exact.moments import NoClosedFormError
from simulations.programs.budget import Budget, budget_of, loss_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRow(Row):
    """A program on one device.

    Attributes
    ----------
    answer : str
        The first nullifier that the readouts determine, or else the first result; empty if the program has no results.
    """

    answer: str = ""


def program_rows(
    profiles: Sequence[Profile], circuit: Circuit, advance: Advance | None = None
) -> tuple[ProgramRow, ...]:
    """Return the rows of a program on every profile."""
    rows: list[ProgramRow] = []
    for profile in profiles:
        rows.append(program_row(profile, circuit))
        if advance is not None:
            advance(len(rows))
    return tuple(rows)


def program_row(profile: Profile, circuit: Circuit) -> ProgramRow:
    """Return the row of a program on one profile."""
    try:
        program = compiled_for(circuit, profile)
    except InputError as error:
        return ProgramRow(profile=profile.name, status=profile.status, reason=refusal(error))
    budget = _budget(program)
    return ProgramRow(
        profile=profile.name,
        status=profile.status,
        answer="" if budget is None else budget.answer,
        variance=None if budget is None else budget.variance,
        shares={} if budget is None else budget.shares,
        loss=_loss(program),
        **costs(program),
    )


def _budget(program: CompiledProgram) -> Budget | None:
    """Return the budget of the first answer; None where bits are read, whose dephasing has no closed form."""
    if machine_of(program.profile).reads_bits:
        return None
    try:
        found = budget_of(stored(program), 1.0)
    except NoClosedFormError:
        return None
    return found[0] if found else None


def _loss(program: CompiledProgram) -> LossPerMode | None:
    """Return the loss per mode; None where an operation, such as the counting of photons, moves no quadratures."""
    try:
        return loss_of(stored(program), 1.0)
    except CircuitError:
        return None


def program_lines(rows: Sequence[ProgramRow]) -> list[str]:
    """Return the rows as a table; the losses are the largest of a wire and of a mode of the source."""
    columns = (
        f"{'gates':>6} {'not G.':>6} {'depth':>6} {'time':>9} {'answer':>8} {'variance':>9} {'wire':>8} {'logical':>8}"
    )
    lines = [f"{'':22} {columns}  largest part"]
    for row in rows:
        if row.reason is not None:
            lines.append(f"{row.profile:22} {refused_text(row.reason)}")
            continue
        time, variance, wire, logical = row.cells()
        lines.append(
            f"{row.profile:22} {row.gates:6} {row.non_gaussian:6} {row.depth:6} {time:>9} {row.answer or '-':>8} "
            f"{variance:>9} {wire:>8} {logical:>8}  {row.limit}"
        )
        lines += [*heralding_lines(row), *unverified_lines(row)]
    return lines
