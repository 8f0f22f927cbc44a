"""JSON of XGI and XGI-DATA: ``edge-dict`` lists the nodes of every edge; ``node-data``, ``edge-data`` hold attributes.

Names of nodes and edges are texts in this form, since JSON has no other keys.

Source: https://github.com/xgi-org/xgi, ``xgi/convert/hypergraph_dict.py`` (read on 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping
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

KEYS = ("type", "hypergraph-data", "node-data", "edge-data", "edge-dict")
KINDS = ("hypergraph", "simplicialcomplex")


def read_xgi(data: Mapping[str, Any], where: str) -> HypergraphFile:
    """Read XGI JSON.

    The weight of an edge is the number ``weight`` of its ``edge-data``, or 1. Nodes appear in the order of
    ``node-data``, then of ``edge-dict``; a node's label is ``name`` or ``label`` of its data, or its own name.

    Raises
    ------
    InputError
        If the data has another form, the edges have directions, or it is a collection of hypergraphs.

    Examples
    --------
    >>> data = {"edge-dict": {"0": ["b", "a"]}, "edge-data": {"0": {"weight": 0.3}}}
    >>> read_xgi(data, "example").graph.edges
    (Hyperedge(modes=(0, 1), weight=0.3),)
    """
    if data.get("type") == "collection":
        raise InputError(f"{where}: is a collection of several hypergraphs; give one of the files that it names")
    require_known(data, KEYS, where)
    kind = data.get("type", "hypergraph")
    if kind not in KINDS:
        raise InputError(
            f'{where}: "type" must be {" or ".join(KINDS)}, found {quoted(kind)}; '
            "the phase of an edge is the same for all its nodes, so directions have no meaning"
        )
    if "edge-dict" not in data:
        raise InputError(f'{where}: XGI JSON needs "edge-dict"')
    names, labels = [], {}
    for name, attributes in mapping(data.get("node-data", {}), f'{where}: "node-data"').items():
        at = f'{where}: "node-data" of {quoted(name)}'
        names.append(name_of(name, at))
        if label := label_of(mapping(attributes, at)):
            labels[name] = label
    listed = mapping(data["edge-dict"], f'{where}: "edge-dict"')
    require_few_edges(len(listed), where)
    members: dict[str, list[str]] = {}
    for edge, nodes_of_edge in listed.items():
        at = f"{where}: edge {quoted(edge)}"
        members[edge] = [name_of(node, f"{at}: a node") for node in sequence(nodes_of_edge, at)]
    weights: dict[str, float | None] = {}
    unknown = 0
    for edge, attributes in mapping(data.get("edge-data", {}), f'{where}: "edge-data"').items():
        at = f'{where}: "edge-data" of {quoted(edge)}'
        weights[edge] = weight_of(mapping(attributes, at), at)
        unknown += edge not in members
    empty = sum(not found for found in members.values())
    notes = [
        text.format(count)
        for count, text in (
            (empty, EMPTY_EDGES),
            (unknown, 'entries of "edge-data" that belong to no edge are left out ({})'),
        )
        if count
    ]
    if kind == "simplicialcomplex":
        notes.append(LISTED_SIMPLICES)
    nodes = number_nodes([*names, *(name for found in members.values() for name in found)], where, labels=labels)
    edges = []
    for edge, found in members.items():
        if found:
            weight = weights.get(edge)
            edges.append(nodes.edge(found, 1.0 if weight is None else weight, f"{where}: edge {quoted(edge)}"))
    return HypergraphFile(Hypergraph(nodes.modes, tuple(edges), nodes.labels), "XGI JSON", (*notes, *nodes.notes))
