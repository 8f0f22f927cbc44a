"""Halving a loss of a device does to an answer's variance what the closed form of a lossy squeezed mode says."""

from math import exp

import pytest

from compiler.ir.circuit import Circuit
from compiler.ir.operations import Homodyne, PrepareSqueezed
from compiler.ir.polynomial import Polynomial
from hardware_profiles import load_profile
from qumode_khrnn.studies.improvements import improvements, improvements_of_answers

R = 0.9


def variance(*losses_db):
    """Return the variance of a quadrature that was squeezed by R and lost light, in units of the vacuum's."""
    transmission = 10.0 ** (-sum(losses_db) / 10.0)
    return transmission * exp(-2.0 * R) + 1.0 - transmission


def test_halved_losses_of_one_squeezed_mode():
    profile = load_profile("photonic-cubic")
    read = Circuit(1, (PrepareSqueezed((0,), R), Homodyne((0,), 0.0, "x")))
    found = {one.number: one for one in improvements(read, profile, Polynomial.monomial(("x",)))}
    numbers = {path: quantity.value for path, quantity in profile.quantities().items()}
    source, detector = "operations.PrepareSqueezed.loss_db", "operations.Homodyne.loss_db"
    assert list(found) == [detector, source]  # the largest gain first; gates that are not used are left out
    before = variance(numbers[source], numbers[detector])
    for half, other in ((source, detector), (detector, source)):
        assert found[half].before == pytest.approx(before, rel=1e-12)
        after = variance(0.5 * numbers[half], numbers[other])
        assert found[half].after == pytest.approx(after, rel=1e-12)
        assert found[half].gain == pytest.approx((before - after) / before, rel=1e-9)
    assert found[source].component == "loss of PrepareSqueezed"


def test_a_device_without_losses_has_nothing_to_improve():
    read = Circuit(1, (PrepareSqueezed((0,), R), Homodyne((0,), 0.0, "x")))
    assert improvements(read, load_profile("ideal-cubic"), Polynomial.monomial(("x",))) == ()


def test_every_answer_is_told_for_every_number():
    profile = load_profile("photonic-cubic")
    squeezed = Circuit(2, (PrepareSqueezed((0,), R), Homodyne((0,), 0.0, "x"), Homodyne((1,), 0.0, "y")))
    names = {name: Polynomial.monomial((name,)) for name in "xy"}
    found = improvements_of_answers(squeezed, profile, names, scale=0.5)
    numbers = {path: quantity.value for path, quantity in profile.quantities().items()}
    source, detector = "operations.PrepareSqueezed.loss_db", "operations.Homodyne.loss_db"
    assert {one.number for one in found["x"]} == {source, detector} == {one.number for one in found["y"]}
    for one in found["x"]:
        halves = {source: 0.5, detector: 0.5} | {one.number: 0.25}  # the scale halves every loss
        after = variance(*(factor * numbers[path] for path, factor in halves.items()))
        assert one.after == pytest.approx(after, rel=1e-12)
    assert [one.gain for one in found["y"]] == [0.0, 0.0]  # the vacuum stays the vacuum
