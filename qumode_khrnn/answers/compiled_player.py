"""Offer the compiled network as a model that answers sentences of the real alphabet with a profile's noise."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.errors import InputError
from hardware_profiles import load_profile
from qumode_khrnn.answers.noisy_network import noisy_answers
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.models import Memory, Model, Situation
from qumode_khrnn.ideal.player import network_memory

PROFILE = "photonic-cubic"
"""Profile that the network is compiled for."""

MOST_SCALE = 100.0
"""Largest factor on the losses."""


def compiled_answers(at: Situation, dataset: Dataset, seed: int) -> Sequence[Sequence[float]]:
    """Compile every sentence for `PROFILE` and answer it once, with ``at.amount`` times the profile's losses.

    Raises
    ------
    InputError
        If the factor is above 100.
    NotMappableError
        If the profile cannot run a sentence.
    """
    return noisy_answers(dataset, load_profile(PROFILE), _scale(at), seed).answers


def _scale(at: Situation) -> float:
    scale = 1.0 if at.amount is None else at.amount
    if scale > MOST_SCALE:
        raise InputError(f"the number of compiled:NUMBER must be at most {MOST_SCALE:g}, found {scale:g}")
    return scale


def _memory(at: Situation) -> Memory:
    _scale(at)
    return network_memory(at)


MODEL = Model("compiled", _memory, amount=f"a factor on the losses of {PROFILE}", real_answers=compiled_answers)
"""The compiled network."""
