"""Rows of devices agree with budgets and closed forms, and the table shows what they say."""

from __future__ import annotations

import json
from math import ceil, erfc, exp, sqrt

import pytest
from command import ok
from places import DOCS, EXAMPLES

from compiler.ions.readout import shots_for_weight
from hardware_profiles import load_profile
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from qumode_khrnn.reports.noise_figures import devices_figure
from qumode_khrnn.studies.devices import DEPHASING, NO_DETECTOR, device_lines, device_row, device_rows, one_edge
from simulations.heralding.edge_gap import edge_gap


def test_rows_of_devices():
    ideal = device_row(load_profile("ideal-cubic"), one_edge(3))
    assert ideal.variance == pytest.approx(exp(-2.0)) == ideal.ideal and ideal.unverified == ()
    assert (ideal.gates, ideal.non_gaussian, ideal.limit) == (12, 4, "finite squeezing of latent modes")
    assert ideal.wanted_shots == shots_for_weight(3, 0.3, exp(2.0), exp(-2.0), 0.01).homodyne_shots
    light = device_row(load_profile("photonic-cubic"), one_edge(2))
    parts = ("PrepareSqueezed", "BeamSplitter", "Squeeze")  # their losses are recalled (mark R); the detector's is not
    assert set(light.unverified) == {f"operations.{part}.loss_db" for part in parts}
    assert light.variance is not None and light.variance > light.ideal
    refused_row = device_row(load_profile("mqc3-quadrail"), one_edge(3))
    assert refused_row.reason is not None and "non-Gaussian ancilla" in refused_row.reason.reason
    exact, ions = (device_row(load_profile("trapped-ion-motional"), one_edge(k, 0.1)) for k in (2, 3))
    for row in (exact, ions):
        assert row.by_bits and row.shots is not None and row.wanted_shots == row.shots.shots > row.shots.homodyne_shots
        assert row.shares[DEPHASING] > 0.0
    # a beamsplitter of 0.1 ms, and two squeezers between rotations
    assert (exact.gates, exact.non_gaussian, exact.duration_s) == (7, 0, pytest.approx(1e-4))
    assert exact.added == exact.outside == exact.state_distance == 0.0
    assert 0.0 < ions.added <= 0.01
    assert ions.outside == pytest.approx(4.0 * erfc(3.0 / sqrt(2.0)))  # four directions, three deviations
    assert ions.state_distance == pytest.approx(sqrt(ions.added**2 + 4.0 * ions.outside))
    assert ideal.outside == ideal.state_distance == 0.0


def test_a_row_agrees_with_its_budget():
    profile = load_profile("cavity-snail")
    graph = Hypergraph(3, (Hyperedge((0, 1), 0.2), Hyperedge((1, 2), 0.3)))
    row = device_row(profile, graph)
    assert row.shots is None and row.duration_s is None and row.k == 2
    assert row.variance is not None and sum(row.shares.values()) == pytest.approx(row.variance, rel=0.05)


def test_rows_tell_the_loss_of_wires_from_that_of_modes():
    """Of photonic-cubic: 0.104 dB a cubic gate, 0.0005 a splitter, 0.052 a source, 0.1233 a detector."""
    row = device_row(load_profile("photonic-cubic"), one_edge(3))
    assert row.loss is not None
    assert row.loss.wire_db == pytest.approx((0.5943, 0.1778, 0.1778), rel=1e-9)
    assert row.loss.logical_db == pytest.approx(
        [4 / 3 * 0.104 + 0.1753 + splitters * 0.0005 for splitters in (6, 5, 5)], rel=1e-9
    )
    assert row.to_json()["loss"]["logical_db"] == list(row.loss.logical_db)
    (line,) = (line for line in device_lines([row]) if line.startswith("photonic-cubic"))
    assert "0.594 dB 0.317 dB" in line
    quiet = device_row(load_profile("ideal-cubic"), one_edge(3))
    assert quiet.loss is not None and quiet.loss.total_db == 0.0


