"""Programs that read displacements and are equal, and others like them that are not: one case per idea."""

from dataclasses import replace
from math import cos, pi, sin, sqrt

import numpy as np
import pytest

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics.equivalence import equivalent
from compiler.semantics.gaussian_channel import NotGaussianError, gaussian_channel
from compiler.semantics.phase_space import push

M = Polynomial.monomial
READ = ops.DisplacementReadout((0,), (0.5,), (0.2,), "a")
OTHER = ops.DisplacementReadout((0,), (0.1,), (0.7,), "b")
INVERSE = ops.DisplacementReadout((0,), (-0.5,), (-0.2,), "a")
WHOLE = ops.Displacement((0,), -1.0, 0.4)  # all of READ's displacement
SHIFT = ops.DisplacementReadout((0,), (0.5,), (0.0,), "c")
UNIT = ops.DisplacementReadout((0,), (0.0,), (1.0,), "u")  # of exp(i x)
VACUUM, SQUEEZED = ops.PrepareVacuum((0,)), ops.PrepareSqueezed((0,), 0.4)
LOSS, KERR = ops.Loss((0,), 0.8), ops.Kerr((0,), 0.3)
CUBIC = ops.CubicPhase((0,), 0.3)


def boost(turns):
    """A readout of exp(i 2 pi turns x), which commutes with SHIFT for whole turns."""
    return ops.DisplacementReadout((0,), (0.0,), (2 * pi * turns,), "d")


def turned(angle):
    """READ in front of a rotation instead of behind it."""
    (a,), (b,) = READ.alpha, READ.beta
    return ops.DisplacementReadout((0,), (a * cos(angle) - b * sin(angle),), (b * cos(angle) + a * sin(angle),), "a")


