"""MrMustard back end: conventions pinned gate by gate, Gaussian moments and kets against closed forms, refusals."""

from math import cos, cosh, exp, pi, sin, sqrt, tanh

import numpy as np
import pytest
from random_programs import random_body
from slow_reference import random_operation

from compiler.errors import CircuitError, InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import OPERATIONS
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import symplectic
from simulations.backends.mrmustard import EMIT, gaussian_moments, moments_of_ket, mrmustard, refusal, sample
from simulations.exact import moments

HALF = 1 / sqrt(2)
GATES = (
    ops.Rotation((1,), 0.7),
    ops.Squeeze((1,), 0.6),
    ops.Squeeze((2,), -0.6),
    ops.Shear((0,), -0.8),
    ops.BeamSplitter((0, 1), 0.7, 0.4),
    ops.BeamSplitter((1, 0), 0.7, 0.4),
    ops.BeamSplitter((2, 0), -1.1, -2.3),
    ops.ControlledX((0, 2), 0.9),
    ops.ControlledX((2, 0), 0.9),
    ops.ControlledZ((2, 1), -0.7),
    ops.Interferometer((1,), ((1j,),)),
    ops.Interferometer((2, 0), ((HALF, 1j * HALF), (HALF, -1j * HALF))),
    ops.Interferometer((1, 2, 0), ((0, 1, 0), (0, 0, 1j), (1, 0, 0))),
)


def emitted(op, means):
    """Where EMIT sends a state of unit covariance on three modes."""
    lab = mrmustard().lab
    state = lab.State(cov=np.eye(6), means=np.array(means, dtype=float))
    for step in EMIT[type(op)](lab, op, list(op.modes)):
        state = state >> step
    return np.array(state.means), np.array(state.cov)


def reference(circuit):
    """Mean and covariance of the readouts, each a sum of independent sources of unit variance."""
    n = circuit.modes
    rows, shift = np.eye(2 * n), np.zeros(2 * n)  # (quadratures x .., p .., sources)
    readouts = []
    for op in circuit.operations:
        at = [m for m in op.modes] + [m + n for m in op.modes]
        fresh = np.zeros((2 * n, len(at)))
        match op:
            case ops.PrepareVacuum() | ops.PrepareSqueezed():
                r = getattr(op, "r", 0.0)
                rows[at] = shift[at] = 0.0
                fresh[at, [0, 1]] = exp(-r), exp(r)
            case ops.Loss() | ops.ThermalLoss():
                rows[at] *= sqrt(op.eta)
                shift[at] *= sqrt(op.eta)
                fresh[at, [0, 1]] = sqrt((1 - op.eta) * (2 * getattr(op, "nbar", 0.0) + 1))
            case ops.DisplacementNoise():
                fresh[at, [0, 1]] = sqrt(op.x_variance), sqrt(op.p_variance)
            case ops.Displacement():
                shift[at] += op.x, op.p
            case ops.Homodyne():
                direction = np.array([cos(op.angle), sin(op.angle)])
                readouts.append((direction @ rows[at], direction @ shift[at]))
            case _:
                modes, matrix = symplectic([op])
                where = list(modes) + [m + n for m in modes]
                rows[where], shift[where] = matrix @ rows[where], matrix @ shift[where]
        rows = np.hstack([rows, fresh])
    wide = np.array([np.pad(row, (0, rows.shape[1] - len(row))) for row, _ in readouts])
    return np.array([mean for _, mean in readouts]), wide @ wide.T


