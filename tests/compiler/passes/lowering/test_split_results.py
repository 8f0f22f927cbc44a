"""Displacements by several results become one displacement per result, and teleportation compiles on the cluster."""

from math import pi, sqrt

import numpy as np
import pytest
from slow_reference import truly_equal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation
from compiler.ir.polynomial import Polynomial
from compiler.machines import check_native
from compiler.passes.lowering.split_results import SplitResults
from compiler.pipeline import compile_circuit
from compiler.semantics.equivalence import equivalent
from hardware_profiles import load_profile

CLUSTER = load_profile("mqc3-quadrail")
LEVEL = 0.5756
M, N, K = (Polynomial.monomial((name,)) for name in ("m", "n", "k"))


def teleport(before: tuple[Operation, ...], after: tuple[Operation, ...], fix: tuple[Operation, ...]) -> Circuit:
    """Teleport mode 0 onto mode 2, read x of it, with gates before and after, and a correction by m and n."""
    prepared = tuple(ops.PrepareSqueezed((m,), LEVEL if m < 2 else -LEVEL) for m in range(3))
    bell = (ops.BeamSplitter((1, 2), pi / 4), *before, ops.BeamSplitter((0, 1), pi / 4))
    reads = (ops.Homodyne((0,), 0.0, "m"), ops.Homodyne((1,), pi / 2, "n"))
    return Circuit(3, (*prepared, *bell, *reads, *fix, *after, ops.Homodyne((2,), 0.0, "out")))


JOINT = ops.Displacement((2,), sqrt(2) * M, sqrt(2) * N)
SPLIT = (ops.Displacement((2,), sqrt(2) * M, 0.0), ops.Displacement((2,), 0.0, sqrt(2) * N))
AROUND = {
    "nothing": ((), ()),
    "rotations": ((ops.Rotation((0,), 0.4),), (ops.Rotation((2,), -0.7),)),
    "a squeezer": ((), (ops.Squeeze((2,), 0.3), ops.Rotation((2,), 0.2))),
    "a shear": ((ops.Shear((0,), 0.6),), (ops.Shear((2,), -0.2),)),
}


@pytest.mark.parametrize("around", AROUND)
def test_teleportation_with_a_joint_correction_compiles(around):
    """The correction in one displacement, and in two of one result each: both are placed, and mean the same."""
    joint, split = (teleport(*AROUND[around], fix=fix) for fix in ((JOINT,), SPLIT))
    programs = [compile_circuit(circuit, CLUSTER) for circuit in (joint, split)]
    for program in programs:
        assert program.verification.equivalent and program.layout is not None
        assert not check_native(program.circuit, CLUSTER, program.layout.text)
        assert all(len(ops.used(op)) <= 1 for op in program.circuit.operations)
    assert equivalent(joint, programs[1].circuit).equivalent
    passed = [program.layout.summary["passages"] for program in programs if program.layout is not None]
    assert passed[0] == passed[1]


SUM = 0.3 * M + -0.2 * Polynomial.monomial(("n", "n")) + Polynomial.constant(0.1)
FIXES = {
    "a sum of two in x": ops.Displacement((3,), SUM, 0.4),
    "a sum of three": ops.Displacement((3,), SUM + K, M + N + K),
    "a rotation by two": ops.Rotation((3,), 0.1 * SUM),
    "a shear by three": ops.Shear((3,), SUM + K),
    "a controlled gate by two": ops.ControlledZ((3, 4), SUM),
    "a power by two": ops.PhasePower((3,), 2, SUM),
    "a phase by three": ops.phase(
        Polynomial.monomial((3, 4, "m"), 0.2) + Polynomial.monomial((3, 4, "n"), 0.1) + Polynomial.monomial((3, "k"))
    ),
}


@pytest.mark.parametrize("name", FIXES)
def test_sums_of_results_compile(name):
    prepared = tuple(ops.PrepareSqueezed((m,), -LEVEL) for m in range(5))
    path = tuple(ops.ControlledZ((m, m + 1), 0.3) for m in range(4))
    reads = tuple(ops.Homodyne((m,), 0.5 * m, result) for m, result in enumerate(("m", "n", "k")))
    program = compile_circuit(Circuit(5, (*prepared, *path, *reads, FIXES[name])), CLUSTER)
    assert program.verification.equivalent
    assert all(len(ops.used(op)) <= 1 for op in program.circuit.operations)


def test_the_split_keeps_what_a_circuit_does_and_is_idempotent():
    """Random displacements, rotations and shears by up to three results, against the reference of 60 digits."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        out: list[Operation] = [ops.BeamSplitter((0, m), 0.4 * m) for m in (1, 2, 3)]
        out += [ops.Homodyne((m,), 0.4 * m, result) for m, result in ((1, "m"), (2, "n"), (3, "k"))]
        for _ in range(4):
            x, p = (float(rng.normal()) * M + float(rng.normal()) * N + float(rng.normal()) * K for _ in range(2))
            out.append((ops.Displacement((0,), x, p), ops.Rotation((0,), x), ops.Shear((0,), p))[rng.integers(3)])
        circuit = Circuit(4, tuple(out))
        found = SplitResults()(circuit, CLUSTER)
        assert (
            len(found.circuit.operations) == 6 + 3 * 4 and found.report == "split 4 gates by the results that they use"
        )
        assert truly_equal(circuit, found.circuit)
        assert SplitResults()(found.circuit, CLUSTER).circuit == found.circuit
