"""Run Qiskit Aer in one thread: outcomes shot by shot, and the exact law of one classical register."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from hardware_profiles.extras import need

ONE_QUBIT_GATES = ("rz", "sx", "x")
TWO_QUBIT_GATES = ("cx",)


@dataclass(frozen=True, slots=True)
class DepolarisingNoise:
    """A Pauli error other than the identity after every basis gate (rz, sx, x, cx), all equally likely.

    Readout and reset are perfect.

    Parameters
    ----------
    p1, p2 : float
        Probability of an error after a gate on one and on two qubits: in 0..3/4 and 0..15/16, where the gate's qubits
        are left fully mixed.

    Raises
    ------
    InputError
        If a probability is out of range.
    """

    p1: float
    p2: float

    def __post_init__(self) -> None:
        for name, most in (("p1", 3 / 4), ("p2", 15 / 16)):
            if not 0.0 <= getattr(self, name) <= most:
                raise InputError(f"{name} must lie in 0..{most}, found {getattr(self, name)}")

    def model(self) -> Any:
        """Return the `qiskit_aer.noise.NoiseModel`, with depolarizing parameter ``p 4^n / (4^n - 1)`` for n qubits."""
        need("qiskit_aer")
        from qiskit_aer.noise import NoiseModel, depolarizing_error

        model = NoiseModel(basis_gates=[*ONE_QUBIT_GATES, *TWO_QUBIT_GATES])
        if self.p1 > 0.0:
            model.add_all_qubit_quantum_error(depolarizing_error(self.p1 * 4 / 3, 1), list(ONE_QUBIT_GATES))
        if self.p2 > 0.0:
            model.add_all_qubit_quantum_error(depolarizing_error(self.p2 * 16 / 15, 2), list(TWO_QUBIT_GATES))
        return model


def in_basis(circuit: Any) -> Any:
    """Translate a circuit to the basis gate by gate: an optimiser would cancel undone edges and their errors."""
    from qiskit import transpile

    basis = [*ONE_QUBIT_GATES, *TWO_QUBIT_GATES]
    return transpile(circuit, basis_gates=basis, optimization_level=0, seed_transpiler=0)


def sample(circuit: Any, shots: int, seed: int, noise: DepolarisingNoise | None = None) -> dict[str, NDArray[np.int64]]:
    """Return the values of the classical registers, by name, each of shape (shots,); they belong together shot by shot.

    With noise, gates are those of `in_basis`.

    Raises
    ------
    InputError
        If the number of shots is below 1.
    """
    need("qiskit_aer")
    from qiskit_aer import AerSimulator

    if shots < 1:
        raise InputError(f"sampling needs at least 1 shot, found {shots}")
    names = [register.name for register in circuit.cregs]
    if not names:
        return {}
    if noise is None:
        backend, passes = _noiseless()
        native = passes.run(circuit)
    else:
        backend = AerSimulator(method="statevector", noise_model=noise.model(), max_parallel_threads=1)
        native = in_basis(circuit)
    job = backend.run(native, shots=shots, seed_simulator=seed, memory=True)
    rows = [row.split() for row in job.result().get_memory()]  # the last register comes first
    return {
        name: np.array([int(row[-1 - index], 2) for row in rows], dtype=np.int64) for index, name in enumerate(names)
    }


@cache
def _noiseless() -> tuple[Any, Any]:
    """Return the state-vector simulator and its circuit translator, which takes a tenth of a second to make."""
    need("qiskit", "qiskit_aer")
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit_aer import AerSimulator

    backend = AerSimulator(method="statevector", max_parallel_threads=1)
    return backend, generate_preset_pass_manager(optimization_level=0, backend=backend)


def marginal(circuit: Any, result: str, noise: DepolarisingNoise | None = None) -> NDArray[np.float64]:
    """Return the probabilities of the values of one classical register, shape (2^bits,).

    Parameters
    ----------
    circuit : qiskit.QuantumCircuit
        In gates that Aer knows or that Qiskit decomposes. Readouts before that one are summed over; no qubit may be
        used again after them.
    result : str
        Name of the register.
    noise : DepolarisingNoise, optional
        If None, the ideal law from the state vector; otherwise the law from the density matrix, with the gates of
        `in_basis`.

    Raises
    ------
    ValueError
        If a qubit is used after it was measured.
    """
    need("qiskit", "qiskit_aer")
    from qiskit import transpile
    from qiskit_aer import AerSimulator

    coherent, qubits = _until_read(circuit if noise is None else in_basis(circuit), result)
    if noise is None:
        backend = AerSimulator(method="statevector", precision="double", max_parallel_threads=1)
        native = _merged(coherent)
        native.save_probabilities(qubits)
        native = transpile(native, backend, optimization_level=0)
    else:
        backend = AerSimulator(method="density_matrix", noise_model=noise.model(), max_parallel_threads=1)
        native = coherent
        native.save_probabilities(qubits)
    return np.asarray(backend.run(native, shots=1).result().data(0)["probabilities"], dtype=np.float64)


def _until_read(circuit: Any, result: str) -> tuple[Any, list[int]]:
    """Return the gates before a readout is complete, without measurements, and its qubits, lowest bit first."""
    register = next(r for r in circuit.cregs if r.name == result)
    coherent = circuit.copy_empty_like()
    qubit_of: dict[int, int] = {}
    measured: set[Any] = set()
    for instruction in circuit.data:
        if len(qubit_of) == len(register):
            break  # what follows does not change this readout
        if again := measured.intersection(instruction.qubits):
            raise ValueError(f"{instruction.operation.name} acts on {again.pop()}, which was measured")
        if instruction.operation.name != "measure":
            coherent.append(instruction)
            continue
        measured.update(instruction.qubits)
        (bit,) = instruction.clbits
        if bit in register:
            qubit_of[register[:].index(bit)] = circuit.find_bit(instruction.qubits[0]).index
    return coherent, [qubit_of[b] for b in range(len(register))]


def _merged(circuit: Any) -> Any:
    """Return the same unitary in fewer sweeps: runs of phase gates as one diagonal, preparations together."""
    out = circuit.copy_empty_like()
    phases: list[tuple[float, list[int]]] = []
    touched: set[int] = set()
    for instruction in circuit.data:
        name = instruction.operation.name
        qubits = [circuit.find_bit(bit).index for bit in instruction.qubits]
        if name in ("p", "cp", "mcphase"):
            phases.append((float(instruction.operation.params[0]), qubits))
        else:
            _append_diagonal(out, phases)
            phases = []
            if name == "state_preparation" and touched.isdisjoint(qubits):
                out.initialize(instruction.operation.params, qubits)
            else:
                out.append(instruction)
        touched.update(qubits)
    _append_diagonal(out, phases)
    return out


def _append_diagonal(circuit: Any, phases: list[tuple[float, list[int]]]) -> None:
    """Append gates ``exp(i angle prod_q z_q)`` as one diagonal gate."""
    from qiskit.circuit.library import DiagonalGate

    if not phases:
        return
    qubits = sorted({qubit for _, on in phases for qubit in on})
    angles = np.zeros((2,) * len(qubits))  # the first axis is the last qubit
    for angle, on in phases:
        angles[tuple(1 if qubit in on else slice(None) for qubit in reversed(qubits))] += angle
    circuit.append(DiagonalGate(np.exp(1j * angles.ravel()).tolist()), qubits)
