"""Comparisons in scripts: of numbers, texts and modes, and membership in lists."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.reading.arithmetic import Budget, is_number
from compiler.imports.strawberryfields.script.objects import Unknown, Wire

ORDERINGS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compared(budget: Budget, symbol: ast.cmpop, left: Any, right: Any) -> Any:
    """Tell whether a comparison holds; raise CircuitError if it is not read."""
    for value in (left, right):
        if isinstance(value, Unknown):
            return value
    if type(symbol) in ORDERINGS:
        if is_number(left) and is_number(right) and not isinstance(left, complex) and not isinstance(right, complex):
            return bool(ORDERINGS[type(symbol)](left, right))
    elif isinstance(symbol, ast.In | ast.NotIn):
        if isinstance(right, list | tuple | dict) and _plain(left) and all(map(_plain, right)):
            budget.step(len(right))
            return (left in right) is isinstance(symbol, ast.In)
    elif _plain(left) and _plain(right):
        same = (left is right) if isinstance(symbol, ast.Is | ast.IsNot) and None in (left, right) else left == right
        return same is isinstance(symbol, ast.Eq | ast.Is)
    raise CircuitError("a comparison is read for numbers, texts, modes and membership in lists only")


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | complex | str | Wire)
