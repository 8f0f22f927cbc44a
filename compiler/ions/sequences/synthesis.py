r"""Sequences for a phase: a start from signal processing, fits, and pulses left out one by one.

The start: with a base area theta the series ``sum_k c_k e^{i theta (2k - D) s}`` closest to ``e^{i (f(s) - kick s)}``
on the interval (least squares: a Fourier extension, since the period ``pi/theta`` is longer than the interval), scaled
into the unit disc, complemented and stripped (`compiler.ions.sequences.stripping`). It is then fitted
(`compiler.ions.sequences.fit`) with one common area. With every area free pulses can be left out one by one
(`compiler.ions.sequences.pruning`): sums of exponentials with free frequencies need about half as many terms as a
series with one base frequency.

Phase and interval are first scaled to ``|t| <= 1``: sequences are shared by all gates with the same ``c_k X^k``.
Nothing is random. A library of angles (pyqsp 0.2) was looked at and not used:
docs/decisions/2026-11-23-ion-angle-finding.md.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite, log, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ions.sequences.certify import SequenceError, certify
from compiler.ions.sequences.fit import Target, fitted, level
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.pruning import one_fewer
from compiler.ions.sequences.sequence import SpinSequence
from compiler.ions.sequences.stripping import complement, strip
from compiler.typing import ComplexArray

BASES = (0.8, 1.2, 1.57)
"""Base areas of starts, for ``|t| <= 1``; pi/2 makes the period as short as the interval."""

LARGEST_START_MODULUS = 0.995
"""Starts are scaled to at most this modulus, so that they can be complemented."""


GOOD_ENOUGH_GROWTH = 1.1
"""Leaving out a pulse that raises the error by no more than this factor is as good as it gets."""


@dataclass(frozen=True, slots=True)
class SynthesisSettings:
    """How hard to look.

    Parameters
    ----------
    equal_areas : bool
        All displacement pulses alike, as in signal processing proper: quicker to find, about twice as many pulses.
    width : int
        Candidates fitted in full for every pulse that is left out.
    max_pulses : int
        More than these are not tried.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    equal_areas: bool = False
    width: int = 4
    max_pulses: int = 80

    def __post_init__(self) -> None:
        if self.width < 1 or self.max_pulses < 1:
            raise InputError(f"width and max_pulses must be at least 1, found {self.width}, {self.max_pulses}")


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
    task = _Task.of(phase, extent)
    if settings.equal_areas or not task.unit.coefficients or not pulses:
        return task.finished(_equal(task.unit, pulses))
    spare = min(max(settings.max_pulses, pulses), pulses + max(4, 3 * pulses // 4))
    return task.finished(min((_freed(task.unit, pulses), _pruned(task.unit, spare, pulses, settings.width)[-1]))[1])


def synthesise(phase: LinePhase, extent: float, error: float, settings: SynthesisSettings | None = None) -> Synthesised:
    """The shortest sequence found whose certified sup-norm error is at most ``error``.

    With equal areas, which is quick, the number of pulses is raised by a quarter until a sequence fits. Then pulses are
    left out until the next would not fit (or, if areas must be equal, the fewest are sought by bisection).

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
    task = _Task.of(phase, extent)
    low, pulses = -1, 0
    found = task.finished(_equal(task.unit, 0))
    while found.error.sup_norm > error and pulses < settings.max_pulses and task.unit.coefficients:
        low, pulses = pulses, min(settings.max_pulses, max(pulses + 2, round(1.25 * pulses)))
        found = task.finished(_equal(task.unit, pulses))
    if settings.equal_areas:
        while pulses - low > 1 and found.error.sup_norm <= error:
            middle = (low + pulses) // 2
            shorter = task.finished(_equal(task.unit, middle))
            if shorter.error.sup_norm <= error:
                pulses, found = middle, shorter
            else:
                low = middle
    elif pulses:
        _, sequence = _freed(task.unit, pulses)
        freed = task.finished(sequence)
        while freed.error.sup_norm <= error:
            found = freed
            if sequence.pulses == 1:
                break
            reached, sequence = _shorter(task.unit, sequence, 0.99 * error, settings.width)
            freed = task.finished(_tidy(sequence, reached))
    if found.error.sup_norm > error:
        raise InputError(
            f"no sequence of at most {settings.max_pulses} pulses reached the error {error:g} on |s| <= "
            f"{extent:g}, the best {found.error.sup_norm:.3g}; raise max_pulses or lower the extent or the weight"
        )
    return found


def estimated_pulses(phase: LinePhase, extent: float, error: float) -> float:
    """Estimate the pulses of the shortest sequence with equal areas, without a search: ``1 + 1.25 ln(1/e) sqrt(B)``.

    B is half the range of the slope ``f'`` over ``|t| <= 1``, with ``s = X t``: the frequencies that a series needs.
    The factor is a fit to phases of degree 2 to 4, B of 0.5 to 10 and errors e of 1e-4 to 1e-2; the estimate is right
    to some 20 % there, and to a factor 2.5 at worst.

    >>> round(estimated_pulses(LinePhase.power(2, 0.5), 2.0, 1e-2))
    13
    """
    slopes = phase.scaled(extent).slope(np.linspace(-1.0, 1.0, 201))
    return 1.0 + 1.25 * max(1.0, log(1.0 / error)) * sqrt(0.5 * float(np.ptp(slopes)))


def error_curve(
    phase: LinePhase, extent: float, pulses: tuple[int, ...], settings: SynthesisSettings | None = None
) -> tuple[Synthesised, ...]:
    """The best sequence found for each number of pulses: the curve of error against pulses."""
    return tuple(find_sequence(phase, extent, count, settings) for count in pulses)


@dataclass(frozen=True, slots=True)
class _Task:
    """A phase on an interval; the same scaled to ``|t| <= 1``, without linear part, its leading term positive."""

    phase: LinePhase
    extent: float
    unit: LinePhase
    constant: float
    linear: float
    sign: float

    @classmethod
    def of(cls, phase: LinePhase, extent: float) -> _Task:
        # a kick and an offset do the constant and the linear part exactly
        constant, linear, *rest = (*phase.scaled(extent).coefficients, 0.0, 0.0)
        sign = -1.0 if next((c for c in reversed(rest) if c), 1.0) < 0.0 else 1.0
        # rounded: terms of one edge differ in the last digit only, and share a search
        unit = LinePhase((0.0, 0.0, *(float(f"{sign * c:.12e}") for c in rest)))
        return cls(phase, extent, unit, constant, linear, sign)

    def finished(self, sequence: SpinSequence) -> Synthesised:
        """A sequence for the scaled task as one for this, certified."""
        found = sequence.conjugate() if self.sign < 0.0 else sequence
        found = replace(found, kick=found.kick + self.linear, offset=found.offset + self.constant)
        found = found.stretched(self.extent)
        return Synthesised(self.phase, found, certify(found, self.phase, self.extent))


@lru_cache(maxsize=1024)
def _equal(phase: LinePhase, pulses: int) -> SpinSequence:
    """The best sequence with one common area."""
    if pulses == 0 or not phase.coefficients:
        return SpinSequence((0.0,) * (pulses + 1), (0.0,) * (pulses + 1), (0.0,) * pulses)
    target = Target.of(phase, pulses, True)
    with _one_thread():
        starts = [fitted(target, target.unknowns(_start(target, base))) for base in BASES]
        error, x = level(target, min(starts, key=lambda v: v[0])[1])
    return _tidy(target.sequence(x), error)


@lru_cache(maxsize=1024)
def _freed(phase: LinePhase, pulses: int) -> tuple[float, SpinSequence]:
    """The sequence with one common area, its areas freed and fitted again, and its error."""
    target = Target.of(phase, pulses, False)
    with _one_thread():
        error, x = level(target, target.unknowns(_equal(phase, pulses)))
    return error, _tidy(target.sequence(x), error)


@lru_cache(maxsize=256)
def _pruned(phase: LinePhase, top: int, bottom: int, width: int) -> tuple[tuple[float, SpinSequence], ...]:
    """Sequences of ``top, top - 1, ..., bottom`` pulses with their errors."""
    out = [_freed(phase, top)]
    for _ in range(top - bottom):
        error, sequence = out[-1]
        error, sequence = _shorter(phase, sequence, GOOD_ENOUGH_GROWTH * error, width)
        out.append((error, _tidy(sequence, error)))
    return tuple(out)


@lru_cache(maxsize=1024)
def _shorter(phase: LinePhase, sequence: SpinSequence, enough: float, width: int) -> tuple[float, SpinSequence]:
    """`one_fewer`, remembered: the terms of one edge go the same way down."""
    with _one_thread():
        return one_fewer(phase, sequence, enough, width)


def _tidy(sequence: SpinSequence, error: float) -> SpinSequence:
    """Without a kick that is small against the error: phases without odd part need none."""
    return replace(sequence, kick=0.0) if abs(sequence.kick) < 1e-3 * error else sequence


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
    p = p * (LARGEST_START_MODULUS / max(1.0, largest))
    polar, azimuth, offset = strip(p, complement(p))
    return SpinSequence(tuple(polar), tuple(azimuth), (base,) * pulses, kick, offset)


def _one_thread() -> AbstractContextManager[object]:
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits
