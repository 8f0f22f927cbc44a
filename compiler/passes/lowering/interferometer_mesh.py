r"""Decompose interferometers into a rectangular mesh of beamsplitters on neighbouring listed modes.

W. R. Clements, P. C. Humphreys, B. J. Metcalf, W. S. Kolthammer and I. A. Walmsley, Optica 3, 1460 (2016): elements of
the unitary are nulled along anti-diagonals, alternately from the right and from the left, n(n-1)/2 beamsplitters in
depth n. Real interferometers stay real: angles phi are 0 and the remaining signs are rotations by pi.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from compiler.decompositions.mesh import rectangular_mesh
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Interferometer, Operation
from compiler.passes.base import Guarantee, PassResult
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class InterferometerMesh:
    """Replace every `Interferometer` by beamsplitters and final rotations. Exact to rounding. Idempotent."""

    name: str = "interferometer_mesh"
    guarantee: Guarantee = Guarantee.EXACT

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Decompose the interferometers."""
        out: list[Operation] = []
        count = 0
        for op in circuit.operations:
            if isinstance(op, Interferometer):
                count += 1
                out += rectangular_mesh(np.array(op.matrix, dtype=complex), op.modes)
            else:
                out.append(op)
        return PassResult(circuit.with_operations(tuple(out)), f"decomposed {count} interferometers")
