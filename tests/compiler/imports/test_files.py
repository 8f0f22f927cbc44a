"""Program files are told apart by endings and contents; what is no program is refused with what to give instead."""

import json
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from damaged_files import read_damaged

from compiler.errors import InputError
from compiler.imports import files
from compiler.imports.calls import Imported
from compiler.imports.files import READERS, is_program, read_program, unprepared
from compiler.ir import Circuit, Polynomial, phase
from compiler.ir import operations as ops
from compiler.ir.serialize import circuit_text
from hardware_profiles import extensions

SOURCE = Circuit(2, (ops.PrepareVacuum((0,)), phase(Polynomial.monomial((0, 0, 1), 0.3)), ops.Homodyne((1,), 0.0, "y")))
NATIVE = Circuit(2, (*SOURCE.operations[:1], ops.CubicPhase((0,), 0.3), ops.Homodyne((1,), 0.0, "y")), (1,))


def put(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text)
    return folder


def test_a_file_and_a_folder_of_our_own_form(tmp_path):
    folder = put(tmp_path / "compiled", program=circuit_text(NATIVE), source=circuit_text(SOURCE))
    assert read_program(folder / "source.json") == Imported(SOURCE, "program.json")
    assert read_program(folder).circuit == NATIVE and read_program(folder, source=True).circuit == SOURCE
    assert is_program(folder) and is_program(folder / "program.json")


def test_a_folder_of_other_things_is_no_program(tmp_path):
    folder = put(tmp_path / "simplices", nverts="3")
    assert not is_program(folder)
    with pytest.raises(InputError, match="or a folder of khrnn compile, found a folder without"):
        read_program(folder)


def test_only_json_with_our_format_is_a_program(tmp_path):
    hypergraph = {"modes": 2, "edges": [{"modes": [0, 1], "weight": 0.5}]}
    for text, message in (
        (json.dumps(hypergraph), "it is a hypergraph, which khrnn compile makes into a program"),
        ('{"format": "qumode-khrnn/certificate"}', "found 'qumode-khrnn/certificate'"),
        ("[1]", "it must be a JSON object"),
    ):
        path = tmp_path / "some.json"
        path.write_text(text)
        assert not is_program(path)
        with pytest.raises(InputError, match=message):
            read_program(path)


@pytest.mark.parametrize("name", ["a.xbb", "a.XIR", "a.py", "b.cv.qasm"])
def test_endings_of_other_tools_are_programs_before_they_are_read(tmp_path, name):
    assert is_program(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jaqal", "prepare_all", "it is a Jaqal file, which holds pulses and not the circuit; give the program.json"),
        ("a.svg", "<svg/>", "it is a drawing"),
        ("a.tex", "", "it is a drawing"),
        ("a.pkl", "", "a pickle, which would have to be run"),
        ("a.csv", "0,1,0.5", "khrnn compile reads it if it lists hyperedges"),
        ("a", "", r"the name must end in \.json, \.xbb, \.xir, \.py, \.qasm, or be a folder of khrnn compile"),
        ("a.py", "from mrmustard.lab import Vacuum\n", "is a script for MrMustard, which can be read as an object"),
        ("a.py", "import numpy\n  import piquasso as pq\n", "is a script for Piquasso"),
        ("a.qasm", 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\n', "is OpenQASM for qubits"),
        ("a.json", "{", "not valid JSON"),
    ],
)
def test_files_that_are_no_programs_say_what_they_are(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_program(path)
    assert "\n" not in str(caught.value)


def test_missing_special_and_large_files(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"cannot read .*No such file"):
        read_program(tmp_path / "none.xbb")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    with pytest.raises(InputError, match="must be a regular file"):
        read_program(tmp_path / "device.json")
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    (tmp_path / "large.json").write_text(circuit_text(SOURCE))
    with pytest.raises(InputError, match="at most 100 bytes are read, found"):
        read_program(tmp_path / "large.json")


def made_elsewhere(text: str, where: str) -> Imported:
    return Imported(Circuit(len(text), (ops.Rotation((1,), 0.5),)), "elsewhere", ("a note",))


def test_another_package_reads_files_of_its_own_ending(tmp_path, monkeypatch):
    point = EntryPoint("mine", f"{__name__}:made_elsewhere", extensions.READERS)
    monkeypatch.setattr(EntryPoint, "load", lambda self: made_elsewhere)
    monkeypatch.setattr(extensions, "entry_points", lambda group: [point] if group == extensions.READERS else [])
    extensions.added.cache_clear()
    try:
        path = tmp_path / "a.mine"
        path.write_text("xyz")
        assert is_program(path)
        found = read_program(path)
    finally:
        extensions.added.cache_clear()
        READERS._loaded.pop("mine", None)
    assert found.circuit.modes == 3 and found.tool == "elsewhere"
    assert found.notes[0] == "a note" and found.notes[1].startswith("mode 1 is not prepared in the file")


def test_unprepared_modes_are_those_used_before_they_are_prepared():
    circuit = Circuit(
        5,
        (
            ops.PrepareSqueezed((0,), 0.5),
            ops.BeamSplitter((0, 1), 0.3),
            ops.Homodyne((1,), 0.0, "y"),
            ops.PrepareVacuum((1,)),
            ops.PrepareKet((2, 3), 1, (1.0,)),
        ),
    )
    assert unprepared(circuit) == (1,)


def test_damaged_programs_are_read_or_refused_with_one_line(tmp_path):
    """A few hundred of the 5,000 that ``python tests/compiler/imports/test_files.py`` reads."""
    taken, refused, longest = read_damaged(read_program, SAMPLES, tmp_path, 400, np.random.default_rng(7))
    assert taken > 0 and refused > 300 and longest < 5.0


SAMPLES = [
    {
        "a.json": circuit_text(
            Circuit(
                3,
                (
                    *SOURCE.operations,
                    ops.Interferometer((0, 2), ((0.6, 0.8), (-0.8, 0.6))),
                    ops.Displacement((2,), Polynomial.monomial(("y", "a"), 0.5), 0.25),
                    ops.PhasePower((0,), 4, 0.5),
                    ops.Loss((0,), 0.9),
                    ops.PrepareKet((0,), 2, (0.6, 0.8j)),
                    ops.PhotonCount((0,), "n"),
                ),
                (2,),
                ("a",),
            )
        ).encode()
    }
]


if __name__ == "__main__":
    from resource import RUSAGE_SELF, getrusage
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        print(read_damaged(read_program, SAMPLES, Path(place), 5000, np.random.default_rng(17)))
    print(getrusage(RUSAGE_SELF).ru_maxrss / 1024, "MB")
