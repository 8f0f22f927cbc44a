"""Quadratures of one mode given as a density matrix in the Fock basis, whichever back end made it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid

from compiler.typing import Array
from simulations.grid.hermite import hermite_functions

POINTS = 4001
"""Points at which a density is integrated."""


def quadrature_moments(rho: NDArray[np.complex128], angle: float) -> tuple[float, float]:
    """Mean and variance of ``x cos(angle) + p sin(angle)``, from normally ordered products: no truncated x or p enters.

    >>> quadrature_moments(np.array([[1.0 + 0j]]), 0.3)  # the vacuum
    (0.0, 1.0)
    """
    trace = float(np.trace(rho).real)
    n = np.arange(len(rho))
    number = float(n @ np.diagonal(rho).real)
    lowered = np.sqrt(n[1:]) @ np.diagonal(rho, -1)  # <a>
    twice = np.sqrt(n[2:] * n[1:-1]) @ np.diagonal(rho, -2)  # <a^2>
    mean = 2.0 * float((np.exp(-1j * angle) * lowered).real) / trace
    square = 1.0 + 2.0 * (float((np.exp(-2j * angle) * twice).real) + number) / trace
    return mean, square - mean**2


def quadrature_cdf(rho: NDArray[np.complex128], angle: float) -> Callable[[Array], Array]:
    """Return the distribution function of ``x cos(angle) + p sin(angle)``, normalised to the trace that is there."""
    x, cumulative = _cumulative(rho, angle)
    return lambda at: np.interp(at, x, cumulative)


def quadrature_quantiles(rho: NDArray[np.complex128], angle: float) -> Callable[[Array], Array]:
    """Return the inverse of `quadrature_cdf`."""
    x, cumulative = _cumulative(rho, angle)
    return lambda share: np.interp(share, cumulative, x)


def _cumulative(rho: NDArray[np.complex128], angle: float) -> tuple[Array, Array]:
    n = np.arange(len(rho))
    turned = np.exp(-1j * angle * n)[:, None] * rho * np.exp(1j * angle * n)
    half = 2.0 * np.sqrt(len(rho)) + 6.0  # beyond the turning points of the highest state
    x = np.linspace(-half, half, POINTS)
    states = hermite_functions(x, len(rho))
    density = np.einsum("mx,mn,nx->x", states, turned.real, states, optimize=True)
    cumulative = cumulative_trapezoid(np.maximum(density, 0.0), x, initial=0.0)
    return x, cumulative / cumulative[-1]
