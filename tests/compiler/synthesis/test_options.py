"""Options, budgets, and what the rows of a synthesis sum up to."""

from math import nan

import pytest

from compiler.errors import CircuitError
from compiler.synthesis.options import LAYERS, RATE, Effort, StrategyRow, SynthesisOptions, synthesis_summary


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"objective": "gates"}, "objective"),
        ({"effort": -1.0}, "effort"),
        ({"effort": float("nan")}, "effort"),
        ({"effort": 1.1e6}, "effort"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 1.0}, "seed"),
        ({"strength_cap": 0.5}, "strength cap"),
        ({"strength_cap": float("nan")}, "strength cap"),
    ],
)
def test_bad_options_are_refused(values, message):
    with pytest.raises(CircuitError, match=message):
        SynthesisOptions(**values)


def test_the_default_is_not_interruptible():
    assert not SynthesisOptions().interruptible


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_a_budget_is_spent_divided_and_given_back():
    effort = Effort(10.0)
    assert effort.affords(10.0 * RATE) and not effort.affords(10.1 * RATE)
    assert effort.spend(4.0 * RATE) and effort.left == pytest.approx(6.0)
    assert not effort.spend(7.0 * RATE) and effort.left == pytest.approx(6.0)
    part = effort.part(0.5)
    assert (part.left, effort.left) == pytest.approx((3.0, 3.0))
    part.spend(1.0 * RATE)
    effort.give_back(part)
    assert (part.left, effort.left) == pytest.approx((0.0, 5.0))


# --- summaries -------------------------------------------------------------------------------------------------------


def row(cubics, strength, modes=(0, 1, 2), failed=False):
    return StrategyRow(modes, 9, "some strategy", cubics, None, strength, failed=failed).to_json()


def points(rows):
    return [[tuple(point.values()) for point in part["points"]] for part in synthesis_summary(rows)["trade_off"]]


def test_three_points_of_the_front_with_the_middle_at_the_geometric_mean():
    """Between 10 and 90 gates the mean is 30. By ratio 41 gates are nearer than 21, and 32 are not on the front."""
    rows = [row(90, 1.0), row(10, 9.0), row(21, 8.0), row(41, 5.0), row(32, 8.5), row(60, 4.0), row(95, 2.0)]
    assert points(rows) == [[(10, 9.0), (41, 5.0), (90, 1.0)]]
    assert points(rows[::-1]) == points(rows)


def test_of_equal_counts_the_weakest_is_on_the_front():
    rows = [row(10, 9.0), row(10, 7.0), row(20, 7.0), row(20, 6.0), row(30, 5.0)]
    assert points(rows) == [[(10, 7.0), (20, 6.0), (30, 5.0)]]


def test_fewer_than_three_points_are_left_out():
    assert points([row(10, 9.0), row(20, 8.0)]) == []
    assert points([row(10, 9.0), row(20, 8.0), row(30, 8.0), row(40, 10.0)]) == []
    assert points([]) == []


def test_failed_rows_are_counted_and_left_out():
    rows = [row(1, 0.1, failed=True), row(10, 9.0), row(20, 8.0), row(30, 7.0), row(40, 0.2, failed=True)]
    assert points(rows) == [[(10, 9.0), (20, 8.0), (30, 7.0)]]
    assert synthesis_summary(rows)["failed_proofs"] == 2
    assert synthesis_summary(rows[1:4])["failed_proofs"] == 0


def test_rows_that_found_nothing_are_left_out():
    rows = [row(10, 9.0), row(None, None), row(20, 8.0), row(30, 7.0), row(5, None)]
    assert points(rows) == [[(10, 9.0), (20, 8.0), (30, 7.0)]]


def test_components_are_summed_up_one_by_one():
    first = [row(10, 9.0), row(20, 8.0), row(30, 7.0)]
    second = [row(1, 3.0, (3, 4, 5)), row(2, 2.0, (3, 4, 5)), row(3, 1.0, (3, 4, 5))]
    third = [row(1, 3.0, (6, 7, 8))]
    shown = synthesis_summary([*first, *second, *third])["trade_off"]
    assert [part["modes"] for part in shown] == [[0, 1, 2], [3, 4, 5]]
    assert points([*first, *second]) == [[(10, 9.0), (20, 8.0), (30, 7.0)], [(1, 3.0), (2, 2.0), (3, 1.0)]]


def test_rows_of_older_certificates_have_no_failures():
    older = [{key: value for key, value in r.items() if key != "failed"} for r in (row(10, 9.0), row(20, nan))]
    assert synthesis_summary(older)["failed_proofs"] == 0


def test_rows_move_with_their_modes():
    moved = StrategyRow((0, 2), 9, "some strategy", 1, 2, 3.0, True, 1e-15).on((7, 8, 9))
    assert moved == StrategyRow((7, 9), 9, "some strategy", 1, 2, 3.0, True, 1e-15)


def test_layers_come_with_their_counting_bound():
    rows = [
        StrategyRow(tuple(range(40)), 9, name, 600, 15, 1.0).to_json() for name in ("polarization", LAYERS + " (15)")
    ]
    assert synthesis_summary(rows)["counting_bounds"] == [{"modes": list(range(40)), "layers": 14}]
    assert synthesis_summary(rows[:1])["counting_bounds"] == []
