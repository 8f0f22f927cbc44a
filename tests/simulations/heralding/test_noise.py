"""A heralded resource state adds the noise that its nullifier states; losses, schemes and multiplexing keep to it."""

from math import exp, pi, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import transmission
from compiler.semantics.gaussian_state import prepared_state
from simulations.heralding.noise import (
    GAUSSIAN_NOISE,
    LEAST_NOISE,
    LOSSLESS,
    GateNoise,
    HeraldLoss,
    assess,
    attempts_for,
    gate_noise,
    least_noise_scheme,
    least_ratio,
    lossy,
    multiplexed,
    success_of,
)
from simulations.heralding.resource_states import cubic_target, herald, nullifier_variance, weak_cubic_target
from simulations.heralding.schemes import SCHEMES


def wave_function(ket, x):
    """Sum of Hermite functions, by their recursion."""
    below, here = np.zeros_like(x), (2.0 * pi) ** -0.25 * np.exp(-(x**2) / 4.0)
    out = np.zeros(x.shape, dtype=complex)
    for n, amplitude in enumerate(ket):
        out += amplitude * here
        below, here = here, (x * here - sqrt(n) * below) / sqrt(n + 1)
    return out


@pytest.mark.parametrize("name", ["one photon", "three photons"])
def test_a_gate_with_a_heralded_state_adds_its_nullifier_variance(name):
    """The gadget on a position grid: data and resource as wave functions, every result m, corrections, inverse gate."""
    found = herald(*LEAST_NOISE[name].lossless(), LEAST_NOISE[name].counts, 40)
    ket = np.linalg.eigh(found.state)[1][:, -1]
    noise = gate_noise(found.state)
    g, c, r_data = noise.gamma, noise.shear, 0.2  # gain 1
    x, step = np.linspace(-8.0, 8.0, 720, retstep=True)
    m = np.linspace(-20.0, 20.0, 301)[:, None]
    psi = np.exp(-((x * exp(-r_data)) ** 2) / 4.0) * wave_function(ket, m + x)  # (m, x) after ControlledX(-1)
    slope_of = -(g * m + c / 2.0) * x**2 - (g * m**2 + c * m) * x - g * x**3 / 3.0
    psi = psi * np.exp(0.5j * slope_of)
    k = 2.0 * pi * np.fft.fftfreq(len(x), step)
    weight = np.abs(np.fft.fft(psi, axis=1)) ** 2
    p = 2.0 * k
    total, mean, square = weight.sum(), (weight * p).sum(), (weight * p**2).sum()
    variance = square / total - (mean / total) ** 2
    assert variance - exp(-2.0 * r_data) == pytest.approx(noise.variance, rel=2e-4)


def test_noise_ratio_of_known_states():
    """Squeezed vacuum at the best squeezing has 1, and the ideal cubic state V = e^{-2r}; both are limits of search."""
    vacuum = np.zeros((60, 60), dtype=complex)
    vacuum[0, 0] = 1.0
    assert gate_noise(vacuum).ratio == pytest.approx(1.0, rel=1e-12)
    assert (
        pytest.approx(min(exp(-2 * r) + 2 * exp(4 * r) for r in np.linspace(-1, 0.5, 3001)), rel=1e-6) == GAUSSIAN_NOISE
    )
    ket = cubic_target(0.3, 0.3, 100)
    ideal = gate_noise(np.outer(ket, ket.conj()))
    assert ideal.variance * (0.3 / ideal.gamma) ** (2 / 3) <= exp(-0.6) * (1 + 1e-6)
    assert nullifier_variance(np.outer(ket, ket.conj()), 0.3) == pytest.approx(exp(-0.6), rel=1e-4)


def test_noise_is_least_over_strength_and_shear():
    state = herald(*lossy(LEAST_NOISE["three photons"], HeraldLoss(0.97, 0.9, 0.93)), (1, 2), 40).state
    noise = gate_noise(state)
    lower = np.diag(np.sqrt(np.arange(1.0, 42)), 1)
    x, p = lower + lower.T, -1j * (lower - lower.T)

    def cost(gamma, c):
        n = (p - gamma * x @ x - c * x)[:, :40]
        mean = np.trace(n[:40] @ state).real
        return (np.trace(n.conj().T @ n @ state).real - mean**2) / (GAUSSIAN_NOISE * abs(gamma) ** (2 / 3))

    best = cost(noise.gamma, noise.shear)
    assert best == pytest.approx(noise.ratio, rel=1e-9)
    for dg, dc in ((0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)):
        assert cost(noise.gamma + dg, noise.shear + dc) > best


