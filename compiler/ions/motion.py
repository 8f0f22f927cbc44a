r"""What a sequence does to the motion besides its phase: heating and dephasing with time, and phonons in between.

Heating at ``ndot`` quanta a second raises ``<x^2> + <p^2> = 4 <n> + 2`` by ``4 ndot t``, half of it in each quadrature.
Motional coherence ``|0><1|`` that decays as ``e^{-t/T}`` is a rotation by a normal angle of variance ``2 t / T``.

During a sequence a wave function is ``M(x) psi(x)`` with ``|M| = 1`` as a vector of the spin, so ``<x^2>`` stays, and
``|p_j M psi| <= |p_j psi| + hbar |dM/dx_j|``. Each displacement adds at most its area to the derivative, whence

``<n_j> <= (<x_j^2> + (sqrt<p_j^2> + hbar sum_r |u_rj| A_r)^2) / 4 - 1/2``

at any moment of a program, with ``A_r`` the total area of sequence r.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

from compiler.conventions import HBAR
from compiler.errors import InputError
from compiler.ions.program import IonGate, IonProgram
from compiler.operations import Dephasing, DisplacementNoise


@dataclass(frozen=True, slots=True)
class MotionRates:
    """Rates of one mode and of the spin; None where unknown, and then nothing is added for it.

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
    """What a duration does to one mode.

    Attributes
    ----------
    added_variance : float
        Added to x and to p, in units of the vacuum's variance.
    dephasing_variance : float
        Variance of the mode's random rotation, in rad^2.
    spin_flip : float
        Probability that the spin has suffered a phase flip while it was in superposition, at most.
    """

    added_variance: float
    dephasing_variance: float
    spin_flip: float

    def operations(self, mode: int) -> tuple[DisplacementNoise | Dephasing, ...]:
        """The noise of the mode as operations of the intermediate representation; placed after the gates."""
        out: list[DisplacementNoise | Dephasing] = []
        if self.added_variance:
            out.append(DisplacementNoise((mode,), self.added_variance, self.added_variance))
        if self.dephasing_variance:
            out.append(Dephasing((mode,), self.dephasing_variance))
        return tuple(out)


def motion_noise(duration_s: float, rates: MotionRates) -> MotionNoise:
    """Heating and dephasing over a wall-clock time.

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


def phonon_bound(
    program: IonProgram | tuple[IonGate, ...], x_squared: dict[int, float], p_squared: dict[int, float]
) -> float:
    """Bound on the mean number of phonons in all listed modes together, at any moment of the program.

    Parameters
    ----------
    program : IonProgram or tuple of IonGate
    x_squared, p_squared : dict
        ``<x_j^2>`` and ``<p_j^2>`` by mode at the start, of the modes to count.

    Raises
    ------
    InputError
        If the two do not list the same modes.

    Examples
    --------
    >>> phonon_bound((), {0: 1.0}, {0: 1.0})
    0.0
    """
    if x_squared.keys() != p_squared.keys():
        raise InputError(
            f"x_squared and p_squared must list the same modes, found {sorted(x_squared)} and {sorted(p_squared)}"
        )
    gates = program.gates if isinstance(program, IonProgram) else program
    steepest = dict.fromkeys(x_squared, 0.0)
    for gate in gates:
        for mode, u in zip(gate.modes, gate.direction.vector, strict=True):
            if mode in steepest:
                steepest[mode] += abs(u) * gate.synthesised.sequence.total_area
    return sum(0.25 * (x_squared[m] + (sqrt(p_squared[m]) + HBAR * steepest[m]) ** 2) - 0.5 for m in x_squared)
