"""Probe groups: the tokens that ask one question of what was written. Their meaning is in docs/hsmt.md."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, ShiftToken
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.hsmt.triples import Conversation, Group


@dataclass(frozen=True, slots=True)
class Written:
    """What a sentence has written: each edge once, in the order of writing."""

    modes: int
    edges: tuple[EdgeToken, ...]

    def star(self, *modes: int) -> list[EdgeToken]:
        """The edges that contain any of the modes."""
        return [edge for edge in self.edges if any(m in edge.modes for m in modes)]

    def neighbours(self, mode: int) -> list[int]:
        """The other modes of the star of a mode, ascending."""
        return sorted({m for edge in self.star(mode) for m in edge.modes} - {mode})


def at_once(group: Group) -> Conversation:
    """A conversation whose tokens do not depend on answers."""
    yield group


def probe_group(spec: HsmtSpec, written: Written, rng: np.random.Generator, kind: ProbeKind) -> Group:
    """The tokens of a probe of a mode drawn uniformly from those that an edge contains.

    Parameters
    ----------
    spec : HsmtSpec
    written : Written
    rng : numpy.random.Generator
    kind : ProbeKind
        Not `ProbeKind.CONTEXT`, which only serves others, nor `ProbeKind.TRIPLE`, whose tokens depend on answers.
    """
    mode = int(rng.choice(sorted({m for edge in written.edges for m in edge.modes})))
    star = written.star(mode)
    match kind:
        case ProbeKind.NEIGHBOUR:
            return _neighbour(spec, written, rng, mode)
        case ProbeKind.CONTEXTUAL:
            return _contextual(spec, written, rng, mode)
        case ProbeKind.DECOY:
            wrong = int(rng.integers(len(star)))
            if spec.levels is None:
                off = float(rng.uniform(*spec.weights) * rng.choice([-1.0, 1.0]))
                weight = star[wrong].weight + off
                assert weight != star[wrong].weight
            else:
                weight = int(star[wrong].weight + rng.integers(1, spec.levels)) % spec.levels
            star[wrong] = EdgeToken(star[wrong].modes, weight)
    return [*_undone(star, spec.levels), (ReadToken("p", mode), kind), *_gates(star)]


def _neighbour(spec: HsmtSpec, written: Written, rng: np.random.Generator, mode: int) -> Group:
    star = written.star(mode)
    others, undone = written.neighbours(mode), []
    if spec.levels is None and spec.k == 4:
        # the exact law of a cubic of many read positions is not known: leave one edge, whose law is that of a product
        left = star.pop(int(rng.integers(len(star))))
        others, undone = [m for m in left.modes if m != mode], star
    reads: Group = []
    for other in others:
        reads.append((ReadToken("x", other), ProbeKind.CONTEXT))
        if spec.levels is not None and spec.shift > 0.0 and rng.random() < spec.shift:
            reads.append((ShiftToken(other, int(rng.integers(1, spec.levels))), None))
    read = (ReadToken("p", mode), ProbeKind.NEIGHBOUR)
    return [*_undone(undone, spec.levels), *reads, read, *_gates(undone)]


def _contextual(spec: HsmtSpec, written: Written, rng: np.random.Generator, mode: int) -> Group:
    """Free three modes of all edges, join them by a triangle or by one 3-edge, and read their momenta."""
    rest = [m for m in range(spec.modes) if m != mode]
    modes = sorted([mode, *(int(m) for m in rng.choice(rest, size=2, replace=False))])
    star = written.star(*modes)
    even = spec.levels is not None and spec.levels % 2 == 0
    if even and (spec.k == 2 or rng.random() < 0.5):
        assert spec.levels is not None
        join = [EdgeToken(pair, spec.levels // 2) for pair in combinations(modes, 2)]
    elif spec.levels is None:
        weight = float(rng.uniform(*spec.weights) * rng.choice([-1.0, 1.0]))
        join = [EdgeToken(tuple(modes), weight)]
    else:
        join = [EdgeToken(tuple(modes), int(rng.integers(1, spec.levels)))]
    reads: Group = [(ReadToken("p", m), ProbeKind.CONTEXTUAL) for m in modes]
    return [*_undone(star, spec.levels), *_gates(join), *reads, *_gates(star)]


def _gates(edges: list[EdgeToken]) -> Group:
    return [(edge, None) for edge in edges]


def _undone(edges: list[EdgeToken], levels: int | None) -> Group:
    return [(EdgeToken(e.modes, -e.weight if levels is None else -int(e.weight) % levels), None) for e in edges]
