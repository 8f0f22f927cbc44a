"""Machines that count photons of Gaussian light: pairs of modes (X8), and pulses in delay loops (Borealis).

A circuit for them prepares a state; the proof is that the fitted program prepares the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import tanh
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from compiler.circuit import Circuit
from compiler.errors import InputError, MappingReason, NotMappableError
from compiler.gaussian_state import prepared_state
from compiler.graph_states import input_squeezing, loop_graph_state
from compiler.loop_jobs import LoopDevice, LoopEfficiencies, LoopJob
from compiler.loop_reading import loop_job, loop_reasons
from compiler.machines.layout_file import JOB, STRICT, Bounded, LayoutFile, read_layout
from compiler.machines.machine import Layout, Request
from compiler.mapping import too_many_modes
from compiler.paired_modes import PairedDevice, PairedProgram, fit_pairs, pair_reasons
from compiler.passes.base import Pass, PassResult, Promise
from compiler.passes.collect_phases import CollectPhases
from compiler.passes.lower_quadratics import LowerQuadratics, quadratic_gates
from compiler.photon_counting import LEVEL, refused_operations
from compiler.routing.coupling import Placement
from compiler.verify import DEFAULT_SEED, Equivalence
from hardware_profiles.schema import Profile

METHOD = "covariance of the prepared state"

AGREES = 1e-6
"""Largest accepted difference of covariances, relative to the largest element: the tolerance of levels is 1e-5."""


class PairedFile(LayoutFile):
    """Settings of a machine of pairs: squeezing a pair, and the unitary on both halves as (real, imaginary)."""

    FORMAT = "qumode-khrnn/paired-job"
    squeezing: tuple[Annotated[float, Field(ge=0.0, le=10.0)], ...]
    unitary: tuple[tuple[tuple[Bounded, Bounded], ...], ...]


class LoopSettings(BaseModel):
    """One loop: rotation and beamsplitter angle for every pulse, rad."""

    model_config = STRICT
    rotation: tuple[Bounded, ...]
    theta: tuple[Bounded, ...]


class LoopFile(LayoutFile):
    """Settings of a machine of loops: the squeezing of all pulses, and each loop's."""

    FORMAT = "qumode-khrnn/loop-job"
    r: Bounded
    loops: tuple[LoopSettings, ...]

    def is_of(self, job: LoopJob) -> bool:
        """Whether the settings are those of a job, up to rounding."""
        ours = [(self.r,), *(values for loop in self.loops for values in (loop.rotation, loop.theta))]
        theirs = [(job.r,), *(values for loop in job.loops for values in (loop.rotation, loop.theta))]
        return [len(values) for values in ours] == [len(values) for values in theirs] and all(
            np.allclose(a, b, rtol=0.0, atol=1e-9) for a, b in zip(ours, theirs, strict=True)
        )


def paired_device(profile: Profile) -> PairedDevice:
    """The device of a profile of signal and idler modes.

    Raises
    ------
    InputError
        If the profile lacks a part.
    """
    spec = profile.primitives.get("TwoModeSqueezing")
    levels = None if spec is None else spec.ranges.get("r")
    if spec is None or levels is None or not spec.pairs or not levels.levels:
        raise _lacking(profile, "primitives.TwoModeSqueezing with pairs, and ranges.r with levels")
    return PairedDevice(profile.name, len(spec.pairs), tuple(q.value for q in levels.levels))


def loop_device(profile: Profile) -> LoopDevice:
    """The device of a profile of delay loops; raises as `paired_device`."""
    loops, modes = profile.topology.loops, profile.topology.max_modes
    bins = None if profile.clock is None else profile.clock.max_bins
    prepared = profile.operations.get("PrepareSqueezed")
    levels = None if prepared is None else prepared.ranges.get("r")
    phase, splitter = profile.limit("Rotation", "theta"), profile.limit("BeamSplitter", "theta")
    if modes is None or bins is None or levels is None or not levels.levels or phase is None or splitter is None:
        raise _lacking(
            profile,
            "topology.max_modes, clock.max_bins, levels of operations.PrepareSqueezed.ranges.r, and ranges.theta of "
            "Rotation and BeamSplitter",
        )
    return LoopDevice(
        name=profile.name,
        delays=tuple(int(loop.delay_bins.value) for loop in loops),
        modes=int(modes.value),
        bins=int(bins.value),
        levels=tuple(q.value for q in levels.levels),
        phase=phase,
        splitter=splitter,
        loop_phases=tuple(0.0 if loop.phase_rad is None else loop.phase_rad.value for loop in loops),
    )


