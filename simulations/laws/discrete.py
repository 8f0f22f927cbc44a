"""Define laws of answers with finitely many values: the integers modulo d, or the bits +1 and -1."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, inf, log
from typing import Any

from compiler.errors import InputError

DETERMINED_TOLERANCE = 1e-9
"""An answer is determined if all other answers together have a probability below this."""

BITS = (1, -1)
"""The answers of a bit, in the order of its probabilities."""


@dataclass(frozen=True, slots=True)
class DiscreteLaw:
    """Probabilities of the answers 0, 1, .., d - 1, or of the bits +1 and -1.

    Attributes
    ----------
    probabilities : tuple of float
        In the order of `outcomes`.
    signed : bool
        Whether the two answers are +1 and -1 instead of 0 and 1.

    Raises
    ------
    InputError
        If the numbers are not probabilities or do not sum to 1 within 1e-9, or if a bit does not have two.

    Examples
    --------
    >>> DiscreteLaw((0.0, 1.0)).determined
    True
    """

    probabilities: tuple[float, ...]
    signed: bool = False

    def __post_init__(self) -> None:
        if (
            len(self.probabilities) < 2
            or not all(0.0 <= p <= 1.0 + DETERMINED_TOLERANCE for p in self.probabilities)
            or abs(fsum(self.probabilities) - 1.0) > DETERMINED_TOLERANCE
        ):
            raise InputError(f"a discrete law needs probabilities that sum to 1, found {list(self.probabilities)[:8]}")
        if self.signed and len(self.probabilities) != 2:
            raise InputError(f"the law of a bit needs 2 probabilities, found {len(self.probabilities)}")

    @property
    def outcomes(self) -> tuple[int, ...]:
        """The possible answers."""
        return BITS if self.signed else tuple(range(len(self.probabilities)))

    @property
    def mean(self) -> float:
        """Expected value of the answer."""
        return fsum(y * p for y, p in zip(self.outcomes, self.probabilities, strict=True))

    @property
    def determined(self) -> bool:
        """Whether one answer is certain."""
        return max(self.probabilities) > 1.0 - DETERMINED_TOLERANCE

    def log_density(self, y: float) -> float:
        """Return the natural logarithm of the probability of y; ``-inf`` where it is 0."""
        p = self.probability(y)
        return log(p) if p > 0.0 else -inf

    def probability(self, y: float) -> float:
        """Return the probability of y; 0 if y is not in the alphabet."""
        if self.signed:
            return self.probabilities[BITS.index(int(y))] if y in BITS else 0.0
        return self.probabilities[int(y)] if y == int(y) and 0 <= y < len(self.probabilities) else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return ``{"law": "discrete", "probabilities": [..]}``; of a bit ``{"law": "bit", "plus": P(+1)}``."""
        if self.signed:
            return {"law": "bit", "plus": self.probabilities[0]}
        return {"law": "discrete", "probabilities": list(self.probabilities)}


def uniform(levels: int) -> DiscreteLaw:
    """Return the law of d equally likely answers."""
    return DiscreteLaw((1.0 / levels,) * levels)


def certain(answer: int, levels: int) -> DiscreteLaw:
    """Return the law of one certain answer."""
    return DiscreteLaw(tuple(float(y == answer) for y in range(levels)))


def bit(plus: float) -> DiscreteLaw:
    """Return the law of a bit that is +1 with this probability, else -1.

    >>> bit(0.75).probability(-1), bit(0.75).mean
    (0.25, 0.5)
    """
    return DiscreteLaw((plus, 1.0 - plus), signed=True)
