r"""Evaluate the inequality in closed form: the network, the phase-space sampler, and the two bounds.

For phases that exist before they are read, the product of the B_i equals A, because ``X_j`` stands in two of the B_i.
With ``b_i = e^{i t_i}``, ``s = (t_0 + t_1) / 2`` and two sum formulas

``cos t_0 + cos t_1 + cos t_2 - cos(t_0 + t_1 + t_2)
= 2 cos(s) cos((t_0 - t_1) / 2) + 2 sin(s) sin(s + t_2) <= 2 |cos s| + 2 |sin s| <= 2 sqrt 2``,

so ``S = sum_i Re <B_i> - Re <A> <= 2 sqrt 2`` for every noncontextual model, while quantum mechanics reaches 4, where
the operator product of A is -D. A Gaussian state of covariance V has ``<D(v)> = exp(-v'V v / 2)``; on the triangle

``u = (pi / 4w) [eta e^{-2r} + (1 - eta)(1 + 2 w^2)]``,  ``v = (3 pi / 4w) [eta e^{-2r} + (1 - eta)(1 + 4 w^2)]``

give ``<B_i> = e^{-u}``, ``<A> = -e^{-v}`` and ``S = 3 e^{-u} + e^{-v}``. The phase-space sampler draws x and p from the
Gaussian Wigner function and multiplies phases as numbers: ``S = 3 e^{-u} - e^{-v}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, pi
from typing import TYPE_CHECKING

from qumode_khrnn.hsmt.displacement import NONCONTEXTUAL_BOUND
from qumode_khrnn.witness.triangle import Context, Displacement, Triangle

if TYPE_CHECKING:
    from compiler.typing import Array

BOUND = NONCONTEXTUAL_BOUND
"""Largest S of a noncontextual model."""

QUANTUM_MAXIMUM = 4.0
"""Largest S of quantum mechanics."""


def exponents(weight: float, squeezing: float, loss: float) -> tuple[float, float]:
    """Return u and v of ``<B_i> = e^{-u}``, ``<A> = -e^{-v}``; the squeezing may be infinite.

    >>> [round(value, 6) for value in exponents(1.0, 1.0, 0.0)]
    [0.106292, 0.318876]
    """
    eta, w = 1.0 - loss, weight
    squeezed = eta * exp(-2.0 * squeezing)
    u = pi / (4.0 * w) * (squeezed + loss * (1.0 + 2.0 * w * w))
    v = 3.0 * pi / (4.0 * w) * (squeezed + loss * (1.0 + 4.0 * w * w))
    return u, v


def network_value(u: float, v: float) -> float:
    """Return S of the network: ``3 e^{-u} + e^{-v}``."""
    return 3.0 * exp(-u) + exp(-v)


def sampler_value(u: float, v: float) -> float:
    """Return S of the phase-space sampler: ``3 e^{-u} - e^{-v}``."""
    return 3.0 * exp(-u) - exp(-v)


def value_at(weight: float, squeezing: float, loss: float) -> float:
    """Return S of the network on the triangle.

    >>> round(value_at(1.0, 1.0, 0.0), 6), round(value_at(1.0, 1.0, 0.05), 6)
    (3.424451, 2.820321)
    """
    return network_value(*exponents(weight, squeezing, loss))


def characteristic(covariance: Array, displacement: Displacement) -> float:
    """Return ``<D> = exp(-v'V v / 2)`` of a centred Gaussian state, v = (beta, alpha), V of shape (6, 6)."""
    v = displacement.vector
    return exp(-0.5 * float(v @ covariance @ v))


def readout_means(triangle: Triangle, covariance: Array | None = None) -> tuple[float, ...]:
    """Return ``Re <D>``, the mean bit, of every context for the triangle's state or another covariance matrix."""
    held = triangle.covariance() if covariance is None else covariance
    return tuple(characteristic(held, context.displacement) for context in triangle.contexts())


def combined(contexts: Sequence[Context], means: Sequence[float], *, as_operators: bool) -> float:
    """Return S from the mean bit of every context.

    Parameters
    ----------
    contexts : sequence of Context
    means : sequence of float
        ``Re <D>`` of each.
    as_operators : bool
        Whether products of observables are those of operators, with their sign, or those of numbers.

    >>> contexts = Triangle().contexts()
    >>> [combined(contexts, (1.0, 1.0, 1.0, 1.0), as_operators=choice) for choice in (True, False)]
    [4.0, 2.0]
    """
    return sum(
        context.coefficient * (context.sign if as_operators else 1.0) * mean
        for context, mean in zip(contexts, means, strict=True)
    )


def decibels(squeezing: float) -> float:
    """Return the squeezing in dB: ``10 log10(e^{2r})``.

    >>> round(decibels(1.0), 4)
    8.6859
    """
    return 20.0 * squeezing / log(10.0)
