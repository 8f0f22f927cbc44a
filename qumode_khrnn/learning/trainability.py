r"""Measure the variance of the loss's derivative over random initial parameters, by number of modes.

Data: for every n and k a hidden network and batches of its sentences, drawn as in training (every token uniform over
the vocabulary, a readout at the end), except that a random one of the other tokens is replaced by gate id 0. The
derivative is with respect to one parameter of that gate; without the replacement it would fall with the frequency of
one among binom(n, k) ids, which says nothing about the landscape. The loss is periodic in the parameter, which
is uniform, so for every batch the derivative has mean 0; each initialisation gets a batch of its own, and the
variance found is the average over batches.

Models, all starting from ``|+>^n``, reading the same tokens, with parameters uniform on the circle:

- ``free``: the k-HRNN that is trained, a phase for every monomial of degree <= k of all n modes; derivative with
  respect to the phase of gate 0 on its hidden edge.
- ``cells``: the k-HRNN of unit cells of constant complexity, where a token is known to act on its k modes e_t: a
  phase for every monomial inside e_t, the others 0; the same derivative.
- ``hea, free`` and ``hea, cells``: the hardware-efficient ansatz (`qumode_khrnn.learning.ansatz`) of equal depth: as
  many layers of depth 4 (RY, RZ, two rounds of CZ on a line) as cover the depth of the k-HRNN's gates; derivative
  with respect to the first RY angle of gate 0 on the lowest mode of its hidden edge.

The monomials of degree j of m modes act in ``ceil(binom(m, j) / floor(m / j))`` rounds of disjoint sets (Baranyai's
theorem).

Losses: ``nll``, the mean over answers of -log p(answer | earlier answers), as in training; its derivative is
unbounded where an answer's probability is near 0, so its variance is dominated by rare draws. ``error``, the mean of
1 - p(answer | earlier answers), the probability of a wrong answer: a local cost with values in 0..1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil, comb
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.errors import InputError
from compiler.typing import Advance
from hardware_profiles.display import Drawable
from hardware_profiles.extras import need
from qumode_khrnn.learning.data import Floats, HiddenNetwork, Sentences, Vocabulary, answer, hidden_network

if TYPE_CHECKING:
    import torch

MODELS = ("free", "cells", "hea, free", "hea, cells")
LOSSES = ("nll", "error")

LAYER_DEPTH = 4
RESAMPLES = 1000
DECISIVE_RESIDUAL_RATIO = 2.0
"""Factor by which the squared residuals of the better law must be smaller."""


@dataclass(frozen=True, slots=True)
class TrainabilityConfig:
    """A study.

    Attributes
    ----------
    modes : tuple of int
        Values of n.
    k : tuple of int
    samples : int
        Number of random initialisations per row.
    sentences, length : int
        Number and length of the sentences of a batch.
    seed : int

    Raises
    ------
    InputError
        If a value is out of range.
    """

    modes: tuple[int, ...] = tuple(range(2, 11))
    k: tuple[int, ...] = (2, 3)
    samples: int = 200
    sentences: int = 8
    length: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.samples, self.sentences, self.length) < 2 or self.seed < 0:
            raise InputError("trainability: samples, sentences and length must be >= 2 and the seed >= 0")
        if not self.modes or not self.k or min(self.modes) < 2 or min(self.k) < 2:
            raise InputError(
                f"trainability: modes and k must be >= 2, found modes {list(self.modes)} and k {list(self.k)}"
            )


@dataclass(frozen=True, slots=True)
class VarianceRow:
    """Variance of one derivative for one model; ``layers`` counts layers per gate token of the ansatz (k-HRNN: 0)."""

    model: str
    loss: str
    n: int
    k: int
    variance: float
    interval: tuple[float, float]
    samples: int
    layers: int


@dataclass(frozen=True, slots=True)
class Law:
    """Least-squares fits to log variance of one model over n > k.

    Attributes
    ----------
    base : float
        Base of the exponential law, variance ~ base^n.
    exponent : float
        Exponent of the power law, variance ~ n^exponent.
    residual_exponential, residual_power : float
        Root-mean-square residuals of the natural logarithm.
    better : str
        ``exponential`` or ``power`` if the squared residuals differ by a factor of two, else ``undecided``.
    """

    model: str
    loss: str
    k: int
    base: float
    exponent: float
    residual_exponential: float
    residual_power: float
    better: str


@dataclass(frozen=True, slots=True, repr=False)
class TrainabilityResult(Drawable):
    """Rows and fitted laws of a study."""

    config: TrainabilityConfig
    rows: tuple[VarianceRow, ...]
    laws: tuple[Law, ...]

    def __repr__(self) -> str:
        return f"<TrainabilityResult: {len(self.rows)} variances, {len(self.laws)} fitted laws>"

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def trainability(config: TrainabilityConfig, progress: Advance | None = None) -> TrainabilityResult:
    """Run the study.

    Parameters
    ----------
    config : TrainabilityConfig
    progress : callable, optional
        Called with the number of pairs (n, k) done.
    """
    need("torch")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows: list[VarianceRow] = []
        pairs = [(n, k) for k in config.k for n in config.modes if n >= k]
        for done, (n, k) in enumerate(pairs, start=1):
            for model in MODELS:
                rows += _rows(config, model, n, k)
            if progress:
                progress(done)
    finally:
        torch.set_num_threads(threads)
    return TrainabilityResult(config, tuple(rows), laws(rows))


def laws(rows: list[VarianceRow]) -> tuple[Law, ...]:
    """Fit both laws to every model, loss and k with at least 4 values of n > k; at n = k there is only one gate."""
    out = []
    for model, loss, k in dict.fromkeys((row.model, row.loss, row.k) for row in rows):
        chosen = [row for row in rows if (row.model, row.loss, row.k) == (model, loss, k) and row.n > k]
        if len(chosen) < 4 or min(row.variance for row in chosen) <= 0.0:
            continue
        n = np.array([row.n for row in chosen], dtype=float)
        logs = np.log([row.variance for row in chosen])
        rate, exponential = _line(n, logs)
        exponent, power = _line(np.log(n), logs)
        if exponential**2 * DECISIVE_RESIDUAL_RATIO < power**2:
            better = "exponential"
        else:
            better = "power" if power**2 * DECISIVE_RESIDUAL_RATIO < exponential**2 else "undecided"
        out.append(Law(model, loss, k, float(np.exp(rate)), exponent, exponential, power, better))
    return tuple(out)


def depth(modes: int, k: int) -> int:
    """Return the rounds of disjoint gates for all monomials of degree 1..k of some modes.

    >>> depth(10, 2), depth(2, 2), depth(3, 3)
    (10, 2, 5)
    """
    return sum(ceil(comb(modes, j) / (modes // j)) for j in range(1, k + 1))


def batches(config: TrainabilityConfig, n: int, k: int) -> tuple[HiddenNetwork, Sentences]:
    """Return the hidden network of one n and k, and the sentences of all batches."""
    words = Vocabulary(n, k)
    rng = np.random.default_rng([config.seed, n, k])
    hidden = hidden_network(words, rng)
    count = config.samples * config.sentences
    tokens = rng.integers(words.size, size=(count, config.length))
    tokens[np.arange(count), rng.integers(config.length - 1, size=count)] = 0
    tokens[:, -1] = rng.integers(words.gates, words.size, size=count)
    return hidden, answer(hidden, tokens, rng)


def _rows(config: TrainabilityConfig, model: str, n: int, k: int) -> list[VarianceRow]:
    rng = np.random.default_rng([config.seed, n, k, 1 + MODELS.index(model)])
    derivatives, layers = _derivatives(config, model, n, k, rng)
    picks = rng.integers(config.samples, size=(RESAMPLES, config.samples))
    out = []
    for loss, values in zip(LOSSES, derivatives.T, strict=True):
        low, high = np.quantile(values[picks].var(axis=1, ddof=1), [0.025, 0.975])
        variance = float(values.var(ddof=1))
        out.append(VarianceRow(model, loss, n, k, variance, (float(low), float(high)), config.samples, layers))
    return out


def _derivatives(
    config: TrainabilityConfig, model: str, n: int, k: int, rng: np.random.Generator
) -> tuple[Floats, int]:
    """Return the derivatives of both losses, shape (samples, 2), and the ansatz's layers."""
    import torch

    from qumode_khrnn.learning.ansatz import HardwareEfficient
    from qumode_khrnn.learning.model import Likelihood

    hidden, sentences = batches(config, n, k)
    words, edge = hidden.vocabulary, hidden.edges[0]
    likelihood = Likelihood(words)
    shape = (config.samples, config.sentences, config.length)
    operators = likelihood.operators(sentences).reshape(shape)
    answered = torch.from_numpy(sentences.answers >= 0).reshape(shape)
    free = model.endswith("free")
    if model.startswith("hea"):
        layers = ceil(depth(n if free else k, k) / LAYER_DEPTH)
        norms: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = HardwareEfficient(likelihood).norms
        mask = np.ones((words.gates, layers, n, 2))
        parameter: tuple[int, ...] = (0, 0, edge[0], 0)
    else:
        layers = 0
        norms = likelihood.norms
        inside = [[free or set(s) <= set(e) for s in words.monomials] for e in hidden.edges]
        mask = np.array(inside, dtype=float)
        parameter = (0, words.monomials.index(edge))
    direction = torch.zeros(mask.shape, dtype=torch.float64)
    direction[parameter] = 1.0

    def losses(parameters: torch.Tensor, sample: int) -> torch.Tensor:
        chances = norms(parameters, operators[sample])
        conditional = (chances[1:] / chances[:-1]).T[answered[sample]]
        return torch.stack([-torch.log(conditional).mean(), (1.0 - conditional).mean()])

    out = np.empty((config.samples, len(LOSSES)))
    for sample in range(config.samples):
        start = torch.from_numpy(rng.uniform(0.0, 2.0 * np.pi, mask.shape) * mask)
        out[sample] = torch.func.jvp(partial(losses, sample=sample), (start,), (direction,))[1].numpy()
    return out, layers


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Return the slope of the least-squares line, and the root-mean-square residual."""
    slope, offset = np.polyfit(x, y, 1)
    return float(slope), float(np.sqrt(np.mean((y - slope * x - offset) ** 2)))
