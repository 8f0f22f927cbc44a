"""The stored results still read: their settings, their rows, what must hold of them, and what docs/hsmt.md quotes."""

import re

import pytest
from places import ROOT

from qumode_khrnn.comparison.config import TRAINED, CompareConfig
from qumode_khrnn.comparison.study import read_comparison
from qumode_khrnn.reports.comparison_report import learnt, network_verdict

HSMT = (ROOT / "docs" / "hsmt.md").read_text(encoding="utf-8")


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


def test_the_docs_quote_the_stored_rates(compared):
    rows = compared.triple_rates()

    def rates(model, k, least):
        found = [
            100 * r["violations"] / r["probes"] for (m, n, q), r in rows.items() if (m, q) == (model, k) and n >= least
        ]
        return f"{min(found):.1f} to {max(found):.1f} %"

    for words, model in (
        ("phase-space sampler (2n bits) gives an impossible answer to", "phase-space-sampler"),
        ("the patched sampler to", "patched-sampler"),
        ("the hashed sampler to", "hashed-sampler"),
        ("a constant 0 to", "constant"),
        ("a coin to", "coin"),
    ):
        assert f"{words} {rates(model, 2, 4)}" in " ".join(HSMT.split())
    assert f"the phase-space sampler: {rates('phase-space-sampler', 3, 5)}" in " ".join(HSMT.split())
    noisy = rows["qubits:0.01", 8, 2]
    ends = f"({100 * noisy['violations_low']:.1f} to {100 * noisy['violations_high']:.1f} %)"
    assert f"1 % CNOT errors: {100 * noisy['violations'] / noisy['probes']:.1f} % {ends}" in " ".join(HSMT.split())


def test_the_docs_quote_what_loss_leaves(compared):
    quoted = re.findall(
        r"^\| (\d), (\d) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| (-?[\d.]+) .*?\| ([\d.]+) \| ([\d.]+) %", HSMT, re.M
    )
    assert len(quoted) == 12
    for n, k, edges, scale, squeezing, excess, without, left in quoted:
        where = {"n": int(n), "k": int(k), "loss_scale": float(scale), "probe": "neighbour"}
        (row,) = compared.of("frontier", family="compiled k-HRNN", **where)
        assert (row["edges"], f"{row['squeezing']:.3g}") == (int(edges), squeezing)
        assert (
            abs(row["excess_nll"] - float(excess)) <= 5.1e-4 and abs(row["excess_no_memory"] - float(without)) <= 5.1e-3
        )
        assert f"{100 * row['share_left']:.1f}" == left


def test_the_docs_quote_what_a_constant_gets_on_the_real_alphabet(compared):
    where = {"family": "no memory", "alphabet": "real", "n": 4, "k": 2}
    (given,) = compared.of("frontier", model="constant 0, given the dataset's answers", probe="neighbour", **where)
    (decoy,) = compared.of("frontier", model="constant 0", probe="decoy", **where)
    rate, low, high = (100 * given[f"violation_rate{end}"] for end in ("", "_low", "_high"))
    wrong = round(rate * given["answers"] / 100)
    text = " ".join((ROOT / "docs" / "hsmt.md").read_text(encoding="utf-8").split())
    assert f"{wrong} of {given['answers']} neighbour probes at n = 4, k = 2: {rate:.1f} %" in text
    assert f"{low:.1f} to {high:.1f} %, in `results/`" in text
    assert f"{decoy['squared_error']:.3f} and p = {decoy['calibration_p']:.0e} on {decoy['answers']} decoys" in text
