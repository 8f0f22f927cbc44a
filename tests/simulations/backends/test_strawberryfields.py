"""Strawberry Fields: how far a cutoff moves readouts, and the engine that runs Gaussian feed-forward."""

from math import factorial, sqrt

import numpy as np
import pytest
from random_programs import p_of, squeezed, x_of

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.backends.readouts import split_reads
from simulations.backends.strawberryfields import drift, moments, refusal, sample


def cut(x, kappa, angle, cutoff, weight=1.0):
    """Mean and deviation of a readout of exp(i kappa n^2) on a coherent state at (x, 0) that is cut, and its weight.

    Nothing scales the state up again: the weight that is left of other modes is a factor of every moment.
    """
    n = np.arange(cutoff)
    alpha = x / 2
    psi = np.exp(-(alpha**2) / 2 + 1j * kappa * n**2) * alpha**n / np.sqrt([float(factorial(k)) for k in n])
    lower = np.diag(np.sqrt(np.arange(1, cutoff + 2)), 1)  # large enough for squares of quadratures
    q = np.exp(-1j * angle) * lower + np.exp(1j * angle) * lower.T
    mean, square = (weight * (psi.conj() @ power[:cutoff, :cutoff] @ psi).real for power in (q, q @ q))
    return mean, sqrt(square - mean**2), np.vdot(psi, psi).real


def change(mode, cutoff, other=None):
    """Change of a mean or a deviation from cutoff - 2 to cutoff, the larger, in deviations."""
    weights = [1.0 if other is None else cut(*other, c)[2] for c in (cutoff - 2, cutoff)]
    (low_mean, low, _), (mean, deviation, _) = (
        cut(*mode, c, weight) for c, weight in zip((cutoff - 2, cutoff), weights, strict=True)
    )
    return max(abs(mean - low_mean), abs(deviation - low)) / deviation


MODES = ((1.6, 0.3, 0.4), (2.2, -0.2, 1.1))
"""Displacement, Kerr strength and angle of the readout of two modes."""


def kerr(*modes):
    out = []
    for m, (x, kappa, angle) in enumerate(modes):
        out += [ops.Displacement((m,), x, 0.0), ops.Kerr((m,), kappa), ops.Homodyne((m,), angle, f"y{m}")]
    return Circuit(len(modes), tuple(out))


@pytest.mark.parametrize("cutoff", [6, 9])
def test_drift_is_the_largest_change_of_a_mean_or_a_deviation(cutoff):
    for mode in MODES:
        assert drift(kerr(mode), cutoff) == pytest.approx(change(mode, cutoff), rel=1e-6)
    one, two = MODES
    both = change(one, cutoff, two), change(two, cutoff, one)
    assert max(both) > 1.5 * min(both)
    for order in (MODES, MODES[::-1]):
        assert drift(kerr(*order), cutoff) == pytest.approx(max(both), rel=1e-6)


def test_drift_is_unknown_without_a_cutoff_and_nothing_without_readouts():
    circuit = kerr(MODES[0])
    gaussian = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.Kerr)))
    again = circuit.then((ops.PrepareVacuum((0,)), x_of(0, "again")))
    assert drift(gaussian, 8) is drift(again, 8) is drift(circuit, 3) is None
    assert drift(circuit.with_operations(circuit.operations[:-1]), 4) == 0.0


