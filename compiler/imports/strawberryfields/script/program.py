"""From the programs of a script to one circuit: choice of the program, values of free parameters, notes."""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.imports.calls import Imported
from compiler.imports.strawberryfields.script.objects import Program
from compiler.imports.strawberryfields.script.values import Evaluator
from compiler.imports.strawberryfields.texts import TimeBins, bound, finished

TOOL = "Strawberry Fields script"


def finished_program(reader: Evaluator, where: str) -> Imported:
    """Return the circuit of the program that a script builds.

    Raises
    ------
    CircuitError
        If the script makes no program, or several that may be meant, or a circuit cannot express an operation.
    """
    program, notes = _chosen(reader.programs, where)
    try:
        values, more = _values(program)
        calls = [bound(call, values) for call in program.calls]
    except CircuitError as error:
        raise CircuitError(f"{where}: {error}") from None
    notes += [*more, *reader.notes]
    if reader.passed:
        lines = _ranges(reader.passed)
        one = len(reader.passed) == 1
        notes.append(
            f"line{'' if one else 's'} {lines} do{'es' if one else ''} not change the program and "
            f"{'was' if one else 'were'} passed over"
        )
    time = None
    if program.widths:
        lists = {f"p{i}": values for i, values in enumerate(program.bins or ())}
        time = TimeBins(lists, program.widths, program.shift)
    return finished(calls, program.modes, program.symbols, TOOL, notes, where, time)


def _chosen(programs: list[Program], where: str) -> tuple[Program, list[str]]:
    """Return the program that is meant, and notes on the other ones."""
    if not programs:
        raise CircuitError(f"{where}: the script must make a program, as prog = sf.Program(3), found none")
    candidates = programs if len(programs) == 1 else [program for program in programs if program.calls]
    if len(candidates) > 1:
        candidates = [program for program in candidates if program.runs]
    if len(candidates) != 1:
        lines = ", ".join(str(program.line) for program in programs)
        raise CircuitError(f"{where}: one program per file is read, found programs in lines {lines}; keep one of them")
    others = [program.line for program in programs if program is not candidates[0] and program.calls]
    notes = [f"the program of line {candidates[0].line} is read; that of line {line} is not run" for line in others]
    return candidates[0], notes


def _values(program: Program) -> tuple[dict[str, float], list[str]]:
    """Return the values of the free parameters, and notes on them."""
    runs = program.runs
    notes = []
    values = dict(program.bound)
    if runs and all(run == runs[0] for run in runs):
        values |= runs[0]
    elif runs:
        notes.append("the script runs the program with several values of its free parameters; they stay free")
    if unknown := sorted(set(values) - set(program.symbols)):
        raise CircuitError(f"the program has no free parameter {unknown[0][:40]!r}, but the script gives it a value")
    if values:
        shown = ", ".join(f"{name} = {value:.6g}" for name, value in list(values.items())[:8])
        notes.append(f"free parameters have the values that the script gives: {shown}")
    return values, notes


def _ranges(lines: set[int]) -> str:
    """Return line numbers as text, consecutive ones joined.

    >>> _ranges({3, 7, 8, 9})
    '3, 7 to 9'
    """
    groups: list[list[int]] = []
    for line in sorted(lines):
        if groups and groups[-1][-1] == line - 1:
            groups[-1].append(line)
        else:
            groups.append([line])
    parts = [str(g[0]) if len(g) == 1 else f"{g[0]} to {g[-1]}" if len(g) > 2 else f"{g[0]}, {g[1]}" for g in groups]
    return ", ".join(parts[:12]) + (", .." if len(parts) > 12 else "")
