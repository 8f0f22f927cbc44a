"""Arithmetic of readers: the values of Python and NumPy where they are finite, polynomials, and bounds on the work."""

import numpy as np
import pytest

from compiler.errors import CircuitError
from compiler.imports.reading.arithmetic import (
    FUNCTIONS,
    FUNCTIONS_OF_TWO,
    OPERATORS,
    Budget,
    binary,
    checked,
    function,
    negative,
    whole,
)
from compiler.ir.polynomial import Polynomial

X, A = Polynomial.monomial((3,)), Polynomial.monomial(("a",))


@pytest.mark.parametrize("symbol", sorted(set(OPERATORS) - {"@"}))
def test_operators_of_numbers_and_arrays_are_those_of_python(symbol):
    numbers = (7, -2, 0.75, 3)
    for left in numbers:
        for right in numbers:
            wanted = OPERATORS[symbol](left, right)
            found = binary(Budget(), symbol, left, right)
            assert found == wanted and type(found) is type(wanted)
            array = binary(Budget(), symbol, np.array([float(abs(left)), 2.0]), right)
            np.testing.assert_array_equal(array, OPERATORS[symbol](np.array([float(abs(left)), 2.0]), right))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_those_of_numpy(name):
    point = 1.5 if name == "arccosh" else 0.375
    assert function(Budget(), name, point) == pytest.approx(FUNCTIONS[name](point), rel=1e-15)
    np.testing.assert_array_equal(function(Budget(), name, np.array([point])), FUNCTIONS[name](np.array([point])))
    assert function(Budget(), name, Polynomial.constant(point)) == function(Budget(), name, point)
    with pytest.raises(CircuitError, match="of a free parameter is not a polynomial"):
        function(Budget(), name, A)


def test_names_of_operators():
    assert {binary(Budget(), symbol, 7, 2) for name, symbol in FUNCTIONS_OF_TWO.items() if name != "matmul"} == {
        getattr(np, name)(7, 2).item() for name in FUNCTIONS_OF_TWO if name != "matmul"
    }
    with pytest.raises(CircuitError, match="@ needs two arrays"):
        binary(Budget(), "@", 7, 2)
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(binary(Budget(), "@", matrix, matrix), matrix @ matrix)


def test_polynomials():
    made = binary(Budget(), "*", binary(Budget(), "+", X, 2), binary(Budget(), "-", A, X))
    assert made.terms == {((3, 1), ("a", 1)): 1.0, ((3, 2),): -1.0, (("a", 1),): 2.0, ((3, 1),): -2.0}
    assert binary(Budget(), "/", X, 3).terms == {((3, 1),): 1 / 3}
    assert binary(Budget(), "**", negative(X), 3).terms == {((3, 3),): -1.0}
    assert binary(Budget(), "**", X, 2.0).terms == {((3, 2),): 1.0}
    assert binary(Budget(), "**", X, 0) == Polynomial.constant(1.0)
    for symbol, left, right, reason in (
        ("/", 1, X, "a quotient by a readout"),
        ("/", X, 0, "a division by zero"),
        ("/", X, 0.0, "a division by zero"),
        ("**", X, -1, "exponent in 0..64"),
        ("**", X, 65, "exponent in 0..64"),
        ("**", X, A, "exponent in 0..64"),
        ("**", 2, X, "exponent in 0..64"),
        ("%", X, 2, "% of readouts is not a polynomial"),
        ("*", X, 1j, "real numbers"),
        ("*", X, True, "real numbers"),
        ("+", X, np.ones(2), "real numbers"),
    ):
        with pytest.raises(CircuitError, match=reason):
            binary(Budget(), symbol, left, right)


def test_what_is_not_finite_or_no_number_is_refused():
    for symbol, left, right in (
        ("/", 1, 0),
        ("//", 1.0, 0),
        ("%", 1, 0),
        ("**", 0.0, -1),
        ("**", 10.0, 400),
        ("*", 1e200, 1e200),
        ("*", 10**200, 10**200),
        ("**", 9, 9**9),
        ("/", np.ones(2), np.zeros(2)),
        ("**", np.array([2]), -1),
        ("+", np.ones(2), np.ones(3)),
        ("+", "a", "b"),
        ("+", None, 1),
        ("+", True, 1),
        ("+", [1], 1),
        ("%", 1j, 2),
    ):
        with pytest.raises(CircuitError):
            binary(Budget(), symbol, left, right)
    for value in (
        float("nan"),
        float("inf"),
        complex(0, float("inf")),
        10**400,
        np.array([np.nan]),
        np.array(["a"]),
        "a",
    ):
        with pytest.raises(CircuitError):
            checked(value)
    assert checked(np.float32(0.5)) == 0.5 and type(checked(np.int64(3))) is int
    assert [whole(v) for v in (3, 3.0, 0, -1, 0.5, 1j, "3", True, None)] == [
        3,
        3,
        0,
        None,
        None,
        None,
        None,
        None,
        None,
    ]


def test_work_is_counted():
    budget = Budget(steps=100, elements=1000)
    binary(budget, "+", np.ones(600), 1)
    with pytest.raises(CircuitError, match="arrays together may have at most"):
        binary(budget, "+", np.ones(600), 1)
    with pytest.raises(CircuitError, match="arrays together may have at most"):
        binary(Budget(elements=1000), "+", np.ones((1, 100)), np.ones((100, 1)))
    with pytest.raises(CircuitError, match="arrays together may have at most"):
        binary(Budget(elements=1000), "@", np.ones((100, 1)), np.ones((1, 100)))
    with pytest.raises(CircuitError, match="a program may take at most"):
        binary(Budget(steps=100), "@", np.ones((100, 100)), np.ones((100, 100)))
    long = binary(Budget(), "**", binary(Budget(), "+", X, A), 10)
    with pytest.raises(CircuitError, match="a program may take at most"):
        binary(Budget(steps=100), "*", long, long)
    with pytest.raises(CircuitError, match="products of terms"):
        wide = Polynomial({((mode, 1),): 1.0 for mode in range(200)})
        binary(Budget(), "*", wide, wide)
    with pytest.raises(CircuitError, match="an integer that is too large"):
        binary(Budget(), "*", np.array([2**40]), 2**40)
