"""Run a circuit in the exact simulator: every operation of the representation, or a refusal that names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import cos, inf, isclose, sin, tan
from typing import Any

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.typing import Advance, Array
from simulations.exact.closed_form.precision import PrecisionError
from simulations.exact.draw import Draw
from simulations.exact.fuse import Channel, Detector, GaussianBlock, Order, Step, fuse
from simulations.exact.joint import joint_law
from simulations.exact.moments import check_squeezing, require_bound
from simulations.exact.momentum import measure_momentum
from simulations.exact.outcomes import Outcomes
from simulations.exact.phase import Phase
from simulations.exact.state import State, TooWideError
from simulations.exact.strain import Tape, require_digits
from simulations.exact.streams import RandomNumbers, Streams
from simulations.laws.real import Law, NormalLaw

CHUNK_FLOATS = 4_000_000
"""Shots are drawn in groups whose covariances, one per shot in the worst case, hold at most this many numbers; groups
whose shots share their covariances run together, as long as their means hold no more."""

GROUP = 32_768
"""Largest number of shots in a group: more do not fit into the processor's caches."""

MAX_MODES = 2_000
"""Largest number of modes: the covariance matrix is dense."""

POINT_MAP = 1e-12
"""A symplectic matrix carries p into x if an entry of that block is larger than this share of its largest entry."""


class LeavesFamilyError(InputError):
    """An operation that takes the state out of the exact family; the message names it and says why."""


