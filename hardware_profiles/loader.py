"""Find, read and validate profiles: shipped ones by name, those of the user by file; a profile may extend another."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hardware_profiles import extensions
from hardware_profiles.errors import InputError, did_you_mean
from hardware_profiles.messages import invalid
from hardware_profiles.paths import nearest
from hardware_profiles.schema import Profile
from hardware_profiles.texts import MAX_SETTINGS_BYTES, parse_toml, read_text

DATA = files("hardware_profiles") / "data"

ADDED: extensions.Registry[str | Path] = extensions.Registry(extensions.PROFILES, (str, Path), {})
"""Paths of TOML files with profiles that other packages add, by name."""


def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles and of those that other packages add, sorted.

    >>> "ideal-cubic" in profile_names()
    True
    """
    shipped = (entry.name.removesuffix(".toml") for entry in DATA.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted({*shipped, *ADDED.usable()}))


def load_profile(name_or_file: str | Path) -> Profile:
    """Load a shipped profile by name, or a TOML or JSON file by path.

    Raises
    ------
    InputError
        If there is no such profile or file, or its content does not fit the schema.

    Examples
    --------
    >>> load_profile("ideal-cubic").is_native("CubicPhase")
    True
    """
    text = str(name_or_file)
    if text in profile_names():
        return profile_from_data(_shipped(text), f"profile {text}")
    path = Path(text)
    if path.suffix not in {".toml", ".json"} and not path.exists():
        raise InputError(
            f"a profile must be one of {', '.join(profile_names())} or a .toml or .json file, found {text!r}"
            f"{did_you_mean(text, profile_names())}"
        )
    return profile_from_data(_read(path), text, path.parent)


def earlier_versions(name: str) -> tuple[Profile, ...]:
    """Return the earlier versions of a shipped profile, oldest first; programs compiled for them still verify.

    >>> [profile.version for profile in earlier_versions("trapped-ion-motional")]
    [1]
    """
    texts = (
        entry.read_text(encoding="utf-8")
        for entry in (DATA / "earlier").iterdir()
        if entry.name.endswith(".toml") and entry.name.rpartition("-")[0] == name
    )
    where = f"an earlier version of profile {name}"
    found = (profile_from_data(_parse(text, where, json_form=False), where) for text in texts)
    return tuple(sorted(found, key=lambda profile: profile.version))


def profile_from_data(data: object, where: str, folder: Path = Path()) -> Profile:
    """Validate a profile given as plain data.

    ``extends = "NAME"`` (a shipped profile, or a file relative to ``folder``) fills in what the data leave out, see
    `merged`.

    Raises
    ------
    InputError
        If the data do not fit the schema; the message names the first wrong field, what it must be, and what was found.
    """
    try:
        return Profile.model_validate(_complete(data, where, folder, ()))
    except ValidationError as error:
        raise invalid(error, where) from None


def merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a profile merged with the data that it extends: tables are merged, anything else is replaced.

    A number is replaced together with its provenance. An operation that states its availability is replaced entirely.

    >>> base = {"a": {"x": {"value": 1, "source": "paper"}, "y": [1, 2]}}
    >>> merged(base, {"a": {"x": {"value": 2}, "z": 3}})
    {'a': {'x': {'value': 2}, 'y': [1, 2], 'z': 3}}
    """
    out = dict(base)
    for key, value in own.items():
        old = out.get(key)
        whole = isinstance(value, dict) and ("value" in value or "availability" in value)
        out[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) and not whole else value
    return out


def _complete(data: object, where: str, folder: Path, chain: tuple[str, ...]) -> object:
    if not isinstance(data, dict) or "extends" not in data:
        return data
    base = data["extends"]
    if not isinstance(base, str):
        raise InputError(f"{where}: extends: must be the name of a profile or a file, found {base!r}")
    if "name" not in data:
        raise InputError(f"{where}: name: must be given, and differ from that of {base}, which it extends")
    if base in profile_names():
        key, base_data, base_folder = base, _shipped(base), folder
    elif Path(base).suffix in {".toml", ".json"}:
        path = folder / base
        key, base_folder = str(path.resolve()), path.parent
        base_data = {} if key in chain else _read(path)
    else:
        raise InputError(
            f"{where}: extends: must name a profile or a .toml or .json file, found {base!r}; "
            f"{nearest(base, profile_names())}"
        )
    if key in chain:
        raise InputError(f"{where}: extends: must not lead in a circle, found {base!r} again")
    inherited = _complete(base_data, base, base_folder, (*chain, key))
    if not isinstance(inherited, dict):
        raise InputError(f"{where}: extends: {base} must hold a profile")
    own = {k: v for k, v in data.items() if k != "extends"}
    if own["name"] == inherited.get("name"):
        raise InputError(f"{where}: name: must differ from that of the profile it extends, found {own['name']!r}")
    return merged(inherited, own)


def _shipped(name: str) -> object:
    """Return the data of a profile by its name; the profile may belong to this project or to another package."""
    own = DATA / f"{name}.toml"
    if own.is_file():
        return _parse(own.read_text(encoding="utf-8"), f"profile {name}", json_form=False)
    data = _read(Path(ADDED[name]))
    if isinstance(data, dict) and data.get("name") != name:
        raise InputError(f"profile {name}, added by another package: name must be {name!r}, found {data.get('name')!r}")
    return data


def _read(path: Path) -> object:
    text = read_text(path, "profile file ", MAX_SETTINGS_BYTES)
    return _parse(text, str(path), json_form=path.suffix == ".json")


def _parse(content: str, where: str, *, json_form: bool) -> object:
    if not json_form:
        return parse_toml(content, where)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = "an integer is above the limit of 4,300 digits"
        if isinstance(error, RecursionError):
            reason = "nested too deeply"
        elif isinstance(error, json.JSONDecodeError):
            reason = " ".join(str(error).split())
        raise InputError(f"{where}: not valid JSON: {reason}") from None
