"""No memory of so many bits beats the bounds on excess and violation."""

from itertools import combinations, product
from math import log

import numpy as np
import pytest

from qumode_khrnn.hsmt.bounds import least_excess_nll, least_violation


def best_scores(modes, k, memory):
    """Expected excess and violation, on a neighbour probe, of Bayes' predictor with ``memory[W]`` for every W."""
    edges = list(combinations(range(modes), k))
    every = np.array(list(product((0, 1), repeat=len(edges))))
    cells = [np.flatnonzero(memory == value) for value in np.unique(memory)]
    excess = violation = 0.0
    for mode in range(modes):
        for y in product((0, 1), repeat=modes):
            if y[mode]:
                continue
            live = [i for i, e in enumerate(edges) if mode in e and all(y[m] for m in e if m != mode)]
            answer = every[:, live].sum(axis=1) % 2
            for cell in cells:
                p, share = answer[cell].mean(), len(cell) / len(every) / modes / 2 ** (modes - 1)
                excess -= share * sum(q * log(q) for q in (p, 1 - p) if q > 0)
                violation += share * min(p, 1 - p)
    return excess, violation


@pytest.mark.parametrize(("modes", "k"), [(3, 2), (4, 2), (4, 3), (5, 3), (5, 2)])
def test_no_memory_beats_the_bounds(modes, k):
    edges = list(combinations(range(modes), k))
    every = np.array(list(product((0, 1), repeat=len(edges))))
    rng, margins = np.random.default_rng(2), []
    for bits in range(len(edges) + 1):
        place = 2 ** np.arange(bits)
        memories = [
            every[:, :bits] @ place,  # whole stars
            rng.integers(2**bits, size=len(every)),  # any function
            (every @ rng.integers(2, size=(len(edges), bits)) % 2) @ place,  # a linear hash
        ]
        for memory in memories:
            excess, violation = best_scores(modes, k, memory)
            assert excess >= least_excess_nll(modes, k, bits) - 1e-12
            assert violation >= least_violation(modes, k, bits) - 1e-12
            margins.append(least_excess_nll(modes, k, bits) / max(excess, 1e-300) if bits < len(edges) else 0.0)
    assert max(margins) > 0.3  # the bound says something: within a factor of about three
