"""``python -m tests.torture``: attack the program for half an hour, and write what came out to ``docs/status.md``.

Every part runs in a process of its own. Without ``--write`` the table is only printed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from tests.torture.tally import Clock, Tally, table  # noqa: E402

PARTS = {"circuits": 0.3, "readers": 0.25, "kills": 0.4, "places": 0.05}
"""Parts, and the share of the time of each; the last two take the time that they need."""

STATUS = ROOT / "docs" / "status.md"
BEGIN, END = "<!-- torture: begin -->", "<!-- torture: end -->"


def main() -> int:
    """Run all parts, or those that are named; exit code 1 if there are faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long all parts together take, about")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers")
    parser.add_argument("--write", action="store_true", help="write the table to docs/status.md")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := [name for name in asked.parts if name not in PARTS]:
        parser.error(f"parts must be of {', '.join(PARTS)}, found {', '.join(unknown)}")
    if asked.inside:
        return _inside(asked.parts[0], 60.0 * asked.minutes, asked.seed)
    start = monotonic()
    tallies: list[Tally] = []
    for name in asked.parts or PARTS:
        tallies += _part(name, asked.minutes * PARTS[name], asked.seed)
    minutes = (monotonic() - start) / 60.0
    faults = [f"{t.what}: {line}" for t in tallies for line in t.faults]
    found = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = [
        f"Written by `make torture` on {date.today().isoformat()}, version {version('qumode-khrnn')}, "
        f"seed {asked.seed}, {minutes:.0f} minutes: {sum(t.tried for t in tallies):,} attempts, {found}.",
        "",
        *table(tallies),
    ]
    print("\n".join([*lines, "", *faults]))
    if asked.write:
        _write(lines)
    return 1 if faults else 0


def _part(name: str, minutes: float, seed: int) -> list[Tally]:
    """Run a part in a process of its own, whose last line holds the tallies."""
    command = [sys.executable, "-m", "tests.torture", name, "--inside", "--minutes", str(minutes), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    try:
        return [Tally(**row) for row in json.loads(done.stdout.splitlines()[-1])]
    except (IndexError, ValueError, TypeError):
        return [Tally(name, 1, faults=[f"the part ended with exit code {done.returncode} and without a result"])]


def _inside(name: str, seconds: float, seed: int) -> int:
    attack = importlib.import_module(f"tests.torture.{name}").attack

    def say(line: str) -> None:
        print(f"{name}: {line}", file=sys.stderr, flush=True)

    print(json.dumps([asdict(tally) for tally in attack(Clock(seconds), seed, say)]))
    return 0


def _write(lines: list[str]) -> None:
    before, _, rest = STATUS.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    STATUS.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
