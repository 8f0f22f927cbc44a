"""Configure a training of the k-HRNN, and hold its result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from compiler.errors import InputError
from hardware_profiles.display import Drawable
from qumode_khrnn.learning.data import Floats, Sentences, Vocabulary

SUCCESS = 0.01
"""Excess negative log-likelihood, in nats per answer, below which a training counts as a success."""

OPTIMISERS = ("coordinates", "adam")


@dataclass(frozen=True, slots=True)
class LearningConfig:
    """One training, from the hidden network to the held-out score; everything random follows from the seed.

    Attributes
    ----------
    modes, k : int
        Number of qubits, and number of modes that each gate acts on.
    seed : int
        Seed of the hidden network, its sentences, the initial phases and the optimiser.
    optimiser : str
        ``coordinates`` (docs/learning.md), or ``adam``: plain Adam on the last stage of the curriculum, for
        comparison.
    lengths, sentences : tuple of int
        Curriculum: length and number of the training sentences of every stage.
    validation, held_out : int
        Number of sentences of the last length for early stopping, and for the final score.
    target : float
        Training stops when the validation excess is below this.
    stage_target : float
        An earlier stage ends when the validation excess is below this.
    patience : int
        A stage ends after this many successive rounds of restarts without a gain.
    budget : int
        Training stops after the step in which the sentences processed reach this number.
    learning_rate, batch : float, int
        Learning rate and batch size of Adam.

    Raises
    ------
    InputError
        If a value is out of range.
    """

    modes: int
    k: int
    seed: int
    optimiser: str = "coordinates"
    lengths: tuple[int, ...] = (4, 10)
    sentences: tuple[int, ...] = (2000, 4000)
    validation: int = 2000
    held_out: int = 4000
    target: float = 1e-4
    stage_target: float = 5e-3
    patience: int = 6
    budget: int = 100_000_000
    learning_rate: float = 0.1
    batch: int = 500

    def __post_init__(self) -> None:
        def need(holds: bool, message: str) -> None:
            if not holds:
                raise InputError(f"learning: {message}")

        _ = self.vocabulary  # checks modes and k
        need(self.seed >= 0, f"seed must be >= 0, found {self.seed}")
        need(self.optimiser in OPTIMISERS, f"optimiser must be one of {OPTIMISERS}, found {self.optimiser!r}")
        need(
            len(self.lengths) == len(self.sentences) >= 1,
            f"lengths and sentences must name the same stages, found {self.lengths} and {self.sentences}",
        )
        need(
            all(2 <= length <= 200 for length in self.lengths),
            f"lengths must lie in 2..200, found {list(self.lengths)}",
        )
        sizes = (*self.sentences, self.validation, self.held_out, self.patience, self.budget, self.batch)
        need(min(sizes) >= 1, f"numbers of sentences, patience, budget and batch must be >= 1, found {min(sizes)}")
        least = min(self.target, self.stage_target, self.learning_rate)
        need(least > 0.0, f"target, stage_target and learning_rate must be > 0, found {least:.6g}")

    @property
    def vocabulary(self) -> Vocabulary:
        """Tokens of the language."""
        return Vocabulary(self.modes, self.k)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "lengths": list(self.lengths), "sentences": list(self.sentences)}


@dataclass(frozen=True, slots=True)
class Excess:
    """Excess negative log-likelihood in nats per answer, with a 95 % interval over sentences."""

    value: float
    interval: tuple[float, float]


def excess(sentences: Sentences, log_model: Floats) -> Excess:
    """Return ``sum (log p_exact - log p_model) / answers``, with an interval that treats sentences as independent.

    Parameters
    ----------
    sentences : Sentences
    log_model : array, shape (sentences,)
        The model's log-probability of all answers of a sentence.
    """
    gaps = sentences.log_exact.sum(axis=1) - log_model
    answers = (sentences.answers >= 0).sum(axis=1)
    value = float(gaps.sum() / answers.sum())
    half = 1.96 * float(((gaps - value * answers) ** 2).sum() ** 0.5 / answers.sum())
    return Excess(value, (value - half, value + half))


@dataclass(frozen=True, slots=True, repr=False)
class LearningResult(Drawable):
    """Outcome of a training.

    Attributes
    ----------
    config : LearningConfig
    excess_nll : float
        On held-out sentences, nats per answer.
    interval : tuple of float
        Its 95 % interval.
    residual : float
        Largest distance of a phase from the hidden network's, in radians, up to symmetries.
    recovered : bool
        Whether the residual is small enough to name every weight.
    stopped : str
        ``target``, ``settled`` (restarts no longer gain anything) or ``budget``.
    restarts, steps, sentences_processed : int
        Restarts of tokens; sweeps and rounds of restarts (or gradient steps); evaluations of the
        likelihood of a sentence, validation included, a gradient counted as one.
    seconds : float
        Processor time of training and validation, one thread.
    history : tuple of (step, sentences processed, validation excess)
    phases : tuple of tuples of float, (gates, monomials)
        The learnt phases.
    """

    config: LearningConfig
    excess_nll: float
    interval: tuple[float, float]
    residual: float
    recovered: bool
    stopped: str
    restarts: int
    steps: int
    sentences_processed: int
    seconds: float
    history: tuple[tuple[int, int, float], ...]
    phases: tuple[tuple[float, ...], ...]

    def __repr__(self) -> str:
        weights = "all weights recovered" if self.recovered else "weights not recovered"
        return f"<LearningResult: excess {self.excess_nll:.3g} nats per answer, {weights}, {self.steps} steps>"

    @property
    def success(self) -> bool:
        """Whether the excess is below 0.01 nats per answer."""
        return self.excess_nll < SUCCESS

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``success``."""
        out = asdict(self) | {"config": self.config.to_json(), "success": self.success}
        return out