def random_gaussian(rng, modes, length):
    """A random Gaussian circuit with noise, and readouts in random directions at its end."""
    body = []
    while len(body) < length:
        mode = (int(rng.integers(modes)),)
        body += [op for op in (random_operation(rng, modes),) if op.gaussian]
        body.append(
            (
                lambda mode: ops.Loss(mode, float(rng.uniform(0.3, 1.0))),
                lambda mode: ops.ThermalLoss(mode, float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.0, 2.0))),
                lambda mode: ops.DisplacementNoise(mode, 0.3, 0.3),
                lambda mode: ops.Shear(mode, float(rng.normal())),
            )[int(rng.integers(4))](mode)
        )
    order = [int(m) for m in rng.permutation(modes)]
    return (*body, *(ops.Homodyne((m,), float(rng.uniform(-pi, pi)), f"y{m}") for m in order))


def test_the_table_is_total():
    assert set(EMIT) == set(OPERATIONS.values())


@pytest.mark.parametrize("op", GATES, ids=lambda op: f"{op} {op.parameters()}"[:60])
def test_gates_have_the_symplectic_matrix_of_the_compiler(op):
    found = np.array([emitted(op, row)[0] for row in np.eye(6)]).T
    modes, matrix = symplectic([op])
    at = list(modes) + [m + 3 for m in modes]
    wanted = np.eye(6)
    wanted[np.ix_(at, at)] = matrix
    # rounding: products of a few numbers of size e
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)
    np.testing.assert_allclose(emitted(op, np.zeros(6))[1], wanted @ wanted.T, rtol=0, atol=1e-10)


