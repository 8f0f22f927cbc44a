"""Read JSON: clear one-line errors, and no file takes unbounded memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from compiler.errors import InputError
from hardware_profiles.texts import read_text

MAX_JSON_BYTES = 256_000_000
"""Size of the largest JSON file that is read, in bytes; as Python objects it takes about 3 GB."""


def read_json(path: Path) -> Any:
    """Return the data of a JSON file; NaN, infinities and numbers beyond float64 are refused.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, or is larger than `MAX_JSON_BYTES`.
    """
    return parse_json(read_text(path, most=MAX_JSON_BYTES), str(path))


def parse_json(text: str, where: str) -> Any:
    """Return the data of a JSON text; ``where`` names the text in messages. Raise InputError as `read_json` does."""

    def refuse(constant: str) -> NoReturn:
        raise InputError(f"{where}: numbers must be finite, found {constant}")

    def fits(read: Callable[[str], Any]) -> Callable[[str], Any]:
        def parse(digits: str) -> Any:
            if not isfinite(float(digits)):
                shown = digits if len(digits) <= 20 else f"{digits[:20]}.."
                raise InputError(f"{where}: numbers must be finite (below 1.8e308), found {shown}")
            return read(digits)

        return parse

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) != len(pairs):
            repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
            raise InputError(f"{where}: the key {repeated!r} appears twice in one object")
        return out

    try:
        return json.loads(
            text, parse_int=fits(int), parse_float=fits(float), parse_constant=refuse, object_pairs_hook=unique
        )
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not valid JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise InputError(f"{where}: not valid JSON: nested too deeply") from None


def require_format(data: Any, name: str, version: int, where: str) -> dict[str, Any]:
    """Return the data if they are an object with the given ``format`` and ``version``.

    Raises
    ------
    InputError
        If they are anything else.
    """
    if not isinstance(data, dict) or data.get("format") != name:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise InputError(f'{where}: must be a JSON object whose "format" is "{name}", found {found!r}')
    if type(data.get("version")) is not int or data["version"] != version:
        raise InputError(
            f'{where}: "version" must be {version}, found {data.get("version")!r}; write it again with this release'
        )
    return data


def number(value: object, where: str) -> float:
    """Return a JSON number as a float.

    Raises
    ------
    InputError
        If the value is not a number, or not finite as a float.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where} must be a number, found {value!r}")
    try:
        out = float(value)
    except OverflowError:
        out = float("inf")
    if not isfinite(out):
        raise InputError(f"{where} must be a finite number, found {str(value)[:40]}")
    return out


def json_text(data: Any) -> str:
    """Return the canonical text of JSON data: keys in the given order, two-space indent, final newline, no NaN."""
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
