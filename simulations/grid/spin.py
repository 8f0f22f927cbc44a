r"""Simulate ion programs on a position grid of a few modes and the spin, pulse by pulse.

The ket has shape (2, N, ..., N): spin, then one axis per mode. A spin rotation mixes the two halves, a spin-dependent
displacement multiplies them by ``exp(+-i sum_j theta_j x_j)``. Momenta are read by Fourier transforms. Nothing here
knows how the pulses were found, nor that a sequence depends on one direction only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy import fft

from compiler.errors import InputError
from compiler.ions.program import IonProgram, Pulse, SpinRotation
from compiler.ions.sequences.sequence import rotation
from compiler.ir.conventions import HBAR
from compiler.typing import Array, ComplexArray

MAX_AMPLITUDES = 30_000_000


class SpinGrid:
    """Mutable ket of a spin in ``|0>`` and modes with normal positions (pure, real: ``<p_j^2> = 1 / var x_j``).

    Parameters
    ----------
    variances : sequence of float
        var x_j, by mode.
    points : int
        Grid points per mode.
    deviations : float
        Half width of the grid in standard deviations.

    Raises
    ------
    InputError
        If the ket would be too large.
    """

    def __init__(self, variances: Sequence[float], points: int = 48, deviations: float = 6.0) -> None:
        size = 2 * points ** len(variances)
        if size > MAX_AMPLITUDES:
            raise InputError(
                f"a ket may have at most {MAX_AMPLITUDES:,} amplitudes, found {size:,} for {len(variances)} modes with "
                f"{points} points each; use fewer points or modes"
            )
        self.positions: list[Array] = []
        self.momenta: list[Array] = []
        ket: ComplexArray = np.ones(1, dtype=complex)
        for variance in variances:
            x = np.linspace(-1.0, 1.0, points, endpoint=False) * deviations * sqrt(variance)
            wave = np.exp(-0.25 * x**2 / variance)
            ket = np.multiply.outer(ket, wave / np.linalg.norm(wave))
            self.positions.append(x)
            self.momenta.append(2.0 * pi * HBAR * fft.fftfreq(points, float(x[1] - x[0])))
        self.modes = len(variances)
        self.ket: ComplexArray = np.stack([ket[0], np.zeros_like(ket[0])])

    def coordinate(self, mode: int, values: Array) -> Array:
        """Return the values along a mode's axis, shaped to multiply one half of the ket."""
        return values.reshape([-1 if m == mode else 1 for m in range(self.modes)])

    def apply(self, pulse: Pulse) -> None:
        """Apply one pulse."""
        if isinstance(pulse, SpinRotation):
            self.ket = np.tensordot(rotation(pulse.polar, pulse.azimuth), self.ket, axes=1)
            return
        for mode, area in zip(pulse.modes, pulse.areas, strict=True):
            kick = self.coordinate(mode, np.exp(1j * area * self.positions[mode]))
            self.ket[0] *= kick
            self.ket[1] *= kick.conj()

    def second_moments(self) -> tuple[Array, Array]:
        """Return ``<x_j^2>`` and ``<p_j^2>``, each of shape (modes,)."""
        x_squared, p_squared = np.zeros(self.modes), np.zeros(self.modes)
        for mode in range(self.modes):
            for ket, values, out in (
                (self.ket, self.positions, x_squared),
                (fft.fft(self.ket, axis=1 + mode, norm="ortho"), self.momenta, p_squared),
            ):
                weight = np.abs(ket) ** 2
                density = weight.sum(axis=tuple(a for a in range(weight.ndim) if a != 1 + mode))
                out[mode] = float(density @ values[mode] ** 2)
        return x_squared, p_squared

    def border(self) -> float:
        """Return the largest probability, over modes and both quadratures, in the outer tenth of the grid."""
        worst = 0.0
        for mode in range(self.modes):
            transformed = fft.fftshift(fft.fft(self.ket, axis=1 + mode, norm="ortho"), axes=1 + mode)
            for ket in (self.ket, transformed):
                density = (np.abs(ket) ** 2).sum(axis=tuple(a for a in range(ket.ndim) if a != 1 + mode))
                edge = max(1, len(density) // 20)
                worst = max(worst, float(density[:edge].sum() + density[-edge:].sum()))
        return worst


@dataclass(frozen=True, slots=True)
class IonSimulation:
    """A program's final state against the ideal gate's.

    Attributes
    ----------
    fidelity : float
        ``|<ideal|final>|^2``, spin included.
    distance : float
        ``||final> - |ideal>|``: at most the program's `state_error_bound`.
    inside_error : float
        Largest ``|final(x) - ideal(x)| / |psi(x)|`` at grid points of the region where the `error_bound` holds.
    inside_mass : float
        Probability of that region.
    leak : float
        Probability that the spin is not in ``|0>``.
    momentum_variances, ideal_momentum_variances : tuple of float
        ``<p_j^2>`` of the final and of the ideal state.
    most_phonons : float
        Largest mean number of phonons, all modes together, after any pulse; 0 if not followed.
    border : float
        Largest probability in the outer tenth of the grid, in x and p: what the grid may have missed.
    pulses : int
    """

    fidelity: float
    distance: float
    inside_error: float
    inside_mass: float
    leak: float
    momentum_variances: tuple[float, ...]
    ideal_momentum_variances: tuple[float, ...]
    most_phonons: float
    border: float
    pulses: int


def simulate_ion_program(
    program: IonProgram,
    variances: Sequence[float],
    points: int = 48,
    deviations: float = 6.0,
    follow_phonons: bool = False,
) -> IonSimulation:
    """Apply a program to modes with normal positions, pulse by pulse.

    Parameters
    ----------
    program : IonProgram
        On modes 0 .. len(variances) - 1.
    variances : sequence of float
        var x_j of the initial state, e^{2r} for latent squeezing r.
    points, deviations : int, float
        Grid of each mode.
    follow_phonons : bool
        Read all moments after each pulse, which costs Fourier transforms.

    Raises
    ------
    InputError
        If the program has more modes, or the ket would be too large.
    """
    if any(mode >= len(variances) for gate in program.gates for mode in gate.modes):
        raise InputError(f"the program must use modes 0..{len(variances) - 1} only, which have variances, found others")
    grid = SpinGrid(variances, points, deviations)
    first = grid.ket[0].copy()
    most, count = 0.0, 0
    for gate in program.gates:
        for pulse in gate.pulses():
            grid.apply(pulse)
            count += 1
            if follow_phonons:
                x_squared, p_squared = grid.second_moments()
                most = max(most, float(np.sum(0.25 * (x_squared + p_squared) - 0.5)))
        # global phases that no pulse makes, so that kets can be compared
        grid.ket *= np.exp(1j * gate.synthesised.sequence.offset)
    axes = {m: grid.coordinate(m, x) for m, x in enumerate(grid.positions)}
    final = grid.ket
    ideal = SpinGrid(variances, points, deviations)
    ideal.ket[0] = first * np.exp(1j * program.polynomial.evaluate(axes) / HBAR)
    difference = np.sqrt(np.sum(np.abs(final - ideal.ket) ** 2, axis=0))
    inside = np.ones(first.shape, dtype=bool)
    for gate in program.curved:
        s = sum(u * axes[m] for m, u in zip(gate.modes, gate.direction.vector, strict=True))
        inside &= np.abs(s) <= gate.synthesised.error.extent
    seen = inside & (np.abs(first) > 1e-12)
    return IonSimulation(
        fidelity=float(np.abs(np.vdot(ideal.ket, final)) ** 2),
        distance=float(np.linalg.norm(difference)),
        inside_error=float((difference[seen] / np.abs(first[seen])).max()),
        inside_mass=float(np.sum(np.abs(first[inside]) ** 2)),
        leak=float(np.sum(np.abs(final[1]) ** 2)),
        momentum_variances=tuple(float(v) for v in grid.second_moments()[1]),
        ideal_momentum_variances=tuple(float(v) for v in ideal.second_moments()[1]),
        most_phonons=most,
        border=grid.border(),
        pulses=count,
    )
