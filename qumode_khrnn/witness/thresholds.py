r"""Find where S passes the bound: least squeezing, greatest loss, and the shots that show it.

S falls with ``e^{-2r}`` and with the loss, so every threshold is the root of a monotone function, found by bisection.

**Shots.** The bit of context c has the mean ``m_c = Re <D_c>`` and the variance ``1 - m_c^2``, because
``P(+) = (1 + m_c) / 2``. With N shots in each context the estimate of S has the variance ``sum_c (1 - m_c^2) / N``, and
``N >= k^2 sum_c (1 - m_c^2) / (S - 2 sqrt 2)^2`` puts S by k standard errors above the bound: 27 shots per context for
k = 3 at w = r = 1. Read every context as one displacement: bits of single observables, multiplied, attenuate a perfect
product of three to 1/4. Phases must not be binned either: noncontextual models of binned sums reach 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, inf, log

from qumode_khrnn.witness.law import BOUND, value_at

STANDARD_ERRORS = 3.0
"""Number of standard errors by which S must pass the bound."""


def root(function: Callable[[float], float], low: float, high: float, precision: float = 0.0) -> float:
    """Return the zero of a monotone function that changes sign between two numbers, by bisection.

    The result has the given relative precision, or is right to the last digit for 0.

    >>> round(root(lambda x: x * x - 2.0, 0.0, 2.0), 12)
    1.414213562373
    """
    falling = function(low) > 0.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high) or high - low <= precision * abs(low):
            break
        if (function(middle) > 0.0) == falling:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def least_squeezing(weight: float, loss: float) -> float | None:
    """Return the least r at which S passes the bound; 0 if no squeezing is needed, None if no squeezing is enough.

    >>> round(least_squeezing(1.0, 0.0), 5), least_squeezing(10.0, 0.0), least_squeezing(1.0, 0.1)
    (0.5829, 0.0, None)
    """

    def margin(variance: float) -> float:
        return value_at(weight, inf if variance == 0.0 else -0.5 * log(variance), loss) - BOUND

    if margin(1.0) > 0.0:
        return 0.0
    return None if margin(0.0) <= 0.0 else -0.5 * log(root(margin, 0.0, 1.0))


def greatest_loss(weight: float, squeezing: float) -> float | None:
    """Return the greatest loss per mode at which S passes the bound; None if S does not pass even without loss.

    >>> [round(100 * greatest_loss(1.0, r), 1) for r in (1.0, 1.5, inf)]
    [4.9, 7.2, 8.4]
    """

    def margin(loss: float) -> float:
        return value_at(weight, squeezing, loss) - BOUND

    return None if margin(0.0) <= 0.0 else root(margin, 0.0, 1.0)


def shots_needed(means: Sequence[float], value: float, standard_errors: float = STANDARD_ERRORS) -> int | None:
    """Return the shots per context that put S by that many standard errors above the bound; None if S does not pass it.

    >>> shots_needed((0.899162, 0.899162, 0.899162, 0.726966), 3.424451)
    27
    """
    if value <= BOUND:
        return None
    variance = sum(1.0 - mean * mean for mean in means)
    return max(1, ceil(standard_errors**2 * variance / (value - BOUND) ** 2))
