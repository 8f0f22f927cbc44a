"""Directions add up to their polynomial, and a direction is found again from its polynomial."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ions_support import QUICK

from compiler.errors import InputError
from compiler.ions import LinePhase, compile_directions, directions, power_directions
from compiler.ions.sequences.powers import direction_of, polynomial_along
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import Effort
from compiler.synthesis.waring.dense import waring


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.lists(st.integers(0, 4), min_size=1, max_size=4).map(lambda v: tuple(sorted(v))),
        st.floats(-2, 2).filter(lambda v: abs(v) > 1e-3),
        min_size=1,
        max_size=5,
    )
)
def test_directions_add_up_to_the_polynomial(terms):
    polynomial = sum((Polynomial.monomial(key, c) for key, c in terms.items()), Polynomial())
    found = directions(polynomial)
    x = np.random.default_rng(0).normal(size=(5, 5))
    total = sum((d.phase.value(x[:, list(d.modes)] @ np.array(d.vector)) for d in found), np.zeros(5))
    np.testing.assert_allclose(total, polynomial.evaluate(dict(enumerate(x.T))) / HBAR, atol=1e-10)
    seen = [tuple(zip(d.modes, np.round(d.vector, 9), strict=True)) for d in found]
    assert len(set(seen)) == len(seen)  # all powers along one direction are one sequence


def test_waring_terms_are_directions():
    form = CubicForm(4, {(0, 1, 2): 0.2, (0, 1, 3): -0.1, (1, 2, 3): 0.15, (0, 2, 3): 0.1})
    v = next(v for seed in range(20) if (v := waring(form, 5, np.random.default_rng(seed), Effort(2.0))) is not None)
    lengths = np.linalg.norm(v, axis=1)
    found = power_directions((0, 1, 2, 3), v / lengths[:, None], 3.0 * lengths**3)
    polynomial = sum((Polynomial.monomial(key, c) for key, c in form.terms.items()), Polynomial())
    program = compile_directions(polynomial, found, 1.5, 0.3, QUICK)
    assert len(program.gates) == 5 < len(directions(polynomial)) == 16
    x = np.random.default_rng(1).uniform(-0.75, 0.75, size=(2_000, 4))  # |u . x| <= 1.5
    assert program.sampled_error(x) <= program.error_bound <= 0.3
    with pytest.raises(InputError, match="must add up"):
        compile_directions(polynomial, found[:-1], 1.5, 0.3, QUICK)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1.0, 1.0).filter(lambda v: abs(v) > 1e-2), min_size=1, max_size=4),
    st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=5).filter(lambda c: abs(c[-1]) > 1e-3),
)
def test_directions_are_found_again(vector, coefficients):
    u = np.array(vector) / np.linalg.norm(vector)
    line_phase = LinePhase((0.0, *coefficients))
    found = direction_of(polynomial_along(tuple(range(len(u))), tuple(u.tolist()), line_phase))
    assert found is not None
    x = np.random.default_rng(1).normal(size=(5, len(u)))
    ours = found.phase.value(x @ np.array(found.vector))
    assert np.allclose(ours, line_phase.value(x @ u), atol=1e-8)


def test_sums_along_two_directions_have_none():
    assert direction_of(Polynomial.monomial((0, 1), 0.3)) is None
    assert direction_of(Polynomial.monomial((), 1.0)) is None


@pytest.mark.parametrize("order", [2, 3, 4, 6])
def test_directions_are_found_again_where_the_first_gradient_nearly_vanishes(order):
    """At the first point ``u . x`` is 1e-3, and the gradient of a sixth power is 1e-15 of its terms."""
    first = np.random.default_rng(0).normal(size=4)
    u = np.random.default_rng(1).normal(size=4)
    u -= (u @ first - 1e-3) / (first @ first) * first
    u *= np.sign(u[0]) / np.linalg.norm(u)
    found = direction_of(polynomial_along((0, 1, 2, 3), tuple(u.tolist()), LinePhase.power(order, 0.3)))
    assert found is not None and found.phase.degree == order
    np.testing.assert_allclose(found.vector, u, rtol=1e-8)
