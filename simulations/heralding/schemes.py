"""Two- and three-mode circuits that herald a cubic resource state, their quality under loss, and the search for them.

Squeezed light on every mode, a mesh of beamsplitters and displacements; photon counts on all modes but 0 herald a state
of mode 0. Source of the idea: Sabapathy, Qi, Izaac, Weedbrook, Phys. Rev. A 100, 012326 (2019), arXiv 1809.04680.

High fidelity with a weak cubic state is not low noise in a teleported gate: `benchmarks/RESOURCE_STATES.md` compares
the nullifier variance of the heralded states with that of squeezed vacuum, and `simulations.heralding.noise` searches
for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, pi

import numpy as np
from numpy.typing import NDArray

from compiler.costs.multiplexing import sources_per_gate
from compiler.errors import InputError
from compiler.ir.operations import BeamSplitter, Displacement, Loss, Operation, PrepareSqueezed, Rotation
from compiler.semantics.phase_space import symplectic
from compiler.typing import Array, ComplexArray
from simulations.heralding.resource_states import TRACE_TOLERANCE, Heralded, herald

MESH = {2: ((0, 1),), 3: ((0, 1), (1, 2), (0, 1))}
"""Modes of the beamsplitters of a rectangular mesh: with phases it reaches every interferometer of so many modes."""

LARGEST_SQUEEZING = 1.15
"""Bound of the search on |r|: 10 dB."""

LARGEST_DISPLACEMENT = 3.0
"""Bound of the search on displacements, in x and in p."""

PROBABILITY_WEIGHT = 0.004
"""Fidelity that the search gives up for a success probability e times as large."""


@dataclass(frozen=True, slots=True)
class HeraldedScheme:
    """A circuit of two or three modes that heralds a state of mode 0 by photon counts on the others.

    Attributes
    ----------
    squeezing : tuple of float
        r of `PrepareSqueezed` on each mode.
    mesh : tuple of (theta, phi)
        Angles of the beamsplitters on `MESH`, rad; one of two modes, three of three.
    rotation : float
        Angle of the output mode, rad; phases on counted modes would change nothing.
    displacements : tuple of (x, p)
        Displacement of each mode, after the mesh, at hbar = 2.
    counts : tuple of int
        Photons on the modes from 1 on.

    Raises
    ------
    InputError
        If there are not two or three modes, or not so many angles and displacements as they take.
    """

    squeezing: tuple[float, ...]
    mesh: tuple[tuple[float, float], ...]
    rotation: float
    displacements: tuple[tuple[float, float], ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        n = len(self.squeezing)
        if n not in MESH or len(self.mesh) != len(MESH[n]) or len(self.displacements) != n:
            raise InputError(
                "a heralding circuit has 2 or 3 modes, with 1 or 3 beamsplitters and one displacement per mode, found "
                f"{n}, {len(self.mesh)}, {len(self.displacements)}"
            )

    @property
    def modes(self) -> int:
        """Number of modes."""
        return len(self.squeezing)

    def operations(self, eta: float = 1.0) -> tuple[Operation, ...]:
        """Return the circuit before the counting; ``eta`` is the transmission of every mode, 1 without loss."""
        return (
            *(PrepareSqueezed((m,), r) for m, r in enumerate(self.squeezing)),
            *self._interferometer(),
            *(Displacement((m,), x, p) for m, (x, p) in enumerate(self.displacements)),
            *(Loss((m,), eta) for m in range(self.modes) if eta != 1.0),
        )

    def gaussian(self, eta: float = 1.0) -> tuple[Array, Array]:
        """Return the mean, shape (2 k,), and covariance, shape (2 k, 2 k), of `operations` on k modes."""
        if not 0.0 <= eta <= 1.0:
            raise InputError(f"transmission eta must lie in [0, 1], found {eta}")
        mean, cov = self.lossless()
        return np.sqrt(eta) * mean, eta * cov + (1.0 - eta) * np.eye(2 * self.modes)

    def lossless(self) -> tuple[Array, Array]:
        """Return the mean and covariance without loss."""
        _, passive = symplectic(self._interferometer())
        r = np.array(self.squeezing)
        cov = passive @ np.diag(np.exp(np.concatenate([-2.0 * r, 2.0 * r]))) @ passive.T
        return np.array(self.displacements).T.ravel(), cov

    def _interferometer(self) -> tuple[Operation, ...]:
        mesh = (
            BeamSplitter(modes, theta, phi) for modes, (theta, phi) in zip(MESH[self.modes], self.mesh, strict=True)
        )
        return (*mesh, Rotation((0,), self.rotation))


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a scheme makes its target: success probability of a run, fidelity, and runs for 99 % success."""

    probability: float
    fidelity: float
    attempts_for_99_percent: int


def attempts_for(success: float, probability: float) -> int:
    """Return the least N with 1 - (1-p)^N >= success: attempts of which one succeeds with the wanted probability.

    Raises
    ------
    InputError
        If ``success`` is not in [0, 1), or ``probability`` not in (0, 1].

    Examples
    --------
    >>> attempts_for(0.99, 0.0202), attempts_for(0.99, 0.048)
    (226, 94)
    """
    if not 0.0 <= success < 1.0:
        raise InputError(f"the wanted success must lie in [0, 1), found {success}")
    if not 0.0 < probability <= 1.0:
        raise InputError(f"the probability of an attempt must lie in (0, 1], found {probability}")
    if success <= probability:
        return 1
    return sources_per_gate(probability, success)


