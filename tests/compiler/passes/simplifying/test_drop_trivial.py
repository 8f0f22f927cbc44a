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


def test_a_kind_of_operation_is_dropped_only_where_all_its_parameters_say_so():
    trivial = (
        *(ops.Rotation((0,), 2 * np.pi * turns) for turns in (-4, -1, 1, 4)),
        ops.Shear((0,), 0.0),
        ops.ControlledX((0, 1), 0.0),
        ops.ControlledZ((0, 1), 0.0),
        ops.PhasePower((0,), 4, 0.0),
        ops.Kerr((0,), 0.0),
        ops.ThermalLoss((0,), 1.0, 0.3),
        ops.DisplacementNoise((0,), 0.0, 0.0),
        ops.Dephasing((0,), 0.0),
    )
    kept = (
        *(ops.Rotation((0,), 2 * np.pi * turns) for turns in (-5, 5, 1000)),  # float64 does not hold these angles
        ops.Displacement((0,), 0.0, 1e-300),
        ops.Displacement((0,), 1e-300, 0.0),
        ops.ThermalLoss((0,), 0.9, 0.0),
        ops.DisplacementNoise((0,), 0.0, 0.1),
        ops.DisplacementNoise((0,), 0.1, 0.0),
        ops.PrepareVacuum((0,)),
        ops.PrepareSqueezed((1,), 0.0),
        ops.Homodyne((0,), 0.0, "y"),
    )
    assert DropTrivial()(Circuit(2, trivial + kept), IDEAL).circuit.operations == kept
