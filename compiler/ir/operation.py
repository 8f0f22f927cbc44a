"""The base of all operations: modes, parameters, and the numbers that they accept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from math import isfinite
from numbers import Integral, Real
from operator import index
from typing import Any, ClassVar

from compiler.errors import CircuitError, with_type
from compiler.ir.polynomial import Polynomial

Parameter = float | Polynomial

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
"""Names of results and symbols."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Base of all operations: ``modes`` are distinct mode indices, in the order that the definition names them.

    Integers and real numbers of other packages (NumPy's, for example) are accepted and kept as Python's own.

    Raises
    ------
    CircuitError
        If modes repeat or are negative, their number is wrong, or a parameter is not a finite real number.
    """

    modes: tuple[int, ...]
    arity: ClassVar[int | None] = 1
    gaussian: ClassVar[bool] = True

    def __post_init__(self) -> None:
        kind: Any = type(self)
        name = kind.__name__
        _set_modes(self, name)
        if self.arity is not None and len(self.modes) != self.arity:
            raise CircuitError(f"{name} acts on {self.arity} mode{'s' * (self.arity != 1)}, found {list(self.modes)}")
        if len(set(self.modes)) != len(self.modes):
            raise CircuitError(f"{name} needs distinct modes, found {list(self.modes)}")
        for key, declared in _declared(kind):
            value = getattr(self, key)
            if declared == "int":
                object.__setattr__(self, key, integer(value, f"{name}: {key}"))
            elif type(value) is float and isfinite(value):
                continue
            elif declared == "float" or (declared == "Parameter" and not isinstance(value, Polynomial)):
                object.__setattr__(self, key, real(value, f"{name} on {list(self.modes)}: {key}"))
            elif declared == "Parameter":
                if not value.variables:
                    object.__setattr__(self, key, value.terms.get((), 0.0))  # a constant is a number
                elif any(not isinstance(v, str) for v in value.variables):
                    raise CircuitError(f"{name}: {key} must be a polynomial in named results, found {value}")

    def parameters(self) -> dict[str, object]:
        """Return all fields but the modes, by name."""
        kind: Any = type(self)
        return {name: getattr(self, name) for name, _ in _declared(kind)}

    def __str__(self) -> str:
        return f"{type(self).__name__}(mode{'s' if len(self.modes) > 1 else ''} {', '.join(map(str, self.modes))})"


def _set_modes(op: Operation, name: str) -> None:
    modes = op.modes
    if type(modes) is not tuple:
        if isinstance(modes, str) or not hasattr(modes, "__iter__"):
            raise CircuitError(f"{name} needs a tuple of modes, found {with_type(modes)}")
        modes = tuple(modes)
        object.__setattr__(op, "modes", modes)
    if all(type(mode) is int and mode >= 0 for mode in modes):
        return
    for mode in modes:
        if isinstance(mode, bool) or not isinstance(mode, Integral) or mode < 0:
            raise CircuitError(
                f"{name} needs mode indices that are integers >= 0, found {with_type(mode)} in {list(modes)}"
            )
    object.__setattr__(op, "modes", tuple(index(mode) for mode in modes))


@cache
def _declared(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return names and declared types of the parameters."""
    return tuple((f.name, str(f.type)) for f in fields(kind) if f.name != "modes")


def real(value: Any, where: str) -> float:
    """Return a finite real number of any package as a float.

    Raises
    ------
    CircuitError
        If it is anything else: a complex number, text, None, a truth value, an array, NaN or an infinity.

    Examples
    --------
    >>> import numpy as np
    >>> real(np.float32(0.5), "theta"), real(np.int64(2), "theta")
    (0.5, 2.0)
    """
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # an array of one number without axes
    if isinstance(value, bool) or not isinstance(value, Real):
        raise CircuitError(f"{where} must be a real number, found {with_type(value)}")
    try:
        number = float(value)
    except (OverflowError, TypeError, ValueError):
        number = float("inf")
    if not isfinite(number):
        raise CircuitError(f"{where} must be a finite number, found {str(value)[:40]}")
    return number


def integer(value: Any, where: str) -> int:
    """Return an integer of any package as Python's own; raises CircuitError if it is anything else."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise CircuitError(f"{where} must be an integer, found {with_type(value)}")
    return index(value)
