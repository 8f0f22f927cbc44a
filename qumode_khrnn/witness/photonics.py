r"""Find the lattice (GKP) ancilla that a photonic machine needs, and how well it must be squeezed.

Homodyne detection of a Gaussian state has a positive law for all quadratures at once, so it shows nothing contextual. A
lattice ancilla reads ``p_i`` modulo ``2 pi / a``, that is ``P_i = exp(i a p_i)``, and leaves the mode for a homodyne
reading of ``x_i`` afterwards: its peaks are ``2 pi / a`` apart in one quadrature and ``2 a`` in the other, it couples
with gain 1, and each peak has the variance ``s2 = 10^{-dB / 10}`` (vacuum 1). The meter moves ``x_i`` by multiples of
``2 a``, which ``X_i^2 = exp(-2 i a w x_i)`` does not see, because ``4 a^2 w = 2 pi``; it sees the width of the peaks. A
phase ``exp(i c q)`` of a quadrature q with added variance s2 keeps the factor ``exp(-c^2 s2 / 2)``:

- a P meter costs ``a^2 / 2 = pi / (4 w)`` per unit of s2,
- noise under ``X_j`` costs ``(a w)^2 / 2 = pi w / 4``, and under ``X_i^2`` ``(2 a w)^2 / 2 = pi w``.

So ``<B_i>`` gains the factor ``e^{-u s2}`` and ``<A>`` ``e^{-v s2}``, with

- P meters, x directly: one meter in B_i, three in A, whose x they disturb: ``u = pi / 4w``, ``v = 3 pi / 4w + 3 pi w``;
- noise on x and p of every mode, in every context alike: ``u = pi / 4w + pi w / 2``, v as before;
- P and X by ancillas: in A the meter of X reads an x that the meter of P has disturbed, ``2 s2``:
  ``u = pi / 4w + pi w / 2``, ``v = 3 pi / 4w + 6 pi w``.

At w = 1 these are (pi/4, 15 pi/4), (3 pi/4, 15 pi/4) and (3 pi/4, 27 pi/4). The phases are multiplied shot by shot and
not binned. ``X_j`` cannot be read after a meter of ``P_j``, so in B_i only mode i meets one.

**The same instrument in all contexts.** If the B_i were read by plain homodyne, without ancilla, and A by ancillas, the
two would be different observables: 3 <B> alone passes 2 sqrt 2 where its exponent is below 0.0589 (from 11.2 dB of
squeezing on at w = 1), however bad the ancilla in A is. That is no violation of the inequality, and is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log10, pi

from compiler.errors import InputError
from qumode_khrnn.witness.law import BOUND
from qumode_khrnn.witness.thresholds import root

WORST_PEAKS = 1e6
"""Variance of peaks at which every correlator has vanished, for the search."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How ancillas read the contexts; exponents per unit of s2 at weight w are ``sum_k c_k w^k`` for k = -1, 1.

    Attributes
    ----------
    name : str
    u, v : (float, float)
        Coefficients of ``pi / w`` and ``pi w`` of the exponents of B and of A.
    """

    name: str
    u: tuple[float, float]
    v: tuple[float, float]

    def exponents(self, weight: float) -> tuple[float, float]:
        """Return the exponents u and v at a weight."""
        u, v = (pi * (part[0] / weight + part[1] * weight) for part in (self.u, self.v))
        return u, v


SCHEMES = (
    Scheme("P by ancillas, x directly", (0.25, 0.0), (0.75, 3.0)),
    Scheme("its noise on x and p of every mode", (0.25, 0.5), (0.75, 3.0)),
    Scheme("P and X by ancillas", (0.25, 0.5), (0.75, 6.0)),
)
"""Ways to read the contexts with lattice ancillas, from the least demanding on."""

HOMODYNE_IN_B = "homodyne in B"
"""Name of the arrangement that is refused."""


def scheme_named(name: str) -> Scheme:
    """Find a scheme by its name.

    Raises
    ------
    InputError
        If there is no such scheme, or it reads different observables in different contexts.
    """
    if name == HOMODYNE_IN_B:
        raise InputError(
            "reading B0, B1, B2 by plain homodyne and A by ancillas is not a test of the inequality, because the same "
            "instrument must stand in all contexts (3 <B> alone can pass 2 sqrt 2 with any ancilla); use ancillas in B "
            "too"
        )
    for scheme in SCHEMES:
        if scheme.name == name:
            return scheme
    raise InputError(f"there is no scheme {name!r}; known: {'; '.join(one.name for one in SCHEMES)}")


def value_with_ancilla(weight: float, means: Sequence[float], scheme: Scheme, peak_variance: float) -> float:
    """Return S as read with ancillas whose peaks have a variance, from the bits' means without it (B0, B1, B2, A)."""
    u, v = scheme.exponents(weight)
    return sum(means[:3]) * exp(-u * peak_variance) + means[3] * exp(-v * peak_variance)


def ancilla_db(weight: float, means: Sequence[float], scheme: Scheme) -> float | None:
    """Return the squeezing of the ancilla's peaks, in dB, at which S reaches the bound; None if no ancilla suffices.

    Parameters
    ----------
    weight : float
    means : sequence of float
        ``Re <D>`` of B0, B1, B2, A of the state that is read, losses included.
    scheme : Scheme

    Examples
    --------
    >>> [round(ancilla_db(1.0, (1.0, 1.0, 1.0, 1.0), scheme), 2) for scheme in SCHEMES]
    [8.18, 10.73, 11.89]
    """

    def margin(peak_variance: float) -> float:
        return value_with_ancilla(weight, means, scheme, peak_variance) - BOUND

    if margin(0.0) <= 0.0:
        return None
    return max(0.0, -10.0 * log10(root(margin, 0.0, WORST_PEAKS)))
