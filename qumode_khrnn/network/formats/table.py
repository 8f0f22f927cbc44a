"""Read tables and lists of hyperedges: CSV, TSV and plain text, with or without a header, any common separator.

One hyperedge per line, its nodes in the cells, its weight in the last cell or in a column that a header names. With a
header that has one column for edges and one for nodes, one incidence per line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from compiler.errors import InputError
from qumode_khrnn.network.formats.columns import (
    LISTED_NAMES,
    Cells,
    Columns,
    find_header,
    kind,
    last_holds_weights,
    plain_name,
    require_one_kind,
)
from qumode_khrnn.network.formats.nodes import HypergraphFile, number_nodes
from qumode_khrnn.network.formats.numbers import decimal
from qumode_khrnn.network.formats.rows import Row, split_rows
from qumode_khrnn.network.formats.text import quoted
from qumode_khrnn.network.hypergraph import Hypergraph


def hypergraph_from_csv(text: str, where: str, weights: str | None = None) -> Hypergraph:
    """Read a table of hyperedges; see `read_table`.

    >>> hypergraph_from_csv("0,1,2,0.3\\n1,3,-0.2", "example").modes
    4
    """
    return read_table(text, where, weights).graph


def read_table(text: str, where: str, weights: str | None = None, plain_list: bool = False) -> HypergraphFile:
    """Read a table of hyperedges.

    Parameters
    ----------
    text : str
    where : str
        The file, for messages.
    weights : str, optional
        ``last``: the last cell of every row is the weight. ``none``: every cell is a node, and all weights are 1. Any
        other text: the name of the column that holds the weights. By default the header or the numbers decide
        (`last_holds_weights`).
    plain_list : bool
        Whether integers in the last column are taken as nodes if neither a header nor an option decides. Otherwise
        such a table is refused as ambiguous.

    Raises
    ------
    InputError
        If a line is wrong or the table is ambiguous; the message says where and what to do.

    Examples
    --------
    >>> read_table("a;b;c;weight\\n0;1;2;0.3", "example").graph.edges
    (Hyperedge(modes=(0, 1, 2), weight=0.3),)
    >>> read_table("alice bob\\nbob carol", "example").graph.labels
    ('alice', 'bob', 'carol')
    """
    rows, separator = split_rows(text, where)
    columns = find_header(rows, weights, where)
    if columns is None:
        table = _headless(rows, weights, plain_list, where)
    else:
        table = _under_header(rows[1:], columns, weights, plain_list, where)
    if not table.cells:
        raise InputError(f"{where}: has no edges; a line holds the nodes of one hyperedge, and may end with its weight")
    edges = [_weighted(row, where) for row in table.cells]
    if weights is None:
        require_one_kind(table.cells, where)
    if table.edge_names is not None:
        edges = _grouped(edges, table.edge_names, where)
    nodes = number_nodes((name for edge in edges for name in edge.nodes), where)
    made = tuple(nodes.edge(edge.nodes, edge.weight, f"{where}: {edge.where}") for edge in edges)
    what = "hyperedge" if table.edge_names is None else "incidence"
    header = "" if columns is None else " under a header"
    form = f"one {what} per line{header}, separated by {separator}; {table.place}"
    return HypergraphFile(Hypergraph(nodes.modes, made, nodes.labels), form, (*table.notes, *nodes.notes))


@dataclass(frozen=True, slots=True)
class _Table:
    """Cells of nodes and weights, where the weights stand, and the name of each row's edge if a row is an incidence."""

    cells: Sequence[Cells]
    place: str
    notes: tuple[str, ...] = ()
    edge_names: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class _Edge:
    """The names of an edge's nodes, its weight, and where it stands in the file."""

    nodes: Sequence[str]
    weight: float
    where: str


SEVERAL = re.compile(r"[\s,;|]")
NO_WEIGHTS = "no weights, each is 1"
TAKEN_FOR_NODES = "every integer was read as a node; give --weights last if the last of each line is a weight"


