"""Ion sequences, programs, readout, grid and Jaqal against direct products, closed forms and a parser."""

import json
from itertools import pairwise, product
from math import cos, erfc, exp, log, pi, sin, sqrt

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyqsp.angle_sequence import angle_sequence
from scipy.integrate import quad
from scipy.stats import binom

from compiler.errors import InputError, NotMappableError
from compiler.exports.jaqal import read_jaqal, to_jaqal
from compiler.ions import (
    GaussianExtent,
    Interval,
    LinePhase,
    MotionRates,
    PulseTimes,
    SpinReadout,
    SpinRotation,
    SpinSequence,
    SynthesisSettings,
    compile_directions,
    compile_edge,
    compile_polynomial,
    directions,
    error_curve,
    find_sequence,
    motion_noise,
    phonon_bound,
    power_directions,
    schedule,
    shots_for_mean,
    shots_for_weight,
    synthesise,
)
from compiler.ions.program import SpinDisplacement
from compiler.ions.qscout import (
    BeamSplitterPoint,
    IonLayout,
    MotionalMode,
    QscoutCalibration,
    SqueezePoint,
    read_calibration,
)
from compiler.ions.qscout_steps import ABSENT, unmappable_steps
from compiler.ions.readout import _homodyne_information, bit_probability, chernoff_information, spread
from compiler.ions.sequences import certify
from compiler.ions.sequences.fit import Target, _error, _linearised
from compiler.ions.sequences.stripping import complement, strip
from compiler.ions.sequences.synthesis import _shorter
from compiler.ir import operations as ops
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import Effort
from compiler.synthesis.waring import waring
from simulations.grid.spin import SpinGrid, simulate_ion_program

QUICK = SynthesisSettings(equal_areas=True)
CUBIC = LinePhase.power(3, 0.3 * 3.0**2.5 / 24.0 / (3.0 * HBAR))  # exp(i g s^3 / (3 hbar)), one of four of a 3-edge
WEIGHT, EXTENT = 0.3, 4.0


def random_sequence(rng, pulses):
    return SpinSequence(
        tuple(rng.normal(size=pulses + 1)),
        tuple(rng.normal(size=pulses + 1)),
        tuple(rng.normal(size=pulses)),
        rng.normal(),
        rng.normal(),
    )


def direct(sequence, s):
    """The 2 x 2 product at 30 digits, from exponentials of Pauli matrices."""
    with mpmath.workdps(30):
        x, y, z = (
            mpmath.matrix(m)
            for m in ([[0, 1], [1, 0]], [[0, mpmath.mpc(0, -1)], [mpmath.mpc(0, 1), 0]], [[1, 0], [0, -1]])
        )
        u = mpmath.eye(2) * mpmath.expj(sequence.offset)
        u = mpmath.expm(1j * sequence.kick * s * z) * u  # as it is done: by the spin, which is in |0>
        for j, (alpha, phi) in enumerate(zip(sequence.polar, sequence.azimuth, strict=True)):
            if j:
                u = mpmath.expm(1j * mpmath.mpf(sequence.areas[j - 1]) * s * z) * u
            axis = mpmath.cos(phi) * x + mpmath.sin(phi) * y
            u = mpmath.expm(-0.5j * mpmath.mpf(alpha) * axis) * u
        return u[0, 0], u[1, 0]


@pytest.fixture(scope="module")
def edge():
    """One edge: k = 3, w = 0.3, |u . x| <= 4, error 1e-2; searched for once."""
    return compile_edge((0, 1, 2), WEIGHT, EXTENT, 1e-2)


# --- phases and sequences --------------------------------------------------------------------------------------------


def test_line_phases_are_polynomials():
    f = LinePhase((0.3, -1.0, 0.0, 0.5, 0.0))
    s = np.linspace(-2, 2, 101)
    reference = np.polynomial.Polynomial([0.3, -1.0, 0.0, 0.5])
    assert f.degree == 3
    np.testing.assert_allclose(f.value(s), reference(s), atol=1e-14)
    np.testing.assert_allclose(f.slope(s), reference.deriv()(s), atol=1e-14)
    np.testing.assert_allclose((-f).scaled(2.0).value(s), -reference(2 * s), atol=1e-13)
    assert f.slope_bound(2.0) >= np.abs(reference.deriv()(s)).max()
    assert f.curvature_bound(2.0) >= np.abs(reference.deriv(2)(s)).max()
    assert (f + (-f)).coefficients == ()


