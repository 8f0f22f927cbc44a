"""What every operation of a circuit must wait for, if operations that are functions of position may change places."""

from __future__ import annotations

from compiler.circuit import Circuit
from compiler.operations import DIAGONAL, Homodyne
from compiler.polynomial import Polynomial


def predecessors(circuit: Circuit) -> list[set[int]]:
    """For every operation, the earlier operations that must stay before it.

    An operation waits for the last operations on its modes and for the readouts that its parameters use. Operations
    that are functions of position (ControlledZ, shears, phase gates) commute, so that on each mode a run of them has no
    order.

    Examples
    --------
    >>> from compiler.operations import ControlledZ, Rotation
    >>> path = Circuit(3, (ControlledZ((0, 1), 0.1), ControlledZ((1, 2), 0.2), Rotation((1,), 0.3)))
    >>> predecessors(path)
    [set(), set(), {0, 1}]
    """
    runs: list[list[int]] = [[] for _ in range(circuit.modes)]  # the operations that come last on a mode
    fences: list[list[int]] = [[] for _ in range(circuit.modes)]  # those that a diagonal one must wait for
    measured: dict[str, int] = {}
    out: list[set[int]] = []
    for index, op in enumerate(circuit.operations):
        diagonal = isinstance(op, DIAGONAL)
        before: set[int] = set()
        for mode in op.modes:
            before.update(fences[mode] if diagonal else runs[mode] or fences[mode])
            if diagonal:
                runs[mode].append(index)
            else:
                runs[mode], fences[mode] = [], [index]
        for value in op.parameters().values():
            if isinstance(value, Polynomial):
                before.update(measured[name] for name in value.names if name in measured)
        if isinstance(op, Homodyne):
            measured[op.result] = index
        out.append(before)
    return out
