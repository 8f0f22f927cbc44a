"""HIF, the Hypergraph Interchange Format of HyperNetX, XGI, HypergraphX and others, version 0.1.

A JSON object whose ``incidences`` say which node lies in which edge; ``nodes`` and ``edges`` add attributes.

Source: https://github.com/pszufe/HIF-standard (the schema, read on 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compiler.errors import InputError
from qumode_khrnn.network.formats.nodes import HypergraphFile, number_nodes, require_few_edges
from qumode_khrnn.network.formats.records import (
    EMPTY_EDGES,
    LISTED_SIMPLICES,
    label_of,
    mapping,
    name_of,
    require_known,
    sequence,
    weight_of,
)
from qumode_khrnn.network.formats.text import quoted
from qumode_khrnn.network.hypergraph import Hypergraph

KEYS = ("network-type", "metadata", "incidences", "nodes", "edges")


def read_hif(data: Mapping[str, Any], where: str) -> HypergraphFile:
    """Read HIF data.

    The weight of an edge stands under ``weight`` or in its ``attrs``, and is 1 if it is absent. Nodes appear in the
    order of ``nodes``, then of ``incidences``; a node's label is ``name`` or ``label`` of its ``attrs``, or its own
    name. An incidence that is listed twice is one incidence.

    Raises
    ------
    InputError
        If the data breaks the schema, the edges have directions, or an edge has two different weights.

    Examples
    --------
    >>> data = {"incidences": [{"edge": "e", "node": "b"}, {"edge": "e", "node": "a"}], "edges": [{"edge": "e"}]}
    >>> read = read_hif(data, "example")
    >>> read.graph.edges, read.graph.labels
    ((Hyperedge(modes=(0, 1), weight=1.0),), ('b', 'a'))
    """
    require_known(data, KEYS, where)
    kind = data.get("network-type", "undirected")
    if kind not in ("undirected", "directed", "asc"):
        raise InputError(f'{where}: "network-type" must be undirected, directed or asc, found {quoted(kind)}')
    mapping(data.get("metadata", {}), f'{where}: "metadata"')
    notes: list[str] = []
    names = _Names(where)
    labels, node_weights = {}, 0
    for at, record in _records(data, "nodes", ("node", "weight", "attrs"), where):
        name = names.node(record.get("node"), f"{at}: the node")
        node_weights += weight_of(record, at) not in (None, 1.0)
        if label := label_of(record.get("attrs", {})):
            labels[name] = label
    members, repeated, incidence_weights = _members(data, kind, names, where)
    weights = _weights(data, names, where)
    empty = [edge for edge in weights if edge not in members]
    for count, text in (
        (repeated, "incidences that are listed twice are read once ({})"),
        (len(empty), EMPTY_EDGES),
        (incidence_weights, "weights of incidences are left out ({}): a phase has one weight per edge"),
        (node_weights, "weights of nodes are left out ({}): a phase has one weight per edge"),
    ):
        if count:
            notes.append(text.format(count))
    if kind == "asc":
        notes.append(LISTED_SIMPLICES)
    nodes = number_nodes(names.nodes, where, labels=labels)
    edges = tuple(
        nodes.edge(list(found), weights.get(edge, 1.0), f"{where}: edge {quoted(edge)}")
        for edge, found in members.items()
    )
    return HypergraphFile(Hypergraph(nodes.modes, edges, nodes.labels), "HIF", (*notes, *nodes.notes))


class _Names:
    """The nodes and edges that were named so far; 1 and "1" would be one name with two meanings."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.nodes: dict[str, type] = {}
        self.edges: dict[str, type] = {}

    def node(self, value: object, at: str) -> str:
        return self._name(self.nodes, value, at)

    def edge(self, value: object, at: str) -> str:
        return self._name(self.edges, value, at)

    def _name(self, known: dict[str, type], value: object, at: str) -> str:
        name = name_of(value, at)
        if known.setdefault(name, type(value)) is not type(value):
            raise InputError(f"{at}: both the integer {quoted(name)} and the text {quoted(name)} are names; rename one")
        return name


def _members(
    data: Mapping[str, Any], kind: str, names: _Names, where: str
) -> tuple[dict[str, dict[str, None]], int, int]:
    """Return the nodes of every edge, how many incidences were repeated, and how many have weights other than 1."""
    if "incidences" not in data:
        raise InputError(f'{where}: HIF needs "incidences"')
    members: dict[str, dict[str, None]] = {}
    repeated = weighted = 0
    for at, record in _records(data, "incidences", ("edge", "node", "weight", "direction", "attrs"), where):
        if "direction" in record or kind == "directed":
            raise InputError(
                f"{where}: its edges have directions, and the phase of an edge is the same for all its nodes; "
                "store it as an undirected network if heads and tails do not matter"
            )
        edge = names.edge(record.get("edge"), f"{at}: the edge")
        node = names.node(record.get("node"), f"{at}: the node")
        nodes = members.setdefault(edge, {})
        require_few_edges(len(members), where)
        repeated += node in nodes
        nodes[node] = None
        weighted += weight_of(record, at) not in (None, 1.0)
    return members, repeated, weighted


def _weights(data: Mapping[str, Any], names: _Names, where: str) -> dict[str, float]:
    """Return the weight of every edge that is described: 1 where no weight is stated."""
    stated: dict[str, float | None] = {}
    for at, record in _records(data, "edges", ("edge", "weight", "attrs"), where):
        edge = names.edge(record.get("edge"), f"{at}: the edge")
        stated.setdefault(edge, None)
        for weight in (weight_of(record, at), weight_of(record.get("attrs", {}), f'{at}: "attrs"')):
            if weight is None:
                continue
            if stated[edge] not in (None, weight):
                raise InputError(f"{at}: edge {quoted(edge)} has two weights, {stated[edge]:g} and {weight:g}")
            stated[edge] = weight
    return {edge: 1.0 if weight is None else weight for edge, weight in stated.items()}


def _records(
    data: Mapping[str, Any], key: str, known: tuple[str, ...], where: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the records of a list, with the place of each for messages; their ``attrs`` are objects."""
    for index, item in enumerate(sequence(data.get(key, []), f'{where}: "{key}"')):
        at = f"{where}: {key}[{index}]"
        record = mapping(item, at)
        require_known(record, known, at)
        mapping(record.get("attrs", {}), f'{at}: "attrs"')
        yield at, record
