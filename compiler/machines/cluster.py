"""The quad-rail cluster machine: Gaussian circuits, placed on macronodes."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.circuit import Circuit
from compiler.errors import MappingReason, NotMappableError
from compiler.files import json_text, parse_json, require_format
from compiler.machines.layout_file import MACRONODES
from compiler.machines.machine import Layout, Request
from compiler.mapping import out_of_range, too_many_modes
from compiler.passes.base import Pass
from compiler.passes.collect_phases import CollectPhases
from compiler.passes.drop_trivial import DropTrivial
from compiler.passes.lower_quadratics import LowerQuadratics
from compiler.quadrail.device import QuadRail
from compiler.quadrail.lower import unplaceable
from compiler.quadrail.placement import place
from compiler.quadrail.reading import circuit_of_macronodes
from compiler.verify import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, compare
from hardware_profiles.schema import Profile

FORMAT = "qumode-khrnn/macronodes"


def quad_rail(profile: Profile) -> QuadRail:
    """The machine of a profile with a quad-rail topology and a macronode."""
    node, rows, clock = profile.macronode, profile.topology.local_macronodes, profile.clock
    assert node is not None and rows is not None
    homodyne = profile.measurement.get("homodyne")
    distance = None if homodyne is None else homodyne.max_index_distance
    steps = None if clock is None else clock.steps
    return QuadRail(
        int(rows.value),
        node.squeezing_db.value,
        node.antisqueezing_db.value,
        (1, None if distance is None else int(distance.value)),
        None if steps is None else int(steps.value),
    )


@dataclass(frozen=True, slots=True)
class Cluster:
    """See the module. Its native circuits hold Gaussian operations; `place` says which macronodes do them."""

    method: str = "phase-space points"
    tolerance: float = DEFAULT_TOLERANCE

    def usual_squeezing(self, profile: Profile) -> float:
        """The level of the resource states."""
        return profile.limit("PrepareSqueezed", "r") or 1.0

    def refused(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Operations that no macronode does."""
        return (*too_many_modes(source, profile), *unplaceable(source))

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """Quadratic phases to gates."""
        return CollectPhases(), LowerQuadratics(), DropTrivial()

    def laid_out(
        self, native: Circuit, profile: Profile, sites: tuple[int, ...] | None, request: Request
    ) -> Layout | None:
        """The macronodes."""
        if reasons := (*unplaceable(native), *_ranges(native, profile)):
            raise NotMappableError(profile.name, reasons)
        try:
            program = place(native, quad_rail(profile))
        except NotMappableError as error:
            raise NotMappableError(profile.name, error.reasons) from None
        summary = program.summary()
        rate = None if profile.clock is None else profile.clock.rate_hz
        if rate is not None:
            summary["duration_s"] = (summary["last_macronode"] + 1) / rate.value
        body = {"format": FORMAT, "version": 1, **program.to_json()}
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary["counts"].items())
        lines = (
            f"{summary['macronodes']} macronodes in {summary['steps']} steps of {program.device.rows} ({kinds})",
            f"every macronode adds {program.device.added_variance:.4g} vacuum units to both quadratures of what passes "
            f"it; passages by mode: {', '.join(map(str, program.passages.values()))}",
        )
        return Layout(MACRONODES, json_text(body), summary, lines)

    def misfits(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Operations that no macronode does, levels, and macronodes that are not those of the circuit."""
        reasons = (*too_many_modes(native, profile), *unplaceable(native), *_ranges(native, profile))
        if reasons or layout is None:
            return reasons
        made = circuit_of_macronodes(require_format(parse_json(layout, MACRONODES), FORMAT, 1, MACRONODES), native)
        verdict = compare(native, made)
        if verdict.equivalent:
            return ()
        return (MappingReason(MACRONODES, f"its angles make another circuit: {verdict.reason}", "compile it again"),)

    def claims(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Nothing: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """`compiler.verify.compare`."""
        return compare(source, native, seed=seed, digits=digits)


def _ranges(circuit: Circuit, profile: Profile) -> tuple[MappingReason, ...]:
    listed = ((i, op) for i, op in enumerate(circuit.operations) if type(op).__name__ in profile.operations)
    shared: dict[tuple[str, str], float] = {}
    return tuple(r for i, op in listed for r in out_of_range(op, f"operation {i} {op}", profile, shared))
