r"""The Gauss-Newton operator of sums of cubes, as products of matrices: ``J' J`` is never formed.

For ``F(V) = sum_r v_r (x) v_r (x) v_r`` with rows v_r of V, shape (R, n), and ``D = V V'``, a change P of V gives

``(J' J P) = 3 [ (D o D) P + 2 (D o V P') V ]``

with o the product entry by entry: three matrix products, 6 R^2 n operations. The blocks of one row,
``M_r = 3 |v_r|^4 (1 + 2 u_r u_r')``, are metric of the damping and preconditioner in one; their inverse is
``(1 - (2/3) u_r u_r') / (3 |v_r|^4)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

STAGNATION = 100
"""Products without a halved residual after which conjugate gradients stop: rounding in float32 allows no more."""

Matrix = NDArray[Any]


class GaussNewton:
    """``J' J`` at V in one precision.

    Parameters
    ----------
    v : array, shape (R, n)
        Rows different from 0. Memory: three matrices R x R in ``dtype``.
    dtype : dtype
        float32 where a step needs few digits, else float64.
    """

    def __init__(self, v: Matrix, dtype: DTypeLike) -> None:
        self.v = v.astype(dtype)
        self._dots = self.v @ self.v.T
        self._squared = self._dots * self._dots
        self._mixed = np.empty_like(self._dots)
        lengths = (self.v * self.v).sum(1, keepdims=True)
        self._fourth = 3.0 * lengths**2
        self._unit = self.v / np.sqrt(lengths)

    def block(self, p: Matrix) -> Matrix:
        """Return ``M P`` with the blocks M of single rows."""
        out: Matrix = self._fourth * (p + 2.0 * (self._unit * p).sum(1, keepdims=True) * self._unit)
        return out

    def unblock(self, p: Matrix) -> Matrix:
        """Return ``M^-1 P``."""
        out: Matrix = (p - (2.0 / 3.0) * (self._unit * p).sum(1, keepdims=True) * self._unit) / self._fourth
        return out

    def product(self, p: Matrix) -> Matrix:
        """Return ``J' J P``."""
        np.matmul(self.v, p.T, out=self._mixed)
        self._mixed *= self._dots
        out: Matrix = self._squared @ p
        out += 2.0 * (self._mixed @ self.v)
        out *= 3.0
        return out

    def solve(
        self, gradient: Matrix, damping: float, tolerance: float, most: int, count: Callable[[int], None]
    ) -> tuple[Matrix, int]:
        """Return ``(J' J + damping M)^-1 gradient`` by conjugate gradients, and the number of products.

        They begin at 0 and so stay in the range of ``J'``: without damping the limit is the step of least M-norm.

        Parameters
        ----------
        gradient : array, shape (R, n)
        damping : float
        tolerance, most, count
            As for `conjugate_gradients`.
        """
        scale = float(np.abs(gradient).max())
        found = conjugate_gradients(
            lambda p: self.product(p) + damping * self.block(p),
            self.unblock,
            _dot,
            (gradient / scale).astype(self.v.dtype),
            tolerance,
            most,
            count,
        )
        return found.solution.astype(np.float64) * scale, found.products


@dataclass(frozen=True, slots=True)
class Solution:
    """Result of conjugate gradients.

    Attributes
    ----------
    solution : array
    products : int
        Number of products with the matrix.
    stagnated : bool
        The residual stopped falling before the tolerance: the precision does not allow more.
    """

    solution: Matrix
    products: int
    stagnated: bool


def conjugate_gradients(
    product: Callable[[Matrix], Matrix],
    precondition: Callable[[Matrix], Matrix],
    inner: Callable[[Matrix, Matrix], float],
    right: Matrix,
    tolerance: float,
    most: int,
    count: Callable[[int], None],
) -> Solution:
    """Solve ``A x = right`` for a symmetric A in the precision of ``right``, beginning at 0.

    Parameters
    ----------
    product, precondition : callable
        The matrix A, and an approximate inverse of A.
    inner : callable
        The inner product in which A is symmetric.
    right : array
    tolerance : float
        The residual at which they stop, in the norm of the preconditioner, relative to that of ``right``.
    most : int
        Largest number of products.
    count : callable
        Called with the number of products, now and then.
    """
    x = np.zeros_like(right)
    r = right.copy()
    z = precondition(r)
    p, size = z.copy(), inner(r, z)
    stop = size * tolerance * tolerance
    least, seen, best = size, 0, x.copy()
    for products in range(1, most + 1):
        image = product(p)
        length = size / inner(p, image)
        x += length * p
        r -= length * image
        z = precondition(r)
        new = inner(r, z)
        if new <= stop:
            return Solution(x, products, False)
        if new < 0.5 * least:
            least, seen, best = new, products, x.copy()
        elif products - seen > STAGNATION + seen // 2:
            return Solution(best, products, True)
        if products % 20 == 0:
            count(products)
        p *= new / size
        p += z
        size = new
    return Solution(x, most, False)


def _dot(a: Matrix, b: Matrix) -> float:
    return float((a * b).sum(dtype=np.float64))
