r"""Lower a Gaussian circuit to macronodes: one or two for a gate on one mode, one for a gate on two modes.

Runs of gates on one mode are multiplied up. A run after a preparation, or before a readout, costs nothing where it is
absorbed: the machine starts modes squeezed along any angle and reads along any angle. ``ControlledX`` is ControlledZ
between Fourier rotations of the target, or the same gate in the momenta (`compiler.quadrail.angles.controlled_p`)
between those of the control: whichever has its rotations absorbed. Displacements cost nothing: they are added to
measured values. A macronode takes a feed-forward function of one result, so that gates which add up functions of
several results are split first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, pi, sin

import numpy as np

from compiler.decompositions.feed_forward import by_result, multiplied
from compiler.decompositions.mesh import rectangular_mesh
from compiler.decompositions.quadratic import quadratic_gates
from compiler.decompositions.undecomposed import undecomposed
from compiler.errors import ELSEWHERE, CircuitError, MappingReason
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation, Parameter, used
from compiler.ir.polynomial import Polynomial
from compiler.quadrail.angles import (
    RELATIVE_ROUNDING,
    Angles,
    Matrix,
    alone,
    beam_splitter,
    controlled_p,
    controlled_z,
    kind_of,
    measuring,
    single_gates,
)
from compiler.semantics.phase_space import symplectic

QUADRATIC = 2
"""Largest degree of a phase that needs no non-Gaussian ancilla."""


@dataclass(frozen=True, slots=True)
class ClusterStep:
    """What one macronode does, or a displacement on the way to one (kind ``displacement``, without a macronode).

    ``angles`` are for modes that pass through, the first mode from above; None where they follow from measured results.
    """

    kind: str
    modes: tuple[int, ...]
    operations: tuple[Operation, ...]
    angles: Angles | None = None


def unsupported_operations(circuit: Circuit) -> tuple[MappingReason, ...]:
    """Return reasons why the machine cannot run the operations of a circuit, wherever they are placed.

    >>> unsupported_operations(Circuit(1, (ops.CubicPhase((0,), 0.1),)))[0].reason
    'CubicPhase is not Gaussian, and the machine has no non-Gaussian ancilla'
    """
    found: list[MappingReason] = []
    for index, op in enumerate(circuit.operations):
        where, name = f"operation {index} {op}", type(op).__name__
        if isinstance(op, ops.NOISE):
            raise CircuitError(f"{where}: give the circuit without noise; the machine's is added by `noisy`")
        degree = ops.phase_degree(op)
        if _is_vacuum(op):
            reason = "the machine starts modes in squeezed states only"
            found.append(MappingReason(where, reason, "prepare the mode squeezed"))
        elif (absent := undecomposed(op, where, "homodyne")) is not None:
            found.append(absent)
        elif not op.gaussian and (degree is None or degree > QUADRATIC):
            reason = f"{name} is not Gaussian, and the machine has no non-Gaussian ancilla"
            of_edges = isinstance(op, ops.PolynomialPhase) and len(op.modes) > 1
            advice = "use k = 2 (edges on two modes only), or a machine with cubic gates" if of_edges else ELSEWHERE
            found.append(MappingReason(where, reason, advice))
        elif isinstance(op, ops.BeamSplitter | ops.Squeeze) and used(op):
            reason = f"the machine cannot compute the angles of a {name} from results"
            found.append(MappingReason(where, reason, "feed forward to displacements, rotations, shears, ControlledZ"))
        elif names := multiplied(op):
            reason = f"feed-forward functions take one result, found the product of {', '.join(names)}"
            found.append(MappingReason(where, reason, "use sums of functions of one result each"))
    return tuple(found)


def _is_vacuum(op: Operation) -> bool:
    match op:
        case ops.PrepareVacuum() | ops.PrepareSqueezed(r=0.0) | ops.PrepareFock(n=0):
            return True
    return False


def lowered(circuit: Circuit) -> list[ClusterStep]:
    """Return the steps of a circuit for which `unsupported_operations` has no reasons, in an order of time."""
    flat = [part for op in circuit.operations for new in _expanded(op) for part in by_result(new)]
    coming: list[list[Operation]] = [[] for _ in range(circuit.modes)]
    for op in flat:
        for m in op.modes:
            coming[m].append(op)
    work = _Lowering(coming)
    for op in flat:
        for m in op.modes:
            coming[m].pop(0)
        work.take(op)
    for mode in range(circuit.modes):
        work.flush(mode)
    return work.steps


def _expanded(op: Operation) -> list[Operation]:
    if isinstance(op, ops.Interferometer):
        return rectangular_mesh(np.array(op.matrix, dtype=complex), op.modes)
    return quadratic_gates(op)


class _Lowering:
    """Steps so far, and on each mode the gates and the preparation that wait to be joined with what follows."""

    def __init__(self, coming: list[list[Operation]]) -> None:
        self.coming = coming
        self.steps: list[ClusterStep] = []
        self.matrix: dict[int, Matrix] = {}
        self.prepared: dict[int, Operation] = {}
        self.alive: set[int] = set()

    def take(self, op: Operation) -> None:
        if not isinstance(op, ops.PREPARATIONS):
            self.alive.update(op.modes)
        match op:
            case ops.PrepareSqueezed(modes=(mode,)):
                self.matrix.pop(mode, None)  # whatever waits acts on a mode that is discarded
                self.flush(mode)
                if mode in self.alive:
                    self.steps.append(ClusterStep("measurement", (mode,), (), measuring(0.0)))
                self.prepared[mode] = op
                self.alive.add(mode)
            case ops.Displacement():
                self._displace(op)
            case ops.Homodyne():
                self._measure(op)
            case ops.ControlledX():
                self._controlled(op)
            case ops.BeamSplitter(theta=float(theta), phi=float(phi)):
                a, b = op.modes
                turn = pi / 2.0 - phi
                first = self._cost(a) < self._cost(b)
                mode, angle = (a, -turn) if first else (b, turn)
                self._turn(mode, angle)
                self._pair("beam_splitter", op.modes, (ops.BeamSplitter(op.modes, theta, pi / 2.0),), theta)
                self._turn(mode, -angle)
            case ops.ControlledZ():
                self._pair("controlled_z", op.modes, (op,), op.s)
            case ops.Rotation() | ops.Shear() if used(op):
                self.flush(op.modes[0])
                kind = "phase_rotation" if isinstance(op, ops.Rotation) else "shear_x_invariant"
                self.steps.append(ClusterStep(kind, op.modes, (op,)))
            case _:
                (mode,) = op.modes
                self.matrix[mode] = symplectic([op])[1] @ self.matrix.get(mode, np.eye(2))

    def flush(self, mode: int) -> None:
        """Write what waits on a mode."""
        matrix = self.matrix.pop(mode, np.eye(2))
        start = self.prepared.pop(mode, None)
        if start is not None:
            assert isinstance(start, ops.PrepareSqueezed)
            angle = 0.0
            if np.abs(matrix @ matrix.T - np.eye(2)).max() <= RELATIVE_ROUNDING:  # a rotation: start at another angle
                angle, matrix = atan2(matrix[1, 0], matrix[0, 0]), np.eye(2)
            turn: tuple[Operation, ...] = (ops.Rotation((mode,), angle),) if abs(angle) > RELATIVE_ROUNDING else ()
            along = angle + (pi / 2.0 if start.r > 0.0 else 0.0)
            self.steps.append(ClusterStep("initialization", (mode,), (start, *turn), (along,) * 4))
        for angles in alone(matrix):
            gates = single_gates(mode, angles[1], angles[0])
            self.steps.append(ClusterStep(kind_of(angles), (mode,), gates, angles))

    def _turn(self, mode: int, angle: float) -> None:
        if abs(angle) > RELATIVE_ROUNDING:
            self.take(ops.Rotation((mode,), angle))

    def _pair(self, kind: str, modes: tuple[int, ...], gates: tuple[Operation, ...], value: Parameter) -> None:
        for mode in modes:
            self.flush(mode)
        make = {"controlled_z": controlled_z, "manual": controlled_p, "beam_splitter": beam_splitter}[kind]
        self.steps.append(ClusterStep(kind, modes, gates, None if isinstance(value, Polynomial) else make(value)))

    def _controlled(self, op: ops.ControlledX) -> None:
        control, target = op.modes
        if self._cost(control) < self._cost(target):
            there, back = ops.Rotation((control,), -pi / 2.0), ops.Rotation((control,), pi / 2.0)
            self._turn(control, pi / 2.0)
            self._pair("manual", op.modes, (there, op, back), op.s)
            self._turn(control, -pi / 2.0)
            return
        self._turn(target, pi / 2.0)
        self._pair("controlled_z", op.modes, (ops.ControlledZ(op.modes, op.s),), op.s)
        self._turn(target, -pi / 2.0)

    def _cost(self, mode: int) -> int:
        """Return the macronodes that rotations before and after the gate at hand cost on a mode."""
        joins = (ops.Homodyne, ops.Rotation, ops.Shear, ops.Squeeze, *ops.PREPARATIONS)
        before = mode in self.prepared or mode in self.matrix
        after = bool(self.coming[mode]) and isinstance(self.coming[mode][0], joins)
        return (not before) + (not after)

    def _displace(self, op: ops.Displacement) -> None:
        (mode,) = op.modes
        if mode in self.prepared:
            self.flush(mode)
        if mode in self.matrix:  # D after M is M after M^-1 D
            back = np.linalg.inv(self.matrix[mode])
            moved = [_sum(float(row[0]), op.x, float(row[1]), op.p) for row in back]
            op = ops.Displacement(op.modes, moved[0], moved[1])
        self.steps.append(ClusterStep("displacement", op.modes, (op,)))

    def _measure(self, op: ops.Homodyne) -> None:
        (mode,) = op.modes
        if mode in self.prepared:
            self.flush(mode)
        if mode in self.matrix:
            row = np.array([cos(op.angle), sin(op.angle)]) @ self.matrix[mode]
            # the result is a quadrature of the mode as it comes
            if abs(float(np.hypot(*row)) - 1.0) <= RELATIVE_ROUNDING:
                del self.matrix[mode]
                op = ops.Homodyne(op.modes, atan2(row[1], row[0]), op.result)
        self.flush(mode)
        self.alive.discard(mode)
        self.steps.append(ClusterStep("measurement", op.modes, (op,), measuring(op.angle)))


def _sum(a: float, x: Parameter, b: float, p: Parameter) -> Parameter:
    if not isinstance(x, Polynomial) and not isinstance(p, Polynomial):
        return a * x + b * p
    terms = [f * (v if isinstance(v, Polynomial) else Polynomial.constant(v)) for f, v in ((a, x), (b, p))]
    return terms[0] + terms[1]
