"""The four contexts as circuits: squeezed modes, edges, loss, and one displacement readout."""

from __future__ import annotations

from compiler.ir.circuit import Circuit
from compiler.ir.operations import ControlledZ, DisplacementReadout, Loss, Operation, PrepareSqueezed
from qumode_khrnn.witness.triangle import EDGES, MODES, Context, Triangle


def state_operations(triangle: Triangle) -> tuple[Operation, ...]:
    """Prepare the triangle: squeezed modes, then edges, then the loss of every mode if there is any."""
    return (
        *(PrepareSqueezed((m,), -triangle.squeezing) for m in MODES),
        *(ControlledZ(edge, triangle.weight) for edge in EDGES),
        *(Loss((m,), 1.0 - triangle.loss) for m in MODES if triangle.loss),
    )


def context_circuit(triangle: Triangle, context: Context) -> Circuit:
    """Prepare the triangle and read one context; the result has the context's name.

    >>> triangle = Triangle()
    >>> context_circuit(triangle, triangle.contexts()[3]).results
    ('A',)
    """
    read = DisplacementReadout(MODES, context.displacement.alpha, context.displacement.beta, context.name)
    return Circuit(len(MODES), (*state_operations(triangle), read))


def branch_means(triangle: Triangle) -> tuple[float, ...]:
    """Return ``Re <D>`` of every context, exactly, by the branch simulator: it knows none of the closed forms."""
    from simulations.branches.run import probabilities

    found = [probabilities(context_circuit(triangle, context)) for context in triangle.contexts()]
    return tuple(law.get((1,), 0.0) - law.get((-1,), 0.0) for law in found)
