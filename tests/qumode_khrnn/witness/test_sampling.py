"""Bits of the network and of the phase-space sampler, by one estimator, against the closed forms."""

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PrepareVacuum
from qumode_khrnn.witness.circuits import context_circuit
from qumode_khrnn.witness.law import BOUND, exponents, network_value, sampler_value
from qumode_khrnn.witness.sampling import BATCH, Network, PhaseSpaceSampler, estimate
from qumode_khrnn.witness.triangle import Triangle

TRIANGLES = [Triangle(), Triangle(1.0, 1.0, 0.05), Triangle(2.0, 0.5, 0.1)]


@pytest.mark.parametrize("triangle", TRIANGLES)
@pytest.mark.parametrize(
    ("player", "law"), [(Network(), network_value), (PhaseSpaceSampler(), sampler_value)], ids=["network", "sampler"]
)
def test_estimates_follow_the_closed_forms(triangle, player, law):
    """40,000 shots per context: S within 5 standard errors (each case fails falsely with 6e-7)."""
    exact = law(*exponents(triangle.weight, triangle.squeezing, triangle.loss))
    found = estimate(triangle, player, 40_000, np.random.default_rng(11))
    assert abs(found.value - exact) <= 5.0 * found.standard_error
    assert 0.003 < found.standard_error < 0.01
    if player.as_operators is False:
        assert found.value + 5.0 * found.standard_error < BOUND


def test_the_sampler_and_the_network_have_the_same_bits_and_another_product():
    """Means of every context within 5 standard errors of their difference; S differs by twice e^-v."""
    rng = np.random.default_rng(2)
    ours, theirs = (estimate(Triangle(), player, 40_000, rng) for player in (Network(), PhaseSpaceSampler()))
    assert np.abs(np.subtract(ours.means, theirs.means)).max() < 5.0 * np.sqrt(2.0 / 40_000)
    assert ours.value - theirs.value == pytest.approx(2 * 0.726966, abs=0.05)


def test_standard_errors_are_those_of_many_experiments():
    """500 experiments of 100 shots: their spread is the stated error within 15 % (4.7 sigma)."""
    rng = np.random.default_rng(4)
    found = [estimate(Triangle(1.0, 0.6), Network(), 100, rng) for _ in range(500)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.15)


def test_one_shot_does_not_claim_to_be_exact():
    found = estimate(Triangle(), Network(), 1, np.random.default_rng(0))
    assert found.standard_error > 1.0 and set(found.means) <= {1.0, -1.0}


def test_batches_of_points_are_joined():
    triangle = Triangle()
    circuit = context_circuit(triangle, triangle.contexts()[0])
    bits = PhaseSpaceSampler().bits(circuit, BATCH + 7, np.random.default_rng(1))
    assert bits.shape == (BATCH + 7,) and set(np.unique(bits)) == {-1.0, 1.0}


def test_what_cannot_be_sampled_is_refused():
    rng = np.random.default_rng(0)
    for shots in (0, -3, 10**9):
        with pytest.raises(InputError, match="shots per context"):
            estimate(Triangle(), Network(), shots, rng)
    with pytest.raises(InputError, match="circuits of the triangle"):
        PhaseSpaceSampler().bits(Circuit(1, (PrepareVacuum((0,)),)), 10, rng)
