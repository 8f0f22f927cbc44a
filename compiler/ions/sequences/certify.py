r"""How far a sequence is from its phase, on the whole interval and not only on a grid.

The error at s is the length of ``E(s) = U(s)|0> - e^{i f(s)}|0>`` in the spin's space, so leak and phase error count
together: ``|E|^2 = |P - e^{if}|^2 + |Q|^2``. With grid points of spacing h, each point of the interval is within h/2
of one, and Taylor's theorem with the exact derivative there gives

``sup |E| <= max_i (|E_i| + (h/2) |E'_i|) + (h^2/8) sup |E''|``,  ``sup |E''| <= A^2 + max|f''| + max|f'|^2``,

since every factor of U contributes a derivative of norm at most its area: ``|U''| <= A^2``, ``A = total_area``. The
bound is rigorous up to rounding (about 1e-14 per pulse).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.sequence import SpinSequence

MESH = 2e-6
"""Largest contribution of the second-derivative term to the bound."""

POINTS = 2_000, 400_000
"""Fewest and most grid points."""

BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class SequenceError:
    """Errors on ``|s| <= extent``.

    Attributes
    ----------
    extent : float
    sup_norm : float
        Bound on ``|U(s)|0> - e^{i f(s)}|0>|``, between grid points included.
    leak : float
        Bound on ``|Q(s)|^2``: the probability that the spin is not returned to ``|0>``.
    phase : float
        Largest ``|arg(P e^{-if})|`` on the grid, in radians; at most ``2 asin(sup_norm / 2)`` anywhere.
    points : int
        Number of grid points.
    """

    extent: float
    sup_norm: float
    leak: float
    phase: float
    points: int


def certify(sequence: SpinSequence, phase: LinePhase, extent: float) -> SequenceError:
    """Return the errors of a sequence from the product of its 2 x 2 matrices, independent of how it was found.

    Examples
    --------
    >>> idle = SpinSequence((0.0,), (0.0,), ())
    >>> round(certify(idle, LinePhase((0.0, 0.1)), 1.0).sup_norm, 4)  # |1 - e^{0.1 i}|
    0.1
    """
    area = sequence.total_area
    curvature = area**2 + phase.curvature_bound(extent) + phase.slope_bound(extent) ** 2
    spacing = sqrt(8.0 * MESH / curvature) if curvature > 0.0 else extent
    count = int(np.clip(ceil(2.0 * extent / spacing), *POINTS))
    s = np.linspace(-extent, extent, count + 1)
    half = extent / count
    total, leak, turned = 0.0, 0.0, 0.0
    for start in range(0, len(s), BLOCK):
        part = s[start : start + BLOCK]
        (p, q), (dp, dq) = sequence.amplitudes_and_slopes(part)
        ideal = np.exp(1j * phase.value(part))
        error = np.hypot(np.abs(p - ideal), np.abs(q))
        slope = np.hypot(np.abs(dp - 1j * phase.slope(part) * ideal), np.abs(dq))
        total = max(total, float(np.max(error + half * slope)))
        leak = max(leak, float(np.max(np.abs(q) + half * np.abs(dq))))
        turned = max(turned, float(np.abs(np.angle(p * ideal.conj())).max()))
    rest = 0.5 * half**2
    return SequenceError(
        extent,
        min(2.0, total + rest * curvature),
        min(1.0, (leak + rest * area**2) ** 2),
        turned,
        len(s),
    )
