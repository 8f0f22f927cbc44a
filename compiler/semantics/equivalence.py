r"""Are two circuits the same, up to a global phase? Random points through both phase-space maps give the answer.

Both circuits define polynomial symplectic maps (`compiler.semantics.phase_space`). Such maps generate the tame
automorphisms of the Weyl algebra, and that group is isomorphic to the tame automorphisms of the classical Poisson
algebra (A. Belov-Kanel and M. Kontsevich, Lett. Math. Phys. 74 (2005) 181), so two circuits agree up to a global phase
if and only if their classical maps agree. Polynomial maps that agree at random points agree with probability one
(Schwartz-Zippel), and one point where they differ is a counterexample. No cutoff is involved, at any number of modes.

Measurement and feed-forward are compared by deferring the measurement: a result is the measured quadrature, or the
photon number ``(x^2 + p^2) / 4 - 1 / 2``, and must agree as a function of the starting points. That is exact for photon
numbers too: ``x^2 + p^2 = (x + i p)(x - i p)`` factorises in one way, so equal numbers come from quadratures that are
equal up to a rotation. The quadrature that a post-selection reads must agree as well, and its value. Symbols take
random values.

*Displacement readouts* leave their modes alive, so what they do to them is compared: the exponent of each displacement,
as a function of the starting points, half of the displacement, and the order of those that do not commute
(`compiler.semantics.readouts.exponents`). Outcomes that gates depend on take all their values.

*Prepared states.* Prepared modes start at arbitrary points, equal in both circuits where both prepare the same state;
a state of another squeezing starts at the points of the vacuum, squeezed. Agreement there is sufficient, whatever the
states. Where circuits do not agree in this way, they may on the states that they prepare:

- Circuits of Gaussian operations are compared as Gaussian channels, which decides (`gaussian_channel`). This includes
  noise, post-selection, photon counts at the end, and displacements that are linear in results.
- Otherwise passive gates on the vacuum, which change nothing, are divided out (`vacua`). This is sufficient only.

*Noise and Kerr gates* of circuits that are not Gaussian must be the same operations at the same places, up to rotations
that commute with them (`alignment`); what stands between them is compared exactly (`opaque`). This is sufficient only.

*Ancillas.* One circuit may have further modes, all of them ancillas. Where nothing prepares such a mode it is borrowed,
and must come back unchanged from any state. Where it is prepared it is a resource: its point lies on the constraint
surface of the ideal resource (x = 0 or p = 0 for infinite squeezing, p = gamma x^2 for a cubic state), and its results
are not compared. The verdict then holds up to the noise of finite squeezing, which the circuit states in its
preparations. What acts only on a mode that is then prepared has no effect, and is left out (`tidy`).

*Precision.* Before circuits are called different, the comparison is repeated with mpmath (`methods`): parameters, which
are float64, are then exact, and no rounding is left. A verdict that is no proof of a difference says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.alignment import aligned
from compiler.semantics.methods import Settings, by_channels, by_points, by_quick_points, by_vacua, judged
from compiler.semantics.opaque import OPAQUE, marked, opaque_difference
from compiler.semantics.points import (
    Pair,
    borrowed_modes,
    ends_differ,
    further_results,
    hidden_results,
    preparations,
    resource_count,
    unmeasured,
)
from compiler.semantics.readouts.exponents import MOST_ENUMERATED, displacement_results, fed_outcomes, swapped
from compiler.semantics.tidy import tidied
from compiler.semantics.verdict import UNDECIDED, Counterexample, Equivalence, different

__all__ = ["DEFAULT_SEED", "DEFAULT_TOLERANCE", "Counterexample", "Equivalence", "equivalent", "refuse_noise"]

DEFAULT_SEED = 20260
"""Seed of the starting points."""

DEFAULT_TOLERANCE = 1e-11
"""Largest accepted residual.

