"""Unitaries as rectangular meshes of beamsplitters and rotations."""

from __future__ import annotations

from cmath import exp, phase
from math import atan2, pi

import numpy as np
from numpy.typing import NDArray

from compiler.ir.operations import BeamSplitter, Operation, Rotation

MATRIX_ELEMENT_FLOOR = 1e-14
"""Matrix elements below this size are rounding noise of a unitary and are not nulled: no gate is spent on them."""


def rectangular_mesh(unitary: NDArray[np.complex128], modes: tuple[int, ...]) -> list[Operation]:
    """Return beamsplitters and rotations, in order of time, that make ``a_j -> sum_k U_jk a_k`` on the modes.

    >>> rectangular_mesh(np.eye(3, dtype=complex), (0, 1, 2))
    []
    """
    u = unitary.copy()
    n = len(modes)
    right: list[tuple[int, float, float]] = []
    left: list[tuple[int, float, float]] = []
    for i in range(n - 1):
        for j in range(i + 1):
            if i % 2 == 0:
                m, row = i - j, n - 1 - j
                if abs(u[row, m]) > MATRIX_ELEMENT_FLOOR:
                    theta, phi = _angles(u[row, m], u[row, m + 1])
                    u[:, m : m + 2] = u[:, m : m + 2] @ _splitter(theta, phi).conj().T
                    right.append((m, theta, phi))
            else:
                m, column = n + j - i - 2, j
                if abs(u[m + 1, column]) > MATRIX_ELEMENT_FLOOR:
                    theta, phi = _angles(-u[m + 1, column], u[m, column])
                    u[m : m + 2] = _splitter(theta, phi) @ u[m : m + 2]
                    left.append((m, theta, phi))
    diagonal = np.diag(u)
    mesh = [BeamSplitter((modes[m], modes[m + 1]), theta, phi) for m, theta, phi in right]
    for m, theta, phi in reversed(left):
        # B(theta, phi)^-1 D = D B(-theta, phi + arg d_m - arg d_{m+1})
        twist = _real_phase(phi + phase(diagonal[m]) - phase(diagonal[m + 1]))
        sign = -1.0 if abs(abs(twist) - pi) < MATRIX_ELEMENT_FLOOR else 1.0
        mesh.append(BeamSplitter((modes[m], modes[m + 1]), -sign * theta, 0.0 if sign < 0 else twist))
    rotations = [
        Rotation((mode,), phase(d))
        for mode, d in zip(modes, diagonal, strict=True)
        if abs(phase(d)) > MATRIX_ELEMENT_FLOOR
    ]
    return [*mesh, *rotations]


def _angles(null: complex, keep: complex) -> tuple[float, float]:
    # theta, phi with  cos(theta) null = e^{i phi} sin(theta) keep; real numbers give phi = 0 and a signed theta
    if abs(null.imag) <= MATRIX_ELEMENT_FLOOR and abs(keep.imag) <= MATRIX_ELEMENT_FLOOR:
        return atan2(null.real, keep.real), 0.0
    return atan2(abs(null), abs(keep)), _real_phase(
        phase(null) - phase(keep) if abs(keep) > MATRIX_ELEMENT_FLOOR else 0.0
    )


def _real_phase(angle: float) -> float:
    return float(np.angle(exp(1j * angle)))


def _splitter(theta: float, phi: float) -> NDArray[np.complex128]:
    c, s = np.cos(theta), np.sin(theta)
    return np.array([[c, -np.exp(-1j * phi) * s], [np.exp(1j * phi) * s, c]])
