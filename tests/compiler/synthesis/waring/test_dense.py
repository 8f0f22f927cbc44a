"""The dense search: its matrices against finite differences, its results by plain evaluation."""

import numpy as np
import pytest
from cubic_forms import dense, general, largest_difference, realises
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import RATE, Effort
from compiler.synthesis.waring.dense import _gram, _residual, refine, total_strength, waring, waring_plan, work


def test_the_gram_matrix_is_that_of_the_jacobian():
    rng = np.random.default_rng(1)
    v = rng.normal(size=(3, 4))
    tensor = np.zeros((4, 4, 4))
    step = 1e-6
    columns = []
    for r in range(3):
        for a in range(4):
            e = np.zeros((3, 4))
            e[r, a] = step
            columns.append(((_residual(v + e, tensor) - _residual(v - e, tensor)) / (2 * step)).ravel())
    jacobian = np.array(columns).T
    np.testing.assert_allclose(_gram(v), jacobian.T @ jacobian, atol=1e-7)  # central differences


def test_below_the_rank_nothing_is_accepted():
    for start in range(5):
        assert waring(CubicForm(3, {(0, 1, 2): 1.0}), 3, np.random.default_rng(start), Effort(5.0)) is None


@given(st.integers(0, 10**6), st.integers(2, 5))
@settings(max_examples=15)
def test_what_is_found_is_the_form(seed, n):
    form = general(n, seed, 30)
    v = waring(form, 2 * n + 3, np.random.default_rng(seed), Effort(2.0))
    if v is not None:  # a start may end in a local minimum
        assert v.shape == (2 * n + 3, n)
        assert largest_difference(form, v) < 1e-12
        plan = waring_plan(form, v)
        assert plan.cubics == len(v) and realises(form, plan)
        assert plan.strength == pytest.approx(total_strength(v), rel=1e-12)


def test_most_starts_find_a_dense_form_one_above_its_generic_rank():
    form = dense(7)
    found = [waring(form, 13, np.random.default_rng(start), Effort(2.0)) for start in range(6)]
    assert sum(v is not None for v in found) >= 4
    assert all(largest_difference(form, v) < 1e-12 for v in found if v is not None)


def test_a_decomposition_near_by_is_refined_to_rounding():
    form = dense(6)
    v = next(v for v in (waring(form, 11, np.random.default_rng(s), Effort(2.0)) for s in range(6)) if v is not None)
    start = v * (1.0 + 1e-3 * np.random.default_rng(0).normal(size=v.shape))
    assert largest_difference(form, start) > 1e-5
    effort = Effort(2.0)
    again = refine(form.tensor(), start, effort)
    assert largest_difference(form, again) < 1e-13
    assert np.abs(again - v).max() < 0.1
    assert (2.0 - effort.left) * RATE < 20 * work(66)


def test_what_does_not_reach_rounding_is_not_accepted():
    """Two cubes and a ten-billionth of something else: it comes near, and not to rounding."""
    v = np.random.default_rng(1).normal(size=(2, 4))
    rest = dense(4).tensor()
    tensor = np.einsum("ri,rj,rk->ijk", v, v, v)
    start = v * (1.0 + 1e-3)
    np.testing.assert_allclose(refine(tensor, start, Effort(1.0)), v, atol=1e-12)
    for share in (1e-12, 1e-10, 1e-7):
        assert refine(tensor + share * np.linalg.norm(tensor) * rest, start, Effort(1.0)) is None


def test_a_search_ends_with_its_effort():
    form = dense(8)
    effort = Effort(2.5 * work(16 * 8) / RATE)
    assert waring(form, 16, np.random.default_rng(0), effort) is None
    assert 0.0 < effort.left < work(16 * 8) / RATE


def test_the_strength_of_unit_cubes():
    assert total_strength(np.eye(4)) == 12.0  # x^3 is a cubic gate of gamma = 3
    assert total_strength(-2.0 * np.eye(2)) == 48.0
