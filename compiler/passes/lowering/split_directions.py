"""Split phases into phases along single directions, each made by one spin sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from compiler.costs.schedule import asap
from compiler.decompositions.controlled import lowered_shear
from compiler.decompositions.quadratic_forms import connected_parts, diagonal_form
from compiler.ions.sequences.powers import Direction, direction_of, directions, polynomial_along
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.operations import (
    DIAGONAL,
    PREPARATIONS,
    BeamSplitter,
    ControlledZ,
    CubicPhase,
    Displacement,
    Operation,
    PhasePower,
    PolynomialPhase,
    PrepareSqueezed,
    PrepareVacuum,
    Shear,
    phase,
)
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.passes.simplifying.collect_phases import CollectPhases
from compiler.passes.simplifying.ranges import in_range
from compiler.routing.coupling import coupling_of
from compiler.semantics.vacua import MAX_VACUA
from compiler.synthesis.options import SynthesisOptions
from compiler.synthesis.waring.directions import REACH, fewer_directions
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class SplitDirections:
    """Replace every phase gate by phases ``f_r(u_r . x)`` that commute, each along one direction.

    Shears, ControlledZ, cubic gates and powers count as phases. A phase that is linear becomes a displacement. Phases
    that depend on results or symbols are left, and so are phases along one direction. Idempotent, and deterministic for
    given options.

    Attributes
    ----------
    options : SynthesisOptions
        Effort, seed and strength cap of the search for fewer directions than polarization's
        (`compiler.synthesis.waring.directions`). With effort 0 all directions are polarization's.
    reach : float
        Positions ``|u . x|`` up to which the strengths of phases are compared with the cap; greater than 0.
    cost : callable, optional
        Cost of a circuit whose phases are split. The directions found replace polarization's where they lower it;
        without a cost they always do, as they are fewer.
    gaussian_gates : bool
        Where no phase of a circuit has a degree above 2 and the profile has beamsplitters, squeezers and rotations for
        all modes, the phases become shears between beamsplitters instead, which is exact: those of each edge, or those
        of all connected edges, whichever take less time (`compiler.decompositions.quadratic_forms`).
        Beamsplitters between modes that were just squeezed alike do nothing and are left out.
    """

    options: SynthesisOptions = field(default_factory=SynthesisOptions)
    reach: float = REACH
    cost: Callable[[Circuit], float] | None = None
    gaussian_gates: bool = False
    name: str = "split_directions"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Split the phases."""
        if self.gaussian_gates and (gaussian := _gaussian(circuit, profile)) is not None:
            count = sum(_polynomial(op) is not None for op in circuit.operations)
            return PassResult(gaussian, f"no degree above 2: {count} phases became Gaussian gates")
        pieces: list[tuple[Operation, ...]] = []
        fewer: dict[int, tuple[Operation, ...]] = {}
        before = usual = 0
        for index, op in enumerate(circuit.operations):
            polynomial = _polynomial(op)
            if polynomial is None or polynomial.names:
                pieces.append((op,))
                continue
            before += 1
            one = direction_of(polynomial)
            if one is not None and one.phase.degree > 1:
                pieces.append((phase(polynomial),))
            else:
                pieces.append(_gates(directions(polynomial)))
                if (found := fewer_directions(polynomial, self.options, self.reach)) is not None:
                    fewer[index] = _gates(found)
            usual += _phases(pieces[-1])
        after = usual
        for index, gates in fewer.items():
            changed = [*pieces[:index], gates, *pieces[index + 1 :]]
            if self.cost is None or self.cost(_joined(circuit, changed)) < self.cost(_joined(circuit, pieces)):
                after += _phases(gates) - _phases(pieces[index])
                pieces = changed
        report = f"{before} phases became {after} along directions"
        if after < usual:
            report += f" (polarization: {usual})"
        return PassResult(_joined(circuit, pieces), report)


def _gates(found: tuple[Direction, ...]) -> tuple[Operation, ...]:
    """Return a phase for every direction; displacements for the linear ones."""
    out: list[Operation] = []
    for one in found:
        if one.phase.degree > 1:
            out.append(phase(polynomial_along(one.modes, one.vector, one.phase)))
        else:
            kick = HBAR * one.phase.coefficients[1]
            out += [Displacement((m,), 0.0, kick * u) for m, u in zip(one.modes, one.vector, strict=True)]
    return tuple(out)


