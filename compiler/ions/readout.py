r"""Readout through the spin: one bit per shot, and how many shots an answer costs.

A spin in ``|+>``, the pulse ``exp(i (alpha.p + beta.x) sigma_z / 2)`` on any number of modes at once, and a measurement
of the spin along an equatorial axis give a bit with

``P(+) = (1 + Re e^{-i phase} <D>) / 2``, ``D = exp(i (alpha.p + beta.x))``,

one point of the characteristic function. The spin's two states carry ``D^{1/2}`` and ``D^{-1/2}``, so that the pulse
leaves ``(D^{1/2} +- e^{i phase} D^{-1/2}) / 2`` on the modes. The kick ``D^{1/2}`` on the modes alone, which commutes
with the rest, makes Kraus operators ``(1 +- D) / 2`` of them for phase 0 (`compiler.ir.readouts.DisplacementReadout`).

A quadrature q is the case ``D = e^{i kappa q}``. For q normal with mean mu and variance v,
``P(+) = (1 + e^{-kappa^2 v / 2} cos(kappa mu - phase)) / 2``. Homodyne would give a real number per shot.

**Mean.** With ``phase = kappa mu_0 + pi/2`` and mu near mu_0, a bit has the Fisher information
``kappa^2 e^{-kappa^2 v}``, at most ``1 / (e v)`` at ``kappa = v^{-1/2}``: a standard error d takes ``e v / d^2`` shots,
e times as many as homodyne; mu must be known beforehand to ``pi / (2 kappa)``, or the bits are ambiguous.

**Matched or decoy.** With the right weights undone, p is normal with mean 0 and variance v; with one weight off by
delta, ``p = delta prod x_j + noise`` over the k - 1 other modes of the edge, each normal of variance V. Both have real
characteristic functions, ``e^{-kappa^2 v/2}`` and that times ``g_{k-1}(t)`` with ``t = kappa delta V^{(k-1)/2}``:
``g_1 = e^{-t^2/2}``, ``g_2 = (1 + t^2)^{-1/2}``, ``g_3 = e^a K_0(a) / (t sqrt(2 pi))``, ``a = 1/(4 t^2)``. The number
of bits that tells two coins apart with error at most eps is ``ln(1/eps) / C``, C their Chernoff information.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, e, exp, inf, log, pi, sin, sqrt

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import k0e

from compiler.errors import InputError
from compiler.ions.program import SpinRotation

LEAST_INFORMATION = 1e-12
"""Least information per shot, in nats, that stands above the rounding of float64."""

STEEP = 30.0
"""Ratio of a decoy's width to the noise from which on its characteristic function needs points close to 0."""


def bit_probability(mean: float, variance: float, kappa: float, phase: float = 0.0) -> float:
    """Return P(+) for a quadrature with a normal law.

    >>> bit_probability(0.0, 1.0, 0.0)
    1.0
    """
    return 0.5 * (1.0 + exp(-0.5 * kappa**2 * variance) * cos(kappa * mean - phase))


