"""Controlled gates and shears as rotations, squeezers and beamsplitters."""

from __future__ import annotations

from math import asinh, atan2, pi

from compiler.ir.operations import BeamSplitter, ControlledX, ControlledZ, Operation, Rotation, Squeeze


def lowered_controlled(op: ControlledX | ControlledZ, s: float) -> list[Operation]:
    """Return the beamsplitters and squeezers of a ControlledX or ControlledZ of strength s."""
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
    """Return the rotations and the squeezer of a shear of strength s."""
    r, psi = asinh(s / 2.0), 0.5 * atan2(2.0, s)  # the same decomposition, now of the map of (x, p)
    return [Rotation(modes, -psi), Squeeze(modes, -r), Rotation(modes, pi / 2 - psi)]
