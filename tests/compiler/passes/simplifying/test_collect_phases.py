"""Equal phases meet past gates that commute with them, and past nothing else."""

from dataclasses import replace

import numpy as np
from random_programs import edge

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.passes.simplifying.collect_phases import CollectPhases
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


def test_equal_edges_merge_also_past_commuting_gates():
    between = (ops.ControlledX((0, 3), 0.4), ops.Shear((1,), 0.2), ops.Squeeze((3,), 0.1))
    circuit = Circuit(4, (edge(0, 1, 2), *between, edge(0, 1, 2, weight=0.5), edge(0, 1, 2, weight=-0.8)))
    merged = CollectPhases()(circuit, IDEAL).circuit
    assert [type(op).__name__ for op in merged.operations] == ["ControlledX", "Shear", "Squeeze"]
    blocked = Circuit(4, (edge(0, 1, 2), ops.ControlledX((3, 0), 0.4), edge(0, 1, 2)))
    assert CollectPhases()(blocked, IDEAL).circuit == blocked


def test_phases_meet_across_cells_only_where_no_readout_stands_between():
    between = (ops.PrepareSqueezed((3,), -1.0), ops.ControlledX((3, 0), -1.0), ops.Homodyne((3,), np.pi / 2, "y"))
    for mode, gates in ((0, 2), (2, 1)):
        read = tuple(replace(op, modes=tuple(mode if m == 0 else m for m in op.modes)) for op in between)
        circuit = Circuit(4, (edge(0, 1), *read, edge(0, 1)), (3,))
        phases = [
            op for op in CollectPhases()(circuit, IDEAL).circuit.operations if isinstance(op, ops.PolynomialPhase)
        ]
        assert len(phases) == gates


def test_collecting_phases_goes_on_until_nothing_moves():
    shift = ops.Displacement((3,), 1.0, 0.0)
    circuit = Circuit(4, (edge(0, 1, 2), shift, edge(1, 3), edge(0, 1, 2), edge(1, 3, weight=-0.3)))
    once = CollectPhases()(circuit, IDEAL).circuit
    assert CollectPhases()(once, IDEAL).circuit == once and len(once.operations) == 2
