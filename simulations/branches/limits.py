r"""List what branch states cannot hold, by operation and by parameter."""

from __future__ import annotations

from math import isnan

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import MEASUREMENTS, Operation
from simulations.branches.cubic import MAX_DEGREE
from simulations.branches.frames import LeavesFamilyError, Outline

UNABLE: dict[type[Operation], str] = {
    **dict.fromkeys(
        (ops.PrepareFock, ops.PrepareKet, ops.PrepareDensity), "the state is not a superposition of Gaussian packets"
    ),
    ops.Kerr: "a Kerr gate does not make a superposition of Gaussian packets",
    ops.CrossKerr: "a cross-Kerr gate does not make a superposition of Gaussian packets",
    ops.PhotonCount: "only positions and displacements are read",
}
"""Operations that no circuit on branches may hold, with the reason."""

MAX_READOUT = 1e8
"""Largest number in alpha and beta of a displacement that is read."""


def refusal(circuit: Circuit) -> str | None:
    """Name the first operation that is outside the family, and the reason; return None if all are inside.

    >>> turned = (ops.CubicPhase((0,), 0.1), ops.Rotation((0,), 0.3), ops.CubicPhase((0,), 0.1))
    >>> refusal(Circuit(1, turned))[:44]
    'operation 2 CubicPhase(mode 0): rotations mi'
    """
    if circuit.symbols:
        return f"the symbols {', '.join(circuit.symbols)} need values; bind them first (--bind NAME=VALUE)"
    outline = Outline()
    read = False
    last = max((i for i, op in enumerate(circuit.operations) if isinstance(op, MEASUREMENTS)), default=-1)
    for index, op in enumerate(circuit.operations):
        reason = UNABLE.get(type(op)) or _number_reason(op)
        if isinstance(op, ops.PostSelect) and read:
            reason = "a selection after a readout changes the law of earlier outcomes; select before the first readout"
        if reason is None:
            try:
                outline = outline.after(op)
            except LeavesFamilyError as error:
                if isinstance(op, ops.Homodyne) and index == last and not isnan(outline.angles.get(op.modes[0], 0.0)):
                    continue  # the state after it is not used
                reason = str(error)
        if reason is not None:
            return f"operation {index} {op}: {reason}"
        read = read or isinstance(op, MEASUREMENTS)
    return None


def require_runnable(circuit: Circuit) -> None:
    """Raise InputError, naming the operation, if a circuit is outside the family or has symbols without values."""
    if reason := refusal(circuit):
        raise InputError(reason)


def _number_reason(op: Operation) -> str | None:
    if isinstance(op, ops.DisplacementReadout):
        largest = max(map(abs, (*op.alpha, *op.beta)))
        if largest > MAX_READOUT:
            return f"alpha and beta must be at most {MAX_READOUT:g}, found {largest:g}"
    degree = ops.phase_degree(op)
    if degree is not None and degree > MAX_DEGREE:
        return f"phases have degree at most {MAX_DEGREE}, found {degree}; lower it first (khrnn compile)"
    return None
