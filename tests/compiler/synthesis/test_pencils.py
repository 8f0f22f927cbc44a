"""Paired peeling: what it takes off and what it leaves make the form, at the price of one variable for two."""

from itertools import combinations

import numpy as np
import pytest
from cubic_forms import dense, realises
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.synthesis.form import CubicForm, Plan, generic_rank
from compiler.synthesis.options import RATE, Effort
from compiler.synthesis.pencils import TYPICAL_ITERATIONS, paired_peeling, peel_in_pairs, reach
from compiler.synthesis.polarization import polarize
from compiler.synthesis.structure import WINDOW
from compiler.synthesis.waring.dense import work


@given(st.integers(0, 10**6), st.integers(4, 9), st.integers(3, 60), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_pairs_and_what_they_leave_make_the_form(seed, n, count, pairs):
    every = list(combinations(range(n), 3))
    rng = np.random.default_rng(seed)
    keys = [every[i] for i in rng.choice(len(every), size=min(count, len(every)), replace=False)]
    form = CubicForm(n, {key: float(rng.uniform(0.1, 0.5) * rng.choice([-1, 1])) for key in keys})
    operations, left = peel_in_pairs(form, min(pairs, (n - 2) // 2), seed)
    rest = polarize(CubicForm(n, left)).operations
    assert realises(form, Plan("pairs", n, (*operations, *rest)))


@pytest.mark.parametrize("n", [12, 13])
def test_a_pair_takes_two_gates_for_every_variable_after_it_and_seven(n):
    form = dense(n)
    operations, left = peel_in_pairs(form, 1, 0)
    plan = Plan("pairs", n, operations)
    shifts = 3 * (n - 2)
    assert plan.cubics <= 2 * (n - 2) + 7 + shifts
    assert all(key[0] > 1 for key in left) and len(left) == len(dense(n - 2).terms)


def test_the_core_grows_with_the_effort():
    form = dense(14)
    counts = [paired_peeling(form, 0, Effort(seconds), 5.0).cubics for seconds in (0.0, 0.2, 1.0)]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]
    assert realises(form, paired_peeling(form, 0, Effort(0.2), 5.0))


def test_the_reach_of_an_effort_is_the_largest_search_that_it_pays_for():
    flops = TYPICAL_ITERATIONS * work((generic_rank(12) + 1) * 12)
    for seconds, n in ((1.001 * flops / RATE, 12), (0.999 * flops / RATE, 11)):
        assert reach(20, Effort(seconds), TYPICAL_ITERATIONS) == n
    assert reach(20, Effort(0.0), TYPICAL_ITERATIONS) == WINDOW
    assert reach(10, Effort(1e6), TYPICAL_ITERATIONS) == 10
