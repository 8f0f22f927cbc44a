r"""Superpositions of displaced Gaussian packets under a common cubic phase, as frozen values, and gates on them.

``psi(x) = sum_j c_j exp(i (x'A_j x / 2 + b_j.x)) psi_0(x + u_j)`` with
``psi_0(x) = det(W / 2 pi)^{1/4} exp(-x'W x / 4 + i f(x) / hbar)``, W real and positive, and f real of degree at most 3.
One term is a *branch*. The family is closed under phases of degree at most 3, under displacements, and under every
Gaussian gate that maps positions linearly among themselves (docs/simulation.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.typing import Array, ComplexArray
from simulations.branches.cubic import Cubic

Indices = NDArray[np.intp]

SAME_BRANCH = 1e-10
"""Branches whose shifts, tilts and curvatures agree to this, in units of the packet's deviations and relative to the
largest of each kind, are folded into one."""

LEAST_EIGENVALUE = 1e-8
"""Least eigenvalue of the positions' correlation matrix, inverted: beyond it float64 loses half of its digits."""

MAX_PHASE = 1e7
"""Largest phase of a branch, in rad, that float64 holds to about 1e-9."""


@dataclass(frozen=True, slots=True)
class BranchState:
    """A pure state of n modes as m branches; not normalised: its squared norm is the probability of what was read.

    Attributes
    ----------
    precision : array, shape (n, n)
        W: the inverse of the positions' covariance matrix under ``|psi_0|^2``.
    phase : Cubic
        f.
    amplitudes, curvatures, tilts, shifts : arrays, shapes (m,), (m, n, n), (m, n), (m, n)
        c_j, A_j, b_j, u_j.
    """

    precision: Array
    phase: Cubic
    amplitudes: ComplexArray
    curvatures: Array
    tilts: Array
    shifts: Array

    @classmethod
    def empty(cls) -> BranchState:
        """Return the state of no modes: one branch of amplitude 1."""
        return cls(
            np.zeros((0, 0)),
            Cubic.zero(0),
            np.ones(1, complex),
            np.zeros((1, 0, 0)),
            np.zeros((1, 0)),
            np.zeros((1, 0)),
        )

    @property
    def modes(self) -> int:
        """Number of modes, environments included."""
        return len(self.precision)

    @property
    def branches(self) -> int:
        """Number of branches."""
        return len(self.amplitudes)

    # --- more modes --------------------------------------------------------------------------------------------------

    def with_packets(self, precision: Array, amplitudes: ComplexArray, tilts: Array, shifts: Array) -> BranchState:
        """Append modes in a superposition of packets ``sum_k a_k exp(i b_k.x) g(x + u_k)`` of one shape g.

        Parameters
        ----------
        precision : array, shape (k, k)
            ``g(x) = det(P / 2 pi)^{1/4} exp(-x'P x / 4)``.
        amplitudes, tilts, shifts : arrays, shapes (q,), (q, k), (q, k)
        """
        n, k, m, q = self.modes, len(precision), self.branches, len(amplitudes)
        wide = np.zeros((n + k, n + k))
        wide[:n, :n], wide[n:, n:] = self.precision, precision
        keep = np.eye(n, n + k)
        curvatures = np.zeros((m * q, n + k, n + k))
        curvatures[:, :n, :n] = np.repeat(self.curvatures, q, axis=0)
        return BranchState(
            wide,
            self.phase.transformed(keep),
            np.outer(self.amplitudes, amplitudes).ravel(),
            curvatures,
            np.hstack([np.repeat(self.tilts, q, axis=0), np.tile(tilts, (m, 1))]),
            np.hstack([np.repeat(self.shifts, q, axis=0), np.tile(shifts, (m, 1))]),
        )

    # --- gates -------------------------------------------------------------------------------------------------------

    def phased(self, g: Cubic) -> BranchState:
        """Apply ``exp(i g(x) / hbar)``: f gains g, and a branch gains the quadratic ``(g(x) - g(x + u_j)) / hbar``."""
        moved = g.shifted(self.shifts)
        require_phases(moved.constant / HBAR)
        return replace(
            self,
            phase=self.phase + g,
            amplitudes=self.amplitudes * np.exp(-1j * moved.constant / HBAR),
            curvatures=self.curvatures - (moved.quadratic - g.quadratic) / HBAR,
            tilts=self.tilts - (moved.linear - g.linear) / HBAR,
        )

    def mapped(self, matrix: Array) -> BranchState:
        """Apply the Gaussian gate that maps positions as ``x -> matrix x``.

        ``psi(x) -> |det|^{-1/2} psi(matrix^-1 x)``. Momenta map as ``p -> matrix^{-T} p``: beamsplitters without
        phase, squeezers and controlled-X gates.
        """
        inverse = inverted(matrix)
        precision = inverse.T @ self.precision @ inverse
        return BranchState(
            0.5 * (precision + precision.T),
            self.phase.transformed(inverse),
            self.amplitudes,
            inverse.T @ self.curvatures @ inverse,
            self.tilts @ inverse,
            self.shifts @ matrix.T,
        )

    def displaced(self, alpha: Array, beta: Array) -> BranchState:
        """Apply ``D(alpha, beta) = exp(i (alpha.p + beta.x))``.

        For hbar = 2, ``(D psi)(x) = exp(i alpha.beta) exp(i beta.x) psi(x + 2 alpha)``.
        """
        return self.displaced_each(alpha[None], beta[None])

    def displaced_each(self, alphas: Array, betas: Array) -> BranchState:
        """Return the sum of ``D(alphas_q, betas_q) psi`` over q, without folding: the branches of q = 0 come first.

        Parameters
        ----------
        alphas, betas : arrays, shape (q, n)
        """
        moves = HBAR * alphas
        bent = np.einsum("mij,qj->qmi", self.curvatures, moves)
        phases = (HBAR / 2.0) * (alphas * betas).sum(axis=1)[:, None] + moves @ self.tilts.T
        phases += 0.5 * np.einsum("qmi,qi->qm", bent, moves)
        require_phases(phases)
        count, n = len(alphas), self.modes
        return replace(
            self,
            amplitudes=(self.amplitudes * np.exp(1j * phases)).ravel(),
            curvatures=np.tile(self.curvatures, (count, 1, 1)),
            tilts=(self.tilts + bent + betas[:, None]).reshape(-1, n),
            shifts=(self.shifts + moves[:, None]).reshape(-1, n),
        )

    def straight(self, places: tuple[int, ...]) -> bool:
        """Whether the phase is quadratic in some positions, and no branch adds to it: any Gaussian gate is allowed."""
        rows = list(places)
        return not (self.phase.cubic[rows].any() or self.curvatures[:, rows].any())

    def turned(self, places: tuple[int, ...], unitary: ComplexArray) -> BranchState:
        """Apply a gate ``a -> U a`` to modes that are `straight`; what is cubic in others commutes with it.

        A branch is ``e^{-i u.b / 2} D(u / 2, b)`` of a Gaussian state, ``(b, u / 2)`` maps as ``S^{-T}``, and the
        Gaussian state is known by its covariance ``S V S'``.
        """
        n, w = self.modes, self.precision
        k = np.array(places)
        symplectic = np.eye(2 * n)
        block = np.block([[unitary.real, -unitary.imag], [unitary.imag, unitary.real]])
        both = np.concatenate([k, n + k])
        symplectic[np.ix_(both, both)] = block
        tilts = self.tilts + self.phase.linear / HBAR
        vectors = np.hstack([tilts, 0.5 * self.shifts])
        vectors[:, both] = vectors[:, both] @ block.T  # the gate is orthogonal
        before = (self.shifts * self.phase.linear).sum(axis=1) / HBAR - 0.5 * (self.shifts * tilts).sum(axis=1)
        phases = before + (vectors[:, :n] * vectors[:, n:]).sum(axis=1)
        require_phases(phases)
        inverse = factored(w)[1]
        xx = inverse.T @ inverse
        px = self.phase.quadratic @ xx
        covariance = np.block([[xx, px.T], [px, px @ self.phase.quadratic + w]])
        covariance = symplectic @ covariance @ symplectic.T
        precision = inverted(covariance[:n, :n])
        quadratic = covariance[n:, :n] @ precision
        return replace(
            self,
            precision=0.5 * (precision + precision.T),
            phase=Cubic(np.zeros(n), 0.5 * (quadratic + quadratic.T), self.phase.cubic),
            amplitudes=self.amplitudes * np.exp(1j * phases),
            tilts=vectors[:, :n],
            shifts=2.0 * vectors[:, n:],
        )

    # --- sums --------------------------------------------------------------------------------------------------------

    def plus(self, other: BranchState, weight: complex, other_weight: complex) -> BranchState:
        """``weight psi + other_weight other``, for a state with the same packet shape; equal branches are folded."""
        return self.scaled(weight).joined(other.scaled(other_weight)).folded()

    def joined(self, other: BranchState) -> BranchState:
        """The sum of two states with the same packet shape, branch by branch: those of the other one come last."""
        return replace(
            self,
            amplitudes=np.concatenate([self.amplitudes, other.amplitudes]),
            curvatures=np.concatenate([self.curvatures, other.curvatures]),
            tilts=np.concatenate([self.tilts, other.tilts]),
            shifts=np.concatenate([self.shifts, other.shifts]),
        )

    def folding(self) -> tuple[Indices, Indices]:
        """Find equal branches: the first branch of every kind, and for every branch the number of its kind."""
        if self.branches < 2 or not self.modes:
            return np.zeros(1, np.intp), np.zeros(self.branches, np.intp)
        deviations = np.sqrt((factored(self.precision)[1] ** 2).sum(axis=0))
        kinds = (
            (self.curvatures * deviations[:, None] * deviations).reshape(self.branches, -1),
            self.tilts * deviations,
            self.shifts * np.sqrt(np.diag(self.precision)),
        )
        keys = np.hstack([np.round(part / (SAME_BRANCH * max(1.0, np.abs(part).max(initial=0.0)))) for part in kinds])
        rows = np.ascontiguousarray(keys + 0.0).view(np.dtype((np.void, keys.itemsize * keys.shape[1])))  # + 0: no -0
        _, first, group = np.unique(rows, return_index=True, return_inverse=True)
        return first, group.ravel()

    def folded(self) -> BranchState:
        """Return the same state with equal branches added up; branches whose amplitudes cancel exactly are dropped."""
        first, group = self.folding()
        amplitudes = np.zeros(len(first), complex)
        np.add.at(amplitudes, group, self.amplitudes)
        kept = np.flatnonzero(amplitudes)
        if not len(kept):
            kept = np.arange(1)
        return replace(self.picked(first[kept]), amplitudes=amplitudes[kept])

    def picked(self, which: Indices) -> BranchState:
        """Return the sum of some of the branches."""
        return replace(
            self,
            amplitudes=self.amplitudes[which],
            curvatures=self.curvatures[which],
            tilts=self.tilts[which],
            shifts=self.shifts[which],
        )

    def scaled(self, factor: complex | ComplexArray) -> BranchState:
        """Return the state times a number, or its branches times one number each."""
        return replace(self, amplitudes=self.amplitudes * factor)


