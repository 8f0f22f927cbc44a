"""Merge neighbouring operations of one kind on the same modes, and drop what cancels, whole turns included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, Operation, Parameter, used
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.drop_trivial import is_trivial
from compiler.passes.simplifying.half_turns import half_turns_cancelled
from compiler.passes.simplifying.ranges import in_range
from compiler.passes.simplifying.turns import is_full_turn, is_half_turn, rounding_of
from hardware_profiles.schema import Profile

RELATIVE_SUM_TOLERANCE = 1e-9
"""Largest relative error that a sum may leave in the smaller of its terms."""


@dataclass(frozen=True, slots=True)
class MergeNeighbours:
    """Add up the parameters of equal operations that follow one another on all their modes. Idempotent.

    Operations that do nothing, such as whole turns, are dropped, so that their neighbours can merge, and half turns of
    a mode cancel in pairs (`compiler.passes.simplifying.half_turns`). A sum that would leave the ranges of the profile
    is not made.
    """

    name: str = "merge_neighbours"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Merge until nothing changes."""
        current = circuit
        while (merged := _swept(half_turns_cancelled(current, profile), profile)) != current:
            current = merged
        return PassResult(current, f"{len(circuit.operations)} operations became {len(current.operations)}")


def _swept(circuit: Circuit, profile: Profile) -> Circuit:
    """Merge in one sweep; operations that cancel expose the one before them."""
    out: list[Operation | None] = []
    measured: dict[str, int] = {}  # result -> place in `out`
    last: list[list[int]] = [[] for _ in range(circuit.modes)]  # stacks of places in `out`
    for op in circuit.operations:
        if is_trivial(op):
            continue
        places = {last[m][-1] if last[m] else -1 for m in op.modes}
        at = places.pop() if len(places) == 1 else -1
        previous = out[at] if at >= 0 else None
        joins = previous is not None and set(previous.modes) == set(op.modes)
        joins = joins and all(measured.get(name, -1) < at for name in used(op))  # no result before its readout
        merged = merge(previous, op) if previous is not None and joins else None
        if previous is not None and merged is not None and is_trivial(merged):
            for m in op.modes:
                last[m].pop()
            out[at] = None
        elif previous is not None and merged is not None and _allowed(previous, op, merged, profile):
            out[at] = merged
        else:
            for m in op.modes:
                last[m].append(len(out))
            if isinstance(op, MEASUREMENTS):
                measured[op.result] = len(out)
            out.append(op)
    return circuit.with_operations(tuple(op for op in out if op is not None))


def _allowed(first: Operation, second: Operation, merged: Operation, profile: Profile) -> bool:
    """Return whether the profile allows the sum of two operations, or refuses one of the two anyhow."""
    return in_range(merged, profile) or not (in_range(first, profile) and in_range(second, profile))


def merge(first: Operation, second: Operation) -> Operation | None:
    """Return one operation that does what two in sequence do, or None; also where float64 cannot hold the sum.

    >>> from compiler.ir.operations import BeamSplitter
    >>> merge(BeamSplitter((0, 1), 0.3), BeamSplitter((1, 0), 0.1))
    BeamSplitter(modes=(0, 1), theta=0.19999999999999998, phi=0.0)
    """
    if type(first) is not type(second):
        return None
    try:
        return _merged(first, second)
    except _InexactError:
        return None


class _InexactError(ArithmeticError):
    """A sum loses one of its terms."""


def _merged(first: Operation, second: Operation) -> Operation | None:
    match first, second:
        case ops.BeamSplitter(), ops.BeamSplitter():
            return _splitters(first, second)
        case ops.Interferometer(), ops.Interferometer():
            return _product(first, second)
        case ops.ControlledZ(), ops.ControlledZ():
            return replace(first, s=_sum(first.s, second.s))
        case ops.PhasePower(), ops.PhasePower():
            if first.order == second.order:
                return replace(first, strength=_sum(first.strength, second.strength))
        case ops.Displacement(), ops.Displacement():
            return replace(first, x=_sum(first.x, second.x), p=_sum(first.p, second.p))
        case _ if type(first) in ADDITIVE and first.modes == second.modes:
            key = ADDITIVE[type(first)]
            values: dict[str, Any] = {key: _sum(getattr(first, key), getattr(second, key))}
            return replace(first, **values)
    return None


ADDITIVE: dict[type[Operation], str] = {
    ops.Rotation: "theta",
    ops.Squeeze: "r",
    ops.Shear: "s",
    ops.ControlledX: "s",
    ops.CubicPhase: "gamma",
}
"""Operations whose parameter adds up when they follow one another on the same modes."""


def _splitters(first: ops.BeamSplitter, second: ops.BeamSplitter) -> Operation | None:
    theta, phi = second.theta, second.phi
    if first.modes != second.modes:  # a beamsplitter whose modes are exchanged is one with the signs of both angles
        theta, phi = -theta, -phi
    if phi == first.phi:
        return replace(first, theta=_sum(first.theta, theta))
    if isinstance(phi, Polynomial) or isinstance(first.phi, Polynomial):
        return None
    size = max(abs(phi), abs(first.phi))
    if is_full_turn(phi - first.phi, size):
        return replace(first, theta=_sum(first.theta, theta))
    if is_half_turn(phi - first.phi, size):  # phi + pi is the same beamsplitter as -theta
        return replace(first, theta=_sum(first.theta, -theta))
    return None


def _product(first: ops.Interferometer, second: ops.Interferometer) -> Operation | None:
    """Merge two interferometers on the same modes; None where rounding of both makes the product not unitary."""
    place = [second.modes.index(mode) for mode in first.modes]
    rows = np.array(second.matrix, dtype=complex)[np.ix_(place, place)] @ np.array(first.matrix, dtype=complex)
    try:
        return replace(first, matrix=tuple(map(tuple, rows.tolist())))
    except CircuitError:
        return None


def _sum(a: Parameter, b: Parameter) -> Parameter:
    if isinstance(a, Polynomial) or isinstance(b, Polynomial):
        left, right = (v if isinstance(v, Polynomial) else Polynomial.constant(v) for v in (a, b))
        return left + right
    total = a + b
    if abs(total) <= rounding_of(max(abs(a), abs(b))):
        return 0.0  # the parameters cancel, and what is left is their rounding
    if abs((total - a) - b) > RELATIVE_SUM_TOLERANCE * min(abs(a), abs(b)):
        raise _InexactError
    return total
