"""Sets of simplices: found from any of their files, repetitions counted, numbers of lines that must agree."""

import shutil

import pytest
from places import DATA

from compiler.errors import InputError
from qumode_khrnn.network.formats.read import read_hypergraph, read_hypergraph_file
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

PARTS = ("nverts", "simplices", "times", "node-labels")
MEETINGS = Hypergraph(4, (Hyperedge((0, 1), 1.0), Hyperedge((0, 2, 3), 2.0), Hyperedge((1, 3), 1.0)))
"""Simplices 1 2, 3 1 4, 4 3 1 and 4 2: the second and the third are one edge of weight 2."""
LABELS = ("ann@example.org", "ben@example.org", "cleo of the lab", "dan@example.org")


@pytest.fixture
def folder(tmp_path):
    for part in PARTS:
        shutil.copy(DATA / "hypergraphs" / f"meetings-{part}.txt", tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["", "meetings", *(f"meetings-{part}.txt" for part in PARTS)])
def test_any_path_of_the_set_names_it(folder, path):
    found = read_hypergraph_file(folder / path)
    assert found.graph == MEETINGS and found.graph.labels == LABELS
    assert found.form.startswith("set of 4 simplices; the weight of an edge is how often it is listed")


def test_times_and_labels_are_optional(folder):
    (folder / "meetings-times.txt").unlink()
    (folder / "meetings-node-labels.txt").unlink()
    assert read_hypergraph(folder) == MEETINGS
    assert read_hypergraph(folder).labels == ("1", "2", "3", "4")


def test_large_numbers_are_numbered_as_they_appear(folder):
    (folder / "meetings-nverts.txt").write_text("2\n2\n")
    (folder / "meetings-simplices.txt").write_text("1900000\n3\n3\n1\n")
    (folder / "meetings-times.txt").unlink()
    graph = read_hypergraph(folder)
    assert graph == Hypergraph(3, (Hyperedge((0, 1), 1.0), Hyperedge((1, 2), 1.0)))
    assert graph.labels == ("1900000", "cleo of the lab", "ann@example.org")


@pytest.mark.parametrize(
    ("part", "text", "message"),
    [
        ("nverts", "2\n3\n3\n", "must have 8 lines, the sum of the sizes in meetings-nverts.txt, found 10"),
        ("nverts", "2\n3\n3\n3\n", "must have 11 lines"),
        ("nverts", "2\n3\n5\n0\n", "needs at least one node, found 0"),
        ("nverts", "2\n3\n7\n-2\n", "needs at least one node, found -2"),
        ("nverts", "2\n3\nx\n2\n", "nverts.txt: line 3: must be one integer, found 'x'"),
        ("nverts", "2 3\n3\n2\n", "line 1: must be one integer, found '2 3'"),
        ("nverts", "9" * 30, "line 1: must be one integer"),
        ("simplices", "1\n2\n3\n1\n4\n4\n3\n1\n4\n0\n", "simplices.txt: nodes are numbered from 1 on, found 0"),
        ("simplices", "1\n1\n3\n1\n4\n4\n3\n1\n4\n2\n", "simplex 1: names node '1' twice"),
        ("simplices", "1\n2\n3.5\n", "line 3: must be one integer"),
        ("times", "1\n2\n3\n", "times.txt: must have one line per simplex of meetings-nverts.txt, 4, found 3"),
        ("times", "1\n2\n3\nnow\n", "times.txt: line 4: must be one integer"),
        ("node-labels", "1 ann\nben\n", "node-labels.txt: line 2: must be a node's number and its name"),
        ("node-labels", "1 ann\n1 ben\n", "node-labels.txt: line 2: node 1 has a second name"),
    ],
)
def test_broken_sets_name_the_file(folder, part, text, message):
    (folder / f"meetings-{part}.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_hypergraph(folder)


@pytest.mark.parametrize("part", ["nverts", "simplices"])
def test_a_missing_file_is_named(folder, part):
    (folder / f"meetings-{part}.txt").unlink()
    with pytest.raises(InputError, match=rf"cannot read .*meetings-{part}\.txt"):
        read_hypergraph(folder / "meetings-times.txt")


def test_a_folder_must_hold_one_set(folder):
    shutil.copy(folder / "meetings-nverts.txt", folder / "other-nverts.txt")
    with pytest.raises(InputError, match="several sets of simplices"):
        read_hypergraph(folder)
    assert read_hypergraph(folder / "meetings") == MEETINGS


def test_an_empty_set_is_refused(folder):
    for part in PARTS:
        (folder / f"meetings-{part}.txt").write_text("")
    with pytest.raises(InputError, match="has no nodes"):
        read_hypergraph(folder)
