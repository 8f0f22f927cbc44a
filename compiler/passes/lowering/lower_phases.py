r"""Lower polynomial phase gates: displacements, shears, ControlledZ, cubic phase gates by synthesis, native powers.

The cubic part goes to `compiler.synthesis.choose`. A monomial of degree k on a profile with native k-th powers goes by
polarization, with equal linear forms joined:

``v_1 v_2 .. v_k = 1/(2^{k-1} k!) sum_{s_2..s_k = +-1} s_2 .. s_k (v_1 + s_2 v_2 + .. + s_k v_k)^k``,

where positions may repeat among the v. Monomials whose coefficient is a polynomial in named results or symbols are
polarised one by one, because a search would need their values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import factorial, gcd

import numpy as np
from numpy.typing import NDArray

from compiler.errors import MappingReason, NotMappableError
from compiler.ir.circuit import Circuit
from compiler.ir.operations import (
    ControlledZ,
    CubicPhase,
    Displacement,
    Operation,
    Parameter,
    PhasePower,
    PolynomialPhase,
    Shear,
)
from compiler.ir.polynomial import Monomial, Polynomial
from compiler.passes.base import Guarantee, PassResult
from compiler.synthesis.choose import synthesise
from compiler.synthesis.emission import interferometer
from compiler.synthesis.form import CubicForm, moved
from compiler.synthesis.options import StrategyRow, SynthesisOptions
from compiler.synthesis.polarization import polarized
from compiler.typing import Say
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class LowerPhases:
    """Replace every `PolynomialPhase` by operations of degree at most 2, cubic phase gates, and native powers.

    Deterministic for given options. Idempotent.

    Raises
    ------
    NotMappableError
        If a monomial has degree 4 or more and the profile lacks a native power of that order.
    """

    options: SynthesisOptions = field(default_factory=SynthesisOptions)
    progress: Say | None = None
    name: str = "lower_phases"
    guarantee: Guarantee = Guarantee.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Lower every phase gate."""
        out: list[Operation] = []
        reasons: list[MappingReason] = []
        table: list[StrategyRow] = []
        count = 0
        for op in circuit.operations:
            if not isinstance(op, PolynomialPhase):
                out.append(op)
                continue
            count += 1
            if reason := _unreachable(op.polynomial, profile):
                reasons.append(reason)
                continue
            lowered, rows = self._lower(op.polynomial)
            out += lowered
            table += rows
        if reasons:
            raise NotMappableError(profile.name, tuple(reasons))
        cubics = sum(isinstance(op, CubicPhase | PhasePower) for op in out)
        chosen = sorted({row.strategy for row in table if row.chosen})
        report = f"{count} phase gates became {cubics} single-mode powers"
        return PassResult(
            circuit.with_operations(tuple(out)), report + (f" by {', '.join(chosen)}" if chosen else ""), tuple(table)
        )

    def _lower(self, polynomial: Polynomial) -> tuple[list[Operation], tuple[StrategyRow, ...]]:
        gentle: list[Operation] = []  # Gaussian
        powers: list[Operation] = []
        cubic: dict[Monomial, float] = {}
        for key, coefficient in polynomial.parts().items():
            c: Parameter = coefficient if coefficient.names else coefficient.evaluate({})
            variables = tuple(int(v) for v, power in key for _ in range(power))
            match tuple(power for _, power in key):
                case ():
                    pass
                case (1,):
                    gentle.append(Displacement(variables, 0.0, c))
                case (2,):
                    gentle.append(Shear(variables[:1], 2.0 * c))
                case (1, 1):
                    gentle.append(ControlledZ(variables, c))
                case _ if len(variables) == 3 and isinstance(c, Polynomial):
                    powers += polarized((variables[0], variables[1], variables[2]), c)
                case _ if len(variables) == 3:
                    assert not isinstance(c, Polynomial)
                    cubic[key] = c
                case _:
                    powers += native_powers(variables, c)
        if not cubic:
            return gentle + powers, ()
        form, modes = CubicForm.of(Polynomial(cubic))
        plan, rows = synthesise(form, self.options, self.progress)
        placed = tuple(row.on(modes) for row in rows)
        return [*gentle, *moved(plan.operations, modes), *powers], placed


def _unreachable(polynomial: Polynomial, profile: Profile) -> MappingReason | None:
    for key in polynomial.parts():
        degree = sum(power for _, power in key)
        if degree > 3 and not profile.allows_order(degree):
            term = " ".join(f"x{v}" + (f"^{power}" if power > 1 else "") for v, power in key)
            return MappingReason(
                f"the phase {term}",
                f"degree {degree} needs single-mode powers of that order, or rotations to reduce it to degree 3",
                "use phases of degree at most 3, or a profile with native Rotation or native PhasePower of that order",
            )
    return None


def native_powers(variables: tuple[int, ...], c: Parameter) -> list[Operation]:
    """Return the monomial ``c prod variables`` (positions may repeat) by single-mode powers of its degree.

    >>> [type(op).__name__ for op in native_powers((0, 0, 0, 0), 0.5)]
    ['PhasePower']
    """
    k = len(variables)
    modes = tuple(sorted(set(variables)))
    forms: dict[tuple[int, ...], float] = {}
    for signs in product((1, -1), repeat=k - 1):
        weights = dict.fromkeys(modes, 0)
        for v, sign in zip(variables, (1, *signs), strict=True):
            weights[v] += sign
        form, weight = tuple(weights.values()), float(np.prod(signs)) / (2 ** (k - 1) * factorial(k))
        lead = next((w for w in form if w), 0)
        if lead:
            common = gcd(*form) * (1 if lead > 0 else -1)  # forms along one line are one power
            form, weight = tuple(w // common for w in form), weight * common**k
            forms[form] = forms.get(form, 0.0) + weight
    out: list[Operation] = []
    for form, weight in forms.items():
        if abs(weight) < 1e-15:
            continue
        u = np.array(form, dtype=float)
        length = float(np.linalg.norm(u))
        power = PhasePower((modes[0],), k, k * weight * length**k * c)
        if not u[1:].any():
            out.append(power)
            continue
        if not u[0] and np.count_nonzero(u) == 1:
            out.append(PhasePower((modes[int(np.argmax(np.abs(u)))],), k, k * weight * length**k * c))
            continue
        rotation = _orthogonal_with_first_row(u / length)
        out += [interferometer(modes, rotation), power, interferometer(modes, rotation.T)]
    return out


def _orthogonal_with_first_row(u: NDArray[np.float64]) -> NDArray[np.float64]:
    # Householder reflection that maps e_0 to u, with the last row turned over to make it a proper rotation
    v = u - np.eye(len(u))[0]
    reflection: NDArray[np.float64] = np.eye(len(u)) - 2.0 * np.outer(v, v) / (v @ v)
    reflection[-1] *= -1.0
    return reflection
