r"""Bounds on what a model must remember (N = binom(n, k) edges, N_i = binom(n - 1, k - 1) edges at a mode).

Proofs are in docs/hsmt.md.

- the paper's: a classical latent dimension of at least N - 1 (Anschuetz and Gao, Quantum 10, 1976 (2026));
- ours, real alphabet: a latent state that is a continuous deterministic function of what was read and answered, and
  gives the exact laws, has at least N dimensions; over ``modular(d)`` at least ``N log2 d`` bits;
- ours, ``modular(2)``: after random weights were written, m bits of memory leave an average excess NLL of at least
  ``ln 2 * 2^{2-k} * (1 - m / N - 1 / N_i)`` nats on the momentum of a neighbour probe asked next, and a
  violation rate of at least a quarter of that without ``ln 2``.
"""

from __future__ import annotations

from math import comb, log


def paper_bound(modes: int, k: int) -> int:
    """The paper's bound on the latent dimension of a classical model, ``binom(n, k) - 1``.

    >>> paper_bound(6, 3)
    19
    """
    return comb(modes, k) - 1


def dimension_bound(modes: int, k: int) -> int:
    """Our bound for continuous deterministic latent states, ``binom(n, k)``; in units of log2 d bits for modular(d)."""
    return comb(modes, k)


def least_excess_nll(modes: int, k: int, bits: float) -> float:
    """Least average excess NLL, in nats, of m bits of memory on a first neighbour probe over ``modular(2)``.

    >>> round(least_excess_nll(6, 2, 0), 4) == round(log(2) * (1 - 1 / 5), 4)
    True
    """
    return log(2.0) * _least(modes, k, bits)


def least_violation(modes: int, k: int, bits: float) -> float:
    """Least average violation rate of m bits of memory on a first neighbour probe over ``modular(2)``."""
    return 0.25 * _least(modes, k, bits)


def _least(modes: int, k: int, bits: float) -> float:
    return float(2.0 ** (2 - k) * max(0.0, 1.0 - bits / comb(modes, k) - 1.0 / comb(modes - 1, k - 1)))
