"""Options of ``khrnn hsmt`` that the alphabet of a dataset, or another option, leaves without effect."""

import pytest
from command import ok, refused


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "bits.jsonl"
    ok("hsmt", "generate", "--alphabet", "modular(2)", "--modes", 3, "--k", 2, "--sentences", 2, "--out", path)
    return path


def test_a_window_is_for_real_answers(dataset):
    said = refused("hsmt", "score", dataset, "--multiple", 3)
    assert said == "khrnn: --multiple is for the alphabet real, found modular(2); leave --multiple out\n"
    assert "matched" in ok("hsmt", "score", dataset, "--multiple", 5)  # the default, which asks for nothing


def test_laws_are_not_sampled(dataset, tmp_path):
    line = ("hsmt", "answer", dataset, "--model", "ideal", "--laws", "--seed", 3, "--out", tmp_path / "laws.json")
    assert "--seed is for sampled answers" in refused(*line)
    assert not list(tmp_path.iterdir())


def test_columns_of_scores_stand_below_their_heads(dataset):
    lines = ok("hsmt", "score", dataset).splitlines()
    rows = lines[: next(i for i, line in enumerate(lines) if line.startswith("agreement"))]
    head = rows[0]
    for name in ("excess NLL", "violation rate", "squared error", "p"):
        at = head.rindex(f"  {name}") + 2
        assert all(row[at - 1] == " " and row[at] != " " for row in rows[1:]), (name, rows)
