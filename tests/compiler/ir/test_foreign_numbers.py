"""Modes and parameters of other packages' types: numbers are taken, everything else is refused by its type."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

REALS = [np.float64(0.5), np.float32(0.5), np.float16(0.5), np.longdouble(0.5), np.array(0.5), Fraction(1, 2)]
INTEGERS = [np.int8(1), np.int64(1), np.uint16(1), True + 0]


@pytest.mark.parametrize("value", REALS, ids=lambda v: type(v).__name__)
def test_real_numbers_become_floats(value):
    for made in (ops.Squeeze((0,), value).r, ops.Homodyne((0,), value, "y").angle, ops.Shear((0,), value).s):
        assert type(made) is float and made == 0.5
    (coefficient,) = Polynomial.monomial((0,), value[()] if isinstance(value, np.ndarray) else value).terms.values()
    assert type(coefficient) is float and coefficient == 0.5


@pytest.mark.parametrize("value", INTEGERS, ids=lambda v: type(v).__name__)
def test_integers_become_modes_and_orders(value):
    made = ops.PhasePower((value,), value, value)
    assert (made.modes, made.order, made.strength) == ((1,), 1, 1.0)
    assert [type(v) for v in (*made.modes, made.order, made.strength)] == [int, int, float]
    assert Polynomial.monomial((value, 0)).terms == {((0, 1), (1, 1)): 1.0}
    circuit = Circuit(value + 1, [made], [value])
    assert (circuit.modes, circuit.ancillas, circuit.operations) == (2, (1,), (made,))


def test_an_index_array_is_a_tuple_of_modes():
    assert ops.BeamSplitter(np.arange(2), 0.3) == ops.BeamSplitter((0, 1), 0.3)
    assert ops.Interferometer(np.arange(2), np.eye(2)).matrix == ((1, 0), (0, 1))


@pytest.mark.parametrize(
    "value",
    [None, "0.3", 0.3j, np.complex64(0.3), True, Decimal("0.3"), [0.3], np.array([0.3]), np.array("0.3"), {}],
    ids=lambda v: type(v).__name__,
)
def test_other_types_are_refused_by_name(value):
    for make in (
        lambda: ops.Squeeze((0,), value),
        lambda: ops.PrepareSqueezed((0,), value),
        lambda: ops.Displacement((0,), 0.0, value),
        lambda: Polynomial.monomial((0,), value),
    ):
        with pytest.raises(CircuitError, match=r"real number.*of type \w+") as caught:
            make()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [float, np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_numbers_that_are_not_finite_are_refused_at_any_width(kind, text):
    for make in (lambda v: ops.Rotation((0,), v), lambda v: Polynomial.monomial((0,), v)):
        with pytest.raises(CircuitError, match="finite"):
            make(kind(text))


def test_integers_beyond_float64_are_refused():
    for make in (lambda v: ops.Rotation((0,), v), lambda v: Polynomial.monomial((0,), v)):
        with pytest.raises(CircuitError, match="finite"):
            make(10**400)


@pytest.mark.parametrize("mode", [0.0, np.float64(1.0), "0", None, True, 1j, -1, np.int64(-1)])
def test_what_is_no_mode_is_refused_by_type(mode):
    with pytest.raises(CircuitError, match=rf"found .*of type {type(mode).__name__}"):
        ops.Squeeze((mode,), 0.1)


def test_modes_without_a_tuple_are_refused():
    for modes in (0, None, "01"):
        with pytest.raises(CircuitError, match="a tuple of modes"):
            ops.Squeeze(modes, 0.1)


def test_a_parameter_that_must_be_a_number_is_no_polynomial():
    with pytest.raises(CircuitError, match="real number"):
        ops.PrepareSqueezed((0,), Polynomial.monomial(("m",)))


def test_orders_are_integers():
    with pytest.raises(CircuitError, match="order must be an integer"):
        ops.PhasePower((0,), 3.0, 0.1)
