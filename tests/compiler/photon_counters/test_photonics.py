"""Photonic devices: teleported gates, heralded resources, measured squeezing, waiting, X8 and Borealis."""

from dataclasses import replace
from itertools import product
from math import cosh, exp, log, pi, sqrt, tanh

import numpy as np
import pytest

from compiler.comparison import compare
from compiler.costs.fibre import fibre_loss_db_per_s, waiting_loss_db
from compiler.costs.noise import with_noise
from compiler.errors import CircuitError, InputError, NotMappableError
from compiler.exports.strawberryfields.device import (
    compile_loops,
    compile_on,
    compile_pairs,
    counted_state,
    loop_program,
    loop_spec,
    paired_program,
    paired_spec,
    spec_text,
    universal_spec,
)
from compiler.exports.strawberryfields.program import strawberryfields, to_strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import transmission
from compiler.ir.polynomial import Polynomial
from compiler.machines import Request
from compiler.machines.gates import Gates
from compiler.machines.loops import loop_device
from compiler.machines.pairs import paired_device
from compiler.passes.lowering.measured_squeezing import (
    MeasureSqueezing,
    added_variance,
    detector_variance,
    measured_squeeze,
)
from compiler.passes.lowering.teleport_cubics import teleported
from compiler.photon_counters.graph_states import graph_state, input_squeezing, paired_graph_state
from compiler.photon_counters.loop_fit import loop_job, loop_reasons
from compiler.photon_counters.loop_job import Loop, LoopDevice, LoopEfficiencies, LoopJob, job_reasons
from compiler.photon_counters.pair_fit import PairedDevice, PairedProgram, fit_pairs, pair_reasons
from compiler.pipeline import compile_circuit
from compiler.semantics.gaussian_state import GaussianState, prepared_state, takagi
from hardware_profiles import load_profile, profile_from_data
from simulations.exact import simulate
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
from simulations.heralding.teleported_cubic import TeleportedCubic, measured_noise

# --- teleported cubic gates ------------------------------------------------------------------------------------------

SHOTS = 100_000


PARTS = ({}, {"gain": 0.7}, {"detector_eta": 0.972})
LOSSY = {"ancilla_eta": 0.97, "detector_eta": 0.99, "gain": 1.1}


@pytest.mark.parametrize("parts, r", [*product(PARTS, (0.5, 1.0, 1.5, 2.0)), (LOSSY, 0.5), (LOSSY, 2.0)], ids=str)
def test_added_noise_is_the_predicted_factor_within_two_percent(parts, r):
    """Standard errors are 0.5 % to 0.7 %, so 2 % is missed by less than 1 draw in 200; the seeds are fixed."""
    gate = TeleportedCubic(0.1, r, **parts)
    found = measured_noise(gate, SHOTS, np.random.default_rng([7, int(10 * r)]))
    assert found.variance == pytest.approx(gate.factor * exp(-2.0 * r), rel=0.02)
    assert found.stderr < 0.008 * gate.added_variance
    if not parts:
        assert gate.factor == pytest.approx(1.0, rel=1e-12)


def test_added_noise_of_a_strong_gate_with_heavy_loss():
    """Where delta^2 has a third of the variance; the standard error is 1.8 %."""
    gate = TeleportedCubic(0.8, -0.3, ancilla_eta=0.6, detector_eta=0.6)
    found = measured_noise(gate, 20_000, np.random.default_rng(5))
    assert found.variance == pytest.approx(gate.added_variance, rel=0.08)


def test_the_plain_gadget_is_what_the_compiler_emits():
    gate = TeleportedCubic(0.2, 1.3)
    assert list(gate.operations(0, 1, "m")) == teleported(ops.CubicPhase((0,), 0.2), 1, 1.3, "m")


@pytest.mark.parametrize("gain", [0.6, 1.0, 1.7])
def test_the_gadget_is_the_gate_at_any_gain(gain):
    gadget = Circuit(2, TeleportedCubic(0.3, 1.0, gain).operations(), (1,))
    assert compare(Circuit(1, (ops.CubicPhase((0,), 0.3),)), gadget).equivalent


def test_with_loss_there_is_a_best_squeezing():
    gate = TeleportedCubic(0.1, 0.0, 1.1, 0.95, 0.99)
    noise = [replace(gate, r=gate.best_r + d).added_variance for d in (-0.02, 0.0, 0.02)]
    assert noise[1] == min(noise) and max(noise) < 1.001 * noise[1]
    assert TeleportedCubic(0.1, 1.0).best_r == float("inf")


def test_loss_compensation_uses_a_weaker_ancilla():
    gate = TeleportedCubic(0.3, 1.0, ancilla_eta=0.81)
    assert gate.resource_gamma == pytest.approx(0.27)
    wrong = replace(gate, gamma=0.3)  # with an ancilla of the full strength, the inverse gate leaves more than noise
    circuit = Circuit(
        2,
        (ops.PrepareSqueezed((0,), -1.5), ops.PrepareCubic((1,), 0.3, 1.0), *wrong.operations()[1:],
         ops.CubicPhase((0,), -0.3), ops.Homodyne((0,), pi / 2, "p")),
        (1,),
    )  # fmt: skip
    p = simulate(circuit, 20_000, np.random.default_rng(3)).results["p"]
    assert p.var() - exp(-3.0) > 1.05 * gate.added_variance


