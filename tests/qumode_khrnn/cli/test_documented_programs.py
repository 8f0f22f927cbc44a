"""Strawberry Fields' documented programs, from each of its text formats, through the commands alone."""

import json

import pytest
from command import ok, refused
from places import DATA

PROGRAMS = DATA / "programs"
PROFILES = ("ideal-cubic", "photonic-cubic", "xanadu-x8", "trapped-ion-motional")


def rows(name):
    """What becomes of a program on a few devices: its gates, or the reason."""
    options = (word for profile in PROFILES for word in ("--profile", profile))
    found = json.loads(ok("devices", PROGRAMS / name, *options, "--json"))["rows"]
    return [row["gates"] if row["reason"] is None else row["reason"]["reason"] for row in found]


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("teleportation", (None, "allows |r| <= 1.727, found 2", "no displacement", "the spin gives one bit")),
        (
            "gate-teleportation",
            (None, "allows |r| <= 1.727, found 2", "no homodyne detector", "the spin gives one bit"),
        ),
        ("boson-sampling", ("single photon",) * 4),
    ],
)
def test_each_device_runs_them_or_names_the_physics(name, reasons):
    from_script, from_blackbird, from_xir = (rows(f"{name}.{ending}") for ending in ("py", "xbb", "xir"))
    for found, reason in zip(from_script, reasons, strict=True):
        assert found > 0 if reason is None else reason in found
    assert from_blackbird == from_script == from_xir


@pytest.mark.parametrize("name", ["teleportation", "gate-teleportation", "boson-sampling", "cubic"])
def test_their_formats_hold_one_program(name):
    for ending in ("xbb", "xir"):
        found = json.loads(ok("compare-programs", PROGRAMS / f"{name}.py", PROGRAMS / f"{name}.{ending}", "--json"))
        assert found["equal"], found["reason"]


def test_teleportation_is_compiled_proved_and_simulated(tmp_path):
    out = tmp_path / "out"
    ok("compile", PROGRAMS / "teleportation.xir", "--profile", "ideal-cubic", "--out", out)
    assert "holds" in ok("verify", out)
    run = json.loads(ok("simulate", out, "--shots", 0, "--json"))["readouts"]
    alone = json.loads(ok("simulate", PROGRAMS / "teleportation.py", "--shots", 0, "--json"))["readouts"]
    # m_0 = (x_0 - x_1) / sqrt(2): the mean of x_0 is 2 * 0.8, and x_1 has half the variance of each of the pair
    expected = 0.5 * (1.0 + 0.5 * (2.718281828459045**4 + 2.718281828459045**-4))
    for found in (run, alone):
        assert found[0]["mean"] == pytest.approx(1.6 / 2**0.5) and found[0]["variance"] == pytest.approx(expected)


def test_the_cubic_program_runs_on_a_photonic_device(tmp_path):
    out = tmp_path / "out"
    data = json.loads(ok("compile", PROGRAMS / "cubic.xbb", "--profile", "photonic-cubic", "--out", out, "--json"))
    assert data["counts"]["cubic_phase"] == 2 and data["verification"]["equivalent"]
    assert "holds" in ok("verify", out)
    assert len(json.loads(ok("simulate", out, "--shots", 500, "--json"))["readouts"]) == 3


def test_boson_sampling_counts_photons_on_the_fock_engine():
    """Three photons go in, and three come out."""
    args = ("--backend", "strawberryfields", "--cutoff", 5, "--shots", 3, "--json")
    counts = json.loads(ok("simulate", PROGRAMS / "boson-sampling.xbb", *args))["readouts"]
    assert sum(row["mean"] for row in counts) == pytest.approx(3.0)
    assert "PrepareFock" in refused("simulate", PROGRAMS / "boson-sampling.xbb", "--backend", "grid")
