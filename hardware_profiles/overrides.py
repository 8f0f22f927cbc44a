"""Numbers of a profile set by the user: by path, or by short forms such as ``loss_db.beam_splitter``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import isfinite
from typing import Any

from hardware_profiles.errors import InputError
from hardware_profiles.loader import profile_from_data
from hardware_profiles.paths import kind_at, nearest, number_paths, short_paths
from hardware_profiles.quantity import Mark, Quantity
from hardware_profiles.schema import Profile


def parse_overrides(texts: Iterable[str]) -> dict[str, float]:
    """Read overrides of the form ``PATH=NUMBER``; if a path occurs twice, the last number is used.

    Raises
    ------
    InputError
        If an override does not have this form.

    Examples
    --------
    >>> parse_overrides(["loss_db.beam_splitter=0.02"])
    {'loss_db.beam_splitter': 0.02}
    """
    out: dict[str, float] = {}
    for text in texts:
        path, _, value = text.partition("=")
        try:
            out[path.strip()] = float(value)
        except ValueError:
            raise InputError(
                f"an override must be PATH=NUMBER, such as loss_db.beam_splitter=0.02, found {text!r}"
            ) from None
    return out


def apply_overrides(profile: Profile, overrides: Mapping[str, float], today: date) -> Profile:
    """Return a copy of a profile, named ``NAME-modified``, with numbers set by the user (source "user", mark A).

    Parameters
    ----------
    profile : Profile
    overrides : mapping of str to float
        By path, ``operations.BeamSplitter.loss_db``, ``noise.heating_quanta_per_s``,
        ``operations.Squeeze.ranges.r.maximum``, ``topology.loops.0.efficiency``, or by the short form for numbers of
        operations, ``loss_db.beam_splitter``.
    today : date
        Date of the new numbers.

    Raises
    ------
    InputError
        If the profile cannot have such a number (the message names similar ones that exist), or it is out of range.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> changed = apply_overrides(load_profile("photonic-cubic"), {"loss_db.squeezer": 0.2}, date(2026, 11, 23))
    >>> changed.name, changed.operations["Squeeze"].loss_db.value
    ('photonic-cubic-modified', 0.2)
    """
    if not overrides:
        return profile
    data = profile.to_data()
    short = short_paths(profile)
    for given, value in overrides.items():
        path = short.get(given, given)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise InputError(f"override {given}: must be a finite number, found {value!r}")
        if not _set(
            data, path, {"value": float(value), "source": "user", "date": today.isoformat(), "mark": Mark.ASSUMED}
        ):
            hint = nearest(given, [*short, *number_paths(profile)])
            raise InputError(f"override {given}: {profile.name} has no such number; {hint}")
    data["name"] = profile.name if profile.name.endswith("-modified") else f"{profile.name}-modified"
    return profile_from_data(data, "overrides")


def _set(data: dict[str, Any], path: str, quantity: dict[str, Any]) -> bool:
    """Put a number in its place; return False if a profile has no such place."""
    *above, last = path.split(".")
    at: Any = data
    for i, key in enumerate(above):
        if isinstance(at, dict) and at.get(key) is None and _may_be_made(above[: i + 1]):
            at[key] = {}
        at = _item(at, key)
    exists = isinstance(at, dict) or _item(at, last) is not None
    if kind_at(path.split(".")) is not Quantity or not exists:
        return False
    at[int(last) if isinstance(at, list) else last] = quantity
    return True


def _may_be_made(path: list[str]) -> bool:
    # operations and primitives must exist already; ranges and optional tables, such as clock, are made if missing
    kind = kind_at(path)
    return kind is not None and not (len(path) == 2 and path[0] in {"operations", "primitives", "measurement"})


def _item(at: Any, key: str) -> Any:
    if isinstance(at, dict):
        return at.get(key)
    if isinstance(at, list) and key.isdigit() and int(key) < len(at):
        return at[int(key)]
    return None
