r"""Side effects of a sequence on the motion: heating and dephasing over time, and phonons while it runs.

Heating at ``ndot`` quanta per second raises ``<x^2> + <p^2> = 4 <n> + 2`` by ``4 ndot t``, half in each quadrature.
Motional coherence ``|0><1|`` that decays as ``e^{-t/T}`` is a rotation by a normal angle of variance ``2 t / T``.

During a program a wave function is ``M(x) psi(x)`` with M a unit vector of the spin, so ``<x^2>`` stays, and
``|p_j M psi| <= |p_j psi| + hbar |(dM/dx_j) psi|``. By the triangle inequality a finished sequence adds at most
``|u_rj| L_r`` to the last norm, with L_r the root mean square over the state of its slope ``|U_r'(u_r . x)|``; one that
is running, the largest that this was at any of its moments. With D_j the sum of these

``<n_j> <= (<x_j^2> + (sqrt<p_j^2> + hbar D_j)^2) / 4 - 1/2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ions.extent import GaussianExtent, Interval
from compiler.ions.program import IonGate, IonProgram
from compiler.ir.conventions import HBAR
from compiler.ir.operations import Dephasing, DisplacementNoise

POINTS = 2001
"""Number of points at which the slope along a direction is averaged."""


@dataclass(frozen=True, slots=True)
class MotionRates:
    """Rates of one mode and of the spin; None where a rate is unknown, which then adds no noise.

    Parameters
    ----------
    heating_quanta_per_s : float
    motional_coherence_s : float or None
        Decay time of ``|0><1|`` of the mode.
    spin_coherence_s : float or None
        Decay time of ``|0><1|`` of the spin.

    Raises
    ------
    InputError
        If a rate is negative or a time not positive.
    """

    heating_quanta_per_s: float = 0.0
    motional_coherence_s: float | None = None
    spin_coherence_s: float | None = None

    def __post_init__(self) -> None:
        if not self.heating_quanta_per_s >= 0.0:
            raise InputError(f"the heating rate must be at least 0, found {self.heating_quanta_per_s}")
        for time in (self.motional_coherence_s, self.spin_coherence_s):
            if time is not None and not time > 0.0:
                raise InputError(f"a coherence time must be positive, found {time}")


@dataclass(frozen=True, slots=True)
class MotionNoise:
    """Noise that one mode collects over a duration.

    Attributes
    ----------
    added_variance : float
        Variance that is added to x and to p, in units of the vacuum's variance.
    dephasing_variance : float
        Variance of the mode's random rotation, in rad^2.
    spin_flip : float
        Probability that the spin has suffered a phase flip while it was in superposition, at most.
    """

    added_variance: float
    dephasing_variance: float
    spin_flip: float

    def operations(self, mode: int) -> tuple[DisplacementNoise | Dephasing, ...]:
        """Return the noise of the mode as operations of the intermediate representation; placed after the gates."""
        out: list[DisplacementNoise | Dephasing] = []
        if self.added_variance:
            out.append(DisplacementNoise((mode,), self.added_variance, self.added_variance))
        if self.dephasing_variance:
            out.append(Dephasing((mode,), self.dephasing_variance))
        return tuple(out)


def motion_noise(duration_s: float, rates: MotionRates) -> MotionNoise:
    """Return heating and dephasing over a wall-clock time.

    Raises
    ------
    InputError
        If the duration is negative.

    Examples
    --------
    >>> motion_noise(1e-3, MotionRates(heating_quanta_per_s=50.0, motional_coherence_s=0.1)).added_variance
    0.1
    """
    if not duration_s >= 0.0:
        raise InputError(f"the duration must be at least 0, found {duration_s}")
    motional, spin = rates.motional_coherence_s, rates.spin_coherence_s
    return MotionNoise(
        2.0 * rates.heating_quanta_per_s * duration_s,
        0.0 if motional is None else 2.0 * duration_s / motional,
        0.0 if spin is None else 0.5 * (1.0 - exp(-duration_s / spin)),
    )


def phonon_bound(program: IonProgram, x_squared: dict[int, float], p_squared: dict[int, float]) -> float:
    """Return the bound on the mean number of phonons in all listed modes together, at any moment of the program.

    For a `GaussianExtent` the slopes are averaged over its law; for an `Interval`, which knows no law, the largest in
    it are taken, and the bound is for states inside it, and coarse.

    Parameters
    ----------
    program : IonProgram
    x_squared, p_squared : dict
        ``<x_j^2>`` and ``<p_j^2>`` by mode at the start, of the modes to count.

    Raises
    ------
    InputError
        If the two do not list the same modes.

    Examples
    --------
    >>> from compiler.ions.program import compile_edge
    >>> kick = compile_edge((0,), 3.0, 5.0, 1e-3)  # exp(3 i x / hbar): p -> p + 3
    >>> round(phonon_bound(kick, {0: 1.0}, {0: 1.0}), 6)  # (1 + (1 + 3)^2) / 4 - 1/2
    3.75
    """
    if x_squared.keys() != p_squared.keys():
        raise InputError(
            f"x_squared and p_squared must list the same modes, found {sorted(x_squared)} and {sorted(p_squared)}"
        )

    def phonons(slopes: dict[int, float]) -> float:
        return sum(0.25 * (x_squared[m] + (sqrt(p_squared[m]) + HBAR * slopes[m]) ** 2) - 0.5 for m in x_squared)

    done = dict.fromkeys(x_squared, 0.0)
    most = phonons(done)
    for gate in program.gates:
        during, end = _slopes(gate, program.extent)
        now = dict(done)
        for mode, u in zip(gate.modes, gate.direction.vector, strict=True):
            if mode in done:
                now[mode] += abs(u) * during
                done[mode] += abs(u) * end
        most = max(most, phonons(now), phonons(done))
    return most


def _slopes(gate: IonGate, extent: Interval | GaussianExtent) -> tuple[float, float]:
    """Return the slope ``|U'|`` of a sequence at its steepest moment and at its end.

    U is special unitary (a spin-dependent displacement makes the kick), so its derivative stretches all spins alike:
    the slope of the spin that starts in ``|0>`` is its norm.
    """
    sequence = gate.synthesised.sequence
    if isinstance(extent, GaussianExtent):
        mean, deviation = extent.law(gate.modes, gate.direction.vector)
        z = np.linspace(-10.0, 10.0, POINTS)
        weight = np.exp(-0.5 * z**2) / np.sum(np.exp(-0.5 * z**2))
        squares = [np.sum(np.abs(dv) ** 2, axis=0) @ weight for _, dv in sequence.history(mean + deviation * z)]
        slopes = [sqrt(float(v)) for v in squares]
        return max(slopes), slopes[-1]
    reach = gate.synthesised.error.extent
    s = np.linspace(-reach, reach, POINTS)
    slopes = [float(np.hypot(np.abs(dv[0]), np.abs(dv[1])).max()) for _, dv in sequence.history(s)]
    # between grid points it changes by at most |U''| <= total_area^2 times half the spacing; a kick's does not change
    between = reach / (POINTS - 1) * sequence.total_area**2 if sequence.pulses else 0.0
    return max(slopes) + between, slopes[-1] + between
