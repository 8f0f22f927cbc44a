r"""Reduce a circuit to its last momentum readouts: a Gaussian density and a cubic phase, for many shots.

The exact simulator runs everything before the last momentum readouts. It hands over the state

``psi(x) = exp(-(x - mu)' P (x - mu) / 4 + (i / hbar) (C(x) + x' H x / 2 + g . x))``,

where the precision P and the cubic form C are those of all shots, and mu, H and g may differ from shot to shot, because
losses are followed by hidden values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, isclose, sin, tan

import numpy as np

from compiler.errors import InputError
from compiler.ir.circuit import Circuit
from compiler.typing import Array
from simulations.exact.fuse import Detector, Step, fuse
from simulations.exact.phase import Phase, add
from simulations.exact.run import Run

Key = tuple[int, int, int]
Cubic = Mapping[Key, float]
"""Coefficients of a cubic form, by the sorted variables of a monomial."""

MAX_MOMENTA = 400
"""Largest number of momenta that are read jointly: their matrices are dense, one per shot."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A state of n modes whose momenta are all read; arrays have a leading axis of 1 or of all shots.

    Attributes
    ----------
    mean : array, shape (1 or shots, n)
    precision : array, shape (n, n)
        Inverse covariance of the positions.
    cubic : mapping
    hessian : array, shape (1 or shots, n, n)
    gradient : array, shape (1 or shots, n)
    """

    mean: Array
    precision: Array
    cubic: Cubic
    hessian: Array
    gradient: Array

    @property
    def modes(self) -> int:
        """The number of modes."""
        return len(self.precision)

    @property
    def covariance(self) -> Array:
        """Covariance of the positions, shape (n, n)."""
        out: Array = np.linalg.inv(self.precision)
        return out

    def along(self, matrix: Array, cubic: Cubic) -> Problem:
        """Return the same state in positions x' with ``x = matrix x'``, where the cubic form is known there."""
        return Problem(
            np.linalg.solve(matrix, self.mean.T).T,
            matrix.T @ self.precision @ matrix,
            cubic,
            matrix.T @ self.hessian @ matrix,
            self.gradient @ matrix,
        )


def split(circuit: Circuit) -> tuple[list[Step], list[Detector]]:
    """Return the steps of a circuit, and the momentum readouts with which they end."""
    steps = fuse(circuit, "family")
    first = len(steps)
    while first and isinstance(step := steps[first - 1][1], Detector) and not step.reads_position:
        first -= 1
    return steps[:first], [step for _, step in steps[first:] if isinstance(step, Detector)]


def is_cubic(run: Run, detectors: list[Detector]) -> bool:
    """Tell whether momenta of several modes are left, under a phase of degree 3."""
    return len(detectors) > 1 and max(map(len, run.state.phase), default=0) == 3


def collect(run: Run, detectors: list[Detector]) -> Problem:
    """Return the state before the last readouts, with all other modes traced out.

    Raises
    ------
    InputError
        If the state does not have the form above.
    """
    state, modes = run.state, [detector.modes[0] for detector in detectors]
    if len(modes) > MAX_MOMENTA:
        raise InputError(f"at most {MAX_MOMENTA} momenta are read jointly, found {len(modes)}; read positions of some")
    if pinned := [m for m in modes if m in state.pinned]:
        raise InputError(f"the momentum of mode {pinned[0]} is read, but an earlier readout fixed its position")
    for detector in detectors:
        if not isclose(cos(detector.angle), 0.0, abs_tol=1e-15):
            run.add({detector.modes * 2: np.array([0.5 / tan(detector.angle)])})
    for mode in [m for m in state.active if m not in modes]:
        state.measure_position(mode)  # tracing out is measuring and forgetting
    cov = state.cov[:, modes][:, :, modes]
    phase: Phase = {}
    for mode in modes:
        for key, value in state.take_phase_of(mode).items():
            add(phase, key, value)
    cubics = {key: value for key, value in phase.items() if len(key) == 3}
    if len(cov) > 1 or any(len(value) > 1 for value in cubics.values()):
        raise InputError("the joint momenta back end needs cubic phases and variances that do not depend on results")
    if state.strain.strained:
        raise InputError("numbers of the circuit differ too much for float64; use less squeezing or smaller shifts")
    return _problem(state.mean[:, modes].copy(), np.linalg.inv(cov[0]), phase, modes)


def _problem(mean: Array, precision: Array, phase: Phase, modes: list[int]) -> Problem:
    """Return the problem with a phase in positions of the modes of a state."""
    at = {mode: i for i, mode in enumerate(modes)}
    n, lead = len(modes), max((len(v) for key, v in phase.items() if 0 < len(key) < 3), default=1)
    hessian, gradient = np.zeros((lead, n, n)), np.zeros((lead, n))
    cubic: dict[Key, float] = {}
    for key, value in phase.items():
        places = sorted(at[m] for m in key)
        if len(places) == 1:
            gradient[:, places[0]] += value
        elif len(places) == 2:
            i, j = places
            hessian[:, i, j] += value
            hessian[:, j, i] += value
        elif len(places) == 3:
            cubic[places[0], places[1], places[2]] = float(value[0])
    return Problem(mean, precision, cubic, hessian, gradient)


def report(run: Run, detectors: list[Detector], momenta: Array) -> None:
    """Turn momenta, shape (shots, n), into results of the run, with gain and noise of the detectors."""
    for detector, p in zip(detectors, momenta.T, strict=True):
        seen = detector.sign * detector.gain * sin(detector.angle) * p
        if detector.variance > 0.0:
            seen = seen + np.sqrt(detector.variance) * run.state.rng.normal(size=len(p))
        run.results[detector.result] = seen
