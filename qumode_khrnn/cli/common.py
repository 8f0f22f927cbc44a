"""What the modules of the command line share: options, output, progress on standard error, refusals."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

MAX_LINE = 600
"""Longest error message that is printed."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
ProfileOption = Annotated[str, typer.Option(help="Name of a shipped profile, or a .toml or .json file.")]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers.")]
Workers = Annotated[
    int | None, typer.Option(help="Local processes; 1 stays in this one. By default one a processor, where it pays.")
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        help="Tables and lists of hyperedges: last (the last cell of a line is its weight), none (every cell is a "
        "node), or the name of the column that holds the weights.",
    ),
]
Scheduler = Annotated[str | None, typer.Option(help="Address of a Dask scheduler: run on its workers instead.")]


def fail(message: str, code: int = 2) -> NoReturn:
    """One line on standard error, and an exit code."""
    line = " ".join(message.split())
    typer.echo(f"khrnn: {line if len(line) <= MAX_LINE else line[: MAX_LINE - 4] + ' ...'}", err=True)
    sys.exit(code)


def say_notes(notes: Iterable[str]) -> None:
    """Print what a reader left out or took for granted, one line each, on standard error."""
    for note in notes:
        typer.echo(f"khrnn: note: {' '.join(note.split())[:MAX_LINE]}", err=True)


def show(data: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    """Print data as one JSON object, or its lines of text."""
    typer.echo(json.dumps(data, allow_nan=False) if as_json else "\n".join(lines))


@contextmanager
def tracker() -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Progress bars on standard error, one a stage; silent when that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, total: lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:

        def track(what: str, total: int) -> Callable[[int], None]:
            task = bars.add_task(what, total=total)
            return lambda done: bars.update(task, completed=done)

        yield track


@contextmanager
def status() -> Iterator[Callable[[str], None] | None]:
    """One line on standard error that says what is being done, with the time; nothing when that is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("compiling", start=True, total=1)
        yield lambda line: bar.update(task, description=line)
