r"""Draw fresh single-probe sentences of ``modular(2)`` for training, one whole batch at a time.

A sentence on n two-level systems, all starting with p = 0 for certain:

1. *Write*: every k-edge once, in random or ascending order, each with weight 0 or 1.
2. *One probe* of a uniformly random mode i:
   - **matched**: ``E(e, w_e)`` again for every e that contains i (modulo 2, -w = w), then ``P(i)``: 0.
   - **decoy**: the same with one of those weights flipped. What is left of the phase on i is ``prod_{j in e, j != i}
     z_j`` with uniform z, so ``P(1) = 2^{-(k-1)}``.
   - **neighbour**: ``Q(j)`` for all j != i, with uniform answers y_j, then ``P(i)``, whose answer is
     ``sum_{e containing i} w_e prod_{j in e, j != i} y_j mod 2``.

Which mode is asked is known only after all of the write part: an exact model must keep every weight.

Sentences of a *curriculum* write fewer edges: m random ones, with m uniform in 1..`written`. The probe then has only
the tokens that belong to written edges. Sentences of one edge teach what a token does, longer ones how effects add up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import comb, log

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from qumode_khrnn.classical.features import KINDS, TOKEN_KINDS, Encoded, assemble, number_features, token_features
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence, Token
from simulations.laws.discrete import DiscreteLaw, certain

ALPHABET = "modular(2)"
PROBES = (ProbeKind.MATCHED, ProbeKind.DECOY, ProbeKind.NEIGHBOUR)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SingleProbe:
    """The parameters of single-probe sentences.

    Attributes
    ----------
    modes, k : int
        2 <= k <= modes <= 16.
    shuffled : bool
        Whether edges are written and undone, and positions read, in random order; otherwise the order is ascending.
        Both orders need the same memory; the random order is harder to learn.
    written : int, optional
        Largest number of edges written, for a curriculum; None for the task itself, which writes all.

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> task = SingleProbe(4, 2)
    >>> task.edges, task.length
    (6, 10)
    >>> task.encoded(np.random.default_rng(0), 5).inputs.shape
    (5, 10, 13)
    """

    modes: int
    k: int
    shuffled: bool = True
    written: int | None = None

    def __post_init__(self) -> None:
        if not 2 <= self.k <= self.modes <= 16:
            raise InputError(f"single probes need 2 <= k <= modes <= 16, found k = {self.k}, modes = {self.modes}")
        if self.written is not None and not 1 <= self.written <= self.edges:
            raise InputError(f"the number of written edges must lie in 1..{self.edges}, found {self.written}")

    @property
    def edges(self) -> int:
        """Edges written: ``binom(n, k)``."""
        return comb(self.modes, self.k)

    @property
    def length(self) -> int:
        """Tokens of the longest sentence."""
        return self.edges + max(comb(self.modes - 1, self.k - 1) + 1, self.modes)

    def encoded(self, rng: np.random.Generator, size: int) -> Encoded:
        """Return a batch of sentences as arrays."""
        return _encoded(self, _draw(self, rng, size))

    def fresh(self, rng: np.random.Generator, size: int, difficulty: float) -> Encoded:
        """Return a batch of a curriculum, with up to ``1 + floor(difficulty binom(n, k))`` edges: all of them at 1."""
        if difficulty >= 1.0:
            return self.encoded(rng, size)
        return replace(self, written=min(self.edges, 1 + int(difficulty * self.edges))).encoded(rng, size)

    def sentences(self, rng: np.random.Generator, size: int) -> tuple[Sentence, ...]:
        """Return the batch that `encoded` draws from the same generator, as sentences; this is slow."""
        return _sentences(self, _draw(self, rng, size))


@dataclass(frozen=True, slots=True)
class _Drawn:
    # ids: 0..C-1 edges, then P(0..n-1), then Q(0..n-1), then the end; -1 stands for a missing weight or answer
    ids: Ints
    weights: Ints
    answers: Ints
    ones: NDArray[np.float64]  # exact probability of the answer 1
    kinds: NDArray[np.int8]


def _draw(task: SingleProbe, rng: np.random.Generator, size: int) -> _Drawn:
    n, count = task.modes, task.edges
    edges = np.array(list(combinations(range(n), task.k)))
    stars = np.array([np.flatnonzero((edges == i).any(axis=1)) for i in range(n)])
    others = np.array([np.setdiff1d(np.arange(n), [i]) for i in range(n)])
    degree, end, rows = stars.shape[1], count + 2 * n, np.arange(size)

    def orders(items: int) -> Ints:
        return (rng.random((size, items)) if task.shuffled else np.zeros((size, items))).argsort(axis=1, kind="stable")

    order = orders(count)
    many = np.full(size, count) if task.written is None else rng.integers(1, task.written + 1, size=size)
    drawn_edges = rng.random((size, count)).argsort(axis=1)
    present = drawn_edges.argsort(axis=1) < many[:, None]  # by edge
    weight = rng.integers(2, size=(size, count)) * present
    special = drawn_edges[rows, rng.integers(many)]  # a written edge; the mode asked is one of its modes
    mode = edges[special, rng.integers(task.k, size=size)]
    probe = rng.integers(len(PROBES), size=size)

    tail = task.length - count
    ids = np.full((size, tail), end)
    weights, answers = np.full((2, size, tail), -1)
    ones = np.zeros((size, tail))
    kinds = np.full((size, tail), -1, np.int8)

    # matched and decoy: the star again, for the decoy with the special edge's weight flipped
    starred = probe < 2
    star = np.take_along_axis(stars[mode], orders(degree), axis=1)
    again = np.take_along_axis(weight, star, axis=1) ^ ((probe == 1)[:, None] & (star == special[:, None]))
    ids[:, :degree][starred] = np.where(np.take_along_axis(present, star, axis=1), star, end)[starred]
    weights[:, :degree][starred] = again[starred]
    ones[probe == 1, degree] = 0.5 ** (task.k - 1)

    # neighbour: all positions that written edges join to the mode, then the momentum
    asked = ~starred
    joined = np.zeros((size, n), np.bool_)
    for edge, modes in enumerate(edges):
        joined[:, modes] |= (present[:, edge] & (modes == mode[:, None]).any(axis=1))[:, None]
    read = np.take_along_axis(others[mode], orders(n - 1), axis=1)
    told = rng.integers(2, size=(size, n - 1))
    y = np.ones((size, n), np.int64)  # 1 for the mode itself, so that products over an edge skip it
    np.put_along_axis(y, read, told, axis=1)
    terms = weight * y[:, edges].prod(axis=2)
    total = np.take_along_axis(terms, stars[mode], axis=1).sum(axis=1) % 2
    ids[:, : n - 1][asked] = np.where(np.take_along_axis(joined, read, axis=1), count + n + read, end)[asked]
    ones[:, : n - 1][asked] = 0.5
    kinds[:, : n - 1][asked] = KINDS.index(ProbeKind.CONTEXT)
    answers[:, : n - 1][asked] = told[asked]
    ones[asked, n - 1] = total[asked]

    last = np.where(starred, degree, n - 1)
    ids[rows, last] = count + mode
    weights[rows, last] = -1
    answers[rows, last] = rng.random(size) < ones[rows, last]
    kinds[rows, last] = np.array([KINDS.index(kind) for kind in PROBES])[probe]

    write = np.take_along_axis(present, order, axis=1)
    nothing = np.full((size, count), -1)
    ids = np.concatenate([np.where(write, order, end), ids], axis=1)
    parts = (
        np.concatenate([np.take_along_axis(weight, order, axis=1), weights], axis=1),
        np.concatenate([nothing, answers], axis=1),
        np.concatenate([np.zeros((size, count)), ones], axis=1),
        np.concatenate([nothing.astype(np.int8), kinds], axis=1),
    )
    return _close_up(ids, end, *parts)


def _close_up(
    ids: Ints, end: int, weights: Ints, answers: Ints, ones: NDArray[np.float64], kinds: NDArray[np.int8]
) -> _Drawn:
    # tokens that a sentence leaves out go to its end, and the batch is as long as its longest sentence
    absent = ids == end
    order = absent.argsort(axis=1, kind="stable")[:, : int((~absent).sum(axis=1).max())]
    absent = np.take_along_axis(absent, order, axis=1)
    closed = [np.take_along_axis(part, order, axis=1) for part in (ids, weights, answers, kinds)]
    ids, weights, answers, kinds = (
        np.where(absent, blank, c) for c, blank in zip(closed, (end, -1, -1, -1), strict=True)
    )
    return _Drawn(ids, weights, answers, np.take_along_axis(ones, order, axis=1), kinds)


def _encoded(task: SingleProbe, drawn: _Drawn) -> Encoded:
    n = task.modes
    table = [token_features(0, edge, n) for edge in combinations(range(n), task.k)]
    table += [token_features(kind, (i,), n) for kind in (2, 3) for i in range(n)]
    table.append(np.zeros(TOKEN_KINDS + n, np.float32))
    read = drawn.answers >= 0
    answers = np.where(read, drawn.answers, 0).astype(np.float32)
    chance = np.where(answers == 1.0, drawn.ones, 1.0 - drawn.ones)
    return Encoded(
        inputs=assemble(
            np.array(table)[drawn.ids],
            number_features(drawn.weights.astype(np.float64), drawn.weights >= 0, ALPHABET),
            number_features(drawn.answers.astype(np.float64), read, ALPHABET),
            read,
        ),
        answers=answers,
        read=read,
        padding=drawn.ids == len(table) - 1,
        exact=np.log(np.where(read, chance, 1.0)).astype(np.float32),
        determined=read & ((drawn.ones == 0.0) | (drawn.ones == 1.0)),
        low=answers,
        high=answers.copy(),
        kinds=drawn.kinds,
    )


def _sentences(task: SingleProbe, drawn: _Drawn) -> tuple[Sentence, ...]:
    n, edges = task.modes, list(combinations(range(task.modes), task.k))
    out = []
    for ids, weights, answers, ones, kinds in zip(
        drawn.ids, drawn.weights, drawn.answers, drawn.ones, drawn.kinds, strict=True
    ):
        tokens: list[Token] = []
        for number, weight in zip(ids.tolist(), weights.tolist(), strict=True):
            if number < len(edges):
                tokens.append(EdgeToken(edges[number], weight))
            elif number < len(edges) + 2 * n:
                quadrature = "p" if number < len(edges) + n else "x"
                tokens.append(ReadToken(quadrature, (number - len(edges)) % n))
        read = np.flatnonzero(answers >= 0)
        laws = [_law(float(ones[t])) for t in read]
        out.append(
            Sentence(
                tuple(tokens),
                tuple(KINDS[kinds[t]] for t in read),
                tuple(int(answers[t]) for t in read),
                tuple(laws),
            )
        )
    return tuple(out)


def _law(one: float) -> DiscreteLaw:
    return certain(int(one), 2) if one in (0.0, 1.0) else DiscreteLaw((1.0 - one, one))


def memoryless_excess(k: int, modes: int) -> float:
    """Return the excess NLL per answer, in nats, of the best law of ``P(i)`` that ignores everything read before."""
    one = (0.5 ** (k - 1) + _neighbour_ones(modes, k)) / 3.0
    best = -one * log(one) - (1.0 - one) * log(1.0 - one)
    exact = _entropy(0.5 ** (k - 1)) / 3.0
    return (best - exact) / ((2 + modes) / 3.0)


def _neighbour_ones(modes: int, k: int) -> float:
    # a sum of m >= 1 fair bits is fair; it is 0 for certain if all of the star's products vanish: fewer than k - 1 ones
    few: float = sum(comb(modes - 1, s) for s in range(k - 1)) / 2 ** (modes - 1)
    return 0.5 * (1.0 - few)


def _entropy(one: float) -> float:
    return -one * log(one) - (1.0 - one) * log(1.0 - one)
