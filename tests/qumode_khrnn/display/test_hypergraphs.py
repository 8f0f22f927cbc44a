"""Pictures of hypergraphs: every mode and edge is drawn or counted, and names are shown as they are."""

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from qumode_khrnn import Hyperedge, Hypergraph, random_hypergraph
from qumode_khrnn.display.hypergraphs import MOST_EDGES, MOST_MODES, shown_edges


def texts(graph):
    return [text.get_text() for text in graph.draw().figure.axes[0].texts]


def test_every_mode_and_every_edge_is_drawn():
    graph = Hypergraph(5, (Hyperedge((0, 1, 2), 0.25), Hyperedge((1, 3), -0.5), Hyperedge((4,), 0.125)))
    axes = graph.draw().figure.axes[0]
    assert {text.get_text() for text in axes.texts} == {"0", "1", "2", "3", "4", "+0.25", "-0.5", "+0.125"}
    assert (len(axes.patches), len(axes.lines), len(axes.collections)) == (1, 3 + 2, 1)  # hulls, spokes, rings


def test_names_are_shown_as_they_are():
    graph = Hypergraph(3, (Hyperedge((0, 1, 2), 1.0),), ("$x$", "<script>", "a & b"))
    root = ElementTree.fromstring(graph.draw().svg)
    shown = {"".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert shown >= {"$x$", "<script>", "a & b"}
    assert "<script>" not in graph._repr_html_() and "[$x$, <script>, a & b]" in str(graph)


def test_a_large_hypergraph_says_what_is_not_drawn():
    graph = random_hypergraph(100, 3, np.random.default_rng(1), 3000)
    edges = shown_edges(graph)
    assert len(edges) == MOST_EDGES and all(max(edge.modes) < MOST_MODES for edge in edges)
    assert ("not drawn", "2800 of 3000 edges, 40 of 100 modes") in graph.draw().facts
    assert graph.draw().figure.axes[0].get_title() == "not drawn: 2800 of 3000 edges, 40 of 100 modes"
    assert len(texts(graph)) == MOST_MODES


@pytest.mark.parametrize("modes", [1, 2, 13, 60])
def test_hypergraphs_without_edges_and_in_parts_are_drawn(modes):
    assert len(texts(Hypergraph(modes))) == modes
    if modes > 5:
        parts = [edge for start in (0, 3) for edge in combinations(range(start, start + 3), 2)]
        places = {
            tuple(text.xy)
            for text in Hypergraph(modes, tuple(Hyperedge(e, 1.0) for e in parts)).draw().figure.axes[0].texts
        }
        assert np.isfinite(list(places)).all() and len(places) >= modes


def test_hypergraphs_print_their_first_edges():
    graph = random_hypergraph(20, 3, np.random.default_rng(1), 100)
    lines = str(graph).splitlines()
    assert lines[0] == repr(graph) == "<Hypergraph: 20 modes, 100 edges of up to 3 modes>"
    assert len(lines) == 42 and lines[-1] == "... and 60 further edges, not shown"
