"""Verdicts on Gaussian programs of one mode that read displacements, with loss and preparations, beside a grid.

Loss is played as a beamsplitter with a second mode in the vacuum, which nothing reads: the oracle is the density matrix
that every string of outcomes leaves.
"""

from math import acos, sin, sqrt, tan

import numpy as np
import pytest
from readout_grid import kraus, positions
from readout_programs import changed, random_read, valid

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.equivalence import equivalent

SAME, OTHER = 1e-7, 1e-4
"""Distances below the first are errors of the grid, and above the second differences; no pair here lies between."""


def dilated(circuit):
    """Two modes in the place of one: a loss becomes three shears between them, which are a beamsplitter."""
    out = []
    for op in circuit.operations:
        if isinstance(op, ops.Loss):
            theta = acos(sqrt(op.eta))
            half = ops.ControlledX((1, 0), -tan(theta / 2))
            out += [half, ops.ControlledX((0, 1), sin(theta)), half]
        elif not isinstance(op, ops.PREPARATIONS):
            out.append(op)
    return Circuit(2, tuple(out))


def left_behind(circuit, coherent):
    """Density matrices by outcomes, for an input of that mean; for a prepared one where the circuit begins so."""
    x, y = positions(2)
    first = circuit.operations[0]
    r, centre = (first.r, 0.0) if isinstance(first, ops.PrepareSqueezed) else (0.2, coherent)
    psi = np.exp(-((x - centre) ** 2) * np.exp(2 * r) / 4 + 0.3j * centre * x - y**2 / 4)
    psi = psi / np.linalg.norm(psi)
    return {outcomes: state @ state.conj().T for outcomes, state in kraus(dilated(circuit), psi).items()}


def density_distance(left, right):
    worst = 0.0
    for coherent in (-0.7, 0.4):
        ours, theirs = (left_behind(circuit, coherent) for circuit in (left, right))
        worst = max(worst, *(float(np.linalg.norm(ours[key] - theirs[key])) for key in ours))
    return worst


def random_circuit(rng):
    """Two readouts, three gates and one loss in any order, behind a preparation or none."""
    gates = [
        lambda: ops.Displacement((0,), round(float(rng.normal(scale=0.4)), 3), 0.0),
        lambda: ops.Rotation((0,), round(float(rng.normal(scale=0.4)), 3)),
        lambda: ops.Shear((0,), round(float(rng.normal(scale=0.4)), 3)),
    ]
    out = [random_read(rng, 1, "r0"), random_read(rng, 1, "r1"), ops.Loss((0,), 0.8)]
    out += [gates[int(rng.integers(3))]() for _ in range(2)]
    out = [out[i] for i in rng.permutation(len(out))]
    if rng.random() < 0.5:
        out.insert(0, ops.PrepareSqueezed((0,), 0.3))
    return Circuit(1, tuple(out))


def pairs(seed, count):
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        left = random_circuit(rng)
        right = valid(1, changed(rng, left))
        same_start = right is not None and type(right.operations[0]) is type(left.operations[0])
        prepared = [isinstance(op, ops.PREPARATIONS) for op in right.operations] if right else []
        if right != left and same_start and not any(prepared[1:]):
            found.append((left, right))
    return found


@pytest.mark.parametrize(("seed", "count"), [(8, 24)])
def test_verdicts_with_loss_are_those_of_the_grid(seed, count):
    said = {"equal": 0, "different": 0, "open": 0}
    for left, right in pairs(seed, count):
        off = density_distance(left, right)
        assert not SAME < off < OTHER, (off, left, right)
        verdict = equivalent(left, right)
        said["equal" if verdict.equivalent else "different" if verdict.decided else "open"] += 1
        assert off > OTHER if verdict.decided and not verdict.equivalent else True, (verdict.reason, left, right)
        assert verdict.equivalent == (off < SAME), (verdict.reason, left, right)
    assert min(said["equal"], said["different"]) > count / 6, said
