r"""The state of the exact simulator, for many shots at once.

Positions of all modes are the current coordinates x. The phase is kept in base coordinates ``X = M x + c``:
beamsplitters, squeezers, ControlledX, shifts and loss then only change M and c, however many monomials there are, and a
new phase is expanded into the base through ``x = M^{-1} (X - c)``. Arrays have a leading shot axis of length 1 as long
as all shots agree.

A mode is *active* (part of the Gaussian), *pinned* (its position is known exactly, shot by shot, because a readout
needed it: only its position may be used from then on), or *gone* (measured, waiting to be prepared again).
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import NDArray

from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.typing import Array
from simulations.exact.draw import Draw
from simulations.exact.frame import Frame
from simulations.exact.phase import Phase, add, involving, product, substitute
from simulations.exact.strain import Strain, Tape, require_sharp
from simulations.exact.streams import RandomNumbers

CORRELATION_FLOOR = 1e-15
"""Correlation coefficients below this are rounding noise of products that cancel, and are set to zero: they would tie
modes to each other that have nothing to do with each other."""

PHASE_FLOOR = 1e-9
"""Couplings of the quadratic phase are set to zero as noise only if they also turn the phase by less than this, in rad,
over the standard deviations of both positions: that changes the state by as little."""


class TooWideError(Exception):
    """Covariances differ between shots, and there is no room for those of all shots."""


class State:
    """Mutable state of ``shots`` shots on ``modes`` modes, all in the vacuum at first.

    ``room`` is the largest number of covariances, over all shots, that it may hold.
    """

    def __init__(self, modes: int, shots: int, rng: RandomNumbers, room: float = inf) -> None:
        self.modes, self.shots, self.rng, self.room = modes, shots, rng, room
        self.mean: Array = np.zeros((1, modes))
        self.cov: Array = VACUUM_VARIANCE * np.eye(modes)[None]
        self.active = list(range(modes))
        self.pinned: dict[int, Array] = {}
        self.untouched = set(range(modes))
        self.phase: Phase = {}
        self.frame = Frame(modes)
        self.strain = Strain()
        self.tape: Tape | None = None
        """Where all draws are kept or compared, if there is one."""
        self.blur: Array = np.full(modes, VACUUM_VARIANCE)
        """Variances of positions if nothing had cancelled on the way: float64 rounds errors of that size."""
        self.hidden = False
        """Whether the state depends on random values that are not among the results."""

    # --- the phase ---------------------------------------------------------------------------------------------------

    def add_phase(self, terms: Phase) -> None:
        """Add a polynomial in the current positions to the phase."""
        for key, value in substitute(terms, self._in_base).items():
            if key:
                add(self.phase, key, value)

    def _in_base(self, mode: int) -> Phase:
        return {(): self.pinned[mode]} if mode in self.pinned else self.frame.in_base(mode)

    def take_phase_of(self, mode: int) -> Phase:
        """Remove all that depends on the mode from the phase and return it, in current coordinates."""
        return substitute(involving(self.phase, self.frame.bases_of(mode)), self.frame.in_current)

    def rebase(self, mode: int) -> None:
        """Rewrite the phase in the current coordinates of a mode, and of those that its coordinates are mixed with."""
        block = self.frame.block(mode)
        inside = set(block)
        self._substitute(block, lambda v: self.frame.in_current(v) if v in inside else {(v,): np.ones(1)})
        self.frame.reset(block)

    def _substitute(self, variables: list[int], form: Callable[[int], Phase]) -> None:
        """Rewrite the monomials with some variables by `form`."""
        for key, value in substitute(involving(self.phase, variables), form).items():
            if key:
                add(self.phase, key, value)

    # --- transformations ---------------------------------------------------------------------------------------------

    def transform(self, modes: list[int], matrix: Array, shift: Array | None = None) -> None:
        """Apply ``x -> matrix x + shift`` to active modes; ``shift`` has shape (1 or shots, len(modes))."""
        self.mean[:, modes] = self.mean[:, modes] @ matrix.T
        rows = self.cov[:, modes, :]
        tied = np.union1d(np.flatnonzero(rows.any(axis=(0, 1))), modes)
        rows = matrix @ rows[:, :, tied]
        at = np.searchsorted(tied, modes)
        rows[:, :, at] = rows[:, :, at] @ matrix.T
        variances = rows[:, range(len(modes)), at]
        self._set_covariances(modes, tied, rows, variances)
        self.strain.see(variances)
        self.blur[modes] = np.maximum((matrix * matrix) @ self.blur[modes], variances.max(axis=0))
        if shift is not None:
            self.mean = _spread(self.mean, len(shift))
            self.mean[:, modes] += shift
        self.frame.move(modes, matrix, shift)

    def _set_covariances(self, modes: list[int], tied: NDArray[np.intp], rows: Array, variances: Array) -> None:
        """Set the covariances of modes, with these variances, with all ``tied`` modes; noise becomes zero."""
        others = np.diagonal(self.cov, axis1=1, axis2=2)[:, tied].copy()
        others[:, np.searchsorted(tied, modes)] = variances
        rows[np.abs(rows) <= CORRELATION_FLOOR * np.sqrt(variances)[:, :, None] * np.sqrt(others)[:, None, :]] = 0.0
        self.cov[:, np.array(modes)[:, None], tied] = rows
        self.cov[:, tied[:, None], modes] = np.swapaxes(rows, 1, 2)

    def gaussian(self, modes: list[int], symplectic: Array, shift: Array) -> None:
        """Apply a Gaussian unitary ``(x, p) -> symplectic (x, p) + shift`` to modes without phase terms above degree 2.

        ``symplectic`` has shape (1 or shots, 2 k, 2 k) and ``shift`` (2 k,).

        With ``exp((i/hbar) (x tau x / 2 + l x))`` for the Gaussian part, tau = H + i hbar Sigma^{-1} / 2, the plane
        p = tau x + l is carried along: tau -> (C + D tau)(A + B tau)^{-1}.
        """
        live = self._mixed_with(modes)
        n, at = len(live), [live.index(m) for m in modes]
        hessian, slope = self._take_quadratic(live)
        precision = np.linalg.inv(self.cov[np.ix_(range(len(self.cov)), live, live)])
        tau = hessian + 0.5j * HBAR * precision
        self._blur_turned(symplectic, live, at, hessian, precision)
        pull = slope - 0.5j * HBAR * np.einsum("sij,sj->si", precision, self.mean[:, live])
        k = len(modes)
        lead = len(symplectic)
        a, b, c, d = (np.repeat(m[None], lead, axis=0) for m in (np.eye(n), *np.zeros((2, n, n)), np.eye(n)))
        grid = np.ix_(range(lead), at, at)
        a[grid], b[grid], c[grid], d[grid] = (
            symplectic[:, :k, :k],
            symplectic[:, :k, k:],
            symplectic[:, k:, :k],
            symplectic[:, k:, k:],
        )
        shift_x, shift_p = np.zeros(n), np.zeros(n)
        shift_x[at], shift_p[at] = shift[:k], shift[k:]
        new = (c + d @ tau) @ np.linalg.inv(a + b @ tau)
        new = 0.5 * (new + np.swapaxes(new, 1, 2))
        turned = np.einsum("sij,sj->si", b, pull) + shift_x
        new_pull = np.einsum("sij,sj->si", d, pull) + shift_p - np.einsum("sij,sj->si", new, turned)
        cov = _without_noise(0.5 * HBAR * np.linalg.inv(new.imag))
        mean = -(2.0 / HBAR) * np.einsum("sij,sj->si", cov, new_pull.imag)
        noise = _noise_of_phase(new.real, cov)
        new.real -= noise
        new_pull.real += np.einsum("sij,sj->si", noise, mean)  # momenta at the mean stay
        self._spread_covariances(len(cov))
        self.cov[np.ix_(range(len(self.cov)), live, live)] = cov
        self.mean = _spread(self.mean, len(mean))
        self.mean[:, live] = mean
        variances = self.cov[:, live, live]
        self.strain.see(variances)
        self.blur[live] = np.maximum(self.blur[live], variances.max(axis=0))
        for i in range(n):
            add(self.phase, (live[i],), new_pull.real[:, i])
            add(self.phase, (live[i], live[i]), 0.5 * new.real[:, i, i])
            for j in range(i + 1, n):
                add(self.phase, (live[i], live[j]), new.real[:, i, j])

    def _mixed_with(self, modes: list[int]) -> list[int]:
        """Return the active modes that correlations or the quadratic phase tie to some modes, even indirectly.

        The phase is rewritten in their current coordinates on the way.
        """
        found: set[int] = set()
        new = set(modes)
        while new:
            for mode in sorted(new):
                self.rebase(mode)
            linked = set(np.flatnonzero(self.cov[:, sorted(new)].any(axis=(0, 1))).tolist())
            linked |= {m for key in self.phase if len(key) == 2 and not new.isdisjoint(key) for m in key}
            found |= new
            new = linked - found
        return sorted(found)

    def _blur_turned(self, symplectic: Array, live: list[int], at: list[int], hessian: Array, precision: Array) -> None:
        """Update the blur as `gaussian` does: momenta turn into positions, with the errors of the precision matrix."""
        k = len(at)
        cov = self.cov[np.ix_(range(len(self.cov)), live, live)]
        p = (hessian @ cov * hessian).sum(axis=2) + 0.25 * HBAR**2 * np.einsum("sii->si", precision)
        inflated = np.maximum(1.0, self.blur[live] * np.einsum("sii->si", precision).max(axis=0))
        momenta = (p.max(axis=0) * inflated)[at]
        modes = [live[i] for i in at]
        squares = (symplectic[:, :k] ** 2).max(axis=0)
        self.blur[modes] = squares[:, :k] @ self.blur[modes] + squares[:, k:] @ momenta

    def _take_quadratic(self, live: list[int]) -> tuple[Array, Array]:
        wanted = set(live)
        low = {key: self.phase.pop(key) for key in list(self.phase) if len(key) <= 2 and wanted.issuperset(key)}
        lead = max((len(v) for v in low.values()), default=1)
        hessian, slope = np.zeros((lead, len(live), len(live))), np.zeros((lead, len(live)))
        for key, value in low.items():
            if len(key) == 1:
                slope[:, live.index(key[0])] += value
            else:
                i, j = (live.index(m) for m in key)
                hessian[:, i, j] += value
                hessian[:, j, i] += value
        return hessian, slope

    # --- measurement, preparation, noise -----------------------------------------------------------------------------

    def position_law(self, mode: int) -> tuple[Array, Array]:
        """Return the mean and variance of the position of an active mode."""
        return self.mean[:, mode].copy(), self.cov[:, mode, mode].copy()

    def tied_to(self, mode: int) -> list[int]:
        """Return a mode and the active modes with correlated positions, directly or through others."""
        found, new = {mode}, [mode]
        while new:
            linked: set[int] = set(np.flatnonzero(self.cov[:, new].any(axis=(0, 1))).tolist())
            new = sorted(linked - found)
            found |= linked
        return sorted(found)

    def condition(self, slope: Array, intercept: Array, noise: Array, value: Array, modes: list[int]) -> None:
        """Condition on ``value = intercept + slope . x + normal(noise)``; ``slope`` has shape (1 or shots, modes)."""
        cross = np.einsum("sji,sj->si", self.cov[:, modes, :], slope)  # covariance of every x with slope . x
        variance = np.einsum("sj,sj->s", cross[:, modes], slope) + noise
        innovation = value - intercept - np.einsum("sj,sj->s", self.mean[:, modes], slope)
        self._condition(innovation, variance, cross)

    def _condition(self, innovation: Array, variance: Array, cross: Array) -> None:
        """Condition on a variable that is off its mean by ``innovation``; ``cross``: its covariances with every x."""
        tied = np.flatnonzero(cross.any(axis=0))
        cross = cross[:, tied]
        gain = cross / variance[:, None]
        self.mean = _spread(self.mean, max(len(gain), len(innovation)))
        self.mean[:, tied] += gain * innovation[:, None]
        change = gain[:, :, None] * cross[:, None, :]
        self._spread_covariances(len(change))
        self.cov[:, tied[:, None], tied] = _without_noise(self.cov[:, tied[:, None], tied] - change)

    def _spread_covariances(self, lead: int) -> None:
        if lead > len(self.cov):
            if lead * self.modes**2 > self.room:
                raise TooWideError
            self.cov = np.repeat(self.cov, lead, axis=0)

    def remove(self, mode: int, value: Array) -> None:
        """Fix an active mode at a position and take it out of the Gaussian, which must be conditioned already."""
        if not self.frame.alone(mode):
            if any(mode in key for key in self.phase) or not self.frame.eliminable(mode):
                self.rebase(mode)
            else:
                self.frame.fix(mode, value)
        if self.frame.alone(mode):
            fixed = self.frame.matrix[mode, mode] * value + self.frame.offset[:, mode]
            self._substitute([mode], lambda v: {(): fixed} if v == mode else {(v,): np.ones(1)})
        self.frame.release(mode)
        self.mean[:, mode] = 0.0
        self.cov[:, mode, :] = self.cov[:, :, mode] = 0.0
        self.active.remove(mode)

    def measure_position(self, mode: int, draw: Draw | None = None) -> Array:
        """Measure the position of an active mode and take the mode out; sampled, unless ``draw`` says otherwise."""
        mean, variance = self.position_law(mode)
        draw = draw or Draw(self.rng, self.shots, 1.0, 0.0, None, self.tape)
        require_sharp(f"the position of mode {mode}", variance + draw.noise, self.blur[mode])
        value = draw.normal(mean, variance)
        if variance.any():
            self.condition(np.ones((1, 1)), np.zeros(1), np.zeros(1), value, [mode])
        self.remove(mode, value)
        return value

    def pin(self, mode: int) -> None:
        """Measure the position of an active mode and discard the result; only its position may be used from then on."""
        self.hidden = True
        self.pinned[mode] = self.measure_position(mode)

    def prepare(self, mode: int, variance: float) -> None:
        """Discard whatever the mode holds and start it in a squeezed vacuum with the given variance of x."""
        if mode in self.active and mode not in self.untouched:
            others = [m for m in self.active if m != mode]
            tied = self.cov[:, mode, others].any() or any(
                mode in key for key in substitute(self.phase, self.frame.in_current)
            )
            self.hidden |= bool(tied)
            self.measure_position(mode)  # tracing out = measuring and forgetting
        self.pinned.pop(mode, None)
        if mode not in self.active:
            self.active = sorted([*self.active, mode])
        self.mean[:, mode] = 0.0
        self.cov[:, mode, :] = self.cov[:, :, mode] = 0.0
        self.cov[:, mode, mode] = self.blur[mode] = variance
        self.strain.see(self.cov[:, mode, mode])

    def apply_loss(self, mode: int, eta: float) -> None:
        """Apply pure loss: mix with a vacuum v, then measure the position w of the lost mode and forget it.

        x = sqrt(eta) x' - sqrt(1 - eta) w, where w has mean -sqrt(1-eta) mu and variance (1-eta) Sigma + eta.
        """
        keep, drop = np.sqrt(eta), np.sqrt(1.0 - eta)
        if mode in self.pinned:
            self.pinned[mode] = keep * self.pinned[mode] + self._noise((1.0 - eta) * VACUUM_VARIANCE)
            return
        self.hidden = True
        if eta == 0.0:
            self.untouched.discard(mode)
            self.prepare(mode, VACUUM_VARIANCE)
            return
        mean, variance = self.position_law(mode)
        lost_variance = (1.0 - eta) * variance + eta * VACUUM_VARIANCE
        lost = -drop * mean + np.sqrt(lost_variance) * self.rng.normal(size=self.shots)
        innovation = lost + drop * mean
        # covariance of the new positions with w
        cross = -drop * self.cov[:, mode, :]
        cross[:, mode] = keep * drop * (VACUUM_VARIANCE - variance)
        self.mean[:, mode] *= keep
        self.cov[:, mode, :] *= keep
        self.cov[:, :, mode] *= keep
        self.cov[:, mode, mode] += (1.0 - eta) * VACUUM_VARIANCE
        self.blur[mode] = eta * self.blur[mode] + (1.0 - eta) * VACUUM_VARIANCE
        self._condition(innovation, lost_variance, cross)
        self.frame.move([mode], np.array([[1.0 / keep]]), (drop / keep) * lost[:, None])
        if self.frame.shrunk(mode):
            self.rebase(mode)

    def add_noise(self, mode: int, x_variance: float, p_variance: float) -> None:
        """Apply a random displacement of x and p."""
        self.hidden = True
        if x_variance > 0.0 and mode in self.pinned:
            self.pinned[mode] = self.pinned[mode] + self._noise(x_variance)
        elif x_variance > 0.0:
            self.transform([mode], np.eye(1), self._noise(x_variance)[:, None])
        if p_variance > 0.0:
            self.add_phase({(mode,): self._noise(p_variance)})

    def _noise(self, variance: float) -> Array:
        out: Array = np.sqrt(variance) * self.rng.normal(size=self.shots)
        return out

    def select(self, shots: NDArray[np.int64]) -> None:
        """Keep the listed shots, which may repeat."""
        self.mean, self.cov = (array if len(array) == 1 else array[shots] for array in (self.mean, self.cov))
        self.frame.select(shots)
        self.phase = {key: value if len(value) == 1 else value[shots] for key, value in self.phase.items()}
        self.pinned = {mode: value if len(value) == 1 else value[shots] for mode, value in self.pinned.items()}

    def affine(self, terms: Phase, modes: list[int]) -> tuple[Array, Array]:
        """Return the intercept (1 or shots,) and slope (1 or shots, modes) of a polynomial of degree at most 1."""
        lead = max((len(v) for v in terms.values()), default=1)
        slope = np.zeros((lead, len(modes)))
        intercept = np.zeros(lead)
        for key, value in terms.items():
            if key:
                slope[:, modes.index(key[0])] += value
            else:
                intercept = intercept + value
        return intercept, slope

    @staticmethod
    def affine_phase(intercept: Array, slope: Array, modes: list[int]) -> Phase:
        """Return the polynomial ``intercept + slope . x``."""
        out: Phase = {}
        add(out, (), intercept)
        for i, mode in enumerate(modes):
            add(out, (mode,), slope[:, i])
        return out

    @staticmethod
    def times(left: Phase, right: Phase, factor: Array) -> Phase:
        """Return ``factor left right``."""
        return {key: factor * value for key, value in product(left, right).items()}


def _without_noise(covariances: Array) -> Array:
    """Return covariances (1 or shots, n, n) with zeros in place of correlations below `CORRELATION_FLOOR`."""
    covariances[np.abs(covariances) <= CORRELATION_FLOOR * _products_of_sizes(covariances)] = 0.0
    return covariances


def _noise_of_phase(hessians: Array, covariances: Array) -> Array:
    """Return the entries of phase Hessians (1 or shots, n, n) that are rounding noise; zeros elsewhere."""
    sizes = np.abs(hessians)
    small = sizes <= CORRELATION_FLOOR * _products_of_sizes(hessians)
    harmless = sizes * _products_of_sizes(covariances) <= PHASE_FLOOR * HBAR
    return np.where(small & harmless, hessians, 0.0)


def _products_of_sizes(matrices: Array) -> Array:
    """Return, for each entry of matrices (1 or shots, n, n), the root of the product of both diagonal entries."""
    sizes = np.sqrt(np.abs(np.diagonal(matrices, axis1=1, axis2=2)))
    return np.asarray(sizes[:, :, None] * sizes[:, None, :])


def _spread(array: Array, lead: int) -> Array:
    if len(array) == 1 and lead > 1:
        return np.repeat(array, lead, axis=0)
    return array.copy()