def require_phases(phases: Array) -> None:
    """Raise InputError if float64 does not hold phases, in rad, to about 1e-9."""
    largest = float(np.abs(phases).max(initial=0.0))
    if not largest <= MAX_PHASE:  # also where it is no number
        raise InputError(
            f"branches must differ by phases of at most {MAX_PHASE:.0e} rad, which float64 holds to 1e-9, found "
            f"{largest:.1e} rad; lower the displacements, the weights or the squeezing"
        )


def factored(precision: Array) -> tuple[Array, Array]:
    """Return the Cholesky factor L of ``W = L L'`` and its inverse, kept for the next state of the same packets.

    Raises
    ------
    InputError
        If positions are so strongly correlated that float64 does not hold it.
    """
    return _factored(len(precision), precision.tobytes())


@lru_cache(maxsize=64)
def _factored(n: int, data: bytes) -> tuple[Array, Array]:
    precision = np.frombuffer(data).reshape(n, n)
    with np.errstate(all="ignore"):
        scale = np.sqrt(np.diag(precision))
        correlation = precision / np.multiply.outer(scale, scale)
    finite = bool(np.isfinite(correlation).all())
    least = float(np.linalg.eigvalsh(correlation)[0]) if finite and n else float(finite)
    if not least >= LEAST_EIGENVALUE:
        raise InputError(
            f"positions are correlated too strongly for float64: the least eigenvalue of their inverse correlations "
            f"must be at least {LEAST_EIGENVALUE:.0e}, found {least:.1e}; lower the squeezing or the noise"
        )
    root = np.linalg.cholesky(precision)
    inverse = inverted(root)
    for values in (root, inverse):
        values.flags.writeable = False
    return root, inverse


def inverted(matrix: Array) -> Array:
    """Return the inverse of a small matrix, without the threads that `numpy.linalg.inv` wakes for it.

    Raises
    ------
    InputError
        If it is singular in float64.
    """
    from scipy.linalg import lapack

    if not len(matrix):
        return np.zeros((0, 0))
    factors, pivots, singular = lapack.dgetrf(matrix)
    inverse, _ = lapack.dgetri(factors, pivots) if singular == 0 else (np.full_like(matrix, np.nan), 0)
    if not np.isfinite(inverse).all():
        raise InputError(
            "a matrix of the state has no inverse in float64; lower the squeezing or the strengths of gates"
        )
    found: Array = inverse
    return found
