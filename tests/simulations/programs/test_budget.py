"""Error budgets against closed forms by hand, for profiles made up for the purpose."""

from dataclasses import replace
from math import exp, factorial, sqrt

import numpy as np
import pytest
from random_programs import device, edge, noisy_device, p_of, random_program, squeezed, x_of
from scipy.linalg import expm

from compiler.artifact import write_artifact
from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import IonSettings
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, UnitCell, state_circuit
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
from simulations.exact import NoClosedFormError, moments
from simulations.programs.budget import (
    ANCILLA,
    LATENT,
    NAMES,
    RESOURCE,
    budget_of_folder,
    error_budget,
    loss_of_folder,
    noise_left_out,
    truncation,
)
from simulations.programs.nullifiers import nullifier_polynomials

PREPARATION, GATES, DETECTOR, WAITING = (NAMES[part] for part in ("preparation", "gates", "detector", "waiting"))
TELEPORTED = load_profile("ideal-teleported")


def eta(db):
    return 10 ** (-db / 10)


def assert_whole(budget):
    assert budget.own + sum(budget.shares.values()) + budget.interplay == pytest.approx(budget.variance, rel=1e-12)


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 3.0])
def test_squeezed_mode_with_detector_loss(scale):
    r, detector = 0.8, device({"PrepareSqueezed": {}, "Homodyne": {"loss_db": 2.0}})
    (found,) = error_budget(Circuit(1, (*squeezed(1, r), p_of(0))), detector, scale=scale)
    t = eta(2.0 * scale)
    assert found.answer == "p"
    assert found.variance == pytest.approx(t * exp(-2 * r) + 1 - t, rel=1e-12)
    # without squeezing noise: 1 - t; without loss: e^{-2r}; with neither: 0
    assert found.shares[LATENT] == pytest.approx(t * exp(-2 * r), rel=1e-12)
    assert found.shares.get(DETECTOR, 0.0) == pytest.approx((1 - t) * (1 - exp(-2 * r)), abs=1e-15)
    assert found.interplay == pytest.approx((1 - t) * exp(-2 * r), abs=1e-15)
    assert found.own == 0.0
    assert set(found.shares) == ({LATENT, DETECTOR} if scale else {LATENT})


def test_the_wide_quadrature_is_the_answers_own():
    (found,) = error_budget(Circuit(1, (*squeezed(1, 0.8), x_of(0))), device({"PrepareSqueezed": {}, "Homodyne": {}}))
    assert (found.own, found.shares, found.interplay) == (pytest.approx(exp(1.6)), {}, pytest.approx(0.0, abs=1e-15))


def test_nullifier_of_a_three_edge():
    """p_0 - w x_1 x_2 from readouts that lose: each mode loses G in its gate and D in its detector."""
    r, w, gate, detector = 0.6, 0.3, 0.4, 1.0
    source = state_circuit(Hypergraph(3, (Hyperedge((0, 1, 2), w),)), r)
    lossy = device({"PrepareSqueezed": {}, "PolynomialPhase": {"loss_db": gate}, "Homodyne": {"loss_db": detector}})
    answers = nullifier_polynomials(source)
    (found,) = error_budget(source, lossy, answers)

    def variance(narrow, t):
        # p = s (p0 + w x1 x2) + q v, x_i = s x_i + q v_i with s^2 = t, q^2 = 1 - t
        wide = exp(2 * r)
        product = (t * wide + 1 - t) ** 2
        return t * (narrow + w * w * wide**2) + 1 - t + w * w * product - 2 * t**1.5 * w * w * wide**2

    full = variance(exp(-2 * r), eta(gate + detector))
    assert found.answer == "g0"
    assert found.variance == pytest.approx(full, rel=1e-12)
    assert found.shares[LATENT] == pytest.approx(full - variance(0.0, eta(gate + detector)), rel=1e-9)
    assert found.shares[GATES] == pytest.approx(full - variance(exp(-2 * r), eta(detector)), rel=1e-9)
    assert found.shares[DETECTOR] == pytest.approx(full - variance(exp(-2 * r), eta(gate)), rel=1e-9)
    assert set(found.shares) == {LATENT, GATES, DETECTOR}
    assert found.own == pytest.approx(0.0, abs=1e-12)
    assert_whole(found)


@pytest.mark.parametrize("r", [1.0, 6.0, 12.0])
def test_strong_squeezing_without_noise(r):
    """p_0 - w x_1 x_2 has the variance e^{-2r}, all of it from finite squeezing, beside w^2 e^{4r} of p_0."""
    source = state_circuit(Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),)), r)
    quiet = device({"PrepareSqueezed": {"loss_db": 1.0}, "PolynomialPhase": {}, "Homodyne": {"loss_db": 1.0}})
    (found,) = error_budget(source, quiet, nullifier_polynomials(source), scale=0.0)
    assert found.variance == pytest.approx(exp(-2 * r), rel=1e-6)
    assert set(found.shares) == {LATENT}
    assert found.shares[LATENT] == pytest.approx(exp(-2 * r), rel=1e-6)
    assert abs(found.own) < 1e-6 * exp(-2 * r)


