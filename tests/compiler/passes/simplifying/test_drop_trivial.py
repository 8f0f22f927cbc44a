"""Operations that do nothing are dropped, and those that do almost nothing are kept."""

import numpy as np
from random_programs import edge

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.passes.simplifying.drop_trivial import DropTrivial
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


def test_trivial_operations_are_dropped_and_others_kept():
    trivial = (
        ops.Rotation((0,), 2 * np.pi),
        ops.BeamSplitter((0, 1), 0.0, 0.3),
        ops.Squeeze((0,), 0.0),
        ops.Displacement((0,), 0.0, 0.0),
        ops.CubicPhase((0,), 0.0),
        ops.Loss((0,), 1.0),
        edge(weight=0.4),
    )
    kept = (ops.Rotation((0,), np.pi), ops.Squeeze((0,), 1e-12), ops.Loss((0,), 0.99))
    assert DropTrivial()(Circuit(2, trivial + kept), IDEAL).circuit.operations == kept
