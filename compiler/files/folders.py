"""Replace several files of a folder at once: whoever reads the folder finds either all old files or all new ones.

The new files are first written to a folder inside the target folder, which is then renamed to `READY`. From this moment
on the new files are valid: the process that wrote them moves them into place, and if it is killed meanwhile, the next
process that opens the folder finishes the move.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from compiler.errors import InputError
from compiler.files.data import parse_json
from compiler.files.writing import cannot_write, lock, real_path, require_writable
from hardware_profiles.texts import read_text

READY = ".khrnn-ready"
"""Name of a folder of new, complete files that are still to be moved into place."""

UNFINISHED = ".khrnn-new-"
"""Beginning of the names of folders whose files are being written; those of killed processes are removed."""

PLAN = ".plan"
"""Name of the file in `READY` that lists the old files to remove."""


def write_files(folder: Path, contents: Mapping[str, str | bytes], remove: Collection[str] = ()) -> tuple[Path, ...]:
    """Write files of a folder and remove others, either all or none; return the paths of ``contents``.

    Parameters
    ----------
    folder : Path
        The folder is made if it does not exist. Other files in it stay as they are.
    contents : mapping from file name to text or bytes
        Names may have a folder in front, as in ``"figures/loss.png"``.
    remove : collection of str
        Names of files that no longer belong to the folder.

    Raises
    ------
    InputError
        If a file cannot be written or the disk is full; the folder is then unchanged.
    """
    paths = tuple(folder / name for name in contents)
    folder = real_path(folder)
    require_writable(*paths)
    last = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settle(folder)
        _sweep(folder)
        with _unfinished(folder) as stage:
            for name, content in contents.items():
                last = folder / name
                (stage / name).parent.mkdir(parents=True, exist_ok=True)
                (stage / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            for name in {str(Path(name).parent) for name in contents}:
                (folder / name).mkdir(parents=True, exist_ok=True)  # now, so that a full disk does not stop a move
            (stage / PLAN).write_text(json.dumps(sorted(set(remove) - contents.keys())), encoding="utf-8")
            _publish(stage, folder)
            _move(folder)
    except OSError as error:
        raise cannot_write(last, error) from None
    return paths


def settle(folder: Path) -> None:
    """Finish the `write_files` of a process that was killed; call this before reading the files of a folder.

    Raises
    ------
    InputError
        If files must be moved into place and the folder cannot be written to.
    """
    ready = folder / READY
    try:
        handle = os.open(ready, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        lock(handle)  # waits while another process moves its files, which takes a moment only
        if ready.exists():
            _move(folder)
    except OSError as error:
        raise InputError(
            f"{folder} is half-written: a run was stopped while it moved its files into place, and the move cannot be "
            f"finished now ({error.strerror or error}); allow writing to {folder} and run this again"
        ) from None
    finally:
        os.close(handle)


def _publish(stage: Path, folder: Path) -> None:
    """Rename the folder of new files to `READY`, once no other process has files there."""
    for _ in range(100):
        try:
            os.replace(stage, folder / READY)
            return
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            settle(folder)
    raise InputError(f"cannot write to {folder}: other processes write to it all the time; end them and run this again")


def _move(folder: Path) -> None:
    """Move the files of `READY` into place; files that an earlier call has moved are skipped."""
    ready, home = folder / READY, folder.resolve()
    plan = ready / PLAN
    if plan.exists():
        for name in _listed(plan):
            (folder / name).unlink(missing_ok=True)
        for path in sorted(ready.rglob("*")):
            target = folder / path.relative_to(ready)
            if path.is_file() and path != plan and target.parent.resolve().is_relative_to(home):
                os.replace(path, target)
        plan.unlink()
    shutil.rmtree(ready)


def _listed(plan: Path) -> list[str]:
    """Return the names in a plan; refuse a plan with files of other folders, because this module never writes one."""
    names = parse_json(read_text(plan), str(plan))
    if not isinstance(names, list) or not all(isinstance(n, str) and n == Path(n).name for n in names):
        raise InputError(f"{plan} must be a list of names of files in {plan.parent.parent}; delete {plan.parent}")
    return names


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """Hold a new folder that is locked for as long as this process needs it; its remains are removed at the end."""
    handle = -1
    stage = folder
    try:
        while handle < 0:
            stage = Path(tempfile.mkdtemp(dir=folder, prefix=UNFINISHED))
            handle = os.open(stage, os.O_RDONLY | os.O_DIRECTORY)
            lock(handle)
            if not stage.exists():  # another process took it for a leftover before it was locked
                os.close(handle)
                handle = -1
        yield stage
    finally:
        if stage != folder:
            shutil.rmtree(stage, ignore_errors=True)
        if handle >= 0:
            os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove the folders that killed processes were writing to; those of living ones are locked."""
    for path in folder.glob(f"{UNFINISHED}*"):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if lock(handle, wait=False):
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(handle)
