"""Mixtures: block by block, each by the cheapest strategy, judged by the 60-digit reference."""

import pytest
from cubic_forms import on_modes, realises, relabelled, sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.synthesis.choose import synthesise
from compiler.synthesis.form import CubicForm
from compiler.synthesis.options import Effort, SynthesisOptions
from compiler.synthesis.peeling import peel
from compiler.synthesis.sparse.mixture import mixture
from compiler.synthesis.structure import shared_factors

PASCH = {(0, 1, 2): 0.3, (0, 3, 4): -0.2, (1, 3, 5): -0.4, (2, 4, 5): 0.25}
"""Four triples on six points, two on each point: 16 gates one by one, and at most 9 together.

Every point is in two triples, so that signs and scales of modes make all weights equal if their product is positive. If
it is negative, one sign is left over, and no search has found fewer than 12."""


def mixed(form, effort=3.0, cap=5.0, seed=0):
    return mixture(form, seed, Effort(effort), cap)


@given(st.integers(0, 10**6), st.integers(5, 10), st.integers(3, 20))
@settings(max_examples=10)
def test_a_mixture_realises_the_form_with_no_more_than_stars(seed, n, count):
    form = sparse(n, count, seed)
    plan = mixed(form, 0.5)
    if plan is not None:
        assert realises(form, plan)
        assert plan.cubics <= peel(form, shared_factors(form)).cubics
        assert plan.strategy.startswith("mixture of ")


@pytest.mark.parametrize("seed", range(2))
def test_the_pasch_configuration_takes_nine_gates(seed):
    form = relabelled(CubicForm(6, PASCH), seed)
    plan, _ = synthesise(form, SynthesisOptions(seed=seed, effort=2.0))
    assert plan.cubics <= 9 and realises(form, plan)


def test_the_pasch_configuration_with_one_sign_left_over_is_another_form():
    form = CubicForm(6, PASCH | {(0, 1, 2): -0.3})
    plan, _ = synthesise(form, SynthesisOptions(effort=2.0))
    assert plan.cubics <= 12 and realises(form, plan)


def test_pasch_configurations_are_found_among_others():
    """Two of them with an edge between, nine gates each and four."""
    terms = dict(PASCH) | {tuple(v + 6 for v in key): -c for key, c in PASCH.items()} | {(0, 6, 12): 0.3}
    form = relabelled(CubicForm(13, terms), 3)
    plan = mixed(form)
    assert plan.cubics <= 2 * 9 + 4 and realises(form, plan)
    assert plan.strategy == "mixture of polarization, waring"
    assert peel(form, shared_factors(form)).cubics > plan.cubics


def test_windows_are_searched_below_the_generic_rank():
    """``(x_0 + x_1)(x_2 + x_3)(x_4 + x_5)`` has four gates, not the ten of six variables nor the eight of two stars."""
    terms = {(a, b, c): 1.0 for a in (0, 1) for b in (2, 3) for c in (4, 5)} | {(5, 6, 7): 0.4, (7, 8, 9): 0.2}
    form = CubicForm(10, terms)
    plan, _ = synthesise(form, SynthesisOptions(effort=2.0))
    assert plan.cubics == 4 + 8 and realises(form, plan)


def test_one_block_is_no_mixture():
    assert mixed(CubicForm(4, {(0, 1, 2): 0.3, (0, 1, 3): -0.2})) is None


def test_equal_seeds_give_equal_mixtures():
    form = sparse(14, 30, 2)
    assert mixed(form, 0.5) == mixed(form, 0.5)


def test_the_strength_cap_of_a_block_is_kept():
    """All triples of five modes in eight gates, when strength allows it: a cap far below leaves the stars."""
    form = CubicForm(8, on_modes(range(5), 1) | {(4, 5, 6): 0.3, (5, 6, 7): 0.1})
    loose, tight = mixed(form), mixed(form, cap=1e-3)
    assert loose.cubics < tight.cubics
    assert "waring" in loose.strategy and "waring" not in tight.strategy
    assert realises(form, tight)


def test_without_effort_stars_are_mixed():
    form = sparse(12, 20, 1)
    plan = mixed(form, 0.0)
    assert realises(form, plan) and plan.cubics <= peel(form, shared_factors(form)).cubics
