"""Built-in functions of Python, and methods of lists and dictionaries, as far as scripts may call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.reading.arithmetic import binary, checked, evaluated, function, is_number
from compiler.imports.strawberryfields.script.arrays import require_digits

if TYPE_CHECKING:
    from compiler.imports.strawberryfields.script.values import Evaluator


def _range(reader: Evaluator, *args: Any) -> range:
    if not all(type(arg) is int for arg in args):
        raise CircuitError(f"range needs integers, found {str(args)[:40]}")
    try:
        out = range(*args)
        len(out)  # fails for too many items to count
    except (TypeError, ValueError, OverflowError):
        raise CircuitError("range needs one to three integers, the last of them not 0") from None
    return out


def _len(reader: Evaluator, value: Any) -> int:
    if isinstance(value, list | tuple | dict | range | str) or (isinstance(value, np.ndarray) and value.ndim):
        return len(value)
    raise TypeError


def _enumerate(reader: Evaluator, value: Any, start: int = 0) -> list[tuple[int, Any]]:
    if type(start) is not int:
        raise TypeError
    items = reader.items(value)
    reader.budget.make(len(items))
    return list(enumerate(items, start))


def _zip(reader: Evaluator, *values: Any, strict: bool = False) -> list[tuple[Any, ...]]:
    rows = [reader.items(value) for value in values]
    count = min(map(len, rows), default=0)
    reader.budget.make(count * len(rows))
    if strict and any(len(row) != count for row in rows):
        raise CircuitError("zip with strict=True needs lists of one length")
    return list(zip(*rows, strict=False))


def _list(reader: Evaluator, value: Any = ()) -> list[Any]:
    items = reader.items(value)
    reader.budget.make(len(items))
    return list(items)


def _tuple(reader: Evaluator, value: Any = ()) -> tuple[Any, ...]:
    return tuple(_list(reader, value))


def _reversed(reader: Evaluator, value: Any) -> list[Any]:
    return _list(reader, value)[::-1]


def _sorted(reader: Evaluator, value: Any, reverse: bool = False) -> list[Any]:
    items = _list(reader, value)
    if not all(is_number(item) and not isinstance(item, complex) for item in items):
        raise TypeError
    return sorted(items, reverse=bool(reverse))


def _sum(reader: Evaluator, value: Any, start: Any = 0) -> Any:
    total = start
    for item in reader.items(value):
        reader.budget.step()
        total = reader.arithmetic("+", total, item)
    return total


def _extreme(choose: Callable[[Sequence[Any]], Any]) -> Callable[..., Any]:
    def apply(reader: Evaluator, *values: Any) -> Any:
        items = reader.items(values[0]) if len(values) == 1 else values
        if not items or not all(is_number(item) and not isinstance(item, complex) for item in items):
            raise TypeError
        return choose(items)

    return apply


def _float(reader: Evaluator, value: Any = 0.0) -> float:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _int(reader: Evaluator, value: Any = 0) -> int:
    if not isinstance(value, int | float):
        raise TypeError
    return int(value)


def _complex(reader: Evaluator, real: Any = 0.0, imag: Any = 0.0) -> Any:
    if not (is_number(real) and is_number(imag)):
        raise TypeError
    return checked(complex(real, imag))


def _bool(reader: Evaluator, value: Any = False) -> bool:
    return bool(reader.known_truth(value))


def _round(reader: Evaluator, value: Any, ndigits: Any = None) -> Any:
    if not is_number(value) or isinstance(value, complex):
        raise TypeError
    if ndigits is not None:
        require_digits(ndigits)
    return evaluated(lambda: round(value, ndigits), "round")


def _all(reader: Evaluator, value: Any) -> bool:
    return all([reader.known_truth(item) for item in reader.items(value)])


def _any(reader: Evaluator, value: Any) -> bool:
    return any([reader.known_truth(item) for item in reader.items(value)])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "range": _range,
    "len": _len,
    "enumerate": _enumerate,
    "zip": _zip,
    "list": _list,
    "tuple": _tuple,
    "reversed": _reversed,
    "sorted": _sorted,
    "sum": _sum,
    "min": _extreme(min),
    "max": _extreme(max),
    "float": _float,
    "int": _int,
    "complex": _complex,
    "bool": _bool,
    "round": _round,
    "all": _all,
    "any": _any,
    "abs": lambda reader, value: function(reader.budget, "abs", value),
    "pow": lambda reader, base, exponent: binary(reader.budget, "**", base, exponent),
    "dict": lambda reader, **values: dict(values),
}
"""Functions by name, each called with the reader and the arguments; they raise TypeError for other arguments."""


def called(reader: Evaluator, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Call a function of `FUNCTIONS`; raise CircuitError for arguments that are not read."""
    try:
        return FUNCTIONS[name](reader, *args, **keywords)
    except TypeError:
        raise CircuitError(f"{name} is not read with such arguments") from None


def method(reader: Evaluator, base: Any, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Call a method of a list or a dictionary; raise CircuitError if the method is not read."""
    if not keywords:
        match base, name, args:
            case list(), "append", [value]:
                reader.budget.make(1)
                base.append(value)
                return None
            case list(), "extend", [values]:
                items = reader.items(values)
                reader.budget.make(len(items))
                base.extend(items)
                return None
            case list() | dict(), "copy", []:
                reader.budget.make(len(base))
                return base.copy()
            case dict(), "items", []:
                reader.budget.make(2 * len(base))
                return [(key, value) for key, value in base.items()]
            case dict(), "keys", []:
                return list(base)
            case dict(), "values", []:
                reader.budget.make(len(base))
                return [reader.load(value) for value in base.values()]
    raise CircuitError(f"the method {name!r} of a {type(base).__name__} is not read")