def test_one_teleported_gate():
    """Var of p_0 + gamma x_0^2 through one gadget: e^{-2r} and e^{-2 r_a} are shares, the rest the answer's own."""
    r, resource, gamma = 0.5, 1.2, 0.3
    m = Polynomial.monomial(("m",))
    gadget = (
        ops.PrepareCubic((1,), gamma, resource),
        ops.ControlledX((0, 1), -1.0),
        x_of(1, "m"),  # m = x_a - x
        # 01-physics 6: the data gets gamma (x + m)^3 / 3; undo all but x^3
        ops.Shear((0,), -2 * gamma * m),
        ops.Displacement((0,), 0.0, -gamma * Polynomial.monomial(("m", "m"))),
    )
    circuit = Circuit(2, (*squeezed(1, r), *gadget, p_of(0, "p")), (1,))
    quiet = device({})
    (found,) = (b for b in error_budget(circuit, quiet) if b.answer == "p")
    own = 2 * gamma**2 * exp(4 * r)  # of gamma x^2
    assert found.variance == pytest.approx(exp(-2 * r) + exp(-2 * resource) + own, rel=1e-9)
    assert found.own == pytest.approx(own, rel=1e-9)
    assert found.shares[LATENT] == pytest.approx(exp(-2 * r), rel=1e-9)
    assert found.shares[RESOURCE] == pytest.approx(exp(-2 * resource), rel=1e-9)
    assert ANCILLA not in found.shares
    assert_whole(found)


def test_shares_of_resources_are_weights_times_their_squeezing():
    """By linearity: the share of all resources is e^{-2 r_a} times a number that does not depend on r_a."""
    source = state_circuit(Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),)), 0.5)
    native = compile_circuit(source, TELEPORTED).circuit
    polynomials = nullifier_polynomials(source)

    def share(resource):
        made = tuple(
            ops.PrepareCubic(op.modes, op.gamma, resource) if isinstance(op, ops.PrepareCubic) else op
            for op in native.operations
        )
        (found,) = error_budget(native.with_operations(made), TELEPORTED, polynomials)
        assert found.shares[LATENT] == pytest.approx(exp(-1.0), rel=1e-9)
        return found.shares[RESOURCE] / exp(-2 * resource)

    # p_0 of an orthogonal layer: sum over gates of the squares of the rotated mode's component along mode 0
    direct = compile_circuit(source, load_profile("ideal-cubic")).circuit
    turned, weight = np.eye(3), 0.0
    for op in reversed(direct.operations):
        if isinstance(op, ops.BeamSplitter):
            c, s = np.cos(op.theta), np.sin(op.theta)
            step = np.eye(3)
            step[np.ix_(op.modes, op.modes)] = [[c, -s], [s, c]]
            turned = turned @ step
        elif isinstance(op, ops.CubicPhase):
            weight += turned[0, op.modes[0]] ** 2
    assert weight > 0.5
    for resource in (0.5, 1.0, 1.727):
        assert share(resource) == pytest.approx(weight, rel=1e-7)


def test_waiting_with_durations():
    """Mode 0, once in use, waits 3 s for mode 1, and its readout takes 2 s: loss per second acts on it for 5 s."""
    rate, r = 0.2, 0.7
    slow = device(
        {
            "PrepareSqueezed": {"duration_s": 0.0},
            "Rotation": {"duration_s": 3.0},
            "Displacement": {"duration_s": 0.0},
            "ControlledZ": {"duration_s": 0.0},
            "Homodyne": {"duration_s": 2.0},
        },
        loss_db_per_s=rate,
    )
    start = (ops.Displacement((0,), 0.0, 0.0), ops.Rotation((1,), 0.3))  # modes are prepared when they are needed
    circuit = Circuit(2, (*squeezed(2, r), *start, ops.ControlledZ((0, 1), 0.0), p_of(0)))
    for scale in (1.0, 2.5):
        (found,) = error_budget(circuit, slow, scale=scale)
        t = eta(5.0 * rate * scale)
        assert found.variance == pytest.approx(t * exp(-2 * r) + 1 - t, rel=1e-12)
        assert found.shares[WAITING] == pytest.approx((1 - t) * (1 - exp(-2 * r)), rel=1e-12)
        assert found.shares[LATENT] == pytest.approx(t * exp(-2 * r), rel=1e-12)
        assert set(found.shares) == {LATENT, WAITING}


