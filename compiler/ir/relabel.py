"""Operations with other modes and other names of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, Operation
from compiler.ir.polynomial import Polynomial


def relabelled(
    op: Operation, modes: Sequence[int] | Mapping[int, int] | None = None, results: Mapping[str, str] | None = None
) -> Operation:
    """A native operation with mode m renamed to ``modes[m]``, and results (made or used) renamed where they are listed.

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
    """The circuit with its results renamed, in order of time; as it is if the numbers differ."""
    if len(circuit.results) != len(names):
        return circuit
    new = dict(zip(circuit.results, names, strict=True))
    return circuit.with_operations(tuple(relabelled(op, None, new) for op in circuit.operations))
