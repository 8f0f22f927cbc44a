"""XIR text as a circuit: parsed by the grammar of the ``xir`` package, and walked by a reader of its own.

The loader of Strawberry Fields drops ``inv`` and cannot read parameters that depend on results, not even those of its
own writer. Both are read here: ``q3`` is the latest result of mode 3, as in texts of that writer, and ``q3**2`` is its
square, for which the grammar has no rule; ``outs[0]`` is the result of the first measurement, as in the documentation
of XIR. Gates that a text defines are replaced by their definitions. Any other name in a parameter is a free parameter.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from math import pi
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.calls import Call, Imported
from compiler.imports.reading.arithmetic import FUNCTIONS, MATH_NAMES, Budget, binary, checked, function, negative
from compiler.imports.reading.call_script import bounded
from compiler.imports.reading.expressions import MAX_POWER
from compiler.imports.strawberryfields.texts import (
    LOOP_VARIABLE,
    TimeBins,
    charge,
    finished,
    integer,
    located,
    mode_index,
    one_line,
    require_size,
)
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import MAX_MODES
from hardware_profiles.extras import need

TOOL = "XIR"

POWER = re.compile(r"\b([A-Za-z_]\w*)\s*\*\*\s*(\d{1,3})\b")
OUTPUT = re.compile(r"\bouts\s*\[\s*(\d{1,9})\s*\]")

RESULT = re.compile(r"q(\d{1,9})")
"""The latest result of a mode."""

EARLIER = re.compile(r"khrnn_outs_(\d{1,9})")
"""Names that ``outs[..]`` is rewritten to for the grammar."""

CONSTANTS = {"pi": pi, "PI": pi, "True": True, "False": False, "None": None}
"""Names that are not free parameters; the grammar has ``true`` and ``false``, Strawberry Fields writes Python's."""

TAKES_WORDS = frozenset(("GKP", "Catstate", "Interferometer"))
WORDS = frozenset(("square", "real", "complex", "rectangular", "rectangular_symmetric", "triangular", "sun_compact"))
"""Operations with arguments that are words, and these words, which Strawberry Fields writes without quotes."""

NO_NUMBERS = frozenset(("nan", "inf", "infinity", "null"))

MAX_DEPTH = 50
"""Largest number of definitions inside of definitions."""

OPERATORS = {"add": "+", "sub": "-", "prod": "*", "div": "/"}

KEPT_ASIDE = frozenset(("_name_", "_type_", "N"))
"""Options without a note: the name of a program, and the two options of programs of time bins."""


def read_xir(text: str, where: str = "program.xir") -> Imported:
    """Read an XIR program.

    The format does not keep unused modes after the last one that is used. A program with the option
    ``_type_: tdm`` is unrolled (`compiler.imports.strawberryfields.tdm`).

    Parameters
    ----------
    text : str
    where : str
        Name of the file, for messages.

    Raises
    ------
    CircuitError
        If the text is not XIR, uses another file, controls a gate by a wire, or contains an operation that a circuit
        cannot express.

    Examples
    --------
    >>> circuit = read_xir("inv Sgate(r: 0.5) | [0]; MeasureX | [0]; Xgate(2 * q0**2 + a) | [1];").circuit
    >>> circuit.symbols, circuit.operations[0].r, circuit.operations[-1].x
    (('a',), -0.5, Polynomial(2 m0^2 + 1 a))
    """
    require_size(text, where)
    with bounded(where):
        tree = _tree(text, where)
        reader = _Reader(where, Budget.for_text(text))
        reader.program(tree)
    time = TimeBins(reader.bins, reader.widths) if reader.bins is not None else None
    return finished(reader.calls, None, reader.symbols, TOOL, reader.notes, where, time)


@cache
def _parser() -> tuple[Any, type[Exception]]:
    """Return the parser of the grammar, and the error that it raises for text that is not XIR."""
    need("xir", "lark")
    from importlib.resources import files

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that its import causes
        import lark

        grammar = (files("xir") / "xir.lark").read_text(encoding="utf-8")
        parser = lark.Lark(grammar, maybe_placeholders=True, start="program", parser="lalr")
    return parser, lark.exceptions.UnexpectedInput


def _tree(text: str, where: str) -> Any:
    """Parse a text after powers of names are multiplied out and ``outs[..]`` are renamed, as the grammar needs."""

    def multiplied(match: re.Match[str]) -> str:
        power = int(match[2])
        if not 1 <= power <= MAX_POWER:
            raise CircuitError(f"{where}: powers of names need an exponent in 1..{MAX_POWER}, found {match[0][:40]}")
        return "(" + "*".join([match[1]] * power) + ")"

    lines = text.replace("\r\n", "\n").replace("\r", "\n")  # else a remark would hide what follows it
    rewritten = POWER.sub(multiplied, OUTPUT.sub(r"khrnn_outs_\1", lines))
    parser, unexpected = _parser()
    try:
        return parser.parse(rewritten)
    except unexpected as error:
        found = one_line(str(error).partition("\n")[0], 120)
        raise located(where, getattr(error, "line", "?"), f"not XIR: {found}") from None


