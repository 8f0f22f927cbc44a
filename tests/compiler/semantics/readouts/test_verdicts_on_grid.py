"""Verdicts on programs that read displacements, beside a position grid that plays both programs for every outcome."""

import numpy as np
import pytest
from readout_grid import distance, kraus, positions
from readout_programs import changed, random_circuit, valid

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.equivalence import equivalent

SAME = 1e-7
"""Distances on the grid below this are its own errors, from what reaches its edges."""

OTHER = 1e-4
"""Distances above this are differences; none of the pairs here lies between."""


def pairs(seed, modes, count):
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        left = random_circuit(rng, modes)
        right = valid(modes, changed(rng, left))
        if right is not None and right != left and left.results:
            found.append((left, right))
    return found


@pytest.mark.parametrize(("modes", "seed", "count"), [(1, 5, 120), (2, 6, 12)])
def test_verdicts_are_those_of_the_grid(modes, seed, count):
    said = {"equal": 0, "different": 0, "open": 0, "missed": 0}
    for left, right in pairs(seed, modes, count):
        off = distance(left, right)
        assert not SAME < off < OTHER, (off, left, right)
        verdict = equivalent(left, right)
        if verdict.equivalent:
            said["equal"] += 1
            assert off < SAME, (left, right)
        elif verdict.decided:
            said["different"] += 1
            assert off > OTHER, (verdict.reason, left, right)
        else:
            said["open"] += 1
            said["missed"] += off < SAME
    assert said["equal"] > count / 8 and said["different"] > count / 4, said
    assert said["missed"] == 0, said


def distance_on_the_vacuum(left, right):
    """The largest distance of the states that strings of outcomes leave of the vacuum, whatever their phases."""
    (x,) = positions(1)
    vacuum = np.exp(-(x**2) / 4) / np.linalg.norm(np.exp(-(x**2) / 4))
    ours, theirs = kraus(left, vacuum), kraus(right, vacuum)
    return max(
        np.linalg.norm(np.outer(ours[key], ours[key].conj()) - np.outer(theirs[key], theirs[key].conj()))
        for key in ours
    )


def test_verdicts_on_the_vacuum_are_those_of_the_grid():
    """One of two programs turns the vacuum first, which changes nothing: only methods that know states see that."""
    rng = np.random.default_rng(9)
    said = {"equal": 0, "different": 0, "open": 0}
    while sum(said.values()) < 20:
        left = random_circuit(rng, 1)
        right = valid(1, changed(rng, left)) if rng.random() < 0.6 else left
        if right is None or not left.results:
            continue
        off = distance_on_the_vacuum(left, right)
        assert not SAME < off < OTHER, (off, left, right)
        start = ops.PrepareVacuum((0,))
        turned = Circuit(1, (start, ops.Rotation((0,), 0.7), *right.operations))
        verdict = equivalent(Circuit(1, (start, *left.operations)), turned)
        said["equal" if verdict.equivalent else "different" if verdict.decided else "open"] += 1
        assert verdict.equivalent == (off < SAME), (verdict.reason, left, right)
    assert min(said["equal"], said["open"] + said["different"]) > 3, said
