r"""The strategies for one connected cubic form, in order: exact ones, closed forms, divisions, then searches.

A search is tried by count: the matrix-free Waring search where every other plan takes more than about the generic rank,
whether the form is dense or sparse; mixtures for few monomials. What each strategy reached is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from math import floor

import numpy as np

from compiler.interrupt import Control, SearchStopped
from compiler.synthesis.form import CubicForm, Plan, Triple, generic_rank
from compiler.synthesis.layers.counts import layer_plans
from compiler.synthesis.options import LAYERS, Effort, SynthesisOptions
from compiler.synthesis.peeling import peel
from compiler.synthesis.pencils import paired_peeling, reach
from compiler.synthesis.polarization import polarize
from compiler.synthesis.sparse.communities import communities
from compiler.synthesis.sparse.mixture import mixture
from compiler.synthesis.structure import (
    WINDOW,
    essential,
    is_dense,
    peeled_cubics,
    shared_factors,
)
from compiler.synthesis.symmetric import symmetric_family
from compiler.synthesis.waring.dense import waring_plan, work
from compiler.synthesis.waring.descent import AIMS, LEAST_RATIO, MOST_VARIABLES, Powers, descend, ratios, with_room
from compiler.synthesis.waring.search import fewest_powers
from compiler.typing import Array

Candidate = Plan | Powers

AFTER_INTERRUPT = "searches after the interrupt"
"""Name of the row for searches that were not tried because the user ended them."""

MOST_MONOMIALS_WRITTEN_OUT = 3000
"""Polarization of more monomials than this is counted, but not written out."""

USUAL_ITERATIONS = 60
"""Iterations of a dense Waring search with a few unknowns to spare that are often enough."""

WARM_ITERATIONS = 45
"""Iterations that are often enough from a decomposition with a few powers more."""

LARGEST_MIXTURE_MONOMIALS = 400
"""Components of more monomials than this are not partitioned into blocks."""

MIXTURE_GAIN = 0.8
"""A mixture is not expected to take less than this share of the gates of eigen-peeling."""

UNBEATABLE_BY_POLARIZATION = {(3, "cubics"), (3, "strength"), (2, "cubics"), (2, "depth")}
"""Objectives in which polarization of one monomial, by its number of different variables, cannot be beaten."""

DESCENT_SHARE = 0.3
"""Share of the effort that the matrix-free search may take to go below its aim; at the greatest effort, all."""

ROOM = (1.25, 1.5, 2.0)
"""Multiples of the generic rank at which the trade of gates for strength is shown."""

STRENGTH_ROOM = (1.15, 1.5, 2.0, 3.0)
"""Multiples of the generic rank among which the objective strength looks for the least."""

LARGEST_DENSE_SEARCH = 20
"""Forms of at most so many modes are expected to reach the generic rank and one more by the dense search."""

LARGEST_FREE_TRADE_OFF = 60
"""Forms of more modes show the trade of gates for strength only at an effort beyond the default aim's."""


