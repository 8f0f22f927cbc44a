"""Numbers in the cells of text files, told from names."""

from __future__ import annotations

import re
from math import isfinite

from compiler.errors import InputError
from qumode_khrnn.network.formats.text import quoted

DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A decimal number in the ASCII digits, without the underscores that Python would read."""

NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def decimal(cell: str, where: str) -> float:
    """Return the number in a cell.

    Raises
    ------
    InputError
        If the cell does not hold a decimal number, or the number is not finite as a float.

    Examples
    --------
    >>> decimal("-2.5e-1", "the weight")
    -0.25
    """
    if NOT_FINITE.fullmatch(cell) or (DECIMAL.fullmatch(cell) and not isfinite(float(cell))):
        raise InputError(f"{where} must be a finite number, found {quoted(cell)}")
    if not DECIMAL.fullmatch(cell):
        raise InputError(f"{where} must be a number, found {quoted(cell)}")
    return float(cell)
