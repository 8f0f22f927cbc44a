"""Operations that do nothing are dropped, and those that do almost nothing are kept."""

import numpy as np
import pytest
from random_programs import edge

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.simplifying.drop_trivial import DropTrivial
from compiler.semantics.equivalence import equivalent
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
        *(ops.Rotation((0,), 2 * np.pi * turns) for turns in (-100, -5, -1, 1, 3, 7, 100)),
        *(ops.BeamSplitter((0, 1), 2 * np.pi * turns, 0.3) for turns in (-3, 1, 50)),
        ops.Rotation((0,), sum([2 * np.pi / 7] * 7)),  # 2 pi and one rounding more
        ops.Interferometer((0, 1), ((1, 0), (0, 1))),
        ops.Interferometer((0, 1), ((1 - 1e-16, 1e-15), (-1e-15, 1))),
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
        ops.Rotation((0,), 2000 * np.pi),  # float64 is 6e-13 short of 1000 turns
        *(ops.Rotation((0,), angle) for angle in (1e-300, 1e-15, 2 * np.pi + 1e-14, 2 * np.pi - 1e-14, np.pi)),
        ops.BeamSplitter((0, 1), np.pi),
        ops.Interferometer((0, 1), ((1, 0), (0, -1))),
        ops.Interferometer((0, 1), ((np.cos(1e-9), -np.sin(1e-9)), (np.sin(1e-9), np.cos(1e-9)))),
        ops.Rotation((0,), Polynomial.monomial(("w",), 2 * np.pi)),
        ops.Displacement((0,), 0.0, 1e-300),
        ops.Displacement((0,), 1e-300, 0.0),
        ops.ThermalLoss((0,), 0.9, 0.0),
        ops.DisplacementNoise((0,), 0.0, 0.1),
        ops.DisplacementNoise((0,), 0.1, 0.0),
        ops.PrepareVacuum((0,)),
        ops.PrepareSqueezed((1,), 0.0),
        ops.Homodyne((0,), 0.0, "y"),
    )
    circuit = Circuit(2, trivial + kept, symbols=("w",))
    assert DropTrivial()(circuit, IDEAL).circuit.operations == kept


@pytest.mark.parametrize(
    ("angle", "left"),
    [
        (2 * np.pi, 0.0),
        (-40 * np.pi, 0.0),
        (np.pi / 2 + 2 * np.pi, np.pi / 2),
        (0.3 - 6 * np.pi, 0.3),
        (3.5 * np.pi, -np.pi / 2),
        (3 * np.pi / 2, 3 * np.pi / 2),  # less than a turn stays as it was written
        (-np.pi, -np.pi),
        (0.3, 0.3),
    ],
)
def test_readouts_lose_whole_turns(angle, left):
    circuit = Circuit(2, (ops.Homodyne((0,), angle, "y"), ops.PostSelect((1,), angle, 0.4)))
    found = DropTrivial()(circuit, IDEAL).circuit
    assert [op.angle for op in found.operations] == [pytest.approx(left, abs=1e-14)] * 2  # 20 turns are off by 1e-14
    if angle == left:
        assert found == circuit
    before, after = (some.with_operations(some.operations[:1]) for some in (circuit, found))
    assert equivalent(before, after).equivalent
