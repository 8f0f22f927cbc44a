r"""Means and covariances of readouts in closed form: no sampling, any number of modes, loss and feed-forward included.

In the Heisenberg picture a readout is a polynomial in Gaussian operators: its linear part, and products of positions
that entered phase gates. The linear parts, and copies of the positions that phases used, form one Gaussian vector with
a known covariance matrix, which loss and noise only scale and add to. If all operators that occur in products commute
with each other, the Weyl symbol of the readout is that same polynomial, and so is that of a product of two readouts
(the Moyal corrections contract second derivatives, which involve the commuting operators only). Means and covariances
are then those of a polynomial in jointly normal variables (`simulations.exact.closed_form.isserlis`).

Strong squeezing makes results that are small differences of large numbers: x_0 - x_1 of an EPR pair has the variance
2 e^{-2r}, and x_0 alone (e^{2r} + e^{-2r}) / 2. Every computation therefore says how many digits it may have lost, is
repeated with more digits where float64 was not enough, and is refused where the parameters, which are float64
themselves, do not determine the result (`simulations.exact.closed_form.precision`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp

import numpy as np

from compiler.errors import InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array
from simulations.exact.closed_form.precision import (
    Joint,
    Judged,
    NoClosedFormError,
    PrecisionError,
    require_finite,
    settled,
)

__all__ = ["Moments", "NoClosedFormError", "PrecisionError", "moments", "prepared_variances", "require_bound"]

TOLERANCE = 2e-7
"""Largest relative error of a variance, and of a mean in its deviations or itself."""

MAX_SQUEEZING = 350.0
"""Largest |r| of a prepared state: e^{2 r} is near the largest number of float64, e^{-2 r} near the smallest."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Joint first and second moments of readouts.

    Attributes
    ----------
    names : tuple of str
    mean : array, shape (m,)
    cov : array, shape (m, m)
        Symmetrised covariances.
    gaussian : bool
        Whether the joint law is normal, so that the moments say all.
    """

    names: tuple[str, ...]
    mean: Array
    cov: Array
    gaussian: bool

    def of(self, name: str) -> tuple[float, float]:
        """Return the mean and variance of one readout."""
        i = self.names.index(name)
        return float(self.mean[i]), float(self.cov[i, i])


def prepared_variances(op: ops.Operation) -> tuple[float, float]:
    """Return the variances of x and p that a preparation starts with (`PrepareCubic`: before its cubic gate).

    >>> prepared_variances(ops.PrepareVacuum((0,)))
    (1.0, 1.0)
    """
    r = op.r if isinstance(op, ops.PrepareSqueezed) else -op.r if isinstance(op, ops.PrepareCubic) else 0.0
    return VACUUM_VARIANCE * exp(-2.0 * r), VACUUM_VARIANCE * exp(2.0 * r)


def moments(
    circuit: Circuit,
    answers: Mapping[str, Polynomial] | None = None,
    prepared: Callable[[ops.Operation], tuple[float, float]] = prepared_variances,
    resolution: float = 0.0,
) -> Moments:
    """Return the mean and covariance of all readouts, and of further polynomials in them, in closed form.

    Parameters
    ----------
    circuit : Circuit
        Logical or native, with or without noise. Modes that nothing prepares start in the vacuum.
    answers : mapping from name to Polynomial
        Polynomials in the names of the readouts, listed after them.
    prepared : callable
        Variances of x and p of a prepared state; `simulations.programs.budget` switches noise off with it.
    resolution : float
        Variances need only be right up to a share of `TOLERANCE` of this, where they are smaller than it.

    Raises
    ------
    NoClosedFormError
        If operators that do not commute enter products, for dephasing and Kerr gates, if there are too many terms, and
        if a mean or variance is not determined to a relative `TOLERANCE` (`PrecisionError`) or overflows float64.

    Examples
    --------
    >>> from math import pi
    >>> from compiler.ir.polynomial import Polynomial
    >>> state = tuple(ops.PrepareSqueezed((m,), -0.5) for m in range(3))
    >>> edge, loss = ops.phase(Polynomial.monomial((0, 1, 2), 0.3)), tuple(ops.Loss((m,), 0.9) for m in range(3))
    >>> mean, variance = moments(Circuit(3, (*state, edge, *loss, ops.Homodyne((0,), pi / 2, "p")))).of("p")
    >>> round(variance, 6)
    1.029605
    """
    require_bound(circuit)
    check_squeezing(circuit)
    joint = settled(circuit, answers or {}, prepared, lambda joint: _judge(joint, resolution), TOLERANCE)
    require_finite(joint)
    cov = joint.cov.astype(float)
    if not resolution and ((np.diagonal(cov) < np.finfo(float).tiny) & joint.varies).any():
        raise PrecisionError("a variance is too small for float64; use less squeezing, or scale the answers up")
    return Moments(joint.names, joint.mean.astype(float), cov, joint.gaussian)


def _judge(joint: Joint, resolution: float) -> Judged:
    """Return the numbers that must be right: means relative to deviation or size, variances to themselves."""
    mean, variance = joint.mean.astype(float), np.diagonal(joint.cov).astype(float)
    epsilon = joint.arithmetic.epsilon
    errors = epsilon * (joint.sizes + joint.constants), epsilon * joint.sizes**2
    scale = np.maximum(np.abs(variance), resolution)
    scales = np.maximum(np.abs(mean), np.sqrt(scale)), scale
    return Judged(("mean", "variance"), np.array([mean, variance]), np.array(errors), np.array(scales))


def check_squeezing(circuit: Circuit) -> None:
    """Raise PrecisionError if the variances of a prepared state are beyond float64."""
    for index, op in enumerate(circuit.operations):
        if isinstance(op, ops.PrepareSqueezed | ops.PrepareCubic) and abs(op.r) > MAX_SQUEEZING:
            raise PrecisionError(
                f"operation {index} {op}: |r| must be at most {MAX_SQUEEZING:g}, where e^(2 r) is still within "
                f"float64, found r = {op.r:.6g}"
            )


def require_bound(circuit: Circuit) -> None:
    """Raise InputError if a circuit has symbols, which need values before it is run."""
    if circuit.symbols:
        raise InputError(f"symbols {list(circuit.symbols)} need values before the circuit is run; bind them")
