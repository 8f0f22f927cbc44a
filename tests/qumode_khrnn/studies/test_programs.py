"""Programs on devices: the rows of a hypergraph's circuit are those of the hypergraph; refusals name the operation."""

from math import exp

import pytest

from compiler.ir import Circuit
from compiler.ir import operations as ops
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.studies.devices import device_row, one_edge
from qumode_khrnn.studies.programs import program_lines, program_row, program_rows


@pytest.mark.parametrize("name", ["ideal-cubic", "photonic-cubic", "photonic-teleported", "mqc3-quadrail"])
def test_the_row_of_a_hypergraph_as_a_program_is_that_of_the_hypergraph(name):
    profile = load_profile(name)
    edge = one_edge(3 if name != "mqc3-quadrail" else 2)
    row = device_row(profile, edge)
    found = program_row(profile, state_circuit(edge, row.squeezing))
    assert (found.gates, found.non_gaussian, found.depth) == (row.gates, row.non_gaussian, row.depth)
    assert found.variance == row.variance and dict(found.shares) == dict(row.shares) and found.loss == row.loss
    assert found.reason == row.reason and found.unverified == row.unverified and found.limit == row.limit


def test_without_a_nullifier_the_answer_is_the_first_result():
    """Squeezing of r = 0.5 and no noise: the variance is e^{-1}, all of it finite squeezing."""
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), 0.5), ops.Rotation((0,), 0.5), ops.Homodyne((0,), 0.5, "y")))
    row = program_row(load_profile("ideal-cubic"), circuit)
    assert row.answer == "y" and row.variance == pytest.approx(exp(-1.0))
    assert program_row(load_profile("ideal-cubic"), Circuit(1)).answer == ""


def test_the_table_shows_reasons_and_numbers():
    cubic = Circuit(1, (ops.PrepareVacuum((0,)), ops.CubicPhase((0,), 0.3), ops.Homodyne((0,), 0.0, "y")))
    done = []
    rows = program_rows([load_profile(name) for name in ("ideal-cubic", "xanadu-x8")], cubic, done.append)
    assert done == [1, 2]
    head, first, second = program_lines(rows)
    assert head.split()[:3] == ["gates", "not", "G."] and first.split()[:4] == ["ideal-cubic", "1", "1", "3"]
    assert "not mappable, because" in second and "Gaussian" in second
    data = rows[1].to_json()
    assert data["profile"] == "xanadu-x8" and data["variance"] is None and data["reason"]["operation"]


def test_ions_give_costs_and_no_variance():
    squeezed = Circuit(1, (ops.PrepareSqueezed((0,), 0.25), ops.Homodyne((0,), 0.0, "y")))
    row = program_row(load_profile("trapped-ion-motional"), squeezed)
    assert row.reason is None and row.by_bits and row.variance is None
