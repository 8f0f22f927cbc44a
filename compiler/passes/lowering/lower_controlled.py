r"""Lower ControlledX and ControlledZ to beamsplitters and squeezers, and shears to squeezers between rotations.

Bloch-Messiah: ``ControlledX(s)`` is a beamsplitter, squeezers of r = +-asinh(s/2), and a beamsplitter. ControlledZ is
ControlledX between Fourier rotations of the second mode, which the beamsplitter phases and the sign of one squeezer
absorb. A shear is a rotation, a squeezer of r = asinh(s/2), and a rotation.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.decompositions.controlled import lowered_controlled, lowered_shear
from compiler.errors import MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ControlledX, ControlledZ, Operation, Shear
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class LowerControlled:
    """Replace controlled gates and shears that are not native on the profile. Exact. Idempotent.

    Strengths that hold symbols are left, to be lowered with their values (`compiler.template`).

    Raises
    ------
    NotMappableError
        If a strength depends on a measured result.
    """

    name: str = "lower_controlled"
    guarantee: Guarantee = Guarantee.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Lower the gates."""
        out: list[Operation] = []
        reasons: list[MappingReason] = []
        count = 0
        for index, op in enumerate(circuit.operations):
            if isinstance(op, ControlledX | ControlledZ | Shear) and not profile.is_native(type(op).__name__):
                if isinstance(op.s, Polynomial) and set(circuit.symbols).issuperset(op.s.names):
                    out.append(op)
                    continue
                if isinstance(op.s, Polynomial):
                    reason = "its strength depends on earlier results, and squeezers with feed-forward are not native"
                    advice = f"use a profile with native {type(op).__name__}"
                    reasons.append(MappingReason(f"operation {index} {op}", reason, advice))
                    continue
                count += 1
                out += lowered_shear(op.modes, op.s) if isinstance(op, Shear) else lowered_controlled(op, op.s)
            else:
                out.append(op)
        if reasons:
            raise NotMappableError(profile.name, tuple(reasons))
        return PassResult(circuit.with_operations(tuple(out)), f"lowered {count} controlled gates and shears")
