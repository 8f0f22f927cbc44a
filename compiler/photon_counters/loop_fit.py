"""Read a circuit as a job of time-bin loops, or report for each operation why it does not fit."""

from __future__ import annotations

from collections import defaultdict
from math import pi, remainder

from compiler.errors import MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    BeamSplitter,
    Displacement,
    Interferometer,
    Operation,
    Parameter,
    PrepareSqueezed,
    PrepareVacuum,
    Rotation,
    Squeeze,
)
from compiler.ir.polynomial import Polynomial
from compiler.photon_counters.loop_job import (
    ANGLE_TOLERANCE_RAD,
    LoopDevice,
    LoopJob,
    LoopSettings,
    angle_reason,
    level_reason,
    phase_reasons,
    size_reasons,
    turn_advice,
)
from compiler.photon_counters.refusals import LEVEL_TOLERANCE, refused_operations


def loop_job(circuit: Circuit, device: LoopDevice) -> LoopJob:
    """Return the job of a circuit whose modes are pulses in order.

    The job prepares the same state up to final rotations of single modes, which photon counting cannot detect.

    Raises
    ------
    NotMappableError
        If the circuit does not fit; it holds a reason for each operation that does not.
    """
    job, reasons = _read(circuit, device)
    if reasons:
        raise NotMappableError(device.name, tuple(reasons))
    return job


def loop_reasons(circuit: Circuit, device: LoopDevice) -> tuple[MappingReason, ...]:
    """Return the reasons why a circuit whose modes are pulses in order does not fit a device; empty if it fits."""
    return tuple(_read(circuit, device)[1])


def _read(circuit: Circuit, device: LoopDevice) -> tuple[LoopJob, list[MappingReason]]:
    n, delays = circuit.modes, device.delays
    reasons = [*size_reasons(n, device), *refused_operations(circuit)]
    if reasons:
        return LoopJob(0.0, tuple(LoopSettings((), ()) for _ in delays)), reasons
    passes = _Passes(circuit, device)
    for index, op in enumerate(circuit.operations):
        if (found := passes.take(op, f"operation {index} {op}")) is not None:
            reasons.append(found)
    reasons += passes.finish()
    loops = tuple(
        LoopSettings(
            tuple(passes.rotation[place, w] for w in range(n)),
            tuple(passes.theta[place, w] for w in range(n)),
        )
        for place in range(len(delays))
    )
    return LoopJob(passes.level or 0.0, loops), reasons


