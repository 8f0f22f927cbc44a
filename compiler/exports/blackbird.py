"""Blackbird text, reloaded by Strawberry Fields and compared before it is returned."""

from __future__ import annotations

import warnings

from compiler import operations as ops
from compiler.circuit import Circuit
from compiler.errors import CircuitError
from compiler.exports.strawberryfields import (
    expanded,
    from_strawberryfields,
    strawberryfields,
    to_strawberryfields,
    with_results,
)
from compiler.verify import compare


def to_blackbird(circuit: Circuit, name: str = "khrnn") -> str:
    """The circuit as Blackbird text.

    The text is loaded again and the reloaded circuit compared with this one by `compiler.verify.compare` (circuits with
    loss: the loss channels must agree one by one, and the rest is compared). Modes that nothing touches at the end are
    lost by the format; that is allowed for.

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
    sf = strawberryfields()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = sf.io.loads(text)
        except Exception as error:  # its parser raises whatever it meets on text that is no program
            return f"it cannot be loaded: {error}"
    loaded = from_strawberryfields(program)
    if len(loaded.results) != len(circuit.results):
        return "readouts were lost in reloading"
    if loaded.modes > circuit.modes:
        return f"it has {loaded.modes} modes, the program {circuit.modes}"
    reloaded = Circuit(circuit.modes, with_results(loaded, circuit.results).operations, circuit.ancillas)
    if _noise(reloaded) != _noise(circuit):
        return "the noise channels did not survive reloading"
    verdict = compare(_noiseless(expanded(circuit)), _noiseless(reloaded))
    return "" if verdict.equivalent else f"the reloaded program differs: {verdict.reason}"


def _noise(circuit: Circuit) -> list[ops.Operation]:
    return [op for op in circuit.operations if isinstance(op, ops.NOISE)]


def _noiseless(circuit: Circuit) -> Circuit:
    return circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.NOISE)))
