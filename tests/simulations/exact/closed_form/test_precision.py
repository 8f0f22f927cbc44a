"""Moments of strongly squeezed programs: right to 1e-6, by more digits where float64 ends, or refused.

The references are closed forms by hand and sums over independent sources with 120 digits (`many_digits`).
"""

from math import acos, exp, pi, sqrt

import numpy as np
import pytest
from many_digits import mean_and_variance
from random_programs import edge, p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from simulations.exact import NoClosedFormError, moments
from simulations.exact.closed_form import precision
from simulations.exact.closed_form.arithmetic import Arithmetic
from simulations.exact.closed_form.precision import moved
from simulations.exact.moments import PrecisionError

HALF = sqrt(0.5)


def linear(**coefficients):
    out = Polynomial()
    for name, value in coefficients.items():
        out = out + Polynomial.monomial((name,), value)
    return out


def pair(r, a=0, b=1):
    """x_a - x_b and p_a + p_b have the variance 2 e^{-2r}."""
    return ops.PrepareSqueezed((a,), -r), ops.PrepareSqueezed((b,), r), ops.BeamSplitter((a, b), pi / 4)


def variance_of(circuit, answer):
    return moments(circuit, {"answer": answer}).of("answer")[1]


@pytest.fixture
def digits(monkeypatch):
    """The digits of every arithmetic in which moments were computed."""
    seen = []
    judged = precision._judged

    def watched(*arguments):
        seen.append(arguments[-1].digits)
        return judged(*arguments)

    monkeypatch.setattr(precision, "_judged", watched)
    return seen


PREPARATIONS = {
    "states": pair,
    "gates": lambda r: (ops.Squeeze((0,), -r), ops.Squeeze((1,), r), ops.BeamSplitter((0, 1), pi / 4)),
    "interferometer": lambda r: (
        *(ops.PrepareSqueezed((m,), -r if m == 0 else r) for m in (0, 1)),
        ops.Interferometer((0, 1), ((HALF, -HALF), (HALF, HALF))),
    ),
}


@pytest.mark.parametrize("made", PREPARATIONS)
@pytest.mark.parametrize("r", [0.5, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0])
def test_a_pair_that_is_read_jointly(made, r):
    state = PREPARATIONS[made](r)
    for read, sign in ((x_of, -1.0), (p_of, 1.0)):
        circuit = Circuit(2, (*state, read(0, "a"), read(1, "b")))
        found = moments(circuit, {"both": linear(a=1.0, b=sign)})
        assert found.of("both")[1] == pytest.approx(2 * exp(-2 * r), rel=1e-6)
        assert found.of("a")[1] == pytest.approx(0.5 * (exp(2 * r) + exp(-2 * r)), rel=1e-12)
        assert found.cov[0, 1] == pytest.approx(-sign * 0.5 * (exp(2 * r) - exp(-2 * r)), rel=1e-6)


