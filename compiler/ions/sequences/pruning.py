"""Fewer pulses from more: leave one out, fit the rest again, and keep the best.

A sequence with pulses to spare is a far better start than any shorter one found from scratch: for the cubic term of a
3-edge it comes down from 14 equal pulses to 8 of its own. Leaving a rotation out joins its two neighbours;
leaving a displacement out drops the smaller rotation beside it as well.
"""

from __future__ import annotations

import numpy as np

from compiler.ions.sequences.fit import Target, brief, largest_error, level
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.sequence import SpinSequence

SHORTLIST = 3
"""Brief fits for every full one."""


def one_fewer(phase: LinePhase, sequence: SpinSequence, enough: float, width: int) -> tuple[float, SpinSequence]:
    """Return the best sequence found with one pulse fewer, on ``|s| <= 1``, and its largest error at the nodes.

    All candidates are ranked by their error as they are, the ``3 width`` best of them again after a brief fit, and the
    ``width`` best of those are fitted in full; the first whose error is at most ``enough`` is taken.
    """
    target = Target.of(phase, sequence.pulses - 1, False)
    starts = sorted((target.unknowns(v) for v in _left_out(sequence)), key=lambda x: largest_error(target, x))
    ranked = sorted((brief(target, x) for x in starts[: SHORTLIST * width]), key=lambda v: v[0])
    best, unknowns = ranked[0]
    for _, start in ranked[:width]:
        error, x = level(target, start)
        if error < best:
            best, unknowns = error, x
        if best <= enough:
            break
    return best, target.sequence(unknowns)


def _left_out(sequence: SpinSequence) -> list[SpinSequence]:
    """Return all sequences with one displacement fewer."""
    polar, azimuth, areas = sequence.polar, sequence.azimuth, sequence.areas
    out = []
    for j in range(1, sequence.pulses):  # without rotation j: the areas beside it add up
        joined = (*areas[: j - 1], areas[j - 1] + areas[j], *areas[j + 1 :])
        out.append((j, joined))
    for j in range(sequence.pulses):  # without displacement j, which lies between rotations j and j + 1
        smaller = min((j, j + 1), key=lambda k: abs(np.sin(0.5 * polar[k])))
        out.append((smaller, (*areas[:j], *areas[j + 1 :])))
    return [
        SpinSequence(
            (*polar[:k], *polar[k + 1 :]), (*azimuth[:k], *azimuth[k + 1 :]), left, sequence.kick, sequence.offset
        )
        for k, left in out
    ]
