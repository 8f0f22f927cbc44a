r"""A polynomial in positions as phases along directions: ``f(x)/hbar = sum_r f_r(u_r . x)`` with unit vectors u_r.

Every monomial by polarization, ``y_1 ... y_k = 1/(2^{k-1} k!) sum_eps (prod eps) (y_1 + sum eps_j y_{j+1})^k`` over
signs ``eps_1 .. eps_{k-1}``; for a product of k different positions that is ``2^{k-1}`` directions, the fewest there
are. Powers of different order along one direction are one phase, hence one sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from math import factorial, gcd, prod, sqrt

import numpy as np

from compiler.errors import CircuitError, InputError
from compiler.ions.sequences.phases import LinePhase
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.typing import Array


@dataclass(frozen=True, slots=True)
class Direction:
    """The gate ``exp(i f(u . x))`` on some modes.

    Parameters
    ----------
    modes : tuple of int
        Distinct.
    vector : tuple of float
        Entries of the unit vector u, one per mode.
    phase : LinePhase
        f, in radians.

    Raises
    ------
    InputError
        If u is no unit vector or does not fit the modes.
    """

    modes: tuple[int, ...]
    vector: tuple[float, ...]
    phase: LinePhase

    def __post_init__(self) -> None:
        if len(self.modes) != len(self.vector) or len(set(self.modes)) != len(self.modes) or not self.modes:
            raise InputError(
                f"a direction needs distinct modes and one entry per mode, found modes {list(self.modes)}, "
                f"{len(self.vector)} entries"
            )
        if not abs(sum(v * v for v in self.vector) - 1.0) < 1e-9:
            raise InputError(f"a direction must be a unit vector, found {list(self.vector)}")


def directions(polynomial: Polynomial) -> tuple[Direction, ...]:
    """Return the phases of ``exp(i f(x) / hbar)``, a constant (a global phase) left out; linear phases come first.

    Raises
    ------
    InputError
        If the polynomial has named variables: a sequence is found for numbers.

    Examples
    --------
    >>> found = directions(Polynomial.monomial((0, 1, 2), 0.3))
    >>> len(found), round(abs(found[0].phase.coefficients[3]) * 6, 6)  # 3^{5/2} 0.3 / 24, as exp(i g s^3 / (3 hbar))
    (4, 0.194856)
    """
    if polynomial.names:
        raise InputError(
            f"a spin sequence is found for numbers: bind {', '.join(polynomial.names)} first, found {polynomial}"
        )
    gathered: dict[tuple[tuple[int, int], ...], LinePhase] = {}
    for key, coefficient in polynomial.terms.items():
        factors = [int(v) for v, power in key for _ in range(power)]
        order = len(factors)
        if not order:
            continue
        for form, count in _polarized(factors).items():
            length = sqrt(sum(entry * entry for _, entry in form))
            size = coefficient / HBAR * count * length**order / (2 ** (order - 1) * factorial(order))
            gathered[form] = gathered.get(form, LinePhase(())) + LinePhase.power(order, size)
    found = [
        Direction(
            tuple(mode for mode, _ in form),
            tuple(entry / sqrt(sum(e * e for _, e in form)) for _, entry in form),
            phase,
        )
        for form, phase in gathered.items()
        if phase.coefficients
    ]
    return tuple(sorted(found, key=lambda d: d.phase.degree > 1))


def power_directions(modes: tuple[int, ...], vectors: Array, strengths: Array, order: int = 3) -> tuple[Direction, ...]:
    """Return the phases of a Waring decomposition, ``exp(i sum_r (gamma_r / order) (u_r . x)^order / hbar)``.

    Parameters
    ----------
    modes : tuple of int
    vectors : array, shape (R, len(modes))
        Unit vectors u_r.
    strengths : array, shape (R,)
        gamma_r.
    order : int
    """
    out = []
    for vector, strength in zip(vectors, strengths, strict=True):
        kept = [(m, float(v)) for m, v in zip(modes, vector, strict=True) if abs(v) > 1e-14]
        phase = LinePhase.power(order, float(strength) / (order * HBAR))
        out.append(Direction(tuple(m for m, _ in kept), tuple(v for _, v in kept), phase))
    return tuple(out)


def _polarized(factors: list[int]) -> dict[tuple[tuple[int, int], ...], int]:
    """Return primitive integer forms, first entry positive, each with its integer factor ``sum (prod eps) m^k``."""
    order = len(factors)
    out: dict[tuple[tuple[int, int], ...], int] = {}
    for signs in product((1, -1), repeat=order - 1):
        form: dict[int, int] = {}
        for factor, sign in zip(factors, (1, *signs), strict=True):
            form[factor] = form.get(factor, 0) + sign
        entries = sorted((m, v) for m, v in form.items() if v)
        if not entries:
            continue
        scale = gcd(*(v for _, v in entries)) * (1 if entries[0][1] > 0 else -1)
        key = tuple((m, v // scale) for m, v in entries)
        out[key] = out.get(key, 0) + prod(signs) * scale**order
    return {key: count for key, count in out.items() if count}


POINTS = 4
"""Points at which a direction is sought: at one of them the gradient may nearly vanish, and with it the digits of u."""


GRADIENT_FLOOR = 1e-100
"""No gate of a device has gradients below this, or above its inverse."""


RELATIVE_COEFFICIENT_TOLERANCE = 1e-9
"""Largest difference of coefficients, relative to the largest, that is rounding."""


def polynomial_along(modes: tuple[int, ...], vector: tuple[float, ...], line: LinePhase) -> Polynomial:
    """Return the polynomial ``hbar f(u . x)``, without its constant.

    >>> polynomial_along((0, 1), (0.6, 0.8), LinePhase((0.0, 0.0, 0.5))).terms[((0, 1), (1, 1))]
    0.96
    """
    terms: dict[Monomial, float] = {}
    for order, c in enumerate(line.coefficients):
        for chosen in combinations_with_replacement(range(len(modes)), order):
            if order and c:
                repeats = prod(factorial(chosen.count(j)) for j in set(chosen))
                size = HBAR * c * factorial(order) / repeats * prod(vector[j] for j in chosen)
                terms |= Polynomial.monomial(tuple(modes[j] for j in chosen), size).terms
    return Polynomial(terms)


def direction_of(polynomial: Polynomial) -> Direction | None:
    """Return the direction along which a polynomial in modes is a phase ``hbar f(u . x)``; None without a single one.

    Its gradient is ``hbar f'(u . x) u`` everywhere.

    Raises
    ------
    CircuitError
        If its coefficients are too large or too small for float64.

    >>> found = direction_of(polynomial_along((1, 2), (0.6, -0.8), LinePhase((0.0, 0.0, 0.5, 0.1))))
    >>> found.modes, [round(u, 9) for u in found.vector], [round(c, 9) for c in found.phase.coefficients]
    ((1, 2), [0.6, -0.8], [0.0, 0.0, 0.5, 0.1])
    """
    modes = tuple(v for v in polynomial.variables if isinstance(v, int))
    if not modes:
        return None
    rng = np.random.default_rng(0)
    for _ in range(POINTS):
        found = _direction_at(polynomial, modes, rng.normal(size=len(modes)))
        if found is not None:
            return found
    return None


def _direction_at(polynomial: Polynomial, modes: tuple[int, ...], point: Array) -> Direction | None:
    """Apply `direction_of` with the gradient at one point; None also where ``f'(u . x)`` is too small there."""
    place = dict(zip(modes, point.tolist(), strict=True))
    gradient = np.array([polynomial.derivative(m).evaluate(place) for m in modes], dtype=float)
    length = float(np.linalg.norm(gradient))
    if not GRADIENT_FLOOR < length < 1.0 / GRADIENT_FLOOR:
        raise CircuitError(f"the strength of {polynomial} is beyond float64 arithmetic; scale it to a usual size")
    u = gradient / length
    u = u * (1.0 if u[np.flatnonzero(np.abs(u) > 0.0)[0]] > 0.0 else -1.0)
    vector = tuple(float(v) for v in u)
    on_line = dict(zip(modes, vector, strict=True))
    coefficients = [0.0] * (polynomial.degree + 1)
    for key, c in polynomial.terms.items():
        coefficients[sum(q for _, q in key)] += c / HBAR * prod(on_line[int(v)] ** q for v, q in key)
    line = LinePhase((0.0, *coefficients[1:]))
    off = polynomial - polynomial_along(modes, vector, line)
    largest = max(abs(c) for c in polynomial.terms.values())
    if max((abs(c) for key, c in off.terms.items() if key), default=0.0) > RELATIVE_COEFFICIENT_TOLERANCE * largest:
        return None
    return Direction(modes, vector, line)
