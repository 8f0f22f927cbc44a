"""Hyperedges from other packages' numbers, labels, and independent modes of many edges."""

from decimal import Decimal
from time import perf_counter

import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn import Hyperedge, Hypergraph
from qumode_khrnn.network.cell import state_circuit
from qumode_khrnn.network.hypergraph import hypergraph_from_json


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.int64, np.uint64])
def test_integers_of_numpy_are_modes(kind):
    edge = Hyperedge(tuple(np.array([2, 0, 1], dtype=kind)), 0.3)
    assert edge == Hyperedge((0, 1, 2), 0.3)
    assert [type(mode) for mode in edge.modes] == [int, int, int]


@pytest.mark.parametrize("modes", [np.arange(3), [0, 1, 2], range(3), (m for m in (2, 1, 0))])
def test_modes_may_stand_in_any_sequence(modes):
    assert Hyperedge(modes, 0.3).modes == (0, 1, 2)


@pytest.mark.parametrize("weight", [np.float64(0.5), np.float32(0.5), np.float16(0.5), np.array(0.5), 0.5])
def test_real_numbers_of_numpy_are_weights(weight):
    edge = Hyperedge((0, 1), weight)
    assert (edge.weight, type(edge.weight)) == (0.5, float)
    whole = Hyperedge((0,), np.int64(2))
    assert (whole.weight, type(whole.weight)) == (2.0, float)


@pytest.mark.parametrize(
    ("modes", "found"),
    [
        ((0, 1.5), "1.5 of type float"),
        ((0, np.float64(1.0)), "of type float64"),
        ((0, float("nan")), "nan of type float"),
        ((0, None), "None of type NoneType"),
        ((0, "1"), "'1' of type str"),
        ((0, 1j), "of type complex"),
        ((0, True), "True of type bool"),
        ((0, np.True_), "of type bool"),
        ((0, Decimal(1)), "of type Decimal"),
        ((0, -1), "-1 of type int"),
        ((-1, 0), "-1 of type int"),
        ((0, np.int64(-1)), "of type int64"),
        (((0, 1), 2), "(0, 1) of type tuple"),
        ("01", "'01' of type str"),
        (3, "3 of type int"),
        (None, "None of type NoneType"),
        (np.array(3), "of type ndarray"),
        (np.array([[0, 1]]), "of type ndarray"),
    ],
)
def test_anything_else_is_refused_as_a_mode_with_its_type(modes, found):
    with pytest.raises(InputError) as caught:
        Hyperedge(modes, 0.3)
    assert found in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("weight", "found"),
    [
        (None, "None of type NoneType"),
        ("0.3", "'0.3' of type str"),
        (0.3 + 0j, "of type complex"),
        (True, "True of type bool"),
        (np.True_, "of type bool"),
        (np.complex64(1), "of type complex"),
        (float("nan"), "finite"),
        (float("-inf"), "finite"),
        (np.float16("nan"), "finite"),
        (np.float32("inf"), "finite"),
        (np.longdouble("nan"), "finite"),
        (10**400, "finite"),
        (np.array([0.3]), "of type ndarray"),
    ],
)
def test_anything_else_is_refused_as_a_weight_with_its_type(weight, found):
    with pytest.raises(InputError) as caught:
        Hyperedge((0, 1), weight)
    assert found in str(caught.value) and "the weight" in str(caught.value) and "\n" not in str(caught.value)


def test_the_number_of_modes_may_be_numpys():
    assert type(Hypergraph(np.int64(3)).modes) is int
    for wrong in (True, 3.0, None, "3", 0, 10_001):
        with pytest.raises(InputError, match=r"integer in 1\.\.10000"):
            Hypergraph(wrong)


def test_messages_about_long_edges_stay_short():
    with pytest.raises(InputError, match="found 7 twice") as caught:
        Hyperedge((*range(100_000), 7), 0.3)
    assert len(str(caught.value)) < 200


def test_labels_are_kept_and_say_nothing_about_equality():
    named = Hypergraph(2, (Hyperedge((0, 1), 0.3),), ("alice", "bob"))
    assert named == Hypergraph(2, (Hyperedge((0, 1), 0.3),))
    data = named.to_json()
    assert data["names"] == ["alice", "bob"]
    assert hypergraph_from_json(data, "x").labels == ("alice", "bob")
    assert "names" not in Hypergraph(2).to_json()


@pytest.mark.parametrize("names", [["alice"], ["alice", "bob", "carol"], ["a", 1], ["a", ""], ["a", "b\nc"], "ab", {}])
def test_names_must_be_one_printable_text_per_mode(names):
    with pytest.raises(InputError, match=r"labels must|names"):
        hypergraph_from_json({"modes": 2, "edges": [], "names": names}, "x")


def test_an_edge_beyond_the_compiler_is_named_by_its_labels():
    labels = tuple(f"n{m}" for m in range(13))
    graph = Hypergraph(13, (Hyperedge((0, 1), 0.1), Hyperedge(tuple(range(13)), 0.3)), labels)
    with pytest.raises(InputError, match=r"edge 1 \[n0, n1, .*\.\.\.\]: must have at most 12 modes .*, found 13"):
        state_circuit(graph, 1.0)
    assert state_circuit(Hypergraph(12, (Hyperedge(tuple(range(12)), 0.3),)), 1.0).modes == 12


def test_independent_modes_of_many_edges_take_linear_time():
    """A path of 10,000 modes: every second one. A search of all edges for each mode took 10 s and more."""
    path = Hypergraph(10_000, tuple(Hyperedge((m, m + 1), 0.1) for m in range(9_999)))
    start = perf_counter()
    assert path.independent_modes() == tuple(range(0, 10_000, 2))
    assert perf_counter() - start < 2.0
