"""Decide what the columns of a table hold: nodes, edges or weights; refuse ambiguous tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compiler.errors import InputError
from qumode_khrnn.network.formats.nodes import INTEGER
from qumode_khrnn.network.formats.numbers import DECIMAL, NOT_FINITE
from qumode_khrnn.network.formats.rows import Row
from qumode_khrnn.network.formats.text import quoted

WEIGHT_NAMES = ("weight", "weights")
EDGE_NAMES = ("edge", "edgeid", "hyperedge", "hyperedgeid", "simplex", "simplexid", "edgename", "edgelabel")
NODE_NAME = re.compile(r"(node|mode|vertex|member|source|target)(id|name|label)?[0-9]*")
LISTED_NAMES = ("nodes", "modes", "vertices", "members")
"""Names of columns that may hold several nodes in one cell, a form that is not supported."""
OTHER_NAMES = (
    "",
    "id",
    "index",
    "time",
    "timestamp",
    "date",
    "year",
    "type",
    "comment",
    "color",
    "colour",
    "name",
    "label",
)
"""Names of columns that hold neither nodes nor weights."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns of a table with a header line; ``unused`` are the names of those left out."""

    names: tuple[str, ...]
    nodes: tuple[int, ...]
    named_nodes: bool
    weight: int | None
    edge: int | None
    unused: tuple[str, ...]


def kind(cell: str) -> str:
    """Say what a cell looks like: ``integer`` (>= 0), ``number``, ``text`` or ``blank``.

    >>> [kind(cell) for cell in ("12", "0.5", "-3", "nan", "alice", "1_0", "")]
    ['integer', 'number', 'number', 'number', 'text', 'text', 'blank']
    """
    if not cell:
        return "blank"
    if cell.isascii() and cell.isdigit():
        return "integer"
    return "number" if DECIMAL.fullmatch(cell) or NOT_FINITE.fullmatch(cell) else "text"


def find_header(rows: Sequence[Row], weights: str | None, where: str) -> Columns | None:
    """Return what the columns are if the first row names them; None if it is a hyperedge like the others.

    The first row is a header if it holds the column that ``weights`` names, a column called weight, or columns called
    edge and node; if all its cells are names such as node1, node2 that no later row holds; or if all its cells are
    text and all other cells are numbers.

    Raises
    ------
    InputError
        If the first row has no column of the name in ``weights``.
    """
    named = None if weights in (None, "last", "none") else weights
    first = rows[0].cells if rows else ()
    if named is not None and named not in first:
        raise InputError(
            f"{where}: --weights must be last, none or the name of a column; the first line has no column "
            f"{quoted(named)}, found {', '.join(map(quoted, first[:8])) or 'nothing'}"
        )
    if named is None and not _is_header(rows):
        return None
    plain = [plain_name(cell) for cell in first]
    weights_by_name = _weight_columns(plain)
    weight: int | None
    if named is not None:
        weight = first.index(named)
    elif weights == "last":
        weight = len(first) - 1
    else:
        weight = weights_by_name[0] if weights is None and weights_by_name else None
    edge = next((at for at, name in enumerate(plain) if name in EDGE_NAMES and at != weight), None)
    taken = {weight, edge, *weights_by_name}
    free = [at for at in range(len(first)) if at not in taken]
    nodes = [at for at in free if NODE_NAME.fullmatch(plain[at]) or plain[at] in LISTED_NAMES]
    named_nodes = bool(nodes)
    nodes = nodes or [at for at in free if plain[at] not in OTHER_NAMES]
    if not nodes:
        raise InputError(f"{where}: line {rows[0].line}: the header names no column of nodes")
    rest = [at for at in range(len(first)) if at not in {weight, edge, *nodes}]
    unknown = next((at for at in rest if plain[at] not in OTHER_NAMES), None)
    if weights is None and weight is None and unknown is not None:
        raise InputError(
            f"{where}: ambiguous: the column {quoted(first[unknown])} may hold weights; give --weights "
            f"{first[unknown]} if it does, --weights none to leave it out, or call it weight"
        )
    unused = tuple(first[at] or f"number {at + 1}" for at in rest)
    return Columns(first, tuple(nodes), named_nodes, weight, edge, unused)


