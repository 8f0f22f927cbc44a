"""Two circuits at the same random points: starting points, prepared states, symbols, and outputs that must agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.opaque import same_operation
from compiler.semantics.phase_space import FreshPoint, PushedPoints, push
from compiler.semantics.readouts.exponents import (
    MOST_ENUMERATED,
    displacement_results,
    exponent_rows,
    fed_outcomes,
    outcome_case,
    swapped,
)
from compiler.semantics.verdict import Row
from compiler.typing import AnyArray

SQUEEZABLE = (*ops.GAUSSIAN_PREPARATIONS, ops.PrepareCubic)
"""Preparations that are a squeezed vacuum, or a gate on one."""

Key = tuple[int, int]
"""A mode, and how often it is prepared later on: two circuits prepare the same state last, whatever they discard."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two circuits that are compared. Modes from ``common`` on are ancillas that only one of them has."""

    left: Circuit
    right: Circuit

    @property
    def common(self) -> int:
        """Number of modes that both have."""
        return min(self.left.modes, self.right.modes)

    @property
    def modes(self) -> int:
        """Number of modes of the larger."""
        return max(self.left.modes, self.right.modes)

    @property
    def both(self) -> tuple[Circuit, Circuit]:
        """Left and right."""
        return self.left, self.right

    def padded(self) -> tuple[Circuit, Circuit]:
        """Return both circuits with the larger number of modes."""
        left, right = (
            c if c.modes == self.modes else Circuit(self.modes, c.operations, c.ancillas, c.symbols) for c in self.both
        )
        return left, right


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of two circuits for the same points.

    Attributes
    ----------
    rows : list of (name, array, array), arrays of shape (points,)
        What must agree.
    start : pair of arrays, shape (modes, points)
    size : array, shape (points,)
    growth : float
        Largest intermediate value, relative to the size of the point; 1 where it was not followed (mpmath).
    """

    rows: list[Row]
    start: tuple[AnyArray, AnyArray]
    size: AnyArray
    growth: float


class Draws:
    """Random numbers that do not depend on the circuits: each stream is drawn by itself.

    Parameters
    ----------
    seed : int
    points : int
        Number of points; half of them have size 1, half size 1/4.
    digits : int, optional
        Precision; None for float64. The values are float64 in both.
    which : sequence of int, optional
        The points that are wanted; by default all.
    """

    def __init__(self, seed: int, points: int, digits: int | None = None, which: Sequence[int] | None = None) -> None:
        self.seed, self.points, self.digits = seed, points, digits
        self.which = list(range(points)) if which is None else list(which)
        self._all = np.where(np.arange(points) % 2 == 0, 1.0, 0.25)

    @property
    def size(self) -> AnyArray:
        """Sizes of the wanted points."""
        return self._all[self.which]

    def pair(self, *stream: int, rows: int | None = None) -> tuple[AnyArray, AnyArray]:
        """Return normal numbers of the points' sizes, for x and for p; shape (points,) or (rows, points)."""
        # numpy reads [s] and [s, 0] as one seed: never end in zero
        rng = np.random.default_rng([self.seed, *stream, 1])
        shape = (self.points,) if rows is None else (rows, self.points)
        x, p = ((rng.normal(size=shape) * self._all)[..., self.which] for _ in range(2))
        return self.exact(x), self.exact(p)

    def exact(self, values: AnyArray) -> AnyArray:
        """Return the values in the precision of the draws."""
        if self.digits is None:
            return values
        import mpmath

        made: AnyArray = np.frompyfunc(mpmath.mpf, 1, 1)(values)
        return made

    def symbols(self, names: Sequence[str]) -> dict[str, AnyArray]:
        """Return values of symbols at the points."""
        return {name: self.pair(2, place)[0] for place, name in enumerate(sorted(names))}

    def outcomes(self, fed: Sequence[str]) -> dict[str, AnyArray]:
        """Return outcomes of readouts at the points: every case twice, or random numbers where cases are too many.

        What holds for all numbers holds for +1 and -1.
        """
        if len(fed) > MOST_ENUMERATED:
            return {name: self.pair(7, place)[0] for place, name in enumerate(fed)}
        cases = np.array([outcome_case(point // 2 % 2 ** len(fed), len(fed)) for point in self.which])
        return {name: self.exact(cases[:, place]) for place, name in enumerate(fed)}

    def precision(self) -> AbstractContextManager[Any]:
        """Return the context in which numbers of these draws are worked with."""
        if self.digits is None:
            return nullcontext()
        import mpmath

        context: AbstractContextManager[Any] = mpmath.workdps(self.digits)
        return context


def squeezing(op: ops.Operation) -> float:
    """Return the r of the squeezed vacuum that a preparation starts from."""
    if isinstance(op, ops.PrepareSqueezed):
        return op.r
    return -op.r if isinstance(op, ops.PrepareCubic) else 0.0


def preparations(circuit: Circuit) -> dict[Key, ops.Operation]:
    """Return the preparations of a circuit; one of several modes appears for each."""
    count: Counter[int] = Counter()
    out: dict[Key, ops.Operation] = {}
    for op in reversed(circuit.operations):
        if isinstance(op, ops.PREPARATIONS):
            out.update({(mode, count[mode]): op for mode in op.modes})
            count.update(op.modes)
    return out


def outputs(pair: Pair, draws: Draws) -> Outputs | str:
    """Push the same points through both circuits; or say why their outputs do not correspond.

    Prepared modes start at arbitrary points, equal in both circuits if the same state is prepared. Where one prepares
    another squeezing than the other, the points are those of the vacuum, squeezed. Where the states have nothing in
    common, the points have nothing in common either. Modes that only one circuit has start on the constraint surface of
    the ideal state.
    """
    starts = fresh_points(pair, draws)
    with draws.precision():
        start = draws.pair(rows=pair.modes)
        (one, other), rows = pushed_rows(pair, draws, start, starts)
    if isinstance(rows, str):
        return rows
    with np.errstate(invalid="ignore"):
        growth = max(float(np.max(side.largest / draws.size)) for side in (one, other))
    return Outputs(rows, start, draws.size, float("inf") if np.isnan(growth) else max(growth, 1.0))


def free_values(pair: Pair, draws: Draws) -> dict[str, AnyArray]:
    """Return values of symbols, and of the outcomes of displacement readouts, at the points."""
    both = (*displacement_results(pair.left), *displacement_results(pair.right))
    one = draws.exact(np.ones(len(draws.which)))
    return draws.symbols(pair.left.symbols) | dict.fromkeys(both, one) | draws.outcomes(fed_outcomes(*pair.both))


def pushed_rows(
    pair: Pair, draws: Draws, start: tuple[AnyArray, AnyArray], starts: Sequence[FreshPoint], matched: bool = True
) -> tuple[tuple[PushedPoints, PushedPoints], list[Row] | str]:
    """Push points through both circuits; return both ends and what must agree (or why outputs do not correspond).

    Exponents of displacements agree up to signs and turns; unless ``matched``, they are given as they are.
    """
    values = free_values(pair, draws)
    left, right = pair.padded()
    hidden = hidden_results(pair)
    reads = displacement_results(left)
    shares = {
        name: draws.pair(8, place)[0]
        for place, name in enumerate(sorted(hidden.intersection((*reads, *displacement_results(right)))))
    }
    one, other = (push(c, *start, fresh, values, shares=shares) for c, fresh in zip((left, right), starts, strict=True))
    rows = output_rows(pair, (one, other), start)
    if not isinstance(rows, str) and (compared := [name for name in reads if name not in hidden]):
        rows += exponent_rows(
            compared,
            (one, other),
            swapped(left, right),
            lambda given: push(left, *start, starts[0], values, shares={**dict.fromkeys(reads, 0.0), **given}),
            matched,
        )
    return (one, other), rows


def fresh_points(pair: Pair, draws: Draws) -> tuple[FreshPoint, FreshPoint]:
    """Return where prepared modes of either circuit start."""
    made = [preparations(circuit) for circuit in pair.both]

    def side(own: Mapping[Key, ops.Operation], other: Mapping[Key, ops.Operation], number: int) -> FreshPoint:
        total = Counter(mode for mode, _ in own)

        def fresh(mode: int, occurrence: int) -> tuple[AnyArray, AnyArray]:
            key = mode, total[mode] - 1 - occurrence
            op = own[key]
            if mode >= pair.common:
                return ideal(op, *draws.pair(3, *key))
            if not _alike(op, other.get(key)):
                return draws.pair(6, number, *key)
            point = draws.pair(3, *key)
            return point if squeezing(op) == squeezing(other[key]) else squeezed(*point, squeezing(op))

        return fresh

    return side(made[0], made[1], 0), side(made[1], made[0], 1)


def _alike(op: ops.Operation, other: ops.Operation | None) -> bool:
    """Return whether two preparations make squeezed vacua (and act on them), or the same other state."""
    if other is None or (isinstance(op, SQUEEZABLE) and isinstance(other, SQUEEZABLE)):
        return other is not None
    return op.modes == other.modes and same_operation(op, other)


def smallest_coordinate(pair: Pair) -> float:
    """Return the smallest coordinate, e^{-r}, of states that the circuits prepare differently; 1 if there are none."""
    left, right = (preparations(circuit) for circuit in pair.both)
    keys = [key for key in left.keys() & right.keys() if key[0] < pair.common]
    pairs = [(squeezing(left[key]), squeezing(right[key])) for key in keys]
    return float(np.exp(-max((max(abs(a), abs(b)) for a, b in pairs if a != b), default=0.0)))


def squeezed(x: AnyArray, p: AnyArray, r: float) -> tuple[AnyArray, AnyArray]:
    """Return points of the vacuum as points of the vacuum squeezed by r, in the precision of the points."""
    if x.dtype != object:
        return x * np.exp(-r), p * np.exp(r)
    import mpmath

    factor = mpmath.exp(mpmath.mpf(r))
    return x / factor, p * factor


def ideal(op: ops.Operation, x: AnyArray, p: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return points on the constraint surface of the state that a preparation stands for with infinite squeezing."""
    r = squeezing(op)
    return (0 * x, p) if r > 0.0 else (x, 0 * p) if r < 0.0 else (x, p)


def is_resource(op: ops.Operation) -> bool:
    """Return whether a preparation stands for an ideal state that no machine makes; the vacuum does not."""
    return isinstance(op, ops.PrepareCubic) or (isinstance(op, ops.PrepareSqueezed) and op.r != 0.0)


def resource_count(pair: Pair) -> int:
    """Return the number of preparations that `outputs` takes as ideal."""
    found = (preparations(circuit) for circuit in pair.both)
    return sum(mode >= pair.common and is_resource(op) for side in found for (mode, _), op in side.items())


def preparation_mismatch(pair: Pair) -> str:
    """Return which preparations do not correspond; empty if all do."""
    left, right = (
        {key: op for key, op in preparations(circuit).items() if key[0] < pair.common} for circuit in pair.both
    )
    if left.keys() != right.keys():
        modes = sorted({mode for mode, _ in left.keys() ^ right.keys()})
        return f"modes {modes} are not prepared equally often in the two circuits"
    for key, op in left.items():
        if not _alike(op, right[key]):
            return f"mode {key[0]} is prepared by {_shown(op)} in one circuit and by {_shown(right[key])} in the other"
    return ""


def _shown(op: ops.Operation) -> str:
    text = repr(op)
    return text if len(text) <= 80 else f"{text[:77]}..."


def hidden_results(pair: Pair) -> set[str]:
    """Return results of modes that only one circuit has."""
    return {name for circuit in pair.both for name in further_results(circuit, pair.common)}


def further_results(circuit: Circuit, common: int) -> set[str]:
    """Return results that are read on modes from ``common`` on, and on no others."""
    return {op.result for op in circuit.operations if isinstance(op, ops.MEASUREMENTS) and min(op.modes) >= common}


def unmeasured(circuit: Circuit) -> set[int]:
    """Return the modes that still exist at the end."""
    alive = set(range(circuit.modes))
    for op in circuit.operations:
        if isinstance(op, ops.ENDS):
            alive -= set(op.modes)
        elif isinstance(op, ops.PREPARATIONS):
            alive |= set(op.modes)
    return alive


def ends_differ(pair: Pair) -> str | None:
    """Return why the outputs of two circuits do not correspond, or None."""
    hidden = hidden_results(pair)
    if odd := (set(pair.left.results) ^ set(pair.right.results)) - hidden:
        return f"results {sorted(odd)} are measured in only one circuit"
    bits = set(displacement_results(pair.left)) ^ set(displacement_results(pair.right))
    if odd := bits - hidden:
        return f"results {sorted(odd)} are displacements read by a bit in only one circuit"
    ours, theirs = ({m for m in unmeasured(c) if m < pair.common} for c in pair.both)
    if ours != theirs:
        return f"modes {sorted(ours ^ theirs)} are measured last in only one circuit"
    return None


def borrowed_modes(pair: Pair) -> set[int]:
    """Return modes that only one circuit has and that nothing prepares: they must come back unchanged."""
    larger = max(pair.both, key=lambda circuit: circuit.modes)
    return set(range(pair.common, pair.modes)) - {mode for mode, _ in preparations(larger)}


def output_rows(
    pair: Pair, pushed: tuple[PushedPoints, PushedPoints], start: tuple[AnyArray, AnyArray]
) -> list[Row] | str:
    """Return what must agree: quadratures of unmeasured and borrowed modes, results, and what is post-selected."""
    a, b = pushed
    kept = sorted(m for m in unmeasured(pair.left) if m < pair.common)
    rows = [(f"{q}_{m}", u[m], v[m]) for m in kept for q, u, v in (("x", a.x, b.x), ("p", a.p, b.p))]
    larger = a if pair.left.modes > pair.common else b
    for m in sorted(borrowed_modes(pair)):
        rows += [(f"x_{m}", start[0][m], larger.x[m]), (f"p_{m}", start[1][m], larger.p[m])]
    hidden = hidden_results(pair)
    rows += [(name, value, b.results[name]) for name, value in a.results.items() if name not in hidden]
    if a.selected.keys() != b.selected.keys():
        modes = sorted({m for m, _ in a.selected.keys() ^ b.selected.keys()})
        return f"modes {modes} are not post-selected equally often in the two circuits"
    for (mode, occurrence), (u, value) in a.selected.items():
        v, other = b.selected[mode, occurrence]
        what = f"post-selection {occurrence} of mode {mode}"
        zero = np.zeros(u.shape)
        rows += [(f"the quadrature read by {what}", u, v), (f"the value of {what}", value + zero, other + zero)]
    return rows