@pytest.mark.parametrize("r", [8.0, 12.0])
@pytest.mark.parametrize("lost", [0.3, 0.01, 1e-9, 1e-12])
def test_a_pair_after_loss(r, lost):
    circuit = Circuit(2, (*pair(r), *(ops.Loss((m,), 1 - lost) for m in (0, 1)), x_of(0, "a"), x_of(1, "b")))
    gone = 1 - (1 - lost)  # as float64 has it
    expected = 2 * ((1 - gone) * exp(-2 * r) + gone)
    assert variance_of(circuit, linear(a=1.0, b=-1.0)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("r", [5.0, 12.0])
def test_teleportation_adds_the_noise_of_the_pair(r):
    s = sqrt(2.0)
    head = ops.PrepareSqueezed((0,), 12.0), ops.Displacement((0,), 1.5, -0.7), *pair(r, 1, 2)
    reads = ops.BeamSplitter((0, 1), pi / 4), x_of(0, "a"), p_of(1, "b")
    circuit = Circuit(3, (*head, *reads, ops.Displacement((2,), linear(a=s), linear(b=s)), x_of(2, "y")))
    mean, variance = moments(circuit).of("y")
    assert mean == pytest.approx(1.5, rel=1e-6)
    assert variance == pytest.approx(exp(-24) + 2 * exp(-2 * r), rel=1e-6)


def programs(r):
    """Programs that cancel, and a combination of their results."""
    splitters = ops.BeamSplitter((0, 1), 0.7, 0.3), ops.BeamSplitter((0, 1), -0.7, 0.3)
    for sign in (1, -1):
        there_and_back = ops.Squeeze((0,), sign * r), *splitters, ops.Squeeze((0,), -sign * r)
        for read in (x_of, p_of):
            yield Circuit(2, (*there_and_back, read(0, "a"))), linear(a=1.0), 1.0
    ghz = tuple(ops.PrepareSqueezed((m,), -r if m == 0 else r) for m in range(3))
    reads = tuple(x_of(m, f"x{m}") for m in range(3))
    copied = ops.ControlledX((0, 1), 1.0), ops.ControlledX((1, 2), 1.0)
    yield Circuit(3, (*ghz, *copied, *reads)), linear(x2=1.0, x0=-1.0), 2 * exp(-2 * r)
    split = ops.BeamSplitter((0, 1), acos(sqrt(1 / 3))), ops.BeamSplitter((1, 2), pi / 4)
    yield Circuit(3, (*ghz, *split, *reads)), linear(x1=1.0, x2=-1.0), 2 * exp(-2 * r)
    links = tuple(ops.ControlledZ((m, m + 1), 1.0) for m in range(4))
    ends = tuple(p_of(m, f"m{m}") if m % 2 else x_of(m, f"m{m}") for m in range(5))
    yield Circuit(5, (*squeezed(5, r), *links, *ends)), linear(m1=1.0, m0=-1.0, m2=-1.0), exp(-2 * r)
    turned = ops.PrepareSqueezed((0,), r), ops.Rotation((0,), 0.3), ops.Homodyne((0,), 0.3, "a")
    yield Circuit(1, turned), linear(a=1.0), exp(-2 * r)
    sheared = ops.PrepareSqueezed((0,), -r), ops.Shear((0,), 0.3), ops.Shear((0,), -0.3), p_of(0, "a")
    yield Circuit(1, sheared), linear(a=1.0), exp(-2 * r)
    far = *pair(r), *(ops.Displacement((m,), 12345.6, 0.0) for m in (0, 1)), x_of(0, "a"), x_of(1, "b")
    yield Circuit(2, far), linear(a=1.0, b=-1.0), 2 * exp(-2 * r)


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("r", [4.0, 7.0, 12.0])
def test_what_cancels_is_right(number, r):
    circuit, answer, by_hand = list(programs(r))[number]
    found = moments(circuit, {"answer": answer}).of("answer")
    mean, variance = mean_and_variance(circuit, answer)
    assert found[1] == pytest.approx(variance, rel=1e-6)
    assert found[1] == pytest.approx(by_hand, rel=1e-6)
    assert abs(found[0] - mean) <= 1e-6 * sqrt(variance)


@pytest.mark.parametrize("noise", [ops.DisplacementNoise((0,), 1e13, 0.0), ops.ThermalLoss((0,), 0.5, 1e13)])
def test_noise_that_cancels(noise):
    # shared by two modes and put together again, where it has the variance 1e13
    gates = noise, ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((0, 1), -0.3), x_of(1, "y")
    assert moments(Circuit(2, gates)).of("y")[1] == pytest.approx(1.0, rel=1e-6)


def test_all_terms_of_an_answer_count():
    # the last term is small and cancels nothing
    circuit = Circuit(3, (*pair(12.0), x_of(0, "a"), x_of(1, "b"), x_of(2, "c")))
    expected = 2 * exp(-24.0) + 1e-20
    assert variance_of(circuit, linear(a=1.0, b=-1.0, c=1e-10)) == pytest.approx(expected, rel=1e-6)


# --- products --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", [1.0, 3.0, 6.0, 12.0])
def test_nullifiers_of_cubic_and_hypergraph_states(r):
    # p - g x^2 = p' of the squeezed state: undone by a gate, or by the positions that the other modes tell
    g, product = 0.3, Polynomial.monomial(("x1", "x2"), -0.3)
    undone = ops.PrepareCubic((0,), g, r), ops.CubicPhase((0,), -g), p_of(0)
    there = ops.PrepareSqueezed((0,), -r), ops.PhasePower((0,), 4, g), ops.PhasePower((0,), 4, -g), p_of(0)
    reads = p_of(0), x_of(1, "x1"), x_of(2, "x2"), x_of(3, "x3")
    four = Polynomial.monomial(("x1", "x2", "x3"), -0.3)
    for circuit, answer in (
        (Circuit(1, undone), linear(p=1.0)),
        (Circuit(1, there), linear(p=1.0)),
        (Circuit(3, (*squeezed(3, r), edge(0, 1, 2), *reads[:3])), linear(p=1.0) + product),
        (Circuit(4, (*squeezed(4, r), edge(0, 1, 2, 3), *reads)), linear(p=1.0) + four),
    ):
        mean, variance = moments(circuit, {"answer": answer}).of("answer")
        assert variance == pytest.approx(exp(-2 * r), rel=1e-6)
        assert abs(mean) < 1e-6 * exp(-r)


@pytest.mark.parametrize("r", [2.0, 6.0, 12.0])
def test_a_teleported_cubic_gate_adds_the_noise_of_its_resource(r):
    g = 0.3
    fed = ops.Shear((0,), Polynomial.monomial(("m",), -2 * g)), ops.CubicPhase((0,), -g)
    shift = ops.Displacement((0,), 0.0, Polynomial.monomial(("m", "m"), -g))
    head = ops.PrepareSqueezed((0,), -r), ops.PrepareCubic((1,), g, r), ops.ControlledX((0, 1), -1.0), x_of(1, "m")
    assert variance_of(Circuit(2, (*head, *fed, shift, p_of(0))), linear(p=1.0)) == pytest.approx(
        2 * exp(-2 * r), rel=1e-6
    )


def test_compiled_nullifiers_are_right_or_refused():
    """The cubic gates of a compiled edge cancel to the digits of their angles: at r = 12 these do not suffice."""
    answer = linear(p=1.0) + Polynomial.monomial(("x1", "x2"), -0.3)
    for r in (1.0, 4.0, 8.0, 12.0):
        logical = Circuit(3, (*squeezed(3, r), edge(0, 1, 2), p_of(0), x_of(1, "x1"), x_of(2, "x2")))
        native = compile_circuit(logical, load_profile("ideal-cubic")).circuit
        if r < 12.0:
            assert variance_of(native, answer) == pytest.approx(exp(-2 * r), rel=1e-6)
        else:
            with pytest.raises(PrecisionError, match="depends on digits that float64 parameters do not have"):
                variance_of(native, answer)


# --- where digits are needed, and where they do not help -------------------------------------------------------------


def test_ordinary_programs_stay_in_float64(digits):
    for r in (0.5, 1.7, 2.5):
        logical = Circuit(3, (*squeezed(3, r), edge(0, 1, 2), p_of(0), x_of(1, "x1"), x_of(2, "x2")))
        native = compile_circuit(logical, load_profile("ideal-cubic")).circuit
        moments(native, {"g": linear(p=1.0) + Polynomial.monomial(("x1", "x2"), -0.3)})
    moments(Circuit(2, (*pair(3.0), x_of(0, "a"), x_of(1, "b"))), {"d": linear(a=1.0, b=-1.0)})
    moments(Circuit(1, (ops.Displacement((0,), 1e6, -1e6), ops.Rotation((0,), 0.3), x_of(0))))
    moments(Circuit(2, (*pair(12.0), x_of(0, "a"), x_of(1, "b"))))  # nobody asks for what cancels
    assert digits and set(digits) == {None}


def test_more_digits_are_taken_where_they_are_needed(digits):
    moments(Circuit(2, (*pair(12.0), x_of(0, "a"), x_of(1, "b"))), {"d": linear(a=1.0, b=-1.0)})
    assert digits == [None, 50, 50]  # the last with moved parameters
    digits.clear()
    copied = ops.PrepareSqueezed((0,), -60.0), ops.PrepareSqueezed((1,), 60.0), ops.ControlledX((0, 1), 1.0)
    circuit = Circuit(2, (*copied, x_of(0, "a"), x_of(1, "b")))
    assert variance_of(circuit, linear(a=1.0, b=-1.0)) == pytest.approx(exp(-120), rel=1e-6)
    assert digits == [None, 50, 100, 200, 200]


@pytest.mark.parametrize("r", [15.0, 16.0, 20.0, 100.0, 300.0])
def test_what_float64_angles_do_not_determine_is_refused(r):
    """cos and sin of pi / 4 in float64 differ by 4e-17, which e^{2r} makes more of than e^{-2r} is."""
    circuit = Circuit(2, (*pair(r), x_of(0, "a"), x_of(1, "b")))
    with pytest.raises(PrecisionError, match="the variance of d depends on digits that float64 parameters do not have"):
        moments(circuit, {"d": linear(a=1.0, b=-1.0)})


def test_a_displacement_that_is_taken_back_leaves_what_came_between():
    # in float64 1e17 + 1 - 1e17 is 0
    moves = tuple(ops.Displacement((0,), x, 0.0) for x in (1e17, 1.0, -1e17))
    assert moments(Circuit(1, (*moves, x_of(0)))).of("x") == (1.0, 1.0)


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ((ops.PrepareSqueezed((0,), 400.0),), r"operation 0 PrepareSqueezed.*at most 350.*found r = 400"),
        ((ops.PrepareCubic((0,), 0.1, -400.0),), r"operation 0 PrepareCubic.*at most 350.*found r = -400"),
        ((ops.Squeeze((0,), -400.0),), "too small for float64"),
        ((ops.Squeeze((0,), 400.0),), "overflow float64"),
        ((ops.Squeeze((0,), 400.0), ops.Squeeze((0,), -400.0)), "overflow float64"),
        ((ops.Squeeze((0,), 1e308),), "overflow float64"),
        ((ops.Displacement((0,), 1e300, -1e300), ops.Rotation((0,), 0.3)), "overflow float64"),
        ((ops.CubicPhase((0,), 1e200),), "overflow float64"),
        ((ops.Shear((0,), 1.7e308),), "overflow float64"),
        ((ops.ThermalLoss((0,), 0.5, 1e308),), "overflow float64"),
    ],
)
def test_what_float64_cannot_hold_is_refused_in_one_line(operations, message):
    with np.errstate(all="raise"), pytest.raises(NoClosedFormError, match=message) as caught:
        moments(Circuit(1, (*operations, p_of(0))))
    assert "\n" not in str(caught.value) and "nan" not in str(caught.value)


