r"""Lower polynomial phase gates to single-mode powers by polarization.

For one product of k different positions,

``x_1 x_2 .. x_k = 1/(2^{k-1} k!) sum_{s_2..s_k = +-1} s_2 .. s_k (x_1 + s_2 x_2 + .. + s_k x_k)^k``,

2^{k-1} powers of linear forms, which is the Waring rank of the product and so the minimum for one edge. With
u = (1, s_2, .., s_k)/sqrt(k), each power is a single-mode gate in a basis rotated by real beamsplitters. For k = 3 that
is four cubic gates of |gamma| = w 3^{5/2}/24; two of them share x_2 + x_3 and two share x_2 - x_3, which are the two
outputs of one balanced beamsplitter, so eight beamsplitters suffice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import atan, factorial, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from compiler.circuit import Circuit
from compiler.errors import MappingReason, NotMappableError
from compiler.operations import (
    BeamSplitter,
    ControlledZ,
    CubicPhase,
    Displacement,
    Interferometer,
    Operation,
    PhasePower,
    PolynomialPhase,
    Shear,
)
from compiler.passes.base import PassResult, Promise
from compiler.polynomial import Monomial
from hardware_profiles.schema import Profile


@dataclass(frozen=True, slots=True)
class LowerPhases:
    """Replace every `PolynomialPhase`, monomial by monomial.

    Degree 1 becomes a displacement, degree 2 a shear or a ControlledZ, degree 3 cubic phase gates by polarization, and
    higher degrees powers of rotated modes where the profile has `PhasePower` of that order natively.

    Raises
    ------
    NotMappableError
        For monomials of degree 4 or more on a profile without that native power, and for monomials of degree 4 or more
        with repeated variables.
    """

    name: str = "lower_phases"
    promise: Promise = Promise.UP_TO_GLOBAL_PHASE

    def __call__(self, circuit: Circuit, profile: Profile) -> PassResult:
        """Lower every phase gate."""
        out: list[Operation] = []
        reasons: list[MappingReason] = []
        count = 0
        for index, op in enumerate(circuit.operations):
            if not isinstance(op, PolynomialPhase):
                out.append(op)
                continue
            count += 1
            for key, coefficient in op.polynomial.terms.items():
                lowered = _lower(key, coefficient, profile)
                if isinstance(lowered, str):
                    reasons.append(
                        MappingReason(
                            f"operation {index} {op}",
                            lowered,
                            "use edges of at most 3 modes, or a profile with native PhasePower of that order",
                        )
                    )
                else:
                    out += lowered
        if reasons:
            raise NotMappableError(profile.name, tuple(reasons))
        powers = sum(isinstance(op, CubicPhase | PhasePower) for op in out)
        return PassResult(
            circuit.with_operations(tuple(out)), f"{count} phase gates became {powers} single-mode powers"
        )


def _lower(key: Monomial, c: float, profile: Profile) -> list[Operation] | str:
    modes = tuple(int(v) for v, _ in key)
    powers = tuple(power for _, power in key)
    degree = sum(powers)
    match powers:
        case ():
            return []
        case (1,):
            return [Displacement(modes, 0.0, c)]
        case (2,):
            return [Shear(modes, 2.0 * c)]
        case (3,):
            return [CubicPhase(modes, 3.0 * c)]
        case (1, 1):
            return [ControlledZ(modes, c)]
        case (2, 1):
            return _square_times(modes[0], modes[1], c)
        case (1, 2):
            return _square_times(modes[1], modes[0], c)
        case (1, 1, 1):
            return _triple(modes, c)
    if not profile.allows_order(degree):
        return f"a phase of degree {degree} needs single-mode powers of that order, which the profile does not have"
    if powers == (degree,):
        return [PhasePower(modes, degree, degree * c)]
    if max(powers) > 1:
        return f"the monomial with powers {list(powers)} of degree {degree} is not a product of different modes"
    return _polarize(modes, c)


def _square_times(y: int, x: int, c: float) -> list[Operation]:
    # x y^2 = [(x+y)^3 + (x-y)^3 - 2 x^3] / 6; the balanced beamsplitter puts (x+y)/sqrt2 on y and (x-y)/sqrt2 on x
    gamma = 2.0 * sqrt(2.0) * c / 2.0  # (x+y)^3 = 2 sqrt2 u^3, and CubicPhase(g) is g/3 u^3
    return [
        CubicPhase((x,), -c),
        BeamSplitter((x, y), pi / 4),
        CubicPhase((x,), gamma),
        CubicPhase((y,), gamma),
        BeamSplitter((x, y), -pi / 4),
    ]


def _triple(modes: tuple[int, ...], w: float) -> list[Operation]:
    a, b, c = modes
    gamma = w * 3.0**2.5 / 24.0
    tilt = atan(sqrt(2.0))  # cos(tilt) = 1/sqrt3: weight of x_a in u
    out: list[Operation] = [BeamSplitter((b, c), pi / 4)]  # b: (x_b - x_c)/sqrt2, c: (x_b + x_c)/sqrt2
    for partner, sign in ((c, 1.0), (b, -1.0)):
        out += [
            BeamSplitter((a, partner), -tilt),  # a: (x_a + sqrt2 v)/sqrt3
            CubicPhase((a,), sign * gamma),
            BeamSplitter((a, partner), 2.0 * tilt),  # a: (x_a - sqrt2 v)/sqrt3
            CubicPhase((a,), sign * gamma),
            BeamSplitter((a, partner), -tilt),
        ]
    out.append(BeamSplitter((b, c), -pi / 4))
    return out


def _polarize(modes: tuple[int, ...], c: float) -> list[Operation]:
    k = len(modes)
    strength = k * c * sqrt(k) ** k / (2 ** (k - 1) * factorial(k))
    out: list[Operation] = []
    for signs in product((1.0, -1.0), repeat=k - 1):
        u = np.array((1.0, *signs)) / sqrt(k)
        rotation = _orthogonal_with_first_row(u)
        matrix = tuple(tuple(complex(v) for v in row) for row in rotation)
        inverse = tuple(tuple(complex(v) for v in row) for row in rotation.T)
        out += [
            Interferometer(modes, matrix),
            PhasePower(modes[:1], k, float(np.prod(signs)) * strength),
            Interferometer(modes, inverse),
        ]
    return out


def _orthogonal_with_first_row(u: NDArray[np.float64]) -> NDArray[np.float64]:
    # Householder reflection that maps e_0 to u, with the last row turned over to make it a proper rotation
    v = u - np.eye(len(u))[0]
    reflection: NDArray[np.float64] = np.eye(len(u)) - 2.0 * np.outer(v, v) / (v @ v)
    reflection[-1] *= -1.0
    return reflection
