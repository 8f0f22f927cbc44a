"""Collect phase gates: they commute, so that weights of one edge add up, and synthesis sees the whole polynomial."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.decompositions.powers import cubic_state_gates, power_as_polynomial
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    DIAGONAL,
    ControlledX,
    Displacement,
    DisplacementReadout,
    Operation,
    PhasePower,
    PolynomialPhase,
    PrepareCubic,
    phase,
)
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.drop_trivial import is_trivial
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class CollectPhases:
    """Join phase gates between which no operation changes a position that the later one depends on.

    A phase gate moves back, past what it commutes with (operations diagonal in position, operations on other modes, a
    ControlledX whose target it does not touch, whole turns), to the latest earlier phase gate that it can reach.
    Polynomials that add up to a constant are dropped, so the result is exact up to a global phase. A gate whose
    polynomial uses a measured result stays where it is. A `PhasePower` of an order that is not native counts as its
    polynomial, and a `PrepareCubic` that is not native counts as a squeezed vacuum and a cubic gate. Idempotent.
    """

    name: str = "collect_phases"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Collect until nothing moves; every group stands where its first gate stood."""
        current = plain = _with_polynomials(circuit, profile)
        while (collected := self._once(current)) != current:
            current = collected
        before, after = (sum(isinstance(op, PolynomialPhase) for op in some.operations) for some in (plain, collected))
        return PassResult(collected, f"{before} phase gates became {after}")

    def _once(self, circuit: Circuit) -> Circuit:
        slots: list[Operation | dict[Monomial, float]] = []
        groups: list[int] = []  # slots that hold a group, in order
        disturbed: dict[int, int] = {}  # mode -> number of slots when its position last changed
        symbols = set(circuit.symbols)
        for op in circuit.operations:
            if isinstance(op, PolynomialPhase) and symbols.issuperset(op.polynomial.names):
                earliest = max((disturbed.get(m, 0) for m in op.modes), default=0)
                if not groups or groups[-1] < earliest:
                    groups.append(len(slots))
                    slots.append({})
                terms = slots[groups[-1]]
                assert isinstance(terms, dict)
                for key, coefficient in op.polynomial.terms.items():
                    terms[key] = terms.get(key, 0.0) + coefficient
                continue
            for mode in _disturbed(op):
                disturbed[mode] = len(slots) + 1
            slots.append(op)
        out: list[Operation] = []
        for slot in slots:
            if isinstance(slot, Operation):
                out.append(slot)
            elif (gate := phase(Polynomial(slot))).modes:
                out.append(gate)
        return circuit.with_operations(tuple(out))


def _with_polynomials(circuit: Circuit, profile: Profile) -> Circuit:
    """Write powers and cubic states that are not native on the profile as polynomials and gates."""
    spec = profile.operations.get("PhasePower")
    native = spec.orders if spec is not None and profile.is_native("PhasePower") else ()
    out: list[Operation] = []
    for op in circuit.operations:
        if isinstance(op, PhasePower) and op.order not in native:
            out.append(power_as_polynomial(op))
        elif isinstance(op, PrepareCubic) and not profile.is_native("PrepareCubic"):
            out += cubic_state_gates(op)
        else:
            out.append(op)
    return circuit.with_operations(tuple(out))


def _disturbed(op: Operation) -> tuple[int, ...]:
    """Return the modes whose position an operation changes."""
    if isinstance(op, ControlledX):
        return op.modes[1:]
    if isinstance(op, DisplacementReadout):  # it commutes with functions of the positions that it does not move
        return tuple(mode for mode, alpha in zip(op.modes, op.alpha, strict=True) if alpha)
    if is_trivial(op) or isinstance(op, DIAGONAL) or (isinstance(op, Displacement) and op.x == 0.0):
        return ()
    return op.modes