def test_displacement_and_channels_have_their_closed_forms():
    start = np.arange(1.0, 7.0)
    mean, cov = emitted(ops.Displacement((1,), 0.3, -0.8), start)
    np.testing.assert_allclose(mean, start + np.array([0, 0.3, 0, 0, -0.8, 0]), atol=1e-12)
    np.testing.assert_allclose(cov, np.eye(6), atol=1e-12)
    mean, cov = emitted(ops.ThermalLoss((1,), 0.6, 0.5), start)
    np.testing.assert_allclose(mean, start * [1, sqrt(0.6), 1, 1, sqrt(0.6), 1], atol=1e-12)
    np.testing.assert_allclose(np.diag(cov), [1, 0.6 + 0.4 * 2, 1, 1, 0.6 + 0.4 * 2, 1], atol=1e-12)
    mean, cov = emitted(ops.Loss((1,), 0.6), start)
    np.testing.assert_allclose(mean, start * [1, sqrt(0.6), 1, 1, sqrt(0.6), 1], atol=1e-12)
    np.testing.assert_allclose(cov, np.eye(6), atol=1e-12)
    cov = emitted(ops.DisplacementNoise((2,), 0.3, 0.3), start)[1]
    np.testing.assert_allclose(np.diag(cov), [1, 1, 1.3, 1, 1, 1.3], atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_joint_moments_of_noisy_circuits(seed):
    rng = np.random.default_rng(seed)
    circuit = Circuit(3, random_gaussian(rng, 3, 16))
    found = gaussian_moments(circuit)
    mean, cov = reference(circuit)
    assert found.names == circuit.results
    # float64 rounding, relative to the largest variance
    np.testing.assert_allclose(found.mean, mean, rtol=0, atol=1e-10 * max(1.0, abs(mean).max()))
    np.testing.assert_allclose(found.cov, cov, rtol=0, atol=1e-10 * max(1.0, cov.max()))


@pytest.mark.parametrize("seed", range(4))
def test_modes_are_prepared_again_and_read_in_between(seed):
    rng = np.random.default_rng(seed)
    again = Circuit(3, random_gaussian(rng, 3, 10))
    circuit = Circuit(
        3,
        (
            ops.PrepareSqueezed((2,), 0.7),
            ops.ControlledX((0, 2), 0.8),
            ops.Homodyne((2,), 0.3, "early"),
            ops.PrepareSqueezed((2,), -0.4),
            ops.ControlledZ((2, 0), 0.5),
            ops.Displacement((1,), 0.4, 0.2),
            ops.PrepareVacuum((1,)),
            *again.operations,
        ),
    )
    found = gaussian_moments(circuit)
    mean, cov = reference(circuit)
    assert found.names[0] == "early"
    np.testing.assert_allclose(found.mean, mean, rtol=0, atol=1e-10 * max(1.0, abs(mean).max()))
    np.testing.assert_allclose(found.cov, cov, rtol=0, atol=1e-10 * max(1.0, cov.max()))


def test_samples_follow_the_closed_form():
    # y0 = x_0, y1 = x_1 + x_0 / 2 + 0.7 with var x_0 = e, var x_1 = 1
    circuit = Circuit(
        2,
        (
            ops.PrepareSqueezed((0,), -0.5),
            ops.Displacement((1,), 0.7, 0.0),
            ops.ControlledX((0, 1), 0.5),
            ops.Homodyne((0,), 0.0, "y0"),
            ops.Homodyne((1,), 0.0, "y1"),
        ),
    )
    shots = 40_000
    drawn = sample(circuit, shots, np.random.default_rng(5))
    assert {name: values.shape for name, values in drawn.items()} == {"y0": (shots,), "y1": (shots,)}
    mean, cov = np.array([0.0, 0.7]), np.array([[exp(1), exp(1) / 2], [exp(1) / 2, 1 + exp(1) / 4]])
    values = np.array([drawn["y0"], drawn["y1"]])
    # five standard errors for each of five statistics: false-failure rate 3e-6 for a new seed
    assert (abs(values.mean(axis=1) - mean) < 5 * np.sqrt(np.diag(cov) / shots)).all()
    error = np.sqrt((np.outer(np.diag(cov), np.diag(cov)) + cov**2) / shots)
    assert (abs(np.cov(values) - cov) < 5 * error).all()
    again = sample(circuit, shots, np.random.default_rng(5))
    assert (again["y1"] == drawn["y1"]).all()


def test_empty_circuits_and_gates():
    assert gaussian_moments(Circuit(1, (ops.Squeeze((0,), 0.3),))).cov.shape == (0, 0)
    empty = Circuit(1, (ops.Interferometer((), ()), ops.Homodyne((0,), 0.0, "y")))
    assert gaussian_moments(empty).cov == pytest.approx(1.0)
    assert sample(Circuit(0), 3, np.random.default_rng(0)) == {}


def squeezed_amplitudes(r, x, p, cutoff):
    """Fock amplitudes of Displacement(x, p) Squeeze(r) on the vacuum.

    The state is annihilated by cosh(r) (a - alpha) + sinh(r) (a^dagger - conj(alpha)), alpha = (x + i p) / 2.
    """
    alpha, t = (x + 1j * p) / 2, tanh(r)
    out = np.zeros(cutoff, dtype=complex)
    out[0] = np.exp(-(abs(alpha) ** 2 + t * alpha.conjugate() ** 2) / 2) / sqrt(cosh(r))
    for n in range(cutoff - 1):
        before = sqrt(n) * out[n - 1] if n else 0.0
        out[n + 1] = ((alpha + t * alpha.conjugate()) * out[n] - t * before) / sqrt(n + 1)
    return out


@pytest.mark.parametrize("angle", [0.0, 0.6, pi / 2, -2.5])
def test_moments_of_a_squeezed_displaced_ket_with_loss(angle):
    r, x, p, eta = 0.5, 0.8, -0.6, 0.7
    ket = np.multiply.outer(squeezed_amplitudes(-0.2, 0.3, 0.9, 20), squeezed_amplitudes(r, x, p, 40))
    (found,) = moments_of_ket(ket, (0.9, eta), (("y", 1, angle),))
    assert found.name == "y"
    # the cutoff keeps all but 1e-12 of these states
    assert found.trace == pytest.approx(1.0, abs=1e-9)
    assert found.mean == pytest.approx(sqrt(eta) * (x * cos(angle) + p * sin(angle)), abs=1e-6)
    turned = exp(-2 * r) * cos(angle) ** 2 + exp(2 * r) * sin(angle) ** 2
    assert found.variance == pytest.approx(eta * turned + 1 - eta, abs=1e-6)


def test_moments_of_a_cubic_ket_from_a_position_grid():
    r, gamma, eta, cutoff = 0.3, 0.1, 0.9, 40
    x = np.linspace(-14.0, 14.0, 2001)
    psi = np.exp(-(x**2) / (4 * exp(2 * r)) + 1j * gamma * x**3 / 6) / (2 * pi * exp(2 * r)) ** 0.25
    hermite = [(2 * pi) ** -0.25 * np.exp(-(x**2) / 4)]  # hbar = 2: x = a + a^dagger
    for n in range(cutoff - 1):
        before = sqrt(n) * hermite[-2] if n else 0.0
        hermite.append((x * hermite[-1] - before) / sqrt(n + 1))
    ket = np.array(hermite) @ psi * (x[1] - x[0])
    position, momentum = moments_of_ket(ket, (eta,), (("x", 0, 0.0), ("p", 0, pi / 2)))
    # the tail above 40 photons costs 1e-9, that above 20 costs 4e-6
    assert position.variance == pytest.approx(eta * exp(2 * r) + 1 - eta, abs=1e-6)
    assert momentum.mean == pytest.approx(sqrt(eta) * gamma * exp(2 * r), abs=1e-6)
    assert momentum.variance == pytest.approx(eta * (exp(-2 * r) + 2 * gamma**2 * exp(4 * r)) + 1 - eta, abs=1e-6)


def test_modes_of_an_entangled_ket_are_reduced():
    # two-mode squeezing of modes 0 and 2: each alone is thermal with variance cosh(2 s)
    s, c = 0.5, 40
    ket = np.zeros((c, c, c), dtype=complex)
    line = squeezed_amplitudes(0.3, 0.4, 0.0, c)
    for n in range(c):
        ket[n, :, n] = tanh(s) ** n / cosh(s) * line
    reads = (("c", 2, 1.1), ("a", 0, 0.2), ("b", 1, 0.0), ("a2", 0, 1.7))
    found = {m.name: m for m in moments_of_ket(ket, (0.5, 1.0, 0.0), reads)}
    assert tuple(found) == ("c", "a", "b", "a2")
    thermal = 0.5 * cosh(2 * s) + 0.5
    wanted = {"a": (0.0, thermal), "a2": (0.0, thermal), "b": (0.4, exp(-0.6)), "c": (0.0, 1.0)}
    for name, (mean, variance) in wanted.items():
        assert (found[name].mean, found[name].variance) == pytest.approx((mean, variance), abs=1e-9)


def test_an_almost_pure_mode_is_not_taken_for_a_pure_one():
    # MrMustard's State would drop the 2e-7 of 15 photons, and 6e-6 of the variance with it
    ket = np.zeros((16, 2), dtype=complex)
    ket[0, 0], ket[15, 1] = sqrt(1 - 2e-7), sqrt(2e-7)
    (found,) = moments_of_ket(ket, (1.0, 1.0), (("y", 0, 0.0),))
    assert found.variance == pytest.approx(1 + 30 * 2e-7, abs=1e-9)


def test_a_truncated_ket_reports_its_trace_and_normalised_moments():
    ket = sqrt(0.5) * squeezed_amplitudes(0.4, 0.9, 0.0, 40)
    (found,) = moments_of_ket(ket, (0.8,), (("y", 0, 0.0),))
    wanted = sqrt(0.8) * 0.9, 0.8 * exp(-0.8) + 0.2, 0.5
    assert (found.mean, found.variance, found.trace) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    ("ket", "etas", "mode", "message"),
    [
        (np.eye(2)[0], (0.9, 0.9), 0, "as many transmissions"),
        (np.eye(2)[0], (1.1,), 0, "as many transmissions"),
        (np.eye(2)[0], (0.9,), 1, "modes must lie in 0..0, found 1"),
        (np.eye(2)[0], (0.9,), -1, "found -1"),
        (np.ones(2), (0.9,), 0, "squared norm"),
        (np.zeros(2), (0.9,), 0, "squared norm"),
        (np.full(2, np.nan), (0.9,), 0, "squared norm"),
    ],
)
def test_kets_that_make_no_sense_are_refused(ket, etas, mode, message):
    with pytest.raises(InputError, match=message):
        moments_of_ket(ket.astype(complex), etas, (("y", mode, 0.0),))