def test_amplitudes_are_the_product_of_matrices():
    rng = np.random.default_rng(5)
    sequence = random_sequence(rng, 5)
    points = np.array([-1.3, 0.0, 0.7])
    values, slopes = sequence.amplitudes_and_slopes(points)
    for i, s in enumerate(points):
        p, q = direct(sequence, mpmath.mpf(s))
        assert abs(complex(p) - values[0, i]) < 1e-13 and abs(complex(q) - values[1, i]) < 1e-13
        with mpmath.workdps(30):
            step = mpmath.mpf("1e-8")
            ahead, behind = direct(sequence, s + step), direct(sequence, s - step)
            for row in range(2):  # the central difference is off by about step^2
                assert abs(complex((ahead[row] - behind[row]) / (2 * step)) - slopes[row, i]) < 1e-11
    np.testing.assert_allclose(sequence.conjugate().amplitudes(points), values.conj(), atol=1e-13)
    np.testing.assert_allclose(sequence.stretched(2.0).amplitudes(2.0 * points), values, atol=1e-13)


def test_certificates_hold_between_grid_points():
    rng = np.random.default_rng(6)
    for _ in range(5):
        sequence = random_sequence(rng, 4)
        phase = LinePhase(tuple(rng.normal(size=4)))
        error = certify(sequence, phase, 1.5)
        s = rng.uniform(-1.5, 1.5, size=200_000)
        p, q = sequence.amplitudes(s)
        largest = np.hypot(np.abs(p - np.exp(1j * phase.value(s))), np.abs(q)).max()
        assert largest <= error.sup_norm <= min(2.0, 1.001 * largest + 1e-5)
        assert np.abs(q).max() ** 2 <= error.leak <= min(1.0, 1.001 * np.abs(q).max() ** 2 + 1e-5)


def test_stripping_reproduces_the_polynomial():
    rng = np.random.default_rng(7)
    for degree in (0, 1, 4, 11):
        p = rng.normal(size=degree + 1) + 1j * rng.normal(size=degree + 1)
        p *= 0.9 / np.abs(p).sum()  # at most 0.9 on the circle
        q = complement(p)
        polar, azimuth, offset = strip(p, q)
        sequence = SpinSequence(tuple(polar), tuple(azimuth), (0.7,) * degree, 0.0, offset)
        s = np.linspace(-3, 3, 50)
        waves = np.exp(0.7j * np.outer(s, 2 * np.arange(degree + 1) - degree))
        # both amplitudes: the leak is the polynomial that was completed
        np.testing.assert_allclose(sequence.amplitudes(s), np.stack([waves @ p, waves @ q]), atol=1e-9)


@pytest.mark.parametrize("equal", [True, False])
def test_jacobian_against_differences(equal):
    target = Target.of(CUBIC.scaled(EXTENT), 3, equal)
    x = np.random.default_rng(8).normal(size=4 + 4 + 2 + (1 if equal else 3))
    weight = np.linspace(0.5, 1.5, len(target.nodes))
    residual, jacobian = _linearised(target, x, weight)
    flat = (weight * _error(target, x)).reshape(-1)
    np.testing.assert_allclose(residual, np.concatenate([flat.real, flat.imag]), atol=1e-14)
    for i in range(len(x)):
        step = 1e-6 * np.eye(len(x))[i]
        change = weight * (_error(target, x + step) - _error(target, x - step)) / 2e-6
        np.testing.assert_allclose(
            jacobian[:, i], np.concatenate([change.real.reshape(-1), change.imag.reshape(-1)]), atol=1e-8
        )
    # angles reduced to one turn are the same sequence
    s = target.nodes
    turned = x + np.array([4 * pi] + [2 * pi] * 3 + [-2 * pi] * 4 + [0.0] * (len(x) - 8))
    reduced = target.sequence(turned)
    assert max(map(abs, reduced.polar + reduced.azimuth)) <= pi
    np.testing.assert_allclose(reduced.amplitudes(s), _error(target, turned) + [[1], [0]] * target.wanted, atol=1e-12)


def test_errors_fall_with_the_number_of_pulses():
    curve = error_curve(CUBIC, EXTENT, (0, 2, 4, 8, 12), QUICK)
    errors = [found.error.sup_norm for found in curve]
    assert [found.sequence.pulses for found in curve] == [0, 2, 4, 8, 12]
    assert all(later < 0.6 * earlier for earlier, later in pairwise(errors))
    assert errors[-1] < 6e-3
    # areas of their own are never worse: one of the starts is the common one
    assert find_sequence(CUBIC, EXTENT, 4, SynthesisSettings(width=2)).error.sup_norm < 0.5 * errors[2]


