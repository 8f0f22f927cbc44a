"""All back ends behind one interface: the same law from each, truthful tables of operations, refusals, warnings.

Statistical tests fix their seed. Bounds on means and variances are 5 standard errors (a false failure in 6e-7 of all
seeds, each), bounds on p-values of Kolmogorov-Smirnov tests 1e-4.
"""

from math import cos, exp, sin, sqrt

import numpy as np
import pytest
from random_programs import edge, noisy_device, p_of, squeezed, x_of
from scipy.stats import kstest, norm

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import OPERATIONS
from compiler.ir.polynomial import Polynomial
from simulations import grid
from simulations.backends.handover import ket, split_final_loss
from simulations.backends.registry import BACKENDS, Noise, Settings, capabilities, run

NAMES = tuple(BACKENDS)


def rng(seed=0):
    return np.random.default_rng(seed)


# --- one law on all of them ------------------------------------------------------------------------------------------

R, G, SHIFT = 0.4, 0.7, 0.6
GAUSSIAN = Circuit(
    2,
    (*squeezed(2, R), ops.ControlledX((0, 1), G), ops.Displacement((1,), SHIFT, 0.0), x_of(1, "a"), p_of(0, "b")),
)
"""a: x_1 + G x_0 + SHIFT; b: p_0 - G p_1. Both are normal, and they commute."""


def gaussian_law(eta_x, eta_p):
    """Means and variances of a and b, each read after loss."""
    wide, narrow = exp(2 * R), exp(-2 * R)
    return {
        "a": (sqrt(eta_x) * SHIFT, eta_x * (1 + G * G) * wide + 1 - eta_x),
        "b": (0.0, eta_p * (1 + G * G) * narrow + 1 - eta_p),
    }


@pytest.mark.parametrize("backend", NAMES)
def test_gaussian_program_with_loss_has_its_closed_form(backend):
    lossy = (*GAUSSIAN.operations[:4], ops.Loss((0,), 0.8), ops.Loss((1,), 0.7), *GAUSSIAN.operations[4:])
    shots = 4_000
    out = run(GAUSSIAN.with_operations(lossy), shots, None, rng(3), backend).results
    for name, (mean, variance) in gaussian_law(0.7, 0.8).items():
        assert out[name].shape == (shots,)
        assert abs(out[name].mean() - mean) < 5 * sqrt(variance / shots)
        assert abs(out[name].var() / variance - 1) < 5 * sqrt(2 / shots)
        assert kstest(out[name], norm(mean, sqrt(variance)).cdf).pvalue > 1e-4
    correlation = np.corrcoef(out["a"], out["b"])[0, 1]
    assert abs(correlation) < 5 / sqrt(shots)


@pytest.mark.parametrize("backend", NAMES)
@pytest.mark.parametrize("scale", [0.0, 1.0, 2.0])
def test_noise_of_a_profile_is_placed_before_the_run(backend, scale):
    # by hand: readouts lose 2 dB, preparations 0.5 dB, controlled gates 0.25 dB on each mode, and nothing waits
    eta = {db: 10 ** (-db * scale / 10) for db in (0.5, 0.25, 2.0)}
    wide = eta[0.5] * exp(2 * R) + 1 - eta[0.5]
    for loss in (eta[0.25], eta[2.0]):
        wide = loss * wide + 1 - loss
    circuit = Circuit(2, (*squeezed(2, R), ops.ControlledX((0, 1), 0.0), x_of(0, "a"), x_of(1, "b")))
    shots = 3_000
    out = run(circuit, shots, Noise(noisy_device(), scale), rng(4), backend).results
    for name in ("a", "b"):
        assert abs(out[name].var() / wide - 1) < 5 * sqrt(2 / shots)


GAMMA, ETA = 0.25, 0.8
CUBIC = Circuit(1, (*squeezed(1, 0.3), ops.CubicPhase((0,), GAMMA), ops.Loss((0,), ETA), p_of(0)))
"""p + GAMMA x^2 after loss: mean sqrt(eta) GAMMA e^{2r}, variance eta (e^{-2r} + 2 GAMMA^2 e^{4r}) + 1 - eta."""


