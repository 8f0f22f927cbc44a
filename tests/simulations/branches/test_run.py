"""Runs on branches: positions, quadratures, feed-forward, selections, random rotations, order of results, seeds.

Statistical tests fix their seed; bounds on p-values are 1e-4, and bounds on means 5 standard errors (a false failure in
6e-7 of all seeds).
"""

from math import cos, exp, pi, sqrt

import numpy as np
import pytest
from position_grid import PositionGrid, gaussian
from random_programs import edge, squeezed
from scipy.stats import kstest, norm

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.branches.histories import Histories
from simulations.branches.play import apply
from simulations.branches.readouts import PositionDensity
from simulations.branches.run import final, probabilities, sample

SHOTS = 4_000


def rng(seed=0):
    return np.random.default_rng(seed)


def bit(alpha, beta, name, modes=None):
    return ops.DisplacementReadout(modes or tuple(range(len(alpha))), tuple(alpha), tuple(beta), name)


def x_of(mode, name="x"):
    return ops.Homodyne((mode,), 0.0, name)


def near(values, mean, deviation):
    assert abs(values.mean() - mean) < 5 * deviation / sqrt(len(values))


def cat(x, p):
    """Wave function of an even cat, not normalised."""
    one, other = gaussian(1.0, x, p), gaussian(1.0, -x, -p)
    return lambda y: one(y) + other(y)  # both have the phase e^{-i x p / 4}


# --- positions -------------------------------------------------------------------------------------------------------


def grid_cdf(axis, density):
    total = np.cumsum(density) - 0.5 * density
    return lambda y: np.interp(y, axis, total / total[-1])


@pytest.mark.parametrize("angle", [0.0, pi])
def test_a_position_after_bits_has_the_density_of_a_grid(angle):
    body = (*squeezed(2, 0.3), edge(0, 0, 1, weight=0.3))
    read = bit((0.5, -0.3), (0.4, 0.2), "b")
    circuit = Circuit(2, (*body, read, ops.Homodyne((0,), angle, "x")))
    grid = PositionGrid([gaussian(exp(0.6))] * 2, 18, 256)
    grid.phase((0, 0, 1), 0.3)
    drawn = sample(circuit, SHOTS, rng(1)).results
    for sign in (1, -1):
        after = grid.read((0.5, -0.3), (0.4, 0.2), sign)
        near((drawn["b"] == sign).astype(float), after.norm, sqrt(after.norm * (1 - after.norm)))
        cdf = grid_cdf(after.axes[0], after.density(0))
        assert kstest(np.cos(angle) * drawn["x"][drawn["b"] == sign], cdf).pvalue > 1e-4


@pytest.mark.parametrize("mode", [0, 1])
def test_few_positions_are_drawn_by_rejection_from_the_density_of_a_grid(mode):
    """Packets that interfere, under a cubic phase: 2,000 draws one by one, p > 1e-4."""
    grid = PositionGrid([cat(1.2, 0.3), cat(0.9, -0.4)], 18, 256)
    grid.phase((0, 0, 1), 0.2)
    grid.beamsplitter(0, 1, 0.5)
    body = [ops.PrepareCat((0,), 1.2, 0.3, 0.0), ops.PrepareCat((1,), 0.9, -0.4, 0.0), edge(0, 0, 1, weight=0.2)]
    state = final(Circuit(2, (*body, ops.BeamSplitter((0, 1), 0.5)))).state
    drawn = PositionDensity.of(state, mode).rejected(2_000, rng(mode))
    assert len(drawn) == 2_000
    assert kstest(drawn, grid_cdf(grid.axes[mode], grid.density(mode))).pvalue > 1e-4


