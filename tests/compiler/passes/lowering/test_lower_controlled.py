"""Controlled gates take the squeezing of Bloch-Messiah, and no squeezing waits for a result."""

from math import asinh

import pytest

from compiler.comparison import compare
from compiler.costs.resources import resources
from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.lowering.lower_controlled import LowerControlled
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")
PHOTONIC = load_profile("photonic-cubic")


def test_controlled_gates_take_the_squeezing_of_bloch_messiah():
    for gate in (ops.ControlledX((0, 1), 0.8), ops.ControlledZ((1, 0), -1.3)):
        low = LowerControlled()(Circuit(2, (gate,)), IDEAL).circuit
        assert resources(low).counts == {"beam_splitter": 2, "squeezer": 2}
        assert resources(low).largest_squeezing == pytest.approx(abs(asinh(gate.s / 2)), abs=1e-15)
        assert compare(Circuit(2, (gate,)), low).equivalent


def test_feed_forward_passes_through_and_is_refused_where_it_cannot_be_lowered():
    gain = Polynomial.monomial(("y",), 0.5)
    measure = (ops.Homodyne((1,), 0.0, "y"),)
    assert compile_circuit(Circuit(2, (*measure, ops.Displacement((0,), gain, gain))), PHOTONIC).verification.equivalent
    with pytest.raises(NotMappableError, match="depends on earlier results"):
        compile_circuit(Circuit(2, (*measure, ops.Shear((0,), gain))), PHOTONIC)
    both = (ops.Shear((0,), gain), ops.ControlledZ((0, 2), gain))
    with pytest.raises(NotMappableError) as caught:
        LowerControlled()(Circuit(3, (*measure, *both)), PHOTONIC)
    assert [reason.operation.split("(")[0] for reason in caught.value.reasons] == [
        "operation 1 Shear",
        "operation 2 ControlledZ",
    ]
