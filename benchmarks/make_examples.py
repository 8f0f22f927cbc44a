"""Write the example hypergraphs: one triangle, and two made from real data that networkx ships.

- ``karate_triangles.json``: W. W. Zachary's karate club (J. Anthropol. Res. 33, 452 (1977)). Modes are the 34 members,
  edges the 45 triangles of the friendship network, weights 0.05 times the geometric mean of the three tie strengths.
- ``davis_women.json``: A. Davis, B. B. Gardner and M. R. Gardner, Deep South (1941). Modes are the 18 women, edges the
  events that at most four of them attended, weight 0.2. ``davis_women_triples.json`` keeps the events of three.
- ``triangle.json``, ``cell.json``: one 3-edge, and one unit cell that reads p.

Run with ``make examples``.
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from compiler.files import json_text, write_text
from qumode_khrnn.network.cell import CELL_FORMAT, CELL_VERSION
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph

HERE = Path(__file__).parent.parent / "qumode_khrnn" / "examples"


def karate_triangles() -> Hypergraph:
    """The triangles of Zachary's karate club."""
    graph = nx.karate_club_graph()
    triangles = sorted(tuple(sorted(c)) for c in nx.enumerate_all_cliques(graph) if len(c) == 3)
    edges = []
    for a, b, c in triangles:
        strength = graph[a][b]["weight"] * graph[a][c]["weight"] * graph[b][c]["weight"]
        edges.append(Hyperedge((a, b, c), round(0.05 * strength ** (1 / 3), 6)))
    return Hypergraph(graph.number_of_nodes(), tuple(edges))


def davis_women(largest: int) -> tuple[Hypergraph, list[str]]:
    """The events of the Davis Southern Women data with at most ``largest`` women, and the women's names."""
    graph = nx.davis_southern_women_graph()
    women = list(graph.graph["top"])
    index = {woman: i for i, woman in enumerate(women)}
    groups = [tuple(index[w] for w in graph[event]) for event in graph.graph["bottom"]]
    edges = tuple(Hyperedge(group, 0.2) for group in groups if len(group) <= largest)
    return Hypergraph(len(women), edges), women


def main() -> None:
    """Write the files beside this script."""
    source = "networkx.{}; made by benchmarks/make_examples.py"
    karate = {**karate_triangles().to_json(), "source": source.format("karate_club_graph")}
    write_text(HERE / "karate_triangles.json", json_text(karate))
    for name, largest in (("davis_women", 4), ("davis_women_triples", 3)):
        graph, women = davis_women(largest)
        data = {**graph.to_json(), "names": women, "source": source.format("davis_southern_women_graph")}
        write_text(HERE / f"{name}.json", json_text(data))
    write_text(HERE / "triangle.json", json_text(Hypergraph(3, (Hyperedge((0, 1, 2), 0.3),)).to_json()))
    cell = {
        "format": CELL_FORMAT,
        "version": CELL_VERSION,
        "modes": 4,
        "edges": [{"modes": [0, 1, 2], "weight": 0.3}],
        "shifts": [{"mode": 3, "amount": 0.5}],
        "readout": {"quadrature": "p", "mode": 0},
    }
    write_text(HERE / "cell.json", json_text(cell))


if __name__ == "__main__":
    main()
