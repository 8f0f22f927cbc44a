"""The exact simulator against closed forms, covariance matrices, a position grid, and Strawberry Fields.

Statistical tests fix their seed; each states its bound in standard errors, so a false failure is as rare as a normal
value beyond it (5 standard errors: 6e-7).
"""

from math import exp, pi, sqrt

import numpy as np
import pytest
from absent_packages import needs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm
from slow_reference import random_circuit

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from compiler.semantics.phase_space import push
from hardware_profiles import load_profile
from qumode_khrnn.studies.cross_check import cross_check, lossy_edge, lossy_edge_variance
from simulations.exact import LeavesFamilyError, log_density, simulate

IDEAL = load_profile("ideal-cubic")


def rng(seed=0):
    return np.random.default_rng(seed)


def edge(*modes, weight=0.3):
    return ops.phase(Polynomial.monomial(modes, weight))


def squeezed(n, r):
    return tuple(ops.PrepareSqueezed((m,), -r) for m in range(n))


def p_of(mode, name="p"):
    return ops.Homodyne((mode,), pi / 2, name)


def x_of(mode, name="x"):
    return ops.Homodyne((mode,), 0.0, name)


def assert_variance(values, expected, errors=5.0):
    fourth = ((values - values.mean()) ** 4).mean()
    stderr = sqrt((fourth - values.var() ** 2) / len(values))
    assert abs(values.var() - expected) < errors * stderr
    assert stderr < 0.02 * expected  # the test can tell


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("eta", [1.0, 0.9, 0.4])
def test_lossy_edge_has_the_closed_form_variance(compiled, eta):
    r, w = 0.5, 0.3
    logical = (*squeezed(3, r), edge(0, 1, 2, weight=w), *(ops.Loss((m,), eta) for m in range(3)), p_of(0))
    circuit = lossy_edge(IDEAL, r, w, eta) if compiled else Circuit(3, logical)
    values = simulate(circuit, 100_000, rng(1)).results[circuit.results[0]]
    assert_variance(values, lossy_edge_variance(r, w, eta))
    assert abs(values.mean()) < 5 * values.std() / sqrt(len(values))


def test_reference_value_of_the_lossy_edge():
    assert lossy_edge_variance(0.5, 0.3, 0.9) == pytest.approx(1.0296, abs=5e-5)
    values = simulate(lossy_edge(IDEAL, 0.5, 0.3, 0.9), 100_000, rng(2)).results["p0"]
    assert values.var() == pytest.approx(1.0296, rel=0.01)


def gaussian_oracle(circuit):
    """Mean and covariance of all results of a Gaussian circuit, by the linear map of deferred measurement."""
    prepared = []

    def fresh(mode, occurrence):
        prepared.append((mode, occurrence))
        k = 2 * circuit.modes + 2 * prepared.index((mode, occurrence))
        return basis[k], basis[k + 1]

    count = sum(isinstance(op, ops.PREPARATIONS) for op in circuit.operations)
    size = 2 * circuit.modes + 2 * count
    basis = np.hstack([np.zeros((size, 1)), np.eye(size)])
    pushed = push(circuit, basis[: circuit.modes], basis[circuit.modes : 2 * circuit.modes], fresh)
    variances = [1.0] * (2 * circuit.modes)
    for key in prepared:
        r = getattr(pushed.prepared[key], "r", 0.0)
        variances += [exp(-2 * r), exp(2 * r)]
    rows = np.array([pushed.results[name] for name in circuit.results])
    linear = rows[:, 1:] - rows[:, :1]
    return rows[:, 0], linear @ np.diag(variances) @ linear.T


def random_gaussian_readouts(seed, reads=4):
    generator = np.random.default_rng(seed)
    operations = list(squeezed(3, 0.4))
    for t in range(reads):
        operations += [op for op in random_circuit(generator, 3, 5).operations if op.gaussian]
        mode = int(generator.integers(3))
        operations.append(ops.PrepareSqueezed((3,), float(generator.uniform(-1, 1))))
        coupling = (mode, 3) if generator.random() < 0.5 else (3, mode)
        operations.append(ops.ControlledX(coupling, float(generator.uniform(-1, 1))))
        operations.append(ops.Homodyne((3,), float(generator.choice([0.0, pi / 2, 0.7, pi])), f"y{t}"))
        gain = Polynomial.monomial((f"y{t}",), float(generator.uniform(-1, 1)))
        operations.append(ops.Displacement((mode,), gain, 0.3))
    return Circuit(4, tuple(operations), (3,))


