r"""Carry rotations forward: every mode has a frame, an angle by which its quadratures are turned.

``x + i p = e^{i angle} (x' + i p')`` with the quadratures x', p' of the branch state. Rotations change the angle alone.
A gate without squeezing, ``a -> U a``, is a real gate of the branch state, if every row of ``U e^{i angles}`` is real
up to one phase, which becomes the new angle. Other gates need whole or half turns, and some allow quarter turns. A mode
without a cubic phase takes every Gaussian gate; its angle is applied to the state where a gate needs that
(`simulations.branches.play`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, hypot, isnan, nan, pi, remainder, sin

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.operations import Operation, Parameter
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array, ComplexArray

ANGLE_TOLERANCE = 1e-12
"""Angles are multiples of a quarter turn up to this, in rad, relative to their size."""

REAL_TOLERANCE = 1e-10
"""Elements of a unitary whose imaginary parts are smaller than this are real."""

TRANSPARENT = (ops.Rotation, ops.Dephasing, ops.Loss, ops.ThermalLoss)
"""Operations that commute with a rotation of their mode."""

TURNED = "rotations mix positions with momenta; a mode under a cubic phase only allows them as an angle of its frame"


class LeavesFamilyError(InputError):
    """An operation leads to a state that branches cannot hold; the message is the reason."""


def value_of(parameter: Parameter, results: Mapping[str, float] | None) -> float:
    """Return the value of a parameter, given the results so far; nan for a polynomial if these are not known."""
    if isinstance(parameter, Polynomial):
        return nan if results is None and parameter.names else float(parameter.evaluate(results or {}))
    return float(parameter)


def turns_of(angle: float, part: float) -> int | None:
    """Return the angle in units of ``part`` if it is a whole number of them, else None.

    >>> turns_of(3 * pi, pi), turns_of(0.3, pi)
    (3, None)
    """
    if not abs(angle) < 1e9:
        return None
    turns = round(angle / part)
    return turns if abs(angle - part * turns) <= ANGLE_TOLERANCE * max(1.0, abs(angle)) else None


def commutes(op: Operation) -> bool:
    """Tell whether an operation commutes with a rotation of one of its modes."""
    return isinstance(op, TRANSPARENT) or (isinstance(op, ops.DisplacementNoise) and op.x_variance == op.p_variance)


def angles_after(
    op: Operation, angles: Mapping[int, float], results: Mapping[str, float] | None = None
) -> Mapping[int, float]:
    """The angles of all frames after an operation; an angle is nan if it is random or depends on unknown results.

    Raises
    ------
    LeavesFamilyError
        If the operation cannot be turned by the angles of its modes.
    """
    mine = [angles.get(mode, 0.0) for mode in op.modes]
    match op:
        case _ if isinstance(op, ops.PREPARATIONS):
            return {mode: angle for mode, angle in angles.items() if mode not in op.modes}
        case ops.Rotation():
            return {**angles, op.modes[0]: remainder(mine[0] + value_of(op.theta, results), 2.0 * pi)}
        case ops.Dephasing():
            return {**angles, op.modes[0]: nan} if op.variance else angles
        case ops.BeamSplitter() | ops.Interferometer():
            return {**angles, **dict(zip(op.modes, passive(op, mine, results)[1], strict=True))}
        case ops.Squeeze():
            _require(mine, pi / 2.0, "a squeezer needs a mode that is turned by quarter turns")
        case ops.ControlledX() | ops.ControlledZ():
            controlled(op, mine)
        case ops.Homodyne() | ops.PostSelect():
            advice = "only the last readout may read another quadrature than the position, in a known frame"
            _require([op.angle - mine[0]], pi, advice)
        case _ if (degree := ops.phase_degree(op)) is not None and degree > 1:
            _require(mine, pi, "a phase needs modes that are turned by half turns")
            return {mode: angle for mode, angle in angles.items() if mode not in op.modes}
    return angles


@dataclass(frozen=True, slots=True)
class Outline:
    """The facts about a register that are known before a run.

    Attributes
    ----------
    angles : mapping from mode to float
        Angles of the frames, nan where they are random or depend on results.
    bent : frozenset of int
        Modes whose phase may be cubic; all others allow any Gaussian gate.
    """

    angles: Mapping[int, float] = field(default_factory=dict)
    bent: frozenset[int] = frozenset()

    def after(self, op: Operation) -> Outline:
        """Return the outline after an operation.

        Raises
        ------
        LeavesFamilyError
            If the operation leads out of the family.
        """
        try:
            angles = angles_after(op, self.angles)
        except LeavesFamilyError:
            straight = set(op.modes) - self.bent
            random = any(isnan(self.angles.get(mode, 0.0)) for mode in op.modes)
            angles = {mode: angle for mode, angle in self.angles.items() if mode not in straight}
            free = isinstance(op, ops.BeamSplitter | ops.Interferometer | ops.Homodyne | ops.PostSelect)
            if isinstance(op, ops.PostSelect) and random:
                raise LeavesFamilyError("a selection in a frame of random angle changes the law of the angle") from None
            if not (free and straight == set(op.modes)):
                angles = dict(angles_after(op, angles))
        return Outline(angles, self._bent_after(op, angles))

    def _bent_after(self, op: Operation, angles: Mapping[int, float]) -> frozenset[int]:
        mine = frozenset(op.modes)
        if isinstance(op, ops.ControlledZ) and all(turns_of(angles.get(m, 0.0), pi) is not None for m in op.modes):
            return self.bent  # a phase, and no cubic one
        match op:
            case ops.PrepareCubic() | ops.CubicPhase():
                return self.bent | mine
            case _ if isinstance(op, ops.PREPARATIONS):
                return self.bent - mine
            case ops.PhasePower():
                return self.bent | mine if op.order > 2 else self.bent
            case ops.PolynomialPhase():
                keys = (key for key in op.polynomial.parts() if sum(power for _, power in key) > 2)
                return self.bent | {int(mode) for key in keys for mode, _ in key}
            case ops.BeamSplitter() | ops.Interferometer() | ops.ControlledX() | ops.ControlledZ():
                return self.bent | mine if self.bent & mine else self.bent
        return self.bent


def passive(
    op: Operation, angles: Sequence[float], results: Mapping[str, float] | None
) -> tuple[Array, tuple[float, ...]]:
    """The real matrix by which a gate without squeezing maps the positions of the branch state, and the new angles.

    Raises
    ------
    LeavesFamilyError
        If a row of the unitary has no common phase in these frames.
    """
    known = np.nan_to_num(np.array(angles), nan=0.0)
    unitary = unitary_of(op, results) * np.exp(1j * known)
    largest = unitary[np.arange(len(unitary)), np.abs(unitary).argmax(axis=1)]
    phases = np.angle(largest)
    matrix = unitary * np.exp(-1j * phases)[:, None]
    mixes_unknown = np.isnan(angles).any() and (np.abs(unitary) > REAL_TOLERANCE).sum() > len(unitary)
    if mixes_unknown or not float(np.abs(matrix.imag).max(initial=0.0)) <= REAL_TOLERANCE:
        raise LeavesFamilyError(f"{TURNED}; the gate and the angles of its modes leave no real matrix")
    if np.isnan(angles).any():  # a permutation: every row takes over the angle of one mode
        phases = np.array([nan if np.isnan(angles[k]) else phases[j] for j, k in enumerate(np.abs(unitary).argmax(1))])
    return matrix.real.copy(), tuple(phases.tolist())


def controlled(op: ops.ControlledX | ops.ControlledZ, angles: Sequence[float]) -> tuple[tuple[int, int], float]:
    """Turn ``exp(i s q_0 q_1 / hbar)``: return which factor is a position (0) or a momentum (1), and the sign.

    ControlledZ has the quadratures ``x_0 x_1`` and ControlledX ``-x_0 p_1``. In frames of k quarter turns x is one of
    ``x', -p', -x', p'``.

    Raises
    ------
    LeavesFamilyError
        If an angle is no whole number of quarter turns, or two momenta meet.
    """
    quarters = [turns_of(angle, pi / 2.0) for angle in angles]
    if None in quarters:
        raise LeavesFamilyError(f"{TURNED}; the gate needs modes that are turned by quarter turns")
    sign, kinds = (-1.0 if isinstance(op, ops.ControlledX) else 1.0), []
    for place, k in enumerate(quarters):
        assert k is not None
        # p is x turned by three quarters: p = x' at one quarter turn
        steps = (k + (3 if isinstance(op, ops.ControlledX) and place == 1 else 0)) % 4
        sign *= -1.0 if steps in (1, 2) else 1.0
        kinds.append(steps % 2)
    if kinds == [1, 1]:
        raise LeavesFamilyError(f"{TURNED}; in the frames of its modes the gate couples two momenta")
    return (kinds[0], kinds[1]), sign


def turned_back(alpha: Array, beta: Array, angle: Array) -> tuple[Array, Array]:
    """``alpha p + beta x`` in the quadratures of the branch state: ``alpha' p' + beta' x'``."""
    c, s = np.cos(angle), np.sin(angle)
    return alpha * c - beta * s, beta * c + alpha * s


def unitary_of(op: Operation, results: Mapping[str, float] | None) -> ComplexArray:
    """U of a gate ``a -> U a``; an unknown angle of a beamsplitter is taken as 1 rad: it does not change the phases."""
    match op:
        case ops.Interferometer():
            return np.array(op.matrix)
        case ops.BeamSplitter():
            theta, phi = value_of(op.theta, results), value_of(op.phi, results)
            theta = 1.0 if isnan(theta) else theta
            if isnan(phi):
                raise LeavesFamilyError("its phase depends on earlier results")
            c, s, turn = cos(theta), sin(theta), complex(cos(phi), sin(phi))
            return np.array([[c, -turn.conjugate() * s], [turn * s, c]])
    raise TypeError(f"{type(op).__name__} is not a gate without squeezing that the branch state plays")


def _require(angles: Sequence[float], part: float, reason: str) -> None:
    if any(turns_of(angle, part) is None for angle in angles):
        raise LeavesFamilyError(f"{TURNED}; {reason}")


def rotation(angle: float) -> Array:
    """Return the matrix of ``(x, p)`` in terms of ``(x', p')``."""
    c, s = cos(angle), sin(angle)
    return np.array([[c, -s], [s, c]]) / hypot(c, s)
