r"""Devices of the Borealis kind: pulses of one squeezing level through delay loops in a row, then photon counting.

Pulse w (a mode) meets, in loop l of delay d_l, pulse ``w - d_l``, which entered the loop d_l bins before: a rotation
of pulse w, then ``BeamSplitter((w - d_l, w), theta, pi / 2)``. All passes of loop 0 come before those of loop 1, and so
on; within a loop they come in order of w. A circuit is such a job if every mode meets its passes in that order.

Loop l turns every pulse that enters it by its own phase (``loop_phases``). The phase modulators take that back together
with the program's rotations, and reach +-pi/2 only. A fresh squeezed pulse does not see a rotation by pi, so loop 0 is
free of that limit; in later loops Strawberry Fields silently shifts angles out of range by pi, which changes the
program.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import isfinite, pi, remainder

from compiler.errors import CircuitError, MappingReason
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter, Loss, Operation, PrepareSqueezed, Rotation
from compiler.ir.relabel import relabelled
from compiler.photon_counters.refusals import LEVEL_TOLERANCE, missing_part
from hardware_profiles.operation_spec import inward
from hardware_profiles.schema import Profile

ANGLE_TOLERANCE_RAD = 1e-9
"""Angles this close to a limit, in rad, count as within the limit."""


@dataclass(frozen=True, slots=True)
class LoopDevice:
    """Limits of a loop machine.

    Attributes
    ----------
    delays : tuple of int
        Delays of its loops, in bins, each above 0.
    modes : int
        Largest number of pulses.
    bins : int
        Largest number of bins, the filling and emptying of the loops included.
    levels : tuple of float
        Squeezing parameters r, one for all pulses of a job.
    phase : float
        Rotations reach from -phase to phase, rad.
    splitter : float
        Beamsplitter angles reach from 0 to this, rad.
    phi : float
        The phase of every beamsplitter, rad.
    loop_phases : tuple of float
        The phase of each loop, rad, from the device's certificate; zeros if empty.

    Raises
    ------
    CircuitError
        If there is no loop, a delay is below 1, or the loop phases are not as many as the loops.
    """

    name: str
    delays: tuple[int, ...]
    modes: int
    bins: int
    levels: tuple[float, ...]
    phase: float
    splitter: float
    phi: float
    loop_phases: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.delays or min(self.delays) < 1 or len(set(self.delays)) != len(self.delays):
            raise CircuitError(f"a loop device needs distinct delays of at least 1 bin, found {list(self.delays)}")
        if self.loop_phases and len(self.loop_phases) != len(self.delays):
            raise CircuitError(
                f"{len(self.delays)} loops need as many loop phases, found {len(self.loop_phases)}; give none for zeros"
            )

    @property
    def most_pulses(self) -> int:
        """Largest number of pulses of a job, with room to fill and empty the loops."""
        return min(self.modes, self.bins - sum(self.delays))

    @property
    def offsets(self) -> tuple[int, ...]:
        """Bins by which pulse w passes each loop after bin w."""
        return (0, *accumulate(self.delays[:-1]))

    def compensation(self, loop: int, mode: int) -> float:
        """Return what the modulator before a loop must add to a pulse's rotation to undo the loops' own phases."""
        bin_ = mode + self.offsets[loop]
        found = [phase * (bin_ // d) for phase, d in zip(self.loop_phases, self.delays, strict=False)]
        return found[loop] - (found[loop - 1] if loop else 0.0) if found else 0.0

    def final_phase(self, mode: int) -> float:
        """Return the phase that the loops leave on a pulse at the detector, where photon counting cannot detect it."""
        return self.loop_phases[-1] * ((mode + sum(self.delays)) // self.delays[-1]) if self.loop_phases else 0.0


def loop_device(profile: Profile) -> LoopDevice:
    """Return the device of a profile of delay loops.

    Raises
    ------
    InputError
        If the profile lacks a part.
    """
    loops, modes = profile.topology.loops, profile.topology.max_modes
    bins = None if profile.clock is None else profile.clock.max_bins
    prepared, splitters = profile.operations.get("PrepareSqueezed"), profile.operations.get("BeamSplitter")
    levels = None if prepared is None else prepared.ranges.get("r")
    phis = None if splitters is None else splitters.ranges.get("phi")
    phase, splitter = profile.limit("Rotation", "theta"), profile.limit("BeamSplitter", "theta")
    if modes is None or bins is None or levels is None or not levels.levels or phase is None or splitter is None:
        raise missing_part(
            profile,
            "topology.max_modes, clock.max_bins, levels of operations.PrepareSqueezed.ranges.r, and ranges.theta of "
            "Rotation and BeamSplitter",
        )
    if phis is None or len(phis.levels) != 1:
        raise missing_part(profile, "one level of operations.BeamSplitter.ranges.phi")
    return LoopDevice(
        name=profile.name,
        delays=tuple(int(loop.delay_bins.value) for loop in loops),
        modes=int(modes.value),
        bins=int(bins.value),
        levels=tuple(q.value for q in levels.levels),
        phase=phase,
        splitter=splitter,
        phi=phis.levels[0].value,
        loop_phases=tuple(0.0 if loop.phase_rad is None else loop.phase_rad.value for loop in loops),
    )


@dataclass(frozen=True, slots=True)
class LoopEfficiencies:
    """Transmission of every pulse at its source, of each loop for the pulse inside it, and of the detector channels.

    Bin t is detected by channel ``t mod`` their number; pulse w arrives at bin ``w + sum(delays)``.

    Raises
    ------
    CircuitError
        If one is not in [0, 1], or there is no channel.
    """

    common: float
    loops: tuple[float, ...]
    channels: tuple[float, ...]

    def __post_init__(self) -> None:
        every = (self.common, *self.loops, *self.channels)
        if not self.channels or not all(0.0 <= eta <= 1.0 for eta in every):
            raise CircuitError(f"efficiencies must lie in [0, 1], with at least one channel, found {list(every)}")


def loop_efficiencies(profile: Profile) -> LoopEfficiencies:
    """Return the transmissions that a profile of delay loops states; 1 where it states none."""
    counting = profile.measurement["photon-counting"]
    return LoopEfficiencies(
        1.0 if counting.efficiency is None else counting.efficiency.value,
        tuple(1.0 if loop.efficiency is None else loop.efficiency.value for loop in profile.topology.loops),
        tuple(q.value for q in counting.channel_efficiencies) or (1.0,),
    )


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Settings of one loop: for every pulse the rotation and the beamsplitter angle before it enters, rad."""

    rotation: tuple[float, ...]
    theta: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LoopJob:
    """A job: the squeezing parameter of all pulses, and the settings of each loop, pulse by pulse.

    Raises
    ------
    CircuitError
        If the loops have settings for different numbers of pulses, or a number is not finite.

    Examples
    --------
    >>> LoopJob(0.893, (LoopSettings((0.0, 0.0), (0.0, 0.5)),)).modes
    2
    """

    r: float
    loops: tuple[LoopSettings, ...]

    def __post_init__(self) -> None:
        lengths = {len(values) for loop in self.loops for values in (loop.rotation, loop.theta)}
        if len(lengths) != 1:
            raise CircuitError(f"the loops of a job need one setting per pulse, found lengths {sorted(lengths)}")
        numbers = [v for loop in self.loops for values in (loop.rotation, loop.theta) for v in values]
        if not all(map(isfinite, [self.r, *numbers])):
            raise CircuitError("the settings of a job must be finite")

    @property
    def modes(self) -> int:
        """Number of pulses."""
        return len(self.loops[0].rotation)

    def circuit(self, device: LoopDevice, efficiencies: LoopEfficiencies | None = None) -> Circuit:
        """Return the job as a circuit on its pulses, with the loss of given efficiencies; empty bins are left out."""
        delays = device.delays
        out: list[Operation] = [PrepareSqueezed((w,), self.r) for w in range(self.modes)]
        eta = efficiencies
        if eta is not None:
            out += [Loss((w,), eta.common) for w in range(self.modes)]
        for place, (loop, d) in enumerate(zip(self.loops, delays, strict=True)):
            for w in range(self.modes):
                if loop.rotation[w]:
                    out.append(Rotation((w,), loop.rotation[w]))
                if loop.theta[w] and w >= d:
                    out.append(BeamSplitter((w - d, w), loop.theta[w], device.phi))
                if eta is not None:
                    out.append(Loss((w,), eta.loops[place]))
        if eta is not None:
            bins = (w + sum(delays) for w in range(self.modes))
            out += [Loss((w,), eta.channels[t % len(eta.channels)]) for w, t in enumerate(bins)]
        return Circuit(self.modes, tuple(out))


