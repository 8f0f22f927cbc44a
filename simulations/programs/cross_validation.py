"""Run a small program on every back end that can: moments, distances between distributions, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from compiler.artifact import read_program
from compiler.errors import InputError, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.typing import Array, Track
from hardware_profiles.display import Drawable
from simulations.backends.registry import Noise
from simulations.exact import NoClosedFormError, moments, simulate
from simulations.programs.instances import NoInstanceError, gathered, small_instance
from simulations.programs.witnesses import (
    Answer,
    GridWitness,
    MrMustardWitness,
    Question,
    StrawberryFieldsWitness,
    Witness,
)

SHOTS = 50_000
"""Shots of the exact simulator."""

PURE_CUTOFFS, MIXED_CUTOFFS = (8, 12, 16, 20), (6, 8, 10)
"""Fock cutoffs of Strawberry Fields without and with loss."""

SHRUNK_SHARE, MOVED_SHARE = 0.8, 0.1
"""Shares of the error: the largest cutoff's relative to the smallest one's, or the change by its last step."""


@dataclass(frozen=True, slots=True)
class ValidationRow:
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


@dataclass(frozen=True, slots=True, repr=False)
class CrossValidation(Drawable):
    """One program on all back ends.

    Attributes
    ----------
    program : str
        Name of the program that was run.
    exact : mapping from readout to (mean, variance)
    closed_form : bool
        Whether the exact moments are in closed form instead of from a sample.
    rows : tuple of ValidationRow
    refused : mapping from back end to reason
    """

    program: str
    exact: dict[str, tuple[float, float]]
    closed_form: bool
    rows: tuple[ValidationRow, ...]
    refused: dict[str, str]

    def __repr__(self) -> str:
        return f"<CrossValidation of {self.program}: {len(self.rows)} rows, {len(self.unexplained)} unexplained>"

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Differences that neither sampling nor a grid nor a cutoff explains."""
        return tuple(
            f"{self.program}: {row.backend} ({row.setting}) differs in {row.readout} by {row.error:.2g}"
            for row in self.rows
            if row.verdict == "unexplained"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
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
        Name of the program.
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
    sampling = {name: 5.0 * _sampling_error(samples[name]) for name in names}
    try:
        closed = moments(circuit)
        exact, closed_form = {name: closed.of(name) for name in names}, True
    except NoClosedFormError:
        exact, closed_form = sampled, False
    question = Question(circuit, seed, samples, dict.fromkeys(names, 0.0) if closed_form else sampling)
    rows = _rows("exact", Answer(f"{SHOTS} shots", sampled, sampling, {}, seconds), exact)
    refused: dict[str, str] = {}
    witnesses: tuple[Witness, ...] = (
        GridWitness(),
        MrMustardWitness(),
        StrawberryFieldsWitness(pure_cutoffs, mixed_cutoffs),
    )
    advance = track(f"{program}: back ends", len(witnesses))
    for done, witness in enumerate(witnesses, 1):
        try:
            for answer in witness.answers(question):
                rows += _rows(witness.backend, answer, exact)
        except InputError as error:
            refused[witness.backend] = str(error)
        advance(done)
    return CrossValidation(program, exact, closed_form, _explained(rows), refused)


def _rows(backend: str, answer: Answer, exact: Mapping[str, tuple[float, float]]) -> list[ValidationRow]:
    """Compare an answer with the exact moments, readout by readout."""
    rows = []
    for name, right in exact.items():
        error = _difference(answer.found[name], right)
        verdict = "agrees" if error <= answer.allowed[name] else "unexplained"
        distance = answer.distances.get(name)
        rows.append(
            ValidationRow(backend, answer.setting, name, *answer.found[name], error, distance, answer.seconds, verdict)
        )
    return rows


def _difference(found: tuple[float, float], exact: tuple[float, float]) -> float:
    return max(abs(found[1] / exact[1] - 1.0), abs(found[0] - exact[0]) / sqrt(exact[1]))


def _sampling_error(values: Array) -> float:
    """Return the standard error of the variance, relative to it, and at least that of the mean in deviations."""
    fourth = float(((values - values.mean()) ** 4).mean())
    variance = float(values.var())
    return max(sqrt((fourth - variance**2) / len(values)) / variance, 1.0 / sqrt(len(values)))


def _explained(rows: list[ValidationRow]) -> tuple[ValidationRow, ...]:
    """Mark differences of truncated back ends as explained if they shrink with the cutoff, or still move with it."""
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
