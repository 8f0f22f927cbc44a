"""Results of readers: `Call`, an operation as its program names it, and `Imported`, a circuit with notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

Value = float | complex | Polynomial | str | bool | None | Any
"""An argument: a number, text, an array of numbers, or a `Polynomial`.

In a polynomial an integer variable m stands for the latest result of mode m, and a name for a free parameter.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation as a program of another tool names it.

    Attributes
    ----------
    name : str
        In the words of the tool, for example ``"Sgate"``.
    modes : tuple of int
    args : tuple of Value
        Positional arguments.
    keywords : mapping from str to Value
    where : str
        Place of the operation in its program, for messages: ``"line 7"``, ``"command 3"``.
    inverse : bool
        Whether the program applies the inverse of the operation.
    """

    name: str
    modes: tuple[int, ...]
    args: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    where: str = ""
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """A program of another tool as a circuit.

    Attributes
    ----------
    circuit : Circuit
        With ``symbols`` where the program has free parameters.
    tool : str
        Name of the format or tool of the program.
    notes : tuple of str
        Sentences on parts of the program that the circuit leaves out, or holds in another form.
    """

    circuit: Circuit
    tool: str
    notes: tuple[str, ...] = ()
