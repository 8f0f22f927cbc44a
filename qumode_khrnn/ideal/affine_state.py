r"""Simulate phase polynomials on affine subspaces over Z_d, d prime, at polynomial cost in the number of modes.

The state is ``sum_u exp(2 pi i phi(u) / d) |A u + b>`` over free variables u in Z_d, up to norm; phi is a polynomial.
Before any readout A is the identity and phi the hypergraph. Every token but one kind keeps this form:

- ``E(e, w)`` adds ``w prod_{j in e} (A u + b)_j`` to phi, ``X(i, s)`` adds s to b_i;
- ``Q(i)`` is determined where row i of A is 0; else it is uniform, and its answer eliminates a variable;
- ``P(i)`` is uniform where e_i lies outside the column space of A (a new variable t with phase ``y t`` joins it). Else
  variables are chosen so that only z_i contains t; phi must be ``phi_0(u') + t f(u')``, and the answer is ``f(u')``:
  determined where f is constant, uniform where f is affine (the answer then eliminates a variable).

A readout whose f is not affine leaves the family, and so do powers of t above the first (d > 2). The law of such a
readout is still known: it is the law of f of uniform variables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from qumode_khrnn.ideal.dense_state import DenseState

Monomial = tuple[int, ...]
"""Sorted variables, repeated as often as their power."""

Phase = dict[Monomial, int]
"""Coefficients in 1..d-1; the constant is left out."""

Form = dict[int, int]
"""An affine form: coefficients of variables, the constant at `CONSTANT`."""

CONSTANT = -1

MAX_CASES = 2**16
"""Largest number of cases over which the law of a readout is counted."""


class LeavesAffineError(InputError):
    """A readout has an answer that is not an affine function of the free variables."""


class AffineState:
    """A hypergraph state over Z_d under gates and readouts.

    Raises
    ------
    InputError
        If d is not prime.

    Examples
    --------
    >>> state = AffineState(60, 2)
    >>> for edge in ((0, 1), (0, 2), (1, 2)):
    ...     state.edge(edge, 1)
    >>> state.found_momentum(0, 1)
    >>> state.found_momentum(1, 0)
    >>> state.momentum_probabilities(2).tolist()  # odd parity: GHZ
    [1.0, 0.0]
    """

    def __init__(self, modes: int, levels: int) -> None:
        if any(levels % factor == 0 for factor in range(2, levels)):
            raise InputError(f"phase polynomials on affine subspaces need a prime number of levels, found {levels}")
        self.modes, self.levels = modes, levels
        self.rows: list[Form] = [{m: 1} for m in range(modes)]
        self.phase: Phase = {}
        self._next = modes

    def edge(self, modes: tuple[int, ...], weight: int) -> None:
        """Apply ``E(e, w)``."""
        self._add_product([self.rows[m] for m in modes], weight)

    def shift(self, mode: int, amount: int) -> None:
        """Apply ``X(i, s)``."""
        self.rows[mode] = self._plus(self.rows[mode], {CONSTANT: amount})

    def position_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``Q(i)``."""
        return self._law(self.rows[mode])

    def found_position(self, mode: int, answer: int) -> None:
        """Go on with ``z_i = answer``; the answer must be possible."""
        self._impose(self.rows[mode], answer)

    def momentum_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``P(i)``.

        Raises
        ------
        LeavesAffineError
            If the law depends on a polynomial of more than 2^16 cases, or on a power of t above the first.
        """
        slope = self._slope(mode)
        if slope is None:
            return np.full(self.levels, 1.0 / self.levels)
        form = self._as_form(slope)
        return self._counted(slope) if form is None else self._law(form)

    def keeps_form(self, mode: int) -> bool:
        """Tell whether the state stays in the family after ``P(i)``."""
        try:
            slope = self._slope(mode)
        except LeavesAffineError:
            return False
        return slope is None or self._as_form(slope) is not None

    def found_momentum(self, mode: int, answer: int) -> None:
        """Go on with ``p_i = answer``; the answer must be possible.

        Raises
        ------
        LeavesAffineError
            If the state leaves the family.
        """
        slope = self._slope(mode)
        if slope is None:
            fresh = self._next
            self._next += 1
            self.rows[mode] = self._plus(self.rows[mode], {fresh: 1})
            self._add_product([{fresh: 1}], answer)
            return
        form = self._as_form(slope)
        if form is None:
            raise LeavesAffineError(f"P({mode}) depends on a product of unread positions; make it the last readout")
        if set(form) - {CONSTANT}:
            # phi = phi_0 + t f, and f is now the answer
            t = self._own[mode]
            self.phase = {m: c for m, c in self.phase.items() if t not in m}
            self._add_product([{t: 1}], answer)
            self._impose(form, answer)

    def component(self, modes: Iterable[int]) -> tuple[tuple[int, ...], DenseState]:
        """Return the smallest set that contains the given modes and factors from all others, and its state vector.

        The vector is in the order of the set.

        Raises
        ------
        InputError
            If the set has too many amplitudes.
        """
        supports = [set(form) - {CONSTANT} for form in self.rows] + [set(monomial) for monomial in self.phase]
        variables = {v for mode in modes for v in supports[mode]}
        while reached := {v for support in supports if support & variables for v in support} - variables:
            variables |= reached
        inside = tuple(sorted({*modes, *(m for m in range(self.modes) if supports[m] & variables)}))
        state = DenseState(len(inside), self.levels)
        ordered = sorted(variables)
        values = np.indices((self.levels,) * len(ordered)).reshape(len(ordered), -1)
        index = {v: i for i, v in enumerate(ordered)}
        places = [
            (sum(c * values[index[v]] for v, c in row.items() if v != CONSTANT) + row.get(CONSTANT, 0)) % self.levels
            for row in (self.rows[m] for m in inside)
        ]
        power = np.zeros(values.shape[1], dtype=np.int64)
        for monomial, value in self.phase.items():
            if set(monomial) <= variables:
                power += value * np.prod(values[[index[v] for v in monomial]], axis=0)
        amplitudes = np.zeros_like(state.amplitudes)
        amplitudes[tuple(places)] = np.exp(2j * np.pi * (power % self.levels) / self.levels)
        state.amplitudes = amplitudes / np.linalg.norm(amplitudes)
        return inside, state

    def _slope(self, mode: int) -> Phase | None:
        """Return f of ``P(i)``, after a change of variables; None where e_i lies outside the column space of A."""
        direction = self._direction(mode)
        if direction is None:
            return None
        t = next(iter(direction))
        inverse = pow(direction[t], -1, self.levels)
        # u = u' + v t with u'_t = 0, v_t scaled to be the coefficient of t itself
        for variable, amount in direction.items():
            if variable != t:
                self._substitute(variable, {variable: 1, t: amount * inverse})
        self._substitute(t, {t: direction[t]})
        self._own = {mode: t}
        slope: Phase = {}
        for monomial, value in self.phase.items():
            power = monomial.count(t)
            if power > 1:
                raise LeavesAffineError(
                    f"P({mode}) depends on a square of its own position, which only d = 2 can reduce; use d = 2"
                )
            if power:
                rest = tuple(v for v in monomial if v != t)
                slope[rest] = value
        return slope

    def _direction(self, mode: int) -> Form | None:
        """Return v with ``A v = e_i``, as ``{variable: v}``; None if no such v exists."""
        row = {v: c for v, c in self.rows[mode].items() if v != CONSTANT}
        alone = [v for v in row if not any(v in other for m, other in enumerate(self.rows) if m != mode)]
        if alone:
            return {alone[0]: pow(row[alone[0]], -1, self.levels)}
        variables = sorted({v for form in self.rows for v in form} - {CONSTANT})
        matrix = np.array([[form.get(v, 0) for v in variables] for form in self.rows], dtype=np.int64)
        target = np.zeros(self.modes, dtype=np.int64)
        target[mode] = 1
        solved = _solve(matrix, target, self.levels)
        return None if solved is None else {v: int(c) for v, c in zip(variables, solved, strict=True) if c}

    def _impose(self, form: Form, answer: int) -> None:
        """Eliminate a variable by ``form = answer``."""
        variables = [v for v in form if v != CONSTANT]
        if not variables:
            return
        gone = variables[-1]
        scale = pow(form[gone], -1, self.levels)
        rest = {v: -c * scale for v, c in form.items() if v not in (gone, CONSTANT)}
        self._substitute(gone, {**rest, CONSTANT: (answer - form.get(CONSTANT, 0)) * scale})

    def _substitute(self, variable: int, form: Form) -> None:
        touched = {m: c for m, c in self.phase.items() if variable in m}
        self.rows = [self._inserted(row, variable, form) for row in self.rows]
        if form == {variable: 1}:
            return
        for monomial in touched:
            del self.phase[monomial]
        for monomial, value in touched.items():
            self._add_product([form if v == variable else {v: 1} for v in monomial], value)

    def _inserted(self, row: Form, variable: int, form: Form) -> Form:
        if variable not in row:
            return row
        rest = {v: c for v, c in row.items() if v != variable}
        return self._plus(rest, {v: c * row[variable] for v, c in form.items()})

    def _plus(self, left: Form, right: Form) -> Form:
        total = Counter(left)
        total.update(right)
        return {v: c % self.levels for v, c in total.items() if c % self.levels}

    def _add_product(self, forms: Iterable[Form], weight: int) -> None:
        terms = [list(form.items()) for form in forms]
        for choice in product(*terms):
            value = weight
            for _, c in choice:
                value *= c
            monomial = self._reduced(v for v, _ in choice if v != CONSTANT)
            total = (self.phase.get(monomial, 0) + value) % self.levels
            if monomial and total:
                self.phase[monomial] = total
            else:
                self.phase.pop(monomial, None)

    def _reduced(self, variables: Iterable[int]) -> Monomial:
        """Return the monomial reduced by ``z^d = z``."""
        powers = Counter(variables)
        limited = {v: p if p < self.levels else (p - 1) % (self.levels - 1) + 1 for v, p in powers.items()}
        return tuple(v for v in sorted(limited) for _ in range(limited[v]))

    def _as_form(self, slope: Phase) -> Form | None:
        if any(len(monomial) > 1 for monomial in slope):
            return None
        return {(m[0] if m else CONSTANT): c for m, c in slope.items()}

    def _law(self, form: Form) -> NDArray[np.float64]:
        if set(form) - {CONSTANT}:
            return np.full(self.levels, 1.0 / self.levels)
        return np.asarray(np.eye(self.levels)[form.get(CONSTANT, 0)])

    def _counted(self, slope: Phase) -> NDArray[np.float64]:
        variables = sorted({v for monomial in slope for v in monomial})
        if self.levels ** len(variables) > MAX_CASES:
            raise LeavesAffineError(
                f"the law of a momentum depends on {len(variables)} unread positions, which is too many; read some"
            )
        values = np.indices((self.levels,) * len(variables)).reshape(len(variables), -1)
        index = {v: i for i, v in enumerate(variables)}
        total = np.zeros(values.shape[1], dtype=np.int64)
        for monomial, value in slope.items():
            total += value * np.prod(values[[index[v] for v in monomial]], axis=0)
        return np.asarray(np.bincount(total % self.levels, minlength=self.levels) / values.shape[1])


def _solve(matrix: NDArray[np.int64], target: NDArray[np.int64], levels: int) -> NDArray[np.int64] | None:
    """Return a solution of ``matrix v = target`` modulo a prime; None if no solution exists."""
    work = np.column_stack([matrix, target]) % levels
    pivots: list[int] = []
    for column in range(matrix.shape[1]):
        row = len(pivots)
        found = np.flatnonzero(work[row:, column])
        if not len(found):
            continue
        work[[row, row + found[0]]] = work[[row + found[0], row]]
        work[row] = work[row] * pow(int(work[row, column]), -1, levels) % levels
        others = work[:, column].copy()
        others[row] = 0
        work = (work - np.outer(others, work[row])) % levels
        pivots.append(column)
    if work[len(pivots) :, -1].any():
        return None
    solution = np.zeros(matrix.shape[1], dtype=np.int64)
    solution[pivots] = work[: len(pivots), -1]
    return solution
