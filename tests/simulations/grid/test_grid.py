"""The grid simulator against closed forms, operation by operation, and against the exact simulator.

Deterministic runs are compared at 1e-4 of the variance, far above the grids' own error of about 1e-6 on these states.
Statistical tests fix their seed; a bound of 5 standard errors fails for 6e-7 of all seeds, one of 4 for 6e-5.
"""

from math import cos, exp, factorial, pi, sin, sqrt

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed, x_of
from scipy.stats import ks_2samp, kstest, norm

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from qumode_khrnn.studies.cross_check import lossy_edge_variance
from simulations import exact, grid
from simulations.grid import Grids
from simulations.grid import plan as grid_plan
from simulations.grid import run as grid_run
from simulations.grid.hermite import hermite_functions

ALPHA = (0.8, -0.5)
"""Displacement of the test states in x and p."""


def rng(seed=0):
    return np.random.default_rng(seed)


def state(modes):
    """Displaced squeezed states, different from each other."""
    out = []
    for m in range(modes):
        out += [ops.PrepareSqueezed((m,), 0.3 - 0.5 * m), ops.Displacement((m,), ALPHA[0] + m, ALPHA[1] - m)]
    return tuple(out)


def state_moments(modes):
    x, p = ([a + s * m for m in range(modes)] for a, s in zip(ALPHA, (1, -1), strict=True))
    r = [0.3 - 0.5 * m for m in range(modes)]
    return np.array([*x, *p]), np.diag([*(exp(-2 * v) for v in r), *(exp(2 * v) for v in r)])


def read_both(operations, modes):
    """Mean and variance of x and of p of every mode, from two runs."""
    found = []
    for angle in (0.0, pi / 2):
        ends = tuple(ops.Homodyne((m,), angle, f"y{m}") for m in range(modes))
        found += grid.moments(Circuit(modes, (*state(modes), *operations, *ends)), rng(), 50)
    return np.array([f.mean for f in found]), np.array([f.variance for f in found])


def turn(angle):
    return np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])


def of_unitary(u):
    u = np.array(u)
    return np.block([[u.real, -u.imag], [u.imag, u.real]])


def splitter(theta, phi):
    c, s = cos(theta), sin(theta)
    return of_unitary([[c, -s * np.exp(-1j * phi)], [s * np.exp(1j * phi), c]])


def unitary(n, seed=3):
    generator = rng(seed)
    return np.linalg.qr(generator.normal(size=(n, n)) + 1j * generator.normal(size=(n, n)))[0]


U3 = unitary(3)


@pytest.mark.parametrize(
    ("op", "matrix"),
    [
        *((ops.Rotation((0,), a), turn(a)) for a in (0.3, pi / 2, -2.0, 3.0, 7.0)),
        (ops.Squeeze((0,), 0.4), np.diag([exp(-0.4), exp(0.4)])),
        (ops.Shear((0,), 0.6), np.array([[1.0, 0.0], [0.6, 1.0]])),
        (ops.BeamSplitter((0, 1), 0.4), splitter(0.4, 0.0)),
        (ops.BeamSplitter((0, 1), 2.5), splitter(2.5, 0.0)),
        (ops.BeamSplitter((0, 1), 0.7, 1.1), splitter(0.7, 1.1)),
        (ops.BeamSplitter((0, 1), -1.6, -2.2), splitter(-1.6, -2.2)),
        (ops.ControlledX((0, 1), 0.7), np.array([[1, 0, 0, 0], [0.7, 1, 0, 0], [0, 0, 1, -0.7], [0, 0, 0, 1]])),
        (ops.ControlledZ((0, 1), 0.7), np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0.7, 1, 0], [0.7, 0, 0, 1]])),
        (ops.Interferometer((0, 1, 2), tuple(map(tuple, U3.tolist()))), of_unitary(U3)),
    ],
    ids=str,
)
def test_gaussian_gates_do_what_their_matrices_say(op, matrix):
    modes = len(matrix) // 2
    mean, cov = state_moments(modes)
    found, variances = read_both((op,), modes)
    assert found == pytest.approx(matrix @ mean, abs=1e-4)
    assert variances == pytest.approx(np.diag(matrix @ cov @ matrix.T), rel=1e-4)


