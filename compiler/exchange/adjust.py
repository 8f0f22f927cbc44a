"""Prepare a program of another tool for the compiler: values for its symbols, no noise, the vacuum as input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite

from compiler.errors import InputError
from compiler.imports.calls import Imported
from compiler.imports.files import unprepared
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, NOISE, PrepareVacuum
from compiler.template import bound


def with_values(program: Imported, values: Mapping[str, float]) -> Imported:
    """Return the program with values in place of some of its symbols.

    Raises
    ------
    InputError
        If a name is not a symbol of the program, or a value is not finite.

    Examples
    --------
    >>> from compiler.ir import Circuit, Polynomial, Rotation
    >>> turn = Circuit(1, (Rotation((0,), Polynomial.monomial(("a",), 2.0)),), symbols=("a",))
    >>> with_values(Imported(turn, "an example"), {"a": 0.25}).circuit.operations
    (Rotation(modes=(0,), theta=0.5),)
    """
    symbols = program.circuit.symbols
    for name, value in values.items():
        if name not in symbols:
            known = f"its symbols are {', '.join(symbols)}" if symbols else "it has no symbols"
            raise InputError(f"the program has no symbol {name!r}: {known}")
        if not isfinite(value):
            raise InputError(f"the symbol {name!r} needs a finite value, found {value}")
    return replace(program, circuit=bound(program.circuit, values)) if values else program


def require_values(circuit: Circuit, purpose: str) -> None:
    """Refuse a circuit whose symbols have no values; ``purpose`` completes the message.

    Raises
    ------
    InputError
        If the circuit has symbols.
    """
    if circuit.symbols:
        names = ", ".join(circuit.symbols)
        raise InputError(
            f"the symbols {names} need values before the program can be {purpose}: give --bind "
            f"{circuit.symbols[0]}=0.5 and likewise for each symbol (in Python: compiler.template.bound)"
        )


def without_noise(program: Imported) -> Imported:
    """Return the program without its noise channels, with a note that says which were left out.

    Examples
    --------
    >>> from compiler.ir import Circuit, Loss
    >>> without_noise(Imported(Circuit(1, (Loss((0,), 0.9),)), "an example")).notes
    ('1 noise channel of the file is left out: 1 Loss',)
    """
    circuit = program.circuit
    kinds = Counter(type(op).__name__ for op in circuit.operations if isinstance(op, NOISE))
    if not kinds:
        return program
    kept = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, NOISE)))
    count = sum(kinds.values())
    which = ", ".join(f"{number} {name}" for name, number in kinds.items())
    verb = "channel of the file is" if count == 1 else "channels of the file are"
    return replace(program, circuit=kept, notes=(*program.notes, f"{count} noise {verb} left out: {which}"))


def from_vacuum(program: Imported) -> Imported:
    """Return the program with the vacuum prepared in every mode that it does not prepare, with a note that says so.

    Examples
    --------
    >>> from compiler.ir import Circuit, Squeeze
    >>> from_vacuum(Imported(Circuit(2, (Squeeze((1,), 0.5),)), "an example")).circuit.operations[0]
    PrepareVacuum(modes=(1,))
    """
    circuit = program.circuit
    inputs = unprepared(circuit)
    if not inputs:
        return program
    started = circuit.with_operations((*(PrepareVacuum((mode,)) for mode in inputs), *circuit.operations))
    notes = tuple(note for note in program.notes if "--vacuum" not in note)
    return replace(
        program, circuit=started, notes=(*notes, f"the vacuum is taken as input of modes {_listed(inputs)} (--vacuum)")
    )


def summary(circuit: Circuit) -> str:
    """Describe a circuit in one line: modes, operations by name, results, symbols.

    Examples
    --------
    >>> from compiler.ir import Circuit, Homodyne, Squeeze
    >>> summary(Circuit(2, (Squeeze((0,), 0.5), Homodyne((0,), 0.0, "y")), (1,)))
    '2 modes (ancillas 1), 2 operations: 1 Squeeze, 1 Homodyne; results y'
    """
    kinds = Counter(type(op).__name__ for op in circuit.operations)
    modes, count = circuit.modes, len(circuit.operations)
    text = f"{modes} mode{'s' * (modes != 1)}"
    text += f" (ancillas {_listed(circuit.ancillas)})" if circuit.ancillas else ""
    text += f", {count} operation{'s' * (count != 1)}"
    text += f": {', '.join(f'{number} {name}' for name, number in kinds.items())}" if kinds else ""
    results = [op.result for op in circuit.operations if isinstance(op, MEASUREMENTS)]
    text += f"; results {_listed(results)}" if results else "; no results"
    return text + (f"; symbols {_listed(circuit.symbols)}" if circuit.symbols else "")


def _listed(names: Sequence[object], most: int = 12) -> str:
    items = list(map(str, names))
    return ", ".join(items[:most]) + (f", .. ({len(items)} in all)" if len(items) > most else "")
