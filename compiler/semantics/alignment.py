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
from compiler.semantics.opaque import Mark
from compiler.semantics.phase_space import push
from compiler.semantics.points import Draws, Pair, free_values, fresh_points
from compiler.typing import AnyArray, ComplexArray

POINTS = 3
"""Number of random points that angles are read at."""

LEAST_OVERLAP = 1.0 - 1e-6
"""Quadratures with a smaller overlap are not equal up to a rotation."""

LEAST_ANGLE = 1e-13
"""Rotations by a smaller angle are rounding, in rad."""


def aligned(pair: Pair, marks: tuple[list[Mark], list[Mark]], seed: int) -> Pair | None:
    """Return both circuits, the right one with rotations around its markers; None if nothing needs a rotation.

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
    start, symbols = draws.pair(rows=pair.modes), free_values(pair, draws)
    left, right = pair.padded()
    held: dict[tuple[int, int], ComplexArray] = {}

    at, _ = _by_place(marks[0])

    def hold(index: int, x: AnyArray, p: AnyArray) -> None:
        for mark in at.get(index, ()):
            held[mark.mode, mark.number] = x[mark.mode] + 1j * p[mark.mode]

    push(left, *start, starts[0], symbols, hold)
    begins, ends = _by_place(marks[1])
    angles: dict[Mark, float | None] = {}

    def turn(index: int, x: AnyArray, p: AnyArray) -> None:
        for mark in ends.get(index, ()):
            _rotate(x, p, mark.mode, -(angles[mark] or 0.0))
        for mark in begins.get(index, ()):
            wanted = held[mark.mode, mark.number]
            angles[mark] = _angle(x[mark.mode] + 1j * p[mark.mode], wanted) if mark.covariant else 0.0
            _rotate(x, p, mark.mode, angles[mark] or 0.0)

    push(right, *start, starts[1], symbols, turn)
    if None in angles.values() or not any(angles.values()):
        return None
    return Pair(pair.left, _with_rotations(pair.right, marks[1], angles))


def _by_place(marks: list[Mark]) -> tuple[dict[int, list[Mark]], dict[int, list[Mark]]]:
    """Return markers by the operation where they begin, and by the one before which they have ended."""
    begins: dict[int, list[Mark]] = {}
    ends: dict[int, list[Mark]] = {}
    for mark in marks:
        begins.setdefault(mark.first, []).append(mark)
        ends.setdefault(mark.end, []).append(mark)
    return begins, ends


def _angle(a: ComplexArray, wanted: ComplexArray) -> float | None:
    """Return the angle that turns some amplitudes into others; None if no rotation does."""
    overlap = complex(np.vdot(a, wanted))
    if not abs(overlap) >= LEAST_OVERLAP * float(np.linalg.norm(a) * np.linalg.norm(wanted)) > 0.0:
        return None
    angle = float(np.angle(overlap))
    return angle if abs(angle) > LEAST_ANGLE else 0.0


def _rotate(x: AnyArray, p: AnyArray, mode: int, angle: float) -> None:
    c, s = np.cos(angle), np.sin(angle)
    x[mode], p[mode] = c * x[mode] - s * p[mode], c * p[mode] + s * x[mode]


def _with_rotations(circuit: Circuit, marks: list[Mark], angles: Mapping[Mark, float | None]) -> Circuit:
    begins, ends = _by_place(marks)
    out: list[Operation] = []
    for index in range(len(circuit.operations) + 1):
        out += (Rotation((mark.mode,), -angle) for mark in ends.get(index, ()) if (angle := angles[mark]))
        out += (Rotation((mark.mode,), angle) for mark in begins.get(index, ()) if (angle := angles[mark]))
        out += circuit.operations[index : index + 1]
    return circuit.with_operations(tuple(out))
