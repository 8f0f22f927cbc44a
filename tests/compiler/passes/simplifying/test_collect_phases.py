"""Equal phases meet past gates that commute with them, and past nothing else."""

from dataclasses import replace

import numpy as np
from random_programs import edge
from slow_reference import truly_equal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
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


def test_collected_phases_do_what_they_did():
    """Random circuits against the reference of 60 digits, which knows no phase; some phases must have met."""
    met = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        gates = []
        for _ in range(10):
            a, b, c = (int(m) for m in rng.permutation(3))
            v = float(rng.uniform(0.1, 0.6))
            kinds = (edge(a, b, weight=v), edge(a, b, c, weight=v), edge(a, a, a, weight=v), edge(a, a, b, weight=v))
            others = (
                ops.Displacement((a,), v, -v),
                ops.Displacement((a,), 0.0, v),
                ops.ControlledX((a, b), v),
                ops.ControlledZ((a, b), v),
                ops.Squeeze((a,), v),
                ops.Rotation((a,), v),
            )
            gates.append(kinds[int(rng.integers(4))] if rng.random() < 0.6 else others[int(rng.integers(6))])
        circuit = Circuit(3, tuple(gates))
        found = CollectPhases()(circuit, IDEAL).circuit
        assert truly_equal(circuit, found, seeds=(1,))
        met += len(gates) - len(found.operations)
    assert met > 60


def test_a_phase_by_a_result_waits_for_it():
    read = ops.PrepareSqueezed((2,), 0.1), ops.Homodyne((2,), 0.0, "m")
    fed = ops.phase(Polynomial.monomial((0, 1, "m"), 0.3))
    circuit = Circuit(3, (edge(0, 1), *read, fed, edge(0, 1, weight=0.2)))
    collected = CollectPhases()(circuit, IDEAL).circuit
    assert collected.operations == (edge(0, 1, weight=0.5), *read, fed)


def test_phases_meet_past_whole_turns():
    """Gates on positions of the edge that do nothing: no phase is left; a tenth of a degree more, and both stay."""
    identity = ops.Interferometer((1, 2), ((1.0, 0.0), (0.0, 1.0)))
    for between in (ops.Rotation((0,), 2 * np.pi), ops.BeamSplitter((0, 1), -4 * np.pi, 0.3), identity):
        circuit = Circuit(3, (edge(0, 1, 2), between, edge(0, 1, 2, weight=-0.3)))
        assert CollectPhases()(circuit, IDEAL).circuit.operations == (between,)
    nearly = Circuit(3, (edge(0, 1, 2), ops.Rotation((0,), 2 * np.pi + 2e-3), edge(0, 1, 2, weight=-0.3)))
    assert CollectPhases()(nearly, IDEAL).circuit == nearly
