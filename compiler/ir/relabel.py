"""Rename the modes and results of operations; results are matched by their modes or by their order in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, Operation
from compiler.ir.polynomial import Polynomial


def relabelled(
    op: Operation, modes: Sequence[int] | Mapping[int, int] | None = None, results: Mapping[str, str] | None = None
) -> Operation:
    """Return an operation with mode m renamed to ``modes[m]``, and the listed results (made or used) renamed.

    >>> from compiler.ir.operations import Displacement
    >>> kick = Displacement((0,), 0.0, Polynomial.monomial(("m",)))
    >>> relabelled(kick, (7,), {"m": "y"})
    Displacement(modes=(7,), x=0.0, p=Polynomial(1 y))
    """
    values = op.parameters()
    if results:
        for key, value in values.items():
            if isinstance(value, Polynomial):
                values[key] = value.relabel(lambda v: results.get(v, v) if isinstance(v, str) else v)
        if isinstance(op, MEASUREMENTS):
            values["result"] = results.get(op.result, op.result)
    return type(op)(op.modes if modes is None else tuple(modes[m] for m in op.modes), **values)


def with_results(circuit: Circuit, names: tuple[str, ...]) -> Circuit:
    """Return the circuit with its results renamed, in order of time; as it is if the numbers differ."""
    if len(circuit.results) != len(names):
        return circuit
    return renamed(circuit, dict(zip(circuit.results, names, strict=True)))


def renamed(circuit: Circuit, names: Mapping[str, str]) -> Circuit:
    """Return the circuit with the results that ``names`` lists renamed."""
    return circuit.with_operations(tuple(relabelled(op, None, names) for op in circuit.operations))


def results_by_mode(circuit: Circuit) -> dict[tuple[tuple[int, ...], int], str]:
    """Return the name of the n-th result of every mode, or of modes that are read together, by these modes and n.

    >>> from compiler.ir.operations import Homodyne, PrepareVacuum
    >>> read = Homodyne((1,), 0.0, "y"), PrepareVacuum((1,)), Homodyne((1,), 0.0, "z")
    >>> results_by_mode(Circuit(2, read))
    {((1,), 0): 'y', ((1,), 1): 'z'}
    """
    count: Counter[tuple[int, ...]] = Counter()
    found: dict[tuple[tuple[int, ...], int], str] = {}
    for op in circuit.operations:
        if isinstance(op, MEASUREMENTS):
            modes = tuple(sorted(op.modes))
            found[modes, count[modes]] = op.result
            count[modes] += 1
    return found


def named_by_mode(circuit: Circuit) -> Circuit:
    """Return the circuit with results named by modes and by how often these were read before: m0, m1_1, m0x1, .."""
    return renamed(circuit, {name: name_by_mode(*place) for place, name in results_by_mode(circuit).items()})


def name_by_mode(modes: tuple[int, ...], number: int) -> str:
    """Return the name of a result that was read from a mode, or from several together, after ``number`` others.

    >>> name_by_mode((1,), 0), name_by_mode((1,), 1), name_by_mode((0, 2), 1)
    ('m1', 'm1_1', 'm0x2_1')
    """
    name = "m" + "x".join(map(str, modes))
    return f"{name}_{number}" if number else name


def matched_by_mode(circuit: Circuit, other: Circuit) -> Circuit | None:
    """Name results as those of another circuit that reads the same modes equally often; None if there is no match."""
    ours, theirs = results_by_mode(circuit), results_by_mode(other)
    return renamed(circuit, {ours[key]: theirs[key] for key in ours}) if ours.keys() == theirs.keys() else None