@pytest.mark.parametrize(
    ("backend", "shots", "cutoff"),
    [
        ("exact", 20_000, 8),
        ("branches", 20_000, 8),
        ("grid", 20_000, 8),
        ("mrmustard", 20_000, 40),
        ("strawberryfields", 3, 10),
    ],
)
def test_cubic_state_with_final_loss_has_its_closed_form(backend, shots, cutoff):
    settings = Settings(cutoff)
    out = run(CUBIC, shots, None, rng(5), backend, settings).results["p"]
    mean = sqrt(ETA) * GAMMA * exp(0.6)
    variance = ETA * (exp(-0.6) + 2 * GAMMA**2 * exp(1.2)) + 1 - ETA
    if backend == "strawberryfields":  # one engine run a shot: few shots here, its moments in test_cross_validation
        assert abs(out.mean() - mean) < 5 * sqrt(variance / shots)
        assert not BACKENDS[backend].accuracy(CUBIC, Settings(20)).doubtful
        return
    fourth = ((out - out.mean()) ** 4).mean()
    assert abs(out.mean() - mean) < 5 * sqrt(variance / shots)
    assert abs(out.var() - variance) < 5 * sqrt((fourth - variance**2) / shots)
    # third central moment: Isserlis' 8 g^3 e^{6r}, and -2 g because p p x^2 + p x^2 p + x^2 p p is not Weyl's order
    third = (out - out.mean()) ** 3
    assert abs(third.mean() - ETA**1.5 * (8 * GAMMA**3 * exp(1.8) - 2 * GAMMA)) < 5 * third.std() / sqrt(shots)
    accuracy = BACKENDS[backend].accuracy(CUBIC, settings)
    assert accuracy is None if backend in ("exact", "branches") else not accuracy.doubtful


@pytest.mark.parametrize("backend", NAMES)
def test_a_run_is_told_by_its_rng(backend):
    circuit = CUBIC if backend != "strawberryfields" else GAUSSIAN
    (name, *_) = circuit.results
    settings = Settings(10)
    one, two, other = (run(circuit, 4, None, rng(s), backend, settings).results[name] for s in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).all()


def test_shots_of_the_fock_back_end_are_told_by_the_rng_too():
    circuit = Circuit(1, (*squeezed(1, 0.1), ops.CubicPhase((0,), 0.1), p_of(0)))
    one, two, other = (run(circuit, 3, None, rng(s), "strawberryfields").results["p"] for s in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).all()


# --- what each can run -----------------------------------------------------------------------------------------------

TINY = {
    type(op).__name__: op
    for op in (
        ops.PrepareVacuum((0,)),
        ops.PrepareSqueezed((0,), 0.3),
        ops.PrepareCubic((0,), 0.1, 0.2),
        ops.PrepareFock((0,), 1),
        ops.PrepareCat((0,), 1.0, 0.5, 0.0),
        ops.PrepareGKP((0,), 0.3, 0.2, 0.1),
        ops.PrepareKet((0,), 2, (0.6, 0.8j)),
        ops.PrepareDensity((0,), 2, (0.5, 0.0, 0.0, 0.5)),
        ops.Rotation((0,), 0.3),
        ops.Squeeze((0,), 0.2),
        ops.Shear((0,), 0.3),
        ops.Displacement((0,), 0.1, 0.2),
        ops.BeamSplitter((0, 1), 0.3, 0.2),
        ops.ControlledX((0, 1), 0.3),
        ops.ControlledZ((0, 1), 0.3),
        ops.Interferometer((0, 1), ((0, 1), (1j, 0))),
        edge(0, 1, 1, weight=0.1),
        ops.CubicPhase((0,), 0.1),
        ops.PhasePower((0,), 4, 0.02),
        ops.Kerr((0,), 0.05),
        ops.CrossKerr((0, 1), 0.05),
        ops.Homodyne((1,), 0.3, "other"),
        ops.PostSelect((1,), 0.3, 0.2),
        ops.PhotonCount((1,), "n"),
        ops.DisplacementReadout((0, 1), (0.3, 0.0), (0.1, 0.2), "bit"),
        ops.Loss((0,), 0.8),
        ops.ThermalLoss((0,), 0.8, 0.2),
        ops.DisplacementNoise((0,), 0.1, 0.1),
        ops.Dephasing((0,), 0.1),
    )
}


CUBIC_POWER = ops.PhasePower((0,), 3, 0.02)
"""What the branch simulator runs of powers of x."""


def test_branches_refuse_a_power_beyond_the_cubic_one():
    with pytest.raises(InputError, match=r"branches back end cannot run this program: operation 0 PhasePower.*found 4"):
        run(Circuit(1, (TINY["PhasePower"], p_of(0))), 2, None, rng(), "branches")


