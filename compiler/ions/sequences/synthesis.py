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

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf, isfinite, log, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ions.sequences.bounds import fewest_pulses
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

HOPELESS = 5.0
"""With errors beyond this multiple of the wanted one, the largest number of pulses is tried next: if it does not reach
the error, no number in between will."""

GOOD_ENOUGH_GROWTH = 1.1
"""Leaving out a pulse that raises the error by no more than this factor is as good as it gets."""


@dataclass(frozen=True, slots=True)
class SynthesisSettings:
    """Settings of the search for a sequence.

    Parameters
    ----------
    equal_areas : bool
        Use one area for all displacement pulses: quicker to find, but about twice as many pulses.
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
    """Return the best sequence found with a given number of pulses.

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
        return task.finished(_equal(task.unit, pulses)[1])
    spare = min(max(settings.max_pulses, pulses), pulses + max(4, 3 * pulses // 4))
    return task.finished(min((_freed(task.unit, pulses), _pruned(task.unit, spare, pulses, settings.width)[-1]))[1])


def synthesise(
    phase: LinePhase,
    extent: float,
    error: float,
    settings: SynthesisSettings | None = None,
    ended: Callable[[], bool] | None = None,
) -> Synthesised:
    """Return the shortest sequence found whose certified sup-norm error is at most ``error``.

    A number of pulses with equal areas, which is quick, is sought by raising or lowering an estimate by a quarter at a
    time. Then pulses are left out until the next would not fit (or, if areas must be equal, the fewest are sought by
    bisection).

    Parameters
    ----------
    phase : LinePhase
    extent : float
        X of the interval ``|s| <= X``.
    error : float
        Largest sup-norm error there.
    settings : SynthesisSettings, optional
    ended : callable, optional
        Called between fits; once it returns true, the first sequence that reaches the error is taken.

    Raises
    ------
    InputError
        If ``error`` is not in (0, 2], or ``max_pulses`` do not reach it; the message says what was reached, or how many
        pulses it takes at least.

    Examples
    --------
    >>> synthesise(LinePhase.power(2, 0.02), 3.0, 1e-2).sequence.pulses
    3
    """
    settings = settings or SynthesisSettings()
    if not 0.0 < error <= 2.0:
        raise InputError(f"the error must lie in (0, 2], found {error}")
    task = _Task.of(phase, extent)
    found = task.finished(_equal(task.unit, 0)[1])
    if found.error.sup_norm <= error:
        return found
    require_within_reach(phase, extent, error, settings.max_pulses)
    ladder = _Ladder(task, error, settings, ended or _never)
    low, found = ladder.first()
    return _bisected(ladder, low, found) if settings.equal_areas else _freed_and_shortened(ladder, found)


def require_within_reach(phase: LinePhase, extent: float, error: float, max_pulses: int) -> None:
    """Raise InputError, without a search, if more than ``max_pulses`` of equal area are needed (`fewest_pulses`).

    Searches for sequences with free areas begin with equal areas too.
    """
    fewest = fewest_pulses(_Task.of(phase, extent).unit, error)
    if fewest > max_pulses:
        raise InputError(
            f"at least {fewest} pulses of equal area, with which every search begins, are needed to reach the error "
            f"{error:g} on |s| <= {extent:g}, but at most {max_pulses} are allowed: the phase is at least "
            f"{fewest / max_pulses:.3g} times too strong; raise max_pulses or lower the extent or the weight"
        )


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Ladder:
    """The search for a number of equal pulses that reaches an error, up and down by a quarter at a time."""

    task: _Task
    error: float
    settings: SynthesisSettings
    ended: Callable[[], bool]

    def first(self) -> tuple[int, Synthesised]:
        """Return a number of pulses that does not reach the error, and a sequence of the next rung, which does.

        Raises
        ------
        InputError
            If the largest number of pulses does not reach the error.
        """
        rungs, below = self._rungs()
        guess = estimated_pulses(self.task.unit, 1.0, self.error)
        start = next((place for place, rung in enumerate(rungs) if rung >= guess), len(rungs) - 1)
        at, found = self._climbed(rungs, start)
        while at and at <= start and not self.ended():
            _, shorter = self.reached(rungs[at - 1])
            if shorter is None:
                break
            at, found = at - 1, shorter
        return (rungs[at - 1] if at else below), found

    def _climbed(self, rungs: list[int], at: int) -> tuple[int, Synthesised]:
        """Return the first rung from a place on that reaches the error, and its sequence."""
        best, found = self.reached(rungs[at])
        if best > HOPELESS * self.error and self.reached(rungs[-1])[1] is None:
            raise self._failed(min(best, self.reached(rungs[-1])[0]))
        while found is None:
            at += 1
            if at == len(rungs):
                raise self._failed(best)
            largest, found = self.reached(rungs[at])
            best = min(best, largest)
        return at, found

    def _rungs(self) -> tuple[list[int], int]:
        """Return numbers of pulses to try, and one below the first of them that does not reach the error."""
        fewest = fewest_pulses(self.task.unit, self.error)
        rungs, most = [0], self.settings.max_pulses
        while rungs[-1] < most:
            rungs.append(min(most, max(rungs[-1] + 2, round(1.25 * rungs[-1]))))
        possible = [rung for rung in rungs if rung >= max(1, fewest)]
        return possible, max(rungs[-len(possible) - 1], fewest - 1)

    def reached(self, pulses: int) -> tuple[float, Synthesised | None]:
        """Return the error of the best sequence of so many pulses, and the sequence if its certified error suffices."""
        largest, sequence = _equal(self.task.unit, pulses, self.error)
        if largest > self.error:
            return largest, None
        found = self.task.finished(sequence)
        return found.error.sup_norm, found if found.error.sup_norm <= self.error else None

    def _failed(self, best: float) -> InputError:
        return InputError(
            f"no sequence of at most {self.settings.max_pulses} pulses reached the error {self.error:g} on |s| <= "
            f"{self.task.extent:g} (best error {best:.3g}); raise max_pulses or lower the extent or the weight"
        )


def _bisected(ladder: _Ladder, low: int, found: Synthesised) -> Synthesised:
    """Return a sequence of equal areas with the fewest pulses: more than ``low``, and at most those of ``found``."""
    pulses = found.sequence.pulses
    while pulses - low > 1 and not ladder.ended():
        middle = (low + pulses) // 2
        _, shorter = ladder.reached(middle)
        if shorter is None:
            low = middle
        else:
            pulses, found = middle, shorter
    return found


def _freed_and_shortened(ladder: _Ladder, found: Synthesised) -> Synthesised:
    """Free the areas of a sequence of equal areas, and leave out pulses while the error is still reached."""
    task, error = ladder.task, ladder.error
    _, sequence = _freed(task.unit, found.sequence.pulses, error)
    freed = task.finished(sequence)
    while freed.error.sup_norm <= error:
        found = freed
        if sequence.pulses == 1 or ladder.ended():
            break
        reached, sequence = _shorter(task.unit, sequence, 0.99 * error, ladder.settings.width)
        freed = task.finished(_tidy(sequence, reached))
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
    """Return the best sequence found for each number of pulses: the curve of error against pulses."""
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
        """Return a sequence for the scaled task as one for this, certified."""
        found = sequence.conjugate() if self.sign < 0.0 else sequence
        found = replace(found, kick=found.kick + self.linear, offset=found.offset + self.constant)
        found = found.stretched(self.extent)
        return Synthesised(self.phase, found, certify(found, self.phase, self.extent))


@lru_cache(maxsize=1024)
def _equal(phase: LinePhase, pulses: int, wanted: float = inf) -> tuple[float, SpinSequence]:
    """Return the largest error at the nodes of the best sequence with one common area, and the sequence.

    Where the wanted error is clearly out of reach, the sequence is not made as good as it could be.
    """
    if pulses == 0 or not phase.coefficients:
        return 0.0, SpinSequence((0.0,) * (pulses + 1), (0.0,) * (pulses + 1), (0.0,) * pulses)
    target = Target.of(phase, pulses, True)
    with _one_thread():
        starts = [fitted(target, target.unknowns(_start(target, base))) for base in BASES]
        error, x = level(target, min(starts, key=lambda v: v[0])[1], wanted)
    return error, _tidy(target.sequence(x), error)


@lru_cache(maxsize=1024)
def _freed(phase: LinePhase, pulses: int, wanted: float = inf) -> tuple[float, SpinSequence]:
    """Free the areas of `_equal` and fit again; return the error and the sequence."""
    target = Target.of(phase, pulses, False)
    with _one_thread():
        error, x = level(target, target.unknowns(_equal(phase, pulses, wanted)[1]))
    return error, _tidy(target.sequence(x), error)


@lru_cache(maxsize=256)
def _pruned(phase: LinePhase, top: int, bottom: int, width: int) -> tuple[tuple[float, SpinSequence], ...]:
    """Return sequences of ``top, top - 1, ..., bottom`` pulses with their errors."""
    out = [_freed(phase, top)]
    for _ in range(top - bottom):
        error, sequence = out[-1]
        error, sequence = _shorter(phase, sequence, GOOD_ENOUGH_GROWTH * error, width)
        out.append((error, _tidy(sequence, error)))
    return tuple(out)


@lru_cache(maxsize=1024)
def _shorter(phase: LinePhase, sequence: SpinSequence, enough: float, width: int) -> tuple[float, SpinSequence]:
    """Cache `one_fewer`: the terms of one edge take the same steps."""
    with _one_thread():
        return one_fewer(phase, sequence, enough, width)


def _tidy(sequence: SpinSequence, error: float) -> SpinSequence:
    """Remove a kick that is small against the error: phases without an odd part need none."""
    return replace(sequence, kick=0.0) if abs(sequence.kick) < 1e-3 * error else sequence


def _start(target: Target, base: float) -> SpinSequence:
    """Return a sequence from the least-squares series with this base area."""
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
