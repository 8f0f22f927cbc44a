"""Devices on the command line: programs in all formats, or reasons and exit code one."""

from __future__ import annotations

import json
from math import tanh

import pytest
from absent_packages import needs
from command import khrnn, ok, refused
from places import EXAMPLES

from compiler.artifact import check_artifact
from hardware_profiles import profile_names


def written(folder, modes, *edges):
    """A hypergraph file."""
    path = folder / "graph.json"
    data = {"modes": modes, "edges": [{"modes": list(m), "weight": w} for m, w in edges]}
    path.write_text(json.dumps(data))
    return path


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    return written(tmp_path_factory.mktemp("chain"), 4, ((0, 1), 0.3), ((1, 2), -0.2), ((2, 3), 0.4))


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
    absent = {name for name, form in outcomes.items() if form["outcome"].startswith("skipped: ")}  # no such package
    assert {name for name, form in outcomes.items() if form["outcome"].startswith("refused: ")} == refusals - absent
    files = {path.name for path in tmp_path.iterdir()}
    assert {form["file"] for name, form in outcomes.items() if name not in refusals | absent} <= files
    assert (layout is None and data["layout"] is None) or layout in files
    assert json.loads(ok("verify", tmp_path, "--json"))["equivalent"] is True
    for name in sorted(files & {"macronodes.json", "ions.json", "program.jaqal", "device.json", "circuit.svg"}):
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text + " ")
        assert any(f"does not certify this {name}" in problem for problem in check_artifact(tmp_path).problems)
        (tmp_path / name).write_text(text)


def test_a_set_number_renames_the_profile(chain, tmp_path):
    assert "loss_db.squeezr" in refused("compile", chain, "--set", "loss_db.squeezr=1", "--out", tmp_path)
    out = ok("compile", chain, "--profile", "photonic-cubic", "--set", "loss_db.squeezer=1", "--out", tmp_path)
    assert "for photonic-cubic-modified, squeezing r = 1" in out
    kept = json.loads((tmp_path / "profile.json").read_text())["operations"]["Squeeze"]["loss_db"]
    assert (kept["value"], kept["source"], kept["mark"]) == (1.0, "user", "A")


@pytest.mark.parametrize("name", profile_names())
def test_refusals_are_data_and_exit_code_one(name, tmp_path):
    """Edges of four modes with readouts: a program or reasons, on every profile; one line of error per reason."""
    path = written(tmp_path, 4, ((0, 1, 2, 3), 0.01))
    done = khrnn("compile", path, "--profile", name, "--effort", 0, "--out", tmp_path / "out", "--json")
    data = json.loads(done.stdout)
    if data["mappable"]:
        assert done.returncode == 0 and not done.stderr
        return
    assert done.returncode == 1 and not (tmp_path / "out").exists()
    different = {(reason["reason"], reason["relaxation"]) for reason in data["reasons"]}
    heading, *lines = done.stderr.splitlines()
    assert len(lines) == (0 if len(data["reasons"]) == 1 else len(different))  # operations of one reason share a line
    assert all(line.startswith("  - ") for line in lines)
    for reason in data["reasons"]:
        (line,) = [line for line in lines or [heading] if reason["reason"] in line]
        assert reason["operation"] in line and reason["relaxation"] in line
    assert data["profile"] == name
    assert all(set(reason) == {"operation", "reason", "relaxation"} for reason in data["reasons"]) and data["reasons"]


def test_bad_choices(chain, tmp_path):
    assert "--readout must be one of homodyne, momenta, spin, none, found 'bits'" in refused(
        "compile", chain, "--readout", "bits"
    )
    ions = ("--profile", "trapped-ion-motional")
    assert "error in (0, 2)" in refused("compile", chain, *ions, "--error", 0)
    absent = ("--calibration", tmp_path / "none.json")
    assert "no such file" in refused("compile", chain, "--profile", "trapped-ion-qscout", *absent).lower()
    assert "for the profile trapped-ion-qscout, found trapped-ion-motional" in refused("compile", chain, *ions, *absent)
    for option in (("--readout", "spin"), ("--error", 0.1), ("--calibration", tmp_path)):
        assert f"{' '.join(option[:1])}" in refused("compile", chain, *option, "--profile", "mqc3-quadrail")
    assert "--k must lie in 2..4" in refused("devices", "--k", 5)
    assert "not both" in refused("devices", chain, "--k", 2)


@needs("strawberryfields")
def test_x8_from_the_command_line(tmp_path):
    path = written(tmp_path, 8, *(((m, m + 4), tanh(2.0)) for m in range(4)))
    out = tmp_path / "out"
    text = ok("compile", path, "--profile", "xanadu-x8", "--readout", "none", "--format", "device", "--out", out)
    assert "4 of 4 pairs squeezed" in text and (out / "device.json").exists()
    assert "not simulated: a small instance" in ok("verify", out, "--simulate")
    assert "no readouts" in ok("simulate", out)


@pytest.mark.parametrize("name", profile_names())
def test_a_triangle_whose_displacement_is_read_runs_or_is_refused_with_the_reason(name, tmp_path):
    args = ("compile", EXAMPLES / "triangle_with_context.json", "--profile", name, "--out", tmp_path / "out", "--json")
    done = khrnn(*args)
    data = json.loads(done.stdout)
    if name in ("ideal-cubic", "ideal-teleported", "trapped-ion-motional"):
        assert done.returncode == 0 and data["counts"]["displacement_readout"] == 1
        assert json.loads(ok("verify", tmp_path / "out", "--json"))["equivalent"] is True
        return
    assert done.returncode == 1 and not (tmp_path / "out").exists()
    if name == "trapped-ion-qscout":  # only one of its modes can be squeezed
        _, *lines = done.stderr.splitlines()
        assert [line.split(", found ")[0] for line in lines] == [
            f"  - operation {mode} PrepareSqueezed(mode {mode}): PrepareSqueezed works on m1i1 only" for mode in (0, 2)
        ]
        return
    (line,) = done.stderr.splitlines()
    assert "no spin or qubit of the profile controls a displacement, and a GKP ancilla would have to stand in" in line
    assert "compile it for a machine with a spin (--profile trapped-ion-motional)" in line
