"""The descent: fewer powers each time, within its limits, and lines that say where it stands."""

import re
from math import floor

import numpy as np
import pytest
from cubic_forms import chosen, dense, largest_difference, silent, sparse

from compiler.synthesis.choose import synthesise
from compiler.synthesis.form import CubicForm, generic_rank
from compiler.synthesis.options import RATE, Effort, SynthesisOptions
from compiler.synthesis.waring import descent
from compiler.synthesis.waring.dense import total_strength, waring_plan
from compiler.synthesis.waring.descent import (
    AIMS,
    LEAST_VARIABLES,
    Powers,
    Reporter,
    descend,
    product_work,
    ratios,
    usual_products,
    with_room,
)
from compiler.synthesis.waring.large import State

FORM = dense(16, 16)
GENERIC = generic_rank(16)
FAR = 10**6


def found(level, form=FORM, below=FAR, lowest=0.0, seed=0, effort=0.0, cap=1e9, say=silent):
    return list(descend(form, below, level, lowest, seed, Effort(effort), cap, say))


def test_efforts_name_their_aims():
    assert [ratios(effort) for effort in (0.0, 9.99, 10.0, 29.0, 30.0, 100.0, 1e6)] == [
        (),
        (),
        (1.15,),
        (1.15,),
        (1.15, 1.10),
        (1.15, 1.10, 1.05),
        (1.15, 1.10, 1.05),
    ]


@pytest.mark.parametrize(("level", "aim"), AIMS)
def test_the_aim_is_reached_whatever_it_takes(level, aim):
    """Without an effort of its own: the aim is not bounded by it."""
    decompositions = found(level)
    counts = [len(v) for v in decompositions]
    assert counts == [floor(ratio * GENERIC) for ratio in ratios(level)]
    assert counts[-1] == floor(aim * GENERIC)
    assert all(largest_difference(FORM, v) < 1e-13 for v in decompositions)


def test_the_effort_goes_below_the_aim():
    counts = [len(v) for v in found(10.0, effort=20.0)]
    assert counts[0] == floor(1.15 * GENERIC) and counts[-1] <= floor(1.05 * GENERIC)
    assert counts == sorted(set(counts), reverse=True)
    limited = [len(v) for v in found(10.0, effort=20.0, lowest=1.10)]
    assert limited == [floor(ratio * GENERIC) for ratio in (1.15, 1.10)]


@pytest.mark.parametrize(("share", "begun"), [(0.9, False), (1.1, True)])
def test_no_search_begins_that_the_effort_would_hardly_end(share, begun):
    """Below the aim, the effort must buy the products that a search usually takes."""
    lines = []
    seconds = share * usual_products(16, 56) * product_work(16, 56) / RATE
    found(10.0, effort=seconds, say=lines.append)
    assert any(line.startswith("58 powers") for line in lines)
    assert any(line.startswith("56 powers") for line in lines) is begun


def test_nothing_is_done_below_the_first_aim_or_for_few_variables():
    lines = []
    assert not found(9.99, effort=100.0, say=lines.append)
    small = dense(LEAST_VARIABLES - 1)
    assert not found(10.0, small, effort=100.0, say=lines.append)
    assert not lines
    assert found(10.0, dense(LEAST_VARIABLES), say=lines.append) and lines


def test_only_fewer_powers_than_those_in_hand_are_looked_for():
    aim = floor(1.15 * GENERIC)
    assert [len(v) for v in found(10.0, below=aim)] == [aim - 1]
    lines = []
    assert not found(10.0, below=floor(1.05 * GENERIC), effort=50.0, say=lines.append)
    assert not lines  # out of reach without a search


def test_the_strength_cap_is_kept():
    (v,) = found(10.0)
    assert not found(10.0, cap=0.9 * total_strength(v), effort=0.0)
    assert len(found(10.0, cap=1.01 * total_strength(v), effort=0.0)) == 1


def test_seeds_decide():
    one, two, other = (found(10.0, seed=seed)[0] for seed in (3, 3, 4))
    assert (one == two).all() and not (one == other).all()


