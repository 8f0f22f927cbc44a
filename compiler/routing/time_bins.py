r"""Time-bin loops: assign modes to bins, and beamsplitters to loops that every bin passes once.

Bins ``0, 1, 2, ..`` arrive one after the other and pass loops of delays d in a fixed order. Bin t, as it arrives at a
loop, is rotated; it meets what is in the loop, bin t - d, at a beamsplitter; and goes into the loop, while bin t - d
goes on to the next loop. So one loop does, for t = 0, 1, 2, ..,

``Rotation(phase_t)`` on t, then ``BeamSplitter(theta_t, phi_t)`` on (t - d, t),

and theta_t = 0 lets bins pass each other (always so for t < d, where the loop is empty). That is the order of
Strawberry Fields' programs for Borealis, whose loops have delays 1, 6, 36 and phi = pi/2.

A bin is rotated only as it arrives, before its first beamsplitter in a loop, not between the two. That loses nothing: a
rotation of both inputs of a beamsplitter is one of both outputs, so phases are handed on to where they can be made: the
next loop, or the detector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, cos, pi, sin
from typing import Any

from compiler.errors import CircuitError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import NOISE, PREPARATIONS, BeamSplitter, Operation, Rotation, used

DEFAULT_TRIED_BINS = 20_000
"""Bins that are tried for modes before the search for an assignment gives up."""

NAME = "time-bin loops"
"""Name of the machine in errors."""

ANGLE_FLOOR_RAD = 1e-15
"""Angles below this are rounding of pi, and no gate."""


@dataclass(frozen=True, slots=True)
class TimeBinLoop:
    """One loop: entry t of ``phases`` rotates bin t, entries t of ``thetas``, ``phis`` couple bins t - delay and t."""

    delay: int
    phases: tuple[float, ...]
    thetas: tuple[float, ...]
    phis: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LoopProgram:
    """A circuit on time-bin loops.

    Attributes
    ----------
    source : Circuit
    bins : tuple of int
        The bin of every mode.
    length : int
        Number of bins; those without a mode carry vacuum that couples to nothing.
    loops : tuple of TimeBinLoop
        The loops in the order in which bins pass them.
    first, last : tuple of Operation
        What happens to single modes before and after the loops, in the source's numbering.
    """

    source: Circuit
    bins: tuple[int, ...]
    length: int
    loops: tuple[TimeBinLoop, ...]
    first: tuple[Operation, ...]
    last: tuple[Operation, ...]

    def circuit(self) -> Circuit:
        """Return what the loops do, on the modes of the source; equal to it under `compiler.compare`."""
        mode = {b: m for m, b in enumerate(self.bins)}
        out: list[Operation] = [*self.first]
        for loop in self.loops:
            for t in range(self.length):
                if loop.phases[t] != 0.0:
                    out.append(Rotation((mode[t],), loop.phases[t]))
                if loop.thetas[t] != 0.0:
                    out.append(BeamSplitter((mode[t - loop.delay], mode[t]), loop.thetas[t], loop.phis[t]))
        return self.source.with_operations((*out, *self.last))

    def in_time(self) -> tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]:
        """Return rotations and thetas of every loop by time, as a time-domain program of Strawberry Fields takes them.

        Bin t arrives at a loop at time t plus the delays of the loops before it; all lists last until the
        last bin leaves the last loop, and hold 0 where no bin arrives.
        """
        total = self.length + sum(loop.delay for loop in self.loops)
        out = []
        for place, loop in enumerate(self.loops):
            wait = sum(earlier.delay for earlier in self.loops[:place])
            rest = (0.0,) * (total - wait - self.length)
            out.append(((0.0,) * wait + loop.phases + rest, (0.0,) * wait + loop.thetas + rest))
        return tuple(out)

    def to_json(self) -> dict[str, Any]:
        """Return the bins, and the angles by loop and bin, as plain data."""
        return {
            "bins": list(self.bins),
            "length": self.length,
            "loops": [
                {
                    "delay": loop.delay,
                    "phases": list(loop.phases),
                    "thetas": list(loop.thetas),
                    "phis": list(loop.phis),
                }
                for loop in self.loops
            ],
        }


def assign_loops(
    circuit: Circuit,
    delays: Sequence[int],
    *,
    length: int | None = None,
    phi: float | None = None,
    budget: int = DEFAULT_TRIED_BINS,
) -> LoopProgram:
    """Assign modes to bins and beamsplitters to loops.

    Modes in bins as they are numbered are tried first, then a depth-first search over bins, beamsplitter by
    beamsplitter.

    Parameters
    ----------
    circuit : Circuit
        Beamsplitters, rotations, and other gates on one mode before its first or after its last beamsplitter.
    delays : sequence of int
        Delays of the loops, in the order in which bins pass them; distinct and positive.
    length : int, optional
        Number of bins; by default the modes and the longest delay together.
    phi : float, optional
        Phase that all beamsplitters of the device have (pi/2 on Borealis); by default each has that of the source.
    budget : int
        Bins tried for modes before the search gives up, with as many bins as modes, and then with ``length`` bins.

    Raises
    ------
    NotMappableError
        If an operation does not fit, or no assignment was found; the reasons are those of modes as numbered.
    CircuitError
        If the delays or the number of bins make no sense, or the circuit contains noise.

    Examples
    --------
    >>> ring = Circuit(3, (BeamSplitter((0, 2), 0.3), BeamSplitter((0, 1), 0.4)))
    >>> assign_loops(ring, (1, 6, 36)).bins
    (1, 2, 0)
    """
    size = circuit.modes + max(delays, default=0) if length is None else length
    if not delays or min(delays) < 1 or len(set(delays)) != len(delays):
        raise CircuitError(f"loops need distinct delays >= 1, found {list(delays)}")
    if size < circuit.modes:
        raise CircuitError(f"the circuit has {circuit.modes} modes, more than {size} bins; use fewer modes")
    first, gates, last = _split(circuit)
    search = _Search(circuit, gates, tuple(delays), size, budget)
    as_numbered = {m: m for m in range(circuit.modes)}
    found: dict[int, int] | None = as_numbered
    if reasons := search.complaints(as_numbered):
        found = search.run()
    if found is None:
        how = "no other assignment of modes to bins fits"
        if search.gave_up:
            how = f"no other assignment of modes to bins was found among {budget} that were tried"
        raise NotMappableError(NAME, tuple(replace(r, relaxation=f"{how}; {r.relaxation}") for r in reasons))
    return _program(circuit, found, size, search, (first, last), phi)


def _split(circuit: Circuit) -> tuple[list[Operation], list[int], list[Operation]]:
    """Return operations before the loops, indices of beamsplitters and rotations between, operations after."""
    splitters = [i for i, op in enumerate(circuit.operations) if isinstance(op, BeamSplitter)]
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for i in splitters:
        for m in circuit.operations[i].modes:
            begins.setdefault(m, i)
            ends[m] = i
    first: list[Operation] = []
    last: list[Operation] = []
    gates: list[int] = []
    reasons: list[MappingReason] = []
    touched: set[int] = set()
    for index, op in enumerate(circuit.operations):
        where, name = f"operation {index} {op}", type(op).__name__
        if isinstance(op, NOISE):
            raise CircuitError(f"{where}: give the circuit without noise")
        if len(op.modes) > 1 and not isinstance(op, BeamSplitter):
            reason = f"loops couple bins by beamsplitters, and {name} is not a beamsplitter"
            reasons.append(MappingReason(where, reason, "lower it to beamsplitters first"))
            continue
        (*modes,) = op.modes
        before = len(modes) == 1 and index < begins.get(modes[0], -1)
        after = len(modes) == 1 and index > ends.get(modes[0], -1)
        if isinstance(op, PREPARATIONS) and modes[0] in touched:
            reason = "the mode was in use before, and a bin passes the loops only once"
            reasons.append(MappingReason(where, reason, "give it a mode of its own"))
        elif not after and used(op):
            reason = f"it depends on {', '.join(sorted(used(op)))}, which is measured only after the loops"
            reasons.append(MappingReason(where, reason, "use numbers"))
        elif before:
            first.append(op)
        elif after:
            last.append(op)
        elif isinstance(op, BeamSplitter | Rotation):
            gates.append(index)
        else:
            reason = f"between beamsplitters bins can only be rotated, and {name} is not a rotation"
            reasons.append(MappingReason(where, reason, "move it before the first or after the last beamsplitter"))
        touched.update(modes)
    if reasons:
        raise NotMappableError(NAME, tuple(reasons))
    return first, gates, last


class _Search:
    """A depth-first search for bins, one mode after the other as beamsplitters name them."""

    def __init__(self, circuit: Circuit, gates: list[int], delays: tuple[int, ...], length: int, budget: int) -> None:
        self.circuit, self.gates, self.delays, self.length, self.budget = circuit, gates, delays, length, budget
        self.splitters = [i for i in gates if isinstance(circuit.operations[i], BeamSplitter)]
        self.tried = 0
        self.gave_up = False
        self.previous: dict[int, list[int]] = {}  # the last beamsplitters before each, on its two modes
        latest: dict[int, int] = {}
        self.order: list[int] = []  # modes, as beamsplitters name them; the rest last
        for i in self.splitters:
            modes = circuit.operations[i].modes
            self.previous[i] = [latest[m] for m in modes if m in latest]
            latest.update(dict.fromkeys(modes, i))
        self._chain()
        self.checks: dict[int, list[int]] = {m: [] for m in self.order}  # beamsplitters complete with this mode
        place = {m: n for n, m in enumerate(self.order)}
        for i in self.splitters:
            self.checks[max(circuit.operations[i].modes, key=lambda m: place[m])].append(i)

    def _chain(self) -> None:
        """Order the modes so that each, if possible, couples to one before it."""
        left = list(self.splitters)
        while left:
            pick = next((i for i in left if not set(self.order).isdisjoint(self.circuit.operations[i].modes)), left[0])
            left.remove(pick)
            self.order += [m for m in self.circuit.operations[pick].modes if m not in self.order]
        self.order += [m for m in range(self.circuit.modes) if m not in self.order]

    def slot(self, index: int, bins: dict[int, int]) -> tuple[int, int] | None:
        """Return the loop and the bin at which a beamsplitter happens; None if no loop joins the two bins."""
        a, b = (bins[m] for m in self.circuit.operations[index].modes)
        return (self.delays.index(abs(a - b)), max(a, b)) if abs(a - b) in self.delays else None

    def complaint(self, index: int, bins: dict[int, int]) -> str | None:
        """Return why a beamsplitter does not fit, or None; earlier ones on modes without a bin are not looked at."""
        here = self.slot(index, bins)
        if here is None:
            a, b = sorted(bins[m] for m in self.circuit.operations[index].modes)
            delays = ", ".join(map(str, self.delays))
            return f"bins {a} and {b} are {b - a} apart, but the loops have delays {delays}"
        for earlier in self.previous[index]:
            if all(m in bins for m in self.circuit.operations[earlier].modes):
                there = self.slot(earlier, bins)
                if there is not None and there >= here:
                    return (
                        f"it comes after operation {earlier} in the circuit, but not in the loops: bin {here[1]} at "
                        f"delay {self.delays[here[0]]}, after bin {there[1]} at delay {self.delays[there[0]]}"
                    )
        return None

    def complaints(self, bins: dict[int, int]) -> list[MappingReason]:
        """Return every beamsplitter that does not fit, and why."""
        found = []
        for i in self.splitters:
            why = self.complaint(i, bins)
            if why is not None:
                advice = "leave the beamsplitter out"
                found.append(MappingReason(f"operation {i} {_shown(self.circuit.operations[i])}", why, advice))
        return found

    def run(self) -> dict[int, int] | None:
        """Return an assignment where all fits, or None; first with no more bins than modes."""
        bins: dict[int, int] = {}
        for within in dict.fromkeys((self.circuit.modes, self.length)):
            self.tried = 0
            if self._place(0, bins, within):
                return bins
        return None

    def _place(self, depth: int, bins: dict[int, int], within: int) -> bool:
        if depth == len(self.order):
            return True
        mode = self.order[depth]
        taken = set(bins.values())
        for choice in self._choices(mode, bins, within):
            if choice in taken:
                continue
            self.tried += 1
            if self.tried > self.budget:
                self.gave_up = True
                return False
            bins[mode] = choice
            if all(self._fits(i, bins) for i in self.checks[mode]) and self._place(depth + 1, bins, within):
                return True
            del bins[mode]
        return False

    def _fits(self, index: int, bins: dict[int, int]) -> bool:
        # the new beamsplitter, and those after it on its modes that were placed before it
        after = [i for i in self.splitters if index in self.previous[i]]
        known = [i for i in (index, *after) if all(m in bins for m in self.circuit.operations[i].modes)]
        return all(self.complaint(i, bins) is None for i in known)

    def _choices(self, mode: int, bins: dict[int, int], within: int) -> list[int]:
        for i in self.checks[mode]:
            (other,) = (m for m in self.circuit.operations[i].modes if m != mode)
            near = [bins[other] + sign * d for d in self.delays for sign in (1, -1)]
            return [b for b in near if 0 <= b < within]
        return list(range(within))


def _program(
    circuit: Circuit,
    bins: dict[int, int],
    length: int,
    search: _Search,
    outside: tuple[list[Operation], list[Operation]],
    phi: float | None,
) -> LoopProgram:
    """Return angles by loop and bin; phases that a mode still lacks are handed on from beamsplitter to beamsplitter."""
    used_length = max(bins.values(), default=-1) + 1
    phases = [[0.0] * used_length for _ in search.delays]
    thetas = [[0.0] * used_length for _ in search.delays]
    phis = [[0.0 if phi is None else phi] * used_length for _ in search.delays]
    lacking = dict.fromkeys(bins, 0.0)
    for index in search.gates:
        op = circuit.operations[index]
        if isinstance(op, Rotation):
            lacking[op.modes[0]] += _number(op.theta)
            continue
        assert isinstance(op, BeamSplitter)
        theta, angle, (a, b) = _number(op.theta), _number(op.phi), op.modes
        if bins[a] > bins[b]:  # the same gate, named from the bin that is in the loop
            theta, angle, (a, b) = -theta, -angle, (b, a)
        theta, angle, both = _folded(theta, angle)
        slot = search.slot(index, bins)
        assert slot is not None
        loop, t = slot
        fixed = angle if phi is None else phi
        # BS(theta, angle) = R_b(angle - fixed) BS(theta, fixed) R_b(fixed - angle), and what mode a lacks, both lack
        phases[loop][t] = _wrapped(lacking[b] - lacking[a] + fixed - angle)
        thetas[loop][t], phis[loop][t] = theta, fixed
        lacking[b] = lacking[a] + angle - fixed + both
        lacking[a] += both
    first, last = outside
    turns = [Rotation((m,), _wrapped(angle)) for m, angle in sorted(lacking.items()) if _wrapped(angle) != 0.0]
    loops = tuple(
        TimeBinLoop(d, tuple(phases[i]), tuple(thetas[i]), tuple(phis[i])) for i, d in enumerate(search.delays)
    )
    places = tuple(bins[m] for m in range(circuit.modes))
    return LoopProgram(circuit, places, used_length, loops, tuple(first), (*turns, *last))


def _folded(theta: float, phi: float) -> tuple[float, float, float]:
    """Return the same beamsplitter with theta in 0..pi/2, another phi, and a rotation of both outputs."""
    c, s = cos(theta), sin(theta)
    both = 0.0 if c >= 0.0 else pi
    if both:
        s = -s
    turned = phi if s >= 0.0 else phi + pi
    return (theta if 0.0 <= theta <= pi / 2.0 else atan2(abs(s), abs(c))), _wrapped(turned), both


def _wrapped(angle: float) -> float:
    """Return the angle in (-pi, pi], unchanged if it lies there."""
    turned = angle if -pi < angle <= pi else atan2(sin(angle), cos(angle))
    return 0.0 if abs(turned) < ANGLE_FLOOR_RAD else turned


def _number(value: object) -> float:
    assert isinstance(value, float | int)
    return float(value)


def _shown(op: Operation) -> str:
    return f"{type(op).__name__}({', '.join(map(str, op.modes))})"