# --- heralded resources ----------------------------------------------------------------------------------------------


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


# --- squeezing by measurement, and waiting ---------------------------------------------------------------------------


def photonic(**changes):
    data = load_profile("photonic-cubic").model_dump(mode="json")
    data["operations"]["Squeeze"]["availability"] = "teleported"
    return profile_from_data({**data, **changes}, "test")


def test_measured_squeezing_is_exact_with_ideal_ancillas():
    x = Polynomial.monomial(("y",), 0.3)
    source = Circuit(
        3,
        (
            ops.Squeeze((0,), 0.7),
            ops.BeamSplitter((0, 1), 0.4, 0.3),
            ops.CubicPhase((1,), 0.2),
            ops.Squeeze((1,), -0.4),
            ops.PrepareSqueezed((2,), 1.0),
            ops.ControlledX((0, 2), 1.0),
            ops.Homodyne((2,), 0.0, "y"),
            ops.Displacement((1,), x, 0.0),
            ops.Squeeze((0,), -0.2),
        ),
        (2,),
    )
    step = MeasureSqueezing(1.5)
    made = step(source, photonic())
    verdict = compare(source, made.circuit)
    assert verdict.equivalent and verdict.resources == 3
    assert not any(isinstance(op, ops.Squeeze) for op in made.circuit.operations)
    assert step(made.circuit, photonic()).circuit == made.circuit
    assert f"{sum(added_variance(r, 1.5) for r in (0.7, 0.4, 0.2)):.4g}" in made.report
    assert MeasureSqueezing()(source, load_profile("photonic-cubic")).circuit == source  # native there
    limit = MeasureSqueezing()(source, photonic()).circuit
    assert {abs(op.r) for op in limit.operations if isinstance(op, ops.PrepareSqueezed)} == {1.0, 1.727}
    broken = list(made.circuit.operations)
    at = next(i for i, op in enumerate(broken) if isinstance(op, ops.BeamSplitter))
    broken[at] = ops.BeamSplitter(broken[at].modes, broken[at].theta + 1e-6)
    assert not compare(source, made.circuit.with_operations(tuple(broken))).equivalent


def test_a_cell_without_in_line_squeezers_or_cubic_gates_compiles():
    """Cubic gates teleported, squeezers measured: the whole is proved equal to its source, with ideal resources."""
    data = load_profile("ideal-teleported").model_dump(mode="json")
    data["operations"]["Squeeze"]["availability"] = "teleported"
    profile = profile_from_data(data, "test")
    edges = ops.phase(Polynomial.monomial((0, 1, 2), 0.3) + Polynomial.monomial((0, 1), 0.4))
    usual = Gates().passes(Request())
    passes = tuple(MeasureSqueezing(1.5) if isinstance(step, MeasureSqueezing) else step for step in usual)
    program = compile_circuit(Circuit(3, (edges, ops.Squeeze((2,), 0.3))), profile, passes=passes)
    assert program.verification.equivalent and program.verification.resources >= 6
    assert not {"squeezer", "cubic_phase"} & set(program.resources.counts)


@pytest.mark.parametrize("r", [0.6, -0.6])
@pytest.mark.parametrize("eta, eta_d", [(1.0, 1.0), (0.9, 1.0), (1.0, 0.95)])
def test_measured_squeezing_adds_the_stated_noise(r, eta, eta_d):
    """Exact variances after feed-forward, from 2e5 shots: 4 standard errors, missed once in 1e4 draws."""
    steps = measured_squeeze(0, r, 1, 1.2, "m")
    kick = steps[-1]
    scaled = {k: (1 / sqrt(eta_d)) * v if isinstance(v, Polynomial) else v for k, v in kick.parameters().items()}
    made = [steps[0], ops.Loss((1,), eta), steps[1], ops.Loss((1,), eta_d), steps[2], ops.Displacement((0,), **scaled)]
    data = (ops.PrepareSqueezed((0,), 0.3),)
    for angle, gain, start in ((0.0, exp(-r), exp(-0.6)), (pi / 2, exp(r), exp(0.6))):
        circuit = Circuit(2, (*data, *made, ops.Homodyne((0,), angle, "q")), (1,))
        q = simulate(circuit, 200_000, np.random.default_rng(11)).results["q"]
        squeezed = (angle == 0.0) == (r > 0.0)
        noise = added_variance(r, 1.2, eta) if squeezed else detector_variance(r, eta_d)
        expected = gain**2 * start + noise
        assert q.var() == pytest.approx(expected, rel=4 * sqrt(2 / 200_000))


def test_measured_squeezing_refuses_what_it_cannot_do():
    fed = Circuit(2, (ops.Homodyne((1,), 0.0, "y"), ops.Squeeze((0,), Polynomial.monomial(("y",), 1.0))))
    with pytest.raises(NotMappableError, match=r"operation 1 Squeeze.*depends on y"):
        MeasureSqueezing(1.0)(fed, photonic())
    symbol = Circuit(1, (ops.Squeeze((0,), Polynomial.monomial(("w",))),), symbols=("w",))
    assert MeasureSqueezing(1.0)(symbol, photonic()).circuit == symbol
    with pytest.raises(CircuitError, match="must be a finite number > 0"):
        MeasureSqueezing(-1.0)


