"""Few directions add up to their polynomial, judged by evaluation in 40 digits, and never lose against polarization."""

from itertools import combinations, combinations_with_replacement

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.errors import InputError
from compiler.ions.sequences.phases import LinePhase
from compiler.ions.sequences.powers import directions, polynomial_along
from compiler.ir.conventions import HBAR
from compiler.ir.polynomial import Polynomial
from compiler.synthesis.options import SynthesisOptions
from compiler.synthesis.waring import directions as module
from compiler.synthesis.waring.directions import fewer_directions, generic_directions, residual, strength

QUICK = SynthesisOptions(effort=2.0)


def random_polynomial(keys, seed):
    rng = np.random.default_rng(seed)
    total = Polynomial({})
    for key in keys:
        total = total + Polynomial.monomial(key, float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1])))
    return total


def edges(n, *degrees):
    return random_polynomial([key for d in degrees for key in combinations(range(n), d)], n)


def dense(n, *degrees):
    return random_polynomial([key for d in degrees for key in combinations_with_replacement(range(n), d)], n)


def largest_difference(polynomial, found):
    """Of ``f(x) / hbar`` and the phases at random points, in 40 digits, relative to the sum of sizes of the terms."""
    rng = np.random.default_rng(1)
    worst = 0.0
    with mpmath.workdps(40):
        for _ in range(8):
            x = [mpmath.mpf(float(v)) for v in rng.normal(size=8)]
            terms = [mpmath.mpf(c) * mpmath.fprod(x[m] ** p for m, p in key) for key, c in polynomial.terms.items()]
            total = mpmath.fsum(terms) / HBAR
            for one in found:
                s = mpmath.fsum(mpmath.mpf(u) * x[m] for m, u in zip(one.modes, one.vector, strict=True))
                total -= mpmath.fsum(mpmath.mpf(c) * s**d for d, c in enumerate(one.phase.coefficients))
            worst = max(worst, float(abs(total) / mpmath.fsum(abs(t) for t in terms)))
    return worst


@pytest.mark.parametrize(
    ("polynomial", "usual", "most", "least"),
    [
        (edges(5, 4), 40, 12, 10),
        (edges(4, 2, 3, 4), 36, 8, 8),
        (edges(5, 3), 40, 8, 5),
        (dense(3, 2, 3, 4), None, 8, 7),
        (dense(4, 4), None, 11, 10),
        (dense(2, 5, 6), None, 5, 4),
        (edges(5, 2), 20, 5, 5),
    ],
    ids=["4-edges", "2- to 4-edges", "3-edges", "degrees 2 to 4", "quartic", "degrees 5 and 6", "quadratic"],
)
def test_dense_polynomials_take_few_directions(polynomial, usual, most, least):
    by_hand = directions(polynomial)
    assert usual is None or len(by_hand) == usual
    found = fewer_directions(polynomial, QUICK)
    assert found is not None and least <= len(found) <= most < len(by_hand)
    # eps times a few dozen directions; strengths here are at most twice polarization's
    assert largest_difference(polynomial, found) < 1e-13
    assert residual(polynomial, found) < 1e-13


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_an_edge_keeps_the_fewest_there_are(k):
    """A product of k positions has the rank ``2^{k-1}``: nothing is searched."""
    edge = Polynomial.monomial(range(k), 0.3)
    assert len(directions(edge)) == 2 ** (k - 1)
    assert fewer_directions(edge, SynthesisOptions(effort=1e6)) is None


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 3), st.integers(0, 1000))
def test_powers_along_few_directions_are_found_again(count, seed):
    """``sum_r (a_r . x)^4`` with powers of other degrees along the same: one direction each, at most ``count``."""
    rng = np.random.default_rng(seed)
    total = Polynomial.monomial((0,), 0.7) + Polynomial.constant(2.0)
    for _ in range(count):
        vector = rng.normal(size=4)
        vector /= np.linalg.norm(vector)
        line = LinePhase((0.0, 0.0, *rng.uniform(0.1, 0.5, size=3)))
        total = total + polynomial_along((0, 1, 2, 3), tuple(vector.tolist()), line)
    found = fewer_directions(total, SynthesisOptions(seed=seed))
    assert found is not None
    curved = [one for one in found if one.phase.degree > 1]
    assert len(curved) == count and len(found) - len(curved) == 1
    assert largest_difference(total - Polynomial.constant(2.0), found) < 1e-12


def test_all_powers_along_one_direction_are_one_phase():
    """``x^4 + x^3`` along u, and a linear part along another, which polarization splits."""
    u = (0.6, 0.8)
    polynomial = polynomial_along((0, 1), u, LinePhase((0.0, 0.0, 0.0, 0.2, 0.1))) + Polynomial.monomial((0,), 0.3)
    found = fewer_directions(polynomial, QUICK)
    assert found is not None
    linear, one = found
    assert linear.modes == (0,) and linear.phase.degree == 1
    sign = np.sign(one.vector[0])
    np.testing.assert_allclose(sign * np.array(one.vector), u, atol=1e-12)
    np.testing.assert_allclose(one.phase.coefficients, (0.0, 0.0, 0.0, sign * 0.2, 0.1), atol=1e-12)


def test_components_are_searched_by_themselves():
    """The edge keeps its four directions, the square of a sum takes one."""
    edge = Polynomial.monomial((0, 1, 2), 0.3)
    square = polynomial_along((3, 4, 5), (2 / 3, -1 / 3, 2 / 3), LinePhase.power(2, 0.2))
    found = fewer_directions(edge + square, QUICK)
    assert found is not None and set(directions(edge)) < set(found) and len(found) == 5


