"""Search effort: seconds of a nominal machine, counted in arithmetic and not by the clock, so that it is repeatable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import log, sqrt
from typing import Any, Literal, get_args

from compiler.errors import CircuitError, did_you_mean
from compiler.synthesis.form import fewest_layers

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
        """Return whether that much work is left."""
        return flops / RATE <= self.left

    def spend(self, flops: float) -> bool:
        """Take that much work out of the budget, if it is left."""
        if not self.affords(flops):
            return False
        self.left -= flops / RATE
        return True

    def part(self, share: float) -> Effort:
        """Return a new budget holding a share of what is left, taken out of this one."""
        given = self.left * share
        self.left -= given
        return Effort(given)

    def give_back(self, other: Effort) -> None:
        """Take back what another budget has left."""
        self.left += other.left
        other.left = 0.0


Objective = Literal["cubics", "depth", "strength"]


OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """The objective of a synthesis, and the effort of its searches.

    Attributes
    ----------
    objective : "cubics", "depth" or "strength"
        Number of cubic gates, non-Gaussian depth, or sum of ``|gamma|``.
    effort : float
        0 for no search. It is the budget of the dense searches, in nominal seconds (`Effort`), for every connected
        component, and names the aim of the matrix-free search for large forms: 10 for 1.15 times the generic Waring
        rank, 30 for 1.10, 100 for 1.05 and less while the budget lasts (`compiler.synthesis.waring.descent`). The
        result depends on it and on the seed, never on the clock.
    seed : int
        Seed of the random starts, at least 0.
    strength_cap : float
        Largest accepted total strength, as a multiple of polarization's; at least 1.
    interruptible : bool
        Ctrl-C ends the searches, and the best plan so far is proved and used; by default it ends the program.

    Raises
    ------
    CircuitError
        If a value is out of range.
    """

    objective: Objective = "cubics"
    effort: float = 10.0
    seed: int = 0
    strength_cap: float = 5.0
    interruptible: bool = False

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            hint = did_you_mean(self.objective, OBJECTIVES)
            raise CircuitError(f"the objective must be one of {', '.join(OBJECTIVES)}, found {self.objective!r}{hint}")
        if not 0.0 <= self.effort <= 1e6:
            raise CircuitError(f"the effort must lie in 0..1e6 nominal seconds, found {self.effort}")
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or self.seed < 0:
            raise CircuitError(f"the seed must be an integer >= 0, found {self.seed}")
        if not self.strength_cap >= 1.0:
            raise CircuitError(
                f"the strength cap must be at least 1 times polarization's strength, found {self.strength_cap}"
            )


LAYERS = "orthogonal layers"
"""Name of the strategy whose rows state a number of layers."""


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """The result of one strategy on one connected component.

    Attributes
    ----------
    modes : tuple of int
        The component.
    monomials : int
        Its number of cubic monomials.
    strategy : str
    cubics, depth : int or None
        Cubic gates and non-Gaussian depth; None if it found nothing within the effort and the strength cap. The depth
        of polarization is not counted for large forms.
    strength : float or None
        Sum of ``|gamma|``.
    chosen : bool
    residual : float or None
        Residual of the proof of the plan, where there was a proof.
    failed : bool
        The proof failed: the plan is not the form, and was not used.
    """

    modes: tuple[int, ...]
    monomials: int
    strategy: str
    cubics: int | None
    depth: int | None
    strength: float | None
    chosen: bool = False
    residual: float | None = None
    failed: bool = False

    def on(self, modes: tuple[int, ...]) -> StrategyRow:
        """Return the row with mode i renamed to ``modes[i]``."""
        return replace(self, modes=tuple(modes[m] for m in self.modes))

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def synthesis_summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Summarise strategy rows, as plain data: failed proofs, gates against strength, and the fewest layers by counting.

    Three points of a component show the trade: the fewest cubic gates, the least strength, and the plan in between
    whose number of gates is nearest to the geometric mean. Components with fewer than three such plans are left out.

    Examples
    --------
    >>> plans = ((78, 470.0), (80, 300.0), (115, 155.0), (120, 160.0), (154, 142.0))
    >>> rows = [StrategyRow((0, 1), 9, "waring", cubics, None, strength).to_json() for cubics, strength in plans]
    >>> synthesis_summary(rows)["trade_off"][0]["points"][1]
    {'cubics': 115, 'strength': 155.0}
    """
    parts: dict[tuple[int, ...], list[tuple[int, float]]] = {}
    for row in rows:
        if row["cubics"] is not None and row["strength"] is not None and not row.get("failed", False):
            parts.setdefault(tuple(row["modes"]), []).append((row["cubics"], row["strength"]))
    shown: list[dict[str, Any]] = []
    for modes, reached in parts.items():
        front: list[tuple[int, float]] = []
        for cubics, strength in sorted(reached):
            if not front or strength < front[-1][1]:
                front.append((cubics, strength))
        if len(front) < 3:
            continue
        mean = sqrt(front[0][0] * front[-1][0])
        middle = min(front[1:-1], key=lambda point: abs(log(point[0] / mean)))
        points = [{"cubics": cubics, "strength": strength} for cubics, strength in (front[0], middle, front[-1])]
        shown.append({"modes": list(modes), "points": points})
    layered = dict.fromkeys(tuple(row["modes"]) for row in rows if row["strategy"].startswith(LAYERS))
    return {
        "failed_proofs": sum(bool(row.get("failed", False)) for row in rows),
        "trade_off": shown,
        "counting_bounds": [{"modes": list(modes), "layers": fewest_layers(len(modes))} for modes in layered],
    }
