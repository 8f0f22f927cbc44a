"""Blackbird text, reloaded by Strawberry Fields and compared before it is returned."""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.difference import difference
from compiler.exports.strawberryfields.program import loaded_differs, serialized, to_strawberryfields
from compiler.imports.strawberryfields.blackbird import read_blackbird
from compiler.ir.circuit import Circuit


def to_blackbird(circuit: Circuit, name: str = "khrnn") -> str:
    """Return the circuit as Blackbird text.

    The text is loaded again, and the reloaded circuit is compared with the given one
    (`compiler.exports.reading.difference.difference`). The format does not keep unused modes at the end; the comparison
    accepts this.

    Raises
    ------
    CircuitError
        If Blackbird has no form for an operation, or the reloaded circuit differs.
    """
    text = serialized(to_strawberryfields(circuit, name), "blackbird")
    if reason := reloaded_differs(text, circuit) or read_differs(text, circuit):
        raise CircuitError(f"Blackbird export: {reason}")
    return text


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Return the reason why a Blackbird text, loaded by Strawberry Fields, differs from the circuit; else empty.

    Raises
    ------
    CircuitError
        If the text holds something that cannot be read.
    """
    return loaded_differs(text, circuit, "blackbird")


def read_differs(text: str, circuit: Circuit) -> str:
    """Return the reason why a Blackbird text, read by this project's reader, differs from the circuit; else empty.

    This reader bounds memory, so it is used for files: Strawberry Fields would make a register of any size that a
    changed file asks for.

    Raises
    ------
    CircuitError
        If the text holds something that cannot be read.
    """
    return difference(read_blackbird(text, "program.xbb").circuit, circuit)


FORMAT = Format(
    "blackbird",
    "program.xbb",
    "read back by Strawberry Fields",
    lambda given: to_blackbird(given.native),
    lambda text, given: read_differs(text, given.native),
)
