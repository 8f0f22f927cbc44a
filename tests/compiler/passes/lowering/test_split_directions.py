"""Splitting phases into directions and lowering quadratics keep the circuit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.comparison import compare
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.lowering.lower_quadratics import LowerQuadratics
from compiler.passes.lowering.split_directions import SplitDirections
from hardware_profiles import load_profile


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_passes_of_machines_keep_the_circuit(data):
    modes = data.draw(st.integers(1, 4))
    terms = Polynomial({})
    for _ in range(data.draw(st.integers(1, 4))):
        degree = data.draw(st.integers(1, 4))
        chosen = sorted(data.draw(st.integers(0, modes - 1)) for _ in range(degree))
        terms = terms + Polynomial.monomial(chosen, data.draw(st.floats(0.05, 0.5)))
    gates = (
        ops.Squeeze((0,), 0.2),
        ops.phase(terms),
        ops.Shear((0,), 0.3),
        ops.CubicPhase((modes - 1,), 0.1),
        ops.PhasePower((0,), 2, 0.2),
    )
    circuit = Circuit(modes, gates)
    for step in (SplitDirections(), LowerQuadratics()):
        once = step(circuit, load_profile("ideal-cubic")).circuit
        assert compare(circuit, once).equivalent
        again = step(once, load_profile("ideal-cubic")).circuit
        assert compare(once, again).equivalent and len(again.operations) == len(once.operations)
