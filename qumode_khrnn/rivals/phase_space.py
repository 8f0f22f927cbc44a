r"""Answer by the phase-space sampler: 2n numbers, right but for contextuality.

It carries one random point (x, p) of phase space. At first x is spread and p is 0 (real: normal with the state's
variances); ``E(e, w)`` moves every ``p_i`` by ``w prod_{j in e, j != i} x_j``, ``X(i, s)`` moves x_i; a readout answers
with the coordinate (real: plus the ancilla's noise) and draws its conjugate anew (real: moves it by the ancilla's
anti-squeezed noise). Over ``displacement`` see `qumode_khrnn.rivals.phase_space_bits`. Over ``modular(d)`` it is a
hidden Markov model of d^{2n} states, so for few modes its exact laws follow by the forward algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token
from qumode_khrnn.hsmt.models import Memory, Model, Situation, Symbols
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.rivals.phase_space_bits import phase_space_bit_laws, phase_space_bits
from simulations.laws.discrete import DiscreteLaw, uniform

MAX_STATES = 2**16
"""Largest number of phase-space points of the forward algorithm."""


def phase_space_answers(
    tokens: Sequence[Token], spec: HsmtSpec, rng: np.random.Generator, loss: float = 0.0
) -> tuple[float, ...]:
    """Return the sampler's answers to a sentence.

    Parameters
    ----------
    tokens : sequence of Token
    spec : HsmtSpec
        Specification with the alphabet, modes and squeezing.
    rng : numpy.random.Generator
    loss : float
        For ``displacement``: share that every mode of a token D loses to the vacuum before it is read.
    """
    if spec.letters.reads_displacements:
        return phase_space_bits(tokens, spec, rng, loss)
    d, n = spec.levels, spec.modes
    x: NDArray[np.float64] | NDArray[np.int64]
    p: NDArray[np.float64] | NDArray[np.int64]
    if d is None:
        x = rng.normal(scale=exp(spec.squeezing_latent), size=n)
        p = rng.normal(scale=exp(-spec.squeezing_latent), size=n)
    else:
        x, p = rng.integers(d, size=n), np.zeros(n, dtype=np.int64)
    quiet, loud = exp(-spec.squeezing_ancilla), exp(spec.squeezing_ancilla)
    answers: list[float] = []
    for token in tokens:
        match token:
            case EdgeToken(modes, weight):
                for i in modes:
                    p[i] += weight * np.prod([x[j] for j in modes if j != i])
                    if d is not None:
                        p[i] %= d
            case ShiftToken(mode, amount):
                x[mode] += amount
                if d is not None:
                    x[mode] %= d
            case ReadToken(quadrature, mode):
                read, other = (x, p) if quadrature == "x" else (p, x)
                if d is None:
                    answers.append(float(read[mode] + rng.normal(scale=quiet)))
                    other[mode] += rng.normal(scale=loud)
                else:
                    answers.append(int(read[mode]))
                    other[mode] = rng.integers(d)
    return tuple(answers)


def phase_space_laws(
    tokens: Sequence[Token], answers: Sequence[float], modes: int, levels: int
) -> tuple[DiscreteLaw, ...]:
    """Return the sampler's law of every answer given the earlier ones, over ``modular(d)``, by the forward algorithm.

    After an answer that the sampler excludes, its laws are not defined: they are returned as uniform.

    Parameters
    ----------
    tokens : sequence of Token
    answers : sequence of numbers
        Answers to condition on.
    modes, levels : int

    Raises
    ------
    InputError
        If there are more than 2^16 phase-space points.

    Examples
    --------
    The last momentum of a triangle: certain to be 1, the sampler says 0.

    >>> triangle = [EdgeToken(e, 1) for e in ((0, 1), (0, 2), (1, 2))] + [ReadToken("p", m) for m in range(3)]
    >>> phase_space_laws(triangle, (0, 0, 1), 3, 2)[2].probabilities
    (1.0, 0.0)
    """
    if levels ** (2 * modes) > MAX_STATES:
        raise InputError(
            f"the forward algorithm has at most {MAX_STATES} states, found {levels}^{2 * modes}; score samples"
        )
    shape = (levels,) * (2 * modes)
    weight = np.zeros(shape)  # axes x_0 .. x_{n-1}, p_0 .. p_{n-1}
    weight[(slice(None),) * modes + (0,) * modes] = levels ** float(-modes)
    laws: list[DiscreteLaw] = []
    for token in tokens:
        match token:
            case EdgeToken(edge, amount):
                weight = _moved(weight, edge, int(amount), modes, levels)
            case ShiftToken(mode, amount):
                weight = np.roll(weight, int(amount), axis=mode)
            case ReadToken(quadrature, mode):
                axis, other = (mode, modes + mode) if quadrature == "x" else (modes + mode, mode)
                marginal = weight.sum(axis=tuple(a for a in range(2 * modes) if a != axis))
                if marginal.sum() < 1e-300:
                    laws.append(uniform(levels))
                    continue
                laws.append(DiscreteLaw(tuple((marginal / marginal.sum()).tolist())))
                kept = np.zeros(shape)
                where = [slice(None)] * (2 * modes)
                y = int(answers[len(laws) - 1])
                where[axis] = slice(y, y + 1)
                kept[tuple(where)] = weight[tuple(where)] / marginal.sum()
                weight = np.repeat(kept.sum(axis=other, keepdims=True) / levels, levels, axis=other)
    return tuple(laws)


def _moved(
    weight: NDArray[np.float64], edge: tuple[int, ...], amount: int, modes: int, levels: int
) -> NDArray[np.float64]:
    """Apply ``p_i += w prod_{j != i} x_j`` for all i of the edge: a permutation of the points."""
    index = list(np.indices(weight.shape))
    out = np.empty_like(weight)
    for i in edge:
        others = np.prod([index[j] for j in edge if j != i], axis=0, dtype=np.int64)
        index[modes + i] = (index[modes + i] + amount * others) % levels
    out[tuple(index)] = weight
    return out


class PhaseSpacePlayer:
    """One random point (x, p) of n bits each, over ``modular(2)``."""

    def __init__(self, at: Situation, rng: np.random.Generator) -> None:
        self.rng = rng
        self.x: list[int] = rng.integers(2, size=at.modes).tolist()
        self.p = [0] * at.modes

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        match token:
            case EdgeToken(modes, weight):
                if int(weight) % 2:
                    for i in modes:
                        self.p[i] ^= all(self.x[j] for j in modes if j != i)
            case ShiftToken(mode, amount):
                self.x[mode] ^= int(amount) % 2
            case ReadToken("x", mode):
                self.p[mode] = int(self.rng.integers(2))
                return self.x[mode]
            case ReadToken(_, mode):
                answer, self.x[mode] = self.p[mode], int(self.rng.integers(2))
                return answer
        return None


def _memory(at: Situation) -> Memory:
    symbols, count = Symbols.of(at.alphabet), 2 * at.modes
    return Memory(count, symbols.name, symbols.bits_of(count), f"a position and a momentum for {at.modes} modes")


def _laws(tokens: tuple[Token, ...], spec: HsmtSpec, answers: Sequence[float]) -> tuple[DiscreteLaw, ...]:
    if spec.letters.reads_displacements:
        return phase_space_bit_laws(tokens, answers, spec)
    if spec.levels is None:
        raise InputError("the laws of phase-space-sampler are not known over real; leave --laws out")
    return phase_space_laws(tokens, answers, spec.modes, spec.levels)


MODEL = Model("phase-space-sampler", _memory, player=PhaseSpacePlayer, answers=phase_space_answers, laws=_laws)
"""The phase-space sampler."""