@pytest.mark.parametrize("seed", range(6))
def test_gaussian_readouts_and_feed_forward_have_the_joint_law(seed):
    circuit = random_gaussian_readouts(seed)
    mean, cov = gaussian_oracle(circuit)
    shots = 40_000
    out = simulate(circuit, shots, rng(seed)).results
    values = np.array([out[name] for name in circuit.results])
    white = np.linalg.solve(np.linalg.cholesky(cov), values - mean[:, None])
    assert np.abs(white.mean(axis=1)).max() < 5 / sqrt(shots)
    assert np.abs(np.cov(white) - np.eye(len(mean))).max() < 6 * sqrt(2 / shots)


@pytest.mark.parametrize("seed", range(6))
def test_laws_are_the_conditionals_of_the_joint_law(seed):
    circuit = random_gaussian_readouts(seed)
    mean, cov = gaussian_oracle(circuit)
    forced = {name: float(v) for name, v in zip(circuit.results, rng(seed).normal(size=len(mean)), strict=True)}
    out = simulate(circuit, 1, rng(9), forced)
    y = np.array([forced[name] for name in circuit.results])
    for t, name in enumerate(circuit.results):
        assert out.results[name][0] == pytest.approx(forced[name], abs=1e-12)
        gain = np.linalg.solve(cov[:t, :t], cov[:t, t]) if t else np.zeros(0)
        law = out.laws[name]
        assert law.mean == pytest.approx(mean[t] + gain @ (y[:t] - mean[:t]), abs=1e-9)
        assert law.variance == pytest.approx(cov[t, t] - gain @ cov[:t, t], rel=1e-9)


@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_compiled_and_logical_circuits_have_the_same_laws(seed):
    generator = np.random.default_rng(seed)
    f = sum(
        (Polynomial.monomial(tuple(generator.permutation(3)[: 1 + d].tolist()), 0.3) for d in (1, 2, 1)), Polynomial()
    )
    logical = Circuit(3, (*squeezed(3, 0.6), ops.phase(f), x_of(1, "x1"), x_of(2, "x2"), p_of(0, "p0")))
    native = compile_circuit(logical, IDEAL).circuit
    forced = {"x1": 0.7, "x2": -0.4, "p0": 0.1}
    a, b = (simulate(c, 1, rng(), forced).laws for c in (logical, native))
    for name in forced:
        assert a[name].mean == pytest.approx(b[name].mean, abs=1e-10)
        assert a[name].variance == pytest.approx(b[name].variance, rel=1e-10)


def momentum_samples(phi, deviations, read):
    """Distribution function of one momentum of a two-mode state on a grid."""
    size = 512
    grids = [np.linspace(-9 * s, 9 * s, size, endpoint=False) for s in deviations]
    x0, x1 = np.meshgrid(*grids, indexing="ij")
    amplitude = np.exp(-0.25 * (x0 / deviations[0]) ** 2 - 0.25 * (x1 / deviations[1]) ** 2 + 0.5j * phi(x0, x1))
    momentum = np.fft.fftshift(np.fft.fft(amplitude, n=8 * size, axis=read), axes=read)
    density = (np.abs(momentum) ** 2).sum(axis=1 - read)
    step = 2 * pi * 2.0 / (8 * size * (grids[read][1] - grids[read][0]))
    at = (np.arange(8 * size) - 4 * size) * step
    cumulative = np.cumsum(density) - 0.5 * density
    return lambda p: np.interp(p, at, cumulative / density.sum())


@pytest.mark.parametrize(
    ("terms", "phi"),
    [
        ({(0, 0, 1): 0.2}, lambda a, b: 0.2 * a * a * b),  # quadratic in x_0 with a slope that depends on x_1: pins
        ({(0, 1, 1): 0.3}, lambda a, b: 0.3 * a * b * b),  # slope quadratic in x_1: pins
        ({(0, 0, 0): 0.1, (0, 1): 0.4}, lambda a, b: 0.1 * a**3 + 0.4 * a * b),  # cubic in x_0: Fourier readout
        ({(0, 0): 0.5, (0, 1): 0.4}, lambda a, b: 0.5 * a * a + 0.4 * a * b),  # Gaussian
        ({(0, 0, 0, 0): 0.02, (0, 1, 1): 0.2}, lambda a, b: 0.02 * a**4 + 0.2 * a * b * b),
    ],
)
@pytest.mark.parametrize("mixed", [False, True])
def test_momentum_of_two_mode_states_against_a_grid(terms, phi, mixed):
    r = (0.3, 0.5)
    f = sum((Polynomial.monomial(k, c) for k, c in terms.items()), Polynomial())
    state = tuple(ops.PrepareSqueezed((m,), -r[m]) for m in range(2))
    # mixing the modes and back must change nothing, but moves the simulator's frame
    turn = (ops.BeamSplitter((0, 1), 0.4), ops.BeamSplitter((0, 1), -0.4)) if mixed else ()
    values = simulate(Circuit(2, (*state, ops.phase(f), *turn, p_of(0))), 20_000, rng(3)).results["p"]
    cdf = momentum_samples(phi, (exp(r[0]), exp(r[1])), 0)
    assert kstest(values, cdf).pvalue > 1e-4


