"""Damaged scripts, Blackbird and XIR are read or refused with one line, soon; 5,000 of each by tests/support."""

import pytest
from absent_packages import needs
from damaged_programs import read_damaged_programs

COUNTS = {"py": 400, "xbb": 150, "xir": 300}
"""Some seconds each; Blackbird's parser is the slowest."""


@pytest.mark.parametrize(
    "ending",
    [
        "py",
        pytest.param("xbb", marks=needs("strawberryfields", "blackbird")),
        pytest.param("xir", marks=needs("strawberryfields", "xir")),
    ],
)
def test_damaged_programs_are_read_or_refused(ending):
    taken, refused, longest = read_damaged_programs(ending, COUNTS[ending], 17)
    assert taken + refused == COUNTS[ending] and longest < 10.0
    assert refused > COUNTS[ending] // 2 and taken > COUNTS[ending] // 50  # the damage is neither fatal nor harmless