EQUAL = {
    "the same": ((READ, OTHER), (READ, OTHER)),
    "a rotation passes": ((ops.Rotation((0,), 0.3), READ), (turned(0.3), ops.Rotation((0,), 0.3))),
    "functions of position commute": (
        (CUBIC, ops.DisplacementReadout((0,), (0.0,), (0.2,), "a")),
        (ops.DisplacementReadout((0,), (0.0,), (0.2,), "a"), CUBIC),
    ),
    "the inverse, and all of the displacement": ((READ,), (INVERSE, WHOLE)),
    "the same before another readout": ((READ, OTHER), (INVERSE, WHOLE, OTHER)),
    "the same around a cubic gate": ((READ, CUBIC, OTHER), (INVERSE, WHOLE, CUBIC, OTHER)),
    "readouts of other modes": (
        (READ, ops.DisplacementReadout((1,), (0.5,), (0.2,), "b")),
        (ops.DisplacementReadout((1,), (0.5,), (0.2,), "b"), READ),
    ),
    "one turn between readouts": ((SHIFT, boost(1)), (boost(1), SHIFT)),
    "two turns between readouts": ((SHIFT, boost(2)), (boost(2), SHIFT)),
    "turns, then a readout that tells": ((SHIFT, boost(1), OTHER), (boost(1), SHIFT, OTHER)),
    "a whole turn of the exponent": (
        (ops.Displacement((0,), 0.0, 4 * pi), SHIFT),
        (SHIFT, ops.Displacement((0,), 0.0, 4 * pi)),
    ),
    "the sign of an outcome, squared": (
        (READ, ops.Rotation((1,), M(("a", "a"), 0.3) + M(("a",), 0.1))),
        (READ, ops.Rotation((1,), M(("a",), 0.1) + Polynomial.constant(0.3))),
    ),
    "half turns by the outcome": (
        (READ, ops.Rotation((1,), M(("a",), pi))),
        (READ, ops.Rotation((1,), Polynomial.constant(pi))),
    ),
    "a turn that only an outcome makes, and back": (
        (READ, ops.Squeeze((0,), M(("a",), 0.3)), OTHER, ops.Squeeze((0,), M(("a",), -0.3))),
        (
            READ,
            ops.Squeeze((0,), M(("a",), 0.3) + Polynomial.constant(0.5)),
            ops.Squeeze((0,), -0.5),
            OTHER,
            ops.Squeeze((0,), M(("a",), -0.3)),
        ),
    ),
    "noise at the same place": ((LOSS, READ, LOSS, OTHER), (LOSS, INVERSE, WHOLE, LOSS, OTHER)),
    "displacements pass loss": (
        (SQUEEZED, ops.Displacement((0,), 0.3, 0.2), LOSS, READ),
        (SQUEEZED, LOSS, ops.Displacement((0,), 0.3 * sqrt(0.8), 0.2 * sqrt(0.8)), READ),
    ),
    "the vacuum is round": ((VACUUM, ops.Rotation((0,), 0.4), READ), (VACUUM, READ)),
    "the vacuum is round, in front of a cubic gate": (
        (VACUUM, ops.Rotation((0,), 0.7), replace(SHIFT, beta=(pi,)), CUBIC),
        (VACUUM, replace(SHIFT, beta=(pi,)), CUBIC),
    ),
    "the vacuum is round, and thrown away": (
        (VACUUM, ops.Rotation((0,), 2.5), READ, CUBIC, OTHER, VACUUM),
        (VACUUM, READ, CUBIC, OTHER, VACUUM),
    ),
    "the vacuum is round, and the inverse": (
        (VACUUM, ops.Rotation((0,), 0.7), READ, CUBIC, OTHER),
        (VACUUM, INVERSE, WHOLE, CUBIC, OTHER),
    ),
    "the vacuum is round, and many inverses": (
        (VACUUM, ops.Rotation((0,), 0.7), *(replace(READ, result=name) for name in "abcd"), CUBIC),
        (VACUUM, *(op for name in "abcd" for op in (replace(INVERSE, result=name), WHOLE)), CUBIC),
    ),
    "squeezing is a preparation": ((VACUUM, ops.Squeeze((0,), 0.4), LOSS, READ, OTHER), (SQUEEZED, LOSS, READ, OTHER)),
    "inverse on a prepared mode, with loss": ((SQUEEZED, LOSS, READ, OTHER), (SQUEEZED, LOSS, INVERSE, WHOLE, OTHER)),
    "the inverse behind another preparation, with loss": (
        (VACUUM, ops.Squeeze((0,), 0.4), LOSS, READ, OTHER),
        (SQUEEZED, LOSS, INVERSE, WHOLE, OTHER),
    ),
    "the inverse, where displacements pass loss": (
        (SQUEEZED, ops.Displacement((0,), 0.3, 0.2), LOSS, READ, OTHER),
        (SQUEEZED, LOSS, ops.Displacement((0,), 0.3 * sqrt(0.8), 0.2 * sqrt(0.8)), INVERSE, WHOLE, OTHER),
    ),
    "signs that only readouts know, where displacements pass loss": (
        (SQUEEZED, ops.Displacement((0,), 0.3, 0.2), LOSS, READ, OTHER, VACUUM),
        (
            *(SQUEEZED, LOSS, ops.Displacement((0,), 0.3 * sqrt(0.8), 0.2 * sqrt(0.8))),
            *(INVERSE, WHOLE, replace(OTHER, alpha=(-0.1,), beta=(-0.7,)), VACUUM),
        ),
    ),
    "signs that a later readout knows, behind losses that add up": (
        (SQUEEZED, ops.Loss((0,), 0.5), ops.Loss((0,), 0.5), READ, OTHER, VACUUM),
        (SQUEEZED, ops.Loss((0,), 0.25), INVERSE, WHOLE, OTHER, VACUUM),
    ),
    "turns, where displacements pass loss": (
        (SQUEEZED, ops.Displacement((0,), 0.3, 0.2), LOSS, SHIFT, boost(1)),
        (SQUEEZED, LOSS, ops.Displacement((0,), 0.3 * sqrt(0.8), 0.2 * sqrt(0.8)), boost(1), SHIFT),
    ),
    "one displacement twice behind another preparation, with loss": (
        (VACUUM, ops.Squeeze((0,), 0.4), LOSS, READ, replace(READ, result="b")),
        (SQUEEZED, LOSS, replace(READ, result="b"), READ),
    ),
    "turns on a prepared mode, with loss": ((SQUEEZED, LOSS, SHIFT, boost(1)), (SQUEEZED, LOSS, boost(1), SHIFT)),
    "nobody looks at the mode again": ((READ, VACUUM), (INVERSE, VACUUM)),
    "nobody looks at a lossy mode again": ((SQUEEZED, LOSS, READ, VACUUM), (SQUEEZED, LOSS, INVERSE, VACUUM)),
    "a cubic program with loss": (
        (SQUEEZED, CUBIC, LOSS, READ, CUBIC, OTHER),
        (SQUEEZED, ops.CubicPhase((0,), 0.1), ops.CubicPhase((0,), 0.2), LOSS, INVERSE, WHOLE, CUBIC, OTHER),
    ),
    "Kerr gates at the same place": ((KERR, READ, KERR, OTHER), (KERR, INVERSE, WHOLE, KERR, OTHER)),
    "then homodyne, with feed-forward": (
        (READ, ops.Homodyne((0,), 0.3, "y"), ops.Displacement((1,), M(("y",), 0.5), 0.0)),
        (INVERSE, WHOLE, ops.Homodyne((0,), 0.3, "y"), ops.Displacement((1,), M(("y",), 0.5), 0.0)),
    ),
}

