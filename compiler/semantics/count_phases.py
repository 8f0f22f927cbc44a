r"""Rotations of modes whose photons are counted: they change no count, so channels are compared up to them.

A rotation by phi multiplies ``a = x + i p`` of the mode by ``e^{i phi}``. Between two channels that are equal up to
such rotations, each number that is linear in one a (its mean, its share of an input, its covariance with a result)
turns by phi, and covariances of two modes turn by the sum of their angles (``a a'``) or by the difference
(``a a'*``). The largest of these numbers fix the angles; two roots of ``2 phi`` differ by a sign of the whole cluster
of modes, which then changes nothing. A wrong angle can only make equal channels look different, never the reverse.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from compiler.semantics.gaussian_channel import GaussianChannel
from compiler.typing import AnyArray, Array

FAINT = 1e-9
"""Size of a number, relative to the deviations that it connects, below which its phase is not used."""


def with_turned_counts(left: GaussianChannel, right: GaussianChannel) -> GaussianChannel:
    """Return the left channel with counted modes rotated to where they are in the right one, as far as possible."""
    if not left.counts:
        return left
    rows, mean = left.rows.copy(), left.mean.copy()
    at = [(left.names.index(f"x of {name}"), left.names.index(f"p of {name}")) for name in left.counts]
    for (x, p), turn in zip(at, _turns(left, right, at), strict=True):
        c, s = turn.real, turn.imag
        rows[x], rows[p] = left.rows[x] * c - left.rows[p] * s, left.rows[x] * s + left.rows[p] * c
        mean[x], mean[p] = c * left.mean[x] - s * left.mean[p], s * left.mean[x] + c * left.mean[p]
    return replace(left, rows=rows, mean=mean)


def _turns(left: GaussianChannel, right: GaussianChannel, at: list[tuple[int, int]]) -> list[Any]:
    """Return e^{i phi} for every count."""
    linear, sums, differences = (_overlap(a, b) for a, b in zip(_numbers(left, at), _numbers(right, at), strict=True))
    linear = linear.sum(axis=1)
    weights = [abs(part).astype(float) for part in (linear, sums, differences)]
    turns: list[Any] = [None] * len(at)
    while left_over := [mode for mode, turn in enumerate(turns) if turn is None]:
        cluster = _cluster(left_over, sums, differences, weights[1], weights[2])
        root = _root(cluster, linear, sums, differences, weights)
        for mode, (sign, turn) in cluster.items():
            turns[mode] = (root if sign > 0 else root.conjugate()) * turn
    return turns


def _numbers(channel: GaussianChannel, at: list[tuple[int, int]]) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Return what is linear in each a = x + i p, shape (counts, ..), and a a' and a a'*, in units of the deviations."""
    xs, ps = (list(places) for places in zip(*at, strict=True))
    a = channel.rows[xs] + 1j * channel.rows[ps]
    means = channel.mean[xs] + 1j * channel.mean[ps]
    others = [row for row in range(len(channel.names)) if row not in {*xs, *ps}]
    fixed = np.vstack([channel.input_rows, channel.rows[others]])
    size = (channel.rows**2).sum(axis=1).astype(float) ** 0.5
    own = np.maximum(size[xs], size[ps])[:, None]
    scale = np.concatenate([np.ones(channel.inputs), size[others]])
    linear = np.hstack([means[:, None] / own, (a @ fixed.T) / own / scale])
    conjugate = channel.rows[xs] - 1j * channel.rows[ps]
    return linear, (a @ a.T) / own / own.T, (a @ conjugate.T) / own / own.T


def _overlap(a: AnyArray, b: AnyArray) -> AnyArray:
    """Return conj(a) b, whose phases turn a into b."""
    made: AnyArray = np.frompyfunc(lambda z: z.conjugate(), 1, 1)(a) * b if a.dtype == object else a.conj() * b
    return made


def _phase(z: Any) -> Any:
    return z / abs(z)


def _cluster(
    left: list[int], sums: AnyArray, differences: AnyArray, by_sum: Array, by_difference: Array
) -> dict[int, tuple[int, Any]]:
    """Return modes that are connected to the first: angle = sign * angle of the first + that of a unit number."""
    found: dict[int, tuple[int, Any]] = {left.pop(0): (1, 1.0 + 0.0j)}
    while left:
        inside = list(found)
        strength = np.maximum(by_sum, by_difference)[np.ix_(inside, left)]
        i, j = (int(v) for v in np.unravel_index(int(np.argmax(strength)), strength.shape))
        if strength[i, j] <= FAINT**2:
            break
        k, mode = inside[i], left.pop(j)
        sign, turn = found[k]
        if by_sum[k, mode] >= by_difference[k, mode]:
            found[mode] = -sign, _phase(sums[k, mode]) * turn.conjugate()
        else:
            found[mode] = sign, turn * _phase(differences[k, mode]).conjugate()
    return found


def _root(
    cluster: dict[int, tuple[int, Any]], linear: AnyArray, sums: AnyArray, differences: AnyArray, weights: list[Array]
) -> Any:
    """Return e^{i phi} of the first mode of a cluster."""
    modes = list(cluster)
    signs = np.array([cluster[mode][0] for mode in modes])
    anchor = modes[int(np.argmax(weights[0][modes]))]
    if weights[0][anchor] > FAINT**2:
        sign, turn = cluster[anchor]
        root = _phase(linear[anchor]) * turn.conjugate()
        return root if sign > 0 else root.conjugate()
    alike = signs[:, None] == signs
    strength = np.where(alike, weights[1][np.ix_(modes, modes)], weights[2][np.ix_(modes, modes)])
    i, j = (int(v) for v in np.unravel_index(int(np.argmax(strength)), strength.shape))
    if strength[i, j] <= FAINT**2:
        return 1.0 + 0.0j
    (sign, ours), (_, theirs) = cluster[modes[i]], cluster[modes[j]]
    known = sums if alike[i, j] else differences
    double = _phase(known[modes[i], modes[j]]) * ours.conjugate()
    double = double * (theirs.conjugate() if alike[i, j] else theirs)
    return (double if sign > 0 else double.conjugate()) ** 0.5
