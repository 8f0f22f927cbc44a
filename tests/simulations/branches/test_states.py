"""Cat, GKP and packet states under a 3-edge and loss, and Gaussian gates: values with independent references.

References are sums over position grids of the analytic wave function, damped by loss in closed form; moments by parity
and Isserlis' theorem; and Strawberry Fields' bosonic engine, which holds sums of Gaussian Wigner functions, where no
cubic gate occurs.
"""

from dataclasses import replace
from itertools import product
from math import cosh, exp, pi, sqrt, tanh

import numpy as np
import pytest
from position_grid import characteristic_by_quadrature
from random_programs import edge, squeezed

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.branches.cubic import Cubic
from simulations.branches.moments import moments, product_mean
from simulations.branches.overlaps import inner, norm_squared
from simulations.branches.play import Register, apply
from simulations.branches.run import final, probabilities
from simulations.branches.state import BranchState
from simulations.exact import moments as closed_form

ETA = 0.95
S = sqrt(2 * pi)
"""Spacing of a GKP state's peaks for hbar = 2."""


def packets(states, w):
    """One mode for each (precision, centres (x, p), amplitudes), a 3-edge of weight w and 5 % loss."""
    register = Register.empty()
    for mode, (precision, centres, amplitudes) in enumerate(states):
        x, p = np.array(centres, float).T
        a = np.array(amplitudes, complex) * np.exp(-0.25j * x * p)
        register, place = register.added(precision, a, p / 2, -x)
        register = Register(register.state, {**register.places, mode: place}, {}, register.centre, {})
    register = replace(register, state=register.state.scaled(norm_squared(register.state) ** -0.5))
    for op in (edge(0, 1, 2, weight=w), *(ops.Loss((m,), ETA) for m in range(3))):
        register = apply(register, op, {})
    return register


def wave_of(states, w):
    """The wave function of the same before the loss, not normalised."""

    def one(state, x):
        precision, centres, amplitudes = state
        return sum(
            a * np.exp(-0.25 * precision * (x - c) ** 2 + 0.5j * p * (x - c / 2))
            for (c, p), a in zip(centres, amplitudes, strict=True)
        )

    return lambda *x: (
        np.exp(0.5j * w * np.prod(np.broadcast_arrays(*x), axis=0))
        * np.prod(np.broadcast_arrays(*(one(s, y) for s, y in zip(states, x, strict=True))), axis=0)
    )


def with_loss(wave, alpha, beta, reach, points):
    """``<D>`` after loss: the operator shrinks, and the vacuum that comes in damps it."""
    a, b = sqrt(ETA) * np.array(alpha), sqrt(ETA) * np.array(beta)
    norm = characteristic_by_quadrature(wave, 0 * a, 0 * b, reach, points).real
    damped = exp(-(1 - ETA) * sum(v * v for v in (*alpha, *beta)) / 2)
    return characteristic_by_quadrature(wave, a, b, reach, points) / norm * damped


def bits(register, a):
    """Probabilities of three bits of ``exp(i a p_i)``."""
    from simulations.branches.histories import Histories

    rows = np.ones((1, register.state.branches), complex)
    norm = register.characteristic((0,), (0.0,), (0.0,)).real
    assert norm == pytest.approx(1.0)
    histories = Histories(register, rows, np.ones(1), {})
    for mode in range(3):
        histories = histories.with_register(histories.register.used((mode,)))
        histories = histories.read(ops.DisplacementReadout((mode,), (a,), (0.0,), f"b{mode}"))
    order = zip(*(histories.results[f"b{m}"] for m in range(3)), strict=True)
    return dict(zip((tuple(map(int, string)) for string in order), histories.norms, strict=True))


def commuting_bits(wave, a, reach, points):
    """The same from 27 values of the characteristic function, which the momenta's displacements need to commute."""
    powers = list(product((-1, 0, 1), repeat=3))
    values = [with_loss(wave, a * np.array(k), (0.0, 0.0, 0.0), reach, points).real for k in powers]
    found = {}
    for string in product((1, -1), repeat=3):
        factors = [np.prod([0.5 if j == 0 else 0.25 * s for j, s in zip(k, string, strict=True)]) for k in powers]
        found[string] = float(np.dot(factors, values))
    return found


