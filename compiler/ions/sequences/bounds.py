r"""A lower bound on the number of pulses of equal area that a phase takes, without a search.

A sequence of D pulses of area theta on a kick k has the amplitude
``P(t) = e^{i k t} sum_j c_j e^{i (2 j - D) theta t}``
with ``|P| <= 1`` for all real t. If it is within e of ``e^{i f(t)}`` on ``|t| <= 1``, then ``|arg P - f| <= asin(e)``
and ``|P| >= 1 - e`` there, and two things follow.

1. Bernstein's inequality, ``|(P e^{-i k t})'| <= D theta``, bounds how fast the phase turns: over a window of width w
   f changes by at most ``(k + D theta / (1 - e)) w + 2 asin(e)``, and by at least ``(k - D theta / (1 - e)) w -
   2 asin(e)``. Windows of the largest and of the smallest mean slope eliminate k.
2. ``P(t + T)`` is ``P(t)`` times a constant for the period ``T = pi / theta`` and its multiples, so
   ``f(t + T) - f(t)`` varies by at most ``4 asin(e)`` where both points lie in the interval. That excludes large areas.

Sequences with free areas have no period: only the sum of their areas is bounded, by the first.
"""

from __future__ import annotations

from math import asin, ceil, inf, pi

import numpy as np

from compiler.ions.sequences.phases import LinePhase

WINDOWS = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Widths over which mean slopes are compared; each gives a bound, and the largest counts."""

PERIODS = 0.5, 2.0, 1501
"""Smallest and largest period that is tried, and the number of periods. Each shorter one has a multiple in the first
third, up to twice the smallest: where no period there is possible, no shorter one is."""

POINTS = 201


def fewest_pulses(phase: LinePhase, error: float) -> int:
    """Return a lower bound on the equal pulses of a sequence for a phase on ``|t| <= 1``; 0 if nothing is known.

    Parameters
    ----------
    phase : LinePhase
    error : float
        Largest sup-norm error.

    Examples
    --------
    >>> fewest_pulses(LinePhase.power(3, 300.0), 1e-2), fewest_pulses(LinePhase.power(3, 0.01), 1e-2)
    (265, 0)
    """
    if error >= 1.0:
        return 0
    return max(0, ceil(_least_total_area(phase, error) / _largest_area(phase, error)))


def _least_total_area(phase: LinePhase, error: float) -> float:
    """Return a lower bound on ``D theta``."""
    found = 0.0
    for width in WINDOWS:
        starts = np.linspace(-1.0, 1.0 - width, POINTS)
        slopes = (phase.value(starts + width) - phase.value(starts)) / width
        found = max(found, (1.0 - error) * (0.5 * float(np.ptp(slopes)) - 2.0 * asin(error) / width))
    return found


def _largest_area(phase: LinePhase, error: float) -> float:
    """Return an upper bound on theta; infinite if nothing excludes large areas."""
    low, high, count = PERIODS
    periods = np.linspace(low, high, count)
    starts = np.linspace(-1.0, 1.0 - periods, POINTS)  # (points, periods)
    varied = np.ptp(phase.value(starts + periods) - phase.value(starts), axis=0)
    # between the periods that are looked at, the range of t and both ends of the step move by one step at most
    step = (high - low) / (count - 1)
    possible = periods[varied <= 4.0 * asin(error) + 4.0 * step * phase.slope_bound(1.0)]
    shortest = float(possible.min(initial=high)) - step
    return pi / shortest if shortest > 2.0 * low else inf
