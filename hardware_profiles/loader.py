"""Find, read and validate profiles: shipped ones by name, the user's by file."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hardware_profiles.errors import InputError
from hardware_profiles.schema import Profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DATA = files("hardware_profiles") / "data"


def profile_names() -> tuple[str, ...]:
    """Names of the shipped profiles, sorted.

    >>> "ideal-cubic" in profile_names()
    True
    """
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in DATA.iterdir() if entry.name.endswith(".toml")))


def load_profile(name_or_file: str | Path) -> Profile:
    """Load a shipped profile by name, or a TOML or JSON file by path.

    Raises
    ------
    InputError
        If there is no such profile or file, or it does not fit the schema.

    Examples
    --------
    >>> load_profile("ideal-cubic").is_native("CubicPhase")
    True
    """
    text = str(name_or_file)
    if text in profile_names():
        return _parse((DATA / f"{text}.toml").read_text(encoding="utf-8"), f"profile {text}", json_form=False)
    path = Path(text)
    if path.suffix not in {".toml", ".json"} and not path.exists():
        raise InputError(
            f"unknown profile {text!r}; known: {', '.join(profile_names())}; or give a .toml or .json file"
        )
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read profile file {text}: {_reason(error)}") from None
    return _parse(content, text, json_form=path.suffix == ".json")


def profile_from_data(data: object, where: str) -> Profile:
    """Validate a profile given as plain data.

    Raises
    ------
    InputError
        Naming the first field that is wrong, and what it must be.
    """
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"]) or "the profile"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        found = first.get("input")
        shown = "" if isinstance(found, dict) or first["type"] == "missing" else f", found {found!r}"
        raise InputError(f"{where}: {path}: {first['msg']}{shown}{more}") from None


def _parse(content: str, where: str, *, json_form: bool) -> Profile:
    try:
        data: Any = json.loads(content) if json_form else tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not valid {'JSON' if json_form else 'TOML'}: {_reason(error)}") from None
    return profile_from_data(data, where)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).replace("\n", " ")
