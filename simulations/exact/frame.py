r"""Keep the affine frame ``X = M x + c`` of the exact simulator's phase, and its inverse.

Gates change few rows and columns, and most entries are zero: each step only uses the rows and columns that it changes,
so that its cost grows with the number of modes and not with its square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compiler.typing import Array
from simulations.exact.phase import Phase

ILL_CONDITIONED_SHARE = 1e-2
"""A frame whose pivots or columns fall below this share of its largest entry is given up for a new one: expanding a
phase of degree d in it would cancel to a share of this to the power d."""

RELATIVE_ENTRY_FLOOR = 1e-14
"""Entries of M below this share of its largest are rounding noise of products that cancel, and are set to zero."""


class Frame:
    """Base coordinates ``X = matrix x + offset``; ``offset`` has shape (1 or shots, modes)."""

    def __init__(self, modes: int) -> None:
        self.matrix: Array = np.eye(modes)
        self.inverse: Array = np.eye(modes)
        self.offset: Array = np.zeros((1, modes))
        self._tallest: Array = np.ones(modes)
        """Largest absolute entry of every column of the matrix."""
        self._widest: Array = np.ones(modes)
        """Largest absolute entry of every row of the inverse."""

    def in_base(self, mode: int) -> Phase:
        """Return a current position as a polynomial in the base coordinates."""
        row = self.inverse[mode]
        support = np.flatnonzero(row)
        form: Phase = {(int(k),): row[k : k + 1] for k in support}
        shift = -self.offset[:, support] @ row[support]
        if shift.any():
            form[()] = shift
        return form

    def in_current(self, base: int) -> Phase:
        """Return a base coordinate as a polynomial in the current positions."""
        row = self.matrix[base]
        form: Phase = {(int(m),): row[m : m + 1] for m in np.flatnonzero(row)}
        if self.offset[:, base].any():
            form[()] = self.offset[:, base]
        return form

    def bases_of(self, mode: int) -> list[int]:
        """Return the base coordinates that depend on a mode."""
        found: list[int] = np.flatnonzero(self.matrix[:, mode]).tolist()
        return found

    def move(self, modes: list[int], matrix: Array, shift: Array | None) -> None:
        """Follow a point transformation ``x -> matrix x + shift``; ``shift`` is (1 or shots, len(modes))."""
        columns = self.matrix[:, modes] @ np.linalg.inv(matrix)
        rows = matrix @ self.inverse[modes, :]
        columns[np.abs(columns) <= RELATIVE_ENTRY_FLOOR * self._tallest.max()] = 0.0
        rows[np.abs(rows) <= RELATIVE_ENTRY_FLOOR * self._widest.max()] = 0.0
        self.matrix[:, modes], self.inverse[modes, :] = columns, rows
        self._tallest[modes], self._widest[modes] = np.abs(columns).max(axis=0), np.abs(rows).max(axis=1)
        if shift is not None:
            touched = np.flatnonzero(columns.any(axis=1))
            self._offset_for(len(shift))[:, touched] -= shift @ columns[touched].T

    def shrunk(self, mode: int) -> bool:
        """Tell whether the column of a mode has become so small that the frame should be given up."""
        return bool(self._tallest[mode] < ILL_CONDITIONED_SHARE)

    def block(self, mode: int) -> list[int]:
        """Return the modes whose positions and base coordinates depend on a mode, directly or through others."""
        found, new = {mode}, [mode]
        while new:
            linked: set[int] = set(np.flatnonzero(self.matrix[new].any(axis=0)).tolist())
            linked |= set(np.flatnonzero(self.matrix[:, new].any(axis=1)).tolist())
            new = sorted(linked - found)
            found |= linked
        return sorted(found)

    def reset(self, block: list[int]) -> None:
        """Make the base coordinates of a block the positions of its modes."""
        for array in (self.matrix, self.inverse):
            array[block, :] = array[:, block] = 0.0
            array[block, block] = 1.0
        self._tallest[block] = self._widest[block] = 1.0
        self.offset[:, block] = 0.0

    def alone(self, mode: int) -> bool:
        """Tell whether the base coordinate of a mode depends on its position only, and no other does."""
        return all(np.array_equal(np.flatnonzero(line), [mode]) for line in (self.matrix[mode], self.matrix[:, mode]))

    def eliminable(self, mode: int) -> bool:
        """Tell whether `fix` is well-conditioned."""
        return bool(abs(self.inverse[mode, mode]) > ILL_CONDITIONED_SHARE * self._widest.max())

    def fix(self, mode: int, value: Array) -> None:
        """Take the position of a mode out as a variable: it has a value, (1 or shots,), and no phase refers to it."""
        touched: NDArray[np.intp] = np.flatnonzero(self.matrix[:, mode])
        self._offset_for(len(value))[:, touched] += value[:, None] * self.matrix[touched, mode]
        down, across = np.flatnonzero(self.inverse[:, mode]), np.flatnonzero(self.inverse[mode, :])
        pivot = self.inverse[mode, mode]
        self.inverse[np.ix_(down, across)] -= np.outer(self.inverse[down, mode], self.inverse[mode, across]) / pivot
        self._widest[down] = np.abs(self.inverse[down]).max(axis=1)

    def release(self, mode: int) -> None:
        """Let the base coordinate of a mode be its position again, apart from all others."""
        across, down = np.flatnonzero(self.matrix[mode]), np.flatnonzero(self.inverse[:, mode])
        for array in (self.matrix, self.inverse):
            array[mode, :] = array[:, mode] = 0.0
            array[mode, mode] = 1.0
        self._tallest[across] = np.abs(self.matrix[:, across]).max(axis=0)
        self._widest[down] = np.abs(self.inverse[down]).max(axis=1)
        self._tallest[mode] = self._widest[mode] = 1.0
        self.offset[:, mode] = 0.0

    def select(self, shots: NDArray[np.int64]) -> None:
        """Keep the listed shots, which may repeat."""
        if len(self.offset) > 1:
            self.offset = self.offset[shots]

    def _offset_for(self, lead: int) -> Array:
        """Return the offset, spread over shots if ``lead`` is more than 1."""
        if len(self.offset) == 1 and lead > 1:
            self.offset = np.repeat(self.offset, lead, axis=0)
        return self.offset