class _Reader:
    """Reader of one text, which walks over its parse tree."""

    def __init__(self, where: str, budget: Budget) -> None:
        self.where = where
        self.budget = budget
        self.constants: dict[str, Any] = {}
        self.gates: dict[str, tuple[list[str], list[str] | None, list[Any]]] = {}
        self.calls: list[Call] = []
        self.symbols: list[str] = []
        self.notes: list[str] = []
        self.outputs: list[tuple[int, ...]] = []
        self.bins: dict[str, Any] | None = None
        self.widths: tuple[int, ...] = ()

    def program(self, tree: Any) -> None:
        """Read a whole program: first the parts that may stand in any order, then the operations."""
        *includes, circuit = tree.children
        if includes:
            raise CircuitError(
                f"{self.where}: use is not read, because no other file is opened; write the definitions into this file"
            )
        kinds: dict[str, Callable[[Any], None]] = {
            "script_options": self._options,
            "constants": self._constants,
            "gate_def": self._gate,
            "obs_def": self._observable,
        }
        for kind, read in kinds.items():
            for node in circuit.children:
                if node.data == kind:
                    self._guarded(node, read)
        for node in circuit.children:
            if node.data == "application_stmt":
                self._guarded(node, self._statement)

    def _guarded(self, node: Any, read: Callable[[Any], None]) -> None:
        """Read a statement; an error names its line."""
        try:
            read(node)
        except CircuitError as error:
            line = next((token.line for token in node.scan_values(lambda value: hasattr(value, "line"))), "?")
            raise located(self.where, line, str(error)) from None

    def _options(self, node: Any) -> None:
        found = {_text(option.children[0]): option.children[1] for option in node.children}
        if "_type_" in found:
            if self.value(found["_type_"], {}) != Polynomial.monomial(("tdm",)):
                raise CircuitError("the option _type_ must be tdm; leave it out for other programs")
            widths = self.value(found["N"], {}) if "N" in found else None
            listed = widths if isinstance(widths, tuple) else (widths,)
            if not all(type(n) is int and n >= 1 for n in listed) or sum(listed) > MAX_MODES:
                raise CircuitError("a program of time bins needs the option N, a list of numbers of modes")
            self.bins, self.widths = {}, listed
        self.symbols.clear()  # names in options are words
        self.notes += [f"the option {name[:40]} is not kept" for name in found if name not in KEPT_ASIDE]

    def _constants(self, node: Any) -> None:
        for option in node.children:
            name, value = _text(option.children[0]), self.value(option.children[1], {})
            if self.bins is not None and LOOP_VARIABLE.fullmatch(name):
                if not isinstance(value, tuple):
                    raise CircuitError(f"the constant {name} of a program of time bins must be a list of numbers")
                self.bins[name] = value
                self.symbols.append(name)
                value = Polynomial.monomial((name,))
            self.constants[name] = value

    def _observable(self, node: Any) -> None:
        self.notes.append(f"the observable {_text(node.children[0])[:40]} is not kept")

    # --- operations --------------------------------------------------------------------------------------------------

    def _gate(self, node: Any) -> None:
        name, params, wires, *statements = node.children
        listed = [_text(wire) for wire in wires.children] if wires is not None else None
        names = [self._parameter_name(value) for value in params.children] if params is not None else []
        for kind, given in (("parameters", names), ("wires", listed or [])):
            if len(set(given)) != len(given):
                raise CircuitError(f"the {kind} of a gate need different names, found {', '.join(given)[:80]}")
        self.gates[_text(name)] = names, listed, statements

    def _parameter_name(self, node: Any) -> str:
        if node.data != "var":
            raise CircuitError("the parameters of a gate must be names")
        return _text(node.children[0])

    def _statement(self, node: Any) -> None:
        self._apply(node, {}, None, False, 0)

    def _apply(
        self, node: Any, given: Mapping[str, Any], places: Mapping[str, int] | None, inverse: bool, depth: int
    ) -> None:
        """Append an operation, or the operations of its definition."""
        self.budget.step()
        modifiers = [child for child in node.children if not hasattr(child, "data")]
        if any(modifier != "inv" for modifier in modifiers):
            raise CircuitError("ctrl is not read: circuits here have no operations that the state of a wire controls")
        name_node, *params, wires = node.children[len(modifiers) :]
        inverse ^= len(modifiers) % 2 == 1  # each inv turns the direction around
        name = _text(name_node)
        args, keywords = self._arguments(params[0] if params else None, given)
        modes = self._modes(wires, places)
        if name not in self.gates:
            if name.startswith("Measure"):
                self.outputs.append(modes)
            if name in TAKES_WORDS:
                args = tuple(map(_word, args))
                keywords = {key: _word(value) for key, value in keywords.items()}
            call = Call(name, modes, args, keywords, f"line {name_node.children[0].line}", inverse)
            self.calls.append(charge(self.budget, call))
            return
        if depth >= MAX_DEPTH:
            raise CircuitError(f"definitions must be nested at most {MAX_DEPTH} deep, found {name} deeper")
        names, listed, statements = self.gates[name]
        values = dict(zip(names, args, strict=False)) | keywords
        if len(args) > len(names) or set(values) != set(names):
            found = ", ".join(map(str, keywords)) or f"{len(args)} value(s)"
            raise CircuitError(f"{name} takes the parameters {', '.join(names) or '(none)'}, found {found[:80]}")
        labels = list(map(str, range(len(modes)))) if listed is None else listed
        if len(labels) != len(modes):
            raise CircuitError(f"{name} acts on {len(labels)} wires, found {len(modes)}")
        inner = dict(zip(labels, modes, strict=True))
        for statement in reversed(statements) if inverse else statements:
            self._apply(statement, values, inner, inverse, depth + 1)

    def _arguments(self, node: Any, given: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if node is None:
            return (), {}
        if node.data == "params_list":
            return tuple(self.value(value, given) for value in node.children), {}
        keywords: dict[str, Any] = {}
        for option in node.children:
            name = _text(option.children[0])
            if name in keywords:
                raise CircuitError(f"the argument {name} is given twice")
            keywords[name] = self.value(option.children[1], given)
        return (), keywords

    def _modes(self, node: Any, places: Mapping[str, int] | None) -> tuple[int, ...]:
        modes: list[int] = []
        for wire in node.children:
            labels = _labels(wire)
            self.budget.step(len(labels))
            for label in labels:
                if places is None and not label.isdecimal():
                    raise CircuitError(f"wires must be numbers outside of definitions, found {label[:40]!r}")
                if places is not None and label not in places:
                    raise CircuitError(f"the wire {label[:40]!r} is not among the wires of the gate")
                modes.append(int(label) if places is None else places[label])
        return tuple(modes)

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, node: Any, given: Mapping[str, Any]) -> Any:
        """Return the value of a parameter; ``given`` holds the parameters of a definition by name."""
        self.budget.step()
        if not hasattr(node, "data"):
            return pi  # the only token that stands alone
        match node.data, node.children:
            case "int_", [token]:
                return integer(token)
            case "float_", [token]:
                return checked(float(token))
            case "imag_", [part]:
                return checked(complex(0.0, float(part.children[0])))
            case "bool_", [token]:
                return str(token) == "true"
            case "var", [name]:
                return self._variable(_text(name), given)
            case "array", items:
                self.budget.make(len(items))
                return tuple(self.value(item, given) for item in items)
            case "neg", [name, inner]:
                return negative(self._called(_text(name), self.value(inner, given)))
            case "neg", [inner]:
                named = getattr(inner, "data", None) == "name"
                return negative(self._variable(_text(inner), given) if named else self.value(inner, given))
            case "math_op", [name, inner]:
                return self._called(_text(name), self.value(inner, given))
            case ("add" | "sub" | "prod" | "div") as operator, [left, right]:
                return binary(self.budget, OPERATORS[operator], self.value(left, given), self.value(right, given))
        raise CircuitError(f"{node.data} is not read")

    def _variable(self, name: str, given: Mapping[str, Any]) -> Any:
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in given:
            return given[name]
        if name in self.constants:
            return self.constants[name]
        if name.lower() in NO_NUMBERS:
            raise CircuitError(f"{name} must be a number here")
        if match := RESULT.fullmatch(name):
            return Polynomial.monomial((int(match[1]),))
        if match := EARLIER.fullmatch(name):
            return self._earlier(int(match[1]))
        if name not in self.symbols:
            self.symbols.append(name)
        return Polynomial.monomial((name,))

    def _earlier(self, index: int) -> Polynomial:
        """Return the result of a measurement by its number in order of time."""
        modes = [mode for group in self.outputs for mode in group]
        if index >= len(modes):
            raise CircuitError(f"outs[{index}] is used after only {len(modes)} result(s)")
        if modes[index] in modes[index + 1 :]:
            raise CircuitError(f"outs[{index}] was overwritten by a later readout of mode {modes[index]}")
        return Polynomial.monomial((modes[index],))

    def _called(self, name: str, value: Any) -> Any:
        known = MATH_NAMES.get(name, name)
        if known not in FUNCTIONS:
            raise CircuitError(f"the function {name[:40]} is not known; known: {', '.join(sorted(FUNCTIONS))}")
        return function(self.budget, known, value)


def _labels(wire: Any) -> list[str]:
    """Return the wires that a number, a name or a range means."""
    if wire.data != "range_":
        text = _text(wire)
        return [str(mode_index(text)) if text.isdecimal() else text]
    first, last = (mode_index(token) for token in wire.children)
    if last - first > MAX_MODES:
        raise CircuitError(f"a range has at most {MAX_MODES} wires, found {first}..{last}")
    return [str(mode) for mode in range(first, last)]


def _word(value: Any) -> Any:
    """Return a word that was read as a free parameter as text; anything else as it is."""
    if isinstance(value, Polynomial) and len(value.names) == 1 and value.names[0] in WORDS:
        return value.names[0] if value == Polynomial.monomial(value.names) else value
    return value


def _text(node: Any) -> str:
    return str(node.children[0])
