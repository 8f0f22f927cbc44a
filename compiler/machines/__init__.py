"""Kinds of machines, and which one a profile is.

`machine_of` picks by what the profile says: its topology, how it counts or reads, and how it makes phases. A machine
brings logical circuits into its native form and says, of any native circuit, why it is no program of its
(`misfits`).
"""

from __future__ import annotations

from compiler.circuit import Circuit
from compiler.errors import MappingReason
from compiler.machines.machine import IonSettings, Layout, Machine, Request
from hardware_profiles.schema import Profile

__all__ = ["IonSettings", "Layout", "Machine", "Request", "machine_of", "misfits"]


def machine_of(profile: Profile) -> Machine:
    """The machine that a profile describes.

    >>> from hardware_profiles import load_profile
    >>> [type(machine_of(load_profile(name))).__name__ for name in ("mqc3-quadrail", "xanadu-x8", "cavity-snail")]
    ['Cluster', 'Counting', 'Gates']
    """
    if profile.topology.kind == "quad-rail":
        from compiler.machines.cluster import Cluster

        return Cluster()
    if profile.topology.kind in ("pairs", "loops") and "photon-counting" in profile.measurement:
        from compiler.machines.counting import Counting

        return Counting()
    phases = profile.operations.get("PolynomialPhase")
    if phases is not None and "spin-signal-processing" in phases.by:
        from compiler.machines.ions import Ions

        return Ions()
    from compiler.machines.gates import Gates

    return Gates()


def misfits(native: Circuit, profile: Profile, layout: str | None = None) -> tuple[MappingReason, ...]:
    """Reasons why a native circuit, with the text of its layout file if there is one, is no program for a profile."""
    return machine_of(profile).misfits(native, profile, layout)
