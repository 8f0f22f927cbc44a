"""Squeezing by measurement is exact with ideal ancillas, adds the stated noise otherwise, and says what it refuses."""

from math import exp, pi, sqrt

import numpy as np
import pytest
from photon_counters import photonic

from compiler.comparison import compare
from compiler.errors import CircuitError, NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import Request
from compiler.machines.gates import Gates
from compiler.passes.lowering.measured_squeezing import (
    MeasureSqueezing,
    added_variance,
    detector_variance,
    measured_squeeze,
)
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data
from simulations.exact import simulate


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
    with pytest.raises(NotMappableError) as caught:
        MeasureSqueezing(1.0)(fed.then(fed.operations[1:]), photonic())
    assert [reason.operation.split("(")[0] for reason in caught.value.reasons] == [
        "operation 1 Squeeze",
        "operation 2 Squeeze",
    ]
    symbol = Circuit(1, (ops.Squeeze((0,), Polynomial.monomial(("w",))),), symbols=("w",))
    assert MeasureSqueezing(1.0)(symbol, photonic()).circuit == symbol
    with pytest.raises(CircuitError, match="must be a finite number > 0"):
        MeasureSqueezing(-1.0)


def test_results_of_squeezers_take_names_that_are_free():
    circuit = Circuit(2, (ops.Homodyne((1,), 0.0, "squeeze1"), ops.Squeeze((0,), 0.2), ops.Squeeze((0,), -0.3)))
    found = MeasureSqueezing(1.0)(circuit, photonic()).circuit
    assert found.results == ("squeeze1", "squeeze0", "squeeze2")
    assert compare(circuit, found).equivalent
