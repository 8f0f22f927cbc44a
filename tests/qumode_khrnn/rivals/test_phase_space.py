"""The phase-space sampler answers rightly whatever is not contextual, and triangles never."""

from itertools import combinations, product

import numpy as np
import pytest
from hsmt_support import MODEL, make, random_token, sentences_of
from scipy.stats import chisquare

from qumode_khrnn.hsmt.dataset import Dataset
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.hsmt.score import score_answers, score_laws
from qumode_khrnn.ideal.modular_reference import modular_reference
from qumode_khrnn.ideal.reference import reference
from qumode_khrnn.rivals.phase_space import phase_space_answers, phase_space_laws

# Statistical tests fix their seed; a bound of p > 1e-4 fails for one seed in 10^4.


def triangle(weight):
    return [EdgeToken(pair, weight) for pair in combinations(range(3), 2)] + [ReadToken("p", m) for m in range(3)]


THREE = [EdgeToken((0, 1, 2), 1)] + [ReadToken("p", m) for m in range(3)]
STRINGS = tuple(product((0, 1), repeat=3))


def joint(tokens, levels, laws_of):
    """Probabilities of all answers to three readouts, multiplied out of conditional laws."""
    out = {}
    for string in product(range(levels), repeat=3):
        laws = laws_of(tokens, string)
        chances = [law.probability(y) for law, y in zip(laws, string, strict=False)]
        out[string] = 0.0 if 0.0 in chances else float(np.prod(chances))
    return out


def quantum(levels):
    return lambda tokens, ys: modular_reference(tokens, 3, levels, np.random.default_rng(0), ys)[1]


def sampler(levels):
    return lambda tokens, ys: phase_space_laws(tokens, ys, 3, levels)