def test_joint_momenta_of_one_edge_are_contextual():
    # 02-hsmt: P(p_1 p_2 p_3 < -0.2) = 0.082 for r = 1.3, w = 0.3; three joint momenta leave the family, and are refused
    circuit = Circuit(3, (*squeezed(3, 1.3), edge(0, 1, 2), *(p_of(m, f"p{m}") for m in range(3))))
    with pytest.raises(LeavesFamilyError, match="operation 5"):
        simulate(circuit, 10, rng())


def test_position_readout_before_and_after_a_pinning_momentum_agree():
    # reading x of a neighbour commutes with reading p of mode 0: same joint law in either order
    late = Circuit(3, (*squeezed(3, 0.5), edge(0, 1, 2), p_of(0, "p"), x_of(1, "a"), x_of(2, "b")))
    early = Circuit(3, (*squeezed(3, 0.5), edge(0, 1, 2), x_of(1, "a"), x_of(2, "b"), p_of(0, "p")))
    for circuit in (late, early):
        out = simulate(circuit, 50_000, rng(4)).results
        residual = out["p"] - 0.3 * out["a"] * out["b"]
        assert_variance(residual, exp(-1.0))
        assert kstest(residual / exp(-0.5), norm.cdf).pvalue > 1e-4


def test_matched_readout_is_determined_and_repeats():
    r, a = 1.0, 1.2
    read = [
        op
        for t in range(2)
        for op in (
            edge(0, 1, 2, weight=-0.4),
            ops.PrepareSqueezed((3,), -a),
            ops.ControlledX((3, 0), -1.0),
            p_of(3, f"y{t}"),
            edge(0, 1, 2, weight=0.4),
        )
    ]
    circuit = Circuit(4, (*squeezed(3, r), edge(0, 1, 2, weight=0.4), *read), (3,))
    out = simulate(circuit, 50_000, rng(5)).results
    assert_variance(out["y0"], exp(-2 * r) + exp(-2 * a))
    assert_variance(out["y1"] - out["y0"], 2 * exp(-2 * a))
    law = simulate(circuit, 1, rng(5)).laws["y0"]
    assert law.variance == pytest.approx(exp(-2 * r) + exp(-2 * a), rel=1e-12)


@given(st.floats(0.05, 1.0), st.floats(0.05, 1.0))
@settings(max_examples=10)
def test_losses_compose(one, two):
    twice = Circuit(1, (ops.PrepareSqueezed((0,), -0.7), ops.Loss((0,), one), ops.Loss((0,), two), p_of(0)))
    values = simulate(twice, 20_000, rng(6)).results["p"]
    eta = one * two
    assert_variance(values, eta * exp(-1.4) + 1 - eta)


def test_full_loss_is_vacuum_and_no_loss_is_nothing():
    state = (*squeezed(3, 0.5), edge(0, 1, 2), ops.Displacement((0,), 0.4, 0.2))
    values = simulate(Circuit(3, (*state, ops.Loss((0,), 0.0), p_of(0))), 50_000, rng(7)).results["p"]
    assert_variance(values, 1.0)
    assert abs(values.mean()) < 5 / sqrt(50_000)
    free = simulate(Circuit(3, (*state, ops.Loss((0,), 1.0), x_of(0))), 1, rng(7))
    assert free.laws["x"].mean == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(4))
def test_lossy_gaussian_circuits_agree_with_strawberry_fields(seed):
    from simulations.backends.strawberryfields import moments

    generator = np.random.default_rng(seed)
    body = []
    for op in random_circuit(generator, 3, 16).operations:
        if op.gaussian:
            body += [op, ops.Loss(op.modes[:1], float(generator.uniform(0.6, 1.0)))]
    native = compile_gaussian(body)
    reads = (ops.Homodyne((0,), 0.3, "a"), ops.Homodyne((1,), pi / 2, "b"), ops.Homodyne((2,), 0.0, "c"))
    circuit = Circuit(3, (*native, *reads))
    shots = 40_000
    out = simulate(circuit, shots, rng(seed)).results
    for moment in moments(circuit, 0):
        assert abs(out[moment.name].mean() - moment.mean) < 5 * sqrt(moment.variance / shots)
        assert abs(out[moment.name].var() / moment.variance - 1) < 5 * sqrt(2 / shots)


