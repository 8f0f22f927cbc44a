"""Cubic forms: tensors, components and the ranks of the theorem."""

from math import comb

import numpy as np
import pytest
from cubic_forms import general

from compiler.ir.polynomial import Polynomial
from compiler.synthesis.form import CubicForm, generic_rank, monomials


def test_generic_ranks_are_those_of_the_theorem():
    for n in range(1, 20):
        assert generic_rank(n) == -(-comb(n + 2, 3) // n) + (n == 5)


@pytest.mark.parametrize("seed", range(5))
def test_the_tensor_is_the_form_and_its_norm_is_that_of_its_monomials(seed):
    form = general(5, seed, 20)
    tensor = form.tensor()
    x = np.random.default_rng(seed).normal(size=5)
    value = sum(c * x[a] * x[b] * x[d] for (a, b, d), c in form.terms.items())
    assert np.einsum("ijk,i,j,k->", tensor, x, x, x) == pytest.approx(value, rel=1e-12, abs=1e-14)
    for order in ((1, 0, 2), (2, 1, 0), (1, 2, 0)):
        assert (tensor == tensor.transpose(order)).all()
    index, weight = monomials(5)
    assert np.linalg.norm(weight * tensor[tuple(index)]) == pytest.approx(np.linalg.norm(tensor), rel=1e-14)


def test_components_share_no_variable_and_add_up():
    form = CubicForm(9, {(0, 1, 2): 1.0, (2, 2, 7): 2.0, (3, 3, 3): 3.0, (4, 5, 6): 4.0, (5, 5, 6): 5.0})
    parts = form.components()
    assert [modes for _, modes in parts] == [(0, 1, 2, 7), (3,), (4, 5, 6)]
    back = {tuple(modes[v] for v in key): c for part, modes in parts for key, c in part.terms.items()}
    assert back == dict(form.terms)


def test_the_form_of_a_polynomial_is_its_degree_three_on_its_own_variables():
    polynomial = Polynomial.monomial((4, 2, 9), 0.5) + Polynomial.monomial((2, 2, 2), 0.1)
    form, modes = CubicForm.of(polynomial + Polynomial.monomial((1, 3), 7.0) + Polynomial.monomial((5,)))
    assert modes == (2, 4, 9)
    assert dict(form.terms) == {(0, 1, 2): 0.5, (0, 0, 0): 0.1}
    assert (form.polarization_cubics, form.size) == (5, 3)
