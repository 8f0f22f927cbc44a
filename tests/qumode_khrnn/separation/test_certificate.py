"""The certificate of the bound for k = 2: it is walked without the search, and what is changed in it is found."""

import ast
import json
import re
import sys
from copy import deepcopy
from functools import reduce
from pathlib import Path

import pytest
from separation_support import call

import qumode_khrnn.separation.certificate as walker
from compiler.errors import InputError
from qumode_khrnn.hsmt.few_qubits import Reading, after, graph_state
from qumode_khrnn.separation.bound import demands, write_certificate
from qumode_khrnn.separation.certificate import FILE, check_certificate, is_certificate
from qumode_khrnn.separation.search import every_triple


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The certificate of three modes, found by the search. The search keeps what it found for later calls."""
    place, heard = tmp_path_factory.mktemp("bound"), []
    assert write_certificate(3, place, heard.append) == place / FILE
    assert heard == list(range(1, 513))
    return place


@pytest.fixture(scope="module")
def data(folder):
    return json.loads((folder / FILE).read_text())


def checked(tmp_path, changed):
    (tmp_path / FILE).write_text(json.dumps(changed))
    return check_certificate(tmp_path)


def depth_of(tree):
    return 1 + max(depth_of(branch) for branch in tree[1:]) if isinstance(tree, list) else 0


def leaves(tree, states):
    """Where a tree's leaves are, and for which states the answer there is impossible, by the amplitudes of
    `qumode_khrnn.hsmt.few_qubits`."""
    (quadrature, mode, partners), *branches = tree
    for answer, branch in enumerate(branches):
        found = [None if s is None else after(s, Reading(quadrature, mode, tuple(partners)))[answer] for s in states]
        if isinstance(branch, list):
            yield from (((answer + 1, *rest), gone) for rest, gone in leaves(branch, found))
        else:
            yield (answer + 1,), {at for at, state in enumerate(found) if state is None}


# --- it holds --------------------------------------------------------------------------------------------------------


def test_the_certificate_holds(folder, data):
    for path in (folder, folder / FILE):
        assert is_certificate(path)
        found = check_certificate(path)
        assert (found.modes, found.bits, found.triples, found.problems) == (3, 2, 512, ())
    trees = [one["tree"] for one in data["refutations"]]
    assert found.deepest == max(map(depth_of, trees)) == 4
    assert found.paths == sum(json.dumps(tree).count('["x"') + json.dumps(tree).count('["p"') + 1 for tree in trees)
    assert not is_certificate(folder / "absent")


def test_the_triples_are_those_of_the_theorem(data):
    # patterns with all linear terms: 4 x 2^3 x 2^3 on three modes, 2^4 x 2^4 on four; no two give the same states
    triples = list(every_triple())
    assert [sum(one.qubits == t for one in triples) for t in (3, 4)] == [256, 256]
    states = {one.states() for one in triples}
    assert len(states) == 512 and all(len(set(three)) == 3 for three in states)
    listed = {
        (
            graph_state(one["qubits"], []),
            graph_state(one["qubits"], one["a"], one["linear_a"]),
            graph_state(one["qubits"], one["b"], one["linear_b"]),
        )
        for one in data["refutations"]
    }
    assert listed == states


def test_every_path_ends_where_another_calculation_says(data):
    for one in data["refutations"]:
        t = one["qubits"]
        states = (
            graph_state(t, []),
            graph_state(t, one["a"], one["linear_a"]),
            graph_state(t, one["b"], one["linear_b"]),
        )
        for where, gone in leaves(one["tree"], states):
            branch = one["tree"]
            for step in where:
                branch = branch[step]
            assert branch in gone


def test_the_walker_does_not_know_the_search():
    names = set()
    for node in ast.walk(ast.parse(Path(walker.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        assert not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("__import__", "eval", "exec"))
    own = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert own and all(name.startswith(("compiler.errors", "compiler.files")) for name in own)


# --- it is rejected --------------------------------------------------------------------------------------------------


def test_every_leaf_that_names_another_state_is_found(data):
    changed = 0
    for number in (0, 70, 130, 200, 256, 300):
        one = data["refutations"][number]
        t = one["qubits"]
        states = (
            graph_state(t, []),
            graph_state(t, one["a"], one["linear_a"]),
            graph_state(t, one["b"], one["linear_b"]),
        )
        for where, gone in leaves(one["tree"], states):
            for other in (0, 1, 2):
                tree = deepcopy(one["tree"])
                branch = tree
                for step in where[:-1]:
                    branch = branch[step]
                branch[where[-1]] = other
                walk = walker._Walk(t)
                walk.follow(tree, walker._states(walker._key(one, "here")), 0)
                assert bool(walk.problems) == (other not in gone)
                changed += other not in gone
    assert changed > 20


def one_answer(data):
    # the first tree reads X_0 Z_1 Z_2; after 0, X_1 Z_0 Z_2, where 1 is impossible for {01}, and for no other
    assert data["refutations"][0]["tree"][1][0] == ["p", 1, [0, 2]] and data["refutations"][0]["tree"][1][2] == 1
    data["refutations"][0]["tree"][1][2] = 0


def swapped_branches(data):
    tree = data["refutations"][0]["tree"]
    tree[1], tree[2] = tree[2], tree[1]


def set_at(*path, value):
    def change(data):
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return change


def remove(data):
    del data["refutations"][100]


def repeat(data):
    data["refutations"].append(data["refutations"][7])


FIRST = ("refutations", 0, "tree")
ENDLESS = reduce(lambda tree, _: [["x", 0, []], tree, 0], range(25), 0)
NO_READOUT = "a tree must be a readout and two branches"
CLAIMS = r"the theorem gives binom\(n, 2\) - 1, for k = 2 and n >= 3"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (one_answer, "refutation 0: an answer that closes a path is possible for state 0"),
        (remove, "1 of the theorem's 512 triples are missing"),
        (repeat, "refutation 512: its triple is not one of the theorem's, or is listed twice"),
        (set_at("bits", value=3), "claims 3 bits for 3 modes; " + CLAIMS),
        (set_at("modes", value=4), "claims 2 bits for 4 modes; " + CLAIMS),
        (set_at("modes", value=2), CLAIMS),
        (set_at("k", value=3), CLAIMS),
        (set_at("claim", value="Every classical model needs more."), CLAIMS),
    ],
)
def test_what_is_changed_is_found(data, tmp_path, change, problem):
    changed = deepcopy(data)
    change(changed)
    (found,) = checked(tmp_path, changed).problems
    assert re.search(problem, found)


def test_a_triple_in_the_place_of_another_is_found(data, tmp_path):
    changed = {**data, "refutations": [*data["refutations"][:7], data["refutations"][6], *data["refutations"][8:]]}
    twice, missing = checked(tmp_path, changed).problems
    assert twice.startswith("refutation 7: ") and twice.endswith("or is listed twice")
    assert missing == "1 of the theorem's 512 triples are missing"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (swapped_branches, "refutation 0: an answer that closes a path is possible"),
        (set_at(*FIRST, 1, 1, value=0), "possible for state 0"),  # closed where it must go on
        (set_at(*FIRST, 1, value=[]), NO_READOUT),
        (set_at(*FIRST, 1, value=[["p", 1, [0, 2]], 1]), NO_READOUT),
        (set_at(*FIRST, value=0), NO_READOUT),
        (set_at(*FIRST, 2, value=None), "a path must end with one of the three states"),
        (set_at(*FIRST, 2, value=3), "a path must end with one of the three states"),
        (set_at(*FIRST, 2, value=-1), "a path must end with one of the three states"),
        (set_at(*FIRST, 1, 2, value=True), "a path must end with one of the three states"),
        (set_at(*FIRST, 0, 1, value=3), NO_READOUT),
        (set_at(*FIRST, 0, 1, value=-1), NO_READOUT),
        (set_at(*FIRST, 0, 2, value=[1, 3]), NO_READOUT),
        (set_at(*FIRST, 0, 2, value=[0, 1]), NO_READOUT),
        (set_at(*FIRST, 0, 0, value="x"), NO_READOUT),  # a position has no partners
        (set_at(*FIRST, 0, 0, value="y"), NO_READOUT),
        (set_at(*FIRST, value=ENDLESS), NO_READOUT),
        (set_at("refutations", 0, "a", value=[[1, 2]]), "not one of the theorem's"),
        (set_at("refutations", 0, "linear_a", value=[0, 1, 2, 0]), "not one of the theorem's"),
        (set_at("refutations", 0, "qubits", value=4), "not one of the theorem's"),
    ],
)
def test_what_is_changed_in_one_refutation_is_found(data, tmp_path, change, problem):
    changed = deepcopy({**data, "refutations": data["refutations"][:1]})
    assert checked(tmp_path, changed).problems == ("511 of the theorem's 512 triples are missing",)
    change(changed)
    found = checked(tmp_path, changed)
    assert any(re.search(problem, text) for text in found.problems) and found.deepest <= 20


def test_a_claim_for_more_modes_holds_with_the_same_refutations(data, tmp_path):
    found = checked(tmp_path, {**data, "modes": 48, "bits": 48 * 47 // 2 - 1})
    assert (found.modes, found.bits, found.problems) == (48, 1127, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", '"format" is "qumode-khrnn/bound-certificate"'),
        ('{"format": "qumode-khrnn/cell", "version": 1}', '"format" is "qumode-khrnn/bound-certificate"'),
        ('{"format": "qumode-khrnn/bound-certificate", "version": 2}', '"version" must be 1, found 2'),
        ({"refutations": {}}, "a list of refutations"),
        ({"modes": "3"}, "whole numbers modes and bits"),
        ({"bits": 2.5}, "whole numbers modes and bits"),
        ({"refutations": [None]}, "refutation 0: must have qubits"),
        ({"refutations": [{"qubits": 3}]}, "refutation 0: must have qubits"),
    ],
)
def test_what_is_no_certificate_is_refused(data, tmp_path, text, message):
    (tmp_path / FILE).write_text(text if isinstance(text, str) else json.dumps({**data, **text}))
    with pytest.raises(InputError, match=message) as refusal:
        check_certificate(tmp_path)
    assert "bound.json" in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("broken", "message"), [("no tree", "refutation 0"), ("infinite", "numbers must be finite .* found 1e999")]
)
def test_refutations_that_are_not_whole_are_refused(data, tmp_path, broken, message):
    changed = deepcopy(data)
    if broken == "no tree":
        del changed["refutations"][0]["tree"]
    text = json.dumps(changed)
    (tmp_path / FILE).write_text(text if broken == "no tree" else text.replace('"qubits": 3', '"qubits": 1e999', 1))
    with pytest.raises(InputError, match=message):
        check_certificate(tmp_path)


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modes", "bits"), [(3, 2), (4, 5)])
def test_bound_states_the_bits_and_writes_the_certificate(folder, tmp_path, modes, bits):
    out = tmp_path / "bound"
    code, text, _ = call("hsmt", "bound", "--modes", modes, "--k", 2, "--out", out)
    assert code == 0 and f"  {bits} bits (ours): never gives an answer of probability zero" in text
    assert "512 triples of graph states (256 on three modes, 256 on four), each refuted within 4 readouts" in text
    assert f"{modes} qubits suffice" in text and "FAILED" not in text
    assert json.loads((out / FILE).read_text())["bits"] == bits
    for path in (out, out / FILE):
        code, text, _ = call("verify", path)
        assert code == 0 and text.startswith(f"holds: {modes} modes need {bits} bits for k = 2; 512 triples refuted")
        code, text, _ = call("verify", path, "--json")
        found = json.loads(text)
        assert (code, found["bits"], found["problems"]) == (0, bits, [])


def test_bound_as_json(folder, tmp_path):
    code, text, _ = call("hsmt", "bound", "--modes", 8, "--check", "--out", tmp_path, "--json")
    found = json.loads(text)
    assert code == 0 and found["certificate"] == str(tmp_path / FILE) and found["check"]["problems"] == []
    assert [(one["bits"], one["whose"]) for one in found["bounds"]] == [(27, "ours"), (27, "the paper's")]
    assert check_certificate(tmp_path).bits == 27


def test_a_changed_certificate_fails_in_one_line(data, tmp_path):
    changed = deepcopy(data)
    one_answer(changed)
    (tmp_path / FILE).write_text(json.dumps(changed))
    for path in (tmp_path, tmp_path / FILE):
        code, text, error = call("verify", path)
        assert (code, text, error.count("\n")) == (1, "", 1)
        assert error.startswith("khrnn: refutation 0: an answer that closes a path is possible for state 0")
    code, text, _ = call("verify", tmp_path, "--json")
    assert code == 1 and json.loads(text)["problems"]


def test_bound_for_larger_edges_has_no_certificate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the default folder lies in the working directory
    out = tmp_path / "bound"
    code, text, _ = call("hsmt", "bound", "--modes", 8, "--k", 3)
    assert code == 0 and not list(tmp_path.iterdir()) and "certificate" not in text
    lines = [line.strip() for line in text.splitlines()]
    assert any(
        line.startswith("20 bits (ours)") and "every possible string of answers with some probability" in line
        for line in lines
    )
    assert any(line.startswith("55 bits (the paper's)") for line in lines)
    assert not call("hsmt", "bound", "--modes", 8)[0] and not list(tmp_path.iterdir())  # asked for by --check
    for k, advice in ((2, "; give --check, or leave it out\n"), (3, "k = 3; leave it out\n")):
        for option in (("--out", out), ("--force",)):
            code, text, error = call("hsmt", "bound", "--modes", 8, "--k", k, *option)
            assert (code, text, error.count("\n")) == (2, "", 1) and error.endswith(advice)
            assert f"{option[0]} is for the certificate of k = 2" in error and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--modes", 3, "--k", 5], "bound: k must lie in 2..n = 3, found 5"),
        (["--modes", 3, "--k", 1], "bound: k must lie in 2..n = 3, found 1"),
        (["--modes", 2], "bound: modes must lie in 3..200, found 2"),
        (["--modes", 201], "bound: modes must lie in 3..200, found 201"),
        (["--modes", 8, "--k", 3, "--check"], "the finite check is that of k = 2; leave --check out"),
    ],
)
def test_bounds_that_are_not_there_are_refused_in_one_line(tmp_path, args, message):
    assert call("hsmt", "bound", *args, "--out", tmp_path / "out") == (2, "", f"khrnn: {message}\n")
    assert not (tmp_path / "out").exists()


def test_demands_state_their_premises():
    ours, papers = demands(6, 2)
    assert (ours.bits, papers.bits) == (14, 14) and "every possible string" not in ours.premise
    ours, papers = demands(6, 4)
    assert (ours.bits, papers.bits) == (5, 14) and "every possible string" in ours.premise
    assert "latent dimension" in papers.premise