# --- cats ------------------------------------------------------------------------------------------------------------

CAT = (1.0, ((2.0, 0.0), (-2.0, 0.0)), (1.0, 1.0))


def cats(w=0.3):
    circuit = Circuit(3, (*(ops.PrepareCat((m,), 2.0, 0.0, 0.0) for m in range(3)), edge(0, 1, 2, weight=w)))
    return circuit.then(tuple(ops.Loss((m,), ETA) for m in range(3)))


def test_moments_of_cats():
    register = final(cats())
    mean, covariance = register.moments((0, 1, 2))
    square = 1 + 4 / (1 + exp(-2))  # <x^2> of the cat; var p = 1 - 4 e^{-2} / (1 + e^{-2}); p gains w x_j x_k
    variances = [ETA * square + 1 - ETA] * 3
    variances += [ETA * (1 - 4 * exp(-2) / (1 + exp(-2)) + 0.09 * square**2) + 1 - ETA] * 3
    assert mean == pytest.approx(np.zeros(6), abs=1e-12)
    assert covariance == pytest.approx(np.diag(variances), abs=1e-12)
    assert variances[0] == pytest.approx(4.347029, abs=6e-7)
    assert variances[3] == pytest.approx(2.296293, abs=6e-7)
    third = product_mean(register.used((0, 1, 2)).state, (("x", 0), ("x", 1)), (("p", 2),))
    assert third == pytest.approx(ETA**1.5 * 0.3 * square**2, abs=1e-12)
    assert third == pytest.approx(5.683240, abs=6e-7)


@pytest.mark.parametrize(
    ("alpha", "beta", "expected"),
    [((0.6, 0.6, 0.6), (0, 0, 0), 0.402739 - 0.098280j), ((0.6, 0, 0), (0, 0.5, 0.5), 0.255702 - 0.293090j)],
)
def test_displacements_of_cats(alpha, beta, expected):
    found = final(cats()).characteristic((0, 1, 2), alpha, beta)
    oracle = with_loss(wave_of([CAT] * 3, 0.3), alpha, beta, 10, 90)
    assert found == pytest.approx(oracle, abs=1e-10)
    assert found == pytest.approx(expected, abs=1e-6)


def test_bits_of_cats():
    reading = tuple(ops.DisplacementReadout((m,), (0.6,), (0.0,), f"b{m}") for m in range(3))
    found = probabilities(cats().then(reading))
    oracle = commuting_bits(wave_of([CAT] * 3, 0.3), 0.6, 10, 60)
    for string, expected in (
        ((1, 1, 1), 0.615977),
        ((1, 1, -1), 0.095441),
        ((1, -1, -1), 0.028464),
        ((-1,) * 3, 0.012308),
    ):
        assert found[string] == pytest.approx(expected, abs=6e-7)
        assert found[string] == pytest.approx(oracle[string], abs=1e-9)


# --- two packets in each mode ----------------------------------------------------------------------------------------

PACKETS = [
    (1.0, ((3.0, 0.0), (-1.0, 0.0)), (1.0, 1.0)),
    (1.0, ((2.5, 0.0), (-1.5, 0.0)), (1.0, 1.0j)),
    (1.0, ((1.7, 0.0), (-2.3, 0.0)), (1.0, -1.0)),
]
"""Precision, centres in (x, p), amplitudes."""


def single_moments(state):
    """<x>, var x, <p> of one mode by quadrature, <p> as the current."""
    x, step = np.linspace(-30, 30, 6001, retstep=True)
    psi = wave_of([state], 0.0)(x)
    psi = psi / np.sqrt((np.abs(psi) ** 2).sum() * step)
    mean = (np.abs(psi) ** 2 * x).sum() * step
    slope = np.gradient(psi, step, edge_order=2)
    return mean, (np.abs(psi) ** 2 * x * x).sum() * step - mean**2, 2 * (np.conj(psi) * slope).sum().imag * step


