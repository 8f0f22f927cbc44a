"""Quadratic phases as shears, controlled gates and displacements."""

from __future__ import annotations

from compiler.ir.operations import (
    ControlledZ,
    Displacement,
    Operation,
    Parameter,
    PhasePower,
    PolynomialPhase,
    Shear,
    phase_degree,
)
from compiler.ir.polynomial import Polynomial


def quadratic_gates(op: Operation) -> list[Operation]:
    """Return the gates of a phase of degree at most 2; any other operation as it is.

    >>> from compiler.ir.operations import phase
    >>> quadratic_gates(phase(Polynomial.monomial((0, 2), 0.5)))
    [ControlledZ(modes=(0, 2), s=0.5)]
    """
    degree = phase_degree(op)
    if degree is None or degree > 2:
        return [op]
    match op:
        case PhasePower(order=1):
            return [Displacement(op.modes, 0.0, op.strength)]
        case PhasePower(order=2):
            return [Shear(op.modes, op.strength)]
        case PolynomialPhase():
            return [gate for key, weight in op.polynomial.parts().items() for gate in _monomial(key, weight)]
    return [op]


def _monomial(key: tuple[tuple[object, int], ...], weight: Polynomial) -> list[Operation]:
    value: Parameter = weight if weight.names else weight.terms.get((), 0.0)
    modes = tuple(v for v, q in key for _ in range(q) if isinstance(v, int))
    if not modes:
        return []
    if len(modes) == 1:
        return [Displacement(modes, 0.0, value)]
    return [Shear(modes[:1], 2.0 * value) if modes[0] == modes[1] else ControlledZ(modes, value)]
