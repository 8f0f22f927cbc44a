r"""Simulate the tokens of ``modular(d)`` on state vectors of n d-level systems.

``E(e, w)`` multiplies the amplitude of z by ``exp(2 pi i w prod_{j in e} z_j / d)``; ``X(i, s)`` maps z_i to z_i + s;
``Q(i)`` measures z_i; ``P(i)`` measures ``|p=y> = d^{-1/2} sum_z exp(2 pi i y z / d) |z>``. Readouts leave the mode in
the eigenstate that was found.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.typing import ComplexArray
from qumode_khrnn.hsmt.spec import DENSE_LEVELS


class DenseState:
    """A state of n d-level systems, each in ``|p=0>`` at first.

    Raises
    ------
    InputError
        If the state has more than 2^20 amplitudes.

    Examples
    --------
    >>> state = DenseState(3, 2)
    >>> state.edge((0, 1, 2), 1)
    >>> state.momentum_probabilities(0).tolist()
    [0.75, 0.25]
    """

    def __init__(self, modes: int, levels: int) -> None:
        if levels**modes > DENSE_LEVELS:
            raise InputError(
                f"a state may have at most {DENSE_LEVELS} amplitudes, found {levels}^{modes}; use fewer modes"
            )
        self.modes, self.levels = modes, levels
        self.amplitudes: ComplexArray = np.full((levels,) * modes, levels ** (-modes / 2), dtype=np.complex128)
        y = np.arange(levels)
        self._phases = np.exp(2j * pi * y / levels)
        self._fourier = np.exp(-2j * pi * np.outer(y, y) / levels) / np.sqrt(levels)  # row y is <p=y|

    def edge(self, modes: tuple[int, ...], weight: int) -> None:
        """Apply ``E(e, w)``."""
        if weight % self.levels == 0:
            return
        if self.levels == 2:  # the sign of those amplitudes where every position is 1
            self.amplitudes[tuple(1 if m in modes else slice(None) for m in range(self.modes))] *= -1.0
            return
        power = np.array(weight)
        for mode in modes:
            power = power * np.arange(self.levels).reshape([-1 if m == mode else 1 for m in range(self.modes)])
        self.amplitudes *= self._phases[power % self.levels]

    def shift(self, mode: int, amount: int) -> None:
        """Apply ``X(i, s)``."""
        self.amplitudes = np.roll(self.amplitudes, amount, axis=mode)

    def position_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``Q(i)``."""
        return self._law(self._first(self.amplitudes, mode))

    def momentum_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``P(i)``."""
        return self._law(self._fourier @ self._first(self.amplitudes, mode))

    def found_position(self, mode: int, answer: int) -> None:
        """Project on ``z_i = answer``; the answer must be possible."""
        kept = np.zeros_like(self.amplitudes)
        where = [slice(None)] * self.modes
        where[mode] = slice(answer, answer + 1)
        kept[tuple(where)] = self.amplitudes[tuple(where)]
        self.amplitudes = kept / np.linalg.norm(kept)

    def found_momentum(self, mode: int, answer: int) -> None:
        """Project on ``p_i = answer``; the answer must be possible."""
        rest = self._fourier[answer] @ self._first(self.amplitudes, mode)
        whole = np.conj(self._fourier[answer])[:, None] * (rest / np.linalg.norm(rest))
        self.amplitudes = np.moveaxis(whole.reshape((self.levels,) * self.modes), 0, mode)

    def _first(self, amplitudes: ComplexArray, mode: int) -> ComplexArray:
        return np.moveaxis(amplitudes, mode, 0).reshape(self.levels, -1)

    @staticmethod
    def _law(components: ComplexArray) -> NDArray[np.float64]:
        weights = (components.real**2 + components.imag**2).sum(axis=1)
        return np.asarray(weights / weights.sum())