def test_moments_of_packets():
    w = 0.3
    register = packets(PACKETS, w)
    mean, covariance = register.moments((0, 1, 2))
    one = [single_moments(state) for state in PACKETS]
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):  # p_i gains w x_j x_k
        assert mean[i] == pytest.approx(sqrt(ETA) * one[i][0], abs=1e-9)
        assert mean[3 + i] == pytest.approx(sqrt(ETA) * (one[i][2] + w * one[j][0] * one[k][0]), abs=1e-4)
        assert covariance[j, 3 + i] == pytest.approx(ETA * w * one[j][1] * one[k][0], abs=1e-8)
        assert covariance[k, 3 + i] == pytest.approx(ETA * w * one[k][1] * one[j][0], abs=1e-8)
    assert mean[3:] == pytest.approx([-0.043861, -0.351538, 0.146202], abs=6e-7)
    found = [covariance[i, 3 + j] for i in range(3) for j in range(3) if i != j]
    assert found == pytest.approx([-0.386733, 0.644554, -0.427500, 1.425000, 0.801715, 1.603430], abs=6e-7)


def test_bits_of_packets():
    found = bits(packets(PACKETS, 0.3), 0.6)
    assert found[(1, 1, 1)] == pytest.approx(0.469283, abs=6e-7)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)
    assert found == pytest.approx(commuting_bits(wave_of(PACKETS, 0.3), 0.6, 10, 60), abs=1e-9)


# --- GKP -------------------------------------------------------------------------------------------------------------

COMB = (
    exp(2),
    tuple((k * S, 0.0) for k in range(-2, 3)),
    tuple(exp(-((k * S) ** 2) / (4 * exp(2))) for k in range(-2, 3)),
)
"""Peaks k = -2..2 of variance e^-2 under an envelope of deviation e."""


def test_moments_of_gkp_combs():
    w = 1 / S
    register = packets([COMB] * 3, w)
    mean, covariance = register.moments((0, 1, 2))
    _, square, _ = single_moments(COMB)
    x, step = np.linspace(-30, 30, 60001, retstep=True)
    psi = wave_of([COMB], 0.0)(x)
    kinetic = 4 * (np.abs(np.gradient(psi, step)) ** 2).sum() / (np.abs(psi) ** 2).sum()
    assert mean == pytest.approx(np.zeros(6), abs=1e-10)
    assert covariance[0, 0] == pytest.approx(ETA * square + 1 - ETA, abs=1e-8)
    assert covariance[0, 0] == pytest.approx(6.354807, abs=6e-7)
    assert covariance[3, 3] == pytest.approx(ETA * (kinetic + w * w * square**2) + 1 - ETA, abs=1e-4)
    assert covariance[3, 3] == pytest.approx(13.306671, abs=6e-7)
    third = product_mean(register.used((0, 1, 2)).state, (("x", 0), ("x", 1)), (("p", 2),))
    assert third == pytest.approx(ETA**1.5 * w * square**2, abs=1e-7)
    assert third == pytest.approx(16.270164, abs=6e-7)


def test_a_displacement_of_gkp_combs():
    alpha, beta = (S / 2,) * 3, (0.0, 0.0, 0.0)
    found = packets([COMB] * 3, 1 / S).characteristic((0, 1, 2), alpha, beta)
    assert found == pytest.approx(0.179332 - 0.009415j, abs=1e-6)
    oracle = with_loss(wave_of([COMB] * 3, 1 / S), alpha, beta, 9, 120)
    assert found == pytest.approx(oracle, abs=1e-8)


@pytest.mark.parametrize(("theta", "phi", "epsilon"), [(0.0, 0.0, 0.1), (pi, 0.0, 0.2), (1.1, 0.7, 0.15)])
def test_gkp_states_are_damped_combs(theta, phi, epsilon):
    """``exp(-epsilon n)`` by Mehler's kernel on a grid, of a comb of narrow peaks of which only the weights matter."""
    x, step = np.linspace(-32, 32, 6001, retstep=True)
    psi = np.zeros(len(x), complex)
    for k in range(-30, 31):
        q = k * S
        kernel = np.exp(-((x * x + q * q) * cosh(epsilon) / 2 - x * q) / (2 * np.sinh(epsilon)))
        psi += kernel * (np.cos(theta / 2) if k % 2 == 0 else np.exp(-1j * phi) * np.sin(theta / 2))
    psi /= np.sqrt((np.abs(psi) ** 2).sum() * step)
    register = final(Circuit(1, (ops.PrepareGKP((0,), theta, phi, epsilon),)))
    density = np.abs(psi) ** 2
    mean, covariance = register.moments((0,))
    assert mean[0] == pytest.approx((density * x).sum() * step, abs=1e-8)
    assert covariance[0, 0] == pytest.approx((density * x * x).sum() * step - mean[0] ** 2, abs=1e-8)
    peak = register.state.precision[0, 0]
    assert peak == pytest.approx(1 / tanh(epsilon), rel=1e-12)
    for beta in (0.3, 1.2, pi / S):
        expected = (density * np.exp(1j * beta * x)).sum() * step
        assert register.characteristic((0,), (0.0,), (beta,)) == pytest.approx(expected, abs=1e-8)


