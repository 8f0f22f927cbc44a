r"""The matrix-free search: decompositions with fewer and fewer powers, each a fixed multiple of the generic rank.

An effort names its aim (`AIMS`): the multiple of the generic rank that the search goes down to, however long it takes.
Below its aim it goes on while the nominal seconds of the effort last. Every decomposition is handed out as soon as it
is found, so that an interrupted search keeps the best one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb, floor
from time import monotonic

import numpy as np

from compiler.synthesis.form import CubicForm, Plan, generic_rank
from compiler.synthesis.options import RATE, Effort
from compiler.synthesis.waring.dense import total_strength, waring_plan
from compiler.synthesis.waring.large import State, decompose, memory, random_start
from compiler.synthesis.waring.search import longest
from compiler.typing import Array, Say

AIMS = ((10.0, 1.15), (30.0, 1.10), (100.0, 1.05))
"""Efforts, and the multiple of the generic rank that the search goes down to at each of them."""

BELOW = (1.10, 1.05, 1.03, 1.02, 1.01, 1.0)
"""Multiples that are tried below the aim, while the effort lasts."""

LEAST_RATIO = 1.05
"""The search is tried where every other plan takes more powers than this multiple of the generic rank."""

LEAST_VARIABLES = 12
"""Forms of fewer variables are left to the dense search (`compiler.synthesis.waring.search`)."""

MOST_VARIABLES = 100
"""Forms of more variables are not searched: the time grows with the fifth power of their number."""

STARTS = 2
"""Random starts at one rank."""

START_SCALE = 0.1
"""Length of the starting vectors, as a share of the length at which they would make a tensor of the right size.

Short vectors grow only as far as the form demands: on dense forms the strength is a quarter less than from full length.
"""

USUAL_PRODUCTS = 1000.0
"""Products that a search takes with 15 % of its unknowns to spare; they grow like the slack to the power -3/2."""

PATIENCE = 6.0
"""Multiple of the usual number of products after which a search is given up."""


class Powers:
    """A decomposition ``f(x) = sum_r (v_r . x)^3`` whose operations are not written out yet.

    Parameters
    ----------
    form : CubicForm
    strategy : str
    v : array, shape (R, n)
    """

    def __init__(self, form: CubicForm, strategy: str, v: Array) -> None:
        self.strategy = strategy
        self.cubics = len(v)
        self.strength = total_strength(v)
        self.v = v
        self._form = form

    def plan(self) -> Plan:
        """Write the operations out."""
        return Plan(self.strategy, self._form.size, waring_plan(self._form, self.v).operations)


def ratios(effort: float) -> tuple[float, ...]:
    """Return the multiples of the generic rank that an effort goes through, the last being its aim.

    >>> ratios(5.0), ratios(10.0), ratios(100.0)
    ((), (1.15,), (1.15, 1.1, 1.05))
    """
    return tuple(ratio for least, ratio in AIMS if effort >= least)


def descend(
    core: CubicForm, below: int, level: float, lowest: float, seed: int, effort: Effort, cap: float, say: Say
) -> Iterator[Array]:
    """Decompositions of a form with fewer than ``below`` powers and fewer each time.

    Parameters
    ----------
    core : CubicForm
        In its essential variables, at least `LEAST_VARIABLES` and at most `MOST_VARIABLES`.
    below : int
    level : float
        The effort that names the aim (`ratios`).
    lowest : float
        The multiple of the generic rank below which the search need not go.
    seed : int
        Start s at rank R draws from the stream ``[seed, R, s]``.
    effort : Effort
        Bounds the search below the aim.
    cap : float
        Largest accepted sum of |gamma|.
    say : callable
        Called before every iteration with the residual and the time that is left.
    """
    generic, wanted = generic_rank(core.size), ratios(level)
    if not wanted or not LEAST_VARIABLES <= core.size <= MOST_VARIABLES:
        return
    tensor = core.tensor()
    found: Array | None = None
    for ratio in wanted:
        rank = min(floor(ratio * generic), below - 1)
        if found is not None and rank >= len(found):
            continue
        if rank < floor(LEAST_RATIO * generic):
            return
        found = _first_start(tensor, rank, seed, cap, say)
        if found is None:
            return
        yield found
    for ratio in BELOW:
        rank = floor(ratio * generic)
        if found is None or rank >= len(found) or ratio < lowest:
            continue
        products = min(PATIENCE * usual_products(core.size, rank), RATE * effort.left / product_work(core.size, rank))
        if products < usual_products(core.size, rank):
            return
        watch = Reporter(core.size, rank, say)
        found = decompose(tensor, longest(found, rank), int(products), watch)
        effort.spend(watch.products * product_work(core.size, rank))
        if found is None or total_strength(found) > cap:
            return
        yield found


def with_room(core: CubicForm, ratio: float, seed: int, say: Say) -> Array | None:
    """Return a decomposition with ``ratio`` times the generic rank of powers: more gates, and less strength."""
    return _first_start(core.tensor(), floor(ratio * generic_rank(core.size)), seed, float("inf"), say)


def _first_start(tensor: Array, rank: int, seed: int, cap: float, say: Say) -> Array | None:
    n = len(tensor)
    for start in range(STARTS):
        v = START_SCALE * random_start(tensor, rank, np.random.default_rng([seed, rank, start]))
        v_or_none = decompose(tensor, v, int(PATIENCE * usual_products(n, rank)), Reporter(n, rank, say))
        if v_or_none is not None and total_strength(v_or_none) <= cap:
            return v_or_none
    return None


def usual_products(n: int, rank: int) -> float:
    """Return the number of products that a search usually takes, by its share of unknowns to spare."""
    slack = max(rank * n / comb(n + 2, 3) - 1.0, 0.005)
    return float(USUAL_PRODUCTS * (0.15 / slack) ** 1.5)


def product_work(n: int, rank: int) -> float:
    """Return floating-point operations of one product."""
    return 6.0 * rank**2 * n


class Reporter:
    """Turns where a search stands into a progress line with the time that is left."""

    def __init__(self, n: int, rank: int, say: Say) -> None:
        self.products = 0
        self._n, self._rank, self._say = n, rank, say
        self._began = monotonic()

    def __call__(self, state: State) -> None:
        """Report the state in one line."""
        self.products = state.products
        left = max(usual_products(self._n, self._rank) - state.products, 0.0)
        seconds = (monotonic() - self._began) * left / max(state.products, 1)
        time = f", {seconds:.0f} s left" if state.products and seconds >= 1.0 else ""
        self._say(
            f"{self._rank} powers ({self._rank / generic_rank(self._n):.2f} of generic), iteration {state.iteration}, "
            f"residual {state.residual:.0e}{time}, {memory(self._n, self._rank) / 1e6:.0f} MB"
        )
