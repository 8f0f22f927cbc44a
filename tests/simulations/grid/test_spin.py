"""Pulses on a grid of positions and a spin agree with ideal gates and with stated bounds."""

from math import erfc, pi, sqrt

import numpy as np
import pytest
from ions_support import EXTENT, WEIGHT, edge_of_three_modes

from compiler.errors import InputError
from compiler.ions import GaussianExtent, Interval, SpinRotation, compile_edge, phonon_bound
from compiler.ions.program import SpinDisplacement
from compiler.ions.readout import bit_probability
from compiler.ir.polynomial import Polynomial
from simulations.grid.spin import SpinGrid, simulate_ion_program


@pytest.fixture(scope="module")
def edge():
    """One edge: k = 3, w = 0.3, |u . x| <= 4, error 1e-2; searched for once."""
    return edge_of_three_modes()


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
