"""Blackbird text, reloaded by Strawberry Fields and compared before it is returned."""

from __future__ import annotations

import warnings

from compiler import operations as ops
from compiler.circuit import Circuit
from compiler.errors import CircuitError
from compiler.exports.strawberryfields import from_strawberryfields, strawberryfields, to_strawberryfields
from compiler.polynomial import Polynomial, Variable
from compiler.verify import compare


def to_blackbird(circuit: Circuit, name: str = "khrnn") -> str:
    """The circuit as Blackbird text.

    The text is loaded again and the reloaded circuit compared with this one by `compiler.verify.compare` (circuits with
    loss: the loss channels must agree one by one, and the rest is compared). Modes that nothing touches at the end are
    lost by the format; that is allowed for.

    Raises
    ------
    CircuitError
        If an operation has no form there, or the reloaded circuit is not the same.
    """
    sf = strawberryfields()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(sf.io.to_blackbird(to_strawberryfields(circuit, name)).serialize())
        loaded = from_strawberryfields(sf.io.loads(text))
    reloaded = Circuit(circuit.modes, _renamed(loaded, circuit.results), circuit.ancillas)
    if _losses(reloaded) != _losses(circuit):
        raise CircuitError("Blackbird export: the loss channels did not survive reloading")
    verdict = compare(_lossless(circuit), _lossless(reloaded))
    if not verdict.equivalent:
        raise CircuitError(f"Blackbird export: the reloaded program differs: {verdict.reason}")
    return text


def _renamed(loaded: Circuit, names: tuple[str, ...]) -> tuple[ops.Operation, ...]:
    if len(loaded.results) != len(names):
        raise CircuitError("Blackbird export: readouts were lost in reloading")
    new: dict[Variable, Variable] = dict(zip(loaded.results, names, strict=True))
    out: list[ops.Operation] = []
    for op in loaded.operations:
        if isinstance(op, ops.Homodyne):
            out.append(ops.Homodyne(op.modes, op.angle, str(new[op.result])))
        else:
            values = {
                key: value.relabel(new.__getitem__) if isinstance(value, Polynomial) else value
                for key, value in op.parameters().items()
            }
            out.append(type(op)(op.modes, **values))
    return tuple(out)


def _losses(circuit: Circuit) -> list[ops.Operation]:
    return [op for op in circuit.operations if isinstance(op, ops.Loss)]


def _lossless(circuit: Circuit) -> Circuit:
    return circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.Loss)))