UNEQUAL = {
    "no part of the displacement": ((READ,), (INVERSE,)),
    "a rotation does not pass": ((ops.Rotation((0,), 0.3), READ), (READ, ops.Rotation((0,), 0.3))),
    "a cubic gate does not pass": ((CUBIC, READ), (READ, CUBIC)),
    "half a turn between readouts": ((SHIFT, boost(0.5)), (boost(0.5), SHIFT)),
    "readouts in another order": ((READ, OTHER), (OTHER, READ)),
    "part of a turn of the exponent": (
        (ops.Displacement((0,), 0.0, 4 * pi - 0.1), SHIFT),
        (SHIFT, ops.Displacement((0,), 0.0, 4 * pi - 0.1)),
    ),
    "another sign of an outcome": (
        (READ, ops.Displacement((1,), M(("a",), 0.3), 0.0)),
        (READ, ops.Displacement((1,), M(("a",), -0.3), 0.0)),
    ),
    "a readout nobody looks at, in another order": ((READ, OTHER, VACUUM), (OTHER, READ, VACUUM)),
    "a result that is missing": ((READ, OTHER), (READ,)),
    "a readout that is not made": ((READ,), (WHOLE,)),
    "a mode that ends": ((READ,), (READ, ops.Homodyne((0,), 0.0, "y"))),
    "a bit and a quadrature of one name": (
        (ops.Homodyne((0,), 0.3, "a"), VACUUM),
        (READ, VACUUM),
    ),
    "phases of two large numbers": (
        (VACUUM, ops.Displacement((0,), 1e13, 0.0), UNIT, VACUUM),
        (VACUUM, ops.Displacement((0,), 2e13, 0.0), UNIT, VACUUM),
    ),
    "readout and loss in another order": ((SQUEEZED, READ, LOSS), (SQUEEZED, LOSS, READ)),
}


@pytest.mark.parametrize("case", EQUAL)
def test_equal(case):
    left, right = (Circuit(2, operations) for operations in EQUAL[case])
    for pair in ((left, right), (right, left)):
        verdict = equivalent(*pair)
        assert verdict.equivalent and verdict.decided, verdict.reason


@pytest.mark.parametrize("case", UNEQUAL)
def test_different(case):
    """All of these are Gaussian but for the cubic gate, and shown to be different."""
    left, right = (Circuit(2, operations) for operations in UNEQUAL[case])
    for pair in ((left, right), (right, left)):
        verdict = equivalent(*pair)
        assert not verdict.equivalent and verdict.decided, verdict.reason
        assert verdict.reason and "\n" not in verdict.reason


def test_what_is_not_known_is_not_called_different():
    """Seven outcomes that gates depend on, readouts of nonlinear exponents in another order, Kerr gates: no proof."""
    many = tuple(replace(OTHER, result=f"b{i}") for i in range(7))
    fed = tuple(ops.Displacement((1,), M((f"b{i}", f"b{i}"), 0.1), 0.0) for i in range(7))
    plain = (ops.Displacement((1,), 0.7, 0.0),)
    open_pairs = [
        ((*many, *fed), (*many, *plain)),  # equal, as squares of outcomes are 1, but not as polynomials
        ((CUBIC, READ, CUBIC, OTHER), (CUBIC, OTHER, CUBIC, READ)),
        ((KERR, READ), (READ, KERR)),
        ((CUBIC, LOSS, READ), (CUBIC, LOSS, OTHER, ops.Displacement((0,), 0.0, 0.0))),
    ]
    for left, right in open_pairs[:3]:
        verdict = equivalent(Circuit(2, left), Circuit(2, right))
        assert not verdict.equivalent and not verdict.decided
        assert verdict.reason.startswith("not shown equal: ")
    assert equivalent(Circuit(2, (*many, *fed)), Circuit(2, (*many, *fed[::-1]))).equivalent


def test_five_outcomes_that_gates_depend_on_are_all_tried():
    """The product of five signs: only with all of them -1 or one -1 does a sum tell."""
    reads = tuple(replace(READ, result=f"b{i}") for i in range(5))
    names = tuple(f"b{i}" for i in range(5))
    product = ops.Displacement((1,), M(names), 0.0)
    only = ops.Displacement((1,), M(names[:4]), 0.0)
    verdict = equivalent(Circuit(2, (*reads, product)), Circuit(2, (*reads, only)), points=2)
    assert not verdict.equivalent and verdict.decided
    assert equivalent(Circuit(2, (*reads, product)), Circuit(2, (*reads, product)), points=2).equivalent


