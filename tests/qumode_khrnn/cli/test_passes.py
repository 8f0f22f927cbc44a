"""Passes run alone from the command line; programs and examples as inputs."""

import json

import pytest
from command import ok, refused
from places import EXAMPLES

from compiler.passes.registry import PASSES

TRIANGLE = EXAMPLES / "triangle.json"


def test_all_passes_are_listed_with_guarantee_and_options():
    data = json.loads(ok("passes", "--json"))["passes"]
    assert [row["name"] for row in data] == list(PASSES)
    assert all(row["summary"].endswith(".") and row["guarantee"] for row in data)
    options = {row["name"]: [option["name"] for option in row["options"]] for row in data}
    assert options["lower_phases"] == ["objective", "effort", "seed", "strength_cap"]
    assert options["measured_squeezing"] == ["ancilla_r"] and options["drop_trivial"] == []
    text = ok("passes")
    assert all(f"{name}\n" in text for name in PASSES)
    assert "option effort = 10.0  (number)" in text


def test_one_pass_alone_prints_the_circuit_before_and_after(tmp_path):
    text = ok("compile", TRIANGLE, "--passes", "lower_phases{effort=0}")
    before, after = text.split("after lower_phases (")
    assert before.startswith("before:\n  3 modes, 7 operations\n") and "PolynomialPhase  0, 1, 2" in before
    assert "holds, residual" in after and after.count("CubicPhase") == 4 and "PolynomialPhase" not in after
    data = json.loads(ok("compile", TRIANGLE, "--passes", "collect_phases,lower_phases{effort=0}", "--json"))
    assert [row["name"] for row in data["passes"]] == ["collect_phases", "lower_phases"]
    assert all(row["holds"] and row["residual"] < 1e-11 for row in data["passes"])
    assert [op["op"] for op in data["before"]["operations"]].count("PolynomialPhase") == 1


def test_what_passes_make_is_compiled_further(tmp_path):
    out = tmp_path / "lowered"
    ok("compile", TRIANGLE, "--passes", "lower_phases", "--out", out)
    assert [path.name for path in out.iterdir()] == ["program.json"]
    text = ok("compile", out / "program.json", "--profile", "photonic-teleported", "--out", tmp_path / "whole")
    assert text.startswith("18 operations on 3 modes for photonic-teleported\n") and "prepare_cubic      4" in text
    assert "holds" in ok("verify", tmp_path / "whole")


def test_options_of_the_command_are_defaults_of_the_passes(tmp_path):
    strategies = [
        json.loads(ok("compile", EXAMPLES / "karate_triangles.json", *args, "--json"))["passes"][0]["report"]
        for args in (
            ("--passes", "lower_phases", "--effort", 0),
            ("--passes", "lower_phases{effort=0}"),
        )
    ]
    assert strategies[0] == strategies[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lower_phase", "there is no pass 'lower_phase'; did you mean 'lower_phases'?"),
        ("nothing", "there is no pass 'nothing'; khrnn passes lists them"),
        ("lower_phases{efort=1}", "lower_phases has no option 'efort'; did you mean 'effort'?"),
        ("drop_trivial{effort=1}", "drop_trivial has no option 'effort'; it has no options"),
        ("lower_phases{effort=much}", "lower_phases: effort must be number, found 'much'"),
        ("lower_phases{effort}", "options are NAME=VALUE, found 'effort'"),
        ("lower_phases{seed=1,seed=2}", "the option seed is set twice"),
        ("lower_phases{effort=1", "must be names with options in braces"),
        ("lower_phases{effort=-1}", "the effort must lie in 0..1e6"),
        ("", "--passes needs at least one of collect_phases"),
    ],
)
def test_bad_passes_are_one_clear_line(text, message):
    assert message in refused("compile", TRIANGLE, "--passes", text)


def test_options_that_do_not_apply_are_refused(tmp_path):
    ok("compile", TRIANGLE, "--out", tmp_path)
    program = tmp_path / "program.json"
    assert "--squeezing is for hypergraphs and cells" in refused("compile", program, "--squeezing", 1)
    assert "--format is for whole compilations" in refused("compile", TRIANGLE, "--passes", "route", "--format", "svg")
    assert "edges may have at most k = 2 modes" in refused("compile", tmp_path / "source.json", "--k", 2)


def test_examples_are_listed_and_copied(tmp_path):
    names = sorted(path.name for path in EXAMPLES.iterdir())
    assert sorted(row["name"] for row in json.loads(ok("examples", "--json"))["examples"]) == names
    ok("examples", "--out", tmp_path / "copies")
    for name in names:
        assert (tmp_path / "copies" / name).read_bytes() == (EXAMPLES / name).read_bytes()
