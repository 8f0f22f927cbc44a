"""``khrnn simulate`` of displacement readouts, cat and GKP states: cost, probabilities, refusals."""

import json

import pytest
from command import khrnn, ok, refused
from random_programs import edge

from compiler.ir import Circuit
from compiler.ir import operations as ops
from compiler.ir.serialize import circuit_text

TRIANGLE = Circuit(
    3,
    (
        *(ops.PrepareSqueezed((m,), -1.0) for m in range(3)),
        *(edge(*pair, weight=1.0) for pair in ((0, 1), (0, 2), (1, 2))),
        *(ops.Loss((m,), 0.95) for m in range(3)),
        *(
            ops.DisplacementReadout(
                (0, 1, 2),
                tuple(1.2533141373155001 if j == i else 0.0 for j in range(3)),
                tuple(0.0 if j == i else -1.2533141373155001 for j in range(3)),
                f"B{i}",
            )
            for i in range(3)
        ),
    ),
)
"""The three contexts of a triangle, w = r = 1, after 5 % loss: <B> = 0.803493, P(+++) = 0.734570."""
STATES = Circuit(
    2,
    (
        ops.PrepareGKP((0,), 0.3, 0.2, 0.2),
        ops.PrepareCat((1,), 1.5, 0.0, 0.0),
        edge(0, 0, 1, weight=0.1),
        ops.Homodyne((0,), 0.0, "x"),
        ops.DisplacementReadout((1,), (0.4,), (0.1,), "b"),
    ),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bits")
    programs = {
        "triangle": TRIANGLE,
        "states": STATES,
        "gkp": Circuit(
            1, (ops.PrepareGKP((0,), 0.3, 0.2, 0.2), ops.CubicPhase((0,), 0.1), ops.Homodyne((0,), 0.3, "q"))
        ),
        "turned": Circuit(1, (ops.CubicPhase((0,), 0.1), ops.Rotation((0,), 0.3), ops.CubicPhase((0,), 0.1))),
    }
    for name, circuit in programs.items():
        (folder / f"{name}.json").write_text(circuit_text(circuit))
    return folder


def test_text_says_the_cost_first_and_probabilities_with_intervals(files):
    done = khrnn("simulate", files / "triangle.json", "--backend", "branches", "--shots", 2000)
    assert done.returncode == 0
    cost = "khrnn: branches: 4 branches, 8 histories of outcomes, 21 overlaps: less than a second\n"
    assert done.stderr == cost
    lines = done.stdout.splitlines()
    (head,) = (n for n, line in enumerate(lines) if line.startswith("bit "))
    assert lines[head].split() == ["bit", "P(+1)", "95", "%", "interval", "exact"]
    for n in range(3):
        name, share, low, _, high, exact = lines[head + 1 + n].split()
        assert name == f"B{n}" and float(low) < float(share) < float(high) and exact == "0.901746"
    assert lines[head + 5].split()[::2] == ["+++", "0.734570"]


def test_json_and_exact_probabilities(files):
    data = json.loads(ok("simulate", files / "triangle.json", "--shots", 0, "--json"))
    assert data["strings"][0] == {"bits": "+++", "exact": pytest.approx(0.734570, abs=6e-7)}
    assert [row["exact_mean"] for row in data["readouts"]] == pytest.approx([0.803493] * 3, abs=6e-7)
    assert "0.901746" in ok("simulate", files / "triangle.json", "--shots", 0)
    data = json.loads(ok("simulate", files / "states.json", "--backend", "branches", "--shots", 30, "--json"))
    assert [row["name"] for row in data["readouts"]] == ["x", "b"]
    assert [row["name"] for row in data["probabilities"]] == ["b"] and data["strings"] == []


@pytest.mark.parametrize("name", ["triangle", "states", "gkp"])
def test_the_default_back_end_points_to_branches(files, name):
    assert "the exact back end cannot run this program" in (said := refused("simulate", files / f"{name}.json"))
    assert said.endswith("; try --backend branches\n")


def test_what_branches_refuse(files):
    said = refused("simulate", files / "turned.json", "--backend", "branches")
    assert "operation 2 CubicPhase(mode 0): rotations mix positions with momenta" in said


def test_compiled_folders_run_on_branches_with_their_loss(files, tmp_path):
    """x of a compiled cubic gate's mode, whose losses the profile states, as the exact back end has it."""
    program = Circuit(1, (ops.PrepareSqueezed((0,), -0.3), ops.CubicPhase((0,), 0.1), ops.Homodyne((0,), 0.0, "x")))
    path = tmp_path / "cubic.json"
    path.write_text(circuit_text(program))
    ok("compile", path, "--profile", "photonic-cubic", "--out", tmp_path / "cubic")
    data = json.loads(ok("simulate", tmp_path / "cubic", "--backend", "branches", "--shots", 4000, "--json"))
    (row,) = data["readouts"]
    assert abs(row["mean"] - row["exact_mean"]) < 5 * row["stderr"]
    assert abs(row["variance"] / row["exact_variance"] - 1) < 5 * (2 / 4000) ** 0.5
