r"""Draw momenta from one-dimensional wave functions on uniform grids, exactly.

The density ``|sum_j a_j e^{-i p x_j / hbar}|^2`` is a trigonometric polynomial in p, so its distribution function is
known: its values at the nodes of a Fourier transform find the interval, bisection the point in it.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from compiler.ir.conventions import HBAR
from compiler.typing import Array

BISECTIONS = 30
"""Number of halvings of an interval between two nodes: outcomes are right to 1e-9 of the interval."""

EDGE = 0.9
"""Density beyond this share of the largest momentum of a grid counts as lost."""


def draw_momenta(amplitude: NDArray[np.complex128], step: float, uniform: Array) -> tuple[Array, Array]:
    """Draw one momentum per row.

    Parameters
    ----------
    amplitude : array, shape (rows, points)
        Values at positions ``step (j - points // 2)``.
    step : float
    uniform : array, shape (rows,)
        Uniform random numbers; a momentum is the value of the inverse distribution function there.

    Returns
    -------
    momenta : array, shape (rows,)
        Within ``+-pi hbar / step``.
    lost : array, shape (rows,)
        Share of the density near the ends of that range.

    Examples
    --------
    >>> x = 0.1 * (np.arange(200) - 100)
    >>> p, _ = draw_momenta(np.exp(-x * x / 4)[None] + 0j, 0.1, np.array([0.5]))
    >>> bool(abs(p[0]) < 1e-6)
    True
    """
    rows, points = amplitude.shape
    size = 1 << int(np.ceil(np.log2(4 * points)))
    density = np.abs(np.fft.fft(amplitude, size, axis=1)) ** 2  # at angles 2 pi k / size
    series = np.fft.fft(density, axis=1)[:, :points] / size  # density = sum_m series_m e^{i m angle}, and conjugates
    whole = series[:, 0].real.copy()
    order = np.arange(1, points)
    waves = series[:, 1:] / order / whole[:, None]

    def distribution(angle: Array) -> Array:
        """Return the share of the density between -pi and the angle, shape as the angle: (rows,)."""
        turned = np.exp(1j * order * angle[:, None]) - (-1.0) ** order
        out: Array = (angle + pi) / (2 * pi) + np.einsum("rm,rm->r", waves, turned).imag / pi
        return out

    padded = np.zeros((rows, size), dtype=complex)
    padded[:, 1:points] = waves * (-1.0) ** order
    ends = np.fft.ifft(padded, axis=1) * size - (waves * (-1.0) ** order).sum(axis=1, keepdims=True)
    nodes = np.arange(size) / size + ends.imag / pi  # the distribution at angles 2 pi k / size - pi
    at = np.array([np.searchsorted(row, u, side="right") for row, u in zip(nodes, uniform, strict=True)]) - 1
    low = 2 * pi * np.clip(at, 0, size - 1) / size - pi
    high = low + 2 * pi / size
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        below = distribution(middle) < uniform
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    outside = 1.0 - distribution(np.full(rows, EDGE * pi)) + distribution(np.full(rows, -EDGE * pi))
    return 0.5 * (low + high) * HBAR / step, outside
