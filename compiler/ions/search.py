"""Search pulses for several phases, the hardest first; a phase out of reach is refused before the first search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from compiler.errors import InputError
from compiler.interrupt import Control
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.synthesis import (
    Synthesised,
    SynthesisSettings,
    estimated_pulses,
    require_within_reach,
    synthesise,
)
from compiler.typing import Say

ENDING = "search for shorter sequences ended; each remaining phase gets the first sequence that reaches its error"

SEARCH_POWER = 2.5
"""A search takes about as long as its estimated number of pulses to this power."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A phase on ``|s| <= extent``; ``what`` names it for people."""

    what: str
    phase: LinePhase
    extent: float

    @property
    def shape(self) -> tuple[float, ...]:
        """Key of a search: the phase on its interval, up to its sign and rounding."""
        return tuple(float(f"{abs(c):.9e}") for c in self.phase.scaled(self.extent).coefficients[2:])


class OutOfReachError(InputError):
    """No sequence was found for some phases; ``reasons`` holds why, by the place of the phase in the request."""

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__(next(iter(reasons.values())))
        self.reasons = reasons


def search(
    wanted: Sequence[Wanted], error: float, settings: SynthesisSettings, say: Say | None, *, interruptible: bool = False
) -> tuple[Synthesised, ...]:
    """Return the sequences for phases, each within an error.

    Parameters
    ----------
    wanted : sequence of Wanted
    error : float
        Largest sup-norm error of each sequence.
    settings : SynthesisSettings
    say : callable, optional
        Called with one line before every search, with the time left once one is done.
    interruptible : bool
        Whether Ctrl-C ends the search for shorter sequences, and takes for each phase the first that reaches the error.

    Raises
    ------
    OutOfReachError
        If a phase needs more pulses than are allowed, as a bound shows without a search, or as the search finds.

    Examples
    --------
    >>> from compiler.ions.sequences.phases import LinePhase
    >>> two = [Wanted("weak", LinePhase.power(2, 0.02), 3.0), Wanted("strong", LinePhase.power(2, 0.05), 3.0)]
    >>> told = []
    >>> [one.sequence.pulses for one in search(two, 1e-2, SynthesisSettings(), told.append)]
    [3, 4]
    >>> [line.split(", about")[0] for line in told]
    ['strong, 1 of 2', 'weak, 2 of 2']
    """
    reasons: dict[int, str] = {}
    for place, one in enumerate(wanted):
        try:
            require_within_reach(one.phase, one.extent, error, settings.max_pulses)
        except InputError as refusal:
            reasons[place] = str(refusal)
    if reasons:
        raise OutOfReachError(reasons)
    estimates = [estimated_pulses(one.phase, one.extent, error) for one in wanted]
    weights = {one.shape: estimate**SEARCH_POWER for one, estimate in zip(wanted, estimates, strict=True)}
    control = Control(say or _silent, ENDING)
    found: dict[int, Synthesised] = {}
    done: set[tuple[float, ...]] = set()
    start = perf_counter()
    with control.listening(interruptible):
        for place in sorted(range(len(wanted)), key=lambda place: -estimates[place]):
            one = wanted[place]
            if one.shape not in done:
                left = _left(weights, done, perf_counter() - start)
                control.say(f"{one.what}, {len(done) + 1} of {len(weights)}{left}")
            try:
                found[place] = synthesise(one.phase, one.extent, error, settings, lambda: control.stopped)
            except InputError as refusal:
                raise OutOfReachError({place: str(refusal)}) from None
            done.add(one.shape)
    return tuple(found[place] for place in range(len(wanted)))


def _left(weights: Mapping[tuple[float, ...], float], done: set[tuple[float, ...]], seconds: float) -> str:
    """Return text with the estimated time of the remaining searches, from the time that the others took."""
    past = sum(weights[shape] for shape in done)
    return f", about {seconds * (sum(weights.values()) / past - 1.0):.0f} s left" if past else ""


def _silent(line: str) -> None:
    pass
