"""Samples of Aer: what is kept from call to call changes no answer."""

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit_aer import AerSimulator

from qumode_khrnn.qubits import DepolarisingNoise
from qumode_khrnn.qubits.aer import _noiseless, sample


def circuit(angle, modes=3):
    """Rotations, entanglers, a measurement in the middle, and two registers of results."""
    qubits, one, all_of_them = QuantumRegister(modes), ClassicalRegister(1, "a"), ClassicalRegister(modes, "b")
    out = QuantumCircuit(qubits, one, all_of_them)
    for q in range(modes):
        out.h(q)
        out.rz(angle + q, q)
    out.ccx(0, 1, 2)
    out.cp(angle, 0, 2)
    out.h(0)
    out.measure(0, one[0])
    out.h(1)
    out.measure(qubits, all_of_them)
    return out


def fresh(circuit, shots, seed):
    """Outcomes from a simulator and a translation made for this call."""
    backend = AerSimulator(method="statevector", max_parallel_threads=1)
    native = transpile(circuit, backend, optimization_level=0)
    rows = backend.run(native, shots=shots, seed_simulator=seed, memory=True).result().get_memory()
    pairs = [row.split() for row in rows]
    return {"a": [int(a, 2) for _, a in pairs], "b": [int(b, 2) for b, _ in pairs]}


def test_samples_are_those_of_a_new_simulator():
    _noiseless.cache_clear()
    for seed, angle in ((1, 0.3), (2, 1.1), (1, 0.3)):
        found, expected = sample(circuit(angle), 200, seed), fresh(circuit(angle), 200, seed)
        assert {name: np.asarray(values).tolist() for name, values in found.items()} == expected
    assert _noiseless.cache_info().misses == 1


@pytest.mark.parametrize("noisy_first", [True, False])
def test_noise_of_one_call_is_not_in_another(noisy_first):
    """A single qubit that is flipped: without noise it is always 1, and with noise not; fails for no seed."""
    register = ClassicalRegister(1, "y")
    flip = QuantumCircuit(QuantumRegister(1), register)
    flip.x(0)
    flip.measure(0, 0)
    noise = DepolarisingNoise(0.5, 0.5)
    order = (noise, None, noise, None) if noisy_first else (None, noise, None)
    for each in order:
        ones = np.mean(sample(flip, 400, 7, each)["y"])
        assert (ones == 1.0) == (each is None)
