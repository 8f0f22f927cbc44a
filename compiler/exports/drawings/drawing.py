"""Elements and layout of circuit drawings, shared by the SVG and the LaTeX drawing.

Every operation stands in the first column in which all wires that it covers are free: the wires from its topmost to its
lowest mode, and those of the results that it depends on. After a homodyne measurement the wire of a mode is classical;
it carries the result until the mode is prepared again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Literal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Parameter
from compiler.ir.polynomial import Polynomial

Wire = Literal["quantum", "classical", "none"]
Style = Literal["gaussian", "cubic", "prepare", "measure", "noise"]
Mark = Literal["box", "dot"]

BOX: Mark = "box"
DOT: Mark = "dot"

MINUS = "−"


@dataclass(frozen=True, slots=True)
class Label:
    """The label of an operation: a symbol with numbers below it.

    ``marks`` has one entry per mode; the boxes that do not carry the label repeat the symbol.
    """

    symbol: str
    numbers: tuple[str, ...] = ()
    style: Style = "gaussian"
    marks: tuple[Mark, ...] = (BOX,)

    @property
    def width(self) -> int:
        """Number of characters of the widest line."""
        return max(len(self.symbol), *(len(line) for line in self.numbers), 1)


@dataclass(frozen=True, slots=True)
class Element:
    """One operation of a drawing.

    Attributes
    ----------
    operation : Operation
    label : Label
    column : int
    labelled : int
        The mode whose box has the label.
    sources : tuple of int
        Modes whose classical wires carry the results that the operation depends on.
    """

    operation: ops.Operation
    label: Label
    column: int
    labelled: int
    sources: tuple[int, ...]

    @property
    def span(self) -> tuple[int, int]:
        """First and last wire that the element covers."""
        covered = (*self.operation.modes, *self.sources)
        return min(covered), max(covered)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Elements in columns, and the wires between the columns.

    Attributes
    ----------
    circuit : Circuit
    elements : tuple of Element
        In order of time.
    wires : tuple of tuple of Wire
        ``wires[mode][column]``: the wire that comes into a column from the left; one entry more than columns.
    columns : int
    """

    circuit: Circuit
    elements: tuple[Element, ...]
    wires: tuple[tuple[Wire, ...], ...]
    columns: int

    def widths(self) -> tuple[int, ...]:
        """Return the number of characters of the widest label in each column."""
        out = [1] * self.columns
        for element in self.elements:
            out[element.column] = max(out[element.column], element.label.width)
        return tuple(out)

    def name(self, mode: int) -> str:
        """Return the name of a mode, as ``latent 0`` or ``ancilla 3``."""
        return f"{'ancilla' if mode in self.circuit.ancillas else 'latent'} {mode}"

    def systems(self, width: float, column: Callable[[int], float], most: int) -> tuple[list[range], int]:
        """Divide the columns into systems of at most ``width`` characters, and count the operations left out."""
        broken: list[range] = []
        start, used = 0, 0.0
        for place, characters in enumerate(self.widths()):
            size = column(characters)
            if place > start and used + size > width:
                broken.append(range(start, place))
                start, used = place, 0.0
            used += size
        broken.append(range(start, self.columns))
        shown = broken[:most]
        return shown, sum(element.column >= shown[-1].stop for element in self.elements)


def draw(circuit: Circuit) -> Drawing:
    """Lay a circuit out.

    Examples
    --------
    >>> found = draw(Circuit(2, (ops.Squeeze((0,), 0.5), ops.Rotation((1,), 1.0), ops.ControlledZ((0, 1), 0.25))))
    >>> [(e.label.symbol, e.label.numbers, e.column) for e in found.elements]
    [('S', ('0.5',), 0), ('R', ('1',), 0), ('Z', ('0.25',), 1)]
    """
    free = [0] * circuit.modes
    live: dict[str, int] = {}  # result -> the mode whose classical wire carries it
    changes: list[list[tuple[int, Wire]]] = [[] for _ in range(circuit.modes)]
    elements: list[Element] = []
    touched: set[int] = set()
    for op in circuit.operations:
        if not op.modes:
            continue  # a constant phase
        used = sorted(
            {str(n) for value in op.parameters().values() if isinstance(value, Polynomial) for n in value.names}
        )
        sources = tuple(sorted({live[name] for name in used if name in live} - set(op.modes)))
        label = label_of(op)
        covered = (*op.modes, *sources)
        span = range(min(covered), max(covered) + 1)
        column = max(free[m] for m in span)
        for m in span:
            free[m] = column + 1
        boxed = [m for m, mark in zip(op.modes, label.marks, strict=True) if mark == BOX]
        elements.append(Element(op, label, column, boxed[0] if boxed else op.modes[0], sources))
        if isinstance(op, ops.PREPARATIONS):
            for mode in op.modes:
                if mode not in touched:
                    changes[mode].append((-1, "none"))
                changes[mode].append((column, "quantum"))
            live = {name: m for name, m in live.items() if m not in op.modes}
        if isinstance(op, ops.ENDS):
            (mode,) = op.modes
            changes[mode].append((column, "classical"))
            if isinstance(op, ops.MEASUREMENTS):
                live[op.result] = mode
        touched.update(op.modes)
    columns = max(free, default=0)
    return Drawing(circuit, tuple(elements), tuple(_wires(change, columns) for change in changes), columns)


