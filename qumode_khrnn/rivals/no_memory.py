"""Answer without a memory: the constant 0, and a coin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qumode_khrnn.hsmt.language import ReadToken, Token
from qumode_khrnn.hsmt.models import Memory, Model, Situation


@dataclass(frozen=True, slots=True)
class ConstantPlayer:
    """Answers 0, always."""

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        return 0 if isinstance(token, ReadToken) else None


@dataclass(frozen=True, slots=True)
class CoinPlayer:
    """Answers 0 or 1, with equal probability, whatever was answered before."""

    rng: np.random.Generator

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        return int(self.rng.integers(2)) if isinstance(token, ReadToken) else None


def _nothing(at: Situation) -> Memory:
    return Memory(0, "bits", 0.0, "nothing")


CONSTANT = Model("constant", _nothing, player=lambda at, rng: ConstantPlayer())
"""The constant 0."""

COIN = Model("coin", _nothing, player=lambda at, rng: CoinPlayer(rng))
"""A fair coin per readout."""
