"""Blocks of sparse forms: the best window is found, and blocks that cost less together are joined."""

from itertools import combinations

from compiler.synthesis.form import CubicForm, generic_rank
from compiler.synthesis.structure import WINDOW, blocks, merge_blocks


def best_window(form):
    """Most monomials per cubic gate of all monomials within any choice of variables, by trying every choice."""
    keys = [sum(1 << v for v in key) for key in form.terms]
    ratios = {}
    for size in range(3, WINDOW + 1):
        for chosen in combinations(range(form.size), size):
            mask = sum(1 << v for v in chosen)
            ratios[chosen] = sum(key & mask == key for key in keys) / (4 if size == 3 else generic_rank(size))
    best = max(ratios, key=ratios.__getitem__)
    return set(best), ratios[best]


def test_a_window_grows_by_the_variables_that_close_most_monomials():
    """All ten triples of 0..4, and for each of their pairs one more triple with its own variable: 10 / 8 is best."""
    pairs = list(combinations(range(5), 2))
    terms = {triple: 0.3 for triple in combinations(range(5), 3)}
    terms |= {(a, b, 5 + i): 0.2 for i, (a, b) in enumerate(pairs)}
    form = CubicForm(5 + len(pairs), terms)
    window, ratio = best_window(form)
    assert (window, ratio) == (set(range(5)), 10 / 8)
    first, *rest = blocks(form)
    assert set(first) == set(combinations(range(5), 3))
    assert sorted(key for part in rest for key in part) == sorted(set(terms) - set(first))


def gates(terms):
    """Cubic gates of ``x_a x_b l(x)`` for a common pair (a, b): four, as of any product of three forms."""
    common = set.intersection(*(set(key) for key in terms))
    return 4 if len(common) >= 2 else 4 * len(terms)


def cheaper(joined, before):
    return gates(joined) < before


def always(joined, before):
    return True


def never(joined, before):
    return False


def test_blocks_that_cost_less_together_are_joined():
    """x_0 x_1 (x_2 + x_3 + x_4) takes four gates, and its monomials one by one take twelve."""
    parts = [{(0, 1, v): 0.1 * v} for v in (2, 3, 4)]
    kept = [dict(part) for part in parts]
    assert merge_blocks(parts, gates, cheaper) == [{key: c for part in kept for key, c in part.items()}]
    assert parts == kept and merge_blocks(parts, gates, never) == kept
    apart = [{(0, 1, 2): 1.0}, {(0, 3, 4): 1.0}]  # one variable in common
    assert merge_blocks(apart, gates, always) == apart
    wide = [{(0, 1, v): 1.0 for v in range(2, 6)}, {(0, 1, v): 1.0 for v in range(6, 10)}]  # ten variables together
    assert merge_blocks(wide, gates, always) == wide
