"""The search for few powers: counts of known forms, warm starts, limits."""

from functools import cache

import numpy as np
import pytest
from cubic_forms import dense, general, realises, silent
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.synthesis.form import CubicForm, generic_rank
from compiler.synthesis.options import Effort
from compiler.synthesis.waring.descent import with_room
from compiler.synthesis.waring.search import LARGEST_SEARCHED_VARIABLES, fewest_powers, longest


def search(form, below=1000, seed=0, effort=3.0, cap=1e9, warm=None):
    return fewest_powers(form, below, seed, Effort(effort), cap, warm)


@pytest.mark.parametrize(
    ("terms", "count"),
    [
        ({(0, 1, 2): 0.3}, 4),  # a product of three
        ({(0, 0, 1): 1.0}, 3),  # a square times another
        ({(0, 0, 0): 1.0, (0, 0, 1): 3.0, (0, 1, 1): 3.0, (1, 1, 1): 1.0}, 1),  # (x + y)^3
        ({(a, b, c): 1.0 for a in (0, 1) for b in (2, 3) for c in (4, 5)}, 4),  # a product of three sums
    ],
)
def test_forms_of_known_rank(terms, count):
    form = CubicForm(1 + max(max(key) for key in terms), terms)
    plan = search(form)
    assert plan.cubics == count and realises(form, plan)


@given(st.integers(0, 10**6), st.integers(2, 4))
@settings(max_examples=10)
def test_general_forms_reach_about_their_generic_rank(seed, n):
    form = general(n, seed, 40)
    plan = search(form)
    assert plan.cubics <= generic_rank(n) + 2 and realises(form, plan)  # some real forms need more than complex ones


def test_only_fewer_powers_than_those_in_hand_count():
    form = CubicForm(3, {(0, 1, 2): 0.3})
    assert search(form, below=5).cubics == 4
    assert search(form, below=4) is None


def test_the_strength_cap_is_kept():
    form = dense(6)
    free = search(form)
    assert search(form, cap=0.5 * free.strength) is None or search(form, cap=0.5 * free.strength).strength <= (
        0.5 * free.strength
    )
    assert search(form, cap=1e-6) is None


def test_without_effort_or_for_too_many_variables_nothing_is_begun():
    assert search(dense(6), effort=0.0) is None
    count = LARGEST_SEARCHED_VARIABLES + 1
    assert search(CubicForm(count, {(i, i + 1, i + 2): 0.3 for i in range(count - 2)}), effort=1e5) is None


def test_equal_seeds_give_equal_plans_and_others_do_not():
    form = dense(6)
    assert search(form, seed=3) == search(form, seed=3) != search(form, seed=4)


# --- warm starts -----------------------------------------------------------------------------------------------------


@cache
def longer(n, ratio):
    return with_room(dense(n, n), ratio, 0, silent)


@pytest.mark.parametrize("ratio", [1.15, 1.5])
def test_a_warm_start_never_costs_gates(ratio):
    form = dense(12, 12)
    cold, warm = search(form, effort=5.0), search(form, effort=5.0, warm=longer(12, ratio))
    assert warm.cubics <= cold.cubics <= generic_rank(12) + 1
    assert realises(form, warm)


def test_a_warm_start_saves_effort():
    """With the effort of a few dozen iterations, random starts of 14 modes find nothing and a warm start does."""
    form = dense(14, 14)
    warm = longer(14, 1.15)
    assert search(form, effort=0.25) is None
    found = search(form, effort=0.25, warm=warm)
    assert found is not None and found.cubics < len(warm)


def test_a_warm_start_that_is_no_use_does_no_harm():
    form = dense(6)
    useless = np.random.default_rng(0).normal(size=(30, 6))
    assert search(form, warm=useless).cubics <= search(form).cubics + 1
    assert realises(form, search(form, warm=useless))


def test_the_longest_rows_in_their_order():
    v = np.array([[3.0, 0.0], [1.0, 0.0], [0.0, -2.0], [0.0, 4.0]])
    assert longest(v, 3).tolist() == [[3.0, 0.0], [0.0, -2.0], [0.0, 4.0]]
    assert longest(v, 4).tolist() == v.tolist()