def test_displacement_moves_the_means_only():
    mean, cov = state_moments(1)
    found, variances = read_both((ops.Displacement((0,), 2.0, -30.0),), 1)
    assert found == pytest.approx(mean + np.array([2.0, -30.0]), abs=1e-4)
    assert variances == pytest.approx(np.diag(cov), rel=1e-4)


def central(mean, variance, order):
    """E[x^order] of a normal variable."""
    z, w = np.polynomial.hermite_e.hermegauss(12)
    return float(w @ (mean + sqrt(variance) * z) ** order) / sqrt(2 * pi)


@pytest.mark.parametrize(
    ("op", "strength", "power"),
    [
        (ops.CubicPhase((0,), 0.3), 0.3, 2),
        (ops.PhasePower((0,), 4, 0.1), 0.1, 3),
        (ops.PhasePower((0,), 1, 0.7), 0.7, 0),
        (edge(0, 0, 0, weight=0.1), 0.3, 2),
    ],
)
def test_phase_powers_add_a_power_of_x_to_p(op, strength, power):
    # x and p are uncorrelated before, so that var p + strength^2 var x^power
    mean, cov = state_moments(1)
    first, second = (central(mean[0], cov[0, 0], k * power) for k in (1, 2))
    found, variances = read_both((op,), 1)
    assert found == pytest.approx([mean[0], mean[1] + strength * first], abs=1e-4)
    assert variances == pytest.approx([cov[0, 0], cov[1, 1] + strength**2 * (second - first**2)], rel=1e-4)


def test_prepared_cubic_state():
    mean, variance = {}, {}
    for read in (x_of(0), p_of(0)):
        (found,) = grid.moments(Circuit(1, (ops.PrepareCubic((0,), 0.2, 0.4), read)))
        mean[found.name], variance[found.name] = found.mean, found.variance
    assert mean == pytest.approx({"x": 0.0, "p": 0.2 * exp(0.8)}, abs=1e-4)
    assert variance == pytest.approx({"x": exp(0.8), "p": exp(-0.8) + 2 * 0.04 * exp(1.6)}, rel=1e-4)


@pytest.mark.parametrize("kappa", [0.1, -0.7, pi / 2])
def test_kerr_gate_on_a_coherent_state(kappa):
    # exp(-i k n^2) a exp(i k n^2) = a exp(i k (2 n + 1)), and <z^n> = exp(|alpha|^2 (z - 1)); x + i p = 2 a
    alpha = 0.6 - 0.4j
    expected = 2 * alpha * np.exp(abs(alpha) ** 2 * (np.exp(2j * kappa) - 1) + 1j * kappa)
    head = (ops.Displacement((0,), 2 * alpha.real, 2 * alpha.imag), ops.Kerr((0,), kappa))
    x, p = (grid.moments(Circuit(1, (*head, read)))[0] for read in (x_of(0), p_of(0)))
    assert (x.mean, p.mean) == pytest.approx((expected.real, expected.imag), abs=1e-4)
    energy = 4 * abs(alpha) ** 2 + 2  # the photon number is kept: E[x^2 + p^2] = 4 |alpha|^2 + 2
    assert x.variance + p.variance + x.mean**2 + p.mean**2 == pytest.approx(energy, abs=1e-4)


