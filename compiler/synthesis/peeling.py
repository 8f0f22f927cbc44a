r"""Eigen-peeling: one variable at a time, each with a quadratic form. Exact, and free of optimisation.

Give every monomial to one of its variables, its hub: ``f(x) = sum_h x_h Q_h(x) + sum_h d_h x_h^3`` with Q_h a quadratic
form in the other variables. Diagonalise ``Q_h = sum_m lambda_m y_m^2`` (orthonormal y) and use ``x y^2 = [(x+y)^3 +
(x-y)^3 - 2 x^3] / 6``. The x^3 terms add up to ``d_h - tr(Q_h)/3``, which vanishes for hyperedges. The forms x+y and
x-y are orthogonal: one beamsplitter, and two cubic gates of ``|gamma| = sqrt2 |lambda|`` side by side.

With ``(a x +- b y)``, ``a^2 = 1/3``, ``b^2 = 2/3`` the strength is least, ``(3 sqrt3 / 4) |lambda|`` per gate, but the
two gates follow one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import atan2, pi, sqrt

import numpy as np

from compiler.ir.operations import BeamSplitter, CubicPhase, Operation
from compiler.synthesis.emission import gather, interferometer
from compiler.synthesis.form import CubicForm, Plan, Triple
from compiler.typing import Array

RELATIVE_EIGENVALUE_FLOOR = 1e-13
"""Eigenvalues below this share of the largest are rounding of a null space."""


def peel(form: CubicForm, hubs: Mapping[Triple, int] | None = None, *, tilted: bool = False) -> Plan:
    """Realise a form by eigen-peeling: ``2 rank(Q_h)`` cubic gates per hub, and one where its ``x_h^3`` do not cancel.

    Parameters
    ----------
    form : CubicForm
    hubs : mapping from triple to variable, optional
        The hub of each monomial; its first variable if absent. ``x y^2`` always belongs to x.
    tilted : bool
        Least strength instead of least depth.

    Examples
    --------
    >>> peel(CubicForm(4, {(0, 1, 2): 1.0, (0, 1, 3): 1.0})).cubics
    4
    """
    groups: dict[int, dict[Triple, float]] = {}
    for key, c in form.terms.items():
        groups.setdefault(natural_hub(key) if hubs is None else hubs[key], {})[key] = c
    out: list[Operation] = []
    for hub, terms in groups.items():
        out += _star(hub, terms, tilted)
    return Plan("eigen-peeling" + (" (tilted)" if tilted else ""), form.size, tuple(out))


def natural_hub(key: Triple) -> int:
    """Return the first variable of ``x y z``, and x of ``x y^2`` and ``x^3``.

    >>> natural_hub((0, 1, 2)), natural_hub((0, 0, 2)), natural_hub((1, 1, 1))
    (0, 2, 1)
    """
    return key[2] if key[0] == key[1] else key[0]


def hub_form(hub: int, keys: Mapping[Triple, float]) -> tuple[tuple[int, ...], Array]:
    """Return the variables of ``Q_h`` and its symmetric matrix, without the ``x_h^3`` term."""
    pairs: dict[tuple[int, int], float] = {}
    for key, c in keys.items():
        rest = list(key)
        rest.remove(hub)
        if rest != [hub, hub]:
            pairs[rest[0], rest[1]] = c
    variables = tuple(sorted({v for pair in pairs for v in pair}))
    place = {v: i for i, v in enumerate(variables)}
    matrix = np.zeros((len(variables),) * 2)
    for (a, b), c in pairs.items():
        matrix[place[a], place[b]] += c / 2.0
        matrix[place[b], place[a]] += c / 2.0
    return variables, matrix


def _star(hub: int, terms: Mapping[Triple, float], tilted: bool) -> list[Operation]:
    modes, matrix = hub_form(hub, terms)
    cube = 3.0 * terms.get((hub, hub, hub), 0.0) - float(np.trace(matrix)) / (2.0 if tilted else 1.0)
    out: list[Operation] = [CubicPhase((hub,), cube)] if cube else []
    floor = RELATIVE_EIGENVALUE_FLOOR * float(np.abs(matrix).max(initial=0.0))
    for block in _blocks(matrix):
        values, rows = _eigen(matrix[np.ix_(block, block)], floor)
        turns, places = _onto_modes(rows, tuple(modes[i] for i in block))
        out += turns
        for value, mode, sign in zip(values, *places, strict=True):
            out += _tilted_pair(hub, mode, float(value), sign) if tilted else _pair(hub, mode, float(value))
        out += _undone(turns)
    return out


def _blocks(matrix: Array) -> list[list[int]]:
    """Return the connected blocks of a symmetric matrix: eigenvectors of different blocks must not mix."""
    import networkx as nx

    return [sorted(block) for block in nx.connected_components(nx.from_numpy_array(matrix != 0.0))]


def _pair(hub: int, mode: int, value: float) -> list[Operation]:
    gamma = sqrt(2.0) * value  # the pair is even in y, so the sign of y does not matter
    return [
        BeamSplitter((hub, mode), -pi / 4),  # hub: (x + y)/sqrt2, mode: (y - x)/sqrt2
        CubicPhase((hub,), gamma),
        CubicPhase((mode,), -gamma),
        BeamSplitter((hub, mode), pi / 4),
    ]


def _tilted_pair(hub: int, mode: int, value: float, sign: float) -> list[Operation]:
    tilt = sign * atan2(sqrt(2.0), 1.0)
    gamma = value * 3.0 * sqrt(3.0) / 4.0  # 3 lambda / (6 a b^2)
    return [
        BeamSplitter((hub, mode), -tilt),  # hub: a x + b y
        CubicPhase((hub,), gamma),
        BeamSplitter((hub, mode), 2.0 * tilt),  # hub: a x - b y
        CubicPhase((hub,), gamma),
        BeamSplitter((hub, mode), -tilt),
    ]


def _eigen(matrix: Array, floor: float) -> tuple[Array, Array]:
    """Return eigenvalues above the floor, and eigenvectors as rows; for one pair of variables without rounding."""
    if matrix.shape == (2, 2) and not matrix.diagonal().any():
        w, s = matrix[0, 1], sqrt(0.5)
        return np.array([w, -w]), np.array([[s, s], [s, -s]])
    values, vectors = np.linalg.eigh(matrix)
    kept = np.abs(values) > floor
    return values[kept], vectors[:, kept].T


def _onto_modes(rows: Array, modes: tuple[int, ...]) -> tuple[list[Operation], tuple[list[int], list[float]]]:
    """Return gates that put the orthonormal forms ``rows`` on one mode each, those modes, and the signs."""
    count, n = rows.shape
    if count == n > 2:
        if np.linalg.det(rows) < 0.0:
            rows = np.concatenate([rows[:-1], -rows[-1:]])  # a rotation: no sign is left over for a phase shifter
        return [interferometer(modes, rows)], (list(modes), [1.0] * n)
    seen = rows.copy()
    out: list[Operation] = []
    places: list[int] = []
    for r in range(count):
        seen[r:, places] = 0.0  # exactly orthogonal to the forms in place, where rounding left a rest
        turns, place, _ = gather(seen, r, modes)
        out += turns
        places.append(place)
    signs = [1.0 if seen[r, m] > 0.0 else -1.0 for r, m in enumerate(places)]
    return out, ([modes[m] for m in places], signs)


def _undone(turns: list[Operation]) -> list[Operation]:
    back: list[Operation] = []
    for op in reversed(turns):
        if isinstance(op, BeamSplitter):
            back.append(BeamSplitter(op.modes, -op.theta))
        else:
            back.append(interferometer(op.modes, np.array(op.parameters()["matrix"]).real.T))
    return back
