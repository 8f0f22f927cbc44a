r"""Count the cost of a run on branches before it starts.

A dry run plays the gates and doubles the branches without an overlap, with +1 and 0 for results, and folds equal
branches: their displacements do not depend on the outcomes. It counts branches, histories and overlaps; seconds follow
from times that were measured on one processor core, and are good to a factor of about 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS
from simulations.branches.frames import commutes
from simulations.branches.overlaps import count_pairs
from simulations.branches.play import Register, apply
from simulations.branches.readouts import MAX_POINTS, MAX_TERMS, PositionDensity, QuadratureDensity
from simulations.branches.state import BranchState

MAX_SECONDS = 3600.0
"""Longest run, in seconds, that is started."""

MAX_BYTES = 4e9
"""Largest memory, in bytes, for branches and histories."""

MAX_BRANCHES = 1 << 16
"""Largest number of branches of one state: if all of them overlap, more take over an hour."""

MEMORY_ELEMENTS = 1 << 24
"""Largest number of amplitudes of histories that are held together; more are treated part by part."""

COUNTED_ROWS = 256
"""Number of branches whose near neighbours are counted, as a sample of all."""

TABULATED_PAIRS = 500_000
"""Pairs up to which the density of a position is asked for its number of points; of others, `USUAL_POINTS`."""

USUAL_POINTS = 30_000
"""Points of the density of a position of lattice states."""

SECONDS_PER_POINT = 8e-8
"""Seconds per complex Gaussian at one point of a density."""

SECONDS_PER_PRODUCT = 3e-10
"""Seconds per product of amplitudes and overlaps."""

SECONDS_PER_GATE = 2e-4
"""Least seconds per gate on one set of branches."""

SECONDS_PER_STEP = 1.5e-3
"""Least seconds per readout on one set of branches."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a run.

    Attributes
    ----------
    branches, histories : int
        Largest number of branches of one state, and of histories with different outcomes.
    overlaps : float
        Number of complex Gaussian integrals.
    seconds, memory_bytes : float
        Estimates.
    """

    branches: int = 1
    histories: int = 1
    overlaps: float = 0.0
    seconds: float = 0.0
    memory_bytes: float = 0.0

    def __str__(self) -> str:
        def several(count: int, one: str, more: str) -> str:
            return f"{count:,} {one if count == 1 else more}"

        seconds = "less than a second" if self.seconds < 1.0 else f"about {self.seconds:,.0f} s"
        parts = (several(self.branches, "branch", "branches"), several(self.histories, "history", "histories"))
        return f"{parts[0]}, {parts[1]} of outcomes, {self.overlaps:.2g} overlaps: {seconds}"

    def with_step(
        self,
        state: BranchState,
        histories: int,
        sets: int,
        pairs: float,
        products: float,
        points: float = 0.0,
        steps: int | None = None,
    ) -> Cost:
        """Add one readout.

        Parameters
        ----------
        state : BranchState
            The largest state at hand.
        histories, sets : int
            After it, and the number of different states whose overlaps are taken.
        pairs, products, points : float
            Overlaps of one state, products of amplitudes, and complex Gaussians at points of densities.
        steps : int, optional
            Sets that are treated one after the other; all by default.
        """
        overlaps = sets * pairs
        seconds = overlaps * _seconds_per_overlap(state) + products * SECONDS_PER_PRODUCT + points * SECONDS_PER_POINT
        size = state.branches * (state.modes**2 + 2 * state.modes + 2) * 32.0
        held = min(float(histories) * state.branches, 4.0 * MEMORY_ELEMENTS) * 64.0
        return Cost(
            max(self.branches, state.branches),
            max(self.histories, histories),
            self.overlaps + overlaps,
            self.seconds + seconds + (sets if steps is None else steps) * SECONDS_PER_STEP,
            max(self.memory_bytes, size + held),
        )


def cost(circuit: Circuit, shots: int | None) -> Cost:
    """Count what a run costs; the circuit is in the family.

    Parameters
    ----------
    circuit : Circuit
    shots : int, optional
        None for exact probabilities of all strings.

    Raises
    ------
    InputError
        If there are more than `MAX_BRANCHES` branches, or numbers overflow.
    """
    dry = _DryRun(shots if shots is not None else 1 << 62)
    last = max((i for i, op in enumerate(circuit.operations) if isinstance(op, MEASUREMENTS)), default=-1)
    for index, op in enumerate(circuit.operations[: last + 1]):
        names = ops.used(op) - dry.parted
        dry.parted |= names
        dry.sets = min(dry.histories, dry.sets << min(len(names), 60))
        if isinstance(op, ops.DisplacementReadout):
            dry.bit(op, index, last=index == last)
        elif isinstance(op, ops.Homodyne):
            dry.quadrature(op, last=index == last)
        else:
            dry.gate(op, index)
    return dry.cost


class _DryRun:
    """What a run has reached, and its cost so far."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.cost = Cost()
        self.register = Register.empty()
        self.histories = 1  # that differ in outcomes
        self.sets = 1  # those of them that differ in more than amplitudes
        self.results: dict[str, float] = {}
        self.random: set[int] = set()  # modes with a random angle
        self.parted: set[str] = set()  # results by which histories are parted

    def part(self, op: ops.Operation) -> None:
        """Give every shot a set of its own from now on, if the operation acts on a mode of random angle."""
        if self.random & set(op.modes):
            self.histories = self.sets = self.most
            self.random -= set(op.modes)

    def gate(self, op: ops.Operation, index: int) -> None:
        """Count an operation that is not a readout."""
        if isinstance(op, ops.Dephasing):
            self.random |= set(op.modes) if op.variance else set()
            return
        if isinstance(op, ops.PREPARATIONS):
            self.random -= set(op.modes)
        elif not commutes(op):
            self.part(op)
        self.cost = replace(self.cost, seconds=self.cost.seconds + self.sets * SECONDS_PER_GATE)
        if isinstance(op, ops.PostSelect):
            self.register = self.register.used(op.modes).facing(op).position_found(op, op.value)
        else:
            told = {name: self.results[name] for name in ops.used(op)}
            self.register = _affordable(apply(self.register, op, told), index, op)

    def bit(self, op: ops.DisplacementReadout, index: int, *, last: bool) -> None:
        """Count a displacement readout."""
        steps = self.sets if last else None  # random angles of the last readout are taken together
        self.part(op)
        pairs = _pairs(self.register.state)
        products = self.histories * pairs
        if not last:
            self.register = _doubled(self.register.used(op.modes), index, op)
        self.histories = min(self.most, 2 * self.histories)
        self.cost = self.cost.with_step(self.register.state, self.histories, self.sets, pairs, products, steps=steps)
        self.results[op.result] = 1.0

    def quadrature(self, op: ops.Homodyne, *, last: bool) -> None:
        """Count a homodyne readout."""
        self.part(op)
        self.register = self.register.used(op.modes).facing(op)
        state, histories = self.register.state, self.histories
        pairs = _pairs(state)
        if self.register.reads_position(op):
            points = 0.5 * histories * pairs * _points(self.register, op, pairs, self.most / histories)
            self.cost = self.cost.with_step(state, histories, histories, pairs, 0.0, points)
        else:
            self.cost = self.cost.with_step(state, histories, histories, pairs * _values(self.register, op), 0.0)
        if not last:
            self.register = self.register.position_found(op, 0.0)
            self.results[op.result] = 0.0
            self.histories = self.sets = self.most


