"""Compute the witness of one triangle, and S over squeezing and loss, for text, tables, figures and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

import numpy as np

from hardware_profiles.display import Drawable
from qumode_khrnn.witness.circuits import branch_means
from qumode_khrnn.witness.law import (
    BOUND,
    QUANTUM_MAXIMUM,
    combined,
    decibels,
    exponents,
    network_value,
    readout_means,
    sampler_value,
)
from qumode_khrnn.witness.sampling import Estimate, Network, PhaseSpaceSampler, Player, estimate, require_shots
from qumode_khrnn.witness.thresholds import STANDARD_ERRORS, greatest_loss, least_squeezing, shots_needed
from qumode_khrnn.witness.triangle import CONTEXTS, Triangle

PLAYERS: tuple[Player, ...] = (Network(), PhaseSpaceSampler())

CURVE_SQUEEZINGS = tuple(0.05 * step for step in range(41))
CURVE_LOSSES = tuple(0.005 * step for step in range(41))
SHOWN_LOSSES = (0.0, 0.02, 0.05, 0.1)
SHOWN_SQUEEZINGS = (0.5, 1.0, 1.5, None)
"""Squeezing of the curves over loss; None is infinite squeezing."""

SAMPLED_SQUEEZINGS = (0.25, 0.75, 1.25, 1.75)
SAMPLED_LOSSES = (0.0, 0.05)
POINT_SHOTS = 400
"""Points at which the players are sampled for the figure, and the number of shots per context."""


@dataclass(frozen=True, slots=True)
class Point:
    """S of a player somewhere: in closed form, or, with shots per context, as estimated from bits.

    ``curve`` says which axis the point belongs to: ``squeezing`` or ``loss``. A squeezing of None is infinite.
    """

    curve: str
    player: str
    weight: float
    squeezing_r: float | None
    loss: float
    value: float
    shots: int | None = None
    standard_error: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with the squeezing in dB too."""
        db = None if self.squeezing_r is None else decibels(self.squeezing_r)
        return {**asdict(self), "squeezing_db": db}


@dataclass(frozen=True, slots=True)
class Witness:
    """All results for one triangle.

    Attributes
    ----------
    triangle : Triangle
    bits : tuple of float
        ``Re <D>`` of B0, B1, B2, A, in closed form.
    branch_bits : tuple of float
        The same means by the branch simulator.
    value, branch_value, sampler : float
        S of the network by both methods, and of the phase-space sampler.
    least_squeezing : float or None
        Least r at this weight and loss.
    greatest_loss, limit_of_loss : float or None
        Greatest loss at this weight and squeezing, and at infinite squeezing.
    shots : int or None
        Per context, for three standard errors.
    estimates : tuple of Estimate
        Of both players, if shots were asked for.
    """

    triangle: Triangle
    bits: tuple[float, ...]
    branch_bits: tuple[float, ...]
    value: float
    branch_value: float
    sampler: float
    least_squeezing: float | None
    greatest_loss: float | None
    limit_of_loss: float | None
    shots: int | None
    estimates: tuple[Estimate, ...] = ()

    @property
    def violated(self) -> bool:
        """Whether S of the network passes the noncontextual bound."""
        return self.value > BOUND

    @property
    def deviation(self) -> float:
        """Largest difference between a bit's mean in closed form and by the branch simulator."""
        return float(np.abs(np.subtract(self.bits, self.branch_bits)).max())

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        t = self.triangle
        least = self.least_squeezing
        return {
            "weight": t.weight,
            "squeezing_r": t.squeezing,
            "squeezing_db": decibels(t.squeezing),
            "loss": t.loss,
            "B": self.bits[0],
            "A": -self.bits[3],
            "S": self.value,
            "noncontextual_bound": BOUND,
            "quantum_maximum": QUANTUM_MAXIMUM,
            "violated": self.violated,
            "margin": self.value - BOUND,
            "bits": dict(zip(CONTEXTS, self.bits, strict=True)),
            "branch_simulator": {
                "bits": dict(zip(CONTEXTS, self.branch_bits, strict=True)),
                "S": self.branch_value,
                "largest_deviation": self.deviation,
            },
            "phase_space_sampler": {"S": self.sampler},
            "least_squeezing_r": least,
            "least_squeezing_db": None if least is None else decibels(least),
            "greatest_loss": self.greatest_loss,
            "greatest_loss_at_infinite_squeezing": self.limit_of_loss,
            "shots_per_context": self.shots,
            "standard_errors": STANDARD_ERRORS,
            "sampled": [one.to_json() for one in self.estimates],
        }


def run_witness(triangle: Triangle, shots: int | None = None, rng: np.random.Generator | None = None) -> Witness:
    """Compute the witness of a triangle; with shots per context, estimate it from bits of both players.

    Raises
    ------
    InputError
        If the number of shots is out of range.

    Examples
    --------
    >>> round(run_witness(Triangle()).value, 6)
    3.424451
    """
    if shots is not None:
        require_shots(shots)
    bits, branches, contexts = readout_means(triangle), branch_means(triangle), triangle.contexts()
    value = combined(contexts, bits, as_operators=True)
    drawn = np.random.default_rng(0) if rng is None else rng
    return Witness(
        triangle,
        bits,
        branches,
        value,
        combined(contexts, branches, as_operators=True),
        combined(contexts, bits, as_operators=False),
        least_squeezing(triangle.weight, triangle.loss),
        greatest_loss(triangle.weight, triangle.squeezing),
        greatest_loss(triangle.weight, inf),
        shots_needed(bits, value),
        () if shots is None else tuple(estimate(triangle, player, shots, drawn) for player in PLAYERS),
    )


@dataclass(frozen=True, slots=True, repr=False)
class WitnessStudy(Drawable):
    """A witness with the curves and sampled points of its figure."""

    witness: Witness
    points: tuple[Point, ...]

    def __repr__(self) -> str:
        verdict = "violated" if self.witness.violated else "not violated"
        return f"<WitnessStudy: S = {self.witness.value:.6g}, bound {verdict}, {len(self.points)} points>"

    def to_json(self) -> dict[str, Any]:
        """Return plain data: the witness, and under ``points`` all that the figure draws."""
        return {**self.witness.to_json(), "points": [point.to_json() for point in self.points]}


def study_of(witness: Witness, rng: np.random.Generator, shots: int = POINT_SHOTS) -> WitnessStudy:
    """Add the curves at the triangle's weight, and points that are sampled with some shots per context."""
    weight = witness.triangle.weight
    over_squeezing = [("squeezing", r, loss) for loss in SHOWN_LOSSES for r in CURVE_SQUEEZINGS]
    over_loss = [("loss", r, loss) for r in SHOWN_SQUEEZINGS for loss in CURVE_LOSSES]
    places: Sequence[tuple[str, float | None, float]] = [*over_squeezing, *over_loss]
    points = []
    for curve, r, loss in places:
        u, v = exponents(weight, inf if r is None else r, loss)
        values = network_value(u, v), sampler_value(u, v)
        points += [
            Point(curve, player.name, weight, r, loss, value) for player, value in zip(PLAYERS, values, strict=True)
        ]
    for loss in SAMPLED_LOSSES:
        for r in SAMPLED_SQUEEZINGS:
            for player in PLAYERS:
                found = estimate(Triangle(weight, r, loss), player, shots, rng)
                points.append(
                    Point("squeezing", player.name, weight, r, loss, found.value, shots, found.standard_error)
                )
    return WitnessStudy(witness, tuple(points))
