"""Compute closed-form moments in float64 or in a given number of digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, sin, sqrt
from typing import Any

import numpy as np

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.relabel import relabelled
from compiler.semantics.phase_space import push, symplectic
from compiler.typing import AnyArray


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Numbers, arrays of them, and the functions that circuits need; parameters, which are float64, count as exact.

    Attributes
    ----------
    digits : int, optional
        Decimal digits; None for float64.

    Examples
    --------
    >>> precise = Arithmetic(30)
    >>> with precise.context():
    ...     print(precise.number(0.1))
    0.100000000000000005551115123126
    """

    digits: int | None = None

    @property
    def epsilon(self) -> float:
        """Relative error of a result that takes a few roundings."""
        return 4.0 * 2.0**-53 if self.digits is None else 10.0 ** (1 - self.digits)

    @contextmanager
    def context(self) -> Iterator[None]:
        """Compute in this arithmetic; overflows of float64 show in the result and give no warning."""
        with np.errstate(all="ignore"):
            if self.digits is None:
                yield
                return
            import mpmath

            with mpmath.workdps(self.digits):
                yield

    def number(self, value: Any) -> Any:
        """Return a float in this arithmetic."""
        if self.digits is None:
            return float(value)
        import mpmath

        return mpmath.mpf(value)

    def zeros(self, *shape: int) -> AnyArray:
        """Return an array of zeros."""
        return np.zeros(shape) if self.digits is None else np.full(shape, self.number(0.0))

    def root(self, value: Any) -> Any:
        """Return the square root of a number."""
        if self.digits is None:
            return sqrt(value)
        import mpmath

        return mpmath.sqrt(value)

    def cos_sin(self, angle: float) -> tuple[Any, Any]:
        """Return the cosine and sine of an angle."""
        if self.digits is None:
            return cos(angle), sin(angle)
        import mpmath

        return mpmath.cos(mpmath.mpf(angle)), mpmath.sin(mpmath.mpf(angle))

    def symplectic(self, op: ops.Operation) -> tuple[tuple[int, ...], AnyArray]:
        """Return the modes of a Gaussian gate, ascending, and its matrix on (x .., p ..) of these modes."""
        if self.digits is None:
            return symplectic([op])
        modes = tuple(sorted(op.modes))
        place = {m: i for i, m in enumerate(modes)}
        k = len(modes)
        start = self.zeros(2 * k, 2 * k)
        start[range(2 * k), range(2 * k)] = self.number(1.0)
        alone = Circuit(k, (relabelled(op, place),))
        pushed = push(alone, start[:k], start[k:], lambda mode, occurrence: (start[0], start[0]))
        return modes, np.vstack([pushed.x, pushed.p])
