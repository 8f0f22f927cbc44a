"""Sparse multivariate polynomials with real coefficients, as frozen values.

Variables are mode indices (``int``: the position quadrature of that mode) or result names (``str``: the outcome of a
homodyne measurement). The same type serves phase polynomials and feed-forward parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from numbers import Integral, Real
from operator import index
from types import MappingProxyType
from typing import Any

from compiler.errors import CircuitError, with_type

Variable = int | str
Monomial = tuple[tuple[Variable, int], ...]
"""``((variable, power), ...)``, sorted by variable, powers at least 1; ``()`` is the constant monomial."""


def _order(item: tuple[Variable, int]) -> tuple[bool, Variable]:
    return isinstance(item[0], str), item[0]


class Polynomial:
    """A polynomial ``sum_m c_m prod_v v^{power_m(v)}``.

    Parameters
    ----------
    terms : mapping from Monomial to float
        Coefficients; zero coefficients are dropped. Monomials must be sorted; use `monomial` to build one from a list
        of variables.

    Raises
    ------
    CircuitError
        If a coefficient is not finite or a power is below 1.

    Examples
    --------
    >>> f = Polynomial.monomial((0, 1, 2), 0.3) + Polynomial.monomial((0, 0), 0.5)
    >>> f.degree, f.variables
    (3, (0, 1, 2))
    >>> f.derivative(0).evaluate({0: 1.0, 1: 2.0, 2: 3.0})
    2.8
    """

    __slots__ = ("_hash", "_terms")

    def __init__(self, terms: Mapping[Monomial, float] | None = None) -> None:
        kept: dict[Monomial, float] = {}
        for key, coefficient in (terms or {}).items():
            value = coefficient if type(coefficient) is float else _real(coefficient, key)
            if not isfinite(value):
                raise CircuitError(
                    f"polynomial coefficients must be finite, found {value} for{_show(key) or ' the constant'}"
                )
            if any(power < 1 for _, power in key):
                raise CircuitError(f"powers must be at least 1, found{_show(key)}")
            if value != 0.0:
                kept[key] = value
        self._terms = MappingProxyType(kept)
        self._hash: int | None = None

    @classmethod
    def monomial(cls, variables: Iterable[Variable], coefficient: float = 1.0) -> Polynomial:
        """Return ``coefficient`` times the product of the variables; a repeated variable gives a power."""
        powers: dict[Variable, int] = {}
        for given in variables:
            variable = given if type(given) is int or isinstance(given, str) else _mode(given)
            powers[variable] = powers.get(variable, 0) + 1
        return cls({tuple(sorted(powers.items(), key=_order)): coefficient})

    @classmethod
    def constant(cls, value: float) -> Polynomial:
        """Return the constant polynomial."""
        return cls({(): value})

    @property
    def terms(self) -> Mapping[Monomial, float]:
        """Read-only coefficients by monomial."""
        return self._terms

    @property
    def degree(self) -> int:
        """Largest total power; 0 for constants and for the zero polynomial."""
        return max((sum(power for _, power in key) for key in self._terms), default=0)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that occur, sorted."""
        found = {variable for key in self._terms for variable, _ in key}
        return tuple(sorted(found, key=lambda v: _order((v, 1))))

    @property
    def names(self) -> tuple[str, ...]:
        """The named variables (results, symbols) that occur, sorted."""
        return tuple(v for v in self.variables if isinstance(v, str))

    def parts(self) -> dict[Monomial, Polynomial]:
        """Return the coefficients as polynomials in named variables, by monomial in modes.

        >>> Polynomial.monomial((0, 1, "w"), 2.0).parts()
        {((0, 1), (1, 1)): Polynomial(2 w)}
        """
        out: dict[Monomial, dict[Monomial, float]] = {}
        for key, coefficient in self._terms.items():
            modes = tuple(item for item in key if isinstance(item[0], int))
            out.setdefault(modes, {})[key[len(modes) :]] = coefficient
        return {modes: Polynomial(terms) for modes, terms in out.items()}

    def derivative(self, variable: Variable) -> Polynomial:
        """Return the partial derivative with respect to one variable."""
        out: dict[Monomial, float] = {}
        for key, coefficient in self._terms.items():
            powers = dict(key)
            power = powers.pop(variable, 0)
            if power:
                if power > 1:
                    powers[variable] = power - 1
                rest = tuple(sorted(powers.items(), key=_order))
                out[rest] = out.get(rest, 0.0) + power * coefficient
        return Polynomial(out)

    def evaluate(self, values: Mapping[Any, Any]) -> Any:
        """Return the value at a point; the values may be floats or arrays that broadcast against each other."""
        total: Any = 0.0
        for key, coefficient in self._terms.items():
            product: Any = coefficient
            for variable, power in key:
                product = product * values[variable] ** power
            total = total + product
        return total

    def relabel(self, new: Callable[[Variable], Variable]) -> Polynomial:
        """Return the same polynomial with every variable v renamed to ``new(v)`` (which must be one-to-one)."""
        return Polynomial(
            {tuple(sorted(((new(v), power) for v, power in key), key=_order)): c for key, c in self._terms.items()}
        )

    def __add__(self, other: Polynomial) -> Polynomial:
        out = dict(self._terms)
        for key, coefficient in other._terms.items():
            out[key] = out.get(key, 0.0) + coefficient
        return Polynomial(out)

    def __neg__(self) -> Polynomial:
        return -1.0 * self

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + (-other)

    def __rmul__(self, factor: float) -> Polynomial:
        return Polynomial({key: factor * coefficient for key, coefficient in self._terms.items()})

    def __bool__(self) -> bool:
        return bool(self._terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self._terms == other._terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._terms.items()))
        return self._hash

    def __repr__(self) -> str:
        if not self._terms:
            return "Polynomial(0)"
        shown = " + ".join(f"{c:.6g}{_show(key)}" for key, c in list(self._terms.items())[:6])
        return f"Polynomial({shown}{' + ...' if len(self._terms) > 6 else ''})"


def _real(coefficient: Any, key: Monomial) -> float:
    """Return a coefficient of any package's real numbers as a float."""
    if isinstance(coefficient, bool) or not isinstance(coefficient, Real):
        where = f"for{_show(key) or ' the constant'}"
        raise CircuitError(f"polynomial coefficients must be real numbers, found {with_type(coefficient)} {where}")
    try:
        return float(coefficient)
    except OverflowError:
        return float("inf")


def _mode(variable: Any) -> int:
    """Return a mode of any package's integers as Python's own."""
    if isinstance(variable, bool) or not isinstance(variable, Integral):
        raise CircuitError(f"variables must be mode indices or names of results, found {with_type(variable)}")
    return index(variable)


def _show(key: Monomial) -> str:
    names = (f"x{v}" if isinstance(v, int) else v for v, _ in key)
    return "".join(f" {name}" + (f"^{power}" if power > 1 else "") for name, (_, power) in zip(names, key, strict=True))
