"""XIR text, reloaded by Strawberry Fields and compared before it is returned.

A parameter that depends on a result, such as ``0.5*q3**2``, can be written in XIR but not read back: the grammar has no
powers, and the loader of Strawberry Fields 0.23 refuses even ``0.5*q3``, which it receives as a string. Feed-forward is
therefore refused here.
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
    """Return the circuit as XIR text.

    The text is loaded again, and the reloaded circuit is compared with the given one
    (`compiler.exports.reading.difference.difference`). The format does not keep unused modes at the end; the comparison
    accepts this.

    Raises
    ------
    CircuitError
        If a parameter depends on a result, XIR has no form for an operation, or the reloaded circuit differs.
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
    """Return the reason why an XIR text, loaded by Strawberry Fields, differs from the circuit; else empty.

    Raises
    ------
    CircuitError
        If the text holds something that cannot be read.
    """
    return loaded_differs(text, circuit, "xir")


def read_differs(text: str, circuit: Circuit) -> str:
    """Return the reason why an XIR text, read by this project's reader, differs from the circuit; else empty.

    This reader bounds memory, so it is used for files: Strawberry Fields would make a register of any size that a
    changed file asks for.

    Raises
    ------
    CircuitError
        If the text holds something that cannot be read.
    """
    return difference(read_xir(text, "program.xir").circuit, circuit)


FORMAT = Format(
    "xir",
    "program.xir",
    "read back by Strawberry Fields",
    lambda given: to_xir(given.native),
    lambda text, given: read_differs(text, given.native),
)