def test_a_bit_after_a_position_has_the_probability_of_a_grid():
    """Given x_0 = y the other mode is a slice of the wave function."""
    circuit = Circuit(
        2,
        (
            *squeezed(2, 0.3),
            edge(0, 1, 1, weight=0.3),
            ops.ControlledX((0, 1), 0.4),
            x_of(0),
            bit((0.4,), (0.3,), "b", (1,)),
        ),
    )
    drawn = sample(circuit, 1_500, rng(2)).results
    grid = PositionGrid([gaussian(exp(0.6))] * 2, 18, 256)
    grid.phase((0, 1, 1), 0.3)
    grid.shear(1, 0, 0.4)
    displaced = grid.displaced((0.0, 0.4), (0.0, 0.3))
    weight = (np.abs(grid.wave) ** 2).sum(axis=1)
    value = (np.conj(grid.wave) * displaced.wave).sum(axis=1).real / np.where(weight > 1e-14, weight, np.inf)
    expected = np.interp(drawn["x"], grid.axes[0], value)
    near(drawn["b"] - expected, 0.0, sqrt(float((1 - expected**2).mean())))
    # and exactly, for one position
    fixed = Circuit(2, (*circuit.operations[:-2], ops.PostSelect((0,), 0.0, grid.axes[0][140]), circuit.operations[-1]))
    assert probabilities(fixed)[(1,)] == pytest.approx(0.5 + 0.5 * value[140], abs=1e-9)


@pytest.mark.parametrize("index", [100, 140, 150])
def test_a_position_of_cats_under_a_cubic_phase_fixes_the_other_mode(index):
    """Branches with curvatures of their own: given x_0, mode 1 is a slice of the wave function."""
    grid = PositionGrid([cat(1.2, 0.3), cat(0.9, -0.4)], 18, 256)
    grid.phase((0, 1, 1), 0.3)
    grid.phase((0, 0, 0), 0.1)
    grid.beamsplitter(0, 1, 0.5)
    displaced = grid.displaced((0.0, 0.4), (0.0, 0.3))
    value = np.vdot(grid.wave[index], displaced.wave[index]).real / np.vdot(grid.wave[index], grid.wave[index]).real
    circuit = Circuit(
        2,
        (
            ops.PrepareCat((0,), 1.2, 0.3, 0.0),
            ops.PrepareCat((1,), 0.9, -0.4, 0.0),
            edge(0, 1, 1, weight=0.3),
            edge(0, 0, 0, weight=0.1),
            ops.BeamSplitter((0, 1), 0.5),
            ops.PostSelect((0,), 0.0, grid.axes[0][index]),
            bit((0.4,), (0.3,), "b", (1,)),
        ),
    )
    assert probabilities(circuit)[(1,)] == pytest.approx(0.5 + 0.5 * value, abs=1e-9)


def test_several_positions_follow_their_joint_law():
    """A Gaussian program: the covariance of three positions, sample by sample normal."""
    circuit = Circuit(
        3,
        (
            *(ops.PrepareSqueezed((m,), 0.2 * m) for m in range(3)),
            ops.ControlledX((0, 1), 0.7),
            ops.BeamSplitter((1, 2), 0.5),
            ops.Loss((2,), 0.8),
            ops.Displacement((2,), 1.5, 0.0),
            x_of(2, "c"),
            x_of(0, "a"),
            x_of(1, "b"),
        ),
    )
    mean, covariance = final(Circuit(3, circuit.operations[:-3])).moments((0, 1, 2))
    out = sample(circuit, 1_000, rng(3)).results
    assert list(out) == ["c", "a", "b"]
    values = np.stack([out[n] for n in "abc"])
    white = np.linalg.solve(np.linalg.cholesky(covariance[:3, :3]), values - mean[:3, None])
    assert all(kstest(row, norm.cdf).pvalue > 1e-4 for row in white)
    assert np.abs(np.corrcoef(white) - np.eye(3)).max() < 5 / sqrt(1_000)


@pytest.mark.parametrize("angle", [0.4, pi / 2, 2.0, -1.0])
def test_the_last_readout_may_be_any_quadrature(angle):
    """x cos a + p sin a after a cubic phase, a bit and loss: a grid that is turned before its density is taken."""
    body = (
        *squeezed(2, 0.2),
        ops.ControlledZ((0, 1), 0.3),
        ops.CubicPhase((0,), 0.2),
        ops.Displacement((0,), 0.3, 0.5),
    )
    read = bit((0.5, 0.2), (0.1, 0.3), "b")
    circuit = Circuit(2, (*body, read, ops.Rotation((0,), 0.3), ops.Homodyne((0,), angle, "q")))
    drawn = sample(circuit, SHOTS, rng(5)).results
    grid = PositionGrid([gaussian(exp(0.4))] * 2, 20, 256)
    grid.phase((0, 1), 0.3)
    grid.phase((0,) * 3, 0.2 / 3)
    grid = grid.displaced((-0.15, 0.0), (0.25, 0.0))
    for sign in (1, -1):
        after = grid.read((0.5, 0.2), (0.1, 0.3), sign)
        turn = 0.3 - angle
        for part in (turn / 2, turn / 2):
            after.rotate(0, part)
        cdf = grid_cdf(after.axes[0], after.density(0))
        assert kstest(drawn["q"][drawn["b"] == sign], cdf).pvalue > 1e-4


