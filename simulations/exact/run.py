"""Run a circuit in the exact simulator: every operation of the representation, or a refusal that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, isclose, pi, remainder, sin, tan
from typing import Any

import numpy as np

from compiler import operations as ops
from compiler.circuit import Circuit
from compiler.conventions import VACUUM_VARIANCE
from compiler.errors import InputError
from compiler.polynomial import Polynomial
from qumode_khrnn.hsmt.laws import Law, NormalLaw
from simulations.exact.fuse import GaussianBlock, fuse
from simulations.exact.momentum import measure_momentum
from simulations.exact.phase import Array, Phase
from simulations.exact.state import State

CHUNK_FLOATS = 4_000_000
"""Shots are run in groups whose covariances, one per shot in the worst case, hold at most this many numbers."""

MAX_MODES = 2_000
"""Largest number of modes: the covariance matrix is dense."""

POINT_MAP = 1e-12
"""A symplectic matrix carries p into x if an entry of that block is larger than this share of its largest entry."""


POSITION_ANGLE = 1e-9
"""A homodyne angle this close to a multiple of pi reads x: the rest would be a shear beyond the reach of float64."""


class LeavesFamilyError(InputError):
    """An operation that takes the state out of the exact family; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Homodyne outcomes.

    Attributes
    ----------
    results : mapping from name to array, shape (shots,)
    laws : mapping from name to Law
        Exact law of each outcome given the earlier ones; only for a single shot, and only where the state depends on
        nothing but the outcomes.
    """

    results: Mapping[str, Array]
    laws: Mapping[str, Law] = field(default_factory=dict)


def simulate(
    circuit: Circuit,
    shots: int,
    rng: np.random.Generator,
    forced: Mapping[str, float] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Outcomes:
    """Sample the homodyne outcomes of a circuit, exactly, shot by shot.

    Parameters
    ----------
    circuit : Circuit
        Logical or native, with or without loss. Modes that nothing prepares start in the vacuum.
    shots : int
        Number of shots, at least 1.
    rng : numpy.random.Generator
    forced : mapping from name to float
        Outcomes to condition on instead of sampling them (one shot only); their laws are still returned. Once hidden
        values have been drawn (loss, pinned modes), outcomes after a forced one must be forced too.
    progress : callable
        Called with the number of shots done after each group.

    Raises
    ------
    LeavesFamilyError
        If an operation takes the state out of the family; the message names it.
    InputError
        If ``shots`` is below 1, or outcomes are forced for several shots.

    Examples
    --------
    Without loss the momentum of one mode of a 3-edge has variance ``e^{-2r} + w^2 e^{4r}``:

    >>> import numpy as np
    >>> from compiler import Circuit, Polynomial, phase
    >>> from compiler.operations import Homodyne, PrepareSqueezed
    >>> state = tuple(PrepareSqueezed((m,), -0.5) for m in range(3))
    >>> edge = phase(Polynomial.monomial((0, 1, 2), 0.3))
    >>> read = Homodyne((0,), np.pi / 2, "p0")
    >>> p0 = simulate(Circuit(3, (*state, edge, read)), 100_000, np.random.default_rng(0)).results["p0"]
    >>> bool(abs(p0.var() / 1.03289 - 1) < 0.01)
    True
    """
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    if forced and shots != 1:
        raise InputError("outcomes can be forced for one shot only")
    if circuit.modes > MAX_MODES:
        raise InputError(f"the exact simulator takes at most {MAX_MODES} modes, found {circuit.modes}")
    if unknown := set(forced or {}) - set(circuit.results):
        raise InputError(f"only results of the circuit can be forced, found {sorted(unknown)}")
    size = max(1, min(shots, CHUNK_FLOATS // max(1, circuit.modes**2)))
    steps = fuse(circuit)
    parts: list[Outcomes] = []
    for start in range(0, shots, size):
        try:
            with np.errstate(all="ignore"):
                parts.append(_Run(circuit, min(size, shots - start), rng, forced or {}).play(steps))
        except np.linalg.LinAlgError:
            raise InputError(
                "the covariance matrix became singular in float64: squeezing or shifts are too large for this circuit"
            ) from None
        if progress is not None:
            progress(min(shots, start + size))
    if len(parts) == 1:
        return parts[0]
    return Outcomes({name: np.concatenate([part.results[name] for part in parts]) for name in circuit.results})


class _Run:
    def __init__(self, circuit: Circuit, shots: int, rng: np.random.Generator, forced: Mapping[str, float]) -> None:
        self.state = State(circuit.modes, shots, rng)
        self.forced = forced
        self.results: dict[str, Array] = {}
        self.laws: dict[str, Law] = {}
        self.unweighted = False
        """Whether an outcome was forced after hidden values were drawn, which it should have reweighted."""

    def play(self, steps: list[tuple[int, ops.Operation | GaussianBlock]]) -> Outcomes:
        for index, step in steps:
            refusal = RULES[type(step)](self, step)
            if refusal:
                lossy = any(isinstance(op, ops.Loss) for _, op in steps)
                raise LeavesFamilyError(
                    f"at operation {index} {_show(step)} the state leaves the exact family: {refusal}; "
                    f"{'simulate it without loss, ' if lossy else ''}read that mode earlier, or try strawberryfields "
                    "with few modes"
                )
            self.state.untouched.difference_update(step.modes)
        return Outcomes(self.results, self.laws)

    def value(self, parameter: ops.Parameter) -> Array:
        number = parameter.evaluate(self.results) if isinstance(parameter, Polynomial) else parameter
        out: Array = np.atleast_1d(np.asarray(number, dtype=float))
        return out

    def pinned_in(self, modes: tuple[int, ...]) -> str | None:
        pinned = [m for m in modes if m in self.state.pinned]
        return (
            f"mode {pinned[0]} was fixed in position by an earlier momentum readout that depends on it"
            if pinned
            else None
        )

    # --- rules: each returns None, or why it is refused --------------------------------------------------------------

    def prepare_vacuum(self, op: ops.PrepareVacuum) -> str | None:
        self.state.prepare(op.modes[0], VACUUM_VARIANCE)
        return None

    def prepare_squeezed(self, op: ops.PrepareSqueezed) -> str | None:
        self.state.prepare(op.modes[0], VACUUM_VARIANCE * float(np.exp(-2.0 * op.r)))
        return None

    def prepare_cubic(self, op: ops.PrepareCubic) -> str | None:
        (mode,) = op.modes
        self.state.prepare(mode, VACUUM_VARIANCE * float(np.exp(2.0 * op.r)))
        return self.add({(mode,) * 3: self.value(op.gamma) / 3.0})

    def loss(self, op: ops.Loss) -> str | None:
        self.state.lose(op.modes[0], op.eta)
        return None

    def displacement(self, op: ops.Displacement) -> str | None:
        (mode,) = op.modes
        x, p = self.value(op.x), self.value(op.p)
        if mode in self.state.pinned:
            self.state.pinned[mode] = self.state.pinned[mode] + x
        elif x.any():
            self.state.transform([mode], np.eye(1), x[:, None])
        return self.add({(mode,): p})

    def squeeze(self, op: ops.Squeeze) -> str | None:
        (mode,) = op.modes
        factor = np.exp(-self.value(op.r))
        if mode in self.state.pinned:
            self.state.pinned[mode] = factor * self.state.pinned[mode]
        elif len(factor) > 1:
            return "its strength depends on earlier results"
        else:
            self.state.transform([mode], factor.reshape(1, 1))
        return None

    def beam_splitter(self, op: ops.BeamSplitter) -> str | None:
        theta, phi = self.value(op.theta), self.value(op.phi)
        if len(theta) > 1 or phi.any():
            return "its angles depend on earlier results"
        c, s = np.cos(theta[0]), np.sin(theta[0])
        return self.pinned_in(op.modes) or self.point(op.modes, np.array([[c, -s], [s, c]]))

    def controlled_x(self, op: ops.ControlledX) -> str | None:
        control, target = op.modes
        s = self.value(op.s)
        if target in self.state.pinned:
            return self.pinned_in(op.modes[1:])
        if control in self.state.pinned:
            self.state.transform([target], np.eye(1), (s * self.state.pinned[control])[:, None])
            return None
        if len(s) > 1:
            return "its strength depends on earlier results"
        return self.point(op.modes, np.array([[1.0, 0.0], [s[0], 1.0]]))

    def point(self, modes: tuple[int, ...], matrix: Array) -> str | None:
        self.state.transform(list(modes), matrix)
        return None

    def interferometer(self, op: ops.Interferometer) -> str | None:
        return self.pinned_in(op.modes) or self.point(op.modes, np.array(op.matrix).real)

    def block(self, block: GaussianBlock) -> str | None:
        modes, k = list(block.modes), len(block.modes)
        a, b, c = block.symplectic[:k, :k], block.symplectic[:k, k:], block.symplectic[k:, :k]
        if refusal := self.pinned_in(block.modes):
            return refusal
        if np.abs(b).max() <= POINT_MAP * np.abs(block.symplectic).max():
            quadratic = a.T @ c
            phase: Phase = {}
            for i in range(k):
                phase[modes[i], modes[i]] = 0.5 * quadratic[i : i + 1, i]
                for j in range(i + 1, k):
                    phase[modes[i], modes[j]] = 0.5 * (quadratic[i : i + 1, j] + quadratic[j : j + 1, i])
            self.state.add_phase(phase)
            self.state.transform(modes, a)
            return None
        self.state.rebase()
        high = [key for key in self.state.phase if len(key) > 2 and not set(modes).isdisjoint(key)]
        if high:
            mode = next(m for m in high[0] if m in modes)
            return f"it mixes x and p of mode {mode}, which carries a phase of degree {len(high[0])}"
        self.state.gaussian(modes, block.symplectic, np.zeros(2 * k))
        return None

    def add(self, phase: Phase) -> str | None:
        self.state.add_phase({key: value for key, value in phase.items() if np.any(value)})
        return None

    def shear(self, op: ops.Shear) -> str | None:
        return self.add({(op.modes[0],) * 2: 0.5 * self.value(op.s)})

    def controlled_z(self, op: ops.ControlledZ) -> str | None:
        a, b = sorted(op.modes)
        return self.add({(a, b): self.value(op.s)})

    def polynomial_phase(self, op: ops.PolynomialPhase) -> str | None:
        return self.add(
            {
                tuple(int(v) for v, power in key for _ in range(power)): np.array([coefficient])
                for key, coefficient in op.polynomial.terms.items()
            }
        )

    def cubic_phase(self, op: ops.CubicPhase) -> str | None:
        return self.add({(op.modes[0],) * 3: self.value(op.gamma) / 3.0})

    def phase_power(self, op: ops.PhasePower) -> str | None:
        return self.add({(op.modes[0],) * op.order: self.value(op.strength) / op.order})

    def homodyne(self, op: ops.Homodyne) -> str | None:
        (mode,) = op.modes
        state, known = self.state, not self.state.hidden and self.state.shots == 1
        value = np.array([float(self.forced[op.result])]) if op.result in self.forced else None
        if value is None and self.unweighted:
            return (
                "it would be sampled after an outcome was forced on a state with hidden values (loss or pinned modes)"
            )
        angle = remainder(op.angle, pi)
        sign = 1.0 if isclose(cos(op.angle - angle), 1.0) else -1.0  # a readout at angle + pi is minus that at angle
        if abs(angle) < POSITION_ANGLE:
            if mode in state.pinned and value is not None:
                return "it would be forced, but the mode was already fixed in position by an earlier momentum readout"
            if mode in state.pinned:
                outcome = state.pinned.pop(mode)
            else:
                mean, variance = state.position_law(mode)
                if known:
                    self.laws[op.result] = NormalLaw(float(sign * mean[0]), float(variance[0]))
                outcome = state.measure_position(mode, None if value is None else sign * value)
            self.results[op.result] = np.broadcast_to(sign * outcome, state.shots).copy()
            self.unweighted |= value is not None and state.hidden
            return None
        if refusal := self.pinned_in(op.modes):
            return refusal
        # x cos + p sin = sin (p + x cot): a shear by cot, then the momentum
        scale = sign * sin(angle)
        if not isclose(cos(angle), 0.0, abs_tol=1e-15):
            self.add({(mode, mode): np.array([0.5 / tan(angle)])})
        outcome, law = measure_momentum(state, mode, None if value is None else value / scale, known)
        self.results[op.result] = np.broadcast_to(scale * outcome, state.shots).copy()
        if law is not None:
            self.laws[op.result] = law.scaled(scale)
        self.unweighted |= value is not None and state.hidden
        return None


def _show(step: Any) -> str:
    if isinstance(step, GaussianBlock):
        return f"and the Gaussian gates that follow it on modes {list(step.modes)}"
    return str(step)


RULES: dict[type, Callable[[Any, Any], str | None]] = {
    ops.PrepareVacuum: _Run.prepare_vacuum,
    ops.PrepareSqueezed: _Run.prepare_squeezed,
    ops.PrepareCubic: _Run.prepare_cubic,
    ops.Rotation: lambda run, op: "its angle depends on earlier results",  # numeric rotations are joined into blocks
    ops.Squeeze: _Run.squeeze,
    ops.Shear: _Run.shear,
    ops.Displacement: _Run.displacement,
    ops.BeamSplitter: _Run.beam_splitter,
    ops.ControlledX: _Run.controlled_x,
    ops.ControlledZ: _Run.controlled_z,
    ops.Interferometer: _Run.interferometer,
    ops.PolynomialPhase: _Run.polynomial_phase,
    ops.CubicPhase: _Run.cubic_phase,
    ops.PhasePower: _Run.phase_power,
    ops.Homodyne: _Run.homodyne,
    ops.Loss: _Run.loss,
    GaussianBlock: _Run.block,
}
"""What each operation does to the state; total over `compiler.operations.OPERATIONS`."""