@pytest.mark.parametrize(
    ("op", "keep", "added"),
    [
        (ops.Loss((0,), 0.6), sqrt(0.6), (0.4, 0.4)),
        (ops.ThermalLoss((0,), 0.7, 0.5), sqrt(0.7), (0.6, 0.6)),
        (ops.DisplacementNoise((0,), 0.3, 0.1), 1.0, (0.3, 0.1)),
    ],
)
@pytest.mark.parametrize("absorbed", [True, False])
def test_noise_channels(op, keep, added, absorbed):
    mean, cov = state_moments(1)
    after = () if absorbed else (ops.Squeeze((0,), 0.0),)  # anything but a readout: trajectories
    for axis, read in enumerate((x_of(0), p_of(0))):
        (found,) = grid.moments(Circuit(1, (*state(1), op, *after, read)), rng(4), 3000)
        expected = keep**2 * cov[axis, axis] + added[axis]
        if absorbed:
            assert found.stderr == 0.0
            assert found.mean == pytest.approx(keep * mean[axis], abs=1e-4)
            assert found.variance == pytest.approx(expected, rel=1e-4)
        else:
            assert abs(found.mean - keep * mean[axis]) < 5 * sqrt(expected / 3000)
            assert abs(found.variance - expected) < 5 * found.stderr + 1e-4


@pytest.mark.parametrize("variance", [0.05, 0.6])
def test_dephasing_shrinks_means(variance):
    shots = 3000
    for read, mean in ((x_of(0), ALPHA[0]), (p_of(0), ALPHA[1])):
        (found,) = grid.moments(Circuit(1, (*state(1), ops.Dephasing((0,), variance), read)), rng(5), shots)
        second = 0.5 * (ALPHA[0] ** 2 + ALPHA[1] ** 2 + exp(-0.6) + exp(0.6))  # half the energy, and what is left of
        sign = 1.0 if read.angle == 0.0 else -1.0  # the difference
        second += sign * 0.5 * (ALPHA[0] ** 2 - ALPHA[1] ** 2 + exp(-0.6) - exp(0.6)) * exp(-2 * variance)
        assert abs(found.mean - mean * exp(-variance / 2)) < 5 * sqrt(second / shots)
        expected = second - mean**2 * exp(-variance)
        assert abs(found.variance - expected) < 5 * found.stderr + 10 * second / shots


def test_full_loss_on_the_way_is_vacuum():
    # was a division by zero
    head = (*state(2), ops.ControlledX((0, 1), 0.5), ops.Loss((0,), 0.0), ops.CubicPhase((0,), 0.3))
    found = grid.moments(Circuit(2, (*head, p_of(0), x_of(1))), rng(6), 500)
    assert (found[0].mean, found[0].variance) == pytest.approx((0.3, 1.0 + 2 * 0.09), rel=1e-4)
    variance = exp(0.4) + 0.25 * exp(-0.6)
    assert abs(found[1].variance - variance) < 5 * found[1].stderr + 1e-4


LOSSY = tuple(ops.Loss((m,), 0.9) for m in range(3))


def test_lossy_edge():
    expected = lossy_edge_variance(0.5, 0.3, 0.9)
    (end,) = grid.moments(Circuit(3, (*squeezed(3, 0.5), edge(0, 1, 2), *LOSSY, p_of(0))))
    assert end.stderr == 0.0
    assert end.variance == pytest.approx(expected, abs=1e-4)
    assert abs(end.variance - expected) < 3 * end.grid_error + 1e-6
    early = (*squeezed(3, 0.2), *LOSSY, edge(0, 1, 2), p_of(0))
    (middle,) = grid.moments(Circuit(3, early), rng(7), 60)
    # before the edge: every mode is eta s + 1 - eta, and the edge multiplies the positions of two of them
    x, p = (0.9 * exp(s) + 0.1 for s in (0.4, -0.4))
    assert middle.stderr > 0.0
    assert abs(middle.variance - (p + 0.09 * x**2)) < 4 * middle.stderr + 1e-3