def test_a_readout_of_an_ancilla_may_be_hidden_if_it_disturbs_nothing_that_counts():
    """The ancilla holds x_0 of the data, so that reading exp(i beta.x) on the ancilla dephases the data."""
    copy = (ops.PrepareSqueezed((1,), 1.0), ops.ControlledX((0, 1), 1.0))
    alone = Circuit(1, (ops.Rotation((0,), 0.3),))
    quiet = ops.DisplacementReadout((1,), (0.3,), (0.2,), "h")
    free = Circuit(2, (ops.Rotation((0,), 0.3), ops.PrepareSqueezed((1,), 1.0), quiet), (1,))
    assert equivalent(alone, free).equivalent
    told = Circuit(2, (ops.Rotation((0,), 0.3), *copy, quiet, ops.ControlledX((0, 1), -1.0)), (1,))
    assert not equivalent(alone, told).equivalent
    both = Circuit(
        2, (ops.Rotation((0,), 0.3), copy[0], replace(quiet, modes=(0, 1), alpha=(0.3, 0.0), beta=(0.0, 0.1)))
    )
    assert not equivalent(alone, Circuit(2, both.operations, (1,))).equivalent
    steered = ops.Displacement((0,), M(("h",), 0.1), 0.0)
    assert not equivalent(alone, Circuit(2, (*free.operations, steered), (1,))).equivalent


def test_a_hidden_readout_is_not_made_up_for_by_half_of_its_displacement():
    """Its displacement of the ancilla reaches the data, where the half that goes with both outcomes is taken back."""
    hidden = ops.DisplacementReadout((1,), (0.3,), (0.0,), "h")
    back = ops.Displacement((0,), 0.3, 0.0)
    copied = (ops.PrepareSqueezed((1,), 1.0), hidden, ops.ControlledX((1, 0), 1.0), back)
    undisturbed = (copied[0], ops.Displacement((1,), -0.3, 0.0), *copied[2:])
    data = Circuit(1, (ops.Rotation((0,), 0.3),))
    assert equivalent(data, Circuit(2, (*data.operations, *undisturbed), (1,))).equivalent
    assert not equivalent(data, Circuit(2, (*data.operations, *copied), (1,))).equivalent


def test_a_readout_of_data_and_ancilla_is_not_hidden():
    wide = ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.2, 0.0), "a")
    ancilla = ops.PrepareSqueezed((1,), 1.0)
    assert equivalent(Circuit(1, (READ,)), Circuit(2, (ancilla, wide), (1,))).equivalent
    verdict = equivalent(Circuit(1), Circuit(2, (ancilla, wide), (1,)))
    assert not verdict.equivalent and verdict.reason == "results ['a'] are measured in only one circuit"


def test_chosen_outcomes_and_readouts_are_no_gaussian_channel_together():
    """What is chosen behind a readout tells the branches of its displacement apart, which no covariance says."""
    chosen = Circuit(2, (READ, ops.ControlledZ((0, 1), 0.3), ops.PostSelect((1,), 0.3, 0.5)))
    with pytest.raises(NotGaussianError):
        gaussian_channel(chosen, (0,), ("a",), {}, None)
    assert equivalent(chosen, chosen).equivalent


def test_a_borrowed_mode_that_is_read_does_not_come_back():
    read = replace(READ, modes=(1,))
    assert not equivalent(Circuit(1), Circuit(2, (read,), (1,))).equivalent
    assert not equivalent(Circuit(1), Circuit(2, (read, replace(WHOLE, modes=(1,))), (1,))).equivalent


def test_points_carry_the_exponent_and_half_of_the_displacement():
    """By hand: the exponent is alpha.p + beta.x; then x moves by -alpha and p by beta, twice that for share 1."""
    read = ops.DisplacementReadout((1, 0), (0.5, 0.25), (2.0, -1.0), "s")
    kick = ops.Displacement((0,), M(("s",), 10.0), 0.0)
    x, p = np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])
    found = push(Circuit(2, (read, kick)), x, p, lambda m, k: (x[0], p[0]), {"s": np.array([-1.0])})
    assert found.exponents["s"].tolist() == [0.5 * 7.0 + 0.25 * 5.0 + 2.0 * 3.0 - 1.0 * 1.0]
    assert (found.x.tolist(), found.p.tolist()) == ([[1.0 - 0.25 - 10.0], [2.5]], [[4.0], [9.0]])
    all_of_it = push(Circuit(2, (read,)), x, p, lambda m, k: (x[0], p[0]), {"s": np.ones(1)}, shares={"s": 1.0})
    assert (all_of_it.x.tolist(), all_of_it.p.tolist()) == ([[0.5], [2.0]], [[3.0], [11.0]])
    assert not found.results