def simulate(
    circuit: Circuit,
    shots: int,
    rng: np.random.Generator,
    forced: Mapping[str, float] | None = None,
    progress: Advance | None = None,
    threads: int | None = None,
) -> Outcomes:
    """Sample the homodyne outcomes of a circuit, exactly, shot by shot.

    Parameters
    ----------
    circuit : Circuit
        Logical or native, with or without noise. Modes that nothing prepares start in the vacuum.
    shots : int
        Number of shots, at least 1.
    rng : numpy.random.Generator
        The outcomes depend on it alone, not on the number of threads.
    forced : mapping from name to float
        Outcomes to condition on instead of sampling them (one shot only); their laws are still returned. Once hidden
        values have been drawn (loss, pinned modes), outcomes after a forced one must be forced too.
    progress : callable
        Called with the number of shots done after each group.
    threads : int, optional
        Groups of shots that run at once; as many as there are processors if None.

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
    >>> from compiler.ir.operations import Homodyne, PrepareSqueezed
    >>> state = tuple(PrepareSqueezed((m,), -0.5) for m in range(3))
    >>> edge = phase(Polynomial.monomial((0, 1, 2), 0.3))
    >>> read = Homodyne((0,), np.pi / 2, "p0")
    >>> p0 = simulate(Circuit(3, (*state, edge, read)), 400_000, np.random.default_rng(0)).results["p0"]
    >>> bool(abs(p0.var() / 1.03289 - 1) < 0.01)
    True
    """
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    if forced and shots != 1:
        raise InputError("outcomes can be forced for one shot only")
    if threads is not None and threads < 1:
        raise InputError(f"the number of threads must be at least 1, found {threads}")
    if unknown := set(forced or {}) - set(circuit.results):
        raise InputError(f"only results of the circuit can be forced, found {sorted(unknown)}")
    check_circuit(circuit)
    if (joint := joint_law(circuit)) is not None:
        return joint.sample(shots, rng, forced or {})
    if shots == 1:
        try:
            run = run_shots(circuit, fuse(circuit, "given"), 1, rng, forced or {})
            return _trusted(circuit, "given", [run], run.laws)
        except (LeavesFamilyError, PrecisionError):
            if forced:
                raise
            # another order of commuting readouts may stay in the family, and lose no digits, but then laws are given
            # other answers
            return _trusted(circuit, "family", [run_shots(circuit, fuse(circuit, "family"), 1, rng, {})])
    steps = fuse(circuit, "family")
    size = max(1, min(shots, GROUP, CHUNK_FLOATS // max(1, circuit.modes**2)))
    sizes = [min(size, shots - start) for start in range(0, shots, size)]
    groups = list(zip(sizes, [rng] if len(sizes) == 1 else rng.spawn(len(sizes)), strict=True))
    together = _together(size, circuit.modes)
    parts: list[Run] = []
    with ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        work = [
            pool.submit(_run_groups, circuit, steps, groups[start : start + together])
            for start in range(0, len(groups), together)
        ]
        try:
            for future in work:
                parts += future.result()
                if progress is not None:
                    progress(sum(run.state.shots for run in parts))
        finally:
            for future in work:
                future.cancel()
    return _trusted(circuit, "family", parts)


def _together(size: int, modes: int) -> int:
    """Return how many groups of ``size`` shots run at once."""
    return max(1, min(GROUP, CHUNK_FLOATS // max(1, modes)) // size)


def _run_groups(circuit: Circuit, steps: list[Step], groups: list[tuple[int, np.random.Generator]]) -> list[Run]:
    """Run groups of shots at once if their shots share covariances, and one after another if not: same outcomes."""
    if len(groups) > 1:
        sizes = [size for size, _ in groups]
        streams = Streams([stream for _, stream in groups], sizes)
        try:
            return [run_shots(circuit, steps, sum(sizes), streams, {}, CHUNK_FLOATS)]
        except TooWideError:
            pass
    return [run_shots(circuit, steps, size, stream, {}) for size, stream in groups]


def _trusted(circuit: Circuit, order: Order, runs: list[Run], laws: Mapping[str, Law] | None = None) -> Outcomes:
    """Return the outcomes of all runs, or refuse them if float64 lost their digits."""
    if any(run.state.strain.strained for run in runs):
        require_digits(circuit, partial(play, order))
    return Outcomes({name: np.concatenate([run.results[name] for run in runs]) for name in circuit.results}, laws or {})


def play(order: Order, circuit: Circuit, shots: int, rng: np.random.Generator, tape: Tape) -> None:
    """Run a few shots with their draws on a tape."""
    with guarded():
        run = Run(circuit, shots, rng, {})
        run.state.tape = tape
        run.play(fuse(circuit, order))


def check_circuit(circuit: Circuit) -> None:
    """Raise InputError if the circuit has symbols, or more modes than the simulator takes."""
    require_bound(circuit)
    check_squeezing(circuit)
    if circuit.modes > MAX_MODES:
        raise InputError(f"the exact simulator takes at most {MAX_MODES} modes, found {circuit.modes}")


def run_shots(
    circuit: Circuit,
    steps: list[Step],
    shots: int,
    rng: RandomNumbers,
    forced: Mapping[str, float],
    room: float = inf,
) -> Run:
    """Run one group of shots through the steps of a circuit.

    Raises
    ------
    TooWideError
        If the covariances of all shots differ, and hold more than ``room`` numbers.
    """
    with guarded():
        return Run(circuit, shots, rng, forced, room).play(steps)


@contextmanager
def guarded() -> Iterator[None]:
    """Turn a matrix that became singular into an InputError; overflows are refused where they are used."""
    try:
        with np.errstate(all="ignore"):
            yield
    except np.linalg.LinAlgError:
        raise InputError(
            "the covariance matrix became singular in float64: squeezing or shifts are too large for this circuit"
        ) from None


class Run:
    """One group of shots on its way through the steps."""

    def __init__(
        self,
        circuit: Circuit,
        shots: int,
        rng: RandomNumbers,
        forced: Mapping[str, float],
        room: float = inf,
    ) -> None:
        self.state = State(circuit.modes, shots, rng, room)
        self.forced = forced
        self.results: dict[str, Array] = {}
        self.laws: dict[str, Law] = {}
        self.unweighted = False
        """Whether an outcome was forced after hidden values were drawn, which it should have reweighted."""
        self.log_weight: Array | None = None
        """If set, log-densities of forced outcomes are added to it, shape (shots,), and may follow hidden values."""

    def play(self, steps: list[Step]) -> Run:
        """Take all steps, and return the run itself.

        Raises
        ------
        LeavesFamilyError
            If a step leaves the family; the message names the first one.
        """
        for index, step in steps:
            self.take(index, step)
        return self

    def take(self, index: int, step: Any) -> None:
        """Take one step; raises LeavesFamilyError, naming it, if it leaves the family."""
        refusal = RULES[type(step)](self, step)
        if refusal:
            raise LeavesFamilyError(
                f"at operation {index} {_show(step)} the state leaves the exact family: {refusal}; use the momenta "
                "back end (where momenta of several modes are read last), the grid back end (about four modes at a "
                "time), read that mode earlier, try closed-form moments without sampling (--shots 0), or the source "
                "without noise (--logical)"
            )
        self.state.untouched.difference_update(step.modes)

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

    def channel(self, channel: Channel) -> str | None:
        (mode,) = channel.modes
        if channel.eta < 1.0:
            self.state.apply_loss(mode, channel.eta)
        if channel.x_variance > 0.0 or channel.p_variance > 0.0:
            self.state.add_noise(mode, channel.x_variance, channel.p_variance)
        return None

    def dephasing(self, op: ops.Dephasing) -> str | None:
        if op.variance == 0.0:
            return None
        angle = np.sqrt(op.variance) * self.state.rng.normal(size=self.state.shots)
        self.state.hidden = True
        c, s = np.cos(angle), np.sin(angle)
        return self.mixed(op.modes, np.stack([np.stack([c, -s], axis=1), np.stack([s, c], axis=1)], axis=1))

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
        return self.mixed(block.modes, block.symplectic[None])

    def mixed(self, modes: tuple[int, ...], symplectic: Array) -> str | None:
        """Return a Gaussian unitary that mixes x and p; ``symplectic`` has shape (1 or shots, 2 k, 2 k)."""
        if refusal := self.pinned_in(modes):
            return refusal
        for mode in modes:
            self.state.rebase(mode)
        high = [key for key in self.state.phase if len(key) > 2 and not set(modes).isdisjoint(key)]
        if high:
            mode = next(m for m in high[0] if m in modes)
            return f"it mixes x and p of mode {mode}, which carries a phase of degree {len(high[0])}"
        self.state.gaussian(list(modes), symplectic, np.zeros(2 * len(modes)))
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
                tuple(int(v) for v, power in key for _ in range(power)): self.value(strength)
                for key, strength in op.polynomial.parts().items()
            }
        )

    def cubic_phase(self, op: ops.CubicPhase) -> str | None:
        return self.add({(op.modes[0],) * 3: self.value(op.gamma) / 3.0})

    def phase_power(self, op: ops.PhasePower) -> str | None:
        return self.add({(op.modes[0],) * op.order: self.value(op.strength) / op.order})

    def detector(self, op: Detector) -> str | None:
        given = self.forced.get(op.result)
        if given is None and self.unweighted:
            return "it would be sampled after an outcome was forced on a state with hidden values (noise, pins)"
        if not op.reads_position and (refusal := self.pinned_in(op.modes)):
            return refusal
        weighted = given is not None and self.log_weight is not None
        self.unweighted |= given is not None and self.state.hidden and not weighted
        # x cos + p sin = sin (p + x cot): a shear by cot, then the momentum
        scale = op.sign * op.gain * (1.0 if op.reads_position else sin(op.angle))
        draw = Draw(self.state.rng, self.state.shots, scale, op.variance, given, self.state.tape)
        if (law := self.read(op, draw)) == PINNED:
            return PINNED
        self.state.hidden |= op.variance > 0.0
        self.results[op.result] = np.broadcast_to(draw.reported, self.state.shots).copy()
        if draw.deviation is not None:
            self.state.strain.see_outcome(draw.reported, draw.deviation)
        if not isinstance(law, str | None):
            self.laws[op.result] = law.scaled(scale).noisier(op.variance) if scale else NormalLaw(0.0, op.variance)
        if weighted and draw.log_weight is not None and self.log_weight is not None:
            self.log_weight = self.log_weight + draw.log_weight
        return None

    def read(self, op: Detector, draw: Draw) -> Law | str | None:
        """Measure the quadrature; return its prior law if known, or why it is refused."""
        (mode,) = op.modes
        state, known = self.state, not self.state.hidden and self.state.shots == 1
        if not op.reads_position:
            if not isclose(cos(op.angle), 0.0, abs_tol=1e-15):
                self.add({(mode, mode): np.array([0.5 / tan(op.angle)])})
            return measure_momentum(state, mode, draw, op.kept, known, op.last)
        if mode in state.pinned:
            if draw.given is not None and op.variance == 0.0:
                return PINNED
            draw.known(state.pinned.pop(mode))
            return None
        mean, variance = state.position_law(mode)
        state.measure_position(mode, draw)
        return NormalLaw(float(mean[0]), float(variance[0])) if known else None


PINNED = "its outcome would be forced, but an earlier momentum readout already fixed the position of the mode"


def _show(step: Any) -> str:
    if isinstance(step, GaussianBlock):
        return f"and the Gaussian gates that follow it on modes {list(step.modes)}"
    if isinstance(step, Channel | Detector):
        return f"{'a readout' if isinstance(step, Detector) else 'noise'} of mode {step.modes[0]}"
    return str(step)


RULES: dict[type, Callable[[Any, Any], str | None]] = {
    ops.PrepareVacuum: Run.prepare_vacuum,
    ops.PrepareSqueezed: Run.prepare_squeezed,
    ops.PrepareCubic: Run.prepare_cubic,
    ops.Rotation: lambda run, op: "its angle depends on earlier results",  # numeric rotations are joined into blocks
    ops.Squeeze: Run.squeeze,
    ops.Shear: Run.shear,
    ops.Displacement: Run.displacement,
    ops.BeamSplitter: Run.beam_splitter,
    ops.ControlledX: Run.controlled_x,
    ops.ControlledZ: Run.controlled_z,
    ops.Interferometer: Run.interferometer,
    ops.PolynomialPhase: Run.polynomial_phase,
    ops.CubicPhase: Run.cubic_phase,
    ops.PhasePower: Run.phase_power,
    **dict.fromkeys(ops.STATES, lambda run, op: f"{type(op).__name__} is neither a Gaussian nor a cubic state"),
    ops.CrossKerr: lambda run, op: "a cross-Kerr gate is not a phase polynomial",
    ops.PostSelect: lambda run, op: "outcomes are drawn and cannot be chosen",
    ops.PhotonCount: lambda run, op: "this simulator reads only quadratures",
    ops.DisplacementReadout: lambda run, op: (
        "this simulator reads only quadratures; the branch simulator reads displacements"
    ),
    ops.Kerr: lambda run, op: "a Kerr gate is not a phase polynomial",
    ops.Dephasing: Run.dephasing,
    Channel: Run.channel,
    Detector: Run.detector,
    GaussianBlock: Run.block,
}
"""What each step does to the state; with what `simulations.exact.fuse` rewrites, total over all operations."""
