r"""What a qubit circuit costs on a machine with CNOTs and rotations, and in T gates.

T gates are counted, not compiled: an ``rz`` by a multiple of pi/2 is Clifford and costs none, by an odd multiple of
pi/4 one, and any other ``ceil(3 log2(1 / eps))``, the typical T count ``3 log2(1 / eps) + O(log log (1 / eps))`` of
N. J. Ross and P. Selinger, arXiv:1403.2975, without its second term. The whole circuit is then off by at most
``rotations * eps``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, log2, pi
from typing import Any

from compiler.errors import InputError

BASIS = ("cx", "rz", "sx", "x", "measure", "reset")
"""Gates that are counted in; ``cx``, ``sx``, ``x`` are Clifford."""

LEVEL = 2
"""Optimisation level of Qiskit's transpiler; its seed is 0."""

CLIFFORD_TOLERANCE = 1e-9
"""Distance, in units of pi/4, below which an angle counts as a multiple of pi/4."""


@dataclass(frozen=True, slots=True)
class QubitResources:
    """Costs of a qubit circuit.

    Attributes
    ----------
    qubits : int
    cx : int
        CNOT gates.
    rotations : int
        ``rz`` that are neither Clifford nor T.
    t_count : int
        T gates at ``precision`` a rotation, by formula.
    depth : int
        Layers in `BASIS`, measurements and resets included.
    precision : float
        eps, the error of each rotation in operator norm.
    """

    qubits: int
    cx: int
    rotations: int
    t_count: int
    depth: int
    precision: float

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def qubit_resources(circuit: Any, precision: float = 1e-3) -> QubitResources:
    """Transpile to `BASIS`, with a fixed level and seed, and count.

    Parameters
    ----------
    circuit : qiskit.QuantumCircuit
    precision : float
        eps of each rotation, in (0, 1).

    Raises
    ------
    InputError
        If the precision is out of range.

    Examples
    --------
    >>> from compiler.qubits.modular import QubitPhase, modular_circuit
    >>> qubit_resources(modular_circuit(3, [QubitPhase((0, 1, 2), 1)])).t_count  # a doubly controlled Z
    7
    """
    from qiskit import transpile

    if not 0.0 < precision < 1.0:
        raise InputError(f"the precision of a rotation must lie in (0, 1), found {precision}")
    basic = transpile(circuit, basis_gates=list(BASIS), optimization_level=LEVEL, seed_transpiler=0)
    each = ceil(3.0 * log2(1.0 / precision))
    rotations = t_gates = 0
    for instruction in basic.data:
        if instruction.operation.name == "rz":
            quarters = float(instruction.operation.params[0]) / (pi / 4.0)
            if abs(quarters - round(quarters)) > CLIFFORD_TOLERANCE:
                rotations += 1
            else:
                t_gates += round(quarters) % 2
    return QubitResources(
        qubits=circuit.num_qubits,
        cx=int(basic.count_ops().get("cx", 0)),
        rotations=rotations,
        t_count=t_gates + each * rotations,
        depth=int(basic.depth()),
        precision=precision,
    )
