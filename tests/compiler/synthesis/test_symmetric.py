"""Symmetric families: the closed form against plain evaluation, and what is and is not recognised."""

from itertools import combinations, permutations

import numpy as np
import pytest
from cubic_forms import dense, largest_difference, on_modes, realises, relabelled
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.synthesis.choose import synthesise
from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import SynthesisOptions
from compiler.synthesis.symmetric import symmetric_family


def rank_one(factors, modes=None, size=None):
    """Weights ``p_a p_b p_c`` on all products of three of some modes."""
    modes = range(len(factors)) if modes is None else modes
    p = dict(zip(modes, factors, strict=True))
    terms = {key: float(p[key[0]] * p[key[1]] * p[key[2]]) for key in combinations(sorted(modes), 3)}
    return CubicForm(len(factors) if size is None else size, terms)


def some_factors(n, seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.5, 2.0, size=n) * rng.choice([-1.0, 1.0], size=n)


def symmetric_cubic(n, a, b, c):
    """``a sum x_i^3 + b sum_(i != j) x_i^2 x_j + c e_3``."""
    terms = {(i, i, i): a for i in range(n)}
    terms |= {(min(i, j), i, max(i, j)): b for i, j in permutations(range(n), 2)}
    terms |= dict.fromkeys(combinations(range(n), 3), c)
    return CubicForm(n, {key: value for key, value in terms.items() if value})


def check_sum(form, family):
    """The family and its rest add up to the form, at random points."""
    rest = {key: -c for key, c in family.rest.items()}
    assert all(tuple(sorted(key)) == key for key in rest)
    less = {key: form.terms.get(key, 0.0) + rest.get(key, 0.0) for key in form.terms.keys() | rest.keys()}
    # monomials below 1e-12 of the largest are left out of the rest
    assert largest_difference(CubicForm(form.size, less), family.v) < 1e-11


# --- whole forms -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [5, 7, 12, 40, 100])
def test_equal_weights_take_one_gate_per_mode_and_one_more(n):
    form = CubicForm(n, dict.fromkeys(combinations(range(n), 3), 0.2))
    family = symmetric_family(form)
    assert len(family.v) == n + 1 and not family.rest and family.modes == tuple(range(n))
    assert largest_difference(form, family.v, 1 if n == 100 else 4) < 1e-13


def test_the_closed_form_of_all_products_of_three():
    """``e_3 = (1/6) [2 sum_i (x_i - s/2)^3 + ((n-2)/4) s^3]``, s the sum of all x."""
    n = 6
    family = symmetric_family(CubicForm(n, dict.fromkeys(combinations(range(n), 3), 1.0)))
    x = np.random.default_rng(0).normal(size=n)
    s = x.sum()
    expected = [*((x - s / 2) ** 3 / 3.0), (n - 2) / 24.0 * s**3]
    np.testing.assert_allclose(sorted((family.v @ x) ** 3), sorted(expected), rtol=1e-11)


@pytest.mark.parametrize("n", [5, 8, 12, 40])
@pytest.mark.parametrize("seed", [0, 1])
def test_scaled_weights_of_random_signs_in_any_order(n, seed):
    form = relabelled(rank_one(some_factors(n, seed)), seed)
    family = symmetric_family(form)
    assert len(family.v) == n + 1 and not family.rest
    assert largest_difference(form, family.v) < 1e-13


@pytest.mark.parametrize("n", [9, 12])
@pytest.mark.parametrize(("a", "b", "c"), [(0.3, -0.2, 1.0), (0.0, 0.4, 0.7), (-1.0, 0.1, -0.5), (0.2, 0.0, 0.9)])
def test_symmetric_cubics_with_squares_and_cubes(n, a, b, c):
    form = symmetric_cubic(n, a, b, c)
    family = symmetric_family(form)
    assert len(family.v) == n + 1 and not family.rest
    assert largest_difference(form, family.v) < 1e-13


def test_symmetric_cubics_that_single_cubes_cannot_make():
    """With ``a - b + c/3 = 0`` the closed form would divide by zero."""
    assert symmetric_family(symmetric_cubic(10, 0.5, 1.5, 3.0)) is None
    assert symmetric_family(symmetric_cubic(10, 0.5, 1.5, 3.0 + 1e-3)) is not None


