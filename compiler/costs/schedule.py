"""As-soon-as-possible schedules: the order, the start of every operation, and the critical path."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, snake_name, used
from compiler.ir.polynomial import Polynomial
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class Schedule:
    """Start times of a circuit's operations, each as soon as its modes and the results that it uses are available.

    Attributes
    ----------
    layers : tuple of int
        Layer of every operation, from 1, if each takes one layer.
    starts_s, ends_s : tuple of float
        Start and end of every operation in seconds; operations without a duration take no time.
    critical_path : tuple of int
        Operations that follow one another without a gap but for the latency after a readout, and end last: by time, or
        by layers where nothing is timed.
    duration_s : float
        End of the last operation.
    untimed : tuple of str
        Operations in use whose duration the profile does not give; if there are any, ``duration_s`` is a lower bound.
    """

    layers: tuple[int, ...]
    starts_s: tuple[float, ...]
    ends_s: tuple[float, ...]
    critical_path: tuple[int, ...]
    duration_s: float
    untimed: tuple[str, ...]

    def summary(self, circuit: Circuit) -> dict[str, Any]:
        """Return the critical path as plain data: its length, its operations by name, its duration."""
        path = Counter(snake_name(type(circuit.operations[i]).__name__) for i in self.critical_path)
        return {
            "operations": len(self.critical_path),
            "counts": dict(sorted(path.items())),
            "duration_s": self.duration_s if not self.untimed else None,
            "untimed": list(self.untimed),
        }


def waits(circuit: Circuit) -> list[list[int]]:
    """Return, for every operation, the earlier ones that it waits for: the last on each of its modes, and readouts.

    >>> from compiler.ir.operations import ControlledX, Displacement
    >>> waits(Circuit(3, (Displacement((0,), 1.0, 0.0), Displacement((2,), 1.0, 0.0), ControlledX((0, 1), 1.0))))
    [[], [], [0]]
    """
    last: dict[int, int] = {}
    measured: dict[str, int] = {}
    out: list[list[int]] = []
    for index, op in enumerate(circuit.operations):
        before = [last[m] for m in op.modes if m in last]
        for value in op.parameters().values():
            if isinstance(value, Polynomial):
                before += [measured[name] for name in value.names if name in measured]
        out.append(before)
        last.update(dict.fromkeys(op.modes, index))
        if isinstance(op, MEASUREMENTS):
            measured[op.result] = index
    return out


def asap(circuit: Circuit, profile: Profile | None = None) -> Schedule:
    """Schedule a circuit with the durations of a profile, and its latency between a readout and what uses it.

    Examples
    --------
    >>> from compiler.ir.operations import Displacement
    >>> asap(Circuit(1, (Displacement((0,), 1.0, 0.0), Displacement((0,), 1.0, 0.0)))).layers
    (1, 2)
    """
    specs = {} if profile is None else profile.operations
    durations: dict[str, float] = {}
    untimed: set[str] = set()
    for name in {type(op).__name__ for op in circuit.operations}:
        given = specs[name].duration_s if name in specs else None
        durations[name] = 0.0 if given is None else given.value
        if given is None:
            untimed.add(snake_name(name))
    layers: list[int] = []
    ends: list[float] = []
    starts: list[float] = []
    latency = None if profile is None else profile.noise.feed_forward_latency_s
    measured: dict[str, float] = {}  # result -> when feed-forward can use it
    before = waits(circuit)
    for op, earlier in zip(circuit.operations, before, strict=True):
        layers.append(1 + max((layers[i] for i in earlier), default=0))
        ready = [measured[name] for name in used(op) if name in measured]
        starts.append(max([*(ends[i] for i in earlier), *ready], default=0.0))
        ends.append(starts[-1] + durations[type(op).__name__])
        if isinstance(op, MEASUREMENTS):
            measured[op.result] = ends[-1] + (0.0 if latency is None else latency.value)

    def lets_go(index: int, later: int) -> float:
        """Return when an operation lets a later one begin: at its end, or after the latency if its result is used."""
        op = circuit.operations[index]
        fed = isinstance(op, MEASUREMENTS) and op.result in used(circuit.operations[later])
        return measured[op.result] if isinstance(op, MEASUREMENTS) and fed else ends[index]

    path: list[int] = []
    at = max(range(len(ends)), key=lambda i: (ends[i], layers[i]), default=None)
    while at is not None:
        path.append(at)
        freed = {i: (lets_go(i, at), layers[i]) for i in before[at]}
        at = max(freed, key=lambda i: freed[i], default=None)
    duration = max(ends, default=0.0)
    return Schedule(tuple(layers), tuple(starts), tuple(ends), tuple(reversed(path)), duration, tuple(sorted(untimed)))
