r"""Cubic forms, and plans that realise them.

A cubic form is ``f(x) = sum c_ijk x_i x_j x_k`` over i <= j <= k, in variables 0 .. n-1. A plan is a sequence of native
operations on modes 0 .. n-1 whose action is ``exp(i f(x) / hbar)``; its cost is read off the operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations_with_replacement, permutations
from types import MappingProxyType
from typing import Any

import numpy as np

from compiler.costs.resources import Resources, resources
from compiler.ir.circuit import Circuit
from compiler.ir.operations import Operation, PolynomialPhase, phase
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import relabelled
from compiler.typing import Array

Triple = tuple[int, int, int]

UNIT = 3.0**2.5 / 24.0
"""|gamma| of each of the four gates that make ``x_1 x_2 x_3`` by polarization."""


@dataclass(frozen=True)
class CubicForm:
    """A cubic form in ``size`` variables.

    Parameters
    ----------
    size : int
    terms : mapping from (i, j, k), sorted, to float
        Nonzero coefficients.

    Examples
    --------
    >>> form = CubicForm(4, {(0, 1, 2): 1.0, (0, 1, 3): 1.0})
    >>> float(form.tensor()[2, 1, 0]), form.polarization_cubics
    (0.16666666666666666, 8)
    """

    size: int
    terms: Mapping[Triple, float] = field(hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))

    @classmethod
    def of(cls, polynomial: Polynomial) -> tuple[CubicForm, tuple[int, ...]]:
        """Return the degree-3 part of a polynomial in positions, on its own variables, and which modes those are."""
        triples = {
            tuple(int(v) for v, power in key for _ in range(power)): c
            for key, c in polynomial.terms.items()
            if sum(power for _, power in key) == 3
        }
        return local_form(triples)

    def tensor(self) -> Array:
        """Return the symmetric tensor T, shape (n, n, n), with ``f(x) = sum T_ijk x_i x_j x_k``."""
        out = np.zeros((self.size,) * 3)
        if self.terms:
            index = np.array(list(self.terms)).T
            orders = np.array([6.0, 3.0, 1.0])[
                (index[0] == index[1]).astype(int) + (index[1] == index[2]).astype(int)
            ]  # different orders of the indices
            values = np.array(list(self.terms.values())) / orders
            for a, b, c in permutations(index):
                out[a, b, c] = values
        return out

    def polynomial(self) -> Polynomial:
        """Return the form as a polynomial in modes 0 .. n-1."""
        total: dict[Any, float] = {}
        for key, c in self.terms.items():
            (monomial,) = Polynomial.monomial(key).terms
            total[monomial] = c
        return Polynomial(total)

    @cached_property
    def gate(self) -> PolynomialPhase:
        """The logical gate."""
        return phase(self.polynomial())

    @property
    def polarization_cubics(self) -> int:
        """Cubic gates that polarization takes: 4 for ``x y z``, 3 for ``x y^2``, 1 for ``x^3``."""
        return sum((0, 1, 3, 4)[len(set(key))] for key in self.terms)

    @property
    def polarization_strength(self) -> float:
        """Sum of |gamma| by polarization: ``4 * 3^{5/2}/24``, ``1 + 2 sqrt2`` and 3 times the coefficients."""
        unit = (0.0, 3.0, 1.0 + 2.0 * 2.0**0.5, 4.0 * UNIT)
        return sum(abs(c) * unit[len(set(key))] for key, c in self.terms.items())

    def components(self) -> tuple[tuple[CubicForm, tuple[int, ...]], ...]:
        """Return the parts that share no variable, each on its own variables with their places in this form."""
        import networkx as nx

        graph = nx.Graph()
        for key in self.terms:
            nx.add_path(graph, key)
            graph.add_node(key[0])
        part = {v: number for number, nodes in enumerate(nx.connected_components(graph)) for v in nodes}
        groups: dict[int, dict[Triple, float]] = {}
        for key, c in self.terms.items():
            groups.setdefault(part[key[0]], {})[key] = c
        return tuple(local_form(group) for group in groups.values())


def monomials(n: int) -> tuple[Array, Array]:
    """Return the indices i <= j <= k of cubic monomials, shape (3, m), and weights w: ``|T|^2 = sum (w T_ijk)^2``."""
    index = np.array(list(combinations_with_replacement(range(n), 3))).T
    i, j, k = index
    return index, np.sqrt(np.where((i == j) & (j == k), 1.0, np.where((i == j) | (j == k), 3.0, 6.0)))


def local_form(terms: Mapping[Any, float]) -> tuple[CubicForm, tuple[int, ...]]:
    """Return the form of terms on any variables, relabelled 0 .. n-1 in ascending order; and those variables."""
    variables = tuple(sorted({v for key in terms for v in key}))
    place = {v: i for i, v in enumerate(variables)}
    local: dict[Any, float] = {tuple(sorted(place[v] for v in key)): c for key, c in terms.items()}
    return CubicForm(len(variables), local), variables


def generic_rank(n: int) -> int:
    """Return the Waring rank of a generic cubic form in n variables (Alexander and Hirschowitz 1995).

    >>> [generic_rank(n) for n in (1, 2, 3, 4, 5, 6, 8, 10)]
    [1, 2, 4, 5, 8, 10, 15, 22]
    """
    return 8 if n == 5 else -(-((n + 2) * (n + 1)) // 6)


def fewest_layers(n: int) -> int:
    """Return the parameter-counting minimum ``ceil((n+2)/3)`` of generic forms; 2 at least for n of 2 or more.

    >>> [fewest_layers(n) for n in (3, 4, 5, 6, 8, 10, 12)]
    [2, 2, 3, 3, 4, 4, 5]
    """
    return -(-(n + 2) // 3)


@dataclass(frozen=True)
class Plan:
    """Operations on modes 0 .. n-1 that realise a form, and the strategy that found them."""

    strategy: str
    size: int
    operations: tuple[Operation, ...]

    @cached_property
    def _costs(self) -> Resources:
        return resources(Circuit(self.size, self.operations))

    @property
    def cubics(self) -> int:
        """Number of cubic gates."""
        return self._costs.counts.get("cubic_phase", 0)

    @property
    def strength(self) -> float:
        """Sum of |gamma|."""
        return self._costs.total_cubic_strength

    @property
    def depth(self) -> int:
        """Non-Gaussian depth."""
        return self._costs.non_gaussian_depth


def moved(operations: Iterable[Operation], modes: tuple[int, ...]) -> tuple[Operation, ...]:
    """Return the operations with mode i renamed to ``modes[i]``."""
    return tuple(relabelled(op, modes) for op in operations)
