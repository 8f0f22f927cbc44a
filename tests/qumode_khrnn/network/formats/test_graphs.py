"""networkx graphs: labels, weights that are None, and graphs that are no hypergraphs."""

import networkx as nx
import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn import hypergraph_from_networkx
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


def incidence(*pairs, sides=None, **more):
    """A bipartite graph of incidences; capital letters are edges, unless ``sides`` says otherwise."""
    graph = nx.Graph(list(pairs), **more)
    for node in graph:
        graph.nodes[node]["bipartite"] = (sides or {}).get(node, int(node.isupper()))
    return graph


def test_labels_are_the_names_of_the_nodes():
    graph = hypergraph_from_networkx(incidence("aE", "bE", "cE", "bF"))
    assert graph == Hypergraph(3, (Hyperedge((0, 1, 2), 1.0), Hyperedge((1,), 1.0)))
    assert graph.labels == ("a", "b", "c")
    women = hypergraph_from_networkx(nx.davis_southern_women_graph())
    assert women.labels[:2] == ("Evelyn Jefferson", "Laura Mandeville")
    assert hypergraph_from_networkx(nx.path_graph(4)).labels == ()
    assert hypergraph_from_networkx(nx.path_graph(["x", (1, 2)])).labels == ("x", "(1, 2)")
    assert hypergraph_from_networkx(nx.path_graph([1, 0])).labels == ("1", "0")


@pytest.mark.parametrize("weight", [0.5, np.float32(0.5)])
def test_weights_none_is_no_weight(weight):
    graph = incidence("aE", "bE", "bF")
    graph.nodes["E"]["weight"] = weight
    graph.nodes["F"]["weight"] = None
    assert [edge.weight for edge in hypergraph_from_networkx(graph).edges] == [0.5, 1.0]
    plain = nx.Graph()
    plain.add_edge(0, 1, weight=weight)
    plain.add_edge(1, 2, weight=None)
    assert [edge.weight for edge in hypergraph_from_networkx(plain).edges] == [0.5, 1.0]


def test_sides_may_be_numpys():
    graph = incidence("aE", "bE", sides={"a": np.int64(0), "b": np.int64(0), "E": np.int64(1)})
    assert hypergraph_from_networkx(graph).edges == (Hyperedge((0, 1), 1.0),)


def without(graph, node):
    del graph.nodes[node]["bipartite"]
    return graph


def weighted(graph, weight):
    graph.nodes["E"]["weight"] = weight
    return graph


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (incidence("aE", "ab"), "edge between 'a' and 'b' joins two nodes with bipartite = 0"),
        (incidence("aE", "EF"), "edge between 'E' and 'F' joins two nodes with bipartite = 1"),
        (incidence("aE", "aa"), "edge between 'a' and 'a' joins two nodes"),
        (without(incidence("aE", "bE"), "b"), "node 'b' has no attribute bipartite, and other nodes have one"),
        (incidence("aE", sides={"a": 0, "E": 2}), "node 'E': bipartite must be 0 .a mode. or 1 .an edge., found '2'"),
        (incidence("aE", sides={"a": "0", "E": "1"}), "node 'a': bipartite must be 0"),
        (incidence("aE", sides={"a": False, "E": True}), "node 'a': bipartite must be 0"),
        (incidence("aE", sides={"a": None, "E": 1}), "node 'a': bipartite must be 0"),
        (incidence("aE", sides={"a": np.zeros(2), "E": 1}), "node 'a': bipartite must be 0"),
        (nx.Graph([("a", "a")]), "edge 'a' - 'a': is a self-loop"),
        (nx.DiGraph([("a", "b")]), "undirected graph without parallel edges"),
        (nx.MultiGraph([("a", "b")]), "undirected graph without parallel edges"),
        (nx.Graph(), "at least one node"),
        (nx.empty_graph(10_001), "1 to 10000 nodes become modes, found 10001"),
        (weighted(incidence("aE"), "0.3"), "edge 'E': the weight must be a real number, found '0.3' of type str"),
        (weighted(incidence("aE"), float("nan")), "edge 'E': the weight must be a finite number"),
        ([(0, 1)], "networkx graph, found list"),
        (None, "networkx graph, found NoneType"),
    ],
)
def test_graphs_that_are_no_hypergraphs(graph, message):
    with pytest.raises(InputError, match=message) as caught:
        hypergraph_from_networkx(graph)
    assert "\n" not in str(caught.value)


def test_an_edge_without_nodes_is_named():
    graph = incidence("aE")
    graph.add_node("F", bipartite=1)
    with pytest.raises(InputError, match="edge 'F': has no nodes; remove it"):
        hypergraph_from_networkx(graph)
    graph.remove_nodes_from("aE")
    with pytest.raises(InputError, match="edge 'F': has no nodes"):
        hypergraph_from_networkx(graph)