def test_capabilities_are_total():
    assert set(TINY) == set(OPERATIONS)
    assert set(capabilities()) == set(BACKENDS)
    for row in capabilities().values():
        assert set(row) == set(OPERATIONS)
    unable = {name for name, reason in capabilities()["grid"].items() if reason}
    never = {"CrossKerr", "PostSelect", "PhotonCount", "DisplacementReadout"}
    assert unable == {kind.__name__ for kind in ops.STATES} | never
    unable = {name for name, reason in capabilities()["branches"].items() if reason}
    assert unable == {"PrepareFock", "PrepareKet", "PrepareDensity", "Kerr", "CrossKerr", "PhotonCount"}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("backend", NAMES)
def test_capabilities_are_true(backend, name):
    op = CUBIC_POWER if (backend, name) == ("branches", "PhasePower") else TINY[name]
    circuit = Circuit(1 + max(op.modes), (op, p_of(0)))
    reason = capabilities()[backend][name]
    if reason:
        with pytest.raises(InputError) as caught:
            run(circuit, 2, None, rng(), backend)
        assert reason in str(caught.value)
        assert f"operation 0 {op}" in str(caught.value)
        assert f"the {backend} back end cannot run this program" in str(caught.value)
        *_, advice = str(caught.value).split("; ")
        assert backend not in advice  # it does not send the user back
    else:
        out = run(circuit, 2, None, rng(), backend).results["p"]
        assert out.shape == (2,) and np.isfinite(out).all()


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ((ops.CubicPhase((0,), 0.1), p_of(0, "a"), p_of(1, "b")), "one readout of a non-Gaussian state"),
        ((ops.Loss((0,), 0.9), ops.CubicPhase((0,), 0.1), p_of(0)), "noise before the last gate of its mode"),
        ((ops.CubicPhase((0,), 0.1), ops.ThermalLoss((0,), 0.9, 0.1), p_of(0)), r"ThermalLoss\(mode 0\) is not pure"),
        ((ops.CubicPhase((0,), 0.1), ops.Dephasing((0,), 0.1), p_of(0)), "operation 1 Dephasing"),
        ((p_of(1, "a"), ops.CubicPhase((0,), Polynomial.monomial(("a",))), p_of(0)), "depends on a readout"),
        ((p_of(1, "a"), ops.Displacement((0,), Polynomial.monomial(("a",)), 0.0), p_of(0)), "use the exact back end"),
        ((ops.DisplacementNoise((0,), 0.1, 0.2), p_of(0)), "same variance to x and p"),
    ],
)
def test_what_mrmustard_refuses(operations, message):
    with pytest.raises(InputError, match=message):
        run(Circuit(2, operations), 2, None, rng(), "mrmustard")


def test_a_state_that_discarded_a_mode_is_no_ket():
    """A discarded mode leaves the others mixed; the grid's one trajectory as a ket would have 3.25 for 4.73."""
    body = (*squeezed(2, 0.5), edge(0, 0, 1), ops.ControlledX((0, 1), 1.0), ops.PrepareVacuum((1,)))
    with pytest.raises(InputError, match=r"PrepareVacuum\(mode 1\) discards a mode in use"):
        run(Circuit(2, (*body, p_of(0))), 2, None, rng(), "mrmustard")
    with pytest.raises(InputError, match="prepares no mode in use again"):
        grid.final_wave(Circuit(2, body))
    first = split_final_loss(Circuit(2, (*squeezed(2, 0.5), edge(0, 0, 1), p_of(0))))
    assert abs(np.vdot(state := ket(first.body, 24), state) - 1) < 0.01  # preparing fresh modes is no discarding


def test_a_bad_request_is_refused():
    with pytest.raises(
        InputError, match=r"must be one of exact, momenta, branches, grid, strawberryfields, mrmustard, found 'qutip'"
    ):
        run(GAUSSIAN, 2, None, rng(), "qutip")
    with pytest.raises(InputError, match="at least 1, found 0"):
        run(GAUSSIAN, 0, None, rng())


@pytest.mark.parametrize("backend", NAMES)
def test_symbols_need_values(backend):
    symbolic = Circuit(1, (ops.Rotation((0,), Polynomial.monomial(("t",))), p_of(0)), (), ("t",))
    with pytest.raises(InputError, match="need values"):
        run(symbolic, 2, None, rng(), backend)


# --- warnings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", NAMES)
def test_no_warning_for_gaussian_programs(backend):
    accuracy = BACKENDS[backend].accuracy(GAUSSIAN, Settings(2))
    assert not accuracy.doubtful if backend == "grid" else accuracy is None  # only grids are cut


