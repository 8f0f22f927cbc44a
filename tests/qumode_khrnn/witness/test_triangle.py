"""The triangle: its observables against the definition of a displacement, its covariance against a position grid."""

from itertools import combinations
from math import pi, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.semantics.gaussian_state import prepared_state
from qumode_khrnn.witness.circuits import branch_means, context_circuit, state_operations
from qumode_khrnn.witness.law import BOUND, combined, exponents, network_value, readout_means, sampler_value, value_at
from qumode_khrnn.witness.triangle import CONTEXTS, Displacement, Triangle

TABLE = [  # w, r, eta, <B>, <A>, S
    (1.0, 1.0, 1.0, 0.899162, -0.726966, 3.424451),
    (1.0, 1.0, 0.95, 0.803493, -0.409843, 2.820321),
    (1.0, 1.5, 0.95, 0.856452, -0.496341, 3.065697),
    (1.0, 0.5, 1.0, 0.749063, -0.420296, 2.667486),
    (2.0, 0.5, 1.0, 0.865484, -0.648303, 3.244756),
    (1.0, 1.0, 0.9, 0.718002, -0.231058, 2.385065),
]
"""Computed for the design by two other programs."""


def applied(displacement, psi):
    """``(D psi)(x) = exp(i alpha.beta) exp(i beta.x) psi(x + 2 alpha)``, on functions of three positions."""
    alpha, beta = np.array(displacement.alpha), np.array(displacement.beta)

    def out(x, y, z):
        return np.exp(1j * (alpha @ beta + beta[0] * x + beta[1] * y + beta[2] * z)) * psi(
            x + 2 * alpha[0], y + 2 * alpha[1], z + 2 * alpha[2]
        )

    return out


def some_state(x, y, z):
    phase = 0.3 * x * y - 0.2 * y * z + 0.1 * x
    return np.exp(-0.3 * (x - 0.2) ** 2 - 0.2 * (y + 0.5) ** 2 - 0.4 * z**2 + 1j * phase)


POINTS = np.random.default_rng(5).normal(size=(3, 20))


@pytest.mark.parametrize("weight", [0.4, 1.0, 2.5])
def test_operator_products_of_contexts_are_signed_displacements(weight):
    triangle = Triangle(weight)
    known = triangle.observables()
    assert len(known) == 9
    for context in triangle.contexts():
        psi = some_state
        for name in reversed(context.observables):
            psi = applied(known[name], psi)
        whole = context.sign * applied(context.displacement, some_state)(*POINTS)
        assert np.abs(psi(*POINTS) - whole).max() < 1e-12, context.name
        for one, other in combinations(context.observables, 2):
            there = applied(known[one], applied(known[other], some_state))(*POINTS)
            back = applied(known[other], applied(known[one], some_state))(*POINTS)
            assert np.abs(there - back).max() < 1e-12, (one, other)
    assert [context.sign for context in triangle.contexts()] == [1.0, 1.0, 1.0, -1.0]


def test_the_phase_of_a_product_of_any_two_displacements():
    numbers = np.random.default_rng(3).normal(size=(4, 3)).tolist()
    one, other = Displacement(*map(tuple, numbers[:2])), Displacement(*map(tuple, numbers[2:]))
    product = applied(one, applied(other, some_state))(*POINTS)
    whole = np.exp(1j * one.phase_with(other)) * applied(one.plus(other), some_state)(*POINTS)
    assert np.abs(product - whole).max() < 1e-12 and abs(one.phase_with(other)) > 0.1


def test_p_and_x_of_one_mode_anticommute():
    known = Triangle(0.7).observables()
    there = applied(known["P1"], applied(known["X1"], some_state))(*POINTS)
    back = applied(known["X1"], applied(known["P1"], some_state))(*POINTS)
    assert np.abs(there + back).max() < 1e-12 and np.abs(there).max() > 0.1


def test_contexts_are_those_of_the_inequality():
    a = sqrt(pi / 4.0)
    contexts = Triangle(2.0).contexts()
    assert tuple(context.name for context in contexts) == CONTEXTS
    assert contexts[1].displacement.alpha == pytest.approx((0.0, a, 0.0))
    assert contexts[1].displacement.beta == pytest.approx((-2 * a, 0.0, -2 * a))
    assert contexts[3].displacement.alpha == pytest.approx((a, a, a))
    assert contexts[3].displacement.beta == pytest.approx((-4 * a, -4 * a, -4 * a))


@pytest.mark.parametrize(("w", "r", "eta", "b", "a", "s"), TABLE)
def test_values_of_the_design(w, r, eta, b, a, s):
    triangle = Triangle(w, r, 1.0 - eta)
    means = readout_means(triangle)
    assert means[:3] == pytest.approx((b, b, b), abs=6e-7) and -means[3] == pytest.approx(a, abs=6e-7)
    assert value_at(w, r, 1.0 - eta) == pytest.approx(s, abs=6e-7)
    contexts = triangle.contexts()
    assert combined(contexts, means, as_operators=True) == pytest.approx(value_at(w, r, 1.0 - eta), abs=1e-12)
    assert combined(contexts, means, as_operators=False) == pytest.approx(
        sampler_value(*exponents(w, r, 1.0 - eta)), abs=1e-12
    )
    assert branch_means(triangle) == pytest.approx(means, abs=1e-12)


