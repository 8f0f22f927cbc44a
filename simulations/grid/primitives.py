"""Define the steps of the grid simulator: each moves a cloud of classical points and a wave function alike.

The cloud tells, before a wave function is made, how far positions and momenta reach, and so which grids are needed.
Like the wave, every point of the cloud is the sum of a frame, which displacements move, and a position on the grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import atan2, cos, exp, pi, prod, sin, sqrt, tan

import numpy as np

from compiler.decompositions.mesh import rectangular_mesh
from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array
from simulations.exact.fuse import Channel, Detector, fuse
from simulations.exact.moments import check_squeezing
from simulations.exact.phase import Phase, substitute
from simulations.grid.cloud import Cloud
from simulations.grid.wave import QUARTER, Wave

Results = Mapping[str, Array]
Value = Callable[[Results], Array]
"""A parameter as a function of earlier results, shape (1 or shots,)."""


@dataclass(frozen=True)
class Prepare:
    """A squeezed vacuum with the given variance of x, in a mode that is not live or is discarded."""

    modes: tuple[int, ...]
    variance: float

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        cloud.x[:, m] = cloud.p[:, m] = 0.0
        cloud.x[0, m], cloud.p[0, m] = cloud.normal(self.variance), cloud.normal(VACUUM_VARIANCE**2 / self.variance)


@dataclass(frozen=True)
class GridPhase:
    """``exp(i factor f / hbar)`` of a polynomial in positions and results."""

    modes: tuple[int, ...]
    polynomial: Polynomial
    factor: Value

    def around(self, results: Results, frame: Callable[[int], Array]) -> Phase:
        """Return the polynomial with its factor, in positions from the frames; only what is constant is left out."""
        factor = self.factor(results)
        terms = {
            tuple(int(v) for v, power in key for _ in range(power)): factor * strength.evaluate(results)
            for key, strength in self.polynomial.parts().items()
        }
        shifts = {m: shift for m in self.modes if (shift := frame(m)).any()}
        one = np.ones(1)
        moved = substitute(terms, lambda m: {(m,): one, (): shifts[m]} if m in shifts else {(m,): one})
        return {key: value for key, value in moved.items() if key}

    def cloud(self, cloud: Cloud) -> None:
        terms = self.around(cloud.results, lambda m: cloud.x[1, m])
        for m in self.modes:
            cloud.p[1, m] += terms.get((m,), 0.0)
            for key, value in terms.items():
                if len(key) > 1 and m in key:
                    rest = list(key)
                    rest.remove(m)
                    cloud.p[0, m] += key.count(m) * value * np.prod(cloud.x[0, rest], axis=0)

    def wave(self, wave: Wave, results: Results) -> None:
        terms = self.around(results, lambda m: wave.axis_of(m).centre)
        at = {m: wave.offsets(m) for m in self.modes}
        angle = np.zeros([1] * wave.psi.ndim)
        for key, value in terms.items():
            if len(key) == 1:
                wave.move(key[0], np.zeros(1), value)
            else:
                angle = angle + wave.each(value) * prod(at[m] for m in key)
        wave.phase(angle / HBAR)


@dataclass(frozen=True)
class Move:
    """Displacement by amounts that may depend on results."""

    modes: tuple[int, ...]
    x: Value
    p: Value

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        cloud.x[1, m] += self.x(cloud.results)
        cloud.p[1, m] += self.p(cloud.results)

    def wave(self, wave: Wave, results: Results) -> None:
        wave.move(self.modes[0], self.x(results), self.p(results))


@dataclass(frozen=True)
class Scale:
    """``x -> e^{-r} x, p -> e^r p``; one shot at a time if r depends on results."""

    modes: tuple[int, ...]
    r: Value

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        factor = np.exp(-self.r(cloud.results))
        cloud.x[:, m], cloud.p[:, m] = cloud.x[:, m] * factor, cloud.p[:, m] / factor

    def wave(self, wave: Wave, results: Results) -> None:
        wave.squeeze(self.modes[0], float(self.r(results)[0]))


@dataclass(frozen=True)
class Add:
    """Modes (c, t): ``x_t -> x_t + s x_c, p_c -> p_c - s p_t``."""

    modes: tuple[int, ...]
    s: Value

    def cloud(self, cloud: Cloud) -> None:
        c, t = self.modes
        s = self.s(cloud.results)
        cloud.x[:, t] += s * cloud.x[:, c]
        cloud.p[:, c] -= s * cloud.p[:, t]

    def wave(self, wave: Wave, results: Results) -> None:
        c, t = self.modes
        wave.add_position(c, t, self.s(results))


@dataclass(frozen=True)
class Chirp:
    """``p -> p + s x``; half of what a small rotation needs, so that the cloud sees the momenta on the way."""

    modes: tuple[int, ...]
    s: float

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        cloud.p[0, m] += self.s * cloud.x[0, m]

    def wave(self, wave: Wave, results: Results) -> None:
        """Do nothing: `Turn` changes the wave."""


@dataclass(frozen=True)
class Turn:
    """Rotation by an angle; ``quarters`` says that it is a whole number of quarter turns, which need no other grid."""

    modes: tuple[int, ...]
    angle: Value
    quarters: bool = False

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        cloud.rotate(m, self.angle(cloud.results))

    def wave(self, wave: Wave, results: Results) -> None:
        wave.rotate(self.modes[0], self.angle(results))


@dataclass(frozen=True)
class Swap:
    """``x_a -> -x_b, x_b -> x_a``: a beamsplitter of pi / 2, which relabels the axes."""

    modes: tuple[int, ...]

    def cloud(self, cloud: Cloud) -> None:
        for q in (cloud.x, cloud.p):
            a, b = self.modes
            q[:, a], q[:, b] = -q[:, b], q[:, a].copy()

    def wave(self, wave: Wave, results: Results) -> None:
        a, b = self.modes
        wave.split(a, b, np.array([QUARTER]))


@dataclass(frozen=True)
class GridSplit:
    """A beamsplitter whose angle depends on results: ``x_a -> x_a cos - x_b sin, x_b -> x_b cos + x_a sin``."""

    modes: tuple[int, ...]
    theta: Value

    def cloud(self, cloud: Cloud) -> None:
        a, b = self.modes
        theta = self.theta(cloud.results)
        c, s = np.cos(theta), np.sin(theta)
        for q in (cloud.x, cloud.p):
            q[:, a], q[:, b] = c * q[:, a] - s * q[:, b], c * q[:, b] + s * q[:, a]

    def wave(self, wave: Wave, results: Results) -> None:
        a, b = self.modes
        wave.split(a, b, self.theta(results))


@dataclass(frozen=True)
class Kerr:
    """``exp(i kappa n^2)``; the state comes back to a frame at x = p = 0, because photon numbers are counted there."""

    modes: tuple[int, ...]
    kappa: float

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        for q in (cloud.x, cloud.p):
            q[0, m] += q[1, m]
            q[1, m] = 0.0
        cloud.rotate(m, cloud.rng.uniform(-pi, pi, cloud.x.shape[2]))

    def wave(self, wave: Wave, results: Results) -> None:
        wave.kerr(self.modes[0], self.kappa)


@dataclass(frozen=True)
class GridNoise:
    """Pure loss, then random displacements."""

    modes: tuple[int, ...]
    channel: Channel

    def cloud(self, cloud: Cloud) -> None:
        (m,) = self.modes
        eta, vacuum = self.channel.eta, (1.0 - self.channel.eta) * VACUUM_VARIANCE
        for q, variance in ((cloud.x, self.channel.x_variance), (cloud.p, self.channel.p_variance)):
            q[:, m] *= sqrt(eta)
            if vacuum > 0.0:
                q[0, m] += cloud.normal(vacuum)
            if variance > 0.0:
                q[1, m] += cloud.normal(variance)

    def wave(self, wave: Wave, results: Results) -> None:
        (m,) = self.modes
        c = self.channel
        if c.eta < 1.0:
            wave.apply_loss(m, c.eta)
        if c.x_variance > 0.0 or c.p_variance > 0.0:
            x, p = np.sqrt([[c.x_variance], [c.p_variance]]) * wave.rng.normal(size=(2, wave.shots))
            wave.move(m, x, p)


@dataclass(frozen=True)
class Dephase:
    """Rotation by a random angle."""

    modes: tuple[int, ...]
    variance: float

    def cloud(self, cloud: Cloud) -> None:
        cloud.rotate(self.modes[0], cloud.normal(self.variance))

    def wave(self, wave: Wave, results: Results) -> None:
        wave.rotate(self.modes[0], sqrt(self.variance) * wave.rng.normal(size=wave.shots))


@dataclass(frozen=True)
class GridRead:
    """Measure x of a mode (already turned) through a detector."""

    modes: tuple[int, ...]
    detector: Detector

    def cloud(self, cloud: Cloud) -> None:
        d = self.detector
        cloud.results[d.result] = d.sign * d.gain * cloud.x[:, self.modes[0]].sum(axis=0) + cloud.normal(d.variance)


Primitive = (
    Prepare | GridPhase | Move | Scale | Add | Chirp | Turn | Swap | GridSplit | Kerr | GridNoise | Dephase | GridRead
)


def value_of(parameter: ops.Parameter) -> Value:
    """Return a parameter as a function of results."""
    if isinstance(parameter, Polynomial):
        return lambda results: np.atleast_1d(np.asarray(parameter.evaluate(results), dtype=float))
    number = np.array([float(parameter)])
    return lambda results: number


def within_a_turn(angle: float) -> float:
    """Return the same angle, from -pi to pi: the rest of a large angle by a rounded pi would be far off."""
    return angle if abs(angle) <= pi else atan2(sin(angle), cos(angle))


def primitives(circuit: Circuit) -> list[tuple[int, Primitive]]:
    """Return the steps of a circuit, each with the index of the operation it comes from.

    Raises
    ------
    InputError
        If the variances of a prepared state are beyond float64.
    """
    check_squeezing(circuit)
    out: list[tuple[int, Primitive]] = []
    for index, step in fuse(circuit, "early", join=False):
        out += [(index, primitive) for primitive in RULES[type(step)](step)]
    return out


def _turned(modes: tuple[int, ...], angle: ops.Parameter) -> list[Primitive]:
    if isinstance(angle, Polynomial):
        return [Turn(modes, value_of(angle))]
    angle = within_a_turn(angle)
    turns = round(angle / QUARTER)
    rest = angle - turns * QUARTER
    out: list[Primitive] = [Turn(modes, value_of((turns % 4) * QUARTER), quarters=True)] if turns % 4 else []
    if rest:
        out += [Chirp(modes, tan(rest / 2)), Chirp(modes, -tan(rest / 2)), Turn(modes, value_of(rest))]
        out += [Chirp(modes, -tan(rest / 2)), Chirp(modes, tan(rest / 2))]
    return out


def _split(op: ops.BeamSplitter) -> list[Primitive]:
    a, b = op.modes
    if isinstance(op.phi, Polynomial) or op.phi != 0.0:
        inner = ops.BeamSplitter(op.modes, op.theta)
        return [*_turned((a,), op.phi), *_split(inner), *_turned((a,), -op.phi)]
    if isinstance(op.theta, Polynomial):
        return [GridSplit(op.modes, value_of(op.theta))]
    theta = within_a_turn(op.theta)
    turns = round(theta / QUARTER)
    rest = theta - turns * QUARTER
    out: list[Primitive] = [Swap((b, a))] if turns % 4 == 3 else [Swap((a, b))] * (turns % 4)
    if rest:
        tangent, sine = value_of(-tan(rest / 2)), value_of(sin(rest))
        out += [Add((b, a), tangent), Add((a, b), sine), Add((b, a), tangent)]
    return out


def _mesh(op: ops.Interferometer) -> list[Primitive]:
    mesh = rectangular_mesh(np.array(op.matrix, dtype=complex), op.modes)
    return [primitive for part in mesh for primitive in RULES[type(part)](part)]


def _power(op: ops.Operation, order: int, strength: ops.Parameter) -> list[Primitive]:
    return [GridPhase(op.modes, Polynomial.monomial(op.modes * order, 1.0 / order), value_of(strength))]


def _read(op: Detector) -> list[Primitive]:
    return [*_turned(op.modes, -op.angle), GridRead(op.modes, op)]


def _refused(op: ops.Operation) -> list[Primitive]:
    raise InputError(
        f"{op}: the grid does not run this operation; simulations.branches runs displacement readouts, cat and GKP "
        "states, and Strawberry Fields other states and photon counts"
    )


RULES: dict[type, Callable[..., list[Primitive]]] = {
    **dict.fromkeys((*ops.STATES, ops.CrossKerr, ops.PostSelect, ops.PhotonCount, ops.DisplacementReadout), _refused),
    ops.PrepareVacuum: lambda op: [Prepare(op.modes, VACUUM_VARIANCE)],
    ops.PrepareSqueezed: lambda op: [Prepare(op.modes, VACUUM_VARIANCE * exp(-2.0 * op.r))],
    ops.PrepareCubic: lambda op: [
        Prepare(op.modes, VACUUM_VARIANCE * exp(2.0 * op.r)),
        *_power(op, 3, op.gamma),
    ],
    ops.Rotation: lambda op: _turned(op.modes, op.theta),
    ops.Squeeze: lambda op: [Scale(op.modes, value_of(op.r))],
    ops.Shear: lambda op: _power(op, 2, op.s),
    ops.Displacement: lambda op: [Move(op.modes, value_of(op.x), value_of(op.p))],
    ops.BeamSplitter: _split,
    ops.ControlledX: lambda op: [Add(op.modes, value_of(op.s))],
    ops.ControlledZ: lambda op: [GridPhase(op.modes, Polynomial.monomial(op.modes), value_of(op.s))],
    ops.Interferometer: _mesh,
    ops.PolynomialPhase: lambda op: [GridPhase(op.modes, op.polynomial, value_of(1.0))],
    ops.CubicPhase: lambda op: _power(op, 3, op.gamma),
    ops.PhasePower: lambda op: _power(op, op.order, op.strength),
    ops.Kerr: lambda op: [Kerr(op.modes, op.kappa)],
    ops.Dephasing: lambda op: [Dephase(op.modes, op.variance)],
    Channel: lambda op: [GridNoise(op.modes, op)],
    Detector: _read,
}
"""How each step is taken; with what `simulations.exact.fuse` rewrites, total over `OPERATIONS`."""
