"""Arithmetic of numbers, arrays and polynomials in readouts, for readers of programs: bounded, and never by ``eval``.

The time and the memory for reading a file are bounded: a `Budget` counts every step and every element of an array,
numbers stay in the range of float64, and polynomials stay in the bounds of `compiler.imports.reading.expressions`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.reading.expressions import MAX_POWER, product
from compiler.ir.polynomial import Polynomial

MAX_STEPS = 2_000_000
"""Largest number of expressions that one file may evaluate, in addition to one per character."""

STEPS_PER_PRODUCT = 6
"""Number of steps that a product of two terms of polynomials counts as."""

MAX_ELEMENTS = 10_000_000
"""Largest number of array elements that the expressions of one file make, all arrays together."""

MAX_BITS = 1_000
"""Largest number of bits of an integer, so that it is a finite float64."""

SAFE_INTEGER = 2.0**62
"""Largest value of an array of integers; NumPy's integers of 64 bits wrap around beyond twice this."""


@dataclass(slots=True)
class Budget:
    """Remaining work that one file may cause.

    Attributes
    ----------
    steps : int
        Expressions that may still be evaluated.
    elements : int
        Array elements that may still be made.
    """

    steps: int = MAX_STEPS
    elements: int = MAX_ELEMENTS

    @classmethod
    def for_text(cls, text: str) -> Budget:
        """Return the budget of a file: a long text may cause more steps than a short one."""
        return cls(MAX_STEPS + len(text))

    def step(self, count: int = 1) -> None:
        """Count evaluated expressions; raise CircuitError if there are too many."""
        self.steps -= count
        if self.steps < 0:
            raise CircuitError(f"a program may take at most {MAX_STEPS:,} steps to read; write it without long loops")

    def make(self, count: int) -> None:
        """Count elements of a new array; raise CircuitError if there are too many."""
        self.elements -= count
        if self.elements < 0:
            raise CircuitError(f"all arrays together may have at most {MAX_ELEMENTS:,} elements; use smaller arrays")


FUNCTIONS: dict[str, Any] = {
    name: getattr(np, name)
    for name in (
        *("sqrt", "exp", "log", "log2", "log10", "log1p", "expm1", "cbrt", "square", "sign", "floor", "ceil", "trunc"),
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
        *("deg2rad", "rad2deg", "radians", "degrees", "absolute", "conjugate", "negative", "positive", "reciprocal"),
    )
} | {"real": np.real, "imag": np.imag, "angle": np.angle, "abs": np.absolute, "conj": np.conjugate, "fabs": np.fabs}
"""Functions of one number, or of each element of an array, by NumPy's name."""

KEEPS_INTEGERS = frozenset(("abs", "absolute", "negative", "positive", "sign", "real", "imag", "conj", "conjugate"))
"""Functions whose value at an integer is an integer."""

MATH_NAMES = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "phase": "angle",
    "atan2": "arctan2",
    "pow": "power",
}
"""NumPy's names of functions that have other names in Python's ``math`` and ``cmath``."""

FUNCTIONS_OF_TWO: dict[str, str] = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "power": "**",
    "mod": "%",
    "matmul": "@",
}
"""NumPy's names of the operators of `binary`."""

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
}