# --- Strawberry Fields, and Gaussian states --------------------------------------------------------------------------


def bosonic(program, alpha, beta):
    """``<D>`` of a sum of Gaussian Wigner functions: weights times exp(i v.mean - v V v / 2), (x, p) by mode."""
    v = np.ravel(np.column_stack([beta, alpha]))
    weights, means, covariances = program.weights(), program.means(), program.covs()
    return (weights * np.exp(1j * means @ v - 0.5 * np.einsum("i,kij,j->k", v, covariances, v))).sum()


def test_strawberry_fields_has_the_same_cats_and_gkp_states():
    import strawberryfields as sf

    program = sf.Program(3)
    with program.context as q:
        sf.ops.GKP(state=[1.1, 0.4], epsilon=0.15) | q[0]
        sf.ops.Catstate(1.2, 0.3, 0.5) | q[1]
        sf.ops.Sgate(0.3) | q[2]
        sf.ops.BSgate(0.4, 0.0) | (q[0], q[1])
        sf.ops.CXgate(0.3) | (q[1], q[2])
        sf.ops.Pgate(0.2) | q[0]
        sf.ops.Dgate(0.5, 0.3) | q[2]
        sf.ops.LossChannel(0.9) | q[0]
        sf.ops.Rgate(0.7) | q[1]
        sf.ops.LossChannel(0.8) | q[1]
    state = sf.Engine("bosonic").run(program).state
    circuit = Circuit(
        3,
        (
            ops.PrepareGKP((0,), 1.1, 0.4, 0.15),
            ops.PrepareCat((1,), 2.4 * np.cos(0.3), 2.4 * np.sin(0.3), 0.5),
            ops.PrepareSqueezed((2,), 0.3),
            ops.BeamSplitter((0, 1), 0.4),
            ops.ControlledX((1, 2), 0.3),
            ops.Shear((0,), 0.2),
            ops.Displacement((2,), np.cos(0.3), np.sin(0.3)),
            ops.Loss((0,), 0.9),
            ops.Rotation((1,), 0.7),
            ops.Loss((1,), 0.8),
        ),
    )
    register = final(circuit)
    rng = np.random.default_rng(2)
    for _ in range(6):
        alpha, beta = rng.uniform(-0.5, 0.5, 3), rng.uniform(-0.5, 0.5, 3)
        expected = bosonic(state, alpha, beta)
        assert register.characteristic((0, 1, 2), alpha, beta) == pytest.approx(expected, abs=1e-6)


