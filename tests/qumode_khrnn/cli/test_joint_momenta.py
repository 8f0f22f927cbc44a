"""All momenta of a hypergraph: compiled, verified, exported, budgeted and sampled; and what is refused."""

from __future__ import annotations

import json
from math import exp

import pytest
from command import ok, refused
from places import EXAMPLES


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    path = tmp_path_factory.mktemp("chain") / "chain.json"
    edges = [{"modes": [i, i + 1, i + 2], "weight": 0.4} for i in range(2)]
    path.write_text(json.dumps({"modes": 4, "edges": edges}))
    return path


@pytest.fixture(scope="module")
def compiled(chain, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    options = ("--profile", "photonic-cubic", "--squeezing", 0.4, "--readout", "momenta", "--format", "all")
    ok("compile", chain, *options, "--out", out)
    return out


def test_every_momentum_is_read_verified_and_budgeted(compiled):
    assert json.loads(ok("verify", compiled, "--json"))["equivalent"] is True
    rows = json.loads(ok("budget", compiled, "--json"))["answers"]
    assert [row["answer"] if "answer" in row else row["name"] for row in rows] == ["p0", "p1", "p2", "p3"]
    closed = json.loads(ok("simulate", compiled, "--shots", 0, "--logical", "--json"))["readouts"]
    # p_0 - w x_1 x_2 has the variance e^{-2r}, and the product e^{4r}
    assert closed[0]["variance"] == pytest.approx(exp(-0.8) + 0.16 * exp(1.6), rel=1e-9)


def test_simulate_takes_the_back_end_that_can(compiled):
    found = json.loads(ok("simulate", compiled, "--shots", 40, "--json"))
    assert found["backend"] == "momenta" and found["shots"] == 40
    assert [row["name"] for row in found["readouts"]] == ["p0", "p1", "p2", "p3"]
    again = json.loads(ok("simulate", compiled, "--shots", 40, "--backend", "momenta", "--json"))
    assert again["readouts"] == found["readouts"]
    assert "use the momenta back end" in refused("simulate", compiled, "--shots", 40, "--backend", "exact")


def test_homodyne_readouts_stay_as_they_were(chain, tmp_path):
    ok("compile", chain, "--out", tmp_path)
    results = [row["name"] for row in json.loads(ok("simulate", tmp_path, "--shots", 0, "--json"))["readouts"]]
    assert sorted(results) == ["p0", "p3", "x1", "x2"]


@pytest.mark.parametrize("text", ["0 1 2 0.4\n1 2 3 0.4\n"])
def test_other_formats_of_hypergraphs_are_read_so_too(text, tmp_path):
    path = tmp_path / "chain.txt"
    path.write_text(text)
    data = json.loads(
        ok("compile", path, "--weights", "last", "--readout", "momenta", "--out", tmp_path / "out", "--json")
    )
    assert data["modes"] == 4 and data["verification"]["equivalent"] is True


def test_momenta_are_refused_where_there_are_none_to_choose(chain, compiled, tmp_path):
    momenta = ("--readout", "momenta", "--out", tmp_path / "out")
    assert "is a cell, which reads one quadrature" in refused("compile", EXAMPLES / "cell.json", *momenta)
    assert "is a program, which holds its own readouts" in refused("compile", compiled, *momenta)
    for profile, said in (("xanadu-x8", "not mappable to xanadu-x8"), ("trapped-ion-motional", "--readout spin")):
        assert said in refused("compile", chain, "--profile", profile, *momenta, code=1)
    assert not (tmp_path / "out").exists()
