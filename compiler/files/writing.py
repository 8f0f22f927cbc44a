"""Write one file, either completely or not at all, and remove the remains that killed processes left."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compiler.errors import InputError

TEMPORARY = ".khrnn-tmp"
"""Ending of the names of files that are being written; they begin with a dot and the name of the file."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Numbers of the errors that mean that a disk, a quota or a size limit is full."""

_swept: set[Path] = set()
"""Folders in which this process looked for the temporary files of killed ones."""


def require_writable(*paths: Path) -> None:
    """Check, before any long work, that files can be written.

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


def real_path(path: Path) -> Path:
    """Return the absolute path that symbolic links lead to.

    Raises
    ------
    InputError
        If the links lead in a circle.
    """
    try:
        found = path.resolve()
        circle = found.is_symlink()  # what Python 3.13 returns of a circle
    except (OSError, RuntimeError):  # what older versions raise
        circle = True
    if circle:
        raise InputError(f"cannot write {path}: its symbolic links lead in a circle")
    return found


def write_text(path: Path, text: str) -> None:
    """Write a file either completely or not at all: under a temporary name in the same folder, which is then changed.

    Raises
    ------
    InputError
        If the folder cannot be made or written to, or the disk is full; an earlier file is then unchanged.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes in the way of `write_text`."""
    path = real_path(path)
    require_writable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent not in _swept:
            _swept.add(path.parent)
            remove_temporaries(path.parent)
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
    'cannot write out/a.json: No space left on device; free some space and run this again; earlier files are unchanged'
    """
    advice = "; free some space and run this again; earlier files are unchanged" if error.errno in FULL else ""
    return InputError(f"cannot write {path}: {error.strerror or error}{advice}")


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[int, str]]:
    """Hold a new empty file beside ``path``; it is removed at the end, unless it was renamed."""
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

    Return whether the lock was taken. Without ``wait`` another process may hold it; some file systems have no locks.
    """
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def remove_temporaries(folder: Path) -> None:
    """Remove the temporary files that killed processes left in a folder; those of living ones are locked."""
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
