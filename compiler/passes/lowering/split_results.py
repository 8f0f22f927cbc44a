"""Split gates that depend on several results into gates that depend on one result each."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.decompositions.feed_forward import by_result
from compiler.ir.circuit import Circuit
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class SplitResults:
    """Replace a gate whose parameters add up functions of several results by one gate per result. Idempotent.

    Displacements, rotations, squeezers, shears, controlled gates and powers add up, so that the split is exact. A
    product of results stays: a machine whose feed-forward functions take one result cannot run it.
    """

    name: str = "split_results"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Split the gates."""
        parts = [by_result(op) for op in circuit.operations]
        report = f"split {sum(len(found) > 1 for found in parts)} gates by the results that they use"
        return PassResult(circuit.with_operations(tuple(op for found in parts for op in found)), report)
