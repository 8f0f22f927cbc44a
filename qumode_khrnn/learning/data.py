r"""Draw sentences of a hidden network over the modular(2) alphabet, with answers from its exact law.

The hidden network has n qubits that start in ``|+>^n``. Every gate token is an opaque id t; its gate is ``exp(i pi
prod_{j in e_t} z_j)``, z_j in {0, 1}, on one k-edge e_t, and ids are dealt to the ``binom(n, k)`` edges at random. The
vocabulary has ``binom(n, k) + 2 n`` tokens: gate ids first, then ``P(0..n-1)``, then ``Q(0..n-1)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_MODES = 12
"""Largest number of modes n: a state has 2^n amplitudes per sentence."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Token numbers for n modes and gates on k of them.

    >>> words = Vocabulary(4, 2)
    >>> words.gates, words.size, words.read_p(0), words.read_q(0), words.monomials[3:5]
    (6, 14, 6, 10, ((3,), (0, 1)))

    Raises
    ------
    InputError
        If not ``1 <= k <= n <= 12``.
    """

    modes: int
    k: int

    def __post_init__(self) -> None:
        if not 1 <= self.k <= self.modes <= MAX_MODES:
            raise InputError(
                f"learning: k must satisfy 1 <= k <= modes <= {MAX_MODES}, found k = {self.k} and modes = {self.modes}"
            )

    @property
    def gates(self) -> int:
        """Number of gate ids."""
        return comb(self.modes, self.k)

    @property
    def size(self) -> int:
        """Number of tokens."""
        return self.gates + 2 * self.modes

    @property
    def monomials(self) -> tuple[tuple[int, ...], ...]:
        """The non-empty sets of at most k modes, by size: one phase of a gate belongs to each."""
        return tuple(s for size in range(1, self.k + 1) for s in combinations(range(self.modes), size))

    def basis(self) -> Floats:
        """Return values ``prod_{j in S} z_j``, shape (monomials, 2^n); z_j is bit j of the index of a basis state."""
        numbers = np.arange(2**self.modes)
        bits = numbers[None, :] >> np.arange(self.modes)[:, None] & 1  # (n, 2^n)
        return np.array([bits[list(s)].prod(axis=0) for s in self.monomials], dtype=float)

    def read_p(self, mode: int) -> int:
        """Return the token of the X-basis readout of a mode."""
        return self.gates + mode

    def read_q(self, mode: int) -> int:
        """Return the token of the Z-basis readout of a mode."""
        return self.gates + self.modes + mode


@dataclass(frozen=True, slots=True)
class HiddenNetwork:
    """The edge that every gate id stands for.

    Attributes
    ----------
    vocabulary : Vocabulary
    edges : tuple of edges
        By gate id; a permutation of all k-edges.
    """

    vocabulary: Vocabulary
    edges: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        every = list(combinations(range(self.vocabulary.modes), self.vocabulary.k))
        if sorted(self.edges) != every:
            raise InputError(f"hidden network: the edges must be all {len(every)} k-edges in some order, found others")

    def phases(self) -> Floats:
        """Return the gates' phases in the learner's parameters, shape (gates, monomials): pi on each gate's edge."""
        monomials = self.vocabulary.monomials
        out = np.zeros((self.vocabulary.gates, len(monomials)))
        for token, edge in enumerate(self.edges):
            out[token, monomials.index(edge)] = np.pi
        return out


def hidden_network(vocabulary: Vocabulary, rng: np.random.Generator) -> HiddenNetwork:
    """Deal gate ids to edges at random."""
    every = list(combinations(range(vocabulary.modes), vocabulary.k))
    return HiddenNetwork(vocabulary, tuple(every[i] for i in rng.permutation(len(every))))


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of one length.

    Attributes
    ----------
    tokens : array of int, shape (sentences, length)
    answers : array of int, shape (sentences, length)
        0 or 1 after a reading token, -1 after a gate token.
    log_exact : array, shape (sentences, length)
        Log-probability of each answer under the hidden network, given the earlier ones; 0 after a gate token.
    """

    tokens: Integers
    answers: Integers
    log_exact: Floats

    def __len__(self) -> int:
        return len(self.tokens)


def draw_sentences(hidden: HiddenNetwork, count: int, length: int, rng: np.random.Generator) -> Sentences:
    """Draw random sentences: every token uniform over the vocabulary, the last one over the reading tokens.

    Parameters
    ----------
    hidden : HiddenNetwork
        Network that draws the answers.
    count, length : int
        At least 1.
    rng : numpy Generator

    Raises
    ------
    InputError
        If count or length is below 1.
    """
    if count < 1 or length < 1:
        raise InputError(f"sentences: count and length must be at least 1, found {count} and {length}")
    words = hidden.vocabulary
    tokens = rng.integers(words.size, size=(count, length))
    tokens[:, -1] = rng.integers(words.gates, words.size, size=count)
    return answer(hidden, tokens, rng)


def answer(hidden: HiddenNetwork, tokens: Integers, rng: np.random.Generator) -> Sentences:
    """Draw the answers of given sentences from the hidden network, token by token.

    Its states have real amplitudes: gates are signs and the readouts are real projectors.
    """
    words = hidden.vocabulary
    n, states = words.modes, 2**words.modes
    signs = np.round(np.cos(hidden.phases() @ words.basis()))  # (gates, 2^n)
    numbers = np.arange(states)
    psi = np.full((len(tokens), states), 2.0 ** (-n / 2))
    answers = np.full(tokens.shape, -1)
    log_exact = np.zeros(tokens.shape)
    for t, column in enumerate(tokens.T):
        gate = column < words.gates
        psi[gate] *= signs[column[gate]]
        for mode in range(n):
            flipped = numbers ^ (1 << mode)
            for token in (words.read_p(mode), words.read_q(mode)):
                rows = np.flatnonzero(column == token)
                if token == words.read_p(mode):
                    zero = (psi[rows] + psi[rows][:, flipped]) / 2.0
                else:
                    zero = psi[rows] * (numbers >> mode & 1 == 0)
                chance = np.clip((zero**2).sum(axis=1), 0.0, 1.0)
                # rounding must not draw an impossible answer
                chance = np.where(chance < 1e-12, 0.0, np.where(chance > 1.0 - 1e-12, 1.0, chance))
                one = rng.random(len(rows)) >= chance
                kept = np.where(one[:, None], psi[rows] - zero, zero)
                answers[rows, t] = one
                log_exact[rows, t] = np.log(np.where(one, 1.0 - chance, chance))
                psi[rows] = kept / np.linalg.norm(kept, axis=1, keepdims=True)
    return Sentences(tokens, answers, log_exact)
