"""Random numbers of several groups of shots that run together."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Protocol

import numpy as np

from compiler.typing import Array


class RandomNumbers(Protocol):
    """A source of random numbers: a `numpy.random.Generator`, or the streams of several groups."""

    def normal(self, *, size: int) -> Array:
        """Draw normal numbers, one per shot."""
        ...

    def random(self, size: int) -> Array:
        """Draw uniform numbers in [0, 1), one per shot."""
        ...


class Streams:
    """The streams of several groups of shots: every group gets the numbers that it would draw if it ran alone.

    The generators themselves stay unchanged: numbers are drawn from copies.

    >>> apart = [np.random.default_rng(seed).normal(size=2) for seed in (0, 1)]
    >>> together = Streams([np.random.default_rng(0), np.random.default_rng(1)], [2, 2])
    >>> bool((together.normal(size=4) == np.concatenate(apart)).all())
    True
    """

    def __init__(self, generators: Sequence[np.random.Generator], sizes: Sequence[int]) -> None:
        self._parts = [(deepcopy(generator), size) for generator, size in zip(generators, sizes, strict=True)]

    def normal(self, *, size: int) -> Array:
        """Draw normal numbers for all shots, whose number must be ``size``."""
        return self._joined([part.normal(size=count) for part, count in self._parts], size)

    def random(self, size: int) -> Array:
        """Draw uniform numbers in [0, 1) for all shots, whose number must be ``size``."""
        return self._joined([part.random(count) for part, count in self._parts], size)

    @staticmethod
    def _joined(drawn: list[Array], size: int) -> Array:
        out = np.concatenate(drawn)
        assert len(out) == size, f"one number per shot must be drawn, found {size} numbers for {len(out)} shots"
        return out
