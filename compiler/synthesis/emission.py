r"""From powers of linear forms to operations: a running frame of real beamsplitters, undone once at the end.

Mode j holds ``(F x)_j`` for an orthogonal frame F. To apply a power of ``u . x`` the entries of ``F u`` are rotated
onto one mode, pairwise, in ``ceil(log2(entries))`` layers; the frame is not undone before the next power, and the next
power is the one with the fewest entries in the present frame.
"""

from __future__ import annotations

from math import atan2, cos, sin

import numpy as np

from compiler.operations import BeamSplitter, CubicPhase, Interferometer, Operation
from compiler.synthesis.form import Array

ZERO = 1e-14
"""Entries of unit vectors below this are rounding."""


def interferometer(modes: tuple[int, ...], matrix: Array) -> Interferometer:
    """The real interferometer ``x -> matrix x``."""
    return Interferometer(modes, tuple(tuple(complex(v) for v in row) for row in matrix))


def emit_powers(vectors: Array, strengths: Array) -> tuple[Operation, ...]:
    """Operations of ``exp(i sum_r (gamma_r / 3) (u_r . x)^3 / hbar)``.

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
    seen = vectors.copy()  # row r: F u_r
    frame = np.eye(n)
    waiting = list(range(len(vectors)))
    out: list[Operation] = []
    while waiting:
        entries = (np.abs(seen[waiting]) > ZERO).sum(axis=1)
        r = waiting.pop(int(np.argmin(entries)))
        support = [int(m) for m in np.flatnonzero(np.abs(seen[r]) > ZERO)]
        while len(support) > 1:
            for a, b in zip(support[::2], support[1::2], strict=False):
                theta = atan2(-seen[r, b], seen[r, a])
                out.append(BeamSplitter((a, b), theta))
                turn = np.array([[cos(theta), -sin(theta)], [sin(theta), cos(theta)]])
                seen[:, [a, b]] = seen[:, [a, b]] @ turn.T
                frame[[a, b]] = turn @ frame[[a, b]]
            support = support[::2]
        sign = 1.0 if seen[r, support[0]] > 0.0 else -1.0
        out.append(CubicPhase((support[0],), sign * float(strengths[r])))
    modes = tuple(int(m) for m in np.flatnonzero(np.abs(frame - np.eye(n)).max(axis=1) > ZERO))
    if modes:
        out.append(interferometer(modes, frame[np.ix_(modes, modes)].T))
    return tuple(out)


def emit_layers(rotations: list[Array], strengths: list[Array]) -> tuple[Operation, ...]:
    """Operations of ``exp(i sum_l sum_j (gamma_lj / 3) ((O_l x)_j)^3 / hbar)``: between layers one interferometer."""
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
