"""No memory of so many bits beats the bounds on excess and violation."""

from fractions import Fraction
from itertools import combinations, product
from math import ceil, comb, log

import numpy as np
import pytest
from hsmt_support import make
from scipy.special import entr

from qumode_khrnn.hsmt.bounds import (
    bits_for_excess,
    contextual_bits,
    extension_modes,
    least_excess_nll,
    least_violation,
    optimal_excess_nll,
)
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence
from qumode_khrnn.rivals.tracker import tracker_laws
from simulations.laws.discrete import certain, uniform


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


# --- no impossible answers -------------------------------------------------------------------------------------------


def test_bits_of_models_without_impossible_answers():
    assert [contextual_bits(n, 2) for n in (3, 4, 8, 16, 32)] == [2, 5, 27, 119, 495]
    assert [contextual_bits(n, 3) for n in (4, 8, 16, 32)] == [2, 20, 104, 464]
    for n, k in product(range(3, 12), range(2, 9)):
        if k <= n:
            # k - 2 modes are in every edge and read: graphs on the others
            graphs = 2 ** len(list(combinations(range(k - 2, n), 2)))
            assert 2 ** contextual_bits(n, k) * 2 == graphs
            assert extension_modes(n, k) == len(range(k - 2, n))


# --- turned around ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modes", "k"), [(3, 2), (6, 2), (8, 2), (5, 3), (8, 3), (6, 4), (32, 3)])
def test_the_bits_that_an_excess_needs_are_the_fewest_that_the_bound_allows(modes, k):
    total = comb(modes, k)
    bounds = [least_excess_nll(modes, k, bits) for bits in range(total + 1)]
    for bits in range(total):
        if bounds[bits] > 1e-12:
            for share in (0.01, 0.5, 0.99):
                nats = share * bounds[bits] + (1.0 - share) * bounds[bits + 1]
                assert bits_for_excess(modes, k, nats) == bits + 1
    assert bits_for_excess(modes, k, 0.0) == ceil(total - Fraction(modes, k))  # N / N_i = n / k
    assert bits_for_excess(modes, k, bounds[0] + 1e-9) == bits_for_excess(modes, k, 1.0) == 0


def test_an_excess_that_is_the_bound_of_some_bits_needs_no_more():
    for modes, k in ((4, 2), (6, 2), (5, 3), (8, 3)):
        for bits in range(comb(modes, k)):
            nats = least_excess_nll(modes, k, bits)
            assert nats < 1e-12 or bits_for_excess(modes, k, nats) == bits


def test_bits_of_an_excess_of_five_hundredths():
    assert [bits_for_excess(n, 2, 0.05) for n in (8, 16, 32)] == [22, 104, 445]
    assert [bits_for_excess(n, 3, 0.05) for n in (8, 16, 32)] == [46, 474, 4234]


# --- the optimum on three modes --------------------------------------------------------------------------------------


STARS, FOUR = ((0, 1), (0, 2), (1, 2)), tuple(product((0, 1), repeat=2))


def partitions(count, classes):
    """Every way to put things into at most so many classes: the class of each, numbered as they come."""
    found = [()]
    for _ in range(count):
        found = [(*p, c) for p in found for c in range(min(max(p, default=-1) + 2, classes))]
    return found


def test_the_optimum_on_three_modes_is_that_of_all_partitions():
    # graphs by their weights of 01, 02, 12; a probe asks for the sum of those weights of a star whose other mode is 1
    graphs = np.array(list(product((0, 1), repeat=3)))
    answers = np.array(
        [graphs[:, [e for e, v in zip(star, y, strict=True) if v]].sum(axis=1) % 2 for star in STARS for y in FOUR]
    ).T
    for bits, closed in enumerate((3 / 4, 7 / 12, 1 / 3, 0.0)):
        least = np.inf
        for classes in partitions(8, 2**bits) if bits < 3 else [tuple(range(8))]:
            inside = np.eye(8)[list(classes)].T  # rows: classes
            sizes = inside.sum(axis=1)
            ones = inside @ answers / np.maximum(sizes, 1.0)[:, None]
            least = min(least, float(sizes / 8 @ (entr(ones) + entr(1.0 - ones)).mean(axis=1)))
        assert optimal_excess_nll(bits) == pytest.approx(least, abs=1e-12)
        assert optimal_excess_nll(bits) == pytest.approx(closed * log(2), abs=1e-12)
        assert optimal_excess_nll(bits) >= least_excess_nll(3, 2, bits)
    assert [round(optimal_excess_nll(bits), 4) for bits in range(4)] == [0.5199, 0.4043, 0.2310, 0.0]


def test_the_tracker_attains_the_optimum_on_three_modes():
    spec = make(3, 2, 2, mixture={"neighbour": 1.0})
    kinds = (ProbeKind.CONTEXT, ProbeKind.CONTEXT, ProbeKind.NEIGHBOUR)
    edges = list(combinations(range(3), 2))
    for bits in range(4):
        costs = []
        for weights, mode, y in product(product((0, 1), repeat=3), range(3), FOUR):
            others = [m for m in range(3) if m != mode]
            answer = sum(weights[edges.index(tuple(sorted((mode, m))))] * v for m, v in zip(others, y, strict=True)) % 2
            tokens = (
                *(EdgeToken(edge, w) for edge, w in zip(edges, weights, strict=True)),
                *(ReadToken("x", m) for m in others),
                ReadToken("p", mode),
            )
            exact = (uniform(2), uniform(2), certain(answer, 2))
            laws = tracker_laws(Sentence(tokens, kinds, (*y, answer), exact), spec, bits)
            assert laws[:2] == exact[:2]
            costs.append(-log(laws[2].probability(answer)))
        assert len(costs) == 96 and np.mean(costs) == pytest.approx(optimal_excess_nll(bits), abs=1e-12)
