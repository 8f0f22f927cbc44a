"""The definition of a file format of compiled programs: a writer that checks its own text, and a check of other texts.

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
"""Largest relative or absolute difference of decimal numbers that counts as rounding."""


@dataclass(frozen=True, slots=True)
class ExportInput:
    """The data from which a file is written.

    Attributes
    ----------
    source, native : Circuit
        The logical and the compiled circuit.
    profile : Profile or None
        The profile that the circuit was compiled for; formats of devices need it.
    layout : str or None
        Text of the layout file (`compiler.machines`), on machines that have one.
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
        Name of the format for ``--format``.
    file : str
        Name of the file in a program's folder.
    reader : str
        How the file is read back before success is reported, for example ``"read back by openqasm3"``.
    write : callable
        ``(given) -> text``; raises InputError with one line if the format cannot hold the program, or if a different
        program is read back.
    differs : callable
        ``(text, given) -> reason``, which is empty if the text holds the program; it may raise InputError.
    """

    name: str
    file: str
    reader: str
    write: Callable[[ExportInput], str]
    differs: Callable[[str, ExportInput], str]


def same_text(write: Callable[[ExportInput], str], what: str) -> Callable[[str, ExportInput], str]:
    """Return a check that writes the file again and compares the two texts, decimal numbers up to `ROUNDING`.

    Elementary functions differ in the last digit between processors, and so may files from another machine.
    """

    def differs(text: str, given: ExportInput) -> str:
        return "" if _equal_up_to_rounding(text, write(given)) else f"it is not the {what}"

    return differs


def _equal_up_to_rounding(one: str, other: str) -> bool:
    """Tell whether texts are equal except for the last digits of decimal numbers."""
    if one == other:
        return True
    pieces, others = DECIMAL.split(one), DECIMAL.split(other)
    return len(pieces) == len(others) and all(
        a == b or (at % 2 == 1 and isclose(float(a), float(b), rel_tol=ROUNDING, abs_tol=ROUNDING))
        for at, (a, b) in enumerate(zip(pieces, others, strict=True))
    )
