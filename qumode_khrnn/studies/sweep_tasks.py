"""The registry of tasks that sweeps can run. To add one: a function, a check, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class SweepTask:
    """Where a task is, as ``"module:function"``: workers on other machines import it by this name.

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
        **{
            name: SweepTask(f"qumode_khrnn.comparison.{module}:{name}", f"qumode_khrnn.comparison.config:check_{name}")
            for name, module in (("network", "trained"), ("learning", "trained"), ("tracker", "tasks"))
        },
    }
)
"""Tasks by name."""
