r"""Angles by least squares, with an analytic Jacobian, driven towards the smallest largest error.

Unknowns: alpha_j, phi_j, kick, offset, and one common area or each area on its own. Residual: the four real numbers of
``E(s_i)`` at Chebyshev nodes, weighted. Levenberg-Marquardt from a given start; then the weights are multiplied by the
root of the error where they stand (Lawson's iteration), which levels the error, and the fit goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.sequence import SpinSequence
from compiler.typing import Array, ComplexArray

FIRST, LATER, ROUNDS, PATIENCE = 120, 12, 16, 4
"""Steps of the first fit and of each later one, the number of those, and of how many in vain."""


@dataclass(frozen=True)
class Target:
    """What to fit: nodes in [-1, 1], the wanted amplitude there, and whether all areas are to be one."""

    nodes: Array
    wanted: ComplexArray
    equal: bool

    @classmethod
    def of(cls, phase: LinePhase, pulses: int, equal: bool) -> Target:
        """Nodes dense enough for sequences of that many pulses."""
        count = 5 * pulses + 40
        nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
        return cls(nodes, np.exp(1j * phase.value(nodes)), equal)

    def pulses(self, x: Array) -> int:
        """D of a vector of unknowns."""
        return (len(x) - 5) // 2 if self.equal else (len(x) - 4) // 3

    def areas(self, x: Array) -> Array:
        """The D areas of a vector of unknowns."""
        d = self.pulses(x)
        tail = x[2 * d + 4 :]
        return np.full(d, tail[0]) if self.equal else tail

    def unknowns(self, sequence: SpinSequence) -> Array:
        """The vector of unknowns of a sequence."""
        areas = sequence.areas[:1] if self.equal else sequence.areas
        return np.array([*sequence.polar, *sequence.azimuth, sequence.kick, sequence.offset, *areas])

    def sequence(self, x: Array) -> SpinSequence:
        """The sequence of a vector of unknowns, angles reduced to one turn."""
        d = self.pulses(x)
        turn = 2.0 * np.pi
        # a polar angle loses a full turn only together with a sign, which the offset takes
        polar, azimuth = x[: d + 1], x[d + 1 : 2 * d + 2]
        turns = np.round(polar / turn)
        offset = x[2 * d + 3] + np.pi * float(np.sum(turns))
        return SpinSequence(
            tuple(float(v) for v in polar - turn * turns),
            tuple(float(v) for v in azimuth - turn * np.round(azimuth / turn)),
            tuple(float(v) for v in self.areas(x)),
            float(x[2 * d + 2]),
            float(offset - turn * np.round(offset / turn)),
        )


def largest_error(target: Target, x: Array) -> float:
    """Largest error at the nodes."""
    return float(_lengths(target, x).max())


def fitted(target: Target, x: Array, steps: int = FIRST) -> tuple[float, Array]:
    """Largest error at the nodes, and the unknowns, after one fit of equal weights."""
    count = len(target.nodes)
    x = _descend(target, x, np.full(count, count**-0.5), steps)
    return largest_error(target, x), x


def brief(target: Target, x: Array) -> tuple[float, Array]:
    """As `fitted`, in a few steps: to tell promising starts from others."""
    return fitted(target, x, LATER)


def level(target: Target, x: Array) -> tuple[float, Array]:
    """The smallest largest error at the nodes that was met on the way from a start, and its unknowns."""
    largest, x = fitted(target, x)
    best, idle = (largest, x), 0
    weight = np.full(len(target.nodes), len(target.nodes) ** -0.5)
    for _ in range(ROUNDS):
        error = _lengths(target, x)
        weight = weight * np.sqrt(error / error.max() + 1e-3)
        weight /= np.linalg.norm(weight)
        x = _descend(target, x, weight, LATER)
        largest = largest_error(target, x)
        idle = 0 if largest < 0.995 * best[0] else idle + 1
        if largest < best[0]:
            best = (largest, x)
        if idle == PATIENCE:
            break
    return best


def _lengths(target: Target, x: Array) -> Array:
    error = _error(target, x)
    return np.asarray(np.hypot(np.abs(error[0]), np.abs(error[1])))


def _descend(target: Target, x: Array, weight: Array, steps: int) -> Array:
    """Levenberg-Marquardt on the weighted sum of squares."""
    residual, jacobian = _linearised(target, x, weight)
    cost, damping = float(residual @ residual), 1e-3
    for _ in range(steps):
        gradient, gram = jacobian.T @ residual, jacobian.T @ jacobian
        scale = float(np.trace(gram)) / len(x)
        diagonal = gram.diagonal().copy()
        while True:
            np.fill_diagonal(gram, diagonal + damping * scale)
            try:
                new = x - cho_solve(cho_factor(gram, lower=True, check_finite=False), gradient, check_finite=False)
                new_cost = float(np.sum((weight * np.abs(_error(target, new))) ** 2))
            except LinAlgError:
                new_cost = np.inf
            if new_cost < cost:
                break
            damping *= 4.0
            if damping > 1e8:
                return x
        x, gained, cost = new, cost - new_cost, new_cost
        damping = max(0.2 * damping, 1e-14)
        if gained < 1e-9 * cost:
            return x
        residual, jacobian = _linearised(target, x, weight)
    return x


def _error(target: Target, x: Array) -> ComplexArray:
    """E at the nodes, shape (2, nodes)."""
    matrices, turns, v = _factors(target, x)
    v = matrices[0] @ v
    for matrix, turn in zip(matrices[1:], turns, strict=True):
        v = matrix @ (turn * v)
    v[0] -= target.wanted
    return np.asarray(v)


def _linearised(target: Target, x: Array, weight: Array) -> tuple[Array, Array]:
    """Residual and Jacobian, shapes (4 nodes,) and (4 nodes, unknowns)."""
    s, d = target.nodes, target.pulses(x)
    matrices, turns, v = _factors(target, x)
    before = np.empty((d + 1, 2, len(s)), dtype=complex)  # the spin before each rotation
    after = np.empty((d + 1, 2, 2, len(s)), dtype=complex)  # the product of all that follows it
    for j in range(d + 1):
        before[j] = turns[j - 1] * v if j else v
        v = matrices[j] @ before[j]
    after[d] = np.eye(2)[:, :, None]
    for j in range(d, 0, -1):
        after[j - 1] = np.matmul(after[j].transpose(2, 0, 1), matrices[j]).transpose(1, 2, 0) * turns[j - 1]
    half, phase = 0.5 * x[: d + 1], np.exp(1j * x[d + 1 : 2 * d + 2])
    c, si, zero = np.cos(half), np.sin(half), np.zeros(d + 1)
    by_polar = 0.5 * np.array([[-si, -1j * c / phase], [-1j * c * phase, -si]])  # (2, 2, d + 1)
    by_azimuth = np.array([[zero, -si / phase], [si * phase, zero]])
    by_area = matrices[1:] * np.array([1j, -1j])  # R_j i Z
    columns = np.empty((len(x), 2, len(s)), dtype=complex)
    for at, generators in ((0, by_polar), (d + 1, by_azimuth)):
        columns[at : at + d + 1] = _through(after, np.einsum("bcj,jcm->jbm", generators, before))
    columns[2 * d + 2], columns[2 * d + 3] = 1j * s * v, 1j * v
    areas = _through(after[1:], np.einsum("jbc,jcm->jbm", by_area, before[1:])) * s
    columns[2 * d + 4 :] = areas.sum(axis=0) if target.equal else areas
    v[0] -= target.wanted
    weighted = (columns * weight).reshape(len(x), -1)
    flat = (weight * v).reshape(-1)
    return np.concatenate([flat.real, flat.imag]), np.concatenate([weighted.real, weighted.imag], axis=1).T


def _factors(target: Target, x: Array) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """Rotations (D + 1, 2, 2), diagonals of the displacements (D, 2, nodes), and the first spin (2, nodes)."""
    d = target.pulses(x)
    half, phase = 0.5 * x[: d + 1], np.exp(1j * x[d + 1 : 2 * d + 2])
    c, si = np.cos(half) + 0j, np.sin(half)
    matrices = np.array([[c, -1j * si / phase], [-1j * si * phase, c]]).transpose(2, 0, 1)
    turn = np.exp(1j * np.outer(target.areas(x), target.nodes))
    front = np.exp(1j * (x[2 * d + 2] * target.nodes + x[2 * d + 3]))
    return matrices, np.stack([turn, turn.conj()], axis=1), np.stack([front, np.zeros_like(front)])


def _through(after: ComplexArray, v: ComplexArray) -> ComplexArray:
    """``after_j v_j`` for all j at once, shape (j, 2, nodes)."""
    return np.asarray(after[:, :, 0] * v[:, None, 0] + after[:, :, 1] * v[:, None, 1])