def _headless(rows: Sequence[Row], weights: str | None, plain_list: bool, where: str) -> _Table:
    """Tell nodes from weights in rows without a header."""
    for row in rows:
        if "" in row.cells:
            raise InputError(
                f"{where}: line {row.line}: cell {row.cells.index('') + 1} is blank; "
                "blank cells are read under a header only, with a column weight if there are weights"
            )
    split = [Cells(row.line, row.cells[:-1], row.cells[-1]) for row in rows]
    if weights == "last" or (weights is None and last_holds_weights(split, plain_list, None, where)):
        return _Table(split, "weights in the last column")
    guessed = weights is None and any(kind(row.cells[-1]) == "integer" for row in rows)
    notes = (TAKEN_FOR_NODES,) if plain_list and guessed else ()
    return _Table([Cells(row.line, row.cells) for row in rows], NO_WEIGHTS, notes)


def _under_header(rows: Sequence[Row], columns: Columns, weights: str | None, plain_list: bool, where: str) -> _Table:
    """Tell nodes from weights by the names of the columns, and by the numbers where the names do not decide."""
    notes = tuple(f"the column {quoted(name)} is left out" for name in columns.unused)
    if weights is None and columns.weight is None and not columns.named_nodes and rows:
        *others, last = columns.nodes
        split = [
            Cells(row.line, tuple(_cell(row, i) for i in others if _cell(row, i)), _cell(row, last)) for row in rows
        ]
        if last_holds_weights(split, plain_list, columns.names[last], where):
            columns = replace(columns, nodes=tuple(others), weight=last)
        elif plain_list and any(kind(row.weight or "") == "integer" for row in split):
            notes = (*notes, TAKEN_FOR_NODES)
    place = NO_WEIGHTS if columns.weight is None else f"weights in the column {quoted(columns.names[columns.weight])}"
    cells = [_cells_of_columns(row, columns, where) for row in rows]
    incidences = columns.edge is not None and len(columns.nodes) == 1
    names = [row.cells[columns.edge] for row in rows] if columns.edge is not None and incidences else None
    return _Table(cells, place, notes, names)


def _cell(row: Row, position: int) -> str:
    """Return a cell of a row; blank if the row is too short for it."""
    return row.cells[position] if position < len(row.cells) else ""


def _cells_of_columns(row: Row, columns: Columns, where: str) -> Cells:
    """Return the cells of a row under a header. Blank cells among the nodes are skipped: the edge is smaller."""
    at = f"{where}: line {row.line}"
    count, wanted = len(row.cells), len(columns.names)
    if count > wanted or (count < wanted and (columns.weight is not None or columns.edge is not None)):
        raise InputError(f"{at}: must have {wanted} cells, as the header has, found {count}")
    nodes = tuple(row.cells[i] for i in columns.nodes if i < count and row.cells[i])
    if not nodes:
        raise InputError(f"{at}: an edge needs at least one node, found none")
    for i in columns.nodes:
        if plain_name(columns.names[i]) in LISTED_NAMES and SEVERAL.search(row.cells[i] if i < count else ""):
            raise InputError(
                f"{at}: the column {quoted(columns.names[i])} holds several nodes in one cell; give each a cell of its "
                "own, or list one incidence per line in columns edge and node"
            )
    return Cells(row.line, nodes, None if columns.weight is None else row.cells[columns.weight])


def _weighted(row: Cells, where: str) -> _Edge:
    """Return the nodes of a row, checked, and the weight as a number."""
    at = f"{where}: line {row.line}"
    if not row.nodes:
        raise InputError(f"{at}: holds a weight and no node")
    weight = 1.0 if row.weight is None else decimal(row.weight, f"{at}: the weight")
    for cell in row.nodes:
        if kind(cell) == "number":
            raise InputError(
                f"{at}: nodes must be integers >= 0 or names, found the number {quoted(cell)}; "
                "--weights last reads the last cell of a line as its weight"
            )
    return _Edge(row.nodes, weight, f"line {row.line}")


def _grouped(incidences: Sequence[_Edge], names: Sequence[str], where: str) -> list[_Edge]:
    """Return one edge for all incidences with the same name of the edge; their weights must agree."""
    members: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    for one, name in zip(incidences, names, strict=True):
        if not name:
            raise InputError(f"{where}: {one.where}: the name of the edge is blank")
        if weights.setdefault(name, one.weight) != one.weight:
            raise InputError(
                f"{where}: {one.where}: edge {quoted(name)} has two weights, {weights[name]:g} and {one.weight:g}; "
                "a phase has one weight per edge"
            )
        members.setdefault(name, []).extend(one.nodes)
    return [_Edge(nodes, weights[name], f"edge {quoted(name)}") for name, nodes in members.items()]
