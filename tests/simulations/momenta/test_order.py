"""Orders of reading: few live modes on chains, trees and rings, and every coupling is applied while its modes live."""

import numpy as np
import pytest

from simulations.momenta.order import elimination


def live(modes, couplings):
    return max(len(read.around) for read in elimination(modes, couplings))


def chain(n, k):
    return [tuple(range(i, i + k)) for i in range(n - k + 1)]


@pytest.mark.parametrize(
    ("modes", "couplings", "most"),
    [
        (30, chain(30, 3), 2),
        (30, chain(30, 4), 3),
        (9, [(0, 2 * i + 1, 2 * i + 2) for i in range(4)], 2),  # a star of 3-edges
        (9, [(8, 2 * i, 2 * i + 1) for i in range(4)], 2),
        (7, [(0, 1, 2), (1, 3, 4), (2, 5, 6)], 2),  # a tree
        (10, [(i, (i + 1) % 10, (i + 2) % 10) for i in range(10)], 4),  # a ring
        (5, [], 0),
        (6, [(i, j) for i in range(6) for j in range(i)], 5),
    ],
)
def test_the_number_of_live_modes_is_the_treewidth(modes, couplings, most):
    assert live(modes, couplings) == most


@pytest.mark.parametrize("seed", range(20))
def test_all_modes_of_a_coupling_are_live_when_the_first_is_read(seed):
    rng = np.random.default_rng(seed)
    modes = int(rng.integers(3, 9))
    couplings = [tuple(rng.choice(modes, rng.integers(2, 4), replace=False).tolist()) for _ in range(modes)]
    reads = elimination(modes, couplings)
    assert sorted(read.mode for read in reads) == list(range(modes))
    place = {read.mode: at for at, read in enumerate(reads)}
    around = {read.mode: set(read.around) for read in reads}
    for coupling in couplings:
        first = min(coupling, key=place.__getitem__)
        assert set(coupling) - {first} <= around[first]
    for read in reads:  # what was live with a mode stays live with the modes around it
        if read.around:
            following = min(read.around, key=place.__getitem__)
            assert place[following] > place[read.mode]
            assert set(read.around) - {following} <= around[following]
        assert read.fresh not in read.live
