"""Names of a CV-OpenQASM text: numbers of classical types, arrays of them, and modes, in scopes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import tau
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.openqasm.expressions import Value, number, whole
from compiler.imports.openqasm.registers import Wires
from compiler.ir.polynomial import Polynomial

MAX_DEPTH = 40
"""Largest depth of blocks and of calls of gates and subroutines in each other."""

MAX_CELLS = 100_000
"""Largest number of elements of all arrays together."""


@dataclass(slots=True)
class Variable:
    """A classical variable: its type, and its value, or those of its cells."""

    kind: str
    value: Value | None = None
    cells: list[Value | None] | None = None
    constant: bool = False

    def get(self, name: str, place: int | None) -> Value:
        """Return the value of the variable, or of a cell of the array.

        Raises
        ------
        CircuitError
            If the index does not fit the variable, or the value is not set yet.
        """
        value = self.value
        if self.cells is not None or place is not None:
            if self.cells is None:
                raise CircuitError(f"{name} is not an array and must stand without an index")
            if place is None or not -len(self.cells) <= place < len(self.cells):
                raise CircuitError(f"the array {name} needs an index in 0..{len(self.cells) - 1}, found {place}")
            value = self.cells[place]
        if value is None:
            raise CircuitError(f"{name} has no value yet; assign one first")
        return value


Meaning = Variable | Wires
"""Meaning of a name: a variable, or modes."""


@dataclass(slots=True)
class Names:
    """The scopes that are visible from a statement, innermost last, and conversions of values to types."""

    scopes: list[dict[str, Meaning]] = field(default_factory=lambda: [{}])
    photons: set[str] = field(default_factory=set)
    """Results that are numbers of photons."""
    notes: dict[str, None] = field(default_factory=dict)
    depth: int = 0

    def declare(self, name: str, meaning: Meaning) -> None:
        """Add a name to the innermost scope; raise CircuitError if the scope has this name already."""
        if name in self.scopes[-1]:
            raise CircuitError(f"{name} is declared twice; choose another name")
        self.scopes[-1][name] = meaning

    def meaning(self, name: str) -> Meaning:
        """Return the meaning of a name; raise CircuitError if the name is not declared."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        raise CircuitError(f"{name} is not declared")

    def variable(self, name: str) -> Variable:
        """Return the variable of a name; raise CircuitError if the name means modes."""
        found = self.meaning(name)
        if not isinstance(found, Variable):
            raise CircuitError(f"{name} is a register, where a number is expected")
        return found

    def wires(self, name: str) -> Wires:
        """Return the modes of a name; raise CircuitError if the name means a variable."""
        found = self.meaning(name)
        if isinstance(found, Variable):
            raise CircuitError(f"{name} is a number, where qumodes are expected")
        return found

    @contextmanager
    def scope(self, names: dict[str, Meaning], alone: bool = False) -> Iterator[None]:
        """Open a scope; with ``alone`` only the outermost scope is visible from it.

        Raises
        ------
        CircuitError
            If scopes are nested too deeply.
        """
        if self.depth >= MAX_DEPTH:
            raise CircuitError(f"calls and blocks are nested deeper than {MAX_DEPTH}")
        before, self.scopes = self.scopes, [*(self.scopes[:1] if alone else self.scopes), names]
        self.depth += 1
        try:
            yield
        finally:
            self.scopes = before
            self.depth -= 1

    def store(self, variable: Variable, value: Any, place: int | None = None) -> None:
        """Give a variable, a cell of an array, or a whole array its value.

        Raises
        ------
        CircuitError
            If the value does not fit the variable.
        """
        if variable.kind in {"bit", "bool"}:
            raise CircuitError("bits and truth values come from qubits and branches, which are not read")
        if isinstance(value, list):
            if variable.cells is None or place is not None or len(value) != len(variable.cells):
                raise CircuitError(f"a readout of {len(value)} modes needs an array of {len(value)} numbers")
            variable.cells = [self.converted(variable.kind, v) for v in value]
        elif variable.cells is None and place is None:
            variable.value = self.converted(variable.kind, value)
        elif variable.cells is not None and place is not None and -len(variable.cells) <= place < len(variable.cells):
            variable.cells[place] = self.converted(variable.kind, value)
        else:
            raise CircuitError("arrays take numbers at an index that lies inside, and other variables take no index")

    def converted(self, kind: str, value: Any) -> Value:
        """Return a value as a type of OpenQASM takes it.

        Raises
        ------
        CircuitError
            If the type is not read, or the conversion changes more than the form of the number.
        """
        if value is None or isinstance(value, list):
            raise CircuitError("a number is expected, found a call that returns something else")
        if kind == "float":
            return value if isinstance(value, Polynomial) else float(value)
        if kind in {"int", "uint"}:
            if isinstance(value, Polynomial) and self._is_integer(value):
                return value
            return whole(value, f"a variable of type {kind}")
        if kind == "angle":
            angle = number(value, "an angle, which OpenQASM takes modulo 2 pi,")
            if not 0.0 <= angle < tau:
                self.notes["angles outside 0..2 pi are taken modulo 2 pi, as OpenQASM does"] = None
            return angle if 0.0 <= angle < tau else angle % tau
        raise CircuitError(f"variables of type {kind} are not read")

    def _is_integer(self, value: Polynomial) -> bool:
        """Tell whether a polynomial has whole coefficients, and numbers of photons as its only variables."""
        return self.photons.issuperset(value.names) and all(c.is_integer() for c in value.terms.values())


def kind_of(node: Any) -> str:
    """Return the name of a classical type, or of the type of an array's elements."""
    node = getattr(node, "base_type", None) or node
    return type(node).__name__.removesuffix("Type").lower()
