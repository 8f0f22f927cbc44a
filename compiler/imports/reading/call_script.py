"""A strict reader of Python scripts that only call gates; it checks the exports of this project without running them.

A script is a docstring, imports, and lines of one fixed shape each. The reader walks the syntax tree of Python's own
parser and knows numbers, ``+ - * **``, names of results and lists; anything else is refused with its line.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from compiler.errors import CircuitError
from compiler.imports.reading.expressions import MAX_POWER, product
from compiler.ir.polynomial import Polynomial

MAX_CHARACTERS = 20_000_000
"""Largest number of characters of a text that is read."""


class LocatedError(CircuitError):
    """An error whose message says where in a text it is."""


def require_length(text: str, what: str) -> None:
    """Raise CircuitError if a text is longer than `MAX_CHARACTERS`."""
    if len(text) > MAX_CHARACTERS:
        raise CircuitError(f"{what}: at most {MAX_CHARACTERS:,} characters are read, found {len(text):,}")


def parsed(text: str, what: str) -> list[ast.stmt]:
    """Return the statements of a script, without its docstring.

    Raises
    ------
    CircuitError
        If the text is not Python, or too long.
    """
    require_length(text, what)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of texts with strange escapes, for example
            body = ast.parse(text).body
    except (RecursionError, MemoryError):
        raise CircuitError(f"{what}: an expression is nested too deeply") from None
    except (SyntaxError, ValueError) as error:
        reason = " ".join(str(error).split())
        if reason.startswith("Exceeds the limit"):
            reason = "an integer is above the limit of 4,300 digits"
        raise CircuitError(f"{what}: not a Python script: {reason}") from None
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return body


@contextmanager
def bounded(what: str) -> Iterator[None]:
    """Turn an expression that is nested too deeply into an error that says so."""
    try:
        yield
    except RecursionError:
        raise CircuitError(f"{what}: an expression is nested too deeply") from None


def script_error(what: str, node: ast.AST, expected: str) -> CircuitError:
    """Return the error for a node that the format does not allow at its place."""
    found = " ".join(ast.unparse(node).split())
    return CircuitError(f"{what} line {getattr(node, 'lineno', '?')}: {expected}, found {found[:60]!r}")


def parameter(node: ast.expr, what: str, result: Callable[[ast.expr], str | None]) -> Polynomial:
    """Return the value of an expression of numbers and results.

    Parameters
    ----------
    node : ast.expr
    what : str
        Name of the format, for messages.
    result : callable
        Returns the name of the result that a node stands for, or None for any other node.

    Raises
    ------
    CircuitError
        If the expression is of any other kind.
    """
    match node:
        case ast.Constant(value=float() | int() as number) if not isinstance(number, bool):
            return Polynomial.constant(float(number))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -parameter(inner, what, result)
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as exponent)) if (
            1 <= exponent <= MAX_POWER and (name := result(base)) is not None
        ):
            return Polynomial.monomial((name,) * exponent)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as op, right=right):
            a, b = parameter(left, what, result), parameter(right, what, result)
            return product(a, b) if isinstance(op, ast.Mult) else a + b if isinstance(op, ast.Add) else a - b
        case _ if (name := result(node)) is not None:
            return Polynomial.monomial((name,))
    raise script_error(what, node, "an expression must consist of numbers, results, their powers, + - *")


def matrix(node: ast.expr, what: str) -> tuple[tuple[complex, ...], ...]:
    """Return the matrix of ``np.array([[..], ..])``, whose rows hold real or complex numbers.

    Raises
    ------
    CircuitError
        If the node is anything else.
    """
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="np"), attr="array"), args=[ast.List(elts=rows)], keywords=[]
        ) if all(isinstance(row, ast.List) for row in rows):
            return tuple(tuple(_complex(v, what) for v in row.elts) for row in rows if isinstance(row, ast.List))
    raise script_error(what, node, "a matrix np.array([[..], ..]) is expected")


def _complex(node: ast.expr, what: str) -> complex:
    match node:
        case ast.Constant(value=float() | int() | complex() as number) if not isinstance(number, bool):
            return complex(number)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_complex(inner, what)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            a, b = _complex(left, what), _complex(right, what)
            return a + b if isinstance(op, ast.Add) else a - b
    raise script_error(what, node, "a complex number is expected")


def integer(node: ast.expr, what: str) -> int:
    """Return a whole number >= 0; raise CircuitError for anything else."""
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool) and number >= 0:
            return number
    raise script_error(what, node, "a whole number is expected")
