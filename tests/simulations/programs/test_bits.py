"""Probabilities of bits beside a sample: intervals, exact laws, wrong readings, strings; the cost before the run."""

from math import exp, sqrt

import numpy as np
import pytest
from scipy.stats import binom

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from simulations.backends.registry import Settings
from simulations.programs.bits import described_bits, exact_law, interval
from simulations.programs.sampling import sample_circuit


def bit(alpha, beta, name, mode=0):
    return ops.DisplacementReadout((mode,), (alpha,), (beta,), name)


TWO = Circuit(2, (ops.PrepareSqueezed((0,), -0.4), bit(0.7, 0.0, "a"), bit(0.5, 0.0, "b", 1)))
"""Independent bits: P(+1) = (1 + e^{-0.245 e^{-0.8}}) / 2 and (1 + e^{-1/8}) / 2."""
PLUS = {"a": 0.5 + 0.5 * exp(-0.245 * exp(-0.8)), "b": 0.5 + 0.5 * exp(-0.125)}


def test_intervals_hold_what_they_promise():
    """Coverage of Wilson's interval over all outcomes of a binomial law, near 95 %; Wilson's own edges at 0 and n."""
    for p in (0.5, 0.9, 0.99):
        for shots in (20, 200):
            held = [low <= p <= high for low, high in (interval(k, shots) for k in range(shots + 1))]
            assert 0.91 < binom.pmf(np.arange(shots + 1), shots, p)[held].sum() < 0.99
    z = 1.959963984540054
    assert interval(0, 10) == pytest.approx((0.0, z * z / (10 + z * z)), abs=1e-12)
    assert interval(10, 10) == pytest.approx((10 / (10 + z * z), 1.0), abs=1e-12)


def test_exact_laws_in_any_order_and_with_wrong_readings():
    law = exact_law(TWO, ("a", "b"), {})
    for axes, other in ((("b", "a"), law.T), (("a",), law.sum(axis=1)), (("b",), law.sum(axis=0))):
        assert exact_law(TWO, axes, {}) == pytest.approx(other, abs=1e-15)
    assert law[0, 0] == pytest.approx(PLUS["a"] * PLUS["b"], abs=1e-14)
    wrong = exact_law(TWO, ("a", "b"), {"b": 0.1})
    assert wrong[0, 0] == pytest.approx(PLUS["a"] * (0.9 * PLUS["b"] + 0.1 * (1 - PLUS["b"])), abs=1e-14)
    assert wrong.sum() == pytest.approx(1.0)


def test_no_exact_law_where_it_is_not_cheap_or_does_not_exist(monkeypatch):
    position = TWO.then((ops.Homodyne((0,), 0.0, "x"),))
    random = Circuit(1, (ops.Dephasing((0,), 0.2), bit(0.3, 0.2, "a")))
    outside = Circuit(1, (ops.Kerr((0,), 0.2), bit(0.3, 0.2, "a")))
    long = Circuit(1, tuple(bit(0.3, 0.2, f"b{n}") for n in range(17)))
    assert all(exact_law(c, (c.results[0],), {}) is None for c in (position, random, outside, long))
    monkeypatch.setattr("simulations.programs.bits.MAX_SECONDS", 0.0)
    assert exact_law(TWO, ("a",), {}) is None


def test_a_sample_tells_shares_intervals_and_strings():
    results = {"a": np.array([1.0, 1, 1, -1]), "b": np.array([1.0, -1, -1, -1]), "x": np.zeros(4)}
    rows, strings = described_bits(results, ("a", "b"), TWO, {})
    assert [(row["name"], row["p_plus"]) for row in rows] == [("a", 0.75), ("b", 0.25)]
    assert (rows[0]["p_low"], rows[0]["p_high"]) == interval(3, 4)
    assert [row["exact_p_plus"] for row in rows] == pytest.approx([PLUS["a"], PLUS["b"]])
    assert [(row["bits"], row["share"]) for row in strings] == [("++", 0.25), ("+-", 0.5), ("-+", 0.0), ("--", 0.25)]
    assert sum(row["exact"] for row in strings) == pytest.approx(1.0)
    assert described_bits(results, (), TWO, {}) == ([], [])
    rows, strings = described_bits(results, ("x",), TWO, {})  # a bit that is no displacement readout
    assert "exact_p_plus" not in rows[0] and strings == []


def test_sampled_and_exact_through_one_door():
    """Shares within 5 standard errors of the exact probabilities; without shots the exact ones alone."""
    said = []
    found = sample_circuit(TWO, 10_000, "branches", Settings(), 3, say=said.append)
    assert said == ["branches: 2 branches, 4 histories of outcomes, 5 overlaps: less than a second"]
    for row in found["probabilities"]:
        p = PLUS[row["name"]]
        assert row["exact_p_plus"] == pytest.approx(p, abs=1e-12)
        assert abs(row["p_plus"] - p) < 5 * sqrt(p * (1 - p) / 10_000)
    exact = sample_circuit(TWO, 0, "exact", Settings(), 0)
    assert exact["backend"] == "branches" and exact["shots"] == 0
    assert [row["mean"] for row in exact["readouts"]] == pytest.approx([2 * PLUS[n] - 1 for n in "ab"], abs=1e-12)
    assert [row["variance"] for row in exact["readouts"]] == pytest.approx([4 * PLUS[n] * (1 - PLUS[n]) for n in "ab"])
    for told, row in zip(found["readouts"], exact["readouts"], strict=True):
        assert (told["exact_mean"], told["exact_variance"]) == (row["mean"], row["variance"])
    assert [row["exact"] for row in exact["strings"]] == [row["exact"] for row in found["strings"]]
