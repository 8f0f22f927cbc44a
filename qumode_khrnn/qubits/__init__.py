"""Qubit versions of the network on Qiskit Aer: modular circuits with noise, position registers, costs by platform."""

from qumode_khrnn.qubits.aer import DepolarisingNoise
from qumode_khrnn.qubits.modular import ViolationRate, sample_modular, steps_of, violation_rates
from qumode_khrnn.qubits.platforms import PlatformResources, platform_resources
from qumode_khrnn.qubits.registers import ConvergenceRow, RegisterLaw, convergence_table, register_law, sample_register

__all__ = [
    "ConvergenceRow",
    "DepolarisingNoise",
    "PlatformResources",
    "RegisterLaw",
    "ViolationRate",
    "convergence_table",
    "platform_resources",
    "register_law",
    "sample_modular",
    "sample_register",
    "steps_of",
    "violation_rates",
]
