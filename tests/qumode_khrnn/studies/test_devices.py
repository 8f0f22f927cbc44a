"""Devices on the command line: compile, verify, simulate, compare; noise and readouts of ions; rows of devices."""

from __future__ import annotations

import json
from math import exp, tanh

import numpy as np
import pytest
from command import khrnn, ok, refused
from places import EXAMPLES

from compiler.artifact import check_artifact, read_program
from compiler.ions.readout import shots_for_weight
from compiler.machines.ion_file import IonFile, Reading
from compiler.machines.ion_noise import as_bits, ion_noise, ion_schedule, with_ion_noise
from compiler.machines.layout import ION_FILE, read_layout
from hardware_profiles import load_profile, profile_names
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from qumode_khrnn.reports.device_figure import devices_figure
from qumode_khrnn.studies.devices import DEPHASING, device_lines, device_row, device_rows, one_edge
from simulations.programs.ion_pulses import check_pulses


def written(folder, modes, *edges):
    """A hypergraph file."""
    path = folder / "graph.json"
    data = {"modes": modes, "edges": [{"modes": list(m), "weight": w} for m, w in edges]}
    path.write_text(json.dumps(data))
    return path


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    return written(tmp_path_factory.mktemp("chain"), 4, ((0, 1), 0.3), ((1, 2), -0.2), ((2, 3), 0.4))


@pytest.fixture(scope="module")
def ion_folder(tmp_path_factory):
    """The triangle on ions, read through the spin."""
    folder = tmp_path_factory.mktemp("ions")
    args = ("--profile", "trapped-ion-motional", "--readout", "spin", "--error", 0.05, "--effort", 0, "--json")
    return folder, json.loads(ok("compile", EXAMPLES / "triangle.json", *args, "--out", folder))


@pytest.mark.parametrize(
    "options, layout, refusals",
    [
        (["--profile", "mqc3-quadrail"], "macronodes.json", {"jaqal"}),
        (["--profile", "photonic-teleported", "--set", "loss_db.beam_splitter=0.02"], None, {"jaqal"}),
        (["--profile", "cavity-snail"], None, {"jaqal", "device"}),
        (
            ["--profile", "trapped-ion-qscout", "--readout", "spin", "--squeezing", "0"],
            "ions.json",
            {"strawberryfields", "blackbird", "xir", "mrmustard", "cv-openqasm", "device"},
        ),
    ],
)
def test_all_formats_of_a_device(options, layout, refusals, chain, tmp_path):
    data = json.loads(ok("compile", chain, *options, "--format", "all", "--out", tmp_path, "--json"))
    outcomes = {form["name"]: form for form in data["formats"]}
    assert {name for name, form in outcomes.items() if form["outcome"].startswith("refused: ")} == refusals
    files = {path.name for path in tmp_path.iterdir()}
    assert {form["file"] for name, form in outcomes.items() if name not in refusals} <= files
    assert (layout is None and data["layout"] is None) or layout in files
    assert json.loads(ok("verify", tmp_path, "--json"))["equivalent"] is True
    for name in sorted(files & {"macronodes.json", "ions.json", "program.jaqal", "device.json", "circuit.svg"}):
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text + " ")
        assert any(f"not about this {name}" in problem for problem in check_artifact(tmp_path).problems)
        (tmp_path / name).write_text(text)


def test_a_set_number_renames_the_profile(chain, tmp_path):
    assert "loss_db.squeezr" in refused("compile", chain, "--set", "loss_db.squeezr=1", "--out", tmp_path)
    out = ok("compile", chain, "--profile", "photonic-cubic", "--set", "loss_db.squeezer=1", "--out", tmp_path)
    assert "for photonic-cubic-modified, squeezing r = 1" in out
    kept = json.loads((tmp_path / "profile.json").read_text())["operations"]["Squeeze"]["loss_db"]
    assert (kept["value"], kept["source"], kept["mark"]) == (1.0, "user", "A")


@pytest.mark.parametrize("name", profile_names())
def test_refusals_are_data_and_exit_code_one(name, tmp_path):
    """Edges of four modes with readouts: a program or reasons, on every profile; never more than one line of error."""
    path = written(tmp_path, 4, ((0, 1, 2, 3), 0.01))
    done = khrnn("compile", path, "--profile", name, "--effort", 0, "--out", tmp_path / "out", "--json")
    data = json.loads(done.stdout)
    if data["mappable"]:
        assert done.returncode == 0 and not done.stderr
        return
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
    assert data["profile"] == name
    assert all(set(reason) == {"operation", "reason", "relaxation"} for reason in data["reasons"]) and data["reasons"]


def test_bad_choices(chain, tmp_path):
    assert "--readout must be homodyne, spin, none" in refused("compile", chain, "--readout", "bits")
    ions = ("--profile", "trapped-ion-motional")
    assert "error in (0, 2)" in refused("compile", chain, *ions, "--error", 0)
    assert "no such file" in refused("compile", chain, *ions, "--calibration", tmp_path / "none.json").lower()
    for option in (("--readout", "spin"), ("--error", 0.1), ("--calibration", tmp_path)):
        assert f"{' '.join(option[:1])}" in refused("compile", chain, *option, "--profile", "mqc3-quadrail")
    assert "--k must lie in 2..4" in refused("devices", "--k", 5)
    assert "not both" in refused("devices", chain, "--k", 2)


