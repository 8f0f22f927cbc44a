"""``khrnn compile`` on one small file of every published hypergraph format: the right phases, and labels."""

import json

import pytest
from command import khrnn, ok, refused
from places import DATA

from compiler.files import read_json
from compiler.ir.operations import ControlledZ, PolynomialPhase
from compiler.ir.serialize import circuit_from_json

FOLDER = DATA / "hypergraphs"
ALICE_BOB_CAROL = ["alice", "bob", "carol"]

FILES = {
    "friends.hif.json": (
        {(0, 2, 3): 0.3, (0, 1, 2): -0.2},
        ["dora", "Emil K.", "alice", "bob"],
        "HIF",
    ),
    "friends.xgi.json": (
        {(0, 1, 2): 0.3, (1, 3): 1.0, (0, 2, 3): -0.25},
        [*ALICE_BOB_CAROL, "Dora M."],
        "XGI JSON",
    ),
    "unweighted.hgr": (
        {(0, 1, 2): 1.0, (1, 4): 1.0, (2, 3, 4): 1.0},
        ["1", "2", "3", "4", "5"],
        "hMETIS, without weights",
    ),
    "weighted.hgr": ({(0, 1, 3): 3.0, (2, 3): 2.0}, ["1", "2", "3", "4"], "hMETIS, with weights"),
    "meetings-simplices.txt": (
        {(0, 1): 1.0, (0, 2, 3): 2.0, (1, 3): 1.0},
        ["ann@example.org", "ben@example.org", "cleo of the lab", "dan@example.org"],
        "set of 4 simplices",
    ),
    "header.csv": (
        {(0, 1, 2): 0.3, (1, 2): 2.0, (0, 1, 3): -0.1},
        [*ALICE_BOB_CAROL, "dan"],
        "one hyperedge per line under a header",
    ),
    "incidences.csv": ({(0, 1, 2): 0.3, (1, 2): 0.5}, ALICE_BOB_CAROL, "one incidence per line"),
    "list.txt": ({(0, 1, 2): 1.0, (1, 3): 1.0, (0, 2, 3, 4): 1.0}, [], "one hyperedge per line"),
    "graph.json": ({(0, 1, 2): 0.3, (1, 2): 1.0}, ALICE_BOB_CAROL, "node-link JSON"),
    "named.json": ({(0, 1, 2): 0.3}, ALICE_BOB_CAROL, "hypergraph JSON of this project"),
}
"""Edges, labels, and how the reading is called; all written out by hand."""


