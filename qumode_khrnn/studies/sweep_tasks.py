"""List the tasks that sweeps can run. A new task needs a function, a check and a line here.

Models of HSMT from other packages are tasks under their own names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qumode_khrnn.hsmt.models import MODELS


@dataclass(frozen=True, slots=True)
class SweepTask:
    """The place of a task, as ``"module:function"``: workers on other machines import it by this name.

    Attributes
    ----------
    run : str
        ``(settings: dict, seed: int) -> list of rows``, a pure function of its arguments; rows are flat.
    check : str
        ``(settings: dict) -> dict``: the settings with every default filled in, or an `InputError` that names the
        setting. Fast: it is called for every cell before any runs.
    """

    run: str
    check: str


TASKS: Mapping[str, SweepTask] = MappingProxyType(
    {
        "noise": SweepTask("qumode_khrnn.studies.noise_task:noise", "qumode_khrnn.studies.noise_task:check_noise"),
        "examine": SweepTask("qumode_khrnn.separation.cells:examine", "qumode_khrnn.separation.cells:check_examine"),
        **{
            name: SweepTask(f"qumode_khrnn.comparison.{module}:{name}", f"qumode_khrnn.comparison.config:check_{name}")
            for name, module in (("network", "trained"), ("learning", "trained"), ("tracker", "tasks"))
        },
    }
)
"""This project's tasks by name."""


def sweep_tasks() -> dict[str, SweepTask]:
    """Return all tasks by name: this project's, and the models of other packages that say how they are run."""
    models = (model for name, model in MODELS.usable().items() if name not in MODELS.own)
    return {**TASKS, **{m.name: SweepTask(m.run, m.check) for m in models if m.run is not None and m.check is not None}}
