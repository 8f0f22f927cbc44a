"""Phases of degree 1 and 2 as the Gaussian gates that they are."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.operations import (
    ControlledZ,
    Displacement,
    Operation,
    Parameter,
    PhasePower,
    PolynomialPhase,
    Shear,
    phase_degree,
)
from compiler.passes.base import PassResult, Promise
from compiler.polynomial import Polynomial
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class LowerQuadratics:
    """Replace polynomial phases of degree at most 2 by displacements, shears and ControlledZ. Idempotent."""

    name: str = "lower_quadratics"
    promise: Promise = Promise.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Lower the phases."""
        out = [new for op in circuit.operations for new in quadratic_gates(op)]
        count = sum(isinstance(op, PolynomialPhase) for op in circuit.operations)
        count -= sum(isinstance(op, PolynomialPhase) for op in out)
        return PassResult(circuit.with_operations(tuple(out)), f"{count} phase gates became Gaussian gates")


def quadratic_gates(op: Operation) -> list[Operation]:
    """The gates of a phase of degree at most 2; any other operation as it is.

    >>> from compiler.operations import phase
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
