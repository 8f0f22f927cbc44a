r"""Gaussian transformations and states as interferometers, squeezers and thermal modes, whatever their degeneracies.

A symplectic matrix is ``S = R(U_1) diag(e^s, e^{-s}) R(U_2)`` (Bloch and Messiah), where R(U) is the action of an
interferometer on ``(x, p)``; a covariance matrix is ``V = S diag(nu, nu) S^T`` (Williamson). Both come from one
singular value or eigenvalue decomposition of real or Hermitian matrices, so that equal values need no special care: a
real vector ``(u, v)`` with ``x_j = u_j, p_j = v_j`` is the complex vector ``u + i v``, and orthonormal vectors of
growing directions are orthonormal as complex vectors too, because the symplectic form maps each to a shrinking one.
"""

from __future__ import annotations

import numpy as np

from compiler.decompositions.nearest_unitary import nearest_unitary
from compiler.errors import CircuitError
from compiler.typing import Array, ComplexArray

SYMPLECTIC_TOLERANCE = 1e-8
"""Largest violation of ``S Omega S^T = Omega``, relative to the square of the largest element of S."""

UNITARY_TOLERANCE = 1e-6
"""Largest element of ``U U^dagger - 1`` of a matrix that is replaced by the nearest unitary (as Strawberry Fields)."""

PASSIVE = 1e-12
"""Logarithms of squeezing below this are rounding noise of a passive transformation."""


def symplectic_form(modes: int) -> Array:
    """Return Omega, shape (2 n, 2 n), for quadratures ordered x_0 .. x_{n-1}, p_0 .. p_{n-1}."""
    one, zero = np.eye(modes), np.zeros((modes, modes))
    return np.block([[zero, one], [-one, zero]])


def orthogonal(unitary: ComplexArray) -> Array:
    """Return R(U), shape (2 n, 2 n), the action of ``a_j -> sum_k U_jk a_k`` on (x, p)."""
    return np.block([[unitary.real, -unitary.imag], [unitary.imag, unitary.real]])


def bloch_messiah(matrix: Array) -> tuple[ComplexArray, Array, ComplexArray]:
    """Split a symplectic matrix into ``R(U_1) diag(e^s, e^{-s}) R(U_2)``.

    The entries of U_1 that are largest in their column have phases in (-pi / 4, pi / 4], so that a diagonal matrix
    gives identities; s may have either sign. A passive transformation gives ``U_1 = 1`` and ``s = 0``.

    Parameters
    ----------
    matrix : array, shape (2 n, 2 n)

    Returns
    -------
    u_1 : complex array, shape (n, n)
    s : array, shape (n,)
    u_2 : complex array, shape (n, n)

    Raises
    ------
    CircuitError
        If the matrix is not symplectic.

    Examples
    --------
    >>> u_1, s, u_2 = bloch_messiah(np.diag([0.5, 2.0]))
    >>> u_1.real.round(12).tolist(), s.round(4).tolist(), u_2.real.round(12).tolist()
    ([[1.0]], [-0.6931], [[1.0]])
    """
    n = len(matrix) // 2
    require_symplectic(matrix)
    vectors, values, _ = np.linalg.svd(matrix)  # descending
    growing = [i for i in range(n) if np.log(values[i]) > PASSIVE]
    if not growing:
        return np.eye(n, dtype=complex), np.zeros(n), nearest_unitary(matrix[:n, :n] + 1j * matrix[n:, :n])[0]
    found: ComplexArray = vectors[:n, growing] + 1j * vectors[n:, growing]  # (n, rank)
    rest = np.linalg.svd(found)[0][:, len(growing) :]
    u_1 = nearest_unitary(np.hstack([found, rest]))[0]
    s = np.concatenate([np.log(values[growing]), np.zeros(n - len(growing))])
    # turn columns by multiples of pi / 2: by odd multiples growing and shrinking directions change places
    largest = u_1[np.argmax(np.abs(u_1).round(9), axis=0), np.arange(n)]
    turns = np.ceil(np.angle(largest) / (np.pi / 2) - 0.5 - 1e-12).astype(int)
    u_1 = u_1 * np.array([1.0, -1j, -1.0, 1j])[turns % 4]
    s = np.where(turns % 2 == 0, s, -s)
    turned = orthogonal(u_1).T @ matrix  # its growing rows are e^|s| times those of R(U_2), without loss of digits
    x, p = turned[:n] * np.exp(-s)[:, None], turned[n:] * np.exp(s)[:, None]
    up = (s >= 0.0)[:, None]
    u_2 = np.where(up, x[:, :n] - 1j * x[:, n:], p[:, n:] + 1j * p[:, :n])
    return u_1, s, nearest_unitary(u_2)[0]


def williamson(cov: Array) -> tuple[Array, Array]:
    """Split a covariance matrix into ``S diag(nu, nu) S^T`` with S symplectic.

    Parameters
    ----------
    cov : array, shape (2 n, 2 n)
        Symmetric and positive definite.

    Returns
    -------
    nu : array, shape (n,)
        Symplectic eigenvalues: variances of thermal modes.
    s : array, shape (2 n, 2 n)

    Raises
    ------
    CircuitError
        If the matrix is not symmetric and positive definite.

    Examples
    --------
    >>> nu, s = williamson(np.diag([1.0, 9.0]))
    >>> nu.round(12).tolist(), (s @ s.T).round(12).tolist()
    ([3.0], [[0.333333333333, 0.0], [0.0, 3.0]])
    """
    n = len(cov) // 2
    if cov.shape != (2 * n, 2 * n) or not n or not np.isfinite(cov).all():
        raise CircuitError(f"a covariance matrix needs 2 n x 2 n finite numbers, found shape {cov.shape}")
    if not np.abs(cov - cov.T).max() <= 1e-9 * np.abs(cov).max():
        raise CircuitError("a covariance matrix must be symmetric")
    values, vectors = np.linalg.eigh(0.5 * (cov + cov.T))
    if not values[0] > 0.0:
        raise CircuitError(f"a covariance matrix must be positive definite, found the eigenvalue {values[0]:.6g}")
    root = (vectors * np.sqrt(values)) @ vectors.T
    inner, found = np.linalg.eigh(1j * root @ symplectic_form(n) @ root)  # eigenvalues -nu and nu
    nu, positive = inner[n:], found[:, n:]
    basis = np.sqrt(2.0) * np.hstack([positive.real, -positive.imag])
    if np.linalg.det(basis) == 0.0:
        raise CircuitError("the covariance matrix is too ill-conditioned to be split into thermal modes")
    return nu, root @ basis / np.sqrt(np.concatenate([nu, nu]))


def require_symplectic(matrix: Array) -> None:
    """Raise CircuitError if a matrix is not symplectic, beyond rounding."""
    n = len(matrix) // 2
    if matrix.shape != (2 * n, 2 * n) or not n or not np.isfinite(matrix).all():
        raise CircuitError(f"a symplectic matrix needs 2 n x 2 n finite numbers, found shape {matrix.shape}")
    omega = symplectic_form(n)
    off = float(np.abs(matrix @ omega @ matrix.T - omega).max())
    if not off <= SYMPLECTIC_TOLERANCE * max(1.0, float(np.abs(matrix).max()) ** 2):
        raise CircuitError(f"the matrix must be symplectic, found S Omega S^T off by {off:.3g}")
