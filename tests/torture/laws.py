"""Whether two circuits have the same laws of outputs, where their outputs differ at single points of phase space.

A squeezed state stays the same if both quadratures, or one of them, change their sign, so that reading -p in the place
of p may change no law. Parts of the circuits that nothing joins are compared one by one: Gaussian parts by means and
covariances, all others by trajectories up to the signs of squeezed states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import combinations

import networkx as nx
from slow_gaussian import slow_difference

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from tests.torture.phase_space import deviation

GAUSSIAN = (
    *(ops.PrepareVacuum, ops.PrepareSqueezed, ops.Homodyne, ops.Displacement, ops.Rotation, ops.Squeeze, ops.Shear),
    *(ops.ControlledX, ops.ControlledZ, ops.BeamSplitter, ops.Interferometer),
)
"""Operations of the slow Gaussian oracle; a displacement may be linear in results, all else has fixed numbers."""


def deviation_of_laws(source: Circuit, native: Circuit) -> float:
    """The largest difference of the laws of two circuits, part by part."""
    return max((_part_deviation(*part) for part in _parts(source, native)), default=0.0)


def _parts(source: Circuit, native: Circuit) -> Iterator[tuple[Circuit, Circuit]]:
    """Both circuits, restricted to the operations of one connected set of modes and results."""
    joined = nx.Graph()
    for op in (*source.operations, *native.operations):
        nx.add_path(joined, _touched(op))
    for part in nx.connected_components(joined):
        one, other = (
            circuit.with_operations(tuple(op for op in circuit.operations if _touched(op)[0] in part))
            for circuit in (source, native)
        )
        yield one, other


def _touched(op: ops.Operation) -> list[int | str]:
    return [*op.modes, *sorted(ops.used(op)), *([op.result] if isinstance(op, ops.Homodyne) else [])]


def _part_deviation(source: Circuit, native: Circuit) -> float:
    if source.modes == native.modes and all(_is_gaussian(op) for op in (*source.operations, *native.operations)):
        return slow_difference(source, native)
    return _up_to_signs(source, native)


def _is_gaussian(op: ops.Operation) -> bool:
    degree = 1 if isinstance(op, ops.Displacement) else 0
    values = [getattr(op, field.name) for field in fields(op)]
    return isinstance(op, GAUSSIAN) and all(v.degree <= degree for v in values if isinstance(v, Polynomial))


def _up_to_signs(source: Circuit, native: Circuit) -> float:
    """The least `deviation` over the signs of squeezed states: turning one by pi leaves the state as it is."""
    times = dict.fromkeys(range(source.modes), 0)
    starts: list[tuple[int, int]] = []
    for op in native.operations:
        if isinstance(op, ops.PrepareSqueezed | ops.PrepareVacuum) and op.modes[0] in times:
            times[op.modes[0]] += 1
            starts.append((op.modes[0], times[op.modes[0]]))
    subsets = (turned for count in range(len(starts) + 1) for turned in combinations(starts, count))
    return min(deviation(source, native, turned) for turned in subsets)
