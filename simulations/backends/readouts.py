"""Readouts that can stand at the end of a circuit, and their moments."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    DisplacementReadout,
    Homodyne,
    Operation,
    PhotonCount,
    PostSelect,
    PrepareSqueezed,
    PrepareVacuum,
    Squeeze,
)
from compiler.ir.polynomial import Polynomial

MEMORY_BYTES = 8e9
"""Largest Fock state that is attempted."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Mean and variance of one readout, and the trace of the truncated state."""

    name: str
    mean: float
    variance: float
    trace: float


def split_reads(circuit: Circuit) -> tuple[Circuit, tuple[Homodyne, ...]] | None:
    """Return a circuit without its readouts, and the readouts; None if these cannot all be made at the end.

    Only homodyne readouts move; counted photons, chosen outcomes and displacements stay where they are. Readouts
    commute with whatever happens on other modes, unless it depends on their results.
    """
    reads = tuple(op for op in circuit.operations if isinstance(op, Homodyne))
    measured: set[int] = set()
    for op in circuit.operations:
        if not measured.isdisjoint(op.modes) or any(
            isinstance(v, Polynomial) and v.names for v in op.parameters().values()
        ):
            return None
        if isinstance(op, PhotonCount | PostSelect | DisplacementReadout):
            return None
        if isinstance(op, Homodyne):
            measured.update(op.modes)
    body = tuple(op for op in circuit.operations if not isinstance(op, Homodyne))
    return _from_vacuum(circuit.with_operations(body)), reads


def _from_vacuum(circuit: Circuit) -> Circuit:
    """Replace preparations of untouched modes by gates on the vacuum: preparations would make the Fock state mixed."""
    touched: set[int] = set()
    out: list[Operation] = []
    for op in circuit.operations:
        if isinstance(op, PrepareSqueezed) and op.modes[0] not in touched:
            out.append(Squeeze(op.modes, op.r))
        elif not (isinstance(op, PrepareVacuum) and op.modes[0] not in touched):
            out.append(op)
        touched.update(op.modes)
    return circuit.with_operations(tuple(out))
