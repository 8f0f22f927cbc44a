"""Join Gaussian gates that mix x and p into blocks, so that runs which are point transformations as a whole stay so."""

from __future__ import annotations

from dataclasses import dataclass

from compiler import operations as ops
from compiler.circuit import Circuit
from compiler.heisenberg import symplectic
from compiler.polynomial import Polynomial
from simulations.exact.phase import Array

JOINABLE = (
    ops.Rotation,
    ops.BeamSplitter,
    ops.Squeeze,
    ops.Shear,
    ops.ControlledX,
    ops.ControlledZ,
    ops.Interferometer,
)


@dataclass(frozen=True, slots=True)
class GaussianBlock:
    """A Gaussian unitary ``(x, p) -> symplectic (x, p)`` of the listed modes, made of gates from ``index`` on."""

    modes: tuple[int, ...]
    symplectic: Array
    index: int


Step = tuple[int, ops.Operation | GaussianBlock]


def past_of_readouts(circuit: Circuit) -> list[tuple[int, ops.Operation]]:
    """The operations, with their indices, that can influence a readout; the others need not be simulated."""
    live: set[int] = set()
    kept: list[tuple[int, ops.Operation]] = []
    for index, op in reversed(list(enumerate(circuit.operations))):
        if isinstance(op, ops.Homodyne) or not live.isdisjoint(op.modes):
            kept.append((index, op))
            live.update(op.modes)
            if isinstance(op, ops.PREPARATIONS):
                live.difference_update(op.modes)
    return kept[::-1]


def fuse(circuit: Circuit) -> list[Step]:
    """What influences a readout, in an equivalent order, with runs of Gaussian gates that mix x and p as blocks."""
    steps: list[Step] = []
    runs: dict[int, list[tuple[int, ops.Operation]]] = {}  # number of an open run -> its gates
    owner: dict[int, int] = {}  # mode -> number of the open run it is in

    def close(number: int) -> None:
        members = runs.pop(number)
        for mode in {m for _, op in members for m in op.modes}:
            del owner[mode]
        if any(mixes(op) for _, op in members):
            steps.append((members[0][0], _block(members)))
        else:
            steps.extend(members)

    for index, op in past_of_readouts(circuit):
        touched = sorted({owner[m] for m in op.modes if m in owner})
        if not isinstance(op, JOINABLE) or any(isinstance(v, Polynomial) for v in op.parameters().values()):
            for number in touched:
                close(number)
            steps.append((index, op))
            continue
        members = sorted((item for number in touched for item in runs.pop(number)), key=lambda item: item[0])
        runs[index] = [*members, (index, op)]
        for _, member in runs[index]:
            owner.update(dict.fromkeys(member.modes, index))
    for number in sorted(runs):
        close(number)
    return steps


def mixes(op: ops.Operation) -> bool:
    """Whether a Gaussian gate carries p into x, judged by its parameters."""
    if isinstance(op, ops.Rotation):
        return True
    if isinstance(op, ops.BeamSplitter):
        return op.phi != 0.0
    return isinstance(op, ops.Interferometer) and any(complex(z).imag != 0.0 for row in op.matrix for z in row)


def _block(members: list[tuple[int, ops.Operation]]) -> GaussianBlock:
    return GaussianBlock(*symplectic([op for _, op in members]), members[0][0])
