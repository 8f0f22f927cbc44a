r"""Compute exact laws of successive bits of displacements of a Gaussian state, without branches.

A readout of ``U = e^{i c} D(v)`` with the answer s multiplies the state by ``(1 + s U) / 2``. A later
displacement becomes a sum of three, ``K' D(u) K``, because ``D(v)' D(u) D(v)`` is D(u) up to a phase:

``2 K' D(u) K = e^{i o} [cos(o) D(u) + (s / 2) (e^{i c} D(u + v) + e^{-i c} D(u - v))]``,
``o = alpha_u.beta_v - beta_u.alpha_v``.

So the expectation value of a displacement, given the bits of m earlier ones, is a sum over at most 3^m characteristic
functions, and over ``prod_i (2 n_i + 1)`` of them if n_i of the readouts are of one displacement. The coefficients are
an array with one axis for each displacement, divided by the probability of every bit, so that they stay near 1 in long
sentences. For a model whose displacements are numbers, o is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from compiler.errors import InputError
from compiler.typing import Array, ComplexArray

MOST_TERMS = 3**14
"""Largest number of characteristic functions of one law."""

SAME_DISPLACEMENT = 1e-12
"""Displacements that agree to this, relative to the largest number, count as one."""


@dataclass(frozen=True, slots=True)
class Readout:
    """A bit that was read: of ``e^{i angle} D(turn v)``, v the displacement of an axis.

    The answer is +1 or -1; ``chance`` is twice its probability given the bits before it.
    """

    axis: int
    turn: int
    angle: float
    answer: int
    chance: float


class DisplacementChain:
    """A Gaussian state without correlations or means, and the bits that were read from it.

    Parameters
    ----------
    variances : array, shape (2n,)
        Of (p_1 .. p_n, x_1 .. x_n); a displacement is the vector ``(alpha, beta)``.
    numbers : bool
        Whether displacements are numbers, as a classical model has them, instead of operators.

    Examples
    --------
    A momentum of variance 1 is displaced by 0.5, and read twice:

    >>> chain = DisplacementChain(np.ones(2))
    >>> v = np.array([0.5, 0.0])
    >>> round(chain.mean(0.0, v), 6)
    0.882497
    >>> chain.found(0.0, v, 1, chain.mean(0.0, v))
    >>> round(chain.mean(0.0, v), 6)
    0.895493
    """

    def __init__(self, variances: Array, numbers: bool = False) -> None:
        self.variances, self.numbers = variances, numbers
        self.axes: list[Array] = []
        self.readouts: list[Readout] = []

    def mean(self, angle: float, vector: Array) -> float:
        """Return ``Re <e^{i angle} D(vector)>`` given the bits so far.

        Raises
        ------
        InputError
            If the law is a sum of too many terms.
        """
        sizes = [sum(one.axis == axis for one in self.readouts) for axis in range(len(self.axes))]
        terms = prod(2 * size + 1 for size in sizes)
        if terms > MOST_TERMS:
            raise InputError(
                f"the law of an answer may be a sum of at most {MOST_TERMS:,} terms, found {terms:,}; ask for fewer "
                "probes per sentence, or for more matched ones, which repeat displacements"
            )
        coefficients = np.ones((1,) * len(self.axes), complex)
        reach = [0] * len(self.axes)
        for one in reversed(self.readouts):
            coefficients = self._before(one, coefficients, reach, vector)
            reach[one.axis] += 1
        total = (coefficients * np.exp(-0.5 * self._exponents(vector, reach))).sum()
        return float((np.exp(1j * angle) * total).real)

    def found(self, angle: float, vector: Array, answer: int, mean: float) -> None:
        """Go on after a bit of ``e^{i angle} D(vector)``, of this mean, was read."""
        chance = 1.0 + answer * mean
        for axis, known in enumerate(self.axes):
            for turn in (1, -1):
                if np.abs(known - turn * vector).max() <= SAME_DISPLACEMENT * np.abs(known).max():
                    self.readouts.append(Readout(axis, turn, angle, answer, chance))
                    return
        self.axes.append(np.array(vector))
        self.readouts.append(Readout(len(self.axes) - 1, 1, angle, answer, chance))

    def _before(self, one: Readout, coefficients: ComplexArray, reach: list[int], vector: Array) -> ComplexArray:
        """Return coefficients of ``K' (sum_u c_u D(u)) K / P(answer)``; the readout's axis grows at both ends."""
        v = one.turn * self.axes[one.axis]
        turned, kept = coefficients, coefficients
        if not self.numbers:
            angles = _commutator(vector, v) + self._linear([_commutator(axis, v) for axis in self.axes], reach)
            turned = coefficients * np.exp(1j * angles)
            kept = turned * np.cos(angles)
        wide = [(1, 1) if axis == one.axis else (0, 0) for axis in range(len(self.axes))]
        up, down = ([(1 + s, 1 - s) if pad == (1, 1) else pad for pad in wide] for s in (one.turn, -one.turn))
        phase = np.exp(1j * one.angle)
        moved = phase * np.pad(turned, up) + phase.conjugate() * np.pad(turned, down)
        return np.asarray((np.pad(kept, wide) + 0.5 * one.answer * moved) / one.chance)

    def _linear(self, slopes: list[float], reach: list[int]) -> Array:
        """Return ``sum_i slope_i k_i`` over the array of all k with ``|k_i| <= reach_i``."""
        out = np.zeros((1,) * len(reach))
        for axis, slope in enumerate(slopes):
            if slope and reach[axis]:
                out = out + slope * self._counts(axis, reach)
        return out

    def _exponents(self, vector: Array, reach: list[int]) -> Array:
        """Return ``u'V u`` for ``u = vector + sum_i k_i v_i``, V the covariance matrix."""
        out = np.full((1,) * len(reach), float(vector @ (self.variances * vector)))
        for i, v in enumerate(self.axes):
            spread, counts = self.variances * v, self._counts(i, reach)
            slope = 2.0 * float(vector @ spread) + float(v @ spread) * counts
            products = [float(self.axes[j] @ spread) for j in range(i)]
            out = out + counts * (slope + 2.0 * self._linear(products, [*reach[:i], *(0 for _ in reach[i:])]))
        return out

    def _counts(self, axis: int, reach: list[int]) -> Array:
        counts = np.arange(-reach[axis], reach[axis] + 1.0)
        return counts.reshape([-1 if i == axis else 1 for i in range(len(reach))])


def _commutator(u: Array, v: Array) -> float:
    """Return ``alpha_u.beta_v - beta_u.alpha_v``."""
    n = len(u) // 2
    return float(u[:n] @ v[n:] - u[n:] @ v[:n])
