"""What qubit circuits cost: closed forms, and platforms at equal total accuracy."""

from math import ceil, erfc, log2, pi, sqrt

import pytest

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import phase
from compiler.ir.polynomial import Polynomial
from compiler.qubits import (
    QubitPhase,
    modular_circuit,
    qubit_resources,
    register_circuit,
)
from compiler.qubits.resources import rotation_t_count
from qumode_khrnn.qubits import (
    platform_resources,
)


def test_counts_of_known_circuits():
    from qiskit import QuantumCircuit

    toffoli = qubit_resources(modular_circuit(3, [QubitPhase((0, 1, 2), 1)]))
    assert (toffoli.qubits, toffoli.cx, toffoli.rotations, toffoli.t_count) == (3, 6, 0, 7)
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    for qubit, angle in enumerate((0.3, pi / 4, pi / 2, -3 * pi / 4)):  # a rotation, T, Clifford, T
        circuit.rz(angle, qubit)
    circuit.cx(0, 1)
    for eps in (1e-2, 1e-10):
        cost = qubit_resources(circuit, eps)
        assert (cost.cx, cost.rotations) == (1, 1)
        assert cost.t_count == 2 + ceil(3 * log2(1 / eps))
        assert qubit_resources(modular_circuit(3, [QubitPhase((0, 1, 2), 1)]), eps).t_count == 7
    for eps in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="precision"):
            qubit_resources(circuit, eps)


@pytest.mark.parametrize("rotations", [2, 3, 8])
def test_rotations_share_the_error_of_their_circuit(rotations):
    """Each of R gets eps / R; at eps = R 2^-j that is 3 j T gates each, by hand."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(rotations + 1)
    circuit.h(range(rotations + 1))
    for qubit in range(rotations):
        circuit.rz(0.3 + 0.1 * qubit, qubit)
    circuit.rz(pi / 4, rotations)  # T
    for j in (5, 17, 30):
        cost = qubit_resources(circuit, rotations * 2.0**-j)
        assert (cost.rotations, cost.t_count, cost.precision) == (rotations, 1 + 3 * j * rotations, rotations * 2.0**-j)
        assert qubit_resources(circuit, 1e-3).at_precision(cost.precision) == cost
        finer = qubit_resources(circuit, rotations * 2.0**-j * 0.999)
        assert finer.t_count == 1 + (3 * j + 1) * rotations


def test_t_gates_of_246_rotations():
    """m = 5 in docs/qubits.md: 2^(54 / 3) > 246 / 1e-3 > 2^(53 / 3), so 54 each."""
    assert 2.0 ** (53 / 3) < 246 / 1e-3 < 2.0 ** (54 / 3)
    assert rotation_t_count(246, 1e-3) == 246 * 54 == 13_284 and rotation_t_count(0, 1e-3) == 0


def test_an_edge_of_registers_costs_a_rotation_for_every_triple_of_bits():
    prepared = tuple(ops.PrepareSqueezed((mode,), -1.0) for mode in range(3))
    edge = phase(Polynomial.monomial((0, 1, 2), 0.3))
    for m in (1, 2, 3):
        with_edge = register_circuit(Circuit(3, (*prepared, edge)), m, style="parity").quantum_circuit
        without = register_circuit(Circuit(3, prepared), m, style="parity").quantum_circuit
        assert with_edge.count_ops()["rz"] - without.count_ops().get("rz", 0) == m**3


def test_platforms_side_by_side():
    table = platform_resources((3, 4))
    photonic, ions, modular, *registers = table.rows()
    assert (photonic["modes"], photonic["cubic_phases"]) == (4, 4)
    assert (ions["modes"], ions["sequences"]) == (3, 4) and 0.0 < ions["error"] <= 1e-2
    assert (modular["qubits"], modular["cx"], modular["t_count"], modular["t_count_fine"]) == (3, 6, 7, 7)
    assert [row["qubits"] for row in registers] == [12, 16]
    assert registers[0]["t_count"] < registers[1]["t_count"]


def test_platforms_are_compared_at_the_accuracy_that_the_ions_certify():
    """Four directions on three deviations, 2 outside; R rotations within eps / R each."""
    _, ions, modular, register = platform_resources((3,)).rows()
    outside = 4 * erfc(3 / sqrt(2))
    assert ions["outside"] == pytest.approx(outside)
    assert ions["state_distance"] == pytest.approx(sqrt(ions["error"] ** 2 + 4 * outside))
    assert 0.2078 < 2 * sqrt(outside) < ions["state_distance"] < 0.2081
    assert modular["precision"] == register["precision"] == ions["state_distance"]
    assert modular["precision_fine"] == register["precision_fine"] == 1e-3
    each, fine = (ceil(3 * log2(register["rotations"] / eps)) for eps in (ions["state_distance"], 1e-3))
    assert register["t_count_fine"] - register["t_count"] == register["rotations"] * (fine - each)
    assert 0 <= register["t_count"] - register["rotations"] * each < 100  # angles that are odd multiples of pi/4
