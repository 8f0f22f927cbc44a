"""Plain lines for data that do not fit a schema: where, what must hold, what was found."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ValidationError

from hardware_profiles.errors import InputError, did_you_mean
from hardware_profiles.paths import hints, kind_at, nearest
from hardware_profiles.quantity import Quantity
from hardware_profiles.schema import Profile

TEXTS = {
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number, without quotes",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be >= {ge}",
    "greater_than": "must be > {gt}",
    "less_than_equal": "must be <= {le}",
    "less_than": "must be < {lt}",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "string_too_short": "must be a text of at least {min_length} characters",
    "string_pattern_mismatch": "must consist of small letters, digits and hyphens ({pattern})",
    "string_too_long": "must be a text of at most {max_length} characters",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "too_short": "must be a list of at least {min_length} entries",
    "too_long": "must be a list of at most {max_length} entries",
    "dict_type": "must be a table",
    "path_type": "must be the name of a file in quotes",
}
"""What must hold, by pydantic's name of the problem. Pydantic's own sentences are never shown."""

QUANTITY = "must be a table { value, source, date, mark }, as every number carries its provenance"


def invalid(error: ValidationError, where: str, root: type[BaseModel] = Profile) -> InputError:
    """Return the error for data that do not fit: the first problem in one line, and the others as its ``others``.

    Parameters
    ----------
    error : ValidationError
    where : str
        The file or table that holds the data.
    root : type of BaseModel
        The model that the data must fit.
    """
    details = sorted(error.errors(), key=lambda d: d["type"] == "missing")  # a misspelt key explains the missing one
    first, *others = (_line(detail, root) for detail in details)
    more = f" (and {len(others)} more)" if others else ""
    found = InputError(f"{where}: {first}{more}")
    found.others = tuple(others)
    return found


def _line(detail: Any, root: type[BaseModel]) -> str:
    """Describe one problem: its path, what must hold, and what was found."""
    path = ".".join(str(part) for part in detail["loc"] if part != "[key]")
    text = _text(detail, root)
    found = detail.get("input")
    told = detail["type"] not in ("missing", "extra_forbidden") and ", found " not in text
    plain = isinstance(found, str | int | float | bool | list | tuple | None)
    shown = f", found {_short(found)}" if plain and told else ""
    # checks of the whole model name the path themselves
    at = path or ("" if detail["type"] == "value_error" else "the profile" if root is Profile else "the whole")
    return f"{at}{': ' if at else ''}{text}{shown}".replace("\n", " ")


def _text(detail: Any, root: type[BaseModel]) -> str:
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind == "missing":
        inside = kind_at(path[:-1], root) is Quantity
        return "must be given: every number needs value, source, date and mark" if inside else "must be given"
    if kind == "extra_forbidden":
        model = kind_at(path[:-1], root)
        known = list(hints(model)) if isinstance(model, type) and issubclass(model, BaseModel) else []
        return f"there is no such key; {nearest(str(path[-1]), known)}"
    if kind in {"model_type", "model_attributes_type"}:
        return QUANTITY if kind_at(path, root) is Quantity else "must be a table"
    if kind == "value_error":
        return str(context["error"])
    if kind in {"literal_error", "enum"} and isinstance(given := detail.get("input"), str):
        hint = did_you_mean(given, re.findall(r"'([^']*)'", context["expected"]))
        return f"must be one of {context['expected']}, found {_short(given)}{hint}"
    if kind.startswith("date"):
        return "must be a date such as 2026-11-22"
    text = TEXTS.get(kind, "must be of another kind").format(**context)
    return text if isinstance(detail.get("input"), str) else text.removesuffix(", without quotes")


def _short(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 80 else text[:77] + "..."
