r"""Angles by least squares, with an analytic Jacobian, driven towards the smallest largest error.

Unknowns: alpha_j, phi_j, kick, offset, and one common area or each area on its own. Residual: the four real numbers of
``E(s_i)`` at Chebyshev nodes, weighted. Levenberg-Marquardt from a given start; then the weights are multiplied by the
root of the error where they stand (Lawson's iteration), which levels the error, and the fit goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.sequence import SpinSequence
from compiler.typing import Array, ComplexArray

FIRST, LATER, ROUNDS, PATIENCE = 120, 12, 16, 4
"""Steps of the first fit and of each later one, the number of later fits, and how many may fail in a row."""


@dataclass(frozen=True)
class Target:
    """Target of a fit: nodes in [-1, 1], the wanted amplitude there, and whether all areas must be equal."""

    nodes: Array
    wanted: ComplexArray
    equal: bool

    @classmethod
    def of(cls, phase: LinePhase, pulses: int, equal: bool) -> Target:
        """Return a target with nodes dense enough for sequences of that many pulses."""
        count = 5 * pulses + 40
        nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
        return cls(nodes, np.exp(1j * phase.value(nodes)), equal)

    def pulses(self, x: Array) -> int:
        """Return D of a vector of unknowns."""
        return (len(x) - 5) // 2 if self.equal else (len(x) - 4) // 3

    def areas(self, x: Array) -> Array:
        """Return the D areas of a vector of unknowns."""
        d = self.pulses(x)
        tail = x[2 * d + 4 :]
        return np.full(d, tail[0]) if self.equal else tail

    def unknowns(self, sequence: SpinSequence) -> Array:
        """Return the vector of unknowns of a sequence."""
        areas = sequence.areas[:1] if self.equal else sequence.areas
        return np.array([*sequence.polar, *sequence.azimuth, sequence.kick, sequence.offset, *areas])

    def sequence(self, x: Array) -> SpinSequence:
        """Return the sequence of a vector of unknowns, angles reduced to one turn."""
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
    """Return the largest error at the nodes."""
    return float(_lengths(target, x).max())


def fitted(target: Target, x: Array, steps: int = FIRST) -> tuple[float, Array]:
    """Return the largest error at the nodes, and the unknowns, after one fit of equal weights."""
    count = len(target.nodes)
    x = _descend(target, x, np.full(count, count**-0.5), steps)
    return largest_error(target, x), x


def brief(target: Target, x: Array) -> tuple[float, Array]:
    """Fit as `fitted` does, in a few steps: enough to tell promising starts from others."""
    return fitted(target, x, LATER)


def level(target: Target, x: Array, wanted: float = inf) -> tuple[float, Array]:
    """Return the smallest largest error at the nodes that was met on the way from a start, and its unknowns.

    The largest error is at least the root mean square, which the first fit makes small: where that is above the wanted
    error, the error is not levelled.
    """
    largest, x = fitted(target, x)
    best, idle = (largest, x), 0
    if float(np.sqrt(np.mean(_lengths(target, x) ** 2))) > wanted:
        return best
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
    """Lower the weighted sum of squares by Levenberg-Marquardt steps."""
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
    """Return E at the nodes, shape (2, nodes)."""
    rotations, turns, spin = _factors(target, x)
    rotated = np.matmul(rotations[0], spin)
    for rotation, turn in zip(rotations[1:], turns, strict=True):
        np.multiply(rotated, turn, out=spin)
        np.matmul(rotation, spin, out=rotated)
    rotated[0] -= target.wanted
    return np.asarray(rotated)


def _linearised(target: Target, x: Array, weight: Array) -> tuple[Array, Array]:
    """Return the residual and the Jacobian, shapes (4 nodes,) and (4 nodes, unknowns).

    All factors have determinant 1, so that the first row (a, b) of a product says all: the second is (-b*, a*).
    """
    s, d = target.nodes, target.pulses(x)
    rotations, turns, front = _factors(target, x)
    before = np.empty((d + 1, 2, len(s)), dtype=complex)  # the spin before each rotation
    before[0], v = front, np.empty_like(front)
    for j in range(d + 1):
        np.matmul(rotations[j], before[j], out=v)
        if j < d:
            np.multiply(v, turns[j], out=before[j + 1])
    after = np.empty((d + 1, 2, len(s)), dtype=complex)  # first row of the product of all that follows each rotation
    through = np.empty((d + 1, 2, len(s)), dtype=complex)  # the same, with the rotation
    after[d] = np.array([[1.0], [0.0]])
    for j in range(d, -1, -1):
        np.matmul(rotations[j].T, after[j], out=through[j])
        if j:
            np.multiply(through[j], turns[j - 1], out=after[j - 1])
    half, phase = 0.5 * x[: d + 1, None], np.exp(1j * x[d + 1 : 2 * d + 2, None])
    c, si = 0.5 * np.cos(half), np.sin(half)
    up, down = before[:, 0], before[:, 1]
    columns = np.empty((len(x), 2, len(s)), dtype=complex)
    by_polar = -0.5 * si * up - 1j * c / phase * down, -1j * c * phase * up - 0.5 * si * down
    _through(after, *by_polar, columns[: d + 1])
    _through(after, -si / phase * down, si * phase * up, columns[d + 1 : 2 * d + 2])
    columns[2 * d + 2], columns[2 * d + 3] = 1j * s * v, 1j * v
    areas = columns[2 * d + 4 :] if not target.equal else np.empty((d, 2, len(s)), dtype=complex)
    _through(through[1:], 1j * s * up[1:], -1j * s * down[1:], areas)
    if target.equal:
        columns[2 * d + 4] = areas.sum(axis=0)
    v[0] -= target.wanted
    jacobian = np.empty((len(x), 2, 2, len(s)))  # (unknowns, real and imaginary part, spin, nodes)
    np.multiply(columns.real, weight, out=jacobian[:, 0])
    np.multiply(columns.imag, weight, out=jacobian[:, 1])
    residual = np.concatenate([(weight * v.real).reshape(-1), (weight * v.imag).reshape(-1)])
    return residual, jacobian.reshape(len(x), -1).T


def _factors(target: Target, x: Array) -> tuple[ComplexArray, Sequence[ComplexArray], ComplexArray]:
    """Return rotations (D + 1, 2, 2), diagonals of the D displacements (2, nodes), and the first spin (2, nodes)."""
    d = target.pulses(x)
    half, phase = 0.5 * x[: d + 1], np.exp(1j * x[d + 1 : 2 * d + 2])
    c, si = np.cos(half) + 0j, np.sin(half)
    rotations = np.array([[c, -1j * si / phase], [-1j * si * phase, c]]).transpose(2, 0, 1)
    areas = x[-1:] if target.equal else target.areas(x)
    turn = np.exp(1j * np.outer(areas, target.nodes))
    turns = np.stack([turn, turn.conj()], axis=1)
    front = np.exp(1j * (x[2 * d + 2] * target.nodes + x[2 * d + 3]))
    spin = np.stack([front, np.zeros_like(front)])
    return np.ascontiguousarray(rotations), [turns[0]] * d if target.equal else list(turns), spin


def _through(rows: ComplexArray, up: ComplexArray, down: ComplexArray, out: ComplexArray) -> None:
    """``[[a, b], [-b*, a*]] (up, down)`` for all rows (a, b) of shape (j, 2, nodes) at once."""
    a, b = rows[:, 0], rows[:, 1]
    out[:, 0] = a * up + b * down
    out[:, 1] = a.conj() * down - b.conj() * up
