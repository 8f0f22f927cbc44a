"""Phases of degree 1 and 2 as the Gaussian gates that they are."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.decompositions.quadratic import quadratic_gates
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    PolynomialPhase,
)
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class LowerQuadratics:
    """Replace polynomial phases of degree at most 2 by displacements, shears and ControlledZ. Idempotent."""

    name: str = "lower_quadratics"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Lower the phases."""
        out = [new for op in circuit.operations for new in quadratic_gates(op)]
        count = sum(isinstance(op, PolynomialPhase) for op in circuit.operations)
        count -= sum(isinstance(op, PolynomialPhase) for op in out)
        return PassResult(circuit.with_operations(tuple(out)), f"{count} phase gates became Gaussian gates")
