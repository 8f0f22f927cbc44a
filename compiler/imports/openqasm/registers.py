"""Registers of an OpenQASM text: the choice of those that are qumodes, and the modes that an index picks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.openqasm.expressions import Value, whole
from compiler.ir.serialize import MAX_MODES

Wires = tuple[int, ...]

MAX_SELECTED = 4 * MAX_MODES
"""Largest number of indices that one expression lists."""


@dataclass(slots=True)
class Register:
    """A register as the text declares it.

    Attributes
    ----------
    name : str
    wires : tuple of int
        Numbers of its modes, in the order of declarations.
    qumode : bool
        Whether the register was declared as qumodes; the strict form of the dialect declares all as qubits.
    line : int
    used : bool
        Whether a gate or a readout of qumodes acts on the register.
    """

    name: str
    wires: Wires
    qumode: bool
    line: int
    used: bool = False


@dataclass(slots=True)
class Registers:
    """All registers of a text, in order."""

    all: list[Register] = field(default_factory=list)
    owner: list[Register] = field(default_factory=list)

    def declare(self, name: str, size: int, qumode: bool, line: int) -> Wires:
        """Add a register, and return its modes.

        Raises
        ------
        CircuitError
            If the register has no modes, or all registers together have too many.
        """
        if size < 1:
            raise CircuitError(f"the register {name} needs at least one mode, found {size}")
        if len(self.owner) + size > MAX_MODES:
            raise CircuitError(f"at most {MAX_MODES} modes are read, found {len(self.owner) + size}")
        register = Register(name, tuple(range(len(self.owner), len(self.owner) + size)), qumode, line)
        self.all.append(register)
        self.owner += [register] * size
        return register.wires

    def use(self, wires: Wires) -> None:
        """Note that a gate or a readout of qumodes acts on modes."""
        for wire in wires:
            self.owner[wire].used = True

    def kept(self) -> tuple[list[int], list[str]]:
        """Return the modes that are qumodes, and notes on registers that are left out.

        In a text with the word qumode, this word declares them. In the strict form, without the word, they are the
        registers that a gate of qumodes acts on, or all registers if there is no such gate.

        Raises
        ------
        CircuitError
            If a register that was declared as qubits is used as qumodes.
        """
        notes: list[str] = []
        if any(register.qumode for register in self.all):
            for register in self.all:
                if register.used and not register.qumode:
                    raise CircuitError(
                        f"the register {register.name} of line {register.line} holds qubits, and a gate or readout of "
                        "qumodes acts on it; declare it as qumode"
                    )
                if not register.qumode:
                    notes.append(f"the register {register.name} of qubits is left out: no gate acts on it")
            return [wire for register in self.all if register.qumode for wire in register.wires], notes
        strict = any(register.used for register in self.all)
        for register in self.all:
            if strict and not register.used:
                notes.append(
                    f"the register {register.name} is taken for qubits and left out: the text is strict OpenQASM, "
                    "without the word qumode, and no gate of qumodes acts on it"
                )
        return [w for register in self.all if register.used or not strict for w in register.wires], notes


def selected(wires: Wires, indices: Any, evaluate: Callable[[Any], Value]) -> Wires:
    """Return the modes of a register or an alias that an index picks: a number, ``a:b``, ``a:step:b``, or a set.

    Raises
    ------
    CircuitError
        If an index lies outside, or has another form.
    """
    from openqasm3 import ast

    if isinstance(indices, ast.DiscreteSet):
        places: Sequence[int] = [whole(evaluate(node), "an index") for node in indices.values]
    elif isinstance(indices, list) and len(indices) == 1 and isinstance(indices[0], ast.RangeDefinition):
        places = spread(indices[0], evaluate, len(wires))
    elif isinstance(indices, list) and len(indices) == 1:
        places = [whole(evaluate(indices[0]), "an index")]
    else:
        raise CircuitError("a register must have one index: a number, a range a:b or a:step:b, or a set {a, b}")
    for place in places:
        if not -len(wires) <= place < len(wires):
            raise CircuitError(f"indices must lie in 0..{len(wires) - 1}, found {place}")
    return distinct(tuple(wires[place] for place in places))


def distinct(wires: Wires) -> Wires:
    """Return modes as they are; raise CircuitError if a mode occurs twice."""
    if len(set(wires)) != len(wires):
        raise CircuitError(f"a mode stands twice in an index or an alias, found modes {list(wires)[:8]}")
    return wires


def spread(node: Any, evaluate: Callable[[Any], Value], length: int | None = None) -> range:
    """Return the whole numbers of a range of OpenQASM, whose end is included.

    Parameters
    ----------
    node : RangeDefinition
    evaluate : callable
    length : int, optional
        Number of modes that are indexed: missing ends are its ends, and negative numbers count from its end. Without
        a length the range is that of a loop.

    Raises
    ------
    CircuitError
        If an end is missing or no integer, or the step is 0.
    """
    step = 1 if node.step is None else whole(evaluate(node.step), "the step of a range")
    if step == 0:
        raise CircuitError("the step of a range must not be 0")
    if length is None and (node.start is None or node.end is None):
        raise CircuitError("a loop needs both ends of its range, as [a:b]")
    first, last = (0, (length or 0) - 1) if step > 0 else ((length or 0) - 1, 0)
    start = first if node.start is None else whole(evaluate(node.start), "the start of a range")
    end = last if node.end is None else whole(evaluate(node.end), "the end of a range")
    if length is not None:
        start, end = start + length * (start < 0), end + length * (end < 0)
    if length is not None and (end - start) // step >= MAX_SELECTED:
        raise CircuitError(f"indices must lie in 0..{length - 1}, found {start}..{end}")
    return range(start, end + (1 if step > 0 else -1), step)
