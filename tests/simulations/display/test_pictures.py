"""Pictures of outcomes and error budgets: the bars are the numbers."""

import numpy as np
import pytest

from compiler.errors import InputError
from simulations.exact.outcomes import Outcomes
from simulations.programs.budget import Budget


def test_histograms_hold_every_shot():
    rng = np.random.default_rng(1)
    outcomes = Outcomes({"x": rng.normal(size=500), "n": rng.integers(0, 3, 500)})
    axes = outcomes.draw().figure.axes
    assert [sum(bar.get_height() for bar in panel.patches) for panel in axes[:2]] == [500, 500]
    counts = [bar.get_height() for bar in axes[1].patches]
    assert counts == [int(np.sum(outcomes.results["n"] == value)) for value in range(3)]
    assert repr(outcomes) == "<Outcomes: 500 shots of x, n>"


def test_many_readouts_are_cut_and_none_is_refused():
    outcomes = Outcomes({f"m{i}": np.zeros(1) for i in range(20)})
    assert ("not drawn", "8 further readouts") in outcomes.draw().facts
    assert sum(bool(axes.get_xlabel()) for axes in outcomes.draw().figure.axes) == 12
    assert "m0" in repr(outcomes) and repr(outcomes).endswith("... (20)>")
    with pytest.raises(InputError, match="at least one result"):
        Outcomes({}).draw()


@pytest.mark.parametrize("count", range(1, 8))
def test_places_without_a_readout_are_empty(count):
    figure = Outcomes({f"m{i}": np.linspace(0.0, 1.0, 9) for i in range(count)}).draw().figure
    assert [bool(axes.axison) for axes in figure.axes] == [i < count for i in range(len(figure.axes))]


def test_rounding_is_drawn_as_0():
    made = Budget("g0", 0.25, {"detectors": -1e-17}, 2.6e-15, 0.25).draw()
    assert [bar.get_width() for bar in made.figure.axes[0].patches] == [0.0, 0.0, 0.25]
    assert ("own spread of the ideal answer", "0") in made.facts and ("detectors", "0") in made.facts


def test_the_bars_of_a_budget_add_up_to_the_variance():
    budget = Budget("p<0>", 2.0, {"detectors": 0.25, "loss": 1.0}, 0.5, 0.25)
    (axes,) = budget.draw().figure.axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [1.0, 0.25, 0.5, 0.25] and sum(widths) == budget.variance
    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["loss", "detectors"]
    assert "p&lt;0&gt;" in budget._repr_html_() and "p<0>" not in budget._repr_html_()
