"""Operations with other modes and other names of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.operations import Homodyne, Operation
from compiler.polynomial import Polynomial


def relabelled(
    op: Operation, modes: Sequence[int] | Mapping[int, int] | None = None, results: Mapping[str, str] | None = None
) -> Operation:
    """A native operation with mode m renamed to ``modes[m]``, and results (made or used) renamed where they are listed.

    >>> from compiler.operations import Displacement
    >>> kick = Displacement((0,), 0.0, Polynomial.monomial(("m",)))
    >>> relabelled(kick, (7,), {"m": "y"})
    Displacement(modes=(7,), x=0.0, p=Polynomial(1 y))
    """
    values = op.parameters()
    if results:
        for key, value in values.items():
            if isinstance(value, Polynomial):
                values[key] = value.relabel(lambda v: results.get(v, v) if isinstance(v, str) else v)
        if isinstance(op, Homodyne):
            values["result"] = results.get(op.result, op.result)
    return type(op)(op.modes if modes is None else tuple(modes[m] for m in op.modes), **values)
