"""Run position registers on Qiskit Aer: exact laws of readouts from the state vector, and their convergence with m."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne, PrepareSqueezed, phase
from compiler.qubits.register import register_circuit
from compiler.typing import Array
from qumode_khrnn.hsmt.models import Memory, Model, Situation
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge
from qumode_khrnn.qubits.aer import DepolarisingNoise, marginal, sample
from simulations.exact import simulate
from simulations.laws.real import Law
from simulations.laws.types import RealLaw

MAX_QUBITS = 26
"""Largest state vector: 1 GiB."""


@dataclass(frozen=True, slots=True)
class RegisterLaw:
    """Exact outcome distribution of one readout of a register circuit.

    Attributes
    ----------
    values : array, shape (2^m,)
        Grid values, ascending, equally spaced.
    probabilities : array, shape (2^m,)
    outside : float
        Error that the encoding states, `RegisterProgram.outside`.
    """

    values: Array
    probabilities: Array
    outside: float

    @property
    def mean(self) -> float:
        """Expected value."""
        return float(self.values @ self.probabilities)

    @property
    def variance(self) -> float:
        """Variance."""
        return float((self.values - self.mean) ** 2 @ self.probabilities)

    def distance(self, law: Law | RealLaw) -> float:
        """Return the Kolmogorov distance to an exact law at cell edges; a grid value stands for its cell."""
        return float(np.abs(np.cumsum(self.probabilities) - self._cumulative(law)).max())

    def divergence(self, law: RealLaw) -> float:
        """Return the expected excess NLL (nats) of answers rounded to cells: ``sum_j P_j log(P_j / Q_j)``, P exact."""
        exact = np.diff(self._cumulative(law)[:-1], prepend=0.0, append=1.0)  # the outer cells reach to infinity
        some = exact > 0.0
        return float(exact[some] @ np.log(exact[some] / np.maximum(self.probabilities[some], 1e-300)))

    def _cumulative(self, law: Law | RealLaw) -> Array:
        edges = self.values + (self.values[1] - self.values[0]) / 2.0
        return np.array([law.cdf(float(edge)) for edge in edges])


@dataclass(frozen=True, slots=True)
class ConvergenceRow:
    """One number of qubits per mode, compared with the exact law.

    Attributes
    ----------
    readout : str
        ``direct`` or ``ancilla``.
    qubits_per_mode, qubits : int
    variance, exact_variance : float
    relative_error : float
        ``variance / exact_variance - 1``.
    distance : float
        `RegisterLaw.distance`.
    outside : float
        Error that the encoding states.
    """

    readout: str
    qubits_per_mode: int
    qubits: int
    variance: float
    exact_variance: float
    relative_error: float
    distance: float
    outside: float


def register_law(
    circuit: Circuit, qubits: int, result: str | None = None, spacings: Sequence[float] | None = None
) -> RegisterLaw:
    """Compute the exact law of one readout of a circuit on position registers, from the state vector.

    Parameters
    ----------
    circuit : Circuit
        A circuit that `register_circuit` lowers and that prepares every mode once.
    qubits : int
        Number m of qubits per mode.
    result : str, optional
        Name of the readout; the last one if None. Earlier readouts are summed over.
    spacings : sequence of float, optional
        As in `register_circuit`.

    Raises
    ------
    InputError
        If the circuit has no readout, prepares a mode again, or needs more than 26 qubits.
    """
    if not circuit.results:
        raise InputError("the circuit must have a readout, found none")
    prepared = [op.modes[0] for op in circuit.operations if isinstance(op, PrepareSqueezed)]
    if again := sorted({mode for mode in prepared if prepared.count(mode) > 1}):
        raise InputError(
            f"each readout must have a mode of its own, and mode {again[0]} is prepared again; use another mode"
        )
    if circuit.modes * qubits > MAX_QUBITS:
        raise InputError(
            f"a state vector has at most {MAX_QUBITS} qubits, found {circuit.modes} modes of {qubits} qubits each; use "
            "fewer qubits per mode"
        )
    program = register_circuit(circuit, qubits, spacings)
    name = circuit.results[-1] if result is None else result
    values = program.values(name)
    return RegisterLaw(values, marginal(program.quantum_circuit, name), program.outside)


def sample_register(
    circuit: Circuit, qubits: int, shots: int, seed: int, noise: DepolarisingNoise | None = None
) -> dict[str, Array]:
    """Sample real outcomes of a circuit on position registers, with mid-circuit measurements and resets.

    Parameters
    ----------
    circuit : Circuit
        A circuit that `register_circuit` lowers.
    qubits : int
        Number m of qubits per mode.
    shots, seed : int
    noise : DepolarisingNoise, optional
        Ideal if None.

    Returns
    -------
    dict of str to array, shape (shots,)
        Grid values, by result name.
    """
    program = register_circuit(circuit, qubits)
    values = sample(program.quantum_circuit, shots, seed, noise)
    return {name: program.values(name)[found] for name, found in values.items()}


def convergence_table(qubits: Iterable[int], squeezing: float = 0.5, weight: float = 0.3) -> tuple[ConvergenceRow, ...]:
    """Compare laws for several m: p after one 3-edge on three modes, measured directly and through an ancilla.

    The exact variance is ``e^{-2r} + w^2 e^{4r}``; an ancilla with the same squeezing adds ``e^{-2r}``. The exact
    simulator gives the exact law.
    """
    circuits = convergence_circuits(squeezing, weight)
    rows = []
    for readout, circuit in circuits.items():
        exact = simulate(circuit, 1, np.random.default_rng(0)).laws[circuit.results[-1]]
        for m in qubits:
            law = register_law(circuit, m)
            rows.append(
                ConvergenceRow(
                    readout=readout,
                    qubits_per_mode=m,
                    qubits=m * circuit.modes,
                    variance=law.variance,
                    exact_variance=exact.variance,
                    relative_error=law.variance / exact.variance - 1.0,
                    distance=law.distance(exact),
                    outside=law.outside,
                )
            )
    return tuple(rows)


def convergence_circuits(squeezing: float, weight: float) -> dict[str, Circuit]:
    """Return the circuits of `convergence_table`, by readout."""
    edge = Hyperedge((0, 1, 2), weight)
    prepared = tuple(PrepareSqueezed((m,), -squeezing) for m in range(3))
    network = Network(3, squeezing, squeezing)
    return {
        "direct": Circuit(3, (*prepared, phase(edge.polynomial()), Homodyne((0,), pi / 2, "p0"))),
        "ancilla": network.circuit([UnitCell((edge,), (), Readout("p", 0))]),
    }


def _memory(at: Situation) -> Memory:
    each = int(at.amount or 0)
    return Memory(at.modes * each, "qubits", at.modes * each, f"{at.modes} registers of {each} qubits")


MODEL = Model("qubit-registers", _memory, amount="the number of qubits per mode")
"""The network on registers of qubits, one register per mode."""
