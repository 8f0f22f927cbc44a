"""Neighbours of one kind merge or cancel, and none moves before the result that it takes."""

from fractions import Fraction

import pytest
from slow_reference import truly_equal

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


PAIRS = [
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((0, 1), 0.4, 0.2), 1),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((0, 1), 0.4, 0.5), 2),
    (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((1, 0), 0.1), 1),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((1, 0), 0.1, 0.2), 2),
    (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((1, 0), 0.1, 0.2), 2),
    (ops.ControlledX((0, 1), 0.3), ops.ControlledX((0, 1), -0.5), 1),
    (ops.ControlledX((0, 1), 0.3), ops.ControlledX((1, 0), 0.3), 2),
    (ops.ControlledZ((0, 1), 0.3), ops.ControlledZ((1, 0), 0.4), 1),
    (ops.ControlledZ((0, 1), 0.3), ops.ControlledZ((1, 0), -0.3), 0),
    (ops.PhasePower((0,), 4, 0.1), ops.PhasePower((0,), 4, 0.2), 1),
    (ops.PhasePower((0,), 4, 0.1), ops.PhasePower((0,), 5, 0.2), 2),
    (ops.CubicPhase((0,), 0.1), ops.CubicPhase((0,), 0.2), 1),
    (ops.CubicPhase((0,), 0.1), ops.CubicPhase((1,), -0.1), 2),
    (ops.Displacement((0,), 0.1, -0.2), ops.Displacement((0,), 0.3, 0.5), 1),
    (ops.Displacement((0,), 0.1, -0.2), ops.Displacement((0,), -0.1, 0.2), 0),
    (ops.Squeeze((0,), 0.1), ops.Shear((0,), 0.1), 2),
]


@pytest.mark.parametrize(("first", "second", "left"), PAIRS, ids=str)
def test_merging_keeps_what_two_operations_do(first, second, left):
    circuit = Circuit(2, (first, second))
    merged = MergeNeighbours()(circuit, IDEAL).circuit
    assert len(merged.operations) == left
    assert truly_equal(circuit, merged)


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.2), (1e17, 3.0), (-1e17, 1e17), (1e3, 1e-3), (1e9, 1.1e-4), (0.7, -0.7)])
def test_sums_that_lose_one_of_their_terms_are_not_made(a, b):
    """A sum stays where rounding, by exact fractions, takes more than 1e-9 of the smaller term."""
    lost = abs(Fraction(a + b) - Fraction(a) - Fraction(b)) > Fraction(1e-9) * min(abs(Fraction(a)), abs(Fraction(b)))
    found = MergeNeighbours()(Circuit(1, (ops.Shear((0,), a), ops.Shear((0,), b))), IDEAL).circuit.operations
    assert len(found) == (2 if lost else 1 if a + b else 0)
    assert lost == ((a, b) in {(1e17, 3.0), (1e9, 1.1e-4)})
