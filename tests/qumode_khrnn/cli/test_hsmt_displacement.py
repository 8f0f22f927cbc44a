"""The alphabet ``displacement`` as a user meets it: generate, answer, score."""

import json
from math import exp, pi

import pytest
from command import ok, refused


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = tmp_path_factory.mktemp("hsmt") / "d.jsonl"
    made = ok(
        "hsmt", "generate", "--alphabet", "displacement", "--modes", 4, "--k", 2, "--sentences", 300, "--probes", 1,
        "--mixture", "contextual=3,matched=1", "--seed", 3, "--out", path, "--json",
    )  # fmt: skip
    assert json.loads(made)["answers"] == 300
    return path


def test_s_of_the_dataset_passes_the_bound(dataset):
    # 225 contextual answers: S = 3.424 with a standard error of 0.13, 4.5 of which is less than the gap to 2.828
    scored = json.loads(ok("hsmt", "score", dataset, "--json"))
    found = scored["witness"]
    u = pi / 4.0 * exp(-2.0)
    assert found["exact"] == pytest.approx(3.0 * exp(-u) + exp(-3.0 * u), abs=1e-9)
    assert found["noncontextual_bound"] == pytest.approx(8.0**0.5)
    assert abs(found["s"] - found["exact"]) < 4.5 * found["standard_error"]
    assert sum(one["answers"] for one in found["contexts"].values()) == next(
        row["answers"] for row in scored["rows"] if row["probe"] == "contextual"
    )
    assert scored["calibration_p"] > 1e-3


def test_answers_of_the_sampler_do_not(dataset, tmp_path):
    out = tmp_path / "sampler.json"
    text = ok("hsmt", "answer", dataset, "--out", out)
    assert text.startswith("300 answers of phase-space-sampler to 300 sentences written to")
    found = json.loads(ok("hsmt", "score", dataset, "--answers", out, "--json"))["witness"]
    assert abs(found["s"] - 1.970520) < 4.5 * found["standard_error"]
    shown = ok("hsmt", "score", dataset, "--answers", out)
    assert f"witness S = B0 + B1 + B2 - A = {found['s']:.4g}, standard error {found['standard_error']:.3g}\n" in shown
    assert "models whose phases exist before they are read, and multiply, have S <= 2.828" in shown
    assert "the ideal network, given the same earlier answers, has S = 3.424" in shown
    assert "too small" not in shown


def test_laws_of_the_sampler(dataset, tmp_path):
    # one bit a sentence: its matched laws are exact, and of A it has +e^{-3u} for -e^{-3u}: S = 3 e^{-u} - e^{-3u}
    out = tmp_path / "laws.json"
    assert "300 laws of phase-space-sampler" in ok("hsmt", "answer", dataset, "--laws", "--out", out)
    scored = json.loads(ok("hsmt", "score", dataset, "--answers", out, "--json"))
    rows = {row["probe"]: row for row in scored["rows"]}
    assert scored["witness"]["s"] == pytest.approx(1.970520, abs=1e-6)
    assert rows["matched"]["excess_nll"] == pytest.approx(0.0, abs=1e-12)
    assert rows["contextual"]["excess_nll"] > 0.1
    refusal = refused("hsmt", "answer", dataset, "--laws", "--loss", 0.1, "--out", out)
    assert "leave --loss or --laws out" in refusal


def test_answers_of_a_network_with_loss(dataset, tmp_path):
    out = tmp_path / "lossy.json"
    ok("hsmt", "answer", dataset, "--model", "ideal", "--loss", 0.1, "--out", out)
    found = json.loads(ok("hsmt", "score", dataset, "--answers", out, "--json"))["witness"]
    assert abs(found["s"] - 2.385065) < 4.5 * found["standard_error"]  # design page 08


def test_few_answers_are_said_to_be_few(tmp_path):
    path = tmp_path / "d.jsonl"
    arguments = ["--alphabet", "displacement", "--modes", 3, "--k", 2, "--mixture", "contextual=1", "--out", path]
    ok("hsmt", "generate", *arguments, "--sentences", 1, "--probes", 12)
    shown = ok("hsmt", "score", path)
    assert "fewer than 25 answers to a context: the standard error may be too small" in shown
    assert "standard error unknown, as a context was asked in one sentence alone" in shown
    assert json.loads(ok("hsmt", "score", path, "--json"))["witness"]["standard_error"] is None


def test_without_all_contexts_there_is_no_s(tmp_path):
    path = tmp_path / "d.jsonl"
    arguments = ["--alphabet", "displacement", "--modes", 3, "--sentences", 2, "--mixture", "matched=1", "--out", path]
    ok("hsmt", "generate", *arguments)
    assert json.loads(ok("hsmt", "score", path, "--json"))["witness"] is None
    assert "not all four contexts were asked; generate more contextual probes" in ok("hsmt", "score", path)


def test_other_alphabets_have_no_s(tmp_path):
    path = tmp_path / "d.jsonl"
    ok("hsmt", "generate", "--modes", 3, "--sentences", 2, "--out", path)
    assert "witness" not in json.loads(ok("hsmt", "score", path, "--json"))
    assert "witness" not in ok("hsmt", "score", path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--k", 4], "k = 2 or 3, found k = 4"),
        (["--mixture", "neighbour=1"], "no neighbour probes"),
        (["--triangle", 0], "triangle must lie in"),
        (["--shift", 1e5], "weights and shift must be at most 100"),
        (["--k", 2, "--probes", 60, "--mixture", "decoy=1"], "ask for fewer probes"),
    ],
)
def test_what_cannot_be_generated_is_refused(tmp_path, options, message):
    out = tmp_path / "d.jsonl"
    arguments = ["--alphabet", "displacement", "--sentences", 1, "--out", out, *options]
    assert message in refused("hsmt", "generate", *arguments)
    assert not out.exists()


def test_answers_are_written_whole_or_not_at_all(dataset, tmp_path):
    assert "the seed must be" in refused("hsmt", "answer", dataset, "--seed", -1, "--out", tmp_path / "a.json")
    assert "cannot answer" in refused("hsmt", "answer", dataset, "--model", "tracker", "--out", tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()
    assert "cannot read" in refused("hsmt", "answer", tmp_path / "none.jsonl", "--out", tmp_path / "a.json")