class _Passes:
    """A circuit on its way to a job: how far each pulse has come, and the settings so far."""

    def __init__(self, circuit: Circuit, device: LoopDevice) -> None:
        self.device = device
        self.modes = circuit.modes
        self.level: float | None = None
        self.squeezed: dict[int, float] = {}
        self.at: dict[int, tuple[int, int]] = defaultdict(lambda: (-1, 1))  # (loop, 0 entering or 1 leaving)
        self.rotation: dict[tuple[int, int], float] = defaultdict(float)
        self.theta: dict[tuple[int, int], float] = defaultdict(float)
        self.pending: dict[int, tuple[float, str]] = {}

    def take(self, op: Operation, where: str) -> MappingReason | None:
        """Take one operation in; return a reason if it does not fit."""
        if isinstance(op, Displacement):  # by nothing
            return None
        if isinstance(op, PrepareVacuum | PrepareSqueezed | Squeeze):
            return self.source(op, where)
        if isinstance(op, Rotation):
            (w,) = op.modes
            self.pending[w] = (self.pending[w][0] if w in self.pending else 0.0) + _number(op.theta), where
            return None
        if isinstance(op, BeamSplitter):
            return self.splitter(op, where)
        advice = "decompose it first" if isinstance(op, Interferometer) else "leave it out"
        return MappingReason(where, "the device has sources, rotations and beamsplitters only", advice)

    def source(self, op: PrepareVacuum | PrepareSqueezed | Squeeze, where: str) -> MappingReason | None:
        (w,) = op.modes
        if w in self.squeezed or w in self.pending or w in self.at:
            return MappingReason(where, "pulses are squeezed once, before other gates", "squeeze once, at the start")
        if isinstance(op, PrepareVacuum):  # where pulses start
            return None
        self.squeezed[w] = r = _number(op.r)
        if min(abs(r - level) for level in self.device.levels) > LEVEL_TOLERANCE:
            return level_reason(r, where, self.device)
        if self.level is None:
            self.level = r
        if abs(r - self.level) > LEVEL_TOLERANCE:
            unequal = f"squeezing r = {r:g} differs from r = {self.level:g} of pulse {min(self.squeezed)}"
            return MappingReason(where, unequal, "use one level for all pulses")
        return None

    def splitter(self, op: BeamSplitter, where: str) -> MappingReason | None:
        old, new = sorted(op.modes)
        theta, phi = _number(op.theta), _number(op.phi)
        if op.modes[0] > op.modes[1]:
            theta, phi = -theta, -phi
        if new - old not in self.device.delays:
            delays = ", ".join(map(str, self.device.delays))
            distance = f"its modes are {new - old} bins apart, but the loops delay by {delays} bins"
            return MappingReason(where, distance, "leave the beamsplitter out, or couple modes at such a distance")
        loop = self.device.delays.index(new - old)
        if abs(remainder(phi - self.device.phi, 2.0 * pi)) > ANGLE_TOLERANCE_RAD:
            theta, phi = -theta, phi + pi  # the same beamsplitter
        if abs(remainder(phi - self.device.phi, 2.0 * pi)) > ANGLE_TOLERANCE_RAD:
            fixed = f"the phase of a beamsplitter must be {self.device.phi:.6g}, found {_number(op.phi):.6g}"
            return MappingReason(where, fixed, "rotate modes before it instead")
        if not -ANGLE_TOLERANCE_RAD <= theta <= self.device.splitter + ANGLE_TOLERANCE_RAD:
            return angle_reason(theta, where, self.device)
        for w, role in ((new, 0), (old, 1)):
            if self.at[w] >= (loop, role):
                order = f"mode {w} has already passed this point of loop {loop} (delay {new - old})"
                return MappingReason(where, order, "order the beamsplitters by loop, then by bin, each pair once")
        for w, role in ((new, 0), (old, 1)):
            if (found := self.turn(w, (loop, role), where)) is not None:
                return found
            self.at[w] = (loop, role)
        self.theta[loop, new] = min(max(theta, 0.0), self.device.splitter)
        return None

    def turn(self, w: int, until: tuple[int, int], where: str) -> MappingReason | None:
        """Share a pulse's rotation since its last pass among the modulators on its way to the next.

        The last modulator takes the whole rotation if it can; otherwise all take equal parts, which reaches furthest.
        """
        angle, where = self.pending.pop(w, (0.0, where))
        loops = [i for i in range(len(self.device.delays)) if self.at[w] < (i, 0) <= until]
        if not loops:
            if abs(remainder(angle, 2.0 * pi)) <= ANGLE_TOLERANCE_RAD:
                return None
            inside = f"it rotates mode {w} while the mode is inside loop {until[0]}"
            return MappingReason(where, inside, "rotate before the loop")
        alone = [(i, angle if i == loops[-1] else 0.0) for i in loops]
        reasons = [reason for i, part in alone for reason in phase_reasons(part, i, w, where, self.device)]
        if reasons:
            moves = {i: self.device.compensation(i, w) for i in loops}
            total = remainder(angle + sum(moves.values()), 2.0 * pi)
            part = total / len(loops)
            if abs(part) > self.device.phase + ANGLE_TOLERANCE_RAD:
                return MappingReason(where, reasons[0].reason, turn_advice(w, total))
            alone = [(i, remainder(part - moves[i], 2.0 * pi)) for i in loops]
        self.rotation.update({(i, w): part for i, part in alone})
        return None

    def finish(self) -> list[MappingReason]:
        """Place the rotations after the last passes, and check that no pulse is left without light."""
        reasons = []
        end = (len(self.device.delays), 0)
        for w in range(self.modes):
            if self.turn(w, end, "") is not None:  # no pass follows, and photon counting does not see it
                last = range(max(self.at[w][0] + 1, 0), end[0])
                self.rotation.update({(i, w): remainder(-self.device.compensation(i, w), 2.0 * pi) for i in last})
        dark = [w for w in range(self.modes) if w not in self.squeezed]
        if dark and self.level:
            all_ = f"modes {dark[:8]} are not squeezed, but the source squeezes every pulse by r = {self.level:g}"
            reasons.append(MappingReason("the circuit", all_, "squeeze every mode, or none"))
        return reasons


def _number(value: Parameter) -> float:
    assert not isinstance(value, Polynomial)  # these have been refused
    return float(value)
