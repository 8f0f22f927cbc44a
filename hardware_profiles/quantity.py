"""A number with its provenance, and the kinds of number that a profile asks for."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from enum import Enum
from math import pi
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Strict(BaseModel):
    """Base class of every table of a profile: values cannot be changed, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Mark(str, Enum):
    """How far a number can be trusted."""

    READ = "F"  # read in the cited text
    SECONDARY = "F2"  # from a secondary source
    FIXTURE = "T"  # public test fixture: plausible, not a calibration
    DERIVED = "D"  # derived, from other numbers or by definition
    RECALLED = "R"  # recalled: verify before quoting
    ASSUMED = "A"  # assumed: for a hypothetical device, or set by the user


UNVERIFIED = (Mark.SECONDARY, Mark.RECALLED)
"""Marks of numbers that are called unverified wherever they are shown."""


def _day(value: object) -> object:
    # pydantic would take the number 0 for 1970-01-01
    if isinstance(value, datetime.date | str):
        return value
    raise ValueError("must be a date such as 2026-11-22")


class Quantity(Strict):
    """A number with its provenance.

    Examples
    --------
    >>> Quantity(value=0.1, source="a paper", date="2026-11-22", mark="R").label
    'R unverified'
    """

    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    source: Annotated[str, Field(min_length=3)]
    date: Annotated[datetime.date, BeforeValidator(_day)]
    mark: Mark

    @property
    def label(self) -> str:
        """The mark, followed by the word unverified where the number is not verified."""
        return self.mark.value + (" unverified" if self.mark in UNVERIFIED else "")


def _must(text: str, holds: Callable[[float], bool]) -> AfterValidator:
    def check(quantity: Quantity) -> Quantity:
        if not holds(quantity.value):
            raise ValueError(f"value must be {text}, found {quantity.value:g}")
        return quantity

    return AfterValidator(check)


NotNegative = Annotated[Quantity, _must(">= 0", lambda v: v >= 0.0)]
Positive = Annotated[Quantity, _must("> 0", lambda v: v > 0.0)]
Share = Annotated[Quantity, _must("> 0 and <= 1", lambda v: 0.0 < v <= 1.0)]
HalfAtMost = Annotated[Quantity, _must(">= 0 and <= 0.5", lambda v: 0.0 <= v <= 0.5)]
Phase = Annotated[Quantity, _must("within -2 pi and 2 pi", lambda v: abs(v) <= 2.0 * pi)]
Count = Annotated[Quantity, _must("a whole number >= 1", lambda v: v >= 1.0 and v == int(v))]
