"""Machines of delay loops that count photons of Gaussian light (Borealis).

A circuit for them prepares a state. Its modes are assigned to pulses, which are numbered as they leave the source; the
layout file says which pulse every mode is, where that is not its own number. Pulses that are no mode are squeezed like
all others and meet nothing: they are ancillas of the native circuit. The proof is that the state of the source's modes
is the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from compiler.costs.noise import with_noise
from compiler.decompositions.quadratic import quadratic_gates
from compiler.errors import MappingReason
from compiler.files import json_text
from compiler.ir.circuit import Circuit
from compiler.machines.layout import JOB, STRICT, Bounded, Index, LayoutFile, read_layout
from compiler.machines.limits import too_many_modes
from compiler.machines.machine import Layout, NoisyCircuit, Request, Results
from compiler.passes.base import Pass, facts_of
from compiler.passes.lowering.assign_time_bins import AssignTimeBins
from compiler.passes.lowering.fit_graph_state import FitGraphState
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.photon_counters.graph_states import input_squeezing
from compiler.photon_counters.loop_fit import loop_job, loop_reasons
from compiler.photon_counters.loop_job import LoopJob, in_order, loop_device
from compiler.photon_counters.refusals import refused_operations
from compiler.photon_counters.state import COVARIANCE_TOLERANCE, METHOD, same_state
from compiler.routing.coupling import Placement
from compiler.semantics.equivalence import DEFAULT_SEED, Equivalence
from hardware_profiles.schema import Profile


class StoredLoop(BaseModel):
    """One loop: rotation and beamsplitter angle for every pulse, rad."""

    model_config = STRICT
    rotation: tuple[Bounded, ...]
    theta: tuple[Bounded, ...]


class LoopFile(LayoutFile):
    """Settings of a machine of loops: the squeezing of all pulses, each loop's, and the pulse of every mode.

    ``pulses`` is left out of the file where every mode is the pulse of its own number.
    """

    FORMAT = "qumode-khrnn/loop-job"
    r: Bounded
    loops: tuple[StoredLoop, ...]
    pulses: tuple[Index, ...] | None = None

    @classmethod
    def of(cls, job: LoopJob, pulses: tuple[int, ...]) -> LoopFile:
        """Return the file of a job."""
        loops = tuple(StoredLoop(rotation=loop.rotation, theta=loop.theta) for loop in job.loops)
        return cls(r=job.r, loops=loops, pulses=None if pulses == tuple(range(len(pulses))) else pulses)

    def text(self) -> str:
        """Return the file, without ``pulses`` where there are none."""
        body = self.model_dump(mode="json", exclude={"pulses"} if self.pulses is None else None)
        return json_text({"format": self.FORMAT, "version": 1, **body})

    def is_of(self, job: LoopJob) -> bool:
        """Return whether the settings are those of a job, up to rounding."""
        ours = [(self.r,), *(values for loop in self.loops for values in (loop.rotation, loop.theta))]
        theirs = [(job.r,), *(values for loop in job.loops for values in (loop.rotation, loop.theta))]
        return [len(values) for values in ours] == [len(values) for values in theirs] and all(
            np.allclose(a, b, rtol=0.0, atol=1e-9) for a, b in zip(ours, theirs, strict=True)
        )


def job_of(native: Circuit, profile: Profile, layout: str | None) -> LoopJob:
    """Return the job of a native circuit, whose layout file says which pulse every mode is.

    Raises
    ------
    NotMappableError
        If the circuit is not a job of the device.
    """
    read = None if layout is None else read_layout(LoopFile, layout, JOB).pulses
    return loop_job(native if read is None else in_order(native, read), loop_device(profile))


@dataclass(frozen=True, slots=True)
class Loops:
    """A machine of delay loops; see the module."""

    method: str = METHOD
    tolerance: float = COVARIANCE_TOLERANCE
    reads_bits: bool = False

    def require_parts(self, profile: Profile) -> None:
        """Require what `loop_device` needs."""
        loop_device(profile)

    def layout_file(self, profile: Profile) -> str | None:
        """Return ``job.json``."""
        return JOB

    def default_squeezing(self, profile: Profile) -> float:
        """Return the squeezing of the graph states of the largest level (`compiler.photon_counters.graph_states`)."""
        return input_squeezing(max(loop_device(profile).levels))

    def check_source(self, source: Circuit, profile: Profile, request: Request) -> tuple[MappingReason, ...]:
        """Return reasons for readouts, feed-forward and non-Gaussian gates; unprepared modes start in the vacuum."""
        request.require_no_settings(profile)
        return (*too_many_modes(source, profile), *refused_operations(source))

    def passes(self, request: Request) -> tuple[Pass, ...]:
        """List the passes: quadratic phases to gates, trivial gates dropped, graph states to pairs, modes to pulses."""
        return CollectPhases(), LowerQuadratics(), DropTrivial(), FitGraphState(), AssignTimeBins()

    def lay_out(self, native: Circuit, profile: Profile, facts: tuple[object, ...], request: Request) -> Layout | None:
        """Return the settings of the machine."""
        placements = facts_of(facts, Placement)
        pulses = placements[-1].sites if placements else tuple(range(native.modes))
        job = loop_job(in_order(native, pulses), loop_device(profile))
        file = LoopFile.of(job, pulses)
        summary = _loop_summary(job, profile)
        lines = [f"{job.modes} pulses in {summary['bins']} bins, r = {job.r:g}; every pulse ends in a photon counter"]
        if file.pulses is not None:
            lines.append(f"the modes are pulses {', '.join(str(pulses[m]) for m in native.latent)}")
        return Layout(JOB, file.text(), summary, tuple(lines))

    def check_native(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[MappingReason, ...]:
        """Return the reasons of the fit, and one if the file's settings are not those of the circuit."""
        device = loop_device(profile)
        if layout is None:
            return loop_reasons(native, device)
        read = read_layout(LoopFile, layout, JOB)
        pulses = tuple(range(native.modes)) if read.pulses is None else read.pulses
        wrong = MappingReason(JOB, "does not hold the settings of program.json", "compile it again")
        if sorted(pulses) != list(range(native.modes)):
            return (wrong,)
        ordered = in_order(native, pulses)
        if reasons := loop_reasons(ordered, device):
            return reasons
        return () if read.is_of(loop_job(ordered, device)) else (wrong,)

    def caveats(self, native: Circuit, profile: Profile, layout: str | None) -> tuple[str, ...]:
        """Return no caveat: the proof holds as it stands."""
        return ()

    def compare(
        self, source: Circuit, native: Circuit, *, seed: int = DEFAULT_SEED, digits: int | None = None
    ) -> Equivalence:
        """Compare the state of the source's modes by `same_state`; pulses that are no mode may be in any state."""
        gates = [gate for op in source.operations for gate in quadratic_gates(op)]
        return same_state(source.with_operations(tuple(gates)), native, further_vacuum=False)

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


MACHINE = Loops()


def _loop_summary(job: LoopJob, profile: Profile) -> dict[str, float | int]:
    delays = sum(int(loop.delay_bins.value) for loop in profile.topology.loops)
    bins = job.modes + delays
    summary: dict[str, float | int] = {"pulses": job.modes, "bins": bins, "r": job.r}
    if profile.clock is not None and profile.clock.bin_s is not None:
        summary["duration_s"] = bins * profile.clock.bin_s.value
    return summary
