"""Rewrite a circuit into steps that suit the exact simulator: gates joined, noise delayed, readouts moved up.

Gaussian gates that mix x and p are joined into blocks, so that runs which are point transformations as a whole stay so.
Noise commutes with operations on other modes: noises of one mode are merged until the next operation on it. Noise just
before a readout becomes part of the readout, as a gain and an added variance. Position readouts may be moved up to
where the mode was last touched: they commute with everything in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, pi, remainder, sin, sqrt
from typing import Any, Literal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import symplectic
from compiler.typing import Array

JOINABLE = (
    ops.Rotation,
    ops.BeamSplitter,
    ops.Squeeze,
    ops.Shear,
    ops.ControlledX,
    ops.ControlledZ,
    ops.Interferometer,
)


@dataclass(frozen=True, slots=True)
class GaussianBlock:
    """A Gaussian unitary ``(x, p) -> symplectic (x, p)`` of the listed modes, made of gates from ``index`` on."""

    modes: tuple[int, ...]
    symplectic: Array
    index: int


@dataclass(frozen=True, slots=True)
class Channel:
    """Pure loss with transmission ``eta`` of one mode, then random displacements with the given variances."""

    modes: tuple[int, ...]
    eta: float = 1.0
    x_variance: float = 0.0
    p_variance: float = 0.0

    def then(self, op: ops.Operation) -> Channel:
        """Return this channel followed by a noise operation on the same mode (not dephasing)."""
        eta, x, p = 1.0, 0.0, 0.0
        match op:
            case ops.Loss(eta=eta):
                pass
            case ops.ThermalLoss(eta=eta, nbar=quanta):
                x = p = (1.0 - eta) * 2.0 * quanta * VACUUM_VARIANCE
            case ops.DisplacementNoise(x_variance=x, p_variance=p):
                pass
        return Channel(self.modes, eta * self.eta, eta * self.x_variance + x, eta * self.p_variance + p)


@dataclass(frozen=True, slots=True)
class Detector:
    """A readout ``sign gain q + normal(0, variance)`` of ``q = x cos(angle) + p sin(angle)``, |angle| <= pi/2.

    ``kept``, for momentum readouts, holds the modes whose momenta later steps use: others are pinned first. After the
    ``last`` step the state is no longer needed.
    """

    modes: tuple[int, ...]
    angle: float
    result: str
    sign: float
    gain: float
    variance: float
    kept: frozenset[int] = frozenset()
    last: bool = False

    @property
    def reads_position(self) -> bool:
        """Whether it reads x."""
        return abs(self.angle) < POSITION_ANGLE


Order = Literal["given", "family", "early"]

POSITION_ANGLE = 1e-9
"""A homodyne angle this close to a multiple of pi reads x: the rest would be a shear beyond the reach of float64."""

Step = tuple[int, ops.Operation | GaussianBlock | Channel | Detector]
"""Index of the (first) operation it comes from, and what to do."""


def past_of_readouts(circuit: Circuit) -> list[tuple[int, ops.Operation]]:
    """Return the operations, with their indices, that can influence a readout; the others need not be simulated."""
    live: set[int] = set()
    kept: list[tuple[int, ops.Operation]] = []
    for index, op in reversed(list(enumerate(circuit.operations))):
        if isinstance(op, ops.Homodyne) or not live.isdisjoint(op.modes):
            kept.append((index, op))
            live.update(op.modes)
            if isinstance(op, ops.PREPARATIONS):
                live.difference_update(op.modes)
    return kept[::-1]


def fuse(circuit: Circuit, order: Order, *, join: bool = True) -> list[Step]:
    """Return the operations that influence a readout as steps in an equivalent order; ``join`` allows Gaussian blocks.

    Readouts commute with what happens on other modes and does not use their results. ``family`` moves those of
    positions up and those of momenta down, which keeps most programs in the exact family; ``early`` moves all up, so
    that few modes are live at a time.
    """
    steps = _joined(circuit, JOINABLE if join else ())
    if order == "early":
        steps = _hoisted(steps, lambda detector: True)
    if order == "family":
        steps = _sunk(_hoisted(steps, lambda detector: detector.reads_position))
    return _with_kept(steps)


def _joined(circuit: Circuit, joinable: tuple[type[ops.Operation], ...]) -> list[Step]:
    steps: list[Step] = []
    noise: dict[int, tuple[int, Channel]] = {}  # what is put off, by mode
    runs: dict[int, list[tuple[int, ops.Operation]]] = {}  # number of an open run -> its gates
    owner: dict[int, int] = {}  # mode -> number of the open run it is in

    def close(number: int) -> None:
        members = runs.pop(number)
        for mode in {m for _, op in members for m in op.modes}:
            del owner[mode]
        if any(mixes(op) for _, op in members):
            steps.append((members[0][0], _block(members)))
        else:
            steps.extend(members)

    for index, op in past_of_readouts(circuit):
        touched = sorted({owner[m] for m in op.modes if m in owner})
        if isinstance(op, ops.Loss | ops.ThermalLoss | ops.DisplacementNoise):
            first, channel = noise.get(op.modes[0], (index, Channel(op.modes)))
            noise[op.modes[0]] = first, channel.then(op)
            continue
        put_off = [noise.pop(m) for m in op.modes if m in noise]
        if put_off and not isinstance(op, ops.PREPARATIONS):
            for number in touched:
                close(number)
            touched = []
            if not isinstance(op, ops.Homodyne):
                steps += put_off
        if isinstance(op, ops.Homodyne):
            for number in touched:
                close(number)
            steps.append((index, _detector(op, put_off[0][1] if put_off else Channel(op.modes))))
            continue
        if not isinstance(op, joinable) or any(isinstance(v, Polynomial) for v in op.parameters().values()):
            for number in touched:
                close(number)
            steps.append((index, op))
            continue
        members = sorted((item for number in touched for item in runs.pop(number)), key=lambda item: item[0])
        runs[index] = [*members, (index, op)]
        for _, member in runs[index]:
            owner.update(dict.fromkeys(member.modes, index))
    for number in sorted(runs):
        close(number)
    return steps


def _detector(op: ops.Homodyne, channel: Channel) -> Detector:
    angle = remainder(op.angle, pi)
    sign = 1.0 if cos(op.angle - angle) > 0.0 else -1.0  # a readout at angle + pi is minus that at angle
    variance = (1.0 - channel.eta) * VACUUM_VARIANCE
    variance += channel.x_variance * cos(angle) ** 2 + channel.p_variance * sin(angle) ** 2
    return Detector(op.modes, angle, op.result, sign, sqrt(channel.eta), variance)


def _hoisted(steps: list[Step], wanted: Callable[[Detector], bool]) -> list[Step]:
    """Move the wanted readouts directly after the last step on their mode."""
    out: list[Step] = []
    for step in steps:
        if isinstance(step[1], Detector) and wanted(step[1]):
            (mode,) = step[1].modes
            at = next((i for i in reversed(range(len(out))) if mode in out[i][1].modes), -1)
            while at + 1 < len(out) and isinstance(out[at + 1][1], Detector):
                at += 1  # those that were moved up before keep their order
            out.insert(at + 1, step)
        else:
            out.append(step)
    return out


def _sunk(steps: list[Step]) -> list[Step]:
    """Move momentum readouts just before the next step on their mode or with their result, or to the end."""
    out: list[Step] = []
    held: list[Step] = []
    for step in steps:
        if isinstance(step[1], Detector) and not step[1].reads_position:
            held.append(step)
            continue
        due = [item for item in held if _needs(step[1], item[1])]
        held = [item for item in held if item not in due]
        out += [*due, step]
    return out + held


def _needs(step: Any, readout: Any) -> bool:
    if not set(readout.modes).isdisjoint(step.modes):
        return True
    values = step.parameters().values() if isinstance(step, ops.Operation) else ()
    return any(isinstance(value, Polynomial) and readout.result in value.names for value in values)


def _with_kept(steps: list[Step]) -> list[Step]:
    """Tell every momentum readout which modes are used beyond their positions, before they are prepared again."""
    needed: set[int] = set()
    out: list[Step] = []
    for index, step in reversed(steps):
        if isinstance(step, Detector) and not step.reads_position:
            out.append((index, replace(step, kept=frozenset(needed - set(step.modes)), last=not out)))
            needed.update(step.modes)
            continue
        out.append((index, step))
        if isinstance(step, ops.PREPARATIONS):
            needed.difference_update(step.modes)
        elif isinstance(step, ops.ControlledX):
            needed.add(step.modes[1])
        elif not isinstance(step, (*ops.DIAGONAL, ops.Displacement, ops.Squeeze, Channel, Detector)):
            needed.update(step.modes)
    return out[::-1]


def mixes(op: ops.Operation) -> bool:
    """Tell whether a Gaussian gate carries p into x, judged by its parameters."""
    if isinstance(op, ops.Rotation):
        return True
    if isinstance(op, ops.BeamSplitter):
        return op.phi != 0.0
    return isinstance(op, ops.Interferometer) and any(complex(z).imag != 0.0 for row in op.matrix for z in row)


def _block(members: list[tuple[int, ops.Operation]]) -> GaussianBlock:
    return GaussianBlock(*symplectic([op for _, op in members]), members[0][0])
