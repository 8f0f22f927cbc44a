"""Communities: parts that add up to the form, found whatever the modes are called, and cheaper than the whole."""

from itertools import combinations

import pytest
from cubic_forms import chosen, dense, on_modes, relabelled, sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.synthesis.choose import synthesise
from compiler.synthesis.form import CubicForm, generic_rank
from compiler.synthesis.options import SynthesisOptions
from compiler.synthesis.sparse.communities import communities

BRIDGES = {(3, 12, 13): 0.3, (0, 7, 20): -0.2, (5, 15, 16): 0.4}


def two_parts(size, bridges=None):
    """Two dense parts on ``size`` modes each, and edges between them."""
    terms = on_modes(range(size), 1) | on_modes(range(size, 2 * size), 2) | (bridges or {})
    return CubicForm(2 * size, terms)


def one_common_mode(size):
    return CubicForm(2 * size - 1, on_modes(range(size), 1) | on_modes(range(size - 1, 2 * size - 1), 2))


def by_rank(form):
    """The generic rank of every component, or four per edge."""
    return sum(min(generic_rank(piece.size), 4 * len(piece.terms)) for piece, _ in form.components())


def added(parts):
    total = {}
    for part in parts:
        for key, c in part.terms.items():
            assert key not in total
            total[key] = c
    return total


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["bridges", "one common mode"])
def test_two_dense_parts_are_found_in_any_order(name, seed):
    form = relabelled(two_parts(12, BRIDGES) if name == "bridges" else one_common_mode(12), seed)
    parts = communities(form, by_rank, seed)
    assert all(part.size == form.size for part in parts)
    assert added(parts) == dict(form.terms)
    counts = sorted(len(part.terms) for part in parts)
    assert counts == ([3, 220, 220] if name == "bridges" else [220, 220])  # 220: all triples of twelve
    assert sum(map(by_rank, parts)) < by_rank(form)


def test_three_parts_in_a_row():
    terms = {}
    for k in range(3):
        terms |= on_modes(range(8 * k, 8 * k + 8), k)
    form = CubicForm(24, terms | {(7, 8, 9): 0.3, (15, 16, 17): 0.3})
    parts = communities(form, by_rank, 0)
    assert added(parts) == dict(form.terms)
    assert sum(map(by_rank, parts)) <= 3 * 15 + 2 * 4 < by_rank(form) == 109
    for k in range(3):
        own = set(combinations(range(8 * k, 8 * k + 8), 3))
        assert any(own <= part.terms.keys() for part in parts)


def test_nothing_is_divided_where_nothing_is_gained():
    assert communities(two_parts(6), lambda form: 1, 0) is None
    assert communities(dense(12), by_rank, 0) is None
    assert communities(CubicForm(5, on_modes(range(5), 0)), lambda form: len(form.terms) ** 2, 0) is None  # too small
    equal = communities(two_parts(6, {(0, 6, 7): 0.1}), lambda form: len(form.terms), 0)
    assert equal is None  # a cost that adds up gains nothing


@given(st.integers(0, 10**6), st.integers(6, 16), st.integers(4, 60))
@settings(max_examples=25)
def test_parts_of_any_form_add_up(seed, n, count):
    form = sparse(n, count, seed)
    parts = communities(form, lambda part: len(part.terms) ** 2, seed)
    if parts is not None:
        assert len(parts) > 1
        assert added(parts) == dict(form.terms)


def test_bridged_parts_take_their_own_gates_and_four_per_bridge():
    """Two parts of eight modes, 16 gates each, and three bridges; one form of sixteen modes takes 51."""
    bridges = {(3, 8, 9): 0.3, (0, 7, 12): -0.2, (5, 10, 15): 0.4}
    form = relabelled(two_parts(8, bridges), 5)
    plan, rows = synthesise(form, SynthesisOptions(effort=4.0))
    assert plan.cubics <= 2 * 16 + 3 * 4
    assert [row.strategy for row in chosen(rows)] == ["communities"]
    assert chosen(rows)[0].residual <= 1e-11


@pytest.mark.parametrize("name", ["bridges", "one common mode"])
def test_twelve_modes_each(name):
    form = relabelled(two_parts(12, BRIDGES) if name == "bridges" else one_common_mode(12), 6)
    plan, rows = synthesise(form, SynthesisOptions(effort=4.0))
    assert plan.cubics <= 2 * 31 + (3 * 4 if name == "bridges" else 0)
    assert chosen(rows)[0].residual <= 1e-11


def test_twenty_modes_each_and_five_bridges():
    """78 gates twice and four per bridge; the generic rank of forty modes is 287."""
    bridges = {(3, 20, 21): 0.3, (0, 7, 35): -0.2, (5, 25, 30): 0.4, (10, 11, 28): 0.25, (19, 33, 39): -0.35}
    form = relabelled(CubicForm(40, on_modes(range(20), 1) | on_modes(range(20, 40), 2) | bridges), 3)
    plan, rows = synthesise(form, SynthesisOptions())
    assert plan.cubics <= 178 and chosen(rows)[0].residual <= 1e-11


def test_edges_of_a_common_pair_stay_together():
    """Blocks that share a mode: the triangle edges of a path of triples are one part each, if that is cheaper."""
    keys = [(0, 1, 2), (2, 3, 4), (4, 5, 6), (0, 1, 7)]
    form = CubicForm(8, dict.fromkeys(keys, 1.0))
    parts = communities(form, lambda part: len(part.terms) ** 2, 0)
    assert added(parts) == dict(form.terms)
    together = [set(part.terms) for part in parts]
    assert {(0, 1, 2), (0, 1, 7)} in together  # no single mode divides them
    assert all(len(set(a) & set(b)) < 2 for one, two in combinations(together, 2) for a in one for b in two)
