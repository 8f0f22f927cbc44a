r"""Define the token D, which reads displacements by one bit, and the contexts of a triangle.

``D(alpha, beta) = exp(i (alpha.p + beta.x))`` with hbar = 2. A token may name several displacements that commute; it
reads their product, as one displacement. Products of displacements have a phase,

``D(v) D(v') = exp(i (alpha.beta' - beta.alpha')) D(v + v')``,

so the product of commuting displacements is D or -D of their sum: `DisplacementToken.sign`. A model that assigns a
number to every displacement multiplies numbers, without this sign; the sign is the whole contextuality here.

The contexts are those of three modes, squeezed in p and joined by edges 01, 02, 12 of weight w. With
``a = sqrt(pi / (2 w))``, ``P_i = exp(i a p_i)`` and ``X_i = exp(-i a w x_i)`` they are ``B_i = {P_i, X_j, X_k}``, whose
product is ``+D``, and ``A = {P_0, P_1, P_2, X_0^2, X_1^2, X_2^2}``, whose product is ``-D``. Every model that assigns
phases to displacements before they are read, and multiplies them, has
``S = sum_i Re <B_i> - Re <A> <= 2 sqrt 2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.operation import integer, real
from compiler.typing import Array

Row = tuple[float, ...]

MOST_MODES = 3
"""Most modes that one token displaces: a unit cell has a constant number of gates."""

NONCONTEXTUAL_BOUND = 2.0 * sqrt(2.0)
"""Largest S of models that assign a phase to every displacement."""

CONTEXTS = ("B0", "B1", "B2", "A")
"""Names of the contexts, in the order of `triangle_contexts`."""

LARGEST = 1e3
"""Largest number in a sentence of displacements: beyond it the phases of displacements lose their digits."""

COMMUTES = 1e-9
"""Two displacements commute if the phase of their product is a multiple of pi up to this."""


@dataclass(frozen=True, slots=True)
class DisplacementToken:
    """``D(alpha, beta)``: read a product of commuting displacements by one bit, +1 or -1; one answer.

    The Kraus operators of the answers are ``(1 + U) / 2`` and ``(1 - U) / 2`` with U the product, in this order.

    Attributes
    ----------
    modes : tuple of int
        At most three.
    alpha, beta : tuple of tuples of float
        For each displacement one row with a number for every mode.

    Raises
    ------
    InputError
        If the rows do not fit or hold too large a number, or the displacements do not commute or multiply to a number.

    Examples
    --------
    >>> DisplacementToken.of((0, 1), (0.5, 0.0), (0.0, -0.3)).sign
    1
    """

    modes: tuple[int, ...]
    alpha: tuple[Row, ...]
    beta: tuple[Row, ...]

    def __post_init__(self) -> None:
        modes = tuple(integer(mode, "a mode of D") for mode in self.modes)
        if not 1 <= len(modes) <= MOST_MODES or len(set(modes)) != len(modes):
            raise InputError(f"D must displace 1 to {MOST_MODES} different modes, found {list(modes)}")
        rows = [tuple(tuple(real(v, "D") for v in row) for row in part) for part in (self.alpha, self.beta)]
        if len(rows[0]) != len(rows[1]) or not rows[0] or any(len(row) != len(modes) for row in (*rows[0], *rows[1])):
            raise InputError(f"D needs an alpha and a beta for each of its {len(modes)} modes, found {rows}")
        largest = max(abs(v) for part in rows for row in part for v in row)
        if largest > LARGEST:
            raise InputError(f"the numbers of D must lie in -{LARGEST:g}..{LARGEST:g}, found one of size {largest:.6g}")
        for name, value in (("modes", modes), ("alpha", rows[0]), ("beta", rows[1])):
            object.__setattr__(self, name, value)
        for (i, j), angle in self._angles().items():
            if abs(angle / pi - round(angle / pi)) * pi > COMMUTES:
                raise InputError(f"displacements {i} and {j} of a token D must commute; read them by separate tokens")
        alpha, beta = self.total
        if not any((*alpha, *beta)):
            raise InputError("the displacements of D must not multiply to a mere number; leave the token out")

    @classmethod
    def of(cls, modes: tuple[int, ...], alpha: Row, beta: Row) -> DisplacementToken:
        """Return the readout of one displacement."""
        return cls(modes, (alpha,), (beta,))

    @property
    def total(self) -> tuple[Row, Row]:
        """alpha and beta of the one displacement that is read."""
        alpha, beta = (tuple(sum(column) for column in zip(*part, strict=True)) for part in (self.alpha, self.beta))
        return alpha, beta

    def over(self, modes: int) -> tuple[Array, Array]:
        """Return alpha and beta of `total` on n modes, 0 on those that are not displaced; shape (n,) each."""
        alpha, beta = np.zeros((2, modes))
        alpha[list(self.modes)], beta[list(self.modes)] = self.total
        return alpha, beta

    @property
    def sign(self) -> int:
        """The product of the displacements as operators, over the displacement by their sum: 1 or -1."""
        return -1 if round(sum(self._angles().values()) / pi) % 2 else 1

    def _angles(self) -> dict[tuple[int, int], float]:
        """Return the phase of ``D_i D_j / D(v_i + v_j)`` for i < j."""
        rows = list(zip(self.alpha, self.beta, strict=True))
        return {
            (i, j): sum(a * d - b * c for a, b, c, d in zip(*rows[i], *rows[j], strict=True))
            for j in range(len(rows))
            for i in range(j)
        }


def step(weight: float) -> float:
    """Return ``a = sqrt(pi / (2 w))``: ``exp(i a p_i)`` and ``exp(-i a w x_i)`` anticommute."""
    return sqrt(pi / (2.0 * weight))


@lru_cache(maxsize=1024)
def triangle_contexts(modes: tuple[int, int, int], weight: float) -> tuple[DisplacementToken, ...]:
    """Return the tokens that read B_0, B_1, B_2 and A of a triangle of this weight on three modes.

    >>> [token.sign for token in triangle_contexts((0, 1, 2), 1.0)]
    [1, 1, 1, -1]
    """
    a = step(weight)
    none = (0.0, 0.0, 0.0)

    def only(mode: int, value: float) -> Row:
        return tuple(value if m == mode else 0.0 for m in range(3))

    out = []
    for i in range(3):
        others = [j for j in range(3) if j != i]
        alpha = (only(i, a), none, none)
        out.append(DisplacementToken(modes, alpha, (none, *(only(j, -a * weight) for j in others))))
    moved = (*(only(i, a) for i in range(3)), none, none, none)
    kicked = (none, none, none, *(only(i, -2.0 * a * weight) for i in range(3)))
    return (*out, DisplacementToken(modes, moved, kicked))


def context_of(token: DisplacementToken, weight: float) -> str | None:
    """Return the name of the context of a triangle of this weight that a token reads, or None for another displacement.

    >>> [context_of(token, 0.5) for token in triangle_contexts((4, 1, 2), 0.5)]
    ['B0', 'B1', 'B2', 'A']
    """
    if len(token.modes) != MOST_MODES:
        return None
    first, second, third = token.modes
    known = dict(zip(triangle_contexts((first, second, third), weight), CONTEXTS, strict=True))
    return known.get(token)
