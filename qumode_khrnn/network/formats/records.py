"""Pieces of JSON data that several formats share: names of nodes and edges, weights, lists of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.errors import InputError, did_you_mean, with_type
from compiler.files import number
from qumode_khrnn.network.formats.text import quoted

EMPTY_EDGES = "edges without nodes are left out ({}): they only turn the global phase"
LISTED_SIMPLICES = "the listed simplices of the simplicial complex are edges, and their faces are not"
"""Notes of readers; the first takes a count."""

LABEL_KEYS = ("name", "label")
"""Attributes of a node that hold its name for people, by rank."""


def name_of(value: object, where: str) -> str:
    """Return the name of a node or an edge: a text that is not empty, or an integer.

    Raises
    ------
    InputError
        If the value is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise InputError(f"{where} must be named by a text or an integer, found {with_type(value)}")
    return str(value)


def weight_of(record: Mapping[str, Any], where: str) -> float | None:
    """Return the number under ``weight``; None if it is absent or null.

    Raises
    ------
    InputError
        If the value is not a finite number.
    """
    weight = record.get("weight")
    return None if weight is None else number(weight, f"{where}: the weight")


def label_of(attributes: Mapping[str, Any]) -> str | None:
    """Return the name that a node has for people: the first text of `LABEL_KEYS` among its attributes."""
    texts = (attributes.get(key) for key in LABEL_KEYS)
    return next((text for text in texts if isinstance(text, str) and text.strip()), None)


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """Return a JSON object; raises InputError if it is anything else."""
    if not isinstance(value, dict):
        raise InputError(f"{where} must be a JSON object, found {with_type(value)}")
    return value


def sequence(value: object, where: str) -> list[Any]:
    """Return a JSON list; raises InputError if it is anything else."""
    if not isinstance(value, list):
        raise InputError(f"{where} must be a list, found {with_type(value)}")
    return value


def require_known(record: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """Raise InputError, with the most similar known key or all of them, if an object has other keys."""
    if unknown := [key for key in record if key not in known]:
        hint = did_you_mean(str(unknown[0]), known) or f"; known: {', '.join(known)}"
        raise InputError(f"{where}: unknown key {quoted(unknown[0])}{hint}")
