"""Split phases into powers along directions, one spin sequence each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compiler.ions.sequences.powers import Direction, direction_of, directions, polynomial_along
from compiler.ir.circuit import Circuit
from compiler.ir.conventions import HBAR
from compiler.ir.operations import (
    ControlledZ,
    CubicPhase,
    Displacement,
    Operation,
    PhasePower,
    PolynomialPhase,
    Shear,
    phase,
)
from compiler.ir.polynomial import Polynomial
from compiler.passes.base import Guarantee, PassResult
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
    """

    options: SynthesisOptions = field(default_factory=SynthesisOptions)
    reach: float = REACH
    cost: Callable[[Circuit], float] | None = None
    name: str = "split_directions"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Split the phases."""
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
    """A phase for every direction; displacements for the linear ones."""
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
