"""The exact reference for HSMT: the ideal network in the exact simulator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.cell import Network
from qumode_khrnn.hsmt.language import ReadToken, Token, sentence_circuit
from qumode_khrnn.hsmt.laws import NormalLaw, QuadraticLaw
from simulations.exact import simulate


def exact_reference(
    tokens: tuple[Token, ...], network: Network, rng: np.random.Generator, answers: Sequence[float] | None
) -> tuple[tuple[float, ...], tuple[NormalLaw | QuadraticLaw, ...]]:
    """Answers of the ideal network and the exact law of each given the earlier ones.

    Parameters
    ----------
    tokens : tuple of Token
    network : Network
    rng : numpy.random.Generator
    answers : sequence of float, optional
        Answers to condition on; sampled if None.

    Raises
    ------
    InputError
        If an exact conditional law cannot be computed: it is refused, never guessed.
    """
    reads = [t for t, token in enumerate(tokens) if isinstance(token, ReadToken)]
    forced = None if answers is None else {f"y{t}": float(y) for t, y in zip(reads, answers, strict=True)}
    outcome = simulate(sentence_circuit(tokens, network), 1, rng, forced)
    laws: list[NormalLaw | QuadraticLaw] = []
    for t in reads:
        law = outcome.laws.get(f"y{t}")
        if not isinstance(law, NormalLaw | QuadraticLaw):
            raise InputError(
                f"token {t}: the exact law of this answer is not available, because an earlier momentum readout "
                "depended on a product of unread positions; make that readout the last one of the sentence"
            )
        laws.append(law)
    return tuple(float(outcome.results[f"y{t}"][0]) for t in reads), tuple(laws)
