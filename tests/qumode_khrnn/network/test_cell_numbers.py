"""Cells and networks take numbers of other packages, and refuse every other type in one line."""

import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn.network.cell import Network, Readout, Shift


def test_numbers_of_other_packages_are_taken():
    assert Shift(np.int64(1), np.float32(0.5)) == Shift(1, 0.5)
    assert Readout("x", np.int8(2)) == Readout("x", 2)
    made = Network(np.int64(3), np.float32(1.0), np.int16(1))
    assert made == Network(3, 1.0, 1.0)
    assert [type(v) for v in (made.modes, made.squeezing_latent)] == [int, float]


@pytest.mark.parametrize("value", [None, "1", 1j, True, np.float32("nan"), [1]], ids=repr)
def test_other_types_are_refused(value):
    makes = [lambda: Shift(0, value), lambda: Shift(value, 0.1), lambda: Readout("x", value)]
    makes += [lambda: Network(value, 1.0, 1.0), lambda: Network(2, value, 1.0)]
    for make in makes:
        with pytest.raises(InputError) as caught:
            make()
        assert "\n" not in str(caught.value)


def test_modes_and_quadratures_have_a_range():
    for make in (
        lambda: Shift(-1, 0.1),
        lambda: Readout("x", -1),
        lambda: Readout("q", 0),
        lambda: Network(0, 1.0, 1.0),
    ):
        with pytest.raises(InputError, match="found"):
            make()
