"""Run a circuit on position grids: every operation of the representation, on up to about four modes at a time.

A cloud of classical points, spread as wide as the state's tails, goes through the circuit first and says how far x and
p of every mode reach at every step, counted from the frame that displacements move; the grids follow. Noise is followed
shot by shot. Grids can be refined, and what changes then is the error that is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi, sqrt

import numpy as np
from scipy import fft

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.typing import Advance, Array
from simulations.exact.fuse import Detector
from simulations.exact.moments import require_bound
from simulations.exact.outcomes import Outcomes
from simulations.grid.cloud import Cloud, vacuum_cloud
from simulations.grid.group import Group, Plan
from simulations.grid.primitives import (
    Dephase,
    GridNoise,
    GridRead,
    Kerr,
    Prepare,
    Primitive,
    Scale,
    Swap,
    Turn,
    primitives,
)
from simulations.grid.spacing import axes_of, spacings
from simulations.grid.wave import FOCK_TAIL, Wave

MAX_AMPLITUDES = 1 << 25
"""Largest wave function: 0.5 GB, and a few copies of it."""

GROUP_AMPLITUDES = 1 << 21
"""Shots run in groups of about this many amplitudes."""

MAX_POINTS = 4_096
"""Largest grid of one mode: changing grids takes a matrix of points by points."""

CHECKED, CHECKED_EFFORT = 64, 50_000_000
"""Shots that are repeated on finer grids, and the `effort` that these may take."""

FEW = 16
"""Fewer shots than this do not tell the deviation of an outcome; the cloud does, roughly."""

LARGEST_REACH = 1e150
"""Distances beyond this, and below its inverse, have no square in float64."""

MAX_FRAME = 1e10
"""Largest displacement in units of how far the state reaches around it: float64 keeps six digits of the state then."""


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
    plan: Plan, circuit: Circuit, shots: int, size: int, rng: np.random.Generator, progress: Advance | None = None
) -> Outcomes:
    """Outcomes by a plan, in groups of ``size`` shots: equal sizes use equal random numbers on all grids."""
    base = Group(plan, 1, rng)
    base.play(0, plan.first_random)
    base.ready()
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

    Outcomes are continuous functions of the random numbers, so that a few shots tell how far grids distort all. What
    float64 rounds off an outcome counts as a change too.
    """
    shots = max(2, min(CHECKED, CHECKED_EFFORT // max(1, effort(circuit, grids))))
    plans = [_planned(circuit, g, shots) for g in (grids, grids.finer())]
    size = min(shots, *(plan.group for plan in plans))
    coarse, fine = (_drawn(plan, circuit, shots, size, np.random.default_rng(seed)).results for plan in plans)
    known = _rough_deviations(circuit) if shots < FEW else {}
    worst = 0.0
    for name, values in coarse.items():
        with np.errstate(over="ignore"):
            change = np.abs(values - fine[name]) + np.spacing(np.abs(values))
            worst = max(worst, float(change.max()) / max(float(values.std()), known.get(name, 0.0), 1e-12))
    return worst


def _rough_deviations(circuit: Circuit) -> dict[str, float]:
    """Deviations of the results in a cloud of classical points."""
    cloud = vacuum_cloud(circuit.modes, 1.0)
    for _, step in primitives(circuit):
        step.cloud(cloud)
    return {name: float(values.std()) for name, values in cloud.results.items()}


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
    if is_still(circuit):
        return _still_moments(circuit, grids)
    if rng is None:
        raise InputError("this circuit has noise, feed-forward or modes prepared again: give a random generator")
    seed = int(rng.integers(2**63))
    both = []
    plans = [_planned(circuit, g, trajectories) for g in (grids, grids.finer())]
    size = min(trajectories, *(plan.group for plan in plans))  # the same random numbers on both grids
    for plan in plans:
        generator = np.random.default_rng(seed)
        found: list[dict[str, tuple[Array, Array]]] = []
        for start in range(0, trajectories, size):
            run = Group(plan, min(size, max(1, trajectories - start)), generator)
            run.play(0, len(plan.steps))
            found.append(run.read)
        both.append({name: _total(found, name) for name in circuit.results})
    out = []
    for name, (mean, variance, stderr) in both[0].items():
        error = max(abs(mean - both[1][name][0]), abs(variance - both[1][name][1]))
        out.append(GridMoment(name, mean, variance, stderr, error))
    return tuple(out)


def _still_moments(circuit: Circuit, grids: Grids) -> tuple[GridMoment, ...]:
    """Moments of a circuit that needs no random numbers: noise just before a readout only changes the detector."""
    bare = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.NOISE)))
    coarse, fine = (_bare_moments(bare, g) for g in (grids, grids.finer()))
    before, after = ({name: d for name, d in _detectors(c)} for c in (bare, circuit))
    out = []
    for name in circuit.results:
        gain = after[name].gain / before[name].gain * after[name].sign / before[name].sign
        (mean, variance), (fine_mean, fine_variance) = coarse[name], fine[name]
        error = max(abs(gain * (mean - fine_mean)), gain**2 * abs(variance - fine_variance))
        out.append(GridMoment(name, gain * mean, gain**2 * variance + after[name].variance, 0.0, error))
    return tuple(out)


