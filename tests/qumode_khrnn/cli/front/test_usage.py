"""Mistyped lines: one line each, in this project's words, with one suggestion; options that do not apply."""

import json
from types import SimpleNamespace

import pytest
from command import khrnn, ok, refused
from places import EXAMPLES

from hardware_profiles.errors import did_you_mean
from qumode_khrnn.cli.front.usage import usage_line

TRIANGLE = EXAMPLES / "triangle.json"


@pytest.mark.parametrize(
    ("found", "known", "hint"),
    [
        ("photonic-cubik", ["photonic-cubic", "photonic-gkp"], "; did you mean 'photonic-cubic'?"),
        ("BLACKBIRD", ["blackbird", "xir"], "; did you mean 'blackbird'?"),
        ("beamsplitter", ["BeamSplitter", "Squeeze"], "; did you mean 'BeamSplitter'?"),
        ("zzz", ["blackbird", "xir"], ""),
        ("a", [], ""),
    ],
)
def test_one_name_is_suggested(found, known, hint):
    assert did_you_mean(found, known) == hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("compil", "x"), "there is no command 'compil' of khrnn; did you mean 'compile'?"),
        (("qqq",), "there is no command 'qqq' of khrnn; khrnn --help lists them"),
        (("hsmt", "scor"), "there is no command 'scor' of khrnn hsmt; did you mean 'score'?"),
        (("compile", "x", "--profil", "y"), "there is no option --profil; did you mean '--profile'?"),
        (("compile",), "the argument INPUT must be given (see khrnn compile --help)"),
        (("hsmt", "score"), "the argument DATASET must be given"),
        (("compile", "x", "--effort", "a"), "--effort must be a number"),
        (("compile", "x", "--k", "1.5"), "--k must be a whole number"),
        (("compile", "a", "b", "c"), "there are too many arguments, found 'b c'"),
        (("compile", "x", "--profile"), "--profile must be followed by its value"),
        (("simulate", "x", "--logical=1"), "--logical takes no value"),
        (("profiles", "--json", "show", "x"), "--json must follow the name of the command: khrnn profiles show --json"),
        (("compile", TRIANGLE, "--profile", "photonic-cubik"), "did you mean 'photonic-cubic'?"),
        (("compile", TRIANGLE, "--readout", "homodine"), "did you mean 'homodyne'?"),
        (("compile", TRIANGLE, "--optimize", "dept"), "did you mean 'depth'?"),
        (("compile", TRIANGLE, "--format", "blackbrd"), "did you mean 'blackbird'?"),
        (("compile", TRIANGLE, "--passes", "lower_phase"), "did you mean 'lower_phases'?"),
        (("hsmt", "examine", "--model", "idea"), "did you mean 'ideal'?"),
        (("hsmt", "examine", "--model", "ideal", "--kind", "matchd"), "did you mean 'matched'?"),
        (("hsmt", "generate", "--mixture", "decoi=1", "--out", "d.jsonl"), "did you mean 'decoy'?"),
        (("train", "--model", "lst"), "did you mean 'lstm'?"),
    ],
)
def test_a_mistyped_line_is_answered_in_one_line(line, said, tmp_path):
    assert said in refused(*line, cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_parser_of_another_version_is_understood():
    """Newer versions of typer name the kind of value in a sentence of pydantic."""
    kind = type("BadParameter", (Exception,), {})
    error = kind()
    error.message = "Input should be a valid integer, unable to parse string as an integer"
    error.param = SimpleNamespace(param_type_name="option", opts=["--k"])
    error.ctx = SimpleNamespace(command_path="khrnn compile")
    assert usage_line(error) == "--k must be a whole number (see khrnn compile --help)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("compiled") / "triangle"
    ok("compile", TRIANGLE, "--profile", "photonic-cubic", "--effort", 0, "--out", path)
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("train", "--model", "gru", "--modes", 5), "--modes is for --model khrnn, found the model gru"),
        (("train", "--latent", 5), "--latent is for --model gru, lstm, ssm and transformer, found the model khrnn"),
        (("compile", TRIANGLE, "--error", 0.1), "--error is for profiles of trapped ions"),
        (("compile", TRIANGLE, "--calibration", "c.json"), "--calibration is for profiles of trapped ions"),
        (
            ("compile", TRIANGLE, "--profile", "trapped-ion-motional", "--calibration", "c.json"),
            "--calibration is for the profile trapped-ion-qscout",
        ),
        (("compile", "PROGRAM", "--weights", "last"), "--weights is for tables"),
        (("compile", "PROGRAM", "--squeezing", 1), "--squeezing is for hypergraphs and cells"),
        (("compile", TRIANGLE, "--passes", "collect_phases", "--digits", 30), "--digits is for whole compilations"),
        (("simulate", "PROGRAM", "--logical"), "--logical does not apply"),
        (("simulate", "FOLDER", "--logical", "--loss-scale", 2), "--logical runs without noise"),
        (("simulate", "FOLDER", "--cutoff", 9), "--cutoff is for the back ends strawberryfields and mrmustard"),
        (("simulate", "FOLDER", "--backend", "grid", "--threads", 2), "--threads is for the back ends exact and"),
        (("verify", "FOLDER", "--seed", 3), "--seed is for --simulate"),
        (("verify", "PROGRAM", "--seed", 3), "--seed does not apply"),
        (("hsmt", "bound", "--modes", 5, "--k", 3, "--out", "b"), "--out is for the certificate of k = 2"),
        (("witness", "--heating", 3), "--heating is for a profile of trapped ions"),
        (("witness", "--profile", "photonic-cubic", "--heating", 3), "are for trapped ions"),
        (("witness", "--seed", 3), "--seed is for sampled shots and for the figure; give --shots or --out"),
        (("witness", "--force"), "--force replaces files in the folder of --out; give --out, or leave --force out"),
        (("lattice-witness", "--force"), "--force replaces files in the folder of --out"),
        (("examples", "--force"), "--force replaces files in the folder of --out"),
        (("hsmt", "examine", "--model", "coin", "--force"), "--force replaces files in the folder of --out"),
        (("compile", TRIANGLE, "--passes", "collect_phases", "--force"), "--force replaces files in the folder"),
        (("compile", TRIANGLE, "--passes", "collect_phases", "--effort", 3), "--effort is for searches"),
        (("compile", TRIANGLE, "--passes", "collect_phases", "--optimize", "depth"), "--optimize is for searches"),
        (("compile", TRIANGLE, "--profile", "xanadu-x8", "--strength-cap", 2), "that the profile xanadu-x8 does not"),
        (
            ("compile", TRIANGLE, "--profile", "trapped-ion-motional", "--optimize", "depth"),
            "--optimize is for searche",
        ),
        (("simulate", "FOLDER", "--shots", 0, "--seed", 3), "--seed is for sampling, and --shots 0 samples nothing"),
        (("simulate", "FOLDER", "--shots", 0, "--threads", 2), "--threads is for sampling"),
        (("simulate", "FOLDER", "--shots", 0, "--backend", "grid"), "--backend grid is for sampling"),
        (
            ("hsmt", "generate", "--alphabet", "modular(2)", "--squeezing", 2, "--out", "d.jsonl"),
            "--squeezing is for quadratures, and modular(2) has none; leave --squeezing out",
        ),
        (("sweep", EXAMPLES / "sweep.toml", "--workers", 2, "--scheduler", "tcp://127.0.0.1:1"), "not both"),
        (("compare", "--quick", "--workers", 2, "--scheduler-file", "s.json"), "not both"),
    ],
)
def test_an_option_that_does_not_apply_is_refused(line, said, folder, tmp_path):
    places = {"FOLDER": folder, "PROGRAM": folder / "program.json"}
    assert said in refused(*(places.get(word, word) for word in line), cwd=tmp_path)
    assert not list(tmp_path.iterdir())


