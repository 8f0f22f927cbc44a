"""Sweep a task over a grid of its settings, each cell with a seed of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from compiler.errors import InputError, did_you_mean
from compiler.typing import Advance
from hardware_profiles.display import Drawable
from qumode_khrnn.jobs import Job, run_jobs
from qumode_khrnn.jobs.job import Row, canonical, digest, function_of
from qumode_khrnn.settings import Positive, Strict, validated
from qumode_khrnn.studies.sweep_tasks import SweepTask, sweep_tasks

MAX_CELLS = 100_000
"""Largest number of cells of a grid, repeats included: each cell is a file."""

OWN_COLUMNS = ("repeat", "seed")


class SweepConfig(Strict):
    """A sweep: ``base`` settings of a task, and lists of values for some settings; every combination is a cell.

    ``grid`` maps the dotted name of a setting to its values; it overrides ``base``. In TOML, ``"task.modes" = [3, 4]``
    and ``task.modes = [3, 4]`` are the same.
    """

    task: str
    seed: Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)] = 1
    repeats: Positive = 1
    base: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class SweepResult(Drawable):
    """The result of `run_sweep`.

    Attributes
    ----------
    rows : tuple of Row
        In the order of the grid.
    paths : tuple of Path
        The Parquet table with the same rows.
    ran, reused : int
        Number of cells that ran now, and of cells that were finished before.
    repeated : int
        Cells of the grid that have the settings and the seed of an earlier one, which ran once for all of them.
    warnings : tuple of str
        Files of cells that could not be used.
    """

    rows: tuple[Row, ...]
    paths: tuple[Path, ...]
    ran: int
    reused: int
    repeated: int
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<SweepResult: {len(self.rows)} rows, {self.ran} cells run, {self.reused} finished before>"

    def lines(self) -> list[str]:
        """Return what a command prints."""
        return [
            *(f"warning: {text}" for text in self.warnings),
            f"{self.ran + self.reused} cells: {self.ran} run, {self.reused} finished before; {len(self.rows)} rows",
            *(
                [f"{self.repeated} more cells repeat the settings of others, and ran with them"]
                if self.repeated
                else []
            ),
            *(f"table: {path}" for path in self.paths),
        ]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "cells": self.ran + self.reused,
            "ran": self.ran,
            "reused": self.reused,
            "repeated": self.repeated,
            "warnings": list(self.warnings),
            "paths": [str(path) for path in self.paths],
            "rows": list(self.rows),
        }


def expand(config: SweepConfig, tasks: Mapping[str, SweepTask] | None = None) -> tuple[Job, ...]:
    """Return the cells of the grid as jobs; repeats vary fastest, then the last setting of the grid.

    The seed and the key of a cell are digests of the sweep's seed (not in the key), the task, the cell's settings with
    defaults filled in, and the repeat: neither depends on other cells, on the order of the grid, or on workers. Cells
    with the same settings are one job, with the columns of the first (`cells_of` counts them all).

    Raises
    ------
    InputError
        If the task is unknown, or a cell's settings are refused by the task.
    """
    tasks = sweep_tasks() if tasks is None else tasks
    if config.task not in tasks:
        hint = did_you_mean(config.task, tasks)
        raise InputError(f"sweep: task must be one of {', '.join(sorted(tasks))}, found {config.task!r}{hint}")
    check = function_of(tasks[config.task].check)
    values = _values(config.grid)
    cells = cells_of(config)
    if cells > MAX_CELLS:
        raise InputError(f"sweep: a grid may have at most {MAX_CELLS} cells with repeats, found {cells}")
    jobs: dict[str, Job] = {}
    for chosen in product(*values.values()):
        point = dict(zip(values, chosen, strict=True))
        told = ", ".join(f"{name} = {value!r}" for name, value in point.items()) or "the settings of [base]"
        settings = deepcopy(config.base)
        for name, value in point.items():
            _set(settings, name, value)
        try:
            full = check(settings)
        except InputError as error:
            raise InputError(f"sweep: the cell with {told} is refused: {error}") from None
        text = canonical(full, f"sweep: the cell with {told}")
        for repeat in range(config.repeats):
            key = digest(canonical([config.task, text, repeat], "cell"))[:20]
            if key in jobs:
                continue
            seed = int(digest(canonical([config.seed, config.task, text, repeat], "cell"))[:13], 16)
            columns = {name: _column(value) for name, value in point.items()}
            jobs[key] = Job(key, config.task, full, seed, {**columns, "repeat": repeat, "seed": seed})
    return tuple(jobs.values())


def cells_of(config: SweepConfig) -> int:
    """Return the number of cells of the grid, repeats and cells with the same settings included."""
    return prod(len(listed) for listed in _values(config.grid).values()) * config.repeats


def extends(config: SweepConfig, recorded: object, tasks: Mapping[str, SweepTask] | None = None) -> bool:
    """Tell whether every cell of an earlier sweep, given by its recorded settings, is also a cell of this one."""
    if not isinstance(recorded, Mapping):
        return False
    try:
        earlier = expand(validated(SweepConfig, recorded, "the earlier sweep"), tasks)
    except InputError:  # settings that this release does not take
        return False
    cells = {job.key: job.fingerprint for job in expand(config, tasks)}
    return all(cells.get(job.key) == job.fingerprint for job in earlier)


def run_sweep(
    config: SweepConfig,
    folder: Path,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Advance | None = None,
    tasks: Mapping[str, SweepTask] | None = None,
) -> SweepResult:
    """Run the cells that are not finished yet; parameters as in `run_jobs`, errors as there and in `expand`.

    Columns of the table: the grid's, ``repeat``, ``seed``, then those of the task.
    """
    tasks = sweep_tasks() if tasks is None else tasks
    jobs = expand(config, tasks)
    registry = {name: task.run for name, task in tasks.items()}
    done = run_jobs(jobs, folder, registry, scheduler=scheduler, workers=workers, progress=progress)
    repeated = cells_of(config) - len(jobs)
    return SweepResult(done.rows, (done.table,), done.ran, done.reused, repeated, done.warnings)


def _values(grid: Mapping[str, Any]) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for name, listed in _flat(grid, ""):
        if name in values:
            raise InputError(f"sweep: grid: {name}: must be given once, found a dotted name and a table; keep one")
        values[name] = listed
    return values


def _flat(grid: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield dotted names and their values, in the stated order; TOML tables become dotted names."""
    for part, value in grid.items():
        name = prefix + part
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        elif not isinstance(value, list | tuple) or not value:
            raise InputError(f"sweep: grid: {name}: must be a list of at least one value, found {value!r}")
        elif name in OWN_COLUMNS:
            raise InputError(f"sweep: grid: {name}: is set by the sweep itself; use its own seed and repeats")
        else:
            yield name, list(value)


def _set(settings: dict[str, Any], name: str, value: Any) -> None:
    *tables, last = name.split(".")
    at = settings
    for depth, table in enumerate(tables, start=1):
        at = at.setdefault(table, {})
        if not isinstance(at, dict):
            raise InputError(
                f"sweep: grid: {name}: {'.'.join(tables[:depth])} must be a table of settings, found {at!r}"
            )
    at[last] = deepcopy(value)


def _column(value: Any) -> Any:
    """Return a value of the grid as an entry of the table; lists and tables become JSON text."""
    return canonical(value, "sweep: grid") if isinstance(value, list | tuple | dict) else value