@dataclass(frozen=True, slots=True)
class SpinReadout:
    """One bit about ``D = exp(i (alpha.p + beta.x))``: "+" means that the spin is found in ``|0>``.

    Parameters
    ----------
    modes : tuple of int
    alpha, beta : tuple of float
        One number per mode.
    phase : float
        Turns the axis along which the spin is measured: ``P(+) = (1 + Re e^{-i phase} <D>) / 2``.

    Raises
    ------
    InputError
        If modes and numbers do not fit together.

    Examples
    --------
    >>> SpinReadout((0,), (0.5,), (0.2,)).amplitudes
    ((-0.25+0.1j),)
    """

    modes: tuple[int, ...]
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    phase: float = 0.0

    def __post_init__(self) -> None:
        lists = (self.modes, self.alpha, self.beta)
        if not self.modes or len({len(values) for values in lists}) != 1 or len(set(self.modes)) != len(self.modes):
            raise InputError(
                "a readout needs distinct modes, and one alpha and one beta per mode, found "
                f"{list(self.modes)}, {list(self.alpha)}, {list(self.beta)}"
            )

    @classmethod
    def of_quadrature(
        cls, modes: tuple[int, ...], vector: tuple[float, ...], kappa: float, angle: float = 0.0, phase: float = 0.0
    ) -> SpinReadout:
        """Read ``D = e^{i kappa q}`` of ``q = sum_j u_j (x_j cos(angle) + p_j sin(angle))``, u_j by mode.

        >>> SpinReadout.of_quadrature((0, 2), (0.6, 0.8), 2.0)
        SpinReadout(modes=(0, 2), alpha=(0.0, 0.0), beta=(1.2, 1.6), phase=0.0)
        """
        x, p = kappa * cos(angle), kappa * sin(angle)
        return cls(modes, tuple(p * u for u in vector), tuple(x * u for u in vector), phase)

    @property
    def amplitudes(self) -> tuple[complex, ...]:
        """Amplitude g_j of the pulse on every mode: ``exp(sigma_z sum_j (g_j a_j^dag - g_j^* a_j))``.

        ``g_j = (-alpha_j + i beta_j) / 2``, since ``x = a + a^dag`` and ``p = -i (a - a^dag)``. The kick ``D^{1/2}``
        displaces every mode by the same amplitude, without the spin.
        """
        return tuple(0.5 * complex(-a, b) for a, b in zip(self.alpha, self.beta, strict=True))

    @property
    def rotations(self) -> tuple[SpinRotation, SpinRotation]:
        """Rotations of the spin before and after the pulse: from ``|0>`` to ``|+>``, and to the axis that is read."""
        return SpinRotation(0.5 * pi, 0.5 * pi), SpinRotation(-0.5 * pi, 0.5 * pi - self.phase)


@dataclass(frozen=True, slots=True)
class ReadoutCost:
    """Shots for an answer.

    Attributes
    ----------
    shots : float
        ``inf`` if no number of shots gives the answer, or if it is too large for float64 to tell (above 1e12).
    kappa : float
        Strength of the readout pulse: it displaces the conjugate quadrature by ``+-hbar kappa / 2``.
    homodyne_shots : float
        The same with homodyne.
    """

    shots: float
    kappa: float
    homodyne_shots: float


def shots_for_mean(variance: float, standard_error: float) -> ReadoutCost:
    """Return the shots that give the mean of a normal quadrature to a standard error, at the best kappa.

    Raises
    ------
    InputError
        If a number is not positive.

    Examples
    --------
    >>> cost = shots_for_mean(1.0, 0.1)
    >>> cost.shots, cost.homodyne_shots
    (272, 100)
    """
    if not (variance > 0.0 and standard_error > 0.0):
        raise InputError(f"variance and standard error must be positive, found {variance}, {standard_error}")
    ratio = variance / standard_error**2
    # a hair less, or a ratio meant to be whole is rounded up
    return ReadoutCost(ceil(e * ratio), 1.0 / sqrt(variance), ceil(ratio * (1.0 - 1e-12)))


def chernoff_information(p: float, q: float) -> float:
    """Return the Chernoff information C of two coins, in nats: N tosses tell them apart with error ``e^{-N C}``.

    ``C = D(s || p)`` at the coin s with ``D(s || p) = D(s || q)``.

    >>> round(chernoff_information(0.5, 1.0), 6) == round(log(2), 6), chernoff_information(0.3, 0.3)
    (True, 0.0)
    """
    if p == q:
        return 0.0
    if {p, q} == {0.0, 1.0}:
        return inf
    if p in (0.0, 1.0) or q in (0.0, 1.0):  # one coin never shows a face: only that face of the other tells
        sure, other = (p, q) if p in (0.0, 1.0) else (q, p)
        return -log(other if sure == 1.0 else 1.0 - other)
    rise, fall = log(q / p), log((1.0 - p) / (1.0 - q))
    s = fall / (rise + fall)
    return max(0.0, s * log(s / p) + (1.0 - s) * log((1.0 - s) / (1.0 - p)))