def test_every_reason_of_a_refusal_is_printed(tmp_path):
    line = ("compile", EXAMPLES / "karate_triangles.json", "--profile", "xanadu-x8", "--out", tmp_path / "out")
    text = refused(*line, code=1)
    reasons = json.loads(khrnn(*line, "--json").stdout)["reasons"]
    assert len({one["reason"] for one in reasons}) > 1
    for one in reasons:
        assert one["reason"][:60] in text and one["relaxation"] in text
    assert not (tmp_path / "out").exists()


def test_strange_weights_and_edges_without_effect_are_remarked(tmp_path):
    path = tmp_path / "graph.json"
    edges = [([0, 1], 3e4), ([0, 2], 0.0), ([1, 2], 0.5), ([2, 3], 1.0), ([2, 3], -1.0)]
    path.write_text(json.dumps({"modes": 4, "edges": [{"modes": m, "weight": w} for m, w in edges]}))
    done = khrnn("compile", path, "--effort", 0, "--out", tmp_path / "out", "--json")
    remarks = json.loads(done.stdout)["remarks"]
    assert remarks == [
        "edge 1 [0, 2] has weight 0 and is left out (the same holds for 2 more)",
        "edge 0 [0, 1] has the weight 30000; usual weights have sizes of 0.001 to 1000",
    ]
    assert [line for line in done.stderr.splitlines() if "remark" in line] == [f"khrnn: remark: {r}" for r in remarks]
    assert json.loads(ok("compile", TRIANGLE, "--effort", 0, "--out", tmp_path / "o", "--json"))["remarks"] == []


