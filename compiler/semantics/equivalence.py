r"""Are two circuits the same, up to a global phase? Random points through both phase-space maps give the answer.

Both circuits define polynomial symplectic maps (`compiler.semantics.phase_space`). Such maps generate the tame
automorphisms of the Weyl algebra, and that group is isomorphic to the tame automorphisms of the classical Poisson
algebra (A. Belov-Kanel and M. Kontsevich, Lett. Math. Phys. 74 (2005) 181), so two circuits agree up to a global phase
if and only if their classical maps agree. Polynomial maps that agree at random points agree with probability one
(Schwartz-Zippel), and one point where they differ is a counterexample. No cutoff is involved, at any number of modes.

Measurement and feed-forward are compared by deferring the measurement: a result is the measured quadrature, and must
agree as a function of the starting points. Prepared modes start at arbitrary points, equal in both circuits, so the
answer holds for every ancilla state; the preparations themselves must be equal. Symbols take random values.

One circuit may have further modes, all of them ancillas. Where nothing prepares such a mode it is borrowed, and must
come back unchanged from any state. Where it is prepared it is a resource: its point lies on the constraint surface of
the ideal resource (x = 0 or p = 0 for infinite squeezing, p = gamma x^2 for a cubic state), and its results are not
compared. The verdict then holds up to the noise of finite squeezing, which the circuit states in its preparations.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from compiler.errors import CircuitError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import PREPARATIONS, Homodyne, PrepareCubic, PrepareSqueezed
from compiler.semantics.phase_space import PushedPoints, push
from compiler.typing import AnyArray

UNIT_ROUNDOFF = 2.0**-53
"""Relative rounding of one float64 operation."""

DIGITS = 40
"""Digits of an evaluation that takes over from float64, besides two for each power of ten that values grow by."""

DEFAULT_SEED = 20260
"""Seed of the starting points."""

DEFAULT_TOLERANCE = 1e-11
"""Largest accepted residual.

The residual is the difference of one output, divided by its magnitude or the size of the starting point, whichever is
larger; and the same for how the output varies from point to point, so that a large offset hides nothing. Float64 rounds
each step to 1.1e-16, and a compiled parameter (an angle, a square root) carries the same error, so correct programs
show residuals near 1e-15 times the square root of their depth, times how much larger the values on the way were: 1e-11
leaves room for some 10^5 gates in sequence, and refuses gates so ill-conditioned that rounding alone makes a different
program of them. Where values on the way grow so much (by more than about 1e5) that float64 could lose what is to be
compared, the evaluation is repeated in more digits. That removes the rounding of the steps but not that of the
parameters, which are float64 in both circuits: the tolerance is the same.

A relative change of 1e-6 in one gate strength shows as 1e-6 times that gate's share of an output, so it is caught down
to shares of 1e-5. A gate that moves no output by more than 1e-11 of its size is not seen: in a circuit with angles in
float64, it is no larger than their rounding. Synthesised phases are therefore also verified by themselves, at unit
scale (`compiler.synthesis.choose`).
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
    """Verdict of `equivalent`: the largest relative residual, and a counterexample if it is above the tolerance.

    ``digits`` is the precision of the evaluation (None: float64), ``resources`` the number of preparations that were
    taken as ideal, ``growth`` the largest value on the way relative to the starting point.
    """

    equivalent: bool
    residual: float
    tolerance: float
    points: int
    reason: str = ""
    counterexample: Counterexample | None = None
    digits: int | None = None
    resources: int = 0
    growth: float = 1.0

    @property
    def precision(self) -> str:
        """``float64`` or ``mpmath, 50 digits``."""
        return "float64" if self.digits is None else f"mpmath, {self.digits} digits"

    @property
    def overflow(self) -> bool:
        """Whether the two maps could not be compared because their values overflow float64."""
        found = self.counterexample
        return found is not None and not (isfinite(found.left) and isfinite(found.right))


