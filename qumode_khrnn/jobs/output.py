"""Guard the output of a command: one run holds it at a time, and other settings replace it only on request.

A folder keeps a record, ``khrnn.json``: the command and its settings. A command with the same settings goes on, or
makes the same files again. Other existing content is refused, unless ``--force`` is given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from compiler.errors import InputError
from compiler.files import json_text, read_json, require_writable, write_text
from compiler.files.folders import settle
from qumode_khrnn.jobs.folder import LOCK, locked

RECORD = "khrnn.json"
"""File of a folder that says which command made it, and with which settings."""

RECORD_FORMAT = "qumode-khrnn/output"

OUTPUT_LOCK = "khrnn.lock"
"""Lock of a folder that a command writes to; jobs have a lock of their own in it."""


@contextmanager
def held_output(folder: Path) -> Iterator[None]:
    """Hold a folder for one command, and remove it again if it was new and stays empty.

    Raises
    ------
    InputError
        If another run holds it, or it cannot be made.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with locked(folder, OUTPUT_LOCK):
            settle(folder)
            try:
                yield
            finally:
                if not _content(folder):
                    (folder / RECORD).unlink(missing_ok=True)
    finally:
        for path in made:
            try:
                path.rmdir()
            except OSError:  # the folder is not empty
                break


@contextmanager
def output_folder(
    folder: Path,
    command: str,
    settings: Mapping[str, Any],
    files: Sequence[str],
    *,
    force: bool,
    extends: Callable[[Any], bool] | None = None,
) -> Iterator[bool]:
    """Hold the folder of a command that may be called again with the same settings.

    Parameters
    ----------
    folder : Path
    command : str
        Such as ``"khrnn run"``.
    settings : mapping
        Plain data: everything that the output depends on.
    files : sequence of str
        Names of files that the command writes.
    force : bool
        Replace the output of another command or other settings.
    extends : callable, optional
        Function that tells, from the recorded settings of an earlier output of this command, whether the new output
        contains the earlier one. Then nothing is lost, and ``force`` is not needed.

    Yields
    ------
    bool
        Whether there is other output, which is to be replaced.

    Raises
    ------
    InputError
        If the folder cannot be written to, is held by another run, or holds other output and ``force`` is not given.
    """
    require_writable(folder / RECORD, *(folder / name for name in files))
    wanted = {"format": RECORD_FORMAT, "version": 1, "command": command, "settings": plain(settings)}
    with held_output(folder):
        found = _in_the_way(folder, wanted, files, extends)
        if found and not force:
            raise InputError(f"{found}; give another folder with --out, or --force to replace it")
        write_text(folder / RECORD, json_text(wanted))
        yield bool(found)


def _content(folder: Path) -> set[str]:
    """Return the names in a folder without records, locks, and files that were being written."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} - {RECORD, OUTPUT_LOCK, LOCK}


def _in_the_way(
    folder: Path, wanted: dict[str, Any], files: Sequence[str], extends: Callable[[Any], bool] | None
) -> str:
    """Name the foreign content that a command would replace; empty if there is none."""
    if not _content(folder):
        return ""
    if (folder / RECORD).exists():
        try:
            found = read_json(folder / RECORD)
        except InputError as error:
            return str(error)
        if not isinstance(found, dict) or found.get("format") != RECORD_FORMAT:
            return f"{folder / RECORD} is a file of another program"
        if found.get("command") != wanted["command"]:
            return f"{folder} holds the output of {found.get('command')}"
        recorded = found.get("settings")
        reason = difference(recorded, wanted["settings"])
        if reason and not (extends is not None and extends(recorded)):
            return f"{folder} holds the output of {wanted['command']} with other settings ({reason})"
        return ""
    there = [name for name in files if (folder / name).exists()]
    return f"{folder / there[0]} exists, and its settings are not recorded" if there else ""


def require_same_program(folder: Path, settings: Mapping[str, Any], names: Collection[str], *, force: bool) -> None:
    """Refuse to replace a compiled program with other settings, or files that do not belong to a compiled program.

    Export formats may differ: all existing files are written again.

    Parameters
    ----------
    folder : Path
    settings : mapping
        Plain data, as the certificate records it; ``formats`` lists the export formats.
    names : collection of str
        Names of all files that a program may have.
    force : bool

    Raises
    ------
    InputError
        If there is such a program or file and ``force`` is not given.
    """
    from compiler.artifact import changed_files, own_files, recorded_settings

    if force:
        return
    advice = "give another folder with --out, or --force to replace it"
    own = own_files(folder)
    if foreign := sorted(name for name in names if name not in own and (folder / name).exists()):
        raise InputError(f"{folder / foreign[0]} exists and does not belong to a compiled program; {advice}")
    if not own:
        return
    recorded = recorded_settings(folder)
    if recorded is None:
        raise InputError(f"{folder} holds a program without a record of its settings; {advice}")
    wanted, had = plain(settings), recorded.get("formats")
    if isinstance(had, list) and all(name in wanted["formats"] for name in had):
        recorded = {**recorded, "formats": wanted["formats"]}
    if reason := difference(recorded, wanted):
        raise InputError(f"{folder} holds a program that was compiled with other settings ({reason}); {advice}")
    if changed := changed_files(folder):
        raise InputError(f"{folder / changed[0]} was changed after khrnn compile wrote it; {advice}")


def difference(old: Any, new: Any, where: str = "") -> str:
    """Name the first setting that differs, with both values; empty if all are the same.

    >>> difference({"a": {"seed": 1}, "b": 2}, {"a": {"seed": 3}, "b": 2})
    'a.seed: 1 there, 3 now'
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*new, *old)):
            name = f"{where}.{key}" if where else str(key)
            if key not in old or key not in new:
                return f"{name}: {_short(old, key)} there, {_short(new, key)} now"
            if found := difference(old[key], new[key], name):
                return found
        return ""
    return "" if old == new else f"{where or 'settings'}: {_short([old], 0)} there, {_short([new], 0)} now"


def _short(values: Any, key: Any) -> str:
    try:
        text = json_text(values[key]).strip() if not isinstance(values[key], str) else values[key]
    except LookupError:
        return "absent"
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def plain(data: Any) -> Any:
    """Return data as JSON gives it back, so that tuples and lists compare as equal; infinities and NaN become text.

    >>> plain({"sizes": (1, 2), "limit": float("inf")})
    {'sizes': [1, 2], 'limit': 'inf'}
    """
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return repr(data) if isinstance(data, float) and not isfinite(data) else data


def require_replaceable(path: Path, *, force: bool, same: bool = False) -> None:
    """Refuse to overwrite a file, unless it is known to be the same output.

    Raises
    ------
    InputError
        If the file exists, is not ``same``, and ``force`` is not given.
    """
    require_writable(path)
    if path.exists() and not same and not force:
        raise InputError(f"{path} exists; give another name, or --force to overwrite it")