# --- feed-forward, selections, modes ---------------------------------------------------------------------------------


def test_feed_forward_of_a_bit_and_of_a_position():
    """p_1 moves by 0.7 b + 0.3 y: its characteristic function turns, shot by shot."""
    shift = Polynomial.monomial(("b",), 0.7) + Polynomial.monomial(("y",), 0.3)
    circuit = Circuit(
        3,
        (
            bit((0.8,), (0.0,), "b", (0,)),
            x_of(2, "y"),
            ops.Displacement((1,), 0.0, shift),
            bit((0.5,), (0.0,), "c", (1,)),
        ),
    )
    out = sample(circuit, 1_500, rng(6)).results
    assert list(out) == ["b", "y", "c"]
    expected = np.cos(0.5 * (0.7 * out["b"] + 0.3 * out["y"])) * exp(-0.125)
    near(out["c"] - expected, 0.0, sqrt(float((1 - expected**2).mean())))
    near(out["b"], exp(-0.32), 1.0)
    bits = Circuit(
        2,
        (
            bit((0.8,), (0.0,), "b", (0,)),
            ops.Squeeze((1,), Polynomial.monomial(("b",), 0.4)),
            bit((0.5,), (0.0,), "c", (1,)),
        ),
    )
    found = probabilities(bits)
    plus = {1: 0.5 + 0.5 * exp(-0.32), -1: 0.5 - 0.5 * exp(-0.32)}
    for b, c in found:
        value = 0.5 + 0.5 * c * exp(-0.125 * exp(0.8 * b))
        assert found[(b, c)] == pytest.approx(plus[b] * value, abs=1e-12)


def test_modes_that_nothing_prepares_are_in_the_vacuum():
    assert probabilities(Circuit(1, (bit((0.5,), (0.3,), "b"),)))[(1,)] == pytest.approx(0.5 + 0.5 * exp(-0.17))
    assert probabilities(Circuit(2, (bit((0.5, 0.1), (0.3, 0.2), "b"),)))[(1,)] == pytest.approx(
        0.5 + 0.5 * exp(-0.195)
    )
    near(sample(Circuit(2, (ops.ControlledZ((0, 1), 0.3), x_of(1))), SHOTS, rng(7)).results["x"], 0.0, 1.0)
    noisy = Circuit(1, (ops.ThermalLoss((0,), 0.5, 0.5), bit((0.5,), (0.0,), "b")))
    assert probabilities(noisy)[(1,)] == pytest.approx(0.5 + 0.5 * exp(-0.125 * 1.5))


def test_a_mode_that_is_prepared_again_forgets_its_frame_and_its_noise():
    circuit = Circuit(
        1,
        (
            bit((0.7,), (0.0,), "a"),
            ops.Rotation((0,), 0.7),
            ops.Dephasing((0,), 0.3),
            ops.Loss((0,), 0.3),
            ops.PrepareSqueezed((0,), 0.4),
            bit((0.5,), (0.0,), "b"),
        ),
    )
    out = sample(circuit, SHOTS, rng(8)).results
    near(out["b"], exp(-0.125 * exp(0.8)), 1.0)
    dephased, generator = Histories.beginning(5), rng(8)
    for op in circuit.operations[2:5]:
        assert list(dephased.turns) == ([] if isinstance(op, ops.Dephasing) else [0])
        (dephased,) = dephased.played(op, generator)
    assert not dephased.turns
    for waits in (ops.Rotation((0,), 0.7), ops.Loss((0,), 0.3)):
        fresh = Circuit(1, (waits, *circuit.operations[-2:]))
        assert probabilities(fresh)[(1,)] == pytest.approx(0.5 + 0.5 * exp(-0.125 * exp(0.8)), abs=1e-12)
    assert abs(np.corrcoef(out["a"], out["b"])[0, 1]) < 5 / sqrt(SHOTS)