def _lacking(profile: Profile, what: str) -> InputError:
    kind = profile.topology.kind
    return InputError(f"profile {profile.name}: a photon counter with topology {kind!r} needs {what}")


def loop_efficiencies(profile: Profile) -> LoopEfficiencies:
    """The transmissions that a profile of delay loops states; 1 where it states none."""
    counting = profile.measurement["photon-counting"]
    return LoopEfficiencies(
        1.0 if counting.efficiency is None else counting.efficiency.value,
        tuple(1.0 if loop.efficiency is None else loop.efficiency.value for loop in profile.topology.loops),
        tuple(q.value for q in counting.channel_efficiencies) or (1.0,),
    )


def same_state(source: Circuit, native: Circuit) -> Equivalence:
    """Whether two Gaussian preparations make the same state; modes that the source does not have must be vacuum.

    >>> from compiler.operations import PrepareSqueezed, Squeeze
    >>> same_state(Circuit(1, (Squeeze((0,), 0.5),)), Circuit(1, (PrepareSqueezed((0,), 0.5),))).equivalent
    True
    """
    wanted = prepared_state(Circuit(native.modes, source.operations))
    found = prepared_state(native)
    size = float(np.abs(wanted.cov).max(initial=1.0))
    off = np.abs(wanted.cov - found.cov) / size
    residual = max(float(off.max(initial=0.0)), float(np.abs(wanted.mean - found.mean).max(initial=0.0)))
    if residual <= AGREES:
        return Equivalence(True, residual, AGREES, 1)
    row, column = np.unravel_index(int(np.argmax(off)), off.shape)
    names = [f"{'x' if i < native.modes else 'p'}_{i % native.modes}" for i in (row, column)]
    reason = (
        f"the covariance of {names[0]} and {names[1]} is {wanted.cov[row, column]:.9g} in one and "
        f"{found.cov[row, column]:.9g} in the other"
    )
    return Equivalence(False, residual, AGREES, 1, reason)


