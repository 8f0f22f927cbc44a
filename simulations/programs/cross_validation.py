"""One small program on every back end that can run it: moments, distances between distributions, and verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from scipy.stats import ks_2samp, kstest

from compiler.artifact import read_program
from compiler.errors import InputError, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    Homodyne,
)
from compiler.typing import Array, Track
from simulations import grid
from simulations.backends import handover
from simulations.backends import mrmustard as mrmustard_backend
from simulations.backends import strawberryfields as fields
from simulations.backends.fock import quadrature_cdf, quadrature_moments
from simulations.backends.readouts import split_reads
from simulations.backends.registry import Noise
from simulations.exact import NoClosedFormError, moments, simulate
from simulations.programs.instances import NoInstanceError, gathered, small_instance

SHOTS = 50_000
GRID_SHOTS = 1_000
"""Shots of the exact simulator and of the grid."""

LEAST_SHOTS = 200
"""Fewer trajectories than this are no witness."""

GRID_EFFORT = 1_000_000_000
"""Largest `simulations.grid.effort` of all shots together: a minute or two."""

LEAST_GRID_EFFORT = 4_000_000
"""What a trajectory counts at least: plans and finer grids cost as much as so many amplitudes, a fifth of a second."""

PURE_CUTOFFS, MIXED_CUTOFFS = (8, 12, 16, 20), (6, 8, 10)
"""Fock cutoffs of Strawberry Fields without and with loss."""

KET_CUTOFFS = (28, 40)
"""Fock cutoffs of kets that are handed to MrMustard."""


SHRUNK_SHARE, MOVED_SHARE = 0.8, 0.1
"""Shares of the error: what the largest cutoff must have left of the smallest one's, or how far its last step moved."""

RELATIVE_DIFFERENCE_ALLOWED = 0.002
"""Relative difference of a truncated back end that needs no explanation."""


