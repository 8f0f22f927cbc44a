"""Wave functions on grids of positions, as an independent reference for the branch simulator (hbar = 2).

Phases multiply, everything else is a Fourier transform along one axis: displacements, shears ``x_i += s x_j``, of
which beamsplitters are three, and rotations, which are a chirp, a free evolution and a chirp. Squeezers scale an axis.
Loss is one more axis in the vacuum. Nothing of the project is used.
"""

from math import prod, sin, tan

import numpy as np


class PositionGrid:
    """A pure state of a few modes: ``wave`` on the product of ``axes``."""

    def __init__(self, waves, reach=16.0, points=192):
        axis = np.linspace(-reach, reach, points, endpoint=False)
        self.axes = [axis.copy() for _ in waves]
        self.wave = np.ones((points,) * len(waves), complex)
        for mode, wave in enumerate(waves):
            values = wave(axis).astype(complex)
            values /= np.sqrt((np.abs(values) ** 2).sum() * (axis[1] - axis[0]))
            self.wave *= self._along(values, mode)

    def copy(self):
        other = object.__new__(PositionGrid)
        other.axes, other.wave = [axis.copy() for axis in self.axes], self.wave.copy()
        return other

    def _along(self, values, mode):
        shape = [1] * len(self.axes)
        shape[mode] = len(values)
        return values.reshape(shape)

    def x(self, mode):
        """Positions of a mode, shaped to multiply the wave."""
        return self._along(self.axes[mode], mode)

    def _wave_numbers(self, mode):
        axis = self.axes[mode]
        return self._along(2 * np.pi * np.fft.fftfreq(len(axis), axis[1] - axis[0]), mode)

    def _in_momentum(self, mode, factor):
        self.wave = np.fft.ifft(np.fft.fft(self.wave, axis=mode) * factor, axis=mode)

    @property
    def norm(self):
        return float((np.abs(self.wave) ** 2).sum() * prod(axis[1] - axis[0] for axis in self.axes))

    def phase(self, modes, weight):
        """``exp(i weight prod x / 2)``."""
        self.wave = self.wave * np.exp(0.5j * weight * prod(self.x(m) for m in modes))

    def shear(self, target, control, s):
        """``x_target += s x_control``."""
        self._in_momentum(target, np.exp(-1j * s * self._wave_numbers(target) * self.x(control)))

    def beamsplitter(self, one, two, theta):
        """``x_one -> c x_one - s x_two``, ``x_two -> c x_two + s x_one``; |theta| < pi."""
        self.shear(one, two, -tan(theta / 2))
        self.shear(two, one, sin(theta))
        self.shear(one, two, -tan(theta / 2))

    def rotate(self, mode, theta):
        """``x -> x c - p s``, ``p -> p c + x s``; |theta| < pi."""
        chirp = np.exp(0.25j * tan(theta / 2) * self.x(mode) ** 2)
        self.wave = self.wave * chirp
        self._in_momentum(mode, np.exp(1j * sin(theta) * self._wave_numbers(mode) ** 2))
        self.wave = self.wave * chirp

    def squeeze(self, mode, r):
        """``x -> e^{-r} x``."""
        self.axes[mode] = self.axes[mode] * np.exp(-r)
        self.wave = self.wave * np.exp(r / 2)

    def displaced(self, alpha, beta):
        """The wave of ``exp(i (alpha.p + beta.x)) psi``."""
        other = self.copy()
        for mode, a in enumerate(alpha):
            other._in_momentum(mode, np.exp(2j * a * self._wave_numbers(mode)))
        turn = sum(a * b for a, b in zip(alpha, beta, strict=True))
        tilt = sum(b * self.x(m) for m, b in enumerate(beta))
        other.wave = other.wave * np.exp(1j * (turn + tilt))
        return other

    def characteristic(self, alpha, beta):
        """``<psi|D|psi>``."""
        step = prod(axis[1] - axis[0] for axis in self.axes)
        return complex(np.vdot(self.wave, self.displaced(alpha, beta).wave) * step)

    def read(self, alpha, beta, sign):
        """The state after a bit: ``(psi +- D psi) / 2``."""
        other = self.displaced(alpha, beta)
        other.wave = 0.5 * (self.wave + sign * other.wave)
        return other

    def density(self, mode):
        """The density of a position at the points of its axis."""
        others = tuple(m for m in range(len(self.axes)) if m != mode)
        step = prod(self.axes[m][1] - self.axes[m][0] for m in others)
        return (np.abs(self.wave) ** 2).sum(axis=others) * step


def gaussian(variance, mean=0.0, momentum=0.0):
    """A packet of some variance in x, mean and mean momentum."""
    return lambda x: np.exp(-((x - mean) ** 2) / (4 * variance) + 0.5j * momentum * x)


def characteristic_by_quadrature(wave, alpha, beta, reach, points):
    """``int psi*(x) e^{i alpha.beta} e^{i beta.x} psi(x + 2 alpha) dx`` of a wave function of several positions.

    The trapezoid rule converges faster than any power for smooth functions that vanish at the ends; momenta of the wave
    itself need not fit on the grid, because only its product with a displaced copy is integrated.
    """
    axis, step = np.linspace(-reach, reach, points, retstep=True)
    n = len(alpha)
    x = [axis.reshape([-1 if m == k else 1 for m in range(n)]) for k in range(n)]
    tilt = sum(b * y for b, y in zip(beta, x, strict=True))
    value = np.conj(wave(*x)) * wave(*(y + 2 * a for y, a in zip(x, alpha, strict=True))) * np.exp(1j * tilt)
    turn = sum(a * b for a, b in zip(alpha, beta, strict=True))
    return complex(value.sum() * step**n * np.exp(1j * turn))
