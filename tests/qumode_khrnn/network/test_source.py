"""Sources of a compilation: what counts as a hyperedge of a program."""

import pytest

from compiler.errors import CircuitError, InputError
from compiler.ir import Circuit, Polynomial, phase
from compiler.ir import operations as ops
from compiler.ir.serialize import circuit_text
from qumode_khrnn.network.source import read_source


def test_results_in_a_phase_are_no_modes_of_its_edges(tmp_path):
    """m x_1 is a displacement and m x_1 x_2 an edge of two modes: the result m adds no mode to an edge."""
    kick, edge = (phase(Polynomial.monomial((*modes, "m"), 0.3)) for modes in ((1,), (1, 2)))
    file = tmp_path / "program.json"
    file.write_text(circuit_text(Circuit(3, (ops.Homodyne((0,), 0.0, "m"), kick, edge))), encoding="utf-8")
    assert read_source(file, 1.0, k=2).edges == 1
    with pytest.raises(InputError, match=r"operation 2 .*at most k = 1 modes"):
        read_source(file, 1.0, k=1)


def test_without_readouts_a_program_makes_the_state_before_them(tmp_path):
    """A displacement readout disturbs its modes, so it can be left out only where nothing follows on them."""
    file = tmp_path / "program.json"
    read = ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.0, 0.3), "s")
    edge, behind = ops.ControlledZ((0, 1), 1.0), ops.Rotation((2,), 0.3)
    file.write_text(circuit_text(Circuit(3, (edge, read, behind, ops.Homodyne((1,), 0.0, "y")))), encoding="utf-8")
    assert read_source(file, 1.0, readout="none").circuit.operations == (edge, behind)
    file.write_text(circuit_text(Circuit(3, (read, edge))), encoding="utf-8")
    with pytest.raises(CircuitError, match=r"operation 0 .*disturbs its modes, and operation 1 .*acts on them"):
        read_source(file, 1.0, readout="none")
