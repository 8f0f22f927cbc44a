"""Circuits that are compiled for no device, sampled as they stand: their own noise, and none besides."""

from math import exp

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ir import Circuit, Polynomial
from compiler.ir import operations as ops
from simulations.backends.registry import Settings
from simulations.programs.sampling import sample_circuit

SQUEEZED = (ops.PrepareSqueezed((0,), 1.0), ops.Loss((0,), 0.75), ops.Homodyne((0,), 0.0, "y"))


def test_own_noise_is_simulated():
    """var y = eta e^{-2r} + 1 - eta."""
    expected = 0.75 * exp(-2.0) + 0.25
    closed = sample_circuit(Circuit(1, SQUEEZED), 0, "exact", Settings(), 0)
    assert closed["readouts"][0]["variance"] == pytest.approx(expected)
    drawn = sample_circuit(Circuit(1, SQUEEZED), 20_000, "exact", Settings(), 3)
    (row,) = drawn["readouts"]
    # the variance of 20,000 shots has a relative standard error of 1 %: five of them fail 1 in 10^6 seeds; fixed seed
    assert row["variance"] == pytest.approx(expected, rel=0.05) and row["exact_variance"] == pytest.approx(expected)
    assert drawn["unverified"] == [] and drawn["warnings"] == [] and drawn["bits"] is False
    assert sample_circuit(Circuit(1, SQUEEZED), 20_000, "exact", Settings(), 3)["readouts"] == drawn["readouts"]


@pytest.mark.parametrize("backend", ["exact", "grid", "strawberryfields"])
def test_inputs_start_in_the_vacuum(backend):
    squeezed = Circuit(1, (ops.Squeeze((0,), 0.5), ops.Homodyne((0,), 0.0, "y")))
    (row,) = sample_circuit(squeezed, 4000, backend, Settings(cutoff=12), 5)["readouts"]
    assert row["exact_variance"] == pytest.approx(exp(-1.0))
    # relative standard error of the variance sqrt(2 / 4000) = 2.2 %: five of them
    assert row["variance"] == pytest.approx(exp(-1.0), rel=0.12)


def test_what_cannot_be_run_is_refused():
    symbol = Circuit(1, (ops.Squeeze((0,), Polynomial.monomial(("a",))),), symbols=("a",))
    with pytest.raises(InputError, match="symbol"):
        sample_circuit(symbol, 10, "exact", Settings(), 0)
    with pytest.raises(InputError, match="shots x readouts must be at most"):
        sample_circuit(Circuit(1, SQUEEZED), 10**9, "exact", Settings(), 0)
    with pytest.raises(InputError, match="cannot run this program"):
        sample_circuit(Circuit(1, (ops.Kerr((0,), 0.1), *SQUEEZED[2:])), 10, "exact", Settings(), 0)
    none = sample_circuit(Circuit(1, SQUEEZED[:1]), 10, "exact", Settings(), 0)
    assert none["readouts"] == [] and np.isfinite(none["seconds"])
