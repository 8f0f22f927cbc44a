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
    """Return the reason why a reloaded circuit differs from the one that was written; empty if they are equal.

    Results take the names of the written circuit's results, in order of time. Unused modes at the end, which a format
    may lose, are added again. Noise channels and Kerr gates must be the same and stand at the same places, mode by mode
    in the same order.

    Parameters
    ----------
    loaded : Circuit
        The circuit that a reader made of the file.
    circuit : Circuit
        The circuit that was written.

    Returns
    -------
    str
        A reason in one line, or an empty text.
    """
    if len(loaded.results) != len(circuit.results):
        return f"the program has {len(circuit.results)} readouts, the reloaded one {len(loaded.results)}"
    if loaded.modes > circuit.modes:
        return f"the program has {circuit.modes} modes, the reloaded one {loaded.modes}"
    if loaded.symbols != circuit.symbols:
        return f"the program has the symbols {list(circuit.symbols)}, the reloaded one {list(loaded.symbols)}"
    reloaded = replace(with_results(loaded, circuit.results), modes=circuit.modes, ancillas=circuit.ancillas)
    if reason := opaque_difference(circuit, reloaded):
        return f"noise channels or Kerr gates did not survive reloading: {reason}"
    try:
        verdict = equivalent(_expanded(circuit), _expanded(reloaded), rounded=True)
    except CircuitError as error:
        return f"the reloaded program cannot be compared: {error}"
    return "" if verdict.equivalent else f"the reloaded program differs: {verdict.reason}"


def _expanded(circuit: Circuit) -> Circuit:
    """Return the circuit with every `PrepareCubic` as a squeezed state and a cubic gate, the form that is written."""
    steps = (cubic_state_gates(op) if isinstance(op, ops.PrepareCubic) else [op] for op in circuit.operations)
    return circuit.with_operations(tuple(chain.from_iterable(steps)))
