r"""Cancel half turns of a mode in pairs: ``x -> -x, p -> -p`` changes the sign of odd parameters, and nothing else.

Between two half turns of one mode every operation is written with the parameters that make up for the sign
(`compiler.routing.board.signed`): ``Rotation(pi), CubicPhase(g), Rotation(pi)`` is ``CubicPhase(-g)``. A beamsplitter
of half a turn is a half turn of both its modes, and an interferometer with a diagonal matrix is one rotation per mode.
"""

from __future__ import annotations

from cmath import phase
from math import pi

import numpy as np

from compiler.decompositions.mesh import MATRIX_ELEMENT_FLOOR
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    ENDS,
    NOISE,
    PREPARATIONS,
    BeamSplitter,
    CrossKerr,
    Interferometer,
    Kerr,
    Operation,
    Rotation,
)
from compiler.passes.simplifying.ranges import in_range
from compiler.passes.simplifying.turns import is_half_turn
from compiler.routing.board import signed
from hardware_profiles.schema import Profile

BARRIERS = (*PREPARATIONS, *ENDS, *NOISE, Kerr, CrossKerr)
"""Operations between which half turns are paired. Kerr gates and noise have no phase-space map to prove more with."""


def half_turns_cancelled(circuit: Circuit, profile: Profile) -> Circuit:
    """Return the circuit without the half turns of a mode that come in pairs.

    A pair stays where a preparation, the end of the mode, noise or a Kerr gate comes between, and where an operation
    between the two would leave the ranges of the profile. The last of an odd number of half turns stays where it is.

    Examples
    --------
    >>> from compiler.ir.operations import CubicPhase
    >>> from hardware_profiles import load_profile
    >>> turned = Circuit(1, (Rotation((0,), pi), CubicPhase((0,), 0.3), Rotation((0,), pi)))
    >>> half_turns_cancelled(turned, load_profile("ideal-cubic")).operations
    (CubicPhase(modes=(0,), gamma=-0.3),)
    """
    if profile.is_native("Rotation"):
        circuit = circuit.with_operations(tuple(new for op in circuit.operations for new in _as_rotations(op, profile)))
    first: dict[int, int] = {}  # mode -> its half turn that waits for another
    between: dict[int, list[int]] = {}  # mode -> operations on it since then
    sign = [[1] * len(op.modes) for op in circuit.operations]
    gone: set[int] = set()
    for index, op in enumerate(circuit.operations):
        if isinstance(op, Rotation) and is_half_turn(op.theta):
            (mode,) = op.modes
            if mode in first and _turned(circuit, sign, between[mode], mode, profile):
                gone |= {first.pop(mode), index}
            else:
                first[mode] = index
            between[mode] = []
            continue
        for mode in op.modes:
            if isinstance(op, BARRIERS):
                first.pop(mode, None)
            elif mode in first:
                between[mode].append(index)
    if not gone:
        return circuit
    return circuit.with_operations(
        tuple(_signed(op, sign[index]) for index, op in enumerate(circuit.operations) if index not in gone)
    )


def _turned(circuit: Circuit, sign: list[list[int]], between: list[int], mode: int, profile: Profile) -> bool:
    """Turn a mode in the operations between two half turns; False, and nothing turned, where a range forbids it."""
    for index in between:
        place = circuit.operations[index].modes.index(mode)
        sign[index][place] *= -1
    if all(in_range(_signed(circuit.operations[index], sign[index]), profile) for index in between):
        return True
    for index in between:
        sign[index][circuit.operations[index].modes.index(mode)] *= -1
    return False


def _signed(op: Operation, signs: list[int]) -> Operation:
    return signed(op, op.modes, signs) if min(signs, default=1) < 0 else op


def _as_rotations(op: Operation, profile: Profile) -> list[Operation]:
    """Return rotations for a beamsplitter or interferometer that mixes no modes; other operations as they are.

    >>> from hardware_profiles import load_profile
    >>> _as_rotations(BeamSplitter((0, 1), pi), load_profile("ideal-cubic"))
    [Rotation(modes=(0,), theta=3.141592653589793), Rotation(modes=(1,), theta=3.141592653589793)]
    """
    angles: list[tuple[int, float]] = []
    if isinstance(op, BeamSplitter) and is_half_turn(op.theta):
        angles = [(mode, pi) for mode in op.modes]
    elif isinstance(op, Interferometer) and op.modes:
        rows = np.array(op.matrix, dtype=complex)
        if np.abs(rows - np.diag(np.diag(rows))).max() > MATRIX_ELEMENT_FLOOR:
            return [op]
        angles = [(mode, phase(complex(d))) for mode, d in zip(op.modes, np.diag(rows), strict=True)]
    else:
        return [op]
    turns = [Rotation((mode,), angle) for mode, angle in angles if abs(angle) > MATRIX_ELEMENT_FLOOR]
    return [*turns] if all(in_range(turn, profile) for turn in turns) else [op]
