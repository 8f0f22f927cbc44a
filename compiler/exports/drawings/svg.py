"""Circuit drawings as SVG: one self-contained file, valid XML, the same text for the same circuit."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from compiler.errors import CircuitError
from compiler.exports.drawings.drawing import Drawing, Element, Style, draw, legend
from compiler.exports.format import ExportInput, Format, same_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne

FILL: dict[Style, tuple[str, str]] = {
    "gaussian": ("#edf3fb", "#2f5486"),
    "cubic": ("#fde8cd", "#a85a08"),
    "prepare": ("#f2f2f2", "#5f5f5f"),
    "measure": ("#e4f3e9", "#2b7246"),
    "noise": ("#fbe9e9", "#a03030"),
}
"""Fill and stroke of boxes."""

KINDS: dict[Style, str] = {
    "gaussian": "Gaussian",
    "cubic": "non-Gaussian",
    "prepare": "preparation",
    "measure": "measurement",
    "noise": "noise",
}

PITCH = 60
"""Distance between wires, in pixels."""

HALF = 23
"""Half the height of a box, in pixels."""

LEFT, RIGHT, TOP = 92, 24, 40
GAP = 14
"""Space between columns, in pixels."""

CHARACTER = 6.3
"""Width of a character of the small font, in pixels; the widest glyphs are a little wider."""

CLASSICAL = FILL["measure"][1]
WIRE = "#404040"


def to_svg(circuit: Circuit, width: int = 1200, systems: int = 24, omitted: int = 0) -> str:
    """Return the circuit as an SVG drawing.

    Parameters
    ----------
    circuit : Circuit
    width : int
        Largest width in pixels; longer circuits continue in further systems below.
    systems : int
        Largest number of systems; the drawing states how many operations do not fit and are left out.
    omitted : int
        Number of operations that the caller has left out already; the drawing counts them as not drawn.

    Raises
    ------
    CircuitError
        If the circuit has no modes, or the width is below 400.
    """
    if circuit.modes == 0:
        raise CircuitError("a drawing needs at least one mode, found a circuit without modes")
    if width < 400 or systems < 1:
        raise CircuitError(f"a drawing needs a width >= 400 and systems >= 1, found {width} and {systems}")
    drawing = draw(circuit)
    shown, missing = drawing.systems(width - LEFT - RIGHT, _column_width, systems)
    lines: list[str] = []
    top = float(TOP)
    widest = 0.0
    for place, columns in enumerate(shown):
        drawn, right = _system(drawing, columns, top, place)
        lines += drawn
        widest = max(widest, right)
        top += PITCH * circuit.modes + 22
    total = max(widest + RIGHT, 520.0)
    if missing + omitted:
        text = f"... and {missing + omitted} further operations of {len(drawing.elements) + omitted}, not drawn"
        lines.append(_text(LEFT, top - 8, text, "note"))
        top += 20
    below, top = _legend(drawing, shown[-1].stop, top, total)
    lines += below
    size = f'width="{total:.0f}" height="{top:.0f}" viewBox="0 0 {total:.0f} {top:.0f}"'
    title = f"Circuit of {circuit.modes} modes and {len(circuit.operations) + omitted} operations"
    text = "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{title}</title>",
            f"<style>{_style()}</style>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *lines,
            "</svg>",
            "",
        ]
    )
    ElementTree.fromstring(text)  # raises if it is not XML
    return text


def _style() -> str:
    boxes = "".join(f".{k}{{fill:{f};stroke:{s};stroke-width:1.2}}" for k, (f, s) in FILL.items())
    return (
        "text{font-family:Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#1c1c1c;text-anchor:middle}"
        ".s{font-size:14px;font-weight:600}.n{font-size:10.5px}"
        ".mode{font-size:12px;text-anchor:end}.note{font-size:11px;text-anchor:start;fill:#444444}"
        f".w{{stroke:{WIRE};stroke-width:1.2;fill:none}}.c{{stroke:{CLASSICAL};stroke-width:1;fill:none}}"
        f".d{{fill:{WIRE}}}.e{{fill:{CLASSICAL}}}.noise{{stroke-dasharray:3 2}}{boxes}"
    )


def _column_width(characters: int) -> float:
    return max(34.0, characters * CHARACTER + 12.0) + GAP


def _system(drawing: Drawing, columns: range, top: float, place: int) -> tuple[list[str], float]:
    """Return the drawing of one system, and its right edge."""
    widths = drawing.widths()
    edges = [float(LEFT)]
    for column in columns:
        edges.append(edges[-1] + _column_width(widths[column]))
    middle = {c: (edges[i] + edges[i + 1]) / 2 for i, c in enumerate(columns)}
    y = [top + PITCH * (m + 0.5) - HALF / 2 for m in range(drawing.circuit.modes)]
    out: list[str] = []
    for mode, wires in enumerate(drawing.wires):
        out.append(_text(LEFT - 14, y[mode] + 4, drawing.name(mode), "mode"))
        stops = [LEFT - 8.0, *(middle[c] for c in columns), edges[-1] + 8.0]
        kinds = [wires[c] for c in columns] + [wires[columns.stop]]
        begin = 0
        for i in range(1, len(kinds) + 1):  # joined, so that a wire is one line
            if i == len(kinds) or kinds[i] != kinds[begin]:
                out += _wire(kinds[begin], stops[begin], stops[i], y[mode])
                begin = i
    elements = [element for element in drawing.elements if element.column in columns]
    for element in elements:
        out += _links(element, middle[element.column], y)
    for element in elements:
        out += _element(element, middle[element.column], y)
    return out, edges[-1] + 8.0


def _wire(kind: str, left: float, right: float, y: float) -> list[str]:
    if kind == "quantum":
        return [f'<path class="w" d="M{left:.1f} {y:.1f}H{right:.1f}"/>']
    if kind == "classical":
        return [f'<path class="c" d="M{left:.1f} {y - 1.5:.1f}H{right:.1f}M{left:.1f} {y + 1.5:.1f}H{right:.1f}"/>']
    return []


def _links(element: Element, x: float, y: list[float]) -> list[str]:
    """Return vertical lines: between the modes of operations, and from the classical wires of results to operations."""
    out: list[str] = []
    modes = element.operation.modes
    if len(modes) > 1:
        out.append(f'<path class="w" d="M{x:.1f} {y[min(modes)]:.1f}V{y[max(modes)]:.1f}"/>')
    for source in element.sources:
        nearest = min(modes, key=lambda m: (abs(m - source), m))
        a, b = y[source], y[nearest]
        out.append(f'<path class="c" d="M{x - 1.5:.1f} {a:.1f}V{b:.1f}M{x + 1.5:.1f} {a:.1f}V{b:.1f}"/>')
        out.append(f'<circle class="e" cx="{x:.1f}" cy="{a:.1f}" r="3.6"/>')
    return out


def _element(element: Element, x: float, y: list[float]) -> list[str]:
    label = element.label
    half = max(34.0, label.width * CHARACTER + 12.0) / 2
    out: list[str] = []
    for mode, mark in zip(element.operation.modes, label.marks, strict=True):
        if mark == "dot":
            out.append(f'<circle class="d" cx="{x:.1f}" cy="{y[mode]:.1f}" r="4"/>')
        elif mode == element.labelled:
            out += [_box(element, x, y[mode], half, HALF), *_lines(element, x, y[mode])]
        else:
            out += [_box(element, x, y[mode], 14.0, 12.0), _text(x, y[mode] + 5, label.symbol, "s")]
    return out


def _box(element: Element, x: float, y: float, half: float, height: float) -> str:
    style = element.label.style
    if isinstance(element.operation, Homodyne):  # a detector: round on the right
        bend = height * 0.8
        path = f"M{x - half:.1f} {y - height:.1f}H{x + half - bend:.1f}"
        path += f"A{bend:.1f} {height:.1f} 0 0 1 {x + half - bend:.1f} {y + height:.1f}H{x - half:.1f}Z"
        return f'<path class="{style}" d="{path}"/>'
    place = f'x="{x - half:.1f}" y="{y - height:.1f}" width="{2 * half:.1f}" height="{2 * height:.1f}"'
    return f'<rect class="{style}" {place} rx="3"/>'


def _lines(element: Element, x: float, y: float) -> list[str]:
    numbers = element.label.numbers
    first = {0: 5.0, 1: -2.0, 2: -8.0}[len(numbers)]
    out = [_text(x, y + first, element.label.symbol, "s")]
    return out + [_text(x, y + first + 13.0 + 11.5 * i, line, "n") for i, line in enumerate(numbers)]


def _legend(drawing: Drawing, columns: int, top: float, width: float) -> tuple[list[str], float]:
    """Return the legend of the colours and symbols that occur, and the bottom of the drawing."""
    styles = {element.label.style for element in drawing.elements if element.column < columns}
    out: list[str] = []
    x = float(LEFT)
    for style, name in KINDS.items():
        if style in styles:
            out.append(f'<rect class="{style}" x="{x:.1f}" y="{top - 2:.1f}" width="16" height="12" rx="2"/>')
            out.append(_text(x + 22, top + 8, name, "note"))
            x += 44 + 6.2 * len(name)
    top += 27
    line = ""
    for entry in [*legend(drawing, columns), ""]:
        if line and (not entry or LEFT + 5.6 * len(f"{line} · {entry}") > width - RIGHT):
            out.append(_text(LEFT, top, line, "note"))
            line, top = "", top + 16
        line = f"{line} · {entry}" if line and entry else line or entry
    return out, top + 4


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _write(given: ExportInput) -> str:
    return to_svg(given.native)


FORMAT = Format("svg", "circuit.svg", "parsed as XML", _write, same_text(_write, "drawing of this program"))
