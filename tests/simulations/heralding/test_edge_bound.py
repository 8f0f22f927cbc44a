"""No Gaussian state beats the bound of one 3-edge; what a machine lacks follows from closed forms."""

from __future__ import annotations

from math import exp, log10, sqrt

import numpy as np
import pytest
from scipy.optimize import minimize
from thewalrus.random import random_covariance

from compiler.errors import InputError
from simulations.heralding.edge_bound import EdgeGap, gaussian_bound, squeezed_vacuum_noise, squeezed_vacuum_r

OTHERS = ((1, 2), (0, 2), (0, 1))


def mean_variance(mean, cov, w):
    """Mean variance of ``p_i - w x_j x_k`` in a Gaussian state, (x, p) in blocks, by Isserlis' theorem.

    With x = mean + d: ``x_j x_k = m_j m_k + m_j d_k + m_k d_j + d_j d_k``; odd moments of d vanish.
    """
    total = 0.0
    for i, (j, k) in enumerate(OTHERS):
        linear = np.zeros(6)
        linear[3 + i], linear[k], linear[j] = 1.0, -w * mean[j], -w * mean[k]
        total += linear @ cov @ linear + w**2 * (cov[j, j] * cov[k, k] + cov[j, k] ** 2)
    return total / 3.0


def test_isserlis_agrees_with_samples():
    """The formula of this file against 2 x 10^5 draws; fails falsely with probability below 1e-6 at 5 errors."""
    rng = np.random.default_rng(5)
    np.random.seed(5)  # thewalrus draws from the global generator
    cov, mean, w = random_covariance(3, hbar=2, pure=True) / 4.0, rng.normal(size=6), 0.4
    draws = rng.multivariate_normal(mean, cov, size=200_000)
    found = [draws[:, 3 + i] - w * draws[:, j] * draws[:, k] for i, (j, k) in enumerate(OTHERS)]
    spread = sqrt(sum(np.var((g - g.mean()) ** 2) for g in found) / 9.0 / 200_000) * sqrt(3.0)
    assert np.mean([g.var() for g in found]) == pytest.approx(mean_variance(mean, cov, w), abs=5.0 * spread)


@pytest.mark.parametrize("pure", [True, False])
def test_random_gaussian_states_stay_above_the_bound(pure):
    rng = np.random.default_rng(1)
    np.random.seed(1)
    for _ in range(300):
        w = float(rng.uniform(0.05, 2.0))
        cov = random_covariance(3, hbar=2, pure=pure)
        assert mean_variance(rng.normal(size=6), cov, w) > gaussian_bound(w)


@pytest.mark.parametrize("w", [0.05, 0.3, -0.3, 1.5])
def test_the_best_gaussian_state_reaches_the_bound(w):
    """Searched over pure states of covariance ``S S^T``, S a product of squeezers, shears by controlled-Z and means."""
    rng = np.random.default_rng(2)

    def value(parameters):
        scale = np.exp(parameters[:3])
        cov = np.zeros((6, 6))
        mix = np.linalg.cholesky(np.eye(3) + 0.0) + np.array([[0, *parameters[3:5]], [0, 0, parameters[5]], [0, 0, 0]])
        x = mix @ np.diag(scale)
        p = np.linalg.inv(x).T
        shear = np.zeros((3, 3))
        shear[np.triu_indices(3)] = parameters[6:12]
        shear = shear + shear.T
        symplectic = np.block([[x, np.zeros((3, 3))], [shear @ x, p]])
        cov = symplectic @ symplectic.T
        return mean_variance(np.concatenate([parameters[12:15], np.zeros(3)]), cov, w)

    found = [minimize(value, rng.normal(scale=0.4, size=15), method="BFGS").fun for _ in range(4)]
    assert min(found) == pytest.approx(gaussian_bound(w), rel=1e-6)
    assert min(found) >= gaussian_bound(w) * (1.0 - 1e-9)


def test_the_best_squeezed_vacuum_is_the_best():
    for gamma in (0.02, 0.2, -0.7):
        r = np.linspace(-3.0, 5.0, 80_001)
        variance = np.exp(-2.0 * r) + 2.0 * gamma**2 * np.exp(4.0 * r)
        assert squeezed_vacuum_noise(gamma) == pytest.approx(variance.min(), rel=1e-7)
        assert squeezed_vacuum_r(gamma) == pytest.approx(r[variance.argmin()], abs=2e-4)


@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_edge_is_refused(weight):
    with pytest.raises(InputError, match="weight of a 3-edge must be finite and not 0"):
        gaussian_bound(weight)


