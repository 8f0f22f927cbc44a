"""The alphabets of HSMT: real numbers on qumodes, or the integers modulo d on d-level systems."""

from __future__ import annotations

import re

from compiler.errors import InputError

REAL = "real"
"""Squeezed qumodes, real weights and answers."""

MAX_LEVELS = 16
"""Largest d of ``modular(d)``."""


def modular(levels: int) -> str:
    """Name of the alphabet of d levels.

    >>> modular(2)
    'modular(2)'
    """
    return f"modular({levels})"


def levels_of(alphabet: object) -> int | None:
    """The number d of ``modular(d)``; None for ``real``.

    Raises
    ------
    InputError
        If it is neither.
    """
    if alphabet == REAL:
        return None
    found = re.fullmatch(r"modular\((\d{1,3})\)", alphabet) if isinstance(alphabet, str) else None
    if found is None or not 2 <= int(found[1]) <= MAX_LEVELS:
        raise InputError(f'the alphabet must be "real" or "modular(d)" with 2 <= d <= {MAX_LEVELS}, found {alphabet!r}')
    return int(found[1])
