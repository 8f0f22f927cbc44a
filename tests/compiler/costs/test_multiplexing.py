"""Sources of heralded states: the least numbers that do, counted; and where programs, folders and texts show them."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from command import ok
from places import EXAMPLES
from random_programs import device, edge

from compiler.artifact import check_artifact, write_artifact
from compiler.artifact.certificate import own_digest
from compiler.costs.multiplexing import multiplexing, sources_per_gate, switch_depth
from compiler.costs.unverified import unverified_numbers
from compiler.errors import InputError
from compiler.files import json_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PrepareCubic, PrepareSqueezed
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data

TELEPORTED = load_profile("photonic-teleported")


def counted(p: Fraction, wanted: Fraction, gates: int) -> int:
    """The least N with (1 - (1-p)^N)^G >= wanted, by trying one after another in exact numbers."""
    n = 1
    while (1 - (1 - p) ** n) ** gates < wanted:
        n += 1
    return n


@pytest.mark.parametrize("p", ["0.02", "0.048", "0.3", "0.5", "0.9", "0.999"])
@pytest.mark.parametrize("wanted", ["0.5", "0.75", "0.99"])
@pytest.mark.parametrize("gates", [1, 2, 4, 31])
def test_numbers_of_sources_are_the_least_that_do(p, wanted, gates):
    assert sources_per_gate(float(p), float(wanted), gates) == counted(Fraction(p), Fraction(wanted), gates)


def test_small_probabilities_and_many_gates_keep_their_digits():
    """For p -> 0 and many gates, N p -> log(G / 0.01005): -log(1 - 0.99^{1/G}) = -log(-log(0.99) / G) nearly."""
    assert sources_per_gate(1e-9) * 1e-9 == pytest.approx(4.605170186, rel=1e-8)
    assert sources_per_gate(1e-9, gates=10**12) * 1e-9 == pytest.approx(32.231170, rel=1e-7)


@pytest.mark.parametrize("depth", range(8))
def test_a_tree_of_switches_has_a_leaf_for_every_source(depth):
    assert switch_depth(2**depth) == depth and switch_depth(2**depth + 1) == depth + 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0.0,), r"success probability of one attempt in \(0, 1\), found 0;"),
        ((1.0,), r"success probability of one attempt in \(0, 1\), found 1;"),
        ((float("nan"),), "found nan"),
        ((0.5, 0.0), r"wanted probability of success must lie in \(0, 1\), found 0"),
        ((0.5, 1.0), r"wanted probability of success must lie in \(0, 1\), found 1"),
        ((0.5, 0.9, 0), "at least one gate, found 0"),
    ],
)
def test_counts_that_make_no_sense_are_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        sources_per_gate(*arguments)
    assert "\n" not in str(caught.value)


def test_a_program_counts_its_heralded_states():
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), TELEPORTED)
    (states,) = program.heralding
    assert states.gates == program.resources.counts["prepare_cubic"] == 4
    p = Fraction("0.04801")
    assert (states.sources_per_gate, states.sources_per_gate_for_all) == (
        counted(p, Fraction("0.99"), 1),
        counted(p, Fraction("0.99"), 4),
    )
    assert states.total_sources == 4 * states.sources_per_gate_for_all
    assert states.switch_depth == 7 and states.tree_loss_db == pytest.approx(0.7)
    assert "primitives.Switch.loss_db" in program.unverified
    unheralded = Circuit(1, (PrepareSqueezed((0,), -1.0),))
    assert multiplexing(unheralded, TELEPORTED) == ()
    assert "primitives.Switch.loss_db" not in unverified_numbers(unheralded, TELEPORTED)


def test_states_that_always_succeed_or_whose_switches_are_unknown():
    state = Circuit(1, (PrepareCubic((0,), 0.1, 1.0),))
    assert multiplexing(state, load_profile("ideal-teleported")) == ()
    assert multiplexing(state, device({"PrepareCubic": {"success_probability": 1.0}})) == ()
    (found,) = multiplexing(state, device({"PrepareCubic": {"success_probability": 0.5}}))
    assert found.tree_loss_db is None and "loss" not in found.line()
    assert found.line().endswith("99 % success takes 7 sources for one gate; a state passes 3 switches")


def test_a_folder_holds_them_and_what_was_changed_is_found(tmp_path):
    write_artifact(tmp_path, compile_circuit(Circuit(3, (edge(0, 1, 2),)), TELEPORTED))
    path = tmp_path / "resources.json"
    data = json.loads(path.read_text())
    assert data["heralding"][0]["total_sources"] == 488 and not check_artifact(tmp_path).problems
    data["heralding"][0]["total_sources"] = 4
    path.write_text(json.dumps(data))
    changed, other = check_artifact(tmp_path).problems
    assert changed.startswith("certificate.json does not certify this resources.json")
    assert other == "resources.json does not state the sources that the heralded states of program.json need"
    del data["heralding"]
    path.write_text(json.dumps(data))
    assert check_artifact(tmp_path).problems == (changed,)
    where = tmp_path / "certificate.json"
    claimed = json.loads(where.read_text())
    del claimed["sha256"]["resources.json"], claimed["digest"]  # folders of older versions do not sign it
    where.write_text(json_text({**claimed, "digest": own_digest(claimed)}))
    assert not check_artifact(tmp_path).problems


def test_commands_show_them(tmp_path):
    told = (
        "99 % success takes 94 sources for one gate, and 122 each, 488 in all, for all 4 gates together; a state passes"
    )
    triangle, name = EXAMPLES / "triangle.json", "photonic-teleported"
    assert told in ok("compile", triangle, "--profile", name, "--out", tmp_path / "text")
    data = json.loads(ok("compile", triangle, "--profile", name, "--out", tmp_path / "data", "--json"))
    assert data["heralding"][0]["sources_per_gate_for_all"] == 122
    assert told in ok("devices", triangle, "--profile", name)
    rows = json.loads(ok("devices", triangle, "--profile", name, "--profile", "ideal-cubic", "--json"))["rows"]
    assert [len(row["heralding"]) for row in rows] == [1, 0] and rows[0]["heralding"][0]["switch_depth"] == 7


def test_a_switch_of_the_user_counts():
    data = TELEPORTED.to_data()
    data["name"] = "mine"
    data["primitives"]["Switch"]["loss_db"]["value"] = 0.5
    (states,) = compile_circuit(Circuit(3, (edge(0, 1, 2),)), profile_from_data(data, "mine")).heralding
    assert states.tree_loss_db == pytest.approx(3.5)
