r"""Compute cubic resource states in the Fock basis: Gaussian amplitudes, targets, heralding by photon counts, noise.

A teleported cubic gate consumes a resource state and adds the variance of its nullifier ``p - gamma x^2`` to the
momentum. The ideal resource is `cubic_target`; optics prepares states near it from Gaussian light and photon counting.
The Walrus turns Gaussian states into Fock amplitudes; this module adapts its axes and hbar, and adds checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, pi, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.typing import Array, ComplexArray
from hardware_profiles.extras import need

PURITY_TOLERANCE = 1e-6
"""A Gaussian state is pure if its purity is within this of 1: rounding in products of symplectic matrices is below."""

TRACE_TOLERANCE = 1e-3
"""Largest part of a state above the cutoff with which moments are still computed."""

LEAST_PROBABILITY = 1e-14
"""Photon counts below this probability are taken as impossible: rounding is of about this size."""

MAX_CUTOFF = 500
"""The Gaussian factor of Hermite functions underflows in the region that larger photon numbers need."""


@dataclass(frozen=True, slots=True)
class Heralded:
    """A state heralded by photon counts.

    Attributes
    ----------
    probability : float
        Of the counts, exact: it does not depend on the cutoff.
    state : array, shape (cutoff, cutoff)
        Density matrix of mode 0 below the cutoff, divided by the probability; the rest of its trace lies above.
    purity : float
        ``tr(state^2)``.
    """

    probability: float
    state: ComplexArray
    purity: float


def fock_amplitudes(mean: Array, cov: Array, cutoff: int) -> ComplexArray:
    """Return the amplitudes ``<n_0 .. n_{k-1}|psi>`` of a pure Gaussian state of k modes.

    The global phase is that of a displacement ``exp(alpha a^dagger - alpha^* a)`` of the undisplaced state, whose
    vacuum amplitude is positive.

    Parameters
    ----------
    mean : array, shape (2 k,)
        Ordered x_0 .. x_{k-1}, p_0 .. p_{k-1}, at hbar = 2.
    cov : array, shape (2 k, 2 k)
        The vacuum has the identity.
    cutoff : int
        Fock states per mode.

    Returns
    -------
    array, shape (cutoff,) * k

    Raises
    ------
    InputError
        If this is not a Gaussian state, or not a pure one.

    Examples
    --------
    >>> fock_amplitudes(np.array([2.0, 0.0]), np.eye(2), 3).real.round(4).tolist()  # coherent, alpha = 1
    [0.6065, 0.6065, 0.4289]
    """
    need("thewalrus")
    from thewalrus.quantum import state_vector

    _check_cutoff(cutoff)
    mean, cov, purity = _gaussian_state(mean, cov)
    if abs(purity - 1.0) > PURITY_TOLERANCE:
        raise InputError(f"Fock amplitudes need a pure Gaussian state, found purity {purity:.6g}; herald a mixed one")
    return np.asarray(state_vector(mean, cov, cutoff=cutoff, hbar=HBAR, check_purity=False))


def cubic_target(gamma: float, r: float, cutoff: int) -> ComplexArray:
    r"""Return Fock amplitudes of ``CubicPhase(gamma) Squeeze(-r)`` on the vacuum: the ideal resource of a cubic gate.

    .. math:: \psi(x) = (2 \pi e^{2r})^{-1/4} \exp(-x^2 e^{-2r} / 4 + i \gamma x^3 / (3 \hbar)), \quad \hbar = 2

    Overlaps with Hermite functions by the trapezoid rule, whose error falls exponentially once the step resolves the
    fastest oscillation. The norm lacks the part above the cutoff.

    Parameters
    ----------
    gamma : float
    r : float
        Squeezing: var x = e^{2r}, var(p - gamma x^2) = e^{-2r}.
    cutoff : int

    Returns
    -------
    array, shape (cutoff,)

    Raises
    ------
    InputError
        If the cutoff is not in 2..`MAX_CUTOFF`, or a parameter is not finite.
    """
    _check_cutoff(cutoff)
    if not np.isfinite([gamma, r]).all():
        raise InputError(f"gamma and r of a cubic state must be finite, found {gamma}, {r}")
    edge = min(2.0 * sqrt(cutoff) + 10.0, 12.0 * exp(r))  # past it, the Hermite functions or psi are below 1e-15
    fastest = abs(gamma) * edge**2 / HBAR + sqrt(cutoff) + 6.0 * exp(-r)  # wave number of the integrand
    x, step = np.linspace(-edge, edge, 2 * ceil(edge * fastest) + 1, retstep=True)
    psi = (2.0 * pi) ** -0.25 * exp(-r / 2.0) * np.exp(-((x * exp(-r)) ** 2) / 4.0 + 1j * gamma * x**3 / (3.0 * HBAR))
    below, here = np.zeros_like(x), (2.0 * pi) ** -0.25 * np.exp(-(x**2) / 4.0)
    out = np.empty(cutoff, dtype=complex)
    for n in range(cutoff):
        out[n] = step * (here @ psi)
        below, here = here, (x * here - sqrt(n) * below) / sqrt(n + 1)  # x = a + a^dagger
    return out


def weak_cubic_target(a: float, cutoff: int) -> ComplexArray:
    r"""Return the weak cubic state ``(|0> + i a sqrt(3/2) |1> + i a |3>) / sqrt(1 + 5 a^2 / 2)``.

    First order in gamma of ``CubicPhase(gamma)`` on the vacuum, with ``a = gamma / sqrt(6)`` at hbar = 2.
    Source: Sabapathy, Qi, Izaac, Weedbrook, Phys. Rev. A 100, 012326 (2019), arXiv 1809.04680.

    Raises
    ------
    InputError
        If the cutoff is not in 4..`MAX_CUTOFF`.

    Examples
    --------
    >>> weak_cubic_target(0.3, 5).round(4).tolist()
    [(0.9035+0j), 0.332j, 0j, 0.2711j, 0j]
    """
    _check_cutoff(cutoff, least=4)
    out = np.zeros(cutoff, dtype=complex)
    out[[0, 1, 3]] = 1.0, 1j * a * sqrt(1.5), 1j * a
    out /= sqrt(1.0 + 2.5 * a**2)
    return out


def herald(mean: Array, cov: Array, counts: Sequence[int], cutoff: int) -> Heralded:
    """Return the state of mode 0 of a Gaussian state, given photon counts on all other modes.

    Parameters
    ----------
    mean : array, shape (2 k,)
        Ordered x_0 .. x_{k-1}, p_0 .. p_{k-1}, at hbar = 2.
    cov : array, shape (2 k, 2 k)
        Pure or mixed.
    counts : sequence of int
        Photons found in modes 1 .. k-1.
    cutoff : int
        Fock states of mode 0.

    Raises
    ------
    InputError
        If this is not a Gaussian state, the counts do not fit it, or their probability is 0.
    """
    need("thewalrus")
    from thewalrus.quantum import density_matrix, state_vector

    _check_cutoff(cutoff)
    mean, cov, purity = _gaussian_state(mean, cov)
    n = len(mean) // 2
    if len(counts) != n - 1 or n < 2 or any(c < 0 or c != int(c) for c in counts):
        raise InputError(f"heralding {n} modes needs {n - 1} photon counts >= 0, at least one, found {list(counts)}")
    seen = [int(c) for c in counts]
    # one cutoff per mode: a recursion up to the counts, where ``post_select`` computes one hafnian per element
    sizes, twice = tuple(c + 1 for c in seen), tuple(c for c in seen for _ in range(2))
    rest = [m for m in range(2 * n) if m % n]
    law = density_matrix(mean[rest], cov[np.ix_(rest, rest)], cutoff=sizes * 2, hbar=HBAR)  # rows and columns by turns
    probability = float(law[twice].real)
    if probability < LEAST_PROBABILITY:
        raise InputError(f"photon counts {seen} have probability {probability:.1g}: no state to herald")
    if abs(purity - 1.0) <= PURITY_TOLERANCE:
        kets = state_vector(mean, cov, cutoff=(cutoff, *sizes), hbar=HBAR, check_purity=False)
        ket = np.moveaxis(kets, 0, -1)[tuple(seen)]
        joint: ComplexArray = np.outer(ket, ket.conj())
    else:
        joint = np.moveaxis(density_matrix(mean, cov, cutoff=(cutoff, *sizes) * 2, hbar=HBAR), (0, 1), (-2, -1))[twice]
    state: ComplexArray = joint / probability
    return Heralded(probability, state, float(np.sum(np.abs(state) ** 2)))


def nullifier_variance(state: ComplexArray, gamma: float) -> float:
    r"""Return the variance of ``p - gamma x^2``, which a state adds to p as resource of ``CubicPhase(gamma)``.

    The ideal resource has e^{-2r} (`cubic_target`). The matrices are padded, so that no element below the cutoff is cut
    short; a state with weight above the cutoff still has other moments: judge a cutoff by comparing two.

    Parameters
    ----------
    state : array, shape (cutoff, cutoff)
        Density matrix in the Fock basis.
    gamma : float

    Raises
    ------
    InputError
        If the matrix is not square, or its trace is not 1 within `TRACE_TOLERANCE`.

    Examples
    --------
    >>> nullifier_variance(np.diag([1.0, 0.0]).astype(complex), 0.0)  # the vacuum
    1.0
    """
    d = len(state)
    if np.shape(state) != (d, d):
        raise InputError(f"a density matrix must be square, found shape {np.shape(state)}")
    trace = float(np.trace(state).real)
    if not abs(trace - 1.0) <= TRACE_TOLERANCE:
        raise InputError(
            f"a density matrix must have trace 1 within {TRACE_TOLERANCE:g}, found {trace:.6g}; raise the cutoff"
        )
    lower = np.diag(np.sqrt(np.arange(1.0, d + 2)), 1)  # x^2 reaches two states above the cutoff
    x, p = lower + lower.T, -1j * (lower - lower.T)
    nullifier = (p - gamma * (x @ x))[:, :d]  # (d + 2, d)
    mean = np.trace(nullifier[:d] @ state).real
    return float(np.einsum("ij,jk,ik->", nullifier, state, nullifier.conj(), optimize=True).real - mean**2)


def _check_cutoff(cutoff: int, least: int = 2) -> None:
    if not least <= cutoff <= MAX_CUTOFF:
        raise InputError(f"the Fock cutoff must lie in {least}..{MAX_CUTOFF}, found {cutoff}")


def _gaussian_state(mean: Array, cov: Array) -> tuple[Array, Array, float]:
    """Return the checked arrays, and the purity ``1 / sqrt(det(cov))`` for vacuum variance 1."""
    need("thewalrus")
    from thewalrus.quantum import is_valid_cov

    mean, cov = np.asarray(mean, dtype=float), np.asarray(cov, dtype=float)
    size = mean.size
    if mean.shape != (size,) or cov.shape != (size, size) or size % 2 or not size:
        raise InputError(f"k modes need a mean of 2 k and a covariance of 2 k x 2 k, found {mean.shape}, {cov.shape}")
    if not (np.isfinite(mean).all() and np.isfinite(cov).all() and is_valid_cov(cov, hbar=HBAR)):
        raise InputError(
            "a covariance must be finite, symmetric, and obey the uncertainty relation (vacuum variance 1)"
        )
    return mean, cov, float(np.linalg.det(cov / VACUUM_VARIANCE) ** -0.5)
