"""Devices as data: one file each, a schema that validates it, and a loader. Knows gates only by name."""

from hardware_profiles.errors import InputError
from hardware_profiles.loader import load_profile, profile_from_data, profile_names
from hardware_profiles.schema import Mark, OperationSpec, Profile, Quantity

__all__ = [
    "InputError",
    "Mark",
    "OperationSpec",
    "Profile",
    "Quantity",
    "load_profile",
    "profile_from_data",
    "profile_names",
]
