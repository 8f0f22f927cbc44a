"""Merge neighbouring operations of one kind on the same modes, and drop what cancels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.drop_trivial import is_trivial
from hardware_profiles.schema import Profile

RELATIVE_SUM_TOLERANCE = 1e-9
"""Largest relative error that a sum may leave in the smaller of its terms."""


@dataclass(frozen=True, slots=True)
class MergeNeighbours:
    """Add up the parameters of equal operations that follow one another on all their modes. Idempotent."""

    name: str = "merge_neighbours"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Merge in one sweep; what cancels uncovers the operation before it."""
        out: list[Operation | None] = []
        measured: dict[str, int] = {}  # result -> place in `out`
        last: list[list[int]] = [[] for _ in range(circuit.modes)]  # stacks of places in `out`
        for op in circuit.operations:
            places = {last[m][-1] if last[m] else -1 for m in op.modes}
            at = places.pop() if len(places) == 1 else -1
            previous = out[at] if at >= 0 else None
            joins = previous is not None and set(previous.modes) == set(op.modes)
            joins = joins and all(measured.get(name, -1) < at for name in _names(op))  # no result before its readout
            merged = merge(previous, op) if previous is not None and joins else None
            if merged is None:
                for m in op.modes:
                    last[m].append(len(out))
                if isinstance(op, ops.Homodyne):
                    measured[op.result] = len(out)
                out.append(op)
            elif is_trivial(merged):
                for m in op.modes:
                    last[m].pop()
                out[at] = None
            else:
                out[at] = merged
        kept = tuple(op for op in out if op is not None)
        return PassResult(circuit.with_operations(kept), f"{len(circuit.operations)} operations became {len(kept)}")


def _names(op: Operation) -> set[str]:
    return {name for value in op.parameters().values() if isinstance(value, Polynomial) for name in value.names}


def merge(first: Operation, second: Operation) -> Operation | None:
    """One operation that does what two in sequence do, or None; also where float64 cannot hold the sum.

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
    if first.modes == second.modes:
        return replace(first, theta=_sum(first.theta, second.theta)) if first.phi == second.phi else None
    if first.phi == 0.0 and second.phi == 0.0:  # swapping the ports turns a real splitter round
        return replace(first, theta=_sum(first.theta, -second.theta))
    return None


def _sum(a: Parameter, b: Parameter) -> Parameter:
    if isinstance(a, Polynomial) or isinstance(b, Polynomial):
        left, right = (v if isinstance(v, Polynomial) else Polynomial.constant(v) for v in (a, b))
        return left + right
    total = a + b
    if abs((total - a) - b) > RELATIVE_SUM_TOLERANCE * min(abs(a), abs(b)):
        raise _InexactError
    return total