def test_waiting_for_feed_forward():
    latency, rate = 4.0, 0.1
    slow = device(
        {"PrepareSqueezed": {}, "Displacement": {}, "Homodyne": {}},
        loss_db_per_s=rate,
        feed_forward_latency_s=latency,
    )
    fed = ops.Displacement((0,), 0.0, Polynomial.monomial(("a",)))
    used = ops.Displacement((0,), 0.0, 0.0)  # modes are prepared when they are needed
    circuit = Circuit(2, (*squeezed(2, 0.7), used, p_of(1, "a"), fed, p_of(0, "b")))
    t = eta(latency * rate)
    found = {b.answer: b for b in error_budget(circuit, slow)}
    assert found["a"].shares == {LATENT: pytest.approx(exp(-1.4))}
    # b = a + p_0 after the loss of waiting
    assert found["b"].variance == pytest.approx((1 + t) * exp(-1.4) + 1 - t, rel=1e-12)
    assert found["b"].shares[WAITING] == pytest.approx((1 - t) * (1 - exp(-1.4)), rel=1e-12)


def test_ancillas_are_told_from_latent_modes():
    r, ra = 0.9, 0.6
    network = Network(1, r, ra)
    circuit = network.circuit([UnitCell((), (), Readout("p", 0))])
    (found,) = error_budget(circuit, device({}))
    assert found.shares == {LATENT: pytest.approx(exp(-2 * r)), ANCILLA: pytest.approx(exp(-2 * ra))}
    (found,) = error_budget(network.circuit([UnitCell((), (), Readout("x", 0))]), device({}))
    assert found.shares == {ANCILLA: pytest.approx(exp(-2 * ra))}
    assert found.own == pytest.approx(exp(2 * r))


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_add_up(seed):
    """Parts add up; nothing but squeezing is left at scale 0; the whole is the variance of the noisy circuit."""
    generator = np.random.default_rng(seed)
    noisy, tried = noisy_device(loss_db_per_s=0.1), 0
    while tried < 3:
        circuit = random_program(generator, 2, noisy=False)
        try:
            whole, bare = error_budget(circuit, noisy), error_budget(circuit, noisy, scale=0.0)
        except NoClosedFormError:
            continue
        tried += 1
        plain = moments(circuit)
        for one, zero in zip(whole, bare, strict=True):
            assert_whole(one)
            assert_whole(zero)
            assert set(zero.shares) <= {LATENT, ANCILLA, RESOURCE}
            assert zero.variance == pytest.approx(plain.of(zero.answer)[1], rel=1e-12)
            assert one.own == pytest.approx(zero.own, rel=1e-9)


def test_what_has_no_closed_form_is_refused():
    with pytest.raises(NoClosedFormError, match=r"operation 1 Kerr\(mode 0\)"):
        error_budget(Circuit(1, (*squeezed(1, 0.3), ops.Kerr((0,), 0.1), p_of(0))), device({}))
    with pytest.raises(NoClosedFormError, match="Dephasing"):
        dephasing = device({"Homodyne": {"duration_s": 1.0}}, dephasing_rad2_per_s=1.0)
        error_budget(Circuit(1, (*squeezed(1, 0.3), p_of(0))), dephasing)


def test_truncation_is_what_a_cutoff_adds():
    circuit = Circuit(1, (*squeezed(1, 0.3), ops.CubicPhase((0,), 0.2), p_of(0)))
    low, high = (truncation(circuit, device({}), 1.0, cutoff)["p"] for cutoff in (5, 40))
    assert abs(low) > 0.02
    assert abs(high) < 1e-3
    with pytest.raises(InputError, match="compile it first"):
        truncation(Circuit(3, (*squeezed(3, 0.3), edge(0, 1, 2), p_of(0))), device({}), 1.0, 5)


# --- refusals, and budgets of folders --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operations", "profile", "message"),
    [
        ((p_of(0),), device({}), "a Gaussian program has no Fock cutoff"),
        (
            (ops.CubicPhase((0,), 0.2), p_of(0)),
            device({"CubicPhase": {"loss_db": 1.0}}, environment_quanta=0.5),
            r"Strawberry Fields cannot run this program: operation 2 ThermalLoss\(mode 0\): the Fock back end has no",
        ),
        (
            (ops.CubicPhase((0,), 0.2), p_of(0), ops.PrepareVacuum((0,)), x_of(0)),
            device({}),
            "need all readouts at the end of the circuit",
        ),
        ((ops.CubicPhase((0,), 0.2), *(x_of(m, f"x{m}") for m in range(12))), device({}), "GB in the Fock basis"),
    ],
)
def test_what_a_cutoff_cannot_be_tried_on_is_refused(operations, profile, message):
    modes = 1 + max(m for op in operations for m in op.modes)
    with pytest.raises(InputError, match=message):
        truncation(Circuit(modes, (*squeezed(1, 0.3), *operations)), profile, 1.0, 8)