def test_channels_beyond_memory_are_refused(monkeypatch):
    monkeypatch.setattr("simulations.backends.mrmustard.MEMORY_BYTES", 5e5)
    with pytest.raises(InputError, match=r"mode 1 with 11 Fock states needs 0\.000703 GB"):
        moments_of_ket(np.eye(10, 11).astype(complex) / 4, (0.9, 0.9), (("x", 0, 0.0), ("y", 1, 0.0)))


FEED = Polynomial.monomial(("y",), 0.5)


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ((ops.CubicPhase((0,), 0.1),), "operation 0 CubicPhase(mode 0): MrMustard has no cubic gate"),
        ((ops.PrepareCubic((1,), 0.1, 0.3),), "operation 0 PrepareCubic(mode 1): MrMustard has no cubic gate"),
        ((ops.PhasePower((0,), 4, 0.1),), "PhasePower(mode 0): MrMustard has no phase gate"),
        ((ops.phase(Polynomial.monomial((0, 1), 0.1)),), "PolynomialPhase(modes 0, 1): MrMustard has no multi-mode"),
        ((ops.Shear((0,), 0.1), ops.Kerr((1,), 0.1)), "operation 1 Kerr(mode 1): MrMustard has no Kerr gate"),
        ((ops.Dephasing((0,), 0.1),), "Dephasing(mode 0): random rotations are not Gaussian"),
        (
            (ops.DisplacementNoise((0,), 0.1, 0.2),),
            "AdditiveNoise adds the same variance to x and p",
        ),
        (
            (ops.Homodyne((0,), 0.0, "y"), ops.Displacement((1,), FEED, 0.0)),
            "operation 1 Displacement(mode 1): a parameter depends on earlier results",
        ),
    ],
)
def test_refusals_name_the_operation(operations, message):
    circuit = Circuit(2, operations)
    assert message in refusal(circuit)
    with pytest.raises(CircuitError) as caught:
        gaussian_moments(circuit)
    assert message in str(caught.value)


