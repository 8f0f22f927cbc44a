"""Polynomials, operations, circuits, and their JSON form."""

import json
from math import inf, nan, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_reference import random_circuit

from compiler.errors import CircuitError, InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.serialize import circuit_from_json, circuit_to_json

COEFFICIENTS = st.floats(-3, 3, allow_nan=False)
POLYNOMIALS = st.dictionaries(st.lists(st.integers(0, 3), max_size=4).map(tuple), COEFFICIENTS, max_size=5).map(
    lambda d: sum((Polynomial.monomial(k, c) for k, c in d.items()), Polynomial())
)


@given(POLYNOMIALS, st.integers(0, 3))
def test_derivative_is_the_limit_of_difference_quotients(f, variable):
    at = {0: 0.3, 1: -0.7, 2: 1.1, 3: 0.4}
    h = 1e-5
    ahead, behind = ({**at, variable: at[variable] + s * h} for s in (1, -1))
    quotient = (f.evaluate(ahead) - f.evaluate(behind)) / (2 * h)
    # central differences of degree-4 polynomials with coefficients below 12: error below 1e-8
    assert abs(f.derivative(variable).evaluate(at) - quotient) < 1e-7


@given(POLYNOMIALS, POLYNOMIALS)
def test_addition_is_pointwise(f, g):
    at = {0: 0.3, 1: -0.7, 2: 1.1, 3: 0.4}
    assert (f + g).evaluate(at) == pytest.approx(f.evaluate(at) + g.evaluate(at), abs=1e-12)
    assert not (f - f)


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_coefficients_must_be_finite(bad):
    with pytest.raises(CircuitError, match="finite"):
        Polynomial.monomial((0,), bad)
    with pytest.raises(CircuitError, match="finite"):
        ops.Squeeze((0,), bad)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ops.BeamSplitter((0, 0), 0.1), "distinct"),
        (lambda: ops.BeamSplitter((0,), 0.1), "2 mode"),
        (lambda: ops.Squeeze((-1,), 0.1), ">= 0"),
        (lambda: ops.Loss((0,), 1.5), r"\[0, 1\]"),
        (lambda: ops.Homodyne((0,), 0.0, "a b"), "name"),
        (lambda: ops.PhasePower((0,), 0, 0.1), "order"),
        (lambda: ops.Interferometer((0, 1), ((1.0, 0.0), (1.0, 0.0))), "unitary"),
        (lambda: ops.PolynomialPhase((0,), Polynomial.monomial((0, 1))), "variables"),
        (lambda: ops.Shear((0,), Polynomial.monomial((1,))), "named results"),
        (lambda: Circuit(-1), ">= 0"),
        (lambda: Circuit(1, (ops.Squeeze((1,), 0.1),)), "found 1"),
        (lambda: Circuit(1, (ops.Homodyne((0,), 0.0, "y"), ops.Squeeze((0,), 0.1))), "measured"),
        (lambda: Circuit(2, (ops.Homodyne((0,), 0.0, "y"), ops.Homodyne((1,), 0.0, "y"))), "is already used"),
        (lambda: Circuit(1, (ops.Shear((0,), Polynomial.monomial(("y",))),)), "before it is measured"),
    ],
)
def test_bad_values_are_refused(make, message):
    with pytest.raises(CircuitError, match=message):
        make()


def feed_forward() -> Circuit:
    square = Polynomial.monomial(("m", "m"), 0.5) + Polynomial.constant(0.25)
    return Circuit(
        3,
        (
            ops.PrepareSqueezed((2,), 0.7),
            ops.PrepareVacuum((1,)),
            ops.ControlledX((0, 2), 1.0),
            ops.Interferometer((0, 1), ((0.6, -0.8j), (-0.8j, 0.6))),
            ops.Homodyne((2,), pi / 3, "m"),
            ops.Displacement((0,), 0.0, square),
            ops.PhasePower((1,), 4, 0.2),
            ops.Loss((0,), 0.9),
            ops.phase(Polynomial.monomial((0, 1, 1), 0.2)),
        ),
        (2,),
    )


def test_json_round_trip_of_every_operation():
    rng = np.random.default_rng(5)
    for circuit in [feed_forward(), *(random_circuit(rng, 4, 12) for _ in range(50))]:
        assert circuit_from_json(json.loads(json.dumps(circuit_to_json(circuit)))) == circuit


def break_it(**changes):
    data = circuit_to_json(Circuit(2, (ops.BeamSplitter((0, 1), 0.3),)))
    data.update(changes)
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "object"),
        (break_it(format="x"), "format"),
        (break_it(version=2), "version"),
        (break_it(hbar=1), "hbar"),
        (break_it(modes=-1), "modes"),
        (break_it(modes=1.5), "modes"),
        (break_it(operations=5), "list"),
        (break_it(latent=[0]), "latent"),
        (break_it(operations=[{"op": "exec", "modes": [0]}]), "op"),
        (break_it(operations=[{"op": "Squeeze", "modes": [0]}]), "missing"),
        (break_it(operations=[{"op": "Squeeze", "modes": [0], "r": "1"}]), "number"),
        (break_it(operations=[{"op": "Squeeze", "modes": [0], "r": 10**400}]), "finite"),
        (break_it(operations=[{"op": "Squeeze", "modes": [0], "r": 1.0, "q": 2}]), "unknown"),
        (break_it(operations=[{"op": "Squeeze", "modes": ["0"], "r": 1.0}]), "integers"),
        (break_it(operations=[{"op": "Shear", "modes": [0], "s": {"terms": [[1.0, {"m": 0}]]}}]), "power"),
        (break_it(operations=[{"op": "Interferometer", "modes": [0], "matrix": {"real": [1], "imag": [0]}}]), "rows"),
    ],
)
def test_broken_programs_are_refused_by_name(data, message):
    with pytest.raises(InputError, match=message):
        circuit_from_json(data)
