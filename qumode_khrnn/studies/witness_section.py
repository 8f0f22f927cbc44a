"""Make the report's part about contextuality: a triangle's witness, its figure, and every device's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from compiler.typing import Advance
from hardware_profiles import Profile
from qumode_khrnn.studies.config import WitnessConfig
from qumode_khrnn.witness.answer import DeviceAnswer
from qumode_khrnn.witness.devices import device_answer
from qumode_khrnn.witness.study import WitnessStudy, run_witness, study_of
from qumode_khrnn.witness.trap_device import TrapOptions
from qumode_khrnn.witness.triangle import Triangle


@dataclass(frozen=True, slots=True)
class WitnessSection:
    """The witness, with its figure's points, and the answers of devices."""

    study: WitnessStudy
    answers: tuple[DeviceAnswer, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**self.study.to_json(), "devices": [answer.to_json() for answer in self.answers]}


def witness_section(
    config: WitnessConfig, profiles: tuple[Profile, ...], seed: int, advance: Advance
) -> WitnessSection:
    """Work out the witness, sample it, and ask every device.

    Parameters
    ----------
    config : WitnessConfig
    profiles : tuple of Profile
    seed : int
    advance : callable
        Called with the number of devices that have answered.
    """
    triangle = Triangle(config.weight, config.squeezing, config.loss)
    found = run_witness(triangle, config.shots, np.random.default_rng([seed, 0]))
    study = study_of(found, np.random.default_rng([seed, 1]))
    answers = []
    for done, profile in enumerate(profiles, start=1):
        rng = np.random.default_rng([seed, 2, done])
        answers.append(device_answer(profile, triangle, TrapOptions(), config.shots, rng))
        advance(done)
    return WitnessSection(study, tuple(answers))
