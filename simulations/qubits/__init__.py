"""Qubit versions of the network on Qiskit Aer: modular circuits with noise, position registers, costs by platform."""

from simulations.qubits.aer import DepolarisingNoise
from simulations.qubits.modular import ViolationRate, sample_modular, steps_of, violation_rates
from simulations.qubits.platforms import PlatformResources, platform_resources
from simulations.qubits.registers import ConvergenceRow, RegisterLaw, convergence_table, register_law, sample_register

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
