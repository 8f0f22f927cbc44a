r"""Answer by phase-space samplers with a little more memory, which succeed where the plain one fails.

The *patched sampler* counts E tokens and keeps the last three. By the count it recognises a contextual probe, whose
joined edges are then the last tokens: it answers the three momenta by their exact law. The *hashed sampler* keeps a
checksum of all edges that are present, the syndrome of a code of distance 7: once at most two are left it knows them,
and simulates their state exactly. (Distance 5 would tell two edges apart as well, but then many a large set would be
taken for one of two edges.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from math import ceil, comb, log2

import numpy as np

from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, Token
from qumode_khrnn.hsmt.models import Memory, Model, Situation
from qumode_khrnn.ideal.live_state import LiveState, hear
from qumode_khrnn.rivals.phase_space import PhaseSpacePlayer

Edge = tuple[int, ...]

PRIMITIVE = (0, 3, 7, 11, 19, 37, 67, 137, 285, 529, 1033, 2053, 4179, 8219, 17475, 32771, 69643, 131081, 262273)
"""Primitive polynomials over GF(2) of degree 0, 1, 2, .. (W. W. Peterson and E. J. Weldon, Error-Correcting Codes, MIT
Press (1972), appendix C), as integers: bit i is the coefficient of x^i."""


class PatchedPlayer:
    """A phase-space point, the number of E tokens heard, and the last three of them."""

    def __init__(self, at: Situation, rng: np.random.Generator) -> None:
        self.modes, self.k, self.rng = at.modes, at.k, rng
        self.sampler = PhaseSpacePlayer(at, rng)
        self.heard = 0
        self.last: tuple[EdgeToken, ...] = ()
        self.joined: LiveState | None = None
        self.read = False

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        if isinstance(token, EdgeToken):
            self.heard += 1
            self.last = (*self.last, token)[-3:]
        elif isinstance(token, ReadToken) and not self.read:
            self.read = True
            if token.quadrature == "p":
                self.joined = self._contextual()
        if self.joined is not None:
            return hear(self.joined, token, self.rng)
        return self.sampler.step(token)

    def _contextual(self) -> LiveState | None:
        """Return the state of the three modes of a contextual probe, if the count says that this is one."""
        written = comb(self.modes, self.k)
        undone = written - comb(self.modes - 3, self.k)
        joins = {written + undone + 3: 3, **({written + undone + 1: 1} if self.k >= 3 else {})}
        if self.heard not in joins:
            return None
        state = LiveState(self.modes, self.k)
        for token in self.last[-joins[self.heard] :]:
            state.apply(token)
        return state


class HashedPlayer:
    """A phase-space point, and the syndrome of the set of edges that are present, while nothing was read."""

    def __init__(self, at: Situation, rng: np.random.Generator) -> None:
        self.modes, self.k, self.rng = at.modes, at.k, rng
        self.sampler = PhaseSpacePlayer(at, rng)
        self.labels = syndromes(at.modes, at.k)
        self.edges = {label: edge for edge, label in self.labels.items()}
        self.syndrome: int | None = 0
        self.known: LiveState | None = None

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        if isinstance(token, ReadToken) and self.syndrome is not None:
            self.known = self._known()
            self.syndrome = None
        if self.known is not None:
            return hear(self.known, token, self.rng)
        if isinstance(token, EdgeToken) and self.syndrome is not None and int(token.weight) % 2:
            label = self.labels.get(tuple(sorted(token.modes)))
            self.syndrome = None if label is None else self.syndrome ^ label  # no label: an edge of fewer modes
        return self.sampler.step(token)

    def _known(self) -> LiveState | None:
        """Return the state of the edges that are present, if they are two or fewer."""
        present = next(self._sets(), None)
        if present is None:
            return None
        state = LiveState(self.modes, self.k)
        for edge in present:
            state.apply(EdgeToken(edge, 1))
        return state

    def _sets(self) -> Iterator[tuple[Edge, ...]]:
        syndrome = self.syndrome
        assert syndrome is not None
        if syndrome == 0:
            yield ()
        if syndrome in self.edges:
            yield (self.edges[syndrome],)
        for edge, label in self.labels.items():
            if syndrome ^ label in self.edges:
                yield edge, self.edges[syndrome ^ label]


@lru_cache(maxsize=8)
def syndromes(modes: int, k: int) -> Mapping[Edge, int]:
    """Return the syndrome ``(a, a^3, a^5)`` of every edge, 3 m bits, with distinct a != 0 in GF(2^m), 2^m > N.

    The XOR of at most three syndromes identifies them: they are the columns of the parity check of the BCH code of
    distance 7 (R. C. Bose and D. K. Ray-Chaudhuri, Inf. Control 3, 68 (1960)). A large set of edges has the syndrome of
    at most two with a probability of about ``N^2 / 2^{3m+1}``, at most 1 / (2N).

    Examples
    --------
    >>> len(set(syndromes(4, 2).values()))
    6
    """
    degree = _degree(modes, k)
    out = {}
    for a, edge in enumerate(combinations(range(modes), k), start=1):
        square = _times(a, a, degree)
        cube = _times(square, a, degree)
        out[edge] = a | cube << degree | _times(cube, square, degree) << 2 * degree
    return out


def _degree(modes: int, k: int) -> int:
    return max(1, ceil(log2(comb(modes, k) + 1)))


def _times(left: int, right: int, degree: int) -> int:
    """Return the product in GF(2^degree)."""
    out = 0
    while right:
        if right & 1:
            out ^= left
        left <<= 1
        if left >> degree:
            left ^= PRIMITIVE[degree]
        right >>= 1
    return out


def _patched_memory(at: Situation) -> Memory:
    edges = sum(comb(at.modes, size) for size in range(1, at.k + 1))
    # at most N are written, N undone and 3 joined before a readout
    bits = 2 * at.modes + ceil(log2(2 * comb(at.modes, at.k) + 4)) + 3 * ceil(log2(2 * edges))
    return Memory(bits, "bits", bits, "a position and a momentum for every mode, a counter, the last three E tokens")


def _hashed_memory(at: Situation) -> Memory:
    bits = 2 * at.modes + 3 * _degree(at.modes, at.k)
    return Memory(bits, "bits", bits, "a position and a momentum for every mode, and a syndrome of the edges present")


PATCHED = Model("patched-sampler", _patched_memory, player=PatchedPlayer)
"""The patched sampler."""

HASHED = Model("hashed-sampler", _hashed_memory, player=HashedPlayer)
"""The hashed sampler."""
