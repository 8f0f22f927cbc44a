r"""The pair model: it stores all weights but one, and never gives an impossible answer over ``modular(2)``.

For the weight that it does not store, both values remain possible: two states a and b. It only gives answers after
which ``<a|b>`` is not 0: no such answer is impossible for either state, so none is for the true one. Such an answer
always exists, since ``<a|b> = sum_y <a|Pi_y|b>``; where both answers do, a coin decides. It shows that the N - 1 bits
of the theorem (docs/hsmt.md) are enough for the states after the write.
"""

from __future__ import annotations

from math import comb
from typing import Protocol

import numpy as np

from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token, quadrature_token
from qumode_khrnn.hsmt.models import Memory, Model, Player, Situation, require_small
from qumode_khrnn.ideal.dense_state import DenseState
from qumode_khrnn.ideal.live_state import apply_gate, take_answer
from qumode_khrnn.ideal.stabilizer_state import StabilizerState

MOST_DENSE = 14
"""Largest n for k >= 3: two state vectors of 2^14 amplitudes."""

OVERLAP = 1e-9
"""Overlaps of state vectors below this count as 0: all others are at least 2^(1 - n)."""


class Both(Protocol):
    """Two states that hear the same tokens."""

    def gate(self, token: EdgeToken | ShiftToken) -> None:
        """Carry out a gate on both."""

    def allowed(self, read: ReadToken) -> list[int]:
        """Return the answers after which the overlap is not 0."""

    def take(self, read: ReadToken, answer: int) -> None:
        """Go on after an answer."""


class PairPlayer:
    """Two states that differ in one edge. The model does not know which of them is the true one."""

    def __init__(self, both: Both, rng: np.random.Generator) -> None:
        self.both, self.rng = both, rng

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        token = quadrature_token(token)
        if not isinstance(token, ReadToken):
            self.both.gate(token)
            return None
        answer = int(self.rng.choice(self.both.allowed(token)))
        self.both.take(token, answer)
        return answer


class StabilizerPair:
    """Two stabilizer states, for k = 2."""

    def __init__(self, modes: int, edge: tuple[int, ...]) -> None:
        self.states = StabilizerState(modes), StabilizerState(modes)
        self.states[1].edge(edge, 1)
        self.edge = edge
        self.positions: set[int] | None = set()
        """The modes that were read, as long as only unshifted positions were read: the phases differ by z_u z_v."""

    def gate(self, token: EdgeToken | ShiftToken) -> None:
        """Carry out a gate on both."""
        if isinstance(token, ShiftToken):
            self.positions = None  # the phases differ by another product from now on
        for state in self.states:
            apply_gate(state, token)

    def allowed(self, read: ReadToken) -> list[int]:
        """Return the answers after which the overlap is not 0."""
        x, z = (0, 1 << read.mode) if read.quadrature == "x" else (1 << read.mode, 0)
        certain = [found for state in self.states if (found := state.outcome(x, z)) is not None]
        if certain:
            return certain[:1]  # the overlap is not 0, so the other state allows it too
        if self.positions is not None and read.quadrature == "x":
            # the phases differ by z_u z_v alone: its mean vanishes where one end is 1 and the other free
            return [0] if read.mode in self.edge and not self.positions & set(self.edge) else [0, 1]
        return [answer for answer in (0, 1) if not self._orthogonal_after(x, z, answer)]

    def take(self, read: ReadToken, answer: int) -> None:
        """Go on after an answer."""
        if read.quadrature != "x":
            self.positions = None
        elif self.positions is not None:
            self.positions.add(read.mode)
        for state in self.states:
            take_answer(state, read, answer)

    def _orthogonal_after(self, x: int, z: int, answer: int) -> bool:
        left, right = (state.copy() for state in self.states)
        left.project(x, z, answer)
        right.project(x, z, answer)
        return left.orthogonal(right)


class DensePair:
    """Two state vectors, for k >= 3."""

    def __init__(self, modes: int, edge: tuple[int, ...]) -> None:
        self.states = DenseState(modes, 2), DenseState(modes, 2)
        self.states[1].edge(edge, 1)

    def gate(self, token: EdgeToken | ShiftToken) -> None:
        """Carry out a gate on both."""
        for state in self.states:
            apply_gate(state, token)

    def allowed(self, read: ReadToken) -> list[int]:
        """Return the answers after which the overlap is not 0."""
        left, right = (np.moveaxis(state.amplitudes, read.mode, 0).reshape(2, -1) for state in self.states)
        if read.quadrature == "p":
            hadamard = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0)
            left, right = hadamard @ left, hadamard @ right
        return [answer for answer in (0, 1) if abs(np.vdot(left[answer], right[answer])) > OVERLAP]

    def take(self, read: ReadToken, answer: int) -> None:
        """Go on after an answer."""
        for state in self.states:
            take_answer(state, read, answer)


def _player(at: Situation, rng: np.random.Generator) -> Player:
    edge = tuple(range(at.modes - at.k, at.modes))
    if at.k == 2:
        return PairPlayer(StabilizerPair(at.modes, edge), rng)
    require_small("pair", at.modes, MOST_DENSE, at.k)
    return PairPlayer(DensePair(at.modes, edge), rng)


def _memory(at: Situation) -> Memory:
    bits = comb(at.modes, at.k) - 1
    return Memory(bits, "bits", bits, "all weights but one; after a readout, the two states that remain")


MODEL = Model("pair", _memory, player=_player)
"""The pair model."""
