"""Compare a circuit that was read back from a file with the circuit that was written, for all formats."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from compiler.decompositions.powers import cubic_state_gates
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import with_results
from compiler.semantics.equivalence import equivalent
from compiler.semantics.opaque import opaque_difference


def difference(loaded: Circuit, circuit: Circuit) -> str:
    """Why a reloaded circuit is not the one that was written; empty if it is.

    Results take the names of the written circuit's, in order of time, and modes that the format lost at the end,
    because nothing touches them, come back. Noise channels and Kerr gates must be the same, mode by mode in the same
    order, and stand at the same places.

    Parameters
    ----------
    loaded : Circuit
        What a reader made of the file.
    circuit : Circuit
        What was written.

    Returns
    -------
    str
        One line, or nothing.
    """
    if len(loaded.results) != len(circuit.results):
        return f"{len(circuit.results)} readouts became {len(loaded.results)}"
    if loaded.modes > circuit.modes:
        return f"it has {loaded.modes} modes, the program {circuit.modes}"
    if loaded.symbols != circuit.symbols:
        return f"symbols {list(circuit.symbols)} became {list(loaded.symbols)}"
    reloaded = replace(with_results(loaded, circuit.results), modes=circuit.modes, ancillas=circuit.ancillas)
    if reason := opaque_difference(circuit, reloaded):
        return f"noise channels or Kerr gates did not survive reloading: {reason}"
    try:
        verdict = equivalent(_expanded(circuit), _expanded(reloaded), rounded=True)
    except CircuitError as error:
        return f"it cannot be compared: {error}"
    return "" if verdict.equivalent else f"the reloaded program differs: {verdict.reason}"


def _expanded(circuit: Circuit) -> Circuit:
    """The circuit with every `PrepareCubic` written as a squeezed state and a cubic gate, as it is emitted."""
    steps = (cubic_state_gates(op) if isinstance(op, ops.PrepareCubic) else [op] for op in circuit.operations)
    return circuit.with_operations(tuple(chain.from_iterable(steps)))
