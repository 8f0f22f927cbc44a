"""Simulate the ideal network over ``modular(2)`` token by token: the law of the next answer, given any earlier ones."""

from __future__ import annotations

import numpy as np

from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token, quadrature_token
from qumode_khrnn.hsmt.spec import MIXED_LEVELS
from qumode_khrnn.ideal.affine_state import AffineState
from qumode_khrnn.ideal.dense_state import DenseState
from qumode_khrnn.ideal.modular_reference import ModularState
from qumode_khrnn.ideal.stabilizer_state import StabilizerState
from simulations.laws.discrete import DETERMINED_TOLERANCE, DiscreteLaw


class LiveState:
    """n qubits, every one in ``|p=0>`` at first, that hear tokens whose continuation is not known.

    k = 2 is a stabilizer state. For k >= 3 it is a state vector up to 2^12 amplitudes; beyond, a phase polynomial on an
    affine subspace, which becomes a state vector when a readout leaves that family.

    Parameters
    ----------
    modes, k : int
        n, and the modes of the largest hyperedge.
    """

    def __init__(self, modes: int, k: int) -> None:
        self.modes = modes
        self.state: ModularState
        if k <= 2:
            self.state = StabilizerState(modes)
        elif 2**modes <= MIXED_LEVELS:
            self.state = DenseState(modes, 2)
        else:
            self.state = AffineState(modes, 2)

    def apply(self, token: EdgeToken | ShiftToken) -> None:
        """Carry out a gate."""
        apply_gate(self.state, token)

    def law(self, read: ReadToken) -> DiscreteLaw:
        """Return the law of the answer to a reading token.

        Raises
        ------
        InputError
            If the law cannot be computed: the readout depends on a product of positions, and there are too many modes
            for a state vector.
        """
        state = self.state
        if read.quadrature == "x":
            chances = state.position_probabilities(read.mode)
        else:
            if isinstance(state, AffineState) and not state.keeps_form(read.mode):
                self.state = state = self._dense(state)
            chances = state.momentum_probabilities(read.mode)
        chances = np.where(chances < DETERMINED_TOLERANCE, 0.0, chances)
        return DiscreteLaw(tuple((chances / chances.sum()).tolist()))

    def take(self, read: ReadToken, answer: int) -> None:
        """Go on after a reading token with this answer, which must be possible."""
        take_answer(self.state, read, answer)

    def _dense(self, state: AffineState) -> DenseState:
        return state.component(range(self.modes))[1]


def apply_gate(state: ModularState, token: EdgeToken | ShiftToken) -> None:
    """Carry out a gate on a state of any kind."""
    if isinstance(token, EdgeToken):
        state.edge(token.modes, int(token.weight))
    else:
        state.shift(token.mode, int(token.amount))


def take_answer(state: ModularState, read: ReadToken, answer: int) -> None:
    """Go on with a state of any kind after an answer, which must be possible."""
    (state.found_position if read.quadrature == "x" else state.found_momentum)(read.mode, answer)


def hear(state: LiveState, token: Token, rng: np.random.Generator) -> int | None:
    """Carry out a token; answer a reading token by its law."""
    token = quadrature_token(token)
    if not isinstance(token, ReadToken):
        state.apply(token)
        return None
    answer = int(rng.choice(2, p=state.law(token).probabilities))
    state.take(token, answer)
    return answer
