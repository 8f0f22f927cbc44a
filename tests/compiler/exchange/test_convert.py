"""Programs in other formats, and the list of what each does not hold."""

from pathlib import Path

import pytest

from compiler.errors import InputError
from compiler.exchange.convert import convert, format_for
from compiler.imports.calls import Imported
from compiler.imports.files import READERS, read_program
from compiler.ir import Circuit, Polynomial, phase
from compiler.ir import operations as ops

FED = Circuit(
    4,
    (
        ops.PrepareSqueezed((2,), 0.5),
        ops.ControlledZ((0, 2), 0.7),
        ops.Homodyne((2,), 0.0, "y"),
        ops.Displacement((0,), 0.0, Polynomial.monomial(("y",), -0.5)),
        ops.Homodyne((1,), 0.3, "z"),
    ),
    (2,),
)


@pytest.mark.parametrize(
    ("name", "to", "expected"),
    [
        ("a.json", None, "program"),
        ("a.xbb", None, "blackbird"),
        ("A.XIR", None, "xir"),
        ("a.py", None, "strawberryfields"),
        ("program_mm.py", None, "mrmustard"),
        ("a.py", "mrmustard", "mrmustard"),
        ("a.qasm", None, "cv-openqasm"),
        ("a.tex", None, "latex"),
        ("a.txt", "svg", "svg"),
    ],
)
def test_the_format_follows_the_name(name, to, expected):
    assert format_for(Path(name), to) == expected


@pytest.mark.parametrize(
    ("name", "to", "message"),
    [
        ("a.txt", None, "cannot tell the format of a.txt"),
        ("a", None, "cannot tell the format of a"),
        ("a.json", "jaqal", "needs a device .Jaqal holds the pulses of a machine.: khrnn compile IN --profile"),
        ("device.json", "device", "needs a device"),
        ("a.qasm", "openqasm3", "needs a device"),
        ("a.txt", "excel", "--to must be program, strawberryfields, .* found 'excel'"),
    ],
)
def test_formats_that_cannot_be_meant_are_refused(name, to, message):
    with pytest.raises(InputError, match=message):
        format_for(Path(name), to)


def test_our_own_form_loses_nothing():
    assert convert(Imported(FED, "t"), "program").lost == ()


@pytest.mark.parametrize(
    ("name", "ending"), [("blackbird", "xbb"), ("strawberryfields", "py"), ("cv-openqasm", "qasm")]
)
def test_losses_are_what_the_reader_does_not_find(tmp_path, name, ending):
    made = convert(Imported(FED, "t"), name)
    path = tmp_path / f"a.{ending}"
    path.write_text(made.text)
    read = read_program(path).circuit
    lost = "; ".join(made.lost)
    assert ("names of results" in lost) == (read.results != FED.results)
    assert ("modes that nothing touches, at the end: 3" in lost) == (read.modes == 3)
    assert ("the marks of ancillas: modes 2" in lost) == (read.ancillas == ())
    assert made.checked.endswith("and by khrnn: equal")


def test_an_operation_without_a_form_is_refused_by_name():
    with pytest.raises(InputError, match=r"PolynomialPhase.* has no Strawberry Fields form: compile it first"):
        convert(Imported(Circuit(2, (phase(Polynomial.monomial((0, 0, 1), 0.3)),)), "t"), "blackbird")


def test_symbols_need_values_where_the_format_has_none():
    turn = Circuit(1, (ops.Rotation((0,), Polynomial.monomial(("a",))),), symbols=("a",))
    with pytest.raises(InputError, match=r"symbols a need values .* can be written as xir: give --bind a=0\.5"):
        convert(Imported(turn, "t"), "xir")
    assert '"symbols"' in convert(Imported(turn, "t"), "program").text
    made = convert(Imported(turn, "t"), "cv-openqasm")
    assert "input float" in made.text and made.checked.endswith("equal")


def test_drawings_and_states_say_that_they_are_no_programs():
    gaussian = Imported(Circuit(1, (ops.Squeeze((0,), 0.5),)), "t")
    assert convert(gaussian, "svg").lost == (
        "exact numbers: a drawing shows three digits and cannot be read back as a program",
    )
    assert "all readouts act on that state" in convert(gaussian, "mrmustard").lost[0]


def test_an_input_is_lost_where_files_begin_in_the_vacuum():
    gate = Circuit(1, (ops.Squeeze((0,), 0.5),))
    sentence = "inputs: modes 0 may start in any state here, and start in the vacuum in other tools"
    assert convert(Imported(gate, "program.json"), "blackbird").lost == (sentence,)
    assert convert(Imported(gate, "program.json"), "program").lost == ()
    assert convert(Imported(gate, "Blackbird"), "xir").lost == ()


def test_a_text_that_reads_as_another_program_is_refused(monkeypatch):
    squeezed, other = (Circuit(1, (ops.PrepareSqueezed((0,), r), ops.Homodyne((0,), 0.0, "m0"))) for r in (0.5, 0.6))
    assert READERS["xbb"]  # loaded, so that it can be replaced
    monkeypatch.setitem(READERS._loaded, "xbb", lambda text, where: Imported(other, "Blackbird"))
    with pytest.raises(InputError, match=r"the text in the format blackbird differs from the program: .* m0 is"):
        convert(Imported(squeezed, "t"), "blackbird")
