"""Powers of a position are the polynomial phases that they are defined as."""

import numpy as np
import pytest
from slow_reference import mp_push, truly_equal

from compiler.decompositions.powers import cubic_state_gates, power_as_polynomial
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


@pytest.mark.parametrize("order", range(1, 13))
def test_a_power_is_its_polynomial(order):
    """Against the reference of 60 digits, which has a rule of its own for either."""
    power = ops.PhasePower((1,), order, 0.37)
    found = power_as_polynomial(power)
    assert truly_equal(Circuit(2, (power,)), Circuit(2, (found,)))
    assert found.polynomial.terms == {((1, order),): pytest.approx(0.37 / order, rel=1e-15)}


def test_results_and_symbols_stay_in_the_strength():
    strength = Polynomial.monomial(("m", "m"), 0.3) + Polynomial.monomial(("w",), -0.2) + Polynomial.constant(0.6)
    found = power_as_polynomial(ops.PhasePower((0,), 3, strength))
    wanted = {(((0, 3), ("m", 2))): 0.1, (((0, 3), ("w", 1))): -0.2 / 3, ((0, 3),): 0.2}
    assert {key: pytest.approx(c, rel=1e-15) for key, c in wanted.items()} == dict(found.polynomial.terms)


def test_a_power_without_strength_has_no_phase():
    assert power_as_polynomial(ops.PhasePower((0,), 3, 0.0)).polynomial == Polynomial()


@pytest.mark.parametrize("r", [0.0, 0.7])
def test_a_cubic_state_is_a_squeezed_vacuum_behind_a_cubic_gate(r):
    """The reference prepares squeezed modes at a random point (x, p), and the definition makes (x, p + gamma x^2)."""
    prepared, gate = cubic_state_gates(ops.PrepareCubic((0,), 0.4, r))
    assert prepared == ops.PrepareSqueezed((0,), 0.0 - r) and np.copysign(1.0, prepared.r) == (-1.0 if r else 1.0)
    before, after = (mp_push(Circuit(1, made), 3) for made in ((prepared,), (prepared, gate)))
    assert after["x0"] == before["x0"]
    assert float(after["p0"] - before["p0"]) == pytest.approx(0.4 * float(before["x0"]) ** 2, rel=1e-15)