def test_values_on_a_position_grid():
    """r = 0.8, w = 1: <D> as a sum over 73^3 points of conj(psi) D psi; no covariance and no closed form."""
    r, w = 0.8, 1.0
    step = 0.45
    x, y, z = np.meshgrid(*[step * np.arange(-36, 37)] * 3, indexing="ij", sparse=True)

    def psi(x, y, z):
        return np.exp(-(x**2 + y**2 + z**2) / (4 * np.exp(2 * r)) + 0.5j * w * (x * y + x * z + y * z))

    state = psi(x, y, z)
    norm = (np.abs(state) ** 2).sum()
    found = [
        (state.conj() * applied(context.displacement, psi)(x, y, z)).sum() / norm
        for context in Triangle(w, r).contexts()
    ]
    assert np.abs(np.imag(found)).max() < 1e-9
    assert np.real(found) == pytest.approx((0.853364, 0.853364, 0.853364, 0.621445), abs=6e-7)
    assert readout_means(Triangle(w, r)) == pytest.approx(np.real(found), abs=1e-9)


def test_the_order_of_six_conditional_displacements_shows_the_sign_of_a():
    """A spin in (|0> + |1>) / sqrt 2 and three modes on the grid: the mean of its bit is Re <state of 0|state of 1>."""
    r, triangle = 0.8, Triangle()
    x, y, z = np.meshgrid(*[0.45 * np.arange(-36, 37)] * 3, indexing="ij", sparse=True)

    def psi(x, y, z):
        return np.exp(-(x**2 + y**2 + z**2) / (4 * np.exp(2 * r)) + 0.5j * (x * y + x * z + y * z))

    def share(displacement, factor):
        return Displacement(*(tuple(factor * v for v in part) for part in (displacement.alpha, displacement.beta)))

    def bit(*pulses):
        zero = one = psi
        for for_zero, for_one in pulses:
            zero, one = applied(for_zero, zero), applied(for_one, one)
        zero, one = zero(x, y, z), one(x, y, z)
        return (zero.conj() * one).sum().real / (np.abs(zero) ** 2).sum()

    known, context = triangle.observables(), triangle.contexts()[3]
    order = np.random.default_rng(1).permutation(context.observables)
    ones = [(share(known[name], 0.0), known[name]) for name in order]
    opposite = [(share(known[name], -0.5), share(known[name], 0.5)) for name in order]
    kicks = [(share(known[name], 0.5),) * 2 for name in order]
    expected = 0.621445
    assert bit((share(context.displacement, 0.0), context.displacement)) == pytest.approx(expected, abs=1e-6)
    assert bit(*ones) == pytest.approx(-expected, abs=1e-6)
    assert bit(*(each for pair in zip(kicks, opposite, strict=True) for each in pair)) == pytest.approx(
        -expected, abs=1e-6
    )
    assert bit(*opposite) == pytest.approx(expected, abs=1e-6)
    assert bit(*opposite, *kicks) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("triangle", [Triangle(0.3, 0.7, 0.2), Triangle(2.0, 1.4, 0.0), Triangle(1.0, 0.0, 0.5)])
def test_the_covariance_is_that_of_the_circuit(triangle):
    state = prepared_state(Circuit(3, state_operations(triangle)))
    assert np.abs(triangle.covariance() - state.cov).max() < 1e-12 * np.abs(state.cov).max()
    assert context_circuit(triangle, triangle.contexts()[0]).results == ("B0",)


def test_the_sampler_stays_near_two_and_below_the_bound():
    assert sampler_value(*exponents(1.0, 1.0, 0.05)) == pytest.approx(2.000635, abs=6e-7)
    grid = [(r, loss) for r in np.linspace(0, 4, 30) for loss in np.linspace(0, 0.99, 60)]
    for w in (0.05, 0.5, 1.0, 3.0, 50.0):
        values = [sampler_value(*exponents(w, r, loss)) for r, loss in grid]
        assert max(values) < BOUND
        assert max(sampler_value(*exponents(w, r, 0.0)) for r in np.linspace(0, 4, 30)) <= 2.0
        if w == 1.0:
            assert max(values) == pytest.approx(2.112, abs=2e-3)
    assert network_value(0.0, 0.0) == 4.0


def test_no_phases_that_exist_beforehand_pass_the_bound():
    """10^5 random assignments, X^2 the square of X, and the best of them improved: 2 sqrt 2 is reached, not passed."""
    from scipy.optimize import minimize

    contexts = Triangle().contexts()

    def value(angles):
        p, x = angles[:3], angles[3:]
        phases = {f"P{i}": p[i] for i in range(3)} | {f"X{i}": x[i] for i in range(3)}
        phases |= {f"X{i}^2": 2 * x[i] for i in range(3)}
        sums = [np.cos(sum(phases[name] for name in context.observables)) for context in contexts]
        return combined(contexts, sums, as_operators=False)

    rng = np.random.default_rng(7)
    drawn = rng.uniform(0, 2 * pi, size=(6, 100_000))
    values = value(drawn)
    assert values.max() <= BOUND + 1e-12
    best = minimize(lambda angles: -value(angles), drawn[:, values.argmax()], method="BFGS", options={"gtol": 1e-10})
    assert -best.fun == pytest.approx(BOUND, abs=1e-9)


@pytest.mark.parametrize(
    "numbers",
    [
        *((w, 1.0, 0.0) for w in (0.0, -1.0, float("nan"), 1e9)),
        *((1.0, r, 0.0) for r in (-0.1, 9.0, float("inf"))),
        *((1.0, 1.0, loss) for loss in (1.0, -0.1, float("nan"))),
    ],
)
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(InputError, match="must lie in"):
        Triangle(*numbers)
