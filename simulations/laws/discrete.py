"""Laws of answers in the integers modulo d."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, inf, log
from typing import Any

from compiler.errors import InputError

DETERMINED_TOLERANCE = 1e-9
"""An answer is determined if all other answers together have a probability below this."""


@dataclass(frozen=True, slots=True)
class DiscreteLaw:
    """Probabilities of the answers 0, 1, .., d - 1.

    Raises
    ------
    InputError
        If they are not probabilities, or do not sum to 1 within 1e-9.

    Examples
    --------
    >>> DiscreteLaw((0.0, 1.0)).determined
    True
    """

    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if (
            len(self.probabilities) < 2
            or not all(0.0 <= p <= 1.0 + DETERMINED_TOLERANCE for p in self.probabilities)
            or abs(fsum(self.probabilities) - 1.0) > DETERMINED_TOLERANCE
        ):
            raise InputError(f"a discrete law needs probabilities that sum to 1, found {list(self.probabilities)[:8]}")

    @property
    def determined(self) -> bool:
        """Whether one answer is certain."""
        return max(self.probabilities) > 1.0 - DETERMINED_TOLERANCE

    def log_density(self, y: float) -> float:
        """Natural logarithm of the probability of y; ``-inf`` where it is 0."""
        p = self.probability(y)
        return log(p) if p > 0.0 else -inf

    def probability(self, y: float) -> float:
        """Probability of y; 0 for what is not in the alphabet."""
        return self.probabilities[int(y)] if y == int(y) and 0 <= y < len(self.probabilities) else 0.0

    def to_json(self) -> dict[str, Any]:
        """``{"law": "discrete", "probabilities": [..]}``."""
        return {"law": "discrete", "probabilities": list(self.probabilities)}


def uniform(levels: int) -> DiscreteLaw:
    """All d answers equally likely."""
    return DiscreteLaw((1.0 / levels,) * levels)


def certain(answer: int, levels: int) -> DiscreteLaw:
    """One answer with certainty."""
    return DiscreteLaw(tuple(float(y == answer) for y in range(levels)))
