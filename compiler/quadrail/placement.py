r"""Place a circuit on the macronodes of a quad-rail machine.

Macronodes come in order of their index, row by row, step by step. A mode that stays in its row passes one macronode per
step; one mode at a time can travel down from row to row. Two modes meet when one travels to the row of the other: the
one with the shorter way. A travelling mode that has no more modes to meet stays in the next blank row. Modes that are
read later (ancillas) are started just above the row of the mode that they meet first. Gates on one mode happen
where the other input is blank, since a macronode does the same to both. ControlledZ and shears commute and happen in
any order. Several distances between the starting rows, and orders in them, are tried; the placement with the fewest
passages of modes through macronodes, each of which adds noise, is kept. Deterministic.
"""

from __future__ import annotations

from itertools import product
from math import inf, pi

from compiler.errors import CircuitError, MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Displacement, Homodyne, used
from compiler.quadrail.angles import Angles, exchanged
from compiler.quadrail.device import QuadRail
from compiler.quadrail.lower import ClusterStep, lowered, unsupported_operations
from compiler.quadrail.program import ClusterProgram, Macronode
from compiler.routing.coupling import Coupling, placements
from compiler.routing.order import predecessors_of

NAME = "mqc3-quadrail"
"""The profile that errors name."""

SPACINGS = (1, 2)
"""Distances between starting rows that are tried: a blank row lets a mode stop there, but is one more to pass."""

WIRING: Angles = (0.0, pi / 2.0, 0.0, pi / 2.0)

PATIENCE = 4
"""Steps without an operation after which a placement counts as stuck."""


def place(circuit: Circuit, device: QuadRail) -> ClusterProgram:
    """Place a Gaussian circuit on the machine.

    Parameters
    ----------
    circuit : Circuit
        Without noise; phases of degree at most 2.
    device : QuadRail

    Returns
    -------
    ClusterProgram
        Its `ClusterProgram.circuit` equals the circuit under `compiler.compare`.

    Raises
    ------
    NotMappableError
        If an operation is not Gaussian, feed-forward distances or the number of steps cannot be kept, or the machine
        has too few rows.
    CircuitError
        If the circuit contains noise or has symbols.

    Examples
    --------
    >>> from compiler.ir.operations import ControlledZ, PrepareSqueezed
    >>> pair = Circuit(2, (PrepareSqueezed((0,), -1.0), PrepareSqueezed((1,), -1.0), ControlledZ((0, 1), 0.5)))
    >>> place(pair, QuadRail(101, 5.0, 10.0)).summary()["counts"]
    {'controlled_z': 1, 'initialization': 2, 'wiring': 1}
    """
    if circuit.symbols:
        raise CircuitError(f"symbols {list(circuit.symbols)} have no values; bind them first")
    if reasons := unsupported_operations(circuit):
        raise NotMappableError(NAME, reasons)
    steps = lowered(circuit)
    tried: list[ClusterProgram] = []
    failed: list[MappingReason] = []
    for spacing, order in product(SPACINGS, _orders(circuit, steps)):
        try:
            tried.append(_Placement(circuit, steps, device, spacing, order).run())
        except _Unplaced as failure:
            failed.append(failure.reason)
    if not tried:
        raise NotMappableError(NAME, (failed[0],))
    return min(tried, key=lambda program: (sum(program.passages.values()), len(program.macronodes)))


def _orders(circuit: Circuit, steps: list[ClusterStep]) -> list[list[int]]:
    """Return orders of the modes that start in rows: as numbered, and those that keep interacting modes close."""
    weights: dict[tuple[int, int], float] = {}
    for step in steps:
        if len(step.modes) == 2:
            pair = min(step.modes), max(step.modes)
            weights[pair] = weights.get(pair, 0.0) + 1.0
    found = [list(range(circuit.modes))]
    if circuit.modes > 1:
        for sites in placements(weights, circuit.modes, Coupling.of("line", circuit.modes)):
            found.append(sorted(range(circuit.modes), key=lambda m: sites[m]))
    return [list(order) for order in dict.fromkeys(tuple(order) for order in found)]


class _Unplaced(Exception):  # noqa: N818 - control flow between trials, never seen outside
    def __init__(self, reason: MappingReason) -> None:
        self.reason = reason
        super().__init__(reason.reason)


