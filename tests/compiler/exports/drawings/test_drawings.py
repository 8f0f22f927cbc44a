"""Drawings: layout, SVG that is valid and self-contained, LaTeX whose structure holds, the same text every time."""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest
from random_programs import edge, random_noise
from slow_reference import random_circuit

from compiler.errors import CircuitError
from compiler.exports.drawings.drawing import LABELS, LEGEND, draw, label_of
from compiler.exports.drawings.latex import structure_problem, to_latex
from compiler.exports.drawings.svg import to_svg
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import OPERATIONS
from compiler.ir.polynomial import Polynomial

SVG = "{http://www.w3.org/2000/svg}"

FEED = Circuit(
    3,
    (
        ops.PrepareSqueezed((0,), -1.0),
        ops.PrepareSqueezed((2,), 0.5),
        ops.ControlledX((0, 2), 1.0),
        ops.Homodyne((2,), 0.0, "first"),
        ops.Displacement((0,), 0.0, Polynomial.monomial(("first",), -0.5)),
        ops.PrepareCubic((2,), 0.2, 1.0),
        ops.Displacement((1,), Polynomial.monomial(("first", "first")), 0.0),
        ops.CubicPhase((1,), 0.3),
        edge(0, 1, 2),
        ops.Kerr((0,), 0.01),
    ),
    (2,),
)


def many(seed, length=60):
    rng = np.random.default_rng(seed)
    out = []
    for op in random_circuit(rng, 4, length).operations:
        out.append(op)
        if rng.random() < 0.1:
            out.append(random_noise(rng, int(rng.integers(4))))
    return Circuit(4, (*out, ops.Homodyne((3,), 0.2, "under_score_")), (3,))


@pytest.mark.parametrize("kind", OPERATIONS)
def test_labels_and_legend_are_total(kind):
    assert OPERATIONS[kind] in LABELS
    assert OPERATIONS[kind] in LEGEND


def test_columns_keep_the_order_on_every_wire_that_is_covered():
    for seed in range(10):
        drawing = draw(many(seed))
        assert [e.operation for e in drawing.elements] == [op for op in many(seed).operations if op.modes]
        free = {}
        for element in drawing.elements:
            first, last = element.span
            for wire in range(first, last + 1):
                assert element.column >= free.get(wire, 0)  # nothing overlaps, and nothing overtakes
                free[wire] = element.column + 1


def test_wires_are_classical_from_readout_to_preparation():
    drawing = draw(FEED)
    assert [e.column for e in drawing.elements[:6]] == [0, 0, 1, 2, 3, 4]
    wires = drawing.wires[2]
    assert wires[:6] == ("none", "quantum", "quantum", "classical", "classical", "quantum")
    assert drawing.wires[0][0] == "none" and drawing.wires[1][0] == "quantum"
    kicks = [e for e in drawing.elements if isinstance(e.operation, ops.Displacement)]
    assert kicks[0].sources == (2,)  # the wire still carries the result
    assert kicks[1].sources == ()  # the mode has been prepared again: the label alone names the result
    assert label_of(kicks[1].operation).numbers == ("first²",)


def test_svg_is_valid_self_contained_and_repeats():
    for seed in range(10):
        circuit = many(seed)
        text = to_svg(circuit)
        assert text == to_svg(circuit)
        root = ElementTree.fromstring(text)
        assert not re.search(r"href|url\(|<script|<image|@import", text)
        width, height = (float(root.get(key)) for key in ("width", "height"))
        for box in root.iter(f"{SVG}rect"):
            if "x" in box.attrib:
                x, y, w, h = (float(box.get(key)) for key in ("x", "y", "width", "height"))
                assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
        said = [t.text for t in root.iter(f"{SVG}text")]
        detectors = sum(p.get("class") == "measure" for p in root.iter(f"{SVG}path"))
        assert detectors == len(circuit.results) and "under_score_" in said
        for name in ("latent 0", "latent 1", "latent 2", "ancilla 3"):
            assert name in said


def test_boxes_and_links_of_a_known_circuit():
    root = ElementTree.fromstring(to_svg(FEED))
    boxes = [b for b in root.iter(f"{SVG}rect") if b.get("class") and b.get("rx") == "3"]
    assert len(boxes) == 9  # ten operations, one is a detector
    dots = [c.get("class") for c in root.iter(f"{SVG}circle")]
    assert dots.count("d") == 1 + 2 and dots.count("e") == 1  # controlled X and hyperedge; one feed-forward
    labels = [t.text for t in root.iter(f"{SVG}text") if t.get("class") == "n"]
    assert "−0.5 first" in labels and "0.3" in labels


def test_long_circuits_wrap_and_are_cut_with_a_count():
    circuit = Circuit(2, tuple(ops.Squeeze((i % 2,), 0.1) for i in range(200)))
    root = ElementTree.fromstring(to_svg(circuit, width=500, systems=2))
    said = [t.text for t in root.iter(f"{SVG}text")]
    drawn = said.count("S")
    assert f"... and {200 - drawn} further operations of 200, not drawn" in said
    assert said.count("latent 0") == 2 and float(root.get("width")) <= 520
    whole = to_svg(circuit)
    assert "not drawn" not in whole and whole.count('class="gaussian" x=') == 201  # and one in the legend
    text = to_latex(circuit, characters=60, systems=2)
    drawn = text.count(r"\gate[")
    assert text.count(r"\begin{quantikz}") == 2 and f"and {200 - drawn} further operations of 200" in text


def test_latex_holds_together_and_has_every_operation():
    for seed in range(10):
        circuit = many(seed)
        text = to_latex(circuit)
        assert text == to_latex(circuit)
        assert not structure_problem(text)
        assert text.count(r"\meterD{") == len(circuit.results)
        assert r"under\_score\_" in text and text.isascii()
    text = to_latex(FEED)
    assert text.count(r"\vcw{-2}") == 1 and text.count(r"\lstick{\ensuremath") == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r" & \qw \\", r" \\"),
        ("}", ""),
        (r"\end{quantikz}", ""),
        (r"\vqw{1}", r"\vqw{7}"),
        (r"\gate", r"\gate é"),
    ],
)
def test_broken_latex_is_seen(old, new):
    text = to_latex(FEED)
    assert old in text
    assert structure_problem(text.replace(old, new, 1))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX is installed")
def test_latex_compiles(tmp_path):
    (tmp_path / "circuit.tex").write_text(to_latex(FEED))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "circuit.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_what_cannot_be_drawn_is_refused():
    for write in (to_svg, to_latex):
        with pytest.raises(CircuitError, match="at least one mode"):
            write(Circuit(0))
        with pytest.raises(CircuitError, match="systems"):
            write(Circuit(1), systems=0)
        assert write(Circuit(3))
