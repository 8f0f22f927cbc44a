"""What the modules of the command line share: options, output, progress on standard error, refusals."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, process_time
from typing import Annotated, Any, NoReturn

import typer

from qumode_khrnn.cli.front.screen import fitted, screen_width

MAX_LINE = 600
"""Longest error message that is printed."""

FIRST_SECONDS = 1.9
"""A command that takes longer says what it is doing: users are told within two seconds."""

EVERY_SECONDS = 10.0
"""How often it says so again."""

OWN_PACKAGES = {"compiler", "hardware_profiles", "qumode_khrnn", "simulations"}

LIBRARIES = {
    "distributed": "Dask",
    "mrmustard": "MrMustard",
    "qiskit": "Qiskit",
    "qiskit_aer": "Qiskit Aer",
    "strawberryfields": "Strawberry Fields",
    "tensorflow": "TensorFlow",
    "thewalrus": "The Walrus",
    "torch": "PyTorch",
}
"""How libraries that load slowly are called; others go by the name of their package."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
ProfileOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The device: the name of a shipped profile (khrnn profiles lists them), or a .toml or .json file.",
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of the random numbers, a whole number from 0 on.")]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Number of local processes; 1 uses no other process. By default one per processor, where this saves time."
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="COLUMN",
        help="Where a table or list of hyperedges holds the weights: last (the last cell of each line), none (every "
        "cell is a node), or the name of a column. By default the header and the cells decide, and a note says how.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace output that was made with other settings.")]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Address of a Dask scheduler, such as tcp://host:8786, whose workers run the jobs."
    ),
]
SchedulerFile = Annotated[
    Path | None,
    typer.Option(help="File written by dask scheduler --scheduler-file; it holds the address of the scheduler."),
]
TlsAuthority = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca",
        help="File with the certificates of the authority that signed the scheduler's, for tls:// addresses.",
    ),
]
TlsCertificate = Annotated[
    Path | None, typer.Option("--tls-cert", help="File with the certificate of this client, for tls:// addresses.")
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", help="File with the private key of this client, for tls:// addresses.")
]


def fail(message: str, code: int = 2, others: Iterable[str] = ()) -> NoReturn:
    """Print one line on standard error, and a list below it where there is one, and end with an exit code."""
    line = " ".join(message.split())
    typer.echo("\n".join([f"khrnn: {_bounded(line)}", *map(_bounded, others)]), err=True)
    sys.exit(code)


def _bounded(line: str) -> str:
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 4] + " ..."


def require_toml(path: Path | None) -> None:
    """Refuse a file that is missing or is not TOML at once, before the modules that know its settings are loaded.

    Pipes are left alone, because they can be read only once.
    """
    from hardware_profiles.texts import read_toml

    if path is not None and (path.is_file() or not path.exists()):
        read_toml(path)


def cluster_of(
    scheduler: str | None,
    file: Path | None,
    authority: Path | None,
    certificate: Path | None,
    key: Path | None,
    workers: int | None,
) -> str | None:
    """Return the address of the cluster that runs the jobs, and say what it is; None for this computer.

    Raises
    ------
    InputError
        If there is no such cluster, certificates are missing, or a number of local workers is given as well.
    """
    if workers is not None and (scheduler is not None or file is not None):
        from compiler.errors import InputError

        raise InputError("give either a scheduler or a number of local workers, not both")
    if (scheduler, file, authority, certificate, key) == (None,) * 5:
        return None
    from qumode_khrnn.jobs.cluster import Certificates, ask_scheduler, scheduler_address

    address = scheduler_address(scheduler, file, Certificates(authority, certificate, key))
    if address is not None:
        typer.echo(f"khrnn: {ask_scheduler(address).line()}", err=True)
    return address


def say_notes(notes: Iterable[str]) -> None:
    """Print what a reader left out or took for granted, one line each, on standard error."""
    for note in notes:
        typer.echo(f"khrnn: note: {' '.join(note.split())[:MAX_LINE]}", err=True)


def say_remarks(remarks: Iterable[str]) -> None:
    """Print what looks like a typing error but is accepted, one line each, on standard error."""
    for remark in remarks:
        typer.echo(f"khrnn: remark: {' '.join(remark.split())[:MAX_LINE]}", err=True)


