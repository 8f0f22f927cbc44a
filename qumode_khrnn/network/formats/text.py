"""The text of a hypergraph file, of bounded size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from compiler.errors import InputError

MAX_MEGABYTES = 20
"""Largest file that is read. JSON takes up to forty times its size in memory, which so stays below 1 GB."""

MAX_EDGES = 250_000
"""Most hyperedges that a file may hold."""

MAX_LABEL = 100
"""Characters of a node's name that are kept."""


def read_bounded(path: Path, megabytes: int = MAX_MEGABYTES) -> str:
    """Return the text of a file, with every line end as a line feed.

    Raises
    ------
    InputError
        If it cannot be read, is larger than ``megabytes``, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(megabytes * 10**6 + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    if len(data) > megabytes * 10**6:
        raise InputError(f"cannot read {path}: a hypergraph file may have at most {megabytes} MB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path}: it must be UTF-8 text") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def numbered_lines(text: str, where: str, comments: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor comments, stripped, with their numbers from 1 on.

    Raises
    ------
    InputError
        If a line holds characters that cannot be printed.
    """
    for number, line in enumerate(io.StringIO(text), start=1):
        kept = line.replace("\xa0", " ").strip()
        if not kept or kept.startswith(comments):
            continue
        if not kept.replace("\t", " ").isprintable():
            raise InputError(f"{where}: line {number}: holds characters that cannot be printed; it must be plain text")
        yield number, kept


def label_text(name: object) -> str:
    """Return a node's name as one printable line of at most `MAX_LABEL` characters.

    >>> label_text("Jean\\nValjean"), label_text("")
    ('Jean Valjean', "''")
    """
    text = " ".join(str(name).split())
    text = "".join(character if character.isprintable() else "?" for character in text) or repr("")
    return text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 3]}..."


def quoted(name: object) -> str:
    """Return a name in quotation marks for a message: one printable line, cut after 40 characters."""
    text = repr(str(name))
    return text if len(text) <= 40 else f"{text[:37]}..."
