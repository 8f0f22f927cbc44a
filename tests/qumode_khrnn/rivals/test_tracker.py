"""The budgeted tracker is the best predictor for what it stores: Bayes' rule by enumeration."""

from dataclasses import replace
from itertools import combinations, product
from math import log, sqrt

import numpy as np
import pytest
from hsmt_support import MODEL, by_matrices, make, sentences_of

from compiler.errors import InputError
from qumode_khrnn.hsmt.bounds import least_excess_nll, least_violation
from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import ProbeKind, ReadToken
from qumode_khrnn.hsmt.score import score_laws
from qumode_khrnn.rivals.tracker import stored_edges, tracker_laws
from simulations.laws.discrete import uniform


def residual_law(edges, mode, modes, levels):
    """Law of ``P(mode)`` on fresh modes joined by weighted edges, by counting."""
    counts = np.zeros(levels)
    for z in product(range(levels), repeat=modes):
        counts[
            sum(w * int(np.prod([z[m] for m in e if m != mode])) for e, w in edges.items() if mode in e) % levels
        ] += 1
    return counts / counts.sum()


def bayes_law(sentence, spec, budget):
    """Law of the last answer given the m stored weights, the probe's tokens and its earlier answers, by enumeration of
    every weight vector, of both kinds of undone stars and of every decoy."""
    d, n, k = spec.levels, spec.modes, spec.k
    edges = list(combinations(range(n), k))
    true = {t.modes: t.weight for t in sentence.tokens[: len(edges)]}
    kept = set(edges[:budget])
    probe = sentence.tokens[len(edges) :]
    mode = [t.mode for t in sentence.tokens if isinstance(t, ReadToken)][-1]
    star = [e for e in edges if mode in e]
    law, mass, cache = np.zeros(d), 0.0, {}
    for values in product(*([true[e]] if e in kept else range(d) for e in edges)):
        weights = dict(zip(edges, values, strict=True))
        if sentence.kinds[-1] is ProbeKind.NEIGHBOUR:
            reads = [t.mode for t in probe if isinstance(t, ReadToken)][:-1]
            z = dict(zip(reads, sentence.answers, strict=False))
            law[sum(weights[e] * int(np.prod([z[m] for m in e if m != mode])) for e in star) % d] += 1.0
            mass += 1.0
            continue
        undone = {t.modes: t.weight for t in probe[: len(star)]}
        off = {e: (weights[e] + undone[e]) % d for e in star}
        wrong = [e for e in star if off[e]]
        if len(wrong) > 1:
            continue
        chance = spec.mixture["decoy"] / (len(star) * (d - 1)) if wrong else spec.mixture["matched"]
        key = tuple(off.values())
        if key not in cache:
            cache[key] = residual_law(off, mode, n, d)
        law += chance * cache[key]
        mass += chance
    return law / mass


@pytest.mark.parametrize(("modes", "k", "levels"), [(3, 2, 2), (4, 2, 2), (4, 3, 2), (3, 2, 3), (4, 3, 3), (3, 3, 2)])
def test_the_tracker_is_the_best_for_what_it_stores(modes, k, levels):
    mixture = {"matched": 1.0, "decoy": 2.5, "neighbour": 1.5}
    spec = make(modes, k, levels, 24, mixture=mixture, seed=8)
    others = 0
    for sentence in sentences_of(spec):
        for budget in range(len(list(combinations(range(modes), k))) + 1):
            (*free, last) = tracker_laws(sentence, spec, budget)
            assert np.abs(np.array(last.probabilities) - bayes_law(sentence, spec, budget)).max() < 1e-12
            assert all(law == uniform(levels) for law in free)
            others += len(free)
    assert others > 0


def test_the_tracker_knows_contextual_probes_without_weights():
    for k in (2, 3):
        spec = make(4, k, 2, 10, mixture={"contextual": 1.0}, seed=3)
        for sentence in sentences_of(spec):
            expected = by_matrices(sentence.tokens, 4, 2, None, sentence.answers)[1]
            for law, one in zip(tracker_laws(sentence, spec, 0), expected, strict=True):
                assert np.abs(np.array(law.probabilities) - one).max() < 1e-12


@pytest.mark.parametrize(("modes", "k"), [(4, 2), (4, 3), (5, 3)])
def test_the_tracker_meets_the_bounds(modes, k):
    spec = make(modes, k, 2, 800, mixture={"neighbour": 1.0}, seed=6)
    data = Dataset(spec, sentences_of(spec))
    total = len(list(combinations(range(modes), k)))
    for budget in range(total + 1):
        rows = score_laws(data, MODEL, [tracker_laws(s, spec, budget) for s in data.sentences])
        (row,) = (row for row in rows if row.probe == "neighbour")
        if budget == total:
            assert abs(row.excess_nll) < 1e-12 and abs(row.violation_rate) < 1e-12
            continue
        # ln 2 or 0, and 1/2 or 0, in each sentence; the bounds are for the expectation: 4 standard errors
        share = row.violation_rate / 0.5
        assert row.violation_rate > 0.0
        assert row.excess_nll == pytest.approx(log(2) * share, abs=1e-12)
        error = 4 * sqrt(share * (1 - share) / len(data.sentences))
        assert row.excess_nll >= least_excess_nll(modes, k, budget) - log(2) * error
        assert row.violation_rate >= least_violation(modes, k, budget) - 0.5 * error


def test_stored_edges_and_refusals():
    assert stored_edges(4, 2, 3) == {(0, 1), (0, 2), (0, 3)}
    (sentence,) = sentences_of(make(4, 2, 4, mixture={"neighbour": 1.0}))
    with pytest.raises(InputError, match="prime"):
        tracker_laws(sentence, make(4, 2, 4, mixture={"neighbour": 1.0}), 3)
    with pytest.raises(InputError, match=r"0\.\.6"):
        stored_edges(4, 2, 7)


def test_sentences_that_the_tracker_cannot_read_are_refused():
    spec = make(4, 2, 2, mixture={"neighbour": 1.0})
    (sentence,) = sentences_of(spec)
    for other in (make(4, 2, None), make(4, 2, 2, probes=2)):
        with pytest.raises(InputError, match="needs modular sentences with one probe"):
            tracker_laws(sentence, other, 3)
    tokens = sentence.tokens
    for broken in (tokens[1:], (tokens[1], *tokens[1:]), (*tokens[6:], *tokens[:6])):  # one missing, one twice, last
        with pytest.raises(InputError, match="write all 6 edges first"):
            tracker_laws(replace(sentence, tokens=broken), spec, 3)
    reordered = replace(sentence, tokens=(*tokens[5::-1], *tokens[6:]))
    assert tracker_laws(reordered, spec, 3) == tracker_laws(sentence, spec, 3)
    for budget in (-1, 7):
        with pytest.raises(InputError, match=rf"must store 0\.\.6 weights, found {budget}"):
            tracker_laws(sentence, spec, budget)
    for levels in (4, 6, 9):
        composite = make(3, 2, levels, mixture={"matched": 1.0})
        with pytest.raises(InputError, match=f"a prime number of levels, found {levels}"):
            tracker_laws(sentences_of(composite)[0], composite, 0)
