"""Run a circuit on position grids: every operation of the representation, on up to about four modes at a time.

`simulations.grid.plan` says which grids are needed. Noise is followed shot by shot. Grids can be refined, and the
change is the reported error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.typing import Advance, Array
from simulations.exact.outcomes import Outcomes
from simulations.grid.cloud import vacuum_cloud
from simulations.grid.group import Group
from simulations.grid.plan import USUAL, Grids, Plan, planned
from simulations.grid.primitives import Dephase, GridNoise, GridRead, Prepare, primitives
from simulations.grid.wave import Wave

CHECKED, CHECKED_EFFORT = 64, 50_000_000
"""Shots that are repeated on finer grids, and the `effort` that these may take."""

FEW = 16
"""Least number of shots for the deviation of an outcome; with fewer the cloud gives a rough value."""


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
        The larger of the changes of mean and variance on finer grids.
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
    grids: Grids = USUAL,
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
        Fineness of the grids.

    Raises
    ------
    InputError
        If the grids do not fit in memory.
    """
    if shots < 1:
        raise InputError(f"the number of shots must be at least 1, found {shots}")
    plan = planned(circuit, grids, shots)
    return _drawn(plan, circuit, shots, min(shots, plan.group), rng, progress)


def _drawn(
    plan: Plan, circuit: Circuit, shots: int, size: int, rng: np.random.Generator, progress: Advance | None = None
) -> Outcomes:
    """Return the outcomes by a plan, in groups of ``size`` shots: equal sizes use equal random numbers on all grids."""
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


def sampling_error(circuit: Circuit, seed: int, grids: Grids = USUAL) -> float:
    """Return the largest change of an outcome on finer grids with the same random numbers, in its deviations.

    Outcomes are continuous functions of the random numbers, so that a few shots show how far grids distort all. The
    rounding of an outcome to float64 counts as a change too.
    """
    shots = max(2, min(CHECKED, CHECKED_EFFORT // max(1, effort(circuit, grids))))
    plans = [planned(circuit, g, shots) for g in (grids, grids.finer())]
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
    """Return the deviations of the results in a cloud of classical points."""
    cloud = vacuum_cloud(circuit.modes, 1.0)
    for _, step in primitives(circuit):
        step.cloud(cloud)
    return {name: float(values.std()) for name, values in cloud.results.items()}


def moments(
    circuit: Circuit,
    rng: np.random.Generator | None = None,
    trajectories: int = 400,
    grids: Grids = USUAL,
) -> tuple[GridMoment, ...]:
    """Return the mean and variance of every readout, and how much they change on finer grids.

    Without noise on the way (noise just before a readout is part of the readout), without feed-forward and without
    preparing a used mode again, one deterministic run gives them. Otherwise each trajectory contributes its conditional
    mean and variance, and ``stderr`` is the error of the sampling.

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
        raise InputError(
            "a circuit with noise, feed-forward or modes that are prepared again needs a random generator; give one"
        )
    seed = int(rng.integers(2**63))
    both = []
    plans = [planned(circuit, g, trajectories) for g in (grids, grids.finer())]
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
    """Return moments of a circuit without random numbers: noise just before a readout only changes the detector."""
    bare = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.NOISE)))
    coarse, fine = (_bare_moments(bare, g) for g in (grids, grids.finer()))
    detectors = {step.detector.result: step.detector for _, step in primitives(circuit) if isinstance(step, GridRead)}
    out = []
    for name in circuit.results:
        gain, added = detectors[name].gain, detectors[name].variance
        (mean, variance), (fine_mean, fine_variance) = coarse[name], fine[name]
        error = max(abs(gain * (mean - fine_mean)), gain**2 * abs(variance - fine_variance))
        out.append(GridMoment(name, gain * mean, gain**2 * variance + added, 0.0, error))
    return tuple(out)


@lru_cache(maxsize=2)
def _bare_moments(circuit: Circuit, grids: Grids) -> dict[str, tuple[float, float]]:
    """Return the mean and variance of every readout of a circuit without noise, from one run."""
    plan = planned(circuit, grids, 1, keep=True)
    run = Group(plan, 1, np.random.default_rng(0), keep=True)
    run.play(0, len(plan.steps))
    return {name: (float(mean[0]), float(variance[0])) for name, (mean, variance) in run.read.items()}


def effort(circuit: Circuit, grids: Grids = USUAL) -> int:
    """Return amplitudes times steps of one shot, without shared work: 10^8 take about ten seconds.

    Raises
    ------
    InputError
        If the grids do not fit in memory.
    """
    plan = planned(circuit, grids, 1)
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


def final_wave(circuit: Circuit, grids: Grids = USUAL) -> Wave:
    """Return the wave function at the end of a circuit without noise and readouts.

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
    plan = planned(whole, grids, 1, keep=True)
    run = Group(plan, 1, np.random.default_rng(0), keep=True)
    run.play(0, len(plan.steps))
    return run.wave


def _total(found: list[dict[str, tuple[Array, Array]]], name: str) -> tuple[float, float, float]:
    mean, variance = (np.concatenate([part[name][i] for part in found]) for i in (0, 1))
    square = variance + (mean - mean.mean()) ** 2
    return float(mean.mean()), float(square.mean()), float(square.std() / sqrt(len(square)))


def is_still(circuit: Circuit) -> bool:
    """Tell whether one deterministic run gives the moments: no noise, no feed-forward, no mode prepared again."""
    touched: set[int] = set()
    for _, step in primitives(circuit):
        if isinstance(step, GridNoise | Dephase) or (isinstance(step, Prepare) and step.modes[0] in touched):
            return False
        touched.update(step.modes)
    return not any(isinstance(v, Polynomial) and v.names for op in circuit.operations for v in op.parameters().values())