def _wires(changes: list[tuple[int, Wire]], columns: int) -> tuple[Wire, ...]:
    out: list[Wire] = []
    waiting = list(changes)
    state: Wire = "quantum"
    for column in range(columns + 1):
        while waiting and waiting[0][0] < column:
            state = waiting.pop(0)[1]
        out.append(state)
    return tuple(out)


def number(value: float) -> str:
    """Return a number to three digits, and simple fractions of pi by name.

    >>> [number(v) for v in (0.5, -pi / 2, 3 * pi / 4, 1e-7, -12345.0, 0.0)]
    ['0.5', '−π/2', '3π/4', '1e−7', '−1.23e4', '0']
    """
    sign, size = (MINUS if value < 0.0 else ""), abs(value)
    for over in (1, 2, 4, 3):
        times = round(size / pi * over)
        if 1 <= times <= 4 and abs(size - times * pi / over) < 1e-12:
            return f"{sign}{times if times > 1 else ''}π{f'/{over}' if over > 1 else ''}"
    text = f"{size:.3g}"
    if "e" in text:
        digits, exponent = text.split("e")
        text = f"{digits}e{int(exponent)}".replace("-", MINUS)
    return (sign if text != "0" else "") + text


LONGEST = 16
"""Number of characters of the longest polynomial that is written out."""


def shown(parameter: Parameter) -> str:
    """Return a number or a short polynomial in results as text; of a long polynomial, show only its variables.

    >>> shown(Polynomial.monomial(("m", "m"), -0.5) + Polynomial.constant(0.25))
    '−0.5 m² + 0.25'
    >>> shown(Polynomial.monomial(("first", "second"), -0.5) + Polynomial.monomial(("first",), 0.25))
    'f(first, second)'
    """
    if not isinstance(parameter, Polynomial):
        return number(parameter)
    text = ""
    for key, coefficient in parameter.terms.items():
        factors = [f"x{v}" if isinstance(v, int) else v for v, _ in key]
        factors = [name + _raised(q) for name, (_, q) in zip(factors, key, strict=True)]
        size = number(abs(coefficient))
        body = " ".join(factors if size == "1" and factors else [size, *factors])
        joint = (f" {MINUS} " if coefficient < 0 else " + ") if text else (MINUS if coefficient < 0 else "")
        text += joint + body
    if len(text) <= LONGEST:
        return text or "0"
    names = ", ".join(parameter.names)
    return f"f({names})" if len(names) <= LONGEST else f"f({len(parameter.names)} results)"


def _raised(power: int) -> str:
    return "" if power == 1 else "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(power))


def label_of(op: ops.Operation) -> Label:
    """Return the label of an operation."""
    return LABELS[type(op)](op)


def _beam_splitter(op: ops.BeamSplitter) -> Label:
    phi = () if op.phi == 0.0 else (shown(op.phi),)
    return Label("B", (shown(op.theta), *phi), marks=(BOX, BOX))


def _displacement(op: ops.Displacement) -> Label:
    if op.p == 0.0:
        return Label("X", (shown(op.x),))
    return Label("Z", (shown(op.p),)) if op.x == 0.0 else Label("D", (shown(op.x), shown(op.p)))


def _homodyne(op: ops.Homodyne) -> Label:
    if op.angle == 0.0 or abs(op.angle - pi / 2) < 1e-12:
        return Label("p" if op.angle else "x", (op.result,), "measure")
    return Label("∠", (number(op.angle), op.result), "measure")


def _polynomial(op: ops.PolynomialPhase) -> Label:
    terms = op.polynomial.terms
    text = shown(next(iter(terms.values()))) if len(terms) == 1 else f"{len(terms)} terms"
    style: Style = "cubic" if op.polynomial.degree > 2 else "gaussian"
    if len(terms) == 1 and all(power == 1 for _, power in next(iter(terms))):
        return Label("H", (text,), style, (BOX, *((DOT,) * (len(op.modes) - 1))))
    return Label("φ", (text,), style, (BOX,) * len(op.modes))


