"""What a profile cannot run is named with its operation, the reason, and what would help."""

import pytest

from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.machines.limits import native_violations
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile

PHOTONIC = load_profile("photonic-cubic")


def test_mapping_names_operation_reason_and_relaxation():
    (reason,) = native_violations(Circuit(1, (ops.PrepareSqueezed((0,), 3.0),)), PHOTONIC)
    assert reason.operation == "operation 0 PrepareSqueezed(mode 0)"
    assert "|r| <= 1.727, found 3" in reason.reason
    assert "lower the squeezing" in reason.relaxation
    (reason,) = native_violations(Circuit(1, (ops.Shear((0,), 0.1),)), PHOTONIC)
    assert "synthesised" in reason.reason


def test_constants_are_numbers():
    assert ops.Shear((0,), Polynomial.constant(0.5)) == ops.Shear((0,), 0.5)
    with pytest.raises(NotMappableError, match="found 5"):
        compile_circuit(Circuit(1, (ops.Squeeze((0,), Polynomial.constant(5.0)),)), PHOTONIC)
    forward = (ops.Homodyne((1,), 0.0, "m"), ops.Squeeze((0,), Polynomial.monomial(("m",), 100.0)))
    with pytest.raises(NotMappableError, match="depends on m"):
        compile_circuit(Circuit(2, forward), PHOTONIC)
