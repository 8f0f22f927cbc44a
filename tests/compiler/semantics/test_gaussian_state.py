"""Gaussian states agree with Strawberry Fields, The Walrus and closed forms; Takagi holds with equal values too."""

from math import exp, sqrt

import numpy as np
import pytest
from photon_counters import haar, rows

from compiler.errors import InputError
from compiler.exports.strawberryfields.program import strawberryfields, to_strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.gaussian_state import GaussianState, prepared_state, takagi


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


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda: GaussianState(np.zeros(3), np.eye(3)), "n modes need"),
        (lambda: prepared_state(Circuit(1, (ops.CubicPhase((0,), 1.0),))), "operation 0 CubicPhase"),
        (lambda: takagi(np.array([[0.0, 1.0], [0.0, 0.0]], dtype=complex)), "symmetric"),
    ],
)
def test_bad_input_is_one_clear_error(call, match):
    with pytest.raises(InputError, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)
