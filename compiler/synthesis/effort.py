"""Search effort: seconds of a nominal machine, counted in arithmetic and not by the clock, so that it is repeatable."""

from __future__ import annotations

RATE = 1e10
"""Floating-point operations per nominal second; two cores of a 2023 server do about that in these searches."""


class Effort:
    """A budget that searches draw from. The same budget and seed give the same result on any machine.

    >>> effort = Effort(1.0)
    >>> effort.spend(0.6 * RATE), effort.spend(0.6 * RATE)
    (True, False)
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def affords(self, flops: float) -> bool:
        """Whether that much work is left."""
        return flops / RATE <= self.left

    def spend(self, flops: float) -> bool:
        """Take that much work out of the budget, if it is left."""
        if not self.affords(flops):
            return False
        self.left -= flops / RATE
        return True

    def part(self, share: float) -> Effort:
        """A new budget holding a share of what is left, taken out of this one."""
        given = self.left * share
        self.left -= given
        return Effort(given)

    def give_back(self, other: Effort) -> None:
        """Return what another budget has left."""
        self.left += other.left
        other.left = 0.0
