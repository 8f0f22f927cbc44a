r"""Route a circuit: swaps until every operation on two modes acts on neighbours.

A greedy search with lookahead, after G. Li, Y. Ding and Y. Xie, ASPLOS 2019 (SABRE): operations that can be done
are done; then the swap is made that brings the waiting operations, and the next ones, closest together. Gates that are
functions of position commute and wait for no order among themselves. Several placements and ways to weigh distances are
tried, and the routing with the fewest swaps is kept. Deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.costs.resources import resources
from compiler.errors import CircuitError, MappingReason
from compiler.ir.circuit import Circuit
from compiler.ir.operations import ENDS, PREPARATIONS, DisplacementReadout, Operation
from compiler.routing.board import Board
from compiler.routing.coupling import Coupling, placements
from compiler.routing.homecoming import homecoming, next_step
from compiler.routing.order import predecessors

LOOKAHEAD = 24
"""Operations on two modes that are looked at beyond those that wait."""

SHARE = 0.5
"""Weight of the operations that come later, relative to those that wait."""

NEARNESS = (1.0, 0.6)
"""Ways to weigh a distance d: by d itself, and by ``-q^d``, which favours pairs that are almost together."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A circuit whose operations on two modes act on neighbours.

    Attributes
    ----------
    circuit : Circuit
        Equal to the source, mode by mode. Modes beyond the source's are vacua that fill empty sites.
    coupling : Coupling
    sites : tuple of int
        The site of every mode of ``circuit``. Several modes may have one site, one after the other.
    swaps : tuple of int
        Which operations of ``circuit`` are swaps.
    modes_before, two_mode_before, depth_before, depth : int
        Modes of the source and its operations on two modes; depth of source and circuit, every operation one layer.
    """

    circuit: Circuit
    coupling: Coupling
    sites: tuple[int, ...]
    swaps: tuple[int, ...]
    modes_before: int
    two_mode_before: int
    depth_before: int
    depth: int

    @property
    def overhead(self) -> float:
        """Swaps for each operation on two modes; 0 without any."""
        return len(self.swaps) / self.two_mode_before if self.two_mode_before else 0.0

    def summary(self) -> dict[str, Any]:
        """Return the overhead as plain data."""
        return {
            "swaps": len(self.swaps),
            "two_mode_before": self.two_mode_before,
            "swaps_per_two_mode": self.overhead,
            "depth_before": self.depth_before,
            "depth": self.depth,
            "vacua": self.circuit.modes - self.modes_before,
            "sites": list(self.sites),
        }


def route(circuit: Circuit, coupling: Coupling, *, sites: tuple[int, ...] | None = None) -> Routed:
    """Insert swaps until every operation on two modes acts on neighbours.

    Mode m of the routed circuit is mode m of the source: it starts, is prepared, and (if nothing reads it last) ends on
    the same mode, so that `compiler.compare` applies as it stands. Where the modes sit on the device is free,
    since to prepare a mode elsewhere costs nothing: the placement is searched for, and given by ``sites``. A mode that
    is read last may be read wherever another such mode sits, and is not brought back.

    Parameters
    ----------
    circuit : Circuit
        Without operations on three modes or more.
    coupling : Coupling
        With at least as many sites as the circuit has modes.
    sites : tuple of int, optional
        The site of every mode, instead of a search.

    Raises
    ------
    CircuitError
        If an operation acts on three modes or more, or prepares two, the device is too small or not connected, or the
        sites are not distinct.

    Examples
    --------
    >>> from compiler.ir.operations import ControlledX
    >>> far = Circuit(3, (ControlledX((0, 1), 0.3), ControlledX((1, 2), 0.2), ControlledX((0, 2), 0.1)))
    >>> route(far, Coupling.of("line", 3)).summary()["swaps"]
    2
    """
    for index, op in enumerate(circuit.operations):
        if isinstance(op, PREPARATIONS) and len(op.modes) > 1:
            raise CircuitError(f"operation {index} {op}: routing handles preparations of one mode only")
        if len(_joined_modes(op)) > 2:
            raise CircuitError(f"operation {index} {op}: routing takes operations on 1 or 2 modes; lower it first")
    if circuit.modes > coupling.sites:
        size = f"the circuit has {circuit.modes} modes, but the device has {coupling.sites} sites"
        raise CircuitError(f"{size}; use fewer modes")
    if cut := int((coupling.distance[0] >= coupling.sites).sum()):
        raise CircuitError(f"{cut} of the {coupling.sites} sites cannot be reached by swaps; use a connected device")
    if sites is not None and (len(set(sites)) != circuit.modes or len(sites) != circuit.modes):
        raise CircuitError(f"every one of the {circuit.modes} modes needs a site of its own, found {list(sites)}")
    boards: list[Board] = []
    for within in coupling.variants(circuit.modes) if sites is None else (coupling,):
        starts = [sites] if sites is not None else placements(_weights(circuit), circuit.modes, within)
        for start, nearness in product(starts, NEARNESS):
            boards.append(Board(circuit, within, start))
            _Search(boards[-1], nearness).run()
            if not boards[-1].swaps:
                return _routed(boards[-1], coupling)
    return _routed(min(boards, key=_cost), coupling)


def apart(circuit: Circuit, coupling: Coupling, sites: tuple[int, ...] | None = None) -> tuple[tuple[int, int], ...]:
    """Return operations on modes that are not neighbours, and how far apart the modes are.

    >>> from compiler.ir.operations import ControlledZ
    >>> apart(Circuit(3, (ControlledZ((0, 2), 0.1),)), Coupling.of("line", 3))
    ((0, 2),)
    """
    places = tuple(range(circuit.modes)) if sites is None else sites
    found = []
    for index, op in enumerate(circuit.operations):
        if len(_joined_modes(op)) > 1:
            steps = max(int(coupling.distance[places[a], places[b]]) for a in op.modes for b in op.modes)
            if steps > 1 or len(op.modes) > 2:
                found.append((index, steps))
    return tuple(found)


def not_neighbours(
    circuit: Circuit, coupling: Coupling, sites: tuple[int, ...] | None = None
) -> tuple[MappingReason, ...]:
    """Return reasons for the operations on modes that are not neighbours; empty if all are.

    >>> from compiler.ir.operations import ControlledZ
    >>> not_neighbours(Circuit(3, (ControlledZ((0, 2), 0.1),)), Coupling.of("line", 3))[0].reason
    'sites 0 and 2 are not neighbours: 2 steps apart'
    """
    found = []
    for index, steps in apart(circuit, coupling, sites):
        op = circuit.operations[index]
        places = [m if sites is None else sites[m] for m in op.modes]
        shown = " and ".join(map(str, places))
        connected = steps < coupling.sites
        reason = (
            f"sites {shown} are not neighbours: {steps} steps apart" if connected else f"no path joins sites {shown}"
        )
        advice = "insert swaps (the pass route)" if connected else "use modes that the device couples"
        if isinstance(op, PREPARATIONS) and len(op.modes) > 1:
            raise CircuitError(f"operation {index} {op}: routing handles preparations of one mode only")
        if len(op.modes) > 2:
            advice = "decompose it first (the pass interferometer_mesh)"
        found.append(MappingReason(f"operation {index} {op}", reason, advice))
    return tuple(found)


def site_violations(circuit: Circuit, sites: tuple[int, ...]) -> tuple[MappingReason, ...]:
    """Return reasons for the operations during which two modes are at one site; empty if modes take turns.

    A mode is at its site from its preparation, or from the start, until it is measured.

    >>> from compiler.ir.operations import ControlledZ
    >>> site_violations(Circuit(2, (ControlledZ((0, 1), 0.1),)), (3, 3))[0].reason
    'modes 0 and 1 are both at site 3'
    """
    first: dict[int, Operation] = {}
    for op in circuit.operations:
        for m in op.modes:
            first.setdefault(m, op)
    holds: dict[int, int] = {}  # site -> mode
    for m, op in first.items():
        if not isinstance(op, PREPARATIONS):
            if sites[m] in holds:
                reason = f"modes {holds[sites[m]]} and {m} are both at site {sites[m]}"
                return (MappingReason("the circuit", reason, "give every mode a site of its own"),)
            holds[sites[m]] = m
    for index, op in enumerate(circuit.operations):
        for m in op.modes:
            if holds.setdefault(sites[m], m) != m:
                reason = f"modes {holds[sites[m]]} and {m} are both at site {sites[m]}"
                return (MappingReason(f"operation {index} {op}", reason, "give every mode a site of its own"),)
        if isinstance(op, ENDS):
            del holds[sites[op.modes[0]]]
    return ()


def _weights(circuit: Circuit) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for op in circuit.operations:
        if len(_joined_modes(op)) == 2:
            pair = min(op.modes), max(op.modes)
            found[pair] = found.get(pair, 0.0) + 1.0
    return found


def _cost(board: Board) -> tuple[int, int]:
    return len(board.swaps), resources(Circuit(len(board.sites), tuple(board.out))).depth if board.swaps else 0


def _routed(board: Board, coupling: Coupling) -> Routed:
    source = board.source
    further = tuple(range(source.modes, len(board.sites)))
    new = source  # without swaps, in the order that it came in
    if board.swaps:
        new = Circuit(len(board.sites), tuple(board.out), source.ancillas + further, source.symbols)
    count = sum(len(_joined_modes(op)) == 2 for op in source.operations)
    depths = resources(source).depth, resources(new).depth
    return Routed(new, coupling, tuple(board.sites), tuple(board.swaps), source.modes, count, *depths)


def _joined_modes(op: Operation) -> tuple[int, ...]:
    """Return modes that must be neighbours; a readout of a displacement reaches its modes wherever they are."""
    return () if isinstance(op, DisplacementReadout) else op.modes


class _Search:
    def __init__(self, board: Board, nearness: float) -> None:
        self.board = board
        self.operations = board.source.operations
        steps = board.coupling.distance.astype(float)
        self.far = steps if nearness == 1.0 else -(nearness**steps)
        before = predecessors(board.source)
        self.missing = [len(earlier) for earlier in before]
        self.after: list[list[int]] = [[] for _ in before]
        for index, earlier in enumerate(before):
            for other in earlier:
                self.after[other].append(index)
        self.waiting = [i for i, count in enumerate(self.missing) if count == 0]
        self.pairs = [
            i for i, op in enumerate(self.operations) if len(_joined_modes(op)) == 2
        ]  # those that are not done
        self.idle = 0  # swaps since an operation was done

    def run(self) -> None:
        limit = 2 * int(self.board.coupling.distance.max()) + 4
        while self._do():
            if self.idle > limit:
                self._force()
            else:
                self.board.swap(*self._best())
                self.idle += 1
        self._bring_home()
        self.board.finish()

    def _do(self) -> bool:
        """Do all operations that can be done; return whether any is left."""
        again = True
        while again:
            again = False
            for index in sorted(self.waiting):
                if self._steps(self.operations[index]) == 0:
                    self.board.write(self.operations[index])
                    self.waiting.remove(index)
                    if index in self.pairs:
                        self.pairs.remove(index)
                    for later in self.after[index]:
                        self.missing[later] -= 1
                        if self.missing[later] == 0:
                            self.waiting.append(later)
                    again, self.idle = True, 0
        return bool(self.waiting)

    def _steps(self, op: Operation) -> int:
        """Return a lower bound on the swaps that an operation waits for."""
        board = self.board
        if len(_joined_modes(op)) == 2:
            a, b = op.modes
            return int(board.coupling.distance[board.site[a], board.site[b]]) - 1
        if isinstance(op, (*PREPARATIONS, *ENDS)):
            return min(int(board.coupling.distance[board.site[op.modes[0]], t]) for t in board.targets(op))
        return 0

    def _best(self) -> tuple[int, int]:
        """Return the swap of neighbours that brings what waits closest together."""
        board = self.board
        site = np.array(board.site)
        pairs = [self.operations[i].modes for i in self.waiting if len(_joined_modes(self.operations[i])) == 2]
        alone = [self.operations[i] for i in self.waiting if len(self.operations[i].modes) == 1]
        ready = set(self.waiting)
        later = [self.operations[i].modes for i in self.pairs[: LOOKAHEAD + len(pairs)] if i not in ready][:LOOKAHEAD]
        goals = [(op.modes[0], board.targets(op)) for op in alone]
        moving = {site[m] for modes in pairs for m in modes} | {site[m] for m, _ in goals}
        scored = []
        for a, b in board.coupling.pairs:
            if a not in moving and b not in moving:
                continue
            trial = site.copy()
            trial[board.content[a]], trial[board.content[b]] = b, a
            score = self._spread(trial, pairs) + SHARE * self._spread(trial, later) / max(len(later), 1)
            score += sum(min(board.coupling.distance[trial[m], t] for t in targets) for m, targets in goals)
            empty = sum(board.wire[s] is None for s in (a, b))
            scored.append((round(float(score) + 0.1 * empty, 9), self._busy(a, b), a, b))
        _, _, a, b = min(scored)
        return a, b

    def _spread(self, site: NDArray[np.int64], pairs: list[tuple[int, ...]]) -> float:
        if not pairs:
            return 0.0
        a, b = np.array(pairs).T
        return float(self.far[site[a], site[b]].sum())

    def _busy(self, a: int, b: int) -> int:
        """Return when two sites were last used: of equally good swaps, the one whose modes waited longest is made."""
        wires = {self.board.wire[a], self.board.wire[b]}
        for place in range(len(self.board.out) - 1, -1, -1):
            if not wires.isdisjoint(self.board.out[place].modes):
                return place
        return -1

    def _force(self) -> None:
        """Do the operation that waits for the fewest swaps, along a shortest path."""
        index = min(self.waiting, key=lambda i: (self._steps(self.operations[i]), i))
        op = self.operations[index]
        while self._steps(op):
            start = self.board.site[op.modes[0]]
            goals = [self.board.site[op.modes[1]]] if len(op.modes) == 2 else self.board.targets(op)
            goal = min(goals, key=lambda t: int(self.board.coupling.distance[start, t]))
            self.board.swap(start, next_step(start, goal, (), self.board.coupling))
        self.idle = 0

    def _bring_home(self) -> None:
        """Bring the modes that nothing reads last back: by the swaps so far in reverse, or by fewer."""
        board = self.board
        bound = [c for c in range(board.source.modes) if board.alive[c]]
        if all(board.site[c] == board.home[c] for c in bound):
            return
        back = homecoming(board.content, board.home, bound, board.coupling)
        for a, b in min(board.history[::-1], back, key=len):
            board.swap(a, b)
