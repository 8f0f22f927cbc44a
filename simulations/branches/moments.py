r"""Means, covariances and products of quadratures of a branch state, in closed form.

On a branch, x_i multiplies by a linear polynomial and ``p_i = -i hbar d/dx_i`` by a quadratic one. The expectation
value of a product of two such polynomials under the complex Gaussian of a pair of branches follows from Isserlis'
theorem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.typing import Array, ComplexArray
from simulations.branches.overlaps import Pairs, pairs
from simulations.branches.state import BranchState

Quadrature = tuple[str, int]
"""``("x", mode)`` or ``("p", mode)``."""


@dataclass(frozen=True, slots=True)
class _Factor:
    """``q0 + q1.x + x'q2 x / 2`` on every branch: complex arrays of shapes (m,), (m, n), (m, n, n)."""

    constant: ComplexArray
    linear: ComplexArray
    quadratic: ComplexArray


def moments(state: BranchState, modes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the means and symmetrised covariance matrix of ``(x_modes, p_modes)``, of shapes (2k,) and (2k, 2k)."""
    wanted = [(q, mode) for q in "xp" for mode in modes]
    factors = [_product(state, (q,)) for q in wanted]
    one = _product(state, ())
    n = len(wanted)
    means, seconds, norm = np.zeros(n, complex), np.zeros((n, n), complex), 0.0 + 0.0j
    for part in pairs(state, state):
        norm += part.overlaps.sum()
        for i, factor in enumerate(factors):
            means[i] += _mean(part, one, factor)
            for j in range(i, n):
                seconds[i, j] += _mean(part, factor, factors[j])
    mean = (means / norm).real
    second = np.triu((seconds / norm).real)
    return mean, second + np.triu(second, 1).T - np.outer(mean, mean)


def product_mean(state: BranchState, left: tuple[Quadrature, ...], right: tuple[Quadrature, ...]) -> complex:
    """``<left right>`` of the normalised state; each side multiplies a branch by a polynomial of degree at most 2.

    Raises
    ------
    InputError
        If a side has a larger degree: two positions, one momentum, or one position and a momentum without cubic phase.
    """
    bra, ket = _product(state, left[::-1]), _product(state, right)
    total = norm = 0.0 + 0.0j
    for part in pairs(state, state):
        norm += part.overlaps.sum()
        total += _mean(part, bra, ket)
    return complex(total / norm)


def _product(state: BranchState, quadratures: tuple[Quadrature, ...]) -> _Factor:
    m, n = state.branches, state.modes
    match quadratures:
        case ():
            return _Factor(np.ones(m, complex), np.zeros((m, n), complex), np.zeros((m, n, n), complex))
        case (("x", i),):
            linear = np.zeros((m, n), complex)
            linear[:, i] = 1.0
            return _Factor(np.zeros(m, complex), linear, np.zeros((m, n, n), complex))
        case (("x", i), ("x", j)):
            quadratic = np.zeros((m, n, n), complex)
            quadratic[:, i, j] += 1.0
            quadratic[:, j, i] += 1.0
            return _Factor(np.zeros(m, complex), np.zeros((m, n), complex), quadratic)
        case (("p", i),):
            f = state.phase.shifted(state.shifts)
            row = state.precision[i]
            return _Factor(
                HBAR * (state.tilts[:, i] + 0.5j * state.shifts @ row) + f.linear[:, i],
                HBAR * (state.curvatures[:, i] + 0.5j * row) + f.quadratic[:, i],
                np.broadcast_to(state.phase.cubic[i].astype(complex), (m, n, n)),
            )
    raise InputError(f"a side may hold x x, x or p, found {' '.join(f'{q}{i}' for q, i in quadratures)}")


def _mean(part: Pairs, bra: _Factor, ket: _Factor) -> complex:
    mu, s = part.means, part.covariances
    a0, a1, a2 = (np.conj(v[part.left]) for v in (bra.constant, bra.linear, bra.quadratic))
    b0, b1, b2 = (v[part.right] for v in (ket.constant, ket.linear, ket.quadratic))
    a_mu, b_mu = np.einsum("qij,qj->qi", a2, mu), np.einsum("qij,qj->qi", b2, mu)
    a = a0 + ((a1 + 0.5 * a_mu) * mu).sum(axis=1)
    b = b0 + ((b1 + 0.5 * b_mu) * mu).sum(axis=1)
    a_slope, b_slope = a1 + a_mu, b1 + b_mu
    a_s, b_s = a2 @ s, b2 @ s
    a_trace, b_trace = np.einsum("qii->q", a_s), np.einsum("qii->q", b_s)
    value = (
        a * b
        + np.einsum("qi,qij,qj->q", a_slope, s, b_slope)
        + 0.5 * (a * b_trace + b * a_trace)
        + 0.25 * a_trace * b_trace
        + 0.5 * np.einsum("qij,qji->q", a_s, b_s)
    )
    return complex((part.overlaps * value).sum())
