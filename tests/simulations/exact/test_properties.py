"""What must hold of any circuit: conservation laws, symmetries, and agreement of the exact and the grid simulator.

Statistical tests fix their seed and state their false-failure rate.
"""

from math import exp, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import edge, p_of, random_body, random_program, squeezed, x_of
from scipy.stats import ks_2samp, kstest

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations import grid
from simulations.exact import LeavesFamilyError, NoClosedFormError, moments, simulate

SEEDS = st.integers(0, 10**6)


def rng(seed=0):
    return np.random.default_rng(seed)


def closed(circuit):
    """Moments by name, or None without a closed form."""
    try:
        found = moments(circuit)
    except NoClosedFormError:
        return None
    order = np.argsort(found.names)
    return sorted(found.names), found.mean[order], found.cov[np.ix_(order, order)]


def assert_same_moments(one, two, tolerance=1e-9):
    a, b = closed(one), closed(two)
    assert (a is None) == (b is None)
    if a is not None:
        assert a[0] == b[0]
        scale = 1.0 + np.abs(a[2]).max()
        assert np.abs(a[1] - b[1]).max() < tolerance * scale
        assert np.abs(a[2] - b[2]).max() < tolerance * scale


@given(SEEDS)
@settings(max_examples=15)
def test_reduced_states_are_states(seed):
    wave = grid.final_wave(Circuit(2, tuple(random_body(rng(seed), 2, 4, False))))
    purities = []
    for mode in range(2):
        rho = wave.reduced(mode)
        assert np.trace(rho).real == pytest.approx(1.0, abs=1e-9)
        assert rho == pytest.approx(rho.conj().T, abs=1e-12)
        assert np.linalg.eigvalsh(rho).min() > -1e-9
        purities.append(np.sum(np.abs(rho) ** 2))
    # Schmidt: both halves of a pure state have one spectrum
    assert purities[0] == pytest.approx(purities[1], abs=1e-9)
    assert purities[0] < 1.0 + 1e-9


@given(SEEDS)
@settings(max_examples=10)
def test_products_of_pure_states_are_pure(seed):
    generator = rng(seed)
    body = [op for op in random_body(generator, 2, 8, False) if len(op.modes) == 1]
    wave = grid.final_wave(Circuit(2, (*body, ops.Rotation((0,), float(generator.uniform(-3, 3))))))
    for mode in range(2):
        assert np.sum(np.abs(wave.reduced(mode)) ** 2) == pytest.approx(1.0, abs=1e-9)


def test_entangled_purity_has_its_closed_form():
    # ControlledZ(s) on vacuum: reduced covariance diag(1, 1 + s^2), purity 1 / sqrt(1 + s^2)
    for s in (0.3, 1.0):
        rho = grid.final_wave(Circuit(2, (ops.ControlledZ((0, 1), s),))).reduced(0)
        assert np.sum(np.abs(rho) ** 2) == pytest.approx((1 + s * s) ** -0.5, abs=1e-6)


@given(SEEDS)
def test_disjoint_operations_commute(seed):
    generator = rng(seed)
    circuit = random_program(generator, 3, 8)
    swapped = list(circuit.operations)
    for at in generator.integers(0, len(swapped) - 1, size=20):
        if set(swapped[at].modes).isdisjoint(swapped[at + 1].modes):
            swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    assert_same_moments(circuit, circuit.with_operations(tuple(swapped)))


def relabelled(op, new):
    modes = tuple(new[m] for m in op.modes)
    if isinstance(op, ops.PolynomialPhase):
        return ops.phase(op.polynomial.relabel(lambda v: new[v] if isinstance(v, int) else v))
    return type(op)(modes, **op.parameters())


@given(SEEDS, st.permutations(range(3)))
def test_modes_may_be_relabelled(seed, new):
    circuit = random_program(rng(seed), 3, 8)
    assert_same_moments(circuit, circuit.with_operations(tuple(relabelled(op, new) for op in circuit.operations)))


