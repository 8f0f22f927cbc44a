"""Circuits that are compiled for no device, sampled as they stand: their own noise, and none besides."""

from math import exp, pi

import numpy as np
import pytest

from compiler.errors import InputError
from compiler.ir import Circuit, Polynomial
from compiler.ir import operations as ops
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from simulations.backends.registry import Settings
from simulations.exact import NoClosedFormError
from simulations.programs.sampling import _exact, sample_circuit

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


def test_doubts_of_the_grid_are_asked_for_once_and_told(monkeypatch):
    asked = []
    monkeypatch.setattr("simulations.grid.sampling_error", lambda circuit, seed: asked.append(circuit) or 0.2)
    circuit = Circuit(1, SQUEEZED)
    found = sample_circuit(circuit, 20, "grid", Settings(), 1)
    assert asked == [circuit]
    assert found["warnings"] == ["finer grids change outcomes by up to 0.2 standard deviations, more than 0.05"]
    assert len(found["readouts"]) == 1


def hypergraph_state(r, weight=0.3):
    edge = ops.phase(Polynomial.monomial((0, 1, 2), weight))
    state = tuple(ops.PrepareSqueezed((m,), -r) for m in range(3))
    reads = ops.Homodyne((1,), 0.0, "x1"), ops.Homodyne((2,), 0.0, "x2")
    return Circuit(3, (*state, edge, ops.Homodyne((0,), pi / 2, "p0"), *reads))


def test_nullifiers_of_strong_squeezing_without_sampling():
    for r in (1.0, 6.0, 12.0):
        found = sample_circuit(hypergraph_state(r), 0, "exact", Settings(), 0)
        (row,) = found["nullifiers"]
        assert row["variance"] == pytest.approx(exp(-2 * r), rel=1e-6) and found["warnings"] == []


def test_readouts_are_told_where_their_nullifier_is_not_determined():
    """At r = 12 p_0 - w x_1 x_2 of a compiled edge depends on digits that its angles lack; the readouts do not."""
    source = hypergraph_state(12.0)
    native = compile_circuit(source, load_profile("ideal-cubic")).circuit
    exact, lost = _exact(source, native)
    assert set(exact) == {"p0", "x1", "x2"}
    assert exact["x1"]["exact_variance"] == pytest.approx(exp(24.0))
    assert exact["p0"]["exact_variance"] == pytest.approx(0.3**2 * exp(48.0), rel=1e-6)
    (reason,) = lost
    assert "nullifier g0 depends on digits that float64 parameters do not have" in reason
    kerr = Circuit(1, (ops.Kerr((0,), 0.1), ops.Homodyne((0,), 0.0, "x")))
    assert _exact(kerr, kerr) == ({}, [])
    with pytest.raises(NoClosedFormError, match="Kerr"):
        sample_circuit(kerr, 0, "exact", Settings(), 0)