class _Placement:
    def __init__(
        self, circuit: Circuit, steps: list[ClusterStep], device: QuadRail, spacing: int, order: list[int]
    ) -> None:
        self.circuit, self.steps, self.device, self.spacing = circuit, steps, device, spacing
        before = predecessors_of([(step.modes, step.operations) for step in steps], circuit.modes)
        self.missing = [len(earlier) for earlier in before]
        self.after: list[list[int]] = [[] for _ in steps]
        for index, earlier in enumerate(before):
            for other in earlier:
                self.after[other].append(index)
        self.ready: list[set[int]] = [set() for _ in range(circuit.modes)]
        self.todo: list[list[int]] = [[] for _ in range(circuit.modes)]  # steps of each mode that are not done
        for index, step in enumerate(steps):
            for m in step.modes:
                self.todo[m].append(index)
                if self.missing[index] == 0:
                    self.ready[m].add(index)
        self.rows: list[int | None] = [None] * device.rows
        self.bus: int | None = None
        self.row_of: dict[int, int] = {}
        self.measured: dict[str, int] = {}  # result -> index of its macronode
        self.distances: list[int] = []
        self.nodes: list[Macronode] = []
        self.left = len(steps)
        self.latest = 0  # index of the macronode where something was last done
        self._start(order)

    def _start(self, order: list[int]) -> None:
        """Modes that nothing prepares wait in rows; modes that start at once, and are not ancillas, get rows too."""
        prepared = {m for m, todo in enumerate(self.todo) if todo and self.steps[todo[0]].kind == "initialization"}
        resting = [m for m in order if m not in prepared or m in self.circuit.latent]
        if len(resting) > self.device.rows:
            raise _Unplaced(
                MappingReason(
                    "the circuit",
                    f"holds {len(resting)} modes at once, but the machine holds {self.device.rows}",
                    FEWER_MODES_ADVICE,
                )
            )
        spacing = self.spacing if len(resting) * self.spacing <= self.device.rows else 1
        self.seats = {place * spacing: m for place, m in enumerate(resting) if m in prepared}
        self.inputs = tuple((m, place * spacing) for place, m in enumerate(resting) if m not in prepared)
        for m, row in self.inputs:
            self.rows[row], self.row_of[m] = m, row

    def run(self) -> ClusterProgram:
        rows, most = self.device.rows, self.device.steps
        patience = PATIENCE * rows + self.device.feed_forward[0]
        k = 0
        while self.left:
            if k - self.latest > patience:
                raise _Unplaced(
                    MappingReason("the circuit", "no way was found to bring its modes together", FEWER_MODES_ADVICE)
                )
            if most is not None and k >= most * rows:
                reason = f"needs more than the {most} steps of {rows} macronodes that one run has"
                raise _Unplaced(MappingReason("the circuit", reason, "use a shorter circuit"))
            self._macronode(k)
            k += 1
        outputs = [(m, k + (row - k) % rows) for m, row in self.row_of.items()]
        if self.bus is not None:
            outputs.append((self.bus, k))
        nodes, distances = tuple(self.nodes), tuple(self.distances)
        return ClusterProgram(self.circuit, self.device, nodes, self.inputs, tuple(sorted(outputs)), distances)

    def _macronode(self, k: int) -> None:
        row = k % self.device.rows
        up, left = self.bus, self.rows[row]
        if up is None and left is None:
            self._initialise(k, row)
            return
        self.seats.pop(k, None)  # taken by a mode that passes: the one that was to start here starts elsewhere
        entering = [m for m in (up, left) if m is not None]
        moved = tuple(op for m in entering for op in self._displaced(m, k))
        chosen = self._chosen(entering, k)
        step = self.steps[chosen] if chosen is not None else ClusterStep("wiring", (), (), WIRING)
        if chosen is not None:
            self._done(chosen, k)
        swap = False
        if step.kind == "measurement":
            down = right = None
            self.row_of.pop(entering[0], None)
        else:
            swap = self._exchanges(up, left, k)
            down, right = (left, up) if swap else (up, left)
        self.bus, self.rows[row] = down, right
        if down is not None:
            self.row_of.pop(down, None)
        if right is not None:
            self.row_of[right] = row
        angles = step.angles
        if angles is not None and len(step.modes) == 2 and step.modes != (up, left):
            assert step.kind in SYMMETRIC  # what is done to two modes looks the same from both
        if angles is not None and swap:
            angles = exchanged(angles)
        self.nodes.append(Macronode(k, step.kind, up, left, down, right, swap, angles, moved, step.operations))

    def _initialise(self, k: int, row: int) -> None:
        """Start a mode where both inputs are blank, if one should start here."""
        seated = self.seats.pop(k, None)
        if seated is not None:
            self._begin(seated, k, down=False)
            return
        for mode, todo in enumerate(self.todo):
            if not todo or todo[0] not in self.ready[mode] or self.steps[todo[0]].kind != "initialization":
                continue
            if mode in self.seats.values():
                continue
            following = [i for i in todo[1:2] if len(self.steps[i].modes) == 2]
            if not following:
                self._begin(mode, k, down=False)
                return
            meeting = self.steps[following[0]]
            (other,) = (m for m in meeting.modes if m != mode)
            if self.todo[other] and self.steps[self.todo[other][0]].kind == "initialization":
                if self.todo[other][0] in self.ready[other] and other not in self.seats.values():
                    self._begin(mode, k, down=False)  # both are to start: the other one comes to this one
                    return
                continue
            if other not in self.row_of or self.missing[following[0]] > 1:
                continue
            way = (self.row_of[other] - row) % self.device.rows
            if all(self.rows[(row + i) % self.device.rows] is not None for i in range(1, way)):
                self._begin(mode, k, down=True)
                return

    def _begin(self, mode: int, k: int, *, down: bool) -> None:
        index = self.todo[mode][0]
        step = self.steps[index]
        self._done(index, k)
        if down:
            self.bus = mode
        else:
            row = k % self.device.rows
            self.rows[row], self.row_of[mode] = mode, row
        below, beside = (mode, None) if down else (None, mode)
        self.nodes.append(Macronode(k, step.kind, None, None, below, beside, False, step.angles, (), step.operations))

    def _displaced(self, mode: int, k: int) -> list[Displacement]:
        """Return the displacements due on a mode's way into a macronode: at most one with feed-forward."""
        found: list[Displacement] = []
        names: set[str] = set()
        again = True
        while again:
            again = False
            for index in sorted(self.ready[mode]):
                step = self.steps[index]
                if step.kind == "displacement" and self._may(index, k):
                    (op,) = step.operations
                    if len(names | used(op)) > 1:
                        continue
                    assert isinstance(op, Displacement)
                    names |= used(op)
                    found.append(op)
                    self._done(index, k)
                    again = True
        return found

    def _chosen(self, entering: list[int], k: int) -> int | None:
        """Return the step to do: on both modes that enter, or on the only one."""
        for index in sorted(self.ready[entering[0]]):
            step = self.steps[index]
            if step.kind != "displacement" and set(step.modes) == set(entering) and self._may(index, k):
                return index
        return None

    def _exchanges(self, up: int | None, left: int | None, k: int) -> bool:
        """Return whether what enters from above is to leave to the right."""
        above = inf if up is None else self._way(up, k)
        beside = inf if left is None else self._way(left, k)
        if up is None:
            return beside < inf
        if left is None:
            return above == inf
        return beside < above

    def _way(self, mode: int, k: int) -> float:
        """Return the rows down to the nearest mode to meet; infinity if the other mode has the shorter way."""
        rows = self.device.rows
        best = inf
        for index in self.ready[mode]:
            step = self.steps[index]
            if len(step.modes) == 2:
                (other,) = (m for m in step.modes if m != mode)
                if other in self.row_of:
                    way = (self.row_of[other] - k) % rows
                    if 0 < way <= rows / 2 and self._may(index, k + way):
                        best = min(best, way)
        return best

    def _may(self, index: int, k: int) -> bool:
        return all(k >= self.measured[name] + self.device.feed_forward[0] for name in self._uses(index))

    def _uses(self, index: int) -> set[str]:
        return {name for op in self.steps[index].operations for name in used(op) if name in self.measured}

    def _done(self, index: int, k: int) -> None:
        step = self.steps[index]
        most = self.device.feed_forward[1]
        for name in sorted(self._uses(index)):
            distance = k - self.measured[name]
            self.distances.append(distance)
            if most is not None and distance > most:
                reason = f"uses {name} {distance} macronodes after its measurement, the machine allows at most {most}"
                raise _Unplaced(
                    MappingReason(
                        str(step.operations[0]),
                        reason,
                        "use the result earlier, before other gates on its mode, or use fewer modes",
                    )
                )
        for op in step.operations:
            if isinstance(op, Homodyne):
                self.measured[op.result] = k
        for m in step.modes:
            self.todo[m].remove(index)
            self.ready[m].discard(index)
        for later in self.after[index]:
            self.missing[later] -= 1
            if self.missing[later] == 0:
                for m in self.steps[later].modes:
                    self.ready[m].add(later)
        self.left -= 1
        self.latest = k


FEWER_MODES_ADVICE = "use fewer modes at once, or a machine with more macronodes per step"

SYMMETRIC = ("controlled_z", "manual", "beam_splitter")
"""Gates on two modes that are the same with the modes exchanged."""