def test_linear_phases_are_kicks_and_signs_conjugate():
    found = synthesise(LinePhase((0.2, -0.7)), 3.0, 1e-5)
    assert found.sequence.pulses == 0 and found.sequence.kick == pytest.approx(-0.7) and found.error.sup_norm < 1e-5
    up, down = (find_sequence(LinePhase((0.0, 0.4, 0.0, sign * 0.03)), 3.0, 5, QUICK) for sign in (1.0, -1.0))
    plain = find_sequence(LinePhase.power(3, 0.03), 3.0, 5, QUICK)
    assert up.sequence.areas == plain.sequence.areas and up.sequence.kick == pytest.approx(plain.sequence.kick + 0.4)
    assert up.error.sup_norm == pytest.approx(plain.error.sup_norm, rel=5e-3)  # bounds, each from its own mesh
    assert down.error.sup_norm == pytest.approx(up.error.sup_norm, rel=5e-3)
    assert up.sequence.areas == tuple(-a for a in down.sequence.areas)


def test_synthesis_refuses_what_it_cannot_reach():
    with pytest.raises(InputError, match="no sequence of at most 3 pulses"):
        synthesise(CUBIC, EXTENT, 1e-4, SynthesisSettings(max_pulses=3))
    with pytest.raises(InputError, match="extent"):
        find_sequence(CUBIC, 0.0, 3)
    with pytest.raises(InputError, match="error must lie"):
        synthesise(CUBIC, EXTENT, 0.0)


def test_a_library_for_odd_phases_agrees_on_the_convention():
    # pyqsp takes real coefficients, which odd phases have; its sequence must do here what its polynomial says
    coefficients = np.array([0.05, -0.2, 0.6, 0.1, -0.04, 0.0, 0.02])
    angles = np.array(angle_sequence(coefficients, eps=1e-6, suc=1 - 1e-6))
    sequence = SpinSequence(tuple(-2.0 * angles[::-1]), (0.0,) * 7, (0.9,) * 6)  # exp(i a X) is R(-2a, 0)
    s = np.linspace(-2, 2, 41)
    series = np.exp(0.9j * np.outer(s, 2 * np.arange(7) - 6)) @ coefficients
    np.testing.assert_allclose(sequence.amplitudes(s)[0], series, atol=1e-5)


# --- programs --------------------------------------------------------------------------------------------------------


def test_one_edge_of_three_modes(edge):
    assert len(edge.gates) == 4 and edge.error_bound <= 1e-2
    pulses = [gate.synthesised.sequence.pulses for gate in edge.gates]
    assert len(set(pulses)) == 1 and pulses[0] <= 10
    rng = np.random.default_rng(9)
    x = rng.uniform(-6, 6, size=(40_000, 3))
    u = np.array([gate.direction.vector for gate in edge.gates])
    np.testing.assert_allclose(np.linalg.norm(u, axis=1), 1.0, rtol=1e-14)
    x = x[np.abs(x @ u.T).max(axis=1) <= EXTENT]
    assert len(x) > 1_000
    # the whole product of four sequences, on one spin and leaks included
    assert 0.1 * edge.error_bound < edge.sampled_error(x) <= edge.error_bound
    # one sequence at 30 digits
    gate = edge.gates[0]
    for s in rng.uniform(-EXTENT, EXTENT, size=6):
        p, q = direct(gate.synthesised.sequence, mpmath.mpf(s))
        ideal = mpmath.expj(gate.direction.phase.value(np.array([s]))[0])
        assert float(mpmath.sqrt(abs(p - ideal) ** 2 + abs(q) ** 2)) <= gate.synthesised.error.sup_norm
    assert abs(gate.direction.phase.coefficients[3]) == pytest.approx(CUBIC.coefficients[3], rel=1e-12)


def test_equal_terms_share_one_search(edge):
    searches = _shorter.cache_info().misses
    again = synthesise(-CUBIC.scaled(2.0), EXTENT / 2.0, 1e-2 / 4)  # the same c X^3, up to its sign
    assert _shorter.cache_info().misses == searches
    areas = {tuple(np.abs(gate.synthesised.sequence.areas)) for gate in edge.gates}
    assert areas == {tuple(0.5 * np.abs(again.sequence.areas))}


