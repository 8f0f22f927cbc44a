"""Offer the modular network on noisy qubits as a model: gate by gate, one Pauli error at a time."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from compiler.qubits.modular import QubitPhase, QubitRead, QubitShift, modular_circuit
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token
from qumode_khrnn.hsmt.models import Memory, Model, Player, Situation, require_small
from qumode_khrnn.qubits.aer import DepolarisingNoise, in_basis

MOST_MODES = 12
"""Largest number of qubits: state vectors of 2^12 amplitudes, a basis gate at a time."""

DEFAULT_ERROR = 0.01
"""Default probability of an error after a CNOT; after every other gate the probability is a tenth of this."""

Gate = tuple[str, float, tuple[int, ...]]
Matrix = NDArray[np.complex128]

SQRT_X: Matrix = np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]], dtype=np.complex128)
PAULIS: tuple[Matrix, ...] = (
    np.eye(2, dtype=complex),
    np.array([[0, 1], [1, 0]], dtype=complex),
    np.array([[0, -1j], [1j, 0]], dtype=complex),
    np.array([[1, 0], [0, -1]], dtype=complex),
)


class QubitPlayer:
    """A trajectory: after every gate of the basis a Pauli error with its probability, all equally likely.

    Gates and noise are those of `qumode_khrnn.qubits.aer`; readouts are perfect.
    """

    def __init__(self, modes: int, noise: DepolarisingNoise, rng: np.random.Generator) -> None:
        self.modes, self.noise, self.rng = modes, noise, rng
        self.state: Matrix = np.zeros((2,) * modes, dtype=complex)
        self.state[(0,) * modes] = 1.0
        for mode in range(modes):
            self._run(prepared(), (mode,))

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        match token:
            case EdgeToken(modes, weight):
                if int(weight) % 2:
                    self._run(phase_gates(len(modes)), modes)
            case ShiftToken(mode, amount):
                if int(amount) % 2:
                    self._run(shift_gates(), (mode,))
            case ReadToken(quadrature, mode):
                before, after = read_gates(quadrature)
                self._run(before, (mode,))
                answer = self._measured(mode)
                self._run(after, (mode,))
                return answer
        return None

    def _run(self, gates: tuple[Gate, ...], modes: tuple[int, ...]) -> None:
        for name, angle, on in gates:
            at = tuple(modes[i] for i in on)
            if name == "cx":
                where: list[slice | int] = [slice(None)] * self.modes
                where[at[0]] = 1
                axis = at[1] - (at[1] > at[0])
                self.state[tuple(where)] = np.flip(self.state[tuple(where)], axis).copy()
            elif name == "rz":
                self._apply(np.diag(np.exp([-0.5j * angle, 0.5j * angle])), at[0])
            else:
                self._apply({"sx": SQRT_X, "x": PAULIS[1]}[name], at[0])
            chance = self.noise.p2 if len(at) == 2 else self.noise.p1
            if chance > 0.0 and self.rng.random() < chance:
                error = int(self.rng.integers(1, 4 ** len(at)))
                for place, mode in enumerate(at):
                    self._apply(PAULIS[error >> 2 * place & 3], mode)

    def _apply(self, matrix: Matrix, mode: int) -> None:
        moved = np.moveaxis(self.state, mode, 0)
        self.state = np.moveaxis(np.tensordot(matrix, moved, 1), 0, mode)

    def _measured(self, mode: int) -> int:
        halves = np.moveaxis(self.state, mode, 0)
        weight = float((np.abs(halves[1]) ** 2).sum() / (np.abs(halves) ** 2).sum())
        answer = int(self.rng.random() < weight)
        kept = np.zeros_like(halves)
        kept[answer] = halves[answer]
        self.state = np.moveaxis(kept / np.linalg.norm(kept), 0, mode)
        return answer


def _gates(circuit: object) -> tuple[Gate, ...]:
    native = in_basis(circuit)
    return tuple(
        (
            one.operation.name,
            float(one.operation.params[0]) if one.operation.params else 0.0,
            tuple(native.find_bit(bit).index for bit in one.qubits),
        )
        for one in native.data
    )


@cache
def prepared() -> tuple[Gate, ...]:
    """Return the gates that prepare one qubit."""
    return _gates(modular_circuit(1, []))


@cache
def phase_gates(size: int) -> tuple[Gate, ...]:
    """Return the gates of a controlled Z on ``size`` qubits."""
    return _gates(modular_circuit(size, [QubitPhase(tuple(range(size)), 1)]))[size * len(prepared()) :]


@cache
def shift_gates() -> tuple[Gate, ...]:
    """Return the gates of a shift."""
    return _gates(modular_circuit(1, [QubitShift(0, 1)]))[len(prepared()) :]


@cache
def read_gates(quadrature: str) -> tuple[tuple[Gate, ...], tuple[Gate, ...]]:
    """Return the gates before and after the measurement of a readout."""
    # a second readout keeps the gates after the first, whose qubit would not be used again
    gates = _gates(modular_circuit(1, [QubitRead(quadrature, 0, "y"), QubitRead("x", 0, "z")]))[len(prepared()) :]
    first, second = (at for at, gate in enumerate(gates) if gate[0] == "measure")
    return gates[:first], gates[first + 1 : second]


def _player(at: Situation, rng: np.random.Generator) -> Player:
    require_small("qubits", at.modes, MOST_MODES, at.k)
    error = DEFAULT_ERROR if at.amount is None else at.amount
    return QubitPlayer(at.modes, DepolarisingNoise(error / 10.0, error), rng)


def _memory(at: Situation) -> Memory:
    return Memory(at.modes, "qubits", float(at.modes), f"{at.modes} qubits")


MODEL = Model("qubits", _memory, player=_player, amount="the probability of an error after a CNOT")
"""The network on noisy qubits."""