@dataclass(frozen=True, slots=True)
class FitState:
    """Replace a preparation by one of the same state that the machine can make."""

    name: str = "fit_state"
    promise: Promise = Promise.SAME_STATE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Fit; raises NotMappableError with the reasons."""
        if profile.topology.kind == "pairs":
            device = paired_device(profile)
            try:
                program = fit_pairs(circuit, device)
            except NotMappableError as error:
                raise _hinted(error, f"(m, m + {device.pairs})", device.levels) from None
            shown = ", ".join(f"{r:g}" for r in program.squeezing)
            return PassResult(program.circuit(), f"two-mode squeezing {shown} of the pairs, one unitary on both halves")
        job = _fitted_job(circuit, loop_device(profile))
        return PassResult(job, f"{job.modes} pulses through {len(profile.topology.loops)} loops")


def _fitted_job(circuit: Circuit, device: LoopDevice) -> Circuit:
    """The circuit itself if it is a job, or else the job of pairs that prepares the same state."""
    reasons = loop_reasons(circuit, device)
    if not reasons:
        return circuit
    if circuit.modes % 2 == 0 and not refused_operations(circuit):
        for level in device.levels:
            pairs = loop_graph_state(circuit.modes, level, device.delays).circuit(device.delays) if level else None
            if pairs is not None and same_state(circuit, pairs).equivalent and not loop_reasons(pairs, device):
                return pairs
    raise _hinted(NotMappableError(device.name, reasons), "(0, 1), (2, 3), ..", device.levels)


def _hinted(error: NotMappableError, pairs: str, levels: tuple[float, ...]) -> NotMappableError:
    """The refusal, with the graph states that fit."""
    first, *others = error.reasons
    fitting = " or ".join(f"{tanh(2.0 * r)!r} at squeezing {input_squeezing(r)!r}" for r in levels if r)
    advice = f"{first.relaxation}; an edge on each of the pairs {pairs} fits, all of weight {fitting}"
    return NotMappableError(error.profile, (MappingReason(first.operation, first.reason, advice), *others))


@dataclass(frozen=True, slots=True)
class Counting:
    """See the module."""

    method: str = METHOD
    tolerance: float = AGREES

    def require_parts(self, profile: Profile) -> None:
        """What `paired_device` and `loop_device` ask for."""
        if profile.topology.kind == "pairs":
            paired_device(profile)
        else:
            loop_device(profile)

    def layout_file(self, profile: Profile) -> str | None:
        """``job.json``."""
        return JOB

    def usual_squeezing(self, profile: Profile) -> float:
        """That of the graph states which the largest level makes (`compiler.graph_states`)."""
        if profile.topology.kind == "pairs":
            return input_squeezing(max(paired_device(profile).levels))
        return input_squeezing(max(loop_device(profile).levels))

    def refused(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Readouts, feed-forward and everything that is not Gaussian; unprepared modes start in the vacuum."""
        return (*too_many_modes(source, profile), *refused_operations(source))

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """Quadratic phases to gates, then the fit."""
        return CollectPhases(), LowerQuadratics(), FitState()

    def laid_out(
        self, native: Circuit, profile: Profile, placement: Placement | None, request: Request
    ) -> Layout | None:
        """The settings of the machine."""
        if profile.topology.kind == "pairs":
            program = fit_pairs(native, paired_device(profile))
            unitary = tuple(tuple((z.real, z.imag) for z in row) for row in program.unitary)
            text = PairedFile(squeezing=program.squeezing, unitary=unitary).text()
            summary: dict[str, Any] = {
                "pairs": program.pairs,
                "squeezed_pairs": sum(r > 0.0 for r in program.squeezing),
            }
            line = f"{summary['squeezed_pairs']} of {program.pairs} pairs squeezed; every mode ends in a photon counter"
        else:
            job = loop_job(native, loop_device(profile))
            loops = tuple(LoopSettings(rotation=loop.rotation, theta=loop.theta) for loop in job.loops)
            text = LoopFile(r=job.r, loops=loops).text()
            summary = _loop_summary(job, profile)
            line = f"{job.modes} pulses in {summary['bins']} bins, r = {job.r:g}; every pulse ends in a photon counter"
        return Layout(JOB, text, summary, (line,))

    def misfits(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Reasons of the fit; and whether the file of settings is that of the circuit."""
        if profile.topology.kind == "pairs":
            reasons = pair_reasons(native, paired_device(profile))
        else:
            reasons = loop_reasons(native, loop_device(profile))
        if reasons or layout is None:
            return reasons
        if profile.topology.kind == "pairs":
            read = read_layout(PairedFile, layout, JOB)
            rows = tuple(tuple(complex(*z) for z in row) for row in read.unitary)
            levels = np.array(paired_device(profile).levels)
            known = all(np.abs(levels - r).min() <= LEVEL for r in read.squeezing)
            square = len(rows) == len(read.squeezing) and all(len(row) == len(rows) for row in rows)
            made = PairedProgram(read.squeezing, rows)
            held = known and square and 2 * made.pairs == native.modes and same_state(native, made.circuit()).equivalent
        else:
            job = loop_job(native, loop_device(profile))
            held = read_layout(LoopFile, layout, JOB).is_of(job)
        wrong = MappingReason(JOB, "does not hold the settings of program.json", "compile it again")
        return () if held else (wrong,)

    def claims(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Nothing: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """`same_state`."""
        gates = [gate for op in source.operations for gate in quadratic_gates(op)]
        return same_state(source.with_operations(tuple(gates)), native)


def _loop_summary(job: LoopJob, profile: Profile) -> dict[str, float | int]:
    delays = sum(int(loop.delay_bins.value) for loop in profile.topology.loops)
    bins = job.modes + delays
    summary: dict[str, float | int] = {"pulses": job.modes, "bins": bins, "r": job.r}
    if profile.clock is not None and profile.clock.bin_s is not None:
        summary["duration_s"] = bins * profile.clock.bin_s.value
    return summary
