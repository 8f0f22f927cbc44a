"""Values of names in a script, besides numbers, arrays, lists and polynomials in readouts."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.calls import Call
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import MAX_MODES


class RefusedError(CircuitError):
    """The reason why a script cannot be read at all, whatever its other statements do."""


@dataclass(frozen=True, slots=True)
class Named:
    """An object that a package defines, by its full name: ``numpy.sqrt``, ``strawberryfields.ops``."""

    path: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the reader does not find out, and that the program must not depend on."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or class that the script defines, whose calls are not followed."""

    name: str
    body: ast.AST


@dataclass(frozen=True, slots=True)
class Gate:
    """An operation with its arguments, before it is applied to modes."""

    name: str
    args: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    inverse: bool = False
    each: bool = False
    """Whether the operation is applied to each of the modes (``All``)."""


@dataclass(slots=True, eq=False)
class Program:
    """A program while the script builds it.

    Attributes
    ----------
    line : int
        Line of the script that makes the program.
    widths : tuple of int
        Concurrent modes of each spatial mode, for a program of time bins; else empty.
    modes : int
    active : dict from int to None
        Modes that are not deleted, in order.
    calls : list of Call
    symbols : list of str
        Free parameters.
    bins : tuple of arrays or None
        The lists of a program of time bins.
    finished : int
        Line that runs or compiles the program, after which no operations may follow; 0 before such a line.
    runs : list of dict
        Values of free parameters, one dictionary per run.
    bound : dict
        Values of free parameters that the script binds.
    """

    line: int
    modes: int
    widths: tuple[int, ...] = ()
    active: dict[int, None] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    bins: tuple[Any, ...] | None = None
    shift: Any = "default"
    finished: int = 0
    runs: list[dict[str, float]] = field(default_factory=list)
    bound: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.active = dict.fromkeys(range(self.modes))

    @property
    def register(self) -> tuple[Wire, ...]:
        """Return the modes that are not deleted."""
        return tuple(Wire(self, mode) for mode in self.active)

    def symbol(self, name: str) -> Polynomial:
        """Return the free parameter of a name, and declare it if it is new."""
        if name not in self.symbols:
            self.symbols.append(name)
        return Polynomial.monomial((name,))

    def apply(self, call: Call) -> None:
        """Append an operation; raise CircuitError if the program is finished or a mode does not exist."""
        if self.finished:
            raise CircuitError(f"no operations can follow line {self.finished}, which runs or compiles the program")
        missing = [mode for mode in call.modes if mode not in self.active]
        if missing:
            raise CircuitError(f"mode {missing[0]} does not exist, or was deleted")
        if len(set(call.modes)) != len(call.modes):
            raise CircuitError(f"{call.name} needs distinct modes, found {list(call.modes)}")
        self.calls.append(call)
        if call.name == "Del":
            for mode in call.modes:
                del self.active[mode]

    def grow(self, count: int, where: str) -> tuple[Wire, ...]:
        """Add new modes in the vacuum."""
        if not 1 <= count <= MAX_MODES - self.modes:
            raise CircuitError(f"a program has at most {MAX_MODES} modes, found {self.modes} and {count} more")
        new = tuple(range(self.modes, self.modes + count))
        self.modes += count
        self.active |= dict.fromkeys(new)
        self.apply(Call("New", new, where=where))
        return tuple(Wire(self, mode) for mode in new)


@dataclass(frozen=True, slots=True)
class Wire:
    """One mode of a program: ``q[mode]``."""

    program: Program
    mode: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """The output of Strawberry Fields' compiler for a program; the program itself is read."""

    program: Program


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine, whose results are not known."""


PARTS = (Program, Wire, Gate, Compiled)
"""Types of values through which a script can change a program."""