def compile_gaussian(body):
    out = []
    for op in body:
        single = Circuit(3, (op,))
        out += (op,) if isinstance(op, ops.Loss) else compile_circuit(single, IDEAL).circuit.operations
    return out


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ((edge(0, 1, 2), ops.Rotation((0,), 0.3), p_of(0)), "mixes x and p of mode 0"),
        (
            # the result is needed before the modes mix, so the readout cannot be put off
            (
                edge(0, 1, 2),
                p_of(0, "a"),
                ops.Shear((1,), Polynomial.monomial(("a",))),
                ops.BeamSplitter((1, 2), 0.5),
                p_of(1),
            ),
            "fixed in position",
        ),
        ((edge(0, 1, 2), p_of(0, "a"), p_of(1, "b"), p_of(2, "c")), "fixed in position"),
        ((x_of(0), ops.Squeeze((1,), Polynomial.monomial(("x",))), x_of(1, "b")), "depends on earlier results"),
        ((x_of(0), ops.Rotation((1,), Polynomial.monomial(("x",))), x_of(1, "b")), "depends on earlier results"),
    ],
)
def test_what_leaves_the_family_is_refused_by_name(operations, message):
    with pytest.raises(LeavesFamilyError, match=message):
        simulate(Circuit(3, (*squeezed(3, 0.5), *operations)), 20, rng())


def test_rotations_that_cancel_stay_in_the_family():
    # ControlledZ compiled to complex beamsplitters and squeezers, after a cubic phase on the same modes
    logical = Circuit(3, (*squeezed(3, 0.4), edge(0, 1, 2), edge(0, 1, weight=0.5), x_of(1), x_of(2, "b"), p_of(0)))
    native = Circuit(3, (*logical.operations[:3], *compile_gaussian([edge(0, 1, 2), edge(0, 1, weight=0.5)])))
    native = native.then(logical.operations[-3:])
    forced = {"x": 0.5, "b": 0.2, "p": 0.0}
    law = simulate(native, 1, rng(), forced).laws["p"]
    assert law.mean == pytest.approx(0.5 * (0.3 * 0.2 + 0.5), abs=1e-12)
    assert law.variance == pytest.approx(exp(-0.8), rel=1e-12)


def test_shots_and_forced_outcomes_are_checked():
    circuit = Circuit(1, (x_of(0),))
    with pytest.raises(InputError, match="at least 1"):
        simulate(circuit, 0, rng())
    with pytest.raises(InputError, match="one shot"):
        simulate(circuit, 2, rng(), {"x": 0.1})


def test_nothing_is_sampled_after_forcing_a_state_with_hidden_values():
    head = (ops.ControlledX((0, 1), 1.0), ops.CubicPhase((1,), 0.1), ops.Loss((0,), 0.5))
    lossy = Circuit(2, (*head, ops.Squeeze((0,), 0.1), x_of(0, "a"), x_of(1, "b")))
    with pytest.raises(LeavesFamilyError, match="forced"):
        simulate(lossy, 1, rng(), {"a": 0.3})
    assert simulate(lossy, 1, rng(), {"a": 0.3, "b": 0.1}).results["b"][0] == 0.1
    lossless = Circuit(2, (ops.ControlledX((0, 1), 1.0), x_of(0, "a"), x_of(1, "b")))
    assert simulate(lossless, 1, rng(), {"a": 0.3}).laws["b"].mean == pytest.approx(0.3)


@pytest.mark.parametrize("monomial", [(0, 1, 2, 3), (0, 0, 1)])
def test_no_law_is_given_where_a_position_had_to_be_pinned_for_it(monomial):
    circuit = Circuit(4, (*squeezed(4, 0.5), edge(*monomial), p_of(0)))
    assert simulate(circuit, 1, rng()).laws == {}


def test_forced_outcomes_of_pinned_modes_and_unknown_names_are_refused():
    circuit = Circuit(3, (*squeezed(3, 0.5), edge(0, 1, 2), p_of(0, "p"), x_of(1, "a"), x_of(2, "b")))
    with pytest.raises(
        LeavesFamilyError, match="forced, but an earlier momentum readout already fixed the position of the mode"
    ):
        simulate(circuit, 1, rng(), {"p": 0.1, "a": 3.3, "b": -2.2})
    with pytest.raises(InputError, match="yy"):
        simulate(circuit, 1, rng(), {"yy": 1.0})


