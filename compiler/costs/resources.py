"""Costs of a circuit: counts by operation, depth, non-Gaussian depth, strengths."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from math import exp
from typing import Any

from compiler.costs.schedule import waits
from compiler.ir.circuit import Circuit
from compiler.ir.operations import CubicPhase, Parameter, PrepareCubic, Squeeze, snake_name
from compiler.ir.polynomial import Polynomial


@dataclass(frozen=True, slots=True)
class Resources:
    """Costs of a circuit.

    Attributes
    ----------
    counts : mapping from snake-case operation name to number
    depth : int
        Layers of an as-soon-as-possible schedule in which an operation waits for its modes and for the results that
        its parameters use; every operation, preparation and readout included, takes one layer.
    non_gaussian_depth : int
        The largest number of non-Gaussian gates that must follow one another.
    total_cubic_strength : float
        Sum of ``|gamma|`` over the cubic phase gates and resource states with numeric strengths.
    largest_squeezing : float
        Largest ``|r|`` of the in-line squeezers.
    teleportation_noise : float
        Sum over the cubic resource states of ``e^{-2r}``, the variance that each adds to the momentum of its mode.
    """

    counts: dict[str, int]
    depth: int
    non_gaussian_depth: int
    total_cubic_strength: float
    largest_squeezing: float
    teleportation_noise: float

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def resources(circuit: Circuit) -> Resources:
    """Count the costs of a circuit.

    >>> resources(Circuit(2, (CubicPhase((0,), 0.5), CubicPhase((1,), -0.25)))).non_gaussian_depth
    1
    """
    layers: list[int] = []
    powers: list[int] = []  # non-Gaussian gates in sequence, up to and with this one
    for op, earlier in zip(circuit.operations, waits(circuit), strict=True):
        layers.append(1 + max((layers[i] for i in earlier), default=0))
        powers.append((not op.gaussian) + max((powers[i] for i in earlier), default=0))
    return Resources(
        counts=dict(sorted(Counter(snake_name(type(op).__name__) for op in circuit.operations).items())),
        depth=max(layers, default=0),
        non_gaussian_depth=max(powers, default=0),
        total_cubic_strength=sum(
            (_size(op.gamma) for op in circuit.operations if isinstance(op, CubicPhase | PrepareCubic)), 0.0
        ),
        largest_squeezing=max((_size(op.r) for op in circuit.operations if isinstance(op, Squeeze)), default=0.0),
        teleportation_noise=sum((exp(-2.0 * op.r) for op in circuit.operations if isinstance(op, PrepareCubic)), 0.0),
    )


def _size(value: Parameter) -> float:
    return 0.0 if isinstance(value, Polynomial) else abs(float(value))
