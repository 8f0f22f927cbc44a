"""Two preparations are the same state exactly if their means and covariances agree."""

from __future__ import annotations

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.photon_counters.state import same_state


def test_states_are_told_apart():
    squeezed = Circuit(2, (ops.PrepareSqueezed((0,), 0.5),))
    assert same_state(squeezed, Circuit(2, (ops.Squeeze((0,), 0.5),))).equivalent
    for other in (ops.Squeeze((0,), 0.50001), ops.Squeeze((1,), 0.5), ops.Displacement((1,), 0.1, 0.0)):
        verdict = same_state(squeezed, Circuit(2, (other,)))
        assert not verdict.equivalent and verdict.reason
