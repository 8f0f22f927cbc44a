"""Compute I of one lattice state with its threshold, and I over squeezing, for text, tables and the figure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from compiler.typing import Advance
from qumode_khrnn.witness.lattice import QUBITS, lattice_packets, lattice_witness, least_squeezing
from qumode_khrnn.witness.law import decibels

CURVE_SQUEEZINGS = tuple(0.1 * step for step in range(8, 17))
"""Squeezing parameters r of the peaks along the curves: 6.9 to 13.9 dB."""

CURVES: tuple[tuple[float | None, float], ...] = ((None, 0.0), (1.0, 0.0), (1.0, 0.02), (1.0, 0.05))
"""Envelope and loss of every curve; None is the symmetric state, ``E = e^r``."""


@dataclass(frozen=True, slots=True)
class LatticePoint:
    """I and its parts for peaks of squeezing parameter r; an envelope of None is ``E = e^r``."""

    squeezing_r: float
    envelope: float | None
    loss: float
    momenta: float
    positions: float
    wrong: float
    value: float

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with the squeezing in dB too."""
        return {**asdict(self), "squeezing_db": decibels(self.squeezing_r)}


@dataclass(frozen=True, slots=True)
class LatticeAnswer:
    """One point, and the least squeezing of the peaks for I > 0 at its envelope and loss (None: none up to r = 2)."""

    point: LatticePoint
    least_squeezing: float | None

    @property
    def violated(self) -> bool:
        """Whether I passes the bound of noncontextual bits, 0."""
        return self.point.value > 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        least = self.least_squeezing
        return {
            **self.point.to_json(),
            "noncontextual_bound": 0.0,
            "qubits": QUBITS,
            "violated": self.violated,
            "least_squeezing_r": least,
            "least_squeezing_db": None if least is None else decibels(least),
        }


def lattice_point(squeezing: float, envelope: float | None = None, loss: float = 0.0) -> LatticePoint:
    """Compute I of three lattice states under one 3-edge.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    found = lattice_witness(lattice_packets(squeezing, envelope), loss)
    return LatticePoint(squeezing, envelope, loss, found.momenta, found.positions, found.wrong, found.value)


def lattice_answer(squeezing: float, envelope: float | None = None, loss: float = 0.0) -> LatticeAnswer:
    """Compute I and the threshold at the same envelope and loss; raises InputError if a number is out of range."""
    return LatticeAnswer(lattice_point(squeezing, envelope, loss), least_squeezing(envelope, loss))


def lattice_curves(progress: Advance | None = None) -> tuple[LatticePoint, ...]:
    """Compute I over squeezing for the states of `CURVES`."""
    points = []
    for envelope, loss in CURVES:
        for squeezing in CURVE_SQUEEZINGS:
            points.append(lattice_point(squeezing, envelope, loss))
            if progress is not None:
                progress(len(points))
    return tuple(points)
