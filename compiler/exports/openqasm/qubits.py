"""The qubit version of a logical circuit as OpenQASM 3: every mode a register of a few qubits, read back by Qiskit.

It starts from the logical circuit and not from the compiled one: on qubits a hyperedge gate is a product of phases, and
needs no beamsplitters (`compiler.qubits.register`). Comments say which position each value of a register stands for.
"""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.exports.format import ExportInput, Format, same_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PolynomialPhase
from compiler.qubits.qasm import to_qasm3
from compiler.qubits.register import register_circuit

QUBITS = 3
"""Qubits of each register: the smallest grid on which hyperedges and readouts are more than signs."""

MOST_PHASES = 1000
"""Largest number of products of bits in all hyperedge gates: about ten seconds of work where they have four bits."""


def to_qubit_qasm(source: Circuit, qubits: int = QUBITS) -> str:
    """A logical circuit, lowered to position registers, as OpenQASM 3 text.

    Parameters
    ----------
    source : Circuit
        Logical, every mode prepared before it is used, parameters without results.
    qubits : int
        Qubits of each register.

    Raises
    ------
    InputError
        If the circuit cannot be lowered, would have more than `MOST_PHASES` phases, or the text does not reload.
    """
    terms = [key for op in source.operations if isinstance(op, PolynomialPhase) for key in op.polynomial.terms]
    phases = sum(qubits ** sum(power for _, power in key) for key in terms)
    if phases > MOST_PHASES:
        raise CircuitError(
            f"the qubit version on registers of {qubits} qubits needs about {phases} phases, and at most {MOST_PHASES} "
            "are exported; call compiler.qubits.register_circuit for larger circuits"
        )
    program = register_circuit(source, qubits)
    lines = [
        f"// registers of {qubits} qubits for {source.modes} positions; probability outside of their grids about "
        f"{program.outside:.2g}"
    ]
    for mode, grid in enumerate(program.grids):
        values = f"x = {grid.spacing!r} * (value - {(grid.points - 1) / 2!r})"
        lines.append(f"// mode{mode}: {values}, p in steps of {grid.momentum_spacing!r}, least significant qubit first")
    return "\n".join([*lines, to_qasm3(program.quantum_circuit)])


def _write(given: ExportInput) -> str:
    return to_qubit_qasm(given.source)


FORMAT = Format(
    "openqasm3", "program.qasm", "read back by Qiskit", _write, same_text(_write, "qubit version of source.json")
)
