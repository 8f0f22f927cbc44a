"""The triangle and its contexts, pulses of displacement readouts on modes in a Fock basis, and noise by averaging."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import exp, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

Ket = NDArray[np.complex128]

EDGES = ((0, 1), (0, 2), (1, 2))
CONTEXTS = (0, 1, 2, None)
"""B_0, B_1, B_2 and A."""


def displacement(context: int | None, w: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Numbers alpha and beta of a context of the triangle of weight w."""
    a = sqrt(pi / (2.0 * w))
    if context is None:
        return (a,) * 3, (-2.0 * a * w,) * 3
    return tuple(a * (m == context) for m in range(3)), tuple(-a * w * (m != context) for m in range(3))


def triangle(w: float, r: float, context: int | None = None) -> Circuit:
    """Three modes squeezed in p by r, three edges of weight w, and one displacement that is read."""
    alpha, beta = displacement(context, w)
    prepared = (ops.PrepareSqueezed((m,), -r) for m in range(3))
    edges = (ops.phase(Polynomial.monomial(edge, w)) for edge in EDGES)
    return Circuit(3, (*prepared, *edges, ops.DisplacementReadout((0, 1, 2), alpha, beta, "m")))


def covariance(w: float, r: float) -> NDArray[np.float64]:
    """Covariances of x and p of the triangle before the readout: every p_i gains w times the sum of the other x_j."""
    shear = np.eye(6)
    shear[3:, :3] = w * (1.0 - np.eye(3))
    return shear @ np.diag([exp(2.0 * r)] * 3 + [exp(-2.0 * r)] * 3) @ shear.T


def mean_after_noise(
    cov: NDArray[np.float64],
    alpha: Sequence[float],
    beta: Sequence[float],
    added: float,
    turned: float,
    nodes: int = 64,
) -> float:
    """Average ``Re <D>`` over independent normal rotations of three modes of variance ``turned``, after heating.

    Gauss and Hermite's rule in three angles; heating adds ``added`` to every variance.
    """
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight = weight / weight.sum()
    angles = np.stack(np.meshgrid(*[sqrt(turned) * z] * 3, indexing="ij"), axis=-1)
    c, s = np.cos(angles), np.sin(angles)
    # the mode turns, x -> x c - p s: so do the numbers that stand before x and p
    before_x, before_p = np.array(beta) * c + np.array(alpha) * s, np.array(alpha) * c - np.array(beta) * s
    v = np.concatenate([before_x, before_p], axis=-1)
    values = np.exp(-0.5 * np.einsum("...i,ij,...j", v, cov + added * np.eye(6), v))
    return float(np.einsum("ijk,i,j,k", values, weight, weight, weight))


def ladder(cutoff: int) -> NDArray[np.complex128]:
    """The operator a on Fock levels below the cutoff."""
    return np.diag(np.sqrt(np.arange(1.0, cutoff)), 1).astype(complex)


def on_spin(ket: Ket, polar: float, azimuth: float) -> Ket:
    """``exp(-i (polar/2) (cos X + sin Y))`` on the first axis, of two levels."""
    axis = np.array([[0.0, np.exp(-1j * azimuth)], [np.exp(1j * azimuth), 0.0]])
    return np.tensordot(expm(-0.5j * polar * axis), ket, axes=(1, 0))


def on_mode(ket: Ket, amplitude: complex, axis: int) -> Ket:
    """``exp(g a^dag - g^* a)`` on one axis."""
    a = ladder(ket.shape[axis])
    matrix = expm(amplitude * a.conj().T - np.conj(amplitude) * a)
    return np.moveaxis(np.tensordot(matrix, ket, axes=(1, axis)), 0, axis)


def by_spin(ket: Ket, amplitudes: Sequence[complex]) -> Ket:
    """``exp(sigma_z sum_j (g_j a_j^dag - g_j^* a_j))``: the spin is the first axis, mode j is axis j + 1."""
    halves = []
    for sign, half in zip((1.0, -1.0), ket, strict=True):
        halves.append(reduce(lambda state, j: on_mode(state, sign * amplitudes[j], j), range(len(amplitudes)), half))
    return np.stack(halves)


def with_spin(ket: Ket) -> Ket:
    """A ket beside a spin in ``|0>``."""
    return np.stack([ket, np.zeros_like(ket)])


def kraus(ket: Ket, alpha: Sequence[float], beta: Sequence[float], sign: int) -> Ket:
    """``(1 +- D) / 2`` with ``D = exp(i (alpha.p + beta.x))``, from x = a + a^dag and p = -i (a - a^dag)."""
    moved = ket
    for axis, (first, second) in enumerate(zip(alpha, beta, strict=True)):
        a = ladder(ket.shape[axis])
        x, p = a + a.conj().T, -1j * (a - a.conj().T)
        moved = np.moveaxis(np.tensordot(expm(1j * (first * p + second * x)), moved, axes=(1, axis)), 0, axis)
    return 0.5 * (ket + sign * moved)
