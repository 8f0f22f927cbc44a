"""Modes that a momentum readout fixed in position, and weak couplings beside large shears, which count later."""

from math import exp, sqrt

import numpy as np
import pytest
from random_programs import edge, p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.exact import simulate
from simulations.exact.state import State

R, W, GAIN, ETA = 0.4, 0.3, 0.7, 0.6


@pytest.mark.parametrize(
    ("noise", "added"),
    [(ops.Loss((1,), ETA), 1 - ETA), (ops.ThermalLoss((1,), ETA, 0.5), 2 * (1 - ETA)), (ops.Loss((1,), 0.0), None)],
)
def test_loss_on_a_mode_that_was_fixed_in_position(noise, added, monkeypatch):
    """p = p_0 + W x_1 x_2 is read first, as modes 1 and 2 are moved by it; that fixes x_1, which then loses.

    So a = k (x_1 + GAIN p) + vacuum with k^2 = ETA, b = a + x_3, and E[p a x_2] = k W E[x_1^2] E[x_2^2]; the variance
    of p is e^{-2R} + W^2 e^{4R}, and it is correlated with neither x_1 nor x_2.
    """
    eta, extra = (ETA, added) if added is not None else (0.0, 1.0)
    lost = []
    lose = State.apply_loss

    def watched(state, mode, transmission):
        lost.append(mode in state.pinned)
        lose(state, mode, transmission)

    monkeypatch.setattr(State, "apply_loss", watched)
    shift = Polynomial.monomial(("p",), GAIN)
    fed = ops.Displacement((1,), shift, 0.0), ops.Displacement((2,), 0.0, shift)
    reads = x_of(1, "a"), x_of(2, "c"), x_of(3, "b")
    head = (*squeezed(3, R), edge(0, 1, 2, weight=W), p_of(0))
    circuit = Circuit(4, (*head, *fed, noise, ops.ControlledX((1, 3), 1.0), *reads))
    shots = 100_000
    out = simulate(circuit, shots, np.random.default_rng(7)).results
    assert lost and all(lost)
    wide = exp(2 * R)
    momentum = exp(-2 * R) + W**2 * wide**2
    variance = eta * (wide + GAIN**2 * momentum) + extra
    for values, expected in ((out["p"], momentum), (out["a"], variance), (out["b"], variance + 1)):
        assert abs(values.mean()) < 5 * sqrt(expected / shots)
        assert abs((values**2).mean() - expected) < 5 * (values**2).std() / sqrt(shots)
    for product, expected in (
        (out["p"] * out["a"], sqrt(eta) * GAIN * momentum),
        (out["a"] * out["b"], variance),
        (out["p"] * out["a"] * out["c"], sqrt(eta) * W * wide**2),
    ):
        assert abs(product.mean() - expected) < 5 * product.std() / sqrt(shots)


@pytest.mark.parametrize("noise", [1e-30, 1e-24])
def test_a_weak_coupling_beside_large_shears_is_kept(noise):
    """p_0 is moved by g x_1: once the shears are undone, 7 times its own deviation, although g is 1e-15 of them.

    In between, a rotation of mode 2, which is tied to mode 0, rewrites the whole quadratic phase.
    """
    r, shots = 8.0, 4000
    shear = 100.0 * exp(2.0 * r)
    g = 0.9e-15 * shear
    sheared = ops.Shear((0,), shear), ops.Shear((1,), shear), ops.ControlledZ((0, 1), g)
    turned = (
        ops.ControlledZ((0, 2), 0.3),
        ops.Rotation((2,), 0.7),
        ops.DisplacementNoise((2,), noise, noise),
        ops.Rotation((2,), -0.7),
        ops.ControlledZ((0, 2), -0.3),
    )
    back = ops.Shear((0,), -shear), ops.Shear((1,), -shear)
    reads = x_of(1, "x"), x_of(2, "y"), p_of(0), p_of(3, "cubic")
    body = (*squeezed(2, r), ops.CubicPhase((3,), 0.3), *sheared, *turned, *back)
    found = simulate(Circuit(4, (*body, *reads)), shots, np.random.default_rng(7)).results
    own = exp(-r)
    moved = g * exp(r)
    assert moved > 7.0 * own
    # standard errors: own / sqrt(shots) relative to the deviation of x for the slope, 1 / sqrt(2 shots) for the rest
    slope = float(found["p"] @ found["x"] / (found["x"] @ found["x"]))
    assert slope == pytest.approx(g, rel=5.0 * own / moved / sqrt(shots))
    assert np.std(found["p"] - g * found["x"]) == pytest.approx(own, rel=5.0 / sqrt(2 * shots))
