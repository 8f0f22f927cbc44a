"""Use back ends as witnesses of the exact simulator: their moments for the readouts of a circuit, and their errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from scipy.stats import ks_2samp, kstest

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne
from compiler.typing import Array
from simulations import grid
from simulations.backends import handover
from simulations.backends import mrmustard as mrmustard_backend
from simulations.backends import strawberryfields as fields
from simulations.backends.fock import quadrature_cdf, quadrature_moments
from simulations.backends.readouts import split_reads

GRID_SHOTS = 1_000
"""Number of trajectories of the grid."""

LEAST_SHOTS = 200
"""Least number of trajectories of a witness."""

GRID_EFFORT = 1_000_000_000
"""Largest `simulations.grid.effort` of all shots together: a minute or two."""

LEAST_GRID_EFFORT = 4_000_000
"""Least effort of a trajectory: plans and finer grids cost as much as this many amplitudes, a fifth of a second."""

KET_CUTOFFS = (28, 40)
"""Fock cutoffs of kets that are handed to MrMustard."""

RELATIVE_DIFFERENCE_ALLOWED = 0.002
"""Relative difference of a truncated back end that needs no explanation."""


@dataclass(frozen=True, slots=True)
class Question:
    """The question to a witness.

    Attributes
    ----------
    circuit : Circuit
        With its noise in place.
    seed : int
    samples : mapping from readout to array, shape (shots,)
        Of the exact simulator; distributions are compared with them.
    uncertain : mapping from readout to float
        Relative errors of the reference values, where these come from a sample.
    """

    circuit: Circuit
    seed: int
    samples: Mapping[str, Array]
    uncertain: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a witness with one setting.

    Attributes
    ----------
    setting : str
    found : mapping from readout to (mean, variance)
    allowed : mapping from readout to float
        Differences that sampling and grids explain, relative to the variance.
    distances : mapping from readout to float
        Kolmogorov's distance from the exact simulator's sample, where the witness gives a distribution.
    seconds : float
    """

    setting: str
    found: Mapping[str, tuple[float, float]]
    allowed: Mapping[str, float]
    distances: Mapping[str, float]
    seconds: float


class Witness(Protocol):
    """One back end."""

    @property
    def backend(self) -> str:
        """Its name."""

    def answers(self, question: Question) -> Iterator[Answer]:
        """Yield answers with one setting after another; raise InputError with the reason if none is possible."""


@dataclass(frozen=True, slots=True)
class GridWitness:
    """The position grid: trajectories, as many as `GRID_EFFORT` allows."""

    backend: str = "grid"

    def answers(self, question: Question) -> Iterator[Answer]:
        """Yield the moments by trajectories, and the distribution where there are enough of them."""
        start = perf_counter()
        circuit, rng = question.circuit, np.random.default_rng([question.seed, 1])
        shots = min(GRID_SHOTS, GRID_EFFORT // max(LEAST_GRID_EFFORT, grid.effort(circuit)))
        if shots < LEAST_SHOTS and not grid.is_still(circuit):
            raise InputError(f"{LEAST_SHOTS} trajectories would take more than {GRID_EFFORT:.0e} steps of amplitudes")
        found = [m for m in grid.moments(circuit, rng, shots) if m.name in question.uncertain]
        drawn = grid.sample(circuit, shots, rng).results if shots >= LEAST_SHOTS else {}
        yield Answer(
            f"{shots} trajectories" if any(m.stderr for m in found) else "deterministic",
            {m.name: (m.mean, m.variance) for m in found},
            {
                m.name: (5.0 * m.stderr + 3.0 * m.grid_error) / m.variance + question.uncertain[m.name] + 1e-6
                for m in found
            },
            {
                name: float(ks_2samp(question.samples[name], drawn[name]).statistic)
                for name in question.uncertain
                if name in drawn
            },
            perf_counter() - start,
        )


@dataclass(frozen=True, slots=True)
class MrMustardWitness:
    """MrMustard: Gaussian programs by themselves, others as kets from the grid at two cutoffs."""

    backend: str = "mrmustard"

    def answers(self, question: Question) -> Iterator[Answer]:
        """Yield the law of a Gaussian program, or single modes of a ket after loss."""
        start, circuit = perf_counter(), question.circuit
        if all(op.gaussian for op in circuit.operations):
            if reason := mrmustard_backend.refusal(circuit):
                raise InputError(reason)
            law = mrmustard_backend.gaussian_moments(circuit)
            found = {n: (float(law.mean[i]), float(law.cov[i, i])) for i, n in enumerate(law.names)}
            yield Answer("Gaussian", found, dict.fromkeys(law.names, 1e-9), {}, perf_counter() - start)
            return
        if isinstance(split := handover.split_final_loss(circuit), str):
            raise InputError(split)
        for cutoff in KET_CUTOFFS:
            yield _at_cutoff(f"grid's ket, cutoff {cutoff}", handover.single_modes, question, cutoff)


@dataclass(frozen=True, slots=True)
class StrawberryFieldsWitness:
    """Strawberry Fields: Gaussian programs by themselves, others at several Fock cutoffs, without and with noise."""

    pure_cutoffs: tuple[int, ...]
    mixed_cutoffs: tuple[int, ...]
    backend: str = "strawberryfields"

    def answers(self, question: Question) -> Iterator[Answer]:
        """Yield the moments of a Gaussian program, or single modes of a truncated state."""
        circuit = question.circuit
        if reason := fields.refusal(circuit):
            raise InputError(reason)
        if split_reads(circuit) is None:
            raise InputError(
                "an operation depends on a readout, so the Fock back end of Strawberry Fields would run shot by shot"
            )
        if fields.is_gaussian(circuit):
            start = perf_counter()
            found = {m.name: (m.mean, m.variance) for m in fields.moments(circuit, 0)}
            yield Answer("Gaussian", found, dict.fromkeys(found, 1e-9), {}, perf_counter() - start)
            return
        fields.single_modes(circuit, 3)  # imports and compiles, so that the times below are of the runs alone
        split = handover.split_final_loss(circuit)
        pure = isinstance(split, handover.SplitCircuit) and min(split.etas) == 1.0
        for cutoff in self.pure_cutoffs if pure else self.mixed_cutoffs:
            yield _at_cutoff(f"Fock cutoff {cutoff}", fields.single_modes, question, cutoff)


def _at_cutoff(
    setting: str,
    single_modes: Callable[[Circuit, int], dict[str, tuple[Homodyne, Any]]],
    question: Question,
    cutoff: int,
) -> Answer:
    """Return the answer of a back end that gives density matrices of single modes."""
    start = perf_counter()
    states = single_modes(question.circuit, cutoff)
    found = {name: quadrature_moments(rho, op.angle) for name, (op, rho) in states.items()}
    distances = {
        name: float(kstest(question.samples[name], quadrature_cdf(rho, op.angle)).statistic)
        for name, (op, rho) in states.items()
    }
    return Answer(setting, found, dict.fromkeys(states, RELATIVE_DIFFERENCE_ALLOWED), distances, perf_counter() - start)