def test_waiting_for_feed_forward_is_loss_in_fibre():
    """100 ns are 20.4 m of fibre; the teleported gate's data waits so long for its corrections."""
    assert waiting_loss_db(100e-9, 0.2) == pytest.approx(0.2e-3 * 299792458.0 * 100e-9 / 1.468)
    here = {"source": "test", "date": "2026-11-22", "mark": "A"}
    noise = {
        "loss_db_per_s": {"value": fibre_loss_db_per_s(0.2), **here},
        "feed_forward_latency_s": {"value": 100e-9, **here},
    }
    gadget = Circuit(2, tuple(teleported(ops.CubicPhase((0,), 0.2), 1, 1.0, "m")), (1,))
    noisy = with_noise(gadget, photonic(noise=noise), without=("preparation", "gates", "detector"))
    (loss,) = (op for op in noisy.operations if isinstance(op, ops.Loss))
    assert loss.modes == (0,) and loss.eta == pytest.approx(transmission(waiting_loss_db(100e-9, 0.2)), rel=1e-12)
    place = [type(op).__name__ for op in noisy.operations].index("Loss")
    assert isinstance(noisy.operations[place + 1], ops.Shear)


# --- Gaussian states -------------------------------------------------------------------------------------------------


def haar(rng, n):
    return np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))[0]


def rows(u):
    return tuple(map(tuple, u.tolist()))


def test_states_agree_with_strawberry_fields_and_the_walrus():
    from thewalrus.quantum import Amat

    circuit = Circuit(
        3,
        (
            ops.PrepareSqueezed((0,), 0.5),
            ops.Squeeze((1,), -0.3),
            ops.BeamSplitter((0, 1), 0.4, 0.7),
            ops.Displacement((1,), 0.2, -0.4),
            ops.ControlledZ((1, 2), 0.4),
            ops.Interferometer((0, 2), rows(haar(np.random.default_rng(1), 2))),
            ops.Loss((0,), 0.7),
            ops.Shear((1,), 0.3),
            ops.PrepareVacuum((2,)),
        ),
    )
    state = strawberryfields().Engine("gaussian").run(to_strawberryfields(circuit)).state
    found = prepared_state(circuit)
    np.testing.assert_allclose(found.mean, state.means(), atol=1e-12)
    np.testing.assert_allclose(found.cov, state.cov(), atol=1e-12)
    np.testing.assert_allclose(found.a_matrix(), Amat(state.cov(), hbar=2), atol=1e-12)
    assert found.pair_matrix() is None


def test_channels_on_one_of_two_modes():
    """Strawberry Fields' Gaussian back end adds thermal noise to all modes at once, so this has a closed form."""
    noisy = (ops.ThermalLoss((1,), 0.8, 0.3), ops.DisplacementNoise((0,), 0.1, 0.2))
    state = prepared_state(Circuit(2, (ops.PrepareSqueezed((1,), 0.5), ops.Displacement((1,), 1.0, 2.0), *noisy)))
    np.testing.assert_allclose(np.diag(state.cov), [1.1, 0.8 * exp(-1.0) + 0.32, 1.2, 0.8 * exp(1.0) + 0.32])
    np.testing.assert_allclose(state.mean, sqrt(0.8) * np.array([0.0, 1.0, 0.0, 2.0]))
    assert np.count_nonzero(state.cov) == 4


@pytest.mark.parametrize("values", [(0.9, 0.9, 0.9, 0.9), (0.7, 0.7, 0.0, 0.0), (0.8, 0.5, 0.5, 0.1), (0.0,) * 4])
def test_takagi_with_equal_values(values):
    u = haar(np.random.default_rng(2), 4)
    c = u @ np.diag(values) @ u.T
    s, v = takagi(c)
    np.testing.assert_allclose(s, values, atol=1e-12)
    np.testing.assert_allclose(v @ np.diag(s) @ v.T, c, atol=1e-12)
    np.testing.assert_allclose(v.conj().T @ v, np.eye(4), atol=1e-12)


# --- X8 --------------------------------------------------------------------------------------------------------------


X8 = paired_device(load_profile("xanadu-x8"))
BOREALIS = replace(loop_device(load_profile("xanadu-borealis")), loop_phases=())  # as a program sees it: loops at rest
LOW, MEDIUM, HIGH = BOREALIS.levels[1:]


