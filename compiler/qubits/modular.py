r"""The modular network with d = 2 as a qubit circuit: hypergraph states of controlled-Z gates, read without demolition.

Every mode is one qubit and starts in ``|p=0> = (|0> + |1>) / sqrt 2``. The momentum basis is
``|p=y> = 2^{-1/2} sum_z (-1)^{y z} |z>``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import pi
from typing import Any

from compiler.errors import InputError
from hardware_profiles.extras import need


@dataclass(frozen=True, slots=True)
class QubitPhase:
    """``exp(2 pi i weight prod_{j in modes} z_j / 2)``: the (multi-)controlled Z to the power of the weight.

    Raises
    ------
    InputError
        If no mode is named, a mode repeats, or the weight is not an integer.
    """

    modes: tuple[int, ...]
    weight: int

    def __post_init__(self) -> None:
        if not self.modes or len(set(self.modes)) != len(self.modes):
            raise InputError(f"a modular phase needs at least one mode and distinct ones, found {list(self.modes)}")
        _require_integer(self.weight, "the weight of a modular phase")


@dataclass(frozen=True, slots=True)
class QubitShift:
    """``z -> z + amount mod 2``: X to the power of the amount.

    Raises
    ------
    InputError
        If the amount is not an integer.
    """

    mode: int
    amount: int

    def __post_init__(self) -> None:
        _require_integer(self.amount, "the amount of a modular shift")


@dataclass(frozen=True, slots=True)
class QubitRead:
    """Projective readout of ``x`` (Z basis) or ``p`` (X basis); the qubit stays in the state that was found.

    Raises
    ------
    InputError
        If the quadrature is not "x" or "p".
    """

    quadrature: str
    mode: int
    result: str

    def __post_init__(self) -> None:
        if self.quadrature not in ("x", "p"):
            raise InputError(f'a modular readout is of "x" or "p", found {self.quadrature!r}')


ModularStep = QubitPhase | QubitShift | QubitRead


def modular_circuit(modes: int, steps: Iterable[ModularStep]) -> Any:
    """Return the steps as a `qiskit.QuantumCircuit` on one qubit per mode, each readout in a classical bit of its own.

    Parameters
    ----------
    modes : int
        Number of modes, at least 1.
    steps : iterable of QubitPhase, QubitShift or QubitRead
        In order of time.

    Returns
    -------
    qiskit.QuantumCircuit
        Classical registers are named after the results and hold one bit, the outcome y.

    Raises
    ------
    InputError
        If a step names a mode that does not exist or a result twice.

    Examples
    --------
    >>> circuit = modular_circuit(2, [QubitPhase((0, 1), 1), QubitRead("p", 0, "y")])
    >>> dict(circuit.count_ops()) == {"h": 4, "cz": 1, "measure": 1}
    True
    """
    need("qiskit")
    from qiskit import QuantumCircuit, QuantumRegister

    if modes < 1:
        raise InputError(f"a modular circuit needs at least 1 mode, found {modes}")
    circuit = QuantumCircuit(QuantumRegister(modes, "mode"))
    circuit.h(range(modes))
    results: set[str] = set()
    for index, step in enumerate(steps):
        named = step.modes if isinstance(step, QubitPhase) else (step.mode,)
        if any(not 0 <= mode < modes for mode in named):
            raise InputError(f"step {index} {step}: modes must lie in 0..{modes - 1}")
        if isinstance(step, QubitRead):
            if step.result in results:
                raise InputError(f"step {index} {step}: the result {step.result!r} exists already; choose another name")
            results.add(step.result)
        _add(circuit, step)
    return circuit


def _add(circuit: Any, step: ModularStep) -> None:
    from qiskit import ClassicalRegister
    from qiskit.circuit.library import MCPhaseGate

    match step:
        case QubitPhase(modes, weight):
            if weight % 2:
                # qiskit's gates on one, two and three qubits have names of their own
                named = {1: circuit.z, 2: circuit.cz, 3: circuit.ccz}.get(len(modes))
                if named is None:
                    circuit.append(MCPhaseGate(pi, len(modes) - 1), modes)
                else:
                    named(*modes)
        case QubitShift(mode, amount):
            if amount % 2:
                circuit.x(mode)
        case QubitRead(quadrature, mode, result):
            circuit.add_register(bit := ClassicalRegister(1, result))
            if quadrature == "p":
                circuit.h(mode)
            circuit.measure(mode, bit[0])
            if quadrature == "p":
                circuit.h(mode)


def _require_integer(value: object, what: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{what} must be an integer, found {value!r}")
