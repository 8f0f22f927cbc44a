"""Arguments of operations: bound to names with the defaults of Strawberry Fields, and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.calls import Call
from compiler.ir.operation import integer, real
from compiler.ir.operations import Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.typing import ComplexArray

REQUIRED = object()
"""Default of an argument that must be given."""

Convert = Callable[[Any, str], Any]
"""Checks and converts a value; the text names the argument, for messages."""

ZERO = 4e-16
"""Cosines and sines below this value count as zero, because rounding of multiples of pi / 2 makes them."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an operation.

    Attributes
    ----------
    name : str
        As Strawberry Fields names it.
    convert : callable
    default : Any
        `REQUIRED` for an argument without a default.
    """

    name: str
    convert: Convert
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Entry:
    """The arguments of an operation, and its meaning.

    Attributes
    ----------
    arguments : tuple of Argument
    make : callable
        From modes and arguments to operations of the representation, in order of time.
    arity : int or None
        Number of modes, None for any.
    inverse : str
        Reason why the inverse is not read; empty for gates whose inverse is read.
    """

    arguments: tuple[Argument, ...]
    make: Callable[..., list[Operation]]
    arity: int | None = 1
    inverse: str = ""


def bind(call: Call, entry: Entry) -> list[Any]:
    """Return the arguments of a call in the order of the entry, with defaults filled in.

    Raises
    ------
    CircuitError
        If an argument is missing, unknown, given twice, or of the wrong kind.
    """
    names = [argument.name for argument in entry.arguments]
    if len(call.args) > len(names):
        raise CircuitError(f"takes {_counted(names)}, found {len(call.args)} positional ones")
    given = dict(zip(names, call.args, strict=False))
    for name, value in call.keywords.items():
        if name not in names:
            raise CircuitError(f"takes {_counted(names)}, found {str(name)[:40]!r}")
        if name in given:
            raise CircuitError(f"the argument {name} is given twice")
        given[name] = value
    out = []
    for argument in entry.arguments:
        if argument.name not in given and argument.default is REQUIRED:
            raise CircuitError(f"the argument {argument.name} is missing; {call.name} takes {_counted(names)}")
        out.append(argument.convert(given.get(argument.name, argument.default), argument.name))
    return out


def _counted(names: list[str]) -> str:
    return f"the argument{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else "no arguments"


# --- kinds of arguments ----------------------------------------------------------------------------------------------


def parameter(value: Any, name: str) -> Parameter:
    """Convert to a number or a polynomial."""
    if isinstance(value, Polynomial):
        return value if value.variables else value.terms.get((), 0.0)
    return number(value, name)


def number(value: Any, name: str) -> float:
    """Convert to a real number; the imaginary part of a complex number must be 0, as in Strawberry Fields."""
    if isinstance(value, Polynomial):
        if value.variables:
            raise CircuitError(
                f"{name} must be a number here, found {value}: bind free parameters first; results of readouts "
                "cannot enter it"
            )
        value = value.terms.get((), 0.0)
    value = scalar(value)
    if isinstance(value, complex):
        if value.imag != 0.0:
            raise CircuitError(
                f"{name} must be real, found {value:.6g}; Strawberry Fields takes magnitude and phase separately"
            )
        value = value.real
    return real(value, name)


def natural(value: Any, name: str) -> int:
    """Convert to an integer; a float with a whole value is taken."""
    value = scalar(value)
    if isinstance(value, Polynomial):
        value = number(value, name)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return integer(value, name)


def flag(value: Any, name: str) -> bool:
    """Convert to True or False."""
    value = scalar(value)
    if not isinstance(value, bool):
        raise CircuitError(f"{name} must be True or False, found {str(value)[:40]!r}")
    return value


def anything(value: Any, name: str) -> Any:
    """Return a setting as it is: it is checked later, or has no effect here."""
    return value


def text(value: Any, name: str) -> str:
    """Return a word; raise CircuitError for anything else."""
    if not isinstance(value, str):
        raise CircuitError(f"{name} must be text, found {str(value)[:40]!r}")
    return value


def array(value: Any, name: str) -> ComplexArray:
    """Convert to an array of complex numbers of any shape."""
    try:
        if isinstance(value, Polynomial | str):
            raise TypeError
        out = np.array(value, dtype=complex)
    except (TypeError, ValueError, OverflowError):
        raise CircuitError(f"{name} must be an array of numbers, found {str(value)[:40]!r}") from None
    if not np.isfinite(out).all():
        raise CircuitError(f"{name} must hold finite numbers")
    return out


def square(value: Any, name: str) -> ComplexArray:
    """Convert to a square complex matrix; a number is a matrix of one row."""
    out = np.atleast_2d(array(value, name))
    if out.ndim != 2 or out.shape[0] != out.shape[1] or not out.size:
        raise CircuitError(f"{name} must be a square matrix, found shape {out.shape}")
    return out


def real_square(value: Any, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Convert to a square real matrix."""
    out = square(value, name)
    if np.abs(out.imag).max() > 0.0:
        raise CircuitError(f"{name} must be real, found complex numbers")
    return np.ascontiguousarray(out.real)


def real_vector(value: Any, name: str) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Convert to a vector of real numbers; None stays None."""
    if value is None:
        return None
    out = array(value, name)
    if out.ndim != 1 or np.abs(out.imag).max(initial=0.0) > 0.0:
        raise CircuitError(f"{name} must be a list of real numbers, found shape {out.shape}")
    return np.ascontiguousarray(out.real)


def scalar(value: Any) -> Any:
    """Return numbers of other packages, and arrays without axes, as numbers of Python's own types."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if type(value).__module__.partition(".")[0] == "sympy" and getattr(value, "is_number", False):
        value = complex(value)
    return value


# --- arithmetic of parameters ----------------------------------------------------------------------------------------


def scaled(value: Parameter, factor: float) -> Parameter:
    """Return a parameter times a number."""
    return factor * value


def shifted(value: Parameter, constant: float) -> Parameter:
    """Return a parameter plus a number."""
    return value + Polynomial.constant(constant) if isinstance(value, Polynomial) else value + constant


def direction(angle: float) -> tuple[float, float]:
    """Return cosine and sine of an angle, exactly 0 at multiples of pi / 2."""
    c, s = cos(angle), sin(angle)
    return (0.0 if abs(c) < ZERO else c), (0.0 if abs(s) < ZERO else s)


def half_turned(r: Parameter, phi: Parameter) -> tuple[Parameter, Parameter]:
    """Return ``r e^{i phi}`` with a phase of pi as a sign of r, and without a phase that is a multiple of 2 pi."""
    if isinstance(phi, float):
        c, s = direction(phi)
        if s == 0.0 and abs(phi) < 4 * pi:
            return scaled(r, c), 0.0
    return r, phi
