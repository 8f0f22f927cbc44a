"""Thresholds of squeezing and loss, and shots: known values, and that S is at the bound there."""

from math import inf

import numpy as np
import pytest

from qumode_khrnn.witness.law import BOUND, decibels, readout_means, value_at
from qumode_khrnn.witness.thresholds import greatest_loss, least_squeezing, root, shots_needed
from qumode_khrnn.witness.triangle import Triangle


def test_thresholds_of_the_design():
    least = least_squeezing(1.0, 0.0)
    assert least == pytest.approx(0.58290, abs=6e-6) and decibels(least) == pytest.approx(5.06, abs=6e-3)
    found = [100 * greatest_loss(1.0, r) for r in (1.0, 1.5, inf)]
    assert found == pytest.approx((4.9, 7.2, 8.4), abs=0.06)


@pytest.mark.parametrize("w", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("loss", [0.0, 0.01])
def test_s_is_at_the_bound_at_a_threshold(w, loss):
    r = least_squeezing(w, loss)
    assert value_at(w, r, loss) == pytest.approx(BOUND, abs=1e-12)
    assert value_at(w, r + 1e-3, loss) > BOUND > value_at(w, r - 1e-3, loss)
    most = greatest_loss(w, r + 0.2)
    assert loss < most and value_at(w, r + 0.2, most) == pytest.approx(BOUND, abs=1e-12)


def test_where_there_is_no_threshold():
    assert least_squeezing(1.0, 0.09) is None  # above the greatest loss at infinite squeezing
    assert str(least_squeezing(10.0, 0.0)) == "0.0" and value_at(10.0, 0.0, 0.0) > BOUND
    assert greatest_loss(1.0, 0.5) is None and value_at(1.0, 0.5, 0.0) < BOUND
    assert shots_needed((0.7,) * 4, 2.8) is None


def test_shots_give_three_standard_errors():
    """Of 4000 experiments of 27 shots per context the spread of S is a third of its margin, to 5 % (4.5 sigma)."""
    means = readout_means(Triangle())
    margin = value_at(1.0, 1.0, 0.0) - BOUND
    assert shots_needed(means, BOUND + margin) == 27
    rng = np.random.default_rng(3)
    plus = rng.binomial(27, [[0.5 * (1 + m) for m in means]] * 4000)
    spread = (2 * plus / 27 - 1).sum(axis=1).std()
    assert spread == pytest.approx(margin / 3, rel=0.05)
    assert shots_needed((1.0,) * 4, 4.0) == 1


def test_bisection():
    assert root(lambda x: 1.0 - x**3, 0.0, 10.0) == pytest.approx(1.0, abs=1e-15)
    assert root(lambda x: x - 2.0, 0.0, 10.0, 1e-3) == pytest.approx(2.0, rel=1e-3)
