r"""Lower ControlledX and ControlledZ to beamsplitters and squeezers, and shears to squeezers between rotations.

Bloch-Messiah: ``ControlledX(s)`` is a beamsplitter, squeezers of r = +-asinh(s/2), and a beamsplitter. ControlledZ is
ControlledX between Fourier rotations of the second mode, which the beamsplitter phases and the sign of one squeezer
absorb. A shear is a rotation, a squeezer of r = asinh(s/2), and a rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asinh, atan2, pi

from compiler.circuit import Circuit
from compiler.errors import MappingReason, NotMappableError
from compiler.operations import BeamSplitter, ControlledX, ControlledZ, Operation, Rotation, Shear, Squeeze
from compiler.passes.base import PassResult, Promise
from compiler.polynomial import Polynomial
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class LowerControlled:
    """Replace controlled gates and shears that the profile does not have natively. Exact. Idempotent.

    Strengths that hold symbols are left, to be lowered with their values (`compiler.template`).

    Raises
    ------
    NotMappableError
        If a strength depends on a measured result.
    """

    name: str = "lower_controlled"
    promise: Promise = Promise.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Lower the gates."""
        out: list[Operation] = []
        count = 0
        for index, op in enumerate(circuit.operations):
            if isinstance(op, ControlledX | ControlledZ | Shear) and not profile.is_native(type(op).__name__):
                if isinstance(op.s, Polynomial) and set(circuit.symbols).issuperset(op.s.names):
                    out.append(op)
                    continue
                if isinstance(op.s, Polynomial):
                    reason = MappingReason(
                        f"operation {index} {op}",
                        "its strength depends on earlier results, and squeezers with feed-forward are not native",
                        f"use a profile with native {type(op).__name__}",
                    )
                    raise NotMappableError(profile.name, (reason,))
                count += 1
                out += lowered_shear(op.modes, op.s) if isinstance(op, Shear) else lowered_controlled(op, op.s)
            else:
                out.append(op)
        return PassResult(circuit.with_operations(tuple(out)), f"lowered {count} controlled gates and shears")


def lowered_controlled(op: ControlledX | ControlledZ, s: float) -> list[Operation]:
    """The beamsplitters and squeezers of a ControlledX or ControlledZ of strength s."""
    # singular value decomposition of [[1, 0], [s, 1]]: rotation by -psi, diag(e^r, e^-r), rotation by pi/2 - psi
    r, psi = asinh(s / 2.0), 0.5 * atan2(2.0, s)
    z = isinstance(op, ControlledZ)
    phi = pi / 2 if z else 0.0  # the Fourier rotations of the second mode turn into a beamsplitter phase
    modes, second = op.modes, op.modes[1:]
    return [
        BeamSplitter(modes, -psi, phi),
        Squeeze(modes[:1], -r),
        Squeeze(second, -r if z else r),
        BeamSplitter(modes, pi / 2 - psi, phi),
    ]


def lowered_shear(modes: tuple[int, ...], s: float) -> list[Operation]:
    """The rotations and the squeezer of a shear of strength s."""
    r, psi = asinh(s / 2.0), 0.5 * atan2(2.0, s)  # the same decomposition, now of the map of (x, p)
    return [Rotation(modes, -psi), Squeeze(modes, -r), Rotation(modes, pi / 2 - psi)]
