r"""Polarization: realise a form monomial by monomial, as one would by hand.

``x_1 x_2 x_3 = (1/24) sum_{s,t = +-1} s t (x_1 + s x_2 + t x_3)^3``: four cubic gates of
``|gamma| = w 3^{5/2}/24``, the real Waring rank of a product, so the minimum for one edge. Two of the four forms share
``x_2 + x_3`` and two share ``x_2 - x_3``, the two outputs of one balanced beamsplitter, so eight beamsplitters suffice.
``x y^2 = [(x+y)^3 + (x-y)^3 - 2 x^3] / 6`` takes three. Coefficients may be polynomials in named results or symbols.
"""

from __future__ import annotations

from math import atan, pi, sqrt

from compiler.ir.operations import BeamSplitter, CubicPhase, Operation, Parameter
from compiler.synthesis.form import UNIT, CubicForm, Plan


def polarize(form: CubicForm) -> Plan:
    """Realise a form by polarization: 4 cubic gates for ``x y z``, 3 for ``x y^2``, 1 for ``x^3``, in sequence.

    >>> polarize(CubicForm(3, {(0, 1, 2): 0.3})).cubics
    4
    """
    out: list[Operation] = []
    for key, c in form.terms.items():
        out += polarized(key, c)
    return Plan("polarization", form.size, tuple(out))


def polarized(key: tuple[int, int, int], c: Parameter) -> list[Operation]:
    """Return the operations of one monomial ``c x_i x_j x_k``; equal indices give powers."""
    a, b, d = sorted(key)
    if a == b == d:
        return [CubicPhase((a,), 3.0 * c)]
    if a == b:
        return _square_times(a, d, c)
    if b == d:
        return _square_times(b, a, c)
    return _triple((a, b, d), c)


def _square_times(y: int, x: int, c: Parameter) -> list[Operation]:
    gamma = sqrt(2.0) * c
    return [
        CubicPhase((x,), -c),
        BeamSplitter((x, y), pi / 4),  # x: (x - y)/sqrt2, y: (x + y)/sqrt2
        CubicPhase((x,), gamma),
        CubicPhase((y,), gamma),
        BeamSplitter((x, y), -pi / 4),
    ]


def _triple(modes: tuple[int, int, int], w: Parameter) -> list[Operation]:
    a, b, c = modes
    gamma = UNIT * w
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
