"""Communities: dense parts of a hypergraph that few edges or single modes join, each realised by itself.

Two communities of 20 modes need 2 x 78 gates by themselves and about 290 as one form of 40 modes, because the generic
Waring rank grows with the square of the number of modes. What joins the communities is realised apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from compiler.synthesis.form import CubicForm, Triple, local_form

Part = dict[Triple, float]

RESOLUTIONS = (0.5, 1.0)
"""Resolution of the search for communities (Louvain): larger values give smaller communities."""

LEAST_MODES = 6
"""Forms of fewer modes are not divided."""


def communities(form: CubicForm, cost: Callable[[CubicForm], int], seed: int) -> list[CubicForm] | None:
    """Divide the monomials of a form into parts that are cheaper one by one; None if no division is.

    Candidates are the biconnected blocks of the graph of common monomials, and communities that maximise modularity
    (Blondel, Guillaume, Lambiotte and Lefebvre 2008, as networkx has it) with the monomials that cross them apart.

    Parameters
    ----------
    form : CubicForm
    cost : callable
        Estimates the number of cubic gates of a form, which need not be connected.
    seed : int
        Seed of the search for communities.

    Returns
    -------
    list of CubicForm, or None
        Parts on the same variables, whose sum is the form.

    Examples
    --------
    >>> from itertools import combinations
    >>> keys = (*combinations(range(8), 3), *combinations(range(7, 15), 3))  # two dense parts with one common mode
    >>> parts = communities(CubicForm(15, {key: 1.0 for key in keys}), lambda part: part.size**2, 0)
    >>> [len(part.terms) for part in parts]
    [56, 56]
    """
    if form.size < LEAST_MODES:
        return None
    best, least = None, _total(cost, [dict(form.terms)])
    for parts in _divisions(form, seed):
        if len(parts) > 1 and (total := _total(cost, parts)) < least:
            best, least = parts, total
    return None if best is None else [CubicForm(form.size, part) for part in best]


def _total(cost: Callable[[CubicForm], int], parts: list[Part]) -> int:
    return sum(cost(local_form(part)[0]) for part in parts)


def _divisions(form: CubicForm, seed: int) -> Iterable[list[Part]]:
    import networkx as nx

    graph = nx.Graph()
    for a, b, c in form.terms:
        for left, right in ((a, b), (a, c), (b, c)):
            if left != right:
                graph.add_edge(left, right, weight=graph.get_edge_data(left, right, {"weight": 0})["weight"] + 1)
    blocks = [set(block) for block in nx.biconnected_components(graph)]
    yield _divided(form, blocks)
    for resolution in RESOLUTIONS:
        found = nx.community.louvain_communities(graph, resolution=resolution, seed=seed % 2**32)
        yield _divided(form, [set(group) for group in found])


def _divided(form: CubicForm, groups: list[set[int]]) -> list[Part]:
    """Return the monomials inside every group, and those in none."""
    parts: list[Part] = [{} for _ in range(len(groups) + 1)]
    of: dict[int, list[int]] = {}
    for number, group in enumerate(groups):
        for mode in group:
            of.setdefault(mode, []).append(number)
    for key, c in form.terms.items():
        inside = [number for number in of.get(key[0], ()) if groups[number].issuperset(key)]
        parts[inside[0] if inside else -1][key] = c
    return [part for part in parts if part]
