"""Machines with a set of native gates, on all pairs of modes or on neighbours of a line, a ring or a graph."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.errors import CircuitError, MappingReason
from compiler.machines.layout_file import SITES, LayoutFile, read_layout
from compiler.machines.machine import Layout, Request
from compiler.mapping import unmappable
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
from compiler.routing.swaps import apart, not_neighbours
from compiler.verify import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, compare
from hardware_profiles.schema import Profile


class SitesFile(LayoutFile):
    """Where every mode sits."""

    FORMAT = "qumode-khrnn/sites"
    sites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gates:
    """See the module."""

    method: str = "phase-space points"
    tolerance: float = DEFAULT_TOLERANCE

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
        self, native: Circuit, profile: Profile, sites: tuple[int, ...] | None, request: Request
    ) -> Layout | None:
        """The site of every mode, where not every pair can interact."""
        coupling = coupling_of(profile, native.modes)
        if coupling is None or sites is None:
            return None
        far = len(apart(native, coupling, sites))
        summary = {"kind": profile.topology.kind, "sites": list(sites), "apart": far}
        line = f"sites of modes on the {profile.topology.kind}: {', '.join(map(str, sites))}"
        return Layout(SITES, SitesFile(sites=sites).text(), summary, (line,))

    def misfits(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Operations that are not native, out of range, or on modes that are not neighbours."""
        reasons = unmappable(native, profile)
        coupling = coupling_of(profile, native.modes)
        if coupling is None or reasons:
            return reasons
        sites = tuple(range(native.modes)) if layout is None else _sites(layout, native.modes, coupling.sites)
        return not_neighbours(native, coupling, sites)

    def claims(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Nothing: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """`compiler.verify.compare`."""
        return compare(source, native, seed=seed, digits=digits)


def _sites(text: str, modes: int, sites: int) -> tuple[int, ...]:
    found = read_layout(SitesFile, text, SITES).sites
    if len(found) != modes or not all(0 <= site < sites for site in found):
        raise CircuitError(f"{SITES}: sites must be {modes} numbers in 0..{sites - 1}, found {list(found)}")
    return found