@pytest.mark.parametrize(("modes", "extent", "error"), [((1, 0), 4.0, 2e-2), ((0, 1, 2, 3), 2.5, 5e-2)])
def test_edges_of_two_and_four_modes(modes, extent, error):
    program = compile_edge(modes, WEIGHT, extent, error, QUICK)
    k = len(modes)
    assert len(program.gates) == 2 ** (k - 1) and program.error_bound <= error
    x = np.random.default_rng(10).uniform(-1, 1, size=(20_000, k)) * extent / sqrt(k)  # |u . x| <= extent everywhere
    assert program.sampled_error(x) <= program.error_bound


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.lists(st.integers(0, 4), min_size=1, max_size=4).map(lambda v: tuple(sorted(v))),
        st.floats(-2, 2).filter(lambda v: abs(v) > 1e-3),
        min_size=1,
        max_size=5,
    )
)
def test_directions_add_up_to_the_polynomial(terms):
    polynomial = sum((Polynomial.monomial(key, c) for key, c in terms.items()), Polynomial())
    found = directions(polynomial)
    x = np.random.default_rng(0).normal(size=(5, 5))
    total = sum((d.phase.value(x[:, list(d.modes)] @ np.array(d.vector)) for d in found), np.zeros(5))
    np.testing.assert_allclose(total, polynomial.evaluate(dict(enumerate(x.T))) / HBAR, atol=1e-10)
    seen = [tuple(zip(d.modes, np.round(d.vector, 9), strict=True)) for d in found]
    assert len(set(seen)) == len(seen)  # all powers along one direction are one sequence


def test_waring_terms_are_directions():
    form = CubicForm(4, {(0, 1, 2): 0.2, (0, 1, 3): -0.1, (1, 2, 3): 0.15, (0, 2, 3): 0.1})
    v = next(v for seed in range(20) if (v := waring(form, 5, np.random.default_rng(seed), Effort(2.0))) is not None)
    lengths = np.linalg.norm(v, axis=1)
    found = power_directions((0, 1, 2, 3), v / lengths[:, None], 3.0 * lengths**3)
    polynomial = sum((Polynomial.monomial(key, c) for key, c in form.terms.items()), Polynomial())
    program = compile_directions(polynomial, found, 1.5, 0.3, QUICK)
    assert len(program.gates) == 5 < len(directions(polynomial)) == 16
    x = np.random.default_rng(1).uniform(-0.75, 0.75, size=(2_000, 4))  # |u . x| <= 1.5
    assert program.sampled_error(x) <= program.error_bound <= 0.3
    with pytest.raises(InputError, match="must add up"):
        compile_directions(polynomial, found[:-1], 1.5, 0.3, QUICK)


def test_symbols_are_refused_and_constants_dropped():
    with pytest.raises(InputError, match="bind w first"):
        compile_polynomial(Polynomial.monomial((0, 1, "w")), 1.0, 0.1)
    program = compile_polynomial(Polynomial({(): 2.0, ((3, 1),): 0.5}), 1.0, 0.1)
    assert program.depth == 1 and program.gates[0].direction.phase.coefficients == (0.0, 0.25)


def test_extents_follow_the_state():
    extent = GaussianExtent((2.0, 0.5), 2.5, (0.3, -0.4))
    u = (0.6, -0.8)
    reach = extent.along((0, 1), u)
    assert reach == pytest.approx(0.18 + 0.32 + 2.5 * sqrt(0.36 * 2.0 + 0.64 * 0.5))
    draws = np.random.default_rng(3).normal([0.3, -0.4], np.sqrt([2.0, 0.5]), size=(200_000, 2)) @ u
    # the mean is off centre, so one side only: half of the stated mass; five deviations: 6e-7 false failures
    share, half = float(np.mean(np.abs(draws) > reach)), 0.5 * extent.tail
    assert abs(share - half) < 5 * sqrt(half / 200_000)
    assert GaussianExtent.squeezed(4, 0.7, 3.0).along((1, 3), (0.6, 0.8)) == pytest.approx(3.0 * exp(0.7))
    with pytest.raises(InputError, match="mode 2 has no variance"):
        extent.along((2,), (1.0,))
    with pytest.raises(InputError, match="positive"):
        Interval(0.0)


