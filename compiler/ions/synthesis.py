r"""Sequences for a phase: a start from signal processing, fits from it and around it, and the fewest pulses that do.

The start: with a base area theta the series ``sum_k c_k e^{i theta (2k - D) s}`` closest to ``e^{i (f(s) - kick s)}``
on the interval (least squares: a Fourier extension, since the period ``pi/theta`` is longer than the interval), scaled
into the unit disc, complemented and stripped (`compiler.ions.stripping`). It is then fitted (`compiler.ions.fit`) with
one common area, and from there, perturbed a few times, with every area free: sums of exponentials with free frequencies
need fewer pulses than a series with one base frequency.

Phase and interval are first scaled to ``|t| <= 1``: sequences are shared by all gates with the same ``c_k X^k``.
A library of angles (pyqsp 0.2) was looked at and not used: docs/decisions/ion-angle-finding.md.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite

import numpy as np

from compiler.errors import InputError
from compiler.ions.certify import SequenceError, certify
from compiler.ions.fit import Target, fitted, level
from compiler.ions.phases import LinePhase
from compiler.ions.sequence import Array, ComplexArray, SpinSequence
from compiler.ions.stripping import complement, strip

BASES = (0.8, 1.2, 1.57)
"""Base areas of starts, for ``|t| <= 1``; pi/2 makes the period as short as the interval."""

ROOM = 0.995
"""Starts are scaled to at most this modulus, so that they can be complemented."""


@dataclass(frozen=True, slots=True)
class SynthesisSettings:
    """How hard to look.

    Parameters
    ----------
    equal_areas : bool
        All displacement pulses alike, as in signal processing proper; otherwise each has its own area.
    tries : int
        Fits with free areas: one from the best start, the rest from perturbations of it.
    seed : int
        Of the perturbations: the same seed gives the same sequence.
    max_pulses : int
        More than these are not tried.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    equal_areas: bool = False
    tries: int = 4
    seed: int = 0
    max_pulses: int = 80

    def __post_init__(self) -> None:
        if self.tries < 1 or self.max_pulses < 1 or self.seed < 0:
            raise InputError(
                f"tries and max_pulses must be at least 1 and seed at least 0, found {self.tries}, "
                f"{self.max_pulses}, {self.seed}"
            )


@dataclass(frozen=True, slots=True)
class Synthesised:
    """A sequence, the phase it stands for, and its certified error."""

    phase: LinePhase
    sequence: SpinSequence
    error: SequenceError


def find_sequence(
    phase: LinePhase, extent: float, pulses: int, settings: SynthesisSettings | None = None
) -> Synthesised:
    """The best sequence found with a given number of pulses.

    Parameters
    ----------
    phase : LinePhase
    extent : float
        X of the interval ``|s| <= X``.
    pulses : int
        Number D of spin-dependent displacements; 0 gives the idle sequence with the phase's constant and linear part.

    Raises
    ------
    InputError
        If extent is not positive and finite, or pulses is negative.

    Examples
    --------
    >>> found = find_sequence(LinePhase.power(2, 0.02), 3.0, 4)
    >>> found.sequence.pulses, found.error.sup_norm < 2e-3
    (4, True)
    """
    settings = settings or SynthesisSettings()
    if not (isfinite(extent) and extent > 0.0):
        raise InputError(f"the extent of the interval must be positive and finite, found {extent}")
    if pulses < 0:
        raise InputError(f"the number of pulses must be at least 0, found {pulses}")
    unit, linear = _without_linear(phase.scaled(extent))
    sign = -1.0 if unit.coefficients and unit.coefficients[-1] < 0.0 else 1.0
    # rounded: terms of one edge differ in the last digit only, and share a search
    key = LinePhase(tuple(float(f"{sign * c:.12e}") for c in unit.coefficients))
    found = _search(key, pulses, settings)
    if sign < 0.0:
        found = found.conjugate()
    found = replace(found, kick=found.kick + linear[1], offset=found.offset + linear[0]).stretched(extent)
    return Synthesised(phase, found, certify(found, phase, extent))


