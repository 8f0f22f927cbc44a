"""Picture of a hypergraph: its edges are hulls around modes that stand on a circle or near their neighbours."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hardware_profiles.display import Picture
from hardware_profiles.display.figures import BLUE, INK, NODE, ORANGE, figure_picture, literal, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

MOST_MODES = 60
MOST_EDGES = 200
ON_CIRCLE = 12
"""Largest number of modes that stand on a circle; more are placed by their distances."""

WITH_WEIGHTS = 12
"""Largest number of edges whose weights are written."""


def shown_edges(graph: Hypergraph) -> tuple[Hyperedge, ...]:
    """Return the edges that are drawn: the first ones, all of whose modes are among the first `MOST_MODES`."""
    return tuple(edge for edge in graph.edges if edge.modes[-1] < MOST_MODES)[:MOST_EDGES]


def hypergraph_picture(graph: Hypergraph) -> Picture:
    """Return a hypergraph as a picture; blue edges have positive weights, orange ones negative weights.

    An edge of three or more modes is a shaded hull with a line from its centre to each of its modes, an edge of two
    modes is a line, and an edge of one mode is a ring around the mode.

    Examples
    --------
    >>> from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph
    >>> hypergraph_picture(Hypergraph(4, (Hyperedge((0, 1, 2), 0.3), Hyperedge((1, 3), -0.2)))).facts
    (('modes', '4'), ('edges', '2 (1 of size 2, 1 of size 3)'), ('weights', '-0.2 to 0.3'))
    """
    edges = shown_edges(graph)
    facts = [("modes", str(graph.modes)), ("edges", _sizes(graph))]
    if graph.edges:
        weights = [edge.weight for edge in graph.edges]
        facts.append(("weights", f"{min(weights):.6g} to {max(weights):.6g}"))
    missing = len(graph.edges) - len(edges), max(0, graph.modes - MOST_MODES)
    if any(missing):
        facts.append(("not drawn", f"{missing[0]} of {len(graph.edges)} edges, {missing[1]} of {graph.modes} modes"))
    with styled():
        figure = _figure(graph, edges, facts[-1] if any(missing) else None)
    return figure_picture(f"Hypergraph of {graph.modes} modes and {len(graph.edges)} edges", tuple(facts), figure)


def _sizes(graph: Hypergraph) -> str:
    counts = sorted(Counter(len(edge.modes) for edge in graph.edges).items())
    parts = [f"{count} of size {size}" for size, count in counts[:6]]
    more = ", ..." if len(counts) > 6 else ""
    return f"{len(graph.edges)} ({', '.join(parts)}{more})" if parts else "0"


def _figure(graph: Hypergraph, edges: tuple[Hyperedge, ...], note: tuple[str, str] | None) -> Figure:
    modes = min(graph.modes, MOST_MODES)
    side = 3.6 if modes <= ON_CIRCLE else 6.0
    figure = new_figure(side, side)
    axes = figure.add_subplot()
    places = _places(modes, edges)
    largest = max((abs(edge.weight) for edge in edges), default=0.0) or 1.0
    few = len(edges) <= WITH_WEIGHTS
    thickest = 2.7 if few else 1.0
    for edge in edges:
        _draw_edge(axes, edge, places, thickest * (0.3 + 0.7 * abs(edge.weight) / largest), few)
    for mode in range(modes):
        name = graph.labels[mode] if graph.labels else str(mode)
        axes.annotate(
            literal(name, 12), places[mode], ha="center", va="center", fontsize=8, color=INK, bbox=NODE, zorder=4
        )
    axes.update_datalim([places[mode] for mode in range(modes)])
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.margins(0.12)
    if note is not None:
        axes.set_title(f"{note[0]}: {note[1]}", fontsize=8)
    return figure


def _places(modes: int, edges: tuple[Hyperedge, ...]) -> dict[int, Any]:
    """Place few modes on a circle; place many modes so that their distances are numbers of edges between them."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(modes))
    if modes <= ON_CIRCLE:
        return dict(nx.circular_layout(graph))
    for edge in edges:
        graph.add_edges_from(combinations(edge.modes, 2))
    found = {mode: dict(lengths) for mode, lengths in nx.all_pairs_shortest_path_length(graph)}
    longest = max(max(lengths.values()) for lengths in found.values())
    apart = max(2.0, 0.6 * longest)  # of modes that no path joins; farther, they would shrink the rest
    distances = {a: {b: lengths.get(b, apart) for b in range(modes)} for a, lengths in found.items()}
    return dict(nx.kamada_kawai_layout(graph, dist=distances))


def _draw_edge(axes: Axes, edge: Hyperedge, places: dict[int, Any], width: float, with_weight: bool) -> None:
    import numpy as np
    from scipy.spatial import ConvexHull, QhullError

    points = np.array([places[mode] for mode in edge.modes])
    centre = points.mean(axis=0)
    colour = BLUE if edge.weight >= 0.0 else ORANGE
    if len(points) == 1:
        axes.scatter(points[:, 0], points[:, 1], s=520, facecolor="none", edgecolor=colour, lw=width, zorder=2)
    if len(points) > 2:
        try:
            corners = points[ConvexHull(points).vertices]
        except QhullError:  # the modes lie on a line
            corners = points
        axes.fill(*corners.T, color=colour, alpha=0.13, lw=0)
    for point in points if len(points) > 1 else ():
        axes.plot(*np.stack([centre, point]).T, color=colour, lw=width, alpha=0.7, zorder=1)
    if with_weight:
        at = centre if len(points) > 1 else centre + np.array([0.0, 0.2])
        box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"}
        axes.annotate(f"{edge.weight:+.3g}", at, color=colour, ha="center", va="center", fontsize=8, bbox=box, zorder=5)
