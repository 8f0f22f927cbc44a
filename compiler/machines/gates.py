"""Machines with a set of native gates, on all pairs of modes or on neighbours of a line, a ring or a graph."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from compiler.costs.noise import with_noise
from compiler.errors import CircuitError, MappingReason
from compiler.ir.circuit import Circuit
from compiler.machines.layout import SITES, Index, LayoutFile, read_layout
from compiler.machines.limits import absent_operations, impossible_phases, native_violations, too_many_modes
from compiler.machines.machine import Layout, NoisyCircuit, Request, Results
from compiler.passes.base import Pass, facts_of
from compiler.passes.lowering.interferometer_mesh import InterferometerMesh
from compiler.passes.lowering.lower_controlled import LowerControlled
from compiler.passes.lowering.lower_phases import LowerPhases
from compiler.passes.lowering.measured_squeezing import MeasureSqueezing
from compiler.passes.lowering.reduce_order import ReduceOrder
from compiler.passes.lowering.route import Route
from compiler.passes.lowering.teleport_cubics import TeleportCubics
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.passes.simplifying.merge_gaussians import MergeGaussians
from compiler.passes.simplifying.merge_neighbours import MergeNeighbours
from compiler.passes.simplifying.spread_pairs import SpreadPairs
from compiler.routing.coupling import Placement, coupling_of
from compiler.routing.swaps import not_neighbours, site_violations
from compiler.semantics.equivalence import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, equivalent, refuse_noise
from hardware_profiles.schema import Profile


class SitesFile(LayoutFile):
    """The site of every mode."""

    FORMAT = "qumode-khrnn/sites"
    count: Annotated[int, Field(ge=1, le=10_000)]
    sites: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Gates:
    """A machine with a set of native gates; see the module."""

    method: str = "phase-space points"
    tolerance: float = DEFAULT_TOLERANCE
    reads_bits: bool = False

    def require_parts(self, profile: Profile) -> None:
        """None."""

    def layout_file(self, profile: Profile) -> str | None:
        """Return ``sites.json`` where not all modes are neighbours, and None where they are."""
        return None if coupling_of(profile, 1) is None else SITES

    def default_squeezing(self, profile: Profile) -> float:
        """Return 1, or the profile's limit if that is lower."""
        return min(1.0, profile.limit("PrepareSqueezed", "r") or 1.0)

    def check_source(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Return the reasons for states, chosen outcomes, photon counts, and phases that would need cubic gates.

        The passes and `check_native` name everything else.
        """
        request.require_no_settings(profile)
        return (*absent_operations(source, profile), *impossible_phases(source, profile))

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """List the passes from logical operations to the native set."""
        return (
            MergeNeighbours(),
            CollectPhases(),
            ReduceOrder(),
            LowerPhases(request.options, request.progress),
            MergeGaussians(),
            InterferometerMesh(),
            SpreadPairs(),
            MergeNeighbours(),
            TeleportCubics(),
            LowerControlled(),
            MeasureSqueezing(),
            Route(),
            MergeNeighbours(),
            DropTrivial(),
        )

    def lay_out(self, native: Circuit, profile: Profile, facts: tuple[object, ...], request: Request) -> Layout | None:
        """Return the site of every mode, where not every pair can interact."""
        placements = facts_of(facts, Placement)
        if not placements:
            return None
        placement = placements[-1]
        shown = ", ".join(map(str, placement.sites))
        line = f"sites of modes on the {profile.topology.kind} of {placement.count}: {shown}"
        summary = {"kind": profile.topology.kind, "count": placement.count, "sites": list(placement.sites)}
        file = SitesFile(count=placement.count, sites=placement.sites)
        return Layout(SITES, file.text(), summary, (line,))

    def check_native(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Return the reasons: operations not native, out of range or on modes that do not couple, and shared sites."""
        if profile.topology.kind == "loops":
            reason = "delay loops are compiled for photon counters only"
            advice = "give the profile the section measurement.photon-counting"
            return (MappingReason("the profile", reason, advice),)
        if coupling_of(profile, native.modes) is None:
            return (*too_many_modes(native, profile), *native_violations(native, profile))
        placement = Placement(native.modes, tuple(range(native.modes)))
        if layout is not None:
            placement = _placement(layout, native.modes)
        own = coupling_of(profile, native.modes)
        if own is not None and placement.count > own.sites:
            return tuple(too_many_modes(native, profile)) or (_SIZE,)
        coupling = coupling_of(profile, placement.count)
        assert coupling is not None
        return (
            native_violations(native, profile, placement.sites)
            or site_violations(native, placement.sites)
            or not_neighbours(native, coupling, placement.sites)
        )

    def caveats(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Return no caveat: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """Compare with `compiler.semantics.equivalence.equivalent`."""
        refuse_noise(source, native)
        return equivalent(source, native, seed=seed, digits=digits)

    def noisy(
        self,
        native: Circuit,
        profile: Profile,
        layout: str | None = None,
        scale: float = 1.0,
        without: Collection[str] = (),
    ) -> NoisyCircuit:
        """Add the losses and noises of operations and of waiting time."""
        return NoisyCircuit(with_noise(native, profile, scale, without))

    def read_bits(self, results: Results, layout: str | None, rng: np.random.Generator) -> Results:
        """Return the quadratures unchanged."""
        return results


MACHINE = Gates()

_SIZE = MappingReason(SITES, "lists more sites than the profile has", "compile it again")


def _placement(text: str, modes: int) -> Placement:
    found = read_layout(SitesFile, text, SITES)
    if len(found.sites) != modes or not all(0 <= site < found.count for site in found.sites):
        raise CircuitError(f"{SITES}: sites must be {modes} numbers in 0..{found.count - 1}, found {list(found.sites)}")
    return Placement(found.count, found.sites)
