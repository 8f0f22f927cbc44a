"""XIR text, reloaded by Strawberry Fields and compared before it is returned.

XIR can write a parameter that depends on a result, as ``0.5*q3**2``, but not read it back: its grammar has no powers,
and what it does parse (``0.5*q3``) is handed on as a string, which the loader of Strawberry Fields 0.23 refuses. So
feed-forward is refused here.
"""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.exports.format import Format
from compiler.exports.reading.difference import difference
from compiler.exports.strawberryfields.program import loaded_differs, serialized, to_strawberryfields
from compiler.imports.strawberryfields.xir import read_xir
from compiler.ir.circuit import Circuit
from compiler.ir.operations import used


def to_xir(circuit: Circuit, name: str = "khrnn") -> str:
    """The circuit as XIR text.

    The text is loaded again and the reloaded circuit compared with this one
    (`compiler.exports.reading.difference.difference`). Modes that nothing touches at the end are lost by the format;
    that is allowed for.

    Raises
    ------
    CircuitError
        If a parameter depends on a result, an operation has no form there, or the reloaded circuit is not the same.
    """
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} need values before the circuit is exported; bind them")
    for index, op in enumerate(circuit.operations):
        if used(op):
            raise CircuitError(
                f"XIR export: operation {index} {op} depends on a readout, and XIR cannot read such parameters back; "
                "use blackbird or strawberryfields"
            )
    text = serialized(to_strawberryfields(circuit, name), "xir")
    if reason := reloaded_differs(text, circuit) or read_differs(text, circuit):
        raise CircuitError(f"XIR export: {reason}")
    return text if text.endswith("\n") else text + "\n"


def reloaded_differs(text: str, circuit: Circuit) -> str:
    """Why XIR text, loaded by Strawberry Fields, is not the circuit; empty if it is.

    Raises
    ------
    CircuitError
        If it holds something that cannot be read.
    """
    return loaded_differs(text, circuit, "xir")


def read_differs(text: str, circuit: Circuit) -> str:
    """Why XIR text, read by this project's bounded reader, is not the circuit; empty if it is.

    This reader checks files: Strawberry Fields would make a register of whatever size a changed file asks for.

    Raises
    ------
    CircuitError
        If it holds something that cannot be read.
    """
    return difference(read_xir(text, "program.xir").circuit, circuit)


FORMAT = Format(
    "xir",
    "program.xir",
    "read back by Strawberry Fields",
    lambda given: to_xir(given.native),
    lambda text, given: read_differs(text, given.native),
)
