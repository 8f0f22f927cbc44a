"""Models without a memory: what they lose is what formulas say, and what they cannot be caught at is known."""

from functools import cache
from math import exp, log, sqrt

import numpy as np
import pytest
from hsmt_support import MODEL

from qumode_khrnn.comparison.no_memory import fitted_normals, laws_without_memory, no_memory
from qumode_khrnn.comparison.study import TASKS
from qumode_khrnn.comparison.tasks import dataset
from qumode_khrnn.hsmt.score import score_answers, score_laws
from simulations.laws.real import NormalLaw

ZERO, GIVEN, NORMAL = (
    "constant 0",
    "constant 0, given the dataset's answers",
    "no memory, one normal law per quadrature",
)
MATCHED = 2.0 * exp(-2.0)
"""Variance of a matched answer at r = 1."""


@cache
def rows_of(alphabet, n, k, sentences, squeezing=None):
    settings = {"alphabet": alphabet, "n": n, "k": k, "sentences": sentences}
    settings |= {} if squeezing is None else {"squeezing": squeezing}
    return {(row["model"], row["probe"]): row for row in no_memory(settings, 1)}


def test_rows_are_rows_of_the_frontier():
    assert TASKS["no_memory"] == "qumode_khrnn.comparison.no_memory:no_memory"
    rows = rows_of("real", 4, 2, 300)
    assert {model for model, _ in rows} == {ZERO, GIVEN, NORMAL}
    for row in rows.values():
        assert (row["study"], row["family"]) == ("frontier", "no memory")
        assert (row["alphabet"], row["n"], row["k"]) == ("real", 4, 2)
        assert (row["memory"], row["memory_unit"], row["bits"]) == (0.0, "bits", 0.0)


def test_a_constant_is_seldom_caught_by_its_violations_and_always_by_p():
    rows = rows_of("real", 4, 2, 300)
    for probe in ("matched", "neighbour"):  # it has read all positions as 0, and slopes are then 0
        assert rows[ZERO, probe]["violation_rate"] == 0.0
    assert rows[GIVEN, "matched"]["violation_rate"] == 0.0
    assert 0.02 < rows[GIVEN, "neighbour"]["violation_rate"] < 0.15
    # 0 is outside of the window where the exact mean is more than 5 deviations off
    laws = [s.laws[-1] for s in dataset("real", 4, 2, 300, 1, contextual=True).sentences if len(s.laws) == 4]
    off = np.mean([law.mean**2 > 25.0 * law.variance for law in laws])
    assert rows[GIVEN, "neighbour"]["violation_rate"] == pytest.approx(off)
    low, high = (rows[GIVEN, "neighbour"][f"violation_rate_{end}"] for end in ("low", "high"))
    assert 0.0 < low < off < high < 0.25
    for probe in ("matched", "decoy", "neighbour", "context"):
        assert rows[ZERO, probe]["calibration_p"] < 1e-3
    assert rows[ZERO, "decoy"]["squared_error"] < 0.1
    data = dataset("real", 4, 2, 300, 1, contextual=True)
    ideal = score_answers(data, MODEL, [s.answers for s in data.sentences], [s.laws for s in data.sentences])
    assert all(row.calibration_p > 1e-3 for row in ideal)


def test_fitted_variances_are_those_of_the_language():
    # k = 2, r = 1: E w^2 of sizes uniform in 0.1..0.5, E x^2 of a shifted mode; 3 edges at every mode
    weight, position = (0.01 + 0.05 + 0.25) / 3.0, exp(2.0) + 0.25
    decoy, neighbour = MATCHED + weight * position, MATCHED + 3.0 * weight * position
    found = fitted_normals(dataset("real", 4, 2, 10, 1, contextual=True).spec)
    assert set(found) == {"p", "x"} and all(law.mean == 0.0 for law in found.values())
    assert found["p"].variance == pytest.approx((MATCHED + decoy + neighbour) / 3.0, rel=0.2)
    assert found["x"].variance == pytest.approx(position + exp(-2.0), rel=0.1)
    assert fitted_normals(dataset("real", 4, 2, 10, 2, contextual=True).spec)["p"] != found["p"]


def test_one_normal_for_all_momenta_loses_what_the_formula_says():
    data = dataset("real", 4, 2, 300, 1, contextual=True)
    v, fitted = MATCHED, fitted_normals(data.spec)["p"].variance
    squares = [s.answers[0] ** 2 for s in data.sentences if s.kinds[0].value == "matched"]
    expected = (v / fitted - 1.0 - log(v / fitted)) / 2.0
    luck = (np.mean(squares) - v) * (1.0 / fitted - 1.0 / v) / 2.0
    row = rows_of("real", 4, 2, 300)[NORMAL, "matched"]
    assert row["excess_nll"] == pytest.approx(expected + luck, rel=1e-9)
    assert expected > 0.3 and row["excess_nll_low"] < expected < row["excess_nll_high"]
    # fitted to matched probes alone, a normal law without a memory is exact
    exact = [(NormalLaw(0.0, MATCHED),) * len(s.answers) for s in data.sentences]
    matched = next(row for row in score_laws(data, MODEL, exact) if row.probe == "matched")
    assert abs(matched.excess_nll) < 1e-12


def test_the_squeezing_is_that_of_the_settings():
    data = dataset("real", 4, 2, 5, 1, contextual=True, squeezing_latent=0.5, squeezing_ancilla=0.5)
    v, fitted = 2.0 * exp(-1.0), laws_without_memory(data)[0][-1].variance
    row = rows_of("real", 4, 2, 300, 0.5)[NORMAL, "matched"]
    assert row["excess_nll_low"] < (v / fitted - 1.0 - log(v / fitted)) / 2.0 < row["excess_nll_high"]


@pytest.mark.parametrize(("levels", "contextual"), [(2, True), (3, False)])
def test_a_coin_loses_a_whole_answer(levels, contextual):
    rows = rows_of(f"modular({levels})", 3, 2, 120)
    for probe in ("matched", "neighbour"):  # determined: ln d nats, and wrong with probability 1 - 1/d
        assert rows["coin", probe]["excess_nll"] == pytest.approx(log(levels))
        assert rows["coin", probe]["violation_rate"] == pytest.approx(1.0 - 1.0 / levels)
        assert rows[ZERO, probe]["violation_rate"] == 0.0
    assert rows["coin", "context"]["excess_nll"] == pytest.approx(0.0, abs=1e-12)
    assert rows[GIVEN, "matched"]["violation_rate"] == 0.0
    # w1 y1 + w2 y2 is uniform unless both positions are 0
    wrong, count = (1.0 - levels**-2) * (1.0 - 1.0 / levels), rows[GIVEN, "neighbour"]["answers"]
    deviation = sqrt(wrong * (1.0 - wrong) / count)
    assert abs(rows[GIVEN, "neighbour"]["violation_rate"] - wrong) < 4.0 * deviation < 0.4
    assert rows[ZERO, "context"]["calibration_p"] < 1e-6
    assert ((ZERO, "contextual") in rows) is contextual
    if contextual:  # three momenta of a triangle have odd parity
        assert rows[ZERO, "contextual"]["violation_rate"] == 1.0
