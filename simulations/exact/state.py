r"""The state of the exact simulator, for many shots at once.

Positions of all modes are the current coordinates x. The phase is kept in base coordinates ``X = M x + c``:
beamsplitters, squeezers, ControlledX, shifts and loss then only change M and c, however many monomials there are, and a
new phase is expanded into the base through ``x = M^{-1} (X - c)``. Arrays have a leading shot axis of length 1 as long
as all shots agree.

A mode is *active* (part of the Gaussian), *pinned* (its position is known exactly, shot by shot, because a readout
needed it: only its position may be used from then on), or *gone* (measured, waiting to be prepared again).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compiler.ir.conventions import HBAR, VACUUM_VARIANCE
from compiler.typing import Array
from simulations.exact.draw import Draw
from simulations.exact.phase import Phase, add, involving, product, substitute
from simulations.exact.strain import Strain, Tape, require_sharp

ILL_CONDITIONED_SHARE = 1e-2
"""A frame whose pivots or columns fall below this share of its largest entry is given up for a new one: expanding a
phase of degree d in it would cancel to a share of this to the power d."""

RELATIVE_ENTRY_FLOOR = 1e-14
"""Entries of M below this share of its largest are rounding noise of products that cancel, and are set to zero."""


class State:
    """Mutable state of ``shots`` shots on ``modes`` modes, all in the vacuum at first."""

    def __init__(self, modes: int, shots: int, rng: np.random.Generator) -> None:
        self.modes, self.shots, self.rng = modes, shots, rng
        self.mean: Array = np.zeros((1, modes))
        self.cov: Array = VACUUM_VARIANCE * np.eye(modes)[None]
        self.active = list(range(modes))
        self.pinned: dict[int, Array] = {}
        self.untouched = set(range(modes))
        self.phase: Phase = {}
        self.frame: Array = np.eye(modes)
        self.inverse: Array = np.eye(modes)
        self.offset: Array = np.zeros((1, modes))
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
        if mode in self.pinned:
            return {(): self.pinned[mode]}
        row = self.inverse[mode]
        support = np.flatnonzero(row)
        form: Phase = {(int(k),): row[k : k + 1] for k in support}
        shift = -self.offset[:, support] @ row[support]
        if shift.any():
            form[()] = shift
        return form

    def _in_current(self, base: int) -> Phase:
        row = self.frame[base]
        form: Phase = {(m,): row[m : m + 1] for m in self.active if row[m] != 0.0}
        if self.offset[:, base].any():
            form[()] = self.offset[:, base]
        return form

    def take_phase_of(self, mode: int) -> Phase:
        """Remove all that depends on the mode from the phase and return it, in current coordinates."""
        return substitute(involving(self.phase, np.flatnonzero(self.frame[:, mode]).tolist()), self._in_current)

    def rebase(self) -> None:
        """Rewrite the phase in the current coordinates."""
        phase = substitute(self.phase, self._in_current)
        self.phase = {key: value for key, value in phase.items() if key}
        self.frame, self.inverse = np.eye(self.modes), np.eye(self.modes)
        self.offset = np.zeros((1, self.modes))

    # --- transformations ---------------------------------------------------------------------------------------------

    def transform(self, modes: list[int], matrix: Array, shift: Array | None = None) -> None:
        """Point transformation ``x -> matrix x + shift`` of active modes; ``shift`` is (1 or shots, len(modes))."""
        self.mean[:, modes] = self.mean[:, modes] @ matrix.T
        self.cov[:, modes, :] = matrix @ self.cov[:, modes, :]
        self.cov[:, :, modes] = self.cov[:, :, modes] @ matrix.T
        variances = self.cov[:, modes, modes]
        self.strain.see(variances)
        self.blur[modes] = np.maximum((matrix * matrix) @ self.blur[modes], variances.max(axis=0))
        if shift is not None:
            self.mean = _spread(self.mean, len(shift))
            self.mean[:, modes] += shift
        self._move_frame(modes, matrix, shift)

    def _move_frame(self, modes: list[int], matrix: Array, shift: Array | None) -> None:
        columns = self.frame[:, modes] @ np.linalg.inv(matrix)
        rows = matrix @ self.inverse[modes, :]
        columns[np.abs(columns) <= RELATIVE_ENTRY_FLOOR * np.abs(self.frame).max()] = 0.0
        rows[np.abs(rows) <= RELATIVE_ENTRY_FLOOR * np.abs(self.inverse).max()] = 0.0
        self.frame[:, modes], self.inverse[modes, :] = columns, rows
        if shift is not None:
            self.offset = self.offset - shift @ columns.T

    def gaussian(self, modes: list[int], symplectic: Array, shift: Array) -> None:
        """A Gaussian unitary ``(x, p) -> symplectic (x, p) + shift`` on modes without phase terms above degree 2.

        ``symplectic`` has shape (1 or shots, 2 k, 2 k) and ``shift`` (2 k,).

        With ``exp((i/hbar) (x tau x / 2 + l x))`` for the Gaussian part, tau = H + i hbar Sigma^{-1} / 2, the plane
        p = tau x + l is carried along: tau -> (C + D tau)(A + B tau)^{-1}.
        """
        self.rebase()
        live = self.active
        n, at = len(live), [live.index(m) for m in modes]
        hessian, slope = self._take_quadratic(live)
        precision = np.linalg.inv(self.cov[np.ix_(range(len(self.cov)), live, live)])
        tau = hessian + 0.5j * HBAR * precision
        self._blur_turned(symplectic, at, hessian, precision)
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
        cov = 0.5 * HBAR * np.linalg.inv(new.imag)
        mean = -(2.0 / HBAR) * np.einsum("sij,sj->si", cov, new_pull.imag)
        self.cov = _spread(self.cov, len(cov))
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

    def _blur_turned(self, symplectic: Array, at: list[int], hessian: Array, precision: Array) -> None:
        """What `gaussian` does to the blur: momenta turn into positions, with the errors of the precision matrix."""
        live, k = self.active, len(at)
        cov = self.cov[np.ix_(range(len(self.cov)), live, live)]
        p = np.einsum("sij,sjk,sik->si", hessian, cov, hessian) + 0.25 * HBAR**2 * np.einsum("sii->si", precision)
        inflated = np.maximum(1.0, self.blur[live] * np.einsum("sii->si", precision).max(axis=0))
        momenta = (p.max(axis=0) * inflated)[at]
        modes = [live[i] for i in at]
        squares = (symplectic[:, :k] ** 2).max(axis=0)
        self.blur[modes] = squares[:, :k] @ self.blur[modes] + squares[:, k:] @ momenta

    def _take_quadratic(self, live: list[int]) -> tuple[Array, Array]:
        low = {key: self.phase.pop(key) for key in list(self.phase) if len(key) <= 2}
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
        """Mean and variance of the position of an active mode."""
        return self.mean[:, mode].copy(), self.cov[:, mode, mode].copy()

    def tied_to(self, mode: int) -> list[int]:
        """The active modes whose positions are correlated with that of a mode, directly or through others; with it."""
        linked = (self.cov != 0.0).any(axis=0)
        found = np.zeros(self.modes, dtype=bool)
        found[mode] = True
        while not np.array_equal(wider := found | linked[found].any(axis=0), found):
            found = wider
        return [int(m) for m in np.flatnonzero(found)]

    def condition(self, slope: Array, intercept: Array, noise: Array, value: Array, modes: list[int]) -> None:
        """Condition on ``value = intercept + slope . x + normal(noise)``; ``slope`` has shape (1 or shots, modes)."""
        mean, cov = self.mean[:, modes], self.cov[:, :, modes]
        cross = np.einsum("sij,sj->si", cov, slope)  # covariance of every x with slope . x
        variance = np.einsum("sj,sj->s", cross[:, modes], slope) + noise
        gain = cross / variance[:, None]
        innovation = value - intercept - np.einsum("sj,sj->s", mean, slope)
        self._condition(gain, innovation, cross)

    def _condition(self, gain: Array, innovation: Array, cross: Array) -> None:
        self.mean = self.mean + gain * innovation[:, None]
        change = gain[:, :, None] * cross[:, None, :]
        self.cov = self.cov - change if len(change) > len(self.cov) else np.subtract(self.cov, change, out=self.cov)

    def remove(self, mode: int, value: Array) -> None:
        """Fix an active mode at a position and take it out of the Gaussian, which must be conditioned already."""
        others = [m for m in range(self.modes) if m != mode]
        in_phase = any(mode in key for key in self.phase)
        if in_phase and not self.frame[mode, others].any() and not self.frame[others, mode].any():
            fixed = self.frame[mode, mode] * value + self.offset[:, mode]
            touched = involving(self.phase, [mode])
            for key, coefficient in substitute(
                touched, lambda v: {(): fixed} if v == mode else {(v,): np.ones(1)}
            ).items():
                if key:
                    add(self.phase, key, coefficient)
        else:
            pivot = self.inverse[mode, mode]
            if in_phase or abs(pivot) <= ILL_CONDITIONED_SHARE * np.abs(self.inverse).max():
                self.rebase()
                self.remove(mode, value)
                return
            self.offset = self.offset + value[:, None] * self.frame[:, mode]
            self.inverse = self.inverse - np.outer(self.inverse[:, mode], self.inverse[mode, :]) / pivot
        for array in (self.frame, self.inverse):
            array[mode, :] = array[:, mode] = 0.0
            array[mode, mode] = 1.0
        self.offset = self.offset.copy()
        self.offset[:, mode] = 0.0
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
        """Measure the position of an active mode without telling; only its position may be used from then on."""
        self.hidden = True
        self.pinned[mode] = self.measure_position(mode)

    def prepare(self, mode: int, variance: float) -> None:
        """Discard whatever the mode holds and start it in a squeezed vacuum with the given variance of x."""
        if mode in self.active and mode not in self.untouched:
            others = [m for m in self.active if m != mode]
            tied = self.cov[:, mode, others].any() or any(
                mode in key for key in substitute(self.phase, self._in_current)
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
        """Pure loss: mix with a vacuum v, then measure the position w of the lost mode and forget it.

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
        cross = -drop * self.cov[:, :, mode]
        cross[:, mode] = keep * drop * (VACUUM_VARIANCE - variance)
        self.mean[:, mode] *= keep
        self.cov[:, mode, :] *= keep
        self.cov[:, :, mode] *= keep
        self.cov[:, mode, mode] += (1.0 - eta) * VACUUM_VARIANCE
        self.blur[mode] = eta * self.blur[mode] + (1.0 - eta) * VACUUM_VARIANCE
        gain = cross / lost_variance[:, None]
        self._condition(gain, innovation, cross)
        self._move_frame([mode], np.array([[1.0 / keep]]), (drop / keep) * lost[:, None])
        if np.abs(self.frame[:, mode]).max() < ILL_CONDITIONED_SHARE:
            self.rebase()

    def add_noise(self, mode: int, x_variance: float, p_variance: float) -> None:
        """Random displacement of x and p."""
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
        self.mean, self.cov, self.offset = (
            array if len(array) == 1 else array[shots] for array in (self.mean, self.cov, self.offset)
        )
        self.phase = {key: value if len(value) == 1 else value[shots] for key, value in self.phase.items()}
        self.pinned = {mode: value if len(value) == 1 else value[shots] for mode, value in self.pinned.items()}

    def affine(self, terms: Phase, modes: list[int]) -> tuple[Array, Array]:
        """Intercept (1 or shots,) and slope (1 or shots, modes) of a polynomial of degree at most 1."""
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
        """The polynomial ``intercept + slope . x``."""
        out: Phase = {}
        add(out, (), intercept)
        for i, mode in enumerate(modes):
            add(out, (mode,), slope[:, i])
        return out

    @staticmethod
    def times(left: Phase, right: Phase, factor: Array) -> Phase:
        """``factor left right``."""
        return {key: factor * value for key, value in product(left, right).items()}


def _spread(array: Array, lead: int) -> Array:
    if len(array) == 1 and lead > 1:
        return np.repeat(array, lead, axis=0)
    return array.copy()
