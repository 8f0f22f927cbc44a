"""Program files on the command line: compile, verify, simulate, budget, devices, compare-programs, convert."""

import json
from math import exp

import pytest
from command import khrnn, ok, refused
from places import EXAMPLES

from compiler.ir import Circuit, Polynomial, phase
from compiler.ir import operations as ops
from compiler.ir.serialize import circuit_text

TRIANGLE = Circuit(
    3,
    (
        *(ops.PrepareSqueezed((m,), -0.7) for m in range(3)),
        phase(Polynomial.monomial((0, 1, 2), 0.3)),
        ops.Homodyne((1,), 0.0, "x1"),
        ops.Homodyne((2,), 0.0, "x2"),
        ops.Homodyne((0,), 1.5707963267948966, "p0"),
    ),
)
NOISY = Circuit(2, (ops.BeamSplitter((0, 1), 0.3), ops.Loss((0,), 0.9), ops.Homodyne((0,), 0.0, "y")))
FREE = Circuit(1, (ops.Squeeze((0,), Polynomial.monomial(("a",))), ops.Homodyne((0,), 0.0, "y")), symbols=("a",))

CUBIC = """name cubic
version 1.0

Squeezed(-0.7, 0.0) | 0
Squeezed(-0.7, 0.0) | 1
Squeezed(-0.7, 0.0) | 2
BSgate(0.6, 0.0) | [0, 1]
Vgate(0.3) | 1
BSgate(-0.4, 0.0) | [1, 2]
MeasureX | 0
MeasureX | 1
MeasureP | 2
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with programs, and a compiled folder of one of them."""
    folder = tmp_path_factory.mktemp("programs")
    for name, circuit in (("triangle", TRIANGLE), ("noisy", NOISY), ("free", FREE)):
        (folder / f"{name}.json").write_text(circuit_text(circuit))
    (folder / "cubic.xbb").write_text(CUBIC)
    return folder


def test_from_blackbird_to_a_device_by_commands_alone(files, tmp_path):
    out = tmp_path / "cubic"
    data = json.loads(ok("compile", files / "cubic.xbb", "--profile", "photonic-cubic", "--out", out, "--json"))
    assert data["verification"]["equivalent"] and data["squeezing"] is None and data["counts"]["cubic_phase"] == 1
    assert "holds" in ok("verify", out)
    run = json.loads(ok("simulate", out, "--shots", 2000, "--json"))
    assert [row["name"] for row in run["readouts"]] == ["m0", "m1", "m2"]
    same = json.loads(ok("compare-programs", out, files / "cubic.xbb", "--json"))
    assert same["equal"] and same["results"] == "by name" and same["residual"] < 1e-11


def test_a_folder_is_compiled_again_from_its_source(files, tmp_path):
    ok("compile", files / "triangle.json", "--profile", "ideal-cubic", "--out", tmp_path / "out")
    again = json.loads(
        ok("compile", tmp_path / "out", "--profile", "photonic-teleported", "--passes", "collect_phases", "--json")
    )
    assert [op["op"] for op in again["before"]["operations"]].count("PolynomialPhase") == 1
    native = json.loads(ok("verify", tmp_path / "out" / "program.json", "--json"))
    assert native["operations"] == 18


def test_a_program_of_other_numbers_is_different(files, tmp_path):
    text = CUBIC.replace("Vgate(0.3) | 1\n", "").replace("(-0.7, 0.0) | 1", "(0.4, 0.0) | 1")
    gaussian, other = tmp_path / "gaussian.xbb", tmp_path / "other.xbb"
    gaussian.write_text(text)
    other.write_text(text.replace("0.6, 0.0", "0.600001, 0.0"))
    shown = ok("compare-programs", gaussian, other, code=1)
    assert "different (residual" in shown and "results matched by name" in shown
    data = json.loads(ok("compare-programs", gaussian, other, "--json", code=1))
    assert data["decided"] and not data["equal"] and data["reason"] and 1e-7 < data["residual"] < 1e-5
    assert "equal (residual" in ok("compare-programs", gaussian, other, "--tolerance", 1e-3)
    # of prepared states and cubic gates a difference is not proved: the counterexample is a point of phase space
    data = json.loads(ok("compare-programs", files / "cubic.xbb", gaussian, "--json", code=1))
    assert not data["equal"] and data["counterexample"]["output"] in ("m0", "m1", "m2")


def test_a_hypergraph_is_compared_as_its_circuit(files, tmp_path):
    program = tmp_path / "program.json"
    made = [
        ops.PrepareSqueezed(op.modes, -1.0) if isinstance(op, ops.PrepareSqueezed) else op for op in TRIANGLE.operations
    ]
    program.write_text(circuit_text(Circuit(3, tuple(made))))
    done = khrnn("compare-programs", program, EXAMPLES / "triangle.json")
    assert done.returncode == 0 and "equal (residual" in done.stdout
    assert "note: B: triangle.json is a hypergraph: its circuit is taken with squeezing r = 1" in done.stderr


