"""Check that float64 has the digits that shots need: strong squeezing makes small numbers from large differences.

A run notes how far apart its variances lie, and how large its outcomes are against what they vary by. Where float64
could have lost digits, a few shots are repeated with parameters that are moved in their last place, by the same random
numbers: rounding errors come out differently then, and so does whatever depends on digits that float64 does not have.
The second run continues with the values of the first, so that each draw is compared given the same past.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.typing import Array
from simulations.exact.closed_form.precision import PrecisionError, moved

STRAINED = 1e9
"""Ratio from which on the check is made: rounding errors of 1e-16 are then 1e-7 of the smaller number."""

CHECKED_SHOTS = 16

ROUNDING = 1e-15
"""Relative error of a variance after a few operations."""

LARGEST_SHARE = 1e-3
"""Largest relative error of a variance that shots are drawn with."""

ADVICE = "use less squeezing, or closed-form moments without sampling (--shots 0)"

LARGEST_CHANGE = 0.05
"""Largest change over a few shots, in deviations given the earlier outcomes: variances are off by 0.1 % or so then."""


@dataclass(slots=True)
class Strain:
    """Smallest and largest variance of a run, and its largest outcome in deviations given the earlier outcomes."""

    low: float = inf
    high: float = 0.0
    outcome: float = 0.0

    def see(self, variances: Array) -> None:
        """Note variances."""
        low, high = float(variances.min(initial=inf)), float(variances.max(initial=0.0))
        self.low = low if not low >= self.low else self.low  # NaN is kept
        self.high = high if not high <= self.high else self.high

    def see_outcome(self, values: Array, deviation: Array) -> None:
        """Note outcomes, and their deviations given the earlier ones."""
        share = float((np.abs(values) / deviation).max())
        self.outcome = share if not share <= self.outcome else self.outcome

    @property
    def strained(self) -> bool:
        """Whether float64 may have lost digits that count."""
        return not (self.high <= STRAINED * self.low and self.outcome <= STRAINED)


def require_sharp(what: str, variances: Array, blur: float) -> None:
    """Raise PrecisionError if variances are so much smaller than what cancelled in them that float64 lost them."""
    if not LARGEST_SHARE * variances.min() >= ROUNDING * blur:
        raise PrecisionError(
            f"{what}, given the earlier outcomes, varies by a small difference of large numbers, which float64 cannot "
            f"hold: the variance {variances.min():.3g} is what is left of {blur:.3g}; {ADVICE}"
        )


class Tape:
    """The draws of a run, kept for a second run that receives the same values instead of its own.

    ``change`` is the largest difference between the two, in deviations of what was drawn.
    """

    def __init__(self) -> None:
        self.values: list[Array] = []
        self.at: int | None = None
        self.change = 0.0

    def rewind(self) -> None:
        """Start the second run."""
        self.at = 0

    def keep(self, value: Array, deviation: Array) -> Array:
        """Keep a draw, or compare it with the kept draw and return the kept one."""
        if self.at is None:
            self.values.append(value)
            return value
        kept = self.values[self.at]
        self.at += 1
        with np.errstate(all="ignore"):
            change = float((np.abs(value - kept) / deviation).max())
        self.change = change if not change <= self.change else self.change
        return kept


def require_digits(circuit: Circuit, play: Callable[[Circuit, int, np.random.Generator, Tape], None]) -> None:
    """Raise PrecisionError if what is drawn, given what was drawn before, depends on digits that float64 does not hold.

    Parameters
    ----------
    circuit : Circuit
    play : callable
        ``(circuit, shots, rng, tape)``: runs a few shots, with all draws on the tape.
    """
    tape = Tape()
    play(circuit, CHECKED_SHOTS, np.random.default_rng(0), tape)
    tape.rewind()
    try:
        play(moved(circuit, short_too=True), CHECKED_SHOTS, np.random.default_rng(0), tape)
    except InputError as error:
        raise PrecisionError(f"moving the parameters in their last place makes the program fail: {error}") from None
    if not isfinite(tape.change):
        raise PrecisionError(f"numbers overflow float64, or become too small for it, on the way to outcomes; {ADVICE}")
    if tape.change > LARGEST_CHANGE:
        raise PrecisionError(
            "outcomes need digits that float64 does not have: given the earlier ones, they change by "
            f"{tape.change:.1g} of their deviations if the parameters are moved in their last place; {ADVICE}"
        )