@pytest.mark.parametrize("new", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_laws_do_not_depend_on_labels_or_on_the_order_of_disjoint_operations(new):
    body = (*squeezed(3, 0.5), edge(0, 1, 2), edge(0, 2, weight=0.4), ops.Squeeze((1,), 0.2))
    circuit = Circuit(3, (*body, x_of(1, "a"), x_of(2, "b"), p_of(0, "c")))
    other = Circuit(3, tuple(relabelled(op, new) for op in (*body[2::-1], *body[:2:-1], *circuit.operations[-3:])))
    forced = {"a": 0.7, "b": -0.3, "c": 0.2}
    # the squeezer now stands before the edge: its weight changes by e^{-r} to make up for it
    changed = tuple(
        edge(*op.modes, weight=0.3 * exp(0.2)) if isinstance(op, ops.PolynomialPhase) and len(op.modes) == 3 else op
        for op in other.operations
    )
    one, two = (simulate(c, 1, rng(), forced).laws for c in (circuit, other.with_operations(changed)))
    for name in forced:
        assert two[name].mean == pytest.approx(one[name].mean, abs=1e-12)
        assert two[name].variance == pytest.approx(one[name].variance, rel=1e-12)


def cubic_with(noise, read):
    return Circuit(2, (*squeezed(2, 0.4), edge(0, 0, 1), ops.Displacement((0,), 0.4, 0.2), *noise, read, x_of(1, "z")))


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 2.0), st.sampled_from([0.0, 0.7, pi / 2]))
def test_losses_compose(one, two, quanta, angle):
    read = ops.Homodyne((0,), angle, "y")
    twice = cubic_with((ops.ThermalLoss((0,), one, quanta), ops.ThermalLoss((0,), two, quanta)), read)
    assert_same_moments(twice, cubic_with((ops.ThermalLoss((0,), one * two, quanta),), read))
    pure = cubic_with((ops.Loss((0,), one), ops.ThermalLoss((0,), two, 0.0)), read)
    assert_same_moments(pure, cubic_with((ops.Loss((0,), one * two),), read))


@pytest.mark.parametrize("angle", [0.0, 0.7, pi / 2])
@pytest.mark.parametrize("backend", [simulate, grid.sample])
def test_losses_on_the_way_compose_in_both_simulators(backend, angle):
    shots = 3000
    nothing = ops.Squeeze((0,), 0.0)
    read = ops.Homodyne((0,), angle, "y")
    noises = ((ops.Loss((0,), 0.8), nothing, ops.Loss((0,), 0.6), nothing), (ops.Loss((0,), 0.48),))
    one, two = (backend(cubic_with(noise, read), shots, rng(i)).results for i, noise in enumerate(noises))
    # 12 tests at 1e-4 each
    assert ks_2samp(one["y"], two["y"]).pvalue > 1e-4
    assert ks_2samp(one["y"] * one["z"], two["y"] * two["z"]).pvalue > 1e-4


@pytest.mark.parametrize(
    "nothing",
    [
        ops.Loss((0,), 1.0),
        ops.ThermalLoss((0,), 1.0, 3.0),
        ops.DisplacementNoise((0,), 0.0, 0.0),
    ],
    ids=str,
)
def test_no_noise_is_nothing(nothing):
    plain = cubic_with((), p_of(0))
    noisy = cubic_with((nothing, ops.Squeeze((0,), 0.0)), p_of(0))
    assert_same_moments(plain, noisy)
    one, two = (grid.sample(c, 20, rng(3)).results["p"] for c in (plain, noisy))
    assert two == pytest.approx(one, abs=1e-3)
    one, two = (simulate(c, 20, rng(3)).results["p"] for c in (plain, noisy))
    assert two == pytest.approx(one, abs=1e-9)


@pytest.mark.parametrize("after", [(), (ops.Shear((0,), 0.0),)])
def test_full_loss_is_vacuum(after):
    for angle in (0.0, 0.7, pi / 2):
        circuit = cubic_with((ops.Loss((0,), 0.0), *after), ops.Homodyne((0,), angle, "y"))
        assert moments(circuit).of("y") == pytest.approx((0.0, 1.0), abs=1e-12)
        assert moments(circuit).cov[0, 1] == pytest.approx(0.0, abs=1e-12)
        found = grid.moments(circuit, rng(), 10)[0]
        assert (found.mean, found.variance) == pytest.approx((0.0, 1.0), abs=1e-4)


