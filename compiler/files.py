"""Read and write small data files: clear one-line errors, and nothing half-written."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from compiler.errors import InputError
from hardware_profiles.texts import parse_toml, read_bytes, read_text, read_toml

__all__ = [
    "FULL",
    "MAX_JSON_BYTES",
    "cannot_write",
    "json_text",
    "lock",
    "number",
    "parse_json",
    "parse_toml",
    "read_bytes",
    "read_json",
    "read_text",
    "read_toml",
    "require_format",
    "require_writable",
    "write_bytes",
    "write_text",
]

MAX_JSON_BYTES = 256_000_000
"""Largest JSON file that is read; as Python's objects it takes some 3 GB."""

TEMPORARY = ".khrnn-tmp"
"""Ending of the names of files that are being written; they begin with a dot and the name of the file."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a disk, a quota or a limit that is full."""

_swept: set[Path] = set()
"""Folders in which this process looked for the temporary files of killed ones."""


def read_json(path: Path) -> Any:
    """The data of a JSON file; NaN and infinities are refused, as JSON has none.

    Raises
    ------
    InputError
        If it cannot be read, is not JSON, or is larger than `MAX_JSON_BYTES`.
    """
    return parse_json(read_text(path, most=MAX_JSON_BYTES), str(path))


def parse_json(text: str, where: str) -> Any:
    """The data of JSON text, with ``where`` for messages. Raises InputError as `read_json` does."""

    def refuse(constant: str) -> NoReturn:
        raise InputError(f"{where}: numbers must be finite, found {constant}")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) != len(pairs):
            repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
            raise InputError(f"{where}: the key {repeated!r} appears twice in one object")
        return out

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not valid JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise InputError(f"{where}: not valid JSON: nested too deeply") from None
    except InputError:
        raise
    except ValueError as error:  # integers of thousands of digits
        raise InputError(f"{where}: not valid JSON: {error}") from None


def require_format(data: Any, name: str, version: int, where: str) -> dict[str, Any]:
    """The data, if it is an object with this ``format`` and ``version``.

    Raises
    ------
    InputError
        If it is not.
    """
    if not isinstance(data, dict) or data.get("format") != name:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise InputError(f'{where}: must be a JSON object whose "format" is "{name}", found {found!r}')
    if type(data.get("version")) is not int or data["version"] != version:
        raise InputError(
            f'{where}: "version" must be {version}, found {data.get("version")!r}; write it again with this release'
        )
    return data


def number(value: object, where: str) -> float:
    """A JSON number as a float.

    Raises
    ------
    InputError
        If it is not a number, or not finite as a float.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where} must be a number, found {value!r}")
    try:
        out = float(value)
    except OverflowError:
        out = float("inf")
    if not isfinite(out):
        raise InputError(f"{where} must be a finite number, found {str(value)[:40]}")
    return out


def require_writable(*paths: Path) -> None:
    """Check, before work is spent, that files can be written.

    Raises
    ------
    InputError
        If a path exists and is not a regular file, or lies below something that is not a folder.
    """
    for path in paths:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot write {path}: it exists and is not a regular file")
        parent = next(folder for folder in path.absolute().parents if folder.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
            raise InputError(f"cannot write {path}: {parent} is not a folder that can be written to")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: to a temporary name in the same folder, then rename.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, or the disk is full; a file that was there stays as it was.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_text`, for bytes."""
    path = path.resolve()  # through symbolic links
    require_writable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        with _temporary(path) as (handle, temporary):
            with os.fdopen(os.dup(handle), "wb") as file:
                file.write(content)
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
            os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> InputError:
    """Return the error for a file that cannot be written: the file, the reason, and what to do about a full disk.

    >>> str(cannot_write(Path("out/a.json"), OSError(errno.ENOSPC, "No space left on device")))
    'cannot write out/a.json: No space left on device; free some space and run this again; what was there is unchanged'
    """
    advice = "; free some space and run this again; what was there is unchanged" if error.errno in FULL else ""
    return InputError(f"cannot write {path}: {error.strerror or error}{advice}")


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[int, str]]:
    """Hold a new empty file beside ``path``; it is removed at the end, if it still has its name."""
    handle, name = -1, ""
    try:
        while True:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
            lock(handle)
            if os.fstat(handle).st_nlink:
                break
            os.close(handle)  # another process took it for a leftover before it was locked
            name = ""
        yield handle, name
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
            os.close(handle)


def lock(handle: int, *, wait: bool = True) -> bool:
    """Take the operating system's lock of an open file or folder, which ends with the process.

    Returns whether it was taken: without ``wait`` another process may hold it, and some file systems have no locks.
    """
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove the temporary files that killed processes left in a folder; those of living ones are locked."""
    if folder in _swept:
        return
    _swept.add(folder)
    for path in folder.glob(f".*{TEMPORARY}"):
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:  # gone meanwhile, or not ours to change
            continue
        try:
            if lock(handle, wait=False):
                path.unlink(missing_ok=True)
        finally:
            os.close(handle)


def json_text(data: Any) -> str:
    """Canonical text of JSON data: keys in the given order, two-space indent, final newline, no NaN."""
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
