r"""Bound the memory that a model needs (N = binom(n, k) edges, N_i = binom(n - 1, k - 1) edges at a mode).

Proofs are in docs/hsmt.md.

- the paper's: a classical latent dimension of at least N - 1 (Anschuetz and Gao, Quantum 10, 1976 (2026));
- ours, ``modular(2)``: a classical model, private randomness included, that gives no impossible answer needs N - 1 bits
  for k = 2; for every k it needs ``binom(n - k + 2, 2) - 1`` bits if it also gives every possible string of answers
  with some probability;
- ours, real alphabet: a latent state that is a continuous deterministic function of what was read and answered, and
  gives the exact laws, has at least N dimensions; over ``modular(d)`` at least ``N log2 d`` bits;
- ours, ``modular(2)``: after random weights were written, m bits of memory leave an average excess NLL of at least
  ``ln 2 * 2^{2-k} * (1 - m / N - 1 / N_i)`` nats on the momentum of a neighbour probe asked next, and a
  violation rate of at least a quarter of that without ``ln 2``.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from math import ceil, comb, inf, log


def paper_bound(modes: int, k: int) -> int:
    """Return the paper's bound on the latent dimension of a classical model, ``binom(n, k) - 1``.

    >>> paper_bound(6, 3)
    19
    """
    return comb(modes, k) - 1


def extension_modes(modes: int, k: int) -> int:
    """Return ``n - k + 2``, the modes of the graph states to which k >= 3 reduces: k - 2 common modes are read."""
    return modes - k + 2


def contextual_bits(modes: int, k: int) -> int:
    """Return our bound for models that give no impossible answer over ``modular(2)``, ``binom(n - k + 2, 2) - 1`` bits.

    For k = 2 this is N - 1, without further premise; for k >= 3 the model must give every possible string of answers
    with some probability (docs/hsmt.md).

    >>> contextual_bits(4, 2), contextual_bits(8, 3)
    (5, 20)
    """
    return comb(extension_modes(modes, k), 2) - 1


def dimension_bound(modes: int, k: int) -> int:
    """Return our bound for continuous deterministic states, ``binom(n, k)``; for modular(d) in units of log2 d bits."""
    return comb(modes, k)


def least_excess_nll(modes: int, k: int, bits: float) -> float:
    """Return the least average excess NLL, in nats, of m bits of memory on a first neighbour probe over ``modular(2)``.

    >>> round(least_excess_nll(6, 2, 0), 4) == round(log(2) * (1 - 1 / 5), 4)
    True
    """
    return log(2.0) * _least(modes, k, bits)


def least_violation(modes: int, k: int, bits: float) -> float:
    """Return the least average violation rate of m bits of memory on a first neighbour probe over ``modular(2)``."""
    return 0.25 * _least(modes, k, bits)


def bits_for_excess(modes: int, k: int, nats: float) -> int:
    """Return the least number of bits for an average excess NLL of at most ``nats`` on a first neighbour probe.

    The inverse of `least_excess_nll`: ``m = N (1 - 1 / N_i - nats 2^{k-2} / ln 2)``, rounded up, and not below 0.

    >>> [bits_for_excess(n, 2, 0.05) for n in (8, 16, 32)]
    [22, 104, 445]
    """
    share = 1.0 - 1.0 / comb(modes - 1, k - 1) - nats * 2.0 ** (k - 2) / log(2.0)
    return max(0, ceil(comb(modes, k) * share - 1e-9))  # rounding must not add a bit


def optimal_excess_nll(bits: int) -> float:
    """Return the least excess NLL, in nats, of m bits of deterministic memory on a neighbour probe, n = 3, k = 2.

    Every way to keep the 8 graphs in 2^m memory states is tried: every partition into at most 2^m classes. A mode i is
    drawn, the positions y of its neighbours are uniform, and the answer ``sum_j w_ij y_j`` is predicted by its
    frequency in the class. Larger sizes have too many partitions.

    Examples
    --------
    >>> [round(optimal_excess_nll(m), 4) for m in range(4)]
    [0.5199, 0.4043, 0.231, 0.0]
    """
    graphs = list(product((0, 1), repeat=3))  # weights of 01, 02, 12
    stars = ((0, 1), (0, 2), (1, 2))
    asked = [(star, y) for star in stars for y in product((0, 1), repeat=2)]
    answers = [[sum(graph[e] * v for e, v in zip(star, y, strict=True)) % 2 for star, y in asked] for graph in graphs]
    cost: list[float] = []  # cost times probability of every class of graphs, whose members are the bits of the index
    for chosen in range(2**8):
        members = [answers[g] for g in range(8) if chosen >> g & 1]
        ones = [sum(column) / len(members) for column in zip(*members, strict=True)]
        entropy = sum(-p * log(p) - (1 - p) * log(1 - p) for p in ones if 0.0 < p < 1.0) / len(asked)
        cost.append(len(members) / 8 * entropy)

    @cache
    def least(left: int, classes: int) -> float:
        if classes == 1 or left == 0:
            return cost[left]
        first, rest = left & -left, left & (left - 1)  # the first graph, and the graphs that may share its class
        best, more = inf, rest
        while True:
            best = min(best, cost[first | more] + least(rest ^ more, classes - 1))
            if more == 0:
                return best
            more = (more - 1) & rest

    return least(2**8 - 1, 2**bits)


def _least(modes: int, k: int, bits: float) -> float:
    return float(2.0 ** (2 - k) * max(0.0, 1.0 - bits / comb(modes, k) - 1.0 / comb(modes - 1, k - 1)))
