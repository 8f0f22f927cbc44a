"""The stored results of the repository still read: their settings, their rows, and what must hold of them."""

import pytest
from places import ROOT

from qumode_khrnn.comparison.config import TRAINED, CompareConfig
from qumode_khrnn.comparison.study import read_comparison
from qumode_khrnn.reports.comparison_report import learnt, network_verdict

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compared():
    return read_comparison(ROOT / "results" / "compare" / "report.json")


@pytest.fixture(scope="module")
def trained():
    return read_comparison(ROOT / "results" / "trained" / "report.json")


def test_the_settings_are_those_of_the_full_comparison(compared, trained):
    assert compared.config == CompareConfig()
    assert (trained.config.networks, trained.config.learning) == (TRAINED["networks"], TRAINED["learning"])


def test_the_rows_hold_what_must_hold(compared, trained):
    assert len(compared.of("frontier")) > 300 and len(compared.of("examination")) > 200
    assert len(trained.of("frontier")) > 300 and len(trained.of("rounded")) > 300
    assert compared.failed_checks() == () and trained.failed_checks() == ()
    assert len(network_verdict(trained)) == 10 and len(learnt(trained)) == 4
