"""S in a trap: values of the design, Gauss-Hermite and Monte Carlo means over angles, a Fock space, and bits."""

from dataclasses import replace
from math import exp, inf, pi

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.integrate import quad

from compiler.errors import InputError
from qumode_khrnn.witness.law import BOUND
from qumode_khrnn.witness.sampling import estimate
from qumode_khrnn.witness.trap import (
    TrapNoise,
    TrappedIons,
    coherence_needed,
    duration_allowed,
    trap_limits,
    trap_means,
    trap_value,
    turned_mean,
)
from qumode_khrnn.witness.triangle import Displacement, Triangle

DESIGN = [  # t, T, S at r = 0.8, S at r = 1; w = 1, q = 0.01, ndot = 10/s
    (2e-3, inf, 2.663399, 2.850486),
    (2e-3, 0.05, 0.977612, 0.793026),
    (2e-3, 1.0, 2.394235, 2.446000),
    (2e-4, 1.0, 3.023735, 3.228808),
]


@pytest.mark.parametrize(("duration", "coherence", "at_08", "at_1"), DESIGN)
def test_values_of_the_design(duration, coherence, at_08, at_1):
    noise = TrapNoise(duration, 10.0, coherence, 0.01)
    found = [trap_value(Triangle(1.0, r), noise) for r in (0.8, 1.0)]
    assert found == pytest.approx((at_08, at_1), abs=6e-7)


@pytest.mark.parametrize(("r", "limits"), [(0.8, (0.0147, 0.0555, 0.00198)), (1.0, (0.0237, 0.0870, 0.00233))])
def test_limits_of_the_design(r, limits):
    triangle = Triangle(1.0, r)
    found = trap_limits(triangle)
    assert found.quanta == pytest.approx(limits[0], abs=6e-5)
    assert found.spin_error == pytest.approx(limits[1], abs=6e-5)
    assert found.time_over_coherence == pytest.approx(limits[2], abs=6e-6)
    for noise in (
        TrapNoise(1.0, found.quanta),
        TrapNoise(spin_error=found.spin_error),
        TrapNoise(found.time_over_coherence, 0.0, 1.0),
    ):
        assert trap_value(triangle, noise) == pytest.approx(BOUND, abs=1e-5)


@pytest.mark.parametrize("w", [0.5, 1.0, 2.0])
def test_without_dephasing_it_is_the_closed_form(w):
    r, h, q = 0.9, 0.013, 0.02
    b = exp(-pi / (4 * w) * (exp(-2 * r) + 2 * h * (1 + 2 * w * w)))
    a = exp(-3 * pi / (4 * w) * (exp(-2 * r) + 2 * h * (1 + 4 * w * w)))
    assert trap_value(Triangle(w, r), TrapNoise(0.1, 10 * h, inf, q)) == pytest.approx((1 - 2 * q) * (3 * b + a))


def gauss_hermite(covariance, displacement, variance, nodes):
    """The mean over angles as a sum over nodes^3 matrices: another rule, and every v(theta) written out."""
    x, weight = hermegauss(nodes)
    weight = weight / weight.sum()
    angles = np.sqrt(variance) * np.stack(np.meshgrid(x, x, x, indexing="ij"), axis=-1).reshape(-1, 3)
    alpha, beta = np.array(displacement.alpha), np.array(displacement.beta)
    c, s = np.cos(angles), np.sin(angles)
    v = np.hstack([beta * c + alpha * s, alpha * c - beta * s])
    product = np.multiply.outer(np.multiply.outer(weight, weight), weight).ravel()
    return product @ np.exp(-0.5 * np.einsum("ni,ij,nj->n", v, covariance, v))


@pytest.mark.parametrize("variance", [1e-4, 0.004, 0.08])
@pytest.mark.parametrize("context", [0, 2, 3])
def test_means_over_angles_against_gauss_hermite(variance, context):
    triangle = Triangle(1.3, 0.8, 0.01)
    displacement = triangle.contexts()[context].displacement
    found = turned_mean(triangle.covariance(), displacement, variance)
    nodes = 40 if variance < 0.01 else 90
    assert found == pytest.approx(gauss_hermite(triangle.covariance(), displacement, variance, nodes), abs=1e-8)


def test_means_over_angles_against_monte_carlo():
    """200,000 rotations of the state, not of the displacement: within 5 standard errors (6e-7 per context)."""
    triangle, variance = Triangle(1.0, 1.0), 0.03
    rng = np.random.default_rng(8)
    angles = np.sqrt(variance) * rng.normal(size=(200_000, 3))
    covariance = triangle.covariance()
    turn = np.zeros((len(angles), 6, 6))
    for m in range(3):
        turn[:, m, m] = turn[:, 3 + m, 3 + m] = np.cos(angles[:, m])
        turn[:, m, 3 + m], turn[:, 3 + m, m] = -np.sin(angles[:, m]), np.sin(angles[:, m])
    for context in triangle.contexts()[2:]:
        v = context.displacement.vector
        moved = v @ turn
        values = np.exp(-0.5 * np.einsum("ni,ij,nj->n", moved, covariance, moved))
        found = turned_mean(covariance, context.displacement, variance)
        assert abs(values.mean() - found) < 5.0 * values.std() / np.sqrt(len(values))