def test_noise_of_a_program(files, tmp_path):
    line = refused("compile", files / "noisy.json", "--out", tmp_path / "a")
    assert (
        "Loss(mode 0): noise channels are not compiled, as the device adds its own; leave it out, or give --drop-noise"
        in line
    )
    assert not (tmp_path / "a").exists()
    done = khrnn("compile", files / "noisy.json", "--drop-noise", "--vacuum", "--out", tmp_path / "a", "--json")
    notes = json.loads(done.stdout)["notes"]
    assert notes == [
        "1 noise channel of the file is left out: 1 Loss",
        "the vacuum is taken as input of modes 0, 1 (--vacuum)",
    ]
    assert done.stderr.splitlines() == [f"khrnn: note: {note}" for note in notes]
    # simulated as it stands: the vacuum stays the vacuum under loss
    data = json.loads(ok("simulate", files / "noisy.json", "--shots", 0, "--json"))
    assert data["readouts"][0]["exact_variance"] == pytest.approx(1.0) and data["notes"] == []


def test_free_parameters(files, tmp_path):
    for command in (["compile"], ["simulate"], ["devices"], ["budget", "--profile", "ideal-cubic"]):
        line = refused(*command, files / "free.json", cwd=tmp_path)
        assert "symbols a need values before the program can be" in line and "--bind a=0.5" in line
    data = json.loads(ok("simulate", files / "free.json", "--bind", "a=0.5", "--shots", 0, "--json"))
    assert data["readouts"][0]["exact_variance"] == pytest.approx(exp(-1.0))
    assert "'b'" in refused("simulate", files / "free.json", "--bind", "b=1")
    assert "NAME=VALUE" in refused("simulate", files / "free.json", "--bind", "a=x")
    assert "twice" in refused("simulate", files / "free.json", "--bind", "a=1", "--bind", "a=2")
    assert json.loads(ok("compare-programs", files / "free.json", files / "free.json", "--json"))["equal"]
    assert "neither" in refused("compare-programs", files / "free.json", files / "free.json", "--bind", "c=1")


def test_verify_says_what_a_file_holds(files):
    text = ok("verify", files / "cubic.xbb")
    assert (
        "3 modes, 9 operations: 3 PrepareSqueezed, 2 BeamSplitter, 1 CubicPhase, 3 Homodyne; results m0, m1, m2" in text
    )
    data = json.loads(ok("verify", files / "free.json", "--json"))
    assert data["symbols"] == ["a"] and data["results"] == ["y"] and data["well_formed"]
    assert "--simulate does not apply" in refused("verify", files / "free.json", "--simulate")
    assert "No such file" in refused("verify", files / "none.xbb")


def test_budget_and_devices_compile_in_memory(files, tmp_path):
    data = json.loads(ok("budget", files / "triangle.json", "--profile", "photonic-cubic", "--json"))
    ok("compile", files / "triangle.json", "--profile", "photonic-cubic", "--out", tmp_path / "out")
    folder = json.loads(ok("budget", tmp_path / "out", "--json"))
    assert data["answers"] == folder["answers"] and data["loss"] == folder["loss"]
    assert "--profile must say which device" in refused("budget", files / "triangle.json")
    assert "--profile does not apply" in refused("budget", tmp_path / "out", "--profile", "ideal-cubic")
    names = ("ideal-cubic", "photonic-cubic", "xanadu-x8")
    rows = json.loads(
        ok("devices", files / "triangle.json", *(word for name in names for word in ("--profile", name)), "--json")
    )["rows"]
    assert [row["profile"] for row in rows] == list(names)
    assert rows[0]["variance"] == pytest.approx(exp(-1.4)) and rows[0]["answer"] == "g0"
    assert rows[1]["variance"] == pytest.approx(folder["answers"][0]["variance"])
    assert "not Gaussian" in rows[2]["reason"]["reason"]
    assert "mappable, because" in ok("devices", files / "triangle.json", "--profile", "xanadu-x8")


def test_options_that_do_not_apply_are_refused(files, tmp_path):
    triangle = EXAMPLES / "triangle.json"
    assert "--loss-scale does not apply" in refused("simulate", files / "noisy.json", "--loss-scale", 1)
    assert "--squeezing is for hypergraphs" in refused("compile", files / "cubic.xbb", "--squeezing", 1, cwd=tmp_path)
    assert "--bind is for programs" in refused("compile", triangle, "--bind", "a=1", cwd=tmp_path)
    assert "--drop-noise is for programs" in refused("devices", triangle, "--drop-noise")
    assert "is a hypergraph; compile it first" in refused("budget", triangle, "--profile", "ideal-cubic")
    assert list(tmp_path.iterdir()) == []


def test_convert_lists_what_is_lost_and_overwrites_nothing(files, tmp_path):
    out = tmp_path / "free.json"
    assert "nothing is lost" in ok("convert", files / "free.json", out)
    assert "--force" in refused("convert", files / "free.json", out)
    data = json.loads(ok("convert", files / "noisy.json", out, "--force", "--json"))
    assert data["format"] == "program" and json.loads(out.read_text())["modes"] == 2
    drawn = tmp_path / "noisy.svg"
    assert "lost: exact numbers: a drawing shows three digits and cannot be read back as a program" in ok(
        "convert", files / "noisy.json", drawn
    )
    there = tmp_path / "cubic.qasm"
    data = json.loads(ok("convert", files / "cubic.xbb", there, "--json"))
    assert data["format"] == "cv-openqasm" and data["checked"].endswith("and by khrnn: equal")
    assert json.loads(ok("compare-programs", files / "cubic.xbb", there, "--json"))["equal"]
    missing = tmp_path / "no.xbb"
    assert "compile it first" in refused("convert", files / "triangle.json", missing)
    assert "needs a device" in refused("convert", files / "cubic.xbb", tmp_path / "a.jaqal", "--to", "jaqal")
    assert not missing.exists() and not (tmp_path / "a.jaqal").exists()
