r"""Estimate S from bits: the same contexts and the same estimator for the network and for the phase-space sampler.

A player answers the four circuits shot by shot with +1 or -1, and says how it multiplies observables. The network's
bits come from the branch simulator. The phase-space sampler draws points (x, p) from the Wigner function of the
squeezed modes, which is positive, and moves them as the gates and the loss do. It takes ``phi = alpha.p + beta.x`` as
the phase of the displacement and answers +1 with probability ``(1 + cos phi) / 2``. The mean of its bit is that of the
network, ``Re <D>``, but its phases are numbers: their product in context A is D and not -D.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt
from typing import Any, Protocol

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ControlledZ, DisplacementReadout, Loss, PrepareSqueezed
from compiler.typing import Array
from qumode_khrnn.witness.circuits import context_circuit
from qumode_khrnn.witness.law import combined
from qumode_khrnn.witness.triangle import CONTEXTS, Triangle

MAX_SHOTS = 10**7
"""Largest number of shots per context."""

BATCH = 1 << 18
"""Number of points of phase space that are drawn together."""


class Player(Protocol):
    """A player that answers the circuits of the contexts."""

    @property
    def name(self) -> str:
        """Name of the player in tables."""

    @property
    def as_operators(self) -> bool:
        """Whether its observables multiply as operators, with their sign, or as numbers."""

    def bits(self, circuit: Circuit, shots: int, rng: np.random.Generator) -> Array:
        """Return the bits of the circuit's one readout, +1 or -1, shape (shots,)."""


@dataclass(frozen=True, slots=True)
class Network:
    """The network, sampled by the branch simulator."""

    name: str = "network"
    as_operators: bool = True

    def bits(self, circuit: Circuit, shots: int, rng: np.random.Generator) -> Array:
        """Sample the circuit."""
        from simulations.branches.run import sample

        (name,) = circuit.results
        return sample(circuit, shots, rng).results[name]


@dataclass(frozen=True, slots=True)
class PhaseSpaceSampler:
    """Points of phase space that follow the gates, with the Wigner function as their law."""

    name: str = "phase-space sampler"
    as_operators: bool = False

    def bits(self, circuit: Circuit, shots: int, rng: np.random.Generator) -> Array:
        """Move points through the circuit, and answer from their phases."""
        parts = [min(BATCH, shots - start) for start in range(0, shots, BATCH)]
        return np.concatenate([_phase_space_bits(circuit, part, rng) for part in parts])


def _phase_space_bits(circuit: Circuit, shots: int, rng: np.random.Generator) -> Array:
    x, p = rng.normal(size=(2, circuit.modes, shots))  # the vacuum
    for op in circuit.operations:
        match op:
            case PrepareSqueezed(modes=(m,), r=float(r)):
                x[m], p[m] = exp(-r) * rng.normal(size=shots), exp(r) * rng.normal(size=shots)
            case ControlledZ(modes=(i, j), s=float(s)):
                p[i] += s * x[j]
                p[j] += s * x[i]
            case Loss(modes=(m,), eta=eta):
                x[m] = sqrt(eta) * x[m] + sqrt(1.0 - eta) * rng.normal(size=shots)
                p[m] = sqrt(eta) * p[m] + sqrt(1.0 - eta) * rng.normal(size=shots)
            case DisplacementReadout(modes=modes):
                phase = np.array(op.alpha) @ p[list(modes)] + np.array(op.beta) @ x[list(modes)]
                return np.where(rng.random(shots) < 0.5 * (1.0 + np.cos(phase)), 1.0, -1.0)
            case _:
                raise InputError(
                    f"{op}: the phase-space sampler runs circuits of the triangle only, which have no such operation"
                )
    raise InputError("the phase-space sampler needs a circuit with a displacement readout")


@dataclass(frozen=True, slots=True)
class Estimate:
    """S as estimated from bits.

    Attributes
    ----------
    player : str
    shots : int
        Per context.
    means : tuple of float
        Mean bit of every context.
    value : float
        S.
    standard_error : float
        Of S: the root of ``sum_c 4 p_c (1 - p_c) / N`` with ``p_c = (plus_c + 1) / (N + 2)``, the rule of succession,
        so that bits that happen to be all alike do not claim to be exact.
    """

    player: str
    shots: int
    means: tuple[float, ...]
    value: float
    standard_error: float

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "player": self.player,
            "shots_per_context": self.shots,
            "bits": dict(zip(CONTEXTS, self.means, strict=True)),
            "S": self.value,
            "standard_error": self.standard_error,
        }


def estimate(triangle: Triangle, player: Player, shots: int, rng: np.random.Generator) -> Estimate:
    """Play every context and estimate S.

    Raises
    ------
    InputError
        If the number of shots is out of range.
    """
    contexts = triangle.contexts()

    def mean(index: int) -> float:
        return float(player.bits(context_circuit(triangle, contexts[index]), shots, rng).mean())

    return estimate_from(triangle, player.name, player.as_operators, mean, shots)


def estimate_from(
    triangle: Triangle, name: str, as_operators: bool, mean_bit: Callable[[int], float], shots: int
) -> Estimate:
    """Estimate S from the mean bit of every context, given by the context's index.

    Raises
    ------
    InputError
        If the number of shots is out of range.
    """
    require_shots(shots)
    contexts = triangle.contexts()
    means = tuple(mean_bit(index) for index in range(len(contexts)))
    plus = [(0.5 * (1.0 + mean) * shots + 1.0) / (shots + 2.0) for mean in means]
    error = sqrt(sum(4.0 * p * (1.0 - p) / shots for p in plus))
    return Estimate(name, shots, means, combined(contexts, means, as_operators=as_operators), error)


def require_shots(shots: int) -> None:
    """Raise InputError if a number of shots per context is out of range."""
    if not 1 <= shots <= MAX_SHOTS:
        raise InputError(f"the number of shots per context must lie in 1..{MAX_SHOTS}, found {shots}")