def test_depth_does_not_depend_on_the_number_of_modes():
    shapes = set()
    for n in (4, 8, 16, 30, 60):
        program = compile_edge((0, n // 2, n - 1), WEIGHT, 2.0, 3e-2, QUICK)
        shapes.add((program.depth, program.displacements, tuple(g.synthesised.sequence.pulses for g in program.gates)))
    assert len(shapes) == 1


# --- time, noise, phonons --------------------------------------------------------------------------------------------


def test_schedules_serialise_what_shares():
    times = PulseTimes(2e-6, 3e-5, 1e-5)
    pairs = [compile_edge(e, 0.1, 2.0, 1e-2, QUICK) for e in ((0, 1), (2, 3), (1, 2), (4, 5))]
    gates = [gate for program in pairs for gate in program.gates]
    serial = sum(times.gate_s(gate) for gate in gates)
    pulse = SpinDisplacement((0, 1), (0.5, -0.8))
    assert times.pulse_s(pulse) == pytest.approx(2.4e-5) and times.pulse_s(SpinRotation(9.0, 0.0)) == 2e-6
    for spins in (1, 2, 3, 8):
        plan = schedule(gates, spins, times)
        assert sorted(map(id, gates)) == sorted(id(entry.gate) for entry in plan.gates)
        assert plan.serial_s == pytest.approx(serial)
        for a, b in product(plan.gates, plan.gates):
            if a is not b and (a.spin == b.spin or set(a.gate.modes) & set(b.gate.modes)):
                assert a.end_s <= b.start_s + 1e-15 or b.end_s <= a.start_s + 1e-15
        assert (plan.waited_for_spin == 0) == (spins >= 3)
    # (1, 2) must follow (0, 1) and (2, 3), and every edge is two sequences on the same modes: four in a row
    one = times.gate_s(gates[0])
    assert schedule(gates, 1, times).duration_s == pytest.approx(serial)
    assert schedule(gates, 8, times).duration_s == pytest.approx(4 * one)
    with pytest.raises(InputError, match="at least 1"):
        schedule(gates, 0, times)


def test_heating_and_dephasing_with_time():
    noise = motion_noise(2e-3, MotionRates(30.0, 0.05, 0.4))
    # quanta (dx^2 + dp^2) / 4 = rate * time; coherence of a random rotation E e^{i theta} = e^{-variance / 2}
    assert 2 * noise.added_variance / 4 == pytest.approx(30.0 * 2e-3)
    assert exp(-noise.dephasing_variance / 2) == pytest.approx(exp(-2e-3 / 0.05))
    assert 1 - 2 * noise.spin_flip == pytest.approx(exp(-2e-3 / 0.4))
    assert noise.operations(3) == (
        ops.DisplacementNoise((3,), noise.added_variance, noise.added_variance),
        ops.Dephasing((3,), noise.dephasing_variance),
    )
    assert motion_noise(1.0, MotionRates()).operations(0) == ()
    with pytest.raises(InputError, match="heating"):
        MotionRates(-1.0)


# --- readout ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [0.0, 0.5 * pi, 1.1])
def test_a_readout_pulse_gives_the_characteristic_function(beta):
    # the pulses that the Jaqal export writes for SpinReadout, on a grid; mean 0.4 by a kick-free shift of the law
    grid = SpinGrid((1.3, 0.7), points=64, deviations=8.0)
    kappa, u = 0.9, (0.6, 0.8)
    grid.apply(SpinRotation(0.5 * pi, 0.5 * pi))
    grid.apply(SpinDisplacement((0, 1), tuple(0.5 * kappa * v for v in u)))
    grid.apply(SpinRotation(-0.5 * pi, 0.5 * pi - beta))
    found = float(np.sum(np.abs(grid.ket[0]) ** 2))
    assert found == pytest.approx(bit_probability(0.0, 0.36 * 1.3 + 0.64 * 0.7, kappa, beta), abs=1e-9)


def test_shots_for_a_mean_are_fishers():
    variance, error = 0.37, 0.02
    cost = shots_for_mean(variance, error)

    def information(kappa, step=1e-5):
        p = [bit_probability(m, variance, kappa, 0.5 * pi) for m in (-step, 0.0, step)]
        return ((p[2] - p[0]) / (2 * step)) ** 2 / (p[1] * (1 - p[1]))

    assert cost.shots == pytest.approx(1 / (information(cost.kappa) * error**2), rel=1e-3)
    assert information(cost.kappa) > max(information(1.1 * cost.kappa), information(0.9 * cost.kappa))
    assert cost.homodyne_shots == pytest.approx(variance / error**2, rel=1e-3)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_chernoff_information_by_search(p, q):
    s = np.linspace(0.0, 1.0, 4001)
    brute = -np.log(np.min(p**s * q ** (1 - s) + (1 - p) ** s * (1 - q) ** (1 - s)))
    assert chernoff_information(p, q) == pytest.approx(float(brute), abs=1e-6)
    assert chernoff_information(p, 1.0) == pytest.approx(-log(p))


def test_spread_is_the_average_over_positions():
    def normal(x):
        return exp(-0.5 * x * x) / sqrt(2 * pi)

    for t in (1e-5, 0.3, 1.7, 6.0):
        for order in (2, 3, 4):  # one factor more: average over it of the one before

            def integrand(x, order=order, t=t):
                return (cos(t * x) if order == 2 else spread(order - 1, t * x)) * normal(x)

            assert spread(order, t) == pytest.approx(quad(integrand, -9, 9, limit=200)[0], abs=1e-7)
    with pytest.raises(InputError, match="2, 3 or 4"):
        spread(5, 1.0)


def test_shots_tell_a_matched_probe_from_a_decoy():
    r, delta, error = 0.5, 0.6, 0.01
    spin = shots_for_weight(3, delta, exp(2 * r), exp(-2 * r), error)
    matched = bit_probability(0.0, exp(-2 * r), spin.kappa)
    decoy = 0.5 * (1 + (2 * matched - 1) * spread(3, spin.kappa * delta * exp(2 * r)))
    # exact error of the better threshold test, both verdicts weighted alike
    n = int(spin.shots)
    cuts = np.arange(n + 1)
    wrong = 0.5 * (binom.cdf(cuts - 1, n, matched) + binom.sf(cuts - 1, n, decoy))
    assert wrong.min() <= error
    assert spin.homodyne_shots < spin.shots
    # homodyne with k = 2: two normal laws of different variance, in closed form
    v, scale = 0.37, 0.8
    w = v + scale**2
    s = np.linspace(0.001, 0.999, 9999)
    closed = np.max(0.5 * np.log(s * v + (1 - s) * w) - 0.5 * (s * log(v) + (1 - s) * log(w)))
    assert _homodyne_information(2, scale, v) == pytest.approx(float(closed), rel=2e-3)
    with pytest.raises(InputError, match="difference"):
        shots_for_weight(3, 0.0, 1.0, 1.0, 0.01)


# --- the grid, spin included -----------------------------------------------------------------------------------------


def test_three_modes_and_a_spin_agree_with_the_ideal_gate(edge):
    variance = 0.64
    found = simulate_ion_program(edge, (variance,) * 3)
    assert found.border < 1e-6 and found.pulses == sum(1 for gate in edge.gates for _ in gate.pulses())
    assert 0.1 * edge.error_bound < found.inside_error <= edge.error_bound <= 1e-2
    # the union bound; a Riemann sum over a region with hard edges is good to some ten percent of what is outside
    assert found.inside_mass > 1 - 1.3 * 4 * erfc(EXTENT / sqrt(2 * variance))
    # outside the interval the distance is at most 2
    bound = sqrt(edge.error_bound**2 + 4 * (1 - found.inside_mass))
    assert found.distance <= bound and found.fidelity >= (1 - bound**2 / 2) ** 2
    assert found.leak <= edge.leak_bound + 1 - found.inside_mass
    exact = 1 / variance + WEIGHT**2 * variance**2
    for ideal, got in zip(found.ideal_momentum_variances, found.momentum_variances, strict=True):
        assert ideal == pytest.approx(exact, rel=1e-5)
        assert got == pytest.approx(exact, rel=1e-2)


def test_the_grid_sees_a_wrong_program(edge):
    wrong = type(edge)(Polynomial.monomial((0, 1, 2), 1.1 * WEIGHT), edge.extent, edge.gates)
    assert simulate_ion_program(wrong, (0.64,) * 3, points=24).inside_error > 10 * edge.error_bound
    missing = type(edge)(edge.polynomial, edge.extent, edge.gates[1:])
    assert simulate_ion_program(missing, (0.64,) * 3, points=24).inside_error > 10 * edge.error_bound
    with pytest.raises(InputError, match="amplitudes"):
        SpinGrid((1.0,) * 5, points=64)


def test_phonons_stay_below_their_bound():
    variance = 0.64
    program = compile_edge((0, 1, 2), WEIGHT, GaussianExtent((variance,) * 3, 5.0), 1e-2)  # |u . x| <= 4 again
    found = simulate_ion_program(program, (variance,) * 3, points=24, follow_phonons=True)
    assert found.border < 1e-6
    start = 3 * (0.25 * (variance + 1 / variance) - 0.5)
    moments = dict.fromkeys(range(3), variance), dict.fromkeys(range(3), 1 / variance)
    bound = phonon_bound(program, *moments)
    assert start < found.most_phonons <= bound < 20 * found.most_phonons
    assert program.state_error_bound == pytest.approx(sqrt(program.error_bound**2 + 16 * erfc(5 / sqrt(2))))
    assert found.distance <= program.state_error_bound
    coarse = phonon_bound(type(program)(program.polynomial, Interval(EXTENT), program.gates), *moments)
    assert coarse > bound
    with pytest.raises(InputError, match="same modes"):
        phonon_bound(program, {0: 1.0}, {1: 1.0})


# --- Jaqal -----------------------------------------------------------------------------------------------------------

LAYOUT = IonLayout((MotionalMode(1, 1), MotionalMode(0, 1), MotionalMode(0, 2)), (0, 1))
CALIBRATION = QscoutCalibration((BeamSplitterPoint(0.5, 0.0, 0, 1e3, 2e3, 30.0, 0.1),), (SqueezePoint(0.4, 0.7),))


def spin_amplitudes(instructions, x):
    """The spin of ion 0 at given positions of the modes, from parsed instructions alone."""
    z = np.diag([1.0, -1.0])
    pauli = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])
    u = np.eye(2, dtype=complex)
    for instruction in instructions:
        if instruction.name == "R":
            ion, axis, angle = instruction.arguments
            generator = cos(axis) * pauli[0] + sin(axis) * pauli[1]
            u = (cos(angle / 2) * np.eye(2) - 1j * sin(angle / 2) * generator) @ u
        else:  # zCD = exp(sigma_z (beta a^dag - beta^* a)) with imaginary beta is exp(i Im(beta) x sigma_z)
            ion, manifold, mode, real, imaginary = instruction.arguments
            assert instruction.name == "zCD" and real == 0.0
            position = x[LAYOUT.modes.index(MotionalMode(manifold, mode))]
            u = np.diag(np.exp(1j * imaginary * position * np.diag(z))) @ u
        assert ion == 0
    return u[:, 0]


