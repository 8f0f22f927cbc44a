"""Shots of spin readouts follow Fisher's and Chernoff's information."""

from math import cos, exp, log, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, trapezoid
from scipy.stats import binom, norm

from compiler.errors import InputError
from compiler.ions import SpinReadout, shots_for_mean, shots_for_weight
from compiler.ions.readout import _homodyne_information, bit_probability, chernoff_information, spread


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
    with pytest.raises(InputError, match="difference"):
        shots_for_weight(3, 0.0, 1.0, 1.0, 0.01)


@pytest.mark.parametrize("scale", [0.05, 0.8, 17.0, 19.0, 300.0, 3e4])
def test_homodyne_information_holds_for_weak_and_strong_edges(scale):
    """k = 2 tells two normal laws apart, in closed form; k = 3 a normal law from a mixture over one position."""
    v = 0.37
    w = v + scale**2
    s = np.linspace(0.02, 0.98, 49)
    closed = np.max(0.5 * np.log(s * v + (1 - s) * w) - 0.5 * (s * log(v) + (1 - s) * log(w)))
    assert _homodyne_information(2, scale, v) == pytest.approx(float(closed), rel=1e-4)
    x = np.geomspace(1e-12, 9.0, 4000)
    weight = np.gradient(np.log(x)) * x * 2.0 * norm.pdf(x)
    y = np.linspace(-40.0, 40.0, 4001)
    decoy = norm.pdf(y[:, None], scale=np.sqrt(v + (scale * x) ** 2)) @ weight
    overlap = [trapezoid(norm.pdf(y, scale=sqrt(v)) ** (1.0 - u) * decoy**u, y) for u in s]
    assert _homodyne_information(3, scale, v) == pytest.approx(-log(min(overlap)), rel=1e-3)


def test_numbers_of_a_readout_are_one_per_mode():
    for wrong in (
        ((0,), (0.1, 0.2), (0.3, 0.4)),
        ((0, 1), (0.1, 0.2), (0.3,)),
        ((), (), ()),
        ((0, 0), (1.0,) * 2, (1.0,) * 2),
    ):
        with pytest.raises(InputError, match="distinct modes, and one alpha and one beta per mode"):
            SpinReadout(*wrong)


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(0.1, 2.0), st.floats(-3.0, 3.0))
def test_a_quadrature_is_a_displacement_along_one_angle(u, v, kappa, angle):
    bit = SpinReadout.of_quadrature((2, 0), (u, v), kappa, angle, 0.4)
    assert bit.modes == (2, 0) and bit.phase == 0.4
    assert bit.beta == pytest.approx([kappa * u * cos(angle), kappa * v * cos(angle)])
    assert bit.alpha == pytest.approx([kappa * u * sin(angle), kappa * v * sin(angle)])


@given(st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)), min_size=1, max_size=4))
def test_amplitudes_displace_as_half_the_operator(numbers):
    """``exp(g a^dag - g^* a)`` moves <x> by 2 Re g and <p> by 2 Im g; ``D`` moves x by -2 alpha and p by 2 beta."""
    alpha, beta = zip(*numbers, strict=True)
    bit = SpinReadout(tuple(range(len(numbers))), alpha, beta)
    for a, b, g in zip(alpha, beta, bit.amplitudes, strict=True):
        assert (2 * (2 * g.real), 2 * (2 * g.imag)) == pytest.approx((-2 * a, 2 * b))
