"""What branch states refuse, by name and with a way out, and numbers beyond float64."""

from math import pi

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed, x_of

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.branches.limits import UNABLE, refusal
from simulations.branches.readouts import PositionDensity
from simulations.branches.run import final, probabilities, sample

BIT = ops.DisplacementReadout((0,), (0.5,), (0.2,), "b")
BENT = (ops.CubicPhase((0,), 0.1), ops.CubicPhase((1,), 0.1))
"""Cubic phases, in whose presence rotations are angles of frames."""
FAR = ops.DisplacementReadout((0,), (0.5,), (0.1,), "c")


def rng():
    return np.random.default_rng(0)


REFUSED = [
    (
        (ops.PrepareFock((0,), 1),),
        "operation 0 PrepareFock(mode 0): the state is not a superposition of Gaussian packets",
    ),
    ((ops.Kerr((0,), 0.1),), "operation 0 Kerr(mode 0): a Kerr gate does not make a superposition"),
    ((ops.PhotonCount((0,), "n"),), "operation 0 PhotonCount(mode 0): only positions and displacements are read"),
    ((ops.PhasePower((0,), 4, 0.1),), "phases have degree at most 3, found 4; lower it first (khrnn compile)"),
    ((edge(0, 0, 1, 1, weight=0.1),), "phases have degree at most 3, found 4"),
    ((*BENT, ops.Rotation((0,), 0.3), edge(0, 1)), "operation 3 PolynomialPhase(modes 0, 1): rotations mix positions"),
    ((*BENT, ops.Rotation((0,), pi / 2), ops.Shear((0,), 0.1)), "a phase needs modes that are turned by half turns"),
    ((*BENT, ops.Rotation((0,), 0.3), ops.Squeeze((0,), 0.1)), "a squeezer needs a mode that is turned by quarter"),
    ((*BENT, ops.Rotation((1,), 0.3), ops.ControlledX((0, 1), 0.1)), "the gate needs modes that are turned by quarter"),
    ((*BENT, ops.Rotation((0,), 0.3), ops.BeamSplitter((0, 1), 0.4)), "the angles of its modes leave no real matrix"),
    ((*BENT, ops.BeamSplitter((0, 1), 0.4, 0.2)), "the angles of its modes leave no real matrix"),
    ((BENT[1], ops.BeamSplitter((0, 1), 0.4, 0.2)), "the angles of its modes leave no real matrix"),
    ((BENT[0], ops.ControlledX((1, 0), 0.3), ops.Rotation((1,), 0.3), edge(0, 1)), "operation 3 PolynomialPhase"),
    ((BENT[0], ops.BeamSplitter((0, 1), 0.4), ops.Rotation((1,), 0.3), edge(0, 1)), "operation 3 PolynomialPhase"),
    ((edge(0, 0, 1), ops.Rotation((1,), 0.3), ops.ControlledZ((0, 1), 0.3)), "operation 2 ControlledZ"),
    ((ops.PrepareCubic((0,), 0.3, 0.1), ops.Rotation((0,), 0.3), ops.Squeeze((0,), 0.3)), "operation 2 Squeeze"),
    ((ops.PhasePower((0,), 3, 0.3), ops.Rotation((0,), 0.3), ops.Shear((0,), 0.3)), "operation 2 Shear"),
    ((*BENT, ops.Dephasing((0,), 0.1), ops.BeamSplitter((0, 1), 0.4)), "the angles of its modes leave no real matrix"),
    ((*BENT, ops.Dephasing((0,), 0.1), ops.CubicPhase((0,), 0.4)), "a phase needs modes that are turned by half turns"),
    (
        (*BENT, ops.Dephasing((0,), 0.1), x_of(0)),
        "only the last readout may read another quadrature than the position",
    ),
    ((*BENT, p_of(0), x_of(1)), "operation 2 Homodyne(mode 0): rotations mix positions"),
    ((*BENT, ops.PostSelect((0,), pi / 2, 0.0), x_of(1)), "operation 2 PostSelect(mode 0): rotations mix"),
    ((ops.Dephasing((0,), 0.1), ops.PostSelect((0,), 0.0, 0.0), x_of(1)), "changes the law of the angle"),
    (
        (BIT, ops.PostSelect((0,), 0.0, 0.0)),
        "operation 1 PostSelect(mode 0): a selection after a readout changes the law",
    ),
    ((*BENT, BIT, ops.BeamSplitter((0, 1), 0.1, Polynomial.monomial(("b",)))), "its phase depends on earlier results"),
    ((*BENT, BIT, ops.Rotation((0,), Polynomial.monomial(("b",))), edge(0, 1)), "operation 4 PolynomialPhase"),
    ((ops.DisplacementReadout((0,), (1e9,), (0.0,), "b"),), "alpha and beta must be at most 1e+08, found 1e+09"),
]