class Candidates:
    """Plans for one form, strategy by strategy.

    Parameters
    ----------
    form : CubicForm
        Connected.
    options : SynthesisOptions
    control : Control
        Hears of progress, and ends searches.
    inner : callable
        The best plan of a part of the form, on the same variables.

    Attributes
    ----------
    found : list of (str, Plan, Powers or None)
        What every strategy that was tried reached, in order.
    """

    def __init__(
        self, form: CubicForm, options: SynthesisOptions, control: Control, inner: Callable[[CubicForm], Plan]
    ) -> None:
        self.found: list[tuple[str, Candidate | None]] = []
        self._form, self._options, self._control, self._inner = form, options, control, inner
        self._cap = options.strength_cap * form.polarization_strength
        self._effort = Effort(options.effort)
        self._what = f"{len(form.terms)} cubic monomials on {form.size} modes"
        with suppress(SearchStopped):  # a signal may arrive between the end of a search and the line after it
            self._run()
        if control.stopped:
            self._add(AFTER_INTERRUPT, None)

    def _add(self, name: str, candidate: Candidate | None) -> None:
        self.found.append((name, candidate))

    @property
    def _best(self) -> int:
        """The fewest gates so far."""
        return min(c.cubics for _, c in self.found if c is not None and c.strength <= self._cap * (1.0 + 1e-12))

    @cached_property
    def _essential(self) -> tuple[CubicForm, Array]:
        """The form on its essential variables; forms of too many modes for a tensor as they are."""
        if self._form.size > MOST_VARIABLES:
            return self._form, np.eye(self._form.size)
        return essential(self._form)

    @property
    def _is_patient(self) -> bool:
        """Whether the matrix-free search goes as far as it can, at the greatest effort; else the dense one goes on."""
        return self._essential[0].size > LARGEST_DENSE_SEARCH and self._options.effort >= AIMS[-1][0]

    def _run(self) -> None:
        form, objective = self._form, self._options.objective
        self._add("polarization", polarize(form) if len(form.terms) <= MOST_MONOMIALS_WRITTEN_OUT else None)
        single = len(form.terms) == 1
        distinct = len(set(next(iter(form.terms))))
        if single and (distinct == 1 or (distinct, objective) in UNBEATABLE_BY_POLARIZATION):
            return
        hubs = shared_factors(form)
        peeled = coloured(form, hubs)
        self._add("eigen-peeling", peeled)
        if objective == "strength" or peeled.strength > self._cap:
            self._add("eigen-peeling (tilted)", peel(form, hubs, tilted=True))  # never stronger than polarization
        if single:
            return
        if objective == "depth":
            self._layers()
            return
        if objective == "cubics":
            self._closed_form()
            self._communities()
            self._waring(peeled)
        self._trade_off()

    def _closed_form(self) -> None:
        """Try a symmetric family, and realise what it leaves over."""
        family = symmetric_family(self._form)
        if family is None:
            return
        rest = CubicForm(self._form.size, family.rest)
        if len(family.v) + self._expected(rest) >= self._best:
            return
        operations = waring_plan(self._form, family.v).operations
        if rest.terms:
            operations += self._inner(rest).operations
        self._add("symmetric family", Plan("symmetric family", self._form.size, operations))

    def _communities(self) -> None:
        """Try dense parts with few connections one by one."""
        if is_dense(self._form):
            return
        parts = communities(self._form, self._expected, self._options.seed)
        if parts is None or sum(map(self._expected, parts)) >= self._best:
            return
        self._control.say(f"{len(parts)} communities of {self._what}")
        operations = tuple(op for part in parts for op in self._inner(part).operations)
        self._add("communities", Plan("communities", self._form.size, operations))

    def _waring(self, peeled: Plan) -> None:
        """Search for few powers; try paired peeling and mixtures where the searches find none."""
        form, options, effort, control = self._form, self._options, self._effort, self._control
        with control.search():
            self._descend()
        warm = next((c for _, c in self.found if isinstance(c, Powers)), None)
        dense = is_dense(form) and all(len(set(key)) == 3 for key in form.terms)
        part = effort.part(0.9 if dense else 0.7)
        iterations = USUAL_ITERATIONS if warm is None else WARM_ITERATIONS
        affordable = not dense or reach(form.size, part, iterations) == form.size
        variables = self._essential[0].size
        hopeful = variables <= WINDOW or self._best >= generic_rank(variables)  # below it little was ever found
        done = warm is not None and self._is_patient
        if affordable and hopeful and not done and not control.stopped:
            control.say(f"Waring decomposition of {self._what}")
            start = None if warm is None else warm.v
            with control.search():
                self._add("waring", fewest_powers(form, self._best + 1, options.seed, part, self._cap, start))
        effort.give_back(part)
        if dense and not control.stopped and self._best >= peeled.cubics:
            control.say(f"paired peeling of {self._what}")
            with control.search():
                self._add("paired peeling", paired_peeling(form, options.seed, effort, options.strength_cap))
        few = len(form.terms) <= LARGEST_MIXTURE_MONOMIALS and form.size > 3 and options.effort > 0.0
        if few and MIXTURE_GAIN * peeled.cubics < self._best and not control.stopped:
            control.say(f"mixtures for {self._what}")
            with control.search():
                mixed = mixture(form, options.seed, effort, options.strength_cap)
                if mixed is not None:
                    self._add("mixture", mixed)

    def _descend(self) -> None:
        options = self._options
        core, basis = self._essential
        generic = generic_rank(core.size)
        if self._control.stopped or self._best <= LEAST_RATIO * generic:
            return
        dense = not self._is_patient and self._effort.affords(USUAL_ITERATIONS * work((generic + 1) * core.size))
        lowest = LEAST_RATIO if dense else 0.0  # the dense search goes on from there
        part = self._effort.part(1.0 if self._is_patient else DESCENT_SHARE)
        say = self._control.say
        for v in descend(core, self._best, options.effort, lowest, options.seed, part, self._cap, say):
            self._add_powers(v @ basis, generic)
        self._effort.give_back(part)

    def _add_powers(self, v: Array, generic: int) -> None:
        name = f"waring ({len(v) / generic:.2f} of the generic rank)"
        self._add(name, Powers(self._form, name, v))

    def _trade_off(self) -> None:
        """Try more powers for less strength: all of them for the objective strength, else a few for dense forms."""
        form, options = self._form, self._options
        generic = generic_rank(form.size)
        if options.effort < AIMS[0][0] or len(form.terms) <= generic or form.size > MOST_VARIABLES:
            return
        if options.objective == "cubics":
            free = form.size <= LARGEST_FREE_TRADE_OFF or options.effort >= AIMS[1][0]
            if not (free and is_dense(form) and self._best >= generic):
                return
        for ratio in STRENGTH_ROOM if options.objective == "strength" else ROOM:
            if not self._control.stopped:
                with self._control.search():
                    v = with_room(form, ratio, options.seed, self._control.say)
                    if v is not None:
                        self._add_powers(v, generic)

    def _layers(self) -> None:
        """Try orthogonal layers near the counting bound."""
        if self._control.stopped:
            return
        best: dict[int, Plan | None] = {}
        deepest = min(c.depth for _, c in self.found if isinstance(c, Plan) and c.strength <= self._cap)
        found = layer_plans(self._form, self._options.seed, self._effort, self._cap, self._control.say, deepest)
        with self._control.search():
            for count, plan in found:
                best[count] = plan
        for count in sorted(best):
            self._add(f"{LAYERS} ({count})", best[count])

    def _expected(self, form: CubicForm) -> int:
        """Return the number of cubic gates that a form is expected to take, all its components together."""
        return sum(self._expected_connected(piece) for piece, _ in form.components())

    def _expected_connected(self, piece: CubicForm) -> int:
        options = [piece.polarization_cubics, peeled_cubics(piece)]
        if (family := symmetric_family(piece)) is not None:
            options.append(len(family.v) + 4 * len(family.rest))
        if self._options.effort > 0.0 and len(piece.terms) > 1:
            generic = generic_rank(piece.size)
            if piece.size <= LARGEST_DENSE_SEARCH:
                options.append(generic + 1)
            elif aims := ratios(self._options.effort):
                options.append(floor(aims[-1] * generic))
        return min(options)


def coloured(form: CubicForm, hubs: dict[Triple, int]) -> Plan:
    """Realise a form by eigen-peeling, with stars without common variables side by side."""
    import networkx as nx

    stars: dict[int, set[int]] = {}
    for key, hub in hubs.items():
        stars.setdefault(hub, set()).update(key)
    graph = nx.Graph()
    graph.add_nodes_from(stars)
    graph.add_edges_from((a, b) for a in stars for b in stars if a < b and stars[a] & stars[b])
    colour = nx.greedy_color(graph, strategy="DSATUR")
    order = sorted(hubs, key=lambda key: (colour[hubs[key]], hubs[key], key))
    return peel(CubicForm(form.size, {key: form.terms[key] for key in order}), hubs)
