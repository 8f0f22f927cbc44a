"""Compute the density of recorded answers: exactly if no hidden values are drawn, else estimated without bias."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.typing import Array
from simulations.exact.fuse import Detector, fuse
from simulations.exact.joint import joint_law
from simulations.exact.run import CHUNK_FLOATS, Run, check_circuit, guarded, play
from simulations.exact.strain import require_digits

RESAMPLING_SHARE = 0.5
"""Trajectories are drawn again, by weight, when the effective number of them falls below this share."""


@dataclass(frozen=True, slots=True)
class LogDensity:
    """Natural logarithm of a density.

    Attributes
    ----------
    value : float
    stderr : float
        Standard error of ``value`` by the spread of weights; 0 where it is exact.
    method : str
        ``closed form``, or ``trajectories``.
    """

    value: float
    stderr: float
    method: str


def log_density(
    circuit: Circuit, answers: Mapping[str, float], rng: np.random.Generator, trajectories: int = 2000
) -> LogDensity:
    """Return the log-density of a record of all readouts of a circuit.

    Jointly normal readouts have a closed form, and without hidden values the chain of conditional laws is exact.
    Otherwise trajectories of the hidden values (loss, noise, pinned positions) are followed, each weighted by the
    density of the answers given its own past, and resampled by weight when few of them carry most of the weight: a
    particle filter,
    whose estimate of the density is unbiased (N. Gordon, D. Salmond, A. Smith, IEE Proc. F 140, 107 (1993)).

    Parameters
    ----------
    circuit : Circuit
    answers : mapping from name to float
        The outcome of every readout.
    rng : numpy.random.Generator
    trajectories : int
        Number of trajectories.

    A momentum whose law is not normal comes from a position grid of 7 deviations: in its far tails, with log-densities
    below about -30, only the order of magnitude is right.

    Raises
    ------
    LeavesFamilyError
        If an operation takes the state out of the family.
    InputError
        If answers are missing or unknown, or there are too many trajectories for the memory.

    Examples
    --------
    >>> from compiler.ir.operations import Homodyne, Loss
    >>> read = Circuit(1, (Loss((0,), 0.5), Homodyne((0,), 0.0, "x")))
    >>> round(log_density(read, {"x": 0.0}, np.random.default_rng(0)).value, 6)
    -0.918939
    """
    if set(answers) != set(circuit.results):
        raise InputError(f"a record must give {list(circuit.results)}, found {sorted(answers)}")
    check_circuit(circuit)
    if (joint := joint_law(circuit)) is not None:
        return LogDensity(joint.log_density(answers), 0.0, "closed form")
    if not 1 <= trajectories <= CHUNK_FLOATS // max(1, circuit.modes**2):
        most = CHUNK_FLOATS // max(1, circuit.modes**2)
        raise InputError(f"trajectories must lie in 1..{most} for {circuit.modes} modes, found {trajectories}")
    steps = fuse(circuit, "family")
    run = Run(circuit, trajectories, rng, answers)
    total, spread = 0.0, 0.0
    run.log_weight = np.zeros(1)
    with guarded():
        for index, step in steps:
            run.take(index, step)
            if isinstance(step, Detector) and _effective(run.log_weight) < RESAMPLING_SHARE * len(run.log_weight):
                total, spread = total + _log_mean(run.log_weight), spread + _relative_variance(run.log_weight)
                weights = np.exp(run.log_weight - run.log_weight.max())
                chosen = rng.choice(trajectories, trajectories, p=weights / weights.sum())
                run.state.select(chosen)
                run.results = {name: values[chosen] for name, values in run.results.items()}
                run.log_weight = np.zeros(trajectories)
    if run.state.strain.strained:
        require_digits(circuit, partial(play, "family"))
    total, spread = total + _log_mean(run.log_weight), spread + _relative_variance(run.log_weight)
    return LogDensity(total, float(np.sqrt(spread)), "trajectories" if run.state.hidden else "closed form")


def _log_mean(log_weight: Array) -> float:
    top = log_weight.max()
    return float(top + np.log(np.mean(np.exp(log_weight - top))))


def _effective(log_weight: Array) -> float:
    weights = np.exp(log_weight - log_weight.max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def _relative_variance(log_weight: Array) -> float:
    """Return the variance of the mean weight, relative to its square."""
    weights = np.exp(log_weight - log_weight.max())
    return float(weights.var() / weights.mean() ** 2 / len(weights))