LABELS: dict[type[ops.Operation], Callable[..., Label]] = {
    ops.PrepareVacuum: lambda op: Label("|0⟩", (), "prepare"),
    ops.PrepareSqueezed: lambda op: Label("|S⟩", (number(op.r),), "prepare"),
    ops.PrepareCubic: lambda op: Label("|V⟩", (shown(op.gamma), number(op.r)), "cubic"),
    ops.PrepareFock: lambda op: Label(f"|{op.n}⟩", (), "cubic"),
    ops.PrepareCat: lambda op: Label("|C⟩", (number(op.x), number(op.p), number(op.parity)), "cubic"),
    ops.PrepareGKP: lambda op: Label("|G⟩", (number(op.theta), number(op.phi), number(op.epsilon)), "cubic"),
    ops.PrepareKet: lambda op: Label("|ψ⟩", (), "cubic", marks=(BOX,) * len(op.modes)),
    ops.PrepareDensity: lambda op: Label("ρ", (), "cubic", marks=(BOX,) * len(op.modes)),
    ops.Rotation: lambda op: Label("R", (shown(op.theta),)),
    ops.Squeeze: lambda op: Label("S", (shown(op.r),)),
    ops.Shear: lambda op: Label("P", (shown(op.s),)),
    ops.Displacement: _displacement,
    ops.BeamSplitter: _beam_splitter,
    ops.ControlledX: lambda op: Label("X", (shown(op.s),), marks=(DOT, BOX)),
    ops.ControlledZ: lambda op: Label("Z", (shown(op.s),), marks=(DOT, BOX)),
    ops.Interferometer: lambda op: Label("U", (), marks=(BOX,) * len(op.modes)),
    ops.PolynomialPhase: _polynomial,
    ops.CubicPhase: lambda op: Label("V", (shown(op.gamma),), "cubic"),
    ops.PhasePower: lambda op: Label(f"V{_raised(op.order)}", (shown(op.strength),), "cubic"),
    ops.Kerr: lambda op: Label("K", (number(op.kappa),), "cubic"),
    ops.CrossKerr: lambda op: Label("K", (number(op.kappa),), "cubic", marks=(BOX, BOX)),
    ops.Homodyne: _homodyne,
    ops.PostSelect: lambda op: Label("=", (number(op.angle), number(op.value)), "measure"),
    ops.PhotonCount: lambda op: Label("n", (op.result,), "measure"),
    ops.DisplacementReadout: lambda op: Label("±D", (op.result,), "measure", marks=(BOX,) * len(op.modes)),
    ops.Loss: lambda op: Label("L", (number(op.eta),), "noise"),
    ops.ThermalLoss: lambda op: Label("L", (number(op.eta), number(op.nbar)), "noise"),
    ops.DisplacementNoise: lambda op: Label("N", (number(op.x_variance), number(op.p_variance)), "noise"),
    ops.Dephasing: lambda op: Label("N", (number(op.variance),), "noise"),
}
"""The label of each operation; complete over `compiler.ir.operations.OPERATIONS`."""

LEGEND: dict[type[ops.Operation], str] = {
    ops.PrepareVacuum: "|0⟩ vacuum",
    ops.PrepareSqueezed: "|S⟩ squeezed vacuum, r",
    ops.PrepareCubic: "|V⟩ cubic resource state γ, r (V on squeezed vacuum −r)",
    ops.PrepareFock: "|n⟩ Fock state of n photons",
    ops.PrepareCat: "|C⟩ cat state x, p, parity",
    ops.PrepareGKP: "|G⟩ GKP state θ, φ, ε",
    ops.PrepareKet: "|ψ⟩ state given by its amplitudes",
    ops.PrepareDensity: "ρ state given by its density matrix",
    ops.Rotation: "R rotation θ",
    ops.Squeeze: "S squeezer r",
    ops.Shear: "P shear s",
    ops.Displacement: "X, Z, D displacement of x, p, both",
    ops.BeamSplitter: "B beamsplitter θ, φ at its first mode (φ = 0 left out)",
    ops.ControlledX: "•–X controlled X, s",
    ops.ControlledZ: "•–Z controlled Z, s",
    ops.Interferometer: "U interferometer",
    ops.PolynomialPhase: "H hyperedge w, φ polynomial phase",
    ops.CubicPhase: "V cubic phase γ",
    ops.PhasePower: "Vⁿ phase of order n",
    ops.Kerr: "K Kerr κ",
    ops.CrossKerr: "K–K cross-Kerr κ",
    ops.PostSelect: "= homodyne at angle θ, runs with the given outcome kept",
    ops.PhotonCount: "n photon counter, with its result",
    ops.DisplacementReadout: "±D displacement read by one bit, with its result",
    ops.Homodyne: "x, p, ∠ homodyne of x cos θ + p sin θ, with its result",
    ops.Loss: "L loss η",
    ops.ThermalLoss: "L loss η, n̄",
    ops.DisplacementNoise: "N displacement noise, variances",
    ops.Dephasing: "N dephasing, variance",
}
"""Entries of the legend for the operations that occur."""


def legend(drawing: Drawing, columns: int) -> list[str]:
    """Return the legend entries for the operations in the first columns, in a fixed order."""
    found = {type(element.operation) for element in drawing.elements if element.column < columns}
    return [text for kind, text in LEGEND.items() if kind in found]
