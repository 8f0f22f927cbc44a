"""Run the sweep task ``noise``: the compiled network of a profile, with its noise, answers matched probes."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Annotated, Any

from pydantic import Field

from compiler.errors import InputError
from hardware_profiles import load_profile
from qumode_khrnn.answers.noisy_network import noisy_answers
from qumode_khrnn.answers.scoring import flat_score
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.score import ModelInfo, score_answers
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.settings import Positive, Scale, Squeezing, Strict, validated


class NoiseSettings(Strict):
    """One cell: a network, a profile, a factor on its noise, and how much is asked.

    ``edges`` hyperedges are written (all by default); ``sentences`` sentences of one matched probe are each answered
    ``repeats`` times.
    """

    profile: str = "photonic-cubic"
    modes: Annotated[int, Field(ge=3, le=12, strict=True)] = 4
    k: Annotated[int, Field(ge=2, le=3, strict=True)] = 3
    edges: Positive | None = None
    loss_scale: Scale = 1.0
    squeezing: Squeezing = 1.0
    loss_aware: Annotated[bool, Field(strict=True)] = False
    sentences: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 10
    repeats: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 20


def check_noise(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with every default filled in.

    Raises
    ------
    InputError
        If a setting is wrong.
    """
    found = validated(NoiseSettings, settings, "noise")
    load_profile(found.profile)
    if found.edges is not None and found.edges > comb(found.modes, found.k):
        raise InputError(
            f"noise: edges: must be at most {comb(found.modes, found.k)} for {found.modes} modes and k = {found.k}, "
            f"found {found.edges}"
        )
    return found.model_dump(mode="json")


def noise(settings: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Run one cell and return one row: the score over all probes, and the largest residual of the verified circuits.

    Sentences use the streams ``[seed, i]``, answers ``[seed + 1, i]``.

    Raises
    ------
    InputError
        If a setting is wrong.
    NotMappableError
        If the profile cannot run a sentence.
    """
    asked = validated(NoiseSettings, settings, "noise")
    spec = HsmtSpec(
        asked.modes,
        asked.k,
        asked.sentences,
        probes=1,
        edges=asked.edges,
        squeezing_latent=asked.squeezing,
        squeezing_ancilla=asked.squeezing,
        mixture={"matched": 1.0},
        seed=seed,
    )
    dataset = Dataset(spec, tuple(generate(spec, reference)))
    run = noisy_answers(
        dataset, load_profile(asked.profile), asked.loss_scale, seed + 1, asked.repeats, aware=asked.loss_aware
    )
    info = ModelInfo(f"compiled ({asked.profile})", "k-HRNN", asked.modes, "modes")
    rows = score_answers(run.dataset, info, run.answers, run.laws)
    (row,) = (row for row in rows if row.probe == "all")
    return [{**flat_score(row), "largest_residual": run.largest_residual}]
