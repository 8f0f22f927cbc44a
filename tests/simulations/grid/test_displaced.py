"""States that are moved far away: frames follow them, so that distance costs no precision.

Deterministic runs are compared at 1e-5 deviations, far above the grids' own error of about 3e-7 on these states. Bounds
of 5 standard errors fail for 6e-7 of all seeds.
"""

from math import cos, exp, pi, sin, sqrt

import numpy as np
import pytest
from many_digits import mean_and_variance
from random_programs import p_of, squeezed, x_of

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations import grid
from simulations.backends import run
from simulations.grid.cloud import vacuum_cloud
from simulations.grid.hermite import hermite_functions
from simulations.grid.primitives import Kerr


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("distance", [10.0, 30.0, 50.0])
def test_a_displaced_vacuum_that_is_turned_and_read_at_an_angle(distance):
    # was 32.3 for 46.755 at x = 50: the rotation moved the state along p, and its grid stayed behind
    x, p, turn, angle, shots = distance, -0.6 * distance, 0.3, 0.4, 4000
    body = ops.PrepareVacuum((0,)), ops.Displacement((0,), x, p), ops.Rotation((0,), turn)
    y = run(Circuit(1, (*body, ops.Homodyne((0,), angle, "y"))), shots, None, rng(2), "grid").results["y"]
    mean = (x * cos(turn) - p * sin(turn)) * cos(angle) + (p * cos(turn) + x * sin(turn)) * sin(angle)
    assert abs(y.mean() - mean) < 5 / sqrt(shots)
    assert abs(y.var() - 1) < 5 * sqrt(2 / shots)


def far_program(seed):
    """One or two modes, squeezed by up to r = 2 and moved by up to 100 again and again."""
    generator = rng(seed)
    modes = int(generator.integers(1, 3))
    out = [ops.PrepareSqueezed((m,), float(generator.uniform(-2, 2)) / modes) for m in range(modes)]
    for _ in range(int(generator.integers(3, 7))):
        a, v = int(generator.integers(modes)), float(generator.uniform(-1, 1))
        pair = (a, (a + 1) % modes)
        one = (
            ops.Displacement((a,), *(float(u) for u in generator.uniform(-100, 100, 2))),
            ops.Rotation((a,), 7 * v),
            ops.Rotation((a,), float(generator.choice([-pi / 2, pi / 2, pi]))),
            ops.Squeeze((a,), 0.5 * v),
            ops.Shear((a,), v),
        )
        two = (
            () if modes == 1 else (ops.BeamSplitter(pair, 4 * v, v), ops.ControlledX(pair, v), ops.ControlledZ(pair, v))
        )
        both = (*one, *two)
        out.append(both[int(generator.integers(len(both)))])
    angle = float(generator.choice([0.0, pi / 2, generator.uniform(-3, 3)]))
    return Circuit(modes, (*out, *(ops.Homodyne((m,), angle, f"y{m}") for m in range(modes))))


@pytest.mark.parametrize("seed", range(24))
def test_gaussian_programs_with_large_displacements(seed):
    circuit = far_program(seed)
    for found in grid.moments(circuit):
        mean, variance = mean_and_variance(circuit, Polynomial.monomial((found.name,)))
        assert abs(found.mean - mean) < 1e-5 * sqrt(variance)
        assert found.variance == pytest.approx(variance, rel=1e-5)


@pytest.mark.parametrize(("mu", "nu"), [(0.0, 0.0), (40.0, -25.0), (-70.0, 90.0)])
@pytest.mark.parametrize("angle", [0.0, pi / 2, 0.7])
def test_cubic_gate_on_a_displaced_state(mu, nu, angle):
    """The readout is c x + s (p + g x^2), where x has the mean mu and the variance v, and p is independent of it."""
    r, g = 0.4, 0.05
    v, c, s = exp(-2 * r), cos(angle), sin(angle)
    head = ops.PrepareSqueezed((0,), r), ops.Displacement((0,), mu, nu), ops.CubicPhase((0,), g)
    (found,) = grid.moments(Circuit(1, (*head, ops.Homodyne((0,), angle, "y"))))
    square = 4 * mu**2 * v + 2 * v**2
    variance = c**2 * v + s**2 * (1 / v + g**2 * square) + 2 * c * s * g * 2 * mu * v
    assert abs(found.mean - (c * mu + s * (nu + g * (mu**2 + v)))) < 1e-5 * sqrt(variance)
    assert found.variance == pytest.approx(variance, rel=1e-5)


