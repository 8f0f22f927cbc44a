r"""Momentum readout of one mode, in the family where possible and with the help of position readouts where not.

Let the phase be ``f_0(x') + x_j g(x') + h x_j^2 / 2`` in the position x_j of the mode and the others x'. Given x', the
momentum is normal with mean ``u = g + h c(x')`` and variance ``hbar^2 P / 4 + h^2 / P``, where c(x') is the conditional
mean of x_j and P its conditional precision. If u is affine in x', reading p keeps the state in the family:

``phi -> f_0 + h c^2 / 2 + (g - m) c - (u - m)^2 h / (2 (hbar^2 P^2 / 4 + h^2))``.

If u is not affine, modes that it depends on are *pinned*: measured in position, with the result discarded. That is
exact as long as only positions of those modes are used afterwards; the simulator refuses anything else. If the phase is
not quadratic in x_j even then, all other modes that x_j is tied to are pinned, and p is drawn from the one-dimensional
wave function by a Fourier transform.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.typing import Array
from simulations.exact.draw import Draw
from simulations.exact.phase import Phase, by_power, product
from simulations.exact.state import State
from simulations.exact.strain import require_sharp
from simulations.laws.real import Law, NormalLaw, quadratic_law

GRID_HALF_WIDTH = 7.0
"""Half width of the position grid of the Fourier readout, in standard deviations: the density there is 1e-11."""

PADDING = 4
"""Zero padding of the Fourier readout: the density is known at steps of 2 pi hbar / (14 s PADDING), 22 % of the
smallest standard deviation hbar / (2 s) of a mode with position deviation s, and integrated between by cubics."""

MAX_GRID = 1 << 15
"""Largest number of grid points of the Fourier readout."""

GROUP_FLOATS = 4_000_000
"""Shots are transformed in groups of about this many padded grid points."""


def measure_momentum(
    state: State, mode: int, draw: Draw, kept: frozenset[int], want_law: bool, last: bool = False
) -> Law | None:
    """Measure the momentum of an active mode and remove the mode; return its prior law, if wanted and known.

    Parameters
    ----------
    state : State
    mode : int
    draw : Draw
        How the outcome is drawn.
    kept : frozenset of int
        Modes that are pinned only if necessary.
    want_law : bool
        Whether to return the exact law of the momentum.
    last : bool
        Whether the state is not needed afterwards.
    """
    parts = by_power(_peek(state, mode), mode)
    law = _law(state, mode, parts) if want_law else None  # before anything is pinned: pinned values are not outcomes
    while (needed := _to_pin(parts, kept)) is not None:
        if needed < 0:
            _fourier(state, mode, draw)
            return law
        state.pin(needed)
        parts = by_power(_peek(state, mode), mode)
    _gaussian(state, mode, draw, parts, last)
    return law


def _peek(state: State, mode: int) -> Phase:
    kept = dict(state.phase)
    parts = state.take_phase_of(mode)
    state.phase = kept
    return parts


def _partners(state: State, mode: int) -> set[int]:
    """Return the modes that occur together with a mode in the phase."""
    return {m for part in by_power(_peek(state, mode), mode)[1:] for key in part for m in key}


def _to_pin(parts: list[Phase], kept: frozenset[int]) -> int | None:
    """Return the mode to pin next; None if the readout stays in the family, -1 if pinning cannot bring it there."""
    if len(parts) > 3:
        return -1
    offending = [key for key in (parts[1] if len(parts) > 1 else {}) if len(key) > 1]
    offending += [key for key in (parts[2] if len(parts) > 2 else {}) if key]
    if not offending:
        return None
    modes = [m for key in offending for m in key]
    return min(set(modes), key=lambda m: (m in kept, -modes.count(m), m))


def _conditional(state: State, mode: int, parts: list[Phase]) -> tuple[list[int], Array, Phase, Array, Array]:
    """Return the other modes, precision P (1 or shots,), and mean c(x') as a phase, as intercept and as slope."""
    tied = state.tied_to(mode)
    others = sorted({m for m in tied if m != mode} | {m for part in parts for key in part for m in key})
    precision = np.linalg.inv(state.cov[np.ix_(range(len(state.cov)), tied, tied)])
    row = precision[:, tied.index(mode), :]
    p = row[:, tied.index(mode)]
    state.strain.see(1.0 / p)
    require_sharp(f"the momentum of mode {mode}", 1.0 / p, state.blur[mode])
    slope = np.zeros((len(row), len(others)))
    for at, m in enumerate(tied):
        if m != mode:
            slope[:, others.index(m)] = -row[:, at] / p
    slope[np.abs(slope) <= 1e-15] = 0.0
    intercept = state.mean[:, mode] - np.einsum("sj,sj->s", slope, state.mean[:, others])
    return others, p, state.affine_phase(intercept, slope, others), intercept, slope


def _gaussian(state: State, mode: int, draw: Draw, parts: list[Phase], last: bool) -> None:
    others, precision, mean_of, c0, c_slope = _conditional(state, mode, parts)
    state.take_phase_of(mode)  # these are the parts
    parts = parts + [{}] * (3 - len(parts))
    g, h = parts[1], 2.0 * parts[2].get((), np.zeros(1))
    g0, g_slope = state.affine(g, others)
    u0, u_slope = g0 + h * c0, g_slope + h[:, None] * c_slope
    noise = 0.25 * HBAR**2 * precision + h**2 / precision
    mean = u0 + np.einsum("sj,sj->s", u_slope, state.mean[:, others])
    cov = state.cov[np.ix_(range(len(state.cov)), others, others)]
    variance = noise + np.einsum("si,sij,sj->s", u_slope, cov, u_slope)
    require_sharp(f"the momentum of mode {mode}", variance + draw.noise, (u_slope**2 @ state.blur[others]).max())
    outcome = draw.normal(mean, variance)
    if last:
        return
    if u_slope.any():
        state.condition(u_slope, u0, noise, outcome, others)
    state.remove(mode, np.zeros(1))
    # the phase that is left, written with m = outcome
    half = np.array([0.5])
    less = dict(g)
    less[()] = less.get((), np.zeros(1)) - outcome
    for terms in (
        parts[0],
        state.times(mean_of, mean_of, half * h),
        product(less, mean_of),
    ):
        state.add_phase(terms)
    if h.any():
        rest = state.affine_phase(u0 - outcome, u_slope, others)
        weight = -half * h / (0.25 * HBAR**2 * precision**2 + h**2)
        state.add_phase(state.times(rest, rest, weight))


def _law(state: State, mode: int, parts: list[Phase]) -> Law | None:
    """Return the law of the momentum where u(x') is a polynomial of degree at most 2 and h a constant; else None."""
    parts = [*parts, {}, {}][: max(3, len(parts))]
    if len(parts) > 3 or any(key for key in parts[2]) or any(len(key) > 2 for key in parts[1]):
        return None
    others, precision, mean_of, _, _ = _conditional(state, mode, parts)
    h = 2.0 * parts[2].get((), np.zeros(1))
    noise = float((0.25 * HBAR**2 * precision + h**2 / precision)[0])
    u = dict(parts[1])
    for key, value in mean_of.items():
        u[key] = u.get(key, np.zeros(1)) + h * value
    n = len(others)
    linear, quadratic, constant = np.zeros(n), np.zeros((n, n)), 0.0
    for key, value in u.items():
        at = [others.index(m) for m in key]
        if not at:
            constant += float(value[0])
        elif len(at) == 1:
            linear[at[0]] += float(value[0])
        else:
            quadratic[at[0], at[1]] += 0.5 * float(value[0])
            quadratic[at[1], at[0]] += 0.5 * float(value[0])
    mean = state.mean[0, others]
    cov = state.cov[0][np.ix_(others, others)]
    if not quadratic.any():
        return NormalLaw(constant + float(linear @ mean), noise + float(linear @ cov @ linear))
    return quadratic_law(constant, linear, quadratic, mean, cov, noise)


def _fourier(state: State, mode: int, draw: Draw) -> None:
    """Draw p from the one-dimensional wave function of the mode, all other modes that it is tied to being pinned."""
    state.rebase(mode)  # once, and not in every look at the phase below
    partners = _partners(state, mode)
    for other in [m for m in state.active if m != mode]:
        if other in partners or state.cov[:, mode, other].any():
            state.pin(other)
            partners = _partners(state, mode)
    mean, variance = state.position_law(mode)
    deviation = np.sqrt(variance)
    parts = by_power(state.take_phase_of(mode), mode)
    coefficients = [part.get((), np.zeros(1)) for part in parts]
    state.add_phase(parts[0])
    state.measure_position(mode)  # the mode is gone; whatever it was tied to is pinned
    lead = max(len(mean), len(deviation), *(len(c) for c in coefficients))
    mean, deviation = np.broadcast_to(mean, lead), np.broadcast_to(deviation, lead)
    coefficients = [np.broadcast_to(c, lead) for c in coefficients]
    points = _grid_points(mean, deviation, coefficients)
    groups = np.array_split(np.arange(lead), -(-lead * points * PADDING // GROUP_FLOATS))
    each = state.shots // lead  # all shots at once if they share one wave function

    def by_group(one: Callable[[Array, Array, list[Array], Array], Array], of: Array) -> Array:
        parts = [one(mean[g], deviation[g], [c[g] for c in coefficients], of[g]) for g in groups if len(g)]
        return np.concatenate(parts)

    def drawn(uniform: Array) -> Array:
        return by_group(lambda m, d, c, u: _drawn(m, d, c, points, u), uniform).ravel()

    draw.drawn(
        lambda: drawn(state.rng.random(state.shots).reshape(lead, each)),
        lambda p: by_group(lambda m, d, c, at: _density(m, d, c, points, at), np.full(lead, p)),
    )


def _grid_points(mean: Array, deviation: Array, coefficients: list[Array]) -> int:
    edges = mean[:, None] + deviation[:, None] * np.linspace(-GRID_HALF_WIDTH, GRID_HALF_WIDTH, 65)
    gradient = sum(d * c[:, None] * edges ** (d - 1) for d, c in enumerate(coefficients) if d > 0)
    reach = float(np.max(np.abs(gradient) * deviation[:, None]) / HBAR) + 5.0  # largest wave number, per deviation
    if not np.isfinite(reach):
        raise InputError("a momentum readout overflows float64; scale weights, shifts or squeezing of the circuit down")
    points = 1 << int(np.ceil(np.log2(2.0 * GRID_HALF_WIDTH * reach / pi)))
    if points > MAX_GRID:
        raise InputError(
            f"a momentum readout needs {float(points):.6g} grid points, more than {MAX_GRID}: the phase is too steep "
            "for this state; use less squeezing or smaller weights"
        )
    return points


def _drawn(mean: Array, deviation: Array, coefficients: list[Array], points: int, uniform: Array) -> Array:
    """Return the momenta for uniform numbers in [0, 1), shape (rows, draws), by the laws of each row of parameters."""
    _, amplitude = _wave(mean, deviation, coefficients, points)
    size = points * PADDING
    amplitude[:, 1::2] *= -1.0  # moves momentum zero to the middle
    transformed = np.fft.fft(amplitude, n=size, axis=1)
    density = transformed.real**2 + transformed.imag**2
    # mass of the cell after each node, from the cubic through four nodes; within the cell the density is linear
    mass = 13.0 * (density[:, 1:-2] + density[:, 2:-1]) - density[:, :-3] - density[:, 3:]
    np.maximum(mass, 0.0, out=mass)
    cumulative = np.cumsum(mass, axis=1)
    drawn = uniform * cumulative[:, -1:]
    at = np.array([np.searchsorted(row, v, side="right") for row, v in zip(cumulative, drawn, strict=True)])
    np.minimum(at, mass.shape[1] - 1, out=at)  # (rows, each)
    left, right, whole, upto = (
        np.take_along_axis(array, at + shift, axis=1)
        for array, shift in ((density, 1), (density, 2), (mass, 0), (cumulative, 0))
    )
    share = 1.0 - (upto - drawn) / whole
    sloped = left * left + share * (right * right - left * left)
    inside = (
        share * (left + right) / (left + np.sqrt(sloped))
    )  # solves left t + (right - left) t^2 / 2 = share (..) / 2
    step = HBAR * pi / (GRID_HALF_WIDTH * PADDING) / deviation[:, None]
    out: Array = (at + 1 + inside - size // 2) * step
    return out


def _density(mean: Array, deviation: Array, coefficients: list[Array], points: int, p: Array) -> Array:
    """Return the density of the momentum at p, one p and one density per row of parameters."""
    z, amplitude = _wave(mean, deviation, coefficients, points)
    spacing = 2.0 * GRID_HALF_WIDTH / points
    overlap = np.sum(amplitude * np.exp(-1j / HBAR * (p * deviation)[:, None] * z), axis=1) * spacing
    norm = np.sum(np.exp(-0.5 * z**2)) * spacing
    out: Array = np.abs(overlap) ** 2 * deviation / (2.0 * pi * HBAR * norm)
    out[np.abs(p) * deviation / HBAR > pi / spacing] = 0.0  # the sum repeats with a period; the density does not
    return out


def _wave(
    mean: Array, deviation: Array, coefficients: list[Array], points: int
) -> tuple[Array, NDArray[np.complex128]]:
    """Return the positions in units of the deviation, and the amplitude there, one row per row of parameters."""
    z = (np.arange(points) - points // 2) * (2.0 * GRID_HALF_WIDTH / points)
    x = mean[:, None] + deviation[:, None] * z
    angle = np.zeros_like(x)
    for c in reversed(coefficients):
        angle *= x
        angle += c[:, None] / HBAR
    amplitude = np.empty(x.shape, dtype=complex)
    amplitude.real, amplitude.imag = np.cos(angle), np.sin(angle)
    amplitude *= np.exp(-0.25 * z**2)
    return z, amplitude