def job_reasons(job: LoopJob, device: LoopDevice) -> tuple[MappingReason, ...]:
    """Return the reasons why a device cannot run a job; empty if it can.

    Examples
    --------
    >>> device = LoopDevice("two-loops", (1, 6), 16, 64, (0.0, 0.6, 0.9), pi / 2, pi / 2, pi / 2)
    >>> job_reasons(LoopJob(0.5, (LoopSettings((0.0,), (0.0,)),) * 2), device)[0].reason
    'squeezing r = 0.5 is not available: the device offers r = 0, 0.6, 0.9'
    """
    if len(job.loops) != len(device.delays):
        count = f"has {len(job.loops)} loops, but the device has {len(device.delays)}"
        return (MappingReason("the job", count, "give settings for each loop"),)
    reasons = list(size_reasons(job.modes, device))
    if min(abs(job.r - level) for level in device.levels) > LEVEL_TOLERANCE:
        reasons.append(level_reason(job.r, "the job", device))
    for place, (loop, d) in enumerate(zip(job.loops, device.delays, strict=True)):
        for w in range(job.modes):
            where = f"loop {place} (delay {d}), pulse {w}"
            reasons += phase_reasons(loop.rotation[w], place, w, where, device)
            if not -ANGLE_TOLERANCE_RAD <= loop.theta[w] <= device.splitter + ANGLE_TOLERANCE_RAD:
                reasons.append(angle_reason(loop.theta[w], where, device))
            if loop.theta[w] > ANGLE_TOLERANCE_RAD and w < d:
                empty = f"the loop is still empty when pulse {w} arrives, which has nothing to interfere with"
                reasons.append(MappingReason(where, empty, "take theta = 0"))
    return tuple(reasons)