def test_x8_from_the_command_line(tmp_path):
    path = written(tmp_path, 8, *(((m, m + 4), tanh(2.0)) for m in range(4)))
    out = tmp_path / "out"
    text = ok("compile", path, "--profile", "xanadu-x8", "--readout", "none", "--format", "device", "--out", out)
    assert "4 of 4 pairs squeezed" in text and (out / "device.json").exists()
    assert "not simulated: a small instance" in ok("verify", out, "--simulate")
    assert "no readouts" in ok("simulate", out)


def test_pulses_of_a_folder_run_on_a_grid(ion_folder):
    folder, data = ion_folder
    assert data["layout"]["error_bound"] <= 0.05 and data["layout"]["bits"] == 3
    found = json.loads(ok("verify", folder, "--simulate", "--json"))["pulses"]
    assert found["error"] <= found["stated_error"] == pytest.approx(data["layout"]["error_bound"])
    assert found["error"] > 0.2 * found["stated_error"]  # the bound is no idle one
    check = check_pulses(folder)
    assert check is not None and not check.failed()


def pulses_of(folder):
    layout = read_program(folder).layout
    assert layout is not None
    return read_layout(IonFile, layout, ION_FILE)


def test_bits_follow_the_characteristic_function(ion_folder):
    """x is normal: mean bit exp(-kappa^2 v / 2), v = e^{2r} and heating; 4 standard errors, missed once in 1e4."""
    folder, data = ion_folder
    sampled = json.loads(ok("simulate", folder, "--shots", 40000, "--seed", 5, "--json"))
    v = exp(1.0) + data["layout"]["heating_variance"]
    for row in sampled["readouts"][:2]:
        assert row["name"] in ("x1", "x2")
        assert row["mean"] == pytest.approx(exp(-0.5 * v), abs=4.0 * row["stderr"])
    assert "dephasing" in sampled["warnings"][0] and sampled["nullifiers"] == []
    q = np.random.default_rng(0).normal(size=100)
    file = pulses_of(folder)
    sure = as_bits({"x1": 0.0 * q, "other": q}, file, np.random.default_rng(1))
    assert set(sure["x1"]) == {1.0} and np.array_equal(sure["other"], q)


def test_heating_is_that_of_the_clock(ion_folder):
    folder, data = ion_folder
    profile, file = load_profile("trapped-ion-motional"), pulses_of(folder)
    native = read_program(folder).circuit
    timed, noise = ion_schedule(file, profile), ion_noise(native, file, profile)
    assert timed is not None and noise is not None
    displacements = sum(sum(a != 0.0 for a in s.areas) + (s.kick != 0.0) for s in file.sequences)
    assert displacements == data["layout"]["displacements"]
    assert timed.duration_s == pytest.approx(displacements * 1e-4) == data["layout"]["duration_s"]
    assert noise.added_variance == pytest.approx(2.0 * 0.56 * timed.duration_s)
    source = state_circuit(one_edge(3, 0.3), 0.5)
    noisy = with_ion_noise(source, profile, file, 2.0)
    added = [op.x_variance for op in noisy.circuit.operations if type(op).__name__ == "DisplacementNoise"]
    assert added == [pytest.approx(2.0 * noise.added_variance)] * 3 and len(noisy.left_out) == 1
    bare = profile.model_copy(update={"primitives": {}})
    assert with_ion_noise(source, bare, file, 1.0).circuit == source
    text = ok("budget", folder)
    assert "waiting and feed-forward latency" in text


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
    ions = device_row(load_profile("trapped-ion-motional"), one_edge(2, 0.1))
    assert ions.by_bits and ions.shots is not None and ions.wanted_shots == ions.shots.shots > ions.shots.homodyne_shots
    assert ions.shares[DEPHASING] > 0.0 and 0.0 < ions.added <= 0.01


def test_a_row_agrees_with_its_budget():
    profile = load_profile("cavity-snail")
    graph = Hypergraph(3, (Hyperedge((0, 1), 0.2), Hyperedge((1, 2), 0.3)))
    row = device_row(profile, graph)
    assert row.shots is None and row.duration_s is None and row.k == 2
    assert row.variance is not None and sum(row.shares.values()) == pytest.approx(row.variance, rel=0.05)


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


def test_readings_are_of_results():
    file = IonFile(error=0.1, deviations=3.0, input_r=0.0, sequences=(), readouts=(Reading(result="y", kappa=2.0),))
    drawn = as_bits({"y": np.full(4000, np.pi / 2)}, file, np.random.default_rng(0))["y"]
    assert set(drawn) == {-1.0}  # cos(kappa q) = -1


@pytest.mark.parametrize("name", ["cavity-snail", "photonic-cubic", "photonic-teleported"])
def test_the_table_of_the_readme_is_what_the_rows_say(name):
    row = device_row(load_profile(name), one_edge(3))
    assert row.variance is not None
    shown = f"`{name}`{'†' * bool(row.unverified)}, r = {row.squeezing:.3g} | {row.gates} gates, {row.non_gaussian} | "
    shown += f"{row.variance:.3f} | {100 * row.ideal / row.variance:.0f} % | {row.wanted_shots} |"
    assert f"| {shown}\n" in (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