def test_room_lowers_the_strength():
    strengths = []
    for ratio in (1.15, 1.5, 2.0, 3.0):
        v = with_room(FORM, ratio, 0, silent)
        assert len(v) == floor(ratio * GENERIC) and largest_difference(FORM, v) < 1e-13
        strengths.append(total_strength(v))
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[-1] < 0.75 * strengths[0] and strengths[0] < 0.3 * FORM.polarization_strength


def test_powers_are_written_out_as_they_are():
    form = dense(12, 12)
    v = with_room(form, 1.5, 0, silent)
    powers = Powers(form, "some name", v)
    plan = powers.plan()
    assert (powers.cubics, plan.strategy) == (len(v), "some name")
    assert plan.cubics == len(v) and plan.operations == waring_plan(form, v).operations
    assert plan.strength == pytest.approx(powers.strength, rel=1e-12)


def test_usual_products_grow_as_the_slack_shrinks():
    counts = [usual_products(40, int(ratio * 287)) for ratio in (1.15, 1.10, 1.05, 1.0)]
    assert counts == sorted(counts)
    assert counts[0] == pytest.approx(1000.0, rel=0.05)
    assert np.isfinite(usual_products(40, 200))


# --- progress --------------------------------------------------------------------------------------------------------


def test_lines_say_iteration_residual_and_the_time_that_is_left(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(descent, "monotonic", lambda: now[0])
    lines = []
    report = Reporter(40, 330, lines.append)
    report(State(0, 0, 1.0))
    now[0] = 110.0
    report(State(7, 250, 3.2e-4))
    for part in ("330 powers", "1.15", "5 MB", "iteration 0", "residual 1e+00"):
        assert part in lines[0]
    assert " s left" not in lines[0]  # nothing is known of the time
    seconds = 10.0 * (usual_products(40, 330) / 250 - 1.0)
    for part in ("330 powers", "iteration 7", "residual 3e-04", f" {seconds:.0f} s left"):
        assert part in lines[1]
    assert report.products == 250
    report(State(99, 10**6, 1e-9))
    assert "iteration 99" in lines[2] and " s left" not in lines[2]  # longer than usual: no time is promised


def test_a_search_says_every_iteration():
    lines = []
    found(10.0, say=lines.append)
    pattern = re.compile(r"58 powers.*1\.14.*iteration (\d+), residual \d")
    iterations = [int(pattern.search(line)[1]) for line in lines]
    assert iterations == sorted(iterations) and set(iterations) == set(range(iterations[-1] + 1)) and len(lines) > 5


# --- as the chooser uses it ------------------------------------------------------------------------------------------


def test_efforts_of_twenty_four_modes():
    """Generic: 109 powers. At least 1.15 times that with the default effort, and 1.05 in what it leaves over."""
    form = dense(24, 24)
    plan, rows = synthesise(form, SynthesisOptions())
    names = {row.strategy: row.cubics for row in rows}
    assert names["waring (1.15 of the generic rank)"] == 125
    assert plan.cubics <= 125 and chosen(rows)[0].residual <= 1e-11
    counts = [len(v) for v in found(100.0, form)]
    assert counts == [125, 119, 114]


def test_sparse_forms_are_searched_where_everything_else_takes_more():
    form = sparse(20, 90, 3)
    plan, rows = synthesise(form, SynthesisOptions())
    assert plan.cubics <= floor(1.15 * generic_rank(20))
    before = next(row.cubics for row in rows if row.strategy == "eigen-peeling")
    assert plan.cubics < before


def test_forms_in_few_linear_forms_are_searched_in_those():
    """A dense form of 13 variables on 15 modes, of which it does not depend on two combinations."""
    inner = dense(13, 13)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(15, 13)))[0]
    tensor = np.einsum("abc,ia,jb,kc->ijk", inner.tensor(), turn, turn, turn, optimize=True)
    terms = {}
    for i in range(15):
        for j in range(i, 15):
            for k in range(j, 15):
                terms[i, j, k] = float(tensor[i, j, k]) * (1, 3, 6)[len({i, j, k}) - 1]
    _, rows = synthesise(CubicForm(15, terms), SynthesisOptions(strength_cap=1e3))
    reached = [row for row in rows if row.strategy.startswith("waring (1.1")]
    assert reached and reached[0].cubics == floor(1.15 * generic_rank(13))
