"""Tables and lists: separators, headers, weights, and the ambiguity of integers in the last column."""

import pytest
from places import DATA

from compiler.errors import InputError
from qumode_khrnn.network.formats.read import read_hypergraph_file
from qumode_khrnn.network.formats.table import read_table
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

FOLDER = DATA / "hypergraphs"
AMBIGUOUS = "0,1,2\n1,2,3\n0,3,4\n"


def edges_of(text, weights=None, plain_list=False):
    """The edges, with the labels of their nodes in place of modes if there are labels."""
    graph = read_table(text, "x", weights, plain_list).graph
    names = graph.labels or range(graph.modes)
    return [(tuple(names[mode] for mode in edge.modes), edge.weight) for edge in graph.edges]


def test_header_with_a_weight_and_smaller_edges():
    found = read_hypergraph_file(FOLDER / "header.csv")
    edges = (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 2), 2.0), Hyperedge((0, 1, 3), -0.1))
    assert found.graph == Hypergraph(4, edges)
    assert found.graph.labels == ("alice", "bob", "carol", "dan")
    assert "weights in the column 'weight'" in found.form and not found.notes


def test_one_incidence_per_line():
    found = read_hypergraph_file(FOLDER / "incidences.csv")
    assert found.graph == Hypergraph(3, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 2), 0.5)))
    assert found.graph.labels == ("alice", "bob", "carol")
    assert found.form.startswith("one incidence per line under a header, separated by semicolons")


def test_plain_list():
    found = read_hypergraph_file(FOLDER / "list.txt")
    edges = (Hyperedge((0, 1, 2), 1.0), Hyperedge((1, 3), 1.0), Hyperedge((0, 2, 3, 4), 1.0))
    assert found.graph == Hypergraph(5, edges)
    assert found.notes == (
        "every integer was read as a node; give --weights last if the last of each line is a weight",
    )


def test_decimals_without_a_header():
    found = read_hypergraph_file(FOLDER / "decimals.csv")
    assert found.graph == Hypergraph(4, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), -0.2)))
    assert found.form == "one hyperedge per line, separated by semicolons; weights in the last column"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", "  ", ", ", " ; ", " | "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_separators_line_ends_and_byte_order_marks(tmp_path, separator, end, start):
    rows = ["# a comment", "", "0 1 2 0.3", "1 3 -2", "2 0.5"]
    text = end.join(rows[:2] + [row.replace(" ", separator) for row in rows[2:]]) + end
    (tmp_path / "x.csv").write_bytes(start + text.encode())
    found = read_hypergraph_file(tmp_path / "x.csv").graph
    assert found == Hypergraph(4, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), -2.0), Hyperedge((2,), 0.5)))


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("0,1,2\n0,1,0.3", [((0, 1), 2.0), ((0, 1), 0.3)]),  # one decimal number: all are weights
        ("0,1,2\n0,1,-3", [((0, 1), 2.0), ((0, 1), -3.0)]),  # a negative one, too
        ("0,1,1e0", [((0, 1), 1.0)]),
        ("alice,bob,carol\nbob,dan", [(("alice", "bob", "carol"), 1.0), (("bob", "dan"), 1.0)]),
        ("alice,bob,3\nbob,dan,carol,2", [(("alice", "bob"), 3.0), (("bob", "dan", "carol"), 2.0)]),
        ("alice,bob,0.3\nbob,alice,2", [(("alice", "bob"), 0.3), (("alice", "bob"), 2.0)]),
        ('"Smith, J."; "Doe"\n', [(("Smith, J.", "Doe"), 1.0)]),
        ("007,008,0.5\n", [(("007", "008"), 0.5)]),  # leading zeros make names
        ("3\n0\n", [((3,), 1.0), ((0,), 1.0)]),
        ("a,b,c,weight\n0,1,2,0.3", [((0, 1, 2), 0.3)]),
        ("a,b,c,weight\n0,1,2,3", [((0, 1, 2), 3.0)]),
        ("weight;a;b\n3;0;1", [((0, 1), 3.0)]),
        ("a b W\n0 1 3", [((0, 1), 3.0)]),
        ("a,b,c\n0,1,0.5\n1,2,1", [((0, 1), 0.5), ((1, 2), 1.0)]),
        ("node1,node2,node3\n0,1,2\n1,2", [((0, 1, 2), 1.0), ((1, 2), 1.0)]),
        ("node 1;Node_2\nalice;bob", [(("alice", "bob"), 1.0)]),
        ("source,target\n0,1", [((0, 1), 1.0)]),
        ("source,target,weight\n0,1,2", [((0, 1), 2.0)]),
        (",node1,node2,weight\n0,3,4,0.5\n1,4,5,2", [((3, 4), 0.5), ((4, 5), 2.0)]),  # an index, as pandas writes it
        ("node1,node2,time\n0,1,1999", [((0, 1), 1.0)]),
        ("edge,node1,node2,node3\n7,0,1,2\n8,1,2,", [((0, 1, 2), 1.0), ((1, 2), 1.0)]),
        ("node,edge\n0,e\n1,f\n2,e\n", [((0, 2), 1.0), ((1,), 1.0)]),
        ("hyperedge_id\tvertex_id\n1\t0\n1\t1\n", [((0, 1), 1.0)]),
        ("node1,node2\nnode2,node3", [(("node1", "node2"), 1.0), (("node2", "node3"), 1.0)]),  # no header: used below
        ("u,v,w,weight\n0,1,2,0.3", [((0, 1, 2), 0.3)]),  # w is a node, since v stands before it
        ("u,v,w\n0,1,0.5", [((0, 1), 0.5)]),
        ("a,b,c\n0,1,2\n0,1,", [((0, 1, 2), 1.0), ((0, 1), 1.0)]),  # a weight is never blank
        ("u,v,w\nw,x,y", [(("u", "v", "w"), 1.0), (("w", "x", "y"), 1.0)]),  # w is a node here
    ],
)
def test_what_a_table_says_itself(text, edges):
    assert edges_of(text) == edges


