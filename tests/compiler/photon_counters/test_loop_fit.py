"""A circuit of loops is read back as its job, and Borealis refuses all others with the reason."""

import re
from math import pi

import numpy as np
import pytest
from photon_counters import BOREALIS, LOW, MEDIUM, random_job

from compiler.errors import NotMappableError
from compiler.exports.strawberryfields.device import compile_loops
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.photon_counters.loop_fit import loop_job, loop_reasons
from compiler.photon_counters.loop_job import LoopSettings
from compiler.semantics.gaussian_state import prepared_state


def test_a_circuit_is_read_back_as_its_job():
    job = random_job(np.random.default_rng(5), 45)
    circuit = job.circuit(BOREALIS)
    found = loop_job(circuit, BOREALIS)
    left, right = (prepared_state(c).pair_matrix() for c in (circuit, found.circuit(BOREALIS)))
    np.testing.assert_allclose(np.abs(left), np.abs(right), atol=1e-12)  # up to rotations at the end
    np.testing.assert_allclose(np.abs(left.conj() @ left), np.abs(right.conj() @ right), atol=1e-12)
    compile_loops(found, BOREALIS)
    turned = [  # the same beamsplitters, written from the other mode and with the other sign
        ops.BeamSplitter(op.modes[::-1], op.theta, op.phi) if isinstance(op, ops.BeamSplitter) else op
        for op in circuit.operations
    ]
    assert loop_job(circuit.with_operations(tuple(turned)), BOREALIS) == found


def test_vacuum_before_the_squeezers_and_whole_numbers_are_taken():
    start = (ops.PrepareVacuum((0,)), ops.Squeeze((0,), LOW), ops.Squeeze((1,), LOW), ops.Rotation((1,), 1))
    job = loop_job(Circuit(2, (*start, ops.BeamSplitter((0, 1), 1, pi / 2))), BOREALIS)
    assert job.loops[0] == LoopSettings((0.0, 1.0), (0.0, 1.0)) and job.r == LOW
    assert loop_job(Circuit(2, (ops.PrepareVacuum((1,)),)), BOREALIS).r == 0.0


PULSES = tuple(ops.PrepareSqueezed((w,), MEDIUM) for w in range(8))


def pulses(*operations):
    return Circuit(8, (*PULSES, *operations))


UNFIT_FOR_BOREALIS = {
    "217 pulses": (Circuit(217), "the circuit", "has 217 modes, but the device has 216"),
    "level": (Circuit(1, (ops.PrepareSqueezed((0,), 0.5),)), "operation 0", "r = 0.5 is not available"),
    "negative level": (Circuit(1, (ops.Squeeze((0,), -MEDIUM),)), "operation 0 Squeeze", "r = -0.893"),
    "unequal levels": (
        Circuit(2, (ops.Squeeze((0,), MEDIUM), ops.Squeeze((1,), LOW))), "operation 1 Squeeze", "differs from"),
    "dark pulse": (Circuit(3, PULSES[:2]), "the circuit", r"modes \[2\] are not squeezed"),
    "late squeezing": (
        pulses(ops.BeamSplitter((0, 1), 0.3, pi / 2), ops.Squeeze((0,), MEDIUM)), "operation 9", "before other gates"),
    "distance": (pulses(ops.BeamSplitter((0, 2), 0.3, pi / 2)), "operation 8", "2 bins apart.*1, 6, 36"),
    "splitter phase": (pulses(ops.BeamSplitter((0, 1), 0.3)), "operation 8", "phase of a beamsplitter must be 1.5708"),
    "splitter angle": (pulses(ops.BeamSplitter((0, 1), 1.7, pi / 2)), "operation 8", "must lie in 0..1.5708"),
    "negative angle": (pulses(ops.BeamSplitter((0, 6), -0.3, pi / 2)), "operation 8", "must lie in 0..1.5708"),
    "rotation": (
        pulses(ops.BeamSplitter((5, 6), 0.3, pi / 2), ops.BeamSplitter((6, 7), 0.3, pi / 2), ops.Rotation((6,), 2.0),
               ops.BeamSplitter((0, 6), 0.3, pi / 2)), "operation 10 Rotation", "modulator of loop 1 reaches"),
    "inside a loop": (
        pulses(ops.BeamSplitter((0, 1), 0.3, pi / 2), ops.Rotation((1,), 0.2), ops.BeamSplitter((1, 2), 0.3, pi / 2)),
        "operation 9 Rotation", "inside loop 0"),
    "order of loops": (
        pulses(ops.BeamSplitter((0, 6), 0.3, pi / 2), ops.BeamSplitter((5, 6), 0.3, pi / 2)), "operation 9",
        "already passed"),
    "order of bins": (
        pulses(ops.BeamSplitter((1, 2), 0.3, pi / 2), ops.BeamSplitter((0, 1), 0.3, pi / 2)), "operation 9",
        "already passed"),
    "twice": (
        pulses(ops.BeamSplitter((0, 1), 0.3, pi / 2), ops.BeamSplitter((0, 1), 0.3, pi / 2)), "operation 9",
        "already passed"),
    "controlled gate": (pulses(ops.ControlledZ((0, 1), 0.5)), "operation 8 ControlledZ", "sources, rotations"),
    "cubic": (pulses(ops.CubicPhase((0,), 0.1)), "operation 8 CubicPhase", "not Gaussian"),
    "homodyne": (pulses(ops.Homodyne((0,), 0.0, "y")), "operation 8 Homodyne", "no homodyne"),
    "displacement": (pulses(ops.Displacement((0,), 0.1, 0.0)), "operation 8 Displacement", "no displacement"),
    "loss": (pulses(ops.Loss((0,), 0.9)), "operation 8 Loss", "are its own"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT_FOR_BOREALIS)
def test_borealis_refuses_with_the_reason(name):
    circuit, operation, reason = UNFIT_FOR_BOREALIS[name]
    first = loop_reasons(circuit, BOREALIS)[0]
    assert first.operation.startswith(operation) and re.search(reason, first.reason), first
    with pytest.raises(NotMappableError, match="not mappable to xanadu-borealis, because"):
        loop_job(circuit, BOREALIS)
