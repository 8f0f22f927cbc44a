"""Polarization realises any form with the gates and the strength that its formulas say."""

from math import sqrt

import pytest
from cubic_forms import general, realises
from hypothesis import given
from hypothesis import strategies as st

from compiler.synthesis.form import CubicForm
from compiler.synthesis.polarization import polarize


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 12))
def test_polarization_realises_any_form(seed, n, count):
    form = general(n, seed, count)
    plan = polarize(form)
    assert realises(form, plan)
    assert plan.cubics == form.polarization_cubics
    assert plan.strength == pytest.approx(form.polarization_strength, rel=1e-12)


@pytest.mark.parametrize(
    ("key", "cubics", "strength"),
    [((0, 1, 2), 4, 3**2.5 / 6), ((0, 1, 1), 3, 1 + 2 * sqrt(2)), ((0, 0, 1), 3, 1 + 2 * sqrt(2)), ((1, 1, 1), 1, 3)],
)
def test_what_one_monomial_costs(key, cubics, strength):
    plan = polarize(CubicForm(3, {key: -0.7}))
    assert plan.cubics == cubics
    assert plan.strength == pytest.approx(0.7 * strength, rel=1e-14)
