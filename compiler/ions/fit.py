r"""Angles by least squares, with an analytic Jacobian, driven towards the smallest largest error.

Unknowns: alpha_j, phi_j, kick, offset, and one common area or each area on its own. Residual: the four real numbers of
``E(s_i)`` at Chebyshev nodes, weighted. Levenberg-Marquardt from a given start; then the weights are multiplied by the
root of the error where they stand (Lawson's iteration), which levels the error, and the fit goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from compiler.ions.phases import LinePhase
from compiler.ions.sequence import ComplexArray, SpinSequence, rotation

Array = NDArray[np.float64]

FIRST, LATER, ROUNDS = 120, 12, 14
"""Steps of the first fit, of each later one, and the number of those."""


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


def level(target: Target, x: Array) -> tuple[float, Array]:
    """The smallest largest error at the nodes that was met on the way, and its unknowns."""
    count = len(target.nodes)
    weight = np.full(count, count**-0.5)
    x = _descend(target, x, weight, FIRST)
    best = (np.inf, x)
    for _ in range(ROUNDS):
        error = np.sqrt(np.sum(np.abs(_error(target, x)) ** 2, axis=0))
        if error.max() < best[0]:
            best = (float(error.max()), x)
        weight = weight * np.sqrt(error / error.max() + 1e-3)
        weight /= np.linalg.norm(weight)
        x = _descend(target, x, weight, LATER)
    return best


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
    d = target.pulses(x)
    v = np.zeros((2, len(target.nodes)), dtype=complex)
    v[0] = np.exp(1j * (x[2 * d + 2] * target.nodes + x[2 * d + 3]))
    for j, area in enumerate((0.0, *target.areas(x))):
        if j:
            v = v * _turn(area, target.nodes)
        v = rotation(x[j], x[d + 1 + j]) @ v
    v[0] -= target.wanted
    return v


def _linearised(target: Target, x: Array, weight: Array) -> tuple[Array, Array]:
    """Residual and Jacobian, shapes (4 nodes,) and (4 nodes, unknowns)."""
    s, d, areas = target.nodes, target.pulses(x), target.areas(x)
    matrices = [rotation(x[j], x[d + 1 + j]) for j in range(d + 1)]
    before: list[ComplexArray] = []  # the spin before each rotation
    v = np.zeros((2, len(s)), dtype=complex)
    v[0] = np.exp(1j * (x[2 * d + 2] * s + x[2 * d + 3]))
    for j in range(d + 1):
        if j:
            v = v * _turn(areas[j - 1], s)
        before.append(v)
        v = matrices[j] @ v
    columns = np.empty((len(x), 2, len(s)), dtype=complex)
    columns[2 * d + 2], columns[2 * d + 3] = 1j * s * v, 1j * v
    if target.equal:
        columns[2 * d + 4] = 0.0
    after = np.zeros((2, 2, len(s)), dtype=complex)  # product of all that follows
    after[0, 0] = after[1, 1] = 1.0
    for j in range(d, -1, -1):
        u = before[j]
        c, si, phase = np.cos(0.5 * x[j]), np.sin(0.5 * x[j]), np.exp(1j * x[d + 1 + j])
        by_polar = np.array([[-0.5 * si, -0.5j * c / phase], [-0.5j * c * phase, -0.5 * si]])
        by_azimuth = np.array([[0.0, -si / phase], [si * phase, 0.0]])
        columns[j] = np.einsum("abm,bm->am", after, by_polar @ u)
        columns[d + 1 + j] = np.einsum("abm,bm->am", after, by_azimuth @ u)
        after = np.einsum("abm,bc->acm", after, matrices[j])
        if j:
            by_area = np.einsum("abm,bm->am", after, np.array([[1j], [-1j]]) * s * u)
            if target.equal:
                columns[2 * d + 4] += by_area
            else:
                columns[2 * d + 3 + j] = by_area
            after = after * _turn(areas[j - 1], s)
    v[0] -= target.wanted
    weighted = (columns * weight).reshape(len(x), -1)
    flat = (weight * v).reshape(-1)
    return np.concatenate([flat.real, flat.imag]), np.concatenate([weighted.real, weighted.imag], axis=1).T


def _turn(area: float, s: Array) -> ComplexArray:
    """The diagonal of ``W(area)`` at positions, shape (2, nodes)."""
    e = np.exp(1j * area * s)
    return np.stack([e, e.conj()])