def _detectors(circuit: Circuit) -> list[tuple[str, Detector]]:
    """The detector of every readout, by its name."""
    return [(step.detector.result, step.detector) for _, step in primitives(circuit) if isinstance(step, GridRead)]


@lru_cache(maxsize=2)
def _bare_moments(circuit: Circuit, grids: Grids) -> dict[str, tuple[float, float]]:
    """Mean and variance of every readout of a circuit without noise, from one run."""
    plan = _planned(circuit, grids, 1, keep=True)
    run = Group(plan, 1, np.random.default_rng(0), keep=True)
    run.play(0, len(plan.steps))
    return {name: (float(mean[0]), float(variance[0])) for name, (mean, variance) in run.read.items()}


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
            total += int(np.prod([plan.points[at][m] for m in live], dtype=float))
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
    run = Group(plan, 1, np.random.default_rng(0), keep=True)
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


def _planned(circuit: Circuit, grids: Grids, shots: int, keep: bool = False) -> Plan:
    require_bound(circuit)
    with np.errstate(all="ignore"):  # what overflows is refused
        return _plan_of(circuit, grids, shots, keep)


def _plan_of(circuit: Circuit, grids: Grids, shots: int, keep: bool) -> Plan:
    steps = primitives(circuit)
    only = [step for _, step in steps]
    axes = axes_of(circuit.modes, only)
    cloud = vacuum_cloud(circuit.modes, grids.widen)
    needs: list[dict[int, tuple[float, float]]] = []
    sizes: dict[int, int] = {}
    for at, step in enumerate(only):
        needs.append(_step_with_needs(cloud, step))
        for m, (x, p) in needs[-1].items():
            _require_room(cloud, m, x, p, wanted := grids.slack * 2.0 * x * p / (pi * HBAR))
            sizes[axes[at][m]] = max(sizes.get(axes[at][m], 16), int(np.ceil(wanted)))
    sizes = {axis: fft.next_fast_len(n + n % 2) for axis, n in sizes.items()}
    sizes = {axis: n + n % 2 for axis, n in sizes.items()}
    points = [{m: sizes[axis] for m, axis in of.items() if axis in sizes} for of in axes]
    first, group = _sizes(steps, points, shots, keep)
    return Plan(steps, needs, points, spacings(only, needs, axes, sizes, sqrt(grids.slack)), first, group)


