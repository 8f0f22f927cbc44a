"""The comparison as data: rows of every part, intervals under ``ci95``."""

from qumode_khrnn.comparison.config import CompareConfig
from qumode_khrnn.comparison.study import Comparison

SCORED = {"study": "frontier", "model": "ssm", "n": 3, "excess_nll": 0.1, "violation_rate": None}
BOUNDS = {"excess_nll_low": 0.05, "excess_nll_high": 0.2, "violation_rate_low": None, "violation_rate_high": None}


def test_intervals_of_rows_stand_under_ci95():
    """A bound ``NAME_low`` comes with ``NAME_high``; an interval that is not known is None, and so is its value."""
    rows = (
        {**SCORED, **BOUNDS},
        {"study": "learning curve", "step": 2, "loss": 0.5},
        {"study": "frontier", "model": "gru", "low": 1, "loss_low": 0.0, "loss_high": 0.0},
    )
    data = Comparison(CompareConfig(), rows, 2, 1, ()).to_json()
    scored, other = data["rows"]
    values = {name: value for name, value in SCORED.items() if name != "study"}
    assert scored == {**values, "ci95": {"excess_nll": [0.05, 0.2], "violation_rate": None}}
    assert other == {"model": "gru", "low": 1, "ci95": {"loss": [0.0, 0.0]}}
    assert data["learning_curve"] == [{"step": 2, "loss": 0.5}]
    assert set(data) == {"format", "version", "config", "rows", "memory", "absent", "learning_curve"}
