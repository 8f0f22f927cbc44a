"""Another package adds a machine with its device, a format, a back end and a model, one file each, by entry points."""

import json
import os
import subprocess
import sys
from hashlib import sha256

import pytest
from places import EXAMPLES, ROOT

from compiler.artifact.certificate import own_digest
from compiler.files import json_text

MACHINE = '''
"""Modes in a row of tanks: the native gates of any machine, and a layout file that says in which tank each mode is."""

from dataclasses import dataclass
from pathlib import Path

from compiler.machines import Layout, NoisyCircuit, Request
from compiler.machines.gates import Gates
from compiler.machines.layout import Index, LayoutFile, read_layout
from compiler.errors import MappingReason
from compiler.ir import Loss

GATES = Gates()
PROFILE = Path(__file__).with_name("tanks.toml")


class TankFile(LayoutFile):
    FORMAT = "elsewhere/tanks"
    tanks: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Tanks:
    method: str = "phase-space points, in tanks"
    tolerance: float = GATES.tolerance
    reads_bits: bool = False

    def require_parts(self, profile):
        GATES.require_parts(profile)

    def layout_file(self, profile):
        return "tanks.json"

    def default_squeezing(self, profile):
        return 0.5

    def check_source(self, source, profile, request):
        return GATES.check_source(source, profile, request)

    def passes(self, request):
        return GATES.passes(request)

    def lay_out(self, native, profile, facts, request):
        tanks = tuple(range(native.modes))
        return Layout("tanks.json", TankFile(tanks=tanks).text(), {"tanks": len(tanks)}, (f"{len(tanks)} tanks",))

    def check_native(self, native, profile, layout):
        if layout is not None and read_layout(TankFile, layout, "tanks.json").tanks != tuple(range(native.modes)):
            return (MappingReason("tanks.json", "holds other tanks", "compile it again"),)
        return GATES.check_native(native, profile, None)

    def caveats(self, native, profile, layout):
        return ("water is taken as clear",)

    def compare(self, source, native, *, seed=20260, digits=None):
        return GATES.compare(source, native, seed=seed, digits=digits)

    def noisy(self, native, profile, layout=None, scale=1.0, without=()):
        out = []
        for op in native.operations:
            out += [Loss(op.modes, 0.5), op] if type(op).__name__ == "Homodyne" else [op]
        return NoisyCircuit(native.with_operations(tuple(out)), ("waves are left out",))

    def read_bits(self, results, layout, rng):
        return results


MACHINE = Tanks()
'''
PROFILE = """
extends = "ideal-cubic"
name = "tanks"
machine = "tanks"
description = "An ideal machine whose modes are in tanks."
"""
FORMAT = '''
"""The number of every gate."""

from compiler.costs import resources
from compiler.exports.format import Format, same_text


def write(given):
    return "".join(f"{name} {count}\\n" for name, count in resources(given.native).counts.items())


FORMAT = Format("counts", "counts.txt", "written again", write, same_text(write, "counts of this program"))
'''
READER = '''
"""Turns, one per line."""

from compiler.errors import InputError
from compiler.imports.calls import Imported
from compiler.ir import Circuit, Rotation


def read(text, where):
    if not text.startswith("turns"):
        raise InputError(f"{where}: must begin with turns")
    return Imported(Circuit(1, tuple(Rotation((0,), float(word)) for word in text.split()[1:])), "turns")
'''
BACKEND = '''
"""Every outcome is its number."""

import numpy as np

from simulations.backends import Accuracy, Backend
from simulations.exact import Outcomes


def sample(circuit, shots, rng, settings, progress):
    return Outcomes({name: np.arange(shots) * 1.0 for name in circuit.results})


BACKEND = Backend(
    "counting", "counts", "nothing is simulated", dict, lambda circuit: None, sample,
    lambda circuit, settings: Accuracy(f"{sum(type(op).__name__ == 'Loss' for op in circuit.operations)} losses", True),
)
'''
MODEL = '''
"""A model that remembers nothing."""

from qumode_khrnn.hsmt.language import ReadToken
from qumode_khrnn.hsmt.models import Memory, Model


class Oblivious:
    def step(self, token):
        return 0 if isinstance(token, ReadToken) else None


def run(settings, seed):
    return [{"answers": settings["answers"], "drawn": seed % 2}]


def check(settings):
    return {"answers": 3, **settings}


def memory(at):
    return Memory(0, "bits", 0.0, f"nothing, on {at.modes} modes")


def player(at, rng):
    assert at.alphabet == "modular(2)"
    return Oblivious()


MODEL = Model("oblivious", memory, "elsewhere.model:run", "elsewhere.model:check", player)
'''
POINTS = """
[qumode_khrnn.profiles]
tanks = elsewhere.machine:PROFILE
[qumode_khrnn.machines]
tanks = elsewhere.machine:MACHINE
[qumode_khrnn.formats]
counts = elsewhere.format:FORMAT
broken = elsewhere.nowhere:FORMAT
[qumode_khrnn.readers]
turns = elsewhere.reader:read
[qumode_khrnn.backends]
counting = elsewhere.backend:BACKEND
odd = elsewhere.format:FORMAT
[qumode_khrnn.models]
oblivious = elsewhere.model:MODEL
"""


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    """The command line in an environment where the other package is installed; a folder to work in."""
    site = tmp_path_factory.mktemp("site")
    (site / "elsewhere").mkdir()
    parts = {"machine": MACHINE, "format": FORMAT, "reader": READER, "backend": BACKEND, "model": MODEL}
    for name, text in parts.items():
        (site / "elsewhere" / f"{name}.py").write_text(text)
    (site / "elsewhere" / "__init__.py").write_text("")
    (site / "elsewhere" / "tanks.toml").write_text(PROFILE)
    (site / "elsewhere-1.0.dist-info").mkdir()
    (site / "elsewhere-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (site / "elsewhere-1.0.dist-info" / "entry_points.txt").write_text(POINTS)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}

    def run(*args, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "qumode_khrnn", *map(str, args)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr

    return run


def test_a_machine_and_a_format_of_another_package_are_used(call, tmp_path):
    out = tmp_path / "out"
    text = call("compile", EXAMPLES / "triangle.json", "--profile", "tanks", "--format", "counts", "--out", out)
    assert "squeezing r = 0.5" in text and "3 tanks" in text and "written, and written again" in text
    assert "cubic_phase 4\n" in (out / "counts.txt").read_text()
    text = call("verify", out)
    assert "water is taken as clear" in text
    (out / "counts.txt").write_text("cubic_phase 3\n")
    assert "certificate.json does not certify this counts.txt" in call("verify", out, code=1)  # and it is not read
    certificate = json.loads((out / "certificate.json").read_text())
    certificate["sha256"]["counts.txt"] = sha256(b"cubic_phase 3\n").hexdigest()
    certificate["digest"] = own_digest(certificate)
    (out / "certificate.json").write_text(json_text(certificate))
    found = call("verify", out, code=1)
    assert "counts.txt does not hold the program of program.json: it is not the counts of this program" in found
    assert "tanks" in call("profiles", "list")
    assert "machine must be one of" in call_without(tmp_path, out)


def call_without(tmp_path, out):
    """The same folder where the other package is not installed."""
    done = subprocess.run(
        [sys.executable, "-m", "qumode_khrnn", "verify", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    return done.stderr


def test_a_reader_of_another_package_is_used(call, tmp_path):
    for name, text in (("one", "turns 0.25 0.5"), ("other", "turns 0.75"), ("wrong", "0.5")):
        (tmp_path / f"{name}.turns").write_text(text)
    assert "well formed, read as turns: 1 mode, 2 operations" in call("verify", tmp_path / "one.turns")
    assert "equal (residual" in call("compare-programs", tmp_path / "one.turns", tmp_path / "other.turns")
    call("compile", tmp_path / "one.turns", "--out", tmp_path / "out")
    assert "holds" in call("verify", tmp_path / "out")
    assert "wrong.turns: must begin with turns" in call("verify", tmp_path / "wrong.turns", code=2)


def test_a_back_end_of_another_package_is_used(call, tmp_path):
    out = tmp_path / "out"
    call("compile", EXAMPLES / "triangle.json", "--profile", "tanks", "--out", out)
    found = json.loads(call("simulate", out, "--shots", 5, "--backend", "counting", "--json"))
    assert [row["mean"] for row in found["readouts"]] == [2.0, 2.0, 2.0]
    assert found["warnings"] == ["waves are left out", "3 losses"]
    assert "counting" in call("backends")
    exact = json.loads(call("simulate", out, "--shots", 0, "--json"))["readouts"]  # half of the light is lost: e^{2r}
    assert {row["name"]: row["variance"] for row in exact}["x1"] == pytest.approx(0.5 * 2.718281828459045 + 0.5)


def test_a_model_of_another_package_is_swept(call, tmp_path):
    (tmp_path / "sweep.toml").write_text('task = "oblivious"\nseed = 3\n[grid]\nanswers = [1, 2]\n')
    found = json.loads(call("sweep", tmp_path / "sweep.toml", "--out", tmp_path / "out", "--workers", 1, "--json"))
    assert [row["answers"] for row in found["rows"]] == [1, 2]


def test_a_model_of_another_package_is_cross_examined(call):
    args = ("hsmt", "examine", "--model", "oblivious", "--modes", 4, "--probes", 60, "--seed", 1)
    rows = {row["kind"]: row for row in json.loads(call(*args, "--json"))["rows"]}
    # a third of the triple probes for certain, and every triangle
    assert 7 <= rows["triple"]["violations"] <= 34  # fails for one seed in 10^4
    assert rows["contextual"]["violations"] == 60 and rows["matched"]["violations"] == 0
    assert "impossible answers" in rows["triple"]["caught_by"]
    assert (rows["triple"]["carried"], rows["triple"]["memory_bits"]) == ("nothing, on 4 modes", 0)
    text = call("hsmt", "examine", "--model", "oblivious:3", "--modes", 4, code=2)
    assert text == "khrnn: the model oblivious takes no number, found 'oblivious:3'; write oblivious\n"


def test_objects_that_cannot_be_used_are_refused_in_one_line(call, tmp_path):
    triangle = EXAMPLES / "triangle.json"
    text = call("compile", triangle, "--format", "broken", "--out", tmp_path / "a", code=2)
    assert text.count("\n") == 1 and "'broken' of package elsewhere cannot be loaded" in text
    call("compile", triangle, "--out", tmp_path / "b")
    text = call("simulate", tmp_path / "b", "--backend", "odd", code=2)
    assert text.count("\n") == 1 and "must be a Backend, found Format" in text
