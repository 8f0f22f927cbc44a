"""Rewrite a circuit without what has no effect, so that circuits that differ only in that are compared as equal.

A preparation discards what its mode held. So operations that act only on modes that are then discarded have no effect,
nor have readouts of ancillas whose results nothing uses. Operations that do nothing (no loss, no strength) go as well,
and preparations that make the vacuum under another name become `PrepareVacuum`. On ancillas that are taken as ideal
resources, squeezers on a squeezed vacuum become one `PrepareSqueezed`, so that they are known as resources.
"""

from __future__ import annotations

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit

CONCERNED = frozenset((*ops.PREPARATIONS, *ops.NOISE, ops.Kerr, ops.CrossKerr))
"""Operations that may be left out; if a circuit holds none, and has no more modes than the other, it stays as it is."""


def tidied(circuit: Circuit, common: int) -> Circuit:
    """Return the circuit without operations that have no effect on what is compared.

    Parameters
    ----------
    circuit : Circuit
    common : int
        Modes from this one on are ancillas that the other circuit lacks. If such a mode is prepared, nothing reads it
        at the end; results of such modes are not compared.

    Returns
    -------
    Circuit
        The circuit itself if there is nothing to leave out.

    Examples
    --------
    >>> turned = Circuit(1, (ops.Rotation((0,), 0.3), ops.PrepareFock((0,), 0), ops.Loss((0,), 1.0)))
    >>> tidied(turned, 1).operations
    (PrepareVacuum(modes=(0,)),)
    """
    if circuit.modes <= common and CONCERNED.isdisjoint(map(type, circuit.operations)):
        return circuit
    plain = [simple for op in circuit.operations if (simple := _simplified(op)) is not None]
    if circuit.modes > common:
        plain = _with_resources(plain, common)
    dead = {m for op in plain if isinstance(op, ops.PREPARATIONS) for m in op.modes if m >= common}
    used: set[str] = set()
    kept: list[ops.Operation] = []
    for op in reversed(plain):
        if isinstance(op, ops.PREPARATIONS):
            if not dead.issuperset(op.modes):
                kept.append(op)
                used |= ops.used(op)
            dead.update(op.modes)
        elif isinstance(op, ops.MEASUREMENTS) and min(op.modes) >= common and op.result not in used:
            if not dead.issuperset(op.modes):
                kept.append(op)  # a borrowed mode is measured: it cannot come back; or others are disturbed by it
                dead -= set(op.modes)
        elif isinstance(op, (*ops.ENDS, *ops.MEASUREMENTS)) or not dead.issuperset(op.modes):
            kept.append(op)
            used |= ops.used(op)
            dead -= set(op.modes)
    kept.reverse()
    if len(kept) == len(circuit.operations) and all(a is b for a, b in zip(kept, circuit.operations, strict=True)):
        return circuit
    return circuit.with_operations(tuple(kept))


def _with_resources(operations: list[ops.Operation], common: int) -> list[ops.Operation]:
    """Join squeezers to preparations and drop rotations of the vacuum, on modes from ``common`` on."""
    out: list[ops.Operation] = []
    fresh: dict[int, tuple[int, float]] = {}  # mode -> place and squeezing of its preparation, if nothing acted since
    for op in operations:
        mode = op.modes[0] if len(op.modes) == 1 else -1
        if isinstance(op, ops.GAUSSIAN_PREPARATIONS) and mode >= common:
            fresh[mode] = len(out), op.r if isinstance(op, ops.PrepareSqueezed) else 0.0
        elif isinstance(op, ops.Squeeze) and mode in fresh and isinstance(op.r, float):
            place, r = fresh[mode]
            fresh[mode] = place, r + op.r
            out[place] = ops.PrepareSqueezed(op.modes, r + op.r) if r + op.r else ops.PrepareVacuum(op.modes)
            continue
        elif isinstance(op, ops.Rotation) and mode in fresh and fresh[mode][1] == 0.0:
            continue
        else:
            for used in op.modes:
                fresh.pop(used, None)
        out.append(op)
    return out


def _simplified(op: ops.Operation) -> ops.Operation | None:
    """Return the operation under its simplest name; None if it does nothing."""
    match op:
        case ops.Loss(eta=1.0) | ops.ThermalLoss(eta=1.0) | ops.Dephasing(variance=0.0):
            return None
        case ops.DisplacementNoise(x_variance=0.0, p_variance=0.0) | ops.Kerr(kappa=0.0) | ops.CrossKerr(kappa=0.0):
            return None
        case ops.Loss(eta=0.0) | ops.ThermalLoss(eta=0.0, nbar=0.0) | ops.PrepareFock(n=0):
            return ops.PrepareVacuum(op.modes)
        case ops.PrepareCat(x=0.0, p=0.0):  # the odd cat at the origin does not exist
            return ops.PrepareVacuum(op.modes)
        case ops.PrepareKet() | ops.PrepareDensity() if len(op.modes) == 1:
            values = op.amplitudes if isinstance(op, ops.PrepareKet) else op.elements
            return op if any(values[1:]) else ops.PrepareVacuum(op.modes)
    return op
