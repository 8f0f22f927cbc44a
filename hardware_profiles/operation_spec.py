"""The description of one operation in a profile: how the device performs it, its costs, and its limits."""

from __future__ import annotations

from enum import Enum
from math import floor, isclose, log10
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from hardware_profiles.quantity import Count, NotNegative, Quantity, Share, Strict

LEVEL_TOLERANCE = 1e-6
"""Largest distance of a parameter from a discrete level, or beyond an end of a range that has two ends."""

Index = Annotated[StrictInt, Field(ge=0)]


class Range(Strict):
    """Allowed values of a parameter.

    With ``levels`` the parameter takes one of these values; if ``shared``, all uses in a program have the same value.
    Otherwise ``minimum <= parameter <= maximum``, or ``|parameter| <= maximum`` if only the ``maximum`` is given.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> r = load_profile("photonic-cubic").operations["Squeeze"].ranges["r"]
    >>> r.text("r"), r.allows(-0.5), r.allows(1.0)
    ('|r| <= 0.956', True, False)
    """

    maximum: Quantity | None = None
    minimum: Quantity | None = None
    levels: tuple[Quantity, ...] = ()
    shared: StrictBool = False

    @model_validator(mode="after")
    def _ends_make_sense(self) -> Range:
        if bool(self.levels) == (self.maximum is not None):
            raise ValueError("must have either a maximum or levels, and not both")
        if self.minimum is not None and (self.maximum is None or self.minimum.value > self.maximum.value):
            raise ValueError("minimum must come with a maximum that is not below it")
        if self.maximum is not None and self.minimum is None and self.maximum.value <= 0.0:
            raise ValueError(f"maximum.value must be > 0 where there is no minimum, found {self.maximum.value:g}")
        if self.shared and not self.levels:
            raise ValueError("shared needs levels: all uses of the operation then have the same level")
        return self

    @property
    def limit(self) -> float:
        """The largest allowed magnitude of the parameter."""
        return max(abs(q.value) for q in (self.maximum, self.minimum, *self.levels) if q is not None)

    def allows(self, value: float) -> bool:
        """Tell whether the parameter can have the value."""
        if self.levels:
            return any(isclose(value, q.value, rel_tol=0.0, abs_tol=LEVEL_TOLERANCE) for q in self.levels)
        if self.minimum is None:
            return abs(value) <= self.limit
        assert self.maximum is not None  # validated
        return self.minimum.value - LEVEL_TOLERANCE <= value <= self.maximum.value + LEVEL_TOLERANCE

    def text(self, name: str) -> str:
        """Return the rule as text, for a parameter of the given name."""
        if self.levels:
            values = ", ".join(f"{q.value:g}" for q in self.levels)
            return f"{name} one of {values}" + (" (the same for all uses)" if self.shared else "")
        if self.minimum is None:
            return f"|{name}| <= {inward(self.limit or 0.0)}"
        assert self.maximum is not None  # validated
        return f"{self.minimum.value:g} <= {name} <= {self.maximum.value:g}"


def inward(limit: float) -> str:
    """Return a limit with six digits, rounded towards zero, so that a user who types it stays within the limit.

    >>> inward(1.23456789), inward(2.0)
    ('1.23456', '2')
    """
    text = f"{limit:.6g}"
    if abs(float(text)) <= abs(limit):
        return text
    step = 10.0 ** (floor(log10(abs(limit))) - 5)
    return f"{float(text) - (step if limit > 0.0 else -step):.6g}"


class Availability(str, Enum):
    """How a device performs an operation."""

    NATIVE = "native"
    SYNTHESISED = "synthesised"
    TELEPORTED = "teleported"
    UNAVAILABLE = "unavailable"


By = Literal[
    "gaussian-gates",
    "cubic-gates",
    "order-reduction",
    "spin-signal-processing",
    "conditional-displacement",
    "conditional-squeezing",
    "measurement-based",
    "gate-teleportation",
]


class OperationSpec(Strict):
    """One operation or primitive of a device.

    ``loss_db`` is the loss of every mode that the operation touches, after the operation (before it, for measurements).
    ``added_variance`` is then added to both quadratures of each of these modes, in units of the vacuum's variance.
    ``by`` names the methods by which a device makes an operation that is not native. ``orders`` lists the available
    orders of PhasePower, or the possible degrees of PolynomialPhase (empty: any). If ``modes``, ``pairs`` or ``spins``
    are given, the operation works on these only. Operations that ``uses_spin`` share the spins and run one after
    another. ``macronodes`` is the number of macronodes that the operation takes on a cluster machine. A program holds
    at most ``max_per_mode`` operations of this kind per mode; only machines with a set of gates can state this limit.
    An operation that ``needs_calibration`` cannot be exported without the user's calibration table.
    """

    availability: Availability
    by: tuple[By, ...] = ()
    loss_db: NotNegative | None = None
    added_variance: NotNegative | None = None
    duration_s: NotNegative | None = None
    success_probability: Share | None = None
    fidelity: Share | None = None
    macronodes: Count | None = None
    max_per_mode: Count | None = None
    ranges: dict[str, Range] = Field(default_factory=dict)
    orders: tuple[Index, ...] = ()
    modes: tuple[Index, ...] = ()
    pairs: tuple[tuple[Index, Index], ...] = ()
    spins: tuple[Index, ...] = ()
    uses_spin: StrictBool = False
    needs_calibration: StrictBool = False
    note: str = ""
