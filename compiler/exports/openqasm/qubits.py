"""Write the qubit version of a logical circuit as OpenQASM 3: every mode becomes a register of a few qubits.

The version is made from the logical circuit and not from the compiled one: on qubits a hyperedge gate is a product of
phases, which needs no beamsplitters (`compiler.qubits.register`). Comments in the text say which position each value of
a register stands for. Qiskit reads the text back.
"""

from __future__ import annotations

from compiler.errors import CircuitError
from compiler.exports.format import ExportInput, Format, same_text
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PolynomialPhase
from compiler.qubits.qasm import to_qasm3
from compiler.qubits.register import register_circuit

QUBITS = 3
"""Number of qubits of each register: the smallest grid on which hyperedges and readouts are more than signs."""

MOST_PHASES = 1000
"""Largest number of products of bits in all hyperedge gates; products of four bits take about ten seconds of work."""


def to_qubit_qasm(source: Circuit, qubits: int = QUBITS) -> str:
    """Lower a logical circuit to registers of qubits that hold positions, and return it as OpenQASM 3 text.

    Parameters
    ----------
    source : Circuit
        A logical circuit that prepares every mode before using it, and whose parameters do not depend on results.
    qubits : int
        Number of qubits of each register.

    Raises
    ------
    InputError
        If the circuit cannot be lowered, would have more than `MOST_PHASES` phases, or the text does not reload.
    """
    terms = [key for op in source.operations if isinstance(op, PolynomialPhase) for key in op.polynomial.terms]
    phases = sum(qubits ** sum(power for _, power in key) for key in terms)
    if phases > MOST_PHASES:
        raise CircuitError(
            f"the qubit version must have at most {MOST_PHASES} phases, found about {phases} on registers of {qubits} "
            "qubits; call compiler.qubits.register_circuit for larger circuits"
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