def loop_graph_state(modes, r):
    """The job of pulses (0, 1), (2, 3), .. as two-mode graph states of weight tanh(2 r)."""
    idle = Loop((0.0,) * modes, (0.0,) * modes)
    return LoopJob(r, (Loop((pi / 2,) * modes, (0.0, pi / 4) * (modes // 2)), idle, idle))


def pair(r, a=0, b=4):
    """Two-mode squeezing of the vacuum."""
    return (ops.PrepareSqueezed((a,), -r), ops.PrepareSqueezed((b,), r), ops.BeamSplitter((a, b), pi / 4))


@pytest.mark.parametrize("levels", [(1.0,) * 4, (1.0, 0.0, 0.0, 1.0), (0.0,) * 4, (0.0, 1.0, 1.0, 1.0)])
def test_x8_takes_what_fits(levels):
    """Random unitaries; `compile_pairs` compares the covariance of what Strawberry Fields compiled."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        program = PairedProgram(levels, rows(haar(rng, 4)))
        circuit = program.circuit()
        np.testing.assert_allclose(
            counted_state(paired_program(program)).cov, prepared_state(circuit).cov, atol=1e-12
        )  # the S2gate has our sign
        fitted = fit_pairs(circuit, X8)
        assert sorted(fitted.squeezing) == sorted(levels)
        np.testing.assert_allclose(prepared_state(fitted.circuit()).cov, prepared_state(circuit).cov, atol=1e-9)
        compiled = compile_pairs(circuit, X8)
        assert [type(c.op).__name__ for c in compiled.circuit].count("MZgate") == 12


def test_x8_spec_is_strawberry_fields_own_layout():
    spec = paired_spec(X8)
    assert strawberryfields().Device(spec).default_compiler == "Xunitary"
    assert "MZgate({phase_4}, {phase_5}) | [1, 2]" in spec["layout"]
    assert "MZgate({phase_10}, {phase_11}) | [5, 6]" in spec["layout"]
    with pytest.raises(ValueError, match="squeezing_amplitude_0"):
        compile_on(paired_program(PairedProgram((0.5, 0.0, 0.0, 0.0), rows(np.eye(4, dtype=complex)))), spec)


def test_a_program_for_another_state_is_caught(monkeypatch):
    rng = np.random.default_rng(4)
    one, other = (PairedProgram((1.0,) * 4, rows(haar(rng, 4))) for _ in range(2))
    monkeypatch.setattr("compiler.exports.strawberryfields.device.fit_pairs", lambda *_: other)
    with pytest.raises(CircuitError, match="the Xunitary compiler changed the state"):
        compile_pairs(one.circuit(), X8)
    monkeypatch.setattr(LoopDevice, "final_phase", lambda *_: 0.1)
    with pytest.raises(CircuitError, match="the borealis compiler changed the state"):
        compile_loops(loop_graph_state(2, MEDIUM), BOREALIS)


EVERY_PAIR = tuple(op for m in range(4) for op in pair(1.0, m, m + 4))
SYMBOL = Polynomial.monomial(("w",))
RESULT = Polynomial.monomial(("y",))

UNFIT_FOR_X8 = {
    "nine modes": (Circuit(9, EVERY_PAIR), "the circuit", "has 9 modes, the device 8"),
    "level": (Circuit(8, pair(0.5)), "operation 0 PrepareSqueezed", "r = 0.5, which is not available"),
    "unequal unitaries": (
        Circuit(8, (*EVERY_PAIR, ops.BeamSplitter((0, 1), 0.3))), "operation 12 BeamSplitter", "unequal unitaries"),
    "other pair": (Circuit(8, pair(1.0, 0, 5)), "operation 0 PrepareSqueezed", "a pair other than"),
    "single-mode squeezing": (
        Circuit(8, (*EVERY_PAIR, ops.Squeeze((2,), 0.4))), "operation 12 Squeeze", "same half are squeezed"),
    "halves mixed": (
        Circuit(8, (*EVERY_PAIR, ops.BeamSplitter((1, 6), 0.3))), "operation 12 BeamSplitter", "same half"),
    "squeezed signals": (
        Circuit(8, (*pair(1.0), ops.Squeeze((1,), 0.0), *pair(1.0, 1, 2))), "operation 4 Prepare",
        "modes 1 and 2 of the same half"),
    "cubic": (Circuit(8, (*EVERY_PAIR, ops.CubicPhase((0,), 0.1))), "operation 12 CubicPhase", "not Gaussian"),
    "3-edge": (
        Circuit(8, (*EVERY_PAIR, ops.phase(Polynomial.monomial((0, 1, 2), 0.3)))), "operation 12", "not Gaussian"),
    "homodyne": (Circuit(8, (*EVERY_PAIR, ops.Homodyne((0,), 0.0, "y"))), "operation 12 Homodyne", "no homodyne"),
    "feed-forward": (
        Circuit(8, (ops.Homodyne((0,), 0.0, "y"), ops.Rotation((1,), RESULT))), "operation 1 Rotation",
        "depends on y, and the device has no feed-forward"),
    "displacement": (
        Circuit(8, (*EVERY_PAIR, ops.Displacement((0,), 0.0, 0.2))), "operation 12 Displacement", "no displacement"),
    "loss": (Circuit(8, (ops.Loss((0,), 0.9), *EVERY_PAIR)), "operation 0 Loss", "are its own"),
    "mixed": (Circuit(8, (*EVERY_PAIR, ops.PrepareVacuum((4,)))), "operation 12 PrepareVacuum", "is mixed"),
    "symbol": (
        Circuit(8, (ops.Rotation((0,), SYMBOL),), symbols=("w",)), "the circuit", "free parameters w"),
    "cluster of weight 1": (
        graph_state(np.array([[0.0, 1.0], [1.0, 0.0]]), 1.0), "operation 0 PrepareSqueezed", "same half"),
}  # fmt: skip

PULSES = tuple(ops.PrepareSqueezed((w,), MEDIUM) for w in range(8))


def pulses(*operations):
    return Circuit(8, (*PULSES, *operations))


UNFIT_FOR_BOREALIS = {
    "217 pulses": (Circuit(217), "the circuit", "has 217 modes, the device 216"),
    "level": (Circuit(1, (ops.PrepareSqueezed((0,), 0.5),)), "operation 0", "r = 0.5, and the device only 0, 0.613"),
    "negative level": (Circuit(1, (ops.Squeeze((0,), -MEDIUM),)), "operation 0 Squeeze", "r = -0.893"),
    "unequal levels": (
        Circuit(2, (ops.Squeeze((0,), MEDIUM), ops.Squeeze((1,), LOW))), "operation 1 Squeeze", "differs from"),
    "dark pulse": (Circuit(3, PULSES[:2]), "the circuit", r"modes \[2\] are not squeezed"),
    "late squeezing": (
        pulses(ops.BeamSplitter((0, 1), 0.3, pi / 2), ops.Squeeze((0,), MEDIUM)), "operation 9", "before all else"),
    "distance": (pulses(ops.BeamSplitter((0, 2), 0.3, pi / 2)), "operation 8", "2 bins apart.*1, 6, 36"),
    "splitter phase": (pulses(ops.BeamSplitter((0, 1), 0.3)), "operation 8", "phase of a beamsplitter must be 1.571"),
    "splitter angle": (pulses(ops.BeamSplitter((0, 1), 1.7, pi / 2)), "operation 8", "must lie in 0..1.571"),
    "negative angle": (pulses(ops.BeamSplitter((0, 6), -0.3, pi / 2)), "operation 8", "must lie in 0..1.571"),
    "rotation": (
        pulses(ops.BeamSplitter((5, 6), 0.3, pi / 2), ops.BeamSplitter((6, 7), 0.3, pi / 2), ops.Rotation((6,), 2.0),
               ops.BeamSplitter((0, 6), 0.3, pi / 2)), "operation 10 Rotation", "modulator of loop 1 reaches"),
    "inside a loop": (
        pulses(ops.BeamSplitter((0, 1), 0.3, pi / 2), ops.Rotation((1,), 0.2), ops.BeamSplitter((1, 2), 0.3, pi / 2)),
        "operation 9 Rotation", "inside loop 0"),
    "order of loops": (
        pulses(ops.BeamSplitter((0, 6), 0.3, pi / 2), ops.BeamSplitter((5, 6), 0.3, pi / 2)), "operation 9",
        "already passed"),
    "order of bins": (
        pulses(ops.BeamSplitter((1, 2), 0.3, pi / 2), ops.BeamSplitter((0, 1), 0.3, pi / 2)), "operation 9",
        "already passed"),
    "twice": (
        pulses(ops.BeamSplitter((0, 1), 0.3, pi / 2), ops.BeamSplitter((0, 1), 0.3, pi / 2)), "operation 9",
        "already passed"),
    "controlled gate": (pulses(ops.ControlledZ((0, 1), 0.5)), "operation 8 ControlledZ", "sources, rotations"),
    "cubic": (pulses(ops.CubicPhase((0,), 0.1)), "operation 8 CubicPhase", "not Gaussian"),
    "homodyne": (pulses(ops.Homodyne((0,), 0.0, "y")), "operation 8 Homodyne", "no homodyne"),
    "displacement": (pulses(ops.Displacement((0,), 0.1, 0.0)), "operation 8 Displacement", "no displacement"),
    "loss": (pulses(ops.Loss((0,), 0.9)), "operation 8 Loss", "are its own"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT_FOR_X8)
def test_x8_refuses_with_the_reason(name):
    import re

    circuit, operation, reason = UNFIT_FOR_X8[name]
    reasons = pair_reasons(circuit, X8)
    assert any(r.operation.startswith(operation) and re.search(reason, r.reason) for r in reasons), reasons
    assert all(r.relaxation for r in reasons)
    with pytest.raises(NotMappableError, match="not mappable to xanadu-x8, because"):
        compile_pairs(circuit, X8)


@pytest.mark.parametrize("name", UNFIT_FOR_BOREALIS)
def test_borealis_refuses_with_the_reason(name):
    import re

    circuit, operation, reason = UNFIT_FOR_BOREALIS[name]
    first = loop_reasons(circuit, BOREALIS)[0]
    assert first.operation.startswith(operation) and re.search(reason, first.reason), first
    with pytest.raises(NotMappableError, match="not mappable to xanadu-borealis, because"):
        loop_job(circuit, BOREALIS)


def sf_program(n, build):
    sf = strawberryfields()
    program = sf.Program(n)
    with program.context as q:
        for m in range(n // 2):
            sf.ops.S2gate(1.0) | (q[m], q[m + n // 2])
        build(sf.ops, q)
        sf.ops.MeasureFock() | q
    return program


REFUSED_BY_STRAWBERRY_FIELDS = {
    "modes": (10, lambda o, q: None),
    "other pair": (8, lambda o, q: o.S2gate(1.0) | (q[0], q[5])),
    "level": (8, lambda o, q: o.S2gate(0.5) | (q[0], q[4])),
    "unequal unitaries": (8, lambda o, q: o.BSgate(0.3, 0.0) | (q[0], q[1])),
    "halves mixed": (8, lambda o, q: o.BSgate(0.3, 0.0) | (q[1], q[6])),
    "single-mode squeezing": (8, lambda o, q: o.Sgate(0.4) | q[2]),
    "cubic": (8, lambda o, q: o.Vgate(0.1) | q[0]),
    "homodyne": (8, lambda o, q: o.MeasureHomodyne(0.0) | q[0]),
    "displacement": (8, lambda o, q: o.Xgate(0.1) | q[0]),
    "loss": (8, lambda o, q: o.LossChannel(0.9) | q[0]),
}


@pytest.mark.parametrize("name", REFUSED_BY_STRAWBERRY_FIELDS)
def test_strawberry_fields_refuses_for_x8_too(name):
    n, build = REFUSED_BY_STRAWBERRY_FIELDS[name]
    with pytest.raises((ValueError, strawberryfields().program_utils.CircuitError)):
        compile_on(sf_program(n, build), paired_spec(X8))


def test_strawberry_fields_accepts_for_x8_what_is_not_broken():
    compile_on(sf_program(8, lambda o, q: None), paired_spec(X8))


# --- Borealis --------------------------------------------------------------------------------------------------------


def random_job(rng, n, device=BOREALIS, r=MEDIUM):
    loops = []
    for place, d in enumerate(device.delays):
        turns = [rng.uniform(-1.5, 1.5) - device.compensation(place, w) for w in range(n)]
        theta = rng.uniform(0.0, pi / 2, n)
        theta[:d] = 0.0
        loops.append(Loop(tuple(turns), tuple(theta.tolist())))
    return LoopJob(r, tuple(loops))


@pytest.mark.parametrize("phases", [(), (0.1, -0.1, 3.0)])
@pytest.mark.parametrize("n", [1, 7, 45])
def test_borealis_takes_what_fits(n, phases, caplog):
    """`compile_loops` compares the covariance of what Strawberry Fields compiled, here with the certificate's loss."""
    device = replace(BOREALIS, loop_phases=phases)
    job = random_job(np.random.default_rng(n), n, device)
    assert job_reasons(job, device) == ()
    eta = LoopEfficiencies(0.429, (0.911, 0.890, 0.852), tuple(np.linspace(0.877, 1.0, 16).tolist()))
    compile_loops(job, device, efficiencies=eta)
    program = compile_loops(job, device)
    assert program.timebins == n + 43
    if n > 1:  # the first loop's pulses may be turned by pi, which they do not see
        assert "offset by pi" not in caplog.text


def test_the_first_loop_takes_every_rotation():
    """Its modulator turns a fresh squeezed pulse, which does not see the pi that Strawberry Fields then adds."""
    loops = random_job(np.random.default_rng(10), 9).loops
    job = LoopJob(HIGH, (Loop((2.5, -3.0, 1.7) * 3, loops[0].theta), *loops[1:]))
    assert job_reasons(job, BOREALIS) == ()
    assert compile_loops(job, BOREALIS).tdm_params[1][0] == pytest.approx(2.5 - pi)
    assert loop_reasons(job.circuit(BOREALIS), BOREALIS) == ()


def test_vacuum_before_the_squeezers_and_whole_numbers_are_taken():
    start = (ops.PrepareVacuum((0,)), ops.Squeeze((0,), LOW), ops.Squeeze((1,), LOW), ops.Rotation((1,), 1))
    job = loop_job(Circuit(2, (*start, ops.BeamSplitter((0, 1), 1, pi / 2))), BOREALIS)
    assert job.loops[0] == Loop((0.0, 1.0), (0.0, 1.0)) and job.r == LOW
    assert loop_job(Circuit(2, (ops.PrepareVacuum((1,)),)), BOREALIS).r == 0.0


def test_a_layout_that_somebody_left_on_a_compiler_does_no_harm():
    from strawberryfields.compilers import compiler_db

    compiler_db["borealis"].init_circuit("name other")
    compile_loops(loop_graph_state(2, MEDIUM), BOREALIS)
    assert compiler_db["borealis"]._layout is None


def test_a_circuit_is_read_back_as_its_job():
    job = random_job(np.random.default_rng(5), 45)
    circuit = job.circuit(BOREALIS)
    found = loop_job(circuit, BOREALIS)
    left, right = (prepared_state(c).pair_matrix() for c in (circuit, found.circuit(BOREALIS)))
    np.testing.assert_allclose(np.abs(left), np.abs(right), atol=1e-12)  # up to rotations at the end
    np.testing.assert_allclose(np.abs(left.conj() @ left), np.abs(right.conj() @ right), atol=1e-12)
    compile_loops(found, BOREALIS)
    turned = [  # the same beamsplitters, written from the other mode and with the other sign
        ops.BeamSplitter(op.modes[::-1], op.theta, op.phi) if isinstance(op, ops.BeamSplitter) else op
        for op in circuit.operations
    ]
    assert loop_job(circuit.with_operations(tuple(turned)), BOREALIS) == found


def test_strawberry_fields_shifts_out_of_range_rotations_where_we_refuse(caplog):
    loops = random_job(np.random.default_rng(6), 9).loops
    far = Loop((0.0,) * 8 + (2.5,), loops[1].theta)
    job = LoopJob(MEDIUM, (loops[0], far, loops[2]))
    reason = job_reasons(job, BOREALIS)[0]
    assert reason.operation == "loop 1 (delay 6), pulse 8" and "reaches +-1.571, and 2.5 is needed" in reason.reason
    near = LoopJob(MEDIUM, (loops[0], Loop((0.0,) * 9, loops[1].theta), loops[2]))
    program = loop_program(near, BOREALIS)
    program.tdm_params[3][9] = 2.5
    from compiler.exports.strawberryfields.device import loop_certificate

    compiled = compile_on(program, loop_spec(BOREALIS), certificate=loop_certificate(BOREALIS))
    assert compiled.tdm_params[3][9] == pytest.approx(2.5 - pi)  # another program, and no error


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda o, q, p: o.Sgate(p[0]) | q[42], "incompatible topologies"),
        (lambda o, q, p: o.Vgate(0.1) | q[43], "cannot be used with the compiler"),
        (lambda o, q, p: o.LossChannel(0.9) | q[43], "cannot be used with the compiler"),
        (lambda o, q, p: o.Xgate(0.1) | q[43], "cannot be used with the compiler"),
    ],
)
def test_strawberry_fields_refuses_for_borealis_too(change, expected):
    from compiler.exports.strawberryfields.device import loop_certificate

    sf = strawberryfields()
    program = sf.TDMProgram(44)
    zeros = [0.0] * 50
    with program.context(*[zeros] * 7) as (p, q):
        change(sf.ops, q, p)
        sf.ops.MeasureFock() | q[0]
    with pytest.raises(sf.program_utils.CircuitError, match=expected):
        compile_on(program, loop_spec(BOREALIS), certificate=loop_certificate(BOREALIS))


@pytest.mark.parametrize("place, value", [(0, 0.5), (2, 1.7), (4, -0.3)])
def test_strawberry_fields_refuses_values_for_borealis_too(place, value):
    """A level, and beamsplitter angles."""
    from compiler.exports.strawberryfields.device import loop_certificate

    program = loop_program(random_job(np.random.default_rng(8), 9), BOREALIS)
    program.tdm_params[place][8] = value
    with pytest.raises(ValueError, match="has invalid value"):
        compile_on(program, loop_spec(BOREALIS), certificate=loop_certificate(BOREALIS))


def test_jobs_that_do_not_fit():
    idle = Loop((0.0, 0.0), (0.0, 0.0))
    cases = {
        "has 2 loops, the device 3": LoopJob(MEDIUM, (idle, idle)),
        "the loop is still empty at pulse 0": LoopJob(MEDIUM, (Loop((0.0, 0.0), (0.3, 0.0)), idle, idle)),
        "must lie in 0..1.571": LoopJob(MEDIUM, (Loop((0.0, 0.0), (0.0, 1.6)), idle, idle)),
        "the device offers r = 0, 0.613": LoopJob(0.5, (idle, idle, idle)),
    }
    for reason, job in cases.items():
        assert reason in job_reasons(job, BOREALIS)[0].reason
    assert (
        "takes 245 bins, the device has 200"
        in job_reasons(random_job(np.random.default_rng(0), 202), replace(BOREALIS, bins=200))[0].reason
    )


# --- graph states and universal machines -----------------------------------------------------------------------------

HADAMARD = np.array([[1.0, 1.0], [1.0, -1.0]]) / sqrt(2.0)


@pytest.mark.parametrize("block", [np.eye(4), np.kron(HADAMARD, HADAMARD), np.kron(np.eye(2), HADAMARD)])
def test_graph_states_that_x8_prepares(block):
    """Four edges, the complete bipartite graph, two square clusters, all with weights tanh(2) times the block."""
    circuit = paired_graph_state(block, 1.0)
    compile_pairs(circuit, X8)
    b = prepared_state(circuit).pair_matrix()
    np.testing.assert_allclose(b[:4, 4:], 1j * tanh(1.0) * block, atol=1e-12)
    nullifiers = np.diag(prepared_state(circuit).cov[8:, 8:])  # var p before the edges is 1 / cosh 2
    weights = tanh(2.0) ** 2 * cosh(2.0)
    np.testing.assert_allclose(nullifiers, 1.0 / cosh(2.0) + weights, atol=1e-12)


def test_no_other_uniform_edge_fits_x8():
    edge = np.kron(np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(4))
    for r, w in ((0.6625, 1.0), (1.0, tanh(2.0)), (0.5, 0.5), (input_squeezing(0.5), tanh(1.0))):
        assert pair_reasons(graph_state(w * edge, r), X8)
    assert not pair_reasons(graph_state(tanh(2.0) * edge, 0.5 * log(cosh(2.0))), X8)


@pytest.mark.parametrize("r", [LOW, 1.064])
def test_graph_states_that_borealis_prepares(r):
    job = loop_graph_state(8, r)
    edges = tanh(2.0 * r) * np.kron(np.eye(4), np.array([[0.0, 1.0], [1.0, 0.0]]))
    expected = prepared_state(graph_state(edges, input_squeezing(r)))
    np.testing.assert_allclose(prepared_state(job.circuit(BOREALIS)).cov, expected.cov, atol=1e-12)
    compile_loops(job, BOREALIS)
    device = replace(BOREALIS, loop_phases=(0.3, 0.2, -1.0))
    assert job_reasons(job, device)  # its modulators cannot rest
    compile_loops(loop_job(job.circuit(BOREALIS), device), device)


@pytest.mark.parametrize("spec", [paired_spec(X8), loop_spec(BOREALIS), universal_spec("photonic-cubic", 5)])
def test_specifications_are_json_that_strawberry_fields_reads(spec):
    import json

    assert json.loads(spec_text(spec)) == spec
    assert set(spec) == {"target", "layout", "modes", "compiler", "gate_parameters"}


def test_universal_machines_are_checked_by_their_compilers():
    gaussian, fock = (universal_spec("photonic-cubic", 3, c) for c in ("gaussian", "fock"))
    edge = graph_state(np.array([[0.0, 0.5], [0.5, 0.0]]), 1.0)
    read = edge.then((ops.Homodyne((0,), 0.0, "y"),))
    cubic = edge.then((ops.CubicPhase((1,), 0.2), ops.Homodyne((0,), 0.0, "y")))
    refused = strawberryfields().program_utils.CircuitError
    compile_on(to_strawberryfields(read), gaussian)
    compile_on(to_strawberryfields(cubic), fock)
    with pytest.raises(refused, match="Vgate cannot be used with the compiler 'gaussian'"):
        compile_on(to_strawberryfields(cubic), gaussian)
    with pytest.raises(refused, match="contains 4 modes"):
        compile_on(to_strawberryfields(Circuit(4)), fock)


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: TeleportedCubic(0.1, 1.0, gain=0.0), "a gain > 0"),
        (lambda: TeleportedCubic(0.1, 1.0, detector_eta=0.0), r"must lie in \(0, 1\], found 1.0, 0.0"),
        (lambda: measured_noise(TeleportedCubic(0.1, 1.0), 1, np.random.default_rng(0)), "at least 2 shots"),
        (lambda: HeraldLoss(1.2), r"transmission must lie in \[0, 1\]"),
        (lambda: attempts_for(1.0, 0.1), r"success must lie in \[0, 1\)"),
        (lambda: attempts_for(0.9, 0.0), r"must lie in \(0, 1\]"),
        (lambda: success_of(-1, 0.1), "attempts must be >= 0"),
        (lambda: multiplexed(LEAST_NOISE["one photon"], 0.9, -1.0), "dB >= 0, found -1"),
        (lambda: least_ratio(-1), "must be >= 0, found -1"),
        (lambda: least_noise_scheme((1, 1, 1), 0, 1), "one or two modes"),
        (lambda: gate_noise(0.5 * np.eye(1, dtype=complex)), "trace 1 within 0.001, found 0.5"),
        (lambda: fibre_loss_db_per_s(-0.2), "dB/km >= 0"),
        (lambda: fibre_loss_db_per_s(0.2, 0.5), "index must be"),
        (lambda: waiting_loss_db(-1.0, 0.2), "seconds >= 0"),
        (lambda: GaussianState(np.zeros(3), np.eye(3)), "n modes need"),
        (lambda: prepared_state(Circuit(1, (ops.CubicPhase((0,), 1.0),))), "operation 0 CubicPhase"),
        (lambda: takagi(np.array([[0.0, 1.0], [0.0, 0.0]], dtype=complex)), "symmetric"),
        (lambda: replace(X8, pairs=0), "at least 1 pair"),
        (lambda: replace(BOREALIS, delays=(1, 1)), "distinct delays"),
        (lambda: replace(BOREALIS, loop_phases=(0.1,)), "as many loop phases, found 1"),
        (lambda: LoopEfficiencies(1.1, (1.0,), (1.0,)), r"efficiencies must lie in \[0, 1\]"),
        (lambda: LoopJob(0.1, (Loop((0.0,), ()),)), "one setting a pulse"),
        (lambda: LoopJob(float("nan"), (Loop((0.0,), (0.0,)),)), "must be finite"),
        (lambda: loop_spec(replace(BOREALIS, delays=(1, 6))), "compiles loops of"),
        (lambda: universal_spec("x", 2, "gbs"), "compiled by fock or gaussian, found 'gbs'"),
        (lambda: universal_spec("x", 0), "at least 1 mode"),
        (lambda: graph_state(np.eye(2), 1.0), "zero diagonal"),
        (lambda: paired_graph_state(np.ones((2, 2)), 1.0), "symmetric orthogonal"),
        (lambda: fit_pairs(Circuit(8, pair(0.5)), X8), "not mappable to xanadu-x8"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_another_paired_device():
    device = PairedDevice("two pairs", 2, (0.0, 0.7))
    program = PairedProgram((0.7, 0.0), rows(haar(np.random.default_rng(9), 2)))
    compile_pairs(program.circuit(), device, "X4")
    assert pair_reasons(program.circuit(), X8)[0].reason
