r"""Judge heralded states as resources of teleported cubic gates: noise, loss, multiplexing, and the search.

A gate of strength g that uses a resource of ``CubicPhase(gamma)`` at gain ``s = (g / gamma)^{1/3}``
(`simulations.heralding.teleported_cubic`) adds ``s^2 V`` to p, with V the variance of ``p - gamma x^2 - c x`` in the
resource; the shear c is undone with the other corrections. gamma and c are free, so the figure of merit is

``min over gamma, c of V / gamma^{2/3}``,

which squeezing, shears and displacements of the resource do not change. The best Gaussian resource, a squeezed vacuum,
reaches ``1.5 * 2^{2/3}``; the *noise ratio* of a state is its value over that. Only a state with a ratio below 1 is
worth heralding, because squeezed light needs no heralding. The ideal cubic state of squeezing r has V = e^{-2r}.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np

from compiler.errors import InputError
from compiler.ir.conventions import transmission
from compiler.typing import Array, ComplexArray
from simulations.heralding.resource_states import TRACE_TOLERANCE, herald, nullifier_variance
from simulations.heralding.schemes import HeraldedScheme, attempts_for, fidelity, search

GAUSSIAN_NOISE = 1.5 * 2.0 ** (2.0 / 3.0)
"""``V / gamma^{2/3}`` of the best Gaussian resource: e^{-2r} + 2 gamma^2 e^{4r} at e^{6r} = 1 / (4 gamma^2)."""

CUTOFF = 40
"""Fock states of the output: within the bounds of the search, higher states change the variances by less than 1e-3."""


@dataclass(frozen=True, slots=True)
class HeraldLoss:
    """Transmission, in [0, 1], of the squeezed light before the mesh, to the photon counters, and of the output."""

    source: float = 1.0
    counters: float = 1.0
    output: float = 1.0

    def __post_init__(self) -> None:
        if not all(0.0 <= eta <= 1.0 for eta in (self.source, self.counters, self.output)):
            raise InputError(f"transmission must lie in [0, 1], found {self}")


LOSSLESS = HeraldLoss()


@dataclass(frozen=True, slots=True)
class GateNoise:
    """The noise of a state as resource of teleported cubic gates.

    Attributes
    ----------
    ratio : float
        Noise relative to the best Gaussian resource, for a gate of any strength.
    gamma : float
        Strength at which the state is a resource: a gate of strength g is run at gain ``(g / gamma)^{1/3}``.
    shear : float
        c of the nullifier ``p - gamma x^2 - c x``.
    variance : float
        Variance of that nullifier.
    """

    ratio: float
    gamma: float
    shear: float
    variance: float

    def added_variance(self, g: float) -> float:
        """Return the variance that a gate of strength g adds to p: ``(g / gamma)^{2/3} variance``.

        >>> round(GateNoise(1.0, 0.5, 0.0, 1.5).added_variance(0.0625), 12)  # (1/8)^(2/3) = 1/4
        0.375
        """
        return float(abs(g / self.gamma) ** (2.0 / 3.0) * self.variance)

    def equivalent_r(self, g: float) -> float:
        """Return r_a of the ideal cubic resource that adds the same variance, e^{-2 r_a}, to a gate of strength g."""
        return -0.5 * log(self.added_variance(g))


@dataclass(frozen=True, slots=True)
class Resource:
    """A heralded resource: probability of one attempt, and noise as a resource at its best strength.

    ``fidelity`` with a target and ``nullifier``, the variance of ``p - gamma x^2`` at a wanted strength, exist if
    these were given.
    """

    probability: float
    noise: GateNoise
    fidelity: float | None = None
    nullifier: float | None = None


def lossy(scheme: HeraldedScheme, loss: HeraldLoss) -> tuple[Array, Array]:
    """Return the mean and covariance of a scheme's modes when they are counted or used.

    Equal loss of all sources commutes with the mesh; displacements come after it.
    """
    mean, cov = scheme.lossless()
    n = scheme.modes
    cov = loss.source * cov + (1.0 - loss.source) * np.eye(2 * n)
    eta = np.tile([loss.output] + [loss.counters] * (n - 1), 2)
    return np.sqrt(eta) * mean, np.sqrt(np.outer(eta, eta)) * cov + np.diag(1.0 - eta)


def assess(
    scheme: HeraldedScheme,
    loss: HeraldLoss = LOSSLESS,
    target: ComplexArray | None = None,
    gamma: float | None = None,
    cutoff: int = CUTOFF,
) -> Resource:
    """Return the success probability and quality of a scheme with loss.

    Parameters
    ----------
    scheme : HeraldedScheme
    loss : HeraldLoss
    target : array, shape (at most cutoff,), optional
        Amplitudes of a normalised state for the fidelity.
    gamma : float, optional
        Strength at which the nullifier is wanted.
    cutoff : int
        Fock states of the output.

    Raises
    ------
    InputError
        If the counts cannot occur, or the state does not fit below the cutoff.
    """
    found = herald(*lossy(scheme, loss), scheme.counts, cutoff)
    overlap = None
    if target is not None:
        overlap = fidelity(found, np.pad(target, (0, cutoff - len(target))))
    at_gamma = None if gamma is None else nullifier_variance(found.state, gamma)
    return Resource(found.probability, gate_noise(found.state), overlap, at_gamma)


def quadrature_covariance(state: ComplexArray) -> Array:
    """Return the symmetrised covariance of (p, x, x^2), shape (3, 3), in a density matrix in the Fock basis.

    Raises
    ------
    InputError
        If its trace is not 1 within `TRACE_TOLERANCE`.
    """
    d = len(state)
    trace = float(np.trace(state).real)
    if not abs(trace - 1.0) <= TRACE_TOLERANCE:
        raise InputError(f"the state must have trace 1 within {TRACE_TOLERANCE:g}, found {trace:.6g}; raise the cutoff")
    lower = np.diag(np.sqrt(np.arange(1.0, d + 2)), 1)
    x, p = lower + lower.T, -1j * (lower - lower.T)
    observables = np.stack([m[:, :d] for m in (p, x, x @ x)])  # (3, d + 2, d): x^2 reaches two states further
    means = np.einsum("aij,ji->a", observables[:, :d], state).real
    moments = np.einsum("aij,jk,bik->ab", observables, state, observables.conj(), optimize=True).real
    out: Array = 0.5 * (moments + moments.T) - np.outer(means, means)
    return out


def gate_noise(state: ComplexArray) -> GateNoise:
    r"""Return the noise of a state as resource, least over strength and shear.

    With (A, B, C) the variances and covariance of p and x^2 once what x predicts is taken out, ``V = A - 2 gamma B +
    gamma^2 C``, and ``V / gamma^{2/3}`` is least at ``gamma = (B + sqrt(B^2 + 8 A C)) / (4 C)``. A state with B < 0 is
    a resource of negative strength.

    Examples
    --------
    >>> round(float(gate_noise(np.diag([1.0, 0.0]).astype(complex)).ratio), 12)  # the vacuum
    1.0
    """
    k = quadrature_covariance(state)
    to_x = k[:, 1] / k[1, 1]
    a, b, c = (k - np.outer(to_x, k[1]))[[0, 0, 2], [0, 2, 2]]
    sign = 1.0 if b >= 0.0 else -1.0
    gamma = (abs(b) + sqrt(b * b + 8.0 * a * c)) / (4.0 * c)
    variance = float(a - 2.0 * gamma * abs(b) + gamma**2 * c)
    shear = float(to_x[0] - sign * gamma * to_x[2])
    return GateNoise(variance / (GAUSSIAN_NOISE * gamma ** (2.0 / 3.0)), float(sign * gamma), shear, variance)


def least_ratio(photons: int) -> float:
    """Return a lower bound on the noise ratio of a pure state of at most ``photons`` photons and a Gaussian unitary.

    Counting n photons in all, of pure Gaussian light, heralds such a state. Rotations keep the span of the photon
    numbers, and squeezing, shears and displacements turn the nullifier into ``p - gamma x^2 - c x - mu`` up to scale:
    the least eigenvalue of its square in the span, minimised over three numbers.

    Examples
    --------
    >>> round(least_ratio(0), 6), round(least_ratio(1), 3)
    (1.0, 0.717)
    """
    from scipy.optimize import minimize

    if photons < 0:
        raise InputError(f"a number of photons must be >= 0, found {photons}")
    d = photons + 1
    lower = np.diag(np.sqrt(np.arange(1.0, d + 2)), 1)
    x, p = lower + lower.T, -1j * (lower - lower.T)

    def ratio(v: Array) -> float:
        gamma, c, mu = float(np.exp(v[0])), v[1], v[2]
        columns = (p - gamma * (x @ x) - c * x - mu * np.eye(d + 2))[:, :d]
        least = float(np.linalg.eigvalsh(columns.conj().T @ columns)[0])
        return least / float(GAUSSIAN_NOISE * gamma ** (2.0 / 3.0))

    # many local minima, one or more for each gap between eigenvalues: the best of a grid, refined
    grid = [np.array([g, c, m]) for g in np.linspace(-4, 1, 21) for c in (0.0, 0.5) for m in np.linspace(-6, 2, 33)]
    starts = sorted(grid, key=ratio)[:8]
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    return min(float(minimize(ratio, start, method="Nelder-Mead", options=options).fun) for start in starts)


def least_noise_scheme(
    counts: tuple[int, ...], seed: int, restarts: int, loss: HeraldLoss = LOSSLESS, probability_weight: float = 0.02
) -> HeraldedScheme:
    """Return the scheme of least noise found by local searches.

    Minimises ``log(ratio) - probability_weight log(probability)``.

    Raises
    ------
    InputError
        As `simulations.heralding.schemes.search`.
    """

    def cost(scheme: HeraldedScheme) -> float:
        try:
            found = assess(scheme, loss)
        except InputError:  # counts that do not occur, or a state beyond the cutoff: not a resource
            return 10.0
        return log(found.noise.ratio) - probability_weight * log(found.probability)

    return search(cost, counts, seed, restarts)


def success_of(attempts: int, probability: float) -> float:
    """Return ``1 - (1-p)^N``.

    >>> success_of(2, 0.5)
    0.75
    """
    if attempts < 0 or not 0.0 <= probability <= 1.0:
        raise InputError(f"attempts must be >= 0 and a probability in [0, 1], found {attempts}, {probability}")
    return 1.0 - (1.0 - probability) ** attempts


@dataclass(frozen=True, slots=True)
class Multiplexed:
    """Parallel attempts behind a binary tree of switches, and the resource at its output.

    ``switches`` is the depth of the tree, ``ceil(log2 attempts)``; ``success`` that of the whole.
    """

    attempts: int
    switches: int
    success: float
    resource: Resource


def multiplexed(
    scheme: HeraldedScheme, success: float, switch_loss_db: float, loss: HeraldLoss = LOSSLESS
) -> Multiplexed:
    """Return the parallel attempts for a wanted success, and the resource after the switches.

    Parameters
    ----------
    scheme : HeraldedScheme
    success : float
        Wanted success probability, in [0, 1).
    switch_loss_db : float
        Loss of one switch; the output crosses ``ceil(log2 attempts)`` of them.
    loss : HeraldLoss
        All other losses.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    if not 0.0 <= switch_loss_db < inf:
        raise InputError(f"the loss of a switch must be a finite number of dB >= 0, found {switch_loss_db}")
    probability = assess(scheme, loss).probability
    attempts = attempts_for(success, probability)
    depth = (attempts - 1).bit_length()
    output = loss.output * transmission(depth * switch_loss_db)
    resource = assess(scheme, HeraldLoss(loss.source, loss.counters, output))
    return Multiplexed(attempts, depth, success_of(attempts, probability), resource)