def test_a_selection_before_the_first_readout_conditions():
    """Of two modes with x_1 = x_0 + vacuum, given x_0 + x_1' = v: a normal law by hand."""
    circuit = Circuit(2, (ops.ControlledX((0, 1), 1.0), ops.PostSelect((1,), 0.0, 1.2), bit((0.0,), (0.5,), "b", (0,))))
    assert probabilities(circuit)[(1,)] == pytest.approx(0.5 + 0.5 * cos(0.3) * exp(-0.125 * 0.5), abs=1e-12)
    flipped = Circuit(2, (ops.ControlledX((0, 1), 1.0), ops.PostSelect((1,), pi, -1.2), bit((0.0,), (0.5,), "b", (0,))))
    assert probabilities(flipped) == pytest.approx(probabilities(circuit), abs=1e-12)
    with pytest.raises(InputError, match=r"operation 1 PostSelect.*probability density 0; select a likely value"):
        probabilities(Circuit(2, (circuit.operations[0], ops.PostSelect((1,), 0.0, 1e3), circuit.operations[2])))


def test_a_final_state_has_no_readouts():
    with pytest.raises(InputError, match=r"operation 0 DisplacementReadout.*a final state has no readouts"):
        final(Circuit(1, (bit((0.5,), (0.0,), "b"),)))
    with pytest.raises(InputError, match=r"operation 0 Homodyne\(mode 0\): only bits have probabilities"):
        probabilities(Circuit(1, (x_of(0),)))
    with pytest.raises(InputError, match=r"operation 0 Dephasing\(mode 0\): a random rotation has no exact"):
        probabilities(Circuit(1, (ops.Dephasing((0,), 0.1), bit((0.5,), (0.0,), "b"))))
    assert probabilities(Circuit(1, ())) == {(): pytest.approx(1.0)}


# --- random rotations ------------------------------------------------------------------------------------------------


def dephased_triangle(w, r, h, variance):
    """Squeezing, edges, heating and dephasing of three modes."""
    pairs = (edge(*pair, weight=w) for pair in ((0, 1), (0, 2), (1, 2)))
    noise = (op for m in range(3) for op in (ops.DisplacementNoise((m,), 2 * h, 2 * h), ops.Dephasing((m,), variance)))
    return (*squeezed(3, r), *pairs, *noise)


def triangle_covariance(w, r, h):
    map_ = np.eye(6)
    map_[3:, :3] = w * (np.ones((3, 3)) - np.eye(3))
    return map_ @ np.diag([exp(2 * r)] * 3 + [exp(-2 * r)] * 3) @ map_.T + 2 * h * np.eye(6)


def turned(vectors, angles):
    """(beta, alpha) of ``alpha.p + beta.x`` in quadratures before rotations by angles, shape (s, 6)."""
    beta, alpha = vectors[:3], vectors[3:]
    c, s = np.cos(angles), np.sin(angles)
    return np.concatenate([beta * c + alpha * s, alpha * c - beta * s], axis=1)


def test_every_shot_has_the_probability_of_its_angles():
    """Drawn angles, and the covariance turned by them: P(+) of each shot to 1e-12."""
    a = sqrt(pi / 2)
    histories, generator = Histories.beginning(50), rng(9)
    for op in dephased_triangle(1.0, 0.8, 0.02, 0.05):
        (histories,) = histories.played(op, generator)
    read = bit((a, 0.0, 0.0), (0.0, -a, -a), "b")
    angles = np.stack([histories.turns[m] for m in range(3)], axis=1)
    assert 0.1 < angles.std() < 0.4
    v = turned(np.array([0, -a, -a, a, 0, 0]), angles)
    expected = np.exp(-0.5 * np.einsum("si,ij,sj->s", v, triangle_covariance(1.0, 0.8, 0.02), v))
    assert histories.bits_alone(read) == pytest.approx(expected, abs=1e-12)
    # shot by shot, as if another readout followed
    histories = histories.with_register(histories.register.used((0, 1, 2)))
    for shot, one in enumerate(histories.singles((0, 1, 2))):
        plus, minus = one.read(read).norms
        assert plus - minus == pytest.approx(expected[shot], abs=1e-12)


