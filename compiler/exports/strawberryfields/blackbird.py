"""Blackbird text, reloaded by Strawberry Fields and compared before it is returned."""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.difference import difference
from compiler.exports.strawberryfields.program import loaded_differs, serialized, to_strawberryfields
from compiler.imports.strawberryfields.blackbird import read_blackbird
from compiler.ir.circuit import Circuit


def to_blackbird(circuit: Circuit, name: str = "khrnn") -> str:
    """The circuit as Blackbird text.

    The text is loaded again and the reloaded circuit compared with this one
    (`compiler.exports.reading.difference.difference`). Modes that nothing touches at the end are lost by the format;
    that is allowed for.

    Raises
    ------
    CircuitError
        If an operation has no form there, or the reloaded circuit is not the same.
    """
    text = serialized(to_strawberryfields(circuit, name), "blackbird")
    if reason := reloaded_differs(text, circuit) or read_differs(text, circuit):
        raise CircuitError(f"Blackbird export: {reason}")
    return text


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Why Blackbird text, loaded by Strawberry Fields, is not the circuit; empty if it is.

    Raises
    ------
    CircuitError
        If it holds something that cannot be read.
    """
    return loaded_differs(text, circuit, "blackbird")


def read_differs(text: str, circuit: Circuit) -> str:
    """Why Blackbird text, read by this project's bounded reader, is not the circuit; empty if it is.

    This reader checks files: Strawberry Fields would make a register of whatever size a changed file asks for.

    Raises
    ------
    CircuitError
        If it holds something that cannot be read.
    """
    return difference(read_blackbird(text, "program.xbb").circuit, circuit)


FORMAT = Format(
    "blackbird",
    "program.xbb",
    "read back by Strawberry Fields",
    lambda given: to_blackbird(given.native),
    lambda text, given: read_differs(text, given.native),
)
