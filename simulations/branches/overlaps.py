r"""Overlaps of branches: complex Gaussian integrals, without a cutoff.

With the middle ``m = (u_j + u_k) / 2`` and the gap ``g = u_k - u_j`` of two branches, and ``x = y - m``, the product
of their packets is a Gaussian ``exp(-y'Wy / 2 - g'Wg / 8)``, and the phase of f,
``f(y + g / 2) - f(y - g / 2) = l.g + y'Qg + Tggg / 24 + Tgyy / 2``, is quadratic in y; no difference of large numbers
is taken. With ``M = W - i K``, K the real symmetric curvature of the whole phase in y, h its slope at y = 0, and s what
is left,

``<j|k> = conj(c_j) c_k prod_i (1 + i kappa_i)^{-1/2} exp(-h'M^{-1}h / 2 - g'Wg / 8 + i s)``,

kappa_i the eigenvalues of ``-W^{-1/2} K W^{-1/2}``. Every root is the principal one, because the real part of M is
positive.

A pair of branches contributes at most ``|c_j c_k| exp(-g'Wg / 8)``, so pairs that are far apart are left out by a
bound, which matters for lattice states of thousands of packets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.typing import Array, ComplexArray
from simulations.branches.state import BranchState, Indices, factored

NEGLIGIBLE = 1e-13
"""Pairs are left out whose bounds add up to less than this, relative to the sum of all ``|c_j|^2``."""

SAME_CURVATURE = 1e-13
"""Curvatures of pairs that agree to this, in units of the packet's deviations and relative to the largest, share their
eigenvalues."""

CHUNK = 1 << 15
"""Pairs that are computed at once."""

MAX_PHASE_ERROR = 1e-8
"""Largest error of a sum of overlaps, relative to the sum of all ``|c_j|^2``, by rounding of phases."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Overlaps of pairs of branches.

    Attributes
    ----------
    left, right : integer arrays, shape (q,)
        Branches of the bra and of the ket.
    logarithms : complex array, shape (q,)
        Of the overlaps, which may underflow where densities do not.
    means : complex array, shape (q, n)
        ``M^{-1} h``: the mean of x under the pair's complex Gaussian.
    covariances : complex array, shape (q, n, n)
        ``M^{-1}``.
    """

    left: Indices
    right: Indices
    logarithms: ComplexArray
    means: ComplexArray
    covariances: ComplexArray

    @property
    def overlaps(self) -> ComplexArray:
        """Overlaps of the pairs, shape (q,)."""
        return np.exp(self.logarithms)


def inner(bra: BranchState, ket: BranchState, negligible: float = NEGLIGIBLE) -> complex:
    """Return ``<bra|ket>`` of two states with the same packet shape; omitted pairs add less than ``negligible``."""
    return complex(sum(part.overlaps.sum() for part in pairs(bra, ket, negligible=negligible)))


def norm_squared(state: BranchState) -> float:
    """Return ``<psi|psi>``."""
    return float(sum(part.overlaps.sum().real for part in pairs(state, state, hermitian=True)))


def count_pairs(bra: BranchState, ket: BranchState) -> int:
    """Return the number of pairs of branches that are near enough to count."""
    return sum(len(left) for left, _ in _near(bra, ket, factored(bra.precision)[0]))


def pairs(
    bra: BranchState, ket: BranchState, hermitian: bool = False, negligible: float = NEGLIGIBLE
) -> Iterator[Pairs]:
    """Yield all pairs that count, a chunk at a time.

    With ``hermitian`` the two states are the same, each pair stands once, and the overlaps of pairs ``j < k`` are
    doubled, so that the sum of real parts is right.
    """
    root = factored(bra.precision)[0]
    for left, right in _near(bra, ket, root, hermitian, negligible):
        for start in range(0, len(left), CHUNK):
            yield _overlaps(bra, ket, left[start : start + CHUNK], right[start : start + CHUNK], root, hermitian)


def _near(
    bra: BranchState, ket: BranchState, root: Array, hermitian: bool = False, negligible: float = NEGLIGIBLE
) -> Iterator[tuple[Indices, Indices]]:
    """Yield the indices of pairs whose bound is not negligible, in blocks."""
    total = np.abs(bra.amplitudes) @ np.ones(bra.branches) * (np.abs(ket.amplitudes) @ np.ones(ket.branches))
    scale = np.sqrt((np.abs(bra.amplitudes) ** 2).sum() * (np.abs(ket.amplitudes) ** 2).sum())
    if not (scale > 0.0 and total > 0.0):
        return
    # sum of left-out bounds <= total * exp(-d^2 / 8) for distances beyond d
    reach = np.sqrt(8.0 * max(0.0, np.log(total / (negligible * scale))))
    ours, theirs = bra.shifts @ root, ket.shifts @ root
    spread = np.ptp(np.vstack([ours, theirs]), axis=0) if bra.modes else np.zeros(0)
    if bra.branches * ket.branches <= 4096 or float(np.linalg.norm(spread)) <= reach:
        for j in range(0, bra.branches, max(1, CHUNK // ket.branches)):
            rows = np.arange(j, min(bra.branches, j + max(1, CHUNK // ket.branches)))
            left, right = np.repeat(rows, ket.branches), np.tile(np.arange(ket.branches), len(rows))
            yield _once(left, right) if hermitian else (left, right)
        return
    from scipy.spatial import cKDTree

    tree = cKDTree(theirs)
    for j in range(0, bra.branches, 1024):
        found = tree.query_ball_point(ours[j : j + 1024], reach)
        sizes = [len(row) for row in found]
        left = np.repeat(np.arange(j, j + len(found)), sizes)
        right = np.fromiter((k for row in found for k in row), dtype=int, count=sum(sizes))
        if hermitian:
            left, right = _once(left, right)
        # the bound with the amplitudes
        gap = ((ours[left] - theirs[right]) ** 2).sum(axis=1)
        bound = np.abs(bra.amplitudes[left] * ket.amplitudes[right]) * np.exp(-gap / 8.0)
        keep = bound > negligible * scale / (bra.branches * ket.branches)
        yield left[keep], right[keep]


def _once(left: Indices, right: Indices) -> tuple[Indices, Indices]:
    keep = left <= right
    return left[keep], right[keep]


def _overlaps(bra: BranchState, ket: BranchState, left: Indices, right: Indices, root: Array, hermitian: bool) -> Pairs:
    n, f = bra.modes, bra.phase
    u, v = bra.shifts[left], ket.shifts[right]
    middle, gap = 0.5 * (u + v), v - u
    curvature = ket.curvatures[right] - bra.curvatures[left]
    tilt = ket.tilts[right] - bra.tilts[left]
    bent = np.einsum("qij,qj->qi", curvature, middle)
    slope = tilt - bent + gap @ f.quadratic / HBAR
    phases = np.array([-(tilt * middle).sum(axis=1), 0.5 * (bent * middle).sum(axis=1), gap @ f.linear / HBAR])
    if f.cubic.any():
        pulled = (gap @ f.cubic.reshape(n, n * n)).reshape(-1, n, n)
        turn = np.einsum("qi,qij,qj->q", gap, pulled, gap) / (24.0 * HBAR)
        curvature, phases = curvature + pulled / HBAR, np.vstack([phases, turn])
    inverse = factored(bra.precision)[1]
    if not curvature.any():
        covariances = np.broadcast_to((inverse.T @ inverse).astype(complex), (len(left), n, n))
        centred = 1j * slope @ covariances[0] if len(left) else np.zeros((0, n), complex)
        factor: ComplexArray | float = 0.0
    else:
        few, group = _distinct(curvature, np.sqrt((inverse**2).sum(axis=0)))
        kappa, vectors = np.linalg.eigh(-(inverse @ few @ inverse.T))
        basis = inverse.T @ vectors  # M^-1 = basis diag(1 / (1 + i kappa)) basis'
        weights = 1.0 / (1.0 + 1j * kappa)
        covariances = ((basis * weights[:, None]) @ basis.transpose(0, 2, 1))[group]
        centred = 1j * np.einsum("qij,qj->qi", covariances, slope)
        factor = (0.5 * np.log(weights).sum(axis=1))[group]
    with np.errstate(over="ignore", invalid="ignore"):  # `_require_digits` refuses what is beyond float64
        spread = 0.5j * (slope * centred).sum(axis=1)
    exponent = spread - 0.125 * ((gap @ root) ** 2).sum(axis=1) + 1j * phases.sum(axis=0)
    with np.errstate(divide="ignore"):  # amplitudes may be 0
        factor = factor + np.conj(np.log(bra.amplitudes))[left] + np.log(ket.amplitudes)[right]
    found = Pairs(left, right, exponent + factor, centred - middle, covariances)
    _require_digits(bra, ket, found.overlaps, np.abs(phases).sum(axis=0) + np.abs(spread.imag))
    return replace(found, logarithms=found.logarithms + np.where(left < right, log(2.0), 0.0)) if hermitian else found


def _distinct(matrices: Array, deviations: Array) -> tuple[Array, Indices]:
    """Return the distinct matrices, in units of deviations of positions, and the index of each given matrix.

    Branches on a lattice have few distances and so few curvatures, whose eigenvalues are found once.
    """
    flat = (matrices * deviations[:, None] * deviations).reshape(len(matrices), -1)
    order = np.argsort(flat @ np.sqrt(np.linspace(1.0, 2.0, flat.shape[1])), kind="stable")
    steps = np.abs(np.diff(flat[order], axis=0)).max(axis=1) > SAME_CURVATURE * max(1.0, np.abs(flat).max())
    first = np.concatenate([[True], steps])
    group = np.empty(len(matrices), dtype=np.intp)
    group[order] = np.cumsum(first) - 1
    return matrices[order[first]], group


def _require_digits(bra: BranchState, ket: BranchState, overlaps: ComplexArray, phases: Array) -> None:
    """Raise InputError if rounding of phases moves a sum of overlaps by more than `MAX_PHASE_ERROR`."""
    scale = np.linalg.norm(bra.amplitudes) * np.linalg.norm(ket.amplitudes)
    phases = np.nan_to_num(phases, nan=np.inf)
    with np.errstate(invalid="ignore"):
        error = np.finfo(float).eps * float(np.nan_to_num(np.abs(overlaps) @ phases, nan=np.inf))
    if not error <= MAX_PHASE_ERROR * scale:
        raise InputError(
            f"phases of branches reach {phases.max(initial=0.0):.1e} rad, and rounding them moves overlaps by "
            f"{error / scale:.1e}, more than {MAX_PHASE_ERROR:.0e}; lower the displacements, the weights or the "
            "squeezing"
        )
