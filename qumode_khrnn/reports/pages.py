"""Pieces that all report pages share: provenance of a run, units, numbers as text."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from html import unescape
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape

from qumode_khrnn.witness.law import decibels

ROUNDING = 1e-12
"""Scores and ends of intervals below this are what rounding errors leave of 0."""

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def origin_of(command: str, seconds: float, date: str, packages: Sequence[str]) -> dict[str, Any]:
    """What made a report: command, date, wall time, machine, versions."""
    return {
        "command": command,
        "date": date,
        "seconds": round(seconds, 1),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "packages": {name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def environment() -> Environment:
    """Return the templates of reports, with the filters that write numbers, units and symbols."""
    made = Environment(
        loader=PackageLoader("qumode_khrnn.reports"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["num"] = _number
    made.filters["interval"] = _interval
    made.filters["seconds"] = seconds_text
    made.filters["decibels"] = decibels_text
    made.filters["r_db"] = squeezing_text
    made.filters["nats"] = nats_text
    made.filters["symbols"] = symbols
    return made


def squeezing_text(r: float) -> str:
    """Return a squeezing parameter in dB.

    >>> squeezing_text(1.0)
    '8.69 dB'
    """
    return f"{decibels(r):.3g} dB"


def nats_text(value: float | None) -> str:
    """Return an excess in nats; what rounding errors leave of 0 is 0.

    >>> nats_text(0.4914), nats_text(-6.9e-16), nats_text(None)
    ('0.491', '0', '–')
    """
    return _number(value if value is None else _without_rounding(value), 3)


def _without_rounding(value: float) -> float:
    return 0.0 if abs(value) < ROUNDING else value


def symbols(text: str) -> str:
    """Return a line that was written for terminals with the symbols of printed text.

    >>> symbols("predicted: <B> = 0.9, S = 3.4 +- 0.03, above 2 sqrt 2")
    'predicted: ⟨B⟩ = 0.9, S = 3.4 ± 0.03, above 2√2'
    """
    return re.sub(r"<(\w+)>", r"⟨\1⟩", text).replace("+-", "±").replace("2 sqrt 2", "2√2")


def with_tables_laid_out(html: str) -> str:
    """Return a page whose tables scroll by themselves and whose columns of numbers are aligned to the right.

    A column holds numbers if each of its cells is a number, with a sign or a unit, an interval, or empty.

    >>> page = with_tables_laid_out("<table><tr><th>n</th><th>model</th></tr><tr><td>3</td><td>coin</td></tr></table>")
    >>> page.split("<tr>")[1:]
    ['<th class="n">n</th><th>model</th></tr>', '<td class="n">3</td><td>coin</td></tr></table></div>']
    """
    return re.sub(r"<table.*?</table>", lambda found: _laid_out(found[0]), html, flags=re.DOTALL)


NUMBER = re.compile(
    r"(?:[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?: (?:%|dB|s|ms|µs|ns|bits|vectors|numbers))?"
    r"(?: of \d+| to [-+−]?\d.*)?|\[.*\]|–|-|∞|)"
)
CELL = re.compile(r"<(t[hd])([^>]*)>(.*?)</\1>", re.DOTALL)


def _laid_out(table: str) -> str:
    rows = [CELL.findall(row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    full = [row for row in rows[1:] if not any("colspan" in attributes for _, attributes, _ in row)]
    numbers = {
        i
        for i in range(len(rows[0]))
        if full
        and all(i >= len(row) or NUMBER.fullmatch(_plain(row[i][2])) for row in full)
        and any(i < len(row) and any(c.isdigit() for c in row[i][2]) for row in full)
    }

    long = {
        i
        for i in range(len(rows[0]))
        if i not in numbers and any(i < len(r) and len(_plain(r[i][2])) > 24 for r in full)
    }

    def row_of(found: re.Match[str]) -> str:
        place = iter(range(len(rows[0]) + 1))

        def cell(one: re.Match[str]) -> str:
            at, (tag, attributes, text) = next(place), one.groups()
            kind = "n" if at in numbers else "wrap" if at in long and tag == "td" else ""
            aligned = f' class="{kind}"' if kind and not attributes else ""
            return f"<{tag}{attributes}{aligned}>{text}</{tag}>"

        return CELL.sub(cell, found[0])

    return f'<div class="scroll">{re.sub(r"<tr>.*?</tr>", row_of, table, flags=re.DOTALL)}</div>'


def _plain(cell: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", cell)).strip()


def _number(value: Any, digits: int = 4) -> str:
    return "–" if value is None or isinstance(value, Undefined) else f"{value:.{digits}g}"


def seconds_text(value: float | None) -> str:
    """A time with its unit.

    >>> seconds_text(0.0048), seconds_text(None)
    ('4.8 ms', '–')
    """
    if value is None:
        return "–"
    size, unit = next(((size, unit) for size, unit in UNITS if value >= size), UNITS[-1])
    return f"{value / size:.3g} {unit}"


def decibels_text(values: Sequence[float]) -> str:
    """Losses with their unit, from the least to the largest.

    >>> decibels_text((0.419, 0.0025)), decibels_text((0.1412, 0.1412))
    ('0.0025 to 0.419 dB', '0.141 dB')
    """
    low, high = (f"{value:.3g}" for value in (min(values), max(values)))
    return f"{high} dB" if low == high else f"{low} to {high} dB"


def _interval(value: Any) -> str:
    return "" if value is None else f"[{_without_rounding(value[0]):.3g}, {_without_rounding(value[1]):.3g}]"