def _require_room(cloud: Cloud, mode: int, x: float, p: float, points: float) -> None:
    """Raise InputError if a grid of so many points is too large, or float64 cannot hold what lies on it."""
    moved = [float(np.abs(q[1, mode]).max()) for q in (cloud.x, cloud.p)]
    if not np.isfinite([x, p, *moved]).all():
        raise InputError(
            f"x or p of mode {mode} overflows float64; use less squeezing, smaller weights or smaller displacements"
        )
    if points >= MAX_POINTS:
        raise InputError(
            f"a grid for mode {mode} would need {points:.2g} points, more than {MAX_POINTS}, because its x reaches "
            f"{x:.3g} and its p {p:.3g}; use less squeezing, smaller weights, or smaller displacements before gates "
            "that are not Gaussian"
        )
    if not all(1.0 / LARGEST_REACH < reach < LARGEST_REACH for reach in (x, p)):
        raise InputError(
            f"x of mode {mode} reaches {x:.3g} and p {p:.3g}, and float64 cannot hold their squares; use less "
            "squeezing or smaller weights"
        )
    for distance, reach in zip(moved, (x, p), strict=True):
        if distance > MAX_FRAME * reach:
            raise InputError(
                f"mode {mode} is displaced by {distance:.3g}, more than {MAX_FRAME:.0e} times the {reach:.3g} that its "
                "state reaches around there: float64 cannot hold both; use smaller displacements"
            )


def _step_with_needs(cloud: Cloud, step: Primitive) -> dict[int, tuple[float, float]]:
    """Take one step with the cloud; return how far the grid of each of its modes must reach in x and in p."""
    before = {m: cloud.reach(m) for m in step.modes}
    step.cloud(cloud)
    after = {m: cloud.reach(m) for m in step.modes}
    if isinstance(step, Kerr):
        (m,) = step.modes
        radius = float(np.hypot(cloud.x[0, m], cloud.p[0, m]).max()) + FOCK_TAIL
        return {m: (radius, radius)}
    if isinstance(step, Prepare):
        return after
    if isinstance(step, GridNoise):
        (m,) = step.modes
        (x, p), eta = before[m], step.channel.eta
        return {m: (x, max(p, after[m][1] / sqrt(eta)) if eta > 0.0 else p)}  # the vacuum narrows a stretched grid's x
    if isinstance(step, Scale | Swap | GridRead) or (isinstance(step, Turn) and step.quarters):
        return before
    return {m: (max(x, after[m][0]), max(p, after[m][1])) for m, (x, p) in before.items()}


def _sizes(steps: list[tuple[int, Primitive]], points: list[dict[int, int]], shots: int, keep: bool) -> tuple[int, int]:
    """Where randomness begins, and how many shots may run together; ``keep`` says that readouts leave their modes."""
    live: set[int] = set()
    first, peak = len(steps), 1
    alone = False
    for at, (index, step) in enumerate(steps):
        if isinstance(step, Prepare):
            live.discard(step.modes[0])
            continue
        live.update(step.modes)
        size = int(np.prod([points[at][m] for m in live], dtype=float))
        if size > MAX_AMPLITUDES:
            grid = " x ".join(str(points[at][m]) for m in sorted(live))
            raise InputError(
                f"at operation {index} the grid back end needs {grid} = {size:.3g} points for modes {sorted(live)}, "
                f"more than {MAX_AMPLITUDES:.3g}; it takes about four modes at a time: use --backend exact, or fewer"
            )
        if isinstance(step, GridNoise | Dephase | GridRead) or first < len(steps):
            first = min(first, at)
            if isinstance(step, GridRead) and not keep:
                live.discard(step.modes[0])
                size //= points[at][step.modes[0]]
            peak = max(peak, size)
        alone |= isinstance(step, Scale) and first < len(steps) and len(step.r(_Each())) > 1
    return first, 1 if alone else max(1, min(shots, GROUP_AMPLITUDES // peak))


class _Each(dict[str, Array]):
    """Results that differ from shot to shot, whatever their names."""

    def __missing__(self, key: str) -> Array:
        return np.zeros(2)
