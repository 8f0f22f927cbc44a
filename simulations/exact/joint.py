"""Programs whose readouts are jointly normal: sampled, conditioned and weighed from their mean and covariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.typing import Array
from simulations.exact.fuse import past_of_readouts
from simulations.exact.moments import Moments, NoClosedFormError, moments
from simulations.exact.outcomes import Outcomes
from simulations.laws.real import Law, NormalLaw


@dataclass(frozen=True, slots=True)
class JointLaw:
    """Readouts ``mean + root z`` with z standard normal and ``root`` lower triangular, in order of time."""

    names: tuple[str, ...]
    mean: Array
    root: Array

    def sample(self, shots: int, rng: np.random.Generator, forced: Mapping[str, float]) -> Outcomes:
        """Outcomes; for one shot with the law of each given the earlier ones, forced ones included."""
        if shots > 1:
            values = self.mean[:, None] + self.root @ rng.normal(size=(len(self.names), shots))
            return Outcomes(dict(zip(self.names, values, strict=True)))
        z = np.zeros(len(self.names))
        results: dict[str, Array] = {}
        laws: dict[str, Law] = {}
        for t, name in enumerate(self.names):
            expected, deviation = self.mean[t] + self.root[t, :t] @ z[:t], self.root[t, t]
            laws[name] = NormalLaw(float(expected), float(deviation**2))
            z[t] = (forced[name] - expected) / deviation if name in forced else rng.normal()
            results[name] = np.array([forced[name] if name in forced else expected + deviation * z[t]])
        return Outcomes(results, laws)

    def log_density(self, answers: Mapping[str, float]) -> float:
        """Log-density of a record of all readouts."""
        z = np.linalg.solve(self.root, np.array([answers[name] for name in self.names]) - self.mean)
        return float(-0.5 * z @ z - np.sum(np.log(np.diag(self.root))) - 0.5 * len(z) * log(2.0 * pi))


def joint_law(circuit: Circuit) -> JointLaw | None:
    """The joint law of all readouts if it is normal and float64 can hold it; None otherwise."""
    relevant = tuple(op for _, op in past_of_readouts(circuit))
    if not all(op.gaussian for op in relevant):
        return None
    try:
        found: Moments = moments(circuit.with_operations(relevant))
        if not found.gaussian or not np.isfinite(found.cov).all():
            return None
        scale = np.sqrt(np.diag(found.cov))
        root = np.linalg.cholesky(found.cov / np.outer(scale, scale)) * scale[:, None]
    except (NoClosedFormError, np.linalg.LinAlgError):
        return None
    # where readouts nearly repeat each other the subtraction above has lost digits; the other simulator has not
    if len(scale) and (np.diag(root) / scale).min() < 1e-4:
        return None
    return JointLaw(found.names, found.mean, root)
