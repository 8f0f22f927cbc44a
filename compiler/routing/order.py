"""The order of a circuit's operations, where operations that are functions of position may change places."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.ir.circuit import Circuit
from compiler.ir.operations import DIAGONAL, MEASUREMENTS, Operation, used


def predecessors(circuit: Circuit) -> list[set[int]]:
    """Return, for every operation, the earlier operations that must stay before it.

    An operation waits for the last operations on its modes and for the readouts that its parameters use. Operations
    that are functions of position (ControlledZ, shears, phase gates) commute, so that on each mode a run of them has no
    order.

    Examples
    --------
    >>> from compiler.ir.operations import ControlledZ, Rotation
    >>> path = Circuit(3, (ControlledZ((0, 1), 0.1), ControlledZ((1, 2), 0.2), Rotation((1,), 0.3)))
    >>> predecessors(path)
    [set(), set(), {0, 1}]
    """
    return predecessors_of([(op.modes, (op,)) for op in circuit.operations], circuit.modes)


def predecessors_of(groups: Sequence[tuple[tuple[int, ...], Sequence[Operation]]], modes: int) -> list[set[int]]:
    """Return the `predecessors` of groups of operations on given modes, each of which is done as a whole."""
    runs: list[list[int]] = [[] for _ in range(modes)]  # the groups that come last on a mode
    fences: list[list[int]] = [[] for _ in range(modes)]  # those that a diagonal one must wait for
    measured: dict[str, int] = {}
    out: list[set[int]] = []
    for index, (touched, group) in enumerate(groups):
        diagonal = bool(group) and all(isinstance(op, DIAGONAL) for op in group)
        before: set[int] = set()
        for mode in touched:
            before.update(fences[mode] if diagonal else runs[mode] or fences[mode])
            if diagonal:
                runs[mode].append(index)
            else:
                runs[mode], fences[mode] = [], [index]
        before.update(measured[name] for op in group for name in used(op) if name in measured)
        measured.update({op.result: index for op in group if isinstance(op, MEASUREMENTS)})
        out.append(before)
    return out
