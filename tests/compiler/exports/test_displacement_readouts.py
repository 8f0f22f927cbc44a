"""Displacement readouts in every format: written, or refused in one line that says what keeps them."""

import re

import pytest
from absent_packages import skip_if_absent

from compiler.errors import InputError
from compiler.exchange.compare import compare_programs
from compiler.exchange.convert import DRAWINGS, NEED_DEVICE, convert
from compiler.exports.drawings.drawing import draw
from compiler.exports.drawings.latex import structure_problem, to_latex
from compiler.exports.drawings.svg import to_svg
from compiler.exports.format import ExportInput
from compiler.exports.table import FORMATS
from compiler.imports.calls import Imported
from compiler.imports.files import READERS
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

READ = ops.DisplacementReadout((0, 2), (0.5, -0.25), (0.0, 0.125), "s")
PROGRAM = Circuit(
    3,
    (
        ops.PrepareSqueezed((0,), 0.5),
        ops.ControlledZ((0, 2), 0.25),
        READ,
        ops.Displacement((1,), Polynomial.monomial(("s",), 0.5), 0.0),
        ops.Homodyne((0,), 0.0, "y"),
    ),
)


def test_program_json_is_the_only_text_that_holds_them():
    assert convert(Imported(PROGRAM, "a program"), "program").lost == ()
    read = READERS["json"](FORMATS["program"].write(ExportInput(PROGRAM, PROGRAM)), "program.json")
    assert read.circuit == PROGRAM
    assert compare_programs(Imported(PROGRAM, "a program"), read).equal


@pytest.mark.parametrize("name", [n for n in FORMATS.own if n not in (*NEED_DEVICE, *DRAWINGS, "program")])
def test_other_texts_refuse_in_one_line_that_says_what_keeps_them(name):
    circuit = Circuit(3, PROGRAM.operations[:3])
    with pytest.raises(InputError) as error:
        FORMATS[name].write(ExportInput(circuit, circuit))
    text = str(error.value)
    skip_if_absent(text)
    assert re.search(r"DisplacementReadout\(modes 0, 2\)", text) and "\n" not in text
    assert "program.json keeps it" in text


def test_drawings_show_a_box_per_mode_with_the_result_in_the_first():
    element = draw(PROGRAM).elements[2]
    assert (element.label.symbol, element.label.numbers, element.label.marks) == ("±D", ("s",), ("box", "box"))
    assert element.labelled == 0 and element.span == (0, 2)
    svg = to_svg(PROGRAM)
    assert svg.count(">±D</text>") == 2 and ">s</text>" in svg
    assert "±D displacement read by one bit, with its result" in svg
    text = to_latex(PROGRAM)
    assert text.count(r"\pm D") == 2 and not structure_problem(text)


def test_wires_go_on_behind_a_readout_until_the_mode_ends():
    drawing = draw(PROGRAM)
    read, last = drawing.elements[2], drawing.elements[4]
    assert drawing.wires[2][read.column + 1 :] == ("quantum",) * (drawing.columns - read.column)
    assert drawing.wires[0][last.column] == "quantum" and drawing.wires[0][last.column + 1] == "classical"
    assert drawing.elements[3].sources == ()  # the result has no wire of its own