def test_circuits_that_would_take_too_long_with_more_digits_are_refused(monkeypatch):
    monkeypatch.setattr(precision, "MAX_PRECISE_WORK", 500)
    circuit = Circuit(2, (*pair(12.0), x_of(0, "a"), x_of(1, "b")))
    with pytest.raises(PrecisionError, match="too long to be computed with more digits"):
        moments(circuit, {"d": linear(a=1.0, b=-1.0)})
    assert moments(circuit).of("a")[1] == pytest.approx(0.5 * exp(24.0), rel=1e-9)


def test_a_resolution_says_what_counts_as_nothing():
    """What is 0 exactly has no relative error; a caller that asks for a share of something says of what."""

    def without_noise(op):
        return (0.0, 1.0) if isinstance(op, ops.PrepareSqueezed) else (1.0, 1.0)

    circuit = Circuit(2, (*pair(1.0)[:2], ops.BeamSplitter((0, 1), 0.3), x_of(0, "a")))
    found = moments(circuit, {"a2": linear(a=1.0)}, without_noise, resolution=1e-3)
    assert abs(found.of("a2")[1]) < 1e-9


def test_moved_parameters():
    """Equal numbers move alike; zero, noise and short binary fractions stay, unless they are told to move too."""
    theta, half = 0.3, 0.5
    circuit = Circuit(
        3,
        (
            x_of(2, "m"),
            ops.BeamSplitter((0, 1), theta, 0.0),
            ops.BeamSplitter((0, 1), -theta, half),
            ops.Displacement((0,), linear(m=theta), 3.0),
            ops.Interferometer((0, 1), ((HALF, -HALF), (HALF, HALF))),
            ops.PhasePower((0,), 4, theta),
            ops.Loss((0,), 0.9),
        ),
    )
    _, first, second, shift, mesh, power, loss = moved(circuit).operations
    assert first.theta != theta and abs(first.theta - theta) < 3 * np.spacing(theta)
    assert second.theta == -first.theta == -power.strength and (first.phi, second.phi) == (0.0, half)
    assert shift.x == linear(m=first.theta) and shift.p == 3.0
    assert mesh.matrix[0][0] == -mesh.matrix[0][1] != HALF and power.order == 4
    assert loss.eta == 0.9
    short = moved(circuit, short_too=True).operations
    assert short[2].phi != half and short[3].p != 3.0 and short[1].phi == 0.0 and short[1].theta == first.theta


