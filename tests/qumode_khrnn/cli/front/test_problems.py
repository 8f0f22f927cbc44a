"""Damaged files: every problem is told in this project's words, with one suggestion; no sentence of pydantic."""

import json
import subprocess
import sys

import pytest
from command import refused
from places import EXAMPLES, ROOT

PROFILE = (ROOT / "hardware_profiles" / "data" / "photonic-cubic.toml").read_text()
SWEEP = (EXAMPLES / "sweep.toml").read_text()
PYDANTIC = ("Input should", "Field required", "Extra inputs", "validation error", "pydantic", "type=", "sys.")


def changed(text, *changes):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("name", "line", "text", "said"),
    [
        ("p.toml", ("profiles", "validate"), changed(PROFILE, ('family = "', 'family = "x')), "family: must be one of"),
        ("p.toml", ("profiles", "validate"), changed(PROFILE, ("loss_db", "los_db")), "did you mean 'loss_db'?"),
        ("p.toml", ("profiles", "validate"), changed(PROFILE, ("BeamSplitter", "BeamSpliter")), "'BeamSplitter'?"),
        ("p.toml", ("profiles", "validate"), changed(PROFILE, ("value = 0.052", "value = '1'")), "without quotes"),
        ("p.toml", ("profiles", "validate"), PROFILE[:900], "not valid TOML"),
        ("p.json", ("profiles", "validate"), "[]", "must be a table"),
        ("p.json", ("profiles", "validate"), '{"a": ' + "9" * 5000 + "}", "above the limit of 4,300 digits"),
        ("p.py", ("verify",), "a = " + "9" * 5000, "not a Python script: an integer is above the limit of 4,300"),
        ("c.toml", ("run",), "seed = " + "9" * 5000, "above the limit of 4,300 digits"),
        ("c.toml", ("compare",), "seed = ", "not valid TOML"),
        ("p.json", ("profiles", "validate"), '{"name": "a"}', "(and 5 more)"),
        ("s.toml", ("sweep",), changed(SWEEP, ("[grid]", "[gird]")), "did you mean 'grid'?"),
        ("s.toml", ("sweep",), changed(SWEEP, ('task = "noise"', "task = 5")), "task: must be a text in quotes"),
        ("s.toml", ("sweep",), changed(SWEEP, ('task = "noise"', 'task = "noice"')), "did you mean 'noise'?"),
        ("t.toml", ("train",), 'model = "gruu"', "did you mean 'gru'?"),
        ("t.toml", ("train",), 'modes = "4"', "modes: must be a whole number, without quotes"),
        ("t.toml", ("train",), "latents = 3", "did you mean 'latent'?"),
        ("t.toml", ("train",), "seed = -1", "seed: must be >= 0, found -1"),
        ("c.toml", ("compare",), "quick = 1", "there is no such key"),
        ("c.toml", ("run",), "quick = 1", "there is no such key"),
        ("g.json", ("compile",), '{"modes": 3', "not valid JSON"),
        ("g.json", ("compile",), '{"modes": "3", "edges": []}', '"modes" must be an integer'),
        ("g.json", ("compile",), '{"modes": 2, "edges": [], "name": 1}', "unknown key 'name'; did you mean 'names'?"),
        ("g.json", ("compile",), '{"modes": 2, "edges": [[0, 5]]}', "edge 0"),
        ("g.csv", ("compile",), "0,1,x\n1,2", "--weights"),
        ("d.jsonl", ("hsmt", "score"), "", "must be a JSON object"),
    ],
)
def test_a_damaged_file_is_refused_in_plain_words(name, line, text, said, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    told = refused(*line, path, cwd=tmp_path)
    assert said in told
    assert not any(word in told for word in PYDANTIC)
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_three_problems_of_a_profile_are_three_lines(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        changed(PROFILE, ('status = "', 'status = "x'), ("value = 0.052", "value = -3"), ('name = "', 'name = "P '))
    )
    first, *others = refused("profiles", "validate", path).splitlines()
    assert first.startswith(f"khrnn: {path}: name: ") and first.endswith("(and 2 more)")
    assert [line.split(":")[0] for line in others] == ["  - status", "  - operations.PrepareSqueezed.loss_db"]


@pytest.mark.parametrize("change", [("thet", 0.1), ("thetas", 0.1)])
def test_a_misspelt_parameter_of_an_operation_is_named(change, tmp_path):
    gate = {"op": "BeamSplitter", "modes": [0, 1], "phi": 0.0, change[0]: change[1]}
    head = {"format": "qumode-khrnn/program", "version": 1, "hbar": 2, "modes": 2, "latent": [0, 1], "ancillas": []}
    path = tmp_path / "program.json"
    path.write_text(json.dumps({**head, "operations": [gate]}))
    assert "did you mean 'theta'?" in refused("verify", path)


@pytest.mark.parametrize("command", ["run", "compare", "train", "sweep"])
def test_a_file_that_is_not_toml_is_refused_before_slow_modules_are_loaded(command, tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("a = ")
    code = (
        "import sys\nfrom qumode_khrnn.cli.main import main\ntry:\n    main()\nfinally:\n"
        "    print([name for name in ('compiler', 'numpy', 'matplotlib') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command, path], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2 and done.stdout == "[]\n"
    assert done.stderr.startswith(f"khrnn: {path}: not valid TOML") and done.stderr.count("\n") == 1
