"""Pictures of comparisons and experiments."""

from types import SimpleNamespace

import pytest
from places import ROOT

from compiler import Circuit, compile_circuit, operations
from hardware_profiles import load_profile
from qumode_khrnn.comparison.study import read_comparison
from qumode_khrnn.hsmt.score import ScoreRow
from qumode_khrnn.studies.experiment import BudgetPoint, ExperimentResult, LossPoint
from simulations.programs.budget import Budget


def test_a_comparison_shows_its_decisive_figure():
    found = read_comparison(ROOT / "results" / "compare" / "report.json")
    made = found.draw()
    assert ("rows", str(len(found.rows))) in made.facts and ("failed checks", "none") in made.facts
    assert len(made.figure.axes) == 4 and all(axes.lines for axes in made.figure.axes)
    assert repr(found) == f"<Comparison: {len(found.rows)} rows>" and "jobs" not in dict(made.facts)


def row(error):
    interval = {"squared_error": (0.9 * error, 1.1 * error)}
    return ScoreRow("compiled", "k-HRNN", "real", 4, 3, 4.0, "modes", "matched", None, None, interval, 10, error)


@pytest.fixture
def experiment(monkeypatch):
    """An experiment with only those fields that its picture reads."""
    profile = load_profile("photonic-cubic")
    cell = compile_circuit(Circuit(1, (operations.Rotation((0,), 0.5),)), profile)
    points = tuple(LossPoint(scale, None, (row(1.0 + 9.0 * scale),), (), None) for scale in (0.0, 1.0, 2.0))
    result = object.__new__(ExperimentResult)
    given = {"profile": profile, "cell": cell, "loss": points, "ideal_calibration": 0.25, "devices": ()}
    for name, value in {**given, "lossy": SimpleNamespace(spec=SimpleNamespace(modes=4, k=3))}.items():
        object.__setattr__(result, name, value)
    monkeypatch.setattr(ExperimentResult, "failed_checks", lambda self: ("the <check>",))
    return result


def test_an_experiment_shows_error_against_loss(experiment):
    made = experiment.draw()
    facts = dict(made.facts)
    assert facts["loss scales"] == "0, 1, 2" and facts["unit cell"] == "1 operations, depth 1"
    drawn = [list(line.get_ydata()) for line in made.figure.axes[0].lines]
    assert [1.0, 10.0, 19.0] in drawn
    assert "the &lt;check&gt;" in experiment._repr_html_() and "photonic-cubic" in repr(experiment)


def test_a_point_of_a_budget_is_drawn_as_its_budget():
    budget = Budget("p0", 1.0, {"detectors": 0.25}, 0.75, 0.0)
    assert BudgetPoint(2.0, budget, None).draw().facts == budget.draw().facts
