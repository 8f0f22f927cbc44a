"""Is a circuit that was read back from a file the circuit that was written? Shared by all formats."""

from __future__ import annotations

from dataclasses import replace

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import with_results
from compiler.semantics.equivalence import equivalent

MARK = "noise_marker_"
"""How the names of the symbols begin that stand for noise in a comparison."""


def difference(loaded: Circuit, circuit: Circuit) -> str:
    """Why a reloaded circuit is not the one that was written; empty if it is.

    Results take the names of the written circuit's, in order of time, and modes that the format lost at the end,
    because nothing touches them, come back. Noise channels must be the same, in the same order, and stand at the same
    places: for the comparison each is replaced by a displacement of its mode by two symbols of its own.

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
    if _noise(reloaded) != _noise(circuit):
        return "the noise channels did not survive reloading"
    try:
        verdict = equivalent(marked(expanded(circuit)), marked(expanded(reloaded)))
    except CircuitError as error:
        return f"it cannot be compared: {error}"
    return "" if verdict.equivalent else f"the reloaded program differs: {verdict.reason}"


def _noise(circuit: Circuit) -> list[ops.Operation]:
    return [op for op in circuit.operations if isinstance(op, ops.NOISE)]


def marked(circuit: Circuit) -> Circuit:
    """The circuit with a displacement by two free symbols in the place of every noise channel.

    Raises
    ------
    CircuitError
        If a result has the name of such a symbol, `MARK` and a number.
    """
    out: list[ops.Operation] = []
    names: list[str] = []
    for op in circuit.operations:
        if isinstance(op, ops.NOISE):
            pair = f"{MARK}{len(names)}", f"{MARK}{len(names) + 1}"
            names += pair
            out.append(ops.Displacement(op.modes, *(Polynomial.monomial((name,)) for name in pair)))
        else:
            out.append(op)
    return Circuit(circuit.modes, tuple(out), circuit.ancillas, (*circuit.symbols, *names))


def expanded(circuit: Circuit) -> Circuit:
    """The circuit with every `PrepareCubic` written as a squeezed state and a cubic gate, as it is emitted."""
    out: list[ops.Operation] = []
    for op in circuit.operations:
        if isinstance(op, ops.PrepareCubic):
            out += [ops.PrepareSqueezed(op.modes, -op.r), ops.CubicPhase(op.modes, op.gamma)]
        else:
            out.append(op)
    return circuit.with_operations(tuple(out))
