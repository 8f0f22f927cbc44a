"""Dotted paths into a profile: the types of the values that they lead to, and known names similar to a given one."""

from __future__ import annotations

import types
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from hardware_profiles.errors import did_you_mean
from hardware_profiles.names import OPERATION_PARAMETERS, snake_name
from hardware_profiles.quantity import Quantity
from hardware_profiles.schema import OperationSpec, Profile


def plain(kind: Any) -> Any:
    """Return a type without its annotations and without None."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in {Union, types.UnionType}:
        (kind,) = (plain(part) for part in get_args(kind) if part is not type(None))
    return kind


@cache
def hints(model: type[BaseModel]) -> dict[str, Any]:
    """Return the types of a model's fields."""
    found = get_type_hints(model, include_extras=True)
    return {key: plain(found[key]) for key in model.model_fields}


def child(kind: Any, key: str | int) -> Any:
    """Return the type of an item of a table, mapping or list; None if there can be no such item."""
    kind = plain(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return hints(kind).get(str(key))
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        allowed = plain(arguments[0])
        return plain(arguments[1]) if get_origin(allowed) is not Literal or key in get_args(allowed) else None
    if get_origin(kind) is tuple and str(key).isdigit():
        return plain(arguments[0])
    return None


def kind_at(path: Iterable[str | int], root: type[BaseModel] = Profile) -> Any:
    """Return the type at a path from the root of a profile, or of another model; None if there is nothing at the path.

    >>> kind_at(["noise", "heating_quanta_per_s"]) is Quantity, kind_at(["noise", "heat"])
    (True, None)
    """
    kind: Any = root
    for key in path:
        kind = child(kind, key)
    return kind


def nearest(found: str, known: Iterable[str]) -> str:
    """Return a hint: the known name that is spelt most similarly, or else a list of known names.

    >>> nearest("loss_bd", ["loss_db", "note"])
    "did you mean 'loss_db'?"
    """
    names = list(known)
    listed = f"known: {', '.join(names[:20])}" + (", ..." if len(names) > 20 else "")
    return did_you_mean(found, names).removeprefix("; ") or listed


def number_paths(profile: Profile) -> list[str]:
    """Return the paths of the numbers that a profile has, and of those that it could have."""
    paths = dict.fromkeys(profile.quantities())
    for section in ("noise", "topology", "clock"):
        model = hints(Profile)[section]
        paths.update(dict.fromkeys(f"{section}.{key}" for key, kind in hints(model).items() if kind is Quantity))
    for section in ("operations", "primitives"):
        for name in getattr(profile, section):
            own = [key for key, kind in hints(OperationSpec).items() if kind is Quantity]
            own += [f"ranges.{key}.maximum" for key in OPERATION_PARAMETERS.get(name, ()) if section == "operations"]
            paths.update(dict.fromkeys(f"{section}.{name}.{key}" for key in own))
    return list(paths)


def short_paths(profile: Profile) -> dict[str, str]:
    """Return short names of the numbers of operations, as ``loss_db.beam_splitter``, with the paths they stand for."""
    keys = [key for key, kind in hints(OperationSpec).items() if kind is Quantity]
    return {
        f"{key}.{snake_name(name)}": f"{section}.{name}.{key}"
        for section in ("primitives", "operations")
        for name in getattr(profile, section)
        for key in keys
    }
