"""Ways to compare two circuits: at points, as Gaussian channels, or up to passive gates on the vacuum; and verdicts.

Each method finds the largest difference, in float64 where that can be trusted. Float64 is trusted when it finds the
circuits equal and intermediate values stayed within its range; otherwise mpmath decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics.channel_difference import OVERFLOW, ChannelDifference, channel_difference
from compiler.semantics.gaussian_channel import GaussianChannel, NotGaussianError, gaussian_channel
from compiler.semantics.points import (
    Draws,
    Outputs,
    Pair,
    borrowed_modes,
    hidden_results,
    outputs,
    preparation_mismatch,
    resource_count,
    smallest_coordinate,
    unmeasured,
)
from compiler.semantics.readouts.exponents import (
    MOST_ENUMERATED,
    displacement_results,
    fed_outcomes,
    outcome_case,
)
from compiler.semantics.vacua import vacuum_outputs
from compiler.semantics.verdict import UNDECIDED, Counterexample, Equivalence, difference_of, different

UNIT_ROUNDOFF = 2.0**-53
"""Relative rounding of one float64 operation."""

DIGITS = 40
"""Digits of an evaluation that takes over from float64, besides two for each power of ten that values grow by."""

SYMBOL_DRAWS = 3
"""Number of random values of the symbols at which Gaussian channels are compared."""

LARGEST_ROUNDING = 1e-8
"""Largest residual that the rounding of parameters excuses: a change of 1e-6 in a parameter shows as more."""

EXPLAINED = 16.0
"""Residuals up to this many times that of one rounding of all parameters count as rounding."""

SUSPECTED = 1e-3
"""Residuals above this are never rounding."""

STEPS_OF_ROUNDING = 16.0
"""Number of roundings in sequence that a comparison of channels is assumed to add up."""

CLEAR = 1e6
"""A float64 difference of channels this many times larger than any rounding needs no more digits."""

EXACT_PRODUCTS = 4e6
"""Most multiplications, of about a microsecond each, of a comparison of channels in mpmath."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Arguments of `compiler.semantics.equivalence.equivalent`."""

    points: int
    tolerance: float
    seed: int
    digits: int | None
    rounded: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The differences of two circuits by output, the largest in words, the precision and the number of points.

    ``proved`` says that the circuits differ, whatever the method decides elsewhere.
    """

    residuals: Mapping[str, float]
    reason: str
    counterexample: Counterexample | None
    digits: int | None
    points: int
    growth: float = 1.0
    resources: int = 0
    proved: bool = False

    @property
    def residual(self) -> float:
        """The largest difference."""
        return max(self.residuals.values(), default=0.0)


Method = Callable[[Pair, Settings], Found | str | None]
"""Compares two circuits; returns text that says why it cannot decide, or None where it does not apply."""


def judged(method: Method, pair: Pair, settings: Settings, *, decides: bool) -> Equivalence | None:
    """Return the verdict of a method; None if it does not apply.

    Parameters
    ----------
    method : callable
    pair : Pair
    settings : Settings
    decides : bool
        Whether a difference that the method finds is a proof that the circuits are not equal.
    """
    found = method(pair, settings)
    if found is None:
        return None
    if isinstance(found, str):
        return different(settings.tolerance, found, decided=False)
    rounding: Mapping[str, float] = {}
    if settings.tolerance < found.residual <= SUSPECTED:
        rounding = _rounding(method, pair, settings)
    explained = bool(rounding) and all(
        residual <= max(settings.tolerance, EXPLAINED * rounding.get(name, 0.0))
        for name, residual in found.residuals.items()
    )
    largest = max(rounding.values(), default=0.0)
    tolerance, reason = settings.tolerance, found.reason
    if explained and settings.rounded and found.residual <= LARGEST_ROUNDING:
        tolerance = max(tolerance, found.residual)
    equal = found.residual <= tolerance
    if explained and not equal:
        reason += f"; rounding the parameters to float64 alone makes differences of {largest:.1e}"
    decided = equal or ((decides or found.proved) and not explained)
    return Equivalence(
        equal,
        found.residual,
        tolerance,
        found.points,
        "" if equal else reason if decided else UNDECIDED + reason,
        None if equal else found.counterexample,
        found.digits,
        found.resources,
        found.growth,
        decided,
        largest if explained else 0.0,
    )


def _rounding(method: Method, pair: Pair, settings: Settings) -> dict[str, float]:
    """Return the effect of one rounding of all parameters of either circuit on its outputs."""
    out: dict[str, float] = {}
    for number, circuit in enumerate(pair.both):
        found = method(Pair(circuit, nudged(circuit, settings.seed + number)), settings)
        if isinstance(found, Found):
            out |= {name: max(value, out.get(name, 0.0)) for name, value in found.residuals.items()}
    return out


def _digits(growth: float, asked: int | None) -> int:
    tens = int(np.log10(max(growth, 1.0))) if growth < np.inf else 300
    return max(asked or 0, DIGITS + 2 * min(300, tens))


# --- points ----------------------------------------------------------------------------------------------------------


def by_quick_points(pair: Pair, settings: Settings) -> Found | None:
    """Compare the outputs of random points in float64; None where that does not show that they are equal."""
    drawn = None if settings.digits is not None else outputs(pair, Draws(settings.seed, settings.points))
    if drawn is None or isinstance(drawn, str) or not drawn.growth * UNIT_ROUNDOFF <= settings.tolerance:
        return None
    found, _ = _found(drawn, smallest_coordinate(pair), None, settings.points, drawn.growth, pair)
    return found if found.residual <= settings.tolerance else None


def by_points(pair: Pair, settings: Settings) -> Found | str:
    """Compare the outputs of random points."""
    seed, points = settings.seed, settings.points
    drawn = outputs(pair, Draws(seed, points))
    if isinstance(drawn, str):
        return drawn
    scale, growth = smallest_coordinate(pair), drawn.growth
    digits = _digits(growth, settings.digits)
    if settings.digits is None and growth * UNIT_ROUNDOFF <= settings.tolerance:
        found, place = _found(drawn, scale, None, points, growth, pair)
        if found.residual <= settings.tolerance:
            return found
        # where float64 finds a difference, the point where it is the largest settles most cases
        few = outputs(pair, Draws(seed, points, digits, [place]))
        assert not isinstance(few, str)
        seen = difference_of([row for row in few.rows if row[0] == _output(found)], few.start, few.size, scale)
        if seen.worst is not None and seen.residual > SUSPECTED:
            reason = preparation_mismatch(pair) or str(seen.worst)
            return replace(found, reason=reason, counterexample=seen.worst, digits=digits)
    drawn = outputs(pair, Draws(seed, points, digits))
    assert not isinstance(drawn, str)
    return _found(drawn, scale, digits, points, growth, pair)[0]


def _output(found: Found) -> str:
    return "" if found.counterexample is None else found.counterexample.output


def _found(
    drawn: Outputs, scale: float, digits: int | None, points: int, growth: float, pair: Pair
) -> tuple[Found, int]:
    """Return the largest difference, and the number of the point that shows it."""
    found = difference_of(drawn.rows, drawn.start, drawn.size, scale)
    resources = resource_count(pair)
    reason = preparation_mismatch(pair) or str(found.worst)
    return Found(found.residuals, reason, found.worst, digits, points, growth, resources), found.point


# --- passive gates on the vacuum -------------------------------------------------------------------------------------


def by_vacua(pair: Pair, settings: Settings) -> Found | None:
    """Compare the outputs of random points up to a passive transformation of what is prepared in the vacuum."""
    growth = 1.0
    for circuit in pair.both:
        alone = outputs(Pair(circuit, circuit), Draws(settings.seed, 2))
        growth = max(growth, np.inf if isinstance(alone, str) else alone.growth)
    scale = min(smallest_coordinate(pair), 1.0 / growth)
    digits = _digits(growth / scale if scale else np.inf, settings.digits)
    drawn = vacuum_outputs(pair, settings.seed, settings.points, digits)
    return None if drawn is None else _found(drawn, scale, digits, settings.points, growth, pair)[0]


# --- Gaussian channels -----------------------------------------------------------------------------------------------


def by_channels(pair: Pair, settings: Settings) -> Found | str | None:
    """Compare what Gaussian circuits do to means and covariances."""
    draws = SYMBOL_DRAWS if pair.left.symbols else 1
    rng = np.random.default_rng([settings.seed, 5])
    values = [{name: float(rng.normal()) for name in sorted(pair.left.symbols)} for _ in range(draws)]
    fed = fed_outcomes(*pair.both)
    if len(fed) > MOST_ENUMERATED:
        return None
    cases = [dict(zip(fed, outcome_case(case, len(fed)), strict=True)) for case in range(2 ** len(fed))]
    values = [symbols | case for symbols in values for case in cases]
    found: list[tuple[Found, bool]] = []
    try:
        for symbols in values:
            one, other = _channels(pair, symbols, None)
            if one.names != other.names:
                return f"results {sorted(set(one.counts) ^ set(other.counts))} are photon counts in only one circuit"
            with np.errstate(all="ignore"):
                difference = channel_difference(one, other)
            rounding = STEPS_OF_ROUNDING * UNIT_ROUNDOFF * difference.amplification
            equal = difference.residual <= settings.tolerance and rounding <= settings.tolerance
            growth = max(one.growth, other.growth)
            worst = rounding * growth * growth  # later steps are the whole times the inverse of the earlier ones
            clear = SUSPECTED < difference.residual < np.inf and CLEAR * worst < difference.residual
            enough = settings.digits is None and (equal or clear)
            size = len(one.names) ** 2 * (one.rows.shape[1] + other.rows.shape[1])
            found.append((_said(difference, None, draws, fed), enough or size > EXACT_PRODUCTS))
    except NotGaussianError:
        return None
    order = sorted(range(len(values)), key=lambda place: -found[place][0].residual)
    first = found[order[0]]
    if first[1] and first[0].residual > settings.tolerance:
        return first[0]
    for place in order:  # the largest difference first: it settles most cases
        shown, enough = found[place]
        if enough:
            continue
        import mpmath

        digits = _digits(shown.growth, settings.digits)
        with mpmath.workdps(digits):
            shown = _said(channel_difference(*_channels(pair, values[place], digits)), digits, draws, fed)
        if shown.reason == OVERFLOW:
            return OVERFLOW
        found[place] = shown, True
        if shown.residual > settings.tolerance:
            return shown
    return max((shown for shown, _ in found), key=lambda shown: shown.residual)


def _said(difference: ChannelDifference, digits: int | None, draws: int, fed: list[str]) -> Found:
    found, reason = difference, difference.reason
    proved = bool(found.improbable) and not fed  # probabilities here are those without feed-forward
    if proved:
        reason = f"the probabilities of {found.improbable} differ: {reason}"
    return Found(found.residuals, reason, found.counterexample, digits, draws, found.amplification, proved=proved)


def _channels(pair: Pair, symbols: dict[str, float], digits: int | None) -> tuple[GaussianChannel, GaussianChannel]:
    kept = sorted({m for m in unmeasured(pair.left) if m < pair.common} | borrowed_modes(pair))
    hidden = hidden_results(pair)
    results = tuple(name for name in pair.left.results if name not in hidden)
    reads = tuple(dict.fromkeys(name for circuit in pair.both for name in displacement_results(circuit)))
    one, other = (gaussian_channel(c, tuple(kept), results, symbols, digits, reads) for c in pair.padded())
    return one, other


# --- rounding of parameters ------------------------------------------------------------------------------------------


def nudged(circuit: Circuit, seed: int) -> Circuit:
    """Return the circuit with every float64 parameter moved to one of its neighbours, up or down at random.

    Zeros stay zero, and the amplitudes of prepared states stay as they are.

    Examples
    --------
    >>> (op,) = nudged(Circuit(1, (ops.Squeeze((0,), 1.0),)), 0).operations
    >>> 0.0 < abs(op.r - 1.0) < 3e-16
    True
    """
    rng = np.random.default_rng([seed, 9])

    def moved(value: float) -> float:
        if value == 0.0:
            return value
        return float(np.nextafter(value, np.inf if rng.random() < 0.5 else -np.inf))

    def neighbour(value: object) -> object:
        if isinstance(value, float):
            return moved(value)
        if isinstance(value, tuple):
            return tuple(map(moved, value))
        if isinstance(value, Polynomial):
            return Polynomial({key: moved(coefficient) for key, coefficient in value.terms.items()})
        return value

    out: list[ops.Operation] = []
    for op in circuit.operations:
        if isinstance(op, ops.Interferometer):
            rows = tuple(tuple(complex(moved(z.real), moved(z.imag)) for z in row) for row in op.matrix)
            out.append(ops.Interferometer(op.modes, rows))
        elif isinstance(op, (*ops.STATES, *ops.NOISE)):
            out.append(op)
        else:
            made = {key: neighbour(value) for key, value in op.parameters().items()}
            out.append(type(op)(op.modes, **made))
    return circuit.with_operations(tuple(out))
