"""Move the readouts of a Gaussian circuit to its end, and replace linear feed-forward by gates.

A homodyne result m is the position of its mode after a rotation, and no later operation touches this mode. Therefore
``x -> x + c m`` equals ``ControlledX(c)`` from that mode, and ``p -> p + c m`` equals ``ControlledZ(c)``. A mode that
is prepared again becomes a new mode. Formats without measurements inside a circuit are written in this form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import relabelled


@dataclass(frozen=True, slots=True)
class Deferred:
    """A circuit of gates and noise only, and the modes that stand for parts of the original circuit.

    Attributes
    ----------
    circuit : Circuit
        It holds no preparations and no readouts. A prepared mode starts in the vacuum; the preparation of a
        squeezed state becomes a squeezer.
    reads : mapping from result to mode
        The mode whose position at the end is the result.
    places : tuple of int
        For each mode of the original circuit, the mode that stands for it at the end.
    starts : mapping from (mode, occurrence) to mode
        The mode that begins with the given preparation of an original mode.
    """

    circuit: Circuit
    reads: Mapping[str, int]
    places: tuple[int, ...]
    starts: Mapping[tuple[int, int], int]


def defer_readouts(circuit: Circuit) -> Deferred:
    """Return the circuit with its readouts at the end.

    Raises
    ------
    CircuitError
        If a parameter depends on results, except displacements that are linear in them, or a cubic state is prepared.

    Examples
    --------
    >>> m = Polynomial.monomial(("m",), -1.0)
    >>> found = defer_readouts(Circuit(2, (ops.Homodyne((1,), 0.0, "m"), ops.Displacement((0,), m, 0.5))))
    >>> [str(op) for op in found.circuit.operations], dict(found.reads)
    (['ControlledX(modes 1, 0)', 'Displacement(mode 0)'], {'m': 1})
    """
    places = list(range(circuit.modes))
    modes = circuit.modes
    used: set[int] = set()
    occurrences: Counter[int] = Counter()
    reads: dict[str, int] = {}
    starts: dict[tuple[int, int], int] = {}
    out: list[ops.Operation] = []
    for index, op in enumerate(circuit.operations):
        if isinstance(op, ops.PREPARATIONS):
            (mode,) = op.modes
            if mode in used:
                places[mode], modes = modes, modes + 1
            starts[mode, occurrences[mode]] = places[mode]
            occurrences[mode] += 1
            if isinstance(op, ops.PrepareCubic):
                raise CircuitError(f"operation {index} {op}: a cubic state is not Gaussian")
            if isinstance(op, ops.PrepareSqueezed):
                out.append(ops.Squeeze((places[mode],), op.r))
        elif isinstance(op, ops.Homodyne):
            reads[op.result] = places[op.modes[0]]
            if op.angle:
                out.append(ops.Rotation((places[op.modes[0]],), -op.angle))
        else:
            out += _gates(index, op, relabelled(op, places), reads)
        used.update(op.modes)
    return Deferred(Circuit(modes, tuple(out), symbols=circuit.symbols), reads, tuple(places), starts)


def _gates(index: int, op: ops.Operation, placed: ops.Operation, reads: Mapping[str, int]) -> list[ops.Operation]:
    dependent = {k: v for k, v in op.parameters().items() if isinstance(v, Polynomial) and reads.keys() & set(v.names)}
    if not dependent or isinstance(op, ops.PolynomialPhase):
        return [placed]
    if not isinstance(placed, ops.Displacement) or any(v.degree > 1 for v in dependent.values()):
        raise CircuitError(
            f"operation {index} {op} depends on readouts and must be a displacement that is linear in them; use a "
            "format with feed-forward, such as blackbird"
        )
    out: list[ops.Operation] = []
    rest: dict[str, ops.Parameter] = {}
    for name, gate in (("x", ops.ControlledX), ("p", ops.ControlledZ)):
        value = getattr(placed, name)
        rest[name] = value
        if name in dependent:
            linear = {key[0][0]: c for key, c in value.terms.items() if key and key[0][0] in reads}
            rest[name] = Polynomial({k: c for k, c in value.terms.items() if not k or k[0][0] not in reads})
            out += [gate((reads[str(result)], placed.modes[0]), c) for result, c in linear.items()]
    kick = ops.Displacement(placed.modes, rest["x"], rest["p"])
    return out if kick.x == 0.0 and kick.p == 0.0 else [*out, kick]
