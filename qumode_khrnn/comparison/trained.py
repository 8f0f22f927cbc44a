"""Run the parts of the comparison that train, each as a job: classical networks, the k-HRNN, and gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hardware_profiles.extras import need
from qumode_khrnn.comparison.study import NETWORKS
from qumode_khrnn.hsmt.alphabet import REAL
from qumode_khrnn.hsmt.models import memory_of

if TYPE_CHECKING:
    from qumode_khrnn.classical.config import MakeBatch
    from qumode_khrnn.classical.evaluation import Score
    from qumode_khrnn.classical.features import Encoded
    from qumode_khrnn.comparison.tasks import Rows

ALPHABET = "modular(2)"
VALIDATION = 2000
"""Sentences for early stopping and the search of learning rates."""


def network(settings: Mapping[str, Any], seed: int) -> Rows:
    """Train one family at one latent size; score every seed on the same test sentences, also with a rounded state."""
    need("torch")
    import torch

    from qumode_khrnn.classical.config import TrainConfig
    from qumode_khrnn.classical.evaluation import evaluate, quantised
    from qumode_khrnn.classical.training import train

    torch.set_num_threads(1)
    data, validation, test = _data(settings, seed)
    config = TrainConfig(
        settings["family"],
        settings["latent"],
        settings["alphabet"],
        settings["n"],
        window=settings["window"],
        learning_rates=tuple(settings["learning_rates"]),
        search_steps=settings["search_steps"],
        seeds=tuple(range(settings["seeds"])),
        batch_size=settings["batch"],
        max_steps=settings["steps"],
        curriculum=settings["curriculum"],
        patience=settings["patience"],
    )
    found = train(config, data, validation, test)
    rows: Rows = []
    for run in found.runs:
        got = {
            "seed_of_training": run.seed,
            "steps": run.steps,
            "sentences_seen": run.sentences,
            "seconds": run.seconds + found.search_seconds / len(found.runs),
            "learning_rate": found.learning_rate,
            "latent": settings["latent"],
        }
        row = partial(_row, settings, memory=found.memory, got=got)
        rows += [row(score, 32) for score in run.scores]
        for bits in settings["bits"]:
            rounded = quantised(run.network, bits, validation)
            rows += [row(score, bits) for score in evaluate(rounded, test) if score.probe in ("neighbour", "all")]
    return rows


def _data(settings: Mapping[str, Any], seed: int) -> tuple[Encoded | MakeBatch, Encoded, Encoded]:
    """Return the training, validation and test sentences; edges are written in ascending order."""
    from qumode_khrnn.classical.batches import SingleProbe
    from qumode_khrnn.classical.features import encode
    from qumode_khrnn.comparison.tasks import dataset

    n, k, tested = settings["n"], settings["k"], settings["test_sentences"]
    if settings["alphabet"] == REAL:
        count = settings["sentences"] + VALIDATION + tested
        sentences = dataset(REAL, n, k, count, seed, contextual=False).sentences
        parts = sentences[: -VALIDATION - tested], sentences[-VALIDATION - tested : -tested], sentences[-tested:]
        data, validation, test = (encode(part, REAL, n) for part in parts)
        return data, validation, test
    task = SingleProbe(n, k, shuffled=False)
    validation = task.encoded(np.random.default_rng([seed, 0]), VALIDATION)
    test = task.encoded(np.random.default_rng([seed, 1]), tested)
    return task.fresh, validation, test


def _row(settings: Mapping[str, Any], score: Score, bits: int, *, memory: int, got: dict[str, Any]) -> dict[str, Any]:
    family = settings["family"]
    carried = memory_of("network", settings["alphabet"], settings["n"], memory, bits)
    low, high = score.excess_ci95 or (None, None)
    least, most = score.violation_ci95 or (None, None)
    return {
        "study": "frontier" if bits == 32 else "rounded",
        "model": f"{NETWORKS[family]}, {memory} numbers" + ("" if bits == 32 else f" of {bits} bits"),
        "family": family,
        "alphabet": settings["alphabet"],
        "n": settings["n"],
        "k": settings["k"],
        "memory": carried.amount,
        "memory_unit": carried.unit,
        "bits": carried.bits,
        "probe": score.probe,
        "violation_rate": score.violation_rate,
        "violation_rate_low": least,
        "violation_rate_high": most,
        "excess_nll": score.excess_nll,
        "excess_nll_low": low,
        "excess_nll_high": high,
        "answers": score.answers,
        **got,
    }


def learning(settings: Mapping[str, Any], seed: int) -> Rows:
    """Train a k-HRNN on opaque tokens and, if asked, by plain Adam with as many sentences from the same start."""
    from dataclasses import replace

    from qumode_khrnn.learning.results import LearningConfig, LearningResult
    from qumode_khrnn.learning.train import train

    def row(found: LearningResult) -> dict[str, Any]:
        low, high = found.interval
        memory = memory_of("ideal", ALPHABET, settings["n"])
        how = "" if found.config.optimiser == "coordinates" else ", plain Adam"
        return {
            "study": "learning",
            "model": f"trained k-HRNN{how}",
            "family": "trained k-HRNN",
            "alphabet": ALPHABET,
            "n": settings["n"],
            "k": settings["k"],
            "memory": memory.amount,
            "memory_unit": memory.unit,
            "probe": "all",
            "excess_nll": found.excess_nll,
            "excess_nll_low": low,
            "excess_nll_high": high,
            "seed_of_training": found.config.seed,
            "optimiser": found.config.optimiser,
            "residual": found.residual,
            "recovered": found.recovered,
            "success": found.success,
            "restarts": found.restarts,
            "steps": found.steps,
            "sentences_seen": found.sentences_processed,
            "seconds": found.seconds,
        }

    def curve(found: LearningResult) -> Rows:
        keys = {"n": settings["n"], "k": settings["k"], "seed_of_training": found.config.seed}
        how = {"study": "learning curve", "optimiser": found.config.optimiser, **keys}
        points = [(seen, value) for _, seen, value in found.history]
        return [{**how, "sentences_seen": seen, "excess_nll": value} for seen, value in _thinned(points)]

    found = train(LearningConfig(settings["n"], settings["k"], settings["seed"]))
    rows = [row(found), *curve(found)]
    if settings["adam"]:
        config = replace(found.config, optimiser="adam", budget=found.sentences_processed)
        plain = train(config)
        rows += [row(plain), *curve(plain)]
    return rows


def _thinned(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the first and the last point, and between them each that lies 5 % beyond the one kept before."""
    kept = list(points[:1])
    for point in points[1:-1]:
        if point[0] >= 1.05 * kept[-1][0]:
            kept.append(point)
    return kept + list(points[1:][-1:])


def gradients(settings: Mapping[str, Any], seed: int) -> Rows:
    """Return the variance of a derivative of the loss at random starts, by model and number of modes, and fits."""
    from qumode_khrnn.learning.trainability import TrainabilityConfig, trainability

    found = trainability(
        TrainabilityConfig(tuple(settings["modes"]), tuple(settings["k"]), settings["samples"], seed=seed)
    )
    rows: Rows = []
    for one in found.rows:
        plain = asdict(one)
        low, high = plain.pop("interval")
        rows.append({"study": "gradients", **plain, "variance_low": low, "variance_high": high})
    return [*rows, *({"study": "gradient laws", **asdict(law)} for law in found.laws)]
