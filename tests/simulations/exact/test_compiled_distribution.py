"""Compiled programs and the logical cells they come from have the same outcomes in the exact simulator.

Kolmogorov-Smirnov tests on 10^5 seeded shots, p > 0.01 each: a new seed fails one of them in ten with a chance of 10 %.
"""

from math import exp, pi

import numpy as np
import pytest
from scipy.stats import ks_2samp

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, UnitCell
from qumode_khrnn.network.hypergraph import Hyperedge
from simulations.exact import moments, simulate
from simulations.exact.moments import prepared_variances

SHOTS = 100_000


def cells():
    """Two cells of a 4-mode network: a 3-edge and a 2-edge, then p of mode 0; and x of mode 1 read before it."""
    one = UnitCell((Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), 0.4)), (), Readout("x", 1))
    two = UnitCell((Hyperedge((0, 2, 3), -0.2),), (), Readout("p", 0))
    return Network(4, 0.7, 0.9).circuit([one, two])


def ideal_resources(op):
    """Cubic resource states without their own noise."""
    x, p = prepared_variances(op)
    return (x, 0.0) if isinstance(op, ops.PrepareCubic) else (x, p)


@pytest.mark.parametrize("name", ["ideal-cubic", "photonic-cubic", "ideal-teleported"])
def test_moments_are_equal(name):
    logical = cells()
    native = compile_circuit(logical, load_profile(name)).circuit
    kinds = {type(op).__name__ for op in native.operations}
    assert {"BeamSplitter", "Squeeze", "PrepareCubic" if name == "ideal-teleported" else "CubicPhase"} <= kinds
    answers = {f"answer {r}": Polynomial.monomial((r,)) for r in logical.results}
    a, b = moments(logical, answers), moments(native, answers, ideal_resources)
    for answer in answers:
        assert b.of(answer) == pytest.approx(a.of(answer), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", ["ideal-cubic", "photonic-cubic"])
def test_outcomes_have_one_distribution(name):
    logical = cells()
    native = compile_circuit(logical, load_profile(name)).circuit
    a, b = (simulate(c, SHOTS, np.random.default_rng([1, i])).results for i, c in enumerate((logical, native)))
    for result in logical.results:
        assert ks_2samp(a[result], b[result]).pvalue > 0.01
    product = [out["y0"] * out["y1"] for out in (a, b)]
    assert ks_2samp(*product).pvalue > 0.01


def test_teleported_gates_differ_by_their_noise_only():
    # every teleported gate adds e^{-2 r} to the momentum of its own mode, (u)_0^2 of it to that of mode 0
    edge = ops.phase(Polynomial.monomial((0, 1, 2), 0.3))
    state = tuple(ops.PrepareSqueezed((m,), -0.7) for m in range(3))
    read = (ops.Homodyne((1,), 0.0, "x1"), ops.Homodyne((2,), 0.0, "x2"), ops.Homodyne((0,), pi / 2, "p0"))
    native = compile_circuit(Circuit(3, (*state, edge, *read)), load_profile("ideal-teleported")).circuit
    resources = [op for op in native.operations if isinstance(op, ops.PrepareCubic)]
    assert len(resources) == 4
    noise = 4.0 / 3.0 * exp(-2.0 * resources[0].r)  # polarization: four directions (1, s, t) / sqrt(3)
    logical = Circuit(3, (*state, edge, ops.DisplacementNoise((0,), 0.0, noise), *read))
    assert moments(native).of("p0") == pytest.approx(moments(logical).of("p0"), rel=1e-9, abs=1e-9)
    a, b = (simulate(c, SHOTS, np.random.default_rng([1, i])).results for i, c in enumerate((logical, native)))
    for result in ("p0", "x1", "x2"):
        assert ks_2samp(a[result], b[result]).pvalue > 0.01
    residual = [out["p0"] - 0.3 * out["x1"] * out["x2"] for out in (a, b)]
    assert ks_2samp(*residual).pvalue > 0.01
    assert residual[1].var() == pytest.approx(exp(-1.4) + noise, rel=5 * np.sqrt(2 / SHOTS))
