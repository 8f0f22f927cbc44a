r"""Ask triple probes: questions that no answers satisfy for three graphs at once (docs/hsmt.md).

A few modes T are drawn, three or four, and one of three graphs on them: no edge, a, or b. Edges inside T are applied so
that this graph stands there; all edges that leave T stay as they were written. Positions outside T are read. Whatever
the answers, T is left with the drawn graph and linear terms, which the examiner knows and which are the same for all
three graphs. Then readouts on T follow a refutation: each depends on the answers so far, and every path of answers ends
with one that is impossible for one of the three graphs. Only a model that knows which graph it is can avoid it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Token

Group = list[tuple[Token, ProbeKind | None]]
"""Tokens; each reading token comes with its kind of probe."""

Conversation = Generator[Group, Sequence[float], None]
"""A generator that yields tokens, receives the answers to the reading tokens, and yields the tokens that follow."""

Edge = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refutation:
    """Graphs a and b on the modes 0, 1, .., and the tree of readouts against {no edge, a, b}."""

    qubits: int
    a: tuple[Edge, ...]
    b: tuple[Edge, ...]
    tree: list[Any]


@cache
def refutations() -> tuple[Refutation, ...]:
    """Return the stored refutations: four on three modes, one on four."""
    text = resources.files("qumode_khrnn.hsmt").joinpath("data/refutations.json").read_text(encoding="utf-8")

    def edges(listed: list[list[int]]) -> tuple[Edge, ...]:
        return tuple(tuple(edge) for edge in listed)

    return tuple(Refutation(one["qubits"], edges(one["a"]), edges(one["b"]), one["tree"]) for one in json.loads(text))


def triple_probe(modes: int, k: int, weights: Mapping[Edge, int], rng: np.random.Generator) -> Conversation:
    """Ask one triple probe over ``modular(2)``.

    For k = 2 the edges inside T are applied before anything is read. For k >= 3 the graph inside T depends on the
    answers outside; edges are applied after these answers, so that the drawn graph is left.

    Parameters
    ----------
    modes, k : int
        n >= 3, and the modes of a hyperedge.
    weights : mapping from edge to weight
        The weights that were written.
    rng : numpy.random.Generator
        Draws T, the refutation, and which of the three graphs stands on T.
    """
    size = 3 if modes < 4 or rng.random() < 0.5 else 4
    inside = [int(m) for m in rng.permutation(modes)[:size]]
    found = [one for one in refutations() if one.qubits == size]
    refutation = found[int(rng.integers(len(found)))]
    graph = ((), refutation.a, refutation.b)[int(rng.integers(3))]
    drawn = {_edge(inside[i], inside[j]) for i, j in graph}
    outside = [mode for mode in range(modes) if mode not in inside]

    group: Group = []
    if k == 2:
        group += _applied(drawn ^ _left(weights, inside, {}).keys_of(2))
    answers: Mapping[int, int] = {}
    if outside:
        group += [(ReadToken("x", mode), ProbeKind.TRIPLE) for mode in outside]
        answers = {mode: int(y) for mode, y in zip(outside, (yield group), strict=True)}
        group = []
    left = _left(weights, inside, answers)
    if k > 2:
        for order in range(3, size + 1):
            group += _applied(left.keys_of(order))
        group += _applied(drawn ^ left.keys_of(2))
    linear = {mode for (mode,) in left.keys_of(1)}
    tree: Any = refutation.tree
    while isinstance(tree, list):
        (quadrature, at, partners), *branches = tree
        mode = inside[at]
        around = _applied({_edge(mode, inside[j]) for j in partners})
        (answer,) = yield [*group, *around, (ReadToken(quadrature, mode), ProbeKind.TRIPLE), *around]
        group = []
        # a linear term z_i flips the answer to X_i, and no other answer
        tree = branches[int(answer) ^ (quadrature == "p" and mode in linear)]


class _Left(dict[Edge, int]):
    """Monomials on T, modulo 2."""

    def keys_of(self, order: int) -> set[Edge]:
        return {edge for edge, weight in self.items() if weight and len(edge) == order}


def _left(weights: Mapping[Edge, int], inside: Sequence[int], answers: Mapping[int, int]) -> _Left:
    """Return the written phase on T for known positions outside; edges to unknown positions are left out."""
    left = _Left()
    within = set(inside)
    for edge, weight in weights.items():
        kept = tuple(sorted(mode for mode in edge if mode in within))
        if kept and weight % 2 and all(answers.get(mode, 0) for mode in edge if mode not in within):
            left[kept] = left.get(kept, 0) ^ 1
    return left


def _edge(i: int, j: int) -> Edge:
    return (i, j) if i < j else (j, i)


def _applied(edges: set[Edge]) -> Group:
    return [(EdgeToken(edge, 1), None) for edge in sorted(edges)]
