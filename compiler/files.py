"""Read and write small data files: clear one-line errors, and nothing half-written."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from compiler.errors import InputError


def read_text(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path}: it must be UTF-8 text") from None


def read_json(path: Path) -> Any:
    """The data of a JSON file; NaN and infinities are refused, as JSON has none.

    Raises
    ------
    InputError
        If it cannot be read or is not JSON.
    """
    return parse_json(read_text(path), str(path))


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
        If the folder cannot be made or written to.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_text`, for bytes."""
    path = path.resolve()  # through symbolic links
    require_writable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None


def json_text(data: Any) -> str:
    """Canonical text of JSON data: keys in the given order, two-space indent, final newline, no NaN."""
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