LEAST_NOISE: dict[str, HeraldedScheme] = {
    "one photon": HeraldedScheme(
        squeezing=(-0.759866, 0.534421),
        mesh=((2.322037, -0.486729),),
        rotation=2.295379,
        displacements=((-0.638876, 0.315187), (0.952406, 1.008961)),
        counts=(1,),
    ),
    "one photon, with loss": HeraldedScheme(
        squeezing=(-0.293059, -0.20919),
        mesh=((-0.738734, 1.570798),),
        rotation=-1.570766,
        displacements=((-0.330840, -0.218197), (-0.000022, 0.700912)),
        counts=(1,),
    ),
    "three photons": HeraldedScheme(
        squeezing=(0.221463, 1.129472, 0.69255),
        mesh=((-2.750904, 1.040663), (2.484689, -1.906324), (-1.405798, 3.394029)),
        rotation=0.760417,
        displacements=((-0.238376, 0.694485), (1.317649, -0.636326), (-1.393151, -1.480274)),
        counts=(1, 2),
    ),
    "three photons, with loss": HeraldedScheme(
        squeezing=(-0.472926, -0.337234, 0.052461),
        mesh=((-0.696261, -4.766733), (-2.093629, 0.396471), (0.160192, 1.023238)),
        rotation=-0.758699,
        displacements=((-0.371757, -0.460864), (-0.409225, -1.366951), (-0.828343, 0.469995)),
        counts=(1, 2),
    ),
}
"""Schemes of least noise found by ``benchmarks/heralding.py --search``, without loss and for twice 5 % loss."""
