"""The distribution of positions: the normal law of ``u . x`` before every phase of a circuit along a direction."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from compiler.errors import MappingReason, NotMappableError
from compiler.ions.sequences.powers import Direction, direction_of
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    PREPARATIONS,
    Displacement,
    DisplacementReadout,
    Homodyne,
    Operation,
    PolynomialPhase,
    PrepareSqueezed,
)
from compiler.semantics.gaussian_state import prefix_states
from compiler.semantics.phase_space import symplectic

MOMENTUM_SHARE_FLOOR = 1e-12
"""Elements of a gate's matrix by which momenta enter positions, above rounding."""


@dataclass(frozen=True, slots=True)
class PositionLaw:
    """A phase along a direction, by its place in the circuit, and the normal law of ``u . x`` there."""

    operation: int
    direction: Direction
    mean: float
    deviation: float

    def extent(self, deviations: float) -> float:
        """``|mean| + deviations * deviation``."""
        return abs(self.mean) + deviations * self.deviation


def position_laws(circuit: Circuit, profile: str, input_r: float) -> tuple[PositionLaw, ...]:
    """Return the laws of a circuit whose phases are along one direction each.

    Phases leave the positions alone, so the law is that of the Gaussian gates, as long as none of them brings the
    momentum of a mode that had a phase into a position. Latent modes that nothing prepares are taken as squeezed in p
    by ``input_r``.

    Raises
    ------
    NotMappableError
        If a gate does before a later phase, a displacement is read before one, or a phase is along several directions.
    """
    first: dict[int, Operation] = {}
    for op in circuit.operations:
        for m in op.modes:
            first.setdefault(m, op)
    inputs = [m for m in range(circuit.modes) if not isinstance(first.get(m), PREPARATIONS)]
    start: list[Operation] = [PrepareSqueezed((m,), -input_r) for m in inputs]
    aside = PolynomialPhase | Homodyne | DisplacementReadout
    gaussian = [op for op in circuit.operations if not isinstance(op, aside)]
    states = prefix_states(circuit.modes, [*start, *gaussian])
    for _ in range(len(start)):
        next(states)
    state = next(states)
    curved: set[int] = set()
    unknown: list[MappingReason] = []  # gates after which positions are not known: no phase may follow
    reasons: list[MappingReason] = []
    found: list[PositionLaw] = []
    for index, op in enumerate(circuit.operations):
        where = f"operation {index} {op}"
        if isinstance(op, PolynomialPhase):
            reasons += unknown
            unknown = []
            curved |= set(op.modes)
            direction = direction_of(op.polynomial)
            if direction is None:
                reason = "this phase has several directions, and a spin sequence makes a phase along one"
                reasons.append(MappingReason(where, reason, "split it into powers of sums"))
                continue
            u, modes = np.array(direction.vector), list(direction.modes)
            mean = float(u @ state.mean[modes])
            variance = float(u @ state.cov[np.ix_(modes, modes)] @ u)
            found.append(PositionLaw(index, direction, mean, sqrt(max(variance, 0.0))))
        elif isinstance(op, DisplacementReadout):
            reason = "positions have no normal law after it, so the intervals of later phases are not known"
            unknown.append(MappingReason(where, reason, "put it after all phases"))
        elif not isinstance(op, Homodyne):
            state = next(states)
            if isinstance(op, PREPARATIONS):
                curved -= set(op.modes)
            elif curved & set(op.modes):
                curved |= set(op.modes)  # the momentum that a phase kicked may be passed on
                if _momenta_enter(op):
                    reason = "it mixes momenta into positions between phases, so later intervals are not known"
                    unknown.append(MappingReason(where, reason, "put it before the phases, or after all of them"))
    if reasons:
        raise NotMappableError(profile, tuple(reasons))
    return tuple(found)


def _momenta_enter(op: Operation) -> bool:
    if isinstance(op, Displacement):
        return False
    _, matrix = symplectic([op])
    n = len(op.modes)
    return bool(np.abs(matrix[:n, n:]).max(initial=0.0) > MOMENTUM_SHARE_FLOOR)
