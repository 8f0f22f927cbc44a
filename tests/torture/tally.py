"""Counts of what was tried and what came out, and the table that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

Say = Callable[[str], None]
"""Takes one line that tells of the progress."""


@dataclass(slots=True)
class Tally:
    """What one kind of attack gave.

    Attributes
    ----------
    what : str
        The kind of attack, as a row of the table names it.
    tried, right, refused : int
        Attempts; those that ended as they should; and those that were refused with a reason, where that is allowed.
    faults : list of str
        One line for every attempt that ended otherwise, with what it takes to repeat it.
    note : str
        What else the table says about the kind.
    """

    what: str
    tried: int = 0
    right: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    note: str = ""

    def fault(self, line: str) -> None:
        """Add a fault, in one line of at most 400 characters."""
        self.faults.append(" ".join(line.split())[:400])


class Clock:
    """A share of the time: parts go on until it is over, and at least once."""

    def __init__(self, seconds: float) -> None:
        self.start, self.seconds = monotonic(), seconds
        self._begun = False

    def left(self) -> float:
        """Seconds that are left."""
        return self.start + self.seconds - monotonic()

    def going(self) -> bool:
        """Whether to go on."""
        first, self._begun = not self._begun, True
        return first or self.left() > 0.0


def table(tallies: Sequence[Tally]) -> list[str]:
    """Rows of a Markdown table.

    >>> table([Tally("mutants", 3, 2, 0, ["one was accepted"])])[2]
    '| mutants | 3 | 2 | 0 | 1 |  |'
    """
    head = [
        "| attack | tried | as it should be | refused with a reason | faults | note |",
        "|---|---:|---:|---:|---:|---|",
    ]
    rows = [f"| {t.what} | {t.tried:,} | {t.right:,} | {t.refused:,} | {len(t.faults)} | {t.note} |" for t in tallies]
    return [*head, *rows]
