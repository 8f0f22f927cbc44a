r"""Sequences of spin rotations and spin-dependent displacements, pointwise in position.

With ``W(theta) = exp(i theta s sigma_z)`` and ``R(alpha, phi) = exp(-i (alpha/2) (cos(phi) X + sin(phi) Y))`` a
sequence of D pulses acts on the spin at position s as

``U(s) = e^{i (kick s + offset)} R(alpha_D, phi_D) W(theta_D) ... W(theta_1) R(alpha_0, phi_0)``.

It is diagonal in position: ``U(s) |0> = (P(s), Q(s))`` says everything if the spin starts in ``|0>``. The first
factor is a momentum displacement by ``hbar kick`` along u, which a spin-dependent displacement does while the spin is
still ``|0>``, and a global phase that no pulse makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from compiler.errors import InputError
from compiler.typing import Array, ComplexArray


@dataclass(frozen=True, slots=True)
class SpinSequence:
    """Angles of a sequence; all in radians, areas and kick in radians per unit of position.

    Parameters
    ----------
    polar, azimuth : tuple of float
        alpha_j and phi_j of the D + 1 spin rotations, first in time first.
    areas : tuple of float
        theta_j of the D spin-dependent displacements.
    kick, offset : float
        Momentum displacement over hbar before the first rotation, and the global phase that ``P`` is stated with.

    Raises
    ------
    InputError
        If the numbers of angles do not fit together, or one is not finite.
    """

    polar: tuple[float, ...]
    azimuth: tuple[float, ...]
    areas: tuple[float, ...]
    kick: float = 0.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not len(self.polar) == len(self.azimuth) == len(self.areas) + 1:
            raise InputError(
                f"a sequence of D displacements needs D + 1 rotations, found {len(self.areas)} displacements, "
                f"{len(self.polar)} polar and {len(self.azimuth)} azimuthal angles"
            )
        if not all(isfinite(v) for v in (*self.polar, *self.azimuth, *self.areas, self.kick, self.offset)):
            raise InputError("the angles of a sequence must be finite")

    @property
    def pulses(self) -> int:
        """Number D of spin-dependent displacements between rotations; the kick before the first is not counted."""
        return len(self.areas)

    @property
    def total_area(self) -> float:
        """``|kick| + sum |theta_j|``: at most hbar times this is added to the momentum along u, at any moment."""
        return abs(self.kick) + sum(abs(v) for v in self.areas)

    def amplitudes(self, s: Array) -> ComplexArray:
        """Return ``(P, Q)`` at positions, shape (2, len(s))."""
        return self.amplitudes_and_slopes(s)[0]

    def amplitudes_and_slopes(self, s: Array) -> tuple[ComplexArray, ComplexArray]:
        """Return ``(P, Q)`` and their derivatives by s, each of shape (2, len(s)), by the product rule."""
        *_, last = self.history(s)
        return last

    def history(self, s: Array) -> Iterator[tuple[ComplexArray, ComplexArray]]:
        """The spin and its derivative by s after every rotation, each of shape (2, len(s))."""
        front = np.exp(1j * (self.kick * s + self.offset))
        v = np.stack([front, np.zeros_like(front)])
        dv = 1j * self.kick * v
        for j, (alpha, phi) in enumerate(zip(self.polar, self.azimuth, strict=True)):
            if j:
                if j == 1 or self.areas[j - 1] != self.areas[j - 2]:
                    turn = np.exp(1j * self.areas[j - 1] * s)
                    both = np.stack([turn, turn.conj()])
                generator = np.array([[1j], [-1j]]) * self.areas[j - 1]
                v, dv = both * v, both * (dv + generator * v)
            matrix = rotation(alpha, phi)
            v, dv = matrix @ v, matrix @ dv
            yield v, dv

    def conjugate(self) -> SpinSequence:
        """Return the sequence whose amplitudes are the complex conjugates: ``-f`` for ``f``."""
        return SpinSequence(
            tuple(-v for v in self.polar),
            tuple(-v for v in self.azimuth),
            tuple(-v for v in self.areas),
            -self.kick,
            -self.offset,
        )

    def stretched(self, factor: float) -> SpinSequence:
        """Return the sequence that does at ``factor * s`` what this one does at s."""
        return replace(self, areas=tuple(v / factor for v in self.areas), kick=self.kick / factor)


def rotation(alpha: float, phi: float) -> ComplexArray:
    """Return the matrix of ``R(alpha, phi)``.

    >>> bool(np.allclose(rotation(np.pi, 0.0), [[0, -1j], [-1j, 0]]))
    True
    """
    c, s = np.cos(0.5 * alpha), np.sin(0.5 * alpha)
    return np.array([[c, -1j * np.exp(-1j * phi) * s], [-1j * np.exp(1j * phi) * s, c]])
