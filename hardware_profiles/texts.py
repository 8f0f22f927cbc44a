"""Read text files and TOML: every fault becomes a one-line error, and no file takes unbounded memory or time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hardware_profiles.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_BYTES = 1_000_000_000
"""Largest text file that is read: about five million sentences of a dataset."""

MAX_SETTINGS_BYTES = 4_000_000
"""Largest TOML file that is read, and largest profile: the shipped profiles have at most 40,000 bytes."""

MAX_DEPTH = 50
"""Deepest nesting of the tables and arrays of TOML."""


def read_text(path: Path, what: str = "", most: int = MAX_BYTES) -> str:
    """Read the text of a file, with Unix line ends and without a byte-order mark.

    Parameters
    ----------
    path : Path
    what : str
        Kind of the file, for messages, such as ``"profile file "``.
    most : int
        Largest number of bytes that are read.

    Raises
    ------
    InputError
        If the file cannot be read, is not UTF-8, or is larger than ``most``.
    """
    content = read_bytes(path, what, most)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"cannot read {what}{path}: it must be UTF-8 text") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, what: str = "", most: int = MAX_BYTES) -> bytes:
    """Read the content of a file; errors as in `read_text`."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"cannot read {what}{path}: {error.strerror or error}") from None
    except ValueError:  # a NUL character in the name
        raise InputError(f"cannot read {what}{str(path)!r}: this is not a valid name of a file") from None
    if len(content) > most:
        raise InputError(f"cannot read {what}{path}: it must have at most {most:,} bytes, found more")
    return content


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Parse TOML, with ``where`` for messages.

    Raises
    ------
    InputError
        If the text is not TOML, holds an integer of thousands of digits, or is nested too deeply.

    Examples
    --------
    >>> parse_toml("modes = 3", "settings")
    {'modes': 3}
    """
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # its own error is a ValueError
        reason = "an integer is above the limit of 4,300 digits"
        if isinstance(error, RecursionError):
            reason = "nested too deeply"
        elif isinstance(error, tomllib.TOMLDecodeError):
            reason = " ".join(str(error).split())
        raise InputError(f"{where}: not valid TOML: {reason}") from None
    _require_shallow(data, where)
    return data


def read_toml(path: Path, what: str = "") -> dict[str, Any]:
    """Read a TOML file of at most `MAX_SETTINGS_BYTES`; errors as in `read_text` and `parse_toml`."""
    return parse_toml(read_text(path, what, MAX_SETTINGS_BYTES), str(path))


def _require_shallow(data: dict[str, Any], where: str) -> None:
    """Refuse deep nesting, which dotted keys can make even where the text is not nested."""
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise InputError(f"{where}: not valid here: tables and arrays are nested more than {MAX_DEPTH} deep")
