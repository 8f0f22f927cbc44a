"""State the memory of each model after the write, and the demand of each theorem: the rows of the decisive figure."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb
from typing import Any

from qumode_khrnn.hsmt.bounds import bits_for_excess, contextual_bits, paper_bound
from qumode_khrnn.hsmt.models import memory_of

ALPHABET = "modular(2)"

EXCESS_NATS = 0.05
"""Excess NLL, in nats, on neighbour probes for which the figure shows the bits that our error bound demands."""

SHOWN_MODES = range(3, 49)
"""Numbers of modes of the figure."""

SHOWN_ORDERS = (2, 3)

CARRIED = ("ideal", "phase-space-sampler", "patched-sampler", "hashed-sampler", "taylor-sampler", "pair", "tracker")
"""Models whose memory is plotted; the tracker stores all weights."""


def memory_rows(modes: Iterable[int] = SHOWN_MODES) -> list[dict[str, Any]]:
    """Return the bits (qubits, for the ideal network) of every model and of every theorem, by n and k.

    Examples
    --------
    >>> rows = {row["name"]: row["bits"] for row in memory_rows([8]) if row["k"] == 2}
    >>> rows["ideal"], rows["phase-space-sampler"], rows["N - 1 (ours)"], rows["excess at most 0.05 nats (ours)"]
    (8.0, 16.0, 27, 22)
    """
    out: list[dict[str, Any]] = []
    for k in SHOWN_ORDERS:
        for n in modes:
            if n < k:
                continue
            ours = "N - 1 (ours)" if k == 2 else "binom(n - k + 2, 2) - 1 (ours)"
            premise = "no impossible answer" + ("" if k == 2 else ", every possible string possible")
            demanded = [
                (ours, contextual_bits(n, k), premise),
                *([("N - 1 (the paper's)", paper_bound(n, k), "as cited: latent dimension")] if k > 2 else []),
                (
                    f"excess at most {EXCESS_NATS} nats (ours)",
                    bits_for_excess(n, k, EXCESS_NATS),
                    "average over neighbour probes, weights uniform",
                ),
            ]
            carried = [(name, memory_of(name, ALPHABET, n, None, k=k)) for name in CARRIED]
            out += [
                {"n": n, "k": k, "name": name, "kind": "carried", "bits": memory.bits, "premise": memory.stated}
                for name, memory in carried
            ]
            out += [
                {"n": n, "k": k, "name": name, "kind": "demanded", "bits": bits, "premise": premise}
                for name, bits, premise in demanded
            ]
    return out


def trackers(modes: int, k: int, shares: Iterable[float]) -> tuple[str, ...]:
    """Return the trackers that store these shares of the weights, as names of models.

    >>> trackers(4, 2, (0.5, 1.0))
    ('tracker:3', 'tracker:6')
    """
    return tuple(dict.fromkeys(f"tracker:{round(share * comb(modes, k))}" for share in shares))


def exact_models(modes: int, k: int) -> frozenset[str]:
    """Return the models that never give an impossible answer, whatever they are asked."""
    return frozenset({"ideal", "pair", f"tracker:{comb(modes, k)}"})
