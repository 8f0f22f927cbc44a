r"""Evaluate the k = 3 inequality: three finite-energy lattice modes under one 3-edge, read by homodyne.

Each mode starts in ``psi(x) ~ sum_m exp(-(m s)^2 / (4 E^2)) exp(-(x - m s)^2 / (4 e^{-2r}))`` with the spacing
``s = sqrt(pi hbar)``, peak variance ``e^{-2r}`` and envelope ``E = e^{envelope}``: the state |+> of a lattice code. The
3-edge has the weight ``w = 1 / s``: the controlled-controlled-Z gate on the ideal lattice. A quadrature is read,
rounded to the nearest multiple of s, and its parity is a bit: z from a position, p from a momentum. For bits that exist
before they are read, independently of what else is read,

``I = <(-1)^(p1+p2+p3)> - <(-1)^(z1 z2 + z1 z3 + z2 z3)> - 2 sum_i Pr[p_i != z_j z_k] <= 0``,

and qubits reach 1/2. The first average is taken where all momenta are read, the second where all positions are read,
each probability where one momentum and two positions are read.

The parity of a momentum is a square wave, ``(-1)^round(p/s) = sum_m c_m cos(pi m p / s)`` over odd m with
``c_m = 4 (-1)^((m-1)/2) / (pi m)``, and each term is a displacement, so that the branch simulator gives the first
average. Position readings commute with the 3-edge: given x_j and x_k, the edge moves p_i by ``w x_j x_k``, and what is
left is a mean over two densities. Loss before the detectors, whose outcomes are divided by the root of the transmission
eta, adds a normal number of variance ``(1 - eta) / eta`` to every outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement, permutations
from math import ceil, exp, isfinite, log, pi, prod, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.typing import Array, ComplexArray
from simulations.branches.cubic import Cubic
from simulations.branches.overlaps import inner
from simulations.branches.prepare import Packets
from simulations.branches.readouts import PositionDensity
from simulations.branches.state import BranchState

SPACING = sqrt(pi * HBAR)
"""s: distance of the peaks in position, and of the values to which quadratures are rounded."""

WEIGHT = 1.0 / SPACING
"""Weight of the 3-edge that is the controlled-controlled-Z gate on the ideal lattice."""

QUBITS = 0.5
"""Largest I of qubits."""

LEAST_AMPLITUDE = 1e-4
"""Peaks of smaller amplitude, relative to the middle one, are left out."""

LEAST_TERM = 1e-6
"""Terms of the Fourier series of parities that are smaller than this are left out."""

NEGLIGIBLE = 1e-8
"""Pairs of packets that are left out add up to less than this in every term."""

NODES = 96
"""Gauss-Legendre nodes between two neighbouring borders of rounding."""

SQUEEZINGS, ENVELOPES = (0.3, 2.5), (0.3, 2.0)
"""Allowed range of the squeezing parameter r of the peaks, and of the logarithm of the envelope E."""


@dataclass(frozen=True, slots=True)
class LatticeWitness:
    """I and its parts.

    Attributes
    ----------
    momenta : float
        ``<(-1)^(p1+p2+p3)>``, all momenta read.
    positions : float
        ``<(-1)^(z1 z2 + z1 z3 + z2 z3)>``, all positions read.
    wrong : float
        ``Pr[p_i != z_j z_k]``, one momentum and two positions read; the same for every i.
    """

    momenta: float
    positions: float
    wrong: float

    @property
    def value(self) -> float:
        """I: at most 0 for noncontextual bits, 1/2 for qubits."""
        return self.momenta - self.positions - 6.0 * self.wrong


def lattice_packets(squeezing: float, envelope: float | None = None) -> Packets:
    """Return the lattice state |+> of peak variance ``e^{-2 squeezing}`` and envelope ``e^{envelope}``.

    Raises
    ------
    InputError
        If a number is out of range: below it peaks are not separate, and above it the sums take minutes.
    """
    own = "" if envelope is not None else ", that of the squeezing; give an envelope"
    envelope = squeezing if envelope is None else envelope
    for name, number, (low, high), more in (
        ("squeezing", squeezing, SQUEEZINGS, ""),
        ("envelope", envelope, ENVELOPES, own),
    ):
        if not (isfinite(number) and low <= number <= high):
            raise InputError(f"the {name} of a lattice state must lie in {low}..{high}, found {number:g}{more}")
    flatness = 0.25 * exp(-2.0 * envelope)
    reach = ceil(sqrt(-log(LEAST_AMPLITUDE) / flatness) / SPACING)
    peaks = SPACING * np.arange(-reach, reach + 1)
    amplitudes = np.exp(-flatness * peaks**2).astype(complex)
    return Packets.normalised(exp(2.0 * squeezing), amplitudes, np.zeros(len(peaks)), -peaks)


def lattice_witness(packets: Packets, loss: float = 0.0) -> LatticeWitness:
    """Compute I for three modes in the same state.

    Parameters
    ----------
    packets : Packets
        The state of each mode before the 3-edge; real and even, as |+> is.
    loss : float
        Loss of every mode before its detector, ``0 <= loss < 1``.

    Raises
    ------
    InputError
        If the loss is out of range.

    Examples
    --------
    >>> found = lattice_witness(lattice_packets(1.5, 1.0))
    >>> round(found.value, 3), round(found.momenta, 3)
    (0.337, 0.453)
    """
    if not 0.0 <= loss < 1.0:
        raise InputError(f"the loss must lie in [0, 1), found {loss:g}")
    terms, positions, wrong = _with_positions(packets, loss)
    return LatticeWitness(_momenta(packets, terms), positions, wrong)


def _with_positions(packets: Packets, loss: float) -> tuple[list[_Term], float, float]:
    """Compute the parts that position readings decide: terms of a momentum's parity, `positions` and `wrong`."""
    noise = loss / (1.0 - loss)
    one = BranchState.empty().with_packets(*_arguments(packets))
    terms = _terms(one, noise)
    x, weights = _nodes(one)
    bit = _position_parity(x, noise)
    mean = float(weights @ bit)
    zeros = 0.5 * (1.0 + mean)  # of the three bits z, an even number of pairs is 11 if at most one bit is 1
    positions = 2.0 * (zeros**3 + 3.0 * zeros**2 * (1.0 - zeros)) - 1.0
    # (-1)^(z_j z_k) = (1 + b_j + b_k - b_j b_k) / 2 with the parities b = (-1)^z
    both = 0.5 * (1.0 + bit[:, None] + bit[None] - np.outer(bit, bit))
    shifts = np.outer(WEIGHT * x, x)
    turned = sum(term.factor * term.mean * np.cos(pi * term.order * shifts / SPACING) for term in terms)
    return terms, positions, 0.5 * (1.0 - float(weights @ (both * turned) @ weights))


