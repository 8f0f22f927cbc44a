"""Answer HSMT sentences exactly: the ideal network, in a simulator that is exact for the sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import ReadToken, Token, sentence_circuit
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.displacement_reference import displacement_reference
from qumode_khrnn.ideal.modular_reference import modular_reference
from qumode_khrnn.ideal.product_state import LeavesProductError, product_reference
from qumode_khrnn.network.cell import Network
from simulations.exact import simulate
from simulations.laws.real import NormalLaw, QuadraticLaw
from simulations.laws.types import AnyLaw, RealLaw


def reference(
    tokens: tuple[Token, ...], spec: HsmtSpec, rng: np.random.Generator, answers: Sequence[float] | None
) -> tuple[tuple[float, ...], tuple[AnyLaw, ...]]:
    """Return the answers of the ideal network of a specification, and the exact law of each given the earlier ones.

    Parameters
    ----------
    tokens : tuple of Token
    spec : HsmtSpec
    rng : numpy.random.Generator
    answers : sequence of numbers, optional
        Answers to condition on; sampled if None. In ``modular(d)`` and over ``displacement`` an impossible answer ends
        the laws.

    Raises
    ------
    InputError
        If an exact conditional law cannot be computed; it is never guessed.
    """
    if spec.letters.reads_displacements:
        return displacement_reference(tokens, spec.network, rng, answers)
    if spec.levels is None:
        return exact_reference(tokens, spec.network, rng, answers)
    return modular_reference(tokens, spec.modes, spec.levels, rng, answers)


def exact_reference(
    tokens: tuple[Token, ...], network: Network, rng: np.random.Generator, answers: Sequence[float] | None
) -> tuple[tuple[float, ...], tuple[RealLaw, ...]]:
    """Return the answers of the ideal network of qumodes and the exact law of each given the earlier ones.

    `qumode_khrnn.ideal.product_state` does this where every mode keeps a state of its own, else the exact simulator.

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
        If an exact conditional law cannot be computed; it is never guessed.
    """
    start = rng.bit_generator.state
    try:
        return product_reference(tokens, network, rng, answers)
    except LeavesProductError:
        rng.bit_generator.state = start
    return simulator_reference(tokens, network, rng, answers)


def simulator_reference(
    tokens: tuple[Token, ...], network: Network, rng: np.random.Generator, answers: Sequence[float] | None
) -> tuple[tuple[float, ...], tuple[NormalLaw | QuadraticLaw, ...]]:
    """Do the same as `exact_reference` by the exact simulator, for k <= 3 and without contextual probes."""
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
