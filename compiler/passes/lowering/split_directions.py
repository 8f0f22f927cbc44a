"""Split phases into powers along directions, one spin sequence each."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ions.sequences.powers import direction_of, directions, polynomial_along
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
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class SplitDirections:
    """Replace every phase gate by phases ``f_r(u_r . x)`` that commute, by polarization.

    Shears, ControlledZ, cubic gates and powers count as phases. A phase that is linear becomes a displacement. Phases
    that depend on results or symbols are left, and so are phases along one direction. Idempotent.
    """

    name: str = "split_directions"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Split the phases."""
        out: list[Operation] = []
        before = after = 0
        for op in circuit.operations:
            polynomial = _polynomial(op)
            if polynomial is None or polynomial.names:
                out.append(op)
                continue
            before += 1
            one = direction_of(polynomial)
            if one is not None and one.phase.degree > 1:
                after += 1
                out.append(phase(polynomial))
                continue
            for found in directions(polynomial):
                if found.phase.degree > 1:
                    after += 1
                    out.append(phase(polynomial_along(found.modes, found.vector, found.phase)))
                else:
                    kick = HBAR * found.phase.coefficients[1]
                    out += [Displacement((m,), 0.0, kick * u) for m, u in zip(found.modes, found.vector, strict=True)]
        return PassResult(circuit.with_operations(tuple(out)), f"{before} phases became {after} along directions")


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