def test_truncation_is_that_of_the_noise_at_its_scale():
    circuit = Circuit(1, (*squeezed(1, 0.3), ops.CubicPhase((0,), 0.2), p_of(0)))
    found = {scale: truncation(circuit, device({"Homodyne": {"loss_db": 1.0}}), scale, 6) for scale in (0.0, 2.0)}
    assert found[0.0]["p"] == pytest.approx(truncation(circuit, device({}), 1.0, 6)["p"], rel=1e-9)
    assert found[2.0] == truncation(circuit, device({"Homodyne": {"loss_db": 2.0}}), 1.0, 6) != found[0.0]


def folder_of(tmp_path, circuit, profile, **options):
    write_artifact(tmp_path, compile_circuit(circuit, load_profile(profile), **options))
    return tmp_path


def test_the_budget_of_a_folder_with_a_cutoff(tmp_path):
    """Without loss p = p_0 + gamma x_0^2 has variance e^{-2r} + 2 gamma^2 e^{4r}; a low cutoff underestimates it."""
    r, gamma, cutoff = 0.4, 0.25, 8
    folder = folder_of(tmp_path, Circuit(1, (*squeezed(1, r), ops.CubicPhase((0,), gamma), p_of(0))), "ideal-cubic")
    (plain,) = budget_of_folder(folder, 0.0)
    exact = exp(-2 * r) + 2 * gamma**2 * exp(4 * r)
    assert (plain.answer, plain.truncation) == ("p", None) and plain.variance == pytest.approx(exact, rel=1e-12)
    (cut,) = budget_of_folder(folder, 0.0, cutoff)
    x = np.diag(np.sqrt(np.arange(1, cutoff)), 1)
    x = x + x.T
    larger = np.diag(np.sqrt(np.arange(1, cutoff + 2)), 1)
    p = -1j * (larger - larger.T)
    vacuum = np.zeros(cutoff)
    for k in range(0, cutoff, 2):  # var p = e^{-2r}
        vacuum[k] = sqrt(factorial(k) / np.cosh(r)) / 2 ** (k // 2) / factorial(k // 2) * np.tanh(r) ** (k // 2)
    psi = expm(1j * gamma / 6 * x @ x @ x) @ vacuum
    mean, square = ((psi.conj() @ power[:cutoff, :cutoff] @ psi).real for power in (p, p @ p))
    assert cut.truncation == pytest.approx(square - mean**2 - exact, abs=1e-9) and abs(cut.truncation) > 0.01
    assert replace(cut, truncation=None) == plain


def test_a_cutoff_shows_nullifiers_and_then_readouts(tmp_path):
    source = Circuit(2, (*squeezed(2, 0.3), edge(0, 0, 0, weight=0.1), x_of(0, "x0"), p_of(1, "p1")))
    folder = folder_of(tmp_path, source, "ideal-cubic")
    assert [one.answer for one in budget_of_folder(folder, 0.0)] == ["g1"]  # p_1, as no phase acts on mode 1
    found = {one.answer: one.truncation for one in budget_of_folder(folder, 0.0, 6)}
    assert list(found) == ["g1", "x0", "p1"]
    assert [name for name, added in found.items() if added is None] == ["g1"]


def test_folders_that_are_none_and_cutoffs_that_cannot_be_tried(tmp_path):
    with pytest.raises(InputError, match="must be a folder written by khrnn compile"):
        budget_of_folder(tmp_path / "nothing", 1.0)
    plain = Circuit(1, (*squeezed(1, 0.3), p_of(0)))
    with pytest.raises(InputError, match="a Gaussian program has no Fock cutoff"):
        budget_of_folder(folder_of(tmp_path / "light", plain, "ideal-cubic"), 1.0, 8)
    ions = folder_of(tmp_path / "ions", plain, "trapped-ion-motional", settings=IonSettings(error=0.1, kappa=1.0))
    (found,) = budget_of_folder(ions, 1.0, 8)  # bits of the spin have no cutoff: it is not tried
    assert found.truncation is None and found.variance == pytest.approx(exp(-0.6))


def test_dephasing_is_left_out_where_the_spin_is_read():
    assert noise_left_out(load_profile("trapped-ion-motional")) == ("dephasing",)
    assert noise_left_out(load_profile("photonic-cubic")) == ()


def test_loss_of_a_folder_scales(tmp_path):
    source = state_circuit(Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),)), 1.0)
    write_artifact(tmp_path, compile_circuit(source, load_profile("photonic-cubic")))
    once, twice = (loss_of_folder(tmp_path, scale) for scale in (1.0, 2.0))
    assert once.wire_db == pytest.approx((0.5943, 0.1778, 0.1778), rel=1e-9)
    assert twice.logical_db == pytest.approx([2.0 * value for value in once.logical_db], rel=1e-9)
    assert loss_of_folder(tmp_path, 0.0).total_db == 0.0
