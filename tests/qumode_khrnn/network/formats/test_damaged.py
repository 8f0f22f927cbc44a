"""Damaged files of every format are read or refused with one line, soon."""

import numpy as np
import pytest
from damaged_files import damage, damage_json, read_damaged
from hypergraph_files import SAMPLES, read

COUNT = 300
"""Damaged files per format; ``python tests/support/damaged_files.py 5000`` reads more."""


@pytest.mark.parametrize("form", SAMPLES)
def test_damaged_files_are_read_or_refused(form, tmp_path):
    taken, refused, longest = read_damaged(read, SAMPLES[form], tmp_path, COUNT, np.random.default_rng(5))
    assert taken + refused == COUNT
    assert taken and refused, "damage must neither be harmless nor break every file"
    assert longest < 5.0  # typically below 0.05 s; the machine may be busy


def test_other_errors_are_not_taken_for_refusals(tmp_path):
    def broken(path):
        raise KeyError(path)

    with pytest.raises(KeyError):
        read_damaged(broken, SAMPLES["HIF"], tmp_path, 1, np.random.default_rng(1))

    def two_lines(path):
        from compiler.errors import InputError

        class TwoLinesError(InputError):
            __str__ = ValueError.__str__

        raise TwoLinesError("one\ntwo")

    with pytest.raises(AssertionError):
        read_damaged(two_lines, SAMPLES["HIF"], tmp_path, 1, np.random.default_rng(1))


def test_damage_changes_most_files():
    rng = np.random.default_rng(2)
    data = next(iter(SAMPLES["HIF"][0].values()))
    assert sum(damage(data, rng) != data for _ in range(100)) > 90
    assert len({damage_json(data, rng) for _ in range(100)}) > 90
