"""Offer the ideal network as a model that answers by its exact laws."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

import numpy as np

from qumode_khrnn.hsmt.alphabet import alphabet_of
from qumode_khrnn.hsmt.language import Token
from qumode_khrnn.hsmt.models import Memory, Model, Situation
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.displacement_loss import lossy_bits
from qumode_khrnn.ideal.live_state import LiveState, hear
from qumode_khrnn.ideal.reference import reference
from simulations.laws.types import AnyLaw


class IdealPlayer:
    """n qubits."""

    def __init__(self, at: Situation, rng: np.random.Generator) -> None:
        self.state, self.rng = LiveState(at.modes, at.k), rng

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        return hear(self.state, token, self.rng)


def network_memory(at: Situation) -> Memory:
    """Return n qumodes, qubits, or systems of d levels."""
    letters, modes = alphabet_of(at.alphabet), at.modes
    levels = letters.levels
    if levels is None:
        fresh = "spin" if letters.reads_displacements else "ancilla"
        return Memory(modes, "qumodes", None, f"{modes} qumodes; the {fresh} is new for every readout")
    unit = "qubits" if levels == 2 else "qudits"
    return Memory(modes, unit, modes * log2(levels), f"{modes} systems of {levels} levels")


def ideal_answers(
    tokens: tuple[Token, ...], spec: HsmtSpec, rng: np.random.Generator, loss: float
) -> tuple[float, ...]:
    """Answer a sentence by the exact laws; with loss, over ``displacement``, by the network that loses light."""
    if loss:
        return lossy_bits(tokens, spec.network, rng, loss)
    return reference(tokens, spec, rng, None)[0]


def ideal_laws(tokens: tuple[Token, ...], spec: HsmtSpec, answers: Sequence[float]) -> tuple[AnyLaw, ...]:
    """Return the exact law of each answer given the earlier ones."""
    return reference(tokens, spec, np.random.default_rng(0), answers)[1]  # nothing is drawn: every answer is given


MODEL = Model("ideal", network_memory, player=IdealPlayer, answers=ideal_answers, laws=ideal_laws)
"""The ideal network."""
