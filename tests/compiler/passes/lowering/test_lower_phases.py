"""Phases of degree up to three, and native powers, become the stated number of gates."""

import numpy as np
import pytest
from random_programs import edge

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")


def test_one_edge_costs_four_cubic_gates_of_the_known_strength():
    program = compile_circuit(Circuit(3, (edge(0, 1, 2),)), IDEAL)
    assert program.resources.counts == {"beam_splitter": 8, "cubic_phase": 4}
    gammas = [abs(op.gamma) for op in program.circuit.operations if isinstance(op, ops.CubicPhase)]
    np.testing.assert_allclose(gammas, 0.3 * 3**2.5 / 24, rtol=1e-15)
    assert program.resources.non_gaussian_depth == 4


@pytest.mark.parametrize(
    ("monomial", "cubics"),
    [((0,), 0), ((0, 0), 0), ((0, 1), 0), ((0, 0, 0), 1), ((0, 0, 1), 3), ((0, 1, 1), 3), ((0, 1, 2), 4)],
)
def test_every_monomial_up_to_degree_three(monomial, cubics):
    program = compile_circuit(Circuit(3, (edge(*monomial, weight=-0.7),)), IDEAL)
    assert program.resources.counts.get("cubic_phase", 0) == cubics


def test_native_powers_of_higher_order_are_used():
    four = Circuit(4, (edge(0, 1, 2, 3),))
    data = IDEAL.model_dump(mode="json")
    data["operations"]["PhasePower"] = {"availability": "native", "orders": [4, 5]}
    quartic = profile_from_data(data, "test")
    program = compile_circuit(four, quartic)
    assert program.resources.counts["phase_power"] == 8  # the Waring rank of a product of four is 2^3
    assert compile_circuit(Circuit(5, (edge(0, 1, 2, 3, 4),)), quartic).resources.counts["phase_power"] == 16
    assert compile_circuit(Circuit(1, (edge(0, 0, 0, 0),)), quartic).resources.counts == {"phase_power": 1}
    assert compile_circuit(Circuit(2, (edge(0, 0, 1, 1),)), quartic).resources.counts["phase_power"] == 4
    assert "phase_power" in compile_circuit(Circuit(6, (edge(*range(6)),)), quartic).resources.counts  # 6 = 4 + 4 - 2
