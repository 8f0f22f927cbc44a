"""What a user waits for, in version 0.5.0 and now, one after the other on this machine. Writes WAITS.md.

Run with ``python benchmarks/waits.py``, which ``make bench`` does too; it takes about twenty minutes on two idle cores.
Version 0.5.0 is taken from the history of the repository and runs with the packages that are installed now. ``python
benchmarks/waits.py WORD ...`` measures only the commands whose names contain one of the words, and prints the table.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from run import machine

from compiler.files import json_text, write_text

HERE = Path(__file__).parent
ROOT = HERE.parent
OLD = "f8b229b"
"""The last commit of version 0.5.0."""

LIMIT = 600.0
"""Longest time in seconds that a command may take."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A command, what must have run before it, and the file in which its rows are.

    Attributes
    ----------
    name : str
    arguments : tuple of str
    before : tuple of str
        A command whose time does not count.
    report : str
        A file of the output whose rows must be those of 0.5.0.
    code : int
        The exit code that it must have.
    """

    name: str
    arguments: tuple[str, ...]
    before: tuple[str, ...] = ()
    report: str = ""
    code: int = 0


WAITS = (
    Wait("run --quick", ("run", "--quick", "--out", "run"), report="run/report.json"),
    Wait(
        "verify --simulate, one 3-edge on photonic-cubic",
        ("verify", "--simulate", "edge"),
        before=("compile", "edge.json", "--profile", "photonic-cubic", "--out", "edge"),
    ),
    Wait("compare --quick", ("compare", "--quick", "--out", "comparison"), report="comparison/report.json"),
    Wait("compile, all 3-edges on 16 modes", ("compile", "dense.json", "--out", "dense")),
    Wait("train, default settings", ("train", "--out", "trained")),
    *(
        Wait(
            f"simulate --shots 100, chain of 3-edges, n = {n}",
            ("simulate", f"chain-{n}", "--shots", "100"),
            before=("compile", f"chain-{n}.json", "--out", f"chain-{n}"),
        )
        for n in (250, 500, 1000)
    ),
    Wait(
        "compile --effort 0, weight 1,000 on trapped ions: refused",
        ("compile", "heavy.json", "--profile", "trapped-ion-motional", "--readout", "none", "--effort", "0"),
        code=1,
    ),
    Wait(
        "compile, all 3-edges on 4 modes of trapped ions",
        ("compile", "four.json", "--profile", "trapped-ion-motional", "--readout", "none", "--out", "four"),
    ),
)


def inputs(folder: Path) -> None:
    """Write the hypergraphs."""

    def write(name: str, modes: int, edges: list[tuple[tuple[int, ...], float]]) -> None:
        rows = [{"modes": list(at), "weight": weight} for at, weight in edges]
        write_text(folder / name, json_text({"modes": modes, "edges": rows}))

    draw = random.Random(1)
    dense = [(edge, round(draw.uniform(-0.5, 0.5), 3)) for edge in itertools.combinations(range(16), 3)]
    write("edge.json", 3, [((0, 1, 2), 0.3)])
    write("heavy.json", 3, [((0, 1, 2), 1000.0)])
    write("four.json", 4, [(edge, 0.1 + 0.05 * sum(edge)) for edge in itertools.combinations(range(4), 3)])
    write("dense.json", 16, dense)
    for n in (250, 500, 1000):
        chain = [((i, i + 1, i + 2), round(draw.uniform(0.1, 0.5), 3)) for i in range(n - 2)]
        write(f"chain-{n}.json", n, chain)


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall and processor time in seconds (None: not over within `LIMIT`), the exit code, and the rows of the output."""

    wall: float | None
    processor: float
    code: int
    rows: frozenset[str]

    def text(self) -> str:
        """Return both times for the table."""
        return f"> {LIMIT:.0f}" if self.wall is None else f"{self.wall:.1f} ({self.processor:.1f})"


