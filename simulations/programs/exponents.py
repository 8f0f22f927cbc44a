r"""Compute variances of the exponents of displacement readouts, which a budget splits where answers are bits.

On a Gaussian state ``<D> = exp(i m - v / 2)``, m and v the mean and the variance of the exponent
``alpha.p + beta.x``. The exponent is carried back through the circuit to the states that were prepared: gates change
its numbers, and every channel on the way adds to v.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, remainder, sqrt

import numpy as np

from compiler.decompositions.quadratic import quadratic_gates
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.operations import Operation
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import symplectic
from compiler.typing import Array
from simulations.exact.moments import NoClosedFormError

COMMUTES_TOLERANCE = 1e-9
"""How far the phase ``alpha.beta' - alpha'.beta`` of two displacements may be from a multiple of pi, in rad."""


def exponent_variances(circuit: Circuit, prepared: Callable[[Operation], tuple[float, float]]) -> dict[str, float]:
    """Compute the variance of the exponent of every displacement readout, by the name of its result.

    Parameters
    ----------
    circuit : Circuit
        With or without noise; modes that nothing prepares are in the vacuum.
    prepared : callable
        Function that returns the variances of x and p of a preparation.

    Raises
    ------
    NoClosedFormError
        If something before a readout is not Gaussian, depends on results, or turns at random, or an earlier readout
        does not commute with it.

    Examples
    --------
    >>> read = ops.DisplacementReadout((0,), (0.5,), (0.0,), "m")
    >>> made = Circuit(1, (ops.PrepareSqueezed((0,), 0.5), read))
    >>> exponent_variances(made, lambda op: (1.0, 4.0))
    {'m': 1.0}
    """
    found = {}
    for index, op in enumerate(circuit.operations):
        if isinstance(op, ops.DisplacementReadout):
            row = np.zeros((2, circuit.modes))  # numbers before x, and before p
            row[0, list(op.modes)], row[1, list(op.modes)] = op.beta, op.alpha
            found[op.result] = _carried_back(circuit, index, row, prepared)
    return found


def _carried_back(
    circuit: Circuit, end: int, row: Array, prepared: Callable[[Operation], tuple[float, float]]
) -> float:
    variance = 0.0
    for index in range(end - 1, -1, -1):
        op = circuit.operations[index]
        modes = list(op.modes)
        if not row[:, modes].any():
            continue
        squares = row[:, modes[0]] ** 2
        match op:
            case _ if isinstance(op, ops.GAUSSIAN_PREPARATIONS):
                variance += float(squares @ np.array(prepared(op)))
                row[:, modes[0]] = 0.0
            case ops.Loss(eta=eta):
                variance += (1.0 - eta) * VACUUM_VARIANCE * float(squares.sum())
                row[:, modes[0]] *= sqrt(eta)
            case ops.ThermalLoss(eta=eta, nbar=nbar):
                variance += (1.0 - eta) * (2.0 * nbar + 1.0) * VACUUM_VARIANCE * float(squares.sum())
                row[:, modes[0]] *= sqrt(eta)
            case ops.DisplacementNoise():
                variance += float(squares @ np.array([op.x_variance, op.p_variance]))
            case ops.DisplacementReadout():
                twist = float(row[1, modes] @ np.array(op.beta) - row[0, modes] @ np.array(op.alpha))
                if abs(remainder(2.0 * twist, 2.0 * pi)) > COMMUTES_TOLERANCE:
                    raise _refused(index, op, "a displacement that was read before does not commute with a later one")
            case ops.Displacement():
                continue  # a phase of D, which leaves its absolute value
            case _:
                row[:, modes] = _before(op, index, row[:, modes])
    return variance + VACUUM_VARIANCE * float(np.sum(row**2))


def _before(op: Operation, index: int, row: Array) -> Array:
    """Return the numbers before a gate."""
    gates = quadratic_gates(op)
    parameters = [value for gate in gates for value in gate.parameters().values()]
    if any(isinstance(value, Polynomial) for value in parameters):
        raise _refused(index, op, "it depends on results")
    if not all(gate.gaussian for gate in gates) or isinstance(op, (*ops.MEASUREMENTS, *ops.NOISE, ops.PostSelect)):
        raise _refused(index, op, "it is not a Gaussian gate, preparation, loss or heating")
    found, matrix = symplectic([gate for gate in gates if not isinstance(gate, ops.Displacement)])
    place = [op.modes.index(m) for m in found]
    out = row.copy()
    out[:, place] = (np.concatenate([row[0, place], row[1, place]]) @ matrix).reshape(2, len(place))
    return out


def _refused(index: int, op: Operation, why: str) -> NoClosedFormError:
    return NoClosedFormError(
        f"operation {index} {op}: the variance of the exponent of a bit has no closed form: {why}; sample the bits"
    )
