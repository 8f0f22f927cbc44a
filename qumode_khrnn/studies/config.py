"""Configure the main job, from TOML or the built-in quick and full settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from qumode_khrnn.settings import Positive, Scale, Share, Squeezing, StateSize, Strict
from qumode_khrnn.witness.triangle import LEAST_WEIGHT, MOST_WEIGHT


class TaskConfig(Strict):
    """The HSMT task: sentences that the ideal network answers, and single-probe sentences for the lossy one."""

    modes: Annotated[int, Field(ge=3, le=60, strict=True)] = 5
    k: Annotated[int, Field(ge=2, le=3, strict=True)] = 3
    sentences: Positive = 400
    probes: Positive = 4
    lossy_modes: Annotated[int, Field(ge=3, le=12, strict=True)] = 4
    lossy_edges: Positive | None = 2
    lossy_sentences: Positive = 200
    lossy_repeats: Positive = 20


class CrossCheckConfig(Strict):
    """Shots of the exact simulator and Fock cutoffs of Strawberry Fields, with and without loss, on the 3-mode cell."""

    shots: Annotated[int, Field(ge=100, le=10**8, strict=True)] = 200_000
    cutoffs: tuple[Annotated[int, Field(ge=3, le=20, strict=True)], ...] = (6, 8, 10, 12)
    pure_cutoffs: tuple[Annotated[int, Field(ge=3, le=40, strict=True)], ...] = (8, 12, 16, 20, 24, 28)


def _ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    if list(values) != sorted(set(values)):
        raise ValueError("values must ascend without repetition")
    return values


class LossStudyConfig(Strict):
    """Matched probes under loss: share lost in each cell, squeezing parameters, and how many hypergraphs."""

    losses: Annotated[tuple[Share, ...], Field(min_length=2), AfterValidator(_ascending)] = (
        0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2,
    )  # fmt: skip
    squeezings: Annotated[tuple[Squeezing, ...], Field(min_length=2), AfterValidator(_ascending)] = (
        0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.125, 1.25, 1.375, 1.5, 1.625, 1.727,
    )  # fmt: skip
    modes: Annotated[int, Field(ge=3, le=8, strict=True)] = 4
    weight: Annotated[float, Field(gt=0.1, le=10.0, strict=True)] = 0.5
    graphs: Annotated[int, Field(ge=1, le=100, strict=True)] = 6


class WitnessConfig(Strict):
    """The triangle of the noncontextuality inequality, and how often the report samples each of its contexts."""

    weight: Annotated[float, Field(ge=LEAST_WEIGHT, le=MOST_WEIGHT, strict=True)] = 1.0
    squeezing: Squeezing = 1.0
    loss: Share = 0.0
    shots: Positive = 1000


class RunConfig(Strict):
    """The main job."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)] = 1
    profile: str = "photonic-cubic"
    squeezing_latent: Squeezing = 1.0
    squeezing_ancilla: Squeezing = 1.0
    loss_scales: Annotated[tuple[Scale, ...], Field(min_length=1)] = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)
    cell_sizes: tuple[Annotated[int, Field(ge=4, le=200, strict=True)], ...] = (4, 8, 15, 30, 60)
    state_sizes: Annotated[tuple[StateSize, ...], Field(min_length=1)] = (4, 5, 6, 7, 8, 10, 12)
    device_orders: tuple[Annotated[int, Field(ge=2, le=4, strict=True)], ...] = (2, 3, 4)
    task: TaskConfig = TaskConfig()
    cross_check: CrossCheckConfig = CrossCheckConfig()
    loss_study: LossStudyConfig = LossStudyConfig()
    witness: WitnessConfig = WitnessConfig()


QUICK = RunConfig(
    loss_scales=(0.0, 0.1, 0.3, 1.0, 3.0),
    task=TaskConfig(sentences=120, probes=3, lossy_sentences=60, lossy_repeats=10),
    state_sizes=(4, 5, 6, 7, 8),
    device_orders=(2, 3),
    cross_check=CrossCheckConfig(shots=100_000, cutoffs=(6, 8, 10), pure_cutoffs=(8, 12, 16, 20)),
    loss_study=LossStudyConfig(graphs=2),
)
"""Settings of ``khrnn run --quick``: under a minute on two cores."""