def is_number(value: Any) -> bool:
    """Tell whether a value is a number of Python's own types, truth values excluded."""
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def checked(value: Any) -> Any:
    """Return a number or an array of numbers in Python's own types.

    Raises
    ------
    CircuitError
        If the value is not a number, or not finite, or an integer of more than `MAX_BITS` bits.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "bifc":
            raise CircuitError(f"an array of {value.dtype} is not read")
        if value.dtype.kind in "fc" and not np.isfinite(value).all():
            raise CircuitError("the numbers of an array must be finite, found one that is not")
        return value if value.ndim else value.item()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | Polynomial):
        return value
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise CircuitError(f"integers of more than {MAX_BITS} bits are not read")
        return value
    if not is_number(value):
        raise CircuitError(f"a number is expected, found a value of type {type(value).__name__}")
    if not (isfinite(value.real) and isfinite(value.imag)):
        raise CircuitError("a number is not finite")
    return value


def negative(value: Any) -> Any:
    """Return minus a number, an array or a polynomial."""
    if isinstance(value, Polynomial):
        return -value
    _require_numbers(value)
    return checked(-value)


def binary(budget: Budget, symbol: str, left: Any, right: Any) -> Any:
    """Return ``left symbol right`` for an operator of `OPERATORS`.

    Parameters
    ----------
    budget : Budget
    symbol : str
    left, right : number, array or Polynomial

    Raises
    ------
    CircuitError
        If the operation is not defined, its result is not finite, or it costs too much.

    Examples
    --------
    >>> m = Polynomial.monomial((0,))
    >>> binary(Budget(), "*", 2, binary(Budget(), "**", m, 2)), binary(Budget(), "/", 1, 4)
    (Polynomial(2 x0^2), 0.25)
    """
    if isinstance(left, Polynomial) or isinstance(right, Polynomial):
        return _polynomials(budget, symbol, left, right)
    _require_numbers(left, right)
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return _arrays(budget, symbol, left, right)
    if symbol == "**" and isinstance(left, int) and isinstance(right, int) and right > 0:
        if left.bit_length() * right > 2 * MAX_BITS:
            raise CircuitError(f"integers of more than {MAX_BITS} bits are not read")
    elif symbol == "@":
        raise CircuitError("@ needs two arrays, found numbers")
    try:
        return checked(OPERATORS[symbol](left, right))
    except ZeroDivisionError:
        raise CircuitError("a division by zero") from None
    except OverflowError:
        raise CircuitError("a number is not finite") from None
    except TypeError:
        raise CircuitError(f"{symbol} is not defined for {type(left).__name__} and {type(right).__name__}") from None


def function(budget: Budget, name: str, value: Any) -> Any:
    """Return a function of `FUNCTIONS` of a number, or of each element of an array.

    Raises
    ------
    CircuitError
        If the value is a polynomial that is not constant, or the function is not finite there.
    """
    if isinstance(value, Polynomial):
        if value.variables:
            raise CircuitError(
                f"{name} of {_described(value)} is not a polynomial; parameters must be polynomials in readouts"
            )
        value = value.terms.get((), 0.0)
    _require_numbers(value)
    if isinstance(value, np.ndarray):
        budget.make(value.size)
    if name not in KEEPS_INTEGERS:
        if isinstance(value, int):
            value = float(value)
        elif isinstance(value, np.ndarray) and value.dtype.kind == "i":
            value = value.astype(float)
    return evaluated(lambda: FUNCTIONS[name](value), name)


def evaluated(compute: Callable[[], Any], name: str) -> Any:
    """Return what NumPy computes, its warnings and errors turned into a CircuitError."""
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
            return checked(compute())
    except FloatingPointError:
        raise CircuitError(f"{name} does not give a finite number for its argument") from None
    except (ValueError, TypeError, IndexError, OverflowError, MemoryError, np.linalg.LinAlgError) as error:
        raise CircuitError(f"{name} cannot be evaluated: {' '.join(str(error).split())[:80]}") from None


def whole(value: Any) -> int | None:
    """Return a number that is an integer >= 0 as an int; None for any other value."""
    if is_number(value) and not isinstance(value, complex) and value >= 0 and value == int(value):
        return int(value)
    return None


def _described(value: Polynomial) -> str:
    return "a readout" if any(isinstance(v, int) for v in value.variables) else "a free parameter"


def _require_numbers(*values: Any) -> None:
    for value in values:
        if not isinstance(value, np.ndarray) and not is_number(value):
            raise CircuitError(f"arithmetic needs numbers, found {type(value).__name__}")


def _polynomials(budget: Budget, symbol: str, left: Any, right: Any) -> Any:
    if symbol == "**":
        exponent = whole(right)
        if exponent is None or exponent > MAX_POWER:
            raise CircuitError(f"powers of readouts need an exponent in 0..{MAX_POWER}, found {str(right)[:40]}")
        out = Polynomial.constant(1.0)
        for _ in range(exponent):
            budget.step(STEPS_PER_PRODUCT * len(out.terms) * len(left.terms))
            out = product(out, left)
        return out
    if symbol == "/" and isinstance(right, Polynomial) and right.variables:
        raise CircuitError(f"a quotient by {_described(right)} is not a polynomial")
    if symbol not in {"+", "-", "*", "/"}:
        raise CircuitError(f"{symbol} of readouts is not a polynomial; parameters must be polynomials in readouts")
    a, b = _polynomial(left), _polynomial(right)
    if symbol == "/":
        divisor = b.terms.get((), 0.0)
        if divisor == 0.0:
            raise CircuitError("a division by zero")
        return Polynomial({key: coefficient / divisor for key, coefficient in a.terms.items()})
    budget.step(STEPS_PER_PRODUCT * len(a.terms) * len(b.terms) if symbol == "*" else len(a.terms) + len(b.terms))
    return a + b if symbol == "+" else a - b if symbol == "-" else product(a, b)


def _polynomial(value: Any) -> Polynomial:
    if isinstance(value, Polynomial):
        return value
    if not is_number(value) or isinstance(value, complex):
        raise CircuitError(f"readouts must be combined with real numbers, found {type(value).__name__}")
    return Polynomial.constant(float(value))


def _arrays(budget: Budget, symbol: str, left: Any, right: Any) -> Any:
    a, b = np.asarray(left), np.asarray(right)
    if symbol == "@":
        inner = max(1, a.shape[-1]) if a.ndim else 1
        budget.step(a.size * b.size // inner // 1000)  # a thousand multiplications take about as long as one step
        count = (a.size // inner) * (b.size // inner)
    else:
        try:
            count = int(np.prod(np.broadcast_shapes(a.shape, b.shape), dtype=float))
        except ValueError:
            raise CircuitError(f"arrays of shapes {a.shape} and {b.shape} do not match") from None
    budget.make(count)
    out = evaluated(lambda: OPERATORS[symbol](a, b), symbol)
    if isinstance(out, np.ndarray) and out.dtype.kind == "i":
        exact = evaluated(lambda: OPERATORS[symbol](a.astype(float), b.astype(float)), symbol)
        if out.size and not float(np.abs(exact).max()) <= SAFE_INTEGER:
            raise CircuitError("an array holds an integer that is too large")
    return out
