r"""Symmetric families: all triples of some modes, with weights of rank one, take one gate per mode and one more.

With ``y_i = p_i x_i``, power sums ``s_1, s_2, s_3`` of y and e_3 the sum of all products of three different y_i,

``e_3 = (s_1^3 - 3 s_2 s_1 + 2 s_3) / 6``, and ``sum_i (y_i + b s_1)^3 = s_3 + 3 b s_2 s_1 + (3 b^2 + n b^3) s_1^3``.

So ``A s_3 + B (s_2 s_1 - s_3) + C e_3`` is a combination of n + 1 cubes whenever ``A - B + C/3`` is not 0: for C = 1
and A = B = 0, ``e_3 = (1/6) [2 sum_i (y_i - s_1/2)^3 + ((n-2)/4) s_1^3]``. Factors p_i of any sign and size cover the
weights ``w_abc = p_a p_b p_c``; a permutation of modes changes nothing. A few other weights are left over, and realised
apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import permutations

import numpy as np

from compiler.synthesis.form import CubicForm, Triple
from compiler.typing import Array

SAME = 1e-12
"""Weights that differ by less than this share of the largest in a family belong to it."""

LEAST_MODES = 5
"""Families of fewer modes are left to the search, which finds as few gates."""

MAJORITY = 0.5
"""Share of the triples of a mode, among the modes of the family, that must belong to the family."""


@dataclass(frozen=True)
class SymmetricFamily:
    """A part of a form in one cube per mode and one more.

    Attributes
    ----------
    modes : tuple of int
    v : array, shape (R, n)
        The part is ``sum_r (v_r . x)^3``, on all n variables of the form; R is one more than the number of modes.
    rest : mapping from triple to float
        The monomials of the form less this part.
    """

    modes: tuple[int, ...]
    v: Array
    rest: dict[Triple, float]


def symmetric_family(form: CubicForm) -> SymmetricFamily | None:
    """Find the largest part of a form that is symmetric up to a scaling of its modes; None if no mode has a majority.

    The factors are medians over ratios of weights, so a minority of other weights does not disturb them. Modes of which
    most triples do not fit are left out, one after another.

    Examples
    --------
    >>> from itertools import combinations
    >>> form = CubicForm(6, {key: 0.2 for key in combinations(range(6), 3)})
    >>> found = symmetric_family(form)
    >>> len(found.v), found.rest
    (7, {})
    """
    modes = _core(form)
    weights = _weights(form, modes)
    places = np.arange(len(modes))
    while len(places) >= LEAST_MODES:
        part = weights[np.ix_(places, places, places)]
        factors = _factors(part)
        scale, fits = _fit(part, factors)
        known = ~np.isnan(factors)
        others = max(int(known.sum()) - 1, 1)
        share = np.where(known, fits.sum(axis=(1, 2)) / max(others * (others - 1), 1), -1.0)
        if share.min() > MAJORITY:
            return _family(form, [modes[place] for place in places], factors, scale)
        places = np.delete(places, int(np.argmin(share))) if share.min() >= 0.0 else places[share >= 0.0]
    return None


def _core(form: CubicForm) -> list[int]:
    """Return the modes left after those that hold no majority of triples are removed one after another."""
    at: dict[int, set[Triple]] = {}
    for key in form.terms:
        if len(set(key)) == 3:
            for mode in key:
                at.setdefault(mode, set()).add(key)
    heap = [(len(keys), mode) for mode, keys in at.items()]
    heapify(heap)
    while heap and len(at) >= LEAST_MODES:
        count, mode = heappop(heap)
        if mode not in at or count != len(at[mode]):
            continue  # the mode is gone, or has a later entry
        if count > MAJORITY * (len(at) - 1) * (len(at) - 2) / 2.0:
            break
        for key in at.pop(mode):
            for other in key:
                if other != mode:
                    at[other].discard(key)
                    heappush(heap, (len(at[other]), other))
    return sorted(at)


def _weights(form: CubicForm, modes: list[int]) -> Array:
    """Return the weights of products of three of these modes, in all orders; absent products have weight 0."""
    place = {mode: at for at, mode in enumerate(modes)}
    triples = [key for key in form.terms if len(set(key)) == 3 and place.keys() >= set(key)]
    out = np.zeros((len(modes),) * 3)
    if triples:
        values = np.array([form.terms[key] for key in triples])
        for a, b, c in permutations(np.array([[place[mode] for mode in key] for key in triples]).T):
            out[a, b, c] = values
    return out


def _factors(part: Array) -> Array:
    """Return p up to a common factor, from medians of ``w_abd / w_abc`` over pairs a, b; NaN where no pair exists."""
    reference = int(np.argmax((part != 0.0).sum(axis=(1, 2))))
    out = np.full(len(part), np.nan)
    below = part[reference]
    for d in range(len(part)):
        known = (below != 0.0) & (part[d] != 0.0)
        if known.any():
            out[d] = np.median(part[d][known] / below[known])
    return out


def _fit(part: Array, factors: Array) -> tuple[float, Array]:
    """Return the common factor of the products ``p_a p_b p_c``, and which weights it fits."""
    product = factors[:, None, None] * factors[None, :, None] * factors[None, None, :]
    known = (part != 0.0) & ~np.isnan(product)
    if not known.any():
        return 0.0, known
    scale = float(np.median(part[known] / product[known]))
    off = np.abs(part - scale * product)
    fits: Array = known & (off <= SAME * np.nanmax(np.abs(scale * product)))
    return scale, fits


def _family(form: CubicForm, modes: list[int], factors: Array, scale: float) -> SymmetricFamily | None:
    """Return the decomposition with these factors, and what it leaves over."""
    n = len(modes)
    p = dict(zip(modes, (float(f) for f in factors), strict=True))
    cubes = [form.terms.get((m, m, m), 0.0) / p[m] ** 3 for m in p]
    squares = [form.terms.get((min(a, b), a, max(a, b)), 0.0) / (p[a] ** 2 * p[b]) for a in p for b in p if a != b]
    a, b, c = float(np.median(cubes)), float(np.median(squares)), scale
    single, mixed, whole = a - b + c / 3.0, b - c / 2.0, c / 6.0
    if abs(single) <= SAME * abs(c):
        return None
    tilt = mixed / (3.0 * single)
    y = np.diag(factors)
    total = np.broadcast_to(factors, (n, n))
    last = whole - single * (3.0 * tilt**2 + n * tilt**3)
    local = np.concatenate([np.cbrt(single) * (y + tilt * total), np.cbrt(last) * factors[None]])
    local = local[np.abs(local).max(axis=1) > 0.0]
    v = np.zeros((len(local), form.size))
    v[:, modes] = local
    rest = {key: w for key, w in form.terms.items() if not p.keys() >= set(key)}
    floor = SAME * max(abs(x) for x in form.terms.values())
    for i, x in enumerate(p):
        for j, y_ in enumerate(list(p)[i:], start=i):
            for z in list(p)[j:]:
                kind = len({x, y_, z})
                value = (a, b, c)[kind - 1] * p[x] * p[y_] * p[z]
                difference = form.terms.get((x, y_, z), 0.0) - value
                if abs(difference) > floor:
                    rest[x, y_, z] = difference
    return SymmetricFamily(tuple(p), v, rest)