KNOWN = (
    Circuit(1, (ops.PrepareSqueezed((0,), -0.5), ops.CubicPhase((0,), 0.2), p_of(0))),
    Circuit(1, (ops.PrepareSqueezed((0,), -0.7), ops.CubicPhase((0,), 0.5), ops.Rotation((0,), 0.5 * pi), p_of(0))),
    Circuit(3, (*squeezed(3, 0.6), edge(0, 1, 2), p_of(0))),
    Circuit(2, (*squeezed(2, 0.8), edge(0, 0, 1), ops.BeamSplitter((0, 1), 0.4), p_of(0), x_of(1))),
)


@pytest.mark.parametrize("circuit", KNOWN)
@pytest.mark.parametrize("grids", [Grids(), Grids(widen=0.7), Grids(widen=1.0, slack=0.8)], ids=str)
def test_reported_grid_errors_are_honest(circuit, grids):
    closed = exact.moments(circuit)
    for found in grid.moments(circuit, grids=grids):
        mean, variance = closed.of(found.name)
        error = max(abs(found.mean - mean), abs(found.variance - variance))
        assert error < 5 * found.grid_error + 1e-7


def test_bad_grids_are_seen_to_be_bad():
    circuit = KNOWN[0]
    (good,), (bad,) = (grid.moments(circuit, grids=g) for g in (Grids(), Grids(widen=0.7)))
    expected = exact.moments(circuit).of("p")[1]
    assert bad.grid_error > 1e-3
    assert good.grid_error < 0.1 * bad.grid_error
    assert abs(bad.variance - expected) > 10 * abs(good.variance - expected)
    assert grid.sampling_error(circuit, 1, Grids(widen=0.7)) > 10 * grid.sampling_error(circuit, 1)
    assert grid.sampling_error(circuit, 1) < 1e-2


def test_too_many_modes_and_too_steep_phases_are_refused():
    entangled = tuple(ops.ControlledX((m, m + 1), 0.5) for m in range(7))
    reads = tuple(x_of(m, f"x{m}") for m in range(8))
    momenta = tuple(p_of(m, f"p{m}") for m in range(8))
    many = Circuit(8, (*entangled, *entangled[::-1], *momenta))
    for run in (
        lambda: grid.sample(many, 2, rng()),
        lambda: grid.moments(many),
        lambda: grid.final_wave(Circuit(8, entangled)),
        # nothing ties these modes, but a deterministic run and a final wave keep them all: 16^8 amplitudes
        lambda: grid.moments(Circuit(8, reads)),
        lambda: grid.final_wave(Circuit(8)),
    ):
        with pytest.raises(InputError, match=r"grid back end needs .* points for modes"):
            run()
    assert set(grid.sample(Circuit(8, reads), 2, rng()).results) == {f"x{m}" for m in range(8)}
    # a chain is read from its beginning while it is being made: two modes at a time
    assert set(grid.sample(Circuit(8, (*entangled, *momenta)), 2, rng()).results) == {f"p{m}" for m in range(8)}
    for strength in (1e3, 1e300):
        steep = Circuit(1, (*squeezed(1, 1.0), ops.CubicPhase((0,), strength), p_of(0)))
        for run in (lambda c=steep: grid.sample(c, 2, rng()), lambda c=steep: grid.moments(c)):
            with pytest.raises(InputError, match="a grid for mode 0 would need"):
                run()


M = Polynomial.monomial(("m",), 0.4)
FED = (
    ops.Displacement((0,), M, M),
    ops.Shear((0,), M),
    ops.CubicPhase((0,), M),
    ops.PhasePower((0,), 4, 0.05 * M),
    ops.ControlledZ((0, 1), M),
    ops.phase(Polynomial.monomial((0, 1, "m"), 0.3) + Polynomial.monomial((0, 0, 0, "m"), 0.05)),
    ops.Rotation((0,), M),
    ops.Rotation((0,), M + Polynomial.constant(3.0)),
    ops.Squeeze((0,), 0.3 * M),
    ops.ControlledX((1, 0), M),
    ops.BeamSplitter((0, 1), M),
    ops.BeamSplitter((0, 1), 0.7, M),
)