def test_free_symbols_are_refused_and_gaussian_circuits_are_not():
    assert "symbols ['y'] need values" in refusal(Circuit(1, (ops.Rotation((0,), FEED),), symbols=("y",)))
    assert refusal(Circuit(3, (*GATES, ops.ThermalLoss((0,), 0.5, 0.1), ops.Homodyne((0,), 0.2, "y")))) is None


def test_another_hbar_is_refused():
    settings = mrmustard().settings
    mrmustard.cache_clear()
    settings._force_hbar(1.0)
    try:
        with pytest.raises(CircuitError, match=r"HBAR must be 2, found 1\.0"):
            mrmustard()
    finally:
        settings._force_hbar(2.0)


@pytest.mark.parametrize("seed", range(10))
def test_closed_form_moments_agree_on_gaussian_parts(seed):
    body = random_body(np.random.default_rng(seed), 3, 14, noisy=True)
    kept = [op for op in body if op.gaussian and not isinstance(op, ops.DisplacementNoise | ops.PolynomialPhase)]
    program = Circuit(3, (*kept, *(ops.Homodyne((m,), 0.3 + m, f"y{m}") for m in range(3))))
    law, closed = gaussian_moments(program), moments(program)
    assert len({type(op) for op in kept}) > 3
    assert np.abs(law.mean - closed.mean).max() < 1e-10
    assert np.abs(law.cov - closed.cov).max() < 1e-10