def test_one_mode_in_fock_space():
    """Dephasing multiplies |m><n| by exp(-variance (m - n)^2 / 2): a squeezed mode, 120 levels, no angle at all."""
    levels, r, variance = 120, 0.7, 0.05
    lower = np.diag(np.sqrt(np.arange(1, levels)), 1)
    x, p = lower + lower.T, -1j * (lower - lower.T)
    n = np.arange(levels)
    even = np.zeros(levels)
    for k in range(levels // 2):  # S(r) |0>, squeezed in p
        even[2 * k] = np.prod(np.sqrt((2 * np.arange(1, k + 1) - 1) / (2 * np.arange(1, k + 1)))) * np.tanh(r) ** k
    even /= np.linalg.norm(even)
    rho = np.outer(even, even) * np.exp(-0.5 * variance * np.subtract.outer(n, n) ** 2)
    alpha, beta = 0.5, -0.3
    values, vectors = np.linalg.eigh(alpha * p + beta * x)
    mean = np.trace(rho @ (vectors * np.exp(1j * values)) @ vectors.conj().T).real
    covariance = np.diag([np.exp(2 * r), 1.0, 1.0, np.exp(-2 * r), 1.0, 1.0])
    assert (even**2 * (2 * n + 1)).sum() == pytest.approx(np.cosh(2 * r), abs=1e-9)
    found = turned_mean(covariance, Displacement((alpha, 0.0, 0.0), (beta, 0.0, 0.0)), variance)
    assert found == pytest.approx(mean, abs=1e-8)


@pytest.mark.parametrize(("r", "variance"), [(1.0, 0.3), (2.5, 0.5), (0.8, 8.9), (0.8, 9.1), (0.8, 30.0)])
def test_grids_are_refined_until_narrow_features_are_resolved(r, variance):
    """One mode alone, by adaptive quadrature: at r = 2.5 a grid of 65 angles would be off by 1 %."""
    alpha, beta = 0.7, 0.2

    def density(angle):
        x, p = beta * np.cos(angle) + alpha * np.sin(angle), alpha * np.cos(angle) - beta * np.sin(angle)
        value = np.exp(-0.5 * (np.exp(2 * r) * x * x + np.exp(-2 * r) * p * p))
        return value * np.exp(-0.5 * angle * angle / variance) / np.sqrt(2 * pi * variance)

    reach = 9.0 * np.sqrt(variance)
    peaks = [k * pi - np.arctan2(beta, alpha) for k in range(-20, 21)]
    peaks = [peak for peak in peaks if abs(peak) < reach]
    exact = quad(density, -reach, reach, points=peaks, epsabs=1e-12, limit=4000)[0]
    covariance = np.diag([np.exp(2 * r), 1.0, 1.0, np.exp(-2 * r), 1.0, 1.0])
    found = turned_mean(covariance, Displacement((alpha, 0.0, 0.0), (beta, 0.0, 0.0)), variance)
    assert found == pytest.approx(exact, abs=1e-7 if variance > 1.0 else 1e-9)


def test_thresholds_of_coherence_and_time():
    triangle, noise = Triangle(1.0, 0.9), TrapNoise(3e-4, 10.0, 0.5, 0.01)
    coherence, longest = coherence_needed(triangle, noise), duration_allowed(triangle, noise)
    for other in (replace(noise, coherence_s=coherence), replace(noise, duration_s=longest)):
        assert trap_value(triangle, other) == pytest.approx(BOUND, abs=1e-5)
    assert trap_value(triangle, replace(noise, coherence_s=2 * coherence)) > BOUND
    assert trap_value(triangle, replace(noise, duration_s=0.9 * longest)) > BOUND
    assert coherence_needed(triangle, TrapNoise(1.0, 10.0)) is None  # heating alone
    assert duration_allowed(triangle, replace(noise, spin_error=0.2)) is None
    assert duration_allowed(triangle, TrapNoise(1.0)) == inf
    assert coherence_needed(triangle, TrapNoise()) == 0.0
    assert trap_limits(Triangle(1.0, 0.3)).quanta is None


def test_thresholds_do_not_depend_on_the_size_of_the_numbers():
    """Times and rates in other units: T / t and the quanta stay the same, also far outside of what a trap has."""
    known = coherence_needed(Triangle(), TrapNoise(1.0)), duration_allowed(Triangle(), TrapNoise(1.0, 1.0))
    for scale in (1e-300, 1e-12, 1e12):
        assert coherence_needed(Triangle(), TrapNoise(scale)) == pytest.approx(scale * known[0], rel=1e-6)
    for rate in (1e-300, 1e-13, 1e12):
        assert duration_allowed(Triangle(), TrapNoise(1.0, rate)) == pytest.approx(known[1] / rate, rel=1e-6)


def test_bits_have_the_noise_of_the_trap():
    """40,000 shots per context: within 5 standard errors (6e-7)."""
    triangle, noise = Triangle(1.0, 1.0, 0.02), TrapNoise(1e-3, 20.0, 0.3, 0.03)
    found = estimate(triangle, TrappedIons(noise), 40_000, np.random.default_rng(6))
    assert abs(found.value - trap_value(triangle, noise)) < 5.0 * found.standard_error
    differences = np.abs(np.subtract(found.means, trap_means(triangle, noise)))
    assert differences.max() < 5.0 / np.sqrt(40_000)
    assert trap_value(triangle, TrapNoise()) - found.value > 0.5  # and the noise is seen


@pytest.mark.parametrize(
    "numbers",
    [
        *({"duration_s": value} for value in (-1.0, float("nan"))),
        *({"coherence_s": value} for value in (0.0, float("nan"))),
        *({"spin_error": value} for value in (-0.1, 0.5)),
        *({"heating_quanta_per_s": value} for value in (-1.0, inf, 1e300)),
    ],
)
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(InputError, match="must"):
        TrapNoise(**numbers)