def _phases(gates: tuple[Operation, ...]) -> int:
    return sum(isinstance(op, PolynomialPhase) for op in gates)


def _joined(circuit: Circuit, pieces: list[tuple[Operation, ...]]) -> Circuit:
    return circuit.with_operations(tuple(op for piece in pieces for op in piece))


def _gaussian(circuit: Circuit, profile: Profile) -> Circuit | None:
    """Return the circuit with its phases as Gaussian gates; None if a phase is not Gaussian or is too strong.

    Gates between modes that are not neighbours are left to sequences, which do not need neighbours.
    """
    native = all(profile.is_native(name) for name in ("BeamSplitter", "Squeeze", "Rotation"))
    if not native or profile.operations["BeamSplitter"].pairs or coupling_of(profile, circuit.modes) is not None:
        return None
    plain: list[Operation] = []
    for op in circuit.operations:
        polynomial = _polynomial(op)
        if polynomial is None and isinstance(op, DIAGONAL):
            return None  # its strength depends on results
        if polynomial is not None and (polynomial.degree > 2 or polynomial.names):
            return None
        plain.append(op if polynomial is None else phase(polynomial))
    out: list[Operation] = []
    for op in CollectPhases()(circuit.with_operations(tuple(plain)), profile).circuit.operations:
        if not isinstance(op, PolynomialPhase):
            out.append(op)
            continue
        for gate in map(phase, connected_parts(op.polynomial)):
            terms = (phase(Polynomial({key: c})) for key, c in gate.polynomial.terms.items())
            forms = (diagonal_form(gate), [new for term in terms for new in diagonal_form(term)])
            allowed = [form for form in forms if all(in_range(new, profile) for new in _lowered(form))]
            if not allowed:
                return None
            candidates = [_settled([*out, *form]) for form in allowed]
            out = min(candidates, key=lambda gates: _time_and_gates(_lowered(gates), circuit.modes, profile))
    return circuit.with_operations(tuple(out))


def _settled(gates: Iterable[Operation]) -> list[Operation]:
    """Leave out real beamsplitters between modes that were squeezed alike and not touched since: they do nothing.

    Circuits with more preparations than the proof of equal states takes are left alone.
    """
    gates = list(gates)
    if sum(isinstance(op, PREPARATIONS) for op in gates) > MAX_VACUA:
        return gates
    out: list[Operation] = []
    untouched: dict[int, float] = {}
    for op in gates:
        alike = {untouched.get(m) for m in op.modes}
        if isinstance(op, BeamSplitter) and op.phi == 0.0 and len(alike) == 1 and None not in alike:
            continue
        out.append(op)
        for m in op.modes:
            untouched.pop(m, None)
        if isinstance(op, PrepareSqueezed | PrepareVacuum):
            untouched[op.modes[0]] = op.r if isinstance(op, PrepareSqueezed) else 0.0
    return out


def _lowered(gates: Iterable[Operation]) -> list[Operation]:
    out: list[Operation] = []
    for op in gates:
        if isinstance(op, Shear) and not isinstance(op.s, Polynomial):
            out += lowered_shear(op.modes, op.s)
        else:
            out.append(op)
    return out


def _time_and_gates(gates: list[Operation], modes: int, profile: Profile) -> tuple[float, int]:
    return asap(Circuit(modes, tuple(gates)), profile).duration_s, len(gates)


def _polynomial(op: Operation) -> Polynomial | None:
    variables: tuple[int, ...]
    match op:
        case PolynomialPhase(polynomial=polynomial):
            return polynomial
        case Shear(modes=(m,), s=s):
            variables, strength, divisor = (m, m), s, 2.0
        case ControlledZ(modes=modes, s=s):
            variables, strength, divisor = modes, s, 1.0
        case CubicPhase(modes=(m,), gamma=gamma):
            variables, strength, divisor = (m, m, m), gamma, 3.0
        case PhasePower(modes=(m,), order=order, strength=power):
            variables, strength, divisor = (m,) * order, power, float(order)
        case _:
            return None
    return None if isinstance(strength, Polynomial) else Polynomial.monomial(variables, strength / divisor)