def show(data: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    """Print data as one JSON object, or its lines of text, which are fitted to the screen."""
    if as_json:
        typer.echo(json.dumps(data, allow_nan=False))
        return
    width = screen_width()
    typer.echo("\n".join(fitted(line, width) for line in lines))


class _Watch:
    """What a command is doing, how far it is, and the thread that says so on standard error.

    The thread also speaks where the command itself is silent: in one long computation, or while a library is loaded.
    """

    def __init__(self, what: str) -> None:
        self.command = self.what = what
        self.live = 0  # bars on the terminal, which say it already
        self.begun = monotonic()
        self.main = threading.get_ident()
        self.stream = sys.stderr
        self.ended = threading.Event()
        self.stage(what, 0)

    def stage(self, what: str, total: int) -> None:
        """Begin a part of the command; ``total`` is 0 where nobody counts."""
        self.what, self.total, self.done = what, total, 0
        self.at = self.since = monotonic()
        self.first: int | None = None

    def advance(self, what: str, total: int, done: int) -> None:
        """Say how much of a part is done; what an earlier run had finished does not count for the time left."""
        if what != self.what:
            self.stage(what, total)
        self.at, self.done = monotonic(), done
        if self.first is None:
            quick = self.at - self.since < 1.0
            self.first, self.since = (done, self.at) if quick else (0, self.since)

    def line(self) -> str:
        """What is being done, for how long, and how long it will take if that is known."""
        now = monotonic()
        library = _loading(self.main)
        what = f"{self.what}, loading {library}" if library else self.what
        parts = [f"{what}: {self.done} of {self.total}" if self.total else what, f"{_seconds(now - self.begun)} so far"]
        finished = self.done - (self.first or 0)
        if self.total and finished > 0 and self.at > self.since:
            left = (self.total - self.done) * (self.at - self.since) / finished - (now - self.at)
            parts += [f"about {_seconds(left)} left"] if left >= 1.0 else []
        return f"khrnn: {', '.join(parts)}"

    def run(self) -> None:
        """Print a line `FIRST_SECONDS` after the process began, and one every `EVERY_SECONDS` from then on."""
        wait = max(FIRST_SECONDS - _age(), 0.0)
        while not self.ended.wait(wait):
            wait = EVERY_SECONDS
            if not self.live:
                try:
                    self.stream.write(f"{self.line()}\n")
                    self.stream.flush()
                except (OSError, ValueError):  # standard error is closed or full
                    return


_watches: list[_Watch] = []
"""The watch of the command that runs, if it was called from a command line."""


@contextmanager
def watched(what: str) -> Iterator[None]:
    """Say on standard error what a command does and for how long, if it takes more than two seconds.

    The environment variable ``KHRNN_PROGRESS=off`` turns all progress off, and ``terminal`` all but that on a terminal.
    """
    if not _wanted(sys.stderr.isatty()):
        yield
        return
    watch = _Watch(what)
    _watches.append(watch)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        watch.ended.set()
        _watches.remove(watch)


def _wanted(terminal: bool) -> bool:
    asked = os.environ.get("KHRNN_PROGRESS", "on").lower()
    return terminal if asked == "terminal" else asked != "off"


def _age() -> float:
    """Return the seconds since this process began; its processor time where the system does not tell."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        return float(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError, AttributeError):
        return process_time()


def _loading(thread: int) -> str:
    """Return the library that a thread is importing; empty if it imports none."""
    frame = sys._current_frames().get(thread)
    found = ""
    while frame is not None:  # from the innermost import to the outermost
        if frame.f_code.co_name == "_find_and_load":
            name = str(frame.f_locals.get("name", "")).partition(".")[0]
            found = name if name not in OWN_PACKAGES else found
        frame = frame.f_back
    return LIBRARIES.get(found, found)


def _seconds(duration: float) -> str:
    """Return a duration for a person.

    >>> _seconds(4.2), _seconds(200), _seconds(9000)
    ('4 s', '3 min 20 s', '2 h 30 min')
    """
    whole = round(duration)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def tracker() -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Count what is done of a stage: bars on a terminal, else lines every few seconds, with the time left."""
    watch = _watches[-1] if _watches else None

    def track(what: str, total: int) -> Callable[[int], None]:
        """Begin a stage."""
        if watch is not None:
            watch.stage(what, total)
        task = None if bars is None else bars.add_task(what, total=total)

        def advance(done: int) -> None:
            if watch is not None:
                watch.advance(what, total, done)
            if bars is not None and task is not None:
                bars.update(task, completed=done)

        return advance

    with _bars(transient=False) as bars:
        try:
            yield track
        finally:
            if watch is not None:
                watch.stage(watch.command, 0)


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Say what is being done: in one line on a terminal, with the time, else in lines every few seconds."""
    watch = _watches[-1] if _watches else None

    def say(line: str) -> None:
        if watch is not None:
            watch.stage(line, 0)
        if bars is not None:
            bars.update(task, description=line)

    with _bars(transient=True) as bars:
        task = 0 if bars is None else bars.add_task("starting", start=True, total=1)
        try:
            yield say
        finally:
            if watch is not None:
                watch.stage(watch.command, 0)


@contextmanager
def _bars(*, transient: bool) -> Iterator[Any]:
    """Bars on the terminal, with elapsed and remaining time; None if standard error is not a terminal."""
    if not sys.stderr.isatty() or not _wanted(terminal=True):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    count = (BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
    left = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    text = TextColumn("{task.description}")
    columns = (SpinnerColumn(), text, TimeElapsedColumn()) if transient else (text, *count, *left)
    with Progress(*columns, console=Console(stderr=True), transient=transient) as bars:
        for watch in _watches:
            watch.live += 1
        try:
            yield bars
        finally:
            for watch in _watches:
                watch.live -= 1
