"""hMETIS files: weights of hyperedges and vertices, comments, and counts that must agree."""

import pytest
from places import DATA

from compiler.errors import InputError
from qumode_khrnn.network.formats.hmetis import read_hmetis
from qumode_khrnn.network.formats.read import read_hypergraph_file
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph


def test_without_weights():
    found = read_hypergraph_file(DATA / "hypergraphs" / "unweighted.hgr")
    edges = (Hyperedge((0, 1, 2), 1.0), Hyperedge((1, 4), 1.0), Hyperedge((2, 3, 4), 1.0))
    assert found.graph == Hypergraph(5, edges)
    assert found.graph.labels == ("1", "2", "3", "4", "5")
    assert found.form == "hMETIS, without weights of hyperedges; vertex v is mode v - 1" and not found.notes


def test_with_weights_of_hyperedges_and_vertices():
    found = read_hypergraph_file(DATA / "hypergraphs" / "weighted.hgr")
    assert found.graph == Hypergraph(4, (Hyperedge((0, 1, 3), 3.0), Hyperedge((2, 3), 2.0)))
    assert found.notes == ("the weights of vertices are left out: a phase has one weight per edge",)


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("1 3\n1 2 3", [((0, 1, 2), 1.0)]),
        ("1 3 0\n1 2 3", [((0, 1, 2), 1.0)]),
        ("1 3 00\n1 2 3", [((0, 1, 2), 1.0)]),
        ("1 3 01\n7 2 3", [((1, 2), 7.0)]),
        ("1 3 1\n-0.5 2 3", [((1, 2), -0.5)]),
        ("1 2 10\n1 2\n5\n6", [((0, 1), 1.0)]),
        ("%\n\n% head\n1 3\n\n  % inside\n\t3 1\n", [((0, 2), 1.0)]),
        ("0 3\n", []),
    ],
)
def test_headers(text, edges):
    assert [(edge.modes, edge.weight) for edge in read_hmetis(text, "x").graph.edges] == edges


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "needs a line with the numbers"),
        ("% only a comment", "needs a line with the numbers"),
        ("1", "line 1: must be the numbers"),
        ("1 2 3 4\n1 2", "line 1: must be the numbers"),
        ("one 2\n1 2", "line 1: must be the numbers"),
        ("1 2 7\n1 2", "line 1: the third number must be 0, 1, 10 or 11"),
        ("1 0\n", r"line 1: must have 1\.\.10000 vertices, found 0"),
        ("1 10001\n1", "found 10001"),
        ("999999999 3\n1 2", "line 1: may have at most 250000 hyperedges"),
        ("9" * 5000 + " 3\n1", "line 1: must be the numbers"),
        ("2 3\n1 2", "announces 2 hyperedges, found 1"),
        ("1 3\n1 2\n2 3", "line 3: must not exist"),
        ("1 2 10\n1 2\n5", "2 weights of vertices must follow, found 1"),
        ("1 2 10\n1 2\n5\n6\n7", "line 5: must not exist"),
        ("1 2 10\n1 2\n5\nx", "line 4: the weight of a vertex must be a number"),
        ("1 3\n0 1", r"line 2: vertices must be integers in 1\.\.3, found '0'"),
        ("1 3\n1 4", "found '4'"),
        ("1 3\n1 -2", "found '-2'"),
        ("1 3\n1 2.0", "found '2.0'"),
        ("1 3\n1 1_0", "found '1_0'"),
        ("1 3\n1 ٢", "found '٢'"),
        ("1 3\n1 2 1", "line 2: names node '1' twice"),
        ("1 3\n1 2 01", "line 2: names node '1' twice"),
        ("1 3 1\n2", "line 2: a hyperedge needs at least one vertex"),
        ("1 3 1\nx 1", "line 2: the weight, its first number, must be a number"),
        ("1 3 1\n1e999 1", "must be a finite number"),
        ("1 3 1\nnan 1", "must be a finite number"),
    ],
)
def test_broken_files_name_the_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        read_hmetis(text, "x.hgr")
    assert str(caught.value).startswith("x.hgr: ")
