r"""Play operations on a register: a branch state, and the frames, centres and noise of the circuit's modes.

The quadratures of a mode are those of one internal mode, displaced by a centre, with noise that waits until the mode is
used, turned by the mode's angle: ``rotation . noise . displacement |branch state>``. Displacements and rotations
then cost nothing, and large displacements lose no digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import cos, exp, pi, sin, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.operations import Operation
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array, ComplexArray
from simulations.branches.cubic import Cubic
from simulations.branches.frames import (
    LeavesFamilyError,
    angles_after,
    controlled,
    passive,
    rotation,
    turned_back,
    turns_of,
    unitary_of,
    value_of,
)
from simulations.branches.moments import moments
from simulations.branches.noise import Channel
from simulations.branches.overlaps import norm_squared
from simulations.branches.prepare import MAX_SQUEEZING, packets_of
from simulations.branches.readouts import characteristics, condition_position
from simulations.branches.state import BranchState, inverted, require_phases


@dataclass(frozen=True, slots=True)
class Register:
    """A branch state, and where the modes of a circuit stand in it.

    Attributes
    ----------
    state : BranchState
    places : mapping from mode to int
        The internal mode of every mode that is alive; other internal modes are environments.
    angles : mapping from mode to float
        Angle of the mode's frame, in rad; 0 where it is missing.
    centre : array, shape (2, n)
        Displacement of the positions and of the momenta of the internal modes.
    waiting : mapping from mode to Channel
        Noise that the next use of the mode applies.
    """

    state: BranchState
    places: Mapping[int, int]
    angles: Mapping[int, float]
    centre: Array
    waiting: Mapping[int, Channel]

    @classmethod
    def empty(cls) -> Register:
        """Return no modes."""
        return cls(BranchState.empty(), {}, {}, np.zeros((2, 0)), {})

    # --- changes of internal modes -----------------------------------------------------------------------------------

    def added(self, precision: float, amplitudes: ComplexArray, tilts: Array, shifts: Array) -> tuple[Register, int]:
        """Append an internal mode in a superposition of packets; return also its number."""
        state = self.state.with_packets(np.array([[precision]]), amplitudes, tilts[:, None], shifts[:, None])
        return replace(self, state=state, centre=np.pad(self.centre, ((0, 0), (0, 1)))), self.state.modes

    def environment(self) -> tuple[Register, int]:
        """Append an internal mode in the vacuum."""
        return self.added(1.0, np.ones(1, complex), np.zeros(1), np.zeros(1))

    def mapped(self, places: tuple[int, ...], block: Array) -> Register:
        """Map some positions among themselves."""
        matrix = np.eye(self.state.modes)
        matrix[np.ix_(places, places)] = block
        centre = np.array([matrix @ self.centre[0], self.centre[1] @ inverted(matrix)])
        return replace(self, state=self.state.mapped(matrix), centre=centre)

    def turned(self, places: tuple[int, ...], unitary: ComplexArray) -> Register:
        """Apply ``a -> U a`` to internal modes whose phase is quadratic."""
        where = list(places)
        moved = unitary @ (self.centre[0, where] + 1j * self.centre[1, where])
        centre = self.centre.copy()
        centre[:, where] = moved.real, moved.imag
        return replace(self, state=self.state.turned(places, unitary), centre=centre)

    def phased(self, polynomial: Polynomial, places: Mapping[int, int]) -> Register:
        """Apply ``exp(i f(x) / hbar)``, f of degree at most 3: the part that is linear about the centre moves it."""
        about = Cubic.of(polynomial, self.state.modes, dict(places))
        moved = about.shifted(self.centre[:1])
        curved = Cubic(np.zeros(self.state.modes), moved.quadratic[0], about.cubic)
        centre = np.array([self.centre[0], self.centre[1] + moved.linear[0]])
        if not (curved.quadratic.any() or curved.cubic.any()):
            return replace(self, centre=centre)
        return replace(self, state=self.state.phased(curved), centre=centre)

    # --- modes of the circuit ----------------------------------------------------------------------------------------

    def prepared(self, op: Operation, results: Mapping[str, float]) -> Register:
        """Start a mode afresh; what it held before is an environment from now on."""
        (mode,) = op.modes
        packets = packets_of(op)
        made, place = self.added(packets.precision, packets.amplitudes, packets.tilts, packets.shifts)
        waiting = {m: channel for m, channel in self.waiting.items() if m != mode}
        angles = {m: angle for m, angle in self.angles.items() if m != mode}
        made = replace(made, places={**self.places, mode: place}, waiting=waiting, angles=angles)
        if isinstance(op, ops.PrepareCubic):
            return made.phased(Polynomial.monomial((mode,) * 3, value_of(op.gamma, results) / 3.0), made.places)
        return made

    def with_modes(self, modes: tuple[int, ...]) -> Register:
        """Return the register in which modes that nothing prepared are in the vacuum."""
        register = self
        for mode in modes:
            if mode not in register.places:
                register = register.prepared(ops.PrepareVacuum((mode,)), {})
        return register

    def used(self, modes: tuple[int, ...]) -> Register:
        """Return the register in which modes exist and their noise is applied, by environments."""
        register = self.with_modes(modes)
        for mode in modes:
            if mode in register.waiting:
                register = _applied(register, register.places[mode], register.waiting[mode])
        return replace(register, waiting={m: c for m, c in register.waiting.items() if m not in modes})

    def aligned(self, mode: int, angle: float) -> Register:
        """Return the register with the given frame angle of a mode, or itself if the mode's phase is not quadratic."""
        place, turn = self.places[mode], self.angles.get(mode, 0.0) - angle
        if turn == 0.0 or not self.state.straight((place,)):
            return self
        made = self.turned((place,), np.array([[complex(cos(turn), sin(turn))]]))
        return replace(made, angles={**self.angles, mode: angle})

    def facing(self, op: ops.Homodyne | ops.PostSelect) -> Register:
        """Return the register in which a readout reads a position, or itself if the mode's phase is not quadratic."""
        return self if self.reads_position(op) else self.aligned(op.modes[0], op.angle)

    def operators(
        self, modes: tuple[int, ...], alpha: Array, beta: Array, turns: Array
    ) -> tuple[Array, Array, ComplexArray]:
        """Return displacement operators of modes on the branch state: ``factor D(alpha, beta)``.

        Noise that waits is a factor and a smaller displacement; this is right for expectation values, and for the state
        after a readout only where no noise waits.

        Parameters
        ----------
        modes : tuple of int
            k modes that exist.
        alpha, beta : arrays, shape (k,)
        turns : array, shape (q, k)
            Angles beside those of the frames, in rad.

        Returns
        -------
        alphas, betas : arrays, shape (q, n)
        factors : complex array, shape (q,)
        """
        angles = np.array([self.angles.get(m, 0.0) for m in modes]) + turns
        parts = turned_back(alpha, beta, angles)
        damped = np.zeros(len(turns))
        for i, mode in enumerate(modes):
            if (channel := self.waiting.get(mode)) is not None:
                a, b, n = parts[0][:, i].copy(), parts[1][:, i].copy(), channel.total
                damped += 0.5 * (n[0, 0] * b * b + 2.0 * n[0, 1] * a * b + n[1, 1] * a * a)
                parts[0][:, i], parts[1][:, i] = sqrt(channel.eta) * a, sqrt(channel.eta) * b
        alphas, betas = (np.zeros((len(turns), self.state.modes)) for _ in range(2))
        places = [self.places[m] for m in modes]
        alphas[:, places], betas[:, places] = parts
        phases = alphas @ self.centre[1] + betas @ self.centre[0]
        require_phases(phases)
        return alphas, betas, np.exp(1j * phases - damped)

    def characteristic(self, modes: tuple[int, ...], alpha: Array, beta: Array) -> complex:
        """Return ``<D(alpha, beta)>`` of the normalised state, noise included."""
        register = self.with_modes(modes)
        turns = np.zeros((1, len(modes)))
        alphas, betas, factors = register.operators(modes, np.asarray(alpha, float), np.asarray(beta, float), turns)
        found = characteristics(register.state, alphas, betas)
        return complex(factors[0] * found[0] / norm_squared(register.state))

    def moments(self, modes: tuple[int, ...]) -> tuple[Array, Array]:
        """Means and symmetrised covariance matrix of ``(x_modes, p_modes)``, noise included; shapes (2k,), (2k, 2k)."""
        register, k = self.with_modes(modes), len(modes)
        places = [register.places[m] for m in modes]
        mean, covariance = moments(register.state, tuple(places))
        mean = mean + register.centre[:, places].ravel()
        linear, extra = np.zeros((2 * k, 2 * k)), np.zeros((2 * k, 2 * k))
        for i, mode in enumerate(modes):
            channel = register.waiting.get(mode, Channel())
            turn, block = rotation(register.angles.get(mode, 0.0)), np.ix_([i, k + i], [i, k + i])
            linear[block] = sqrt(channel.eta) * turn
            extra[block] = turn @ channel.total @ turn.T
        return linear @ mean, linear @ covariance @ linear.T + extra

    def reads_position(self, op: ops.Homodyne | ops.PostSelect) -> bool:
        """Tell whether a readout is that of the position of the mode's internal mode."""
        return turns_of(op.angle - self.angles.get(op.modes[0], 0.0), pi) is not None

    def quadrature_of(self, op: ops.Homodyne) -> tuple[int, float, float, float]:
        """Return the internal mode of a readout, and a, b and the offset: the outcome is ``a p + b x + offset``."""
        place = self.places[op.modes[0]]
        angle = op.angle - self.angles.get(op.modes[0], 0.0)
        a, b = sin(angle), cos(angle)
        return place, a, b, float(a * self.centre[1, place] + b * self.centre[0, place])

    def position_of(self, op: ops.Homodyne | ops.PostSelect) -> tuple[int, float, float]:
        """Return the internal mode of a readout, the sign and the offset: ``outcome = sign (x + offset)``."""
        (mode,) = op.modes
        half_turns = turns_of(op.angle - self.angles.get(mode, 0.0), pi)
        if half_turns is None:
            raise LeavesFamilyError("the quadrature is not the position of the branch state")
        place = self.places[mode]
        return place, (-1.0) ** half_turns, float(self.centre[0, place])

    def position_found(self, op: ops.Homodyne | ops.PostSelect, outcome: float) -> Register:
        """Return the register after a readout of a position; the mode is gone."""
        place, sign, offset = self.position_of(op)
        (mode,) = op.modes
        places = {m: p - (p > place) for m, p in self.places.items() if m != mode}
        angles = {m: angle for m, angle in self.angles.items() if m != mode}
        state = condition_position(self.state, place, sign * outcome - offset)
        return Register(state, places, angles, np.delete(self.centre, place, axis=1), self.waiting)


