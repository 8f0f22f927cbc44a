"""Blackbird text, reloaded by Strawberry Fields and compared before it is returned."""

from __future__ import annotations

import warnings

from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.strawberryfields.program import loaded_differs, strawberryfields, to_strawberryfields
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
    sf = strawberryfields()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(sf.io.to_blackbird(to_strawberryfields(circuit, name)).serialize())
    if reason := reloaded_differs(text, circuit):
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


FORMAT = Format(
    "blackbird",
    "program.xbb",
    "read back by Strawberry Fields",
    lambda given: to_blackbird(given.native),
    lambda text, given: reloaded_differs(text, given.native),
)