@pytest.mark.parametrize(
    ("text", "weights", "edges"),
    [
        (AMBIGUOUS, "last", [((0, 1), 2.0), ((1, 2), 3.0), ((0, 3), 4.0)]),
        (AMBIGUOUS, "none", [((0, 1, 2), 1.0), ((1, 2, 3), 1.0), ((0, 3, 4), 1.0)]),
        ("0,alice,3", "last", [(("0", "alice"), 3.0)]),
        ("0,alice,3", "none", [(("0", "alice", "3"), 1.0)]),
        ("a,b,c\n0,1,2", "last", [((0, 1), 2.0)]),
        ("a,b,c\n0,1,2", "none", [((0, 1, 2), 1.0)]),
        ("a,b,c\n0,1,2", "b", [((0, 2), 1.0)]),
        ("a,b,count\nalice,bob,2", "count", [(("alice", "bob"), 2.0)]),
        ("a,b,weight\n0,1,2", "none", [((0, 1), 1.0)]),
        ("a,weight,count\n0,1,2", "count", [((0,), 2.0)]),
        ("a,weight,b\n0,5,2", "last", [((0,), 2.0)]),
        ("edge,node,n\ne,0,2\ne,1,2", "n", [((0, 1), 2.0)]),
    ],
)
def test_weights_decides(text, weights, edges):
    assert edges_of(text, weights) == edges


@pytest.mark.parametrize(
    "text",
    [
        AMBIGUOUS,
        "0 1 2\n1 2 3",
        "0;1\n1;2",
        "0,1,1\n1,2,1",
        "0,1,100\n1,2,7",
        "1,2,3\n4",
        "0,1,007",
        "101,102,9000000",
        "u,v,w\n0,1,2",
    ],
)
def test_integers_in_the_last_column_are_not_taken_for_weights_in_silence(text):
    with pytest.raises(InputError, match=r"ambiguous.*nodes or weights.*--weights (last|w) .*--weights none") as caught:
        read_table(text, "x.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "order"), [(AMBIGUOUS, 3), ("0 1 2\n1 2 3", 3), ("0;1\n1;2", 2), ("1,2,3\n4", 3), ("u,v,w\n0,1,2", 3)]
)
def test_a_plain_list_takes_them_for_nodes_and_says_so(text, order):
    found = read_table(text, "x.txt", plain_list=True)
    assert {edge.weight for edge in found.graph.edges} == {1.0}
    assert found.graph.order == order
    assert found.notes[0].startswith("every integer was read as a node; give --weights last if")


