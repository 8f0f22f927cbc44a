"""The unitary nearest to a matrix, for matrices that are unitary only to the precision in which they were stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.typing import ComplexArray


def nearest_unitary(matrix: Any) -> tuple[ComplexArray, float]:
    r"""Return the unitary nearest to a square matrix, and its distance.

    With the singular value decomposition ``A = W S V^dagger`` it is the polar factor ``W V^dagger``, nearest in every
    unitarily invariant norm (K. Fan and A. J. Hoffman, Proc. Am. Math. Soc. 6, 111 (1955)). The distance is the
    spectral norm of the difference, ``max |S - 1|``: no vector is moved by more than that share of its norm.

    Parameters
    ----------
    matrix : array-like of complex, shape (n, n)

    Returns
    -------
    unitary : array, shape (n, n)
    distance : float

    Raises
    ------
    CircuitError
        If the matrix is not square, not made of finite numbers, or singular to working precision: then the nearest
        unitary is not unique.

    Examples
    --------
    >>> stored = np.array([[1, 1], [1, -1]], dtype=np.float32) / np.float32(2) ** 0.5
    >>> unitary, distance = nearest_unitary(stored)
    >>> bool(distance < 1e-7), bool(np.allclose(unitary @ unitary.conj().T, np.eye(2), atol=1e-15))
    (True, True)
    """
    try:
        given = np.array(matrix, dtype=complex)
    except (TypeError, ValueError, OverflowError):
        raise CircuitError("nearest_unitary needs a matrix of complex numbers, found something else") from None
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise CircuitError(f"nearest_unitary needs a square matrix, found shape {given.shape}")
    if not np.isfinite(given).all():
        raise CircuitError("nearest_unitary needs finite numbers, found NaN or infinite ones")
    left, values, right = np.linalg.svd(given)
    if values.size and values[-1] <= values.size * np.finfo(float).eps * values[0]:
        raise CircuitError(f"the matrix is singular (singular values down to {values[-1]:.1e}): no unitary is nearest")
    unitary: ComplexArray = left @ right
    return unitary, float(np.abs(values - 1.0).max(initial=0.0))
