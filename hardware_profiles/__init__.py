"""Devices as data: one file per device, a schema that validates it, and a loader; operations are known by name only.

Names are imported on first use, so that the command line starts fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hardware_profiles.display import Drawable, Picture, drawn_by

if TYPE_CHECKING:
    from hardware_profiles.errors import InputError
    from hardware_profiles.loader import earlier_versions, load_profile, profile_from_data, profile_names
    from hardware_profiles.overrides import apply_overrides, parse_overrides
    from hardware_profiles.pages import profile_page
    from hardware_profiles.quantity import Mark, Quantity
    from hardware_profiles.schema import OperationSpec, Profile, profile_schema

_HOMES = {
    "errors": ("InputError",),
    "loader": ("earlier_versions", "load_profile", "profile_from_data", "profile_names"),
    "overrides": ("apply_overrides", "parse_overrides"),
    "pages": ("profile_page",),
    "quantity": ("Mark", "Quantity"),
    "schema": ("OperationSpec", "Profile", "profile_schema"),
}

__all__ = [
    "Drawable",
    "InputError",
    "Mark",
    "OperationSpec",
    "Picture",
    "Profile",
    "Quantity",
    "apply_overrides",
    "drawn_by",
    "earlier_versions",
    "load_profile",
    "parse_overrides",
    "profile_from_data",
    "profile_names",
    "profile_page",
    "profile_schema",
]

drawn_by({"hardware_profiles.schema:Profile": "hardware_profiles.display.profiles:profile_picture"})


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"hardware_profiles.{home}"), name)
    raise AttributeError(f"module 'hardware_profiles' has no attribute {name!r}")
