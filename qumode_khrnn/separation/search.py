"""Search for refutations: readouts after which no answer is possible for all of three graph states at once.

A classical model whose memory may stand for three written graphs must give answers that are possible for all three. A
refutation is a tree of readouts, each chosen by the answers so far, in which every path ends with an answer that is
impossible for one of the three. docs/hsmt.md proves, from the 512 refutations found here, that no memory may stand for
three graphs on any number of modes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from qumode_khrnn.hsmt.few_qubits import Pair, Reading, State, after, graph_state, readings

MOST_READINGS = 8
"""Largest depth of a tree that is searched."""


@dataclass(frozen=True, slots=True)
class Triple:
    """Three states of t qubits: no edges, the edges a with linear terms, and the edges b with linear terms."""

    qubits: int
    a: tuple[Pair, ...]
    b: tuple[Pair, ...]
    linear_a: tuple[int, ...] = ()
    linear_b: tuple[int, ...] = ()

    def states(self) -> tuple[State, State, State]:
        """Return the three states."""
        t = self.qubits
        return graph_state(t, ()), graph_state(t, self.a, self.linear_a), graph_state(t, self.b, self.linear_b)


def patterns() -> Iterator[Triple]:
    """Yield the five triples without linear terms: a = {01 (, 12)}, b = {02 (, 12)}; on four modes {01}, {23}."""
    for more_a, more_b in product(((), ((1, 2),)), repeat=2):
        yield Triple(3, ((0, 1), *more_a), ((0, 2), *more_b))
    yield Triple(4, ((0, 1),), ((2, 3),))


def every_triple() -> Iterator[Triple]:
    """Yield the 256 triples on three modes and the 256 on four: `patterns` with all linear terms."""
    for pattern in patterns():
        t = pattern.qubits
        for one, two in product(product((0, 1), repeat=t), repeat=2):
            linear = [tuple(i for i in range(t) if bits[i]) for bits in (one, two)]
            yield Triple(t, pattern.a, pattern.b, linear[0], linear[1])


Tree = list[Any]
"""``[reading, branch 0, branch 1]``: a branch is a tree, or the number 0, 1, 2 of a state for which this answer is
impossible. A reading is its quadrature, its mode and its partners: ``["x", 0, []]``."""


def refutation(triple: Triple) -> Tree:
    """Return a refutation of a triple, of the least depth.

    Raises
    ------
    ValueError
        If no tree of at most eight readouts refutes the triple.
    """
    return _tree(triple.states())


def _tree(states: tuple[State, ...]) -> Tree:
    reading = _best(frozenset(states))
    branches: list[Any] = []
    for answer in (0, 1):
        found = [after(state, reading)[answer] for state in states]
        impossible = next((at for at, state in enumerate(found) if state is None), None)
        branches.append(_tree(tuple(s for s in found if s is not None)) if impossible is None else impossible)
    return [[reading.quadrature, reading.mode, list(reading.partners)], *branches]


@cache
def _best(states: frozenset[State]) -> Reading:
    for depth in range(1, MOST_READINGS + 1):
        reading = _winning(states, depth)
        if reading is not None:
            return reading
    raise ValueError(f"no refutation within {MOST_READINGS} readouts")


@cache
def _winning(states: frozenset[State], depth: int) -> Reading | None:
    """Return the first readout whose answers are all impossible for a state, or refuted by depth - 1 more readouts."""
    for reading in readings(len(next(iter(states))).bit_length() - 1):
        for answer in (0, 1):
            found = [after(state, reading)[answer] for state in states]
            if None in found:
                continue
            left = frozenset(state for state in found if state is not None)
            if depth == 1 or len(left) < 2 or left == states or _winning(left, depth - 1) is None:
                break
        else:
            return reading
    return None
