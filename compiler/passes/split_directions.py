"""Split phases into powers along directions, one spin sequence each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import factorial, prod

import numpy as np

from compiler.circuit import Circuit
from compiler.conventions import HBAR
from compiler.errors import CircuitError
from compiler.ions.phases import LinePhase
from compiler.ions.powers import Direction, directions
from compiler.operations import (
    ControlledZ,
    CubicPhase,
    Displacement,
    Operation,
    PhasePower,
    PolynomialPhase,
    Shear,
    phase,
)
from compiler.passes.base import PassResult, Promise
from compiler.polynomial import Polynomial
from hardware_profiles.schema import Profile

TINY = 1e-100
"""Gradients below this, or above its inverse, are no gates of a device."""

SAME = 1e-9
"""Largest difference of coefficients, relative to the largest, that is rounding."""


@dataclass(frozen=True, slots=True)
class SplitDirections:
    """Replace every phase gate by phases ``f_r(u_r . x)`` that commute, by polarization.

    Shears, ControlledZ, cubic gates and powers count as phases. A phase that is linear becomes a displacement. Phases
    that depend on results or symbols are left, and so are phases along one direction. Idempotent.
    """

    name: str = "split_directions"
    promise: Promise = Promise.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Split the phases."""
        out: list[Operation] = []
        before = after = 0
        for op in circuit.operations:
            polynomial = _polynomial(op)
            if polynomial is None or polynomial.names:
                out.append(op)
                continue
            before += 1
            one = direction_of(polynomial)
            if one is not None and one.phase.degree > 1:
                after += 1
                out.append(phase(polynomial))
                continue
            for found in directions(polynomial):
                if found.phase.degree > 1:
                    after += 1
                    out.append(phase(along(found.modes, found.vector, found.phase)))
                else:
                    kick = HBAR * found.phase.coefficients[1]
                    out += [Displacement((m,), 0.0, kick * u) for m, u in zip(found.modes, found.vector, strict=True)]
        return PassResult(circuit.with_operations(tuple(out)), f"{before} phases became {after} along directions")


def along(modes: tuple[int, ...], vector: tuple[float, ...], line: LinePhase) -> Polynomial:
    """The polynomial ``hbar f(u . x)``, without its constant.

    >>> along((0, 1), (0.6, 0.8), LinePhase((0.0, 0.0, 0.5))).terms[((0, 1), (1, 1))]
    0.96
    """
    total = Polynomial({})
    for order, c in enumerate(line.coefficients):
        for chosen in combinations_with_replacement(range(len(modes)), order):
            if order and c:
                repeats = prod(factorial(chosen.count(j)) for j in set(chosen))
                size = HBAR * c * factorial(order) / repeats * prod(vector[j] for j in chosen)
                total = total + Polynomial.monomial(tuple(modes[j] for j in chosen), size)
    return total


def direction_of(polynomial: Polynomial) -> Direction | None:
    """The direction along which a polynomial in modes is a phase ``hbar f(u . x)``; None if there is no single one.

    Its gradient is ``hbar f'(u . x) u`` everywhere.

    Raises
    ------
    CircuitError
        If its coefficients are too large or too small for float64.

    >>> found = direction_of(along((1, 2), (0.6, -0.8), LinePhase((0.0, 0.0, 0.5, 0.1))))
    >>> found.modes, [round(u, 9) for u in found.vector], [round(c, 9) for c in found.phase.coefficients]
    ((1, 2), [0.6, -0.8], [0.0, 0.0, 0.5, 0.1])
    """
    modes = tuple(v for v in polynomial.variables if isinstance(v, int))
    if not modes:
        return None
    point = dict(zip(modes, np.random.default_rng(0).normal(size=len(modes)).tolist(), strict=True))
    gradient = np.array([polynomial.derivative(m).evaluate(point) for m in modes], dtype=float)
    length = float(np.linalg.norm(gradient))
    if not TINY < length < 1.0 / TINY:
        raise CircuitError(f"the strength of {polynomial} is beyond float64 arithmetic; scale it to a usual size")
    u = gradient / length
    u = u * (1.0 if u[np.flatnonzero(np.abs(u) > 0.0)[0]] > 0.0 else -1.0)
    vector = tuple(float(v) for v in u)
    on_line = dict(zip(modes, vector, strict=True))
    coefficients = [0.0] * (polynomial.degree + 1)
    for key, c in polynomial.terms.items():
        coefficients[sum(q for _, q in key)] += c / HBAR * prod(on_line[int(v)] ** q for v, q in key)
    line = LinePhase((0.0, *coefficients[1:]))
    off = polynomial - along(modes, vector, line)
    largest = max(abs(c) for c in polynomial.terms.values())
    if max((abs(c) for key, c in off.terms.items() if key), default=0.0) > SAME * largest:
        return None
    return Direction(modes, vector, line)


def _polynomial(op: Operation) -> Polynomial | None:
    variables: tuple[int, ...]
    match op:
        case PolynomialPhase(polynomial=polynomial):
            return polynomial
        case Shear(modes=(m,), s=s):
            variables, strength, divisor = (m, m), s, 2.0
        case ControlledZ(modes=modes, s=s):
            variables, strength, divisor = modes, s, 1.0
        case CubicPhase(modes=(m,), gamma=gamma):
            variables, strength, divisor = (m, m, m), gamma, 3.0
        case PhasePower(modes=(m,), order=order, strength=power):
            variables, strength, divisor = (m,) * order, power, float(order)
        case _:
            return None
    return None if isinstance(strength, Polynomial) else Polynomial.monomial(variables, strength / divisor)
