"""Pieces that all report pages share: provenance of a run, units, numbers as text."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape

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
    """Templates of reports, with the filters ``num``, ``interval``, ``seconds`` and ``decibels``."""
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
    return made


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
    return "" if value is None else f"[{value[0]:.3g}, {value[1]:.3g}]"
