r"""Displacement readouts in Gaussian channels: exponents as outputs, and what displacements do as inputs.

The exponent Q of each displacement that is read is a row of its own, and each displacement has a column that says how
far it moves every quadrature and every later exponent: the commutators with Q. Means, shares of the inputs, these
columns and the covariance of the noise (with that of the outputs) fix what a circuit does for every outcome, because
the expectation value of ``D^{1/2 ..} W D^{1/2 ..}`` for a later displacement W is the exponential of them. So circuits
with equal rows are equal. They are compared up to the sign of each Q, whole turns, and the order of readouts that
commute (`compiler.semantics.readouts.exponents`). A sign that is guessed wrong can only make equal channels look
different.

The converse does not hold, as a readout may show noise that nothing else sees. Circuits are shown to differ where the
probability of a single outcome, the others unread, depends on the input in another way.
"""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Any

import numpy as np

from compiler.semantics.gaussian_channel import GaussianChannel
from compiler.semantics.readouts.exponents import EXPONENT
from compiler.typing import Array

FAINT = 1e-18
"""Products of entries below this say nothing of a sign."""

VISIBLE = 1e-6
"""Difference of a probability's coefficients from which it is no rounding."""


def with_matched_readouts(left: GaussianChannel, right: GaussianChannel) -> tuple[GaussianChannel, GaussianChannel]:
    """Return both channels, the left one with the right one's order of readouts and signs of exponents.

    Means of exponents are given without whole turns in both, so that large ones hide no difference.
    """
    names = [name for name in left.reads if EXPONENT + name in left.names and name in right.reads]
    if not names:
        return left, right
    rows, mean, others = left.rows.copy(), left.mean.copy(), right.mean.copy()
    made = replace(left, rows=rows, mean=mean)
    at = {name: left.names.index(EXPONENT + name) for name in names}
    kick = {name: left.kicks[name] for name in names}
    full = 2 * left.pi
    place = {name: index for index, name in enumerate(right.reads)}
    for i, first in enumerate(names if list(left.reads) != list(right.reads) else ()):
        for second in names[i + 1 :]:
            if place[second] < place[first]:
                moved = full * float(np.rint(float(rows[at[second], kick[first]]) / (2 * pi)))
                rows[at[second], kick[first]] -= moved
                rows[at[first], kick[second]] -= moved
                mean[at[first]] -= moved / 2
                mean[at[second]] -= moved / 2
    for name, sign in _signs(made, right, names).items():
        if sign < 0:
            rows[at[name]] = -rows[at[name]]
            mean[at[name]] = -mean[at[name]]
            rows[:, kick[name]] = -rows[:, kick[name]]
    for row in at.values():
        others[row] -= full * _turns(others[row])
        mean[row] -= full * _turns(mean[row] - others[row])
    return made, replace(right, mean=others)


def _turns(angle: Any) -> float:
    """Return the whole number of turns nearest to an angle."""
    turns = float(angle) / (2 * pi)
    return float(np.rint(turns)) if np.isfinite(turns) else 0.0


def _signs(left: GaussianChannel, right: GaussianChannel, names: list[str]) -> dict[str, int]:
    """Return the sign of each exponent on the left that makes it the one on the right.

    Products of what stands in both channels have that sign: shares of inputs, what the displacement moves, covariances.
    What connects two exponents has the product of their signs.
    """
    rows = [left.names.index(EXPONENT + name) for name in names]
    others = [row for row in range(len(left.names)) if row not in set(rows)]
    kicks = [left.kicks[name] for name in names]
    inputs = left.inputs - len(left.kicks)
    ours, theirs = (side.rows.astype(float) for side in (left, right))
    products = (ours[rows] @ ours.T) * (theirs[rows] @ theirs.T)  # (exponents, outputs)
    score = (ours[rows, :inputs] * theirs[rows, :inputs]).sum(axis=1) + products[:, others].sum(axis=1)
    score += (ours[others][:, kicks] * theirs[others][:, kicks]).sum(axis=0)
    moved = ours[rows][:, kicks] * theirs[rows][:, kicks]  # (exponents, displacements)
    joint = products[:, rows] + moved + moved.T
    signs: dict[str, int] = {}
    waiting = list(range(len(names)))
    while waiting:
        found = score
        if not max(abs(score[waiting])) > FAINT:  # only means tell, if anything does
            found = np.array([_misfit(left, right, row, -1) - _misfit(left, right, row, 1) for row in rows])
        best = max(waiting, key=lambda i: abs(found[i]))
        signs[names[best]] = 1 if found[best] >= 0 else -1
        score = score + signs[names[best]] * joint[best]
        waiting.remove(best)
    return signs


def _misfit(left: GaussianChannel, right: GaussianChannel, row: int, sign: int) -> float:
    """Return how far the mean of an exponent is from that on the right, without whole turns."""
    off = sign * float(left.mean[row]) - float(right.mean[row])
    return float(abs(np.remainder(off + pi, 2 * pi) - pi))


def seen_in_probabilities(left: GaussianChannel, right: GaussianChannel) -> str:
    """Return a result whose probability depends differently on the input in the two channels; empty if none is found.

    With the other outcomes unread, ``P(s) = (1 + s Re(c <W>)) / 2`` with a displacement W of the input, which is the
    input's share of Q, and ``c = exp(i mean - variance / 2) prod cos(moved / 2)``: the noise of Q, and how far the
    displacements that were read before move it.
    """
    for name in left.reads:
        if EXPONENT + name in left.names and name in right.reads:
            one, other = (_effect(side, name) for side in (left, right))
            if not (_same(one, other) or _same(one, (-other[0], other[1].conjugate()))):
                return name
    return ""


def _effect(channel: GaussianChannel, name: str) -> tuple[Array, complex]:
    """Return the input's share of an exponent, and the factor c."""
    row = channel.names.index(EXPONENT + name)
    values = channel.rows[row].astype(float)
    inputs = channel.inputs - len(channel.kicks)
    noise = values[channel.inputs :]
    variance = float(noise @ noise) - 1.0  # without the variable of its own
    damping = float(np.prod(np.cos(values[inputs : channel.inputs] / 2)))
    angle = float(channel.mean[row] % (2 * channel.pi))
    return values[:inputs], complex(damping * np.exp(1j * angle - variance / 2))


def _same(one: tuple[Array, complex], other: tuple[Array, complex]) -> bool:
    """Return whether two terms of a probability are not visibly different."""
    if max(abs(one[1]), abs(other[1])) < VISIBLE:
        return True
    size = max(1.0, float(np.abs(one[0]).max(initial=0.0)))
    if np.abs(one[0]).max(initial=0.0) < VISIBLE > np.abs(other[0]).max(initial=0.0):
        return bool(abs((one[1] - other[1]).real) < VISIBLE)
    return bool(abs(one[1] - other[1]) < VISIBLE and np.abs(one[0] - other[0]).max(initial=0.0) < VISIBLE * size)
