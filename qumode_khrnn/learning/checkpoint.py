"""Hold the state of a training between two steps, and read and write its file.

Floats survive JSON exactly, so a resumed training is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.files import json_text, read_json, require_format, write_text
from qumode_khrnn.learning.data import Floats
from qumode_khrnn.learning.results import LearningConfig

FORMAT, VERSION = "qumode-khrnn/learning", 1

ARRAYS = ("phases", "first_moment", "second_moment")
COUNTS = ("step", "stage", "fruitless", "restarts", "processed")
FIELDS = {*ARRAYS, *COUNTS, "settled", "stopped", "seconds", "history"}


@dataclass(frozen=True, slots=True)
class State:
    """Everything the next step depends on, besides the configuration.

    Attributes
    ----------
    phases : array, shape (gates, monomials)
    first_moment, second_moment : array, shape (gates, monomials)
        Moments of Adam; zeros for the other optimiser.
    step, stage, fruitless : int
        Steps done; stage of the curriculum; number of successive rounds of restarts without a gain.
    settled : bool
        Whether the last sweep gained almost nothing, so that restarts come next.
    stopped : str
        Why training ended; empty while it goes on.
    restarts, processed : int
    seconds : float
    history : tuple of (step, sentences processed, validation excess)
    """

    phases: Floats
    first_moment: Floats
    second_moment: Floats
    step: int = 0
    stage: int = 0
    fruitless: int = 0
    settled: bool = False
    stopped: str = ""
    restarts: int = 0
    processed: int = 0
    seconds: float = 0.0
    history: tuple[tuple[int, int, float], ...] = ()


def write_state(path: Path, config: LearningConfig, state: State) -> None:
    """Write a checkpoint, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    data = {name: getattr(state, name) for name in State.__slots__}
    data |= {name: getattr(state, name).tolist() for name in ARRAYS}
    data["history"] = [list(row) for row in state.history]
    content = {"format": FORMAT, "version": VERSION, "config": config.to_json(), "state": data}
    write_text(path, json_text(content))


def read_state(path: Path, config: LearningConfig) -> State:
    """Read a checkpoint of the same training.

    Raises
    ------
    InputError
        If the file is wrong, or belongs to another configuration.
    """
    content = require_format(read_json(path), FORMAT, VERSION, str(path))
    if content.get("config") != config.to_json():
        raise InputError(
            f"{path}: must belong to a training with this configuration, found another; give another file or delete it"
        )
    data = content.get("state")
    if not isinstance(data, dict) or set(data) != FIELDS:
        raise InputError(f'{path}: "state" must have the fields {sorted(FIELDS)}')
    words = config.vocabulary
    shape = (words.gates, len(words.monomials))
    try:
        arrays = {name: np.array(data[name], dtype=float) for name in ARRAYS}
        history = tuple((int(a), int(b), float(c)) for a, b, c in data["history"])
        counts = {name: int(data[name]) for name in COUNTS}
        plain: dict[str, Any] = {"settled": bool(data["settled"]), "stopped": str(data["stopped"])}
        seconds = float(data["seconds"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: a field of the state has the wrong type: {error}") from None
    if any(a.shape != shape or not np.isfinite(a).all() for a in arrays.values()) or not isfinite(seconds):
        raise InputError(f"{path}: phases and moments must be finite numbers of shape {shape}")
    if min(counts.values()) < 0 or counts["stage"] >= len(config.lengths):
        raise InputError(f"{path}: counts must be >= 0 and the stage below {len(config.lengths)}")
    values: dict[str, Any] = {**arrays, **counts, **plain, "seconds": seconds, "history": history}
    return State(**values)