@pytest.mark.parametrize("nearly", [1e-3, 1e-6, 1e-9])
def test_frames_that_become_singular_are_given_up(nearly):
    # the splitter almost swaps the modes; mode 1 is then read, which leaves a near-singular frame behind
    head = (ops.PrepareSqueezed((0,), 0.0), ops.PrepareSqueezed((1,), -1.0), ops.CubicPhase((0,), 0.1))
    tail = (x_of(1), ops.CubicPhase((0,), 0.2), p_of(0))
    close, swap = (
        simulate(Circuit(2, (*head, ops.BeamSplitter((0, 1), pi / 2 - d), *tail)), 4000, rng(1)).results["p"]
        for d in (nearly, 0.0)
    )
    assert close.var() == pytest.approx(swap.var(), rel=0.02)


@pytest.mark.parametrize("decibels", [80, 200])
def test_heavy_loss_between_cubic_gates(decibels):
    heavy = (ops.Loss((0,), 10 ** (-decibels / 10)),)
    circuit = (ops.PrepareSqueezed((0,), -1.0), ops.CubicPhase((0,), 0.1), *heavy, ops.CubicPhase((0,), 0.3), p_of(0))
    values = simulate(Circuit(1, circuit), 100_000, rng(2)).results["p"]
    assert_variance(values, 1.0 + 2 * 0.3**2)  # a cubic gate on the vacuum
    assert abs(values.mean() - 0.3) < 5 * values.std() / sqrt(len(values))


@pytest.mark.parametrize("turns", [0, 1, 10, 1001])
def test_angles_are_taken_modulo_pi(turns):
    body = (ops.PrepareSqueezed((0,), 1.0), ops.Displacement((0,), 0.7, 0.2), ops.BeamSplitter((0, 1), 0.3))
    for angle in (0.0, 0.4, pi / 2):
        expected = simulate(Circuit(2, (*body, ops.Homodyne((0,), angle, "y"))), 1, rng()).laws["y"]
        law = simulate(Circuit(2, (*body, ops.Homodyne((0,), angle + turns * pi, "y"))), 1, rng()).laws["y"]
        assert law.mean == pytest.approx((-1) ** turns * expected.mean, abs=1e-9)
        assert law.variance == pytest.approx(expected.variance, rel=1e-9)


def test_preparing_an_unconnected_mode_again_hides_nothing():
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), 1.0), ops.PrepareSqueezed((0,), -1.0), p_of(0)))
    assert simulate(circuit, 1, rng()).laws["p"].variance == pytest.approx(exp(-2.0))


def test_groups_of_shots_make_one_sample(monkeypatch):
    from simulations.exact import run

    monkeypatch.setattr(run, "CHUNK_FLOATS", 1000)
    seen = []
    values = simulate(lossy_edge(IDEAL, 0.5, 0.3, 0.9), 4001, rng(8), progress=seen.append).results["p0"]
    assert len(values) == 4001
    assert seen[-1] == 4001 and len(seen) > 10
    assert len(np.unique(values)) == 4001


@needs("strawberryfields", "mrmustard")
def test_cross_check_converges_towards_the_closed_form():
    check = cross_check(IDEAL, (6, 8, 10), 100_000, 1)
    closed, sampled = check.row("exact", "closed form"), check.row("exact", "100000")
    assert abs(closed.relative_error) < 1e-12
    assert abs(sampled.variance - check.exact_variance) < 3 * sampled.uncertainty
    assert abs(check.row("grid", "").relative_error) < 1e-4
    assert abs(check.row("mrmustard", "").relative_error) < 1e-3
    errors = [abs(row.relative_error) for row in check.rows if row.backend == "strawberryfields"]
    assert len(errors) == 3
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.1  # 01-physics: 0.943 at cutoff 10 for the direct gate


def test_symbols_and_too_many_modes_are_refused(monkeypatch):
    free = Circuit(1, (ops.CubicPhase((0,), Polynomial.monomial(("w",))), p_of(0)), (), ("w",))
    for call in (lambda: simulate(free, 1, rng()), lambda: log_density(free, {"p": 0.0}, rng())):
        with pytest.raises(InputError, match=r"symbols \['w'\] need values before the circuit is run"):
            call()
    with pytest.raises(InputError, match="at most 2000 modes, found 2001"):
        simulate(Circuit(2001, (x_of(0),)), 1, rng())
    monkeypatch.setattr("simulations.exact.run.MAX_MODES", 2)
    assert simulate(Circuit(2, (x_of(0),)), 1, rng()).laws["x"].variance == 1.0
