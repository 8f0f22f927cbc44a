"""Files of data and answers come back as they were written, and broken ones name the line."""

import json
from functools import reduce

import numpy as np
import pytest
from hsmt_support import make, sentences_of

from compiler.errors import InputError
from qumode_khrnn.hsmt.dataset import Answers, Dataset, answers_to_json, read_answers, read_dataset, write_dataset
from qumode_khrnn.rivals.phase_space import phase_space_answers

FILES = [(4, 2, 2, None), (3, 3, 3, None), (4, 4, None, {"neighbour": 1.0}), (4, 3, None, {"contextual": 1.0})]


@pytest.mark.parametrize(("modes", "k", "levels", "mixture"), FILES)
def test_files_round_trip(tmp_path, modes, k, levels, mixture):
    spec = make(modes, k, levels, 4, mixture=mixture)
    data = Dataset(spec, sentences_of(spec))
    write_dataset(tmp_path / "d.jsonl", data)
    assert read_dataset(tmp_path / "d.jsonl") == data
    own = tuple(phase_space_answers(s.tokens, spec, np.random.default_rng(0)) for s in data.sentences)
    answers = Answers("sampler", own, tuple(s.laws for s in data.sentences))
    (tmp_path / "a.json").write_text(json.dumps(answers_to_json(answers)))
    assert read_answers(tmp_path / "a.json", data) == answers


def _edit(line, path, value):
    data = json.loads(line)
    *way, last = path
    inner = reduce(lambda d, key: d[key], way, data)
    inner[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("line", "path", "value", "message"),
    [
        (0, ("spec", "alphabet"), "modular(3)", "line 2.*law 0: must have 3 probabilities, found 2"),
        (0, ("spec", "alphabet"), "real", "line 2.*does not belong"),
        (0, ("spec", "alphabet"), "modular(99)", "line 1.*alphabet"),
        (2, ("tokens", 0, 2), 2, "line 3.*token 0.*0..1"),
        (2, ("tokens", 0, 2), -1, "line 3.*token 0.*0..1"),
        (2, ("tokens", 0, 2), 1.0, "line 3.*token 0.*integer"),
        (3, ("answers", 0), 1.0, "line 4.*answer 0.*integer"),
        (3, ("answers", 0), True, "line 4.*answer 0.*integer"),
        (3, ("answers", 0), 2, "line 4.*answer 0.*0..1"),
        (1, ("laws", 0, "probabilities"), [0.25] * 4, "line 2.*law 0: must have 2 probabilities, found 4"),
        (1, ("laws", 0, "probabilities"), [0.25] * 2, "line 2.*law 0.*sum to 1"),
        (1, ("laws", 0, "probabilities"), [1.5, -0.5], "line 2.*law 0.*sum to 1"),
        (1, ("laws", 0), {"law": "normal", "mean": 0.0, "variance": 1.0}, "line 2.*law 0.*alphabet"),
        (1, ("kinds", 0), "magic", "line 2.*magic"),
        (1, ("kinds",), [], "line 2.*0 kinds"),
    ],
)
def test_broken_files_name_the_line(tmp_path, line, path, value, message):
    spec = make(3, 2, 2, 3, mixture={"matched": 1.0})
    write_dataset(tmp_path / "d.jsonl", Dataset(spec, sentences_of(spec)))
    lines = (tmp_path / "d.jsonl").read_text().splitlines()
    lines[line] = _edit(lines[line], path, value)
    (tmp_path / "d.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=message):
        read_dataset(tmp_path / "d.jsonl")


def test_truncated_files_name_the_line(tmp_path):
    spec = make(3, 2, 2, 3)
    write_dataset(tmp_path / "d.jsonl", Dataset(spec, sentences_of(spec)))
    text = (tmp_path / "d.jsonl").read_text()
    (tmp_path / "d.jsonl").write_text(text[:-20])
    with pytest.raises(InputError, match="line 4"):
        read_dataset(tmp_path / "d.jsonl")
