r"""Compute S in an ion trap with heating, dephasing and spin flips, their limits, and noisy bits.

Heating at ndot quanta per second for a time t adds ``2 h``, ``h = ndot t``, to the variance of every quadrature, and a
bit that is flipped with probability q keeps the factor ``1 - 2 q``:

``S = (1 - 2q) [3 exp(-(pi/4w)(e^{-2r} + 2h (1 + 2w^2))) + exp(-(3 pi/4w)(e^{-2r} + 2h (1 + 4w^2)))]``.

Dephasing with the coherence time T turns every mode by a random normal angle of variance ``2 t / T``, which is the same
as turning the displacement v = (beta, alpha) that is read, so that ``<D(v)> = E exp(-v(theta)' V v(theta) / 2)`` with

``v(theta) = (beta cos theta + alpha sin theta, alpha cos theta - beta sin theta)``,

a mean over three independent angles, taken here by the trapezoid rule on grids that are refined until the mean stays.
Dephasing is the binding limit: it turns anti-squeezed quadratures into the ones that are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import DisplacementReadout
from compiler.semantics.gaussian_state import evolved, prepared_state
from compiler.typing import Array
from qumode_khrnn.witness.law import BOUND, combined
from qumode_khrnn.witness.sampling import BATCH
from qumode_khrnn.witness.thresholds import root
from qumode_khrnn.witness.triangle import MODES, Displacement, Triangle

REACH = 9.0
"""Half width of the grid of angles, in standard deviations; angles beyond it have a probability of 2e-19."""

GRIDS = (33, 65, 129, 193)
"""Points per angle, one grid after the other."""

SETTLED = 1e-9
"""Change of a mean from one grid to the next at which it is taken."""

UNIFORM = 9.0
"""Variance of angles, in rad^2, from which on they are uniform: their effect on the mean is down to e^{-2 variance}."""

LARGEST = 1e12
"""Largest duration in s, rate in quanta per s, and inverse of a coherence time in s."""

PRECISION = 1e-7
"""Relative precision of thresholds that need dephasing."""


@dataclass(frozen=True, slots=True)
class TrapNoise:
    """Noise of the motion and the spin until the bit is read.

    Parameters
    ----------
    duration_s : float
        Time from the preparation to the end of the readout pulse.
    heating_quanta_per_s : float
    coherence_s : float
        Decay time of ``|0><1|`` of a mode; infinite for no dephasing.
    spin_error : float
        Probability that the bit is flipped, in [0, 1/2).

    Raises
    ------
    InputError
        If a number is out of range.
    """

    duration_s: float = 0.0
    heating_quanta_per_s: float = 0.0
    coherence_s: float = inf
    spin_error: float = 0.0

    def __post_init__(self) -> None:
        for what, value in (
            ("the duration in s", self.duration_s),
            ("the heating rate in quanta per s", self.heating_quanta_per_s),
        ):
            if not 0.0 <= value <= LARGEST:
                raise InputError(f"{what} must lie in 0..{LARGEST:g}, found {value:.6g}")
        if not self.coherence_s >= 1.0 / LARGEST:
            raise InputError(f"the coherence time in s must be at least {1.0 / LARGEST:g}, found {self.coherence_s:g}")
        if not 0.0 <= self.spin_error < 0.5:
            raise InputError(f"the probability of a spin flip must lie in [0, 0.5), found {self.spin_error:g}")

    @property
    def quanta(self) -> float:
        """h, the quanta that heating adds."""
        return self.heating_quanta_per_s * self.duration_s

    @property
    def turn_variance(self) -> float:
        """Variance of the random rotation of every mode, ``2 t / T``, in rad^2."""
        return 2.0 * self.duration_s / self.coherence_s

    def to_json(self) -> dict[str, Any]:
        """Return plain data; a coherence time of None means no dephasing."""
        return {
            "duration_s": self.duration_s,
            "heating_quanta_per_s": self.heating_quanta_per_s,
            "coherence_s": None if self.coherence_s == inf else self.coherence_s,
            "spin_error": self.spin_error,
        }


def turned_mean(covariance: Array, displacement: Displacement, variance: float) -> float:
    """Return ``<D>`` averaged over independent normal rotation angles of every mode, each of the given variance.

    The mean is settled to 1e-9 wherever it matters for a violation; under strong dephasing of strongly squeezed modes,
    where it is below 0.1, the finest grid is right to about 1e-3.
    """
    factor = np.linalg.cholesky(covariance)  # v'V v = |v' factor|^2
    last = inf
    for points in (1,) if variance == 0.0 else GRIDS:
        angle, weight = _angles(variance, points)
        c, s = np.cos(angle), np.sin(angle)
        turned = [  # what each mode adds to v' factor, by angle: shape (points, 6)
            np.outer(c * beta + s * alpha, factor[m]) + np.outer(c * alpha - s * beta, factor[3 + m])
            for m, alpha, beta in zip(MODES, displacement.alpha, displacement.beta, strict=True)
        ]
        pair = (turned[1][:, None] + turned[2][None]).reshape(-1, 6)
        squares, weights = (pair**2).sum(axis=1), np.outer(weight, weight).ravel()
        found = 0.0
        for row, share in zip(turned[0], weight, strict=True):
            exponent = squares + 2.0 * (pair @ row) + row @ row
            found += float(share * (weights @ np.exp(-0.5 * exponent)))
        if abs(found - last) <= SETTLED:
            break
        last = found
    return found


def _angles(variance: float, points: int) -> tuple[Array, Array]:
    """Return the angles on a grid, and their weights."""
    if points == 1 or variance >= UNIFORM:
        return 2.0 * pi * np.arange(points) / points, np.full(points, 1.0 / points)
    z = np.linspace(-REACH, REACH, points)
    weight = np.exp(-0.5 * z * z)
    return sqrt(variance) * z, weight / weight.sum()


def trap_means(triangle: Triangle, noise: TrapNoise) -> tuple[float, ...]:
    """Return the mean bit of every context; the three B_i are alike, as the modes are."""
    return _means(triangle, noise.quanta, noise.turn_variance, noise.spin_error)


def _means(triangle: Triangle, quanta: float, turn_variance: float, spin_error: float) -> tuple[float, ...]:
    covariance = triangle.covariance() + 2.0 * quanta * np.eye(6)
    contexts = triangle.contexts()
    b, a = (
        (1.0 - 2.0 * spin_error) * turned_mean(covariance, context.displacement, turn_variance)
        for context in (contexts[0], contexts[3])
    )
    return b, b, b, a


def _margin(triangle: Triangle, quanta: float, turn_variance: float, spin_error: float) -> float:
    """Return S minus the bound."""
    means = _means(triangle, quanta, turn_variance, spin_error)
    return combined(triangle.contexts(), means, as_operators=True) - BOUND


def trap_value(triangle: Triangle, noise: TrapNoise) -> float:
    """Return S with the noise of a trap.

    >>> round(trap_value(Triangle(), TrapNoise(2e-3, 10.0, 1.0, 0.01)), 6)
    2.446
    """
    return combined(triangle.contexts(), trap_means(triangle, noise), as_operators=True)


def coherence_needed(triangle: Triangle, noise: TrapNoise) -> float | None:
    """Return the least T, in s, at which S passes the bound in the given time; None if it never does."""

    def margin(variance: float) -> float:
        return _margin(triangle, noise.quanta, variance, noise.spin_error)

    if margin(0.0) <= 0.0:
        return None
    return 0.0 if noise.duration_s == 0.0 else 2.0 * noise.duration_s / root(margin, 0.0, 1.0, PRECISION)


def duration_allowed(triangle: Triangle, noise: TrapNoise) -> float | None:
    """Return the longest t, in s, at which S passes the bound with the given rates; infinite if they are 0.

    None if S does not pass even for t = 0, because of squeezing, loss or spin flips.
    """

    def margin(duration_s: float) -> float:
        quanta, turn_variance = noise.heating_quanta_per_s * duration_s, 2.0 * duration_s / noise.coherence_s
        return _margin(triangle, quanta, turn_variance, noise.spin_error)

    if margin(0.0) <= 0.0:
        return None
    rate = noise.heating_quanta_per_s + 1.0 / noise.coherence_s
    return inf if rate == 0.0 else root(margin, 0.0, 1.0 / rate, PRECISION)


@dataclass(frozen=True, slots=True)
class TrapLimits:
    """The largest value of each noise alone at which S passes the bound; None if S does not pass without noise.

    Attributes
    ----------
    quanta : float
        h.
    spin_error : float
        q.
    time_over_coherence : float
        t / T.
    """

    quanta: float | None
    spin_error: float | None
    time_over_coherence: float | None


def trap_limits(triangle: Triangle) -> TrapLimits:
    """Return the largest heating, spin flips and dephasing that S allows, each alone.

    >>> limits = trap_limits(Triangle())
    >>> round(limits.quanta, 4), round(limits.spin_error, 4), round(limits.time_over_coherence, 5)
    (0.0237, 0.087, 0.00233)
    """
    ideal = trap_value(triangle, TrapNoise())
    if ideal <= BOUND:
        return TrapLimits(None, None, None)
    warm = root(lambda quanta: _margin(triangle, quanta, 0.0, 0.0), 0.0, 1e3, PRECISION)
    coherence = coherence_needed(triangle, TrapNoise(1.0))
    return TrapLimits(warm, 0.5 * (1.0 - BOUND / ideal), None if coherence is None else 1.0 / coherence)


@dataclass(frozen=True, slots=True)
class TrappedIons:
    """A player whose bits have the noise of a trap: angles and flips are drawn shot by shot."""

    noise: TrapNoise
    name: str = "network in the trap"
    as_operators: bool = True

    def bits(self, circuit: Circuit, shots: int, rng: np.random.Generator) -> Array:
        """Sample the circuit's one readout."""
        read = circuit.operations[-1]
        assert isinstance(read, DisplacementReadout)
        state = evolved(prepared_state(Circuit(circuit.modes)), circuit.operations[:-1])
        covariance = state.cov + 2.0 * self.noise.quanta * np.eye(len(state.cov))
        alpha, beta = np.array(read.alpha), np.array(read.beta)
        parts = []
        for start in range(0, shots, BATCH):
            count = min(BATCH, shots - start)
            angle = sqrt(self.noise.turn_variance) * rng.normal(size=(count, circuit.modes))
            c, s = np.cos(angle), np.sin(angle)
            v = np.hstack([beta * c + alpha * s, alpha * c - beta * s])  # (count, 2 n)
            mean = np.exp(-0.5 * np.einsum("si,ij,sj->s", v, covariance, v, optimize=True))
            bits = np.where(rng.random(count) < 0.5 * (1.0 + mean), 1.0, -1.0)
            parts.append(np.where(rng.random(count) < self.noise.spin_error, -bits, bits))
        return np.concatenate(parts)