def test_exact_and_grid_agree_on_many_noisy_circuits():
    """Grid outcomes through the empirical distribution of exact ones are uniform, for 200 circuits together.

    Randomised ranks among n exact outcomes are uniform exactly. One pooled test and the smallest of some 500 single
    ones, at 1e-4 each: a false failure in 2e-4 of all seeds.
    """
    shots, many = 40, 2000
    ranks, smallest, tests, done = [], 1.0, 0, 0
    generator = rng(2024)
    while done < 200:
        circuit = random_program(generator, 2 if done % 4 else 3, 5)
        try:
            exact = simulate(circuit, many, rng(done)).results
        except LeavesFamilyError:
            continue
        points = grid.run.planned(circuit, grid.Grids(), shots).points
        if max(np.prod(list(of.values()), dtype=float) for of in points) > 40_000:
            continue  # for time only
        done += 1
        seen = grid.sample(circuit, shots, rng(10_000 + done)).results
        pairs = [(exact[name], seen[name]) for name in exact]
        pairs.append((np.prod(list(exact.values()), axis=0), np.prod(list(seen.values()), axis=0)))
        for reference, values in pairs:
            smallest, tests = min(smallest, ks_2samp(reference, values).pvalue), tests + 1
        # one value per circuit, shot and readout enters the pooled test; each from its own outcome of the references
        reference, values = pairs[done % len(pairs)]
        for part, value in zip(np.array_split(generator.permutation(reference), shots), values, strict=True):
            ranks.append((np.sum(part < value) + generator.random()) / (len(part) + 1))
    assert kstest(ranks, "uniform").pvalue > 1e-4
    assert smallest * tests > 1e-4


NOISY = Circuit(
    3,
    (*squeezed(3, 0.5), ops.Loss((1,), 0.8), edge(0, 1, 2), ops.Loss((2,), 0.9), edge(1, 2), p_of(0), x_of(1, "a")),
)


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr("simulations.exact.run.GROUP", 100)
    one, two, other = (simulate(NOISY, 1050, rng(s), threads=t).results for s, t in ((1, 1), (1, 4), (2, 4)))
    for name in one:
        assert np.array_equal(one[name], two[name])
        assert not np.array_equal(one[name], other[name])


def test_moving_readouts_up_and_pinning_change_no_distribution():
    """x readouts before or after the momentum readout that depends on them, with and without loss; 18 tests at 1e-4."""
    shots = 20_000
    for noise in ((), (ops.Loss((1,), 0.8), ops.Loss((0,), 0.9))):
        body = (*squeezed(3, 0.4), edge(0, 1, 2), edge(0, 0, 1, weight=0.2), *noise, ops.Squeeze((1,), 0.1))
        reads = (p_of(0, "p"), x_of(1, "a"), x_of(2, "b"))
        orders = [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)]
        outs = [
            simulate(Circuit(3, (*body, *(reads[i] for i in order))), shots, rng(k)).results
            for k, order in enumerate(orders)
        ]
        for out in outs[1:]:
            for value in (lambda o: o["p"], lambda o: o["p"] * o["a"], lambda o: o["p"] * o["a"] * o["b"]):
                assert ks_2samp(value(outs[0]), value(out)).pvalue > 1e-4


def test_feed_forward_keeps_its_place_when_readouts_move():
    # x of mode 1 is read late but feeds nothing; the shift of mode 0 by m stays after the reading of m
    m = Polynomial.monomial(("m",), 1.0)
    head = (*squeezed(2, 0.3), ops.CubicPhase((0,), 0.1), ops.ControlledX((0, 1), 1.0), x_of(1, "m"))
    out = simulate(Circuit(2, (*head, ops.Displacement((0,), -1.0 * m, 0.0), x_of(0, "x"))), 20_000, rng(5)).results
    # x = x_0 - (x_1 + x_0) = - x_1
    assert out["x"].var() == pytest.approx(exp(0.6), rel=5 * (2 / 20_000) ** 0.5)
    assert np.corrcoef(out["x"], out["m"])[0, 1] == pytest.approx(-(0.5**0.5), abs=0.03)