@pytest.mark.parametrize("weight", [3e4, 1e-12, -1e9])
def test_devices_answer_strange_weights_in_json(weight, tmp_path):
    path = tmp_path / "graph.json"
    path.write_text(json.dumps({"modes": 3, "edges": [{"modes": [0, 1, 2], "weight": weight}]}))
    args = ("devices", path, "--profile", "ideal-cubic", "--profile", "trapped-ion-motional")
    done = khrnn(*args, "--json")
    data = json.loads(done.stdout)
    assert done.returncode == 0 and len(data["remarks"]) == done.stderr.count("remark: ") == 1
    assert all(row["shots"] is None or row["shots"]["homodyne_shots"] != float("inf") for row in data["rows"])
    assert " inf " not in ok(*args)


def test_remarks_of_passes_are_in_json_too(tmp_path):
    path = tmp_path / "graph.json"
    edges = [{"modes": [0, 1, 2], "weight": 0.3}, {"modes": [0, 1], "weight": 0.2}, {"modes": [1, 0], "weight": -0.2}]
    path.write_text(json.dumps({"modes": 3, "edges": edges}))
    done = khrnn("compile", path, "--passes", "collect_phases", "--json")
    assert json.loads(done.stdout)["remarks"] == [
        "edge 1 [0, 1] and the equal edges have weights that add up to 0 and are left out"
    ]
    assert done.stderr.count("remark: ") == 1


def test_remarks_on_compared_hypergraphs_are_said_once(tmp_path):
    path = tmp_path / "graph.json"
    path.write_text('{"modes": 2, "edges": [{"modes": [0, 1], "weight": 3e4}]}')
    done = khrnn("compare-programs", path, path, "--json")
    (remark,) = json.loads(done.stdout)["remarks"]
    assert remark == "graph.json: edge 0 [0, 1] has the weight 30000; usual weights have sizes of 0.001 to 1000"
    assert done.stderr.count("remark: ") == 1


def test_a_budget_says_what_to_improve(folder):
    data = json.loads(ok("budget", folder, "--json"))
    gains = [row["gain"] for row in data["improvements"]]
    assert gains == sorted(gains, reverse=True) and gains[0] > 0.0
    best = data["improvements"][0]
    (answer,) = best["answers"]
    before = data["answers"][0]["variance"]
    assert answer["answer"] == "g0" and answer["before"] == pytest.approx(before, rel=1e-12)
    assert best["gain"] == pytest.approx(1.0 - answer["after"] / before, rel=1e-9)
    lines = ok("budget", folder).splitlines()
    first = lines[lines.index("what to improve: halving one loss in dB or one noise lowers the variance by") + 1]
    assert first.split() == [*best["component"].split(), *first.split()[3:7], f"{100.0 * best['gain']:.1f}", "%"]
    assert json.loads(ok("budget", folder, "--loss-scale", 0, "--json"))["improvements"] == []


def test_back_ends_say_which_package_is_absent(monkeypatch, capsys):
    import sys

    from qumode_khrnn.cli.main import backends

    monkeypatch.setitem(sys.modules, "strawberryfields", None)
    backends(as_json=True)
    found = json.loads(capsys.readouterr().out)["backends"]
    assert "[sf]" in found["strawberryfields"]["absent"] and found["exact"]["absent"] is None
    backends(as_json=False)
    assert f"  {found['strawberryfields']['absent']}\n" in capsys.readouterr().out
