r"""Train a network on HSMT by maximum likelihood, with the same protocol for every family.

1. Every learning rate of a list is tried for `search_steps` steps with the first seed; the one whose validation loss
   became lowest is used.
2. With it the network is trained once per seed: Adam with decoupled weight decay, gradients clipped in norm, linear
   warm-up, cosine decay; it stops early when the validation loss has not improved for `patience` evaluations, and the
   best weights seen are kept.
3. The test set is touched once, at the end.

Batches come from a fixed training set, or fresh from a generator, which leaves no room for over-fitting and may start
with easy sentences. All randomness comes from seeds: batch s of seed r uses the stream ``[r, s]``. Hence an interrupted
training resumes from its checkpoint to the same weights, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compiler.errors import InputError
from hardware_profiles.display import Drawable
from qumode_khrnn.classical.config import MakeBatch, TrainConfig
from qumode_khrnn.classical.evaluation import Score, evaluate
from qumode_khrnn.classical.features import Encoded
from qumode_khrnn.classical.fit import Evaluation, Fit, fit

if TYPE_CHECKING:
    from qumode_khrnn.classical.networks import Model


@dataclass(frozen=True, slots=True)
class Trained:
    """One trained network.

    Attributes
    ----------
    seed : int
    steps, sentences : int
        Steps taken and sentences seen in this training, the search not counted.
    seconds : float
        Processor time of this training.
    stopped_early : bool
        Whether the validation loss stopped improving before the last step.
    curve : tuple of Evaluation
        Learning curve: excess NLL on the validation set.
    scores : tuple of Score
        On the test set: overall first, then by probe kind.
    network : Model
        With the best weights seen.
    """

    seed: int
    steps: int
    sentences: int
    seconds: float
    stopped_early: bool
    curve: tuple[Evaluation, ...]
    scores: tuple[Score, ...]
    network: Model = field(repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, without the network."""
        return {
            "seed": self.seed,
            "steps": self.steps,
            "sentences": self.sentences,
            "seconds": self.seconds,
            "stopped_early": self.stopped_early,
            "curve": [[e.step, e.excess_nll] for e in self.curve],
            "scores": [score.to_json() for score in self.scores],
        }


@dataclass(frozen=True, slots=True, repr=False)
class TrainResult(Drawable):
    """The result of a training, and the settings that it used.

    Attributes
    ----------
    config : TrainConfig
    memory : int
        Real numbers (float32) carried from token to token.
    learning_rate : float
        The learning rate that was chosen.
    search : tuple of (learning rate, least validation excess NLL)
        Empty if there was nothing to choose.
    search_seconds : float
        Processor time of the search.
    runs : tuple of Trained
        One training per seed.
    """

    config: TrainConfig
    memory: int
    learning_rate: float
    search: tuple[tuple[float, float], ...]
    search_seconds: float
    runs: tuple[Trained, ...]

    def __repr__(self) -> str:
        return f"<TrainResult: {self.config.family}, {self.memory} numbers carried, {len(self.runs)} seeds>"

    @property
    def best(self) -> Trained:
        """The run with the lowest validation loss."""
        return min(self.runs, key=lambda run: min(e.excess_nll for e in run.curve))

    def to_json(self) -> dict[str, Any]:
        """Return plain data, without the networks."""
        return {
            "config": asdict(self.config),
            "memory": self.memory,
            "learning_rate": self.learning_rate,
            "search": [list(pair) for pair in self.search],
            "search_seconds": self.search_seconds,
            "runs": [run.to_json() for run in self.runs],
        }


def train(
    config: TrainConfig,
    data: Encoded | MakeBatch,
    validation: Encoded,
    test: Encoded,
    folder: Path | None = None,
    watch: Callable[[str, Evaluation], None] | None = None,
) -> TrainResult:
    """Search the learning rate, train once per seed, and score on the test set.

    Parameters
    ----------
    config : TrainConfig
    data : Encoded or callable
        The training set, or ``(rng, size, difficulty) -> batch`` for fresh sentences.
    validation, test : Encoded
    folder : Path, optional
        Folder of checkpoints; a training that is found there is continued.
    watch : callable, optional
        Called as ``watch(name of the run, evaluation)`` after every evaluation.

    Raises
    ------
    InputError
        If data do not have the features of the configuration, or a checkpoint belongs to another training.
    """
    for name, part in (("training", data), ("validation", validation), ("test", test)):
        if isinstance(part, Encoded) and part.inputs.shape[2] != config.features:
            raise InputError(
                f"the {name} set must have {config.features} features ({config.alphabet}, {config.modes} modes), "
                f"found {part.inputs.shape[2]}"
            )

    def one(name: str, rate: float, seed: int, steps: int) -> Fit:
        path = None if folder is None else folder / f"{name}.pt"
        return fit(
            config, rate, seed, steps, data, validation, path, None if watch is None else lambda e: watch(name, e)
        )

    rates, searched = config.learning_rates, []
    if len(rates) > 1:
        searched = [one(f"search-{rate:g}", rate, config.seeds[0], config.search_steps) for rate in rates]
    search = tuple((rate, trial.best) for rate, trial in zip(rates, searched, strict=False))
    rate = min(search, key=lambda pair: pair[1])[0] if search else rates[0]

    runs = []
    for seed in config.seeds:
        done = one(f"seed-{seed}", rate, seed, config.max_steps)
        runs.append(
            Trained(
                seed=seed,
                steps=done.steps,
                sentences=done.steps * config.batch_size,
                seconds=done.seconds,
                stopped_early=done.steps < config.max_steps,
                curve=done.curve,
                scores=evaluate(done.network, test),
                network=done.network,
            )
        )
    memory = runs[0].network.core.memory
    return TrainResult(config, memory, rate, search, sum(trial.seconds for trial in searched), tuple(runs))
