"""Compute exact laws of the ideal network over the alphabet ``displacement``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from qumode_khrnn.hsmt.displacement import DisplacementToken
from qumode_khrnn.hsmt.language import EdgeToken, ShiftToken, Token
from qumode_khrnn.ideal.displacement_branches import DisplacementBranches
from qumode_khrnn.ideal.displacement_frame import DisplacementFrame, LeavesDisplacementsError
from qumode_khrnn.network.cell import Network
from simulations.laws.discrete import DiscreteLaw, bit

LEAST_LIKELIHOOD = 1e-9
"""Answers are taken as impossible if the last ones are together less likely than this, relative to free bits: then
rounding moves the next mean by more than about 1e-5."""


class Bits(Protocol):
    """A state of the network that hears tokens."""

    def edge(self, modes: tuple[int, ...], weight: float) -> None:
        """Apply ``E(e, w)``."""

    def shift(self, mode: int, amount: float) -> None:
        """Apply ``X(i, s)``."""

    def mean(self, token: DisplacementToken) -> float:
        """Return the mean of the answer, given the answers so far."""

    def found(self, token: DisplacementToken, answer: int, mean: float) -> None:
        """Go on after an answer to a token of this mean."""


def displacement_reference(
    tokens: Sequence[Token], network: Network, rng: np.random.Generator, answers: Sequence[float] | None = None
) -> tuple[tuple[int, ...], tuple[DiscreteLaw, ...]]:
    """Return the answers of the ideal network and the exact law of each given the earlier ones.

    `qumode_khrnn.ideal.displacement_frame` does this if every token reads a displacement of the initial state, else the
    branch simulator.

    Parameters
    ----------
    tokens : sequence of Token
    network : Network
    rng : numpy.random.Generator
    answers : sequence of numbers, optional
        Answers to condition on; sampled if None. The laws end with the first given answer that is impossible.

    Raises
    ------
    InputError
        If a law is a sum of too many terms.
    """
    start = rng.bit_generator.state
    try:
        return answer_bits(tokens, DisplacementFrame(network), rng, answers)
    except LeavesDisplacementsError:
        rng.bit_generator.state = start
    return answer_bits(tokens, DisplacementBranches(network), rng, answers)


def answer_bits(
    tokens: Sequence[Token], state: Bits, rng: np.random.Generator, answers: Sequence[float] | None = None
) -> tuple[tuple[int, ...], tuple[DiscreteLaw, ...]]:
    """Play a sentence on a state; parameters and results as in `displacement_reference`."""
    given: list[int] = []
    laws: list[DiscreteLaw] = []
    likelihood = 1.0  # of the answers since some point, relative to free bits: the least over all such points
    for token in tokens:
        match token:
            case EdgeToken(modes, weight):
                state.edge(modes, weight)
            case ShiftToken(mode, amount):
                state.shift(mode, amount)
            case DisplacementToken():
                mean = min(1.0, max(-1.0, state.mean(token)))
                laws.append(bit(0.5 * (1.0 + mean)))
                if answers is None:
                    y = 1 if rng.random() < laws[-1].probability(1) else -1
                else:
                    y = int(answers[len(given)])
                given.append(y)
                likelihood = min(1.0, likelihood * (1.0 + y * mean))
                if answers is not None and likelihood < LEAST_LIKELIHOOD:
                    break
                state.found(token, y, mean)
            case _:
                raise TypeError(f"{token} is no token of this alphabet")
    return tuple(given) if answers is None else tuple(int(y) for y in answers), tuple(laws)
