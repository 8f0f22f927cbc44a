r"""Hold a wave function of a few modes on a grid of positions, for many shots at once.

Axis 0 of ``psi`` runs over shots (length 1 as long as all agree), then one axis per mode. Each mode has its own number
of points and spacing, and its own *frame* (shot by shot): a centre in x and a kick in p. The state is ``psi`` displaced
by the frames of all modes, up to a phase, so that ``psi`` stays in the middle of its grid however far the state is
moved: displacements change the frames only, Gaussian gates turn the frames like classical points, and squeezers and
loss scale the grid. Everything else is a phase in position, or a phase in momentum between two Fourier transforms: no
truncation but that of the grid's two borders. ``sum |psi|^2 = 1`` for every shot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, prod

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from compiler.errors import InputError
from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.typing import Array
from simulations.grid.hermite import hermite_functions

QUARTER = pi / 2

UPSAMPLED = 4
"""Densities are sampled on a grid this much finer."""

LARGEST_ANGLE = 1e9
"""Beyond this many radians an angle is off by more than 1e-7."""

DENSITY_FLOOR = 1e-4
"""Densities below this share of the largest are ignored when a wave is located."""

FOCK_TAIL = 2.0
"""Fock states are used if the turning point of their wave is this far inside the grid: beyond it they fall off fast."""


@dataclass
class Axis:
    """The grid of one mode: ``x_k = centre + spacing (k - points // 2)``, and momenta are counted from ``kick``.

    ``centre`` and ``kick`` have shape (1 or shots,).
    """

    mode: int
    points: int
    spacing: float
    centre: Array
    kick: Array

    @property
    def offsets(self) -> Array:
        """Positions from the centre, shape (points,)."""
        return self.spacing * (np.arange(self.points) - self.points // 2)

    @property
    def wave_numbers(self) -> Array:
        """Momenta over hbar, in the order of the Fourier transform, shape (points,)."""
        return np.asarray(2.0 * pi * fft.fftfreq(self.points, self.spacing))

    @property
    def reach(self) -> tuple[float, float]:
        """Half widths of the grid in x and in p."""
        return 0.5 * self.points * self.spacing, pi * HBAR / self.spacing


class Wave:
    """Mutable wave function of the live modes; ``psi`` is contiguous, and changed in place."""

    def __init__(self, shots: int, rng: np.random.Generator) -> None:
        self.shots, self.rng = shots, rng
        self.psi: NDArray[np.complex128] = np.ones(1, dtype=complex)
        self.axes: list[Axis] = []

    # --- axes --------------------------------------------------------------------------------------------------------

    def axis_of(self, mode: int) -> Axis:
        """Return the axis of a live mode."""
        return next(axis for axis in self.axes if axis.mode == mode)

    def at(self, mode: int) -> int:
        """Return the number of the array axis of a live mode."""
        return 1 + next(i for i, axis in enumerate(self.axes) if axis.mode == mode)

    def along(self, mode: int, values: Array) -> Array:
        """Return the values (points,) or (shots, points) of a mode, shaped to multiply ``psi``."""
        values = np.atleast_2d(values)
        shape = [1] * self.psi.ndim
        shape[0], shape[self.at(mode)] = values.shape
        return values.reshape(shape)

    def each(self, values: Array) -> Array:
        """Return the values (1 or shots,), shaped to multiply ``psi``."""
        return values.reshape(-1, *[1] * (self.psi.ndim - 1))

    def offsets(self, mode: int) -> Array:
        """Return the positions of a mode from its centre, shaped to multiply ``psi``."""
        return self.along(mode, self.axis_of(mode).offsets)

    def add_mode(self, mode: int, variance: float, points: int, spacing: float) -> None:
        """Add a mode in a squeezed vacuum with the given variance of x."""
        axis = Axis(mode, points, spacing, np.zeros(1), np.zeros(1))
        amplitude = np.exp(-0.25 * axis.offsets**2 / variance)
        amplitude /= np.sqrt(np.sum(amplitude**2))
        self.axes.append(axis)
        self.psi = self.psi[..., None] * amplitude

    def regrid(self, mode: int, points: int, spacing: float) -> None:
        """Change the grid of a mode around the same centre, by Fourier interpolation."""
        axis, at = self.axis_of(mode), self.at(mode)
        target = spacing * (np.arange(points) - points // 2)  # from the centre
        inside = np.abs(target) <= axis.reach[0]
        k = fft.fftshift(axis.wave_numbers)
        there = np.exp(1j * target[:, None] * k) * inside[:, None]  # (points, k)
        back = np.exp(-1j * k[:, None] * axis.offsets)  # (k, old)
        matrix = there @ back * (np.sqrt(spacing / axis.spacing) / axis.points)
        before, after = self.psi.shape[:at], self.psi.shape[at + 1 :]
        if after:
            out = np.matmul(matrix, self.psi.reshape(-1, axis.points, prod(after)))  # (.., points, ..)
        else:
            out = self.psi.reshape(-1, axis.points) @ matrix.T
        self.psi = out.reshape(*before, points, *after)
        axis.points, axis.spacing = points, spacing
        self.normalise()

    def reframe(self, mode: int, x: Array, p: Array) -> None:
        """Move the frame of a mode by x and p, each (1 or shots,), while the state stays what it is."""
        axis = self.axis_of(mode)
        if x.any():
            self.in_momentum(mode, self.each(x) * self.along(mode, axis.wave_numbers))
        if p.any():
            self.phase(-self.each(p) * self.offsets(mode) / HBAR)
        axis.centre, axis.kick = axis.centre + x, axis.kick + p

    def normalise(self) -> None:
        """Scale every shot to norm 1."""
        parts = self._parts(0)
        self.psi *= self.each(1.0 / np.sqrt(np.einsum("sab,sab->s", parts, parts)))

    # --- unitaries ---------------------------------------------------------------------------------------------------

    def phase(self, angle: Array) -> None:
        """Apply ``psi -> exp(i angle) psi`` with an angle shaped to multiply ``psi``."""
        self._multiply(np.exp(1j * angle))

    def _multiply(self, factor: Array | NDArray[np.complex128]) -> None:
        """Apply ``psi -> factor psi``; the factor may differ between shots even if ``psi`` does not yet."""
        if np.broadcast_shapes(self.psi.shape, factor.shape) == self.psi.shape:
            self.psi *= factor
        else:
            self.psi = self.psi * factor

    def move(self, mode: int, x: Array, p: Array) -> None:
        """Displace by x (1 or shots,) and p (1 or shots,)."""
        axis = self.axis_of(mode)
        axis.centre, axis.kick = axis.centre + x, axis.kick + p

    def squeeze(self, mode: int, r: float) -> None:
        """Apply ``x -> e^{-r} x``: the grid shrinks with the state."""
        axis, factor = self.axis_of(mode), float(np.exp(-r))
        axis.spacing *= factor
        axis.centre, axis.kick = axis.centre * factor, axis.kick / factor

    def in_momentum(self, mode: int, angle: Array) -> None:
        """Apply ``psi -> exp(i angle) psi`` in the momentum basis of a mode, in the order of the Fourier transform."""
        at = self.at(mode)
        self.psi = fft.fft(self.psi, axis=at, workers=-1, overwrite_x=True)
        self.phase(angle)
        self.psi = fft.ifft(self.psi, axis=at, workers=-1, overwrite_x=True)

    def add_position(self, control: int, target: int, s: Array) -> None:
        """Apply ``x_t -> x_t + s x_c`` (and ``p_c -> p_c - s p_t``); s has shape (1 or shots,)."""
        source, axis = self.axis_of(control), self.axis_of(target)
        axis.centre, source.kick = axis.centre + s * source.centre, source.kick - s * axis.kick
        self.in_momentum(
            target, -self.each(s) * self.along(control, source.offsets) * self.along(target, axis.wave_numbers)
        )

    def rotate(self, mode: int, angle: Array) -> None:
        """Apply ``x -> x cos - p sin, p -> p cos + x sin``; the angle has shape (1 or shots,)."""
        angle = _within_a_turn(angle)
        if len(angle) == 1:
            turns = round(float(angle[0]) / QUARTER)
            for _ in range(turns % 4):
                self._quarter_turn(mode)
            angle = angle - turns * QUARTER
        steps = max(1, int(np.ceil(np.abs(angle).max() / (0.5 * QUARTER) - 1e-9)))
        for _ in range(steps if angle.any() else 0):
            self._small_turn(mode, angle / steps)

    def _small_turn(self, mode: int, angle: Array) -> None:
        # three shears; the frame turns like a point, so that only the wave in its middle is sheared
        axis = self.axis_of(mode)
        chirp = self.each(np.tan(angle / 2.0)) * self.along(mode, axis.offsets**2) / (2.0 * HBAR)
        self.phase(chirp)
        self.in_momentum(mode, self.each(np.sin(angle)) * self.along(mode, axis.wave_numbers**2) * (0.5 * HBAR))
        self.phase(chirp)
        c, s = np.cos(angle), np.sin(angle)
        axis.centre, axis.kick = c * axis.centre - s * axis.kick, c * axis.kick + s * axis.centre

    def _quarter_turn(self, mode: int) -> None:
        # x -> -p, p -> x: the new amplitude at x is the old one at momentum -x
        axis, at = self.axis_of(mode), self.at(mode)
        psi = fft.ifft(fft.ifftshift(self.psi, axes=at), axis=at, norm="ortho", workers=-1)
        self.psi = fft.fftshift(psi, axes=at)
        axis.centre, axis.kick = -axis.kick, axis.centre
        axis.spacing = 2.0 * pi * HBAR / (axis.points * axis.spacing)

    def split(self, a: int, b: int, theta: Array) -> None:
        """Apply ``x_a -> x_a cos - x_b sin, x_b -> x_b cos + x_a sin``; theta has shape (1 or shots,)."""
        theta = _within_a_turn(theta)
        if len(theta) == 1:
            turns = round(float(theta[0]) / QUARTER)
            for _ in range(turns % 4):  # x_a -> -x_b, x_b -> x_a
                first, second = self.axis_of(a), self.axis_of(b)
                first.mode, second.mode = b, a
                self._flip(a)
            theta = theta - turns * QUARTER
        steps = max(1, int(np.ceil(np.abs(theta).max() / (0.5 * QUARTER) - 1e-9)))
        for _ in range(steps if theta.any() else 0):
            part = theta / steps
            self.add_position(b, a, -np.tan(part / 2.0))
            self.add_position(a, b, np.sin(part))
            self.add_position(b, a, -np.tan(part / 2.0))

    def _flip(self, mode: int) -> None:
        axis = self.axis_of(mode)
        self.psi = np.ascontiguousarray(np.flip(self.psi, axis=self.at(mode)))
        axis.centre, axis.kick = -axis.centre + (axis.spacing if axis.points % 2 == 0 else 0.0), -axis.kick

    def kerr(self, mode: int, kappa: float) -> None:
        """Apply ``exp(i kappa n^2)`` in the basis of Fock states that the grid holds around x = p = 0."""
        axis = self.axis_of(mode)
        self.reframe(mode, -axis.centre, -axis.kick)  # a displacement does not commute with the photon number
        axis.centre, axis.kick = np.zeros(1), np.zeros(1)
        # states up to the photon number whose turning point in x and in p lies inside the grid, with room for its tail
        reach = max(0.0, min(axis.reach) - FOCK_TAIL)
        count = max(1, min(axis.points, int(0.25 * reach**2)))
        if abs(kappa) * count**2 > LARGEST_ANGLE:
            raise InputError(
                f"a Kerr gate of kappa = {kappa:.3g} turns the {count} Fock states of this grid by angles that float64 "
                "cannot hold; use a smaller kappa"
            )
        states = hermite_functions(axis.offsets, count) * np.sqrt(axis.spacing)  # (count, points)
        at = self.at(mode)
        moved = np.moveaxis(self.psi, at, -1)
        flat = moved.reshape(-1, axis.points)
        flat = flat + (flat @ states.T) * (np.exp(1j * kappa * np.arange(count) ** 2) - 1.0) @ states
        self.psi = np.ascontiguousarray(np.moveaxis(flat.reshape(moved.shape), -1, at))

    # --- measurement and loss ----------------------------------------------------------------------------------------

    def density(self, mode: int) -> Array:
        """Return the probability of every grid position of a mode, shape (1 or shots, points)."""
        at, points = self.at(mode), self.axis_of(mode).points
        parts = self._parts(at)  # (shots, modes before, points x modes after x 2)
        if at == self.psi.ndim - 1:
            out = np.einsum("sak,sak->sk", parts, parts).reshape(len(parts), points, 2).sum(axis=2)
        else:
            wide = parts.reshape(*parts.shape[:2], points, -1)
            out = np.einsum("sakb,sakb->sk", wide, wide)
        return np.asarray(out)

    def _parts(self, at: int) -> Array:
        """Return real and imaginary parts side by side: shape (1 or shots, modes before an axis, the rest x 2)."""
        shape = self.psi.shape
        return self.psi.view(float).reshape(shape[0], prod(shape[1 : max(1, at)]), -1)

    def position_moments(self, mode: int) -> tuple[Array, Array]:
        """Return the mean and variance of x of a mode, shape (1 or shots,)."""
        axis, weight = self.axis_of(mode), self.density(mode)
        mean = weight @ axis.offsets
        return axis.centre + mean, weight @ axis.offsets**2 - mean**2

    def middle(self, mode: int) -> Array:
        """Return the middle of the positions with a density that counts, from the centre; shape (1 or shots,)."""
        density, axis = self.density(mode), self.axis_of(mode)
        counts = density > DENSITY_FLOOR * density.max(axis=1, keepdims=True)
        first, last = counts.argmax(axis=1), axis.points - 1 - counts[:, ::-1].argmax(axis=1)
        return np.asarray(0.5 * (axis.offsets[first] + axis.offsets[last]))

    def measure(self, mode: int, density: Array | None = None) -> Array:
        """Measure x of a mode, sampled, and remove the mode; ``density`` is `fine_density`, if it is known already."""
        axis, at = self.axis_of(mode), self.at(mode)
        value = self._sample(mode, density)  # from the centre, (shots,)
        k = axis.wave_numbers
        back = (
            np.exp(1j * value[:, None] * k) @ np.exp(-1j * k[:, None] * axis.offsets) / axis.points
        )  # (shots, points)
        moved = np.moveaxis(self.psi, at, -1)
        if len(moved) == 1:
            flat = moved.reshape(-1, axis.points)
            self.psi = (back @ flat.T).reshape(self.shots, *moved.shape[1:-1])
        else:
            flat = moved.reshape(len(moved), -1, axis.points)
            self.psi = np.matmul(flat, back[:, :, None]).reshape(moved.shape[:-1])
        outcome = axis.centre + value
        self.axes.remove(axis)
        self.normalise()
        return np.asarray(np.broadcast_to(outcome, self.shots))

    def fine_density(self, mode: int) -> Array:
        """Return the unnormalised density of a mode on a grid `UPSAMPLED` times finer, (1 or shots, points there)."""
        axis, at = self.axis_of(mode), self.at(mode)
        fine = UPSAMPLED * axis.points
        half = axis.points // 2
        moved = np.moveaxis(self.psi, at, -1)
        density = np.zeros((len(moved), fine))
        flat = moved.reshape(len(moved), -1, axis.points)
        group = max(1, (1 << 20) // fine // max(1, len(moved)))
        for start in range(0, flat.shape[1], group):
            spectrum = fft.fft(flat[:, start : start + group], axis=-1, workers=-1)
            wide = np.zeros((*spectrum.shape[:-1], fine), dtype=complex)
            wide[..., : axis.points - half], wide[..., fine - half :] = (
                spectrum[..., : axis.points - half],
                spectrum[..., axis.points - half :],
            )
            amplitude = fft.ifft(wide, axis=-1, workers=-1, overwrite_x=True)
            density += np.sum(amplitude.real**2 + amplitude.imag**2, axis=1)
        return density

    def _sample(self, mode: int, density: Array | None = None) -> Array:
        # the density is known without error on the finer grid; cells are integrated by cubics
        axis = self.axis_of(mode)
        half = axis.points // 2
        density = self.fine_density(mode) if density is None else density
        mass = 13.0 * (density[:, 1:-2] + density[:, 2:-1]) - density[:, :-3] - density[:, 3:]
        cumulative = np.cumsum(np.maximum(mass, 0.0), axis=1)
        u = self.rng.random(self.shots)
        rows = np.zeros(self.shots, dtype=int) if len(density) == 1 else np.arange(self.shots)
        wanted = u * cumulative[rows, -1]
        if len(density) == 1:
            cell = np.searchsorted(cumulative[0], wanted, side="right")
        else:
            cell = np.array([np.searchsorted(row, w, side="right") for row, w in zip(cumulative, wanted, strict=True)])
        cell = np.minimum(cell, mass.shape[1] - 1)
        upto, whole = cumulative[rows, cell], np.maximum(mass[rows, cell], np.finfo(float).tiny)
        share = np.clip(1.0 - (upto - wanted) / whole, 0.0, 1.0)
        left, right = density[rows, cell + 1], density[rows, cell + 2]
        root = np.sqrt(left**2 + share * (right**2 - left**2))
        inside = share * (left + right) / np.maximum(left + root, np.finfo(float).tiny)
        return np.asarray((cell + 1 + inside) * (axis.spacing / UPSAMPLED) - half * axis.spacing)

    def apply_loss(self, mode: int, eta: float) -> None:
        """Apply loss: mix with a vacuum, measure the lost position w, ``x = sqrt(eta) x' - sqrt(1-eta) w``."""
        axis = self.axis_of(mode)
        if eta == 0.0:
            self.measure(mode)  # all light is lost
            self.add_mode(mode, VACUUM_VARIANCE, axis.points, axis.spacing)
            return
        keep, drop = np.sqrt(eta), np.sqrt(1.0 - eta)
        # the frame loses light like any displacement; what follows is the loss of the wave in its middle
        lost = -drop * self._sample(mode) + keep * np.sqrt(VACUUM_VARIANCE) * self.rng.normal(size=self.shots)
        axis.centre, axis.kick = keep * axis.centre + drop / keep * lost, keep * axis.kick
        axis.spacing /= float(keep)
        vacuum = drop * axis.offsets + lost[:, None] / keep
        self._multiply(self.along(mode, np.exp(-0.25 * vacuum**2 / VACUUM_VARIANCE)))
        self.normalise()

    # --- other pictures ----------------------------------------------------------------------------------------------

    def fock(self, cutoffs: tuple[int, ...]) -> NDArray[np.complex128]:
        """Return Fock amplitudes of the (first shot's) state below the cutoffs, modes in ascending order."""
        psi = self.psi[0]
        order = sorted(self.axes, key=lambda axis: axis.mode)
        psi = np.transpose(psi, [self.at(axis.mode) - 1 for axis in order])
        for i, (axis, cutoff) in enumerate(zip(order, cutoffs, strict=True)):
            # high Fock states wave faster than a coarse grid can show: refine it, or they alias (n waves sqrt(2n + 1))
            wave_number = (np.sqrt(2.0 * cutoff + 1.0) + 4.0) / np.sqrt(HBAR) + abs(float(axis.kick[0])) / HBAR
            finer = int(np.ceil(0.5 + wave_number * axis.spacing / (2.0 * pi)))
            psi = _refined(psi, i, finer)
            y = axis.offsets[0] + axis.spacing / finer * np.arange(finer * axis.points)
            states = hermite_functions(axis.centre[0] + y, cutoff) * np.sqrt(axis.spacing / finer)
            states = states * np.exp(1j * axis.kick[0] * y / HBAR)
            psi = np.moveaxis(np.tensordot(psi, states, axes=(i, 1)), -1, i)
        return np.asarray(psi)

    def reduced(self, mode: int) -> NDArray[np.complex128]:
        """Return the density matrix of one mode of the (first shot's) state on its grid, shape (points, points)."""
        axis = self.axis_of(mode)
        rows = np.moveaxis(self.psi[0], self.at(mode) - 1, 0).reshape(axis.points, -1)
        rows = rows * np.exp(1j * axis.kick[0] * axis.offsets / HBAR)[:, None]
        return np.asarray(rows @ rows.conj().T)


def _within_a_turn(angle: Array) -> Array:
    """Return the same angles, those beyond half a turn from -pi to pi."""
    return np.where(np.abs(angle) <= pi, angle, np.arctan2(np.sin(angle), np.cos(angle)))


def _refined(psi: NDArray[np.complex128], axis: int, factor: int) -> NDArray[np.complex128]:
    """Return band-limited interpolation along an axis to ``factor`` times as many points, of the same norm."""
    n = psi.shape[axis]
    spectrum = np.fft.fftshift(np.fft.fft(psi, axis=axis, norm="ortho"), axes=axis)
    wide = [(0, 0)] * psi.ndim
    wide[axis] = (factor * n // 2 - n // 2, factor * n - n - (factor * n // 2 - n // 2))
    padded = np.fft.ifftshift(np.pad(spectrum, wide), axes=axis)
    return np.asarray(np.fft.ifft(padded, axis=axis, norm="ortho"))