def test_gaussian_channels_have_their_covariance():
    """Thermal loss, uneven random displacements in a turned frame, a second use, and a mode that is prepared again."""
    eta, nbar, t, s = 0.7, 0.4, 0.6, 0.5
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), 0.5),
            ops.ThermalLoss((0,), eta, nbar),
            ops.Rotation((0,), t),
            ops.DisplacementNoise((0,), 0.3, 0.1),
            ops.Rotation((0,), -t),
            ops.ControlledX((0, 1), s),  # mode 1 is prepared by nothing
            ops.Displacement((1,), 0.4, -0.2),
            ops.DisplacementNoise((1,), 0.2, 0.2),
        ),
    )
    turn = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    one = np.diag([eta * exp(-1) + (1 - eta) * 1.8, eta * exp(1) + (1 - eta) * 1.8])
    one = one + turn.T @ np.diag([0.3, 0.1]) @ turn
    covariance = np.zeros((4, 4))  # x0 x1 p0 p1
    covariance[np.ix_([0, 2], [0, 2])] = one
    covariance[1, 1] = covariance[3, 3] = 1.0
    gate = np.eye(4)
    gate[1, 0], gate[2, 3] = s, -s
    covariance = gate @ covariance @ gate.T
    covariance[1, 1] += 0.2
    covariance[3, 3] += 0.2
    register = final(circuit)
    mean, found = register.moments((0, 1))
    assert mean == pytest.approx([0, 0.4, 0, -0.2], abs=1e-12)
    assert found == pytest.approx(covariance, abs=1e-12)
    for alpha, beta in (((0.3, 0.5), (0.4, -0.2)), ((-0.6, 0.1), (0.2, 0.7))):
        v = np.array([*beta, *alpha])
        expected = np.exp(1j * v @ mean - v @ covariance @ v / 2)
        assert register.characteristic((0, 1), alpha, beta) == pytest.approx(expected, abs=1e-12)  # noise 1 waits
        used = register.used((0, 1))
        assert used.characteristic((0, 1), alpha, beta) == pytest.approx(expected, abs=1e-12)
    # noise that waits in a turned frame has a covariance of its own
    turned = Circuit(1, (ops.Loss((0,), 0.6), ops.Rotation((0,), t), ops.DisplacementNoise((0,), 0.9, 0.1)))
    v = np.array([0.4, 0.7])
    expected = exp(-v @ (np.eye(2) + np.diag([0.9, 0.1])) @ v / 2)
    for one in (final(turned), final(turned).used((0,))):
        assert one.characteristic((0,), (0.7,), (0.4,)) == pytest.approx(expected, abs=1e-12)
        assert one.moments((0,))[1] == pytest.approx(np.diag([1.9, 1.1]), abs=1e-12)
    # noise before loss before thermal loss, merged while they wait
    merged = Circuit(1, (ops.DisplacementNoise((0,), 0.3, 0.3), ops.Loss((0,), 0.5), ops.ThermalLoss((0,), 0.6, 0.2)))
    expected = 0.6 * (0.5 * 1.3 + 0.5) + 0.4 * 1.4
    assert final(merged).moments((0,))[1] == pytest.approx(expected * np.eye(2), abs=1e-12)
    # mode 0 prepared again: the old mode goes on as an environment of mode 1
    again = circuit.then((ops.PrepareSqueezed((0,), 0.2), ops.ControlledZ((0, 1), 0.3)))
    mean, found = final(again).moments((1, 0))
    new = np.diag([covariance[1, 1], exp(-0.4), covariance[3, 3], exp(0.4)])
    new[0, 2] = new[2, 0] = covariance[1, 3]
    gate = np.eye(4)
    gate[2, 1] = gate[3, 0] = 0.3
    assert found == pytest.approx(gate @ new @ gate.T, abs=1e-12)


def test_interferometers_and_moments_against_the_closed_form_of_the_exact_simulator():
    c, s = np.cos(0.7), np.sin(0.7)
    matrix = ((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, -1.0))
    body = (
        *squeezed(3, 0.3),
        ops.PrepareCubic((2,), 0.2, 0.3),
        ops.CubicPhase((1,), 0.2),
        ops.Displacement((1,), 0.4, -0.3),
        ops.PhasePower((0,), 2, 0.3),
        ops.Interferometer((0, 1, 2), matrix),
        ops.PhasePower((2,), 1, 0.7),
        ops.Loss((1,), 0.8),
        ops.PhasePower((1,), 3, 0.1),
    )
    mean, covariance = final(Circuit(3, body)).moments((0, 1, 2))
    for k, angle in enumerate((0.0, pi / 2)):
        read = tuple(ops.Homodyne((m,), angle, f"q{m}") for m in range(3))
        exact = closed_form(Circuit(3, (*body, *read)))
        for m in range(3):
            assert exact.of(f"q{m}") == pytest.approx((mean[3 * k + m], covariance[3 * k + m, 3 * k + m]), abs=1e-9)


