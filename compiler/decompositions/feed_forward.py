"""Split gates that depend on several results into gates that depend on one result each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compiler.ir.operations import (
    ControlledX,
    ControlledZ,
    CubicPhase,
    Displacement,
    Operation,
    PhasePower,
    Rotation,
    Shear,
    Squeeze,
    used,
)
from compiler.ir.polynomial import Polynomial

ADDITIVE = (Displacement, Rotation, Squeeze, Shear, ControlledX, ControlledZ, CubicPhase, PhasePower)
"""Operations whose parameters add up when they follow one another, so that a sum is a sequence."""


def by_result(op: Operation) -> list[Operation]:
    """Write an operation whose parameters are sums of functions of one result each as one operation per result.

    Numbers go with the first result. Products of several results, and operations that do not add
    up, stay as they are.

    >>> m, n = (Polynomial.monomial((name,)) for name in ("m", "n"))
    >>> [op.x for op in by_result(Displacement((0,), m + n, 0.5))]
    [Polynomial(1 m), Polynomial(1 n)]
    >>> by_result(Rotation((0,), Polynomial.monomial(("m", "n"))))
    [Rotation(modes=(0,), theta=Polynomial(1 m n))]
    """
    names = sorted(used(op))
    if len(names) < 2 or not isinstance(op, ADDITIVE) or multiplied(op):
        return [op]
    sums: dict[str, Polynomial] = {}
    for key, value in op.parameters().items():
        if isinstance(value, float):
            sums[key] = Polynomial.constant(value)
        elif isinstance(value, Polynomial):
            sums[key] = value
    out: list[Operation] = []
    for name in names:
        part: dict[str, Any] = {key: _part(value, name, name == names[0]) for key, value in sums.items()}
        out.append(replace(op, **part))
    return out


def multiplied(op: Operation) -> tuple[str, ...]:
    """Return the results that a parameter of an operation multiplies with one another; empty where all are added."""
    found: set[str] = set()
    for value in op.parameters().values():
        for key in value.terms if isinstance(value, Polynomial) else ():
            names = {variable for variable, _ in key if isinstance(variable, str)}
            if len(names) > 1:
                found |= names
    return tuple(sorted(found))


def _part(value: Polynomial, name: str, first: bool) -> Polynomial:
    """Return the terms of a sum that use a result, and the constant ones for the first result."""
    terms = value.terms.items()
    return Polynomial({key: c for key, c in terms if any(v == name for v, _ in key) or (first and not key)})
