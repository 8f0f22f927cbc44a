"""Machines with a set of native gates, on all pairs of modes or on neighbours of a line, a ring or a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from compiler.circuit import Circuit
from compiler.errors import CircuitError, MappingReason
from compiler.machines.layout_file import SITES, Index, LayoutFile, read_layout
from compiler.machines.machine import Layout, Request
from compiler.mapping import too_many_modes, unmappable
from compiler.passes.base import Pass
from compiler.passes.collect_phases import CollectPhases
from compiler.passes.drop_trivial import DropTrivial
from compiler.passes.interferometer_mesh import InterferometerMesh
from compiler.passes.lower_controlled import LowerControlled
from compiler.passes.lower_phases import LowerPhases
from compiler.passes.measured_squeezing import MeasureSqueezing
from compiler.passes.merge_gaussians import MergeGaussians
from compiler.passes.merge_neighbours import MergeNeighbours
from compiler.passes.reduce_order import ReduceOrder
from compiler.passes.route import Route, coupling_of
from compiler.passes.teleport_cubics import TeleportCubics
from compiler.routing.coupling import Placement
from compiler.routing.swaps import crowded, not_neighbours
from compiler.verify import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, compare
from hardware_profiles.schema import Profile


class SitesFile(LayoutFile):
    """Where every mode sits."""

    FORMAT = "qumode-khrnn/sites"
    count: Annotated[int, Field(ge=1, le=10_000)]
    sites: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Gates:
    """See the module."""

    method: str = "phase-space points"
    tolerance: float = DEFAULT_TOLERANCE

    def require_parts(self, profile: Profile) -> None:
        """None."""

    def layout_file(self, profile: Profile) -> str | None:
        """``sites.json`` where not all modes are neighbours."""
        return None if coupling_of(profile, 1) is None else SITES

    def usual_squeezing(self, profile: Profile) -> float:
        """1, or the profile's limit."""
        return min(1.0, profile.limit("PrepareSqueezed", "r") or 1.0)

    def refused(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Nothing: the passes and the mapping tell."""
        return ()

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """From logical operations to the native set."""
        return (
            CollectPhases(),
            ReduceOrder(),
            LowerPhases(request.options, request.progress),
            MergeGaussians(),
            InterferometerMesh(),
            TeleportCubics(),
            LowerControlled(),
            MeasureSqueezing(),
            Route(),
            MergeNeighbours(),
            DropTrivial(),
        )

    def laid_out(
        self, native: Circuit, profile: Profile, placement: Placement | None, request: Request
    ) -> Layout | None:
        """The site of every mode, where not every pair can interact."""
        if placement is None:
            return None
        shown = ", ".join(map(str, placement.sites))
        line = f"sites of modes on the {profile.topology.kind} of {placement.count}: {shown}"
        summary = {"kind": profile.topology.kind, "count": placement.count, "sites": list(placement.sites)}
        file = SitesFile(count=placement.count, sites=placement.sites)
        return Layout(SITES, file.text(), summary, (line,))

    def misfits(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Operations that are not native, out of range, or on modes that are not neighbours; modes at one site."""
        if profile.topology.kind == "loops":
            reason = "delay loops are compiled for photon counters only"
            advice = "use compiler.loops.assign_loops for an assignment of modes to bins"
            return (MappingReason("the profile", reason, advice),)
        if coupling_of(profile, native.modes) is None:
            return (*too_many_modes(native, profile), *unmappable(native, profile))
        placement = Placement(native.modes, tuple(range(native.modes)))
        if layout is not None:
            placement = _placement(layout, native.modes)
        own = coupling_of(profile, native.modes)
        if own is not None and placement.count > own.sites:
            return tuple(too_many_modes(native, profile)) or (_SIZE,)
        coupling = coupling_of(profile, placement.count)
        assert coupling is not None
        return (
            unmappable(native, profile, placement.sites)
            or crowded(native, placement.sites)
            or not_neighbours(native, coupling, placement.sites)
        )

    def claims(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Nothing: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """`compiler.verify.compare`."""
        return compare(source, native, seed=seed, digits=digits)


_SIZE = MappingReason(SITES, "counts more sites than the profile has", "compile it again")


def _placement(text: str, modes: int) -> Placement:
    found = read_layout(SitesFile, text, SITES)
    if len(found.sites) != modes or not all(0 <= site < found.count for site in found.sites):
        raise CircuitError(f"{SITES}: sites must be {modes} numbers in 0..{found.count - 1}, found {list(found.sites)}")
    return Placement(found.count, found.sites)
