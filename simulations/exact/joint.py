"""Sample, condition and weigh programs with jointly normal readouts, from their mean and covariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, pi

import numpy as np
from scipy.linalg import solve_triangular

from compiler.ir.circuit import Circuit
from compiler.typing import AnyArray, Array
from simulations.exact.closed_form.precision import (
    Joint,
    Judged,
    NoClosedFormError,
    PrecisionError,
    require_finite,
    settled,
)
from simulations.exact.fuse import past_of_readouts
from simulations.exact.moments import prepared_variances
from simulations.exact.outcomes import Outcomes
from simulations.laws.real import Law, NormalLaw

TOLERANCE = 1e-6
"""Largest relative error of the variance of an outcome given the earlier ones."""

LARGEST_ROUNDING = 0.05
"""Outcomes may be rounded by this share of their deviation given the earlier ones: its variance grows by 0.1 %."""


@dataclass(frozen=True, slots=True)
class JointLaw:
    """Readouts ``mean + root z`` with z standard normal and ``root`` lower triangular, in order of time."""

    names: tuple[str, ...]
    mean: Array
    root: Array

    def sample(self, shots: int, rng: np.random.Generator, forced: Mapping[str, float]) -> Outcomes:
        """Draw outcomes; for one shot also return the law of each given the earlier ones, forced ones included."""
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
        """Return the log-density of a record of all readouts."""
        z = np.linalg.solve(self.root, np.array([answers[name] for name in self.names]) - self.mean)
        return float(-0.5 * z @ z - np.sum(np.log(np.diag(self.root))) - 0.5 * len(z) * log(2.0 * pi))


def joint_law(circuit: Circuit) -> JointLaw | None:
    """Return the joint law of all readouts if it is normal and has a closed form; None otherwise.

    Raises
    ------
    PrecisionError
        If neither the parameters nor outcomes in float64 have the digits that the law needs.
    """
    relevant = tuple(op for _, op in past_of_readouts(circuit))
    if not all(op.gaussian for op in relevant):
        return None
    past = circuit.with_operations(relevant)
    try:
        joint = settled(past, {}, prepared_variances, _judge, TOLERANCE)
    except PrecisionError:
        raise
    except NoClosedFormError:
        return None
    if not joint.gaussian:
        return None
    require_finite(joint)
    with joint.arithmetic.context():
        law = JointLaw(joint.names, joint.mean.astype(float), lower_root(joint.cov).astype(float))
    _require_room(law)
    return law


def _judge(joint: Joint) -> Judged:
    """Return the numbers that must be right: the mean of each outcome, and its variance given the earlier ones."""
    epsilon, mean = joint.arithmetic.epsilon, joint.mean.astype(float)
    try:
        root = lower_root(joint.cov)
        given = np.diagonal(root).astype(float)
        sizes = np.abs(residuals(root)).astype(float) @ joint.sizes
    except np.linalg.LinAlgError:
        given = sizes = np.full(len(mean), np.nan)
    errors = epsilon * (joint.sizes + joint.constants), epsilon * sizes**2
    scales = np.maximum(np.abs(mean), given), given**2
    kinds = "mean", "variance given the earlier outcomes"
    return Judged(kinds, np.array([mean, given**2]), np.array(errors), np.array(scales))


def lower_root(cov: AnyArray) -> AnyArray:
    """Return the lower triangular L with ``L L^T = cov``, in the arithmetic of the covariances.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrix is not positive definite to its digits.
    """
    if cov.dtype != object:
        scale = np.sqrt(np.diag(cov))
        shares = cov / np.outer(scale, scale)
        if not np.isfinite(shares).all():
            raise np.linalg.LinAlgError
        return np.asarray(np.linalg.cholesky(shares) * scale[:, None])
    root = 0.0 * cov
    for j in range(len(cov)):
        column = cov[j:, j] - root[j:, :j] @ root[j, :j] if j else cov[:, 0]
        if not column[0] > 0.0:
            raise np.linalg.LinAlgError
        root[j:, j] = column / column[0] ** 0.5
    return root


def residuals(root: AnyArray) -> AnyArray:
    """Return rows R with ``R (y - mean) = diag(root) z``: outcomes minus their expectations given earlier ones."""
    if root.dtype != object and len(root):
        return np.asarray(np.diag(root)[:, None] * solve_triangular(root, np.eye(len(root)), lower=True))
    inverse = 0.0 * root
    for i in range(len(root)):
        inverse[i] = -(root[i, :i] @ inverse[:i]) / root[i, i] if i else inverse[0]
        inverse[i, i] = 1.0 / root[i, i]
    return np.asarray(np.diagonal(root)[:, None] * inverse)


def _require_room(law: JointLaw) -> None:
    """Refuse outcomes whose rounding to float64 would exceed their variation, given the earlier ones."""
    largest = np.abs(law.mean) + np.linalg.norm(law.root, axis=1)
    rounded, given = 2.0**-53 * np.abs(residuals(law.root)) @ largest, np.diag(law.root)
    if len(given) and not (rounded <= LARGEST_ROUNDING * given).all():
        t = int(np.argmax(rounded / given))
        raise PrecisionError(
            f"outcomes of {law.names[t]} are of size {largest[t]:.3g}, and given the earlier ones they vary by "
            f"{given[t]:.3g} only: float64 cannot hold both; use less squeezing, smaller displacements, or closed-form "
            "moments without sampling (--shots 0)"
        )
