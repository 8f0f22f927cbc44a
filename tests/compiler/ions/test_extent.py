"""Extents of positions follow the state."""

from math import erfc, exp, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ions import GaussianExtent, Interval, LinePhase, SpinSequence, certify, state_distance


def test_extents_follow_the_state():
    extent = GaussianExtent((2.0, 0.5), 2.5, (0.3, -0.4))
    u = (0.6, -0.8)
    reach = extent.along((0, 1), u)
    assert reach == pytest.approx(0.18 + 0.32 + 2.5 * sqrt(0.36 * 2.0 + 0.64 * 0.5))
    draws = np.random.default_rng(3).normal([0.3, -0.4], np.sqrt([2.0, 0.5]), size=(200_000, 2)) @ u
    # the mean is off centre, so one side only: half of the stated mass; five deviations: 6e-7 false failures
    share, half = float(np.mean(np.abs(draws) > reach)), 0.5 * extent.tail
    assert abs(share - half) < 5 * sqrt(half / 200_000)
    assert GaussianExtent.squeezed(4, 0.7, 3.0).along((1, 3), (0.6, 0.8)) == pytest.approx(3.0 * exp(0.7))
    with pytest.raises(InputError, match="mode 2 has no variance"):
        extent.along((2,), (1.0,))
    with pytest.raises(InputError, match="positive"):
        Interval(0.0)


@pytest.mark.parametrize(("error", "deviations"), [(0.0, 3.0), (8e-3, 3.0), (0.3, 1.0), (1e-3, 5.0)])
def test_the_state_distance_holds_for_the_worst_pulses(error, deviations):
    """The worst pulses: with V = 1, U turns by an angle of chord ``error`` inside t deviations, and is -1 outside."""
    step = 1e-5
    x = (np.arange(-1_200_000, 1_200_000) + 0.5) * step  # midpoints of cells, whose ends are where U turns
    density = np.exp(-0.5 * x**2) / sqrt(2.0 * np.pi)
    inside = np.abs(x) <= deviations
    turned = np.where(inside, np.exp(2j * np.arcsin(0.5 * error)), -1.0)
    distance = sqrt(np.sum(np.abs(turned - 1.0) ** 2 * density) * step)
    outside = erfc(deviations / sqrt(2.0))
    bound = state_distance(error, outside)
    assert distance <= bound * (1.0 + 1e-9) and bound <= error + 2.0 * sqrt(outside)  # the triangle inequality
    assert bound**2 - distance**2 == pytest.approx(
        error**2 * outside, abs=1e-9
    )  # it gives all of the state the error e


@pytest.mark.parametrize(("slope", "deviations"), [(0.02, 3.0), (0.5, 3.0), (0.02, 6.0)])
def test_the_state_distance_of_no_pulses_at_all(slope, deviations):
    """``exp(i slope x)`` left out on a normal position of variance v: the distance is 2 - 2 exp(-slope^2 v / 2)."""
    variance = exp(1.0)
    certified = certify(SpinSequence((0.0,), (0.0,), ()), LinePhase((0.0, slope)), deviations * sqrt(variance))
    bound = state_distance(certified.sup_norm, erfc(deviations / sqrt(2.0)))
    assert sqrt(2.0 - 2.0 * exp(-0.5 * slope**2 * variance)) <= bound


def test_state_distances_are_at_most_two_and_of_no_negative_numbers():
    assert state_distance(0.1, 1.0) == 2.0 and state_distance(0.1, 0.0) == pytest.approx(0.1)
    for numbers in ((-0.1, 0.0), (0.1, -0.1), (float("nan"), 0.0)):
        with pytest.raises(InputError, match="must not be negative"):
            state_distance(*numbers)