# --- parts of forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["another weight", "one missing"])
@pytest.mark.parametrize("n", [7, 12])
def test_one_edge_that_does_not_fit_is_left_over(n, change):
    form = relabelled(rank_one(some_factors(n, 2)), 3)
    terms = dict(form.terms)
    key = sorted(terms)[n]
    weight = terms.pop(key)
    if change == "another weight":
        terms[key] = 1.7 * weight
    changed = CubicForm(n, terms)
    family = symmetric_family(changed)
    difference = 0.7 * weight if change == "another weight" else -weight
    assert family.rest == {key: pytest.approx(difference, rel=1e-9)} and len(family.v) == n + 1
    check_sum(changed, family)
    plan, rows = synthesise(changed, SynthesisOptions(effort=0.0))
    assert plan.cubics == n + 5
    assert [row.strategy for row in rows if row.chosen] == ["symmetric family"]
    assert realises(changed, plan)
    assert synthesise(changed, SynthesisOptions(effort=1.0))[0].cubics <= n + 5


def test_a_family_on_some_modes_with_other_edges_attached():
    modes = (1, 3, 4, 6, 7, 9, 10)
    terms = dict(rank_one(some_factors(7, 5), modes, 12).terms) | {(0, 1, 2): 0.3, (2, 5, 9): -0.2, (8, 10, 11): 0.4}
    form = CubicForm(12, terms)
    family = symmetric_family(form)
    assert family.modes == modes and len(family.v) == 8
    assert family.rest == {(0, 1, 2): 0.3, (2, 5, 9): -0.2, (8, 10, 11): 0.4}
    assert not family.v[:, [0, 2, 5, 8, 11]].any()
    check_sum(form, family)
    plan, _ = synthesise(form, SynthesisOptions(effort=1.0))
    assert plan.cubics <= 8 + 3 * 4 and realises(form, plan)


@pytest.mark.parametrize("others", [1, 2])
def test_modes_whose_weights_do_not_fit_are_left_out(others):
    """Further modes with all triples, of random weights: they are as much connected as those of the family."""
    n = 9 + others
    terms = on_modes(range(n), 8) | dict(rank_one(some_factors(9, 6)).terms)
    form = relabelled(CubicForm(n, terms), 4)
    family = symmetric_family(form)
    assert len(family.modes) == 9 and len(family.v) == 10
    assert len(family.rest) == len(terms) - 84  # all triples of nine
    assert all(set(key) - set(family.modes) for key in family.rest)
    check_sum(form, family)


def test_forty_modes_of_equal_weights_take_forty_one_gates():
    form = CubicForm(40, dict.fromkeys(combinations(range(40), 3), 0.2))
    plan, rows = synthesise(form, SynthesisOptions(effort=0.0))
    assert plan.cubics == 41 and plan.strategy == "symmetric family"
    assert all(row.residual <= 1e-11 for row in rows if row.chosen)


@pytest.mark.parametrize("n", [6, 9, 14])
def test_random_weights_are_not_recognised(n):
    assert symmetric_family(dense(n)) is None
    assert symmetric_family(CubicForm(n, on_modes(range(n), 7))) is None


def test_few_modes_and_few_edges_are_left_to_others():
    assert symmetric_family(CubicForm(4, dict.fromkeys(combinations(range(4), 3), 0.2))) is None
    assert symmetric_family(CubicForm(10, {(i, i + 1, i + 2): 0.2 for i in range(8)})) is None
    assert symmetric_family(CubicForm(8, {(i, i, i + 1): 0.2 for i in range(7)})) is None


@given(st.integers(0, 10**6), st.integers(5, 9), st.integers(0, 8))
@settings(max_examples=40)
def test_a_family_and_its_rest_are_the_form(seed, n, corruptions):
    rng = np.random.default_rng(seed)
    terms = dict(relabelled(rank_one(some_factors(n, seed)), seed).terms)
    keys = sorted(terms)
    for _ in range(corruptions):
        key = keys[int(rng.integers(len(keys)))]
        kind = int(rng.integers(4))
        if kind == 0:
            terms.pop(key, None)
        elif kind == 1:
            terms[key] = float(rng.uniform(0.1, 3.0))
        else:
            terms[key[0], key[0], key[kind - 1]] = float(rng.uniform(-1.0, 1.0))
    form = CubicForm(n, terms)
    family = symmetric_family(form)
    if family is None:
        assert corruptions > 0
    else:
        assert len(family.v) <= len(family.modes) + 1
        check_sum(form, family)


def test_long_chains_take_no_array_over_all_modes():
    modes = 3000  # an array over all triples of modes would take 216 GB
    form = CubicForm(modes, {(i, i + 1, i + 2): 0.3 for i in range(modes - 2)})
    assert symmetric_family(form) is None
