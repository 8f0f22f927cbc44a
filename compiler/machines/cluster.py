"""The quad-rail cluster machine: Gaussian circuits, placed on macronodes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log

from compiler.circuit import Circuit
from compiler.errors import CircuitError, InputError, MappingReason, NotMappableError
from compiler.files import json_text, parse_json, require_format
from compiler.machines.layout_file import MACRONODES
from compiler.machines.machine import Layout, Request
from compiler.mapping import lacking, out_of_range, too_many_modes, wrong_modes
from compiler.passes.base import Pass
from compiler.passes.collect_phases import CollectPhases
from compiler.passes.drop_trivial import DropTrivial
from compiler.passes.lower_quadratics import LowerQuadratics
from compiler.quadrail.device import QuadRail
from compiler.quadrail.lower import unplaceable
from compiler.quadrail.placement import place
from compiler.quadrail.reading import circuit_of_macronodes
from compiler.routing.coupling import Placement
from compiler.verify import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, compare
from hardware_profiles.schema import Availability, Profile

FORMAT = "qumode-khrnn/macronodes"

DB = log(10.0) / 20.0
"""Squeezing parameter of one decibel."""

DERIVED = 1e-3
"""How far a profile's derived numbers may be rounded."""


def quad_rail(profile: Profile) -> QuadRail:
    """The machine of a profile with a quad-rail topology.

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
        "the levels of operations.PrepareSqueezed.ranges.r": (level, node.squeezing_db.value * DB),
    }
    for name, (found, right) in wanted.items():
        if found is not None and abs(found - right) > DERIVED * right:
            raise InputError(
                f"profile {profile.name}: {name} must be {right:.4g}, as it follows from macronode.squeezing_db = "
                f"{node.squeezing_db.value:g}, found {found:g}; change them together"
            )
    return device


@dataclass(frozen=True, slots=True)
class Cluster:
    """See the module. Its native circuits hold Gaussian operations; `place` says which macronodes do them."""

    method: str = "phase-space points"
    tolerance: float = DEFAULT_TOLERANCE

    def require_parts(self, profile: Profile) -> None:
        """A macronode, and numbers that follow from its squeezing."""
        quad_rail(profile)

    def layout_file(self, profile: Profile) -> str | None:
        """``macronodes.json``."""
        return MACRONODES

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
        self, native: Circuit, profile: Profile, placement: Placement | None, request: Request
    ) -> Layout | None:
        """The macronodes."""
        if reasons := (*unplaceable(native), *_ranges(native, profile)):
            raise NotMappableError(profile.name, reasons)
        device = quad_rail(profile)
        try:
            program = place(native, device)
            text = json_text({"format": FORMAT, "version": 1, **program.to_json()})
            held = compare(native, circuit_of_macronodes(parse_json(text, MACRONODES), native, device)).equivalent
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
            f"every macronode adds {program.device.added_variance:.4g} vacuum units to both quadratures of what passes "
            f"it; passages by mode: {', '.join(map(str, program.passages.values()))}",
        )
        return Layout(MACRONODES, text, summary, lines)

    def misfits(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Operations that no macronode does, levels, and macronodes that are not those of the circuit."""
        reasons = (*too_many_modes(native, profile), *unplaceable(native), *_ranges(native, profile))
        if reasons or layout is None:
            return reasons
        data = require_format(parse_json(layout, MACRONODES), FORMAT, 1, MACRONODES)
        made = circuit_of_macronodes(data, native, quad_rail(profile))
        verdict = compare(native, made)
        if not verdict.equivalent:
            reason = f"its angles make another circuit: {verdict.reason}"
            return (MappingReason(MACRONODES, reason, "compile it again"),)
        passed = Counter(
            node[end]
            for node in data["macronodes"]
            for end in ("down", "right")
            if node["kind"] != "initialization" and node[end] is not None
        )
        if passed != Counter({m: n for m, n in place(native, quad_rail(profile)).passages.items() if n}):
            reason = "its modes pass other macronodes than the noise is computed for (compiler.noise)"
            return (MappingReason(MACRONODES, reason, "compile it again"),)
        return ()

    def claims(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Nothing: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """`compiler.verify.compare`."""
        return compare(source, native, seed=seed, digits=digits)


def _ranges(circuit: Circuit, profile: Profile) -> tuple[MappingReason, ...]:
    """Operations that the profile says it has not, or not so."""
    shared: dict[tuple[str, str], float] = {}
    found: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        spec = profile.operations.get(type(op).__name__)
        where = f"operation {index} {op}"
        if spec is not None and spec.availability is Availability.UNAVAILABLE:
            reason = lacking(type(op).__name__, profile)
            found.append(MappingReason(where, reason, "use operations that the profile has"))
        elif spec is not None:
            found += [*wrong_modes(op, op.modes, where, profile), *out_of_range(op, where, profile, shared)]
    return tuple(found)
