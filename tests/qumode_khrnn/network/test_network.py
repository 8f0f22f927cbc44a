"""Hypergraphs, unit cells, and the constant cost of a cell."""

from math import inf, nan

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import EXAMPLES

from compiler.costs.resources import resources
from compiler.errors import InputError
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile
from qumode_khrnn.network.cell import Network, Readout, Shift, UnitCell, cell_from_json, state_circuit
from qumode_khrnn.network.formats.graphs import hypergraph_from_networkx
from qumode_khrnn.network.formats.read import read_hypergraph
from qumode_khrnn.network.formats.table import hypergraph_from_csv
from qumode_khrnn.network.hypergraph import Hyperedge, Hypergraph, hypergraph_from_json, random_hypergraph


def graph_json(**changes):
    return {"modes": 4, "edges": [{"modes": [0, 1, 2], "weight": 0.3}], **changes}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "JSON object"),
        ({"modes": 3}, "edges"),
        (graph_json(modes=-1), "modes"),
        (graph_json(modes=True), "modes"),
        (graph_json(modes=2), "found 2"),
        (graph_json(colour=1), "colour"),
        (graph_json(k=2), "at most k = 2"),
        (graph_json(k="3"), '"k"'),
        (graph_json(edges=[{"modes": [0, 1, 1], "weight": 0.3}]), "found 1 twice"),
        (graph_json(edges=[{"modes": [], "weight": 0.3}]), "at least one mode"),
        (graph_json(edges=[{"modes": [0.5], "weight": 0.3}]), "integers"),
        (graph_json(edges=[{"modes": [0], "weight": nan}]), "finite"),
        (graph_json(edges=[{"modes": [0], "weight": inf}]), "finite"),
        (graph_json(edges=[{"modes": [0], "weight": "0.3"}]), "must be a number"),
        (graph_json(edges=[{"modes": [0]}]), "edge 0"),
    ],
)
def test_broken_hypergraphs_name_what_is_wrong(data, message):
    with pytest.raises(InputError, match=message) as caught:
        hypergraph_from_json(data, "file.json")
    assert str(caught.value).startswith("file.json: ")


@given(st.integers(0, 10**6))
def test_json_round_trip(seed):
    rng = np.random.default_rng(seed)
    graph = random_hypergraph(6, int(rng.integers(1, 5)), rng, 4)
    assert hypergraph_from_json(graph.to_json(), "x") == graph
    rows = "\n".join(",".join(map(str, [*e.modes, e.weight])) for e in graph.edges)
    assert hypergraph_from_csv(rows, "x").edges == graph.edges


@pytest.mark.parametrize("text", ["", "# only a comment", "0,1,a", "a,1,0.5", "0,0,0.5", "0,1,nan", "0.5"])
def test_broken_csv_is_refused(text):
    with pytest.raises(InputError, match=r"x\.csv"):
        hypergraph_from_csv(text, "x.csv")


def test_networkx_graphs_and_incidence_graphs():
    assert hypergraph_from_networkx(nx.complete_graph(4)).order == 2
    davis = nx.davis_southern_women_graph()
    graph = hypergraph_from_networkx(davis)
    assert graph.modes == 18
    assert sorted(len(e.modes) for e in graph.edges) == sorted(davis.degree(e) for e in davis.graph["bottom"])


def test_weights_of_networkx_graphs_are_read_and_are_one_by_default():
    """Modes are numbered in the order of the graph; what an incidence weighs says nothing."""
    incidence = nx.Graph()
    incidence.add_nodes_from([5, "a"], bipartite=0)
    incidence.add_nodes_from(["e", "f"], bipartite=1)
    incidence.add_node(9, bipartite=0)
    incidence.nodes["f"]["weight"] = -0.25
    incidence.add_edges_from(
        [(5, "e"), ("a", "e"), (9, "e"), (9, "f")], weight=7.0
    )  # weights of incidences say nothing
    found = hypergraph_from_networkx(incidence)
    assert found == Hypergraph(3, (Hyperedge((0, 1, 2), 1.0), Hyperedge((2,), -0.25)))
    plain = nx.Graph()
    plain.add_nodes_from([5, 3, 9])
    plain.add_edge(9, 5, weight=0.5)
    plain.add_edge(3, 5)
    assert set(hypergraph_from_networkx(plain).edges) == {Hyperedge((0, 2), 0.5), Hyperedge((0, 1), 1.0)}
    for _, data in incidence.nodes(data=True):
        del data["bipartite"]  # now it is a plain graph, whose edges have their weights
    assert {edge.weight for edge in hypergraph_from_networkx(incidence).edges} == {7.0}
    assert hypergraph_from_networkx(incidence).modes == 5
    for kind in (nx.DiGraph, nx.MultiGraph):
        with pytest.raises(InputError, match="undirected graph without parallel edges"):
            hypergraph_from_networkx(kind([(0, 1)]))


