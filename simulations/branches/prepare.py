r"""States that a mode is prepared in, as superpositions of Gaussian packets of one shape.

A finite-energy GKP state is such a superposition because ``exp(-epsilon n)`` maps a position eigenstate ``|q>`` to a
Gaussian: by Mehler's formula, to ``exp(-q^2 tanh(epsilon) / (2 hbar))`` times a packet of precision
``(2 / hbar) coth(epsilon)`` at ``q / cosh(epsilon)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, inf, log, pi, sqrt, tanh

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.ir.operations import (
    Operation,
    PrepareCat,
    PrepareCubic,
    PrepareGKP,
    PrepareSqueezed,
    PrepareVacuum,
)
from compiler.typing import Array, ComplexArray

LEAST_AMPLITUDE = 1e-9
"""Packets of a GKP state with smaller amplitudes, relative to the largest, are left out."""

MAX_SQUEEZING = 100.0
"""Largest squeezing parameter |r|: products of a few variances stay within float64."""

MAX_DISPLACEMENT = 1e6
"""Largest displacement of a cat state, in x and in p."""

MAX_PACKETS = 2_000
"""Largest number of packets of one GKP state."""

LEAST_NORM = 1e-7
"""Least squared norm of a superposition, relative to the sum of its packets' norms; smaller norms lose digits."""


@dataclass(frozen=True, slots=True)
class Packets:
    """``sum_k a_k exp(i b_k x) g(x + u_k)`` of one mode, normalised; ``g`` has variance 1 / precision."""

    precision: float
    amplitudes: ComplexArray
    tilts: Array
    shifts: Array

    @classmethod
    def normalised(cls, precision: float, amplitudes: ComplexArray, tilts: Array, shifts: Array) -> Packets:
        """Divide the amplitudes by the norm of the superposition."""
        u, b = shifts[:, None] - shifts[None], tilts[None] - tilts[:, None]
        middle = 0.5 * (shifts[:, None] + shifts[None])
        overlaps = np.exp(-0.125 * precision * u * u - 0.5 * b * b / precision - 1j * b * middle)
        norm = float((amplitudes.conj() @ overlaps @ amplitudes).real)
        parts = float((np.abs(amplitudes) ** 2).sum())
        if not norm >= LEAST_NORM * parts:
            raise InputError(
                f"packets must not cancel: their superposition has {norm / parts:.1e} of their norms, less than "
                f"{LEAST_NORM:.0e}; use larger displacements"
            )
        return cls(precision, amplitudes / sqrt(norm), tilts, shifts)


def packets_of(op: Operation) -> Packets:
    """Return the packets of a preparation of one mode; `PrepareCubic` has its cubic phase left out.

    Raises
    ------
    InputError
        If numbers of the state are beyond float64, packets cancel, or there are too many.
    """
    zero = np.zeros(1)
    if isinstance(op, PrepareSqueezed | PrepareCubic) and not abs(op.r) <= MAX_SQUEEZING:
        raise InputError(f"{op}: |r| must be at most {MAX_SQUEEZING:g}, found {op.r:g}")
    match op:
        case PrepareVacuum():
            return Packets(1.0 / VACUUM_VARIANCE, np.ones(1, complex), zero, zero)
        case PrepareSqueezed():
            return Packets(exp(2.0 * op.r) / VACUUM_VARIANCE, np.ones(1, complex), zero, zero)
        case PrepareCubic():
            return Packets(exp(-2.0 * op.r) / VACUUM_VARIANCE, np.ones(1, complex), zero, zero)
        case PrepareCat():
            if not max(abs(op.x), abs(op.p)) <= MAX_DISPLACEMENT:
                raise InputError(f"{op}: |x| and |p| must be at most {MAX_DISPLACEMENT:g}, found {op.x:g}, {op.p:g}")
            sides = np.array([1.0, -1.0])
            phases = np.exp(-0.5j * op.x * op.p / HBAR + 1j * pi * op.parity * np.array([0.0, 1.0]))
            return Packets.normalised(1.0 / VACUUM_VARIANCE, phases, sides * op.p / HBAR, -sides * op.x)
        case PrepareGKP():
            return _lattice(op)
    raise TypeError(f"{type(op).__name__} is not a superposition of packets")


def _lattice(op: PrepareGKP) -> Packets:
    damping = tanh(op.epsilon) / (2.0 * HBAR)
    step = sqrt(pi * HBAR)
    wanted = sqrt(-log(LEAST_AMPLITUDE) / damping) / step if damping > 0.0 else inf
    if not 2.0 * wanted < MAX_PACKETS:
        raise InputError(
            f"{op}: a GKP state of epsilon = {op.epsilon:g} has {2.0 * wanted:.3g} packets, more than {MAX_PACKETS}; "
            "use a larger epsilon"
        )
    reach = ceil(wanted)
    k = np.arange(-reach, reach + 1)
    logical = np.where(k % 2 == 0, np.cos(op.theta / 2.0), np.exp(-1j * op.phi) * np.sin(op.theta / 2.0))
    amplitudes = logical * np.exp(-damping * (k * step) ** 2)
    kept = np.abs(amplitudes) > LEAST_AMPLITUDE * np.abs(amplitudes).max()
    shifts = -k[kept] * step * 2.0 * exp(-op.epsilon) / (1.0 + exp(-2.0 * op.epsilon))  # / cosh(epsilon)
    precision = 2.0 / (HBAR * tanh(op.epsilon))
    return Packets.normalised(precision, amplitudes[kept].astype(complex), np.zeros(len(shifts)), shifts)
