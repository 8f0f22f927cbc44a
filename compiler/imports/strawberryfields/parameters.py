"""Parameters of Strawberry Fields' objects: sympy expressions in results and free parameters as polynomials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from compiler.errors import CircuitError
from compiler.imports.strawberryfields.build import part_of_result
from compiler.ir.polynomial import Monomial, Polynomial, Variable

LOOP_VARIABLE = r"p[0-9]+"
"""Names of loop variables, which compiling for a TDM device leaves as text in the measurements of a program."""

SHOWN = 80
"""Number of characters of an expression that a message shows."""


def value_of(value: Any, bound: Mapping[str, Any]) -> Any:
    """Return the parameter of an operation: a number or an array as it is, an expression as a polynomial.

    Parameters
    ----------
    value : Any
        A parameter of an operation, as it stands in ``op.p``.
    bound : mapping from str to Any
        Values of free parameters; the others stay variables.

    Returns
    -------
    Any
        In a `Polynomial` an integer variable is the latest result of that mode, a name a free parameter or a part of
        a complex result (`compiler.imports.strawberryfields.build.part_of_result`).

    Raises
    ------
    CircuitError
        If the parameter is not a polynomial in results and unbound parameters.
    """
    if getattr(getattr(value, "dtype", None), "kind", "") == "O":
        raise CircuitError("an array must hold numbers; free parameters and results inside arrays are not read")
    if isinstance(value, str) and re.fullmatch(LOOP_VARIABLE, value) and value in bound:
        return bound[value]
    if not hasattr(value, "free_symbols"):
        return value
    from sympy import Dummy, Poly, PolynomialError
    from sympy import im as imaginary_part
    from sympy import re as real_part

    expression = value.subs({s: bound[s.name] for s in value.free_symbols if s.name in bound and not _is_result(s)})
    parts: dict[Any, Variable] = {}
    for part, imaginary in ((real_part, False), (imaginary_part, True)):
        for found in expression.atoms(part):
            if _is_result(found.args[0]):
                stand_in = Dummy()
                parts[stand_in] = part_of_result(_mode(found.args[0]), imaginary=imaginary)
                expression = expression.subs(found, stand_in)
    symbols = sorted(expression.free_symbols, key=str)
    names: list[Variable] = [parts.get(s, _mode(s) if _is_result(s) else str(s.name)) for s in symbols]
    if not symbols:
        return _coefficient(expression, value)
    try:
        listed = Poly(expression, *symbols).terms()
    except PolynomialError:
        raise CircuitError(
            f"{_shown(value)} is not read: parameters must be polynomials in results of readouts and free parameters"
            + ("; bind the free parameters first" if any(isinstance(name, str) for name in names) else "")
        ) from None
    terms: dict[Monomial, float] = {}
    for powers, coefficient in listed:
        variables = [name for name, power in zip(names, powers, strict=True) for _ in range(power)]
        (key,) = Polynomial.monomial(variables).terms
        terms[key] = terms.get(key, 0.0) + _coefficient(coefficient, value)
    return Polynomial(terms)


def free_names(value: Any) -> set[str]:
    """Return the names of the free parameters in an operation's parameter."""
    return {str(s.name) for s in getattr(value, "free_symbols", ()) if not _is_result(s)}


def result_modes(value: Any) -> set[int]:
    """Return the modes whose results an operation's parameter uses."""
    return {_mode(s) for s in getattr(value, "free_symbols", ()) if _is_result(s)}


def _is_result(symbol: Any) -> bool:
    return hasattr(symbol, "regref")


def _mode(symbol: Any) -> int:
    return int(symbol.regref.ind)


def _coefficient(number: Any, value: Any) -> float:
    try:
        found = complex(number)
    except (TypeError, ValueError, OverflowError):
        raise CircuitError(f"{_shown(value)} is not read: its coefficients must be finite numbers") from None
    if found.imag != 0.0:
        raise CircuitError(f"{_shown(value)} is not read: its coefficients must be real")
    return found.real


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