@pytest.mark.parametrize("eta", [1.0, 0.93])
def test_losses_part_by_part_agree_with_the_scheme(eta):
    scheme = SCHEMES["weak-cubic-0.3"]
    for found, expected in zip(lossy(scheme, HeraldLoss(1.0, eta, eta)), scheme.gaussian(eta), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    mean, cov = lossy(scheme, HeraldLoss(source=eta))
    np.testing.assert_allclose(cov, scheme.gaussian(eta)[1], atol=1e-12)
    np.testing.assert_allclose(mean, scheme.gaussian()[0], atol=1e-12)
    lost = [ops.Loss((m,), eta if m else eta**2) for m in range(3)]
    state = prepared_state(Circuit(3, (*scheme.operations(), *lost)))
    mean, cov = lossy(scheme, HeraldLoss(counters=eta, output=eta**2))
    np.testing.assert_allclose(mean, state.mean, atol=1e-12)
    np.testing.assert_allclose(cov, state.cov, atol=1e-12)


STATED = {  # benchmarks/HERALDING.md
    ("weak-cubic-0.3", LOSSLESS): (0.0480, 1.2395),
    ("weak-cubic-0.3", HeraldLoss(0.95, 0.95, 0.95)): (0.0440, 1.5477),
    ("one photon", LOSSLESS): (0.3122, 0.7168),
    ("one photon, with loss", HeraldLoss(0.95, 0.95, 0.95)): (0.1313, 0.7859),
    ("three photons", LOSSLESS): (0.0731, 0.5417),
    ("three photons, with loss", HeraldLoss(0.95, 0.95, 0.95)): (0.0087, 0.6653),
}


@pytest.mark.parametrize("name, loss", STATED)
def test_schemes_do_what_is_stated(name, loss):
    """The cutoff is judged by doubling it; fidelity says nothing of the noise."""
    scheme = {**SCHEMES, **LEAST_NOISE}[name]
    found = assess(scheme, loss)
    assert (found.probability, found.noise.ratio) == pytest.approx(STATED[name, loss], abs=5.1e-5)
    if loss == LOSSLESS:
        assert assess(scheme, loss, cutoff=80).noise.ratio == pytest.approx(found.noise.ratio, rel=1e-4)
        assert found.noise.ratio >= least_ratio(sum(scheme.counts)) - 1e-9


def test_high_fidelity_is_not_low_noise():
    target = weak_cubic_target(0.3, 4)
    wanted = assess(LEAST_NOISE["one photon"], gamma=0.66)
    assert wanted.nullifier > wanted.noise.variance  # without the shear
    faithful, quiet = (assess(s, LOSSLESS, target) for s in (SCHEMES["weak-cubic-0.3"], LEAST_NOISE["one photon"]))
    assert faithful.fidelity > 0.9999 and quiet.fidelity < 0.9
    assert faithful.noise.ratio > 1.2 and quiet.noise.ratio < 0.72


def test_the_bound_falls_with_photons_and_the_search_reaches_it():
    bounds = [least_ratio(n) for n in range(4)]
    assert bounds == sorted(bounds, reverse=True)
    found = assess(least_noise_scheme((1,), seed=3, restarts=1))
    assert bounds[1] - 1e-9 <= found.noise.ratio < 1.001 * bounds[1]


def test_multiplexing():
    """226 attempts for 99 % belong to a success of 2.02 %."""
    assert attempts_for(0.99, 0.0202) == 226
    for p in (0.01, 0.0202, 0.3, 1.0):
        n = attempts_for(0.99, p)
        assert success_of(n, p) >= 0.99 and (n == 1 or success_of(n - 1, p) < 0.99)
    scheme = LEAST_NOISE["one photon"]
    free, lossy_ = multiplexed(scheme, 0.99, 0.0), multiplexed(scheme, 0.99, 0.5)
    assert (free.attempts, free.switches) == (13, 4)
    assert free.resource == assess(scheme)
    assert lossy_.resource == assess(scheme, HeraldLoss(output=transmission(2.0)))
    assert lossy_.resource.noise.ratio > 0.9 > free.resource.noise.ratio


def test_equivalent_squeezing_of_an_ideal_resource_is_its_own():
    assert GateNoise(0.0, 0.2, 0.0, exp(-3.0)).equivalent_r(0.2) == pytest.approx(1.5)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: HeraldLoss(1.2), r"transmission must lie in \[0, 1\]"),
        (lambda: attempts_for(1.0, 0.1), r"success must lie in \[0, 1\)"),
        (lambda: attempts_for(0.9, 0.0), r"must lie in \(0, 1\]"),
        (lambda: success_of(-1, 0.1), "attempts must be >= 0"),
        (lambda: multiplexed(LEAST_NOISE["one photon"], 0.9, -1.0), "dB >= 0, found -1"),
        (lambda: least_ratio(-1), "must be >= 0, found -1"),
        (lambda: least_noise_scheme((1, 1, 1), 0, 1), "one or two modes"),
        (lambda: gate_noise(0.5 * np.eye(1, dtype=complex)), "trace 1 within 0.001, found 0.5"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)
