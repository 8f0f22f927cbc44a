"""Published JSON: HIF, XGI, node-link. What is read is written out by hand here."""

import json

import pytest
from places import DATA

from compiler.errors import InputError
from qumode_khrnn.network.formats.read import hypergraph_of_json, read_hypergraph_file
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

FOLDER = DATA / "hypergraphs"


def hif(incidences="ea eb", **more):
    """HIF data; every pair of letters is an edge and a node."""
    return {"incidences": [{"edge": edge, "node": node} for edge, node in incidences.split()], **more}


def xgi(**more):
    return {"hypergraph-data": {}, "edge-dict": {"0": ["a", "b"]}, **more}


def node_link(links="ab", **more):
    nodes = [{"id": name} for name in sorted({name for pair in links.split() for name in pair})]
    return {"nodes": nodes, "links": [{"source": a, "target": b} for a, b in links.split()], **more}


def test_hif():
    """Nodes are numbered as they appear in ``nodes``, then in ``incidences``; a node's name for people is its label."""
    found = read_hypergraph_file(FOLDER / "friends.hif.json")
    assert found.graph == Hypergraph(4, (Hyperedge((0, 2, 3), 0.3), Hyperedge((0, 1, 2), -0.2)))
    assert found.graph.labels == ("dora", "Emil K.", "alice", "bob")
    assert (found.form, found.notes) == ("HIF", ())


def test_xgi():
    found = read_hypergraph_file(FOLDER / "friends.xgi.json")
    edges = (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), 1.0), Hyperedge((0, 2, 3), -0.25))
    assert found.graph == Hypergraph(4, edges)
    assert found.graph.labels == ("alice", "bob", "carol", "Dora M.")
    assert (found.form, found.notes) == ("XGI JSON", ())


def test_node_link_of_a_bipartite_graph():
    found = read_hypergraph_file(FOLDER / "graph.json")
    assert found.graph == Hypergraph(3, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 2), 1.0)))
    assert found.graph.labels == ("alice", "bob", "carol")
    assert "bipartite" in found.form


def test_node_link_of_a_plain_graph_with_either_name_of_its_edges():
    data = node_link("ab bc")
    data["links"][1]["weight"] = -0.5
    graph = Hypergraph(3, (Hyperedge((0, 1), 1.0), Hyperedge((1, 2), -0.5)))
    assert hypergraph_of_json(data, "x").graph == graph
    data["edges"] = data.pop("links")
    assert hypergraph_of_json(data, "x").graph == graph


def test_names_of_this_projects_json_are_labels():
    assert read_hypergraph_file(FOLDER / "named.json").graph.labels == ("alice", "bob", "carol")


@pytest.mark.parametrize(
    "record",
    [{"weight": 0.3}, {"attrs": {"weight": 0.3}}, {"weight": 0.3, "attrs": {"weight": 0.3}}],
)
def test_a_weight_of_hif_stands_in_the_record_or_its_attributes(record):
    assert hypergraph_of_json(hif(edges=[{"edge": "e", **record}]), "x").graph.edges[0].weight == 0.3


@pytest.mark.parametrize("record", [{}, {"weight": None}, {"attrs": {}}, {"attrs": {"weight": None}}])
def test_an_edge_of_hif_without_a_weight_weighs_one(record):
    assert hypergraph_of_json(hif(edges=[{"edge": "e", **record}]), "x").graph.edges[0].weight == 1.0


