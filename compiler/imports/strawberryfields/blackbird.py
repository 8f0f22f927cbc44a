"""Blackbird text as a circuit: parsed by the grammar of the ``blackbird`` package, and walked by a reader of its own.

The listener of that package evaluates a program while it walks over the tree, opens included files, and lets a file
decide how large arrays and registers become; here nothing of a file is run, and everything is bounded. A comma needs no
space behind it here, although the lexer of the package would take it for a part of a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from compiler.errors import CircuitError
from compiler.imports.calls import Call, Imported
from compiler.imports.reading.arithmetic import Budget, binary, evaluated, function, is_number, negative, whole
from compiler.imports.reading.call_script import LocatedError, bounded
from compiler.imports.strawberryfields.blackbird_grammar import (
    children,
    is_template,
    literal,
    number,
    operator,
    parse_tree,
    rule,
)
from compiler.imports.strawberryfields.texts import (
    LOOP_VARIABLE,
    TimeBins,
    charge,
    finished,
    located,
    mode_index,
    require_size,
)
from compiler.ir.polynomial import Polynomial

TOOL = "Blackbird"

TAKES_VECTORS = frozenset(("Gaussian", "GKP", "Ket"))
"""Operations that take a list of numbers, which in Blackbird is an array of one row."""

TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "complex": (int, float, complex),
    "bool": (bool,),
    "str": (str,),
}
"""Types of values that a variable of a declared type may have."""


def read_blackbird(text: str, where: str = "program.xbb") -> Imported:
    """Read a Blackbird program.

    The format does not keep unused modes after the last one that is used. Parameters ``{a}`` of a template are free
    parameters of the circuit. ``type tdm`` is unrolled (`compiler.imports.strawberryfields.tdm`).

    Parameters
    ----------
    text : str
    where : str
        Name of the file, for messages.

    Raises
    ------
    CircuitError
        If the text is not Blackbird, includes another file, or contains an operation that a circuit cannot express.

    Examples
    --------
    >>> text = '''name teleport
    ... version 1.0
    ...
    ... Squeezed(-1.0) | 0
    ... MeasureX | 0
    ... Xgate(sqrt(2)*q0 + {shift}) | 1
    ... '''
    >>> circuit = read_blackbird(text).circuit
    >>> circuit.symbols, circuit.operations[-1].x
    (('shift',), Polynomial(1.41421 m0 + 1 shift))
    """
    require_size(text, where)
    with bounded(where):
        tree = parse_tree(text + "\n", where)
        reader = _Reader(where, Budget.for_text(text))
        reader.program(tree)
    modes = max((mode + 1 for call in reader.calls for mode in call.modes), default=0)
    time = TimeBins(reader.bins, (modes,)) if reader.time_bins else None
    return finished(reader.calls, None, reader.symbols, TOOL, reader.notes, where, time)


class _Reader:
    """Reader of one text, which walks over its parse tree."""

    def __init__(self, where: str, budget: Budget) -> None:
        self.where = where
        self.budget = budget
        self.variables: dict[str, Any] = {}
        self.calls: list[Call] = []
        self.symbols: list[str] = []
        self.notes: list[str] = []
        self.time_bins = False
        self.bins: dict[str, Any] = {}

    def program(self, tree: Any) -> None:
        """Read a whole program."""
        self._metadata(tree.metadatablock())
        for node in children(tree.program()):
            match rule(node):
                case "Include":
                    self._include(node)
                case "Expressionvar":
                    self._guarded(node, self._variable)
                case "Arrayvar":
                    self._guarded(node, self._array)
                case "Statement":
                    self._guarded(node, self._statement)
                case "Forloop":
                    self._guarded(node, self._loop)

    def _guarded(self, node: Any, read: Callable[[Any], None]) -> None:
        """Read a line; an error names the line."""
        try:
            read(node)
        except LocatedError:
            raise
        except CircuitError as error:
            raise self._error(node, str(error)) from None

    def _error(self, node: Any, reason: str) -> CircuitError:
        return located(self.where, node.start.line, reason)

    def _include(self, node: Any) -> NoReturn:
        raise self._error(
            node, "include is not read, because no other file is opened; write the operations into this file"
        )

    def _metadata(self, node: Any) -> None:
        for child in children(node):
            match rule(child):
                case "Include":
                    self._include(child)
                case "Target":
                    options = child.arguments().getText() if child.arguments() else ""
                    self.notes.append(f"the target {child.device().getText()}{options} is not kept"[:200])
                case "Declaretype":
                    if child.programtype().getText() != "tdm":
                        raise self._error(child, "the type of a program must be tdm; leave it out for other programs")
                    self.time_bins = True

    # --- lines -------------------------------------------------------------------------------------------------------

    def _variable(self, node: Any) -> None:
        kind, name = node.vartype().getText(), self._name(node)
        if node.expression() is not None:
            value = self.value(node.expression())
        else:
            value = literal(node.nonnumeric())
        if kind not in TYPES or not _fits(value, kind):
            raise CircuitError(f"the variable {name} must be of type {kind}, found {type(value).__name__}")
        self.variables[name] = float(value) if kind == "float" and isinstance(value, int) else value

    def _array(self, node: Any) -> None:
        kind, name = node.vartype().getText(), self._name(node)
        shape = tuple(mode_index(size.getText()) for size in node.shape().INT()) if node.shape() else None
        lines = [row.expression() for row in children(node.arrayval()) if rule(row) == "Arrayrow"]
        alone = node.parameter() or (lines[0][0].parameter() if is_template(lines) else None)
        if alone is not None:
            rows = self._template(alone, shape)
        else:
            rows = [[self.value(element) for element in line] for line in lines]
        self.budget.make(sum(map(len, rows)))
        found = (len(rows), len(rows[0]) if rows else 0)
        if any(len(row) != found[1] for row in rows) or (shape is not None and shape != found):
            raise CircuitError(f"the array {name} must have rows of one length and its shape {shape or ''}".rstrip())
        if kind not in {"int", "float", "complex"} or not all(_fits(value, kind) for row in rows for value in row):
            raise CircuitError(f"the elements of the array {name} must be of type {kind}")
        free = any(isinstance(value, Polynomial) for row in rows for value in row)
        if free:
            value: Any = tuple(map(tuple, rows))
        else:
            dtype = {"int": np.int64, "float": float, "complex": complex}[kind]
            value = evaluated(lambda: np.array(rows, dtype=dtype).reshape(found), f"the array {name}")
        if self.time_bins and LOOP_VARIABLE.fullmatch(name):
            if free:
                raise CircuitError(f"the array {name} of a program of time bins must hold numbers")
            self.bins[name] = value.reshape(-1).tolist()
            value = self._symbol(name)
        self.variables[name] = value

    def _template(self, node: Any, shape: tuple[int, ...] | None) -> list[list[Any]]:
        """Return an array of free parameters: ``{u}`` of shape [2, 2] is u_0_0, u_0_1, .."""
        if shape is None or len(shape) != 2:
            raise CircuitError("an array of free parameters needs its shape, as U[2, 2]")
        self.budget.make(shape[0] * shape[1])
        name = node.NAME().getText()
        return [[self._symbol(f"{name}_{i}_{j}") for j in range(shape[1])] for i in range(shape[0])]

    def _name(self, node: Any) -> str:
        if node.name().invalid() is not None:
            raise CircuitError(f"the name {node.name().getText()} is reserved; choose another one")
        return str(node.name().getText())

    def _statement(self, node: Any) -> None:
        self.budget.step()
        name = (node.operation() or node.measure()).getText()
        args, keywords = self._arguments(node.arguments()) if node.arguments() is not None else ((), {})
        modes = tuple(self._mode(e) for e in node.arrayrow().expression())
        args = tuple(self._argument(name, value) for value in args)
        keywords = {key: self._argument(name, value) for key, value in keywords.items()}
        self.calls.append(charge(self.budget, Call(name, modes, args, keywords, f"line {node.start.line}")))

    def _argument(self, name: str, value: Any) -> Any:
        """Evaluate an expression in quotes, as Strawberry Fields writes free parameters, and take a row as a vector."""
        if isinstance(value, str) and re.search(r"[\d{]", value):
            return self.value(parse_tree(value, "an argument in quotes", "expression"))
        if name in TAKES_VECTORS and isinstance(value, np.ndarray) and value.shape[0] == 1:
            return value.reshape(-1)
        return value

    def _mode(self, node: Any) -> int:
        value = self.value(node)
        if type(value) is not int or value < 0:
            raise CircuitError(f"a mode must be an integer >= 0, found {node.getText()[:40]}")
        return value

    def _loop(self, node: Any) -> None:
        kind, name = node.vartype().getText(), node.NAME().getText()
        if node.rangeval() is not None:
            ends = [mode_index(end.getText()) for end in node.rangeval().INT()]
            if ends[2:] == [0]:
                raise CircuitError("the step of a range must not be 0")
            values: Any = range(*ends)
            self.budget.step(len(values))
        else:
            values = [self._val(val) for val in node.vallist().val()]
        if name in self.variables:
            raise CircuitError(f"the name {name} of the loop is taken by a variable; choose another one")
        for value in values:
            if kind not in TYPES or not _fits(value, kind):
                raise CircuitError(f"the loop needs values of type {kind}, found {value!r}")
            self.variables[name] = value
            for statement in node.statement():
                self._guarded(statement, self._statement)
        self.variables.pop(name, None)

    # --- values ------------------------------------------------------------------------------------------------------

    def _arguments(self, node: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args = tuple(self._val(val) for val in node.val())
        keywords: dict[str, Any] = {}
        for kwarg in node.kwarg():
            name = kwarg.NAME().getText()
            if name in keywords:
                raise CircuitError(f"the argument {name} is given twice")
            if kwarg.val() is not None:
                keywords[name] = self._val(kwarg.val())
            else:
                keywords[name] = tuple(self._val(val) for val in kwarg.vallist().val()) if kwarg.vallist() else ()
        return args, keywords

    def _val(self, node: Any) -> Any:
        if node.nonnumeric() is not None:
            return literal(node.nonnumeric())
        return self.value(node.expression())

    def _symbol(self, name: str) -> Polynomial:
        if name not in self.symbols:
            self.symbols.append(name)
        return Polynomial.monomial((name,))

    def value(self, node: Any) -> Any:
        """Return the value of an expression: a number, an array, or a polynomial in readouts and free parameters."""
        self.budget.step()
        match rule(node):
            case "NumberLabel":
                return number(node.number())
            case "VariableLabel":
                return self._variable_value(node)
            case "ArrayIdxLabel":
                return self._element(node)
            case "ParameterLabel":
                return self._symbol(node.parameter().NAME().getText())
            case "BracketsLabel":
                return self.value(node.expression())
            case "SignLabel":
                inner = self.value(node.expression())
                return negative(inner) if node.MINUS() is not None else inner
            case "FunctionLabel":
                return function(self.budget, node.function().getText(), self.value(node.expression()))
            case "PowerLabel":
                return self._power(*node.expression())
        left, right = (self.value(part) for part in node.expression())
        return binary(self.budget, operator(node), left, right)

    def _power(self, base: Any, exponent: Any) -> Any:
        power = self.value(exponent)
        half = whole(power)
        if rule(base) == "SignLabel" and (half is None or half % 2 == 0):
            raise CircuitError(
                f"{base.getText()[:40]}**{exponent.getText()[:40]} is ambiguous: in Blackbird the sign is part of the "
                "base, in Python and in texts of Strawberry Fields it is not; put brackets"
            )
        return binary(self.budget, "**", self.value(base), power)

    def _variable_value(self, node: Any) -> Any:
        name = node.getText()
        if node.REGREF() is not None:
            return Polynomial.monomial((mode_index(name[1:]),))
        if name not in self.variables:
            raise CircuitError(f"the name {name!r} is not defined")
        return self.variables[name]

    def _element(self, node: Any) -> Any:
        name, index = node.NAME().getText(), self.value(node.expression())
        array = self.variables.get(name)
        if isinstance(array, tuple):
            flat: Any = [value for row in array for value in row]
            self.budget.step(len(flat) // 100)
        elif isinstance(array, np.ndarray):
            flat = array.reshape(-1)
        else:
            raise CircuitError(f"{name} must be an array to have an index")
        if type(index) is not int or not 0 <= index < len(flat):
            raise CircuitError(f"the index of {name} must lie in 0..{len(flat) - 1}, found {str(index)[:40]}")
        return flat[index] if isinstance(flat, list) else flat[index].item()


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, Polynomial):
        return kind in {"float", "complex"}
    if isinstance(value, bool):
        return kind == "bool"
    if kind == "int" and is_number(value):
        return type(value) is int
    return isinstance(value, TYPES.get(kind, ()))
