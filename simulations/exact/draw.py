"""Obtain the outcome of a readout, sampled or given and weighed, with a detector's gain and noise."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, pi, sqrt

import numpy as np

from compiler.typing import Array
from simulations.exact.strain import Tape
from simulations.exact.streams import RandomNumbers


class Draw:
    """One readout ``y = gain q + normal(0, variance)`` of a quadrature q, for all shots.

    Attributes
    ----------
    reported : array, shape (1 or shots,)
        The outcomes y, after q was drawn.
    log_weight : array, shape (1 or shots,), or None
        Log-density of a given y in the state before the readout; None where y was sampled.
    deviation : array, shape (1 or shots,), or None
        Deviation of y given the earlier outcomes, where q is normal.
    """

    def __init__(
        self,
        rng: RandomNumbers,
        shots: int,
        gain: float,
        variance: float,
        given: float | None,
        tape: Tape | None = None,
    ) -> None:
        self.rng, self.shots, self.gain, self.variance, self.given = rng, shots, gain, variance, given
        self.tape = tape
        self.log_weight: Array | None = None
        self.reported: Array = np.zeros(1)
        self.deviation: Array | None = None

    @property
    def noise(self) -> float:
        """The variance that the detector adds, counted in q."""
        return self.variance / self.gain**2 if self.gain else inf

    def normal(self, mean: Array, variance: Array) -> Array:
        """Draw q from its normal law, or from its law conditioned on y if y is given."""
        self.deviation = np.sqrt(self.gain**2 * variance + self.variance)
        if self.given is None:
            drawn = mean + np.sqrt(variance) * self.rng.normal(size=self.shots)
            return self._report(drawn if self.tape is None else self.tape.keep(drawn, np.sqrt(variance + self.noise)))
        self.reported = np.array([self.given])
        total = self.gain**2 * variance + self.variance
        innovation = self.given - self.gain * mean
        self.log_weight = -0.5 * innovation**2 / total - 0.5 * np.log(2.0 * pi * total)
        if self.variance == 0.0:
            return np.array([self.given / self.gain])
        kept = mean + self.gain * variance / total * innovation
        return np.asarray(kept + np.sqrt(variance * self.variance / total) * self.rng.normal(size=self.shots))

    def drawn(self, draw: Callable[[], Array], density: Callable[[float], Array]) -> Array:
        """Draw q by a sampler, where its law is not normal; ``density`` is that of q."""
        if self.given is None:
            drawn = draw()
            return self._report(drawn if self.tape is None else self.tape.keep(drawn, drawn.std(keepdims=True)))
        self.reported = np.array([self.given])
        if self.variance == 0.0:
            q = self.given / self.gain
            self.log_weight = np.log(np.maximum(density(q), np.finfo(float).tiny)) - log(abs(self.gain))
            return np.array([q])
        out = draw()
        self.log_weight = self._noise_density(out)
        return out

    def known(self, q: Array) -> Array:
        """Take a q that is fixed already; a given y is weighed against it."""
        if self.given is None:
            return self._report(q)
        self.reported = np.array([self.given])
        self.log_weight = self._noise_density(q)
        return q

    def _noise_density(self, q: Array) -> Array:
        out: Array = -0.5 * (self.reported - self.gain * q) ** 2 / self.variance - 0.5 * log(2.0 * pi * self.variance)
        return out

    def _report(self, q: Array) -> Array:
        self.reported = self.gain * q
        if self.variance > 0.0:
            self.reported = self.reported + sqrt(self.variance) * self.rng.normal(size=self.shots)
        return q
