r"""Draw the momenta of a group of shots, one mode after another.

Positions of all modes are drawn first, from ``|psi(x)|^2``. Then one mode after another swaps its position for a
momentum: given the momenta drawn so far and the positions of all others, p_v has the density of the one-dimensional
wave function ``A(x_v | others)``, the amplitude of the momenta drawn so far. After all swaps the momenta are a sample
of their joint law, because each swap draws from the exact conditional law (the idea of S. Bravyi, D. Gosset and Y. Liu,
"How to simulate quantum measurement without computing marginals", Phys. Rev. Lett. 128, 220503 (2022), for qubits).
Only A has to be known, on the grids of the few modes on which it still depends; reading p_v is one integral over x_v at
a single p_v.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import factorial

import numpy as np
from numpy.typing import NDArray

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.typing import Array
from simulations.momenta.layout import Bond, Layout
from simulations.momenta.order import Read
from simulations.momenta.spectrum import draw_momenta

Amplitudes = NDArray[np.complex64]

LOST = 0.02
"""Largest sum over modes of the mean share of the density near the ends of the grids. It is 1e-5 where they are as
meant; single shots, far out in the tails, have a thousandth."""

DRIFT = 0.02
"""Largest mean relative error of amplitudes at random positions."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """An amplitude on grids: axes of ``modes``, then shots, then the powers of ``bonds``."""

    modes: tuple[int, ...]
    bonds: tuple[Bond, ...]
    data: Amplitudes


class Sweep:
    """The momenta of ``shots`` shots, in the coordinates of a layout."""

    def __init__(self, layout: Layout, shots: int, rng: np.random.Generator) -> None:
        self.layout, self.shots, self.rng = layout, shots, rng
        self.nodes = draw_positions(layout, shots, rng)
        n = len(layout.grids)
        self.a = np.stack([layout.grids[v][self.nodes[:, v]] for v in range(n)], axis=1)  # (shots, n)
        self.away = np.broadcast_to(layout.centre - layout.mean, (shots, n))
        self.unread = set(range(n))
        self.tensors: list[Tensor] = []
        self.momenta = np.zeros((shots, n))
        self.lost, self.drift = 0.0, 0.0

    def run(self, tell: Callable[[], None] = lambda: None) -> Array:
        """Draw all momenta, shape (shots, n); ``tell`` is called after each mode.

        Raises
        ------
        InputError
            If the grids lose more than `LOST`, or amplitudes drift by more than `DRIFT`.
        """
        for read in self.layout.reads:
            self.read(read)
            if self.lost > LOST or not self.drift <= DRIFT:
                raise InputError(
                    f"at mode {read.mode} the grids of the joint momenta lose {self.lost:.1g} of the density and "
                    f"amplitudes are wrong by {self.drift:.1g}; use less squeezing or smaller weights"
                )
            tell()
        return self.momenta

    def read(self, read: Read) -> None:
        """Draw the momentum of one mode and integrate its position out."""
        v, layout = read.mode, self.layout
        tensor = self._merged(v, read.live)
        self.unread.remove(v)
        own = self._own(v)
        amplitude = self._at_positions(tensor) * own * self._coupled(v)
        p, outside = draw_momenta(amplitude, layout.step(v), self.rng.random(self.shots))
        share = np.abs(amplitude) ** 2
        ends = share[:, [0, 1, -2, -1]].sum(axis=1) / share.sum(axis=1)
        self.lost += float(np.mean(outside + ends))
        self.momenta[:, v] = p + layout.slope[:, v]
        wave = np.exp(-1j / HBAR * p[:, None] * layout.grids[v])
        if self.unread:
            out = self._integrated(tensor, read, own * wave)
            self._check(out, (amplitude * wave).sum(axis=1))
            largest = np.abs(out.data).max(axis=tuple(k for k in range(out.data.ndim) if k != len(out.modes)))
            shape = [1] * out.data.ndim
            shape[len(out.modes)] = self.shots
            self.tensors.append(Tensor(out.modes, out.bonds, out.data / largest.reshape(shape)))

    # --- exponents ---------------------------------------------------------------------------------------------------

    def _own(self, v: int) -> NDArray[np.complex128]:
        """Return the factors of a mode alone, shape (1 or shots, points)."""
        layout, a = self.layout, self.layout.grids[v]
        exponent = layout.linear[:, v, None] * a + 0.5 * layout.pairs[:, v, v, None] * a**2
        out: NDArray[np.complex128] = np.exp(exponent + 1j / HBAR * layout.cubic.get((v, v, v), 0.0) * a**3)
        return out

    def _coupled(self, v: int) -> NDArray[np.complex128]:
        """Return the factors that couple a mode to unread ones at their positions, shape (shots, points)."""
        layout, grid = self.layout, self.layout.grids[v]
        others = sorted(self.unread)
        first = np.einsum("sj,sj->s", np.broadcast_to(layout.pairs[:, v], self.a.shape)[:, others], self.a[:, others])
        second = np.zeros(self.shots, dtype=complex)
        exponent = np.zeros((self.shots, len(grid)), dtype=complex)
        for key, value in self._terms_of(v):
            rest = [m for m in key if m != v]
            if not all(m in self.unread for m in rest):
                continue
            weight = 1j / HBAR * value * np.prod(self.a[:, rest], axis=1)
            if len(rest) == 2:
                first = first + weight
            elif len(rest) == 1:
                second = second + weight
        for bond in layout.bonds:
            if bond.first == v:
                other = (self.a + self.away)[:, bond.second]
                exponent += (bond.strength * other)[:, None] * (grid + self.away[:, v, None])
        out: NDArray[np.complex128] = np.exp(exponent + first[:, None] * grid + second[:, None] * grid**2)
        return out

    def _terms_of(self, v: int) -> list[tuple[tuple[int, int, int], float]]:
        return [(key, value) for key, value in self.layout.cubic.items() if v in key]

    def _two(self, v: int, u: int, x: Array, y: Array, pair: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return the exponent of two modes; ``x``, ``y`` and ``pair`` broadcast."""
        c = 1j / HBAR * self.layout.cubic.get((min(u, v), min(u, v), max(u, v)), 0.0)
        d = 1j / HBAR * self.layout.cubic.get((min(u, v), max(u, v), max(u, v)), 0.0)
        if v > u:
            c, d = d, c
        out: NDArray[np.complex128] = pair * x * y + c * x * x * y + d * x * y * y
        return out

    def _three(self, v: int, u: int, w: int) -> complex:
        a, b, c = sorted((u, v, w))
        return 1j / HBAR * self.layout.cubic.get((a, b, c), 0.0)

    def _powers(self, mode: int, count: int) -> Array:
        """Return the powers of the position of a mode, from its mean, shape (shots, count, points)."""
        b = self.layout.grids[mode] + self.away[:, mode, None]
        out: Array = b[:, None, :] ** np.arange(count)[:, None]
        return out

    # --- tensors -----------------------------------------------------------------------------------------------------

    def _merged(self, v: int, live: tuple[int, ...]) -> Tensor:
        """Return the product of all amplitudes that depend on a mode: axes live, shots, bonds, and the mode last."""
        found: Amplitudes = np.ones((1,) * (len(live) + 2), dtype=np.complex64)
        bonds: tuple[Bond, ...] = ()
        for tensor in [t for t in self.tensors if v in t.modes or any(b.second == v for b in t.bonds)]:
            self.tensors.remove(tensor)
            data, left = self._aligned(tensor, v, live)
            k = len(live) + 1
            mine = found.reshape(found.shape[:-1] + (1,) * len(left) + found.shape[-1:])
            found = mine * data.reshape(data.shape[:k] + (1,) * len(bonds) + data.shape[k:])
            bonds += left
        return Tensor(live, bonds, found)

    def _aligned(self, tensor: Tensor, v: int, live: tuple[int, ...]) -> tuple[Amplitudes, tuple[Bond, ...]]:
        """Return an amplitude with the axes that `_merged` wants; bonds that end at one of these modes are summed."""
        order = [tensor.modes.index(m) for m in live if m in tensor.modes]
        rest = range(len(tensor.modes), tensor.data.ndim)
        data = np.transpose(tensor.data, (*order, *rest, *([tensor.modes.index(v)] if v in tensor.modes else [])))
        sizes = iter(data.shape)
        shape = [next(sizes) if m in tensor.modes else 1 for m in live] + list(sizes)
        data = data.reshape(shape if v in tensor.modes else [*shape, 1])
        left = list(tensor.bonds)
        for bond in tensor.bonds:
            if bond.second == v or bond.second in live:
                axis = len(live) + 1 + left.index(bond)
                at = data.ndim - 1 if bond.second == v else live.index(bond.second)
                data = _summed(data, axis, len(live), at, self._powers(bond.second, bond.powers))
                left.remove(bond)
        return data, tuple(left)

    def _at_positions(self, tensor: Tensor) -> NDArray[np.complex128]:
        """Return the amplitude of a mode where all others are at their positions, shape (shots, points)."""
        data = tensor.data
        index = [np.minimum(self.nodes[:, m], size - 1) for m, size in zip(tensor.modes, data.shape, strict=False)]
        shots = np.minimum(np.arange(self.shots), data.shape[len(index)] - 1)
        at = (*index, shots)
        values = data[at].astype(complex)
        return self._bonds_at_positions(values, tensor.bonds)

    def _bonds_at_positions(self, values: NDArray[np.complex128], bonds: tuple[Bond, ...]) -> NDArray[np.complex128]:
        """Sum the axes of bonds, which follow that of shots, at the positions of their second modes."""
        for bond in bonds:
            b = (self.a + self.away)[:, bond.second, None] ** np.arange(bond.powers)
            values = np.einsum("sr...,sr->s...", values, b)
        return values

    def _integrated(self, tensor: Tensor, read: Read, own: NDArray[np.complex128]) -> Tensor:
        """Sum over the positions of a mode, for all positions of the live ones and of the fresh one."""
        v, y, live, layout = read.mode, read.fresh, read.live, self.layout
        grid = layout.grids[v]
        fresh = np.zeros(1) if y is None else layout.grids[y]
        new = tuple(bond for bond in layout.bonds if bond.first == v)
        bonds = (*tensor.bonds, *new)
        kept = tuple(bond for bond in bonds if bond.second != y)
        grids = [layout.grids[u] for u in live]
        out = np.empty([*map(len, grids), self.shots, *(bond.powers for bond in kept), len(fresh)], dtype=np.complex64)
        tables = [self._table(v, u) for u in live]
        raised = self._raised(v, new)
        closing = {bond: self._powers(bond.second, bond.powers) for bond in bonds if bond.second == y}
        between = [(i, j, self._three(v, live[i], live[j])) for i in range(len(live)) for j in range(i)]
        data = np.broadcast_to(tensor.data, (*map(len, grids), *tensor.data.shape[len(live) :]))
        for at, matrix in self._matrices(v, y, live):
            factor = own
            for table, k in zip(tables, at, strict=True):
                factor = factor * table[k]
            for i, j, value in between:
                if value:
                    factor = factor * np.exp(value * grids[i][at[i]] * grids[j][at[j]] * grid)
            shape = (len(factor),) + (1,) * len(tensor.bonds) + (len(grid),)
            rows = data[at] * factor.astype(np.complex64).reshape(shape)
            for power in raised:
                rows = rows[..., None, :] * power.reshape(len(power), *(1,) * (rows.ndim - 2), *power.shape[1:])
            rows = np.broadcast_to(rows, (self.shots, *rows.shape[1:]))
            found = (rows.reshape(-1, len(grid)) @ matrix).reshape(*rows.shape[:-1], len(fresh))
            left = list(bonds)
            for bond, powers in closing.items():
                found = _summed(found, 1 + left.index(bond), 0, found.ndim - 1, powers)
                left.remove(bond)
            out[at] = found
        if y is None:
            return Tensor(live, kept, out[..., 0])
        return Tensor((*live, y), kept, np.moveaxis(out, -1, len(live)))

    def _raised(self, v: int, bonds: tuple[Bond, ...]) -> list[Amplitudes]:
        """Return ``(q b_v)^r / r!`` for each bond, shape (shots, powers, points)."""
        out = []
        for bond in bonds:
            weights = np.array([1.0 / factorial(r) for r in range(bond.powers)])[:, None]
            strength = bond.strength[:, None, None] ** np.arange(bond.powers)[:, None]
            out.append((weights * strength * self._powers(v, bond.powers)).astype(np.complex64))
        return out

    def _table(self, v: int, u: int) -> Amplitudes:
        """Return the factors of a mode and a live one, shape (points of u, 1 or shots, points of v)."""
        grid, other = self.layout.grids[v], self.layout.grids[u]
        pair = self.layout.pairs[None, :, v, u, None]
        return np.exp(self._two(v, u, grid, other[:, None, None], pair)).astype(np.complex64)

    def _matrices(self, v: int, y: int | None, live: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Amplitudes]]:
        """Yield, for all positions of the live modes, their nodes and the factors of the mode and the fresh one."""
        layout = self.layout
        grids = [layout.grids[u] for u in live]
        if y is None:
            ones = np.ones((len(layout.grids[v]), 1), dtype=np.complex64)
            yield from ((at, ones) for at in product(*(range(len(grid)) for grid in grids)))
            return
        x, z = layout.grids[v][:, None], layout.grids[y]
        start = self._two(v, y, x, z, layout.pairs[:1, v, y, None])
        strengths = [self._three(v, u, y) for u in live]
        if not live:
            yield (), np.exp(start).astype(np.complex64)
            return
        step = np.exp(strengths[-1] * (grids[-1][1] - grids[-1][0]) * x * z)
        for outer in product(*(range(len(grid)) for grid in grids[:-1])):
            sum_ = sum(c * grid[k] for c, grid, k in zip(strengths, grids, (*outer, 0), strict=True))
            matrix = np.exp(start + sum_ * x * z)
            for k in range(len(grids[-1])):
                yield (*outer, k), matrix.astype(np.complex64)
                matrix *= step

    def _check(self, tensor: Tensor, exact: NDArray[np.complex128]) -> None:
        """Compare an amplitude at the positions of the others with the sum that the momentum was drawn from."""
        index = [self.nodes[:, m] for m in tensor.modes]
        at = (*index, np.arange(self.shots))
        values = tensor.data[at].astype(complex)
        error = np.abs(self._bonds_at_positions(values, tensor.bonds) - exact)
        self.drift = max(self.drift, float(np.mean(error / np.abs(exact))))


