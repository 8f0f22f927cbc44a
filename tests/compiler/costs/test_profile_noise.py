"""The loss of a profile follows operations, precedes readouts, and scales with its factor."""

import pytest

from compiler.costs.noise import with_noise
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from hardware_profiles import load_profile

PHOTONIC = load_profile("photonic-cubic")


def test_loss_follows_operations_and_precedes_readouts():
    circuit = Circuit(2, (ops.BeamSplitter((0, 1), 0.3), ops.Homodyne((0,), 0.0, "x")))
    noisy = with_noise(circuit, PHOTONIC, 2.0).operations
    assert [type(op).__name__ for op in noisy] == ["BeamSplitter", "Loss", "Loss", "Loss", "Homodyne"]
    assert noisy[1].eta == pytest.approx(10 ** (-2 * 0.0005 / 10))
    assert noisy[3].eta == pytest.approx(0.972**2, abs=1e-4)
    assert with_noise(circuit, PHOTONIC, 0.0) == circuit
    with pytest.raises(CircuitError, match=">= 0"):
        with_noise(circuit, PHOTONIC, -1.0)