def test_jaqal_text_does_the_gate_when_parsed():
    program = compile_edge((0, 1, 2), WEIGHT, 2.0, 3e-2, QUICK)
    text = to_jaqal(program.gates, LAYOUT)
    assert text.startswith("from Calibration_PulseDefinitions.QubitBosonPulses usepulses *\n\nregister q[2]\n")
    instructions = read_jaqal(text)
    offset = sum(gate.synthesised.sequence.offset for gate in program.gates)
    for x in np.random.default_rng(2).uniform(-1.1, 1.1, size=(20, 3)):  # |u . x| <= 2
        p, q = spin_amplitudes(instructions, x) * np.exp(1j * offset)
        assert np.hypot(abs(p - np.exp(1j * WEIGHT * x.prod() / HBAR)), abs(q)) <= program.error_bound
    # another number in the text is another gate
    changed = read_jaqal(text.replace("zCD q[0] 1 1", "zCD q[0] 0 1", 1))
    assert changed != instructions


def test_jaqal_of_operations_and_readout():
    steps = [
        ops.PrepareVacuum((1,)),
        ops.PrepareSqueezed((0,), -0.4),
        ops.BeamSplitter((1, 0), 0.5),
        ops.BeamSplitter((0, 1), -0.5),  # the same gate, its modes named the other way round
        ops.Displacement((2,), 0.3, -0.8),
        SpinReadout((0, 2), (0.6, 0.8), 0.9, angle=0.5 * pi, beta=0.2),
    ]
    found = read_jaqal(to_jaqal(steps, LAYOUT, CALIBRATION))
    assert [i.name for i in found] == [
        "Ry",
        "RampUp",
        "Ry",
        *["Beamsplitter"] * 2,
        *["zCD"] * 1,
        "R",
        "zCD",
        "zCD",
        "R",
    ]
    assert found[3] == found[4] and found[3].arguments == (0, 1e3, 2e3, 30.0, 0.1)
    assert found[5].arguments == (0, 0, 2, 0.15, -0.4)  # beta = (x + i p) / 2
    # momentum: exp(i theta p) = exp(theta (a - a^dag)), so beta = -theta = -kappa u / 2; on the ion kept for it
    assert found[7].arguments == pytest.approx((1, 1, 1, -0.27, 0.0)) and found[8].arguments[3] == pytest.approx(-0.36)
    assert found[9].arguments == pytest.approx((1, 0.5 * pi - 0.2, -0.5 * pi))


