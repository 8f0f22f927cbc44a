"""Hostile places: a full disk, a folder that cannot be written to, two runs in one folder, a cluster that loses parts.

Disks are small file systems in memory, in a mount namespace of their own; where the system does not allow that, the
row says so. Clusters listen on this machine only.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.torture.kills import LIMIT, _half_written, _prepare, _run
from tests.torture.long_commands import COMMANDS, LongCommand, differences, killed, start, written
from tests.torture.tally import Clock, Say, Tally

SIZES = ("4k", "20k", "80k", "200k")
"""Sizes of full disks."""


def attack(clock: Clock, seed: int, say: Say) -> list[Tally]:
    """All attacks, however long they take."""
    rng = np.random.default_rng(seed)
    out = []
    for part in (full_disk, read_only, two_runs):
        out.append(part())
        say(f"{out[-1].what}: {out[-1].tried} attempts, {len(out[-1].faults)} faults")
    out.append(lost_workers(rng))
    say(f"{out[-1].what}: {out[-1].tried} attempts, {len(out[-1].faults)} faults")
    return out


# --- disks -----------------------------------------------------------------------------------------------------------


def _namespace() -> list[str] | None:
    """The command that gives a process mounts of its own, or None if the system has none."""
    for words in (["unshare", "-m"], ["unshare", "-Urm"]):
        if shutil.which("unshare") is None:
            return None
        with TemporaryDirectory() as folder:
            trial = [*words, "mount", "-t", "tmpfs", "none", folder]
            if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
                return words
    return None


def _on_disk(command: LongCommand, place: Path, namespace: list[str], size: str, read_only: bool) -> int:
    """Run a command whose output lies on a small disk; what is on the disk afterwards is copied to ``place/out``."""
    _prepare(command, place)
    for name, text in command.inputs.items():
        (place / name).write_text(text, encoding="utf-8")
    lock = "mount -o remount,ro out && " if read_only else ""
    script = f'mount -t tmpfs -o size={size} none out && {lock}"$@"; code=$?; cp -a out copy; exit $code'
    words = [*namespace, "sh", "-c", script, "sh", sys.executable, "-m", "qumode_khrnn", *command.arguments]
    with (place / "stderr").open("wb") as err:
        done = subprocess.run(words, cwd=place, stdout=subprocess.DEVNULL, stderr=err, timeout=LIMIT, check=False)
    return done.returncode


def _one_line(path: Path, words: tuple[str, ...]) -> str | None:
    """What is wrong with the refusal on standard error, or None: its last line is ours and names what it must."""
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if any("Traceback" in line for line in lines):
        return f"a traceback that ends {lines[-1]!r}"
    last = lines[-1] if lines else ""
    if not last.startswith("khrnn: ") or not any(word in last for word in words):
        return f"the last line on standard error is {last!r}"
    return None


def full_disk() -> Tally:
    """Every command on disks of several sizes: exit code 2 with one line that names the file, nothing half-written."""
    tally = Tally("full disk")
    if (namespace := _namespace()) is None:
        tally.note = "this system allows no mounts: not tried"
        return tally
    for command in COMMANDS:
        for size in SIZES:
            with TemporaryDirectory() as folder:
                place = Path(folder)
                code = _on_disk(command, place, namespace, size, read_only=False)
                _judge(tally, f"khrnn {command.name} on {size}", place, code, ("No space left",), allowed=(0, 2))
                for line in _half_written(place / "copy"):
                    tally.fault(f"khrnn {command.name} on {size}: {line}")
    return tally


def read_only() -> Tally:
    """Every command into a folder that cannot be written to: exit code 2 with one line that names it."""
    tally = Tally("read-only folder")
    if (namespace := _namespace()) is None:
        tally.note = "this system allows no mounts: not tried"
        return tally
    for command in COMMANDS:
        with TemporaryDirectory() as folder:
            place = Path(folder)
            code = _on_disk(command, place, namespace, "1m", read_only=True)
            _judge(tally, f"khrnn {command.name}", place, code, ("Read-only file system", "not a folder"), allowed=(2,))
    return tally


def _judge(tally: Tally, what: str, place: Path, code: int, words: tuple[str, ...], allowed: tuple[int, ...]) -> None:
    tally.tried += 1
    wrong = f"exit code {code}" if code not in allowed else None if code == 0 else _one_line(place / "stderr", words)
    if wrong is not None:
        tally.fault(f"{what}: {wrong}")
    else:
        tally.right += code == 0
        tally.refused += code != 0


# --- two runs --------------------------------------------------------------------------------------------------------


def two_runs() -> Tally:
    """A second run into a folder in which one is at work is refused in one line, and the first ends as it should."""
    tally = Tally("two runs in one folder")
    for command in COMMANDS:
        with TemporaryDirectory() as alone, TemporaryDirectory() as shared:
            place = Path(shared)
            _prepare(command, Path(alone))
            _prepare(command, place)
            begun = time.monotonic()
            _run(command, Path(alone))
            seconds = time.monotonic() - begun
            first = start(command, place)
            time.sleep(0.4 * seconds)
            tally.tried += 1
            if first.poll() is not None:
                tally.note = f"khrnn {command.name} ended too soon"
                continue
            second = start(command, place, "stderr of the second run")
            overlapped = not killed(second, LIMIT)
            wrong = _one_line(place / "stderr of the second run", ("in use",)) if second.returncode == 2 else None
            if first.wait(LIMIT) != 0:
                tally.fault(f"khrnn {command.name}: the first run ends with exit code {first.returncode}")
            elif not overlapped or second.returncode not in (0, 2) or wrong is not None:
                tally.fault(f"khrnn {command.name}: the second run: exit code {second.returncode}, {wrong}")
            elif lines := list(differences(written(Path(alone) / "out"), written(place / "out"))):
                tally.fault(f"khrnn {command.name}: {'; '.join(lines)}")
            else:
                tally.right += second.returncode == 0
                tally.refused += second.returncode == 2
    return tally


# --- clusters --------------------------------------------------------------------------------------------------------


def lost_workers(rng: np.random.Generator) -> Tally:
    """A sweep on a Dask cluster that loses a worker or its scheduler: the same table, at the latest when run again."""
    tally = Tally("Dask cluster that loses a worker, or its scheduler")
    sweep = next(command for command in COMMANDS if command.name == "sweep")
    with TemporaryDirectory() as folder:
        _prepare(sweep, Path(folder))
        begun = time.monotonic()
        _run(sweep, Path(folder))
        seconds, whole = time.monotonic() - begun, written(Path(folder) / "out")
    for victim in ("worker", "worker", "scheduler"):
        tally.tried += 1
        with TemporaryDirectory() as folder, _cluster(Path(folder)) as (address, scheduler, workers):
            place = Path(folder)
            _prepare(sweep, place)
            on_cluster = LongCommand(
                "sweep", (*sweep.arguments, "--scheduler", address), sweep.stored, True, sweep.inputs
            )
            running = start(on_cluster, place)
            time.sleep(float(rng.uniform(0.3, 0.8)) * seconds)
            (workers[0] if victim == "worker" else scheduler).kill()
            ended = not killed(running, LIMIT)
            if not ended or (victim == "worker" and running.returncode != 0):
                tally.fault(f"lost {victim}: ended {ended}, exit code {running.returncode}")
                continue
            wrong = None if running.returncode == 0 else _one_line(place / "stderr", ("run again",))
            if wrong is not None or (running.returncode != 0 and _run(sweep, place) != 0):
                tally.fault(f"lost {victim}: {wrong or 'the run that goes on fails'}")
            elif lines := list(differences(whole, written(place / "out"))):
                tally.fault(f"lost {victim}: {'; '.join(lines)}")
            else:
                tally.right += 1
    return tally


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers on this machine."""
    address_file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    environment = {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen(
        [*dask, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(address_file)],
        env=environment,
        **quiet,  # type: ignore[call-overload]
    )
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(300):
            if address_file.exists():
                break
            time.sleep(0.1)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address_file)]
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
        workers = [subprocess.Popen([*worker, *options], env=environment, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        import json

        time.sleep(3.0)
        yield json.loads(address_file.read_text(encoding="utf-8"))["address"], scheduler, workers
    finally:
        for process in (*workers, scheduler):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
