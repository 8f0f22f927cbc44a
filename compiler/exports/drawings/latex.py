r"""Circuit drawings as LaTeX: a standalone document with one ``quantikz`` environment per system of wires.

Only commands of the first quantikz library are used (``\usetikzlibrary{quantikz}``), which later releases still ship.
In this library the cell of an operation draws the wire that leads to it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from compiler.errors import CircuitError
from compiler.exports.drawings.drawing import Drawing, Element, Style, draw, legend
from compiler.exports.format import ExportInput, Format, same_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PREPARATIONS, Homodyne

COLOURS: dict[Style, str] = {
    "gaussian": "blue!6",
    "cubic": "orange!22",
    "prepare": "gray!10",
    "measure": "green!12",
    "noise": "red!10",
}

SYMBOLS = {
    "−": "-",
    "±": r"\pm ",
    "π": r"\pi ",
    "⟩": r"\rangle ",
    "φ": r"\varphi ",
    "∠": r"\angle ",
    "θ": r"\theta ",
    "γ": r"\gamma ",
    "η": r"\eta ",
    "κ": r"\kappa ",
    "n̄": r"\bar n",
    "ⁿ": "^n",
    "·": r"\cdot ",
    "•–": r"\bullet\!-\!",
    "_": r"\_",
}

RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"

FRESH = "&[0.9cm]"
"""Column separator before a column with preparations, whose labels stand to the left of their cells."""


def to_latex(circuit: Circuit, characters: int = 96, systems: int = 24) -> str:
    """Return the circuit as a standalone LaTeX document.

    Parameters
    ----------
    circuit : Circuit
    characters : int
        Largest width of a system, in characters of labels; longer circuits continue in further systems.
    systems : int
        Largest number of systems; the document states how many operations do not fit and are left out.

    Raises
    ------
    CircuitError
        If the circuit has no modes, or the width is below 20.
    """
    if circuit.modes == 0:
        raise CircuitError("a drawing needs at least one mode, found a circuit without modes")
    if characters < 20 or systems < 1:
        raise CircuitError(f"a drawing needs >= 20 characters and >= 1 systems, found {characters} and {systems}")
    drawing = draw(circuit)
    shown, missing = drawing.systems(characters, lambda width: width + 3.0, systems)
    lines = [
        r"\documentclass[varwidth=\maxdimen,border=4pt]{standalone}",
        r"\usepackage{amsmath}",
        r"\usepackage{tikz}",
        r"\usetikzlibrary{quantikz}",
        r"\begin{document}",
    ]
    for columns in shown:
        lines += [*_system(drawing, columns), r"\par\medskip"]
    if missing:
        lines += [f"\\ldots\\ and {missing} further operations of {len(drawing.elements)}, not drawn", r"\par\medskip"]
    entries = legend(drawing, shown[-1].stop)
    lines += [rf"{{\footnotesize {_prose(entry)}}}\par" for entry in entries]
    text = "\n".join([*lines, r"\end{document}", ""])
    if reason := structure_problem(text):
        raise CircuitError(f"LaTeX export: {reason}")
    return text


def structure_problem(text: str) -> str:
    """Return a fault in the structure of the document that would keep it from compiling; empty if none is found.

    Braces must balance, environments must be closed in order, all rows of one ``quantikz`` must have the same number of
    cells, and vertical wires must end inside it.
    """
    if unknown := sorted({c for c in text if ord(c) > 126}):
        return f"characters {unknown} need a LaTeX form"
    if reason := _unbalanced(text):
        return reason
    for place, body in enumerate(re.findall(r"\\begin\{quantikz\}(.*?)\\end\{quantikz\}", text, re.DOTALL)):
        rows = [_split(row, "&") for row in _split(body, "\\\\")]
        if len({len(row) for row in rows}) != 1:
            return f"system {place} has rows of {sorted({len(row) for row in rows})} cells"
        for index, row in enumerate(rows):
            for jump in re.findall(r"\\(?:vqw|vcw|ctrl)\{(-?\d+)\}", " ".join(row)):
                if not 0 <= index + int(jump) < len(rows):
                    return f"system {place} row {index}: a vertical wire by {jump} leaves the drawing"
    return ""


def _unbalanced(text: str) -> str:
    depth = 0
    for place, character in enumerate(text):
        if character in "{}" and text[place - 1] != "\\":
            depth += 1 if character == "{" else -1
            if depth < 0:
                return f"an unmatched }} at character {place}"
    if depth:
        return f"{depth} braces are not closed"
    waiting: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            waiting.append(name)
        elif not waiting or waiting.pop() != name:
            return f"environment {name} ends where it is not open"
    return f"environment {waiting[-1]} is not closed" if waiting else ""


def _split(text: str, separator: str) -> list[str]:
    """Return the parts of a text between those separators that do not stand in braces."""
    out, depth, start, place = [], 0, 0, 0
    while place < len(text):
        if text[place] in "{}" and text[place - 1] != "\\":
            depth += 1 if text[place] == "{" else -1
        if depth == 0 and text.startswith(separator, place):
            out.append(text[start:place])
            place += len(separator)
            start = place
            continue
        place += 1
    return [*out, text[start:]]


def _system(drawing: Drawing, columns: range) -> list[str]:
    modes = drawing.circuit.modes
    cells = [[_idle(drawing.wires[mode][c]) for c in columns] for mode in range(modes)]
    fresh = set()
    for element in drawing.elements:
        if element.column not in columns:
            continue
        place = element.column - columns.start
        if isinstance(element.operation, PREPARATIONS):
            fresh.add(place)
        for mode, cell in _element(element).items():
            cells[mode][place] = cell
        for source in element.sources:
            away = min((m - source for m in element.operation.modes), key=lambda steps: (abs(steps), steps))
            cells[source][place] = rf"\cw\vcw{{{away}}}"
    out = [r"\begin{quantikz}[column sep=0.3cm, row sep=0.25cm]"]
    for mode in range(modes):
        row = [rf"\lstick{{\text{{{drawing.name(mode)}}}}}", *cells[mode], _idle(drawing.wires[mode][columns.stop])]
        line = row[0]
        for place, cell in enumerate(row[1:]):
            line += f" {FRESH if mode == 0 and place in fresh else '&'} {cell}".rstrip()
        out.append(line + (r" \\" if mode + 1 < modes else ""))
    return [*out, r"\end{quantikz}"]


def _idle(wire: str) -> str:
    return {"quantum": r"\qw", "classical": r"\cw", "none": r""}[wire]


def _element(element: Element) -> dict[int, str]:
    """Return the cells of an operation by mode; each one draws the vertical wire to the next mode below."""
    op, label = element.operation, element.label
    ordered = sorted(op.modes)
    down = {a: b - a for a, b in pairwise(ordered)}
    out: dict[int, str] = {}
    for mode, mark in zip(op.modes, label.marks, strict=True):
        if mark == "dot":
            out[mode] = rf"\ctrl{{{down[mode]}}}" if mode in down else r"\control{}"
            continue
        lines = [label.symbol, *label.numbers] if mode == element.labelled else [label.symbol]
        text = _stacked(lines)
        if isinstance(op, PREPARATIONS):
            out[mode] = rf"\lstick{{{text}}}"
        elif isinstance(op, Homodyne):
            out[mode] = rf"\meterD{{{text}}}"
        else:
            out[mode] = rf"\gate[style={{fill={COLOURS[label.style]}}}]{{{text}}}"
        if mode in down:
            out[mode] += rf"\vqw{{{down[mode]}}}"
    return out


def _stacked(lines: list[str]) -> str:
    stacked = _math(lines[0]) if len(lines) == 1 else r"\substack{" + r" \\ ".join(map(_math, lines)) + "}"
    return rf"\ensuremath{{{stacked}}}"  # whether the command sets its label in math mode or not


def _math(text: str) -> str:
    """Return a label for math mode, with upright names and with symbols as commands."""
    text = re.sub(r"[A-Za-z_][A-Za-z0-9_]{1,}", lambda found: rf"\mathrm{{{found[0]}}}", text)
    text = re.sub(r"(?<=\d)\\mathrm\{e(\d+)\}|(?<=\d)e(−?\d+)", lambda f: rf"\mathrm{{e}}{{{f[1] or f[2]}}}", text)
    text = re.sub(f"[{RAISED}]+", lambda f: "^{" + "".join(str(RAISED.index(c)) for c in f[0]) + "}", text)
    for character, command in SYMBOLS.items():
        text = text.replace(character, command)
    return re.sub(r" (?=\\mathrm|[a-z])", r"\\,", text)


def _prose(text: str) -> str:
    """Return a legend entry as text outside of math mode."""
    text = re.sub(r"[|][^ ]⟩", lambda found: f"${found[0]}$", text)
    out = ""
    for part in re.split(r"(\$[^$]*\$)", text):
        if part.startswith("$"):
            out += "$" + _math(part[1:-1]) + "$"
            continue
        prose = part
        for character, command in SYMBOLS.items():
            prose = prose.replace(character, command if character == "_" else f"${command.strip()}$")
        out += prose
    return out


def _write(given: ExportInput) -> str:
    return to_latex(given.native)


FORMAT = Format("latex", "circuit.tex", "its structure checked", _write, same_text(_write, "drawing of this program"))
