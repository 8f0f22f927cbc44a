"""Neighbours of one kind merge or cancel, and none moves before the result that it takes."""

import pytest

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.simplifying.merge_neighbours import MergeNeighbours
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


def test_neighbours_merge_and_cancel():
    circuit = Circuit(
        2,
        (
            ops.BeamSplitter((0, 1), 0.3),
            ops.Rotation((0,), 0.2),
            ops.Rotation((0,), -0.2),
            ops.BeamSplitter((1, 0), 0.3),
            ops.Squeeze((1,), 0.1),
            ops.Squeeze((1,), 0.2),
        ),
    )
    assert MergeNeighbours()(circuit, IDEAL).circuit.operations == (ops.Squeeze((1,), pytest.approx(0.3)),)


def test_feed_forward_does_not_move_before_its_readout():
    circuit = Circuit(
        2,
        (
            ops.Displacement((0,), 0.1, 0.0),
            ops.Homodyne((1,), 0.0, "m"),
            ops.Displacement((0,), Polynomial.monomial(("m",)), 0.0),
        ),
    )
    assert compile_circuit(circuit, IDEAL).circuit.operations == circuit.operations