def gap(**changes):
    """A machine at weight 0.5 (bound 1.19055), all numbers plain."""
    plain = {
        "weight": 0.5,
        "squeezing": 0.5,
        "squeezed": 0.4,
        "loss_db": 0.0,
        "rest": 0.6,
        "coupling": 4.0 / 3.0,
        "gamma": 0.3,
        "resource": 0.3,
        "resource_r": 0.602,
        "states": "own",
    }
    return EdgeGap(**plain | changes)


def test_decibels_are_ratios_to_the_bound():
    bound = 1.5 * 0.5 ** (1.0 / 3.0)
    one = gap()
    assert one.variance == pytest.approx(1.0) and one.lacks_db == pytest.approx(-10.0 * log10(bound))
    assert one.needed_squeezing_db == 0.0  # the bound is above the vacuum
    assert gap(weight=0.1).needed_squeezing_db == pytest.approx(-10.0 * log10(1.5 * 0.02 ** (1.0 / 3.0)))
    # a resource that is exactly as far below squeezed vacuum as is needed makes V = T
    needed = squeezed_vacuum_noise(0.3) * 10.0 ** (-one.needed_resource_db / 10.0)
    assert gap(resource=needed).variance == pytest.approx(bound)
    perfect = squeezed_vacuum_noise(0.3) * 10.0 ** (-one.least_resource_db / 10.0)
    assert gap(rest=0.0, resource=perfect).variance == pytest.approx(bound)
    assert one.resource_db == pytest.approx(10.0 * log10(squeezed_vacuum_noise(0.3) / 0.3))
    # all noise lower by what is lacking makes V = T
    bad = gap(rest=5.0, resource=2.0)
    fall = 10.0 ** (-bad.lacks_db / 10.0)
    assert gap(rest=5.0 * fall, resource=2.0 * fall).variance == pytest.approx(bound)
    assert bad.needed_resource_db is None and bad.rest_lacks_db == pytest.approx(10.0 * log10(5.0 / bound))
    native = gap(coupling=0.0, gamma=0.0, resource=0.0, states="native")
    assert (native.needed_resource_db, native.least_resource_db, native.resource_db) == (None, None, None)


def test_what_is_lacking_is_said_in_words():
    bad = gap(weight=0.1, rest=5.0, states="missing", loss_db=3.0, assumed=("Shear",), unverified=("a.b",)).lines()
    lacks = "the machine lacks 11.2 dB for a 3-edge of weight 0.1: the nullifiers would have mean variance 5.4 "
    assert bad[0] == f"{lacks}(vacuum: 1), and no Gaussian state has less than 0.407"
    assert bad[1] == "perfect cubic states would still leave 10.9 dB lacking (variance 5)"
    assert bad[2] == (
        "the squeezed modes have at most 3.98 dB of squeezing after 3 dB of loss; "
        "more than 3.90 dB are needed, even with everything else perfect"
    )
    assert bad[3].startswith(
        "the machine makes no cubic states, so squeezed vacuum stands in for them; even with every"
    )
    assert bad[4:] == ("operations that the machine lacks, taken as free of noise: Shear", "unverified: a.b")
    (good, states) = gap(resource_mark="A").lines()
    assert good.startswith(
        "the machine has 0.8 dB to spare for a 3-edge of weight 0.5: the nullifiers have mean variance 1"
    )
    assert good.endswith(
        "this takes the best squeezing, r = 0.5 (4.34 dB) of the modes and r = 0.602 (5.23 dB) of the cubic states"
    )
    assert states.startswith("the noise of cubic states must be more than 3.82 dB below that of squeezed vacuum; at")
    assert states.endswith("at r = 0.602 (5.23 dB), which the profile assumes, it is 5.5 dB below")
    assert "which the profile states, it is" in gap(resource_mark="F").lines()[1]
    assert "at r = 0.602 (5.23 dB) it is 5.5 dB below" in gap().lines()[1]
    (native,) = gap(coupling=0.0, gamma=0.0, resource=0.0, states="native").lines()
    assert "to spare" in native and native.endswith("best squeezing, r = 0.5 (4.34 dB)")
    short = gap(resource=5.0).lines()
    assert short[1] == "perfect cubic states would be enough (variance 0.6)"
    assert short[2] == "the squeezed modes have at most 3.98 dB of squeezing"  # at weight 0.5 the vacuum has enough
    data = gap().to_json()
    assert data["lacks_db"] == gap().lacks_db and data["states"] == "own" and data["bound"] == gap().bound
    assert exp(-2.0 * data["resource_r"]) == pytest.approx(0.3, rel=1e-3)