@pytest.mark.parametrize(("operations", "message"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_leaves_the_family_is_refused_by_name(operations, message):
    circuit = Circuit(2, operations)
    assert message in refusal(circuit)
    for run in (lambda: sample(circuit, 2, rng()), lambda: probabilities(circuit)):
        with pytest.raises(InputError) as caught:
            run()
        assert message in str(caught.value) and "\n" not in str(caught.value)


RUNS = [
    (*BENT, ops.Rotation((0,), 7 * pi), edge(0, 1), BIT),
    (*BENT, ops.Rotation((0,), 0.3), ops.Rotation((0,), -0.3), edge(0, 0, 1), BIT),
    (*BENT, ops.Rotation((0,), 0.3), ops.ThermalLoss((0,), 0.9, 0.1), ops.DisplacementNoise((0,), 0.1, 0.2), BIT),
    (*BENT, ops.Rotation((0,), 0.3), ops.Homodyne((0,), 0.3, "q"), x_of(1)),
    (*BENT, ops.Rotation((0,), 0.3), ops.Rotation((1,), 0.5), ops.BeamSplitter((0, 1), 0.4, 0.2), BIT),
    (*BENT, ops.BeamSplitter((0, 1), pi / 2, 0.2), BIT),  # a swap takes the frames along
    (*BENT, ops.Dephasing((0,), 0.1), ops.BeamSplitter((0, 1), pi / 2), ops.CubicPhase((0,), 0.1), BIT),
    (*BENT, ops.Interferometer((0, 1), ((0, 1j), (1, 0))), BIT),
    (
        *BENT,
        ops.Dephasing((0,), 0.1),
        ops.Dephasing((0,), 0.0),
        ops.PrepareVacuum((0,)),
        ops.CubicPhase((0,), 0.1),
        BIT,
    ),
    (*BENT, BIT, ops.BeamSplitter((0, 1), Polynomial.monomial(("b",), 0.3), pi), FAR),
    (*BENT, BIT, ops.Rotation((0,), Polynomial.monomial(("b",), 0.3)), FAR),
    (ops.Dephasing((0,), 0.0), x_of(0)),
    # without a cubic phase
    (ops.Rotation((0,), 0.3), edge(0, 1), p_of(0, "p"), x_of(1)),
    (ops.BeamSplitter((0, 1), 0.4, 0.2), ops.Dephasing((0,), 0.1), ops.Shear((0,), 0.2), x_of(0)),
    (BIT, ops.BeamSplitter((0, 1), 0.1, Polynomial.monomial(("b",))), ops.CubicPhase((0,), 0.1), FAR),
    (BENT[1], ops.Rotation((0,), 0.3), ops.ControlledZ((0, 1), 0.2), ops.Dephasing((0,), 0.1), BIT, p_of(0, "p")),
    (ops.Dephasing((0,), 0.1), x_of(0), BIT.__class__((1,), (0.3,), (0.2,), "c")),
    (BENT[0], ops.Dephasing((0,), 0.0), BENT[0], BIT),  # a rotation by nothing
]


@pytest.mark.parametrize("operations", RUNS, ids=[str(n) for n in range(len(RUNS))])
def test_what_frames_let_pass_runs(operations):
    circuit = Circuit(2, operations)
    assert refusal(circuit) is None
    assert np.isfinite(np.stack([*sample(circuit, 3, rng()).results.values()])).all()


def test_every_reason_is_told():
    assert all(UNABLE.values())
    symbolic = Circuit(1, (ops.Rotation((0,), Polynomial.monomial(("t",))), BIT), (), ("t",))
    assert refusal(symbolic) == "the symbols t need values; bind them first (--bind NAME=VALUE)"


# --- numbers beyond float64 ------------------------------------------------------------------------------------------

BEYOND = [
    ((ops.PrepareSqueezed((0,), -120.0), BIT), r"PrepareSqueezed\(mode 0\): \|r\| must be at most 100, found -120"),
    ((ops.Squeeze((0,), 1e5), BIT), r"Squeeze\(mode 0\): \|r\| must be at most 100, found 100000"),
    ((ops.Displacement((0,), 1e300, 0.0), ops.CubicPhase((0,), 0.3), BIT), "differ by phases of at most 1e"),
    ((ops.Displacement((0,), 1e6, 0.0), ops.CubicPhase((0,), 0.3), BIT), r"found \d.\de\+11 rad; lower the displ"),
    ((ops.CubicPhase((0,), 1e200), BIT, FAR), "rounding them moves overlaps"),
    ((ops.PrepareCat((0,), 1e9, 0.0, 0.0), BIT), r"\|x\| and \|p\| must be at most 1e\+06, found 1e\+09, 0"),
    ((ops.PrepareCat((0,), 1e-6, 0.0, 1.0), BIT), "packets must not cancel.*use larger displacements"),
    ((ops.PrepareGKP((0,), 0.0, 0.0, 1e-9), BIT), r"has 2.3e\+05 packets, more than 2000; use a larger epsilon"),
    (
        (*squeezed(1, 8.0), ops.PrepareSqueezed((1,), 8.0), ops.BeamSplitter((0, 1), 0.8), BIT),
        "correlated too strongly",
    ),
    ((ops.DisplacementNoise((0,), 1e12, 0.0), BIT, FAR), "correlated too strongly.*lower the squeezing or the noise"),
    ((ops.ControlledZ((0, 1), 1e308), BIT), "reach inf rad, and rounding them moves overlaps by inf"),
    ((ops.CubicPhase((0,), 1e4), p_of(0)), "values of its characteristic function, more than 32768"),
    ((ops.DisplacementReadout((0,), (1e6,), (1e6,), "b"), FAR), "differ by phases of at most"),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("operations", "message"), BEYOND, ids=[str(n) for n in range(len(BEYOND))])
def test_numbers_beyond_float64_are_refused(operations, message):
    with pytest.raises(InputError, match=message) as caught:
        sample(Circuit(2, operations), 3, rng())
    assert "\n" not in str(caught.value)


def test_a_table_of_too_many_points_is_refused_but_few_draws_need_none():
    cat = Circuit(1, (ops.PrepareCat((0,), 1e5, 0.0, 0.0),))
    with pytest.raises(InputError, match=r"needs 1.28e.07 points, more than 1048576: it oscillates too fast"):
        PositionDensity.of(final(cat).state, 0).table()
    drawn = sample(Circuit(1, (*cat.operations, x_of(0))), 200, rng()).results["x"]
    assert np.abs(np.abs(drawn) - 1e5).max() < 6
    assert 60 < (drawn > 0).sum() < 140  # 5.7 standard errors


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("far", [0.0, 1e3, 1e6])
def test_distance_costs_no_digits(far):
    """Two modes far out in phase space under a ControlledZ: only <p> and <x> of the operators turn."""
    moved = (ops.Displacement((0,), far, -far), ops.ControlledZ((0, 1), 0.3), ops.Displacement((0,), -far, far))
    back = ops.Displacement((1,), 0.0, -0.3 * far)
    reads = (ops.DisplacementReadout((0, 1), (0.5, 0.2), (0.1, 0.3), "b"), BIT.__class__((0,), (0.3,), (0.2,), "c"))
    found = probabilities(Circuit(2, (*moved, back, *reads)))
    still = probabilities(Circuit(2, (ops.ControlledZ((0, 1), 0.3), *reads)))
    assert found == pytest.approx(still, abs=1e-9)


@pytest.mark.filterwarnings("error")
def test_a_large_displacement_operator_reads_a_fair_coin():
    """Packets that do not overlap any more: +1 and -1 alike, and the same bit again with probability 3/4."""
    read = [ops.DisplacementReadout((0,), (1e6,), (0.0,), name) for name in "ab"]
    found = probabilities(Circuit(1, tuple(read)))
    # a: 1/2 each; after a = +1, <D> = 1/2
    assert found == pytest.approx({(1, 1): 0.375, (1, -1): 0.125, (-1, 1): 0.125, (-1, -1): 0.375}, abs=1e-12)


def test_fringes_whose_overlaps_underflow_are_seen():
    """A cat of momenta +-120: <left|right> = e^{-7200} is 0 in float64, but the density of x has full fringes."""
    density = PositionDensity.of(final(Circuit(1, (ops.PrepareCat((0,), 0.0, 120.0, 0.0),))).state, 0)
    y = np.linspace(-3, 3, 20_001)
    expected = np.exp(-(y**2) / 2) * (1 + np.cos(120 * y)) / np.sqrt(2 * pi)
    assert density(y) == pytest.approx(expected, abs=1e-9)