def phases(folder):
    """Weights by modes of the gates ``exp(i w x_a x_b .. / hbar)`` in the logical circuit that was compiled."""
    circuit = circuit_from_json(read_json(folder / "source.json"), "source.json")
    found = {}
    for op in circuit.operations:
        if isinstance(op, ControlledZ):
            found[tuple(sorted(op.modes))] = op.s
        if isinstance(op, PolynomialPhase):
            ((powers, weight),) = op.polynomial.terms.items()
            assert {power for _, power in powers} == {1}
            found[tuple(mode for mode, _ in powers)] = weight
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_format_compiles_to_its_edges_and_keeps_its_labels(name, tmp_path):
    edges, labels, form = FILES[name]
    args = ("compile", FOLDER / name, "--effort", 0, "--out", tmp_path / "out")
    done = khrnn(*args, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert phases(tmp_path / "out") == edges
    assert (data["edges"], data["modes"]) == (len(edges), 1 + max(map(max, edges)))
    assert data["labels"] == labels and data["read_as"].startswith(form)
    assert data["verification"]["equivalent"]
    assert done.stderr == "".join(f"khrnn: note: {note}\n" for note in data["notes"])
    stored = tmp_path / "out" / "labels.json"
    assert (json.loads(stored.read_text()) if labels else []) == labels and stored.exists() == bool(labels)


def test_stored_labels_are_certified_and_go_with_their_program(tmp_path):
    out = tmp_path / "out"
    ok("compile", FOLDER / "friends.xgi.json", "--effort", 0, "--out", out)
    ok("verify", out)
    stored = out / "labels.json"
    stored.write_text(stored.read_text().replace("alice", "eve"))
    found = khrnn("verify", out)
    assert found.returncode == 1 and "labels.json" in found.stdout + found.stderr
    (tmp_path / "numbers.txt").write_text("0 1\n1 2\n")
    ok("compile", tmp_path / "numbers.txt", "--effort", 0, "--out", out, "--force")
    assert not stored.exists()


def test_labels_are_printed_and_long_lists_are_cut(tmp_path):
    out = ok("compile", FOLDER / "friends.xgi.json", "--effort", 0, "--out", tmp_path / "out").splitlines()
    assert out[1:3] == ["read as XGI JSON", "modes: 0 = alice, 1 = bob, 2 = carol, 3 = Dora M."]
    (tmp_path / "many.txt").write_text("\n".join(f"a{m} b{m}" for m in range(10)))
    out = ok("compile", tmp_path / "many.txt", "--effort", 0, "--out", tmp_path / "many").splitlines()
    assert out[2].startswith("modes: 0 = a0, 1 = b0, ") and out[2].endswith("11 = b5, and 8 more (--json lists all)")


def test_an_ambiguous_table_is_refused_and_weights_decides(tmp_path):
    path = tmp_path / "simplices.csv"
    path.write_text("0,1,2\n1,2,3\n0,3,4\n")
    out = tmp_path / "out"
    line = refused("compile", path, "--out", out)
    assert "ambiguous" in line and "--weights last" in line and "--weights none" in line
    assert not out.exists()
    ok("compile", path, "--weights", "last", "--effort", 0, "--out", out)
    assert phases(out) == {(0, 1): 2.0, (1, 2): 3.0, (0, 3): 4.0}
    ok("compile", path, "--weights", "none", "--effort", 0, "--out", out, "--force")
    assert phases(out) == {(0, 1, 2): 1.0, (1, 2, 3): 1.0, (0, 3, 4): 1.0}
    path.write_text("a,b,c,strength\n0,1,2,5\n")
    ok("compile", path, "--weights", "strength", "--effort", 0, "--out", out, "--force")
    assert phases(out) == {(0, 1, 2): 5.0}


def test_hypergraphs_of_all_endings_are_compared(tmp_path):
    paths = [tmp_path / name for name in ("a.tsv", "a.txt", "a.hmetis", "a.csv")]
    for path, text in zip(paths, ("0\t1\t0.3\n", "0 1 0.3\n", "1 2 1\n0.3 1 2\n", "0,1,0.3\n"), strict=True):
        path.write_text(text)
        assert "equal" in ok("compare-programs", path, paths[0]).splitlines()[2]


def test_a_plain_list_says_how_it_was_read(tmp_path):
    done = khrnn("compile", FOLDER / "list.txt", "--effort", 0, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr == (
        "khrnn: note: every integer was read as a node; give --weights last if the last of each line is a weight\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "args", "message"),
    [
        ("big.txt", " ".join(f"n{m}" for m in range(13)), [], "edge 0 [n0, n1,"),
        ("a.hgr", "1 3\n1 4", [], "line 2: vertices must be integers in 1..3"),
        ("a.hgr", "1 2\n1 2", ["--weights", "last"], "--weights is for tables and lists"),
        ("a.json", '{"incidences": [], "network-type": "directed"}', [], "has no nodes"),
        ("cell.json", '{"format": "qumode-khrnn/cell", "version": 1, "modes": 2}', ["--weights", "none"], "--weights"),
        ("a.csv", "0,1,2,0.3", ["--weights", "mass"], "no column 'mass'"),
        ("a.csv", "0,1,2,0.3", ["--k", "2"], "at most k = 2"),
        ("a.pdf", "0 1 2", [], "ends in .json, .csv"),
    ],
)
def test_refusals_are_one_line(name, text, args, message, tmp_path):
    (tmp_path / name).write_text(text)
    assert message in refused("compile", tmp_path / name, "--out", tmp_path / "out", *args)
    assert not (tmp_path / "out").exists()


def test_devices_take_the_same_files():
    text = ok("devices", FOLDER / "weighted.hgr", "--profile", "ideal-cubic", "--json")
    assert json.loads(text)["notes"] == ["the weights of vertices are left out: a phase has one weight per edge"]
    assert "--weights is for a file" in refused("devices", "--weights", "last")
    assert "--weights is for tables" in refused("devices", FOLDER / "weighted.hgr", "--weights", "last")