def synthesise(phase: LinePhase, extent: float, error: float, settings: SynthesisSettings | None = None) -> Synthesised:
    """The shortest sequence found whose certified sup-norm error is at most ``error``.

    With equal areas, which is quick, the number of pulses is raised by a quarter until a sequence fits; then the fewest
    are sought by bisection, with free areas where the settings allow.

    Raises
    ------
    InputError
        If ``error`` is not in (0, 2], or ``max_pulses`` do not reach it; the message says what was reached.

    Examples
    --------
    >>> synthesise(LinePhase.power(2, 0.02), 3.0, 1e-2).sequence.pulses
    3
    """
    settings = settings or SynthesisSettings()
    if not 0.0 < error <= 2.0:
        raise InputError(f"the error must lie in (0, 2], found {error}")
    quick = replace(settings, equal_areas=True)
    low, pulses = -1, 0
    found = find_sequence(phase, extent, pulses, quick)
    while found.error.sup_norm > error and pulses < settings.max_pulses:
        low, pulses = pulses, min(settings.max_pulses, max(pulses + 2, round(1.25 * pulses)))
        found = find_sequence(phase, extent, pulses, quick)
    if not settings.equal_areas:
        low = min(low, pulses // 2 - 1)  # free areas seldom save more than half
    if found.error.sup_norm > error:
        found = find_sequence(phase, extent, pulses, settings)
    if found.error.sup_norm > error:
        raise InputError(
            f"no sequence of at most {settings.max_pulses} pulses reached the error {error:g} on |s| <= "
            f"{extent:g}, the best {found.error.sup_norm:.3g}; raise max_pulses or lower the extent or the weight"
        )
    while pulses - low > 1:
        middle = (low + pulses) // 2
        shorter = find_sequence(phase, extent, middle, settings)
        if shorter.error.sup_norm <= error:
            pulses, found = middle, shorter
        else:
            low = middle
    return found


def error_curve(
    phase: LinePhase, extent: float, pulses: tuple[int, ...], settings: SynthesisSettings | None = None
) -> tuple[Synthesised, ...]:
    """The best sequence found for each number of pulses: the curve of error against pulses."""
    return tuple(find_sequence(phase, extent, count, settings) for count in pulses)


def _without_linear(phase: LinePhase) -> tuple[LinePhase, tuple[float, float]]:
    """The phase without its constant and linear part, and that part: a kick and an offset do it exactly."""
    constant, linear, *rest = (*phase.coefficients, 0.0, 0.0)
    return LinePhase((0.0, 0.0, *rest)), (constant, linear)


@lru_cache(maxsize=1024)
def _search(phase: LinePhase, pulses: int, settings: SynthesisSettings) -> SpinSequence:
    """The best sequence on ``|t| <= 1``."""
    if pulses == 0 or not phase.coefficients:
        return SpinSequence((0.0,) * (pulses + 1), (0.0,) * (pulses + 1), (0.0,) * pulses)
    with _one_thread():
        common = Target.of(phase, pulses, True)
        best, x = level(
            common, min((fitted(common, common.unknowns(_start(common, b))) for b in BASES), key=_reached)[1]
        )
        sequence = common.sequence(x)
        if settings.equal_areas:
            return _tidy(sequence, best)
        free = Target.of(phase, pulses, False)
        rng = np.random.default_rng(settings.seed)
        y = free.unknowns(sequence)
        for attempt in range(settings.tries):
            trial = y.copy()
            if attempt:
                trial[: 2 * pulses + 2] += 0.25 * rng.normal(size=2 * pulses + 2)
            trial[2 * pulses + 4 :] *= 1.0 + 0.3 * rng.normal(size=pulses)
            reached, trial = level(free, trial)
            if reached < best:
                best, y, sequence = reached, trial, free.sequence(trial)
    return _tidy(sequence, best)


def _tidy(sequence: SpinSequence, error: float) -> SpinSequence:
    """Without a kick that is small against the error: phases without odd part need none."""
    return replace(sequence, kick=0.0) if abs(sequence.kick) < 1e-3 * error else sequence


def _reached(found: tuple[float, Array]) -> float:
    return found[0]


def _start(target: Target, base: float) -> SpinSequence:
    """A sequence from the least-squares series with this base area."""
    pulses = (len(target.nodes) - 40) // 5
    slope = np.gradient(np.unwrap(np.angle(target.wanted)), target.nodes)
    kick = 0.5 * float(slope.max() + slope.min())  # centres the band of frequencies
    waves = np.exp(1j * base * np.outer(target.nodes, 2 * np.arange(pulses + 1) - pulses))  # (nodes, D + 1)
    wanted = target.wanted * np.exp(-1j * kick * target.nodes)
    gram = waves.conj().T @ waves / len(waves) + 1e-6 * np.eye(pulses + 1)
    p: ComplexArray = np.linalg.solve(gram, waves.conj().T @ wanted / len(waves))
    largest = float(np.abs(np.fft.ifft(p, 4096)).max()) * 4096
    p = p * (ROOM / max(1.0, largest))
    polar, azimuth, offset = strip(p, complement(p))
    return SpinSequence(tuple(polar), tuple(azimuth), (base,) * pulses, kick, offset)


def _one_thread() -> AbstractContextManager[object]:
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
