"""Trains the k-HRNN from ten seeds beside plain Adam, and measures the variance of derivatives. Writes LEARNING.md.

Run with ``python benchmarks/learning.py`` (about 15 minutes on one core). Only the times depend on the machine.
"""

from __future__ import annotations

import os
import platform
import sys
from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

from compiler.files import write_text
from qumode_khrnn.learning.results import SUCCESS, LearningConfig, LearningResult
from qumode_khrnn.learning.train import train
from qumode_khrnn.learning.trainability import MODELS, TrainabilityConfig, TrainabilityResult, trainability

RESULTS = Path(__file__).parent / "LEARNING.md"

SIZES = ((4, 2), (4, 3))


def learn(config: LearningConfig) -> LearningResult:
    """Train, and say so."""
    found = train(config)
    print(row(found), file=sys.stderr, flush=True)
    return found


def row(found: LearningResult) -> str:
    """One line of a table."""
    config = found.config
    low, high = found.interval
    return (
        f"| {config.modes} | {config.k} | {config.optimiser} | {config.seed} | "
        f"{found.excess_nll:.1e} ({low:.0e} to {high:.0e}) | {found.residual:.2f} "
        f"| {'yes' if found.recovered else 'no'} | {found.stopped} | {found.steps} | "
        f"{found.restarts} | {found.sentences_processed:,} | {found.seconds:.1f} |"
    )


def summary(results: list[LearningResult]) -> str:
    """One line of the table of medians."""
    config = results[0].config
    return (
        f"| {config.modes} | {config.k} | {config.optimiser} | {sum(r.success for r in results)} of {len(results)} | "
        f"{sum(r.recovered for r in results)} of {len(results)} | {median(r.excess_nll for r in results):.1e} | "
        f"{max(r.excess_nll for r in results):.1e} | {median(r.sentences_processed for r in results):,.0f} | "
        f"{sum(r.restarts for r in results)} | {median(r.seconds for r in results):.1f} | "
        f"{max(r.seconds for r in results):.1f} |"
    )


def study(found: TrainabilityResult) -> list[str]:
    """Tables of the trainability study."""
    out = []
    for loss in ("error", "nll"):
        for k in found.config.k:
            out += [f"Variance for the loss `{loss}`, k = {k} (95 % interval; layers of the ansatz):", ""]
            out += [f"| n | {' | '.join(MODELS)} |", "|---:|" + "---:|" * len(MODELS)]
            for n in found.config.modes:
                rows = {r.model: r for r in found.rows if (r.loss, r.k, r.n) == (loss, k, n)}
                cells = [
                    f"{r.variance:.1e} ({r.interval[0]:.0e} to {r.interval[1]:.0e})"
                    + (f"; {r.layers}" if r.layers else "")
                    for r in (rows[model] for model in MODELS if rows)
                ]
                out += [f"| {n} | {' | '.join(cells)} |"] if cells else []
            out += [""]
    out += [
        "Fits over n > k: variance ~ base^n and variance ~ n^exponent; root-mean-square residuals of ln(variance).",
        "",
        "| loss | k | model | base | residual | exponent | residual | better |",
        "|---|---:|---|---:|---:|---:|---:|---|",
    ]
    out += [
        f"| {law.loss} | {law.k} | {law.model} | {law.base:.2f} | {law.residual_exponential:.2f} | "
        f"{law.exponent:.1f} | {law.residual_power:.2f} | {law.better} |"
        for law in found.laws
    ]
    return out


def main() -> None:
    """Run everything and write the file."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--samples", type=int, default=200, help="initialisations a row of the trainability study")
    parser.add_argument("--factor", type=int, default=1, help="budget of Adam, in budgets of coordinate ascent")
    chosen = parser.parse_args()
    begun = perf_counter()
    exact = {size: [learn(LearningConfig(*size, seed)) for seed in range(chosen.seeds)] for size in SIZES}
    variances = study(trainability(TrainabilityConfig(samples=chosen.samples)))
    plain = {
        size: [
            learn(replace(found.config, optimiser="adam", budget=chosen.factor * found.sentences_processed))
            for found in results
        ]
        for size, results in exact.items()
    }
    head = [
        "| n | k | optimiser | success | recovered | median excess | worst excess | median sentences processed | "
        "restarts, all seeds | median s | worst s |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    every = [
        "| n | k | optimiser | seed | excess (95 % interval) | residual, rad | recovered | stopped | steps | "
        "restarts | sentences processed | s |",
        "|---:|---:|---|---:|---:|---:|---|---|---:|---:|---:|---:|",
    ]
    first = next(iter(exact.values()))[0].config
    packages = ", ".join(f"{p} {version(p)}" for p in ("torch", "numpy"))
    parts = [
        "# Learning",
        "",
        f"Written by `python benchmarks/learning.py --seeds {chosen.seeds} --samples {chosen.samples} "
        f"--factor {chosen.factor}` on {date.today().isoformat()} in {perf_counter() - begun:.0f} s. "
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, one thread used; "
        f"Python {platform.python_version()}, {packages}.",
        "",
        f"Success: excess below {SUCCESS} nats per answer on {first.held_out:,} held-out sentences of length "
        f"{first.lengths[-1]}. Phases start uniform on the circle. Training data: "
        + ", ".join(f"{c:,} sentences of length {n}" for n, c in zip(first.lengths, first.sentences, strict=True))
        + f". Times are processor seconds. docs/learning.md says what is counted. Adam: learning rate "
        f"{first.learning_rate}, batches of {first.batch}, the last stage's sentences, stopped after "
        f"{chosen.factor} times as many sentences processed as coordinate ascent took from the same seed.",
        "",
        *head,
        *(summary(results) for results in (*exact.values(), *plain.values())),
        "",
        "## Every seed",
        "",
        *every,
        *(row(found) for group in (exact, plain) for results in group.values() for found in results),
        "",
        "## Variance of derivatives",
        "",
        "Models, data, losses and the parameter are stated in qumode_khrnn/learning/trainability.py.",
        f"{chosen.samples} initialisations a row.",
        "",
        *variances,
        "",
    ]
    write_text(RESULTS, "\n".join(parts))
    print("\n".join(parts))


if __name__ == "__main__":
    main()
