"""Random programs that read displacements, and changes of them that may or may not do the same."""

from dataclasses import replace
from math import pi

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


def random_read(rng, modes, name):
    """Half of the numbers are such that readouts commute often."""
    count = int(rng.integers(1, modes + 1))
    chosen = tuple(int(m) for m in rng.permutation(modes)[:count])
    if rng.random() < 0.5:
        alpha, beta = rng.choice([0.0, 0.5], count), rng.choice([0.0, pi], count)
        if not any((*alpha, *beta)):
            alpha = np.full(count, 0.5)
    else:
        alpha, beta = 0.5 * rng.normal(size=count), rng.normal(size=count)
    return ops.DisplacementReadout(chosen, tuple(alpha), tuple(beta), name)


def random_gate(rng, modes, fed):
    mode = int(rng.integers(modes))
    size = round(float(rng.uniform(0.2, 0.5)) * float(rng.choice([-1, 1])), 3)
    if fed and rng.random() < 0.5:
        size = Polynomial.monomial((str(rng.choice(fed)),), size)
    kinds = [
        lambda: ops.Displacement((mode,), size, 0.0),
        lambda: ops.Displacement((mode,), 0.0, size),
        lambda: ops.Shear((mode,), size),
        lambda: ops.Rotation((mode,), size),
        lambda: ops.CubicPhase((mode,), 0.1),
    ]
    if modes > 1:
        kinds += [lambda: ops.ControlledZ((0, 1), size), lambda: ops.ControlledX((mode, 1 - mode), size)]
    return kinds[int(rng.integers(len(kinds)))]()


def random_circuit(rng, modes):
    reads, out = 0, []
    while len(out) < 6:
        names = [f"r{i}" for i in range(reads)]
        if reads < 3 and rng.random() < 0.5:
            out.append(random_read(rng, modes, f"r{reads}"))
            reads += 1
        else:
            out.append(random_gate(rng, modes, names))
    return Circuit(modes, tuple(out))


def turned_round(op):
    """Read the inverse of D, and then apply D."""
    moves = zip(op.modes, op.alpha, op.beta, strict=True)
    other = replace(op, alpha=tuple(-a for a in op.alpha), beta=tuple(-b for b in op.beta))
    return [other, *(ops.Displacement((m,), -2 * a, 2 * b) for m, a, b in moves)]


def changed(rng, circuit):
    """A circuit that may or may not do the same."""
    found = list(circuit.operations)
    for _ in range(int(rng.integers(1, 3))):
        at = int(rng.integers(len(found)))
        op = found[at]
        match int(rng.integers(5)):
            case 0 | 1 if at + 1 < len(found):  # neighbours change places, whether they commute or not
                found[at], found[at + 1] = found[at + 1], found[at]
            case 2 if isinstance(op, ops.DisplacementReadout):
                found[at : at + 1] = turned_round(op)
            case 3 if isinstance(op, ops.DisplacementReadout):  # a displacement past a readout: a phase of its own
                kick = float(rng.choice([2 * pi, 1.0])) / (op.alpha[0] if abs(op.alpha[0]) > 0.4 else 2 * pi)
                found[at : at + 1] = [
                    ops.Displacement(op.modes[:1], 0.0, kick),
                    op,
                    ops.Displacement(op.modes[:1], 0.0, -kick),
                ]
            case 4 if isinstance(op, ops.DisplacementReadout):
                found[at] = replace(op, alpha=tuple(a + float(rng.choice([0.0, 0.01])) for a in op.alpha))
    return tuple(found)


def valid(modes, operations):
    seen = set()
    for op in operations:
        if not ops.used(op) <= seen:
            return None
        if isinstance(op, ops.DisplacementReadout):
            seen.add(op.result)
    return Circuit(modes, operations)
