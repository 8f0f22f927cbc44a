"""The ideal network as a model: it answers by its exact laws."""

from __future__ import annotations

from math import log2

import numpy as np

from qumode_khrnn.hsmt.alphabet import levels_of
from qumode_khrnn.hsmt.language import Token
from qumode_khrnn.hsmt.models import Memory, Model, Situation
from qumode_khrnn.ideal.live_state import LiveState, hear


class IdealPlayer:
    """n qubits."""

    def __init__(self, at: Situation, rng: np.random.Generator) -> None:
        self.state, self.rng = LiveState(at.modes, at.k), rng

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        return hear(self.state, token, self.rng)


def network_memory(at: Situation) -> Memory:
    """Return n qumodes, qubits, or systems of d levels."""
    levels, modes = levels_of(at.alphabet), at.modes
    if levels is None:
        return Memory(modes, "qumodes", None, f"{modes} qumodes; the ancilla is new for every readout")
    unit = "qubits" if levels == 2 else "qudits"
    return Memory(modes, unit, modes * log2(levels), f"{modes} systems of {levels} levels")


MODEL = Model("ideal", network_memory, player=IdealPlayer)
"""The ideal network."""
