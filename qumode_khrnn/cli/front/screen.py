"""Fit lines of text to the screen: long lines continue below the beginning of their text, and no word is cut."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap

NARROWEST = 40
"""Narrowest width to which lines are fitted."""

ROOM = 0.4
"""Share of the width that the text of a continued line needs; with less room the line continues further to the left."""


def screen_width() -> int | None:
    """Return the width to which lines are fitted, that of the terminal; None in pipes and files."""
    return max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else None


def fitted(line: str, width: int | None) -> str:
    """Return a line as lines of at most a width; None means any width.

    A line of a table continues below its last column, or below its second one if the last one is too far to the right.

    Examples
    --------
    >>> print(fitted("ideal-cubic  ideal  Every operation of the native set, without limits", 40))
    ideal-cubic  ideal  Every operation of
                        the native set,
                        without limits
    """
    if width is None or len(line) <= width:
        return line
    gaps = [gap.end() for gap in re.finditer(r"(?<=\S) {2,}(?=\S)", line)]
    start = len(line) - len(line.lstrip())
    places = [place for place in reversed(gaps) if place <= (1.0 - ROOM) * width]
    indent = places[0] if gaps and places and places[0] == gaps[-1] else places[-1] if places else start + 2
    return "\n".join(
        textwrap.wrap(
            line, width, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False, tabsize=1
        )
    )
