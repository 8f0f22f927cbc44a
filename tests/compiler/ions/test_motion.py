"""Heating, dephasing and spin flips follow the time of a program."""

from math import exp

import pytest

from compiler.errors import InputError
from compiler.ions import MotionRates, motion_noise
from compiler.ir import operations as ops


def test_heating_and_dephasing_with_time():
    noise = motion_noise(2e-3, MotionRates(30.0, 0.05, 0.4))
    # quanta (dx^2 + dp^2) / 4 = rate * time; coherence of a random rotation E e^{i theta} = e^{-variance / 2}
    assert 2 * noise.added_variance / 4 == pytest.approx(30.0 * 2e-3)
    assert exp(-noise.dephasing_variance / 2) == pytest.approx(exp(-2e-3 / 0.05))
    assert 1 - 2 * noise.spin_flip == pytest.approx(exp(-2e-3 / 0.4))
    assert noise.operations(3) == (
        ops.DisplacementNoise((3,), noise.added_variance, noise.added_variance),
        ops.Dephasing((3,), noise.dephasing_variance),
    )
    assert motion_noise(1.0, MotionRates()).operations(0) == ()
    with pytest.raises(InputError, match="heating"):
        MotionRates(-1.0)
