"""Wave functions of Fock states on positions."""

from __future__ import annotations

from math import pi

import numpy as np

from compiler.ir.conventions import HBAR
from compiler.typing import Array


def hermite_functions(x: Array, count: int) -> Array:
    """Return the wave functions of the first ``count`` Fock states at positions x, shape (count, len(x)).

    >>> round(float(hermite_functions(np.zeros(1), 1)[0, 0]) ** 2, 6)  # 1 / sqrt(2 pi)
    0.398942
    """
    z = x / np.sqrt(HBAR)
    out = np.empty((count, len(x)))
    # far from the middle exp(-z^2 / 2) is below what float64 can hold, but high states are not: a power of e is put off
    last, now = np.zeros(len(x)), np.full(len(x), (pi * HBAR) ** -0.25)
    exponent = -0.5 * z**2
    for n in range(count):
        out[n] = now * np.exp(exponent)
        last, now = now, np.sqrt(2.0 / (n + 1)) * z * now - np.sqrt(n / (n + 1)) * last
        size = np.maximum(np.maximum(np.abs(now), np.abs(last)), 1.0)
        last, now, exponent = last / size, now / size, exponent + np.log(size)
    return out