def least_squeezing(envelope: float | None = None, loss: float = 0.0) -> float | None:
    """Find the squeezing parameter r of the peaks from which I > 0, at a fixed envelope or with ``E = e^r``.

    Returns None if r = 2 (17.4 dB) is not enough. The result is right to 5e-4.
    """
    from scipy.optimize import brentq

    @cache  # the search asks for the ends of its interval again
    def value(r: float) -> float:
        packets = lattice_packets(r, envelope)
        terms, positions, wrong = _with_positions(packets, loss)
        most = 1.0 - positions - 6.0 * wrong
        return most if most <= 0.0 else LatticeWitness(_momenta(packets, terms), positions, wrong).value

    low = 0.6
    for high in (0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0):
        if value(high) > 0.0:
            return float(brentq(value, low, high, xtol=5e-4))
        low = high
    return None


def _arguments(packets: Packets) -> tuple[Array, ComplexArray, Array, Array]:
    return np.array([[packets.precision]]), packets.amplitudes, packets.tilts[:, None], packets.shifts[:, None]


@dataclass(frozen=True, slots=True)
class _Term:
    """One term ``factor cos(pi order p / s)`` of the parity of a momentum, and the mean of its cosine for one mode.

    Noise of the outcome is part of the factor.
    """

    order: int
    factor: float
    mean: float


def _terms(one: BranchState, noise: float) -> list[_Term]:
    """Return the terms that count."""
    out: list[_Term] = []
    for m in range(1, 400, 2):
        mean = inner(one, one.displaced(np.array([pi * m / SPACING]), np.zeros(1))).real
        term = _Term(m, _coefficient(m) * _damping(m, noise), mean)
        if m > 3 and abs(term.factor * mean) < LEAST_TERM:
            break
        out.append(term)
    return out


def _coefficient(m: int) -> float:
    """Return ``c_m`` of a square wave that is +1 within half a period about 0."""
    return 4.0 / (pi * m) * (-1.0) ** ((m - 1) // 2)


def _damping(m: int, noise: float) -> float:
    """Return the mean of ``exp(i pi m y / s)`` for a normal number y of variance ``noise``."""
    return exp(-0.5 * noise * (pi * m / SPACING) ** 2)


def _momenta(packets: Packets, terms: list[_Term]) -> float:
    """Return the mean parity of the sum of the three rounded momenta, over triples of terms in ascending order.

    The state does not change when two positions change sign, nor does the real part of a mean when all signs of its
    displacement change, so all signs of a triple give the same value.
    """
    state = BranchState.empty()
    for _ in range(3):
        state = state.with_packets(*_arguments(packets))
    state = state.phased(Cubic.of(Polynomial.monomial((0, 1, 2), WEIGHT), 3, {0: 0, 1: 1, 2: 2}))
    total = 0.0
    for triple in combinations_with_replacement(terms, 3):
        arrangements = len(set(permutations([term.order for term in triple])))
        factor = arrangements * prod(term.factor for term in triple)
        if abs(factor * prod(term.mean for term in triple)) < LEAST_TERM:
            continue
        alpha = np.array([pi * term.order / SPACING for term in triple])
        total += factor * inner(state, state.displaced(alpha, np.zeros(3)), NEGLIGIBLE).real
    return total


def _nodes(one: BranchState) -> tuple[Array, Array]:
    """Return the positions, and weights that hold the density, between the borders of rounding."""
    from scipy.special import roots_legendre

    density = PositionDensity.of(one, 0)
    reach = ceil(float(np.abs(one.shifts).max()) / SPACING) + 2
    nodes, weights = roots_legendre(NODES)
    centres = SPACING * np.arange(-reach, reach + 1)
    x = (centres[:, None] + 0.5 * SPACING * nodes).ravel()
    out = np.tile(0.5 * SPACING * weights, len(centres)) * density(x)
    kept = out > 1e-12 * out.max()
    return x[kept], out[kept] / out.sum()


def _position_parity(x: Array, noise: float) -> Array:
    """Return the mean parity of the rounded outcome of a position x that is read with noise."""
    if noise == 0.0:
        return np.where(np.round(x / SPACING) % 2.0, -1.0, 1.0)
    out = np.zeros(len(x))
    for m in range(1, 400, 2):
        factor = _coefficient(m) * _damping(m, noise)
        if abs(factor) < 1e-12:
            break
        out += factor * np.cos(pi * m * x / SPACING)
    return out
