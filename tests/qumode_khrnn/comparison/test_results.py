"""The stored results of the repository still read: their settings, their rows, and what must hold of them."""

import json

from places import ROOT

from qumode_khrnn.comparison.config import CompareConfig
from qumode_khrnn.comparison.study import Comparison

STORED = json.loads((ROOT / "results" / "compare" / "report.json").read_text(encoding="utf-8"))


def flat(row, study):
    """A row as the study holds it: intervals as two columns each."""
    ends = {f"{name}_{end}": None if pair is None else pair[i] for name, pair in row.get("ci95", {}).items()
            for i, end in enumerate(("low", "high"))}  # fmt: skip
    return {**{name: value for name, value in row.items() if name != "ci95"}, **ends, "study": study}


def test_the_settings_are_those_of_the_full_comparison():
    assert CompareConfig.model_validate(STORED["config"]) == CompareConfig()


def test_the_rows_hold_what_must_hold():
    studies = {"rows": "frontier", "rounded": "rounded"}
    rows = [flat(row, study) for key, study in studies.items() for row in STORED[key]]
    assert len(rows) > 400
    found = Comparison(CompareConfig(), tuple(rows), 0, len(rows), ())
    assert found.failed_checks() == ()
    assert [row for row in found.to_json()["rows"]] == STORED["rows"]
