r"""Compute density and distribution function of a law from its characteristic function, by the trapezoidal rule.

``f(y) = 1/pi int_0^inf Re(e^{-iyt} chi(t)) dt`` and ``F(y) = 1/2 - 1/pi int_0^inf Im(e^{-iyt} chi(t)) / t dt`` (J.
Gil-Pelaez, Biometrika 38, 481 (1951)), at midpoints: exponentially convergent, because every law here contains normal
noise, which damps chi.
"""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.typing import Array

MAX_NODES = 5_000_000
"""Largest number of quadrature nodes of an inversion."""


def nodes(window: float, damping: float) -> tuple[Array, float]:
    """Return the midpoints t up to where ``exp(-damping t^2 / 2)`` is e^{-36}, and their distance ``2 pi / window``.

    Raises
    ------
    InputError
        If there are more than `MAX_NODES`.
    """
    step = 2.0 * pi / window
    count = 8.5 / sqrt(damping) / step
    if not count <= MAX_NODES:
        raise InputError(f"the law of an answer needs {count:.2g} nodes, more than {MAX_NODES:.2g}; use less squeezing")
    return (np.arange(int(np.ceil(count))) + 0.5) * step, step


def log_density(y: float, t: Array, step: float, chi: NDArray[np.complex128], damping: float) -> float:
    """Return the logarithm of the density; error near 1e-13 of the largest density, which is the floor."""
    density = step / pi * float(np.sum((np.exp(-1j * t * y) * chi).real))
    return log(max(density, 1e-13 / sqrt(2.0 * pi * damping)))


def distribution(y: float, t: Array, step: float, chi: NDArray[np.complex128]) -> float:
    """Return the distribution function; absolute error near 1e-13."""
    lower = 0.5 - step / pi * float(np.sum((np.exp(-1j * t * y) * chi).imag / t))
    return min(1.0, max(0.0, lower))