def test_an_ambiguous_column_is_named():
    with pytest.raises(InputError, match=r"ambiguous: the last column 'c' .*\(line 2: 0 1 2\); give --weights c if"):
        read_table("a,b,c\n0,1,2", "x.csv")
    for text in ("node1,node2,count\n0,1,2", "edge;node;count\ne;0;2"):
        with pytest.raises(InputError, match="ambiguous: the column 'count' may hold weights; give --weights count if"):
            read_table(text, "x.csv")
    assert edges_of("node1,node2,count\n0,1,2", "count") == [((0, 1), 2.0)]
    assert edges_of("node1,node2,count\n0,1,2", "none") == [((0, 1), 1.0)]


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (",node1,node2,weight\n0,3,4,0.5", "number 1"),
        ("node1,node2,time\n0,1,1999", "time"),
        ("node1,node2,weight,colour of it\n0,1,2,red", "colour of it"),
    ],
)
def test_columns_that_are_left_out_are_named(text, left_out):
    assert f"the column '{left_out}' is left out" in read_table(text, "x").notes


@pytest.mark.parametrize(
    ("text", "weights", "message"),
    [
        ("", None, "has no edges"),
        ("# a\n% b\n,,\n", None, "has no edges"),
        ("a,b,weight", None, "has no edges"),
        ("0,1,x", None, "line 1: 'x' is text, and line 1 has the node '0'"),
        ("0,1\n1,x", None, "line 2: 'x' is text"),
        ("a,1,0.5", None, "line 1: '1' is an integer, and line 1 has the node 'a'"),
        ("1_0,0,0.3", None, "line 1"),
        ("0,1,nan", None, "line 1: the weight must be a finite number, found 'nan'"),
        ("0,1,1e999", None, "must be a finite number"),
        ("0,1,0.3\n0,1,x", None, "line 2: the weight must be a number, found 'x'"),
        ("0,0,0.5", None, "line 1: names node '0' twice"),
        ("alice,bob,alice", None, "line 1: names node 'alice' twice"),
        ("0.5", None, "line 1: holds a weight and no node"),
        ("-1,2,0.5", None, "nodes must be integers >= 0 or names, found the number '-1'"),
        ("0,1.5,0.5", None, "found the number '1.5'"),
        ("0,1,0.5", "none", "found the number '0.5'"),
        ("0,,2", None, "line 1: cell 2 is blank"),
        ("0,1,", None, "line 1: cell 3 is blank"),
        ("0;1;0,3", None, "line 1: holds semicolons and commas; .* decimal point"),
        ("0,1,2;0.5\n0,1,3;0.5", None, "holds semicolons and commas"),
        ('"0,1', None, "line 1: not valid CSV"),
        ("0," + "1" * 200_000, None, "line 1: not valid CSV"),
        ("1" * 2000, None, "line 1: not valid CSV: a cell has 2000 characters"),
        ("0\x001,2", None, "line 1: holds characters that cannot be printed"),
        ("alice\u202ebob,carol", None, "line 1: holds characters that cannot be printed"),
        (" ".join(map(str, range(10_200))), None, "line 1: has more cells than the 10000 nodes"),
        ("\n".join(map(str, range(10_000, 20_002))), None, "has 10002 nodes; at most 10000 become modes"),
        ("a,b,weight\n0,1", None, "line 2: must have 3 cells, as the header has, found 2"),
        ("a,b,weight\n0,1,2,3", None, "line 2: must have 3 cells"),
        ("a,b,weight\n0,1,", None, "line 2: the weight must be a number, found ''"),
        ("a,b,weight\n,,3", None, "line 2: an edge needs at least one node"),
        ("weight\n3", None, "line 1: the header names no column of nodes"),
        ("edge,nodes\ne,0 1 2\nf,1 2", None, "line 2: the column 'nodes' holds several nodes in one cell"),
        ("edge,node\n,0\ne,1", None, "line 2: the name of the edge is blank"),
        ("edge,node\ne,0\ne,0", None, "edge 'e': names node '0' twice"),
        ("edge,node,weight\ne,0,1\ne,1,2", None, "line 3: edge 'e' has two weights, 1 and 2"),
        ("0,1,2", "c", "--weights must be last, none or the name of a column; .* no column 'c', found '0', '1', '2'"),
        ("", "c", "no column 'c', found nothing"),
        ("a,b,c\n0,1,x", "c", "line 2: the weight must be a number, found 'x'"),
        ("0,1,x", "last", "line 1: the weight must be a number, found 'x'"),
        ("0,1\n2", "last", "line 2: holds a weight and no node"),
    ],
)
def test_broken_tables_name_the_line(text, weights, message):
    with pytest.raises(InputError, match=message) as caught:
        read_table(text, "x.csv", weights)
    assert str(caught.value).startswith("x.csv: ") and "\n" not in str(caught.value)
