r"""From powers of linear forms to operations: a running frame of real beamsplitters, undone once at the end.

Mode j holds ``(F x)_j`` for an orthogonal frame F. To apply a power of ``u . x`` the entries of ``F u`` are rotated
onto one mode, pairwise, in ``ceil(log2(entries))`` layers; the frame is not undone before the next power, and the next
power is the one with the fewest entries in the present frame.
"""

from __future__ import annotations

from math import atan2, cos, sin

import numpy as np

from compiler.ir.operations import BeamSplitter, CubicPhase, Interferometer, Operation
from compiler.typing import Array

UNIT_VECTOR_FLOOR = 1e-14
"""Entries of unit vectors below this are rounding."""


def interferometer(modes: tuple[int, ...], matrix: Array) -> Interferometer:
    """Return the real interferometer ``x -> matrix x``."""
    return Interferometer(modes, tuple(tuple(complex(v) for v in row) for row in matrix))


def gather(seen: Array, r: int, modes: tuple[int, ...]) -> tuple[list[BeamSplitter], int, float]:
    """Return beamsplitters that put the linear form ``seen[r]`` on one mode, that column, and the sign of the form.

    ``seen`` has one column per mode and is updated: all its rows are then in the new frame. Depth
    ``ceil(log2(entries))``.
    """
    out: list[BeamSplitter] = []
    support = [int(m) for m in np.flatnonzero(np.abs(seen[r]) > UNIT_VECTOR_FLOOR)]
    while len(support) > 1:
        for a, b in zip(support[::2], support[1::2], strict=False):
            theta = atan2(-seen[r, b], seen[r, a])
            c, s = cos(theta), sin(theta)
            out.append(BeamSplitter((modes[a], modes[b]), theta))
            left, right = seen[:, a].copy(), seen[:, b].copy()
            seen[:, a], seen[:, b] = c * left - s * right, s * left + c * right
        support = support[::2]
    return out, support[0], 1.0 if seen[r, support[0]] > 0.0 else -1.0


def emit_powers(vectors: Array, strengths: Array) -> tuple[Operation, ...]:
    """Return the operations of ``exp(i sum_r (gamma_r / 3) (u_r . x)^3 / hbar)``.

    Parameters
    ----------
    vectors : array, shape (R, n)
        Unit vectors u_r.
    strengths : array, shape (R,)
        gamma_r.

    Examples
    --------
    >>> emit_powers(np.eye(2), np.array([0.1, 0.2]))
    (CubicPhase(modes=(0,), gamma=0.1), CubicPhase(modes=(1,), gamma=0.2))
    """
    n = vectors.shape[1]
    modes = tuple(range(n))
    seen = np.concatenate([vectors, np.eye(n)])  # row r: F u_r; the last rows record F itself, as columns
    waiting = list(range(len(vectors)))
    out: list[Operation] = []
    while waiting:
        entries = (np.abs(seen[waiting]) > UNIT_VECTOR_FLOOR).sum(axis=1)
        r = waiting.pop(int(np.argmin(entries)))
        turns, place, sign = gather(seen, r, modes)
        out += [*turns, CubicPhase((place,), sign * float(strengths[r]))]
    frame = seen[len(vectors) :].T
    moved = tuple(int(m) for m in np.flatnonzero(np.abs(frame - np.eye(n)).max(axis=1) > UNIT_VECTOR_FLOOR))
    if moved:
        out.append(interferometer(moved, frame[np.ix_(moved, moved)].T))
    return tuple(out)


def emit_layers(rotations: list[Array], strengths: list[Array]) -> tuple[Operation, ...]:
    """Return layers ``exp(i sum_lj (gamma_lj / 3) ((O_l x)_j)^3 / hbar)`` with one interferometer between each two."""
    n = len(rotations[0])
    modes = tuple(range(n))
    out: list[Operation] = []
    frame = np.eye(n)
    for rotation, gammas in zip(rotations, strengths, strict=True):
        out.append(interferometer(modes, rotation @ frame.T))
        out += [CubicPhase((j,), float(gamma)) for j, gamma in enumerate(gammas) if gamma != 0.0]
        frame = rotation
    out.append(interferometer(modes, frame.T))
    return tuple(out)
