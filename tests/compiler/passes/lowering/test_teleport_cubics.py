"""Teleported cubic gates are equal with ideal resources, and every step of them is needed."""

import re

import numpy as np
import pytest
from random_programs import edge

from compiler.comparison import compare
from compiler.errors import NotMappableError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.lowering.teleport_cubics import TeleportCubics
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data

TELEPORTED = load_profile("ideal-teleported")


def test_teleported_gates_are_equal_with_ideal_resources_only():
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), TELEPORTED)
    counts = program.resources.counts
    assert counts["prepare_cubic"] == counts["homodyne"] == counts["shear"] == 4 and "cubic_phase" not in counts
    assert program.verification.resources == 4
    assert program.resources.teleportation_noise == pytest.approx(4 * np.exp(-2 * 1.727))
    assert program.resources.non_gaussian_depth == 4
    for place, op in enumerate(program.circuit.operations):
        if isinstance(op, ops.Homodyne | ops.PrepareCubic):
            continue
        rest = program.circuit.operations[:place] + program.circuit.operations[place + 1 :]
        assert not compare(program.source, program.circuit.with_operations(rest)).equivalent, op


def test_teleported_gates_need_to_know_their_resource():
    data = TELEPORTED.model_dump(mode="json")
    data["operations"]["PrepareCubic"]["ranges"] = {}
    with pytest.raises(NotMappableError, match=re.escape("ranges.r.maximum")):
        compile_circuit(Circuit(3, (edge(0, 1, 2),)), profile_from_data(data, "test"))


def test_results_of_gadgets_take_names_that_are_free():
    circuit = Circuit(
        2,
        (
            ops.Homodyne((1,), 0.0, "cubic0"),
            ops.CubicPhase((0,), Polynomial.monomial(("cubic2",), 0.3)),
            ops.CubicPhase((0,), 0.2),
        ),
        symbols=("cubic2",),
    )
    found = TeleportCubics()(circuit, TELEPORTED).circuit
    assert found.results == ("cubic0", "cubic1", "cubic3") and found.symbols == ("cubic2",)
    assert compare(circuit, found).equivalent
