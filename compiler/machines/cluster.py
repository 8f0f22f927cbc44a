"""The quad-rail cluster machine: Gaussian circuits, placed on macronodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from math import log

import numpy as np

from compiler.costs.noise import with_noise
from compiler.errors import CircuitError, InputError, MappingReason, NotMappableError
from compiler.files import json_text, parse_json, require_format
from compiler.ir.circuit import Circuit
from compiler.machines.layout import MACRONODES
from compiler.machines.limits import out_of_range, too_many_modes, unsupported, wrong_modes
from compiler.machines.machine import Layout, NoisyCircuit, Request, Results
from compiler.passes.base import Pass
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.lowering.split_results import SplitResults
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.quadrail.device import QuadRail
from compiler.quadrail.lower import unsupported_operations
from compiler.quadrail.placement import place
from compiler.quadrail.reading import circuit_of_macronodes
from compiler.semantics.equivalence import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, equivalent, refuse_noise
from hardware_profiles.schema import Availability, Profile

FORMAT = "qumode-khrnn/macronodes"

R_PER_DB = log(10.0) / 20.0
"""Squeezing parameter of one decibel."""

DERIVED_NUMBER_TOLERANCE = 1e-3
"""Largest relative rounding of a profile's derived numbers."""


def quad_rail(profile: Profile) -> QuadRail:
    """Return the machine of a profile with a quad-rail topology.

    Raises
    ------
    InputError
        If the profile has no macronode, or numbers that follow from its squeezing do not.
    """
    node, rows, clock = profile.macronode, profile.topology.local_macronodes, profile.clock
    if node is None or rows is None:
        raise InputError(f"profile {profile.name}: a quad-rail machine needs the section macronode")
    homodyne = profile.measurement.get("homodyne")
    distance = None if homodyne is None else homodyne.max_index_distance
    steps = None if clock is None else clock.steps
    device = QuadRail(
        int(rows.value),
        node.squeezing_db.value,
        node.antisqueezing_db.value,
        (1, None if distance is None else int(distance.value)),
        None if steps is None else int(steps.value),
    )
    level = profile.limit("PrepareSqueezed", "r")
    wanted = {
        "macronode.added_variance": (node.added_variance.value, device.added_variance),
        "the levels of operations.PrepareSqueezed.ranges.r": (level, node.squeezing_db.value * R_PER_DB),
    }
    for name, (found, right) in wanted.items():
        if found is not None and abs(found - right) > DERIVED_NUMBER_TOLERANCE * right:
            raise InputError(
                f"profile {profile.name}: {name} must be {right:.6g}, as it follows from macronode.squeezing_db = "
                f"{node.squeezing_db.value:g}, found {found:g}; change them together"
            )
    return device


@dataclass(frozen=True, slots=True)
class Cluster:
    """A quad-rail machine. Its native circuits hold Gaussian operations; `place` assigns them to macronodes."""

    method: str = "phase-space points"
    tolerance: float = DEFAULT_TOLERANCE
    reads_bits: bool = False

    def require_parts(self, profile: Profile) -> None:
        """Require a macronode, and numbers that follow from its squeezing."""
        quad_rail(profile)

    def layout_file(self, profile: Profile) -> str | None:
        """Return ``macronodes.json``."""
        return MACRONODES

    def default_squeezing(self, profile: Profile) -> float:
        """Return the level of the resource states."""
        return profile.limit("PrepareSqueezed", "r") or 1.0

    def check_source(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Return the reasons for operations that no macronode performs."""
        request.require_no_settings(profile)
        return (*too_many_modes(source, profile), *unsupported_operations(source))

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """List the passes: quadratic phases to gates, each with the feed-forward of one result."""
        return CollectPhases(), LowerQuadratics(), SplitResults(), DropTrivial()

    def lay_out(self, native: Circuit, profile: Profile, facts: tuple[object, ...], request: Request) -> Layout | None:
        """Return the macronodes."""
        if reasons := (*unsupported_operations(native), *_ranges(native, profile)):
            raise NotMappableError(profile.name, reasons)
        device = quad_rail(profile)
        try:
            program = place(native, device)
            text = json_text({"format": FORMAT, "version": 1, **program.to_json()})
            held = equivalent(native, circuit_of_macronodes(parse_json(text, MACRONODES), native, device)).equivalent
        except NotMappableError as error:
            raise NotMappableError(profile.name, error.reasons) from None
        except ArithmeticError:
            held = False
        if not held:
            raise CircuitError("gates are too strong for homodyne angles in float64: lower the weights and squeezing")
        summary = program.summary()
        rate = None if profile.clock is None else profile.clock.rate_hz
        if rate is not None:
            summary["duration_s"] = (summary["last_macronode"] + 1) / rate.value
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary["counts"].items())
        lines = (
            f"{summary['macronodes']} macronodes in {summary['steps']} steps of {program.device.rows} ({kinds})",
            f"every macronode adds {program.device.added_variance:.4g} vacuum units to both quadratures of each mode "
            f"that passes; passages by mode: {', '.join(map(str, program.passages.values()))}",
        )
        return Layout(MACRONODES, text, summary, lines)

    def check_native(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Return reasons: operations that no macronode performs, wrong levels, and macronodes of another circuit."""
        reasons = (*too_many_modes(native, profile), *unsupported_operations(native), *_ranges(native, profile))
        if reasons or layout is None:
            return reasons
        data = require_format(parse_json(layout, MACRONODES), FORMAT, 1, MACRONODES)
        made = circuit_of_macronodes(data, native, quad_rail(profile))
        verdict = equivalent(native, made)
        if not verdict.equivalent:
            reason = f"its homodyne angles make another circuit: {verdict.reason}"
            return (MappingReason(MACRONODES, reason, "compile it again"),)
        passed = Counter(
            node[end]
            for node in data["macronodes"]
            for end in ("down", "right")
            if node["kind"] != "initialization" and node[end] is not None
        )
        if passed != Counter({m: n for m, n in place(native, quad_rail(profile)).passages.items() if n}):
            reason = "its modes pass other macronodes than those that the noise is computed for"
            return (MappingReason(MACRONODES, reason, "compile it again"),)
        return ()

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
        """Add the variance of every macronode, those that only pass modes on included, and the losses of operations."""
        placed = place(native, quad_rail(profile)).noisy(scale, without)
        return NoisyCircuit(with_noise(placed, profile, scale, without, placed_on_cluster=True))

    def read_bits(self, results: Results, layout: str | None, rng: np.random.Generator) -> Results:
        """Return the quadratures unchanged."""
        return results


MACHINE = Cluster()


def _ranges(circuit: Circuit, profile: Profile) -> tuple[MappingReason, ...]:
    """Return reasons for operations that the profile marks unavailable or restricts."""
    shared: dict[tuple[str, str], float] = {}
    found: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        spec = profile.operations.get(type(op).__name__)
        where = f"operation {index} {op}"
        if spec is not None and spec.availability is Availability.UNAVAILABLE:
            reason = unsupported(type(op).__name__, profile)
            found.append(MappingReason(where, reason, "use operations that the profile offers"))
        elif spec is not None:
            found += [*wrong_modes(op, op.modes, where, profile), *out_of_range(op, where, profile, shared)]
    return tuple(found)