def _summed(data: Amplitudes, axis: int, shots: int, mode: int, powers: Array) -> Amplitudes:
    """Sum an axis of powers against those of a position, shape (shots, powers, points), on the axes of both."""
    total: Amplitudes | None = None
    mode -= mode > axis
    for r in range(powers.shape[1]):
        shape = [1] * (data.ndim - 1)
        shape[shots], shape[mode] = len(powers), powers.shape[2]
        weights = powers[:, r] if shots < mode else powers[:, r].T
        part = np.take(data, r, axis=axis) * weights.reshape(shape).astype(np.float32)
        total = part if total is None else total + part
    assert total is not None
    return total


def draw_positions(layout: Layout, shots: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the nodes of the grids, drawn from the normal density there, shape (shots, n)."""
    n = len(layout.grids)
    factor = np.linalg.cholesky(layout.precision).T  # upper: density exp(-|factor (x - mean)|^2 / 2)
    away = np.broadcast_to(layout.centre - layout.mean, (shots, n))
    nodes, b = np.zeros((shots, n), dtype=np.intp), np.zeros((shots, n))
    for v in reversed(range(n)):
        mean = -(b[:, v + 1 :] @ factor[v, v + 1 :]) / factor[v, v]
        distance = layout.grids[v] + away[:, v, None]
        weights = np.cumsum(np.exp(-0.5 * ((distance - mean[:, None]) * factor[v, v]) ** 2), axis=1)
        drawn = rng.random(shots) * weights[:, -1]
        nodes[:, v] = np.minimum((weights <= drawn[:, None]).sum(axis=1), weights.shape[1] - 1)
        b[:, v] = distance[np.arange(shots), nodes[:, v]]
    return nodes