@pytest.mark.parametrize(("variance", "shots"), [(0.08, 100_000), (2.0, 20_000)])
def test_a_readout_after_dephasing_has_the_averaged_law(variance, shots):
    """Gauss-Hermite averages of the Gaussian characteristic function over three angles."""
    a = sqrt(pi / 2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    angles = np.stack(np.meshgrid(*[sqrt(variance) * nodes] * 3, indexing="ij"), -1).reshape(-1, 3)
    weight = np.einsum("i,j,k->ijk", *[weights / weights.sum()] * 3).ravel()
    v = turned(np.array([0, -a, -a, a, 0, 0]), angles)
    expected = weight @ np.exp(-0.5 * np.einsum("si,ij,sj->s", v, triangle_covariance(1.0, 1.0, 0.02), v))
    circuit = Circuit(3, (*dephased_triangle(1.0, 1.0, 0.02, variance), bit((a, 0, 0), (0, -a, -a), "b")))
    near(sample(circuit, shots, rng(10)).results["b"], expected, sqrt(1 - expected**2))


def test_bits_after_dephasing_share_their_angle():
    """Two readouts of one turned mode: <b c> is the mean over one angle, far from the product of the means."""
    circuit = Circuit(
        1, (*squeezed(1, 1.0), ops.Dephasing((0,), 0.5), bit((0.6,), (0.0,), "b"), bit((0.6,), (0.0,), "c"))
    )
    shots = 1_500
    out = sample(circuit, shots, rng(11)).results
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    angles = sqrt(0.5) * nodes
    # <(D + D^+)^2> / 4 = (1 + Re <D^2>) / 2
    spread = exp(-2) * np.cos(angles) ** 2 + exp(2) * np.sin(angles) ** 2
    expected = weights @ (0.5 + 0.5 * np.exp(-0.5 * 4 * 0.36 * spread)) / weights.sum()
    near(out["b"] * out["c"], expected, sqrt(1 - expected**2))
    near(out["c"], weights @ np.exp(-0.5 * 0.36 * spread) / weights.sum(), 1.0)


def test_displacements_and_uneven_noise_after_dephasing():
    """They stand behind a random angle: the mean phase turns with d, and uneven noise damps by its own direction."""
    circuit = Circuit(
        1,
        (
            ops.Displacement((0,), 1.0, 0.0),
            ops.Dephasing((0,), 0.3),
            ops.Displacement((0,), 0.0, 0.9),
            ops.DisplacementNoise((0,), 0.0, 0.4),
            bit((0.5,), (0.0,), "b"),
        ),
    )
    out = sample(circuit, 2_000, rng(12)).results
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    phase = 0.5 * (np.sin(sqrt(0.3) * nodes) + 0.9)
    expected = weights @ np.cos(phase) / weights.sum() * exp(-0.125 * 1.4)
    near(out["b"], expected, sqrt(1 - expected**2))


# --- seeds -----------------------------------------------------------------------------------------------------------


def test_a_seed_tells_a_run():
    circuit = Circuit(
        2,
        (
            *squeezed(2, 0.5),
            edge(0, 1, 1, weight=0.2),
            bit((0.5, 0.2), (0.1, 0.0), "a"),
            ops.Displacement((1,), Polynomial.monomial(("a",), 0.3), 0.0),
            x_of(0),
            ops.Dephasing((1,), 0.2),
            bit((0.3,), (0.4,), "c", (1,)),
        ),
    )
    one, two, other = (sample(circuit, 40, rng(seed)).results for seed in (1, 1, 2))
    assert all((one[name] == two[name]).all() for name in circuit.results)
    assert (one["x"] != other["x"]).all()
    done = []
    sample(circuit, 40, rng(1), done.append)
    assert done[-1] == 40 and done == sorted(done)
    with pytest.raises(InputError, match="the number of shots must be at least 1, found 0"):
        sample(circuit, 0, rng())


def test_impossible_outcomes_do_not_occur():
    """D is 1 to rounding: the second and third bits repeat the first, and no string with -1 is listed."""
    circuit = Circuit(1, tuple(bit((1e-9,), (0.0,), f"b{i}") for i in range(3)))
    assert probabilities(circuit) == {(1, 1, 1): pytest.approx(1.0, abs=1e-12)}
    histories = Histories.beginning(1)
    register = apply(histories.register, ops.PrepareVacuum((0,)), {})
    read = histories.with_register(register).read(bit((1e-9,), (0.0,), "b"))
    assert read.norms.tolist() == [1.0, 0.0]
