"""What a file format of compiled programs is: a writer that checks what it wrote, and a check of what is read.

A format is one `Format` object in a module of its own. This project's are listed in `compiler.exports.table`; another
package adds one by an entry point (docs/extending.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isclose

from compiler.ir.circuit import Circuit
from hardware_profiles.schema import Profile

DECIMAL = re.compile(r"([-+]?\d+\.\d+(?:[eE][-+]?\d+)?)")
"""A number with a decimal point."""

ROUNDING = 1e-12
"""Relative and absolute difference of decimal numbers that is rounding."""


@dataclass(frozen=True, slots=True)
class ExportInput:
    """What a file is written from.

    Attributes
    ----------
    source, native : Circuit
        The logical and the compiled circuit.
    profile : Profile or None
        The profile that it was compiled for; formats of devices need it.
    layout : str or None
        Text of the layout file (`compiler.machines`), if there is one.
    """

    source: Circuit
    native: Circuit
    profile: Profile | None = None
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Attributes
    ----------
    name : str
        As ``--format`` takes it.
    file : str
        Name of the file in a program's folder.
    reader : str
        What the file is read back with before success is reported.
    write : callable
        ``(given) -> text``; raises InputError with one line where the format cannot hold the program, or where what was
        read back is another program.
    differs : callable
        ``(text, given) -> reason``, empty if the text is the program; may raise InputError.
    """

    name: str
    file: str
    reader: str
    write: Callable[[ExportInput], str]
    differs: Callable[[str, ExportInput], str]


def same_text(write: Callable[[ExportInput], str], what: str) -> Callable[[str, ExportInput], str]:
    """Make a check that writes the file again and compares the texts, decimal numbers up to `ROUNDING`.

    Processors differ in the last digit of elementary functions, so a file of another machine may.
    """

    def differs(text: str, given: ExportInput) -> str:
        return "" if _equal_up_to_rounding(text, write(given)) else f"it is not the {what}"

    return differs


def _equal_up_to_rounding(one: str, other: str) -> bool:
    """Whether texts are equal except for the last digits of decimal numbers."""
    if one == other:
        return True
    pieces, others = DECIMAL.split(one), DECIMAL.split(other)
    return len(pieces) == len(others) and all(
        a == b or (at % 2 == 1 and isclose(float(a), float(b), rel_tol=ROUNDING, abs_tol=ROUNDING))
        for at, (a, b) in enumerate(zip(pieces, others, strict=True))
    )
