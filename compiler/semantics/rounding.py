"""The same circuit with parameters that are rounded otherwise: how much of a difference is the rounding of float64?"""

from __future__ import annotations

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


def nudged(circuit: Circuit, seed: int) -> Circuit:
    """The circuit with every float64 parameter moved to one of its neighbours, up or down at random.

    Zeros stay zero, and the amplitudes of prepared states stay as they are.

    Examples
    --------
    >>> (op,) = nudged(Circuit(1, (ops.Squeeze((0,), 1.0),)), 0).operations
    >>> 0.0 < abs(op.r - 1.0) < 3e-16
    True
    """
    rng = np.random.default_rng([seed, 9])

    def moved(value: float) -> float:
        if value == 0.0:
            return value
        return float(np.nextafter(value, np.inf if rng.random() < 0.5 else -np.inf))

    def neighbour(value: object) -> object:
        if isinstance(value, float):
            return moved(value)
        if isinstance(value, Polynomial):
            return Polynomial({key: moved(coefficient) for key, coefficient in value.terms.items()})
        return value

    out: list[ops.Operation] = []
    for op in circuit.operations:
        if isinstance(op, ops.Interferometer):
            rows = tuple(tuple(complex(moved(z.real), moved(z.imag)) for z in row) for row in op.matrix)
            out.append(ops.Interferometer(op.modes, rows))
        elif isinstance(op, (*ops.STATES, *ops.NOISE)):
            out.append(op)
        else:
            made = {key: neighbour(value) for key, value in op.parameters().items()}
            out.append(type(op)(op.modes, **made))
    return circuit.with_operations(tuple(out))