def measure(wait: Wait, package: Path, folder: Path) -> Measured:
    """Run a command of the version in a folder."""
    call = [sys.executable, "-m", "qumode_khrnn"]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    if wait.before:
        subprocess.run([*call, *wait.before], cwd=folder, env=environment, check=True, capture_output=True)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    try:
        done = subprocess.run(
            [*call, *wait.arguments], cwd=folder, env=environment, capture_output=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return Measured(None, 0.0, wait.code, frozenset())
    wall, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode != wait.code:
        raise SystemExit(f"{wait.name}: exit code {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}")
    report = folder / wait.report
    rows = frozenset(labels(json.loads(report.read_text(encoding="utf-8")))) if wait.report else frozenset()
    return Measured(wall, used, done.returncode, rows)


NAMED_BY = ("model", "family", "alphabet", "n", "k", "probe", "backend", "setting", "profile", "modes")
"""Columns that say what a row of a report is about."""


def labels(data: Any) -> Iterator[str]:
    """What the rows of a report are about."""
    for name, rows in data.items():
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                yield json.dumps([name, {key: row[key] for key in NAMED_BY if key in row}], sort_keys=True)


def table(results: list[tuple[Wait, Measured | None, Measured]]) -> list[str]:
    """Both columns, the ratio of wall times, and how many rows of 0.5.0 are still there."""
    lines = [
        "| command | 0.5.0: wall (processor), s | now: wall (processor), s | ratio of wall times | rows of 0.5.0 |",
        "|---|---:|---:|---:|---:|",
    ]
    for wait, old, new in results:
        ratio = kept = ""
        if old is not None and new.wall is not None:
            ratio = f"{new.wall / (old.wall or LIMIT):.3f}" if old.wall else f"< {new.wall / LIMIT:.3f}"
            kept = f"{len(old.rows & new.rows)} of {len(old.rows)}" if old.rows else ""
        before = "not measured" if old is None else old.text()
        lines.append(f"| `{wait.name}` | {before} | {new.text()} | {ratio} | {kept} |")
    return lines


def growth(results: list[tuple[Wait, Measured | None, Measured]]) -> list[str]:
    """How the time of a chain grows with its modes, from 500 to 1,000, in processor seconds."""
    out = []
    for version, column in (("0.5.0", 1), ("now", 2)):
        times = {row[0].name.rpartition(" ")[2]: row[column] for row in results if row[0].name.startswith("simulate")}
        first, last = times.get("500"), times.get("1000")
        if first is not None and last is not None and first.wall and last.wall:
            out.append(f"{version}: n^{log(last.processor / first.processor, 2.0):.1f}")
    return [f"Growth of `simulate` from n = 500 to 1,000, in processor seconds: {'; '.join(out)}."] if out else []


def old_version(folder: Path) -> Path | None:
    """The sources of 0.5.0 from the history, or None if it is not there, as in a shallow clone."""
    done = subprocess.run(["git", "archive", OLD], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def main() -> None:
    """Measure all, or those that are named, and write the file."""
    words = sys.argv[1:]
    chosen = [wait for wait in WAITS if not words or any(word in wait.name for word in words)]
    results = []
    with TemporaryDirectory() as base:
        (old_folder, before, after) = (Path(base, name) for name in ("0.5.0", "before", "after"))
        package = old_version(old_folder)
        for folder in (before, after):
            folder.mkdir()
            inputs(folder)
        for wait in chosen:
            old = None if package is None else measure(wait, package, before)
            results.append((wait, old, measure(wait, ROOT, after)))
            print(table(results)[-1], flush=True)
    lines = [
        "# Waits",
        "",
        f"Written by `python benchmarks/waits.py` on {date.today().isoformat()}. Machine: {machine()}.",
        "",
        "Every command ran in version 0.5.0 (from the history of this repository, with the packages that are installed "
        "now) and then in this version, once, on the same machine. A row of a report counts as there if its model, "
        "alphabet, size, probe and back end are the same.",
        "",
        *table(results),
        "",
        *growth(results),
        "",
    ]
    if not words:
        write_text(HERE / "WAITS.md", "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
