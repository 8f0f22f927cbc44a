"""Powers of one position, and states that one of them prepares, as polynomial phases."""

from __future__ import annotations

from compiler.ir.operations import (
    CubicPhase,
    Operation,
    PhasePower,
    PolynomialPhase,
    PrepareCubic,
    PrepareSqueezed,
    phase,
)
from compiler.ir.polynomial import Polynomial


def power_as_polynomial(op: PhasePower) -> PolynomialPhase:
    """Return ``exp(i strength x^order / (order hbar))`` as a `PolynomialPhase`, results and symbols included.

    >>> power_as_polynomial(PhasePower((1,), 4, 0.2)).polynomial
    Polynomial(0.05 x1^4)
    >>> power_as_polynomial(PhasePower((1,), 2, Polynomial.monomial(("m",), 0.2))).polynomial
    Polynomial(0.1 x1^2 m)
    """
    strength = op.strength if isinstance(op.strength, Polynomial) else Polynomial.constant(op.strength)
    position = (op.modes[0], op.order)
    return phase(Polynomial({(position, *key): c / op.order for key, c in strength.terms.items()}))


def cubic_state_gates(op: PrepareCubic) -> list[Operation]:
    """Return the squeezed vacuum and the cubic phase gate that define a `PrepareCubic`.

    >>> cubic_state_gates(PrepareCubic((0,), 0.3, 1.0))
    [PrepareSqueezed(modes=(0,), r=-1.0), CubicPhase(modes=(0,), gamma=0.3)]
    """
    return [PrepareSqueezed(op.modes, 0.0 - op.r), CubicPhase(op.modes, op.gamma)]