def spread(order: int, t: float) -> float:
    """Return ``g_{k-1}(t)``, the characteristic function of a product of k - 1 standard normal numbers, k = ``order``.

    Raises
    ------
    InputError
        If order is not 2, 3 or 4.
    """
    if order == 2:
        return exp(-0.5 * t * t)
    if order == 3:
        return 1.0 / sqrt(1.0 + t * t)
    if order == 4:
        if abs(t) < 1e-4:
            return 1.0 - 0.5 * t * t
        return float(k0e(0.25 / t**2)) / (abs(t) * sqrt(2.0 * pi))
    raise InputError(f"spread is known in closed form for edges of 2, 3 or 4 modes, found {order}")


def shots_for_weight(
    order: int, difference: float, position_variance: float, variance: float, error: float
) -> ReadoutCost:
    """Return the shots that tell a matched probe from a decoy with one wrong weight, each on a fresh copy of the state.

    Parameters
    ----------
    order : int
        k of the edge: 2, 3 or 4.
    difference : float
        delta, the error of the weight.
    position_variance : float
        V of each other mode of the edge, e^{2 r} for latent squeezing r.
    variance : float
        v of the determined answer, e^{-2 r} plus the readout's.
    error : float
        Probability of the wrong verdict, at most.

    Returns
    -------
    ReadoutCost
        The cost at the best kappa; ``homodyne_shots`` follows from the Chernoff information of the two laws of p.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> cost = shots_for_weight(3, 0.6, 2.718, 0.368, 0.01)
    >>> cost.homodyne_shots < cost.shots
    True
    """
    if not (difference != 0.0 and position_variance > 0.0 and variance > 0.0 and 0.0 < error < 1.0):
        raise InputError(
            "difference must not be 0, variances be positive and error lie in (0, 1), found "
            f"{difference}, {position_variance}, {variance}, {error}"
        )
    scale = abs(difference) * position_variance ** (0.5 * (order - 1))

    def information(kappa: float) -> float:
        matched = exp(-0.5 * kappa**2 * variance)
        return chernoff_information(0.5 * (1.0 + matched), 0.5 * (1.0 + matched * spread(order, kappa * scale)))

    grid = np.geomspace(1e-3, 10.0, 200) / sqrt(variance)
    at = int(np.argmax([information(float(k)) for k in grid]))
    low, high = float(grid[max(0, at - 1)]), float(grid[min(len(grid) - 1, at + 1)])
    kappa = float(minimize_scalar(lambda k: -information(k), bounds=(low, high), method="bounded").x)
    need = log(1.0 / error)
    return ReadoutCost(
        _whole(need, information(kappa)), kappa, _whole(need, _homodyne_information(order, scale, variance))
    )


def _whole(need: float, information: float) -> float:
    return ceil(need / information) if information > LEAST_INFORMATION else inf


def _homodyne_information(order: int, scale: float, variance: float) -> float:
    """Return the Chernoff information of the matched and the decoy law of p, from their characteristic functions."""
    sigma = sqrt(variance)
    t = np.linspace(0.0, 9.0 / sigma, 2001)
    if scale > STEEP * sigma:  # the decoy's characteristic function falls within a few steps of an even grid
        t = np.union1d(t, np.geomspace(1e-3 / scale, t[-1], 1000)[:-1])
    decoy = np.exp(-0.5 * t**2 * variance) * np.array([spread(order, float(v) * scale) for v in t])
    reach = min(8.0 * sigma + 12.0 * scale, 64.0 * sigma)  # beyond 64 sigma even p^0.02 is below 1e-17
    y = np.linspace(-reach, reach, 1201)
    half = 0.5 * np.diff(t, prepend=0.0, append=t[-1])  # trapezoidal rule, on uneven points too
    kernel = np.cos(np.outer(y, t)) * (half[:-1] + half[1:]) / pi
    p = np.exp(-0.5 * y**2 / variance) / sqrt(2.0 * pi * variance)
    q = np.maximum(kernel @ decoy, 1e-300)
    step = float(y[1] - y[0])
    return -min(log(step * float(np.sum(p ** (1.0 - s) * q**s))) for s in np.linspace(0.02, 0.98, 49))
