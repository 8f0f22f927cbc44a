"""Graphs of networkx, from Python or from its node-link JSON: plain graphs, and bipartite incidence graphs."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import networkx as nx

from compiler.errors import InputError
from compiler.ir.operation import real
from compiler.ir.serialize import MAX_MODES
from qumode_khrnn.network.formats.nodes import HypergraphFile
from qumode_khrnn.network.formats.records import mapping, name_of, sequence
from qumode_khrnn.network.formats.text import label_text, quoted
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


def hypergraph_from_networkx(graph: nx.Graph) -> Hypergraph:
    """Return a networkx graph as a hypergraph; its nodes become modes in the order of the graph.

    A graph whose nodes all have the attribute ``bipartite`` is read as an incidence graph: nodes with ``bipartite=0``
    are modes, nodes with ``bipartite=1`` are edges. Any other graph gives one edge of two modes per edge. The weight
    of an edge is its attribute ``weight``, and 1 where that is absent or None. Nodes that are not 0, 1, .. in this
    order give the labels.

    Raises
    ------
    InputError
        If the graph is directed, has parallel edges or self-loops, is bipartite in part only, joins two nodes of one
        side, or has an edge without nodes or a weight that is not a finite number.

    Examples
    --------
    >>> hypergraph_from_networkx(nx.path_graph(3)).edges[1]
    Hyperedge(modes=(1, 2), weight=1.0)
    >>> incidence = nx.Graph([("alice", "e"), ("bob", "e")])
    >>> nx.set_node_attributes(incidence, {"alice": 0, "bob": 0, "e": 1}, "bipartite")
    >>> hypergraph_from_networkx(incidence).labels
    ('alice', 'bob')
    """
    if not isinstance(graph, nx.Graph):
        raise InputError(f"a hypergraph is read from a networkx graph, found {type(graph).__name__}")
    if graph.is_directed() or graph.is_multigraph():
        raise InputError("a hypergraph is read from an undirected graph without parallel edges")
    if not graph.number_of_nodes():
        raise InputError("a hypergraph needs at least one node, found a graph without nodes")
    sides = {node: data["bipartite"] for node, data in graph.nodes(data=True) if "bipartite" in data}
    if not sides:
        nodes = list(graph)
        index = {node: mode for mode, node in enumerate(nodes)}
        edges = tuple(_edge((index[a], index[b]), data, (a, b)) for a, b, data in graph.edges(data=True))
        return _hypergraph(nodes, edges)
    for node in graph:
        if node not in sides:
            raise InputError(
                f"node {quoted(node)} has no attribute bipartite, and other nodes have one: give it 0 (a mode) or "
                "1 (an edge), or remove the attribute from all nodes"
            )
        side = sides[node]
        if isinstance(side, bool) or not isinstance(side, Integral) or side not in (0, 1):
            raise InputError(f"node {quoted(node)}: bipartite must be 0 (a mode) or 1 (an edge), found {quoted(side)}")
    for a, b in graph.edges:
        if sides[a] == sides[b]:
            raise InputError(
                f"the edge between {quoted(a)} and {quoted(b)} joins two nodes with bipartite = {sides[a]}; "
                "an incidence joins a mode (0) and an edge (1)"
            )
    nodes = [node for node in graph if sides[node] == 0]
    index = {node: mode for mode, node in enumerate(nodes)}
    hubs = [node for node in graph if sides[node] == 1]
    edges = tuple(_edge(tuple(index[m] for m in graph[hub]), graph.nodes[hub], (hub,)) for hub in hubs)
    return _hypergraph(nodes, edges)


def _hypergraph(nodes: list[Any], edges: tuple[Hyperedge, ...]) -> Hypergraph:
    """Return the hypergraph, with the names of the nodes as labels unless these are the numbers of their modes."""
    if not 1 <= len(nodes) <= MAX_MODES:
        raise InputError(f"1 to {MAX_MODES} nodes become modes, found {len(nodes)}")
    labels = tuple(map(label_text, nodes))
    return Hypergraph(len(nodes), edges, () if labels == tuple(map(str, range(len(nodes)))) else labels)


def _edge(modes: tuple[int, ...], data: Mapping[str, Any], names: tuple[object, ...]) -> Hyperedge:
    where = f"edge {' - '.join(map(quoted, names))}"
    if not modes:
        raise InputError(f"{where}: has no nodes; remove it, because it only changes the global phase")
    if len(modes) != len(set(modes)):
        raise InputError(f"{where}: is a self-loop; an edge needs distinct nodes")
    weight = data.get("weight")
    return Hyperedge(modes, 1.0 if weight is None else real(weight, f"{where}: the weight"))


def read_node_link(data: Mapping[str, Any], where: str) -> HypergraphFile:
    """Read a graph in networkx's node-link JSON; see `hypergraph_from_networkx` for what it means.

    Raises
    ------
    InputError
        If the data has another form, or the graph is no hypergraph.
    """
    if data.get("directed", False) is not False or data.get("multigraph", False) is not False:
        raise InputError(f"{where}: a hypergraph is read from an undirected graph without parallel edges")
    graph = nx.Graph()
    for position, item in enumerate(sequence(data["nodes"], f'{where}: "nodes"')):
        at = f"{where}: nodes[{position}]"
        record = mapping(item, at)
        name = name_of(record.get("id"), f'{at}: "id"')
        if name in graph:
            raise InputError(f"{at}: the node {quoted(name)} is listed twice")
        graph.add_node(name, **{key: record[key] for key in ("bipartite",) if key in record})
        graph.nodes[name]["weight"] = record.get("weight")
    key = "links" if "links" in data else "edges"
    for position, item in enumerate(sequence(data[key], f'{where}: "{key}"')):
        at = f"{where}: {key}[{position}]"
        record = mapping(item, at)
        a, b = (name_of(record.get(end), f'{at}: "{end}"') for end in ("source", "target"))
        for name in (a, b):
            if name not in graph:
                raise InputError(f'{at}: {quoted(name)} is not in "nodes"')
        if graph.has_edge(a, b):
            raise InputError(f"{at}: the edge between {quoted(a)} and {quoted(b)} is listed twice")
        graph.add_edge(a, b, weight=record.get("weight"))
    try:
        found = hypergraph_from_networkx(graph)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    bipartite = any("bipartite" in attributes for _, attributes in graph.nodes(data=True))
    form = f"node-link JSON, {'a bipartite graph of nodes and edges' if bipartite else 'a graph'}"
    return HypergraphFile(found, form)