def equivalent(
    left: Circuit,
    right: Circuit,
    *,
    points: int = 6,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = DEFAULT_SEED,
    digits: int | None = None,
) -> Equivalence:
    """Decide whether two noiseless circuits are equal up to a global phase.

    Parameters
    ----------
    left, right : Circuit
        Their results must have the same names. One may have more modes than the other if those are ancillas.
    points : int
        Number of random starting points, at least 2; half of them have size 1, half size 1/4.
    tolerance : float
        Largest accepted relative residual, see `DEFAULT_TOLERANCE`.
    seed : int
        Seed of the starting points.
    digits : int, optional
        Evaluate with mpmath in at least this many digits; some 100 times slower. By default float64, and as many digits
        as it takes where values grow beyond what float64 can hold.

    Returns
    -------
    Equivalence

    Raises
    ------
    CircuitError
        If a circuit contains noise, or ``points`` or ``digits`` is out of range.

    Examples
    --------
    >>> from compiler.ir.operations import ControlledX, ControlledZ, Rotation
    >>> from math import pi
    >>> cz = Circuit(2, (ControlledZ((0, 1), 0.7),))
    >>> cx = Circuit(2, (Rotation((1,), -pi / 2), ControlledX((0, 1), 0.7), Rotation((1,), pi / 2)))
    >>> equivalent(cz, cx).equivalent
    True
    """
    if points < 2:
        raise CircuitError(f"verification needs at least 2 points, found {points}")
    if digits is not None and not 15 <= digits <= 10_000:
        raise CircuitError(f"the number of digits must lie in 15..10000, found {digits}")
    common = min(left.modes, right.modes)
    if (mismatch := _shape(left, right, common)) is not None:
        return _different(tolerance, mismatch)
    pushed, start, size = _push_both((left, right), points, seed, None)
    growth = max(float(np.max(side.largest / size)) for side in pushed)
    if digits is not None or not growth * UNIT_ROUNDOFF <= tolerance:
        # where values grow, float64 may lose the positions and momenta themselves: whatever it says proves nothing
        needed = DIGITS + 2 * min(300, int(np.log10(max(growth, 1.0))) if growth < np.inf else 300)
        digits = max(digits or 0, needed)
        pushed, start, size = _push_both((left, right), points, seed, digits)
    if (mismatch := _structure(*pushed, common)) is not None:
        return _different(tolerance, mismatch)
    rows = _outputs(left, right, pushed, start)
    if isinstance(rows, str):
        return _different(tolerance, rows)
    resources = sum(mode >= common and _is_resource(op) for side in pushed for (mode, _), op in side.prepared.items())
    return _verdict(rows, start, size, Equivalence(False, 0.0, tolerance, points, "", None, digits, resources, growth))


def _is_resource(op: Any) -> bool:
    """Whether a preparation stands for an ideal state that no machine makes; the vacuum does not."""
    return isinstance(op, PrepareCubic) or (isinstance(op, PrepareSqueezed) and op.r != 0.0)


def _shape(left: Circuit, right: Circuit, common: int) -> str | None:
    """Why two circuits cannot be equal whatever their gates do, or None."""
    if set(left.symbols) != set(right.symbols):
        return f"the circuits have symbols {sorted(left.symbols)} and {sorted(right.symbols)}"
    for circuit, other in ((left, right), (right, left)):
        further = set(range(common, circuit.modes))
        if not further <= set(circuit.ancillas):
            return f"the circuits have {left.modes} and {right.modes} modes"
        first: dict[int, bool] = {}
        for op in circuit.operations:
            for m in further & set(op.modes):
                prepares = isinstance(op, PREPARATIONS)
                if not first.setdefault(m, prepares) and (prepares or isinstance(op, Homodyne)):
                    return f"mode {m} is borrowed, and then measured or prepared"
        hidden = {op.result for op in circuit.operations if isinstance(op, Homodyne) and op.modes[0] >= common}
        if odd := hidden & set(other.results):
            return f"results {sorted(odd)} are read on different modes"
    return None


def _push_both(
    circuits: tuple[Circuit, Circuit], points: int, seed: int, digits: int | None
) -> tuple[tuple[PushedPoints, PushedPoints], tuple[AnyArray, AnyArray], AnyArray]:
    """Both circuits on the same random points, each padded to the larger number of modes."""
    modes, common = max(c.modes for c in circuits), min(c.modes for c in circuits)
    size = np.where(np.arange(points) % 2 == 0, 1.0, 0.25)
    kind: Any = float
    context: Any = nullcontext()
    if digits is not None:
        import mpmath

        kind, context = np.frompyfunc(mpmath.mpf, 1, 1), mpmath.workdps(digits)

    def drawn(*stream: int) -> tuple[AnyArray, AnyArray]:
        rng = np.random.default_rng([seed, *stream, 1])  # numpy reads [s] and [s, 0] as one seed: never end in zero
        shape = (modes, points) if not stream else (points,)
        x, p = (rng.normal(size=shape) * size for _ in range(2))
        return (x, p) if digits is None else (kind(x), kind(p))

    with context:
        start = drawn()
        names = sorted(circuits[0].symbols)
        symbols = {name: drawn(2, place)[0] for place, name in enumerate(names)}
        pushed = []
        for circuit in circuits:
            preparations = _preparations(circuit)

            def fresh(mode: int, occurrence: int, made: Any = preparations) -> tuple[AnyArray, AnyArray]:
                x, p = drawn(3, mode, occurrence)
                if mode < common:
                    return x, p
                op = made[mode, occurrence]
                r = op.r if isinstance(op, PrepareSqueezed) else -op.r if isinstance(op, PrepareCubic) else 0.0
                return (0 * x, p) if r > 0.0 else (x, 0 * p) if r < 0.0 else (x, p)

            padded = Circuit(modes, circuit.operations, circuit.ancillas, circuit.symbols)
            pushed.append(push(padded, *start, fresh, symbols))
    return (pushed[0], pushed[1]), start, size


