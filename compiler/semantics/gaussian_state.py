r"""Gaussian states that circuits prepare: covariance, the A matrix of photon counting, and Takagi's factorisation.

For a state with Husimi covariance ``Q = W V W^dagger + 1/2`` in ``(a, a^dagger)``, photon counts n have
probabilities ``haf(A_n) / (n! sqrt(det Q))`` with ``A = X (1 - Q^{-1})`` and X the swap of the two halves (C. S.
Hamilton et al., Phys. Rev. Lett. 119, 170501 (2017)). A pure state has ``A = B* (+) B``, B symmetric; modes with
``Squeeze(-r_k)`` behind an interferometer U have ``B = U diag(tanh r) U^T``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import VACUUM_VARIANCE
from compiler.ir.operations import (
    ENDS,
    Displacement,
    DisplacementNoise,
    Loss,
    Operation,
    PrepareSqueezed,
    PrepareVacuum,
    ThermalLoss,
)
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import symplectic
from compiler.typing import Array, ComplexArray

PURITY_TOLERANCE = 1e-8
"""A state is pure if the off-diagonal block of A is below this: rounding in products of symplectic matrices is."""


@dataclass(frozen=True, slots=True)
class GaussianState:
    """Mean, shape (2 n,), and covariance, shape (2 n, 2 n), ordered x_0 .. x_{n-1}, p_0 .. p_{n-1}, vacuum variance 1.

    Raises
    ------
    CircuitError
        If the shapes do not fit, or a number is not finite.
    """

    mean: Array
    cov: Array

    def __post_init__(self) -> None:
        size = self.mean.size
        if self.mean.shape != (size,) or size % 2 or self.cov.shape != (size, size):
            raise CircuitError(
                f"n modes need a mean of 2 n and a covariance of 2 n x 2 n, found {self.mean.shape}, {self.cov.shape}"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.cov).all()):
            raise CircuitError("the mean and the covariance of a Gaussian state must be finite")
        self.mean.setflags(write=False)
        self.cov.setflags(write=False)

    @property
    def modes(self) -> int:
        """Number of modes."""
        return self.mean.size // 2

    def a_matrix(self) -> ComplexArray:
        """Return a = X (1 - Q^{-1}), shape (2 n, 2 n)."""
        n = self.modes
        one = np.eye(n)
        w = 0.5 * np.block([[one, 1j * one], [one, -1j * one]])  # (a, a^dagger) = w (x, p), as x = a + a^dagger
        q = w @ self.cov @ w.conj().T + 0.5 * np.eye(2 * n)
        inner = np.eye(2 * n) - np.linalg.inv(q)
        out: ComplexArray = np.vstack([inner[n:], inner[:n]])
        return out

    def pair_matrix(self) -> ComplexArray | None:
        """Return B of a pure state, symmetric, shape (n, n): A = B* (+) B; None for a mixed state."""
        a, n = self.a_matrix(), self.modes
        if np.abs(a[:n, n:]).max(initial=0.0) > PURITY_TOLERANCE:
            return None
        return np.asarray(0.5 * (a[n:, n:] + a[n:, n:].T), dtype=np.complex128)


def prepared_state(circuit: Circuit) -> GaussianState:
    """Return the state of all modes at the end of a circuit that starts from the vacuum.

    Raises
    ------
    CircuitError
        If an operation is not Gaussian, measures, or depends on a result or a symbol; the message names it.

    Examples
    --------
    >>> prepared_state(Circuit(1, (PrepareSqueezed((0,), 0.5),))).cov.diagonal().round(4).tolist()
    [0.3679, 2.7183]
    """
    return evolved(GaussianState(*_vacuum(circuit.modes)), circuit.operations)


def evolved(state: GaussianState, operations: Sequence[Operation]) -> GaussianState:
    """Return a state after Gaussian operations; raises CircuitError as `prepared_state`."""
    mean, cov = state.mean.copy(), state.cov.copy()
    for index, op in enumerate(operations):
        _apply(mean, cov, op, f"operation {index} {op}")
    return GaussianState(mean, cov)


def prefix_states(modes: int, operations: Sequence[Operation]) -> Iterator[GaussianState]:
    """The states after 0, 1, 2, .. operations; raises CircuitError as `prepared_state`."""
    mean, cov = _vacuum(modes)
    yield GaussianState(mean.copy(), cov.copy())
    for index, op in enumerate(operations):
        _apply(mean, cov, op, f"operation {index} {op}")
        yield GaussianState(mean.copy(), cov.copy())


def _vacuum(modes: int) -> tuple[Array, Array]:
    return np.zeros(2 * modes), VACUUM_VARIANCE * np.eye(2 * modes)


def _apply(mean: Array, cov: Array, op: Operation, where: str) -> None:
    """Apply an operation to the moments, in place."""
    n = mean.size // 2
    if not op.gaussian or isinstance(op, ENDS):
        raise CircuitError(f"{where}: a Gaussian preparation can hold Gaussian gates only, and no measurement")
    if any(isinstance(v, Polynomial) for v in op.parameters().values()):
        raise CircuitError(f"{where}: a preparation has no free parameters; bind them first")
    rows = [*op.modes, *(m + n for m in op.modes)]
    if isinstance(op, PrepareVacuum | PrepareSqueezed):
        r = op.r if isinstance(op, PrepareSqueezed) else 0.0
        mean[rows] = 0.0
        cov[rows] = cov[:, rows] = 0.0
        cov[rows, rows] = VACUUM_VARIANCE * exp(-2.0 * r), VACUUM_VARIANCE * exp(2.0 * r)
        return
    if isinstance(op, Loss | ThermalLoss):
        environment = VACUUM_VARIANCE * (2.0 * op.nbar + 1.0 if isinstance(op, ThermalLoss) else 1.0)
        cov[rows] *= op.eta**0.5
        cov[:, rows] *= op.eta**0.5
        cov[rows, rows] += (1.0 - op.eta) * environment
        mean[rows] *= op.eta**0.5
        return
    if isinstance(op, DisplacementNoise):
        cov[rows, rows] += op.x_variance, op.p_variance
        return
    if isinstance(op, Displacement):
        mean[rows] += float(op.x), float(op.p)  # type: ignore[arg-type]  # numbers: polynomials were refused above
        return
    modes, matrix = symplectic([op])
    rows = [*modes, *(m + n for m in modes)]
    cov[rows] = matrix @ cov[rows]
    cov[:, rows] = cov[:, rows] @ matrix.T
    mean[rows] = matrix @ mean[rows]


def takagi(symmetric: ComplexArray, zero: float = 1e-9) -> tuple[Array, ComplexArray]:
    """Return Takagi's factorisation ``C = U diag(s) U^T`` of a complex symmetric matrix, s >= 0 in descending order.

    ``C u* = s u`` is a real symmetric eigenvalue problem in (Re u, Im u). Its eigenvectors of positive s are orthogonal
    over the complex numbers too, because i u belongs to -s; so repeated values need no special care, and only the
    null space is completed.

    Parameters
    ----------
    symmetric : array, shape (n, n)
    zero : float
        Values below this are taken as 0.

    Raises
    ------
    CircuitError
        If the matrix is not symmetric.

    Examples
    --------
    >>> s, u = takagi(np.array([[0.0, 0.5], [0.5, 0.0]], dtype=complex))
    >>> s.round(12).tolist(), bool(np.allclose(u @ np.diag(s) @ u.T, [[0.0, 0.5], [0.5, 0.0]]))
    ([0.5, 0.5], True)
    """
    n = len(symmetric)
    if symmetric.shape != (n, n) or not np.allclose(symmetric, symmetric.T, atol=1e-10, rtol=0.0):
        raise CircuitError("Takagi's factorisation needs a symmetric matrix")
    re, im = symmetric.real, symmetric.imag
    values, vectors = np.linalg.eigh(np.block([[re, im], [im, -re]]))
    order = [i for i in np.argsort(-values, kind="stable")[:n] if values[i] > zero]
    found: ComplexArray = vectors[:n, order] + 1j * vectors[n:, order]  # (n, rank)
    rest = np.linalg.svd(found)[0][:, len(order) :] if order else np.eye(n, dtype=complex)
    s = np.concatenate([values[order], np.zeros(n - len(order))])
    return s, np.hstack([found, rest])