def plain_name(name: str) -> str:
    """Return the name of a column in lower case, without blanks, underscores, points and hyphens."""
    return re.sub(r"[ _.-]", "", name).casefold()


def _weight_columns(plain: Sequence[str]) -> list[int]:
    """Find the columns called weight; else the one called w, unless it follows v as the name of a third node."""
    found = [at for at, name in enumerate(plain) if name in WEIGHT_NAMES]
    return found or [at for at, name in enumerate(plain) if name == "w" and "v" not in plain[:at]][:1]


def _is_header(rows: Sequence[Row]) -> bool:
    if not rows:
        return False
    first, body = rows[0].cells, rows[1:]
    plain = [plain_name(cell) for cell in first]
    heavy = _weight_columns(plain)
    if heavy and (plain[heavy[0]] in WEIGHT_NAMES or (body and all(_is_number(row, heavy[0]) for row in body))):
        return True
    nodes = [bool(NODE_NAME.fullmatch(name)) or name in LISTED_NAMES for name in plain]
    edges = [name in EDGE_NAMES for name in plain]
    if any(nodes) and any(edges):
        return True
    known = all(node or name in OTHER_NAMES for node, name in zip(nodes, plain, strict=True))
    if any(nodes) and known:
        below = {cell for row in body for cell in row.cells}
        return not below.intersection(first)
    numeric = all(kind(cell) in ("integer", "number", "blank") for row in body for cell in row.cells)
    return bool(body) and numeric and all(kind(cell) == "text" for cell in first)


def _is_number(row: Row, at: int) -> bool:
    return at < len(row.cells) and kind(row.cells[at]) in ("integer", "number")


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row that may be nodes, and the cell of its weight if its place is known."""

    line: int
    nodes: tuple[str, ...]
    weight: str | None = None


def last_holds_weights(rows: Sequence[Cells], plain_list: bool, column: str | None, where: str) -> bool:
    """Decide whether the last cell of every row is a weight, if neither a header nor an option says so.

    Here the last cell stands in ``weight``, and is blank where the row is shorter than a header. Numbers that are no
    integers >= 0 cannot be nodes: they are weights. Numbers after names are weights. Integers after integers could be
    either: a plain list takes them as nodes, any other table is refused.

    Raises
    ------
    InputError
        If the table is ambiguous.
    """
    last = [kind(row.weight or "") for row in rows]
    if "number" in last:
        return True
    if any(found != "integer" for found in last):
        return False
    others = {kind(cell) for row in rows for cell in row.nodes}
    if not others:  # one cell per line
        return False
    if others == {"text"}:
        return True
    if plain_list:
        return False
    row = next(row for row in rows if row.nodes)
    shown = quoted(" ".join((*row.nodes, row.weight or "")))[1:-1]
    named, asked = ("", "last") if column is None else (f" {quoted(column)}", column)
    raise InputError(
        f"{where}: ambiguous: the last column{named} holds only integers, which may be nodes or weights "
        f"(line {row.line}: {shown}); give --weights {asked} if they are weights, --weights none if they are nodes, "
        "or name a column weight in a header"
    )


def require_one_kind(rows: Iterable[Cells], where: str) -> None:
    """Check that all nodes are integers or all are names, if no option allows both.

    Raises
    ------
    InputError
        If a node differs from the first one; the message names it.
    """
    first: tuple[str, int, str] | None = None
    for row in rows:
        for cell in row.nodes:
            found = "integer" if INTEGER.fullmatch(cell) else "text"
            if first is None:
                first = (found, row.line, cell)
            elif found != first[0]:
                raise InputError(
                    f"{where}: line {row.line}: {quoted(cell)} is {'text' if found == 'text' else 'an integer'}, and "
                    f"line {first[1]} has the node {quoted(first[2])}; if both name nodes, give --weights none "
                    "(no weights) or --weights last (the last cell is a weight)"
                )
