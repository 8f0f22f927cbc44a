"""``kill -9`` at random moments of long commands: nothing finished is lost, and what comes out at last is the same."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import numpy as np

from tests.torture.long_commands import COMMANDS, LongCommand, differences, finished, killed, start, written
from tests.torture.tally import Clock, Say, Tally

KILLS = 20
"""Of every command."""

LIMIT = 600.0
"""Longest time in seconds that one run may take."""


def attack(clock: Clock, seed: int, say: Say) -> list[Tally]:
    """Kill every command `KILLS` times, however long that takes."""
    return [_one(command, np.random.default_rng([seed, at]), say) for at, command in enumerate(COMMANDS)]


def _one(command: LongCommand, rng: np.random.Generator, say: Say) -> Tally:
    tally = Tally(f"kill -9 of khrnn {command.name}")
    with TemporaryDirectory() as folder:
        _prepare(command, Path(folder))
        begun = monotonic()
        if _run(command, Path(folder)) != 0:
            tally.fault(f"the command fails without being killed: {_stderr(Path(folder))}")
            return tally
        seconds, whole = monotonic() - begun, written(Path(folder) / "out")
    say(f"khrnn {command.name}: {seconds:.0f} s when it is left alone")
    rounds = 0
    while tally.tried < KILLS:
        with TemporaryDirectory() as folder:
            seconds = min(seconds, _round(tally, command, Path(folder), seconds, whole, rng))
        rounds += 1
        say(f"khrnn {command.name}: killed {tally.tried} times in {rounds} folders")
    tally.note = f"{seconds:.0f} s when left alone; {rounds} folders"
    return tally


def _round(
    tally: Tally, command: LongCommand, place: Path, seconds: float, whole: dict[str, object], rng: np.random.Generator
) -> float:
    """Kill the command in one folder again and again, let it end, and compare; returns how long it takes at most."""
    _prepare(command, place)
    out = place / "out"
    kept: dict[str, str] = {}
    kills = 0
    while tally.tried < KILLS and kills < 8:
        begun = monotonic()
        if not killed(start(command, place), float(rng.uniform(0.2, 1.0) * seconds)):
            seconds = seconds if kills else monotonic() - begun  # a run that went on was shorter
            break
        tally.tried += 1
        kills += 1
        before = len(tally.faults)
        there = finished(command, out)
        for name, digest in kept.items():
            if there.get(name) != digest:
                tally.fault(f"{name} was finished before kill {tally.tried} and is lost or changed")
        kept = there
        for line in _half_written(out):
            tally.fault(f"after kill {tally.tried}: {line}")
        tally.right += len(tally.faults) == before
    if _run(command, place) != 0:
        tally.fault(f"called again after a kill, it fails: {_stderr(place)}")
        return seconds
    for name, digest in kept.items():
        if command.name != "hsmt generate" and finished(command, out).get(name) != digest:
            tally.fault(f"{name} was finished before the last run and is lost or changed")
    for line in differences(whole, written(out)):
        tally.fault(line)
    return seconds


def _prepare(command: LongCommand, place: Path) -> None:
    (place / "out").mkdir()
    if command.name == "train":
        from qumode_khrnn.hsmt.dataset import Dataset, write_dataset
        from qumode_khrnn.hsmt.generate import generate
        from qumode_khrnn.hsmt.spec import HsmtSpec
        from qumode_khrnn.ideal.reference import reference

        spec = HsmtSpec(4, 2, 60, probes=2, alphabet="modular(2)")
        write_dataset(place / "data.jsonl", Dataset(spec, tuple(generate(spec, reference))))


def _run(command: LongCommand, place: Path) -> int:
    process = start(command, place)
    if killed(process, LIMIT):
        return -9
    return process.returncode


def _stderr(place: Path) -> str:
    return (place / "stderr").read_text(encoding="utf-8", errors="replace")[-300:]


def _half_written(out: Path) -> list[str]:
    """Files under their final names that are no whole files."""
    found = []
    for path in out.rglob("*"):
        if not path.is_file() or path.name.startswith(".") or path.suffix not in (".json", ".jsonl", ".parquet"):
            continue
        try:
            if path.suffix == ".parquet":
                import pyarrow.parquet as pq

                pq.read_table(path)
            elif path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            else:
                [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        except (ValueError, OSError) as error:
            found.append(f"{path.relative_to(out)} is half-written: {error}")
    return found
