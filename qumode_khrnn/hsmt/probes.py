"""Make probe groups: the tokens that ask one question about the written edges (docs/hsmt.md has their meaning)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qumode_khrnn.hsmt.displacement import DisplacementToken, step, triangle_contexts
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, ShiftToken
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.hsmt.triples import Conversation, Group


@dataclass(frozen=True, slots=True)
class Written:
    """The edges that a sentence has written: each once, in the order of writing."""

    modes: int
    edges: tuple[EdgeToken, ...]

    def star(self, *modes: int) -> list[EdgeToken]:
        """Return the edges that contain any of the modes."""
        return [edge for edge in self.edges if any(m in edge.modes for m in modes)]

    def neighbours(self, mode: int) -> list[int]:
        """Return the other modes of the star of a mode, ascending."""
        return sorted({m for edge in self.star(mode) for m in edge.modes} - {mode})


def at_once(group: Group) -> Conversation:
    """Yield a conversation whose tokens do not depend on answers."""
    yield group


def probe_group(spec: HsmtSpec, written: Written, rng: np.random.Generator, kind: ProbeKind) -> Group:
    """Return the tokens of a probe of a mode drawn uniformly from those that an edge contains.

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
        case ProbeKind.CONTEXTUAL if spec.letters.reads_displacements:
            return _displacement_context(spec, written, rng, mode)
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
    return [*_undone(star, spec.levels), (_momentum(spec, mode), kind), *_gates(star)]


def fillers(spec: HsmtSpec, modes: list[int]) -> Group:
    """Return the readouts that fill a sentence: those of the positions of these modes.

    Where displacements are read, the filler is always ``exp(2 i a w x)`` of the first mode: it commutes with every
    matched and contextual readout, and repeated displacements keep the laws short.
    """
    if not spec.letters.reads_displacements:
        return [(ReadToken("x", mode), ProbeKind.CONTEXT) for mode in modes]
    beta = 2.0 * step(spec.triangle) * spec.triangle
    return [(DisplacementToken.of((modes[0],), (0.0,), (beta,)), ProbeKind.CONTEXT) for _ in modes]


def _momentum(spec: HsmtSpec, mode: int) -> ReadToken | DisplacementToken:
    """Return the readout of p_i, or of ``exp(i a p_i)``."""
    if spec.letters.reads_displacements:
        return DisplacementToken.of((mode,), (step(spec.triangle),), (0.0,))
    return ReadToken("p", mode)


def _neighbour(spec: HsmtSpec, written: Written, rng: np.random.Generator, mode: int) -> Group:
    star = written.star(mode)
    others, undone = written.neighbours(mode), []
    if spec.levels is None and spec.k == 4:
        # the exact law of a cubic of several positions is not known: keep one edge, whose law is that of a product
        left = star.pop(int(rng.integers(len(star))))
        others, undone = [m for m in left.modes if m != mode], star
    reads: Group = []
    for other in others:
        reads.append((ReadToken("x", other), ProbeKind.CONTEXT))
        if spec.levels is not None and spec.shift > 0.0 and rng.random() < spec.shift:
            reads.append((ShiftToken(other, int(rng.integers(1, spec.levels))), None))
    read = (ReadToken("p", mode), ProbeKind.NEIGHBOUR)
    return [*_undone(undone, spec.levels), *reads, read, *_gates(undone)]


def _three(spec: HsmtSpec, rng: np.random.Generator, mode: int) -> tuple[int, int, int]:
    """Return a mode and two others, ascending."""
    rest = [m for m in range(spec.modes) if m != mode]
    first, second, third = sorted([mode, *(int(m) for m in rng.choice(rest, size=2, replace=False))])
    return first, second, third


def _displacement_context(spec: HsmtSpec, written: Written, rng: np.random.Generator, mode: int) -> Group:
    """Free three modes of all edges, join them by a triangle, read one of the four contexts, and restore the edges.

    The modes live on after the readout, so the triangle is undone as well.
    """
    modes = _three(spec, rng, mode)
    star = written.star(*modes)
    join = [EdgeToken(pair, spec.triangle) for pair in combinations(modes, 2)]
    token = triangle_contexts(modes, spec.triangle)[int(rng.integers(4))]
    undone = _undone(star, spec.levels)
    return [*undone, *_gates(join), (token, ProbeKind.CONTEXTUAL), *_undone(join, spec.levels), *_gates(star)]


def _contextual(spec: HsmtSpec, written: Written, rng: np.random.Generator, mode: int) -> Group:
    """Free three modes of all edges, join them by a triangle or by one 3-edge, and read their momenta."""
    modes = _three(spec, rng, mode)
    star = written.star(*modes)
    even = spec.levels is not None and spec.levels % 2 == 0
    if even and (spec.k == 2 or rng.random() < 0.5):
        assert spec.levels is not None
        join = [EdgeToken(pair, spec.levels // 2) for pair in combinations(modes, 2)]
    elif spec.levels is None:
        weight = float(rng.uniform(*spec.weights) * rng.choice([-1.0, 1.0]))
        join = [EdgeToken(modes, weight)]
    else:
        join = [EdgeToken(modes, int(rng.integers(1, spec.levels)))]
    reads: Group = [(ReadToken("p", m), ProbeKind.CONTEXTUAL) for m in modes]
    return [*_undone(star, spec.levels), *_gates(join), *reads, *_gates(star)]


def _gates(edges: list[EdgeToken]) -> Group:
    return [(edge, None) for edge in edges]


def _undone(edges: list[EdgeToken], levels: int | None) -> Group:
    return [(EdgeToken(e.modes, -e.weight if levels is None else -int(e.weight) % levels), None) for e in edges]
