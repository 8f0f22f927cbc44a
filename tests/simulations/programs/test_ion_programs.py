"""Pulses of ion programs run on a grid, bits follow their law, and heating follows the clock."""

from __future__ import annotations

import json
from datetime import date
from math import exp, sqrt

import numpy as np
import pytest
from command import ok
from displacement_readouts import covariance, displacement, mean_after_noise, triangle
from places import EXAMPLES

from compiler.artifact import read_program, write_artifact
from compiler.machines.ion_file import IonFile, Reading
from compiler.machines.ion_noise import as_bits, ion_noise, ion_schedule, with_ion_noise
from compiler.machines.layout import ION_FILE, read_layout
from compiler.pipeline import compile_circuit
from hardware_profiles import apply_overrides, load_profile
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.studies.devices import one_edge
from simulations.backends.registry import Settings
from simulations.programs.ion_pulses import check_pulses
from simulations.programs.sampling import sample_program


@pytest.fixture(scope="module")
def ion_folder(tmp_path_factory):
    """The triangle on ions, read through the spin."""
    folder = tmp_path_factory.mktemp("ions")
    args = ("--profile", "trapped-ion-motional", "--readout", "spin", "--error", 0.05, "--effort", 0, "--json")
    return folder, json.loads(ok("compile", EXAMPLES / "triangle.json", *args, "--out", folder))


def test_pulses_of_a_folder_run_on_a_grid(ion_folder):
    folder, data = ion_folder
    assert data["layout"]["error_bound"] <= 0.05 and data["layout"]["bits"] == 3
    found = json.loads(ok("verify", folder, "--simulate", "--json"))["pulses"]
    assert found["error"] <= found["stated_error"] == pytest.approx(data["layout"]["error_bound"])
    assert found["error"] > 0.2 * found["stated_error"]  # the bound is no idle one
    check = check_pulses(folder)
    assert check is not None and not check.failed()


def test_a_program_without_sequences_says_where_its_pulses_are_checked(tmp_path):
    ok("compile", EXAMPLES / "triangle_with_context.json", "--profile", "trapped-ion-motional", "--out", tmp_path / "o")
    text = ok("verify", tmp_path / "o", "--simulate")
    assert "not simulated: it has no spin sequences; its gates and readout pulses are checked above" in text
    text = ok("simulate", tmp_path / "o", "--backend", "branches", "--shots", 20)
    assert "a bit is read wrong with probability 0.0009" in text
    assert "of displacements D with P(+1) = (1 + Re <D>) / 2" in text and "kappa" not in text


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


def test_readings_are_of_results():
    file = IonFile(error=0.1, deviations=3.0, input_r=0.0, sequences=(), readouts=(Reading(result="y", kappa=2.0),))
    drawn = as_bits({"y": np.full(4000, np.pi / 2)}, file, np.random.default_rng(0))["y"]
    assert set(drawn) == {-1.0}  # cos(kappa q) = -1


def test_bits_of_a_compiled_triangle_have_the_mean_that_the_noise_predicts(tmp_path):
    """40,000 shots of context A at q = 0.1, heating and dephasing enlarged; 5 sigma, wrong once in two million runs."""
    changes = {
        "measurement.spin-one-bit.flip_probability": 0.1,
        "noise.heating_quanta_per_s": 20.0,
        "noise.dephasing_rad2_per_s": 20.0,
    }
    profile = apply_overrides(load_profile("trapped-ion-motional"), changes, date(2026, 11, 30))
    write_artifact(tmp_path, compile_circuit(triangle(1.0, 1.0), profile))
    t, shots = 3e-4, 40_000
    found = sample_program(tmp_path, shots, "branches", 1.0, Settings(), 5)
    mean = 0.8 * mean_after_noise(covariance(1.0, 1.0), *displacement(None, 1.0), 2 * 20.0 * t, 20.0 * t)
    assert 0.28 < mean < 0.29  # without noise 0.727
    (readout,) = found["readouts"]
    assert abs(readout["mean"] - mean) < 5.0 * sqrt((1.0 - mean**2) / shots)
    assert found["warnings"] == []
