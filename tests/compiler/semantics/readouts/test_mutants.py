"""Faults in programs that read displacements are found: in numbers, signs, order, names, and readouts left out."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from compiler.exchange.compare import compare_programs
from compiler.imports.calls import Imported
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import renamed

WEIGHT = float(np.sqrt(np.pi / 2))


def triangle(*between, end=()):
    """The three contexts of a triangle of weight 1 with two edges missing, so that no two of them commute."""
    made = [ops.PrepareSqueezed((m,), -1.0) for m in range(3)]
    edges = [ops.ControlledZ((0, 1), 1.0)]
    reads = []
    for i in range(3):
        alpha = tuple(WEIGHT if j == i else 0.1 * j for j in range(3))
        beta = tuple(-0.3 * WEIGHT if j != i else 0.2 for j in range(3))
        reads.append(ops.DisplacementReadout((0, 1, 2), alpha, beta, f"b{i}"))
    steered = ops.Displacement((2,), Polynomial.monomial(("b0",), 0.3), 0.1)
    return Circuit(3, (*made, *edges, *between, reads[0], steered, *reads[1:], *end))


PROGRAMS = {
    "Gaussian": triangle(),
    "with loss": triangle(*(ops.Loss((m,), 0.95) for m in range(3))),
    "with a hyperedge": triangle(ops.phase(Polynomial.monomial((0, 1, 2), 0.2))),
    "with a hyperedge and loss": triangle(ops.phase(Polynomial.monomial((0, 1, 2), 0.2)), ops.Loss((0,), 0.9)),
    "with inputs": Circuit(3, triangle().operations[3:]),
    "then read by homodyne": triangle(end=(ops.Homodyne((1,), 0.3, "y"), ops.Homodyne((0,), 1.2, "z"))),
    "then thrown away": triangle(end=tuple(ops.PrepareVacuum((m,)) for m in range(3))),
}


def mutants(circuit):
    """Every fault once, with its name; numbers are changed on one mode of each readout."""
    found = list(circuit.operations)
    reads = [i for i, op in enumerate(found) if isinstance(op, ops.DisplacementReadout)]
    for i in reads:
        op = found[i]
        for key in ("alpha", "beta"):
            values = list(getattr(op, key))
            values[reads.index(i)] += 1e-4
            yield f"{key} of {op.result}", [*found[:i], replace(op, **{key: tuple(values)}), *found[i + 1 :]]
            turned = tuple(-v for v in getattr(op, key))
            yield f"sign of {key} of {op.result}", [*found[:i], replace(op, **{key: turned}), *found[i + 1 :]]
        yield f"modes of {op.result}", [*found[:i], replace(op, modes=op.modes[::-1]), *found[i + 1 :]]
    for i, j in pairwise(reads):
        if j == i + 1:
            yield f"order at {i}", [*found[:i], found[j], found[i], *found[j + 1 :]]
    last = reads[-1]
    yield "a readout left out", [*found[:last], *found[last + 1 :]]


@pytest.mark.parametrize("name", PROGRAMS)
def test_faults_are_found(name):
    circuit = PROGRAMS[name]
    assert compare_programs(Imported(circuit, "one"), Imported(circuit, "other")).equal
    for fault, operations in mutants(circuit):
        changed = Circuit(3, tuple(operations))
        assert not compare_programs(Imported(circuit, "one"), Imported(changed, "other")).equal, fault


@pytest.mark.parametrize("name", PROGRAMS)
def test_swapped_names_are_found(name):
    """As names that mean something; a tool that names by modes or by time would match them again."""
    circuit = PROGRAMS[name]
    changed = renamed(circuit, {"b1": "b2", "b2": "b1"})
    assert not compare_programs(Imported(circuit, "one"), Imported(changed, "other")).equal


def test_the_sign_of_a_whole_displacement_matters_only_to_what_follows():
    """P(s) is the same, and what is left is not: but in front of nothing, it is."""
    circuit = PROGRAMS["then thrown away"]
    last = [i for i, op in enumerate(circuit.operations) if isinstance(op, ops.DisplacementReadout)][-1]
    op = circuit.operations[last]
    inverse = replace(op, alpha=tuple(-a for a in op.alpha), beta=tuple(-b for b in op.beta))
    operations = (*circuit.operations[:last], inverse, *circuit.operations[last + 1 :])
    assert compare_programs(Imported(circuit, "one"), Imported(Circuit(3, operations), "other")).equal
    kept = Circuit(3, circuit.operations[: last + 1]), Circuit(3, operations[: last + 1])
    assert not compare_programs(*(Imported(one, "a program") for one in kept)).equal


def test_results_are_matched_by_the_modes_that_are_read():
    circuit = PROGRAMS["Gaussian"]
    other = renamed(circuit, {"b0": "p", "b1": "q", "b2": "r"})
    found = compare_programs(Imported(circuit, "one"), Imported(other, "other"))
    assert found.equal and found.matched == "by mode"
