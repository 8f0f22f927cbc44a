r"""Find the noise that a teleported cubic gate with imperfect parts adds, in closed form and by exact simulation.

A cubic ancilla of strength gamma_a and squeezing r crosses its channel (transmission ``eta_a``), meets the data in
``ControlledX(-s)`` and is measured in x with efficiency ``eta_d``; the result, divided by ``sqrt(eta_d)``, is m. With v
the vacuum that loss lets in, u that of the detector and (X, P) the squeezed state under the cubic gate, let

``delta = sqrt(1-eta_a) v_x + sqrt(1/eta_d-1) u``, so that ``sqrt(eta_a) X = m + s x - delta``.

The ancilla of strength ``gamma_a = sqrt(eta_a) gamma / s^3`` and the corrections ``Shear(-2 gamma m / s)`` and
``Displacement(p = -gamma m^2 / s^2)`` then leave ``p -> p + gamma x^2 + noise`` with x unchanged and

``noise = s (sqrt(eta_a) P + sqrt(1-eta_a) v_p) - (gamma / s^2) (2 sqrt(eta_a) X delta + delta^2)``

which is independent of the data. Its variance (vacuum variance 1, ``sigma^2 = var delta``) is

``s^2 (eta_a e^{-2r} + 1 - eta_a) + (gamma^2 / s^4) (4 eta_a e^{2r} sigma^2 + 2 sigma^4)``;

without loss ``s^2 e^{-2r}``: the factor s^2 is what an in-line gain other than 1 changes, and it can go below 1 only
for an ancilla that is stronger by 1/s^3. With loss it is least at ``e^{2r} = s^3 / (2 |gamma| sigma)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, pi, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.operations import (
    ControlledX,
    CubicPhase,
    Displacement,
    Homodyne,
    Loss,
    Operation,
    PrepareCubic,
    PrepareSqueezed,
    Shear,
)
from compiler.ir.polynomial import Polynomial
from simulations.exact import simulate

PROBE_MARGIN = 1.5
"""Extra squeezing of the probe of `measured_noise` relative to the noise to be measured: the probe adds 5 %."""


@dataclass(frozen=True, slots=True)
class TeleportedCubic:
    """A gadget that performs ``CubicPhase(gamma)``.

    Attributes
    ----------
    gamma : float
        Strength of the gate.
    r : float
        Squeezing of the ancilla, before its loss.
    gain : float
        s > 0 of ``ControlledX(-s)``.
    ancilla_eta, detector_eta : float
        Transmission of the ancilla's channel, and efficiency of the homodyne detector, in (0, 1].

    Examples
    --------
    >>> ideal = TeleportedCubic(0.2, 1.0)
    >>> round(ideal.factor, 12), round(TeleportedCubic(0.2, 1.0, ancilla_eta=0.99).factor, 3)
    (1.0, 1.15)
    """

    gamma: float
    r: float
    gain: float = 1.0
    ancilla_eta: float = 1.0
    detector_eta: float = 1.0

    def __post_init__(self) -> None:
        if not (abs(self.gamma) < inf and abs(self.r) < inf and 0.0 < self.gain < inf):
            raise InputError(f"a teleported gate needs finite gamma and r, and a gain > 0, found {self}")
        if not (0.0 < self.ancilla_eta <= 1.0 and 0.0 < self.detector_eta <= 1.0):
            raise InputError(
                "transmission and efficiency of a teleported gate must lie in (0, 1], found "
                f"{self.ancilla_eta}, {self.detector_eta}"
            )

    @property
    def resource_gamma(self) -> float:
        """Strength of the ancilla: ``sqrt(eta_a) gamma / s^3``."""
        return sqrt(self.ancilla_eta) * self.gamma / self.gain**3

    @property
    def added_variance(self) -> float:
        """Variance that the gate adds to p, see the module."""
        eta, s = self.ancilla_eta, self.gain
        sigma2 = VACUUM_VARIANCE * (1.0 - eta + 1.0 / self.detector_eta - 1.0)
        squeezed, spread = VACUUM_VARIANCE * exp(-2.0 * self.r), VACUUM_VARIANCE * exp(2.0 * self.r)
        linear = s**2 * (eta * squeezed + (1.0 - eta) * VACUUM_VARIANCE)
        return linear + (self.gamma / s**2) ** 2 * (4.0 * eta * spread * sigma2 + 2.0 * sigma2**2)

    @property
    def best_r(self) -> float:
        """The squeezing of the ancilla that adds least, ``log(s^3 / (2 |gamma| sigma)) / 2``; infinite without loss."""
        sigma = sqrt(1.0 - self.ancilla_eta + 1.0 / self.detector_eta - 1.0)
        spread = 2.0 * abs(self.gamma) * sigma
        return 0.5 * log(self.gain**3 / spread) if spread else inf

    @property
    def factor(self) -> float:
        """`added_variance` over that of the plain gadget, ``e^{-2r}``."""
        return self.added_variance / (VACUUM_VARIANCE * exp(-2.0 * self.r))

    def operations(self, mode: int = 0, ancilla: int = 1, result: str = "m") -> tuple[Operation, ...]:
        """Return the gadget with its losses; without any, and at gain 1, what the pass `TeleportCubics` emits."""
        eta, s, scale = self.ancilla_eta, self.gain, 1.0 / sqrt(self.detector_eta)
        shear = Polynomial.monomial((result,), -2.0 * self.gamma * scale / s)
        kick = Polynomial.monomial((result, result), -self.gamma * scale**2 / s**2)
        steps: tuple[Operation | None, ...] = (
            PrepareCubic((ancilla,), self.resource_gamma, self.r),
            Loss((ancilla,), eta) if eta < 1.0 else None,
            ControlledX((mode, ancilla), -s),
            Loss((ancilla,), self.detector_eta) if self.detector_eta < 1.0 else None,
            Homodyne((ancilla,), 0.0, result),
            Shear((mode,), shear),
            Displacement((mode,), 0.0, kick),
        )
        return tuple(step for step in steps if step is not None)


@dataclass(frozen=True, slots=True)
class MeasuredNoise:
    """Added variance estimated from shots, its standard error, and the ratio to the prediction."""

    variance: float
    stderr: float
    ratio: float


def measured_noise(gate: TeleportedCubic, shots: int, rng: np.random.Generator) -> MeasuredNoise:
    """Return the variance that a gate adds to p, from the exact simulator.

    The gate acts on a squeezed probe, the ideal inverse ``CubicPhase(-gamma)`` follows, and p is measured: its variance
    is that of the probe, which is subtracted, and the noise. Nothing in the simulation knows the closed form.

    Parameters
    ----------
    gate : TeleportedCubic
    shots : int
        At least 2.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If there are fewer than 2 shots.

    Examples
    --------
    >>> found = measured_noise(TeleportedCubic(0.1, 1.0), 20_000, np.random.default_rng(0))
    >>> abs(found.ratio - 1.0) < 0.05
    True
    """
    if shots < 2:
        raise InputError(f"a variance needs at least 2 shots, found {shots}")
    predicted = gate.added_variance
    probe = PROBE_MARGIN - 0.5 * np.log(predicted / VACUUM_VARIANCE)
    circuit = Circuit(
        2,
        (
            PrepareSqueezed((0,), -float(probe)),
            *gate.operations(),
            CubicPhase((0,), -gate.gamma),
            Homodyne((0,), pi / 2, "p"),
        ),
        (1,),
    )
    p = simulate(circuit, shots, rng, threads=1).results["p"]
    variance = float(p.var(ddof=1)) - VACUUM_VARIANCE * exp(-2.0 * probe)
    centred = (p - p.mean()) ** 2
    stderr = float(centred.std(ddof=1) / sqrt(shots))
    return MeasuredNoise(variance, stderr, variance / predicted)
