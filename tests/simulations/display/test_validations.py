"""Pictures of cross-validations: one point for every row, at its error, on the line of its back end."""

import numpy as np
import pytest

from compiler.errors import InputError
from simulations.programs.cross_validation import CrossValidation, ValidationRow

ROWS = (
    ValidationRow("exact", "50000 shots", "p0", 0.0, 1.0, 0.01, None, 1.0, "agrees"),
    ValidationRow("exact", "50000 shots", "x1", 0.0, 1.0, 0.0, None, 1.0, "agrees"),
    ValidationRow("grid", "", "p0", 0.0, 1.0, 1e-9, 0.0, 1.0, "agrees"),
    ValidationRow("strawberryfields", "cutoff 8", "p0", 0.0, 1.0, 0.1, 0.0, 1.0, "explained by cutoff"),
    ValidationRow("strawberryfields", "cutoff 8", "x1", 0.0, 1.0, 0.2, 0.0, 1.0, "unexplained"),
)


def test_every_row_is_a_point_on_the_line_of_its_back_end(tmp_path):
    found = CrossValidation("small <instance>", {"p0": (0.0, 1.0)}, True, ROWS, {"mrmustard": "is not installed"})
    made = found.draw(tmp_path / "checks.png")
    (axes,) = made.figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "exact, 50000 shots",
        "grid",
        "strawberryfields, cutoff 8",
    ]
    points = {dots.get_label(): [tuple(point) for point in dots.get_offsets()] for dots in axes.collections}
    assert points == {
        "p0: agrees": [(0.01, 0.0), (1e-9, 1.0)],
        "x1: agrees": [(1e-16, 0.0)],  # an error of 0, on a logarithmic axis
        "p0: explained by cutoff": [(0.1, 2.0)],
        "x1: unexplained": [(0.2, 2.0)],
    }
    assert len({tuple(np.ravel(dots.get_facecolor())) for dots in axes.collections}) == 3  # one colour per verdict
    assert repr(found) == f"<CrossValidation of small <instance>: {len(ROWS)} rows, 1 unexplained>"
    facts = dict(made.facts)
    assert facts["mrmustard cannot run it"] == "is not installed" and "differs in x1 by 0.2" in facts["unexplained"]
    assert (tmp_path / "checks.png").stat().st_size > 1000 and "small &lt;instance&gt;" in found._repr_html_()


def test_a_cross_validation_without_rows_is_refused():
    with pytest.raises(InputError, match="at least one row"):
        CrossValidation("nothing", {}, True, (), {}).draw()
