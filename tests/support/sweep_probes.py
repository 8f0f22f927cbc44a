"""Tasks that tests of jobs and sweeps call by name, in this process and in workers. Each call leaves a file."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from compiler.errors import InputError, MappingReason, NotMappableError
from qumode_khrnn.studies.sweep_tasks import SweepTask

TASKS = {"probe": SweepTask("sweep_probes:probe", "sweep_probes:check")}
RUN = {name: task.run for name, task in TASKS.items()}


class OddError(Exception):
    """Cannot be pickled and read back: it needs two arguments and keeps one."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def probe(settings: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Sleep, leave a mark, and return numbers that depend on the seed alone, by way of numpy's linear algebra."""
    if "calls" in settings:
        Path(settings["calls"], f"{settings['x']}-{uuid4().hex}").touch()
    time.sleep(settings.get("sleep", 0.0))
    fail = settings.get("fail")
    if fail is not None and not (Path(settings["calls"]) / "mended").exists():
        if fail == "exit":
            os._exit(1)
        raise {
            "input": InputError("x must be even, found 3"),
            "mapping": NotMappableError("none", (MappingReason("op", "why", "what to do"),)),
            "odd": OddError("one", "other"),
        }[fail]
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(60, 60))
    rows = [{"value": float(np.linalg.inv(matrix)[0, 0]), "even": settings["x"] % 2 == 0, "name": f"é{settings['x']}"}]
    if settings["x"] == 3:
        rows.append({"value": np.float64(rng.normal()), "only": settings["x"]})
    return rows


def check(settings: Mapping[str, Any]) -> dict[str, Any]:
    """x is a whole number from 0 to 99; y has a default; ``deep`` holds tables."""
    for name in settings:
        if name not in ("x", "y", "calls", "sleep", "deep"):
            raise InputError(f"probe: {name}: is not a setting")
    if not isinstance(settings.get("x"), int) or not 0 <= settings["x"] < 100:
        raise InputError(f"probe: x: must lie in 0..99, found {settings.get('x')!r}")
    return {"y": 1, **settings}


def threads(settings: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """The largest number of threads of any library."""
    from threadpoolctl import threadpool_info

    return [{"threads": max(pool["num_threads"] for pool in threadpool_info()), "omp": os.environ["OMP_NUM_THREADS"]}]
