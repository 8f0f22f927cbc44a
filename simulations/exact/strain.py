"""Whether float64 holds what shots need: strong squeezing makes small numbers out of differences of large ones.

A run notes how far apart its variances lie, and how large its outcomes are against what they vary by. Where float64
could have lost digits, a few shots are repeated with parameters that are moved in their last place, by the same random
numbers: rounding errors come out differently then, and so does whatever depends on digits that float64 does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.typing import Array
from simulations.exact.closed_form.precision import PrecisionError, moved

STRAINED = 1e9
"""Ratios beyond this call for the check: rounding errors of 1e-16 are still 1e-7 of the smaller number there."""

CHECKED_SHOTS = 16

LARGEST_CHANGE = 0.1
"""Largest change in deviations given the earlier outcomes, over a few shots: the variance is off by 0.1 % or so then."""


@dataclass(slots=True)
class Strain:
    """Smallest and largest variance of a run, and its largest outcome in deviations given the earlier outcomes."""

    low: float = inf
    high: float = 0.0
    outcome: float = 0.0

    def see(self, variances: Array) -> None:
        """Note variances."""
        low, high = float(variances.min(initial=inf)), float(variances.max(initial=0.0))
        self.low = low if not low >= self.low else self.low  # what is not a number stays
        self.high = high if not high <= self.high else self.high

    def see_outcome(self, values: Array, deviation: Array) -> None:
        """Note outcomes, and their deviations given the earlier ones."""
        share = float((np.abs(values) / deviation).max())
        self.outcome = share if not share <= self.outcome else self.outcome

    @property
    def strained(self) -> bool:
        """Whether float64 may have lost digits that count."""
        return not (self.high <= STRAINED * self.low and self.outcome <= STRAINED)


Played = tuple[Mapping[str, Array], Mapping[str, Array]]
"""Outcomes by name, and their deviations given the earlier ones where these are known."""


def require_digits(circuit: Circuit, play: Callable[[Circuit, int, np.random.Generator], Played]) -> None:
    """Raise PrecisionError if outcomes depend on digits that float64 does not have.

    Parameters
    ----------
    circuit : Circuit
    play : callable
        ``(circuit, shots, rng) -> (outcomes, deviations)``.
    """
    advice = "use less squeezing, or closed-form moments without sampling (--shots 0)"
    results, deviations = play(circuit, CHECKED_SHOTS, np.random.default_rng(0))
    try:
        others, _ = play(moved(circuit, short_too=True), CHECKED_SHOTS, np.random.default_rng(0))
    except InputError as error:
        raise PrecisionError(f"moving the parameters in their last place makes the program fail: {error}") from None
    for name, values in results.items():
        deviation = deviations.get(name, values.std())
        with np.errstate(all="ignore"):
            change = float((np.abs(values - others[name]) / deviation).max())
        if not change <= LARGEST_CHANGE:
            raise PrecisionError(
                f"outcomes of {name} need digits that float64 does not have: they change by {change:.1g} of their "
                f"deviations if the parameters are moved in their last place; {advice}"
            )
