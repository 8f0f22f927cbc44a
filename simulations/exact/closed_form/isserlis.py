"""Means and covariances of polynomials in jointly normal variables: L. Isserlis, Biometrika 12, 134 (1918)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from compiler.typing import AnyArray
from simulations.exact.closed_form.arithmetic import Arithmetic
from simulations.exact.closed_form.book import Terms

MAX_PAIRS = 3_000_000
"""Largest number of pairs of monomials that a covariance of polynomials above degree 2 may take."""

MAX_WORK = 400_000_000
"""Largest number of pairs of quadratic monomials, over all pairs of readouts."""


class TooManyTermsError(ValueError):
    """The number of pairs of monomials is too large."""


def pairs_of(polys: list[Terms]) -> int:
    """Return the number of pairs of monomials that `joint_moments` forms."""
    return sum(len(terms) for terms in polys) ** 2


def joint_moments(polys: list[Terms], g: AnyArray, arithmetic: Arithmetic) -> tuple[AnyArray, AnyArray]:
    """Return means (m,) and covariances (m, m) of polynomials in centred variables with covariances ``g``.

    Raises
    ------
    TooManyTermsError
    """
    expect = partial(_expectation, {}, g, arithmetic.number)
    parts = [_Parts(terms, arithmetic) for terms in polys]
    if sum(len(p.weights) for p in parts) ** 2 > MAX_WORK:
        raise TooManyTermsError
    mean = arithmetic.zeros(len(polys))
    for i, p in enumerate(parts):
        mean[i] = p.constant + _sum(p.weights * g[p.left, p.right]) + sum(v * expect(key) for key, v in p.high.items())
    cov = arithmetic.zeros(len(polys), len(polys))
    for i, partners in enumerate(_partners(polys, g)):
        one = parts[i]
        for j in partners:
            two = parts[j]
            value = _sum(one.slope * (g[np.ix_(one.at, two.at)] @ two.slope)) if one.at and two.at else 0.0
            if one.left and two.left:  # Cov(v_a v_b, v_c v_d) = G_ac G_bd + G_ad G_bc
                both = g[np.ix_(one.left, two.left)] * g[np.ix_(one.right, two.right)]
                both += g[np.ix_(one.left, two.right)] * g[np.ix_(one.right, two.left)]
                value += _sum(one.weights * (both @ two.weights))
            if one.high or two.high:
                value += _beyond_quadratic(polys[i], polys[j], expect)
            cov[i, j] = cov[j, i] = value
    return mean, cov


def _partners(polys: list[Terms], g: AnyArray) -> list[list[int]]:
    """Return, for each polynomial, itself and the later ones that are correlated with it."""
    entries = [sorted({entry for key in terms for entry in key}) for terms in polys]
    holders: dict[int, list[int]] = {}
    for i, held in enumerate(entries):
        for entry in held:
            holders.setdefault(entry, []).append(i)
    out = []
    for i, held in enumerate(entries):
        correlated = np.flatnonzero((g[held] != 0.0).any(axis=0)).tolist()
        out.append(sorted({i, *(j for entry in correlated for j in holders.get(entry, ()) if j > i)}))
    return out


class _Parts:
    """A polynomial by degree: constant, ``slope . v[at]``, ``sum weights v[left] v[right]``, and the rest."""

    def __init__(self, terms: Terms, arithmetic: Arithmetic) -> None:
        self.constant = terms.get((), 0.0)
        linear = [(key[0], value) for key, value in terms.items() if len(key) == 1]
        kind = float if arithmetic.digits is None else object
        self.at, self.slope = [i for i, _ in linear], np.array([v for _, v in linear], dtype=kind)
        quadratic = [(*key, value) for key, value in terms.items() if len(key) == 2]
        self.left, self.right = [a for a, _, _ in quadratic], [b for _, b, _ in quadratic]
        self.weights = np.array([v for _, _, v in quadratic], dtype=kind)
        self.high = {key: value for key, value in terms.items() if len(key) > 2 and value != 0.0}


def _sum(values: AnyArray) -> Any:
    return values.sum() if values.size else 0.0


def _beyond_quadratic(left: Terms, right: Terms, expect: Callable[[tuple[int, ...]], Any]) -> Any:
    """Return the covariance from all pairs of monomials of which one has a degree above 2."""
    if len(left) * len(right) > MAX_PAIRS:
        raise TooManyTermsError
    return sum(
        one * two * (expect(tuple(sorted(a + b))) - expect(a) * expect(b))
        for a, one in left.items()
        for b, two in right.items()
        if len(a) > 2 or len(b) > 2
    )


def _expectation(
    known: dict[tuple[int, ...], Any], g: AnyArray, number: Callable[[Any], Any], key: tuple[int, ...]
) -> Any:
    """Return ``E[v_i v_j ..]`` of a centred Gaussian vector: the sum over pairings."""
    if len(key) % 2:
        return 0.0
    if not key:
        return 1.0
    if key not in known:
        first, rest = key[0], key[1:]
        known[key] = sum(
            number(g[first, other]) * _expectation(known, g, number, rest[:i] + rest[i + 1 :])
            for i, other in enumerate(rest)
            if g[first, other] != 0.0
        )
    return known[key]