def test_jaqal_refuses_with_reasons():
    everything = {
        ops.PrepareCubic((0,), 0.1, 1.0): "no cubic",
        ops.Rotation((0,), 0.1): "no phase rotation",
        ops.Shear((0,), 0.1): "no shear",
        ops.ControlledX((0, 1), 0.1): "between positions and momenta",
        ops.ControlledZ((0, 1), 0.1): "two-mode phase",
        ops.Interferometer((0,), ((1.0 + 0j,),)): "only the beamsplitter",
        ops.phase(Polynomial.monomial((0, 1, 2))): "several modes",
        ops.CubicPhase((0,), 0.1): "no cubic gate",
        ops.PhasePower((0,), 4, 0.1): "of a power",
        ops.Kerr((0,), 0.1): "no Kerr",
        ops.Homodyne((0,), 0.0, "m"): "no homodyne",
        ops.Loss((0,), 0.9): "loss",
        ops.ThermalLoss((0,), 0.9, 0.1): "loss",
        ops.DisplacementNoise((0,), 0.1, 0.1): "noise",
        ops.Dephasing((0,), 0.1): "noise",
        ops.Squeeze((0,), 0.3): "no calibration for |r| = 0.3",
        ops.Squeeze((1,), 0.4): "only m1i1 can be squeezed",
        ops.BeamSplitter((0, 1), 0.2): "no calibration",
        ops.BeamSplitter((0, 2), 0.5): "acts on m0i1 and m1i1 only",
        ops.PrepareVacuum((2,)): "",
        ops.PrepareSqueezed((0,), 0.2): "no calibration",
        ops.Displacement((0,), 0.1, 0.1): "",
    }
    assert {type(op) for op in everything} == set(ops.OPERATIONS.values())  # the table is total
    assert set(ABSENT) < set(ops.OPERATIONS.values())
    for op, reason in everything.items():
        found = unmappable_steps([op], LAYOUT, CALIBRATION)
        assert len(found) == (1 if reason else 0)
        for entry in found:
            assert reason in entry.reason and entry.relaxation and entry.operation.startswith(f"step 0 {op}")
    late = [ops.Displacement((0,), 0.1, 0.0), ops.PrepareVacuum((0,))]
    assert "no reset" in unmappable_steps(late, LAYOUT)[0].reason
    fed = ops.Displacement((0,), Polynomial.monomial(("m",)), 0.0)
    assert "earlier result" in unmappable_steps([fed], LAYOUT)[0].reason
    assert "places modes" in unmappable_steps([ops.Displacement((5,), 0.1, 0.0)], LAYOUT)[0].reason
    bit = SpinReadout((0,), (1.0,), 1.0)
    assert len(unmappable_steps([bit, bit], LAYOUT)) == 0
    assert "every spin" in unmappable_steps([bit, bit, bit], LAYOUT)[0].reason
    assert "every spin" in unmappable_steps([bit, bit, ops.Displacement((0,), 0.1, 0.0)], LAYOUT)[0].reason
    assert "no calibration" in unmappable_steps([ops.Squeeze((0,), 0.4)], LAYOUT)[0].reason
    with pytest.raises(NotMappableError, match="not mappable to trapped-ion-qscout, because step 0 CubicPhase"):
        to_jaqal([ops.CubicPhase((0,), 0.1), ops.Homodyne((0,), 0.0, "m")], LAYOUT)