def test_more_digits_compute_the_same():
    """The same book in both arithmetics, where float64 is good enough."""
    circuit = Circuit(
        3,
        (
            *squeezed(3, 0.4),
            ops.PrepareCubic((0,), 0.1, 0.3),
            ops.ThermalLoss((1,), 0.8, 0.2),
            ops.DisplacementNoise((2,), 0.1, 0.2),
            ops.ControlledX((0, 1), 0.4),
            ops.BeamSplitter((1, 2), 0.3),
            edge(0, 1, 2),
            x_of(2, "m"),
            ops.Shear((0,), linear(m=0.3)),
            ops.ControlledZ((0, 1), linear(m=0.2)),
            ops.Displacement((1,), linear(m=1.0), 0.3),
            p_of(0, "p"),
            ops.Homodyne((1,), 0.6, "y"),
        ),
    )
    answers = {"a": Polynomial.monomial(("m", "m"), 0.3) + linear(m=0.1)}
    both = []
    for arithmetic in (Arithmetic(), Arithmetic(40)):
        with arithmetic.context():
            joint = precision.evaluated(circuit, answers, lambda op: (1.0, 1.0), arithmetic)
            both.append((joint.mean.astype(float), joint.cov.astype(float), joint.sizes))
    for one, two in zip(*both, strict=True):
        assert one == pytest.approx(two, rel=1e-12, abs=1e-12)
