r"""Are two circuits the same, up to a global phase? Random points through both phase-space maps give the answer.

Both circuits define polynomial symplectic maps (`compiler.heisenberg`). Such maps generate the tame automorphisms of
the Weyl algebra, and that group is isomorphic to the tame automorphisms of the classical Poisson algebra (A.
Belov-Kanel and M. Kontsevich, Lett. Math. Phys. 74 (2005) 181), so two circuits agree up to a global phase if and only
if their classical maps agree. Polynomial maps that agree at random points agree with probability one (Schwartz-Zippel),
and one point where they differ is a counterexample. No cutoff is involved, at any number of modes.

Measurement and feed-forward are compared by deferring the measurement: a result is the measured quadrature, and must
agree as a function of the starting points. Prepared modes start at arbitrary points, equal in both circuits, so the
answer holds for every ancilla state; the preparations themselves must be equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from compiler.circuit import Circuit
from compiler.errors import CircuitError
from compiler.heisenberg import Array, PushedPoints, push
from compiler.operations import PREPARATIONS, Homodyne

DEFAULT_TOLERANCE = 1e-11
"""Largest accepted residual.

The residual is the difference of one output, divided by its magnitude or the size of the starting point, whichever is
larger. Float64 rounds each step to 1.1e-16, and a compiled parameter (an angle, a square root) carries the same error,
so correct programs show residuals near 1e-15 times the square root of their depth, times how much larger the values on
the way were: 1e-11 leaves room for some 10^5 gates in sequence, and refuses gates so ill-conditioned that rounding
alone makes a different program of them. A relative change of 1e-6 in one gate strength shows as 1e-6 times that gate's
share of an output, so it is caught down to shares of 1e-5.
"""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """One starting point where two circuits differ.

    Attributes
    ----------
    output : str
        ``x_3``, ``p_3`` or the name of a result.
    left, right : float
        What the two circuits make of it.
    x, p : tuple of float
        The starting point of the input modes.
    """

    output: str
    left: float
    right: float
    x: tuple[float, ...]
    p: tuple[float, ...]

    def __str__(self) -> str:
        start = ", ".join(f"{v:.4g}" for v in self.x[:6]) + (", ..." if len(self.x) > 6 else "")
        return f"{self.output} is {self.left:.12g} in one and {self.right:.12g} in the other (start x = [{start}])"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Verdict of `compare`: the largest relative residual, and a counterexample if it is above the tolerance."""

    equivalent: bool
    residual: float
    tolerance: float
    points: int
    reason: str = ""
    counterexample: Counterexample | None = None

    @property
    def overflow(self) -> bool:
        """Whether the two maps could not be compared because their values overflow float64."""
        found = self.counterexample
        return found is not None and not (isfinite(found.left) and isfinite(found.right))


def compare(
    left: Circuit, right: Circuit, *, points: int = 6, tolerance: float = DEFAULT_TOLERANCE, seed: int = 20260
) -> Equivalence:
    """Decide whether two noiseless circuits are equal up to a global phase.

    Parameters
    ----------
    left, right : Circuit
        Circuits on the same number of modes, whose results have the same names.
    points : int
        Number of random starting points; half of them have size 1, half size 1/4.
    tolerance : float
        Largest accepted relative residual, see `DEFAULT_TOLERANCE`.
    seed : int
        Seed of the starting points.

    Returns
    -------
    Equivalence

    Raises
    ------
    CircuitError
        If a circuit contains noise or ``points`` is below 1.

    Examples
    --------
    >>> from compiler.operations import ControlledX, ControlledZ, Rotation
    >>> from math import pi
    >>> cz = Circuit(2, (ControlledZ((0, 1), 0.7),))
    >>> cx = Circuit(2, (Rotation((1,), -pi / 2), ControlledX((0, 1), 0.7), Rotation((1,), pi / 2)))
    >>> compare(cz, cx).equivalent
    True
    """
    if points < 1:
        raise CircuitError(f"verification needs at least 1 point, found {points}")
    if left.modes != right.modes:
        return _different(tolerance, f"the circuits have {left.modes} and {right.modes} modes")
    rng = np.random.default_rng(seed)
    size = np.where(np.arange(points) % 2 == 0, 1.0, 0.25)
    x, p = (rng.normal(size=(left.modes, points)) * size for _ in range(2))

    def fresh(mode: int, occurrence: int) -> tuple[Array, Array]:
        local = np.random.default_rng([seed, mode, occurrence])
        return local.normal(size=points) * size, local.normal(size=points) * size

    pushed = push(left, x, p, fresh), push(right, x, p, fresh)
    if (mismatch := _structure(*pushed)) is not None:
        return _different(tolerance, mismatch)
    return _outputs(left, right, pushed, (x, p), size, tolerance)


def _structure(a: PushedPoints, b: PushedPoints) -> str | None:
    if set(a.results) != set(b.results):
        return f"results measured in only one circuit: {sorted(set(a.results) ^ set(b.results))}"
    if a.prepared.keys() != b.prepared.keys():
        modes = sorted({mode for mode, _ in a.prepared.keys() ^ b.prepared.keys()})
        return f"modes {modes} are not prepared equally often"
    for (mode, occurrence), op in a.prepared.items():
        if b.prepared[mode, occurrence] != op:
            return f"preparation {occurrence} of mode {mode} is {op!r} in one and {b.prepared[mode, occurrence]!r}"
    return None


def _outputs(
    left: Circuit,
    right: Circuit,
    pushed: tuple[PushedPoints, PushedPoints],
    start: tuple[Array, Array],
    size: Array,
    tolerance: float,
) -> Equivalence:
    a, b = pushed
    alive = _unmeasured(left)
    if alive != _unmeasured(right):
        return _different(
            tolerance, f"modes {sorted(alive ^ _unmeasured(right))} are measured last in only one circuit"
        )
    rows = [(f"{q}_{m}", u[m], v[m]) for m in sorted(alive) for q, u, v in (("x", a.x, b.x), ("p", a.p, b.p))]
    rows += [(name, value, b.results[name]) for name, value in a.results.items()]
    worst, residual = None, 0.0
    for name, u, v in rows:
        with np.errstate(invalid="ignore", over="ignore"):
            relative = abs(u - v) / np.maximum(np.maximum(abs(u), abs(v)), size)
        relative = np.where(np.isfinite(relative), relative, np.inf)  # overflow proves nothing: count it as different
        point = int(np.argmax(relative))
        if relative[point] > residual:
            residual = float(relative[point])
            worst = Counterexample(
                name, float(u[point]), float(v[point]), tuple(start[0][:, point]), tuple(start[1][:, point])
            )
    if residual <= tolerance:
        return Equivalence(True, residual, tolerance, len(size))
    return Equivalence(False, residual, tolerance, len(size), str(worst), worst)


def _unmeasured(circuit: Circuit) -> set[int]:
    alive = set(range(circuit.modes))
    for op in circuit.operations:
        if isinstance(op, Homodyne):
            alive -= set(op.modes)
        elif isinstance(op, PREPARATIONS):
            alive |= set(op.modes)
    return alive


def _different(tolerance: float, reason: str) -> Equivalence:
    return Equivalence(False, float("inf"), tolerance, 0, reason)