def test_gaussian_feed_forward_runs_without_a_cutoff():
    """m = x_1 is N(12, e^{1.2}) and moves mode 0 by 2 m: x_0 - 2 m is N(0, e^{0.8}). Two Fock states hold neither."""
    fed = ops.Displacement((0,), Polynomial.monomial(("m",), 2.0), 0.0)
    state = (*squeezed(1, 0.4), ops.PrepareSqueezed((1,), -0.6), ops.Displacement((1,), 12.0, 0.0))
    circuit = Circuit(2, (*state, x_of(1, "m"), fed, x_of(0, "x")))
    assert split_reads(circuit) is None
    shots, seen = 60, []
    out = sample(circuit, shots, 3, 2, seen.append)
    assert seen == list(range(1, shots + 1))
    for values, mean, deviation in ((out["m"], 12.0, np.exp(0.6)), (out["x"] - 2 * out["m"], 0.0, np.exp(0.4))):
        assert abs(values.mean() - mean) < 5 * deviation / sqrt(shots)
        assert 0.5 < values.std() / deviation < 1.6
    momentum = Circuit(2, (*state, x_of(1, "m"), fed, p_of(0)))
    assert abs(sample(momentum, shots, 4, 2)["p"]).max() < 5 * np.exp(-0.4)


# --- states and readouts that only its engines know -------------------------------------------------------------------


def of(operations, cutoff=12):
    """Mean and variance of the only readout."""
    circuit = Circuit(1 + max(max(op.modes) for op in operations), tuple(operations))
    (found,) = moments(circuit, cutoff)
    return found.mean, found.variance


def test_fock_states_have_their_quadratures():
    for n in range(4):
        assert of((ops.PrepareFock((0,), n), ops.Homodyne((0,), 0.7, "y"))) == pytest.approx((0.0, 2 * n + 1), abs=1e-9)


@pytest.mark.parametrize(("x", "p", "parity"), [(2.0, 0.0, 0.0), (1.0, -1.4, 1.0), (0.8, 1.1, 0.3)])
def test_cat_states_are_two_displaced_vacua(x, p, parity):
    # wave functions of displaced vacua on a line of positions, hbar = 2: exp(i p (q - x / 2) / 2) exp(-(q - x)^2 / 4)
    q = np.linspace(-14, 14, 4001)
    step = q[1] - q[0]
    psi = np.exp(0.5j * p * (q - x / 2) - (q - x) ** 2 / 4)
    psi = psi + np.exp(1j * np.pi * parity) * np.exp(-0.5j * p * (q + x / 2) - (q + x) ** 2 / 4)
    density = np.abs(psi) ** 2 / (np.abs(psi) ** 2).sum() / step
    mean, square = (q * density).sum() * step, (q**2 * density).sum() * step
    found = of((ops.PrepareCat((0,), x, p, parity), x_of(0)), cutoff=30)
    assert found == pytest.approx((mean, square - mean**2), abs=1e-6)


def test_gkp_states_are_damped_combs():
    # exp(-eps n) as Mehler's kernel on the comb at s, in xi = q / sqrt 2:
    # exp(-(xi^2 + s^2) coth(eps) / 2 + xi s / sinh(eps))
    theta, phi, eps = 0.9, 0.4, 0.12
    xi = np.linspace(-12, 12, 6001)
    psi = np.zeros_like(xi, dtype=complex)
    for k in range(-12, 13):
        weight = np.cos(theta / 2) if k % 2 == 0 else np.exp(-1j * phi) * np.sin(theta / 2)
        s = k * np.sqrt(np.pi)  # position sqrt(2 pi) k in units of sqrt 2
        psi += weight * np.exp(-(xi**2 + s**2) / np.tanh(eps) / 2 + xi * s / np.sinh(eps))
    density = np.abs(psi) ** 2 / (np.abs(psi) ** 2).sum()
    mean, square = sqrt(2) * (xi * density).sum(), 2 * (xi**2 * density).sum()
    found = of((ops.PrepareGKP((0,), theta, phi, eps), x_of(0)))
    assert found == pytest.approx((mean, square - mean**2), rel=1e-4, abs=1e-4)  # the engine drops weights below 1e-12


