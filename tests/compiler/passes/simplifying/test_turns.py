"""Whole and half turns are told by the digits that float64 has, against angles worked out in 60 digits."""

from math import pi, ulp

import mpmath
import numpy as np
import pytest

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.passes.simplifying.turns import LARGEST_REST_RAD, is_full_turn, is_half_turn, without_turns
from compiler.semantics.equivalence import DEFAULT_TOLERANCE, equivalent
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


def rest(angle: float, of: float = 2.0) -> float:
    """Distance of an angle from the nearest multiple of ``of`` pi, in 60 digits."""
    with mpmath.workdps(60):
        period = of * mpmath.pi
        return float(abs(mpmath.mpf(angle) - period * mpmath.nint(mpmath.mpf(angle) / period)))


def near_turns() -> list[float]:
    """Angles at and around multiples of pi / 2, by up to 9 units in the last place."""
    rng = np.random.default_rng(4)
    quarters = [int(k) for k in rng.integers(-300, 300, 600)]
    return [k * pi / 2 + int(rng.integers(-9, 10)) * ulp(k * pi / 2) for k in quarters if k]


def test_turns_are_those_that_60_digits_call_close():
    found = {True: 0, False: 0}
    for angle in near_turns():
        for period, told in ((2.0, is_full_turn(angle)), (1.0, is_full_turn(angle) or is_half_turn(angle))):
            off, bound = rest(angle, period), 4 * 2.0**-52 * abs(angle)
            if off <= 0.999 * min(bound, LARGEST_REST_RAD):
                assert told, angle
            if off > 1.001 * min(bound, LARGEST_REST_RAD):
                assert not told, angle
            found[told] += 1
    assert min(found.values()) > 100


@pytest.mark.parametrize("turns", [1, 2, 3, 10, 64, 100, 150])
def test_the_nearest_float_to_whole_turns_counts(turns):
    assert is_full_turn(turns * 2 * pi) and is_full_turn(2 * pi * turns) and is_full_turn(float(turns * 2 * mpmath.pi))
    assert is_half_turn(turns * 2 * pi + pi) and not is_full_turn(turns * 2 * pi + pi)
    assert without_turns(turns * 2 * pi + 0.25) == pytest.approx(0.25, abs=ulp(turns * 2 * pi))


@pytest.mark.parametrize("parts", [2, 3, 5, 7, 12, 20])
def test_sums_of_equal_parts_of_a_turn_count(parts):
    """Up to 20 terms, each sum rounded: at most 20 half units of 8.9e-16, and 4 roundings of 2 pi are 5.6e-15."""
    total = 0.0
    for _ in range(parts):
        total += 2 * pi / parts
    assert is_full_turn(total)


def test_what_is_dropped_is_far_below_what_the_checker_sees():
    """The worst accepted rest, 1e-13 rad, is 1 % of the checker's tolerance, and the checker agrees."""
    assert LARGEST_REST_RAD <= 0.0101 * DEFAULT_TOLERANCE
    for angle in (angle for angle in near_turns() if is_full_turn(angle)):
        assert rest(angle) <= LARGEST_REST_RAD
        circuit = Circuit(2, (ops.Rotation((0,), angle), ops.BeamSplitter((0, 1), angle, 0.7)))
        found = DropTrivial()(circuit, IDEAL).circuit
        assert found.operations == () and equivalent(circuit, found).equivalent