def test_integers_keep_their_numbers_and_others_are_numbered_as_they_appear():
    numbers = {"incidences": [{"edge": "e", "node": 2}, {"edge": "e", "node": 0}, {"edge": "f", "node": 5}]}
    found = hypergraph_of_json(numbers, "x")
    assert found.graph == Hypergraph(6, (Hyperedge((0, 2), 1.0), Hyperedge((5,), 1.0)))
    assert found.graph.labels == ()
    assert found.notes == (
        "nodes keep the numbers that they have in the file, and 3 modes, the first of them mode 1, belong to no node",
    )
    texts = {"edge-dict": {"0": ["2", "0"], "1": ["5"]}}  # XGI writes all names as texts
    assert hypergraph_of_json(texts, "x").graph == found.graph
    numbers["incidences"][0]["node"] = 10_000  # more than the largest number of a mode
    assert hypergraph_of_json(numbers, "x").graph == Hypergraph(3, (Hyperedge((0, 1), 1.0), Hyperedge((2,), 1.0)))
    assert hypergraph_of_json(numbers, "x").graph.labels == ("10000", "0", "5")


def test_integers_with_names_for_people_keep_their_numbers_too():
    nodes = [{"node": 2, "attrs": {"name": "Ann"}}, {"node": 0, "attrs": {"label": "Ben"}}]
    found = hypergraph_of_json({"incidences": [{"edge": "e", "node": n} for n in (0, 2)], "nodes": nodes}, "x")
    assert found.graph == Hypergraph(3, (Hyperedge((0, 2), 1.0),))
    assert found.graph.labels == ("Ben", "1", "Ann")


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (hif(edges=[{"edge": "e"}, {"edge": "empty"}]), "edges without nodes are left out (1)"),
        (hif("ea eb ea"), "incidences that are listed twice are read once (1)"),
        (hif(nodes=[{"node": "a", "weight": 2}, {"node": "b", "weight": 1}]), "weights of nodes are left out (1)"),
        (
            {"incidences": [{"edge": "e", "node": "a", "weight": 0.5}, {"edge": "e", "node": "b", "weight": 1}]},
            "weights of incidences are left out (1)",
        ),
        (hif(**{"network-type": "asc"}), "faces are not"),
        (xgi(type="simplicialcomplex"), "faces are not"),
        (xgi(**{"edge-data": {"9": {"weight": 3}}}), 'entries of "edge-data" that belong to no edge are left out (1)'),
        ({"edge-dict": {"0": ["a", "b"], "1": []}}, "edges without nodes are left out (1)"),
    ],
)
def test_what_is_left_out_is_said(data, note):
    found = hypergraph_of_json(data, "x")
    assert found.graph == Hypergraph(2, (Hyperedge((0, 1), 1.0),))
    assert any(note in said for said in found.notes), found.notes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (hif(**{"network-type": "directed"}), "have directions"),
        ({"incidences": [{"edge": "e", "node": "a", "direction": "head"}]}, "have directions"),
        (hif(**{"network-type": "tree"}), '"network-type" must be'),
        (hif(**{"network-type": ["asc"]}), '"network-type" must be'),
        (hif(other=1), "unknown key 'other'; known: network-type"),
        (hif(metadata=[]), '"metadata" must be a JSON object'),
        ({"network-type": "undirected", "nodes": []}, 'needs "incidences"'),
        ({"incidences": {}}, '"incidences" must be a list'),
        ({"incidences": [1]}, r"incidences\[0\] must be a JSON object"),
        ({"incidences": [{"edge": "e"}]}, r"incidences\[0\]: the node must be named by .* found None"),
        ({"incidences": [{"node": "a"}]}, r"incidences\[0\]: the edge must be named"),
        ({"incidences": [{"edge": "e", "node": 1.5}]}, "found 1.5 of type float"),
        ({"incidences": [{"edge": "e", "node": True}]}, "found True of type bool"),
        ({"incidences": [{"edge": "e", "node": ""}]}, "found '' of type str"),
        ({"incidences": [{"edge": "e", "node": "a", "test": 1}]}, "unknown key 'test'"),
        ({"incidences": [{"edge": "e", "node": "a", "weight": "1"}]}, "the weight must be a number"),
        ({"incidences": []}, "has no nodes"),
        (hif(edges=[{"edge": "e", "weight": "heavy"}]), "the weight must be a number, found 'heavy'"),
        (hif(edges=[{"edge": "e", "weight": 10**400}]), "finite"),
        (hif(edges=[{"edge": "e", "weight": 1}, {"edge": "e", "weight": 2}]), "has two weights, 1 and 2"),
        (hif(edges=[{"edge": "e", "weight": 1, "attrs": {"weight": 2}}]), "has two weights, 1 and 2"),
        (hif(edges=[{"edge": "e", "attrs": []}]), '"attrs" must be a JSON object'),
        (hif(edges=[{}]), r"edges\[0\]: the edge must be named"),
        (hif(nodes=[{"node": "a", "colour": 1}]), "unknown key 'colour'"),
        ({"incidences": [{"edge": "e", "node": 1}, {"edge": "e", "node": "1"}]}, "both the integer '1' and the text"),
        (xgi(type="dihypergraph"), '"type" must be hypergraph or simplicialcomplex, found .dihypergraph'),
        (xgi(other=1), "unknown key 'other'"),
        (xgi(**{"edge-dict": []}), '"edge-dict" must be a JSON object'),
        (xgi(**{"edge-dict": {"0": "ab"}}), "edge '0' must be a list"),
        (xgi(**{"edge-dict": {"0": {"head": ["a"], "tail": ["b"]}}}), "edge '0' must be a list"),
        (xgi(**{"edge-dict": {"0": [["a"], ["b"]]}}), "a node must be named by a text or an integer"),
        (xgi(**{"edge-dict": {"0": ["a", "b", "a"]}}), "edge '0': names node 'a' twice"),
        (xgi(**{"edge-dict": {"0": ["1", 1]}}), "edge '0': names node '1' twice"),
        (xgi(**{"edge-dict": {"0": []}}), "has no nodes"),
        (xgi(**{"edge-data": {"0": {"weight": "2"}}}), "the weight must be a number"),
        (xgi(**{"edge-data": {"0": 2}}), "must be a JSON object"),
        (xgi(**{"node-data": ["a"]}), '"node-data" must be a JSON object'),
        ({"hypergraph-data": {}, "node-data": {"a": {}}}, 'needs "edge-dict"'),
        ({"type": "collection", "datasets": {"a": {"relative-path": "a.json"}}}, "collection of several hypergraphs"),
        (node_link("ab", directed=True), "undirected graph without parallel edges"),
        (node_link("ab", multigraph=True), "undirected graph without parallel edges"),
        (node_link("ab", directed="no"), "undirected graph without parallel edges"),
        (node_link("ab ba"), "listed twice"),
        (node_link("aa"), "self-loop"),
        ({"nodes": [{"id": "a"}, {"id": "a"}], "links": []}, "node 'a' is listed twice"),
        ({"nodes": [{"id": "a"}], "links": [{"source": "a", "target": "b"}]}, "'b' is not in \"nodes\""),
        ({"nodes": [{"name": "a"}], "links": []}, '"id" must be named'),
        ({"nodes": ["a"], "links": []}, r"nodes\[0\] must be a JSON object"),
        ({"nodes": [], "links": []}, "at least one node"),
        ({"nodes": [{"id": "a", "bipartite": 0}, {"id": "b"}], "links": []}, "node 'b' has no attribute bipartite"),
        ({"nodes": [{"id": "a", "bipartite": 2}], "links": []}, "bipartite must be 0 .a mode. or 1"),
    ],
)
def test_broken_json_is_refused_with_one_line(data, message):
    with pytest.raises(InputError, match=message) as caught:
        hypergraph_of_json(data, "file.json")
    assert str(caught.value).startswith("file.json") and "\n" not in str(caught.value)


def test_names_that_cannot_be_printed_are_made_printable(tmp_path):
    data = {"edge-dict": {"0": ["a\nb", "\ud800", "é", "x" * 5000]}}
    (tmp_path / "x.json").write_text(json.dumps(data))
    labels = read_hypergraph_file(tmp_path / "x.json").graph.labels
    assert labels == ("a b", "?", "é", "x" * 97 + "...")
