r"""Rotations that commute with noise and Kerr gates, divided out before circuits with markers are compared.

Loss, thermal loss, dephasing, Kerr and cross-Kerr gates commute with rotations of their modes. So a rotation by any
angle may be put before such an operation and taken back behind it, and it does not matter which part of an
interferometer stands before it. Where two circuits are equal up to this, the mode that meets the operation holds
``a = x + i p`` in one circuit and ``e^{-i phi} a`` in the other, at all points. The angle is read off there, marker by
marker, and the rotation and its inverse are put around the marker of one circuit. Whatever the angles, that circuit
does the same as before; a wrong one can only make equal circuits look different.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation, Rotation
from compiler.semantics.opaque import SIZE, Mark
from compiler.semantics.phase_space import push
from compiler.semantics.points import Draws, Pair, fresh_points
from compiler.typing import AnyArray, ComplexArray

POINTS = 3
"""Number of random points that angles are read at."""

LEAST_OVERLAP = 1.0 - 1e-6
"""Quadratures whose overlap is less are not equal up to a rotation."""

LEAST_ANGLE = 1e-13
"""Rotations by less are rounding, in rad."""


def aligned(pair: Pair, marks: tuple[list[Mark], list[Mark]], seed: int) -> Pair | None:
    """Both circuits, the right one with rotations around its markers; None if there is nothing to rotate.

    Parameters
    ----------
    pair : Pair
        Circuits with markers.
    marks : pair of lists of Mark
        Where the markers of each stand.
    seed : int
    """
    draws = Draws(seed, POINTS)
    starts = fresh_points(pair, draws)
    start, symbols = draws.pair(rows=pair.modes), draws.symbols(pair.left.symbols)
    left, right = pair.padded()
    held: dict[tuple[int, int], ComplexArray] = {}
    at = {mark.first: mark for mark in marks[0]}

    def hold(index: int, x: AnyArray, p: AnyArray) -> None:
        if (mark := at.get(index)) is not None:
            held[mark.mode, mark.number] = x[mark.mode] + 1j * p[mark.mode]

    push(left, *start, starts[0], symbols, hold)
    begins, ends = ({mark.first + later: mark for mark in marks[1]} for later in (0, SIZE))
    angles: dict[int, float | None] = {}

    def turn(index: int, x: AnyArray, p: AnyArray) -> None:
        if (mark := ends.get(index)) is not None:
            _rotate(x, p, mark.mode, -(angles[mark.first] or 0.0))
        if (mark := begins.get(index)) is not None:
            angle = _angle(x[mark.mode] + 1j * p[mark.mode], held[mark.mode, mark.number]) if mark.covariant else 0.0
            angles[mark.first] = angle
            _rotate(x, p, mark.mode, angle or 0.0)

    push(right, *start, starts[1], symbols, turn)
    if None in angles.values() or not any(angles.values()):
        return None
    return Pair(pair.left, _with_rotations(pair.right, begins, ends, angles))


def _angle(a: ComplexArray, wanted: ComplexArray) -> float | None:
    """The angle that turns some amplitudes into others; None if none does."""
    overlap = complex(np.vdot(a, wanted))
    if not abs(overlap) >= LEAST_OVERLAP * float(np.linalg.norm(a) * np.linalg.norm(wanted)) > 0.0:
        return None
    angle = float(np.angle(overlap))
    return angle if abs(angle) > LEAST_ANGLE else 0.0


def _rotate(x: AnyArray, p: AnyArray, mode: int, angle: float) -> None:
    c, s = np.cos(angle), np.sin(angle)
    x[mode], p[mode] = c * x[mode] - s * p[mode], c * p[mode] + s * x[mode]


def _with_rotations(
    circuit: Circuit, begins: Mapping[int, Mark], ends: Mapping[int, Mark], angles: Mapping[int, float | None]
) -> Circuit:
    out: list[Operation] = []
    for index in range(len(circuit.operations) + 1):
        if (mark := ends.get(index)) is not None and (angle := angles[mark.first]):
            out.append(Rotation((mark.mode,), -angle))
        if (mark := begins.get(index)) is not None and (angle := angles[mark.first]):
            out.append(Rotation((mark.mode,), angle))
        out += circuit.operations[index : index + 1]
    return circuit.with_operations(tuple(out))
