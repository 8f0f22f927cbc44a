r"""Spread pairs of cubic gates over two wires, where a profile limits the cubic gates of a wire.

Synthesis often applies two cubic gates to one wire a, with a beamsplitter between them that shows the wire another form
of its partner b. A turn by a quarter shows that form to the partner instead: with ``B(t)`` the real beamsplitter on
(a, b) by the angle t and ``B(pi/2): x_a -> -x_b, x_b -> x_a``,

``B(t), V_a(gamma), B(u)  =  B(t - pi/2), V_b(-gamma), B(u + pi/2)``,
``B(t), V_a(gamma), B(u)  =  B(t + pi/2), V_b(gamma), B(u - pi/2)``,

in order of time. The first is taken for t > 0, the second else, so that the angle in the middle stays small: in a
3-edge ``109.47 - 90 = 19.47`` degrees. The numbers of gates, the depth and the non-Gaussian depth stay the same. A
quarter turn exchanges the wires and nothing else, so that the circuit with its losses in place is the same channel too:
the logical loss (`compiler.costs.logical_loss`) and all answers are as before, and the largest loss of a wire falls.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import pi

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import BeamSplitter, CubicPhase, Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.ranges import in_range
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class SpreadPairs:
    """Move the second of two cubic gates on one wire to its partner wire, where a wire holds too many. Idempotent.

    A gate moves only from a wire above the limit to a partner with at least two cubic gates fewer, and only where the
    changed gates stay within the ranges of the profile.

    Parameters
    ----------
    most : int, optional
        How many cubic gates a wire may hold, at least 1; by default the profile's limit ``max_per_mode`` of a native
        CubicPhase. Without either, circuits stay as they are.
    """

    most: int | None = None
    name: str = "spread_pairs"
    guarantee: Guarantee = Guarantee.EXACT

    def __post_init__(self) -> None:
        if self.most is not None and self.most < 1:
            raise CircuitError(f"spread_pairs: most must be at least 1, found {self.most}")

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Move gates, sweep by sweep, until none moves."""
        most = self.most
        if most is None:
            spec = profile.operations.get("CubicPhase")
            stated = None if spec is None or not profile.is_native("CubicPhase") else spec.max_per_mode
            if stated is None:
                return PassResult(circuit, "the profile does not limit the cubic gates of a wire")
            most = int(stated.value)
        out = list(circuit.operations)
        load = Counter(op.modes[0] for op in out if isinstance(op, CubicPhase))
        before, moved = max(load.values(), default=0), 0
        while count := _sweep(out, load, most, profile):
            moved += count
        after = max(load.values(), default=0)
        if not moved:
            return PassResult(circuit, f"no gate to move: at most {before} on a wire")
        report = f"moved {moved} cubic gates to partner wires: at most {after} on a wire, {before} before"
        return PassResult(circuit.with_operations(tuple(out)), report)


def _sweep(out: list[Operation], load: Counter[int], most: int, profile: Profile) -> int:
    """Move what can be moved in one sweep, in place; return how many gates moved."""
    after: list[dict[int, int]] = [{} for _ in out]  # for every operation and mode of its own: the next one there
    last: dict[int, int] = {}
    for index, op in enumerate(out):
        for mode in op.modes:
            if mode in last:
                after[last[mode]][mode] = index
            last[mode] = index
    moved = 0
    for index, first in enumerate(out):
        if not isinstance(first, CubicPhase):
            continue
        (wire,) = first.modes
        turn = after[index].get(wire)  # None after a gate that has just moved, whose wire is another now
        middle = None if turn is None else after[turn].get(wire)
        end = None if middle is None else after[middle].get(wire)
        if turn is None or middle is None or end is None:
            continue
        opening, second, closing = out[turn], out[middle], out[end]
        if not (_real(opening) and isinstance(second, CubicPhase) and _real(closing)):
            continue
        (partner,) = set(opening.modes) - {wire}
        if set(closing.modes) != set(opening.modes) or after[turn].get(partner) != end:
            continue
        if load[wire] <= most or load[partner] + 1 >= load[wire]:
            continue
        made = _moved(opening, second, closing, partner)
        if all(in_range(op, profile) for op in made):
            out[turn], out[middle], out[end] = made
            load[wire] -= 1
            load[partner] += 1
            moved += 1
    return moved


def _real(op: Operation) -> bool:
    return isinstance(op, BeamSplitter) and isinstance(op.theta, float) and op.phi == 0.0


def _moved(
    opening: Operation, second: CubicPhase, closing: Operation, partner: int
) -> tuple[Operation, Operation, Operation]:
    """Return the three gates with the cubic one on the partner wire; see the module."""
    assert isinstance(opening, BeamSplitter) and isinstance(closing, BeamSplitter)
    wire = second.modes[0]
    angle = _angle(opening, wire)
    quarter = pi / 2 if angle > 0.0 else -pi / 2
    gamma: Parameter = -second.gamma if quarter > 0.0 else second.gamma
    return (
        _turned(opening, wire, angle - quarter),
        CubicPhase((partner,), gamma),
        _turned(closing, wire, _angle(closing, wire) + quarter),
    )


def _angle(op: BeamSplitter, wire: int) -> float:
    """Return the angle with the wire as the first mode: swapping the modes of a real beamsplitter turns it round."""
    assert not isinstance(op.theta, Polynomial)
    return op.theta if op.modes[0] == wire else -op.theta


def _turned(op: BeamSplitter, wire: int, angle: float) -> BeamSplitter:
    return replace(op, theta=angle if op.modes[0] == wire else -angle)