def require_affordable(circuit: Circuit, shots: int | None) -> Cost:
    """Count what a run costs, and raise InputError if it needs more than an hour or than the memory."""
    found = cost(circuit, shots)
    advice = "use fewer shots, fewer readouts that gates follow, or states of fewer packets"
    if found.seconds > MAX_SECONDS:
        raise InputError(f"a run may take at most {MAX_SECONDS:,.0f} s, but this one needs {found}; {advice}")
    if found.memory_bytes > MAX_BYTES:
        needed = f"{found.memory_bytes / 1e9:.1f} GB ({found})"
        raise InputError(f"a run may take at most {MAX_BYTES / 1e9:.0f} GB, but this one needs {needed}; {advice}")
    return found


def _doubled(register: Register, index: int, op: ops.DisplacementReadout) -> Register:
    """Return the branches after a readout, with amplitudes that do not cancel."""
    alphas, betas, _ = register.operators(op.modes, np.array(op.alpha), np.array(op.beta), np.zeros((1, len(op.modes))))
    both = register.state.joined(register.state.displaced(alphas[0], betas[0]))
    first, group = both.folding()
    sizes = np.zeros(len(first))
    np.maximum.at(sizes, group, np.abs(both.amplitudes))
    after = replace(register, state=replace(both.picked(first), amplitudes=sizes.astype(complex)))
    return _affordable(after, index, op)


def _affordable(register: Register, index: int, op: ops.Operation) -> Register:
    if register.state.branches > MAX_BRANCHES:
        raise InputError(
            f"operation {index} {op}: a state may have at most {MAX_BRANCHES:,} branches, found "
            f"{register.state.branches:,}; use fewer readouts that gates follow, or states of fewer packets"
        )
    return register


def _pairs(state: BranchState) -> float:
    """Return the number of pairs of branches whose overlaps count."""
    rows = np.unique(np.linspace(0, state.branches - 1, COUNTED_ROWS).astype(int))
    return count_pairs(state.picked(rows), state) * state.branches / len(rows)


def _values(register: Register, op: ops.Homodyne) -> float:
    """Return the number of values of the characteristic function of a quadrature."""
    place, a, b, _ = register.quadrature_of(op)
    density = QuadratureDensity(register.state, place, a, b)
    _, deviation = density.spread()
    return min(density.terms(deviation)[1], MAX_TERMS)


def _points(register: Register, op: ops.Homodyne, pairs: float, draws: float) -> float:
    """Return the number of points at which the density of a position is computed, of a table or of proposals."""
    sizes = np.abs(register.state.amplitudes)
    proposals = draws * float(sizes.sum() ** 2 / (sizes**2).sum())
    if pairs > TABULATED_PAIRS:
        return min(USUAL_POINTS, proposals)
    _, _, points = PositionDensity.of(register.state, register.position_of(op)[0]).grid()
    return min(points, MAX_POINTS, proposals)


def _seconds_per_overlap(state: BranchState) -> float:
    """Measured for 3 to 12 modes, with a common phase of degree 2 and 3."""
    n = state.modes
    curved = bool(state.phase.cubic.any() or state.curvatures.any())
    return 2e-6 + 1.8e-7 * n**2 if curved else 2e-7 + 3e-8 * n**2