@pytest.mark.parametrize("change", [0.3, float("nan")])
def test_the_grid_does_not_answer_if_it_doubts_its_answer(monkeypatch, change):
    asked = []
    monkeypatch.setattr("simulations.grid.sampling_error", lambda circuit, seed: asked.append(circuit) or change)
    said = (
        rf"grid back end does not trust its answer.*up to {change} standard deviations, more than 0.05.*allow_doubtful"
    )
    with monkeypatch.context() as before:
        before.setattr("simulations.grid.sample", None)  # nothing is drawn
        with pytest.raises(InputError, match=said):
            run(GAUSSIAN, 4, None, rng(), "grid")
    assert asked == [GAUSSIAN]
    assert run(GAUSSIAN, 4, None, rng(), "grid", Settings(allow_doubtful=True)).results["a"].shape == (4,)
    assert run(GAUSSIAN, 4, None, rng(), "exact").results["a"].shape == (4,)
    assert asked == [GAUSSIAN]  # neither asks again


def test_the_noise_is_in_place_when_the_grid_is_asked(monkeypatch):
    asked = []
    monkeypatch.setattr("simulations.grid.sampling_error", lambda circuit, seed: asked.append(circuit) or 0.0)
    noise = Noise(noisy_device())
    run(GAUSSIAN, 2, noise, rng(), "grid")
    assert asked == [noise.placed(GAUSSIAN)] != [GAUSSIAN]


def test_strawberryfields_warns_of_a_low_cutoff():
    accuracy = BACKENDS["strawberryfields"].accuracy
    low, high = accuracy(CUBIC, Settings(6)), accuracy(CUBIC, Settings(20))
    assert low.doubtful and "below its exact value; raise --cutoff" in low.text
    assert not high.doubtful
    read_first = Circuit(1, (*CUBIC.operations, ops.PrepareVacuum((0,)), x_of(0)))
    assert accuracy(read_first, Settings(6)).doubtful
    # no closed form: the change with the cutoff speaks
    bent = Circuit(1, (*CUBIC.operations[:-1], ops.Kerr((0,), 0.2), p_of(0)))
    assert "from cutoff 4 to 6 a readout moves" in accuracy(bent, Settings(6)).text
    assert "not checked" in accuracy(bent, Settings(3)).text


def test_mrmustard_warns_when_the_ket_is_cut():
    # Squeeze(-1.2) on the vacuum: P(2m) = C(2m, m) tanh^{2m} / (4^m cosh); a final cubic gate of 0 keeps it
    circuit = Circuit(1, (ops.PrepareSqueezed((0,), -1.2), ops.PhasePower((0,), 3, 0.0), x_of(0)))
    t, kept, term = np.tanh(1.2), 0.0, 1 / np.cosh(1.2)
    for m in range(5):
        kept += term
        term *= t * t * (2 * m + 1) / (2 * m + 2)
    low, high = (BACKENDS["mrmustard"].accuracy(circuit, Settings(cutoff)) for cutoff in (10, 60))
    assert low.doubtful and f"cutoff 10 keeps {kept:.4f}" in low.text
    assert not high.doubtful


def test_a_quadrature_between_x_and_p_on_every_back_end():
    # var of x cos a + p sin a of a squeezed mode turned by b: its angle relative to the squeezing counts
    a, b, shots = 0.7, 0.4, 3_000
    variance = exp(2 * R) * cos(a - b) ** 2 + exp(-2 * R) * sin(a - b) ** 2
    circuit = Circuit(1, (*squeezed(1, R), ops.Rotation((0,), b), ops.Homodyne((0,), a, "y")))
    for backend in NAMES:
        out = run(circuit, shots, None, rng(8), backend).results["y"]
        assert abs(out.var() / variance - 1) < 5 * sqrt(2 / shots)
    turned = circuit.with_operations((*circuit.operations[:1], ops.PhasePower((0,), 3, 0.0), *circuit.operations[1:]))
    out = run(turned, shots, None, rng(8), "mrmustard", Settings(40)).results["y"]  # in Fock form
    assert abs(out.var() / variance - 1) < 5 * sqrt(2 / shots)


def test_kets_of_high_cutoff_do_not_alias():
    """Grids of weak states are coarser than the waves of high Fock states: 18 points gave a squared norm of 2.4."""
    wave = grid.final_wave(Circuit(1, (*squeezed(1, 0.3), ops.CubicPhase((0,), 0.02))))
    for cutoff in (40, 60, 100):
        amplitudes = wave.fock((cutoff,))
        assert np.vdot(amplitudes, amplitudes).real == pytest.approx(1.0, abs=1e-6)
        assert np.abs(amplitudes[30:]).max() < 1e-4
