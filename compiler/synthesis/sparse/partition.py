r"""Partitions of sparse forms into stars and small windows, by simulated annealing.

A block of monomials with a common variable is a star, and takes twice the rank of its quadratic form. Other blocks in
few variables may take less where their monomials close cycles: the four edges abc, ade, bdf, cef take 9 gates instead
of 16, if the product of their weights is positive. Annealing moves single monomials between blocks that share a
variable (Kirkpatrick, Gelatt and Vecchi 1983), with the counts as its energy. The count of a window is not known before
a search; the first guess is the generic Waring rank, and what a search finds for one block is taken for all of its
`shape`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from math import exp, log

import numpy as np

from compiler.synthesis.form import CubicForm, Triple, generic_rank
from compiler.synthesis.options import RATE, Effort
from compiler.synthesis.peeling import natural_hub
from compiler.synthesis.structure import shared_factors, star_rank

Block = frozenset[Triple]
EMPTY: Block = frozenset()
Shape = tuple[tuple[tuple[int, ...], int], ...]

MOST_VARIABLES = 10
"""Variables of the largest window: larger ones have hardly ever enough monomials to win."""

STEPS = 500
"""Steps of annealing per monomial."""

MOST_STEPS = 100_000
"""Steps of one annealing at most."""

STEP_WORK = 5e4
"""Floating-point operations that take as long as one step, for the budget."""

HOTTEST, WARM, COLDEST = 0.8, 0.5, 0.2
"""Temperatures, in cubic gates: at the beginning of a first and of a later annealing, and at the end."""


def shape(block: Iterable[Triple]) -> Shape:
    """Return a key that is equal for blocks that differ in variable names only: the degrees along every monomial.

    >>> shape([(0, 1, 2), (2, 3, 4)]) == shape([(5, 7, 8), (6, 7, 9)])
    True
    """
    keys = list(block)
    degree = Counter(v for key in keys for v in key)
    pairs = Counter(pair for key in keys for pair in combinations(key, 2))
    return tuple(
        sorted(
            (tuple(sorted(degree[v] for v in key)), sum(pairs[pair] for pair in combinations(key, 2))) for key in keys
        )
    )


def _is_knotted(block: Block, variables: int) -> bool:
    """Return whether monomials close two cycles, and none is attached by one variable; others take four gates each."""
    degree = Counter(v for key in block for v in set(key))
    return 2 * len(block) > variables and all(sum(degree[v] > 1 for v in set(key)) > 1 for key in block)


def partition(
    form: CubicForm,
    known: Mapping[Shape, int],
    rng: np.random.Generator,
    effort: Effort,
    start: Iterable[Block] | None = None,
) -> list[Block]:
    """Divide the monomials of a form into blocks that take few cubic gates in all.

    Parameters
    ----------
    form : CubicForm
    known : mapping from shape to number of gates
        What windows of a shape are known to take; others are estimated.
    rng : numpy.random.Generator
    effort : Effort
        Bounds the number of steps.
    start : iterable of blocks, optional
        A partition to improve at a lower temperature; by default the stars of `shared_factors`, melted first.
    """
    annealing = _Annealing(form, known, start)
    steps = int(min(STEPS * len(form.terms), MOST_STEPS, effort.left * RATE / STEP_WORK))
    effort.spend(steps * STEP_WORK)
    return annealing.run(steps, HOTTEST if start is None else WARM, rng)


class _Annealing:
    """Blocks by number, what each takes, and the block of every monomial."""

    def __init__(self, form: CubicForm, known: Mapping[Shape, int], start: Iterable[Block] | None) -> None:
        self.form = form
        self.known = known
        self.counts: dict[Block, int] = {}
        if start is None:
            stars: dict[int, set[Triple]] = {}
            for key, hub in shared_factors(form).items():
                stars.setdefault(hub, set()).add(key)
            start = map(frozenset, stars.values())
        self.blocks: dict[int, Block] = dict(enumerate(start))
        self.where = {key: number for number, block in self.blocks.items() for key in block}
        self.alone = {key: (1, 3, 4)[len(set(key)) - 1] for key in form.terms}
        self.hubs = {key: frozenset(key if len(set(key)) == 3 else [natural_hub(key)]) for key in form.terms}
        at: dict[int, list[Triple]] = {}
        for key in form.terms:
            for v in set(key):
                at.setdefault(v, []).append(key)
        self.near = {key: [other for v in set(key) for other in at[v] if other != key] for key in form.terms}

    def count(self, block: Block) -> int:
        """Return the cubic gates that a block is expected to take."""
        if not block:
            return 0
        if block not in self.counts:
            self.counts[block] = self._estimate(block)
        return self.counts[block]

    def _estimate(self, block: Block) -> int:
        least = sum([self.alone[key] for key in block])
        if hubs := frozenset.intersection(*[self.hubs[key] for key in block]):
            terms = {key: self.form.terms[key] for key in block}
            for hub in hubs:
                cubed = (hub, hub, hub) in terms or any(len(set(key)) == 2 for key in terms)
                least = min(least, 2 * star_rank(hub, terms) + cubed)
        variables = len(frozenset().union(*block))
        window = generic_rank(variables) + (variables > 6)
        if variables <= MOST_VARIABLES and window < least and _is_knotted(block, variables):
            least = min(least, self.known.get(shape(block), window))
        return least

    def run(self, steps: int, hottest: float, rng: np.random.Generator) -> list[Block]:
        """Anneal, and return the best partition found."""
        keys = list(self.form.terms)
        counts = {number: self.count(block) for number, block in self.blocks.items()}
        total = least = sum(counts.values())
        best = list(self.blocks.values())
        fresh = len(self.blocks)
        cooling = log(COLDEST / hottest) / max(steps, 1)
        for step, (one, other, luck) in enumerate(rng.random((steps, 3)).tolist()):
            key = keys[int(one * len(keys))]
            near = self.near[key]
            if not near:
                continue
            here = self.where[key]
            there = self.where[near[int(other * len(near))]]
            if there == here:  # out of its block, into one of its own
                there, fresh = fresh, fresh + 1
            left, joined = self.blocks[here] - {key}, self.blocks.get(there, EMPTY) | {key}
            fewer, more = self.count(left), self.count(joined)
            change = fewer + more - counts[here] - counts.get(there, 0)
            if change <= 0 or luck < exp(-change / (hottest * exp(cooling * step))):
                self.blocks[there], counts[there], self.where[key] = joined, more, there
                self.blocks[here], counts[here] = left, fewer
                if not left:
                    del self.blocks[here], counts[here]
                total += change
                if total < least:
                    least, best = total, list(self.blocks.values())
        return best
