"""Kinds of machines, and which one a profile describes.

`machine_of` picks the kind by the profile: the kind that it names, its topology, how it counts or reads, and how it
makes phases. A machine brings logical circuits into its native form and reports why a native circuit cannot run
on it (`check_native`). Another package adds a kind by an entry point (docs/extending.md).
"""

from __future__ import annotations

from compiler.errors import InputError, MappingReason, did_you_mean
from compiler.ir.circuit import Circuit
from compiler.machines.ion_settings import IonSettings
from compiler.machines.machine import Layout, Machine, NoisyCircuit, Request
from hardware_profiles import extensions
from hardware_profiles.schema import Profile

__all__ = [
    "MACHINES",
    "IonSettings",
    "Layout",
    "Machine",
    "NoisyCircuit",
    "Request",
    "check_native",
    "machine_of",
]

MACHINES: extensions.Registry[Machine] = extensions.Registry(
    extensions.MACHINES,
    (Machine,),
    {
        "gates": "compiler.machines.gates:MACHINE",
        "quad-rail": "compiler.machines.cluster:MACHINE",
        "pairs": "compiler.machines.pairs:MACHINE",
        "loops": "compiler.machines.loops:MACHINE",
        "ions": "compiler.machines.ions:MACHINE",
    },
)
"""Kinds of machines by name."""


def machine_of(profile: Profile) -> Machine:
    """Return the machine that a profile describes.

    Raises
    ------
    InputError
        If the profile names a kind that is not installed.

    Examples
    --------
    >>> from hardware_profiles import load_profile
    >>> [type(machine_of(load_profile(name))).__name__ for name in ("mqc3-quadrail", "xanadu-x8", "cavity-snail")]
    ['Cluster', 'Pairs', 'Gates']
    """
    name = profile.machine or _told(profile)
    if name not in MACHINES:
        raise InputError(
            f"profile {profile.name}: machine must be one of {', '.join(MACHINES)}, found {name!r}"
            f"{did_you_mean(name, MACHINES) or '; install the package that adds it'}"
        )
    return MACHINES[name]


def _told(profile: Profile) -> str:
    """Return the kind that a profile describes without naming it."""
    kind = profile.topology.kind
    if kind == "quad-rail":
        return kind
    if kind in ("pairs", "loops") and "photon-counting" in profile.measurement:
        return kind
    phases = profile.operations.get("PolynomialPhase")
    return "ions" if phases is not None and "spin-signal-processing" in phases.by else "gates"


def check_native(native: Circuit, profile: Profile, layout: str | None = None) -> tuple[MappingReason, ...]:
    """Report why a native circuit, with the text of its layout file if there is one, cannot run on a profile."""
    return machine_of(profile).check_native(native, profile, layout)