def test_a_definite_form_has_positive_squares_and_an_indefinite_one_both_signs():
    """``x^2 + y^2 + xy`` and ``xy``-like forms: signs of even powers are those of the form (Sylvester)."""
    for pairs, signs in (({(0, 0): 1.0, (1, 1): 1.0, (0, 1): 1.0}, {1.0}), ({(0, 0): 1.0, (0, 1): 3.0}, {1.0, -1.0})):
        polynomial = sum((Polynomial.monomial(key, c) for key, c in pairs.items()), Polynomial({}))
        found = fewer_directions(polynomial, QUICK)
        assert found is not None and len(found) == 2 < len(directions(polynomial))
        assert {float(np.sign(one.phase.coefficients[2])) for one in found} == signs


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.lists(st.integers(0, 5), min_size=1, max_size=4).map(lambda v: tuple(sorted(v))),
        st.floats(-2, 2).filter(lambda v: abs(v) > 1e-3),
        min_size=1,
        max_size=6,
    )
)
def test_never_worse_than_polarization(terms):
    polynomial = sum((Polynomial.monomial(key, c) for key, c in terms.items()), Polynomial())
    usual, found = directions(polynomial), fewer_directions(polynomial, SynthesisOptions(effort=0.5))
    if found is not None:
        curved = [sum(one.phase.degree > 1 for one in some) for some in (found, usual)]
        assert curved[0] < curved[1]
        assert strength(found) <= SynthesisOptions().strength_cap * strength(usual) * (1.0 + 1e-12)
        assert largest_difference(polynomial, found) < 1e-12


def test_the_strength_stays_under_its_cap():
    """A tight cap costs directions, or the search gives up; it never gives more strength than allowed."""
    polynomial = dense(5, 2, 3, 4)
    usual = strength(directions(polynomial))
    loose, tight = (fewer_directions(polynomial, SynthesisOptions(strength_cap=cap)) for cap in (5.0, 1.0))
    assert loose is not None and tight is not None
    assert usual < strength(loose) <= 5.0 * usual
    assert strength(tight) <= usual and len(tight) > len(loose)


def test_the_search_is_repeatable_and_takes_its_effort():
    polynomial = edges(5, 4)
    assert fewer_directions(polynomial, QUICK) == fewer_directions(polynomial, QUICK)
    assert fewer_directions(polynomial, SynthesisOptions(effort=0.0)) is None
    assert fewer_directions(polynomial, SynthesisOptions(effort=0.01)) is None
    assert fewer_directions(edges(40, 2) + Polynomial.monomial(range(4)), QUICK) is None  # 40^4 entries: not begun


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_size_of_weights_does_not_matter(scale):
    polynomial = edges(4, 2, 4)
    found = fewer_directions(scale * polynomial, QUICK)
    assert found is not None and len(found) == 8
    assert residual(scale * polynomial, found) < 1e-13


def test_nothing_is_returned_without_proof(monkeypatch):
    """A fit that is off by 1e-12 of its coefficients is not taken."""
    fitted = module._fitted

    def wrong(*args):
        found = fitted(*args)
        return None if found is None else (found[0], found[1] * (1.0 + 1e-12))

    monkeypatch.setattr(module, "_fitted", wrong)
    assert fewer_directions(edges(4, 2, 4), QUICK) is None


def test_the_jacobian_is_the_derivative():
    """Central differences, whose error at steps of 1e-5 is some 1e-10."""
    polynomial = dense(3, 2, 3, 5)
    fit = module._Fit(module._tensors(polynomial, (0, 1, 2)), 3)
    rng = np.random.default_rng(0)
    u, c = rng.normal(size=(4, 3)), rng.normal(size=(3, 4))
    flat = np.concatenate([u.ravel(), c.ravel()])

    def error(x):
        return fit.error(x[:12].reshape(4, 3), x[12:].reshape(3, 4))

    steps = 1e-5 * np.eye(len(flat))
    numeric = np.stack([(error(flat + step) - error(flat - step)) / 2e-5 for step in steps], axis=1)
    np.testing.assert_allclose(fit.jacobian(u, c), numeric, atol=1e-8)


def test_residuals_tell_wrong_directions():
    polynomial = edges(3, 3)
    right = directions(polynomial)
    assert residual(polynomial, right) < 1e-15
    assert residual(polynomial, right[1:]) > 0.1
    assert residual(polynomial + Polynomial.monomial((0,), 1e-9), right) == pytest.approx(1.0)
    assert residual(polynomial, directions(polynomial + Polynomial.monomial((0, 1), 1e-9))) == float("inf")


def test_generic_counts():
    """Alexander and Hirschowitz: quartics in 3, 4 and 5 variables and cubics in 5 need one more than is counted."""
    assert [generic_directions(n, (4,)) for n in range(1, 9)] == [1, 3, 6, 10, 15, 21, 30, 42]
    assert [generic_directions(n, (3,)) for n in range(1, 7)] == [1, 2, 4, 5, 8, 10]
    assert [generic_directions(n, (2,)) for n in range(1, 5)] == [1, 2, 3, 4]
    assert generic_directions(4, (2, 3, 4)) == 11  # 65 monomials, 6 unknowns a direction
    assert generic_directions(6, (2, 3, 4)) == 26  # degrees 3 and 4 alone: 182 monomials, 7 unknowns


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(InputError, match="bind m first"):
        fewer_directions(Polynomial.monomial((0, "m")), QUICK)
    with pytest.raises(InputError, match="the reach must be positive, found 0"):
        fewer_directions(Polynomial.monomial((0, 1)), QUICK, reach=0.0)