def test_phases_move_states_too():
    """A phase x^1 moves p by 60, a quarter turn makes x of it, and a cubic gate there shears by 2 g x = 6."""
    moved = ops.PhasePower((0,), 1, 60.0), ops.Rotation((0,), -pi / 2), ops.CubicPhase((0,), 0.05)
    (found,) = grid.moments(Circuit(1, (*moved, p_of(0))))
    assert found.mean == pytest.approx(0.05 * (60.0**2 + 1), abs=1e-4)
    assert found.variance == pytest.approx(1 + 0.05**2 * (4 * 60.0**2 + 2), rel=1e-5)
    fed = ops.PhasePower((0,), 1, Polynomial.monomial(("m",), 20.0))  # and by 20 m, m of a vacuum
    circuit = Circuit(2, (x_of(1, "m"), fed, *moved[1:], p_of(0, "y")))
    values = grid.sample(circuit, 800, rng(3)).results["y"]
    mean = 0.05 * (400.0 + 1)  # of p + 0.05 x^2 with x normal of variance 401
    variance = 1 + 0.05**2 * 2 * 401.0**2
    assert abs(values.mean() - mean) < 5 * sqrt(variance / 800)
    assert abs(values.var() / variance - 1) < 5 * sqrt(14 / 800)  # kurtosis 15 of a squared normal variable


def test_a_phase_of_two_displaced_modes():
    # p_0 + w x_1^2, and p_1 + 2 w x_0 x_1, with independent positions of unit variance
    w, mu = 0.02, (30.0, -45.0)
    head = (*(ops.Displacement((m,), mu[m], 5.0) for m in (0, 1)), ops.phase(Polynomial.monomial((0, 1, 1), w)))
    zero, one = grid.moments(Circuit(2, (*head, p_of(0, "p0"), p_of(1, "p1"))))
    assert zero.mean == pytest.approx(5 + w * (mu[1] ** 2 + 1), abs=1e-4)
    assert zero.variance == pytest.approx(1 + w**2 * (4 * mu[1] ** 2 + 2), rel=1e-5)
    assert one.mean == pytest.approx(5 + 2 * w * mu[0] * mu[1], abs=1e-4)
    assert one.variance == pytest.approx(1 + 4 * w**2 * (mu[0] ** 2 + mu[1] ** 2 + 1), rel=1e-5)


def test_loss_noise_and_feed_forward_of_displaced_states():
    """A displaced state shares its light with a squeezed one, is turned, loses light, and is moved by what was read."""
    head = ops.PrepareSqueezed((0,), 0.3), ops.Displacement((0,), 50.0, -30.0), ops.Rotation((0,), 0.3)
    shared = ops.PrepareSqueezed((1,), -0.4), ops.Loss((0,), 0.7), ops.BeamSplitter((0, 1), 0.9, 0.5)
    fed = ops.Displacement((1,), Polynomial.monomial(("a",), 1.5), Polynomial.monomial(("a",), -0.7))
    ends = ops.DisplacementNoise((1,), 0.3, 0.1), ops.Rotation((1,), -2.0), ops.Loss((1,), 0.4), ops.Shear((1,), 0.4)
    circuit = Circuit(2, (*head, *shared, ops.Homodyne((0,), 0.6, "a"), fed, *ends, ops.Homodyne((1,), 1.1, "y")))
    shots = 2000
    out = run(circuit, shots, None, rng(4), "grid").results
    for a, y in ((1.0, 0.0), (0.0, 1.0), (1.0, -0.5)):
        answer = Polynomial.monomial(("a",), a) + Polynomial.monomial(("y",), y)
        mean, variance = mean_and_variance(circuit, answer)
        values = answer.evaluate(out)
        assert abs(mean) > 5 and abs(values.mean() - mean) < 5 * sqrt(variance / shots)
        assert abs(values.var() / variance - 1) < 5 * sqrt(2 / shots)


@pytest.mark.parametrize(("x", "p"), [(20.0, 10.0), (50.0, -30.0)])
@pytest.mark.parametrize("kappa", [1e-3, 0.01])
def test_kerr_gate_on_a_coherent_state_far_away(x, p, kappa):
    # exp(-i k n^2) a exp(i k n^2) = a exp(i k (2 n + 1)), and <z^n> = exp(|alpha|^2 (z - 1)); x + i p = 2 a
    alpha = (x + 1j * p) / 2
    expected = 2 * alpha * np.exp(abs(alpha) ** 2 * (np.exp(2j * kappa) - 1) + 1j * kappa)
    head = ops.Displacement((0,), x, p), ops.Kerr((0,), kappa)
    found = [grid.moments(Circuit(1, (*head, read)))[0] for read in (x_of(0), p_of(0))]
    assert [one.mean for one in found] == pytest.approx([expected.real, expected.imag], abs=1e-6)
    energy = sum(one.variance + one.mean**2 for one in found)
    assert energy == pytest.approx(x * x + p * p + 2, rel=1e-9)


