"""``khrnn train``: one training, a classical network on a dataset or a k-HRNN from opaque tokens, with checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from compiler.errors import InputError
from compiler.files import json_text, read_text, read_toml, require_writable
from compiler.files.folders import write_files
from compiler.typing import Track
from qumode_khrnn.hsmt.dataset import Answers, Dataset, answers_to_json, read_dataset
from qumode_khrnn.hsmt.language import ReadToken, Sentence
from qumode_khrnn.jobs.job import digest
from qumode_khrnn.settings import LearningRates, Positive, Strict, TrainingSeeds, validated
from simulations.laws.discrete import DiscreteLaw

if TYPE_CHECKING:
    from qumode_khrnn.classical.networks import Model

"""``(what, total) -> advance``."""

MOST_SWEEPS = 100
"""Length of the progress bar: a k-HRNN learns n = 4 in fewer sweeps."""


OF_KHRNN = ("modes", "k", "optimiser")
"""Settings of the k-HRNN alone."""

OF_NETWORKS = ("dataset", "latent", "seeds", "learning_rates", "search_steps", "steps", "batch", "window", "patience")
"""Settings of the classical networks alone."""


class TrainSettings(Strict):
    """Settings of a training.

    ``khrnn`` learns ``modes``, ``k`` from sentences of a hidden network that ``seed`` draws (docs/learning.md). The
    others learn the sentences of ``dataset``: the last tenth is the test set, the tenth before it is for validation
    (docs/classical.md).
    """

    model: Literal["khrnn", "gru", "lstm", "ssm", "transformer"] = "khrnn"
    seed: Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)] = 0
    modes: Annotated[int, Field(ge=2, le=8, strict=True)] = 4
    k: Annotated[int, Field(ge=2, le=8, strict=True)] = 2
    optimiser: Literal["coordinates", "adam"] = "coordinates"
    dataset: str | None = None
    latent: Annotated[int, Field(ge=1, le=4096, strict=True)] = 32
    seeds: TrainingSeeds = 1
    learning_rates: LearningRates = (0.003, 0.005)
    search_steps: Positive = 600
    steps: Positive = 2000
    batch: Positive = 128
    window: Positive = 16
    patience: Positive = 10


@dataclass(frozen=True, slots=True)
class Training:
    """The output of a training: plain data, lines of text, and files."""

    data: dict[str, Any]
    lines: tuple[str, ...]
    paths: tuple[Path, ...]


def read_settings(path: Path | None, **changes: Any) -> TrainSettings:
    """Return the settings from TOML, with changes that are not None.

    Raises
    ------
    InputError
        If a setting is wrong or has no effect on the chosen model; the message names the first one.
    """
    data = {} if path is None else read_toml(path)
    given = {name: value for name, value in changes.items() if value is not None}
    settings = validated(TrainSettings, data | given, str(path) if path else "train")
    idle = OF_NETWORKS if settings.model == "khrnn" else OF_KHRNN
    for name in idle:
        if name in given or name in data:
            shown = f"--{name}" if name in given else f"{path}: {name}"
            whose = "gru, lstm, ssm and transformer" if settings.model == "khrnn" else "khrnn"
            raise InputError(f"{shown} is for --model {whose}, found the model {settings.model}; leave {shown} out")
    return settings


def run_training(settings: TrainSettings, folder: Path, track: Track) -> Training:
    """Train a model, and write ``result.json`` and, for networks over ``modular(d)``, ``answers.json`` to a folder.

    Checkpoints are in ``checkpoints/``; the same call goes on from them.

    Raises
    ------
    InputError
        If the settings do not fit the dataset, or a checkpoint belongs to another training.
    """
    require_writable(folder / "result.json", folder / "checkpoints" / "x")
    return _khrnn(settings, folder, track) if settings.model == "khrnn" else _network(settings, folder, track)


def settings_of(settings: TrainSettings) -> dict[str, Any]:
    """Return plain data of all that a training depends on: the settings, and the digest of the dataset.

    Raises
    ------
    InputError
        If the dataset cannot be read.
    """
    data = settings.model_dump(mode="json")
    if settings.dataset is not None:
        data["dataset"] = digest(read_text(Path(settings.dataset)))
    return data


def forget_checkpoints(folder: Path) -> None:
    """Delete the checkpoints of an earlier training with other settings, from which this one cannot go on."""
    of_a_dataset = "[0-9a-f]" * 12
    for path in (folder / "checkpoints" / "khrnn.json", *(folder / "checkpoints").glob(f"{of_a_dataset}/*.pt")):
        path.unlink(missing_ok=True)


def _khrnn(settings: TrainSettings, folder: Path, track: Track) -> Training:
    from qumode_khrnn.learning.results import LearningConfig
    from qumode_khrnn.learning.train import train

    if settings.dataset is not None:
        raise InputError("the k-HRNN learns from sentences of its own hidden network; give modes and k, not a dataset")
    config = LearningConfig(settings.modes, settings.k, settings.seed, settings.optimiser)
    found = train(config, folder / "checkpoints" / "khrnn.json", track("sweeps", MOST_SWEEPS))
    low, high = found.interval
    lines = (
        f"excess NLL on held-out sentences: {found.excess_nll:.2e} nats per answer [{low:.1e}, {high:.1e}]",
        f"weights {'recovered' if found.recovered else 'not recovered'} (largest error {found.residual:.3f} rad, up to "
        "the task's symmetries)",
        f"{found.steps} steps, {found.restarts} restarts of tokens, {found.sentences_processed:,} sentences processed, "
        f"{found.seconds:.1f} s",
    )
    return _written(folder, {"model": "khrnn", **found.to_json()}, lines)


def _network(settings: TrainSettings, folder: Path, track: Track) -> Training:
    from qumode_khrnn.classical.config import TrainConfig
    from qumode_khrnn.classical.features import encode
    from qumode_khrnn.classical.training import train

    if settings.dataset is None:
        raise InputError(f"a {settings.model} needs a dataset; make one with khrnn hsmt generate")
    data = read_dataset(Path(settings.dataset))
    spec, tenth = data.spec, len(data.sentences) // 10
    if tenth < 1:
        raise InputError(
            f"{settings.dataset}: must have at least 10 sentences for training, found {len(data.sentences)}"
        )
    split = data.sentences[: -2 * tenth], data.sentences[-2 * tenth : -tenth], data.sentences[-tenth:]
    training, validation, test = (encode(part, spec.alphabet, spec.modes) for part in split)
    config = TrainConfig(
        settings.model,
        settings.latent,
        spec.alphabet,
        spec.modes,
        window=settings.window,
        learning_rates=settings.learning_rates,
        search_steps=settings.search_steps,
        seeds=tuple(range(settings.seed, settings.seed + settings.seeds)),
        batch_size=settings.batch,
        max_steps=settings.steps,
        patience=settings.patience,
    )
    bars: dict[str, Callable[[int], None]] = {}

    def watch(name: str, evaluation: Any) -> None:
        total = config.search_steps if name.startswith("search") else config.max_steps
        bars.setdefault(name, track(name, total))(evaluation.step)

    checkpoints = folder / "checkpoints" / digest(read_text(Path(settings.dataset)))[:12]  # of this dataset alone
    found = train(config, training, validation, test, checkpoints, watch)
    best = found.best
    lines = [
        f"{settings.model}, {found.memory} numbers carried between tokens; learning rate {found.learning_rate:g}; best "
        f"of {len(found.runs)} seeds: {best.seed}",
        f"{'probe':10} {'answers':>8} {'violation rate':>15} {'excess NLL':>11}",
    ]
    for score in best.scores:
        rate = "–" if score.violation_rate is None else f"{score.violation_rate:.4g}"
        lines.append(f"{score.probe:10} {score.answers:8d} {rate:>15} {score.excess_nll:>11.4g}")
    extra = {}
    if spec.levels is not None:
        answers = _answers(data, best.network, f"{settings.model}-{settings.latent}")
        extra["answers.json"] = json_text(answers_to_json(answers))
    return _written(folder, {"model": settings.model, "dataset": settings.dataset, **found.to_json()}, lines, extra)


def _answers(data: Dataset, network: Model, name: str) -> Answers:
    """Return the network's laws for all answers of the dataset, training sentences included."""
    from qumode_khrnn.classical.evaluation import predict
    from qumode_khrnn.classical.features import encode

    predicted = predict(network, encode(data.sentences, data.spec.alphabet, data.spec.modes))

    def laws(index: int, sentence: Sentence) -> tuple[DiscreteLaw, ...]:
        reads = [t for t, token in enumerate(sentence.tokens) if isinstance(token, ReadToken)]
        rows = (predicted[index, t].astype(float) for t in reads)
        return tuple(DiscreteLaw(tuple((row / row.sum()).tolist())) for row in rows)

    every = tuple(laws(index, sentence) for index, sentence in enumerate(data.sentences))
    return Answers(name, tuple(sentence.answers for sentence in data.sentences), every)


def _written(
    folder: Path, data: dict[str, Any], lines: list[str] | tuple[str, ...], extra: dict[str, str] | None = None
) -> Training:
    texts = {"result.json": json_text(data), **(extra or {})}
    paths = write_files(folder, texts)
    return Training(data, (*lines, *(f"written: {path}" for path in paths)), paths)
