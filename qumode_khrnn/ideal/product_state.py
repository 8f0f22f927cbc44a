r"""Simulate the ideal network where every mode keeps a Gaussian state of its own under a polynomial phase.

The state is ``exp(i phi(x) / 2) prod_j g_j(x_j)`` with ``|g_j|^2`` normal (mean m_j, variance v_j) and momentum mean
mu_j, so var p_j = 1 / v_j. With s the variance of the ancilla's read quadrature:

- ``Q(i)`` is normal with variance v_i + s; afterwards v_i is ``v_i s / (v_i + s)``;
- ``P(i)`` with x_i absent from phi is normal with mean mu_i and variance ``1 / v_i + s``; afterwards v_i is
  ``v_i + 1 / s``;
- ``P(i)`` with ``phi = phi_0 + x_i f``: the answer is f of independent normals plus normal noise. Its law is known for
  f of degree 1 or 2, and for one product of three; the state has then left the family, so no readout may follow;
- ``P(i), P(j), P(l)`` at the end of a sentence, where the only edge of the three is {i, j, l}: see
  `simulations.laws.triad`.

The cost of a token does not depend on the number of modes. For k <= 3 the exact simulator confirms the results.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken, Token, quadrature_token
from qumode_khrnn.network.cell import Network
from simulations.laws.product import ProductLaw
from simulations.laws.real import NormalLaw, quadratic_law
from simulations.laws.triad import TriadLaw
from simulations.laws.types import RealLaw

RELATIVE_WEIGHT_FLOOR = 1e-13
"""A weight smaller than this share of the largest ever added to its edge is rounding."""


class LeavesProductError(InputError):
    """A sentence leaves the family of product states."""


class ProductState:
    """The state of n modes, all squeezed in p at first.

    Parameters
    ----------
    network : Network
    """

    def __init__(self, network: Network) -> None:
        self.mean = [0.0] * network.modes
        self.variance = [float(np.exp(2.0 * network.squeezing_latent))] * network.modes
        self.momentum = [0.0] * network.modes
        self.noise = float(np.exp(-2.0 * network.squeezing_ancilla))
        self.edges: list[dict[tuple[int, ...], float]] = [{} for _ in range(network.modes)]
        self._largest: dict[tuple[int, ...], float] = {}

    def edge(self, modes: tuple[int, ...], weight: float) -> None:
        """Apply ``E(e, w)``."""
        if len(modes) == 1:
            self.momentum[modes[0]] += weight
            return
        total = self.edges[modes[0]].get(modes, 0.0) + weight
        largest = self._largest[modes] = max(self._largest.get(modes, 0.0), abs(weight))
        for mode in modes:
            if abs(total) <= RELATIVE_WEIGHT_FLOOR * largest:
                self.edges[mode].pop(modes, None)
            else:
                self.edges[mode][modes] = total

    def shift(self, mode: int, amount: float) -> None:
        """Apply ``X(i, s)``: x_i becomes x_i + s, so phi(x) becomes phi(x - s e_i)."""
        self.mean[mode] += amount
        for modes, weight in list(self.edges[mode].items()):
            self.edge(tuple(m for m in modes if m != mode), -amount * weight)

    def position_law(self, mode: int) -> NormalLaw:
        """Return the law of ``Q(i)``."""
        return NormalLaw(self.mean[mode], self.variance[mode] + self.noise)

    def found_position(self, mode: int, y: float) -> None:
        """Go on after ``Q(i)``."""
        v, s = self.variance[mode], self.noise
        self.mean[mode] = (self.mean[mode] * s + y * v) / (v + s)
        self.variance[mode] = v * s / (v + s)

    def is_free(self, mode: int) -> bool:
        """Tell whether no edge joins a mode to others."""
        return not self.edges[mode]

    def momentum_law(self, mode: int) -> RealLaw:
        """Return the law of ``P(i)``.

        Raises
        ------
        LeavesProductError
            If the law is not known.
        """
        slope = {tuple(m for m in modes if m != mode): w for modes, w in self.edges[mode].items()}
        noise = 1.0 / self.variance[mode] + self.noise
        degree = max((len(modes) for modes in slope), default=0)
        if degree == 0:
            return NormalLaw(self.momentum[mode], noise)
        if degree == 3 and len(slope) == 1:
            ((modes, weight),) = slope.items()
            a, b, c = modes
            means, variances = ((row[a], row[b], row[c]) for row in (self.mean, self.variance))
            return ProductLaw(self.momentum[mode], weight, means, variances, noise)
        if degree > 2:
            raise LeavesProductError(f"P({mode}) depends on several products of three positions; undo more of its star")
        involved = sorted({m for modes in slope for m in modes})
        index = {m: i for i, m in enumerate(involved)}
        linear, form = np.zeros(len(involved)), np.zeros((len(involved),) * 2)
        for modes, weight in slope.items():
            places = [index[m] for m in modes]
            if len(places) == 1:
                linear[places[0]] += weight
            else:
                form[places[0], places[1]] += 0.5 * weight
                form[places[1], places[0]] += 0.5 * weight
        mean = np.array([self.mean[m] for m in involved])
        cov = np.diag([self.variance[m] for m in involved])
        return quadratic_law(self.momentum[mode], linear, form, mean, cov, noise)

    def found_momentum(self, mode: int, y: float) -> None:
        """Go on after ``P(i)`` of a mode that no edge joins to others."""
        s = self.noise
        own = 1.0 / self.variance[mode]
        self.momentum[mode] = (self.momentum[mode] * s + y * own) / (own + s)
        self.variance[mode] += 1.0 / s

    def triad(self, modes: tuple[int, int, int], answers: tuple[float, ...]) -> TriadLaw | None:
        """Return the law of the next momentum of three modes on one 3-edge, given one or two answers.

        The result is None if there are other edges.
        """
        (edge, weight), *others = self.edges[modes[0]].items()
        if others or edge != tuple(sorted(modes)) or any(len(self.edges[m]) != 1 for m in modes):
            return None
        means, variances, momenta = (
            (row[modes[0]], row[modes[1]], row[modes[2]]) for row in (self.mean, self.variance, self.momentum)
        )
        return TriadLaw(weight, means, variances, momenta, self.noise, answers)


def product_reference(
    tokens: Sequence[Token], network: Network, rng: np.random.Generator, answers: Sequence[float] | None = None
) -> tuple[tuple[float, ...], tuple[RealLaw, ...]]:
    """Return the answers of the ideal network and the exact law of each given the earlier ones.

    Parameters
    ----------
    tokens : sequence of Token
    network : Network
    rng : numpy.random.Generator
    answers : sequence of float, optional
        Answers to condition on; sampled if None.

    Raises
    ------
    LeavesProductError
        If the sentence leaves the family.
    """
    state = ProductState(network)
    reads = [token for token in tokens if isinstance(token, ReadToken)]
    found: list[float] = []
    laws: list[RealLaw] = []
    triad: tuple[int, int, int] | None = None
    for token in map(quadrature_token, tokens):
        if triad is not None and not isinstance(token, ReadToken):
            raise LeavesProductError("nothing may come between the three momenta of a contextual probe")
        if isinstance(token, EdgeToken):
            state.edge(token.modes, token.weight)
            continue
        if isinstance(token, ShiftToken):
            state.shift(token.mode, token.amount)
            continue
        mode, at = token.mode, len(found)
        law: RealLaw | None
        if triad is not None:
            law = state.triad(triad, tuple(found[at - triad.index(mode) :]))
            assert law is not None
        else:
            law = state.position_law(mode) if token.quadrature == "x" else state.momentum_law(mode)
        y = draw(law, rng) if answers is None else float(answers[at])
        found.append(y)
        laws.append(law)
        if len(found) == len(reads):
            break
        if triad is None:
            triad = _go_on(state, reads[at:], y)
    return tuple(found), tuple(laws)


def _go_on(state: ProductState, reads: Sequence[ReadToken], y: float) -> tuple[int, int, int] | None:
    """Carry out the first readout, or return the three modes that the sentence still reads if it leaves the family."""
    mode = reads[0].mode
    if reads[0].quadrature == "x":
        state.found_position(mode, y)
    elif state.is_free(mode):
        state.found_momentum(mode, y)
    else:
        match tuple(read.mode for read in reads):
            case (a, b, c) if len({a, b, c}) == 3 and all(read.quadrature == "p" for read in reads):
                if state.triad((a, b, c), (y,)) is not None:
                    return a, b, c
        raise LeavesProductError(f"P({mode}) depends on unread positions; make it the last readout")
    return None


def draw(law: RealLaw, rng: np.random.Generator) -> float:
    """Draw one sample of a law: directly if the law can, else by inverting the distribution function."""
    match law:
        case NormalLaw(mean, variance):
            return float(rng.normal(mean, np.sqrt(variance)))
        case ProductLaw():
            parts = rng.normal(law.means, np.sqrt(law.variances))
            return float(law.constant + law.factor * parts.prod() + rng.normal(0.0, np.sqrt(law.noise)))
        case TriadLaw():
            from scipy.optimize import brentq

            target, reach = rng.random(), 8.0 * np.sqrt(law.variance)
            low, high = law.mean - reach, law.mean + reach
            while law.cdf(low) > target or law.cdf(high) < target:
                low, high = low - reach, high + reach
            return float(brentq(lambda y: law.cdf(y) - target, low, high, xtol=1e-9 * reach))
        case _:
            z = rng.normal(size=len(law.linear))
            square = np.dot(law.linear, z) + np.dot(law.quadratic, z * z)
            return float(law.constant + square + rng.normal(0.0, np.sqrt(law.noise)))
