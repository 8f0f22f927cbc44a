"""Encode sentences as the arrays that classical networks read: one row of numbers per token, without opaque ids.

Features of a token, in this order (n modes; c = d numbers for ``modular(d)``, 1 for ``real``):

| numbers | meaning |
|---|---|
| 4 | kind, one-hot: E, X, P, Q |
| n | modes it touches, multi-hot |
| c | weight or amount: one-hot modulo d, or the number; zeros for P and Q |
| c | answer to the previous token, encoded as the weight; zeros if it had no answer |
| 1 | whether the previous token had an answer |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from qumode_khrnn.hsmt.alphabet import levels_of, require_read_quadratures
from qumode_khrnn.hsmt.language import (
    DETERMINED,
    EdgeToken,
    ProbeKind,
    ReadToken,
    Sentence,
    ShiftToken,
    Token,
    quadrature_token,
)
from simulations.laws.discrete import DiscreteLaw

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

KINDS = tuple(ProbeKind)
"""Probe kinds by the number that stands for them in `Encoded.kinds`."""

TOKEN_KINDS = 4
"""E, X, P, Q."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """B sentences of at most T tokens; arrays are made read-only.

    Attributes
    ----------
    inputs : float32 array, shape (B, T, F)
        Features; zeros after the end of a sentence.
    answers : float32 array, shape (B, T)
        Answers at reading tokens, 0 elsewhere.
    read : bool array, shape (B, T)
        Whether the token is a reading token.
    padding : bool array, shape (B, T)
        True after the end of a sentence.
    exact : float32 array, shape (B, T)
        Exact log-probability (modular) or log-density (real) of each answer given the earlier ones, in nats.
    determined : bool array, shape (B, T)
        Answers that the exact law fixes (up to squeezing noise).
    low, high : float32 array, shape (B, T)
        Where a determined answer must lie: for modular the answer itself, for real the exact mean minus and plus 5
        exact standard deviations.
    kinds : int8 array, shape (B, T)
        Index into `KINDS`; -1 where nothing is read.

    Raises
    ------
    InputError
        If shapes differ, or an answer lies where nothing is read.
    """

    inputs: Floats
    answers: Floats
    read: Bools
    padding: Bools
    exact: Floats
    determined: Bools
    low: Floats
    high: Floats
    kinds: NDArray[np.int8]

    def __post_init__(self) -> None:
        if self.inputs.ndim != 3:
            raise InputError(f"inputs must have shape (sentences, tokens, features), found {self.inputs.shape}")
        for field in fields(self):
            value = getattr(self, field.name)
            if value.shape[:2] != self.inputs.shape[:2]:
                raise InputError(f"{field.name} must have shape {self.inputs.shape[:2]}, found {value.shape}")
            value.flags.writeable = False
        if (self.read & self.padding).any() or (self.determined & ~self.read).any():
            raise InputError("answers must be read from tokens of the sentence")

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    def rows(self, chosen: NDArray[np.intp] | slice) -> Encoded:
        """Return the chosen sentences."""
        return Encoded(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def feature_count(alphabet: str, modes: int) -> int:
    """Return the number of features per token.

    >>> feature_count("modular(2)", 3), feature_count("real", 3)
    (12, 10)
    """
    require_read_quadratures(alphabet, "classical networks")
    channels = levels_of(alphabet) or 1
    return TOKEN_KINDS + modes + 2 * channels + 1


def token_features(kind: int, touched: Sequence[int], modes: int) -> Floats:
    """Return the kind and modes, the part of the features that does not depend on numbers; shape (4 + n,)."""
    out = np.zeros(TOKEN_KINDS + modes, np.float32)
    out[kind] = 1.0
    out[[TOKEN_KINDS + m for m in touched]] = 1.0
    return out


def number_features(values: NDArray[np.float64], present: Bools, alphabet: str) -> Floats:
    """Return the weights, amounts or answers as features, zeros where absent; one axis of c numbers is appended."""
    levels = levels_of(alphabet)
    if levels is None:
        return (values * present)[..., None].astype(np.float32)
    whole = values.astype(np.int64)
    if (present & ((whole != values) | (whole < 0) | (whole >= levels))).any():
        raise InputError(f"numbers of {alphabet} must be whole and lie in 0..{levels - 1}")
    table = np.concatenate([np.eye(levels), np.zeros((1, levels))]).astype(np.float32)
    return np.asarray(table[np.where(present, whole, levels)])


def assemble(tokens: Floats, weights: Floats, answers: Floats, read: Bools) -> Floats:
    """Join the parts; answers move to the token after the one that they answer.

    Parameters
    ----------
    tokens : array, shape (B, T, 4 + n)
    weights, answers : array, shape (B, T, c)
    read : array, shape (B, T)
    """
    told = np.concatenate([answers, read[..., None].astype(np.float32)], axis=2)
    told = np.concatenate([np.zeros_like(told[:, :1]), told[:, :-1]], axis=1)
    told[~tokens[..., :TOKEN_KINDS].any(axis=2)] = 0.0  # nothing is told after the end
    return np.concatenate([tokens, weights, told], axis=2)


def encode(sentences: Sequence[Sentence], alphabet: str, modes: int) -> Encoded:
    """Return sentences, with their answers and exact laws, as arrays.

    Raises
    ------
    InputError
        If there are no sentences, a number is not in the alphabet, or a token names a mode that does not exist.
    """
    require_read_quadratures(alphabet, "classical networks")
    if not sentences:
        raise InputError("at least one sentence must be given to encode, found none")
    levels = levels_of(alphabet)
    shape = (len(sentences), max(len(s.tokens) for s in sentences))
    tokens = np.zeros((*shape, TOKEN_KINDS + modes), np.float32)
    weights, answers, exact, low, high = (np.zeros(shape) for _ in range(5))
    weighted, read, determined = (np.zeros(shape, np.bool_) for _ in range(3))
    kinds = np.full(shape, -1, np.int8)
    for b, sentence in enumerate(sentences):
        told = zip(sentence.kinds, sentence.answers, sentence.laws, strict=True)
        for t, token in enumerate(sentence.tokens):
            number, touched, value = _parts(token)
            if any(not 0 <= m < modes for m in touched):
                raise InputError(f"sentence {b}, token {t}: modes must lie in 0..{modes - 1}, found {touched}")
            tokens[b, t] = token_features(number, touched, modes)
            if value is not None:
                weights[b, t], weighted[b, t] = value, True
                continue
            kind, answer, law = next(told)
            kinds[b, t], answers[b, t], read[b, t] = KINDS.index(kind), answer, True
            exact[b, t] = law.log_density(answer)
            if isinstance(law, DiscreteLaw):
                determined[b, t] = law.determined
                low[b, t] = high[b, t] = answer
            else:
                determined[b, t] = kind in DETERMINED
                reach = 5.0 * sqrt(law.variance)
                low[b, t], high[b, t] = law.mean - reach, law.mean + reach
    if levels is not None and not np.isfinite(exact[read]).all():
        raise InputError("every answer must have a positive exact probability; the dataset contradicts its laws")
    return Encoded(
        inputs=assemble(
            tokens,
            number_features(weights, weighted, alphabet),
            number_features(answers, read, alphabet),
            read,
        ),
        answers=answers.astype(np.float32),
        read=read,
        padding=~tokens.any(axis=2),
        exact=exact.astype(np.float32),
        determined=determined,
        low=low.astype(np.float32),
        high=high.astype(np.float32),
        kinds=kinds,
    )


def _parts(token: Token) -> tuple[int, tuple[int, ...], float | None]:
    match quadrature_token(token):
        case EdgeToken(modes, weight):
            return 0, modes, weight
        case ShiftToken(mode, amount):
            return 1, (mode,), amount
        case ReadToken(quadrature, mode):
            return (2 if quadrature == "p" else 3), (mode,), None
