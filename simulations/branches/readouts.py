r"""Read branch states out: expectation values of displacements, densities of quadratures, states after positions.

A displacement readout has the Kraus operators ``K_+- = (1 +- D) / 2``, ``D = exp(i (alpha.p + beta.x))``: branches
double, and ``P(+-) = (1 +- Re <D>) / 2``. A position readout of outcome y fixes one position; its density is a sum of
complex Gaussians, one per pair of branches. The density of another quadrature is the Fourier transform of its
characteristic function.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, log2, pi, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.typing import Array, ComplexArray
from simulations.branches.cubic import Cubic
from simulations.branches.moments import moments
from simulations.branches.overlaps import norm_squared, pairs
from simulations.branches.state import BranchState, factored, require_phases

POINTS_PER_DEVIATION = 64
"""Points of a tabulated density, per deviation of its narrowest part and per radian of its fastest oscillation: the
distribution function is then right to 2e-5."""

MAX_POINTS = 1 << 20
"""Largest number of points of a tabulated density."""

BLOCK = 1 << 21
"""Largest number of terms of a density that are held together."""

MOST_BRANCHES = 1 << 14
"""Largest number of branches of displaced states that are held together."""

DENSITY_ERROR = 1e-6
"""Largest error of the total of a tabulated density."""

DEVIATIONS = 40.0
"""Deviations from the mean up to which a density is held: products of normal numbers have exponential tails."""

REACH = sqrt(8.0 * log(1e14))
"""Distance of two packets, in their units, beyond which they do not overlap."""

MAX_TERMS = 1 << 15
"""Largest number of values of a characteristic function of one density."""

FINER = 64
"""Points of a density per value of its characteristic function."""

LEAST_DENSITY = -1e-6
"""Density, relative to the largest, below which negative values are rounding."""


def characteristics(state: BranchState, alphas: Array, betas: Array) -> ComplexArray:
    """Return ``<psi|D(alphas_q, betas_q)|psi>``, shape (q,), not divided by the norm."""
    found = np.zeros(len(alphas), complex)
    block = max(1, MOST_BRANCHES // state.branches)
    for start in range(0, len(alphas), block):
        moved = state.displaced_each(alphas[start : start + block], betas[start : start + block])
        for part in pairs(state, moved):
            np.add.at(found, start + part.right // state.branches, part.overlaps)
    return found


@dataclass(frozen=True, slots=True)
class PositionDensity:
    """The density of one position, a sum of complex Gaussians.

    Attributes
    ----------
    logarithms, means, variances : complex arrays, shape (q,)
        ``p(y) = Re sum_q exp(logarithms_q) N(y; means_q, variances_q)``; the weights add up to 1. A weight may
        underflow where its complex Gaussian is large.
    sizes, peaks : arrays, shape (m,)
        ``|c_j|`` of the normalised state, and the mean position of every branch.
    deviation : float
        Of the position in every branch.
    """

    logarithms: ComplexArray
    means: ComplexArray
    variances: ComplexArray
    sizes: Array
    peaks: Array
    deviation: float

    @classmethod
    def of(cls, state: BranchState, mode: int) -> PositionDensity:
        """Return the density of a position of a state."""
        parts = [
            (part.logarithms, part.means[:, mode], part.covariances[:, mode, mode])
            for part in pairs(state, state, hermitian=True)
        ]
        logarithms, means, variances = (np.concatenate(values) for values in zip(*parts, strict=True))
        kept = np.isfinite(logarithms)
        norm = np.exp(logarithms[kept]).sum().real
        sizes, deviation = (
            np.abs(state.amplitudes) / np.sqrt(norm),
            np.linalg.norm(factored(state.precision)[1][:, mode]),
        )
        return cls(
            logarithms[kept] - np.log(norm),
            means[kept],
            variances[kept],
            sizes,
            -state.shifts[:, mode],
            float(deviation),
        )

    def __call__(self, y: Array) -> Array:
        """Return the density at points of shape (k,)."""
        out = np.zeros(len(y))
        block = max(1, BLOCK // len(y))
        factors = self.logarithms - 0.5 * np.log(2.0 * np.pi * self.variances)
        for start in range(0, len(factors), block):
            part = slice(start, start + block)
            scaled = (y[None] - self.means[part, None]) ** 2 / (2.0 * self.variances[part, None])
            out += np.exp(factors[part, None] - scaled).real.sum(axis=0)
        return out

    def grid(self) -> tuple[float, float, float]:
        """Return the ends of a table that holds the density, and the number of points that it needs, at least 201."""
        # |N(y; mu, v)| is a real Gaussian of precision Re(1/v) about Re(mu) + Im(mu) Im(1/v) / Re(1/v)
        inverse = 1.0 / self.variances
        width = inverse.real**-0.5
        middle = self.means.real - self.means.imag * inverse.imag / inverse.real
        exponent = 0.5 * self.means.imag**2 * np.abs(inverse) ** 2 / inverse.real
        bound = self.logarithms.real + 0.5 * np.log(np.abs(inverse)) + exponent
        likely = bound > bound.max() + np.log(1e-12)
        low = float((middle - 8.5 * width)[likely].min())
        high = float((middle + 8.5 * width)[likely].max())
        # the phase of N turns by |Im((y - mu) / v)| radians per unit of y
        speed = np.abs((inverse * (middle - self.means)).imag) + 8.5 * np.abs(inverse.imag) * width
        finest = float((1.0 / (1.0 / width + speed))[likely].min())
        wanted = (high - low) / finest * POINTS_PER_DEVIATION + 201.0
        return low, high, wanted

    def table(self) -> tuple[Array, Array, Array]:
        """Return the points, densities and the distribution function, for inversion.

        Raises
        ------
        InputError
            If the density oscillates too fast for `MAX_POINTS` points.
        """
        low, high, wanted = self.grid()
        if not wanted <= MAX_POINTS:
            raise InputError(
                f"the density of a position needs {wanted:.3g} points, more than {MAX_POINTS}: it oscillates too fast, "
                "or its peaks are too far apart; lower the squeezing, the weights or the displacements"
            )
        count = int(wanted)
        y = np.linspace(low, high, count)
        density = np.maximum(self(y), 0.0)
        step = y[1] - y[0]
        total = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))]) * step
        if not abs(total[-1] - 1.0) <= DENSITY_ERROR:
            raise InputError(f"the density of a position adds up to {total[-1]:.9g} instead of 1; lower the squeezing")
        return y, density, total / total[-1]

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw outcomes: few by rejection, many by inversion of the tabulated distribution function."""
        if count * self.sizes.sum() ** 2 < self.grid()[2]:
            return self.rejected(count, rng)
        y, _, total = self.table()
        return np.interp(rng.uniform(size=count), total, y)

    def rejected(self, count: int, rng: np.random.Generator) -> Array:
        """Draw outcomes by rejection, without a table.

        By Cauchy's inequality ``|sum_j c_j psi_j|^2 <= (sum_k |c_k|) sum_j |c_j| |psi_j|^2``, and every ``|psi_j|^2``
        is a normal density of y: one proposal in ``(sum_j |c_j|)^2`` is taken.
        """
        total, drawn, most = float(self.sizes.sum()), np.zeros(0), max(1, BLOCK // len(self.sizes))
        while len(drawn) < count:
            proposals = min(most, ceil((count - len(drawn)) * total**2))
            branch = rng.choice(len(self.sizes), proposals, p=self.sizes / total)
            y = self.peaks[branch] + self.deviation * rng.normal(size=len(branch))
            scaled = (y[:, None] - self.peaks) / self.deviation
            bound = total * (np.exp(-0.5 * scaled**2) @ self.sizes) / (sqrt(2.0 * pi) * self.deviation)
            drawn = np.concatenate([drawn, y[rng.uniform(size=len(y)) * bound < self(y)]])
        return drawn[:count]


@dataclass(frozen=True, slots=True)
class QuadratureDensity:
    """The density of ``b x + a p`` of one internal mode of a state, from its characteristic function.

    ``p(q) = (1 / 2 pi) int <exp(i t (q' - q))> dt``. The integral is a sum: it ends where branches are moved by more
    than their distances and widths and no longer overlap, and its step follows from the deviation of q'. It gives no
    state after the readout, so it serves only for last readouts.
    """

    state: BranchState
    mode: int
    a: float
    b: float

    def spread(self) -> tuple[float, float]:
        """Return the mean and deviation."""
        mean, covariance = moments(self.state, (self.mode,))
        direction = np.array([self.b, self.a])
        return float(direction @ mean), sqrt(float(direction @ covariance @ direction))

    def terms(self, deviation: float) -> tuple[float, float]:
        """Return the step of t, and the number of values that are not negligible."""
        root = factored(self.state.precision)[0]
        speed = 2.0 * abs(self.a) * float(np.linalg.norm(root[self.mode]))
        widest = float(np.linalg.norm(np.ptp(self.state.shifts @ root, axis=0)))
        step = pi / (DEVIATIONS * deviation)
        return step, (widest + REACH) / (speed * step) + 1.0

    def table(self) -> tuple[Array, Array]:
        """Return the values of the quadrature and the distribution function.

        Raises
        ------
        InputError
            If more than `MAX_TERMS` values of the characteristic function count, or they do not make a density.
        """
        mean, deviation = self.spread()
        step, wanted = self.terms(deviation)
        if not wanted <= MAX_TERMS:
            raise InputError(
                f"the density of a quadrature needs {wanted:.3g} values of its characteristic function, more than "
                f"{MAX_TERMS}; lower the squeezing or the weights, or read a position"
            )
        t = step * np.arange(ceil(wanted))
        alphas, betas = (np.zeros((len(t), self.state.modes)) for _ in range(2))
        alphas[:, self.mode], betas[:, self.mode] = self.a * t, self.b * t
        values = characteristics(self.state, alphas, betas) / norm_squared(self.state) * np.exp(-1j * t * mean)
        count = 1 << ceil(log2(FINER * len(t)))
        density = np.roll(np.fft.hfft(values, count), count // 2) * step / (2.0 * pi)
        if not float(density.min()) >= LEAST_DENSITY * float(density.max()):
            raise InputError(
                f"the density of a quadrature must be positive, found {density.min():.1e} beside {density.max():.1e}; "
                "lower the squeezing or the weights"
            )
        y = mean + 2.0 * pi / (count * step) * np.arange(-(count // 2), count - count // 2)
        total = np.cumsum(np.maximum(density, 0.0))
        return y, (total - 0.5 * np.maximum(density, 0.0)) / total[-1]

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw outcomes by inversion of the tabulated distribution function."""
        y, total = self.table()
        return np.interp(rng.uniform(size=count), total, y)


def condition_position(state: BranchState, mode: int, y: float) -> BranchState:
    """Return the state of the other modes after the position of one is found to be y; its squared norm is the density.

    With r the other modes and ``s = W_rr^{-1} W_ri``, a branch keeps its form with ``u_r -> u_r + s (y + u_i)``; what f
    changes by this is quadratic.
    """
    rest = np.array([m for m in range(state.modes) if m != mode], dtype=int)
    w, f = state.precision, state.phase
    inner_block = w[np.ix_(rest, rest)]
    half = factored(inner_block)[1]
    slope = half.T @ (half @ w[rest, mode])
    left = w[mode, mode] - w[mode, rest] @ slope
    v = y + state.shifts[:, mode]
    shifts = state.shifts[:, rest] + v[:, None] * slope
    # f at x_i = y as a polynomial of the others
    fixed = Cubic(
        f.linear[rest] + y * f.quadratic[rest, mode] + 0.5 * y * y * f.cubic[rest, mode, mode],
        f.quadratic[np.ix_(rest, rest)] + y * f.cubic[np.ix_(rest, rest, np.array([mode]))][:, :, 0],
        f.cubic[np.ix_(rest, rest, rest)],
    )
    # f(x + u) at x_i = y, less f_fixed(x_r + u_r'): quadratic in x_r
    old, new = f.shifted(state.shifts), fixed.shifted(shifts)
    bent = f.cubic[np.ix_(rest, rest, np.array([mode]))][:, :, 0]
    constant = (
        old.constant
        + y * old.linear[:, mode]
        + 0.5 * y * y * old.quadratic[:, mode, mode]
        + y**3 * f.cubic[mode, mode, mode] / 6.0
        - new.constant
    )
    linear = (
        old.linear[:, rest] + y * old.quadratic[:, rest, mode] + 0.5 * y * y * f.cubic[rest, mode, mode] - new.linear
    )
    quadratic = old.quadratic[:, rest[:, None], rest[None]] + y * bent - new.quadratic
    a, b = state.curvatures, state.tilts
    turn = constant / HBAR + y * b[:, mode] + 0.5 * y * y * a[:, mode, mode]
    require_phases(turn)
    amplitude = (left / (2.0 * np.pi)) ** 0.25 * np.exp(-0.25 * left * v * v + 1j * turn)
    return BranchState(
        inner_block,
        fixed,
        state.amplitudes * amplitude,
        a[:, rest[:, None], rest[None]] + quadratic / HBAR,
        b[:, rest] + y * a[:, rest, mode] + linear / HBAR,
        shifts,
    ).folded()
