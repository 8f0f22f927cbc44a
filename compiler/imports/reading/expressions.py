"""Parameters as text, and the arithmetic that reads them back: sums of products of numbers and results."""

from __future__ import annotations

from collections.abc import Callable

from compiler.errors import CircuitError
from compiler.ir.operations import Parameter
from compiler.ir.polynomial import Monomial, Polynomial

MAX_POWER = 64
"""Largest power of a result that is read."""

MAX_TERMS = 10_000
"""Largest number of products of terms that a reader multiplies out."""


def written(parameter: Parameter, name: Callable[[str], str]) -> str:
    """Write a parameter with ``* ** + -``, for Python and for OpenQASM 3; numbers lose no digit.

    Parameters
    ----------
    parameter : float or Polynomial
    name : callable
        Returns the text for a result.

    Examples
    --------
    >>> f = Polynomial.monomial(("m", "m"), -0.5) + Polynomial.monomial(("k",)) + Polynomial.constant(0.25)
    >>> written(f, str.upper)
    '-0.5 * M**2 + K + 0.25'
    """
    if not isinstance(parameter, Polynomial):
        return repr(float(parameter))
    text = ""
    for key, coefficient in parameter.terms.items():
        factors = [name(str(v)) + (f"**{power}" if power > 1 else "") for v, power in key]
        size = abs(coefficient)
        body = " * ".join([repr(size), *factors] if size != 1.0 or not factors else factors)
        sign = ("-" if coefficient < 0.0 else "") if not text else (" - " if coefficient < 0.0 else " + ")
        text += sign + body
    return text or "0.0"


def product(left: Polynomial, right: Polynomial) -> Polynomial:
    """Return the product of two polynomials.

    Raises
    ------
    CircuitError
        If the product takes more than `MAX_TERMS` products of terms.

    Examples
    --------
    >>> m = Polynomial.monomial(("m",)) + Polynomial.constant(1.0)
    >>> product(m, m)
    Polynomial(1 m^2 + 2 m + 1)
    """
    if len(left.terms) * len(right.terms) > MAX_TERMS:
        raise CircuitError(f"an expression must have at most {MAX_TERMS} products of terms, found more")
    out: dict[Monomial, float] = {}
    for a, x in left.terms.items():
        for b, y in right.terms.items():
            (key,) = Polynomial.monomial([v for v, q in (*a, *b) for _ in range(q)]).terms
            out[key] = out.get(key, 0.0) + x * y
    return Polynomial(out)
