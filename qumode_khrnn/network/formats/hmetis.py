"""hMETIS files (``.hgr``): a line with the numbers of hyperedges and vertices, then one hyperedge per line.

Vertices are numbered from 1 on: vertex v becomes mode v - 1. Lines that begin with ``%`` are comments.

Source: G. Karypis and V. Kumar, hMETIS: a hypergraph partitioning package, version 1.5.3 (1998), "Format of the input
file", as retold in the FileFormats page of https://github.com/kahypar/mt-kahypar (read on 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.errors import InputError
from compiler.ir.serialize import MAX_MODES
from qumode_khrnn.network.formats.nodes import HypergraphFile, number_nodes
from qumode_khrnn.network.formats.numbers import decimal
from qumode_khrnn.network.formats.text import MAX_EDGES, numbered_lines, quoted
from qumode_khrnn.network.hypergraph import Hypergraph

WHOLE = re.compile(r"[0-9]{1,9}")
FORMATS = {"0": (False, False), "1": (True, False), "10": (False, True), "11": (True, True)}
"""Whether hyperedges and vertices have weights, by the third number of the first line."""


def read_hmetis(text: str, where: str) -> HypergraphFile:
    """Read an hMETIS file. Hyperedges without weights have weight 1; weights of vertices are ignored.

    Raises
    ------
    InputError
        If a line breaks the format or the counts do not agree; the message names them.

    Examples
    --------
    >>> read_hmetis("% one hyperedge of weight 3\\n1 4 1\\n3 1 2 4", "example").graph.edges
    (Hyperedge(modes=(0, 1, 3), weight=3.0),)
    """
    lines = numbered_lines(text, where, ("%",))
    count, vertices, (weighted, of_vertices) = _header(next(lines, None), where)
    nodes = number_nodes(map(str, range(1, vertices + 1)), where, first=1)
    edges = []
    for number, line in _exactly(lines, count, f"{where}: the first line announces {count} hyperedges"):
        cells, weight, at = line.split(), 1.0, f"{where}: line {number}"
        if weighted:
            weight = decimal(cells[0], f"{at}: the weight, its first number,")
            cells = cells[1:]
        for cell in cells:
            if not WHOLE.fullmatch(cell) or not 1 <= int(cell) <= vertices:
                raise InputError(f"{at}: vertices must be integers in 1..{vertices}, found {quoted(cell)}")
        if not cells:
            raise InputError(f"{at}: a hyperedge needs at least one vertex, found none after the weight")
        edges.append(nodes.edge([str(int(cell)) for cell in cells], weight, at))
    notes: tuple[str, ...] = ()
    if of_vertices:
        for number, line in _exactly(lines, vertices, f"{where}: {vertices} weights of vertices must follow"):
            decimal(line, f"{where}: line {number}: the weight of a vertex")
        notes = ("the weights of vertices are left out: a phase has one weight per edge",)
    for number, _ in lines:
        raise InputError(f"{where}: line {number}: must not exist: the file announces fewer lines; remove it")
    form = f"hMETIS, {'with' if weighted else 'without'} weights of hyperedges; vertex v is mode v - 1"
    return HypergraphFile(Hypergraph(vertices, tuple(edges), nodes.labels), form, notes)


def _header(line: tuple[int, str] | None, where: str) -> tuple[int, int, tuple[bool, bool]]:
    """Return the numbers of hyperedges and vertices, and which of them have weights."""
    if line is None:
        raise InputError(f"{where}: an hMETIS file needs a line with the numbers of hyperedges and vertices")
    cells = line[1].split()
    if not 2 <= len(cells) <= 3 or not all(WHOLE.fullmatch(cell) for cell in cells):
        raise InputError(
            f"{where}: line {line[0]}: must be the numbers of hyperedges and vertices and, if there are weights, "
            f"1, 10 or 11; found {quoted(line[1])}"
        )
    kind = str(int(cells[2])) if len(cells) == 3 else "0"
    if kind not in FORMATS:
        raise InputError(f"{where}: line {line[0]}: the third number must be 0, 1, 10 or 11, found {quoted(cells[2])}")
    count, vertices = int(cells[0]), int(cells[1])
    if not 1 <= vertices <= MAX_MODES:
        raise InputError(f"{where}: line {line[0]}: must have 1..{MAX_MODES} vertices, found {vertices}")
    if count > MAX_EDGES:
        raise InputError(f"{where}: line {line[0]}: may have at most {MAX_EDGES} hyperedges, found {count}")
    return count, vertices, FORMATS[kind]


def _exactly(lines: Iterator[tuple[int, str]], count: int, announced: str) -> Iterator[tuple[int, str]]:
    """Yield the next ``count`` lines; raise InputError if there are fewer."""
    for found in range(count):
        line = next(lines, None)
        if line is None:
            raise InputError(f"{announced}, found {found}")
        yield line
