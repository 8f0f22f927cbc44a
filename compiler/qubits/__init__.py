"""Lowering to qubits: modular circuits, position registers, OpenQASM 3, gate counts. Qiskit is imported when used."""

from compiler.qubits.grid import Grid
from compiler.qubits.modular import ModularStep, QubitPhase, QubitRead, QubitShift, modular_circuit
from compiler.qubits.qasm import to_qasm3
from compiler.qubits.register import RegisterProgram, outcome, register_circuit
from compiler.qubits.resources import QubitResources, qubit_resources

__all__ = [
    "Grid",
    "ModularStep",
    "QubitPhase",
    "QubitRead",
    "QubitResources",
    "QubitShift",
    "RegisterProgram",
    "modular_circuit",
    "outcome",
    "qubit_resources",
    "register_circuit",
    "to_qasm3",
]
