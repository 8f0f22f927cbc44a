"""Classical expressions of OpenQASM 3: numbers are computed, and results and inputs stay as polynomials."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.reading.expressions import MAX_POWER, MAX_TERMS, product
from compiler.ir.polynomial import Polynomial

Value = int | float | Polynomial
"""An integer, a real number, or a polynomial in results and free symbols that is not constant."""

MAX_INTEGER = 2**63
"""Integers of OpenQASM are smaller than this."""

CONSTANTS = {
    **dict.fromkeys(("pi", "π"), math.pi),
    **dict.fromkeys(("tau", "τ"), math.tau),
    **dict.fromkeys(("euler", "ℇ"), math.e),
}

FUNCTIONS: dict[str, Callable[..., float]] = {
    "arccos": math.acos,
    "arcsin": math.asin,
    "arctan": math.atan,
    "ceiling": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "mod": math.fmod,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
"""Built-in functions of numbers."""


MAX_PRODUCTS = 300_000
"""Largest number of products of terms that a text may ask for."""


@dataclass(slots=True)
class Arithmetic:
    """Evaluator of expressions, which counts their cost.

    Attributes
    ----------
    look_up : callable
        The value of an identifier or of an element of an array.
    call : callable
        The value of a call of a function that is not in `FUNCTIONS`.
    products : int
        Number of products of terms so far.
    """

    look_up: Callable[[Any], Value]
    call: Callable[[Any], Value]
    products: int = 0

    def evaluate(self, node: Any) -> Value:
        """Compute an expression, a node of `openqasm3.ast`.

        Raises
        ------
        CircuitError
            If the expression holds anything but real numbers, results, inputs, ``+ - * / % **`` and `FUNCTIONS`, or its
            value is neither a finite number nor a polynomial.
        """
        from openqasm3 import ast

        match node:
            case ast.IntegerLiteral(value=given) | ast.FloatLiteral(value=given):
                return checked(given)
            case ast.Identifier(name=name) if name in CONSTANTS:
                return CONSTANTS[name]
            case ast.Identifier() | ast.IndexExpression():
                return self.look_up(node)
            case ast.UnaryExpression(op=op, expression=inner) if op.name == "-":
                return -self.evaluate(inner)
            case ast.BinaryExpression(op=op, lhs=left, rhs=right):
                return self.binary(op.name, self.evaluate(left), self.evaluate(right))
            case ast.FunctionCall(name=ast.Identifier(name=name), arguments=arguments) if name in FUNCTIONS:
                return _function(name, [self.evaluate(argument) for argument in arguments])
            case ast.FunctionCall():
                return self.call(node)
            case ast.Cast(type=ast.FloatType(), argument=inner):
                value = self.evaluate(inner)
                return value if isinstance(value, Polynomial) else float(value)
            case ast.Cast(type=ast.IntType() | ast.UintType(), argument=inner):
                return checked(math.trunc(number(self.evaluate(inner), "a number that is cast to an integer")))
        raise CircuitError(
            "numbers, results, inputs, + - * / % ** and the functions of OpenQASM are read in expressions"
        )

    def binary(self, op: str, left: Value, right: Value) -> Value:
        """Apply an operator to two values; raise CircuitError as `evaluate` does."""
        try:
            if not isinstance(left, Polynomial) and not isinstance(right, Polynomial):
                return checked(_of_numbers(op, left, right))
            a, b = polynomial(left), polynomial(right)
            self.products += len(a.terms) * (right if op == "**" and isinstance(right, int) else len(b.terms))
            if self.products > MAX_PRODUCTS:
                raise CircuitError(f"expressions with more than {MAX_PRODUCTS:,} products of terms are not read")
            return checked(_of_polynomials(op, a, b, right))
        except CircuitError:
            raise
        except (ArithmeticError, ValueError):
            shown = " ".join(f"{v}" if isinstance(v, Polynomial) else f"{v:.6g}" for v in (left, right))
            raise CircuitError(f"{op} of {shown} is not a finite real number") from None


def checked(value: Any) -> Value:
    """Return a value as an integer, a float or a polynomial, constants as floats.

    Raises
    ------
    CircuitError
        If the value is not a finite number, or an integer of more than 64 bits.
    """
    if isinstance(value, Polynomial):
        return value if value.variables else value.terms.get((), 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CircuitError(f"a real number is expected, found a {type(value).__name__}")
    if isinstance(value, int) and abs(value) >= MAX_INTEGER:
        raise CircuitError("integers must have at most 64 bits")
    if not math.isfinite(value):
        raise CircuitError(f"a finite number is expected, found {value}")
    return value


def polynomial(value: Value) -> Polynomial:
    """Return a value as a polynomial."""
    return value if isinstance(value, Polynomial) else Polynomial.constant(float(value))


def number(value: Value, what: str) -> float:
    """Return a number; raise CircuitError for a polynomial in results or inputs."""
    if isinstance(value, Polynomial):
        raise CircuitError(f"{what} must be a number, found {value}, which is known only when the program runs")
    return value


def whole(value: Value, what: str) -> int:
    """Return an integer; raise CircuitError for anything else."""
    if not isinstance(value, int):
        raise CircuitError(f"{what} must be an integer, found {value}")
    return value


def _of_numbers(op: str, left: float, right: float) -> float:
    whole_numbers = isinstance(left, int) and isinstance(right, int)
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _quotient(left, right)
        case "%":
            rest = abs(left) % abs(right)
            return rest if left >= 0 else -rest
        case "**" if whole_numbers and right >= 0:
            return MAX_INTEGER if abs(left) > 1 and right >= MAX_INTEGER.bit_length() else left**right
        case "**":
            return math.pow(left, right)
    raise CircuitError(f"+ - * / % and ** are read in expressions, found {op}")


def _quotient(left: float, right: float) -> float:
    if not (isinstance(left, int) and isinstance(right, int)):
        return left / right
    if left % right:
        rounded = int(left / right)
        raise CircuitError(
            f"{left} / {right} divides integers, and OpenQASM rounds it to {rounded}; if the fraction is meant, write "
            f"{left}.0 / {right}"
        )
    return left // right


def _of_polynomials(op: str, a: Polynomial, b: Polynomial, right: Value) -> Polynomial:
    if max(len(a.terms), len(b.terms)) > MAX_TERMS:
        raise CircuitError(f"an expression of more than {MAX_TERMS} terms is not read")
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            if a.degree + b.degree > MAX_POWER:
                raise CircuitError(f"powers of results are read to {MAX_POWER}, found {a.degree + b.degree}")
            return product(a, b)
        case "/" if not isinstance(right, Polynomial):
            if not right or not math.isfinite(1.0 / right):
                raise CircuitError(f"a division by {right} is not a finite number")
            return Polynomial({key: value / right for key, value in a.terms.items()})
        case "**" if isinstance(right, int) and 0 <= right * max(a.degree, 1) <= MAX_POWER:
            if len(a.terms) == 1:
                ((key, value),) = a.terms.items()
                return Polynomial({tuple((v, q * right) for v, q in key) if right else (): value**right})
            power = Polynomial.constant(1.0)
            for _ in range(right):
                power = product(power, a)
            return power
    raise CircuitError(
        f"{op} of results and inputs is read where the outcome is a polynomial of degree at most {MAX_POWER}: + - *, "
        "division by a number, and whole powers"
    )


def _function(name: str, arguments: list[Value]) -> Value:
    shown = ", ".join(f"{a}" if isinstance(a, Polynomial) else f"{a:.6g}" for a in arguments)
    if any(isinstance(argument, Polynomial) for argument in arguments):
        raise CircuitError(f"{name}({shown}) must be a polynomial in results and inputs; other functions are not read")
    try:
        return checked(FUNCTIONS[name](*arguments))
    except CircuitError:
        raise
    except (ArithmeticError, ValueError):
        raise CircuitError(f"{name}({shown}) is not a finite real number") from None
    except TypeError:
        raise CircuitError(f"{name} cannot take {len(arguments)} argument(s)") from None