def _preparations(circuit: Circuit) -> dict[tuple[int, int], Any]:
    count: dict[int, int] = {}
    out: dict[tuple[int, int], Any] = {}
    for op in circuit.operations:
        if isinstance(op, PREPARATIONS):
            (mode,) = op.modes
            out[mode, count.get(mode, 0)] = op
            count[mode] = count.get(mode, 0) + 1
    return out


def _structure(a: PushedPoints, b: PushedPoints, common: int) -> str | None:
    ours, theirs = ({key: op for key, op in side.prepared.items() if key[0] < common} for side in (a, b))
    if ours.keys() != theirs.keys():
        modes = sorted({mode for mode, _ in ours.keys() ^ theirs.keys()})
        return f"modes {modes} are not prepared equally often"
    for (mode, occurrence), op in ours.items():
        if theirs[mode, occurrence] != op:
            return f"preparation {occurrence} of mode {mode} is {op!r} in one and {theirs[mode, occurrence]!r}"
    return None


def _outputs(
    left: Circuit, right: Circuit, pushed: tuple[PushedPoints, PushedPoints], start: tuple[AnyArray, AnyArray]
) -> list[tuple[str, AnyArray, AnyArray]] | str:
    """What must agree: quadratures of unmeasured modes, results; of further modes only the borrowed ones."""
    a, b = pushed
    common = min(left.modes, right.modes)
    hidden = {
        op.result
        for circuit in (left, right)
        for op in circuit.operations
        if isinstance(op, Homodyne) and op.modes[0] >= common
    }
    if odd := (set(a.results) ^ set(b.results)) - hidden:
        return f"results measured in only one circuit: {sorted(odd)}"
    ours, theirs = ({m for m in _unmeasured(c) if m < common} for c in (left, right))
    if ours != theirs:
        return f"modes {sorted(ours ^ theirs)} are measured last in only one circuit"
    rows = [(f"{q}_{m}", u[m], v[m]) for m in sorted(ours) for q, u, v in (("x", a.x, b.x), ("p", a.p, b.p))]
    for circuit, side in ((left, a), (right, b)):
        prepared = {mode for mode, _ in side.prepared}
        for m in range(common, circuit.modes):
            if m not in prepared:
                rows += [(f"x_{m}", start[0][m], side.x[m]), (f"p_{m}", start[1][m], side.p[m])]
    return rows + [(name, value, b.results[name]) for name, value in a.results.items() if name not in hidden]


def _verdict(
    rows: list[tuple[str, AnyArray, AnyArray]], start: tuple[AnyArray, AnyArray], size: AnyArray, blank: Equivalence
) -> Equivalence:
    worst, residual = None, 0.0
    for name, u, v in rows:
        with np.errstate(invalid="ignore", over="ignore"):
            off = u - v
            relative = (abs(off) / np.maximum(np.maximum(abs(u), abs(v)), size)).astype(float)
            # an offset, however large, must not hide what varies: differences to the first point, by their own spread
            spread = np.maximum(np.max(abs(u - u[0])), size)
            varying = (abs(off - off[0]) / spread).astype(float)
        relative = np.maximum(relative, varying)
        relative = np.where(np.isfinite(relative), relative, np.inf)  # overflow proves nothing: count it as different
        point = int(np.argmax(relative))
        if relative[point] > residual:
            residual = float(relative[point])
            where = (tuple(float(value) for value in q[:, point]) for q in start)
            worst = Counterexample(name, float(u[point]), float(v[point]), *where)
    if residual <= blank.tolerance:
        return replace(blank, equivalent=True, residual=residual)
    return replace(blank, residual=residual, reason=str(worst), counterexample=worst)


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
