"""Every pass keeps its promise, the whole is proved equal to its source, and rounding is not called a defect."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_programs import edge
from slow_reference import random_circuit

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines import Request
from compiler.machines.gates import Gates
from compiler.machines.limits import native_violations
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.lowering.interferometer_mesh import InterferometerMesh
from compiler.passes.lowering.lower_phases import LowerPhases
from compiler.pipeline import MiscompilationError, compile_circuit, compile_polynomial
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


@given(st.integers(0, 10**6))
def test_every_pass_keeps_equivalence_and_is_idempotent_where_it_says_so(seed):
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    circuit = random_circuit(rng, 4, 10).then((ops.Interferometer((2, 0, 3), tuple(map(tuple, u.tolist()))),))
    current = circuit
    for step in Gates().passes(Request()):
        once = step(current, IDEAL).circuit
        assert compare(current, once).equivalent, step.name
        if "Idempotent" in (type(step).__doc__ or ""):
            assert step(once, IDEAL).circuit == once, step.name
        current = once
    assert not native_violations(current, IDEAL)


@given(st.integers(0, 10**6))
def test_relabelling_modes_relabels_the_result(seed):
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 4, 6)
    order = [int(m) for m in rng.permutation(4)]

    def relabelled(c):
        out = []
        for op in c.operations:
            if isinstance(op, ops.PolynomialPhase):
                out.append(ops.phase(op.polynomial.relabel(order.__getitem__)))
            else:
                out.append(replace(op, modes=tuple(order[m] for m in op.modes)))
        return c.with_operations(tuple(out))

    assert compare(
        relabelled(compile_circuit(circuit, IDEAL).circuit), compile_circuit(relabelled(circuit), IDEAL).circuit
    ).equivalent


def test_polynomials_of_every_kind_or_none():
    assert compile_polynomial(Polynomial(), IDEAL).circuit == Circuit(0)
    constant = compile_circuit(Circuit(2, (ops.phase(Polynomial.constant(0.7)),)), IDEAL)
    assert constant.circuit.operations == ()
    linear = compile_polynomial(Polynomial.monomial((1,), 0.5) + Polynomial.constant(2.0), IDEAL)
    assert linear.circuit.operations == (ops.Displacement((1,), 0.0, 0.5),)
    with pytest.raises(CircuitError, match="names"):
        compile_polynomial(Polynomial.monomial((0, "w")), IDEAL)
    with pytest.raises(CircuitError, match="compile_template"):
        compile_circuit(Circuit(1, symbols=("w",)), IDEAL)


def test_a_pass_that_breaks_the_circuit_is_caught():
    class Sabotage:
        name = "sabotage"
        guarantee = Guarantee.EXACT

        def __call__(self, circuit, profile):
            return PassResult(circuit.with_operations(circuit.operations[1:]), "")

    with pytest.raises(MiscompilationError, match="differs"):
        compile_circuit(Circuit(3, (edge(0, 1, 2),)), IDEAL, (LowerPhases(), Sabotage(), InterferometerMesh()))


@pytest.mark.parametrize(
    "operations",
    [
        (ops.Rotation((0,), 2 * np.pi * 2**40),),
        (ops.Rotation((0,), 1e12), ops.Rotation((0,), 0.3)),
        (ops.phase(Polynomial.monomial(range(6), 1e6)),),
    ],
)
def test_numbers_beyond_float64_are_not_called_a_defect(operations):
    try:
        compile_circuit(Circuit(7, operations), IDEAL)
    except CircuitError as error:
        assert "ill-conditioned" in str(error)


def test_ill_conditioned_gates_are_refused_with_the_residual():
    pairs = tuple(edge(a, b, weight=1e5) for a, b in ((0, 1), (0, 2), (1, 2)))
    for operations in (pairs, (edge(0, 1, weight=1e8),)):
        with pytest.raises(CircuitError, match="ill-conditioned"):
            compile_circuit(Circuit(3, operations), IDEAL)


def test_tiny_and_huge_weights_keep_the_residual():
    # the largest makes the map large, and the residual is relative
    for weight in (1e-300, 1e-12, 1e12, 5e-324):
        assert compile_circuit(Circuit(3, (edge(0, 1, 2, weight=weight),)), IDEAL).verification.residual < 1e-13