@pytest.mark.parametrize("fed", FED, ids=str)
@pytest.mark.parametrize("axis", [0, 1])
def test_feed_forward_through_every_parameter(fed, axis):
    """Given m each gate is known; the moments are means over m of those of the gate with that number."""
    modes = len(fed.modes)
    head = (*state(modes), ops.PrepareSqueezed((modes,), -0.1))
    read = x_of(0, "y") if axis == 0 else p_of(0, "y")
    (_, found) = grid.moments(Circuit(modes + 1, (*head, x_of(modes, "m"), fed, read)), rng(8), 100)
    z, w = np.polynomial.hermite_e.hermegauss(24)
    mean, square = 0.0, 0.0
    for value, weight in zip(exp(0.1) * z, w / sqrt(2 * pi), strict=True):
        changed = dict(fed.parameters())
        for key, polynomial in changed.items():
            if isinstance(fed, ops.PolynomialPhase):
                parts = {modes: c.evaluate({"m": value}) for modes, c in polynomial.parts().items()}
                changed[key] = Polynomial(parts)
            elif isinstance(polynomial, Polynomial):
                changed[key] = float(polynomial.evaluate({"m": value}))
        one = exact.moments(Circuit(modes, (*state(modes), type(fed)(fed.modes, **changed), read))).of("y")
        mean, square = mean + weight * one[0], square + weight * (one[1] + one[0] ** 2)
    variance = square - mean**2
    # the conditional mean varies less than the readout: its standard error is at most sqrt(variance / 100)
    assert abs(found.mean - mean) < 5 * sqrt(variance / 100)
    assert abs(found.variance - variance) < 5 * found.stderr + 25 * variance / 100
    assert found.grid_error < 0.02 * variance


def test_feed_forward_agrees_with_the_exact_simulator_in_law():
    m = Polynomial.monomial(("m",), 0.5)
    body = (*squeezed(2, 0.4), ops.ControlledX((0, 1), 0.8), ops.Loss((0,), 0.8), x_of(1, "m"))
    circuit = Circuit(2, (*body, ops.CubicPhase((0,), m), ops.Displacement((0,), m, 0.2), p_of(0)))
    one, two = (f(circuit, shots, rng(shots)).results for f, shots in ((exact.simulate, 4000), (grid.sample, 800)))
    # 2 tests at 1e-4 each
    assert ks_2samp(one["p"], two["p"]).pvalue > 1e-4
    assert ks_2samp(one["p"] * one["m"], two["p"] * two["m"]).pvalue > 1e-4


def test_samples_follow_the_density():
    values = grid.sample(Circuit(1, (*state(1), ops.Rotation((0,), 0.6), x_of(0))), 20_000, rng(9)).results["x"]
    mean, cov = state_moments(1)
    row = turn(0.6)[0]
    assert kstest(values, norm(row @ mean, sqrt(row @ cov @ row)).cdf).pvalue > 1e-4
    # an oscillating density: p of a cubic state, against the exact simulator's Fourier readout
    circuit = Circuit(1, (*squeezed(1, 0.5), ops.CubicPhase((0,), 0.4), p_of(0)))
    one, two = (f(circuit, 20_000, rng(i)).results["p"] for i, f in enumerate((exact.simulate, grid.sample)))
    assert ks_2samp(one, two).pvalue > 1e-4


