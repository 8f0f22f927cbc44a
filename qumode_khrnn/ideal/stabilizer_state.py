r"""Simulate the tokens of ``modular(2)`` with edges of at most two modes on stabilizer states of n qubits.

The state is fixed by n commuting operators ``(-1)^s X^a Z^b`` that leave it as it is. All gates are real (Z, X,
controlled Z), so signs suffice: ``X^a Z^b X^c Z^d = (-1)^{b.c} X^{a+c} Z^{b+d}``. As in S. Aaronson and D. Gottesman,
Phys. Rev. A 70, 052328 (2004), n destabilizers are kept beside the n stabilizers, so that a determined answer is read
off without elimination. Column i of the tables holds, for every operator, whether it has X_i (Z_i): one integer of 2n
bits, so that a gate is a few operations on integers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError


class StabilizerState:
    """n qubits, each in ``|p=0> = |+>`` at first.

    Examples
    --------
    >>> state = StabilizerState(60)
    >>> for edge in ((0, 1), (0, 2), (1, 2)):
    ...     state.edge(edge, 1)
    >>> state.found_momentum(0, 1)
    >>> state.found_momentum(1, 0)
    >>> state.momentum_probabilities(2).tolist()  # odd parity: GHZ
    [1.0, 0.0]
    """

    def __init__(self, modes: int) -> None:
        self.modes = modes
        # bits 0..n-1: destabilizers Z_i; bits n..2n-1: stabilizers X_i
        self._x = [1 << (modes + i) for i in range(modes)]
        self._z = [1 << i for i in range(modes)]
        self._sign = 0
        self._lower = (1 << modes) - 1

    def copy(self) -> StabilizerState:
        """Return an independent copy."""
        other = StabilizerState(self.modes)
        other._x, other._z, other._sign = list(self._x), list(self._z), self._sign
        return other

    def edge(self, modes: tuple[int, ...], weight: int) -> None:
        """Apply ``E(e, w)`` on one or two modes: Z or controlled Z if the weight is odd.

        Raises
        ------
        InputError
            If the edge has more modes, because the state would not stay a stabilizer state.
        """
        if weight % 2 == 0:
            return
        if len(modes) == 1:
            self._sign ^= self._x[modes[0]]
        elif len(modes) == 2:
            i, j = modes
            # X^a Z^b -> X^a Z^(b + a_j e_i + a_i e_j), with a sign where both X_i and X_j are there
            self._sign ^= self._x[i] & self._x[j]
            self._z[i] ^= self._x[j]
            self._z[j] ^= self._x[i]
        else:
            raise InputError(f"a stabilizer state takes edges of at most 2 modes, found {list(modes)}")

    def shift(self, mode: int, amount: int) -> None:
        """Apply ``X(i, s)``."""
        if amount % 2:
            self._sign ^= self._z[mode]

    def position_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``Q(i)``."""
        return self._law(0, 1 << mode)

    def momentum_probabilities(self, mode: int) -> NDArray[np.float64]:
        """Return the law of ``P(i)``."""
        return self._law(1 << mode, 0)

    def found_position(self, mode: int, answer: int) -> None:
        """Go on with ``z_i = answer``; the answer must be possible."""
        self.project(0, 1 << mode, answer)

    def found_momentum(self, mode: int, answer: int) -> None:
        """Go on with ``p_i = answer``; the answer must be possible."""
        self.project(1 << mode, 0, answer)

    def outcome(self, x: int, z: int) -> int | None:
        """Return the answer y of measuring ``(-1)^y`` = X^x Z^z if it is certain; None if both are equally likely.

        Parameters
        ----------
        x, z : int
            Bit i is the exponent of X_i and of Z_i. The operator must be Hermitian: x and z overlap in an even number
            of modes.
        """
        against = self._against(x, z)
        if against >> self.modes:
            return None
        # the operator is the product of those stabilizers whose destabilizers it does not commute with
        sign = product_x = product_z = 0
        for row in _bits(against):
            row_x, row_z, row_sign = self._row(self.modes + row)
            sign ^= row_sign ^ _parity(product_z & row_x)
            product_x ^= row_x
            product_z ^= row_z
        return sign

    def project(self, x: int, z: int, answer: int) -> None:
        """Go on with ``X^x Z^z = (-1)^answer``; the answer must be possible. The operator is as in `outcome`."""
        against = self._against(x, z)
        free = against >> self.modes
        if not free:
            return
        pivot = self.modes + (free & -free).bit_length() - 1
        partner = pivot - self.modes
        row_x, row_z, row_sign = self._row(pivot)
        # the destabilizer of the pivot is replaced below; all other operators in the way take the pivot as a factor
        others = against & ~(1 << pivot) & ~(1 << partner)
        for i in _bits(row_x):
            self._sign ^= self._z[i] & others
        if row_sign:
            self._sign ^= others
        for i in _bits(row_x):
            self._x[i] ^= others
        for i in _bits(row_z):
            self._z[i] ^= others
        self._set_row(partner, row_x, row_z, row_sign)
        self._set_row(pivot, x, z, answer)

    def stabilizers(self) -> list[tuple[int, int, int]]:
        """Return the n stabilizers ``(x, z, s)``, each ``(-1)^s X^x Z^z``."""
        return [self._row(self.modes + row) for row in range(self.modes)]

    def orthogonal(self, other: StabilizerState) -> bool:
        """Tell whether the overlap with another state of as many modes is 0.

        The other's stabilizers are imposed on a copy of this state one by one; the overlap is 0 exactly if one of them
        is certain to have the other sign.
        """
        copy = self.copy()
        for x, z, sign in other.stabilizers():
            found = copy.outcome(x, z)
            if found is None:
                copy.project(x, z, sign)
            elif found != sign:
                return True
        return False

    def _law(self, x: int, z: int) -> NDArray[np.float64]:
        found = self.outcome(x, z)
        return np.array([0.5, 0.5]) if found is None else np.eye(2)[found]

    def _against(self, x: int, z: int) -> int:
        """Return the operators that do not commute with X^x Z^z."""
        out = 0
        for i in _bits(x):
            out ^= self._z[i]
        for i in _bits(z):
            out ^= self._x[i]
        return out

    def _row(self, row: int) -> tuple[int, int, int]:
        x = z = 0
        for i in range(self.modes):
            x |= (self._x[i] >> row & 1) << i
            z |= (self._z[i] >> row & 1) << i
        return x, z, self._sign >> row & 1

    def _set_row(self, row: int, x: int, z: int, sign: int) -> None:
        keep = ~(1 << row)
        for i in range(self.modes):
            self._x[i] = self._x[i] & keep | (x >> i & 1) << row
            self._z[i] = self._z[i] & keep | (z >> i & 1) << row
        self._sign = self._sign & keep | sign << row


def _bits(number: int) -> list[int]:
    """Return the positions of the ones of a number that is not negative."""
    out = []
    while number:
        low = number & -number
        out.append(low.bit_length() - 1)
        number ^= low
    return out


def _parity(number: int) -> int:
    return number.bit_count() & 1
