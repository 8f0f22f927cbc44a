"""Texts of another machine: the last digits of decimal numbers may differ, and nothing else."""

import pytest

from compiler.exports.format import ExportInput, same_text
from compiler.ir.circuit import Circuit

GIVEN = ExportInput(Circuit(1), Circuit(1))
TEXT = "gate 3 q[0] 0.123456789012345 -7.5e-05 1.0 # x_0 of 12"


def differs(text, own=TEXT):
    return same_text(lambda given: own, "drawing of this program")(text, GIVEN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.123456789012345", "0.123456789012346"),
        ("0.123456789012345", "0.12345678901234567"),
        ("-7.5e-05", "-7.50000000000004e-05"),
        ("-7.5e-05", "-0.000075"),
        ("1.0", "0.9999999999999999"),
        ("1.0", "1.0000000000000"),
    ],
)
def test_last_digits_may_differ(old, new):
    assert differs(TEXT) == ""
    assert differs(TEXT.replace(old, new)) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.123456789012345", "0.123456790"),
        ("0.123456789012345", "-0.123456789012345"),
        ("-7.5e-05", "-7.5000001e-05"),
        ("-7.5e-05", "7.5e-05"),
        ("1.0", "1.000000001"),
        ("1.0", "1"),  # not a decimal number
        ("1.0", "1.0 1.0"),
        ("gate 3", "gate 4"),
        ("of 12", "of 13"),
        ("q[0]", "q[1]"),
        ("gate", "gait"),
        ("gate", "Gate"),
        ("# x_0", "# x_1"),
        (" of 12", " of 12 "),
        (" 1.0", ""),
    ],
)
def test_anything_else_is_found(old, new):
    assert TEXT.count(old) == 1
    assert differs(TEXT.replace(old, new)) == "it is not the drawing of this program"


@pytest.mark.parametrize(("factor", "found"), [(1 + 2e-13, False), (1 - 5e-13, False), (1 + 1e-11, True), (1.1, True)])
@pytest.mark.parametrize("value", [3.75, -1234.5, 1.5e20])
def test_the_limit_is_relative_to_the_number(value, factor, found):
    assert bool(differs(f"r {value * factor:.17e}", f"r {value:.17e}")) is found


def test_numbers_near_zero_are_compared_as_they_are():
    """A rotation by 1e-17 is one by 0."""
    assert differs("theta 1.2e-17", "theta 0.0") == ""
    assert differs("theta 1.2e-11", "theta 0.0") != ""


def test_numbers_that_are_not_there_or_none_are_found():
    assert differs("", TEXT) and differs(TEXT, "")
    assert differs("r nan", "r 0.5") and differs("r 1e5", "r 2e5")
    assert differs("", "") == ""