def test_fock_amplitudes_of_coherent_and_squeezed_states():
    alpha, r, cutoff = 0.7 - 0.4j, 0.5, 12
    n = np.arange(cutoff)
    coherent = exp(-0.5 * abs(alpha) ** 2) * alpha**n / np.sqrt([float(factorial(k)) for k in n])
    vacuum = np.zeros(cutoff)
    for k in range(0, cutoff, 2):  # S(r)|0> with x -> e^{-r} x
        half = k // 2
        vacuum[k] = sqrt(factorial(k)) / (2**half * factorial(half)) * (-np.tanh(r)) ** half / sqrt(np.cosh(r))
    head = (ops.Displacement((0,), 2 * alpha.real, 2 * alpha.imag), ops.PrepareSqueezed((1,), r))
    found = grid.final_wave(Circuit(2, head)).fock((cutoff, cutoff))
    expected = np.outer(coherent, vacuum)
    assert found.shape == (cutoff, cutoff)
    overlap = np.vdot(expected, found)  # a displacement's phase is global
    assert abs(overlap) == pytest.approx(np.vdot(expected, expected).real, abs=1e-6)
    assert found == pytest.approx(
        expected * overlap / abs(overlap), abs=1e-4
    )  # the grid ends where the amplitude is 2e-4


def test_hermite_functions_are_orthonormal_and_sorted_by_energy():
    x = np.linspace(-25, 25, 2000, endpoint=False)
    states = hermite_functions(x, 40)
    assert states @ states.T * (x[1] - x[0]) == pytest.approx(np.eye(40), abs=1e-9)
    assert (states**2 @ x**2) * (x[1] - x[0]) == pytest.approx(2 * np.arange(40) + 1, rel=1e-9)


def test_seeds_reproduce_and_progress_counts_shots(monkeypatch):
    circuit = Circuit(1, (*squeezed(1, 0.3), ops.Loss((0,), 0.8), ops.CubicPhase((0,), 0.1), p_of(0)))
    first, again, other = (grid.sample(circuit, 50, rng(s)).results["p"] for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    monkeypatch.setattr("simulations.grid.plan.GROUP_AMPLITUDES", 300)
    seen = []
    values = grid.sample(circuit, 50, rng(1), progress=seen.append).results["p"]
    assert seen == sorted(seen) and seen[-1] == 50 and len(seen) > 3
    assert len(np.unique(values)) == 50


def test_what_cannot_be_done_is_said():
    noisy = Circuit(1, (ops.Dephasing((0,), 0.1), x_of(0)))
    with pytest.raises(InputError, match="needs a random generator; give one"):
        grid.moments(noisy)
    with pytest.raises(InputError, match="without noise and readouts"):
        grid.final_wave(noisy)
    with pytest.raises(InputError, match="at least 1"):
        grid.sample(noisy, 0, rng())


@pytest.mark.parametrize("shear", [0.3, 1.5])
def test_grids_follow_a_wave_that_left_their_middle(shear):
    # a large momentum becomes a position by a quarter turn; the shear then needs another grid, around that position
    head = (ops.Displacement((0,), 2.0, -15.0), ops.Rotation((0,), pi / 2), ops.Squeeze((0,), 0.2))
    circuit = Circuit(1, (*head, ops.Shear((0,), shear), p_of(0)))
    (found,) = grid.moments(circuit)
    assert (found.mean, found.variance) == pytest.approx(exact.moments(circuit).of("p"), rel=1e-4)


def test_grids_are_compared_with_the_same_random_numbers(monkeypatch):
    """The error is that of the grid, also where only the coarse grid leaves room for several shots in a group."""
    losses = (ops.Loss((0,), 0.8), ops.Loss((1,), 0.7))
    circuit = Circuit(2, (*squeezed(2, 0.4), *losses, edge(0, 1), p_of(0), x_of(1, "x1")))
    monkeypatch.setattr(grid_plan, "GROUP_AMPLITUDES", 3_000)
    groups = [grid_plan.planned(circuit, grids, 12).group for grids in (Grids(), Grids().finer())]
    assert groups[0] > groups[1]
    assert grid_run.sampling_error(circuit, 3) < 1e-3
    assert all(row.grid_error < 1e-3 for row in grid.moments(circuit, rng(4), 12))
