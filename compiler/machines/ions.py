"""Trapped ions: phases by spin sequences, readouts through the spin, everything else by the trap's own gates.

The native circuit has one `PolynomialPhase` along one direction for every sequence, and is proved equal to the source;
the layout file holds the pulses of each, whose errors are certified on the interval that the state's positions span.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from functools import partial
from math import erfc, inf, sqrt

import numpy as np

from compiler.costs.noise import with_noise
from compiler.decompositions.undecomposed import STATE_ONLY
from compiler.errors import MappingReason, NotMappableError
from compiler.ions.extent import state_distance
from compiler.ions.program import IonGate
from compiler.ions.qscout_steps import unmappable_steps
from compiler.ions.search import OutOfReachError, Wanted, search
from compiler.ions.sequences.certify import certify
from compiler.ions.sequences.sequence import SpinSequence
from compiler.ions.sequences.synthesis import Synthesised, SynthesisSettings, estimated_pulses
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PREPARATIONS, BeamSplitter, DisplacementReadout, Homodyne, used
from compiler.machines.ion_checks import wrong_pulses
from compiler.machines.ion_file import (
    DisplacementReading,
    IonFile,
    Reading,
    Sequence,
    ion_program,
    is_qscout,
    layout_of,
    steps_of,
)
from compiler.machines.ion_noise import (
    as_bits,
    flip_probability,
    ion_duration_s,
    ion_noise,
    ion_schedule,
    with_ion_noise,
)
from compiler.machines.ion_positions import PositionLaw, position_laws
from compiler.machines.ion_settings import IonSettings
from compiler.machines.layout import ION_FILE, read_layout
from compiler.machines.limits import absent_operations, out_of_range, too_many_modes, unsupported, wrong_modes
from compiler.machines.machine import Layout, NoisyCircuit, Request, Results
from compiler.passes.base import Pass
from compiler.passes.lowering.interferometer_mesh import InterferometerMesh
from compiler.passes.lowering.lower_controlled import LowerControlled
from compiler.passes.lowering.split_directions import SplitDirections
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.passes.simplifying.merge_neighbours import MergeNeighbours
from compiler.routing.coupling import coupling_of
from compiler.semantics.equivalence import DEFAULT_SEED, DEFAULT_TOLERANCE, Equivalence, equivalent, refuse_noise
from hardware_profiles.schema import Profile

FREE_AREA_SEARCH_S = {1: 0.0, 2: 1.0, 3: 3.0, 4: 30.0}
"""Nominal seconds of a search with free areas, by degree; above the effort, equal areas are used instead."""

FREE_AREA_SHARE = 0.6
"""Pulses of sequences with free areas, as a share of those with equal areas, for estimates."""


@dataclass(frozen=True, slots=True)
class Ions:
    """A machine of trapped ions; see the module."""

    method: str = "phase-space points, and certified errors of spin sequences"
    tolerance: float = DEFAULT_TOLERANCE
    reads_bits: bool = True

    def require_parts(self, profile: Profile) -> None:
        """Require nothing: noise that the profile does not state is left out, with a warning."""

    def layout_file(self, profile: Profile) -> str | None:
        """Return ``ions.json``."""
        return ION_FILE

    def default_squeezing(self, profile: Profile) -> float:
        """Return at most 0.5: sequences grow with the cube of the interval that positions span, or faster."""
        return min(0.5, profile.limit("PrepareSqueezed", "r") or 0.5)

    def check_source(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Return the reasons for states that the trap does not prepare, readouts without a spin, and feed-forward."""
        settings = request.settings_of(IonSettings)
        reasons = [*too_many_modes(source, profile), *absent_operations(source, profile, "spins")]
        for index, op in enumerate(source.operations):
            where = f"operation {index} {op}"
            if isinstance(op, Homodyne) and not settings.kappa:
                reasons.append(MappingReason(where, unsupported("Homodyne", profile), BY_SPIN_ADVICE))
            elif names := used(op):
                what = "the spin gives one bit, not the value that is needed"
                if any(isinstance(of, DisplacementReadout) and of.result in names for of in source.operations):
                    what = "feed-forward of a displacement readout is not available on ions here"
                reasons.append(
                    MappingReason(where, f"it depends on {', '.join(sorted(names))}, and {what}", "use a number")
                )
        return tuple(reasons)

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """List the passes: phases to phases along few directions, and the rest to beamsplitters and squeezers.

        A program without phases above degree 2 needs no pulses for them: the trap's own gates make them exactly.
        """
        split = SplitDirections(request.options, cost=partial(estimated_cost, request=request), gaussian_gates=True)
        return MergeNeighbours(), CollectPhases(), split, LowerControlled(), InterferometerMesh(), DropTrivial()

    def lay_out(self, native: Circuit, profile: Profile, facts: tuple[object, ...], request: Request) -> Layout | None:
        """Return the pulses of every phase and the bit of every readout."""
        settings = request.settings_of(IonSettings)
        readings = tuple(
            Reading(result=op.result, kappa=settings.kappa) for op in native.operations if isinstance(op, Homodyne)
        )
        if reasons := _operations(native, profile, readings):
            raise NotMappableError(profile.name, reasons)
        idle = IonFile(
            error=settings.error,
            deviations=settings.deviations,
            input_r=settings.input_r,
            sequences=tuple(_idle(law) for law in position_laws(native, profile.name, settings.input_r)),
            readouts=readings,
            displacement_readouts=tuple(
                DisplacementReading.of(index, op)
                for index, op in enumerate(native.operations)
                if isinstance(op, DisplacementReadout)
            ),
            calibration=settings.calibration,
        )
        if reasons := _jaqal(native, profile, idle):  # before the long searches
            raise NotMappableError(profile.name, reasons)
        return _described(native, profile, idle.model_copy(update={"sequences": _sequences(native, profile, request)}))

    def check_native(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Return reasons: operations of other machines, and pulses of another circuit or less accurate than stated."""
        if layout is None:
            return _operations(native, profile, None)
        file = read_layout(IonFile, layout, ION_FILE)
        return (
            _operations(native, profile, file.readouts)
            or tuple(wrong_pulses(native, profile, file))
            or _jaqal(native, profile, file)
        )

    def caveats(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Return how far the state is from the ideal one, and the pulses from the phases, and where."""
        return () if layout is None else _bounds(native, read_layout(IonFile, layout, ION_FILE))

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """Compare with `compiler.semantics.equivalence.equivalent`, each sequence as the phase that it stands for."""
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
        """Add the noise over the time of the pulses; without a layout, that of the operations alone."""
        if layout is None:
            return NoisyCircuit(with_noise(native, profile, scale, without))
        return with_ion_noise(native, profile, read_layout(IonFile, layout, ION_FILE), scale, without)

    def read_bits(self, results: Results, layout: str | None, rng: np.random.Generator) -> Results:
        """Draw one spin bit for every quadrature that the layout reads so; displacement readouts are bits already."""
        return results if layout is None else as_bits(results, read_layout(IonFile, layout, ION_FILE), rng)


MACHINE = Ions()


def _operations(native: Circuit, profile: Profile, readings: tuple[Reading, ...] | None) -> tuple[MappingReason, ...]:
    """Return reasons for operations that the trap does not offer; where readings is None, readouts are left out."""
    if reasons := too_many_modes(native, profile):
        return tuple(reasons)
    shared: dict[tuple[str, str], float] = {}
    read = None if readings is None else {reading.result for reading in readings}
    coupling = coupling_of(profile, native.modes)
    for index, op in enumerate(native.operations):
        where, name = f"operation {index} {op}", type(op).__name__
        spec = profile.operations.get(name)
        if isinstance(op, Homodyne) and (read is None or op.result in read):
            continue
        if spec is None or not (profile.is_native(name) or set(spec.by) & BY_SPIN):
            advice = "leave it out, and prepare modes and apply phases directly"
            reasons.append(MappingReason(where, unsupported(name, profile), advice))
            continue
        if coupling is not None and isinstance(op, BeamSplitter) and coupling.distance[op.modes] > 1:
            advice = "number the modes so that these two are neighbours, or leave the beamsplitter out"
            reasons.append(MappingReason(where, f"modes {op.modes[0]} and {op.modes[1]} are not neighbours", advice))
        reasons += [*wrong_modes(op, op.modes, where, profile), *out_of_range(op, where, profile, shared)]
    return tuple(reasons)


BY_SPIN_ADVICE = f"read one bit per shot through the spin (--readout spin), or {STATE_ONLY}"

BY_SPIN = {"spin-signal-processing", "conditional-displacement", "conditional-squeezing"}


def estimated_cost(native: Circuit, request: Request) -> float:
    """Estimate the displacements of all sequences of a circuit whose phases are along one direction each.

    They stand for pulses, time and heating alike, which grow with them. Infinite where the machine refuses the circuit.
    """
    settings = request.settings_of(IonSettings)
    try:
        laws = position_laws(native, "", settings.input_r)
    except NotMappableError:
        return inf
    share = settings.error / max(1, len(laws))
    total = sum(estimated_pulses(law.direction.phase, law.extent(settings.deviations), share) for law in laws)
    return total if _areas_are_equal(laws, request) else FREE_AREA_SHARE * total


def _areas_are_equal(laws: tuple[PositionLaw, ...], request: Request) -> bool:
    """Return whether a search with free areas would take more than the effort."""
    distinct = {tuple(abs(c) for c in law.direction.phase.coefficients) for law in laws}
    degree = max((law.direction.phase.degree for law in laws), default=0)
    return not len(distinct) * FREE_AREA_SEARCH_S.get(degree, inf) <= request.options.effort


def _sequences(native: Circuit, profile: Profile, request: Request) -> tuple[Sequence, ...]:
    settings, options = request.settings_of(IonSettings), request.options
    laws = position_laws(native, profile.name, settings.input_r)
    pulses = SynthesisSettings(equal_areas=_areas_are_equal(laws, request))
    wanted = []
    for law in laws:
        extent = law.extent(settings.deviations)
        what = f"pulses of {native.operations[law.operation]} on |u.x| <= {extent:.3g}"
        wanted.append(Wanted(what, law.direction.phase, extent))
    share = settings.error / max(1, len(laws))
    try:
        found = search(wanted, share, pulses, request.progress, interruptible=options.interruptible)
    except OutOfReachError as error:
        advice = "lower the squeezing or the weights, or allow a larger error (--error)"
        reasons = (
            MappingReason(f"operation {at} {native.operations[at]}", reason.split(";")[0], advice)
            for at, reason in ((laws[place].operation, reason) for place, reason in error.reasons.items())
        )
        raise NotMappableError(profile.name, tuple(reasons)) from None
    return tuple(Sequence.of(law.operation, IonGate(law.direction, one)) for law, one in zip(laws, found, strict=True))


def _idle(law: PositionLaw) -> Sequence:
    """Return a sequence without pulses, in the place of one that is still to be found."""
    nothing = SpinSequence((0.0,), (0.0,), ())
    extent = law.extent(1.0)
    found = Synthesised(law.direction.phase, nothing, certify(nothing, law.direction.phase, extent))
    return Sequence.of(law.operation, IonGate(law.direction, found))


def _jaqal(native: Circuit, profile: Profile, file: IonFile) -> tuple[MappingReason, ...]:
    if not is_qscout(profile):
        return ()
    return unmappable_steps(steps_of(native, file), layout_of(native, profile), file.calibration)


def _outside(file: IonFile) -> float:
    """Bound the mass of the state where the errors are not certified: ``erfc(t / sqrt 2)`` for every sequence."""
    return min(1.0, len(file.sequences) * erfc(file.deviations / sqrt(2.0)))


def _up(bound: float, digits: int = 2) -> str:
    """Return a bound as text, rounded up."""
    shown = Context(prec=digits, rounding=ROUND_CEILING).create_decimal_from_float(bound)
    return f"{float(shown):.{digits}g}"


def _bounds(native: Circuit, file: IonFile) -> tuple[str, ...]:
    if not file.sequences:
        return ()  # Gaussian gates of the trap are exact
    program = ion_program(native, file)
    distance = state_distance(program.error_bound, _outside(file))
    found = (
        f"without noise, the final state (spin included) is within {_up(distance, 3)} of the ideal one in norm: where "
        f"every |u.x| is within {file.deviations:g} standard deviations, the pulses err by at most "
        f"{_up(program.error_bound)} in sup-norm, and the spin is not returned with probability at most "
        f"{_up(program.leak_bound)}; elsewhere (at most {_up(_outside(file))} of the state) they err by at most 2"
    )
    prepared = {op.modes[0] for op in native.operations if isinstance(op, PREPARATIONS)}
    if set(native.latent) <= prepared:
        return (found,)
    return found, f"modes that nothing prepares are assumed to be squeezed in p by r = {file.input_r:g}"


def _described(native: Circuit, profile: Profile, file: IonFile) -> Layout:
    program = ion_program(native, file)
    longest = max((gate.synthesised.sequence.pulses for gate in program.gates), default=0)
    summary: dict[str, object] = {
        "sequences": len(program.gates),
        "displacements": program.displacements,
        "pulses": sum(1 for gate in program.gates for _ in gate.pulses()),
        "longest_sequence": longest,
        "pulse_depth": program.depth,
        "error_bound": program.error_bound,
        "outside": _outside(file),
        "state_distance": state_distance(program.error_bound, _outside(file)),
        "leak_bound": program.leak_bound,
        "bits": len(file.readouts) + len(file.displacement_readouts),
        "displacement_readouts": len(file.displacement_readouts),
    }
    lines = [
        f"{len(program.gates)} spin sequences of at most {longest} displacements each ({program.displacements} in all "
        f"including kicks), pulse depth {program.depth}",
        *_bounds(native, file),
    ]
    if not program.gates:
        del summary["pulses"], summary["pulse_depth"]  # costs are those of the operations
        lines = ["no spin sequences: the trap's own gates make all phases exactly"]
    timed, noise = ion_schedule(file, profile), ion_noise(native, file, profile)
    duration_s = ion_duration_s(native, file, profile)
    if timed is not None and duration_s is not None and noise is not None and profile.spins is not None:
        summary |= {
            "duration_s": duration_s,
            "waited_for_spin": timed.waited_for_spin,
            "heating_variance": noise.added_variance,
            "dephasing_rad2": noise.dephasing_variance,
        }
        spins = int(profile.spins.count.value)
        lines.append(
            f"at least {duration_s * 1e3:.3g} ms on {spins} shared spin{'s' * (spins > 1)}; meanwhile heating adds "
            f"{noise.added_variance:.2g} vacuum units to both quadratures, and dephasing rotates each mode by "
            f"{sqrt(noise.dephasing_variance):.2g} rad (standard deviation)"
        )
    if bits := len(file.readouts):
        what = f"{bits} readout{'s' * (bits > 1)} through the spin"
        lines.append(f"{what}, one bit per shot each, kappa = {file.readouts[0].kappa:g}")
    lines += _displacement_lines(file, profile)
    return Layout(ION_FILE, file.text(), dict(summary), tuple(lines))


def _displacement_lines(file: IonFile, profile: Profile) -> list[str]:
    """Return lines on the cost of the displacement readouts."""
    if not file.displacement_readouts:
        return []
    count = len(file.displacement_readouts)
    most = max(len(reading.modes) for reading in file.displacement_readouts)
    largest = max(max(reading.amplitude) for reading in file.displacement_readouts)
    flips = flip_probability(profile)
    wrong = (
        "the profile does not state how often the spin is read wrong"
        if flips is None
        else f"the spin is read wrong with probability {flips:g}"
    )
    return [
        f"{count} displacement readout{'s' * (count > 1)}, each one spin-dependent displacement of at most {most} "
        f"mode{'s' * (most > 1)} (largest amplitude {largest:.4g}) and one bit; {wrong}"
    ]
