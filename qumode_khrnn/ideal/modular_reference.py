"""Answer exactly over ``modular(d)``, with the law of each answer given the earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qumode_khrnn.hsmt.language import EdgeToken, QuadratureToken, ReadToken, ShiftToken, Token, quadrature_token
from qumode_khrnn.ideal.affine_state import AffineState
from qumode_khrnn.ideal.dense_state import DenseState
from qumode_khrnn.ideal.stabilizer_state import StabilizerState
from simulations.laws.discrete import DETERMINED_TOLERANCE, DiscreteLaw

DENSE_FROM_THE_START = 2**10
"""Up to this many amplitudes a state vector is used from the start: it is as fast, and serves every sentence."""


class ModularState(Protocol):
    """A simulator of the tokens of ``modular(d)``."""

    def edge(self, modes: tuple[int, ...], weight: int) -> None:
        """Apply ``E(e, w)``."""

    def shift(self, mode: int, amount: int) -> None:
        """Apply ``X(i, s)``."""

    def position_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``Q(i)``."""

    def momentum_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``P(i)``."""

    def found_position(self, mode: int, answer: int) -> None:
        """Go on after ``Q(i)``."""

    def found_momentum(self, mode: int, answer: int) -> None:
        """Go on after ``P(i)``."""


def modular_reference(
    tokens: Sequence[Token],
    modes: int,
    levels: int,
    rng: np.random.Generator,
    answers: Sequence[float] | None = None,
) -> tuple[tuple[float, ...], tuple[DiscreteLaw, ...]]:
    """Return the answers of the ideal network and the exact law of each given the earlier ones.

    Small systems are state vectors. Larger ones are stabilizer states (d = 2, edges of two modes), or phase polynomials
    on affine subspaces. If a readout leaves that family, a state vector holds the modes that the rest of the sentence
    can reach, or all modes if they fit.

    Parameters
    ----------
    tokens : sequence of Token
    modes, levels : int
        n and d.
    rng : numpy.random.Generator
    answers : sequence of numbers, optional
        Answers to condition on; sampled if None. An answer that is impossible ends the laws: those of the answers up to
        it are returned.

    Raises
    ------
    InputError
        If an exact conditional law cannot be computed; it is never guessed.
    """
    if levels**modes <= DENSE_FROM_THE_START:
        return _run(DenseState(modes, levels), tokens, rng, answers)
    if any(levels % factor == 0 for factor in range(2, levels)):
        return _run(DenseState(modes, levels), tokens, rng, answers)
    edges = (len(token.modes) for token in tokens if isinstance(token, EdgeToken))
    if levels == 2 and max(edges, default=0) <= 2:
        return _run(StabilizerState(modes), tokens, rng, answers)
    return _run(AffineState(modes, levels), tokens, rng, answers)


def _run(
    state: ModularState, tokens: Sequence[Token], rng: np.random.Generator, answers: Sequence[float] | None
) -> tuple[tuple[float, ...], tuple[DiscreteLaw, ...]]:
    last = max((t for t, token in enumerate(tokens) if isinstance(token, ReadToken)), default=-1)
    place: dict[int, int] | None = None  # of the modes of a state vector that has taken over
    found: list[float] = []
    laws: list[DiscreteLaw] = []
    for t, given in enumerate(tokens[: last + 1]):
        heard = quadrature_token(given)
        token = heard if place is None else _moved(heard, place)
        match token:
            case EdgeToken(modes, weight):
                state.edge(modes, int(weight))
            case ShiftToken(mode, amount):
                state.shift(mode, int(amount))
            case ReadToken(quadrature, mode):
                position = quadrature == "x"
                if isinstance(state, AffineState) and t < last and not position and not state.keeps_form(mode):
                    state, place = _component(state, tokens[t : last + 1])
                    mode = place[mode]
                chances = state.position_probabilities(mode) if position else state.momentum_probabilities(mode)
                chances = np.where(chances < DETERMINED_TOLERANCE, 0.0, chances)
                chances /= chances.sum()
                laws.append(DiscreteLaw(tuple(chances.tolist())))
                y = int(rng.choice(len(chances), p=chances)) if answers is None else int(answers[len(found)])
                found.append(y)
                if chances[y] == 0.0:
                    break
                if t < last:
                    (state.found_position if position else state.found_momentum)(mode, y)
    return tuple(found), tuple(laws)


def _component(state: AffineState, rest: Sequence[Token]) -> tuple[ModularState, dict[int, int]]:
    """Return the modes that the rest of the sentence can reach, as a state vector, and where each is in it."""
    heard = map(quadrature_token, rest)
    touched = {m for token in heard for m in (token.modes if isinstance(token, EdgeToken) else (token.mode,))}
    inside, dense = state.component(touched)
    return dense, {mode: i for i, mode in enumerate(inside)}


def _moved(token: QuadratureToken, place: dict[int, int]) -> QuadratureToken:
    if isinstance(token, EdgeToken):
        return EdgeToken(tuple(place[m] for m in token.modes), token.weight)
    return replace(token, mode=place[token.mode])