def test_layouts_and_calibrations_are_checked(tmp_path):
    for wrong in ("m2i1", "1i1", "m1", "m1i", "m1i-1"):
        with pytest.raises(InputError, match="named"):
            MotionalMode.parse(wrong)
    with pytest.raises(InputError, match="centre-of-mass"):
        IonLayout((MotionalMode(0, 0),))
    with pytest.raises(InputError, match=r"index 0\.\.2"):
        IonLayout((MotionalMode(0, 3),), ions=3)
    with pytest.raises(InputError, match="distinct ions"):
        IonLayout((), (0, 6))
    path = tmp_path / "calibration.json"
    good = {
        "format": "khrnn-qscout-calibration",
        "version": 1,
        "squeezers": [{"r": 0.4, "blue_red_ratio": 0.7}],
        "beam_splitters": [
            {"theta": 0.5, "phi": 0, "qubit": 0, "detuning1": 1e3, "detuning2": 2e3, "duration": 30, "phase": 0.1}
        ],
    }
    path.write_text(json.dumps(good))
    assert read_calibration(path) == CALIBRATION
    for change, message in (
        ({"squeezers": [{"r": 0.4}]}, "exactly the keys"),
        ({"squeezers": {}}, "must be a list"),
        ({"ramps": []}, "unknown key"),
        ({"version": 2}, "version"),
        ({"beam_splitters": [{**good["beam_splitters"][0], "qubit": 2}]}, "must be one of"),
    ):
        path.write_text(json.dumps({**good, **change}))
        with pytest.raises(InputError, match=message):
            read_calibration(path)
    with pytest.raises(InputError, match="cannot read"):
        read_jaqal("register q[1]\nsubcircuit {\n unknown q[0]\n}\n")
    with pytest.raises(InputError, match="one subcircuit"):
        read_jaqal("register q[1]\n")