def apply(register: Register, op: Operation, results: Mapping[str, float]) -> Register:
    """Apply an operation that is neither a readout nor a `Dephasing`.

    Raises
    ------
    LeavesFamilyError
        If the operation leads out of the family.
    InputError
        If numbers overflow.
    """
    if isinstance(op, ops.PREPARATIONS):
        return register.prepared(op, results)
    if isinstance(op, ops.Loss | ops.ThermalLoss | ops.DisplacementNoise):
        (mode,) = op.modes
        register = register.with_modes(op.modes)
        channel = register.waiting.get(mode, Channel()).then(op, rotation(register.angles.get(mode, 0.0)))
        return replace(register, waiting={**register.waiting, mode: channel})
    if isinstance(op, ops.Rotation):
        register = register.with_modes(op.modes)
        return replace(register, angles=angles_after(op, register.angles, results))
    register = register.used(op.modes)
    places = tuple(register.places[m] for m in op.modes)
    if not _fits(op, register, results):
        for mode in op.modes:
            register = register.aligned(mode, 0.0)
        passive_gate = isinstance(op, ops.BeamSplitter | ops.Interferometer)
        if passive_gate and not _fits(op, register, results) and register.state.straight(places):
            return register.turned(places, unitary_of(op, results))
    angles = [register.angles.get(m, 0.0) for m in op.modes]
    after = angles_after(op, register.angles, results)
    match op:
        case ops.Displacement():
            x, p = value_of(op.x, results), value_of(op.p, results)
            centre = register.centre.copy()
            centre[:, places[0]] += rotation(-angles[0]) @ np.array([x, p])
            return replace(register, centre=_finite(centre, op))
        case ops.Squeeze():
            r = value_of(op.r, results) * (-1.0) ** _whole(angles[0], pi / 2.0)
            if not abs(r) <= MAX_SQUEEZING:
                raise InputError(f"{op}: |r| must be at most {MAX_SQUEEZING:g}, found {r}")
            return register.mapped(places, np.array([[exp(-r)]]))
        case ops.BeamSplitter() | ops.Interferometer():
            matrix, _ = passive(op, angles, results)
            return replace(register.mapped(places, matrix), angles=after)
        case ops.ControlledX() | ops.ControlledZ():
            (first, second), sign = controlled(op, angles)
            s = sign * value_of(op.s, results)
            if (first, second) == (0, 0):
                return register.phased(Polynomial.monomial((0, 1), s), {0: places[0], 1: places[1]})
            # exp(i s x_c p_t / hbar): x_t -> x_t - s x_c
            control, target = places[::-1] if first else places
            return register.mapped((control, target), np.array([[1.0, 0.0], [-s, 1.0]]))
    return _phased(register, op, results, after)


