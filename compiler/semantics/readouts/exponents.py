r"""Displacements that are read, compared at points: exponents up to their sign and whole turns, and order.

The Kraus operator of an outcome s = +1 or -1 is ``(1 + s D) / 2 = D^{1/2} C_s(Q)`` with ``D = exp(i Q)`` and, up to a
phase, ``C_+ = cos(Q / 2)`` and ``C_- = sin(Q / 2)``. So reading D measures ``cos Q`` and then applies half of the
displacement. `compiler.semantics.phase_space` applies the half and keeps the exponent Q, as a function of the starting
points: the Heisenberg picture takes all operators to the input, and outcomes are numbers in it. Two circuits are then
equal if, for all outcomes, their maps agree and every Q does, up to its sign and a multiple of 2 pi, which change
``C_s`` by a phase. (Reading -Q and then applying D is the same as reading Q.)

*Order.* Two readouts that one circuit makes in another order than the other must commute: one displacement moves the
exponent of the other by a multiple 2 pi k, at all points. Then the half displacements, which commute only up to a
phase, add pi k to both exponents.

*Conversely*, circuits without preparations and noise, with the same order, are equal only if this holds: ``C_s`` is
injective, the probabilities of the first outcome fix cos Q, hence Q up to sign and turns, and what follows is fixed by
what it does to the states behind. Displacements that are linear in the quadratures and do not commute cannot be read in
another order: the probabilities of the second outcome alone differ.

*Hidden results* belong to modes that only one circuit has, and are not compared. Their Kraus operators are sums of
nothing and of the whole displacement. Reading one disturbs nothing that is compared if that stays the same whatever
share of the displacement is applied, so a random share is applied at every point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.phase_space import PushedPoints
from compiler.semantics.verdict import Row
from compiler.typing import AnyArray

MOST_ENUMERATED = 5
"""Most outcomes that gates depend on for which all 2^n cases are compared; of more, random numbers take the place."""

EXPONENT = "the exponent read as "
"""How the name of an output begins that is the exponent of a displacement readout; the result's name follows."""

PushWithShares = Callable[[Mapping[str, Any]], PushedPoints]
"""Pushes points through a circuit in which readouts apply given shares of their displacements."""


def displacement_results(circuit: Circuit) -> tuple[str, ...]:
    """Return names of the outcomes of displacement readouts, in order of time."""
    return tuple(op.result for op in circuit.operations if isinstance(op, ops.DisplacementReadout))


def fed_outcomes(*circuits: Circuit) -> list[str]:
    """Return outcomes of displacement readouts that an operation of one of the circuits depends on, sorted.

    >>> from compiler.ir.polynomial import Polynomial
    >>> read = ops.DisplacementReadout((0,), (0.5,), (0.0,), "s"), ops.DisplacementReadout((0,), (0.0,), (1.0,), "t")
    >>> fed_outcomes(Circuit(1, (*read, ops.Rotation((0,), Polynomial.monomial(("t",), 0.3)))))
    ['t']
    """
    found: set[str] = set()
    for circuit in circuits:
        found |= set(displacement_results(circuit)) & {name for op in circuit.operations for name in ops.used(op)}
    return sorted(found)


def outcome_case(case: int, count: int) -> list[float]:
    """Return the outcomes +1 and -1 of the case of that number, of 2^count.

    >>> [outcome_case(case, 2) for case in range(4)]
    [[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]
    """
    return [-1.0 if case >> place & 1 else 1.0 for place in range(count)]


def swapped(left: Circuit, right: Circuit) -> list[tuple[str, str]]:
    """Return pairs of displacement readouts, in the left circuit's order, that the right one makes in reverse order.

    >>> a, b = (ops.DisplacementReadout((0,), (0.5,), (0.0,), name) for name in "ab")
    >>> swapped(Circuit(1, (a, b)), Circuit(1, (b, a)))
    [('a', 'b')]
    """
    place = {name: index for index, name in enumerate(displacement_results(right))}
    ours = [name for name in displacement_results(left) if name in place]
    if all(place[a] < place[b] for a, b in pairwise(ours)):
        return []
    return [(a, b) for i, a in enumerate(ours) for b in ours[i + 1 :] if place[b] < place[a]]


@np.errstate(over="ignore", invalid="ignore")  # what overflows counts as different
def exponent_rows(
    names: Sequence[str],
    pushed: tuple[PushedPoints, PushedPoints],
    pairs: Sequence[tuple[str, str]],
    push_left: PushWithShares,
    matched: bool = True,
) -> list[Row]:
    """Return rows of exponents, and of the phases by which readouts in another order fail to commute.

    Parameters
    ----------
    names : sequence of str
        Results that are compared.
    pushed : pair of PushedPoints
    pairs : sequence of (str, str)
        As `swapped` gives them.
    push_left : callable
        Pushes the points through the left circuit.
    matched : bool
        Take the right exponents with the signs and whole turns that fit best, point by point.
    """
    rows: list[Row] = []
    added: dict[str, Any] = dict.fromkeys(names, 0)
    for (first, second), phase in _phases(pairs, push_left).items():
        turns = _turns(phase)
        whole = _full(phase) + 0 * phase  # phases are compared at the scale of a turn
        label = f"the phase (modulo 2 pi) that exchanging {first} and {second} gives"
        rows.append((label, whole + phase - turns * whole, whole))
        for name in (first, second):
            added[name] = added[name] + turns * _full(phase) / 2
    for name in names:
        ours, theirs = pushed[0].exponents[name] + added[name], pushed[1].exponents[name]
        rows.append((EXPONENT + name, *(_reduced(ours, theirs) if matched else (ours, theirs))))
    return rows


def _phases(pairs: Sequence[tuple[str, str]], push_left: PushWithShares) -> dict[tuple[str, str], AnyArray]:
    """Return how far the first displacement of each pair moves the second's exponent, if readouts move nothing."""
    if not pairs:
        return {}
    alone = push_left({}).exponents
    moved = {first: push_left({first: 1.0}).exponents for first in dict.fromkeys(first for first, _ in pairs)}
    return {(first, second): moved[first][second] - alone[second] for first, second in pairs}


def _reduced(ours: AnyArray, theirs: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return exponents without whole turns; the right one with the sign that fits, and the turns that fit."""
    full = _full(ours)
    turned = [sign * theirs + _turns(ours - sign * theirs) * full for sign in (1, -1)]
    near = np.where(abs(ours - turned[0]) <= abs(ours - turned[1]), turned[0], turned[1])
    offset = _turns(ours[:1]) * full
    return ours - offset, near - offset


def _full(like: AnyArray) -> AnyArray:
    """Return 2 pi in the arithmetic of the points, as an array of one element."""
    if like.dtype != object:
        return np.array([2 * np.pi])
    import mpmath

    return np.array([2 * mpmath.pi], dtype=object)


def _turns(angle: AnyArray) -> AnyArray:
    """Return whole numbers of turns nearest to angles."""
    turns: AnyArray = angle / _full(angle)
    if angle.dtype != object:
        return np.asarray(np.rint(turns))
    import mpmath

    return np.asarray(np.frompyfunc(mpmath.nint, 1, 1)(turns))