def test_phases_and_shears_of_degree_one_and_two_move_and_bend():
    """``exp(i g(x) / 2)`` of a displaced packet: a linear phase is a kick, exact at any distance."""
    far = 1e6
    body = (ops.Displacement((0,), far, 0.0), ops.Shear((0,), 0.5), ops.Displacement((0,), -far, -0.5 * far))
    register = final(Circuit(1, body))
    mean, covariance = register.moments((0,))
    assert mean == pytest.approx([0.0, 0.0], abs=1e-9)
    assert covariance == pytest.approx(np.array([[1.0, 0.5], [0.5, 1.25]]), abs=1e-12)


def test_cubic_polynomials_from_monomials():
    polynomial = (
        Polynomial.monomial((0, 0, 1), 0.3) + Polynomial.monomial((1,), 2.0) + Polynomial.monomial((0, 1), -0.5)
    )
    cubic = Cubic.of(polynomial, 2, {0: 0, 1: 1})
    x = np.array([0.7, -1.3])
    value = cubic.linear @ x + x @ cubic.quadratic @ x / 2 + np.einsum("ijk,i,j,k", cubic.cubic, x, x, x) / 6
    assert value == pytest.approx(polynomial.evaluate(dict(enumerate(x))), abs=1e-14)
    u = np.array([[0.2, 0.4]])
    moved = cubic.shifted(u)
    shifted = polynomial.evaluate(dict(enumerate(x + u[0])))
    bent = moved.constant[0] + moved.linear[0] @ x + x @ moved.quadratic[0] @ x / 2
    assert bent + np.einsum("ijk,i,j,k", cubic.cubic, x, x, x) / 6 == pytest.approx(shifted, abs=1e-14)


def test_moments_refuse_products_that_they_do_not_have():
    state = BranchState.empty().with_packets(np.eye(1), np.ones(1, complex), np.zeros((1, 1)), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="a side may hold x x, x or p, found p0 p0"):
        product_mean(state, (), (("p", 0), ("p", 0)))
    mean, covariance = moments(state, (0,))
    assert mean.tolist() == [0.0, 0.0] and covariance == pytest.approx(np.eye(2))


def one_packet(n=1):
    """n modes in the vacuum."""
    return BranchState.empty().with_packets(np.eye(n), np.ones(1, complex), np.zeros((1, n)), np.zeros((1, n)))


def test_a_branch_with_a_curvature_of_its_own_is_not_straight():
    """A cubic phase, a displaced copy and the inverse phase: f is 0 again, but one branch keeps a quadratic phase."""
    phase = Cubic.of(Polynomial.monomial((0, 0, 0), 0.2), 2, {0: 0})
    state = one_packet(2).phased(phase)
    assert not state.straight((0,)) and state.straight((1,))
    state = state.plus(state.displaced(np.array([0.4, 0.0]), np.zeros(2)), 1.0, 1.0)
    back = state.phased(Cubic(-phase.linear, -phase.quadratic, -phase.cubic))
    assert not back.phase.cubic.any() and back.branches == 2
    assert not back.straight((0,)) and back.straight((1,))


@pytest.mark.parametrize("angle", [0.3, pi / 2, -2.0])
def test_turning_a_state_turns_its_displacements(angle):
    """``<D>`` of a turned sum of packets, under a linear and a quadratic phase, is that of D turned back."""
    phase = Cubic.of(Polynomial({((0, 1),): 0.7, ((0, 2),): 0.2, ((0, 1), (1, 1)): 0.5}), 2, {0: 0, 1: 1})
    state = one_packet(2).phased(phase)
    state = state.plus(state.displaced(np.array([0.4, 0.1]), np.array([0.3, -0.2])), 1.0, 0.5j)
    turned = state.turned((0,), np.array([[np.exp(1j * angle)]]))
    c, s = np.cos(angle), np.sin(angle)
    for alpha, beta in (((0.3, 0.1), (0.2, 0.4)), ((-0.5, 0.2), (0.1, -0.3))):
        found = inner(turned, turned.displaced(np.array(alpha), np.array(beta)))
        back_alpha = np.array([alpha[0] * c - beta[0] * s, alpha[1]])
        back_beta = np.array([beta[0] * c + alpha[0] * s, beta[1]])
        assert found == pytest.approx(inner(state, state.displaced(back_alpha, back_beta)), abs=1e-12)
