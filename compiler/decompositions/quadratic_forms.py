"""Quadratic phases as single-mode shears between beamsplitters."""

from __future__ import annotations

from collections import Counter
from math import atan2

import numpy as np

from compiler.ir.operations import BeamSplitter, Displacement, Operation, PolynomialPhase, Shear
from compiler.ir.polynomial import Monomial, Polynomial, Variable
from compiler.typing import Array

RELATIVE_ROUNDING = 1e-12
"""Elements of eigenvectors, and differences of eigenvalues relative to the largest, below this are rounding."""


def connected_parts(polynomial: Polynomial) -> tuple[Polynomial, ...]:
    """Split a polynomial in modes into parts that share no mode; its constant is dropped.

    >>> [part.variables for part in connected_parts(Polynomial.monomial((0, 2)) + Polynomial.monomial((1, 1)))]
    [(0, 2), (1,)]
    """
    owner = {mode: mode for mode in polynomial.variables}
    for key in polynomial.terms:
        joined = {owner[mode] for mode, _ in key}
        owner = {mode: (min(joined) if old in joined else old) for mode, old in owner.items()}
    parts: dict[Variable, dict[Monomial, float]] = {}
    for key, coefficient in polynomial.terms.items():
        if key:
            parts.setdefault(owner[key[0][0]], {})[key] = coefficient
    return tuple(Polynomial(part) for part in parts.values())


def diagonal_form(op: PolynomialPhase) -> list[Operation]:
    r"""Give the gates of a phase ``exp(i f(x) / hbar)``, f of degree at most 2: beamsplitters, shears, and back.

    ``f = x^T G x / 2 + b.x``. Real beamsplitters map x to coordinates in which G is diagonal, ``p_k += lambda_k x_k``
    are shears there, and the same beamsplitters bring everything back. An eigenvalue that occurs several times needs
    no coordinates of its own: its part of G is a shear of every mode, which beamsplitters do not touch. So the triangle
    of equal edges takes two beamsplitters on each side, and the complete graph of n modes n - 1.

    Parameters
    ----------
    op : PolynomialPhase
        Without names, of degree at most 2, and best with connected modes (`connected_parts`).

    Examples
    --------
    >>> from compiler.ir.operations import phase
    >>> edges = (Polynomial.monomial(pair) for pair in ((0, 1), (0, 2), (1, 2)))
    >>> gates = diagonal_form(phase(sum(edges, Polynomial({}))))
    >>> [type(gate).__name__ for gate in gates].count("BeamSplitter")
    4
    """
    modes = op.modes
    place = {mode: k for k, mode in enumerate(modes)}
    form, slope = np.zeros((len(modes), len(modes))), np.zeros(len(modes))
    for key, coefficient in op.polynomial.terms.items():
        at = [place[v] for v, power in key for _ in range(power) if isinstance(v, int)]
        if len(at) == 1:
            slope[at[0]] += coefficient
        elif len(at) == 2:
            form[at[0], at[1]] += coefficient
            form[at[1], at[0]] += coefficient  # twice on the diagonal: f = G_kk x_k^2 / 2
    values, vectors = np.linalg.eigh(form)
    values = _joined(values)
    common = max(Counter(values.tolist()).items(), key=lambda item: item[1])[0]
    strengths = np.full(len(modes), common)
    splitters: list[Operation] = []
    rows = vectors.T[values != common]
    for row, value in enumerate(values[values != common]):
        column = _gathered(rows, row, modes, splitters)
        strengths[column] = value
    back = [BeamSplitter(one.modes, -one.theta) for one in reversed(splitters) if isinstance(one, BeamSplitter)]
    shears = [Shear((mode,), float(s)) for mode, s in zip(modes, strengths, strict=True) if s]
    kicks = [Displacement((mode,), 0.0, float(b)) for mode, b in zip(modes, slope, strict=True) if b]
    return [*splitters, *shears, *back, *kicks]


def _joined(values: Array) -> Array:
    """Return ascending eigenvalues, those that differ by rounding made equal."""
    out = values.copy()
    size = float(np.abs(values).max(initial=0.0))
    for k in range(1, len(out)):
        if out[k] - out[k - 1] <= RELATIVE_ROUNDING * len(out) * size:
            out[k] = out[k - 1]
    return np.where(np.abs(out) <= RELATIVE_ROUNDING * size, 0.0, out)


def _gathered(rows: Array, row: int, modes: tuple[int, ...], splitters: list[Operation]) -> int:
    """Turn coordinates pair by pair until a row is one of them, which is returned; all rows follow."""
    left = [k for k in range(len(modes)) if abs(rows[row, k]) > RELATIVE_ROUNDING]
    while len(left) > 1:
        for a, b in zip(left[::2], left[1::2], strict=False):
            angle = atan2(rows[row, b], rows[row, a])
            c, s = np.cos(angle), np.sin(angle)
            splitters.append(BeamSplitter((modes[a], modes[b]), -angle))
            rows[:, [a, b]] = rows[:, [a, b]] @ np.array([[c, -s], [s, c]])
        left = left[::2]
    return left[0]