The residual is the difference of one output, divided by its magnitude or the size of the starting point, whichever is
larger (`compiler.semantics.verdict.difference_of`); and the same for how the output varies from point to point, so
that a large offset hides nothing. Float64 rounds each step to 1.1e-16, and a compiled parameter (an angle, a square
root) carries the same error, so correct programs show residuals near 1e-15 times the square root of their depth, times
the growth of intermediate values: 1e-11 leaves room for some 10^5 gates in sequence, and refuses gates so
ill-conditioned that rounding alone changes the program. Where values on the way grow so much (by more
than about 1e5) that float64 could lose what is to be compared, and wherever float64 finds a difference, the evaluation
is repeated in more digits. That removes the rounding of the steps but not that of the parameters, which are float64 in
both circuits: the tolerance is the same, unless the rounding of parameters is allowed for (``rounded``).

A relative change of 1e-6 in one gate strength shows as 1e-6 times that gate's share of an output, so it is caught down
to shares of 1e-5. A gate that moves no output by more than 1e-11 of its size is not seen: in a circuit with angles in
float64, it is no larger than their rounding. Synthesised phases are therefore also verified by themselves, at unit
scale (`compiler.synthesis.choose`).
"""

POINTS = 6
"""Number of starting points for circuits of cubic gates at most that prepare nothing."""

MOST_POINTS = 24
"""Largest number of starting points unless the caller asks for more."""


def equivalent(
    left: Circuit,
    right: Circuit,
    *,
    points: int | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
    seed: int = DEFAULT_SEED,
    digits: int | None = None,
    rounded: bool = False,
) -> Equivalence:
    """Decide whether two circuits are equal up to a global phase.

    Parameters
    ----------
    left, right : Circuit
        Their results must have the same names. One may have more modes than the other if those are ancillas.
    points : int, optional
        Number of random starting points, at least 2; half of them have size 1, half size 1/4. By default 6, and one
        more for each preparation and each degree of a phase above 3, up to 24.
    tolerance : float
        Largest accepted relative residual, see `DEFAULT_TOLERANCE`.
    seed : int
        Seed of the starting points.
    digits : int, optional
        Evaluate with mpmath in at least this many digits; some 100 times slower. By default float64, and as many digits
        as it takes where values grow beyond what float64 can hold, or where float64 finds a difference.
    rounded : bool
        Accept residuals up to 1e-8 where a change of all parameters by one unit in the last place of float64 makes
        residuals of that order: tools that compute parameters in different ways differ by that.

    Returns
    -------
    Equivalence

    Raises
    ------
    CircuitError
        If ``points`` or ``digits`` is out of range.

    Examples
    --------
    >>> from compiler.ir.operations import BeamSplitter, ControlledX, ControlledZ, Loss, Rotation
    >>> from math import pi
    >>> cz = Circuit(2, (ControlledZ((0, 1), 0.7),))
    >>> cx = Circuit(2, (Rotation((1,), -pi / 2), ControlledX((0, 1), 0.7), Rotation((1,), pi / 2)))
    >>> equivalent(cz, cx).equivalent
    True
    >>> mixing, lossy = (BeamSplitter((0, 1), 0.3),), (Loss((0,), 0.5), Loss((1,), 0.5))
    >>> equivalent(Circuit(2, mixing + lossy), Circuit(2, lossy + mixing)).equivalent
    True
    """
    if points is not None and points < 2:
        raise CircuitError(f"verification needs at least 2 points, found {points}")
    if digits is not None and not 15 <= digits <= 10_000:
        raise CircuitError(f"the number of digits must lie in 15..10000, found {digits}")
    common = min(left.modes, right.modes)
    pair = Pair(tidied(left, common), tidied(right, common))
    if (mismatch := _shape(pair)) is not None:
        return different(tolerance, mismatch)
    points = max(points or _points(pair), _cases(pair))
    return _verdict(pair, Settings(points, tolerance, seed, digits, rounded))


def refuse_noise(*circuits: Circuit) -> None:
    """Raise CircuitError that names the first noise channel of some circuits: programs are proved without noise."""
    for circuit in circuits:
        for index, op in enumerate(circuit.operations):
            if isinstance(op, ops.NOISE):
                raise CircuitError(f"operation {index} {op}: programs are proved without noise; leave it out")


def _points(pair: Pair) -> int:
    made = max(len(preparations(circuit)) for circuit in pair.both)
    phases = (op for c in pair.both for op in c.operations if isinstance(op, ops.PolynomialPhase | ops.PhasePower))
    degree = max((ops.phase_degree(op) or 0 for op in phases), default=0)
    return min(MOST_POINTS, POINTS + made + max(0, degree - 3))


def _cases(pair: Pair) -> int:
    """Return the number of points that cover all outcomes that gates depend on, at both sizes."""
    fed = len(fed_outcomes(*pair.both))
    return 2 * 2**fed if 0 < fed <= MOST_ENUMERATED else 0


def _differences_decide(pair: Pair) -> bool:
    """Return whether displacement readouts leave a difference at points a proof that the circuits differ."""
    reads = [set(displacement_results(circuit)) for circuit in pair.both]
    if len(fed_outcomes(*pair.both)) > MOST_ENUMERATED or (reads[0] | reads[1]) & hidden_results(pair):
        return False
    if not swapped(*pair.both):
        return True
    everything = [op for circuit in pair.both for op in circuit.operations]
    linear = all(op.gaussian or isinstance(op, ops.DisplacementReadout) for op in everything)
    return linear and all(ops.used(op) <= set(pair.left.symbols) for op in everything)


def _shape(pair: Pair) -> str | None:
    """Return why two circuits cannot be equal whatever their gates do, or None."""
    left, right = pair.both
    if set(left.symbols) != set(right.symbols):
        return f"the circuits have symbols {sorted(left.symbols)} and {sorted(right.symbols)}"
    for circuit, other in ((left, right), (right, left)):
        further = set(range(pair.common, circuit.modes))
        if not further <= set(circuit.ancillas):
            return f"the circuits have {left.modes} and {right.modes} modes"
        if gone := (borrowed_modes(pair) & further) - unmeasured(circuit):
            return f"mode {min(gone)} is borrowed and then measured, so it cannot come back unchanged"
        if odd := further_results(circuit, pair.common) & set(other.results):
            return f"results {sorted(odd)} are read on different modes in the two circuits"
    return ends_differ(pair)


def _verdict(pair: Pair, settings: Settings) -> Equivalence:
    """Compare in the ways that apply, cheap ones first, until one shows that the circuits are equal."""
    kinds = {type(op) for circuit in pair.both for op in circuit.operations}
    opaque = not kinds.isdisjoint(OPAQUE)
    conditional = not kinds.isdisjoint((*ops.PREPARATIONS, ops.PostSelect))
    if not opaque and not conditional:
        return _required(judged(by_points, pair, settings, decides=_differences_decide(pair)))
    if not opaque and (quick := judged(by_quick_points, pair, settings, decides=False)) is not None:
        return quick
    channels = judged(by_channels, pair, settings, decides=kinds.isdisjoint((ops.PhotonCount, ops.DisplacementReadout)))
    if channels is not None and (channels.equivalent or (channels.decided and not resource_count(pair))):
        return channels
    attempts = iter([pair])
    if opaque:
        if reason := opaque_difference(*pair.both):
            return channels or different(settings.tolerance, reason, decided=False)
        attempts = _with_markers(pair, settings.seed)
    found: list[Equivalence] = []
    for attempt in attempts:
        for method in (by_points, by_vacua):
            verdict = judged(method, attempt, settings, decides=False)
            if verdict is not None and verdict.equivalent:
                return verdict
            found += [] if verdict is None else [verdict]
    first = found[0]
    if channels is None:
        return min(found, key=lambda verdict: verdict.residual)
    if channels.decided and first.counterexample is not None:
        # different as they stand, and with ideal resources too: the latter is what was asked
        return replace(first, reason=first.reason.removeprefix(UNDECIDED), decided=True)
    return channels


def _with_markers(pair: Pair, seed: int) -> Iterator[Pair]:
    """Both circuits with markers, as they are, and then with rotations around the markers of one."""
    taken = {name for circuit in pair.both for name in (*circuit.symbols, *circuit.results)}
    (left, ours), (right, theirs) = (marked(circuit, taken) for circuit in pair.both)
    yield Pair(left, right)
    if (turned := aligned(Pair(left, right), (ours, theirs), seed)) is not None:
        yield turned


def _required(verdict: Equivalence | None) -> Equivalence:
    assert verdict is not None  # points apply to all circuits without opaque operations
    return verdict