def size_reasons(modes: int, device: LoopDevice) -> list[MappingReason]:
    """Return the reasons why a device has no room for so many pulses; empty if it has room."""
    bins = modes + sum(device.delays)
    if modes > device.modes:
        count = f"has {modes} modes, but the device has {device.modes}"
        return [MappingReason("the circuit", count, "use fewer modes")]
    if bins > device.bins:
        return [MappingReason("the circuit", f"takes {bins} bins, but the device has {device.bins}", "use fewer modes")]
    return []


def level_reason(r: float, where: str, device: LoopDevice) -> MappingReason:
    """Return the reason that a squeezing parameter is not one of the device's levels."""
    allowed = ", ".join(f"{level:g}" for level in device.levels)
    near = min(device.levels, key=lambda level: abs(level - abs(r)))
    turn = " and rotate by pi/2" if r < 0.0 else ""
    return MappingReason(
        where, f"squeezing r = {r:g} is not available: the device offers r = {allowed}", f"take r = {near:.12g}{turn}"
    )


def angle_reason(theta: float, where: str, device: LoopDevice) -> MappingReason:
    """Return the reason that a beamsplitter angle is out of range."""
    allowed = (
        f"the beamsplitter angle must lie in 0..{device.splitter:.6g} at phase {device.phi:.6g}, found {theta:.6g}"
    )
    near = min(max(theta, 0.0), device.splitter)
    turn = "rotate a mode by pi before and after, or " if 0.0 <= -theta <= device.splitter else ""
    return MappingReason(where, allowed, f"{turn}take theta = {inward(near)}")


def phase_reasons(angle: float, loop: int, mode: int, where: str, device: LoopDevice) -> list[MappingReason]:
    """Return why a loop's modulator cannot rotate a pulse so, on top of the loops' phases; empty if it can."""
    needed = remainder(angle + device.compensation(loop, mode), pi if loop == 0 else 2.0 * pi)
    if abs(needed) <= device.phase + ANGLE_TOLERANCE_RAD:
        return []
    own = f" ({angle:.6g} and the phases of the loops)" if device.loop_phases else ""
    reach = f"the modulator of loop {loop} reaches +-{device.phase:.6g}, but {needed:.6g}{own} is needed"
    return [MappingReason(where, reach, turn_advice(mode, needed))]


def turn_advice(mode: int, needed: float) -> str:
    """Say by how much a pulse must be turned in the program so that the modulators need not turn it at all."""
    return f"turn mode {mode} by {-needed:.6g} more before it"


def in_order(circuit: Circuit, pulses: tuple[int, ...]) -> Circuit:
    """Number the modes of a circuit by their pulses."""
    moved = tuple(relabelled(op, pulses) for op in circuit.operations)
    return Circuit(circuit.modes, moved, tuple(sorted(pulses[m] for m in circuit.ancillas)), circuit.symbols)
