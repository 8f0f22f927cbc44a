"""The schedule of sequences: those that share a mode or a spin follow one another, and the rest run in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.errors import InputError
from compiler.ions.program import IonGate, Pulse, SpinRotation


@dataclass(frozen=True, slots=True)
class PulseTimes:
    r"""Durations of pulses.

    A spin-dependent displacement drives all its modes at once, one tone per mode, and its largest area sets its
    duration: ``max(minimum, displacement_s_per_area * max |theta_j|)``. An area theta displaces ``<p>`` by
    ``+-hbar theta``, the amplitude by ``+-i theta``.

    Parameters
    ----------
    rotation_s : float
        Duration of a spin rotation, whatever its angle.
    displacement_s_per_area : float
        Seconds for unit area on one mode.
    displacement_minimum_s : float
        Shortest displacement pulse.

    Raises
    ------
    InputError
        If a duration is negative.
    """

    rotation_s: float
    displacement_s_per_area: float
    displacement_minimum_s: float = 0.0

    def __post_init__(self) -> None:
        if not min(self.rotation_s, self.displacement_s_per_area, self.displacement_minimum_s) >= 0.0:
            raise InputError(f"durations must be at least 0, found {self}")

    def pulse_s(self, pulse: Pulse) -> float:
        """Return the duration of one pulse."""
        if isinstance(pulse, SpinRotation):
            return self.rotation_s
        return max(self.displacement_minimum_s, self.displacement_s_per_area * max(abs(a) for a in pulse.areas))

    def gate_s(self, gate: IonGate) -> float:
        """Return the duration of a sequence: its pulses one after another."""
        return sum(self.pulse_s(pulse) for pulse in gate.pulses())


@dataclass(frozen=True, slots=True)
class ScheduledGate:
    """Start and spin of a gate, and what the gate waited for: ``"mode"``, ``"spin"``, or ``""`` if it did not wait."""

    gate: IonGate
    spin: int
    start_s: float
    end_s: float
    waited_for: str


@dataclass(frozen=True, slots=True)
class IonSchedule:
    """Gates in the order of their starts.

    Attributes
    ----------
    gates : tuple of ScheduledGate
    duration_s : float
        Wall-clock time until the last gate ends.
    serial_s : float
        Time that a single spin would take.
    """

    gates: tuple[ScheduledGate, ...]
    duration_s: float
    serial_s: float

    @property
    def waited_for_spin(self) -> int:
        """Number of gates that could start earlier if there were another spin."""
        return sum(entry.waited_for == "spin" for entry in self.gates)


def schedule(gates: Sequence[IonGate], spins: int, times: PulseTimes) -> IonSchedule:
    """Schedule commuting gates greedily on a number of spins, any of which reaches every mode.

    The next gate is always the longest of those that can start earliest. Gates commute, so any order is right.

    Raises
    ------
    InputError
        If there is no spin.

    Examples
    --------
    >>> from compiler.ions.program import compile_edge
    >>> gates = compile_edge((0, 1), 0.02, 2.0, 0.01).gates + compile_edge((2, 3), 0.02, 2.0, 0.01).gates
    >>> times = PulseTimes(1e-6, 2e-5)
    >>> one, two = schedule(gates, 1, times), schedule(gates, 2, times)
    >>> round(two.duration_s / one.duration_s, 3), one.waited_for_spin, two.waited_for_spin
    (0.5, 1, 0)
    """
    if spins < 1:
        raise InputError(f"a sequence needs a spin: spins must be at least 1, found {spins}")
    durations = [times.gate_s(gate) for gate in gates]
    waiting = list(range(len(gates)))
    free = [0.0] * spins
    busy: dict[int, float] = {}
    out: list[ScheduledGate] = []
    while waiting:
        spin = min(range(spins), key=free.__getitem__)
        ready = {i: max((busy.get(m, 0.0) for m in gates[i].modes), default=0.0) for i in waiting}
        pick = min(waiting, key=lambda i: (max(ready[i], free[spin]), -durations[i], i))
        start = max(ready[pick], free[spin])
        cause = "" if start == 0.0 else "spin" if free[spin] > ready[pick] else "mode"
        end = start + durations[pick]
        free[spin] = end
        busy.update(dict.fromkeys(gates[pick].modes, end))
        waiting.remove(pick)
        out.append(ScheduledGate(gates[pick], spin, start, end, cause))
    return IonSchedule(tuple(out), max((entry.end_s for entry in out), default=0.0), sum(durations))
