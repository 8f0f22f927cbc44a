"""The folder of a run: one file per finished job, one table, one lock. Nothing in it is ever half-written."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import (
    cannot_write,
    json_text,
    read_json,
    remove_temporaries,
    require_format,
    write_text,
)
from qumode_khrnn.jobs.job import FORMAT_VERSION, Job, Row, canonical, checked_rows, digest
from qumode_khrnn.jobs.table import TABLES

JOB_FORMAT = "qumode-khrnn/job"
LOCK = "run.lock"


@contextmanager
def locked(folder: Path, name: str = LOCK) -> Iterator[None]:
    """Hold the folder by a file with process id and host, under the operating system's lock.

    The system drops its lock when a process dies, so a file left behind on this host is stale and is taken over. A file
    of another host cannot be checked and is refused.

    Raises
    ------
    InputError
        If another run holds the folder, or it cannot be locked.
    """
    import fcntl

    path = folder / name
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise InputError(f"cannot write to {folder}: it is a file, or a link that leads nowhere") from None
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = _owner(handle)
                os.close(handle)
                raise InputError(
                    f"{folder} is in use by another run{_told(owner)}; wait for it, or give another folder"
                ) from None
            try:
                same = os.fstat(handle).st_ino == path.stat().st_ino
            except FileNotFoundError:
                same = False
            if same:
                break
            os.close(handle)  # the holder removed the file between our opening and locking it: try again
    except OSError as error:
        raise InputError(f"cannot lock {path}: {error.strerror or error}") from None
    try:
        owner = _owner(handle)
        if owner.get("host", socket.gethostname()) != socket.gethostname():
            raise InputError(
                f"{folder} may be in use by a run on another machine{_told(owner)}; if it is over, delete {path}"
            )
        try:
            try:
                os.ftruncate(handle, 0)
                os.pwrite(handle, json_text({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
            except OSError as error:
                raise cannot_write(path, error) from None
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _owner(handle: int) -> dict[str, Any]:
    try:
        data = json.loads(os.pread(handle, 4096, 0))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _told(owner: dict[str, Any]) -> str:
    return f" (process {owner.get('pid')} on {owner.get('host')})" if owner else ""


def remove_run(folder: Path) -> None:
    """Delete the files that runs left in a folder: finished jobs and the table. Other files stay, and so does a folder
    that is not empty then.

    Raises
    ------
    InputError
        If another run holds the folder.
    """
    with locked(folder):
        remove_temporaries(folder)
        remove_temporaries(folder / "jobs")
        for path in (folder / "jobs").glob("*.json"):
            if _is_job(path):
                path.unlink(missing_ok=True)
        for name in TABLES:
            (folder / name).unlink(missing_ok=True)
    for place in (folder / "jobs", folder):
        try:
            place.rmdir()
        except OSError:  # it holds other files
            return


def _is_job(path: Path) -> bool:
    try:
        data = read_json(path)
    except InputError:
        return False
    return isinstance(data, dict) and data.get("format") == JOB_FORMAT


def save(folder: Path, job: Job, rows: tuple[Row, ...]) -> None:
    """Write the file of a finished job."""
    data = {
        "format": JOB_FORMAT,
        "version": FORMAT_VERSION,
        "key": job.key,
        "fingerprint": job.fingerprint,
        "task": job.task,
        "settings": job.settings,
        "seed": job.seed,
        "rows": list(rows),
    }
    write_text(_path(folder, job), json_text({**data, "checksum": _checksum(data)}))


def load(folder: Path, job: Job) -> tuple[tuple[Row, ...] | None, str | None]:
    """Return the rows of a finished job, or None if it must run, and a warning if its file cannot be used."""
    path = _path(folder, job)
    if not path.exists():
        return None, None
    try:
        data = require_format(read_json(path), JOB_FORMAT, FORMAT_VERSION, str(path))
        rest = {name: value for name, value in data.items() if name != "checksum"}
        if data.get("checksum") != _checksum(rest):
            raise InputError(f"{path}: the checksum does not match")
        if data.get("fingerprint") != job.fingerprint:
            return None, f"{path}: must have the task, settings and seed of the job, found others; the job is run again"
        return checked_rows(data.get("rows")), None
    except InputError as error:
        return None, f"{error}; the job is run again"


def _path(folder: Path, job: Job) -> Path:
    return folder / "jobs" / f"{job.key}.json"


def _checksum(data: dict[str, Any]) -> str:
    return digest(canonical(data, "job file"))
