r"""Costs of a qubit circuit on a machine with CNOTs and rotations, and in T gates.

T gates are counted, not compiled. An ``rz`` by a multiple of pi/2 is Clifford and costs none, and one by an odd
multiple of pi/4 costs one. The other R rotations share the error eps of the whole circuit equally. Errors in operator
norm at most add up (``||U_R .. U_1 - V_R .. V_1|| <= sum_j ||U_j - V_j||``, M. A. Nielsen and I. L. Chuang, *Quantum
Computation and Quantum Information*, section 4.5.3), so each rotation may be off by eps / R and costs
``ceil(3 log2(R / eps))``. That is the typical T count ``3 log2(1 / delta) + O(log log (1 / delta))`` of N. J. Ross and
P. Selinger, arXiv:1403.2975, at ``delta = eps / R`` and without its second term.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import ceil, log2, pi
from typing import Any

from compiler.errors import InputError

BASIS = ("cx", "rz", "sx", "x", "measure", "reset")
"""Gates into which a circuit is transpiled and that are counted; ``cx``, ``sx``, ``x`` are Clifford."""

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
        T gates of the whole circuit at the total error ``precision``, by formula.
    depth : int
        Layers in `BASIS`, measurements and resets included.
    precision : float
        eps, the error of all rotations together in operator norm; a circuit without rotations has none.
    """

    qubits: int
    cx: int
    rotations: int
    t_count: int
    depth: int
    precision: float

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    def at_precision(self, precision: float) -> QubitResources:
        """Return the same circuit at another total error; raises as `qubit_resources`.

        Examples
        --------
        >>> QubitResources(qubits=1, cx=0, rotations=2, t_count=31, depth=5, precision=2.0**-4).at_precision(2.0**-9)
        QubitResources(qubits=1, cx=0, rotations=2, t_count=61, depth=5, precision=0.001953125)
        """
        exact = self.t_count - rotation_t_count(self.rotations, self.precision)
        return replace(self, t_count=exact + rotation_t_count(self.rotations, precision), precision=precision)


def rotation_t_count(rotations: int, precision: float) -> int:
    """Count the T gates of R rotations with a total error eps in operator norm: ``R ceil(3 log2(R / eps))``.

    Raises
    ------
    InputError
        If the precision does not lie in (0, 1).

    Examples
    --------
    >>> rotation_t_count(8, 2.0**-10)  # each within 2^-13
    312
    """
    if not 0.0 < precision < 1.0:
        raise InputError(f"the precision of a circuit's rotations must lie in (0, 1), found {precision}")
    return rotations * ceil(3.0 * log2(rotations / precision)) if rotations else 0


def qubit_resources(circuit: Any, precision: float = 1e-3) -> QubitResources:
    """Transpile to `BASIS`, with a fixed level and seed, and count.

    Parameters
    ----------
    circuit : qiskit.QuantumCircuit
    precision : float
        eps, the total error of all rotations in operator norm, in (0, 1).

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

    basic = transpile(circuit, basis_gates=list(BASIS), optimization_level=LEVEL, seed_transpiler=0)
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
        t_count=t_gates + rotation_t_count(rotations, precision),
        depth=int(basic.depth()),
        precision=precision,
    )