def _fits(op: Operation, register: Register, results: Mapping[str, float]) -> bool:
    """Tell whether an operation can be turned by the angles of its modes."""
    try:
        angles_after(op, register.angles, results)
    except LeavesFamilyError:
        return False
    return True


def _phased(register: Register, op: Operation, results: Mapping[str, float], after: Mapping[int, float]) -> Register:
    polynomial = polynomial_of(op, results)
    if after is register.angles:  # linear: it moves momenta, in any frame
        for mode in op.modes:
            slope = polynomial.terms.get(((mode, 1),), 0.0)
            register = apply(register, ops.Displacement((mode,), 0.0, slope), results)
        return register
    for mode in op.modes:
        if _whole(register.angles.get(mode, 0.0), pi) % 2:
            register = register.mapped((register.places[mode],), np.array([[-1.0]]))
    return replace(register, angles=after).phased(polynomial, register.places)


def polynomial_of(op: Operation, results: Mapping[str, float]) -> Polynomial:
    """Return the phase f of ``exp(i f(x) / hbar)`` of a phase gate, in modes alone.

    Raises
    ------
    LeavesFamilyError
        If the operation is not a phase gate.
    """
    match op:
        case ops.PolynomialPhase():
            values = {name: results[name] for name in op.polynomial.names}
            terms = {key: float(part.evaluate(values)) for key, part in op.polynomial.parts().items()}
            return Polynomial({key: c for key, c in terms.items() if key})
        case ops.Shear():
            return Polynomial.monomial(op.modes * 2, 0.5 * value_of(op.s, results))
        case ops.CubicPhase():
            return Polynomial.monomial(op.modes * 3, value_of(op.gamma, results) / 3.0)
        case ops.PhasePower():
            return Polynomial.monomial(op.modes * op.order, value_of(op.strength, results) / op.order)
    raise LeavesFamilyError(f"{type(op).__name__} is outside the family")


def _applied(register: Register, place: int, channel: Channel) -> Register:
    """Apply noise to an internal mode, by environments."""
    if channel.eta < 1.0:
        t, q = sqrt(channel.eta), sqrt(1.0 - channel.eta)
        register, environment = register.environment()
        register = register.mapped((place, environment), np.array([[t, q], [-q, t]]))
    a, b, c = channel.factors()
    if a:
        register, environment = register.environment()
        register = register.mapped((place, environment), np.array([[1.0, a], [0.0, 1.0]]))
        if b:
            register = register.phased(Polynomial.monomial((0, 1), b), {0: place, 1: environment})
    if c:
        register, environment = register.environment()
        register = register.phased(Polynomial.monomial((0, 1), c), {0: place, 1: environment})
    return register


def _whole(angle: float, part: float) -> int:
    turns = turns_of(angle, part)
    if turns is None:
        raise LeavesFamilyError("the angle of a frame is not a whole number of turns")
    return turns


def _finite(values: Array, op: Operation) -> Array:
    if not np.isfinite(values).all():
        raise InputError(f"{op}: displacements overflow float64; scale them down")
    return values