@pytest.mark.parametrize("levels", [2, 4])
def test_triangles_are_answered_rightly_by_the_network_and_never_by_the_sampler(levels):
    # weight d/2: (-1)^{z_i z_j}; p_1 + p_2 + p_3 is d/2 for quantum mechanics, 0 for the sampler
    tokens, half = triangle(levels // 2), levels // 2
    law, model = joint(tokens, levels, quantum(levels)), joint(tokens, levels, sampler(levels))
    assert sum(p for s, p in law.items() if sum(s) % levels == half) == pytest.approx(1.0, abs=1e-12)
    assert sum(p for s, p in model.items() if sum(s) % levels == 0) == pytest.approx(1.0, abs=1e-12)
    spec = make(3, 2, levels, 60, mixture={"contextual": 1.0})
    data = Dataset(spec, sentences_of(spec))
    own = [phase_space_answers(s.tokens, spec, np.random.default_rng(i)) for i, s in enumerate(data.sentences)]
    exact = [
        reference(s.tokens, spec, np.random.default_rng(0), ys)[1] for s, ys in zip(data.sentences, own, strict=True)
    ]
    laws = [phase_space_laws(s.tokens, s.answers, 3, levels) for s in data.sentences]
    network = [reference(s.tokens, spec, np.random.default_rng(i), None) for i, s in enumerate(data.sentences)]
    for rows, expected in (
        (score_answers(data, MODEL, own, exact), 1.0),
        (score_laws(data, MODEL, laws), 1.0),
        (score_laws(data, MODEL, [s.laws for s in data.sentences]), 0.0),
        (score_answers(data, MODEL, [ys for ys, _ in network], [ls for _, ls in network]), 0.0),
    ):
        assert [row.violation_rate for row in rows if row.probe == "contextual"] == [expected]


def test_one_edge_of_three_separates_network_and_sampler():
    law, model = joint(THREE, 2, quantum(2)), joint(THREE, 2, sampler(2))
    for string in STRINGS:
        assert law[string] == pytest.approx(1 / 16 if any(string) else 9 / 16, abs=1e-12)
        assert model[string] == pytest.approx((1 / 2, 1 / 8, 0, 1 / 8)[sum(string)], abs=1e-12)
    rng, spec = np.random.default_rng(5), make(3, 3, 2)
    drawn = [modular_reference(THREE, 3, 2, rng)[0] for _ in range(3000)]
    played = [phase_space_answers(THREE, spec, rng) for _ in range(3000)]
    assert chisquare([drawn.count(s) for s in STRINGS], [3000 * law[s] for s in STRINGS]).pvalue > 1e-4
    possible = [s for s in STRINGS if sum(s) != 2]
    assert sum(played.count(s) for s in possible) == 3000
    assert chisquare([played.count(s) for s in possible], [3000 * model[s] for s in possible]).pvalue > 1e-4


def sampled(spec):
    """The sampler's own answers to each sentence, and the exact law of each given the earlier ones."""
    for index, sentence in enumerate(sentences_of(spec)):
        own = phase_space_answers(sentence.tokens, spec, np.random.default_rng(index))
        yield own, modular_reference(sentence.tokens, spec.modes, spec.levels, np.random.default_rng(0), own)[1]


STEADY = {"matched": 2.0, "neighbour": 1.0}


@pytest.mark.parametrize(
    ("modes", "k", "levels", "probes", "sentences", "mixture"),
    [
        (6, 2, 2, 60, 12, STEADY),
        (40, 2, 3, 15, 6, {**STEADY, "decoy": 1.0}),
        (6, 2, 3, 60, 12, {**STEADY, "decoy": 1.0}),
        (5, 3, 2, 60, 12, STEADY),
        (4, 3, 3, 40, 12, STEADY),
        (5, 4, 2, 60, 12, STEADY),
        (4, 2, 4, 40, 12, STEADY),
        (5, 3, 2, 1, 400, {**STEADY, "decoy": 1.0}),
    ],
)
def test_the_sampler_passes_all_that_is_not_contextual(modes, k, levels, probes, sentences, mixture):
    determined = 0
    for own, laws in sampled(make(modes, k, levels, sentences, probes=probes, mixture=mixture)):
        assert len(laws) == len(own)
        assert all(law.probability(y) > 0.0 for y, law in zip(own, laws, strict=True))
        determined += sum(law.determined for law in laws)
        assert all(isinstance(y, int) and 0 <= y < levels for y in own)
    assert determined > 50


def test_several_decoys_are_contextual_for_even_d():
    # decoys of different wrong edges measure X_i Z_j: their products know a sign that the sampler does not
    spec = make(3, 2, 2, 1200, probes=14, mixture={"matched": 1.0, "decoy": 3.0})
    failed = sum(laws[-1].probability(own[len(laws) - 1]) == 0.0 for own, laws in sampled(spec))
    assert 0 < failed < 120  # seldom


@pytest.mark.parametrize(("modes", "levels", "seed"), [(3, 2, 0), (2, 3, 1), (2, 4, 2)])
def test_the_forward_algorithm_is_the_sampler(modes, levels, seed):
    rng = np.random.default_rng(seed)
    gates = [random_token(rng, modes, levels, modes) for _ in range(12)]
    reads = [ReadToken("p", 0), ReadToken("x", 1), ReadToken("p", 1), ReadToken("p", 0)]
    tokens = [t for t in gates if not isinstance(t, ReadToken)] + [EdgeToken((0, 1), 1), ShiftToken(1, 1)]
    tokens = [*tokens, *reads[:2], EdgeToken((0, 1), 1), *reads[2:]]
    spec, count = make(modes, 2, levels), 4000
    played = [phase_space_answers(tokens, spec, rng) for _ in range(count)]
    found, expected = [], []
    for string in product(range(levels), repeat=4):
        laws = phase_space_laws(tokens, string, modes, levels)
        found.append(played.count(string))
        expected.append(count * np.prod([law.probability(y) for law, y in zip(laws, string, strict=True)]))
        assert expected[-1] > 1e-9 or not found[-1]
    likely = [(f, e) for f, e in zip(found, expected, strict=True) if e > 1e-9]
    assert sum(e for _, e in likely) == pytest.approx(count)
    assert chisquare(*zip(*likely, strict=True)).pvalue > 1e-4
