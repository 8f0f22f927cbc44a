"""One clear line for a profile that does not fit the schema: where, what must hold, what was found."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from hardware_profiles.paths import hints, kind_at, nearest
from hardware_profiles.quantity import Quantity

TEXTS = {
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be >= {ge}",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "string_too_short": "must be a text of at least {min_length} characters",
    "string_pattern_mismatch": "must be of small letters, digits and hyphens ({pattern})",
    "tuple_type": "must be a list",
    "too_short": "must be a list of {min_length}",
    "too_long": "must be a list of {max_length}",
    "dict_type": "must be a table",
}
QUANTITY = "must be a table { value, source, date, mark }, as every number carries its provenance"


def first_problem(error: ValidationError, where: str) -> str:
    """The first problem of a profile in one line, and how many more there are."""
    details = error.errors()
    first = min(details, key=lambda d: d["type"] == "missing")  # a misspelt key explains the missing one
    path = ".".join(str(part) for part in first["loc"] if part != "[key]")
    text = _text(first)
    found = first.get("input")
    plain = isinstance(found, str | int | float | bool | list | tuple | None) and first["type"] != "missing"
    shown = f", found {_short(found)}" if plain and ", found " not in text else ""
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    # checks of the whole profile name the path themselves
    at = path or ("" if first["type"] == "value_error" else "the profile")
    return f"{where}: {at}{': ' if at else ''}{text}{shown}{more}".replace("\n", " ")


def _text(detail: Any) -> str:
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind == "missing":
        inside = kind_at(path[:-1]) is Quantity
        return "must be given: every number needs value, source, date and mark" if inside else "must be given"
    if kind == "extra_forbidden":
        model = kind_at(path[:-1])
        known = list(hints(model)) if isinstance(model, type) and issubclass(model, BaseModel) else []
        return f"there is no such key; {nearest(str(path[-1]), known)}"
    if kind in {"model_type", "model_attributes_type"}:
        return QUANTITY if kind_at(path) is Quantity else "must be a table"
    if kind == "value_error":
        return str(context["error"])
    if kind.startswith("date"):
        return "must be a date such as 2026-11-22"
    return TEXTS[kind].format(**context) if kind in TEXTS else str(detail["msg"])


def _short(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 80 else text[:77] + "..."
