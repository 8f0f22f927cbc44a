"""Shared factors and essential variables of sparse forms."""

from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from cubic_forms import dense, general, sparse

from compiler.synthesis.form import CubicForm
from compiler.synthesis.peeling import natural_hub, peel
from compiler.synthesis.structure import (
    LARGEST_IMPROVED_MONOMIALS,
    essential,
    is_dense,
    peeled_cubics,
    shared_factors,
    star_rank,
)


def test_essential_variables():
    rng = np.random.default_rng(3)
    inner = dense(3)
    basis = np.linalg.qr(rng.normal(size=(5, 3)))[0].T
    tensor = np.einsum("abc,ai,bj,ck->ijk", inner.tensor(), basis, basis, basis)
    terms = {}
    for i, j, k in combinations_with_replacement(range(5), 3):
        terms[i, j, k] = float(tensor[i, j, k]) * (1, 3, 6)[len({i, j, k}) - 1]
    core, rows = essential(CubicForm(5, terms))
    assert core.size == 3
    np.testing.assert_allclose(rows @ rows.T, np.eye(3), atol=1e-14)
    x = rng.normal(size=5)
    value = core.polynomial().evaluate(dict(enumerate(rows @ x)))
    assert value == pytest.approx(float(np.einsum("ijk,i,j,k->", tensor, x, x, x)), rel=1e-10)


def test_a_form_without_spare_variables_stays_as_it_is():
    form = general(6, 3, 40)
    core, rows = essential(form)
    assert core is form and (rows == np.eye(6)).all()


def test_hubs_belong_to_their_monomials():
    form = general(7, 6, 40)
    hubs = shared_factors(form)
    assert hubs.keys() == form.terms.keys()
    for key, hub in hubs.items():
        assert hub in key
        if len(set(key)) == 2:
            assert hub == natural_hub(key) and key.count(hub) == 1


def test_greedy_hubs_serve_long_chains_that_are_not_improved():
    count = LARGEST_IMPROVED_MONOMIALS + 100
    form = CubicForm(count + 2, {(i, i + 1, i + 2): 0.3 for i in range(count)})
    assert peel(form, shared_factors(form)).cubics <= 2.1 * count  # two triples share a pair, four gates


@pytest.mark.parametrize("seed", [2, 25, 33, 72, 113, 114])
def test_single_monomials_move_to_a_better_hub(seed):
    """Six triples of six modes, where the stars that look best at first are not: no choice of hubs takes fewer gates.

    All 3^6 choices are tried.
    """
    form = sparse(6, 6, seed)
    keys = list(form.terms)
    least = min(peel(form, dict(zip(keys, hubs, strict=True))).cubics for hubs in product(*keys))
    assert peel(form, shared_factors(form)).cubics == least


@pytest.mark.parametrize("seed", range(6))
def test_the_count_of_eigen_peeling_is_that_of_its_plan(seed):
    form = sparse(14, 12 + 8 * seed, seed)
    assert peeled_cubics(form) == peel(form, shared_factors(form)).cubics <= form.polarization_cubics


def test_the_count_of_a_large_form_is_a_bound():
    form = dense(22)
    assert len(form.terms) > LARGEST_IMPROVED_MONOMIALS
    count = peel(form, shared_factors(form)).cubics
    assert count <= peeled_cubics(form) <= count + 22 + 2  # a gate per hub that may cancel, and the last odd star


def test_the_rank_of_a_star():
    assert star_rank(0, {(0, 1, 2): 1.0, (0, 1, 3): 2.0}) == 2  # x0 x1 (x2 + 2 x3)
    assert star_rank(0, {(0, 1, 2): 1.0, (0, 3, 4): 2.0}) == 4
    assert star_rank(0, {(0, 1, 2): 1.0, (0, 1, 3): 1.0, (0, 2, 3): 1.0}) == 3
    assert star_rank(1, {(0, 0, 1): 1.0}) == 1


def test_dense_forms_have_more_than_half_of_all_products():
    assert is_dense(dense(9)) and not is_dense(dense(8))
    assert not is_dense(sparse(10, 60, 0)) and is_dense(sparse(10, 61, 0))
