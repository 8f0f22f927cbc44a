"""The table of hypergraph formats, and the front door of their readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import parse_json
from qumode_khrnn.network.formats.benson import benson_name, read_benson
from qumode_khrnn.network.formats.graphs import read_node_link
from qumode_khrnn.network.formats.hif import read_hif
from qumode_khrnn.network.formats.hmetis import read_hmetis
from qumode_khrnn.network.formats.nodes import HypergraphFile
from qumode_khrnn.network.formats.table import read_table
from qumode_khrnn.network.formats.text import read_bounded
from qumode_khrnn.network.formats.xgi import read_xgi
from qumode_khrnn.network.hypergraph import Hypergraph, hypergraph_from_json


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """A form of JSON data: its name, the sets of keys that identify it, and its reader."""

    name: str
    keys: tuple[tuple[str, ...], ...]
    read: Callable[[Mapping[str, Any], str], HypergraphFile]


JSON_FORMATS = (
    JsonFormat("HIF", (("incidences",), ("network-type",)), read_hif),
    JsonFormat("XGI JSON", (("edge-dict",), ("hypergraph-data",), ("datasets", "type")), read_xgi),
    JsonFormat("node-link JSON", (("nodes", "links"), ("nodes", "edges")), read_node_link),
)
"""Published forms of JSON data, told apart by their keys, in this order. Anything else is this project's own form."""

HMETIS = (".hgr", ".hmetis")
TABLES = (".csv", ".tsv")
LISTS = (".txt", ".edgelist", ".edges")
ENDINGS = (".json", *TABLES, *LISTS, *HMETIS)
"""Endings of hypergraph files. Sets of simplices (`qumode_khrnn.network.formats.benson`) are found by their names."""


def read_hypergraph(path: str | Path, weights: str | None = None) -> Hypergraph:
    """Read a hypergraph from a file; see `read_hypergraph_file`."""
    return read_hypergraph_file(path, weights).graph


def read_hypergraph_file(path: str | Path, weights: str | None = None) -> HypergraphFile:
    """Read a hypergraph from a file, and say how it was read.

    Parameters
    ----------
    path : str or Path
        A file with one of `ENDINGS`, or a set of simplices: one of its files, their folder, or what their names begin
        with. The keys of a ``.json`` file identify its form (`JSON_FORMATS`).
    weights : str, optional
        For tables and lists only: ``last``, ``none`` or the name of a column
        (`qumode_khrnn.network.formats.table.read_table`).

    Raises
    ------
    InputError
        If the file cannot be read, is in an unknown format, or is ambiguous.
    """
    path = Path(path)
    try:
        name = benson_name(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    ending = path.suffix.lower()
    if name is not None:
        require_no_weights(weights, str(path))
        return read_benson(name)
    if ending not in ENDINGS:
        raise InputError(
            f"{path}: a hypergraph file ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, "
            "or is a set of simplices with a file NAME-nverts.txt"
        )
    text = read_bounded(path)
    if ending in TABLES or ending in LISTS:
        return read_table(text, str(path), weights, plain_list=ending in LISTS)
    require_no_weights(weights, str(path))
    return read_hmetis(text, str(path)) if ending in HMETIS else hypergraph_of_json(parse_json(text, str(path)), path)


def hypergraph_of_json(data: object, path: str | Path) -> HypergraphFile:
    """Read JSON data in any of the forms of `JSON_FORMATS`, or in this project's own.

    Raises
    ------
    InputError
        If it has none of these forms, or breaks the rules of its form.
    """
    if isinstance(data, dict):
        for known in JSON_FORMATS:
            if any(all(key in data for key in keys) for keys in known.keys):
                return known.read(data, str(path))
    return HypergraphFile(hypergraph_from_json(data, str(path)), "hypergraph JSON of this project")


def require_no_weights(weights: str | None, where: str) -> None:
    """Raise InputError if ``--weights`` is given for a file that states its weights itself."""
    if weights is not None:
        raise InputError(
            f"{where}: --weights is for tables and lists of hyperedges; this file says what its weights are"
        )
