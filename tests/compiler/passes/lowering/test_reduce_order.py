"""Phases of degree four and more become cubic gates, and borrowed modes come back unchanged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import edge
from slow_reference import truly_equal

from compiler.comparison import compare
from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.lowering.reduce_order import ReduceOrder
from compiler.pipeline import compile_circuit, compile_polynomial
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")


def test_higher_orders_need_a_rotation_or_a_native_power():
    data = IDEAL.model_dump(mode="json")
    del data["operations"]["Rotation"]
    with pytest.raises(NotMappableError) as caught:
        compile_circuit(Circuit(4, (edge(0, 1, 2, 3),)), profile_from_data(data, "test"))
    assert "degree 4" in caught.value.reasons[0].reason


@pytest.mark.parametrize(("k", "cubics"), [(4, 16), (5, 40), (6, 64)])
def test_order_reduction_costs_the_recursion_and_returns_what_it_borrows(k, cubics):
    spare = k - 3  # modes to borrow, one a level of the recursion
    program = compile_circuit(Circuit(k + spare, (edge(*range(k)),)), IDEAL)
    assert program.resources.counts["cubic_phase"] == cubics
    assert program.circuit.modes == k + spare and not program.circuit.ancillas
    assert truly_equal(program.source, program.circuit)
    full = compile_circuit(Circuit(k, (edge(*range(k)),)), IDEAL)
    assert full.circuit.ancillas == tuple(range(k, full.circuit.modes))
    padded = Circuit(full.circuit.modes, full.source.operations)
    assert truly_equal(padded, Circuit(full.circuit.modes, full.circuit.operations))


@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=6), min_size=1, max_size=4), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_any_polynomial_of_higher_degree_compiles(monomials, seed):
    rng = np.random.default_rng(seed)
    total = Polynomial()
    for variables in monomials:
        total = total + Polynomial.monomial(variables, float(rng.uniform(0.1, 0.4)))
    program = compile_polynomial(total, IDEAL, modes=6, options=SynthesisOptions(effort=0.1))
    padded = Circuit(program.circuit.modes, program.source.operations)
    assert truly_equal(padded, Circuit(program.circuit.modes, program.circuit.operations), seeds=(1,))


def test_measured_modes_and_ancillas_are_not_borrowed():
    read = (ops.Homodyne((4,), 0.0, "y"),)
    circuit = Circuit(6, (*read, edge(0, 1, 2, 3)), (5,))
    assert compile_circuit(circuit, IDEAL).circuit.ancillas == (5, 6)


def test_common_factors_share_one_reduction():
    f = Polynomial.monomial((0, 1, 2, 3), 0.3) + Polynomial.monomial((0, 1, 2, 4), -0.2)
    assert compile_polynomial(f, IDEAL, modes=6).resources.counts["cubic_phase"] == 16


def test_a_measured_mode_is_borrowed_once_it_is_prepared_again_and_all_take_turns():
    """Every reduction of a product of four borrows one mode; the one that was borrowed least goes first."""
    read, again = ops.Homodyne((4,), 0.0, "y"), ops.PrepareVacuum((4,))
    for operations, borrowed in (
        ((read, edge(0, 1, 2, 3)), [5]),  # a new ancilla
        ((read, again, edge(0, 1, 2, 3)), [4]),
        ((again, edge(0, 1, 2, 3), read, edge(0, 1, 2, 3)), [4, 5]),
    ):
        found = ReduceOrder()(Circuit(5, operations), IDEAL).circuit
        assert sorted({op.modes[0] for op in found.operations if isinstance(op, ops.Rotation)}) == borrowed
        assert (
            found.ancillas == tuple(m for m in borrowed if m > 4) and compare(Circuit(5, operations), found).equivalent
        )
    twice = ReduceOrder()(Circuit(6, (edge(0, 1, 2, 3), edge(0, 1, 2, 3, weight=0.1))), IDEAL).circuit
    turned = [op.modes[0] for op in twice.operations if isinstance(op, ops.Rotation)]
    assert turned == [4] * 4 + [5] * 4


@pytest.mark.parametrize("end", [ops.PhotonCount((1,), "n"), ops.PostSelect((1,), 0.0, 0.1)], ids=str)
def test_modes_that_ended_are_not_borrowed(end):
    """Mode 1 holds nothing once its photons are counted or its outcome is chosen: a mode is added instead."""
    quartic = ops.phase(Polynomial.monomial((0, 0, 0, 0), 0.1))
    found = ReduceOrder()(Circuit(2, (end, quartic)), IDEAL).circuit
    assert found.modes == 3 and found.ancillas == (2,)
    assert ReduceOrder()(Circuit(2, (end, ops.PrepareVacuum((1,)), quartic)), IDEAL).circuit.modes == 2
