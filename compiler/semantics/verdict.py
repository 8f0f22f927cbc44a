"""Verdicts of the equivalence check: equal, different with a counterexample, or not shown equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from compiler.typing import AnyArray

UNDECIDED = "not shown equal: "
"""The reason of a verdict begins with this where the verdict is not a proof of a difference."""

SMALLEST_SCALE = 1e-3
"""Differences of an output are divided by its size, or at least by this share of the starting points' size."""

OWN_SCALES = 16.0
"""Outputs smaller than the starting points by more than this factor are compared at their own size times it."""

Row = tuple[str, AnyArray, AnyArray]
"""The name of an output and its values at all points, in one circuit and in the other."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """One starting point where two circuits differ.

    Attributes
    ----------
    output : str
        ``x_3``, ``p_3`` or the name of a result.
    left, right : float
        Its values in the two circuits.
    x, p : tuple of float
        The starting point of the input modes.
    """

    output: str
    left: float
    right: float
    x: tuple[float, ...]
    p: tuple[float, ...]

    def __str__(self) -> str:
        start = ", ".join(f"{v:.4g}" for v in self.x[:6]) + (", ..." if len(self.x) > 6 else "")
        values = f"{self.left:.12g} in one circuit and {self.right:.12g} in the other"
        return f"{self.output} is {values} (start x = [{start}])"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Verdict of a comparison: the largest relative residual, and why the circuits differ if they do.

    Attributes
    ----------
    equivalent : bool
        Whether the circuits are proved equal.
    residual, tolerance : float
        Largest relative difference that was found, and the largest that is accepted.
    points : int
        Number of random points, or of random values of the symbols, at which the circuits were compared.
    reason : str
        Why they are not equal; begins with `UNDECIDED` where ``decided`` is false.
    counterexample : Counterexample or None
    digits : int or None
        Precision of the evaluation; None for float64.
    resources : int
        Number of preparations that were taken as ideal.
    growth : float
        Largest intermediate value, relative to the starting point.
    decided : bool
        Whether the verdict is a proof. Equal circuits are always proved equal; circuits that are not equal at some
        point may still be equal on the states that they prepare, or because operations commute in a way that the method
        does not know, and then this is false.
    rounding : float
        The residual that a change of the parameters by one unit in the last place of float64 causes;
        0 where it was not computed. A residual of this size is no evidence of a difference.
    """

    equivalent: bool
    residual: float
    tolerance: float
    points: int
    reason: str = ""
    counterexample: Counterexample | None = None
    digits: int | None = None
    resources: int = 0
    growth: float = 1.0
    decided: bool = True
    rounding: float = 0.0

    @property
    def precision(self) -> str:
        """``float64`` or ``mpmath, 50 digits``."""
        return "float64" if self.digits is None else f"mpmath, {self.digits} digits"

    @property
    def overflow(self) -> bool:
        """Whether the two maps could not be compared because their values overflow float64."""
        found = self.counterexample
        return found is not None and not (isfinite(found.left) and isfinite(found.right))


def different(tolerance: float, reason: str, *, decided: bool = True) -> Equivalence:
    """Return a verdict for a reason other than a residual."""
    return Equivalence(False, float("inf"), tolerance, 0, reason if decided else UNDECIDED + reason, decided=decided)


@dataclass(frozen=True, slots=True)
class Difference:
    """The distance between the outputs of two circuits.

    Attributes
    ----------
    residuals : mapping from str to float
        The largest relative difference of each output.
    worst : Counterexample or None
        Where the largest difference is; None if all outputs agree.
    point : int
        The number of that point.
    """

    residuals: Mapping[str, float]
    worst: Counterexample | None
    point: int

    @property
    def residual(self) -> float:
        """The largest relative difference."""
        return max(self.residuals.values(), default=0.0)


def difference_of(
    rows: Sequence[Row], start: tuple[AnyArray, AnyArray], size: AnyArray, scale: float = 1.0
) -> Difference:
    """Return the relative differences of two circuits' outputs at random points.

    A difference is divided by the magnitude of the output or by a scale, whichever is larger. The scale is the size of
    the starting point, or `OWN_SCALES` times the largest magnitude of that output at all points if that is smaller:
    outputs that are squeezed are compared at their own size. The same is done for how an output varies from point to
    point, so that a large offset hides nothing.

    Parameters
    ----------
    rows : sequence of (name, array, array), arrays of shape (points,)
    start : pair of arrays, shape (modes, points)
    size : array, shape (points,)
        Sizes of the starting points.
    scale : float
        Smallest coordinate of a prepared state, relative to the size of the starting points.
    """
    if not rows:
        return Difference({}, None, 0)
    u, v = (np.array([row[side] for row in rows]) for side in (1, 2))  # (outputs, points)
    with np.errstate(invalid="ignore", over="ignore"):
        off, own = u - v, np.maximum(abs(u), abs(v))
        largest = OWN_SCALES * np.max(own, axis=1)[:, None]
        floor = np.minimum(size, np.maximum(largest, SMALLEST_SCALE * scale * size))
        relative = (abs(off) / np.maximum(own, floor)).astype(float)
        # an offset, however large, must not hide what varies: differences to the first point, by their own spread
        spread = np.maximum(np.max(abs(u - u[:, :1]), axis=1)[:, None], floor)
        varying = (abs(off - off[:, :1]) / spread).astype(float)
    relative = np.maximum(relative, varying)
    relative = np.where(np.isfinite(relative), relative, np.inf)  # overflow proves nothing: count it as different
    row, point = (int(i) for i in np.unravel_index(int(np.argmax(relative)), relative.shape))
    residuals = dict(zip((name for name, _, _ in rows), relative.max(axis=1).tolist(), strict=True))
    if not relative[row, point]:
        return Difference(residuals, None, 0)
    where = (tuple(float(value) for value in q[:, point]) for q in start)
    worst = Counterexample(rows[row][0], float(u[row, point]), float(v[row, point]), *where)
    return Difference(residuals, worst, point)
