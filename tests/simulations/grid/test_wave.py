"""Kerr gates on waves whose centre differs from shot to shot: coherent states in closed form."""

import numpy as np
import pytest
from random_programs import p_of, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations import grid
from simulations.grid.wave import Wave


def turned(alpha, kappa):
    """<a> and <a^2> after exp(i kappa n^2) on coherent states: <z^n> = exp(|alpha|^2 (z - 1))."""
    alpha, size = np.asarray(alpha), np.abs(alpha) ** 2
    first = alpha * np.exp(size * (np.exp(2j * kappa) - 1) + 1j * kappa)
    second = alpha**2 * np.exp(size * (np.exp(4j * kappa) - 1) + 4j * kappa)
    return first, second


@pytest.mark.parametrize("kappa", [0.2, -0.6])
@pytest.mark.parametrize("momenta", [(0.0, 0.0, 0.0), (0.4, -1.0, 1.5)])
def test_kerr_gate_on_shots_with_centres_of_their_own(kappa, momenta):
    x, p = np.array([-1.7, 0.2, 2.6]), np.array(momenta)
    alpha = (x + 1j * p) / 2
    first, second = turned(alpha, kappa)
    for quarter in (0.0, np.pi / 2):  # x, and p as the position after a quarter turn back
        wave = Wave(3, np.random.default_rng(0))
        wave.add_mode(0, 1.0, 160, 0.16)
        wave.move(0, x, p)
        wave.kerr(0, kappa)
        wave.rotate(0, np.array([-quarter]))
        mean, variance = wave.position_moments(0)
        phase = np.exp(-1j * quarter)
        expected = 2 * (phase * first).real
        square = 2 * (phase**2 * second).real + 2 * np.abs(alpha) ** 2 + 1
        assert mean == pytest.approx(expected, abs=1e-5)
        assert variance == pytest.approx(square - expected**2, abs=1e-5)


def test_kerr_gate_after_a_displacement_by_a_result():
    """The readout is the mean over m ~ N(0, e^{-1}) of the closed form at alpha = (1 + 0.8 m + 0.5 i m) / 2."""
    fed = ops.Displacement(
        (0,), 0.8 * Polynomial.monomial(("m",)) + Polynomial.constant(1.0), Polynomial.monomial(("m",), 0.5)
    )
    z, weight = np.polynomial.hermite_e.hermegauss(40)
    m = np.exp(-0.5) * z
    alpha = ((1.0 + 0.8 * m) + 0.5j * m) / 2
    first, second = (weight @ value / np.sqrt(2 * np.pi) for value in turned(alpha, 0.5))
    photons = weight @ np.abs(alpha) ** 2 / np.sqrt(2 * np.pi)
    for read, phase in ((x_of(0, "y"), 1.0), (p_of(0, "y"), -1j)):
        circuit = Circuit(2, (ops.PrepareSqueezed((1,), 0.5), x_of(1, "m"), fed, ops.Kerr((0,), 0.5), read))
        (_, found) = grid.moments(circuit, np.random.default_rng(3), 200)
        mean = 2 * (phase * first).real
        variance = 2 * (phase**2 * second).real + 2 * photons + 1 - mean**2
        assert abs(found.mean - mean) < 5 * np.sqrt(variance / 200)
        assert abs(found.variance - variance) < 5 * found.stderr + 25 * variance / 200
        assert found.grid_error < 0.02 * variance
