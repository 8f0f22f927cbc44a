"""Run a circuit on position grids: every operation of the representation, on up to about four modes at a time.

A cloud of classical points, spread as wide as the state's tails, goes through the circuit first and says how far x and
p of every mode reach at every step; the grids follow. Noise is followed shot by shot. Grids can be refined, and what
changes then is the error that is reported.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy import fft

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.typing import Advance, Array
from simulations.exact.moments import require_bound
from simulations.exact.outcomes import Outcomes
from simulations.grid.primitives import (
    Chirp,
    Cloud,
    Dephase,
    GridNoise,
    GridRead,
    Prepare,
    Primitive,
    Scale,
    Swap,
    Turn,
    primitives,
)
from simulations.grid.wave import Wave

MAX_AMPLITUDES = 1 << 25
"""Largest wave function: 0.5 GB, and a few copies of it."""

GROUP_AMPLITUDES = 1 << 21
"""Shots run in groups of about this many amplitudes."""

MAX_POINTS = 4_096
"""Largest grid of one mode: changing grids takes a matrix of points by points."""

CLOUD = 4_000
"""Points of the cloud: their extremes are near 3.4 standard deviations, times `Grids.widen`."""

OFF_CENTRE = 0.02
"""Grids follow the mean position when it is off by more than this share of their half width."""

CHECKED, CHECKED_EFFORT = 64, 50_000_000
"""Shots that are repeated on finer grids, and the `effort` that these may take."""


@dataclass(frozen=True, slots=True)
class Grids:
    """How generous grids are: tails at ``3.4 widen`` standard deviations, and ``slack`` times as many points."""

    widen: float = 1.7
    slack: float = 1.1

    def finer(self) -> Grids:
        """Grids to compare with."""
        return Grids(1.2 * self.widen, 1.2 * self.slack)


@dataclass(frozen=True, slots=True)
class GridMoment:
    """Mean and variance of one readout.

    Attributes
    ----------
    name : str
    mean, variance : float
    stderr : float
        Standard error of the variance from sampled noise and readouts; 0 where nothing had to be sampled.
    grid_error : float
        Change of mean or variance on finer grids, the larger.
    """

    name: str
    mean: float
    variance: float
    stderr: float
    grid_error: float


@dataclass(frozen=True, slots=True)
class _Plan:
    steps: list[tuple[int, Primitive]]
    needs: list[dict[int, tuple[float, float]]]
    points: dict[int, int]
    first_random: int
    group: int


def sample(
    circuit: Circuit,
    shots: int,
    rng: np.random.Generator,
    progress: Advance | None = None,
    grids: Grids = Grids(),
) -> Outcomes:
    """Sample the homodyne outcomes of a circuit.

    Parameters
    ----------
    circuit : Circuit
        Logical or native, with or without noise. Modes that nothing prepares start in the vacuum.
    shots : int
    rng : numpy.random.Generator
    progress : callable
        Called with the number of shots done.
    grids : Grids
        How fine.

    Raises
    ------
    InputError
        If the grids do not fit in memory.
    """
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    plan = _planned(circuit, grids, shots)
    return _drawn(plan, circuit, shots, min(shots, plan.group), rng, progress)


def _drawn(
    plan: _Plan, circuit: Circuit, shots: int, size: int, rng: np.random.Generator, progress: Advance | None = None
) -> Outcomes:
    """Outcomes by a plan, in groups of ``size`` shots: equal sizes use equal random numbers on all grids."""
    base = _Run(plan, 1, rng)
    base.play(0, plan.first_random)
    parts: list[dict[str, Array]] = []
    for start in range(0, shots, size):
        run = base.copy(min(size, shots - start), rng)
        run.play(plan.first_random, len(plan.steps))
        parts.append(run.results)
        if progress is not None:
            progress(min(shots, start + size))
    return Outcomes({name: np.concatenate([part[name] for part in parts]) for name in circuit.results})


def sampling_error(circuit: Circuit, seed: int, grids: Grids = Grids()) -> float:
    """Largest change of an outcome on finer grids, in standard deviations of that outcome, same random numbers.

    Outcomes are continuous functions of the random numbers, so that a few shots tell how far grids distort all.
    """
    shots = max(2, min(CHECKED, CHECKED_EFFORT // max(1, effort(circuit, grids))))
    plans = [_planned(circuit, g, shots) for g in (grids, grids.finer())]
    size = min(shots, *(plan.group for plan in plans))
    coarse, fine = (_drawn(plan, circuit, shots, size, np.random.default_rng(seed)).results for plan in plans)
    return max((float(np.abs(coarse[k] - fine[k]).max() / max(coarse[k].std(), 1e-12)) for k in coarse), default=0.0)


def moments(
    circuit: Circuit,
    rng: np.random.Generator | None = None,
    trajectories: int = 400,
    grids: Grids = Grids(),
) -> tuple[GridMoment, ...]:
    """Mean and variance of every readout, and how much they change on finer grids.

    Without noise on the way (noise just before a readout is part of the readout), without feed-forward and without
    preparing a used mode again, one deterministic run gives them. Otherwise each trajectory contributes its conditional
    mean and variance, and ``stderr`` tells what the sampling leaves open.

    Parameters
    ----------
    circuit : Circuit
    rng : numpy.random.Generator
        For trajectories; needed only if something has to be sampled.
    trajectories : int
    grids : Grids

    Raises
    ------
    InputError
        If the grids do not fit in memory, or random numbers are needed and not given.
    """
    still = is_still(circuit)
    if not still and rng is None:
        raise InputError("this circuit has noise, feed-forward or modes prepared again: give a random generator")
    seed = 0 if rng is None else int(rng.integers(2**63))
    both = []
    plans = [_planned(circuit, g, 1 if still else trajectories, keep=still) for g in (grids, grids.finer())]
    size = 1 if still else min(trajectories, *(plan.group for plan in plans))  # the same random numbers on both grids
    for plan in plans:
        generator = np.random.default_rng(seed)
        found: list[dict[str, tuple[Array, Array]]] = []
        for start in range(0, 1 if still else trajectories, size):
            run = _Run(plan, min(size, max(1, trajectories - start)), generator, keep=still)
            run.play(0, len(plan.steps))
            found.append(run.read)
        both.append({name: _total(found, name) for name in circuit.results})
    out = []
    for name, (mean, variance, stderr) in both[0].items():
        error = max(abs(mean - both[1][name][0]), abs(variance - both[1][name][1]))
        out.append(GridMoment(name, mean, variance, 0.0 if still else stderr, error))
    return tuple(out)


def effort(circuit: Circuit, grids: Grids = Grids()) -> int:
    """Amplitudes times steps of one shot, without what all shots share: 10^8 take some ten seconds.

    Raises
    ------
    InputError
        If the grids do not fit in memory.
    """
    plan = _planned(circuit, grids, 1)
    live: set[int] = set()
    total = 0
    for at, (_, step) in enumerate(plan.steps):
        live.update(step.modes)
        if isinstance(step, Prepare) or (isinstance(step, GridRead) and at < plan.first_random):
            live.discard(step.modes[0])
        if at >= plan.first_random:
            total += int(np.prod([plan.points[m] for m in live], dtype=float))
        if isinstance(step, GridRead):
            live.discard(step.modes[0])
    return total


def final_wave(circuit: Circuit, grids: Grids = Grids()) -> Wave:
    """The wave function at the end of a circuit without noise and readouts.

    Raises
    ------
    InputError
        If it has noise or readouts, prepares a mode in use again, or the grids do not fit in memory.
    """
    if any(isinstance(op, (*ops.NOISE, ops.Homodyne)) for op in circuit.operations):
        raise InputError("a wave function needs a circuit without noise and readouts")
    ends = tuple(ops.Homodyne((m,), 0.0, f"x{m}") for m in range(circuit.modes))  # so that every mode counts
    whole = circuit.then(ends)
    if not is_still(whole):
        raise InputError("a wave function needs a circuit that prepares no mode in use again: that leaves a mixture")
    plan = _planned(whole, grids, 1, keep=True)
    run = _Run(plan, 1, np.random.default_rng(0), keep=True)
    run.play(0, len(plan.steps))
    return run.wave


def _total(found: list[dict[str, tuple[Array, Array]]], name: str) -> tuple[float, float, float]:
    mean, variance = (np.concatenate([part[name][i] for part in found]) for i in (0, 1))
    square = variance + (mean - mean.mean()) ** 2
    return float(mean.mean()), float(square.mean()), float(square.std() / sqrt(len(square)))


def is_still(circuit: Circuit) -> bool:
    """Whether one deterministic run gives the moments: no noise on the way, no feed-forward, no mode prepared again."""
    touched: set[int] = set()
    for _, step in primitives(circuit):
        if isinstance(step, GridNoise | Dephase) or (isinstance(step, Prepare) and step.modes[0] in touched):
            return False
        touched.update(step.modes)
    return not any(isinstance(v, Polynomial) and v.names for op in circuit.operations for v in op.parameters().values())


def _planned(circuit: Circuit, grids: Grids, shots: int, keep: bool = False) -> _Plan:
    require_bound(circuit)
    steps = primitives(circuit)
    rng = np.random.default_rng(0)  # the cloud's own: grids must not depend on the caller's stream
    cloud = Cloud(np.zeros((circuit.modes, CLOUD)), np.zeros((circuit.modes, CLOUD)), grids.widen, rng)
    for m in range(circuit.modes):
        Prepare((m,), VACUUM_VARIANCE).cloud(cloud)
    needs: list[dict[int, tuple[float, float]]] = []
    points: dict[int, int] = {}
    for _, step in steps:
        before = {m: _reach(cloud, m) for m in step.modes}
        if isinstance(step, Turn) and step.quarters:  # positions from zero, not from the mean, become momenta
            before = {m: (max(x, float(np.abs(cloud.x[m]).max())), p) for m, (x, p) in before.items()}
        step.cloud(cloud)
        after = {m: _reach(cloud, m) for m in step.modes}
        need: dict[int, tuple[float, float]] = {}
        for m in step.modes:
            free = isinstance(step, Scale | Swap | GridNoise | GridRead) or (isinstance(step, Turn) and step.quarters)
            seen = [after[m]] if isinstance(step, Prepare) else [before[m]] if free else [before[m], after[m]]
            need[m] = max(x for x, _ in seen), max(p for _, p in seen)
            wanted = grids.slack * 2.0 * need[m][0] * need[m][1] / (pi * HBAR)
            if not wanted < MAX_POINTS:
                raise InputError(
                    f"a grid for mode {m} would need {wanted:.2g} points, more than {MAX_POINTS}, because its x "
                    f"reaches {need[m][0]:.3g} and its p {need[m][1]:.3g}; use less squeezing or smaller weights"
                )
            points[m] = max(points.get(m, 16), int(np.ceil(wanted)))
        needs.append(need)
    points = {m: fft.next_fast_len(n + n % 2) for m, n in points.items()}
    points = {m: n + n % 2 for m, n in points.items()}
    first, group = _sizes(steps, points, shots, keep)
    return _Plan(steps, needs, points, first, group)


def _reach(cloud: Cloud, mode: int) -> tuple[float, float]:
    x, p = cloud.x[mode], cloud.p[mode]
    return float(np.abs(x - x.mean()).max()), float(np.abs(p).max())


def _sizes(steps: list[tuple[int, Primitive]], points: dict[int, int], shots: int, keep: bool) -> tuple[int, int]:
    """Where randomness begins, and how many shots may run together; ``keep`` says that readouts leave their modes."""
    live: set[int] = set()
    first, peak = len(steps), 1
    alone = False
    for at, (index, step) in enumerate(steps):
        if isinstance(step, Prepare):
            live.discard(step.modes[0])
            continue
        live.update(step.modes)
        size = int(np.prod([points[m] for m in live], dtype=float))
        if size > MAX_AMPLITUDES:
            grid = " x ".join(str(points[m]) for m in sorted(live))
            raise InputError(
                f"at operation {index} the grid back end needs {grid} = {size:.3g} points for modes {sorted(live)}, "
                f"more than {MAX_AMPLITUDES:.3g}; it takes about four modes at a time: use --backend exact, or fewer"
            )
        if isinstance(step, GridNoise | Dephase | GridRead) or first < len(steps):
            first = min(first, at)
            if isinstance(step, GridRead) and not keep:
                live.discard(step.modes[0])
                size //= points[step.modes[0]]
            peak = max(peak, size)
        alone |= isinstance(step, Scale) and first < len(steps) and len(step.r(_Each())) > 1
    return first, 1 if alone else max(1, min(shots, GROUP_AMPLITUDES // peak))


class _Each(dict[str, Array]):
    """Results that differ from shot to shot, whatever their names."""

    def __missing__(self, key: str) -> Array:
        return np.zeros(2)


class _Run:
    """One group of shots on its way."""

    def __init__(self, plan: _Plan, shots: int, rng: np.random.Generator, keep: bool = False) -> None:
        self.plan, self.keep = plan, keep
        self.wave = Wave(shots, rng)
        self.waiting: dict[int, float] = {}
        self.results: dict[str, Array] = {}
        self.read: dict[str, tuple[Array, Array]] = {}

    def copy(self, shots: int, rng: np.random.Generator) -> _Run:
        """The same state, for a group of shots."""
        out = copy.copy(self)
        out.wave = copy.copy(self.wave)
        out.wave.axes = [copy.copy(axis) for axis in self.wave.axes]
        out.wave.shots, out.wave.rng = shots, rng
        out.waiting, out.results, out.read = dict(self.waiting), dict(self.results), dict(self.read)
        return out

    def play(self, start: int, stop: int) -> None:
        """Take the steps from ``start`` to ``stop``."""
        for at in range(start, stop):
            _, step = self.plan.steps[at]
            if isinstance(step, Prepare):
                (mode,) = step.modes
                if any(axis.mode == mode for axis in self.wave.axes):
                    self.wave.measure(mode)  # tracing out = measuring and forgetting
                self.waiting[mode] = step.variance
                continue
            for mode in step.modes:
                self._cover(mode, self.plan.needs[at][mode])
            if isinstance(step, GridRead):
                self._read(step)
            elif not isinstance(step, Chirp):
                step.wave(self.wave, self.results)

    def _cover(self, mode: int, need: tuple[float, float]) -> None:
        points, (x, p) = self.plan.points[mode], need
        # the slack is shared between the borders in x and in p
        spacing = 2.0 * x / points * sqrt(points * pi * HBAR / (2.0 * x * p))
        if not any(axis.mode == mode for axis in self.wave.axes):
            self.wave.add_mode(mode, self.waiting.pop(mode, VACUUM_VARIANCE), points, spacing)
            return
        axis = self.wave.axis_of(mode)
        reach = axis.reach
        mean, _ = self.wave.position_moments(mode)
        if np.abs(mean - axis.centre).max() > OFF_CENTRE * reach[0]:
            self.wave.recentre(mode, mean)
        if axis.points != points or reach[0] < 0.999 * x or reach[1] < 0.999 * p:
            self.wave.regrid(mode, points, spacing, axis.centre)

    def _read(self, step: GridRead) -> None:
        (mode,), d, wave = step.modes, step.detector, self.wave
        scale = d.sign * d.gain
        mean, variance = wave.position_moments(mode)
        lead = np.ones(wave.shots)
        self.read[d.result] = scale * mean * lead, (scale**2 * variance + d.variance) * lead
        if not self.keep:
            value = scale * wave.measure(mode)
            self.results[d.result] = value + sqrt(d.variance) * wave.rng.normal(size=wave.shots)
