"""The matrix-free solver: results by plain evaluation, limits, determinism."""

import numpy as np
import pytest
from cubic_forms import dense, general, largest_difference, on_modes, silent

from compiler.synthesis.form import CubicForm, generic_rank
from compiler.synthesis.waring import large
from compiler.synthesis.waring.descent import START_SCALE
from compiler.synthesis.waring.gram import GaussNewton
from compiler.synthesis.waring.large import CHUNK, CONVERGED, contract, decompose, memory, random_start, residual


def start(form, rank, seed=0):
    return START_SCALE * random_start(form.tensor(), rank, np.random.default_rng(seed))


def watched(form, rank, most=20000, seed=0):
    states = []
    return decompose(form.tensor(), start(form, rank, seed), most, states.append), states


@pytest.fixture
def products(monkeypatch):
    """Counts products as they are made."""
    made = []
    product = GaussNewton.product

    def counted(self, p):
        made.append(self.v.dtype)
        return product(self, p)

    monkeypatch.setattr(GaussNewton, "product", counted)
    return made


# --- tensors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [3, CHUNK + 5])
def test_residuals_and_contractions(rank):
    n = 4
    tensor = general(n, 1, 20).tensor()
    v = np.random.default_rng(2).normal(size=(rank, n))
    error = residual(tensor, v)
    np.testing.assert_allclose(error, tensor - np.einsum("ri,rj,rk->ijk", v, v, v), atol=1e-11)
    np.testing.assert_allclose(contract(error, v), np.einsum("ijk,ri,rj->rk", error, v, v), rtol=1e-9, atol=1e-9)
    assert (tensor == general(n, 1, 20).tensor()).all()  # not written to


def test_starts_have_equal_lengths_and_random_directions():
    form = dense(10)
    v = random_start(form.tensor(), 25, np.random.default_rng(3))
    lengths = np.linalg.norm(v, axis=1) ** 3
    np.testing.assert_allclose(lengths, np.linalg.norm(form.tensor()) / 5.0, rtol=1e-12)
    assert np.linalg.matrix_rank(v) == 10


def test_memory_is_that_of_three_matrices_and_four_tensors():
    assert memory(100, 1900) == 8 * (3 * 1900**2 + 4 * 100**3)


# --- decompositions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "ratio"), [(8, 1.5), (12, 1.15), (16, 1.15), (16, 1.10)])
def test_dense_forms_are_decomposed(n, ratio):
    form = dense(n, n)
    rank = int(ratio * generic_rank(n))
    v, states = watched(form, rank)
    assert v.shape == (rank, n)
    assert largest_difference(form, v) < 1e-13
    assert np.linalg.norm(form.tensor() - np.einsum("ri,rj,rk->ijk", v, v, v)) <= 2 * CONVERGED * np.linalg.norm(
        form.tensor()
    )
    residuals = [state.residual for state in states]
    assert residuals[0] > 0.5 and residuals[-1] < 1e-6
    assert residuals == sorted(residuals, reverse=True)  # never up
    assert [state.products for state in states] == sorted(state.products for state in states)
    assert states[0].iteration == 0 == states[0].products


def test_forms_with_repeated_variables_and_few_monomials():
    for form in (general(10, 4, 120), CubicForm(12, on_modes(range(7), 1) | on_modes(range(5, 12), 2))):
        v, _ = watched(form, int(1.3 * generic_rank(form.size)))
        assert largest_difference(form, v) < 1e-13


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_size_of_a_form_does_not_matter(scale):
    form = dense(9)
    scaled = CubicForm(9, {key: scale * c for key, c in form.terms.items()})
    v, _ = watched(scaled, 24)
    assert largest_difference(form, v / np.cbrt(scale)) < 1e-13


def test_few_vectors_to_spare_ask_for_double_precision(products):
    form = dense(12, 12)
    v, _ = watched(form, 33)
    assert largest_difference(form, v) < 1e-13
    assert {np.dtype(np.float32), np.dtype(np.float64)} == set(products)
    products.clear()
    assert watched(form, 46)[0] is not None
    assert set(products) == {np.dtype(np.float32)}


@pytest.mark.parametrize("most", [300, 3000])
def test_an_impossible_rank_is_given_up_within_its_products(most, products):
    form = dense(12, 12)
    v, states = watched(form, 20, most)  # 31 is generic
    assert v is None
    assert states[-1].products < most + 8000 and states[-1].residual > 1e-3
    # the limit is looked at between iterations, each of which makes a few steps at most
    assert len(products) <= most + 8000


def test_nothing_is_done_without_products(products):
    assert watched(dense(8), 20, 0)[0] is None
    assert not products


def test_equal_starts_give_equal_results_and_others_do_not():
    form = dense(10)
    one, two, other = (watched(form, 30, seed=seed)[0] for seed in (5, 5, 6))
    assert (one == two).all()
    assert not (one == other).all()


def test_a_decomposition_in_hand_is_kept():
    v = np.random.default_rng(7).normal(size=(5, 6))
    tensor = np.einsum("ri,rj,rk->ijk", v, v, v)
    np.testing.assert_allclose(decompose(tensor, v, 100, silent), v, rtol=1e-12)
    near = decompose(tensor, v * (1 + 1e-4 * np.random.default_rng(8).normal(size=v.shape)), 400, silent)
    assert np.abs(near - v).max() < 1e-10  # five cubes in six variables are unique (Kruskal)


def test_what_does_not_reach_rounding_is_not_accepted(monkeypatch):
    """Aim and limit raised by hand: what is returned is always below `CONVERGED`."""
    form = dense(9)
    monkeypatch.setattr(large, "AIM", 1e-3)
    assert watched(form, 24)[0] is None
    monkeypatch.setattr(large, "CONVERGED", 1e-3)
    assert largest_difference(form, watched(form, 24)[0]) > 1e-9
