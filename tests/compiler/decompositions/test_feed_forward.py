"""Gates by several results are sequences of gates by one result each, unless results are multiplied."""

import numpy as np
import pytest
from slow_reference import truly_equal

from compiler.decompositions.feed_forward import by_result, multiplied
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

M, N, K = (Polynomial.monomial((name,)) for name in ("m", "n", "k"))
SUM = M + 0.5 * N + -0.3 * Polynomial.monomial(("n", "n")) + Polynomial.constant(0.2)
READS = tuple(ops.Homodyne((mode,), 0.3 * mode, name) for mode, name in ((2, "m"), (3, "n"), (4, "k")))

SUMS = {
    "x and p": ops.Displacement((0,), M, N),
    "x": ops.Displacement((0,), SUM, 0.4),
    "three results": ops.Displacement((0,), SUM, 0.7 * K + -1.0 * M),
    "rotation": ops.Rotation((0,), SUM),
    "squeezer": ops.Squeeze((0,), 0.1 * SUM),
    "shear": ops.Shear((0,), SUM + K),
    "controlled X": ops.ControlledX((1, 0), SUM),
    "controlled Z": ops.ControlledZ((0, 1), SUM),
    "cubic": ops.CubicPhase((0,), SUM),
    "power": ops.PhasePower((0,), 4, SUM),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_is_a_sequence(name):
    op = SUMS[name]
    parts = by_result(op)
    assert [ops.used(part) for part in parts] == [{result} for result in sorted(ops.used(op))]
    assert all(type(part) is type(op) and part.modes == op.modes for part in parts)
    assert truly_equal(Circuit(5, (*READS, op)), Circuit(5, (*READS, *parts)))
    orders = np.random.default_rng(1).permutation(len(parts))
    assert truly_equal(Circuit(5, (*READS, op)), Circuit(5, (*READS, *(parts[i] for i in orders))))


@pytest.mark.parametrize(
    "op",
    [
        ops.Displacement((0,), M, 0.0),
        ops.Displacement((0,), M, 0.5 * Polynomial.monomial(("m", "m"))),
        ops.Displacement((0,), 0.1, 0.2),
        ops.BeamSplitter((0, 1), M, N),  # its angles do not add up
        ops.Rotation((0,), Polynomial.monomial(("m", "n"))),
        ops.phase(Polynomial.monomial((0, 0, "m")) + Polynomial.monomial((0, 0, "n"))),
    ],
    ids=str,
)
def test_what_uses_one_result_or_is_no_sum_stays(op):
    assert by_result(op) == [op]


def test_products_are_named():
    product = Polynomial.monomial(("m", "k"))
    assert multiplied(ops.Displacement((0,), product + N, 0.0)) == ("k", "m")
    assert multiplied(ops.phase(Polynomial.monomial((0, 1, "n", "m")))) == ("m", "n")
    assert multiplied(ops.Displacement((0,), SUM, K)) == ()
    assert multiplied(ops.phase(Polynomial.monomial((0, 1, "n", "n")))) == ()