def fidelity(found: Heralded, target: ComplexArray) -> float:
    """Return ``<target|state|target>`` for a normalised ket.

    Raises
    ------
    InputError
        If the target is not a ket, or its norm is not 1 within `TRACE_TOLERANCE`.
    """
    if target.ndim != 1 or not abs(np.linalg.norm(target) ** 2 - 1.0) <= TRACE_TOLERANCE:
        raise InputError(
            f"a target must be a ket of norm 1, found shape {target.shape}, norm {np.linalg.norm(target):.6g}"
        )
    return float(np.real(target.conj() @ found.state @ target))


def quality(scheme: HeraldedScheme, target: ComplexArray, eta: float = 1.0) -> Quality:
    """Return the success probability and fidelity of a scheme with transmission ``eta`` of every mode.

    Parameters
    ----------
    scheme : HeraldedScheme
    target : array, shape (cutoff,)
        Amplitudes of a normalised state; the heralded state is needed below this cutoff only, without approximation.
    eta : float
        Transmission of the heralding modes before the counting, and of the output.

    Raises
    ------
    InputError
        If the counts cannot occur, eta is not in [0, 1], or the target is not a ket of norm 1.
    """
    found = herald(*scheme.gaussian(eta), scheme.counts, len(target))
    p = found.probability
    return Quality(p, fidelity(found, target), attempts_for(0.99, p))


def optimise_scheme(
    target: ComplexArray,
    counts: tuple[int, ...],
    seed: int,
    restarts: int,
    progress: Callable[[Quality], None] | None = None,
) -> HeraldedScheme:
    """Return the best scheme of several local searches from random starts.

    Minimises ``1 - fidelity - PROBABILITY_WEIGHT log(probability)`` by L-BFGS-B with gradients by differences.

    Parameters
    ----------
    target : array, shape (cutoff,)
        Amplitudes of a normalised state.
    counts : tuple of int
        Photons on the modes from 1 on: one or two numbers.
    seed, restarts : int
    progress : callable
        Called with the quality that each search reached.

    Raises
    ------
    InputError
        If there are no restarts, or a search meets a circuit where the counts cannot occur.
    """

    def cost(scheme: HeraldedScheme) -> float:
        state = herald(*scheme.gaussian(), counts, len(target))
        return 1.0 - fidelity(state, target) - PROBABILITY_WEIGHT * log(state.probability)

    def done(scheme: HeraldedScheme, _: float) -> None:
        if progress is not None:
            progress(quality(scheme, target))

    return search(cost, counts, seed, restarts, done)


def search(
    cost: Callable[[HeraldedScheme], float],
    counts: tuple[int, ...],
    seed: int,
    restarts: int,
    progress: Callable[[HeraldedScheme, float], None] | None = None,
) -> HeraldedScheme:
    """Return the scheme of least cost of several local searches from random starts, within the bounds of this module.

    Parameters
    ----------
    cost : callable
        Function that returns the cost of a scheme with these counts.
    counts : tuple of int
    seed, restarts : int
    progress : callable
        Called with the scheme and the cost that each search reached.

    Raises
    ------
    InputError
        If there are no restarts, or not one or two counts.
    """
    from scipy.optimize import minimize

    if restarts < 1:
        raise InputError(f"the search needs at least 1 restart, found {restarts}")
    n = len(counts) + 1
    if n not in MESH:
        raise InputError(f"schemes count photons on one or two modes, found {list(counts)}")
    rng = np.random.default_rng(seed)
    angles = 2 * len(MESH[n]) + 1
    bounds = [(-LARGEST_SQUEEZING, LARGEST_SQUEEZING)] * n + [(None, None)] * angles
    bounds += [(-LARGEST_DISPLACEMENT, LARGEST_DISPLACEMENT)] * (2 * n)
    found: list[tuple[float, HeraldedScheme]] = []
    for _ in range(restarts):
        start = np.concatenate([rng.uniform(-1, 1, n), rng.uniform(-pi, pi, angles), rng.normal(0.0, 0.5, 2 * n)])
        result = minimize(
            lambda v: cost(_scheme(v, counts)), start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 400}
        )
        found.append((float(result.fun), _scheme(result.x, counts)))
        if progress is not None:
            progress(found[-1][1], found[-1][0])
    return min(found, key=lambda pair: pair[0])[1]


def _scheme(v: NDArray[np.float64], counts: tuple[int, ...]) -> HeraldedScheme:
    """Return the scheme of its numbers: squeezing (n), angles in pairs, rotation, displacements in pairs."""
    n = len(counts) + 1
    splitters = len(MESH[n])
    r, angles, moves = np.split(v, [n, n + 2 * splitters + 1])
    return HeraldedScheme(
        tuple(r.tolist()),
        tuple((float(t), float(f)) for t, f in angles[:-1].reshape(splitters, 2)),
        float(angles[-1]),
        tuple((float(x), float(p)) for x, p in moves.reshape(n, 2)),
        counts,
    )


SCHEMES: dict[str, HeraldedScheme] = {
    "weak-cubic-0.3": HeraldedScheme(
        squeezing=(0.340426, -0.850706, -1.135664),
        mesh=((2.874678, 1.453884), (2.585625, 1.54064), (-0.817921, 2.837282)),
        rotation=0.383768,
        displacements=((-0.307309, 0.280883), (0.875433, -0.734395), (1.110224, 0.447625)),
        counts=(1, 2),
    ),
    "weak-cubic-0.53": HeraldedScheme(
        squeezing=(-1.064416, -0.947214, 0.404745),
        mesh=((-0.782302, -1.125351), (1.40932, 3.143528), (-2.466639, -0.241591)),
        rotation=-0.156444,
        displacements=((-0.340916, 0.443642), (-0.785896, 0.907102), (1.498073, -0.45736)),
        counts=(1, 2),
    ),
}
"""Schemes found by ``benchmarks/find_resource_scheme.py``: name, with a of `weak_cubic_target`, to scheme."""
