r"""Answer by the Taylor sampler or the silent model: a hypergraph's phase, expanded to second order at one point.

The *Taylor sampler* draws a position x before it hears anything and carries the first and second derivatives there of
the phase phi that was written: p_i = d_i phi(x), h_ij = d_i d_j phi(x), that is 2n + n(n-1)/2 bits over ``modular(2)``.
``E(e)`` adds what the product of the positions of e has up to second order in u = z - x:

    sum_{i in e} u_i prod_{e - i} x + sum_{i < j in e} u_i u_j prod_{e - i - j} x

From its first readout on it simulates the stabilizer state of this quadratic phase exactly, and answers x for a free
position. Where every mode outside a few was read, and answered x, and what is left on those few is quadratic,
that state is the true one: so it passes triple probes for every k. It fails where unread modes meet edges of three.

The *silent model* is the Taylor sampler with x = 0 fixed. For k >= 3 all derivatives of what is written vanish there,
and it carries nothing at all; for k = 2 the second derivatives are the N weights.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token
from qumode_khrnn.hsmt.models import Memory, Model, Situation
from qumode_khrnn.ideal.stabilizer_state import StabilizerState


class TaylorPlayer:
    """The point x, and a stabilizer state.

    Parameters
    ----------
    modes : int
    rng : numpy.random.Generator
    silent : bool
        Whether x is 0, and free positions are always answered 0.
    """

    def __init__(self, modes: int, rng: np.random.Generator, *, silent: bool) -> None:
        self.rng, self.silent = rng, silent
        self.x = [0] * modes if silent else rng.integers(2, size=modes).tolist()
        self.state = StabilizerState(modes)

    def step(self, token: Token) -> int | None:
        """Hear a token."""
        match token:
            case EdgeToken(modes, weight):
                if int(weight) % 2:
                    self._edge(modes)
            case ShiftToken(mode, amount):
                self.state.shift(mode, int(amount))
                self.x[mode] ^= int(amount) % 2
            case ReadToken(quadrature, mode):
                x, z = (0, 1 << mode) if quadrature == "x" else (1 << mode, 0)
                answer = self.state.outcome(x, z)
                if answer is None:
                    answer = self.x[mode] if quadrature == "x" else int(self.rng.integers(2))
                    self.state.project(x, z, answer)
                if quadrature == "x":
                    self.x[mode] = answer  # where the expansion is from now on
                elif not self.silent:
                    self.x[mode] = int(self.rng.integers(2))
                return answer
        return None

    def _edge(self, modes: tuple[int, ...]) -> None:
        # u_i = z_i + x_i: the products are written out in z, up to a constant
        for i in modes:
            if all(self.x[j] for j in modes if j != i):
                self.state.edge((i,), 1)
        for i, j in combinations(modes, 2):
            if all(self.x[m] for m in modes if m not in (i, j)):
                self.state.edge((i, j), 1)
                self.state.edge((i,), self.x[j])
                self.state.edge((j,), self.x[i])


def _derivatives(at: Situation) -> Memory:
    bits = 2 * at.modes + comb(at.modes, 2)
    return Memory(bits, "bits", bits, f"a position, and the first and second derivatives there, of {at.modes} modes")


def _silence(at: Situation) -> Memory:
    if at.k >= 3:
        return Memory(0, "bits", 0.0, "nothing: all derivatives up to the second vanish at x = 0")
    bits = comb(at.modes, 2)
    return Memory(bits, "bits", bits, "the second derivatives, which are all weights for k = 2")


TAYLOR = Model("taylor-sampler", _derivatives, player=lambda at, rng: TaylorPlayer(at.modes, rng, silent=False))
"""The Taylor sampler."""

SILENT = Model("silent", _silence, player=lambda at, rng: TaylorPlayer(at.modes, rng, silent=True))
"""The silent model."""