def test_kets_and_density_matrices_of_two_modes_keep_the_order_of_modes():
    lower = np.diag(np.sqrt(np.arange(1.0, 3.0)), 1)
    position = lower + lower.T
    rng = np.random.default_rng(5)
    psi = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    psi[2] = psi[:, 2] = 0.0  # so that truncated positions and their squares are right
    psi /= np.linalg.norm(psi)
    rho = np.outer(psi, psi.conj())
    for mode in range(2):
        own = np.einsum("ab,cb->ac" if mode == 0 else "ba,bc->ac", psi, psi.conj())
        mean, square = (np.trace(own @ m).real for m in (position, position @ position))
        for state in (ops.PrepareKet((0, 1), 3, psi), ops.PrepareDensity((0, 1), 3, rho)):
            assert of((state, x_of(mode)), cutoff=5) == pytest.approx((mean, square - mean**2), abs=1e-9)


def test_a_cross_kerr_gate_turns_by_the_photons_of_the_other_mode():
    kappa, x = 0.4, 0.6
    kicked = (ops.PrepareFock((0,), 2), ops.Displacement((1,), x, 0.0), ops.CrossKerr((0, 1), kappa), p_of(1))
    assert of(kicked)[0] == pytest.approx(x * np.sin(2 * kappa), abs=1e-6)


def test_two_photons_leave_a_beamsplitter_together():
    photons = (ops.PrepareFock((0,), 1), ops.PrepareFock((1,), 1), ops.BeamSplitter((0, 1), np.pi / 4))
    counts = (ops.PhotonCount((0,), "a"), ops.PhotonCount((1,), "b"))
    found = sample(Circuit(2, (*photons, *counts)), 40, 3, 4)
    assert set(found["a"]) == {0.0, 2.0}  # one side only in 2^-39 of all seeds
    assert (found["a"] + found["b"] == 2).all()


def test_photons_of_a_squeezed_state_come_in_pairs():
    found = sample(Circuit(1, (ops.PrepareSqueezed((0,), 1.2), ops.PhotonCount((0,), "n"))), 60, 3, 2)["n"]
    assert (found % 2 == 0).all() and found.max() > 0  # all zero in cosh(1.2)^-60 = 3e-16 of all seeds


@pytest.mark.parametrize("cubic", [0.0, 0.02])
def test_a_chosen_outcome_conditions_the_other_mode(cubic):
    # halves of an EPR pair: given x_0 = v, x_1 is normal of mean v tanh(2r) and variance 1 / cosh(2r)
    r, v, shots = 0.4, 1.5, 400 if not cubic else 150
    pair = (*squeezed(2, r), ops.Rotation((0,), np.pi / 2), ops.BeamSplitter((0, 1), np.pi / 4))
    body = (*pair, ops.CubicPhase((1,), cubic)) if cubic else pair  # a function of x_1 leaves its law as it is
    out = sample(Circuit(2, (*body, ops.PostSelect((0,), 0.0, v), x_of(1))), shots, 4, 10)["x"]
    variance = 1 / np.cosh(2 * r)
    assert abs(abs(out.mean()) - v * np.tanh(2 * r)) < 5 * sqrt(variance / shots)
    assert abs(out.var() / variance - 1) < 5 * sqrt(2 / shots)


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        (
            (ops.PrepareGKP((0,), 0.0, 0.0, 0.1), ops.CubicPhase((0,), 0.1), x_of(0)),
            "GKP states need the bosonic engine",
        ),
        ((ops.PrepareFock((0,), 1), ops.ThermalLoss((0,), 0.5, 0.1), x_of(0)), "no thermal loss"),
    ],
)
def test_what_no_engine_runs_is_refused(operations, reason):
    assert reason in refusal(Circuit(1, operations))


@pytest.mark.parametrize(
    "state",
    [ops.PrepareFock((0,), 6), ops.PrepareKet((0,), 7, (0, 0, 0, 0, 0, 0, 1))],
    ids=lambda op: type(op).__name__,
)
def test_states_beyond_the_cutoff_are_refused(state):
    with pytest.raises(InputError, match="raise it"):
        moments(Circuit(1, (state, x_of(0))), 6)
