"""Expressions of OpenQASM agree with Python's arithmetic on random trees, and with evaluation after the fact."""

import math

import numpy as np
import pytest

from compiler.errors import CircuitError
from compiler.imports.openqasm.expressions import Arithmetic, checked, number, whole
from compiler.ir.polynomial import Polynomial


def arithmetic(values):
    return Arithmetic(lambda node: values[node.name], lambda node: 0.0)


def parsed(text):
    import openqasm3

    (statement,) = openqasm3.parse(f"OPENQASM 3.0; float x = {text};").statements
    return statement.init_expression


def tree(rng, depth):
    """A random expression, and the function of a, b, c that it is."""
    if depth == 0 or rng.random() < 0.2:
        name = "abc"[int(rng.integers(3))]
        if rng.random() < 0.5:
            return name, lambda v: v[name]
        value = round(float(rng.uniform(0.1, 2.0)), 3)
        return repr(value), lambda v: value
    kind = int(rng.integers(6))
    left, f = tree(rng, depth - 1)
    if kind == 0:
        return f"(-{left})", lambda v: -f(v)
    if kind == 1:
        return f"({left}) ** 2", lambda v: f(v) ** 2
    if kind == 2:
        return f"({left}) / 4", lambda v: f(v) / 4
    right, g = tree(rng, depth - 1)
    op = "+-*"[kind - 3]
    return f"({left} {op} {right})", lambda v: {"+": f(v) + g(v), "-": f(v) - g(v), "*": f(v) * g(v)}[op]


@pytest.mark.parametrize("seed", range(30))
def test_random_expressions_are_those_of_python(seed):
    rng = np.random.default_rng(seed)
    text, function = tree(rng, 4)
    point = dict(zip("abc", (float(v) for v in rng.uniform(-1, 1, 3)), strict=True))
    node = parsed(text)
    assert arithmetic(point).evaluate(node) == pytest.approx(function(point), rel=1e-12, abs=1e-12)
    # the same with results in place of numbers: a polynomial that has the value at the point
    found = arithmetic({name: Polynomial.monomial((name,)) for name in "abc"}).evaluate(node)
    value = found.evaluate(point) if isinstance(found, Polynomial) else found
    assert value == pytest.approx(function(point), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 % 3", 1),
        ("-7 % 3", -1),  # the sign of the first, as in C
        ("mod(-7, 3)", -1.0),
        ("6 / 3", 2),
        ("7.0 / 2", 3.5),
        ("2 ** -1", 0.5),
        ("2 ** 62", 2**62),
        ("floor(-0.5)", -1),
        ("ceiling(0.5)", 1),
        ("arcsin(1) + arccos(0)", math.pi),
        ("euler", math.e),
    ],
)
def test_single_operators(text, value):
    found = arithmetic({}).evaluate(parsed(text))
    assert found == pytest.approx(value, rel=1e-15) and type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("2 ** 63", "1 % 0", "1.0 / 0", "(-8) ** 0.5", "sqrt(1, 2)", "log(0)", "!1", "1 < 2", "1 && 1", '"01"', "1ns"),
        *("a / a", "a ** 0.5", "a ** 65", "2 ** a", "a % 2", "sin(a)", "a / 0", "a * 1e308 * 1e308", "sizeof(a)"),
    ],
)
def test_what_has_no_value_is_refused(text):
    with pytest.raises(CircuitError):
        arithmetic({"a": Polynomial.monomial(("a",))}).evaluate(parsed(text))


def test_kinds_of_values():
    assert checked(Polynomial.constant(2.0)) == 2.0
    for value in (True, None, "1", 1j, math.nan, 2**63, [1]):
        with pytest.raises(CircuitError):
            checked(value)
    with pytest.raises(CircuitError, match="must be an integer"):
        whole(1.0, "it")
    with pytest.raises(CircuitError, match="known only when the program runs"):
        number(Polynomial.monomial(("y",)), "it")