@dataclass(frozen=True, slots=True)
class Row:
    """One readout on one back end.

    ``distance`` is the largest difference of distribution functions from the exact simulator's sample (Kolmogorov's);
    ``error`` the relative error of the variance, or of the mean in deviations, the larger.
    """

    backend: str
    setting: str
    readout: str
    mean: float
    variance: float
    error: float
    distance: float | None
    seconds: float
    verdict: str


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """One program on all back ends.

    Attributes
    ----------
    program : str
        What was run.
    exact : mapping from readout to (mean, variance)
    closed_form : bool
        Whether these are in closed form, or from a sample.
    rows : tuple of Row
    refused : mapping from back end to reason
    """

    program: str
    exact: dict[str, tuple[float, float]]
    closed_form: bool
    rows: tuple[Row, ...]
    refused: dict[str, str]

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Differences that neither sampling nor a grid nor a cutoff explains."""
        return tuple(
            f"{self.program}: {row.backend} ({row.setting}) differs in {row.readout} by {row.error:.2g}"
            for row in self.rows
            if row.verdict == "unexplained"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def validate_folder(folder: Path, seed: int, track: Track) -> tuple[CrossValidation, ...]:
    """Cross-validate a small instance of a compiled program, without and with the noise of its profile.

    Parameters
    ----------
    folder : Path
        Written by ``khrnn compile``.
    seed : int
    track : callable
        ``(what, total) -> advance``.

    Raises
    ------
    NoInstanceError
        If there is no small instance.
    InputError
        If a file is wrong.
    """
    stored = read_program(folder)
    source, profile = stored.source, stored.profile
    try:
        native = small_instance(source, profile)
    except NotMappableError as error:
        raise NoInstanceError(f"a small instance with homodyne readouts is {error}") from None
    results = tuple(name for name in native.results if name in ("p0", "x1", "x2"))  # others belong to gadgets
    runs = [cross_validate("small instance, no noise", native, seed, track, results=results)]
    noisy = Noise(profile).placed(native)
    if noisy != native:
        others = (
            ("the same, its loss gathered before the readouts", gathered(native, noisy)),
            (f"the same, with the noise of {profile.name} in place", noisy),
        )
        runs += [cross_validate(program, circuit, seed, track, results=results) for program, circuit in others]
    return tuple(runs)


def cross_validate(
    program: str,
    circuit: Circuit,
    seed: int,
    track: Track,
    *,
    results: tuple[str, ...] | None = None,
    pure_cutoffs: tuple[int, ...] = PURE_CUTOFFS,
    mixed_cutoffs: tuple[int, ...] = MIXED_CUTOFFS,
) -> CrossValidation:
    """Run a program on every back end that can, and compare with the exact simulator.

    Parameters
    ----------
    program : str
        Its name.
    circuit : Circuit
        With its noise in place.
    seed : int
    track : callable
    results : tuple of str, optional
        Readouts to compare; all if None.
    pure_cutoffs, mixed_cutoffs : tuple of int
        Fock cutoffs of Strawberry Fields for circuits without and with noise.

    Raises
    ------
    LeavesFamilyError
        If the exact simulator cannot run it.
    """
    names = circuit.results if results is None else results
    start = perf_counter()
    samples = simulate(circuit, SHOTS, np.random.default_rng([seed, 0])).results
    seconds = perf_counter() - start
    sampled = {name: (float(samples[name].mean()), float(samples[name].var())) for name in names}
    try:
        closed = moments(circuit)
        exact, closed_form = {name: closed.of(name) for name in names}, True
    except NoClosedFormError:
        exact, closed_form = sampled, False
    refused: dict[str, str] = {}
    rows: list[Row] = []

    def add(
        backend: str,
        setting: str,
        found: dict[str, tuple[float, float]],
        allowed: dict[str, float],
        distances: dict[str, float],
        seconds: float,
    ) -> None:
        for name in names:
            error = _difference(found[name], exact[name])
            verdict = "agrees" if error <= allowed[name] else "unexplained"
            rows.append(Row(backend, setting, name, *found[name], error, distances.get(name), seconds, verdict))

    sampling = {name: _sampling_error(samples[name]) for name in names}
    add("exact", f"{SHOTS} shots", sampled, {n: 5.0 * sampling[n] for n in names}, {}, seconds)
    advance = track(f"{program}: back ends", 3)
    uncertain = {n: 0.0 if closed_form else 5.0 * sampling[n] for n in names}
    try:
        start = perf_counter()
        rng = np.random.default_rng([seed, 1])
        shots = min(GRID_SHOTS, GRID_EFFORT // max(LEAST_GRID_EFFORT, grid.effort(circuit)))
        if shots < LEAST_SHOTS and not grid.is_still(circuit):
            raise InputError(f"{LEAST_SHOTS} trajectories would take more than {GRID_EFFORT:.0e} steps of amplitudes")
        found = [m for m in grid.moments(circuit, rng, shots) if m.name in names]
        drawn = grid.sample(circuit, shots, rng).results if shots >= LEAST_SHOTS else {}
        add(
            "grid",
            f"{shots} trajectories" if any(m.stderr for m in found) else "deterministic",
            {m.name: (m.mean, m.variance) for m in found},
            {m.name: (5.0 * m.stderr + 3.0 * m.grid_error) / m.variance + uncertain[m.name] + 1e-6 for m in found},
            {name: float(ks_2samp(samples[name], drawn[name]).statistic) for name in names if name in drawn},
            perf_counter() - start,
        )
    except InputError as error:
        refused["grid"] = str(error)
    advance(1)
    _truncated_rows(circuit, samples, add, refused)
    advance(2)
    pure = isinstance(split := handover.split_final_loss(circuit), handover.Split) and min(split.etas) == 1.0
    _fock_rows(circuit, pure_cutoffs if pure else mixed_cutoffs, samples, add, refused)
    advance(3)
    return CrossValidation(program, exact, closed_form, _explained(rows), refused)


Add = Callable[[str, str, dict[str, tuple[float, float]], dict[str, float], dict[str, float], float], None]


def _truncated_rows(circuit: Circuit, samples: Any, add: Add, refused: dict[str, str]) -> None:
    start = perf_counter()
    if all(op.gaussian for op in circuit.operations):
        if reason := mrmustard_backend.refusal(circuit):
            refused["mrmustard"] = reason
            return
        law = mrmustard_backend.gaussian_moments(circuit)
        found = {n: (float(law.mean[i]), float(law.cov[i, i])) for i, n in enumerate(law.names)}
        add("mrmustard", "Gaussian", found, dict.fromkeys(law.names, 1e-9), {}, perf_counter() - start)
        return
    split = handover.split_final_loss(circuit)
    if isinstance(split, str):
        refused["mrmustard"] = split
        return
    try:
        for cutoff in KET_CUTOFFS:
            add(
                "mrmustard",
                f"grid's ket, cutoff {cutoff}",
                *_at_cutoff(handover.single_modes, circuit, cutoff, samples),
            )
    except InputError as error:
        refused["mrmustard"] = str(error)


def _fock_rows(circuit: Circuit, cutoffs: tuple[int, ...], samples: Any, add: Add, refused: dict[str, str]) -> None:
    if reason := fields.refusal(circuit):
        refused["strawberryfields"] = reason
        return
    if split_reads(circuit) is None:
        refused["strawberryfields"] = "an operation depends on a readout, and its Fock back end would run shot by shot"
        return
    try:
        if fields.is_gaussian(circuit):
            start = perf_counter()
            found = {m.name: (m.mean, m.variance) for m in fields.moments(circuit, 0)}
            add("strawberryfields", "Gaussian", found, dict.fromkeys(found, 1e-9), {}, perf_counter() - start)
            return
        fields.single_modes(circuit, 3)  # imports and compiles, so that the times below are of the runs alone
        for cutoff in cutoffs:
            add("strawberryfields", f"Fock cutoff {cutoff}", *_at_cutoff(fields.single_modes, circuit, cutoff, samples))
    except InputError as error:
        refused["strawberryfields"] = str(error)


def _at_cutoff(
    single_modes: Callable[[Circuit, int], dict[str, tuple[Homodyne, Any]]], circuit: Circuit, cutoff: int, samples: Any
) -> tuple[dict[str, tuple[float, float]], dict[str, float], dict[str, float], float]:
    """Moments, allowed errors, distances and time of a back end that gives density matrices of single modes."""
    start = perf_counter()
    states = single_modes(circuit, cutoff)
    found = {name: quadrature_moments(rho, op.angle) for name, (op, rho) in states.items()}
    distances = {
        name: float(kstest(samples[name], quadrature_cdf(rho, op.angle)).statistic)
        for name, (op, rho) in states.items()
    }
    return found, dict.fromkeys(states, RELATIVE_DIFFERENCE_ALLOWED), distances, perf_counter() - start


def _difference(found: tuple[float, float], exact: tuple[float, float]) -> float:
    return max(abs(found[1] / exact[1] - 1.0), abs(found[0] - exact[0]) / sqrt(exact[1]))


def _sampling_error(values: Array) -> float:
    """Standard error of the variance, relative to it, and at least that of the mean in deviations."""
    fourth = float(((values - values.mean()) ** 4).mean())
    variance = float(values.var())
    return max(sqrt((fourth - variance**2) / len(values)) / variance, 1.0 / sqrt(len(values)))


def _explained(rows: list[Row]) -> tuple[Row, ...]:
    """Differences of truncated back ends are explained by the cutoff if they shrink with it, or still move with it."""
    out = []
    for row in rows:
        verdict = row.verdict
        series = [r for r in rows if (r.backend, r.readout) == (row.backend, row.readout)]
        if verdict == "unexplained" and "cutoff" in row.setting and len(series) > 1:
            before, last = series[-2:]
            moved = _difference((last.mean, last.variance), (before.mean, before.variance))
            if last.error < SHRUNK_SHARE * series[0].error or moved > MOVED_SHARE * last.error:
                verdict = "explained by cutoff"
        out.append(replace(row, verdict=verdict))
    return tuple(out)
