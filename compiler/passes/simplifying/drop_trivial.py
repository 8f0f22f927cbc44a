"""Drop operations that do nothing: zero angles and whole turns, zero squeezing, zero strengths."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation, Parameter
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.turns import is_full_turn, is_identity, without_turns
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class DropTrivial:
    """Remove operations whose parameters are exactly zero, or angles a whole number of turns. Idempotent.

    What counts as a whole turn is said in `compiler.passes.simplifying.turns`. The angle of a readout loses its whole
    turns.
    """

    name: str = "drop_trivial"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Remove the trivial operations."""
        kept = tuple(_turned_back(op) for op in circuit.operations if not is_trivial(op))
        return PassResult(circuit.with_operations(kept), f"dropped {len(circuit.operations) - len(kept)} operations")


def is_trivial(op: Operation) -> bool:
    """Return whether an operation is the identity up to a global phase, judged by its parameters.

    >>> from compiler.ir.operations import Rotation, Squeeze
    >>> is_trivial(Rotation((0,), 0.0)), is_trivial(Squeeze((0,), 1e-9))
    (True, False)
    """
    match op:
        case ops.Rotation(theta=angle) | ops.BeamSplitter(theta=angle):
            return is_full_turn(angle)
        case ops.Interferometer():
            return is_identity(op)
        case ops.Squeeze(r=value) | ops.Shear(s=value) | ops.ControlledX(s=value) | ops.ControlledZ(s=value):
            return _zero(value)
        case ops.CubicPhase(gamma=value) | ops.PhasePower(strength=value):
            return _zero(value)
        case ops.Displacement(x=x, p=p):
            return _zero(x) and _zero(p)
        case ops.PolynomialPhase(polynomial=polynomial):
            return not polynomial.variables
        case ops.Loss(eta=eta) | ops.ThermalLoss(eta=eta):
            return eta == 1.0
        case ops.Kerr(kappa=value) | ops.CrossKerr(kappa=value) | ops.Dephasing(variance=value):
            return _zero(value)
        case ops.DisplacementNoise(x_variance=x, p_variance=p):
            return x == p == 0.0
    return False


def _turned_back(op: Operation) -> Operation:
    if isinstance(op, ops.Homodyne | ops.PostSelect) and (angle := without_turns(op.angle)) != op.angle:
        return replace(op, angle=angle)
    return op


def _zero(value: Parameter) -> bool:
    return not value  # 0.0 and the zero polynomial are both false
