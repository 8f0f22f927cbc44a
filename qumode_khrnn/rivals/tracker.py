r"""Answer by the budgeted tracker, a classical model that stores only m of the binom(n, k) weights.

It keeps the weights of m edges, chosen before it reads anything (whole stars first: the best choice for random probes),
and the positions and momenta that answers revealed. It reads ``modular(d)`` sentences with one probe:

- positions of unread modes are uniform;
- a neighbour probe's momentum is ``sum_e w_e prod z_j`` for the positions that were read (a shift afterwards does not
  change it): certain if every edge whose product is not 0 is stored, uniform otherwise;
- before a matched or decoy momentum a star was undone. If a stored weight was undone wrongly, the probe is a decoy.
  If not, it may still be one, with the wrong weight among the u edges of the star that are not stored: probability
  ``c u / (1 + c u)``, where ``c`` is the ratio of decoys to matched probes over the size of the star;
- a contextual probe undoes three stars with the right weights, so it needs no stored weights: its laws are those of
  fresh modes.

Its laws are the best for its memory: Bayes' rule over all other weights and decoys.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence, Token, quadrature_token
from qumode_khrnn.hsmt.models import Memory, Model, Situation, Symbols
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.live_state import LiveState
from qumode_khrnn.ideal.modular_reference import modular_reference
from simulations.laws.discrete import DiscreteLaw, certain, uniform


def stored_edges(modes: int, k: int, budget: int) -> frozenset[tuple[int, ...]]:
    """Return the m edges that the tracker stores: in lexicographic order, which completes star after star.

    Raises
    ------
    InputError
        If the budget is not in 0..binom(n, k).
    """
    if not 0 <= budget <= comb(modes, k):
        raise InputError(f"the tracker must store 0..{comb(modes, k)} weights, found {budget}")
    every = combinations(range(modes), k)
    return frozenset(edge for edge, _ in zip(every, range(budget), strict=False))


def tracker_laws(sentence: Sentence, spec: HsmtSpec, budget: int) -> tuple[DiscreteLaw, ...]:
    """Return the tracker's law of every answer of a sentence, given the earlier ones.

    Parameters
    ----------
    sentence : Sentence
        A sentence that writes all edges, over ``modular(d)`` with d prime, with one probe.
    spec : HsmtSpec
        For the alphabet and the mixture of probes.
    budget : int
        Number m of stored weights.

    Raises
    ------
    InputError
        If the sentence has another form.
    """
    d = spec.levels
    total = comb(spec.modes, spec.k)
    if d is None or spec.probes != 1:
        raise InputError("the budgeted tracker needs modular sentences with one probe, found others")
    if any(d % factor == 0 for factor in range(2, d)):
        raise InputError(f"the budgeted tracker needs a prime number of levels, found {d}")  # products may divide d
    stored = stored_edges(spec.modes, spec.k, budget)
    written = [token for token in sentence.tokens[:total] if isinstance(token, EdgeToken)]
    if len({token.modes for token in written}) != total:
        raise InputError(f"the budgeted tracker needs sentences that write all {total} edges first")
    weights = {token.modes: int(token.weight) for token in written if token.modes in stored}
    kind = sentence.kinds[-1]
    probe = sentence.tokens[total:]
    if kind is ProbeKind.CONTEXTUAL:
        return _contextual(sentence, d)
    if kind is ProbeKind.NEIGHBOUR:
        return _neighbour(sentence, spec, d, weights)
    last = next(t for t, token in enumerate(probe) if isinstance(token, ReadToken))
    undone = [token for token in probe[:last] if isinstance(token, EdgeToken)]
    return (_undone_law(undone, weights, spec, d),)


def _neighbour(
    sentence: Sentence, spec: HsmtSpec, d: int, weights: dict[tuple[int, ...], int]
) -> tuple[DiscreteLaw, ...]:
    reads = [token for token in sentence.tokens if isinstance(token, ReadToken)]
    mode = reads[-1].mode
    position = {r.mode: int(y) for r, y in zip(reads[:-1], sentence.answers, strict=False)}
    total = 0
    for edge in combinations(range(spec.modes), spec.k):
        if mode not in edge:
            continue
        product = int(np.prod([position[j] for j in edge if j != mode])) % d
        if product == 0:
            continue
        if edge not in weights:
            return (uniform(d),) * len(reads)  # exact for prime d
        total += weights[edge] * product
    return (*(uniform(d),) * (len(reads) - 1), certain(total % d, d))


def _undone_law(undone: list[EdgeToken], weights: dict[tuple[int, ...], int], spec: HsmtSpec, d: int) -> DiscreteLaw:
    off = [(weights[token.modes] + int(token.weight)) % d for token in undone if token.modes in weights]
    if any(off):
        return _decoy_law(spec.k, d, next(w for w in off if w))
    shares = spec.shares
    ratio = shares.get("decoy", 0.0) / max(shares.get("matched", 0.0), 1e-300)
    odds = ratio * (len(undone) - len(off)) / len(undone)
    doubt = odds / (1.0 + odds)
    wrong = np.mean([_decoy_law(spec.k, d, w).probabilities for w in range(1, d)], axis=0)
    law = doubt * wrong + (1.0 - doubt) * np.eye(d)[0]
    return DiscreteLaw(tuple(law.tolist()))


def _decoy_law(k: int, d: int, off: int) -> DiscreteLaw:
    """Return the law of ``off * z_1 .. z_{k-1}`` for uniform z."""
    products = np.array([1])
    for _ in range(k - 1):
        products = (products[:, None] * np.arange(d)).ravel() % d
    counts = np.bincount(products * off % d, minlength=d)
    return DiscreteLaw(tuple((counts / counts.sum()).tolist()))


def _contextual(sentence: Sentence, d: int) -> tuple[DiscreteLaw, ...]:
    reads = [token for token in sentence.tokens if isinstance(token, ReadToken)]
    first = sentence.tokens.index(reads[0])
    modes = sorted(read.mode for read in reads)
    index = {mode: i for i, mode in enumerate(modes)}
    # the joining edges follow the last undone one: a triangle of pairs, or one 3-edge
    edges = [token for token in sentence.tokens[:first] if isinstance(token, EdgeToken)]
    joined = edges[-1:] if set(edges[-1].modes) == set(modes) else edges[-3:]
    tokens: tuple[Token, ...] = (
        *(EdgeToken(tuple(index[m] for m in edge.modes), edge.weight) for edge in joined),
        *(ReadToken("p", index[read.mode]) for read in reads),
    )
    return modular_reference(tokens, 3, d, np.random.default_rng(0), sentence.answers)[1]


class TrackerPlayer:
    """The state of the stored weights, all others taken as 0; free positions are answered 0.

    The first N edges that it hears are the written ones; it applies all later tokens in full.
    """

    def __init__(self, at: Situation, rng: np.random.Generator) -> None:
        self.stored = stored_edges(at.modes, at.k, budget_of(at))
        self.state, self.rng = LiveState(at.modes, at.k), rng
        self.to_write = comb(at.modes, at.k)

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        token = quadrature_token(token)
        if not isinstance(token, ReadToken):
            forgotten = False
            if isinstance(token, EdgeToken) and self.to_write > 0:
                self.to_write -= 1
                forgotten = tuple(sorted(token.modes)) not in self.stored
            if not forgotten:
                self.state.apply(token)
            return None
        law = self.state.law(token)
        free = token.quadrature == "x" and law.probability(0) > 0.0
        answer = 0 if free else int(self.rng.choice(2, p=law.probabilities))
        self.state.take(token, answer)
        return answer


def budget_of(at: Situation) -> int:
    """Return the number of weights that a tracker stores: all by default.

    Raises
    ------
    InputError
        If the number is not a whole number in 0..binom(n, k).
    """
    edges = comb(at.modes, at.k)
    amount = edges if at.amount is None else at.amount
    if amount != int(amount) or not 0 <= amount <= edges:
        raise InputError(
            f"a tracker must store a whole number of weights in 0..{edges} for n = {at.modes} and k = {at.k}, "
            f"found {amount:g}"
        )
    return int(amount)


def _memory(at: Situation) -> Memory:
    symbols, budget = Symbols.of(at.alphabet), budget_of(at)
    stated = f"{budget} weights; besides, the last known position and momentum of {at.modes} modes"
    return Memory(budget, f"weights ({symbols.name})", symbols.bits_of(budget), stated)


MODEL = Model("tracker", _memory, player=TrackerPlayer, amount="the number of weights that it stores")
"""The budgeted tracker."""