def test_the_table_of_devices(tmp_path):
    rows = device_rows([load_profile("ideal-cubic"), load_profile("xanadu-x8")], [one_edge(2), one_edge(3)])
    lines = device_lines(rows)
    assert [line for line in lines if line.startswith("k = ")] == ["k = 2", "k = 3"]
    assert sum("not mappable, because" in line for line in lines) == 2
    figure = devices_figure(rows)
    texts = [text.get_text().strip() for axes in figure.axes for text in axes.texts]
    assert texts.count("cannot run it") == 2 and "0.135" in texts
    data = json.loads(ok("devices", EXAMPLES / "triangle.json", "--profile", "ideal-cubic", "--json"))
    assert data["rows"][0]["variance"] == pytest.approx(exp(-2.0))


def test_what_photonic_machines_lack_is_said_under_their_rows():
    """In words, as JSON, and only where one 3-edge is asked for."""
    names = ("xanadu-aurora", "photonic-teleported", "ideal-cubic", "xanadu-x8")
    profiles = [load_profile(name) for name in names]
    pair, triple = ([device_row(profile, one_edge(k)) for profile in profiles] for k in (2, 3))
    assert all(row.gap is None and row.gap_texts() == () for row in pair)
    aurora, teleported, ideal, counter = triple
    assert aurora.gap == edge_gap(profiles[0], 0.3) and teleported.gap == edge_gap(profiles[1], 0.3)
    assert ideal.gap is None and counter.gap is None  # no light, and no homodyne detector
    assert ideal.gap_texts() == () and counter.gap_texts() == (NO_DETECTOR,)
    lines = device_lines(triple)
    at = next(index for index, line in enumerate(lines) if line.startswith("xanadu-aurora"))
    assert f"the machine lacks {aurora.gap.lacks_db:.1f} dB for a 3-edge of weight 0.3" in lines[at + 1]
    assert sum(NO_DETECTOR in line for line in lines) == 1
    data = json.loads(json.dumps([row.to_json() for row in triple]))
    assert data[0]["gap"]["lacks_db"] == aurora.gap.lacks_db and data[2]["gap"] is None
    larger = Hypergraph(4, (Hyperedge((0, 1, 2), 0.3), Hyperedge((0, 1, 2, 3), 0.1)))
    assert device_row(profiles[0], larger).gap is None
    stronger = Hypergraph(4, (Hyperedge((0, 1, 2), 0.2), Hyperedge((1, 2, 3), -0.4)))
    assert device_row(profiles[0], stronger).gap.weight == 0.4


@pytest.mark.parametrize("name", ["mqc3-quadrail", "photonic-gkp", "xanadu-aurora"])
def test_the_page_says_what_is_lacking(name):
    row = device_row(load_profile(name), one_edge(3))
    shown = f"| `{name}` | not mappable: {row.reason.reason.partition(' (')[0]} | | | lacks {row.gap.lacks_db:.1f} dB |"
    assert f"{shown}\n" in (DOCS / "devices.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["cavity-snail", "photonic-cubic", "photonic-teleported"])
def test_the_table_of_the_page_is_what_the_rows_say(name):
    row = device_row(load_profile(name), one_edge(3))
    assert row.variance is not None
    shown = f"`{name}`{'†' * bool(row.unverified)}, r = {row.squeezing:.3g} | {row.gates} gates, {row.non_gaussian} | "
    shown += f"{row.variance:.3f} | {100 * row.ideal / row.variance:.0f} % | {row.wanted_shots} |"
    assert f"| {shown}\n" in (DOCS / "devices.md").read_text(encoding="utf-8")


def test_what_the_page_says_of_pulses_is_what_their_row_says():
    row = device_row(load_profile("trapped-ion-motional"), one_edge(3))
    distance = sqrt(row.added**2 + 16.0 * erfc(3.0 / sqrt(2.0)))  # four directions
    text = " ".join((DOCS / "devices.md").read_text(encoding="utf-8").split())
    assert f"within {ceil(1e3 * distance) / 1e3:.3f} of the ideal one" in text
    assert f"at most {ceil(1e4 * row.added) / 1e4:.4f} in sup-norm" in text
    assert f"at most {ceil(1e3 * row.outside) / 10:.1f} % of the state is elsewhere" in text
    (line,) = (line for line in device_lines([row]) if "pulses leave" in line)
    assert f"within {ceil(1e3 * distance) / 1e3:.3f} of the ideal one" in line
