"""The front door of the readers: which reader a path gets, and what no reader may be given."""

import json
import os
import threading

import pytest
from places import DATA, DOCS

from compiler.errors import InputError
from qumode_khrnn import read_hypergraph
from qumode_khrnn.network.formats import text
from qumode_khrnn.network.formats.read import ENDINGS, JSON_FORMATS, read_hypergraph_file
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

FOLDER = DATA / "hypergraphs"
TRIANGLE = Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.JSON", json.dumps(TRIANGLE.to_json())),
        ("a.hif.json", '{"incidences": [{"edge": 0, "node": 0}, {"edge": 0, "node": 1}, {"edge": 0, "node": 2}], '
         '"edges": [{"edge": 0, "weight": 0.3}]}'),
        ("a.csv", "0,1,2,0.3"),
        ("a.CSV", "0 1 2 0.3"),
        ("a.tsv", "0\t1\t2\t0.3"),
        ("a.txt", "0 1 2 0.3"),
        ("a.edgelist", "0 1 2 0.3"),
        ("a.edges", "0|1|2|0.3"),
        ("a.hgr", "1 3 1\n0.3 1 2 3"),
        ("a.hmetis", "1 3 1\n0.3 1 2 3"),
        ("meeting-times.txt", "0 1 2 0.3"),  # of no set of simplices
    ],
)  # fmt: skip
def test_the_ending_and_the_keys_choose_the_reader(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert read_hypergraph(tmp_path / name) == TRIANGLE
    assert read_hypergraph(str(tmp_path / name)) == TRIANGLE


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.txt.gz", "folder"])
def test_other_endings_are_refused_with_those_that_are_read(tmp_path, name):
    (tmp_path / "a.pdf").write_text("0 1 2")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="ends in") as caught:
        read_hypergraph(tmp_path / name)
    assert all(ending in str(caught.value) for ending in ENDINGS)


@pytest.mark.parametrize("name", ["friends.hif.json", "friends.xgi.json", "weighted.hgr", "meetings-nverts.txt"])
def test_weights_are_not_asked_for_where_the_file_has_them(name):
    with pytest.raises(InputError, match="--weights is for tables and lists"):
        read_hypergraph(FOLDER / name, "last")


def test_files_are_read_up_to_a_size(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"0,1,2,0.3\n" + b"\n" * (10**6 - 10))
    assert text.read_bounded(path, 1).startswith("0,1,2,0.3")
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(InputError, match="at most 1 MB"):
        text.read_bounded(path, 1)


def test_a_source_without_an_end_is_refused(tmp_path):
    with pytest.raises(InputError, match="at most 20 MB"):
        read_endless(tmp_path)


def read_endless(tmp_path):
    """Read a pipe that somebody fills for ever."""
    path = tmp_path / "endless.csv"
    os.mkfifo(path)

    def fill():
        with open(path, "wb") as pipe:
            try:
                while True:
                    pipe.write(b"0,1,2,0.3\n" * 10_000)
            except BrokenPipeError:
                return

    writer = threading.Thread(target=fill, daemon=True)
    writer.start()
    try:
        return read_hypergraph_file(path)
    finally:
        writer.join(5)


@pytest.mark.parametrize("content", [b"\xff\xfe0\x00", "0,é".encode("latin-1"), b"\x80"])
def test_other_encodings_are_refused(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match="UTF-8"):
        read_hypergraph(tmp_path / "a.csv")


def test_absent_and_impossible_paths_are_refused(tmp_path):
    for path in (tmp_path / "absent.json", tmp_path / "absent.hgr", tmp_path / ("x" * 300 + ".csv")):
        with pytest.raises(InputError, match="cannot read"):
            read_hypergraph(path)


def test_too_many_hyperedges_are_refused(tmp_path):
    """A line more is allowed for a header."""
    (tmp_path / "a.txt").write_text("0 1\n" * 250_002)
    with pytest.raises(InputError, match="more than 250000 hyperedges"):
        read_hypergraph(tmp_path / "a.txt")
    (tmp_path / "a.json").write_text(json.dumps({"edge-dict": {str(edge): [] for edge in range(250_001)}}))
    with pytest.raises(InputError, match="more than 250000 hyperedges"):
        read_hypergraph(tmp_path / "a.json")


def test_a_key_that_appears_twice_is_named_in_linear_time(tmp_path):
    """Among 200,000 keys; comparing each with all before it would take hours."""
    keys = ", ".join(f'"{edge}": []' for edge in [*range(200_000), 777])
    (tmp_path / "a.json").write_text(f'{{"edge-dict": {{{keys}}}}}')
    with pytest.raises(InputError, match="the key '777' appears twice"):
        read_hypergraph(tmp_path / "a.json")


def test_the_page_describes_every_format():
    page = (DOCS / "hypergraphs.md").read_text(encoding="utf-8")
    for ending in ENDINGS:
        assert f"`{ending}`" in page, ending
    for form in JSON_FORMATS:
        assert form.name in page, form.name
