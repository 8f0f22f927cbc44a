r"""Real polynomials of degree at most 3 in several positions, as tensors, and what a shift makes of them.

``f(x) = l.x + x'Q x / 2 + T xxx / 6`` with Q and T symmetric. The difference ``f(x + u) - f(x + v)`` is a quadratic
polynomial, because the cubic parts are the same; the branch simulator rests on this.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, prod

import numpy as np

from compiler.ir.polynomial import Polynomial
from compiler.typing import Array

MAX_DEGREE = 3
"""Largest degree of a phase: a difference of two shifted quartic phases is cubic, and no Gaussian integral."""


@dataclass(frozen=True, slots=True)
class Quadratics:
    """Polynomials ``c_m + l_m.x + x'q_m x / 2``, one per row m: shapes (m,), (m, n), (m, n, n)."""

    constant: Array
    linear: Array
    quadratic: Array


@dataclass(frozen=True, slots=True)
class Cubic:
    """``f(x) = linear.x + x' quadratic x / 2 + cubic xxx / 6``, of shapes (n,), (n, n), (n, n, n), symmetric."""

    linear: Array
    quadratic: Array
    cubic: Array

    @classmethod
    def zero(cls, n: int) -> Cubic:
        """Return the zero polynomial of n positions."""
        return cls(np.zeros(n), np.zeros((n, n)), np.zeros((n, n, n)))

    @classmethod
    def of(cls, polynomial: Polynomial, n: int, index: dict[int, int]) -> Cubic:
        """Return a polynomial without constant part whose variable v is position ``index[v]`` of n.

        >>> float(Cubic.of(Polynomial.monomial((0, 0, 1), 0.5), 2, {0: 0, 1: 1}).cubic[0, 0, 1])
        1.0
        """
        made = cls.zero(n)
        for key, coefficient in polynomial.terms.items():
            places = [index[int(v)] for v, power in key for _ in range(power)]
            tensor = (None, made.linear, made.quadratic, made.cubic)[len(places)]
            if tensor is not None:
                value = coefficient * prod(factorial(power) for _, power in key)
                for permuted in _permutations(places):
                    tensor[permuted] = tensor[permuted] + value
        return made

    def __add__(self, other: Cubic) -> Cubic:
        return Cubic(self.linear + other.linear, self.quadratic + other.quadratic, self.cubic + other.cubic)

    def shifted(self, shifts: Array) -> Quadratics:
        """``f(x + u_m)`` less the cubic part ``T xxx / 6``, for shifts u of shape (m, n)."""
        n = len(self.linear)
        bent = (shifts @ self.cubic.reshape(n, n * n)).reshape(len(shifts), n, n)
        twice = np.einsum("mij,mj->mi", bent, shifts)
        straight = shifts @ self.quadratic
        constant = shifts @ self.linear + ((0.5 * straight + twice / 6.0) * shifts).sum(axis=1)
        return Quadratics(constant, self.linear + straight + 0.5 * twice, self.quadratic + bent)

    def transformed(self, matrix: Array) -> Cubic:
        """Return the polynomial ``x -> f(matrix x)``; the matrix has shape (n, new n)."""
        twice = matrix.T @ self.cubic @ matrix
        return Cubic(self.linear @ matrix, matrix.T @ self.quadratic @ matrix, np.tensordot(matrix, twice, (0, 0)))


def _permutations(places: list[int]) -> set[tuple[int, ...]]:
    """Return the distinct orders of at most three indices."""
    from itertools import permutations

    return set(permutations(places))