def test_kerr_gates_bring_the_cloud_back_to_the_origin():
    cloud = vacuum_cloud(1, 1.0)
    cloud.x[1], cloud.p[1] = 30.0, -40.0
    Kerr((0,), 0.1).cloud(cloud)
    assert not cloud.x[1].any() and not cloud.p[1].any()
    assert np.hypot(cloud.x[0, 0], cloud.p[0, 0]).mean() == pytest.approx(50.0, abs=0.1)


def test_the_state_of_one_mode_has_its_displacement():
    wave = grid.final_wave(Circuit(1, (ops.Displacement((0,), 2.0, 3.0),)))
    (axis,) = wave.axes
    x = axis.centre + axis.offsets
    state = np.exp(-((x - 2.0) ** 2) / 4 + 1.5j * x) * sqrt(axis.spacing / sqrt(2 * pi))
    assert wave.reduced(0) == pytest.approx(np.outer(state, state.conj()), abs=1e-6)


def test_fock_states_far_from_the_middle_do_not_underflow():
    """exp(-x^2 / 4) is 0 in float64 beyond x = 54, and states of 800 photons reach 57."""
    x = 0.09 * (np.arange(1400) - 700)
    states = hermite_functions(x, 800) * sqrt(0.09)
    assert np.abs(states @ states.T - np.eye(800)).max() < 1e-9


def test_loss_of_much_light_keeps_the_momenta_on_the_grid():
    # the vacuum that is mixed in narrows x on a grid that was stretched by 1 / sqrt(eta): 0.04 deviations went wrong
    circuit = Circuit(2, (ops.ControlledX((0, 1), 0.1), ops.Loss((1,), 0.3), ops.Shear((1,), 0.1), p_of(1), x_of(0)))
    assert grid.sampling_error(circuit, 0) < 3e-3


@pytest.mark.parametrize("turns", [1e9, -1e15])
def test_angles_of_many_turns_are_what_their_sines_say(turns):
    """A rounded pi is off by 1e-16: so many turns of it would be off by a good part of one."""
    r, c, s = 0.6, cos(turns), sin(turns)
    (found,) = grid.moments(Circuit(1, (*squeezed(1, r), ops.Rotation((0,), turns), x_of(0))))
    assert found.variance == pytest.approx(exp(2 * r) * c * c + exp(-2 * r) * s * s, rel=1e-6)
    theta = Polynomial.monomial(("m",), 1e7)  # angles that differ from shot to shot
    for fed in (ops.Rotation((0,), theta), ops.BeamSplitter((0, 1), theta)):
        circuit = Circuit(2, (x_of(1, "m"), ops.PrepareVacuum((1,)), fed, p_of(0, "y")))
        out = grid.sample(circuit, 400, rng(1)).results["y"]
        assert abs(out.var() - 1) < 5 * sqrt(2 / 400)


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ((ops.Displacement((0,), 1e12, 0.0),), r"mode 0 is displaced by 1e\+12"),
        ((ops.Displacement((0,), 1e300, -1e300), ops.Rotation((0,), 0.3)), r"mode 0 is displaced by 1e\+300"),
        ((ops.Displacement((0,), 300.0, 0.0), ops.Kerr((0,), 0.1)), "a grid for mode 0 would need"),
        ((ops.Displacement((0,), 1e4, 0.0), ops.CubicPhase((0,), 0.1)), "a grid for mode 0 would need"),
        ((ops.Kerr((0,), 1e12),), "angles that float64 cannot hold"),
        ((ops.PrepareSqueezed((0,), 400.0),), r"\|r\| must be at most"),
        ((ops.Squeeze((0,), 400.0),), "float64 cannot hold their squares"),
        ((ops.Squeeze((0,), 1e300),), "overflows float64"),
        ((ops.Displacement((0,), 1.7e308, 1.7e308), ops.Rotation((0,), -0.8)), "float64"),
    ],
)
def test_what_float64_or_the_grid_cannot_hold_is_refused(operations, message):
    circuit = Circuit(1, (*operations, p_of(0)))
    for refused in (lambda: grid.sample(circuit, 2, rng()), lambda: grid.moments(circuit)):
        with np.errstate(all="raise"), pytest.raises(InputError, match=message):
            refused()
