"""Split a text table into rows of cells, for any common separator."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from compiler.errors import InputError
from compiler.ir.serialize import MAX_MODES
from qumode_khrnn.network.formats.nodes import require_few_edges
from qumode_khrnn.network.formats.text import numbered_lines

SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "vertical bars"}
"""What may separate cells, by rank where two are equally frequent; white space where no line holds any of them."""

MAX_CELL = 1000
"""Largest number of characters of a cell."""

MAX_COLUMNS = 100
"""Number of columns that a table may have beside those of the nodes."""

QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number in the file, from 1 on, and its cells."""

    line: int
    cells: tuple[str, ...]


def split_rows(text: str, where: str) -> tuple[tuple[Row, ...], str]:
    """Split a text into rows, and say what separates their cells.

    The separator is the one of `SEPARATORS` that stands on most lines, outside double quotes. Blank lines and lines
    that begin with ``#`` or ``%`` are left out.

    Raises
    ------
    InputError
        If a line holds a second separator outside quotes, quotes are not closed, or there are too many lines.

    Examples
    --------
    >>> split_rows("# two nodes\\n'a'; b", "example")
    ((Row(line=2, cells=("'a'", 'b')),), 'semicolons')
    """
    lines = []
    for number, line in numbered_lines(text, where, ("#", "%")):
        lines.append((number, line, QUOTED.sub("", line)))
        require_few_edges(len(lines) - 1, where)
    counts = {separator: sum(separator in bare for _, _, bare in lines) for separator in SEPARATORS}
    separator = max(counts, key=lambda each: counts[each])
    spaces = not counts[separator]
    rows = []
    for number, line, bare in lines:
        if (bare.count(" ") if spaces else bare.count(separator)) > MAX_MODES + MAX_COLUMNS:
            raise InputError(f"{where}: line {number}: has more cells than the {MAX_MODES} nodes that become modes")
        if spaces:
            rows.append(Row(number, tuple(line.split())))
            _require_small_cells(rows[-1].cells, f"{where}: line {number}")
            continue
        other = next((each for each in SEPARATORS if each != separator and each in bare), None)
        if other is not None:
            raise InputError(
                f"{where}: line {number}: holds {SEPARATORS[separator]} and {SEPARATORS[other]}; only one may separate "
                "cells (numbers have a decimal point, and names that hold a separator stand in double quotes)"
            )
        try:
            cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
        except csv.Error as error:
            raise InputError(f"{where}: line {number}: not valid CSV: {error}") from None
        stripped = tuple(cell.strip() for cell in cells)
        _require_small_cells(stripped, f"{where}: line {number}")
        if any(stripped):
            rows.append(Row(number, stripped))
    return tuple(rows), "spaces" if spaces else SEPARATORS[separator]


def _require_small_cells(cells: Sequence[str], at: str) -> None:
    if (longest := max(map(len, cells), default=0)) > MAX_CELL:
        raise InputError(f"{at}: not valid CSV: a cell has {longest} characters, and at most {MAX_CELL} are read")
