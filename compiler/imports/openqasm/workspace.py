"""Names, registers, and symbols of inputs and results, which expressions of a CV-OpenQASM text refer to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.openqasm.expressions import Arithmetic, Value, checked, number, whole
from compiler.imports.openqasm.registers import Registers, Wires, distinct, selected
from compiler.imports.openqasm.variables import MAX_CELLS, Names, Variable, kind_of
from compiler.ir.operation import NAME
from compiler.ir.polynomial import Polynomial


@dataclass(slots=True)
class Workspace:
    """Names and their values.

    Attributes
    ----------
    value : callable
        Returns the value of a node (expression, readout or call of a subroutine), given the name for its result.
    """

    value: Callable[[Any, str | None], Any]
    names: Names = field(default_factory=Names)
    registers: Registers = field(default_factory=Registers)
    symbols: list[str] = field(default_factory=list)
    results: set[str] = field(default_factory=set)
    repeats: dict[str, int] = field(default_factory=dict)
    cells: int = 0
    arithmetic: Arithmetic = field(init=False)

    def __post_init__(self) -> None:
        self.arithmetic = Arithmetic(self._look_up, self._call)

    def whole(self, node: Any, what: str) -> int:
        """Return the value of an expression; raise CircuitError unless it is an integer."""
        return whole(self.arithmetic.evaluate(node), what)

    def wires(self, node: Any) -> Wires:
        """Return the modes of an operand; raise CircuitError if the operand is not part of a register."""
        from openqasm3 import ast

        match node:
            case ast.Identifier(name=name):
                return self.names.wires(name)
            case ast.IndexedIdentifier(name=name, indices=[indices]):
                return selected(self.wires(name), indices, self.arithmetic.evaluate)
            case ast.IndexExpression(collection=collection, index=index):
                return selected(self.wires(collection), index, self.arithmetic.evaluate)
            case ast.Concatenation(lhs=left, rhs=right):
                return distinct(self.wires(left) + self.wires(right))
        raise CircuitError("a register, a part of a register, or a mode is expected")

    def declare(self, node: Any, constant: bool) -> None:
        """Carry out the declaration of a variable, an array or a constant.

        Raises
        ------
        CircuitError
            If its type is not read, its value does not fit, or its name is taken.
        """
        name, dimensions = node.identifier.name, getattr(node.type, "dimensions", None)
        variable = Variable(kind_of(node.type), constant=constant)
        if dimensions is not None:
            if not isinstance(dimensions, list) or len(dimensions) != 1:
                raise CircuitError("arrays of one dimension are read")
            size = self.whole(dimensions[0], "the size of an array")
            self.cells += max(size, 0)
            if size < 0 or self.cells > MAX_CELLS:
                raise CircuitError(f"arrays must have sizes >= 0, and {MAX_CELLS:,} elements together, found {size}")
            variable.cells = [None] * size
        elif getattr(node.type, "size", None) is not None and variable.kind != "bit":
            text = "sizes of classical types are left out: numbers and results have the precision of float64"
            self.names.notes[text] = None
        if node.init_expression is not None:
            value = self.value(node.init_expression, name)
            self.names.store(variable, number(value, f"the constant {name}") if constant else value)
        self.names.declare(name, variable)

    def assign(self, node: Any) -> None:
        """Carry out an assignment; raise CircuitError if the value does not fit."""
        from openqasm3 import ast

        place = None
        match node.lvalue:
            case ast.Identifier(name=name):
                pass
            case ast.IndexedIdentifier(name=ast.Identifier(name=name), indices=[[index]]):
                place = self.whole(index, "an index")
            case _:
                raise CircuitError("a variable or an element of an array is expected before =")
        variable = self.names.variable(name)
        if variable.constant:
            raise CircuitError(f"{name} is constant and cannot be assigned")
        value = self.value(node.rvalue, name if place is None else f"{name}_{place}" if place >= 0 else None)
        if node.op.name != "=":
            value = self.arithmetic.binary(node.op.name.removesuffix("="), variable.get(name, place), checked(value))
        self.names.store(variable, value, place)

    def input(self, node: Any) -> None:
        """Carry out the declaration of an input, which becomes a symbol, or of an output, which is a variable.

        Raises
        ------
        CircuitError
            If the type is not read, or the name is taken.
        """
        name, kind = node.identifier.name, kind_of(node.type)
        if node.io_identifier.name == "output":
            self.names.declare(name, Variable(kind))
            return
        symbol = ascii_name(name)
        if kind not in {"float", "angle"} or hasattr(node.type, "dimensions"):
            raise CircuitError(
                f"an input of type {kind} has no value here; write the value, or declare the input as float"
            )
        if symbol is None or symbol in self.symbols or symbol in self.results:
            raise CircuitError(f"the input {name} needs a name of letters, digits and _ that is not taken")
        self.symbols.append(symbol)
        self.names.declare(name, Variable(kind, Polynomial.monomial((symbol,)), constant=True))

    def result(self, wanted: str | None, wire: int) -> str:
        """Reserve a name for a result: that of its variable, or of its mode, with a number if the name is taken."""
        base = (None if wanted is None else ascii_name(wanted)) or f"m{wire}"
        name = base
        while name in self.results or name in self.symbols:
            self.repeats[base] = self.repeats.get(base, 0) + 1
            name = f"{base}_{self.repeats[base]}"
        self.results.add(name)
        return name

    def _look_up(self, node: Any) -> Value:
        from openqasm3 import ast

        match node:
            case ast.Identifier(name=name):
                return self.names.variable(name).get(name, None)
            case ast.IndexExpression(collection=ast.Identifier(name=name), index=[index]):
                return self.names.variable(name).get(name, self.whole(index, "an index"))
        raise CircuitError("a variable or an element of an array is expected")

    def _call(self, node: Any) -> Value:
        return checked(self.value(node, None))


def ascii_name(name: str) -> str | None:
    """Write Greek letters of a name by their names; None if that gives no name of letters, digits and _.

    >>> ascii_name("φ_1"), ascii_name("名")
    ('phi_1', None)
    """
    letters = [c if c.isascii() else unicodedata.name(c, "").split(" ")[-1].lower() for c in name]
    found = "".join(letters)
    return found if re.fullmatch(NAME, found) else None
