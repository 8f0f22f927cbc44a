r"""Homodyne angles of gates, and gates of homodyne angles, so that programs can be checked from the angles alone.

Angles are MQC3's, ``(theta_a, theta_b, theta_c, theta_d)``, for modes that pass through (see
`compiler.quadrail.device`).
"""

from __future__ import annotations

from math import atan, atan2, cos, isclose, log, pi, sin, tan

import numpy as np
from numpy.typing import NDArray

from compiler.ir import operations as ops
from compiler.ir.operations import Operation

Matrix = NDArray[np.float64]
Angles = tuple[float, float, float, float]

RELATIVE_ROUNDING = 1e-12
"""Differences below this, relative to the size of a 2 x 2 matrix, are rounding."""


def teleported(s: float, t: float) -> Matrix:
    """Return the matrix ``V(s, t)`` on (x, p).

    >>> bool(np.allclose(teleported(np.pi / 2, 0.0), np.eye(2)))
    True
    """
    first = np.array([[cos(t), cos(s)], [sin(t), sin(s)]])
    return np.asarray(-first @ np.array([[sin(s), cos(s)], [sin(t), cos(t)]]) / sin(t - s))


def alone(matrix: Matrix) -> list[Angles]:
    """Return angles of the macronodes that apply a single-mode Gaussian gate: none for the identity, else one or two.

    One suffices exactly if both diagonal elements are equal: ``V(s, t)`` has the elements ``-sin(s + t)``, ``-(cos(s +
    t) + cos(t - s))``, ``cos(s + t) - cos(t - s)`` and ``-sin(s + t)``, each divided by ``sin(t - s)``.

    >>> len(alone(np.diag([0.5, 2.0]))), len(alone(np.array([[1.0, 0.0], [0.7, 1.0]])))
    (2, 1)
    """
    size = float(np.abs(matrix).max())
    if np.abs(matrix - np.eye(2)).max() <= RELATIVE_ROUNDING:
        return []
    if abs(matrix[0, 0] - matrix[1, 1]) <= RELATIVE_ROUNDING * size:
        difference = atan2(1.0, -(matrix[0, 1] + matrix[1, 0]) / 2.0)  # t - s, in (0, pi)
        total = atan2(-matrix[0, 0], (matrix[1, 0] - matrix[0, 1]) / 2.0)
        s, t = (total - difference) / 2.0, (total + difference) / 2.0
        return [(t, s, t, s)]
    left, stretch, right = np.linalg.svd(matrix)
    if np.linalg.det(left) < 0.0:
        left, right = left * np.array([1.0, -1.0]), right * np.array([[1.0], [-1.0]])
    alpha, beta = atan2(left[1, 0], left[0, 0]), atan2(right[1, 0], right[0, 0])
    lean = atan(stretch[0])  # arctan e^{-lambda}: the first stretch is that of x
    half = (alpha - beta) / 2.0
    first = (beta - lean, beta + lean)
    second = (half + pi / 4.0, half - pi / 4.0)
    return [(*first, *first), (*second, *second)]


def controlled_z(g: float) -> Angles:
    """Return angles of ``ControlledZ(g)``."""
    return -atan(g / 2.0), pi / 2.0, atan(g / 2.0), pi / 2.0


def controlled_p(g: float) -> Angles:
    """Return the angles of ``x_0 -> x_0 + g p_1, x_1 -> x_1 + g p_0``, ControlledZ between Fourier rotations."""
    return 0.0, atan2(1.0, -g / 2.0), 0.0, atan2(1.0, g / 2.0)


def beam_splitter(theta: float) -> Angles:
    """Return angles of ``BeamSplitter(theta, pi/2)``."""
    return -theta / 2.0, (pi - theta) / 2.0, theta / 2.0, (pi + theta) / 2.0


def measuring(angle: float) -> Angles:
    """Return angles that measure ``x cos(angle) + p sin(angle)``."""
    return (pi / 2.0 - angle,) * 4


def exchanged(angles: Angles) -> Angles:
    """Return the same macronode with its outputs exchanged."""
    return angles[1], angles[0], angles[2], angles[3]


def single_gates(mode: int, s: float, t: float) -> tuple[Operation, ...]:
    """Return ``V(s, t)`` as operations.

    >>> single_gates(0, np.pi / 2, 0.0)
    ()
    """
    matrix = teleported(s, t)
    if np.abs(matrix - np.eye(2)).max() <= RELATIVE_ROUNDING:
        return ()
    if isclose(matrix[0, 0], 1.0, rel_tol=RELATIVE_ROUNDING) and abs(matrix[0, 1]) <= RELATIVE_ROUNDING:
        return (ops.Shear((mode,), float(matrix[1, 0])),)
    half, c = (s + t) / 2.0, 1.0 / tan((s - t) / 2.0)
    last = _wrapped(half - pi / 2.0 + (pi if c < 0.0 else 0.0))
    if abs(abs(c) - 1.0) <= RELATIVE_ROUNDING:
        return (ops.Rotation((mode,), _wrapped(half + last)),)
    before, after = (
        (ops.Rotation((mode,), angle),) if abs(angle) > RELATIVE_ROUNDING else () for angle in (_wrapped(half), last)
    )
    return *before, ops.Squeeze((mode,), log(abs(c))), *after


def gates(up: int | None, left: int | None, angles: Angles) -> tuple[Operation, ...]:
    """Return what a macronode with these angles does to the modes that enter, as operations.

    >>> gates(0, None, (0.0, np.pi / 2, 0.0, np.pi / 2))
    ()
    """
    a, b, c, d = angles
    if up is None or left is None:
        (mode,) = (m for m in (up, left) if m is not None)
        return single_gates(mode, b, a)
    if np.abs(teleported(b, a) - teleported(d, c)).max() <= RELATIVE_ROUNDING:  # no beamsplitter acts: one gate on both
        return single_gates(up, b, a) + single_gates(left, d, c)
    pair = (up, left)
    between = single_gates(up, b, a) + single_gates(left, d, c)
    return ops.BeamSplitter(pair, pi / 4.0), *between, ops.BeamSplitter(pair, -pi / 4.0)


def kind_of(angles: Angles) -> str:
    """Return which of MQC3's named operations on one mode the angles of a macronode are.

    >>> kind_of(alone(np.array([[1.0, 0.3], [0.0, 1.0]]))[0]), kind_of(measuring(0.0))
    ('shear_p_invariant', 'measurement')
    """
    a, b, _, _ = angles
    if abs(sin(a - b)) <= RELATIVE_ROUNDING:
        return "measurement"
    matrix = teleported(b, a)
    if np.abs(matrix - np.eye(2)).max() <= RELATIVE_ROUNDING:
        return "wiring"
    if np.abs(matrix @ matrix.T - np.eye(2)).max() <= RELATIVE_ROUNDING:
        return "phase_rotation"
    if isclose(matrix[0, 0], 1.0, rel_tol=RELATIVE_ROUNDING):
        if abs(matrix[0, 1]) <= RELATIVE_ROUNDING:
            return "shear_x_invariant"
        if abs(matrix[1, 0]) <= RELATIVE_ROUNDING:
            return "shear_p_invariant"
    if abs(sin(a + b)) <= RELATIVE_ROUNDING:  # angles count modulo pi
        return "squeezing"
    return "squeezing_45" if abs(cos(a + b)) <= RELATIVE_ROUNDING else "arbitrary"


def _wrapped(angle: float) -> float:
    return atan2(sin(angle), cos(angle))