def test_the_examples_are_the_real_data():
    folder = EXAMPLES
    karate = read_hypergraph(folder / "karate_triangles.json")
    triangles = {tuple(sorted(c)) for c in nx.enumerate_all_cliques(nx.karate_club_graph()) if len(c) == 3}
    assert (karate.modes, len(karate.edges)) == (34, 45)
    assert {e.modes for e in karate.edges} == triangles
    davis = read_hypergraph(folder / "davis_women.json")
    assert (davis.modes, sorted(len(e.modes) for e in davis.edges)) == (18, [3, 3, 3, 3, 4, 4])


def test_independent_modes_share_no_edge():
    graph = random_hypergraph(12, 3, np.random.default_rng(3), 15)
    chosen = set(graph.independent_modes())
    assert all(len(chosen & set(edge.modes)) <= 1 for edge in graph.edges)
    assert all(chosen & {m, *graph.neighbours(m)} for m in range(12))  # no mode could be added


@pytest.mark.parametrize("profile", ["ideal-cubic", "photonic-cubic"])
def test_unit_cell_cost_does_not_depend_on_the_number_of_modes(profile):
    device = load_profile(profile)
    costs = set()
    for n in range(4, 61, 7):
        cell = UnitCell((Hyperedge((0, n // 2, n - 1), 0.3),), (Shift(1, 0.2),), Readout("p", n - 1))
        compiled = compile_circuit(Network(n, 1.0, 1.0).circuit([cell], prepare=False), device)
        costs.add((tuple(compiled.resources.counts.items()), compiled.resources.depth))
    assert len(costs) == 1


def test_state_circuit_reads_every_mode_once():
    graph = Hypergraph(5, (Hyperedge((0, 1, 2), 0.3), Hyperedge((2, 3), 0.1)))
    circuit = state_circuit(graph, 1.0)
    assert circuit.results == ("x1", "x2", "p0", "p3", "p4")
    assert resources(circuit).counts["homodyne"] == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "x"}, "format"),
        ({"version": 2}, "version"),
        ({"modes": 0}, "modes"),
        ({"extra": 1}, "extra"),
        ({"readout": {"quadrature": "z", "mode": 0}}, "quadrature"),
        ({"readout": {"quadrature": "p", "mode": 9}}, r"0\.\.3"),
        ({"readout": "p0"}, "mode"),
        ({"shifts": [{"mode": 0}]}, "amount"),
        ({"shifts": {"mode": 0, "amount": 1.0}}, "shifts"),
    ],
)
def test_broken_cells_are_refused(changes, message):
    data = {"format": "qumode-khrnn/cell", "version": 1, "modes": 4, "edges": [], **changes}
    with pytest.raises(InputError, match=message):
        cell_from_json(data, "cell.json")


def test_readouts_add_the_ancilla_to_the_quadrature_and_disturb_the_conjugate():
    from compiler.semantics.phase_space import push

    for quadrature in ("x", "p"):
        circuit = Network(1, 1.0, 1.0).circuit([UnitCell((), (), Readout(quadrature, 0))], prepare=False)
        x, p = np.array([[0.3], [0.0]]), np.array([[0.7], [0.0]])
        ancilla = np.array([0.11]), np.array([0.05])
        pushed = push(circuit, x, p, lambda mode, occurrence, point=ancilla: point)
        if quadrature == "x":
            expected = (0.3 + 0.11, 0.3, 0.7 - 0.05)
        else:
            expected = (0.7 + 0.05, 0.3 - 0.11, 0.7)
        assert (pushed.results["y0"][0], pushed.x[0, 0], pushed.p[0, 0]) == pytest.approx(expected, abs=1e-15)


def test_network_refuses_impossible_squeezing():
    for bad in (-0.1, nan, inf, 11.0):
        with pytest.raises(InputError, match="squeezing"):
            Network(3, bad, 1.0)
