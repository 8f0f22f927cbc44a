"""Extents of positions follow the state."""

from math import exp, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ions import GaussianExtent, Interval


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
