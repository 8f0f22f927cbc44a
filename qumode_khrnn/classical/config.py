"""Configure a training: architecture, data and budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.classical.features import Encoded, feature_count
from qumode_khrnn.hsmt.alphabet import require_read_quadratures
from qumode_khrnn.hsmt.models import Memory, Model, Situation

MakeBatch = Callable[[np.random.Generator, int, float], Encoded]
"""``(rng, size, difficulty) -> batch``: fresh sentences; difficulty rises to 1, which is the task itself."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The network that is trained, and the budget of its training.

    Attributes
    ----------
    family : str
        ``gru``, ``lstm``, ``ssm`` or ``transformer``; see `qumode_khrnn.classical.networks`.
    latent : int
        Size of the state.
    alphabet : str
        ``modular(d)`` or ``real``.
    modes : int
        Number of modes n.
    width : int
        Width of encoder, head and attention.
    window : int
        Number of earlier tokens that the Transformer attends to; the other families do not use it.
    learning_rates : tuple of float
        Rates that are tried with the first seed; a single rate is used without a search.
    search_steps : int
        Number of steps of each trial of the search.
    seeds : tuple of int
        One network is trained per seed.
    batch_size, max_steps : int
        Number of sentences per step, and largest number of steps.
    evaluate_every, patience : int
        Number of steps between evaluations, and of evaluations without improvement before the training stops.
    warmup : int
        Steps over which the learning rate rises.
    weight_decay, clip : float
        Decoupled weight decay, and largest norm of the gradient.
    curriculum : float
        Share of the steps over which the difficulty of fresh sentences rises from 0 to 1; the training does not stop
        before.

    Raises
    ------
    InputError
        If a value is out of range.
    """

    family: str
    latent: int
    alphabet: str
    modes: int
    width: int = 64
    window: int = 16
    learning_rates: tuple[float, ...] = (2e-3, 5e-3)
    search_steps: int = 600
    seeds: tuple[int, ...] = (0, 1, 2)
    batch_size: int = 128
    max_steps: int = 2000
    evaluate_every: int = 100
    patience: int = 10
    warmup: int = 100
    weight_decay: float = 0.0
    clip: float = 1.0
    curriculum: float = 0.0

    def __post_init__(self) -> None:
        require_read_quadratures(self.alphabet, "classical networks")
        for name in ("latent", "modes", "width", "window", "search_steps", "batch_size", "max_steps", "evaluate_every"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, found {getattr(self, name)}")
        if self.width % 4:
            raise InputError(f"width must be a multiple of 4, the number of attention heads, found {self.width}")
        if not self.learning_rates or not all(0.0 < rate < 1.0 for rate in self.learning_rates):
            raise InputError(f"learning rates must lie between 0 and 1, found {list(self.learning_rates)}")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise InputError(f"seeds must be different and >= 0, found {list(self.seeds)}")
        if min(self.patience, self.warmup) < 1 or self.weight_decay < 0.0 or self.clip <= 0.0:
            raise InputError("patience and warmup must be >= 1, weight_decay >= 0 and clip > 0")
        if not 0.0 <= self.curriculum < 1.0:
            raise InputError(f"curriculum, a share of the steps, must lie in [0, 1), found {self.curriculum}")

    @property
    def features(self) -> int:
        """Number of features per token."""
        return feature_count(self.alphabet, self.modes)


def _memory(at: Situation) -> Memory:
    count, bits = int(at.amount or 0), at.bits_a_number
    return Memory(count, "numbers", count * bits, f"{count} numbers of {bits} bits")


MODEL = Model("network", _memory, amount="the numbers in its state")
"""A trained network of any family."""
