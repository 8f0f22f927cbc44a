r"""Paired peeling, for dense forms: two variables at a time, at the price of one.

With i, j peeled off and R the k variables after them, ``f = x_i Q_i(R) + x_j Q_j(R) + x_i x_j l(R) + rest``. Shift one
form to make it definite, ``M = Q_i + c``; then M and Q_j are diagonal in one basis, ``M = sum y_m^2``, ``Q_j = sum mu_m
y_m^2``, and

``x_i M + x_j Q_j = sum_m z_m y_m^2``, ``z_m = x_i + mu_m x_j``,

takes two cubic gates for each m, by ``z y^2 = [(z+y)^3 + (z-y)^3 - 2 z^3] / 6``, where eigen-peeling of i and of j
takes four. What is left over is small: cubes of z_m, a binary cubic in x_i and x_j (at most three gates by search),
``x_i x_j l`` (four), and the shifts of all pairs together, ``-sum_m x_m^2 S_m`` with ``S_m = sum of c x_i over earlier
pairs`` (three per mode). In all about ``n^2 / 2`` gates against ``n^2`` by eigen-peeling.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi, sqrt

import numpy as np
from scipy.linalg import eigh

from compiler.ir.operations import BeamSplitter, CubicPhase, Operation
from compiler.synthesis.emission import gather, interferometer
from compiler.synthesis.form import CubicForm, Plan, Triple, generic_rank, local_form, moved
from compiler.synthesis.options import Effort
from compiler.synthesis.peeling import hub_form, peel
from compiler.synthesis.structure import WINDOW, shared_factors
from compiler.synthesis.waring.dense import work
from compiler.synthesis.waring.search import fewest_powers
from compiler.typing import Array

SHIFT = 1.5
"""The shift c, as a multiple of the spectral radius of Q_i: M then has a condition number of 5."""

LEAST_RADIUS_SHARE = 0.1
"""The radius of Q_i counts as at least this share of that of Q_j, so that mu stays moderate."""

TYPICAL_ITERATIONS = 120
"""Iterations of a Waring search with a few unknowns to spare; with few exceptions they are enough."""

BINARY_CUBIC_SECONDS = 0.01
"""Nominal seconds of search for one binary cubic."""


def reach(n: int, effort: Effort, iterations: int) -> int:
    """Return the most variables, from a window to n, for which so many iterations of a search are affordable."""
    while n > WINDOW and not effort.affords(iterations * work((generic_rank(n) + 1) * n)):
        n -= 1
    return n


def paired_peeling(form: CubicForm, seed: int, effort: Effort, strength_cap: float) -> Plan:
    """Peel in pairs down to a core that a search realises; a smaller core if it fails, and at last one that is peeled.

    Cost: a pair with k variables after it takes at most ``2k + 7`` cubic gates, and the shifts three per variable.

    Parameters
    ----------
    form : CubicForm
        A form of products of different variables, with more than `WINDOW` variables.
    seed : int
    effort : Effort
    strength_cap : float
        Largest strength of the core, as a multiple of its polarization's.
    """
    part = effort.part(0.35)
    pairs = (form.size - reach(form.size - 2, part, TYPICAL_ITERATIONS) + 1) // 2
    operations, left = peel_in_pairs(form, pairs, seed)
    core, modes = local_form(left)
    cap = strength_cap * core.polarization_strength
    peeled = peel(core, shared_factors(core))
    found = fewest_powers(core, peeled.cubics, seed, part, cap)
    if found is None:
        found = peeled if core.size < WINDOW + 2 else paired_peeling(core, seed, effort, strength_cap)
    return Plan("paired peeling", form.size, (*operations, *moved(found.operations, modes)))


def peel_in_pairs(form: CubicForm, pairs: int, seed: int) -> tuple[tuple[Operation, ...], dict[Triple, float]]:
    """Return operations that take the first ``2 pairs`` variables off a form, and the monomials left on the others.

    Monomials with repeated variables are not taken; the form must consist of products of different variables.

    Parameters
    ----------
    form : CubicForm
    pairs : int
        Number of pairs; ``2 pairs + 2`` variables at least must exist.
    seed : int
        Seed of the searches for binary cubics.
    """
    left = dict(form.terms)
    out: list[Operation] = []
    shifts = np.zeros((form.size, form.size))  # [m, i]: coefficient of x_m^2 x_i that was added and must go again
    for pair in range(pairs):
        i, j = 2 * pair, 2 * pair + 1
        rest = tuple(range(j + 1, form.size))
        mine = {key: left.pop(key) for key in list(left) if key[0] in (i, j)}
        first = _on({key: c for key, c in mine.items() if key[0] == i and key[1] != j}, i, rest)
        second = _on({key: c for key, c in mine.items() if key[0] == j}, j, rest)
        out += peel(CubicForm(form.size, {key: c for key, c in mine.items() if key[:2] == (i, j)})).operations
        radius, other = (float(np.abs(np.linalg.eigvalsh(q)).max()) for q in (first, second))
        shift = SHIFT * max(radius, LEAST_RADIUS_SHARE * other)
        if shift > 0.0:
            shifts[list(rest), i] = shift
            out += _pencil(i, j, rest, first + shift * np.eye(len(rest)), second, seed)
    for m in range(form.size):
        out += _unshift(m, shifts[m])
    return tuple(out), left


def _on(terms: Mapping[Triple, float], hub: int, rest: tuple[int, ...]) -> Array:
    """Return the quadratic form of a hub as a matrix on all of ``rest``."""
    variables, small = hub_form(hub, terms)
    place = {v: at for at, v in enumerate(rest)}
    matrix = np.zeros((len(rest), len(rest)))
    at = [place[v] for v in variables]
    matrix[np.ix_(at, at)] = small
    return matrix


def _pencil(i: int, j: int, rest: tuple[int, ...], definite: Array, other: Array, seed: int) -> list[Operation]:
    """Return operations of ``x_i definite + x_j other``."""
    ratios, vectors = eigh(other, definite)  # vectors^T definite vectors = 1
    rows = vectors.T @ definite  # y_m
    lengths = np.linalg.norm(rows, axis=1)
    count = len(rest)
    seen = np.concatenate([rows / lengths[:, None], np.eye(count)])  # the second half records the frame
    out: list[Operation] = []
    turned = 0.0  # mode i holds cos(turned) x_i + sin(turned) x_j
    cubes = np.zeros(4)  # of x_i^3, x_i^2 x_j, x_i x_j^2, x_j^3
    for m in range(count):
        turns, place, _ = gather(seen, m, rest)
        angle = float(np.arctan(ratios[m]))
        size = sqrt(1.0 + ratios[m] ** 2) * float(lengths[m]) ** 2
        gamma = sqrt(2.0) * size
        mode = rest[place]
        out += [
            *turns,
            BeamSplitter((i, j), turned - angle),
            BeamSplitter((i, mode), -pi / 4),
            CubicPhase((i,), gamma),
            CubicPhase((mode,), -gamma),
            BeamSplitter((i, mode), pi / 4),
        ]
        turned = angle
        c, s = np.cos(angle), np.sin(angle)
        cubes -= size / 3.0 * np.array([c**3, 3.0 * c**2 * s, 3.0 * c * s**2, s**3])
    out += [BeamSplitter((i, j), turned), interferometer(rest, seen[count:])]
    keys: tuple[Triple, ...] = ((0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1))
    binary = CubicForm(2, {key: float(c) for key, c in zip(keys, cubes, strict=True) if c})
    plan = peel(binary)
    found = fewest_powers(binary, plan.cubics, seed, Effort(BINARY_CUBIC_SECONDS), 5.0 * binary.polarization_strength)
    return [*out, *moved((found or plan).operations, (i, j))]


def _unshift(m: int, weights: Array) -> list[Operation]:
    """Return operations of ``-x_m^2 sum_i weights_i x_i``, as ``-|w| x_m^2 s`` with the unit form s on one mode."""
    modes = tuple(int(v) for v in np.flatnonzero(weights))
    if not modes:
        return []
    size = float(np.linalg.norm(weights))
    turns, place, sign = gather((weights[list(modes)] / size)[None], 0, modes)
    first, second = sorted((m, modes[place]))
    key: Triple = (first, first, second) if first == m else (first, second, second)
    star = peel(CubicForm(1 + second, {key: -sign * size}))
    back = [BeamSplitter(op.modes, -op.theta) for op in reversed(turns)]
    return [*turns, *star.operations, *back]
