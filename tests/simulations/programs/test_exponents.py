"""Variances of exponents agree with covariances and closed forms, and budgets of bits split them by cause."""

from __future__ import annotations

import json
from math import exp, log, pi

import numpy as np
import pytest
from command import ok
from displacement_readouts import CONTEXTS, covariance, displacement, triangle
from hypothesis import given, settings
from hypothesis import strategies as st
from places import EXAMPLES

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics.gaussian_state import prefix_states
from hardware_profiles import load_profile
from simulations.exact.moments import NoClosedFormError, prepared_variances
from simulations.programs.budget import error_budget
from simulations.programs.exponents import exponent_variances


@pytest.mark.parametrize("eta", [1.0, 0.95])
@pytest.mark.parametrize("context", CONTEXTS)
def test_exponents_of_the_triangle_with_loss(context, eta):
    """Twice the exponents u and v of ``S = 3 e^-u + e^-v``, which the command ``khrnn witness`` has in closed form."""
    w, r = 0.8, 0.7
    circuit = triangle(w, r, context)
    *before, read = circuit.operations
    lossy = circuit.with_operations((*before, *(ops.Loss((m,), eta) for m in range(3)), read))
    factor, square = (3.0, 4.0 * w * w) if context is None else (1.0, 2.0 * w * w)
    wanted = factor * pi / (2.0 * w) * (eta * exp(-2.0 * r) + (1.0 - eta) * (1.0 + square))
    assert exponent_variances(lossy, prepared_variances) == {"m": pytest.approx(wanted, rel=1e-12)}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_exponents_agree_with_covariances(data):
    number = st.floats(-1.0, 1.0)
    gates = [
        lambda: ops.Squeeze((data.draw(st.integers(0, 2)),), data.draw(number)),
        lambda: ops.Rotation((data.draw(st.integers(0, 2)),), data.draw(number)),
        lambda: ops.BeamSplitter((2, 0), data.draw(number), data.draw(number)),
        lambda: ops.ControlledX((1, 0), data.draw(number)),
        lambda: ops.ControlledZ((2, 1), data.draw(number)),
        lambda: ops.Displacement((1,), data.draw(number), 0.2),
    ]
    chosen = [data.draw(st.sampled_from(gates))() for _ in range(data.draw(st.integers(0, 6)))]
    start = [ops.PrepareSqueezed((m,), data.draw(number)) for m in (0, 2)]
    read = ops.DisplacementReadout((2, 0), tuple(data.draw(number) for _ in range(2)), (0.3, data.draw(number)), "m")
    for state in prefix_states(3, [*start, *chosen]):
        last = state
    v = np.zeros(6)
    v[[2, 0]], v[[5, 3]] = read.beta, read.alpha
    phases = (
        ops.phase(Polynomial.monomial(op.modes, op.s)) if isinstance(op, ops.ControlledZ) else op for op in chosen
    )
    for gates_of_it in (chosen, phases):  # ControlledZ and the phase gate that it is
        found = exponent_variances(Circuit(3, (*start, *gates_of_it, read)), prepared_variances)["m"]
        assert found == pytest.approx(float(v @ last.cov @ v), rel=1e-9)


def test_channels_on_the_way_add_to_the_exponent():
    """D = exp(i (p / 2 + x)) on the vacuum: 1.25, and what loss, heat and noise make of it."""
    read = ops.DisplacementReadout((0,), (0.5,), (1.0,), "m")
    for channel, wanted in (
        (ops.Loss((0,), 0.5), 1.25),
        (ops.ThermalLoss((0,), 0.8, 1.5), 0.8 * 1.25 + 0.2 * 4.0 * 1.25),
        (ops.DisplacementNoise((0,), 0.1, 0.8), 1.25 + 0.1 + 0.25 * 0.8),
    ):
        assert exponent_variances(Circuit(1, (channel, read)), prepared_variances)["m"] == pytest.approx(wanted)


def test_earlier_readouts_that_commute_do_not_count_and_others_are_refused():
    circuit = triangle(1.0, 1.0, 0)
    *before, first = circuit.operations
    second = ops.DisplacementReadout((0, 1, 2), *displacement(1, 1.0), "n")
    found = exponent_variances(circuit.with_operations((*before, first, second)), prepared_variances)
    assert found["m"] == pytest.approx(-2.0 * log(0.899162), abs=3e-6) and found["n"] == pytest.approx(found["m"])
    a = displacement(0, 1.0)[0][0]
    for one, other in (((a, 0.0), (0.0, -2.0 * a)), ((0.3, 0.4), (0.6, 0.8))):  # P_0 and X_0 squared; D and D squared
        pair = [
            ops.DisplacementReadout((0,), (alpha,), (beta,), name) for (alpha, beta), name in ((one, "m"), (other, "n"))
        ]
        alone = exponent_variances(circuit.with_operations((*before, pair[1])), prepared_variances)["n"]
        assert exponent_variances(circuit.with_operations((*before, *pair)), prepared_variances)["n"] == alone
    crossed = ops.DisplacementReadout((0,), (0.0,), (0.3,), "n")
    with pytest.raises(NoClosedFormError, match="was read before does not commute with a later one; sample the bits"):
        exponent_variances(circuit.with_operations((*before, crossed, first)), prepared_variances)
    for op, why in (
        (ops.CubicPhase((0,), 0.1), "not a Gaussian gate"),
        (ops.Dephasing((0,), 0.1), "not a Gaussian gate"),
        (ops.PrepareFock((0,), 1), "not a Gaussian gate"),
        (ops.Squeeze((0,), Polynomial.monomial(("s",))), "depends on results"),
    ):
        with pytest.raises(NoClosedFormError, match=why):
            exponent_variances(Circuit(3, (op, first), symbols=("s",)), prepared_variances)
    aside = Circuit(4, (ops.CubicPhase((3,), 0.1), first))  # on another mode: it does not matter
    assert exponent_variances(aside, prepared_variances)["m"] > 0.0


def test_the_budget_of_a_bit_splits_its_exponent(tmp_path):
    """Of context A on the trap: squeezing ``(3 pi / 2) e^-2``, heating for 0.3 ms ``(3 pi / 2) 2 h 5``."""
    args = ("--profile", "trapped-ion-motional", "--out", tmp_path)
    ok("compile", EXAMPLES / "triangle_with_context.json", *args)
    data = json.loads(ok("budget", tmp_path, "--json"))
    (row,) = data["answers"]
    assert row["answer"] == "exponent of m"
    assert row["shares"]["finite squeezing of latent modes"] == pytest.approx(1.5 * pi * exp(-2.0))
    assert row["shares"]["waiting and feed-forward latency"] == pytest.approx(1.5 * pi * 2.0 * 0.56 * 3e-4 * 5.0)
    (ideal,) = error_budget(triangle(1.0, 1.0), load_profile("ideal-cubic"))
    v = np.concatenate(displacement(None, 1.0)[::-1])
    assert ideal.variance == pytest.approx(float(v @ covariance(1.0, 1.0) @ v))
