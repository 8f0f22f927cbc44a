"""HSMT over the integers modulo d, against oracles written here: explicit matrices, classical bookkeeping of what is
known, Bayes' rule by enumeration.

Statistical tests fix their seed; a bound of p > 1e-4 fails for one seed in 10^4.
"""

import json
from functools import reduce
from itertools import combinations, product
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

import qumode_khrnn.ideal.modular_reference as modular
from compiler.errors import InputError
from qumode_khrnn.classical.phase_space import phase_space_answers, phase_space_laws
from qumode_khrnn.classical.tracker import stored_edges, tracker_laws
from qumode_khrnn.hsmt.bounds import least_excess_nll, least_violation
from qumode_khrnn.hsmt.dataset import Answers, Dataset, answers_to_json, read_answers, read_dataset, write_dataset
from qumode_khrnn.hsmt.generate import generate
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken, Sentence, ShiftToken
from qumode_khrnn.hsmt.score import ModelInfo, calibration, mean_interval, score_answers, score_laws
from qumode_khrnn.hsmt.spec import HsmtSpec
from qumode_khrnn.ideal.affine_state import CONSTANT, AffineState, LeavesAffineError
from qumode_khrnn.ideal.modular_reference import modular_reference
from qumode_khrnn.ideal.reference import reference
from simulations.laws.discrete import DiscreteLaw, certain, uniform

MODEL = ModelInfo("model", "test", 4, "modes")


def make(modes, k, levels, sentences=1, **changes):
    alphabet = "real" if levels is None else f"modular({levels})"
    return HsmtSpec(modes, k, sentences, alphabet=alphabet, **{"probes": 1, "seed": 1, **changes})


def sentences_of(spec):
    return tuple(generate(spec, reference))


def triangle(weight):
    return [EdgeToken(pair, weight) for pair in combinations(range(3), 2)] + [ReadToken("p", m) for m in range(3)]


THREE = [EdgeToken((0, 1, 2), 1)] + [ReadToken("p", m) for m in range(3)]


# --- state vectors against explicit matrices -------------------------------------------------------------------------


class Matrices:
    """A state of n d-level systems as one column; every token is an explicit d^n by d^n matrix."""

    def __init__(self, modes, levels):
        self.n, self.d = modes, levels
        self.psi = np.full(levels**modes, levels ** (-modes / 2), dtype=complex)
        self.z = np.array(list(product(range(levels), repeat=modes)))

    def on(self, mode, matrix):
        parts = [matrix if m == mode else np.eye(self.d) for m in range(self.n)]
        return reduce(np.kron, parts)

    def projector(self, read, y):
        if read.quadrature == "x":
            vector = np.eye(self.d)[y].astype(complex)
        else:
            vector = np.exp(2j * np.pi * y * np.arange(self.d) / self.d) / sqrt(self.d)
        return self.on(read.mode, np.outer(vector, vector.conj()))

    def gate(self, token):
        if isinstance(token, EdgeToken):
            power = token.weight * np.prod(self.z[:, list(token.modes)], axis=1)
            self.psi = np.diag(np.exp(2j * np.pi * power / self.d)) @ self.psi
        else:
            step = np.zeros((self.d, self.d))
            for z in range(self.d):
                step[(z + token.amount) % self.d, z] = 1.0
            self.psi = self.on(token.mode, step) @ self.psi

    def law(self, read):
        return np.array([np.linalg.norm(self.projector(read, y) @ self.psi) ** 2 for y in range(self.d)])

    def found(self, read, y):
        self.psi = self.projector(read, y) @ self.psi
        self.psi /= np.linalg.norm(self.psi)


def by_matrices(tokens, modes, levels, rng, answers=None):
    state, found, laws = Matrices(modes, levels), [], []
    for token in tokens:
        if not isinstance(token, ReadToken):
            state.gate(token)
            continue
        laws.append(state.law(token))
        chances = np.where(laws[-1] < 1e-9, 0.0, laws[-1])
        y = int(rng.choice(levels, p=chances / chances.sum())) if answers is None else int(answers[len(found)])
        found.append(y)
        state.found(token, y)
    return found, laws


def random_token(rng, modes, levels, most, edges=0.5):
    rest = 1.0 - edges
    match rng.choice(["E", "X", "P", "Q"], p=[edges, 0.2 * rest, 0.5 * rest, 0.3 * rest]):
        case "E":
            size = int(rng.integers(1, most + 1))
            edge = tuple(sorted(int(m) for m in rng.choice(modes, size, replace=False)))
            return EdgeToken(edge, int(rng.integers(levels)))
        case "X":
            return ShiftToken(int(rng.integers(modes)), int(rng.integers(levels)))
        case letter:
            return ReadToken("p" if letter == "P" else "x", int(rng.integers(modes)))


@pytest.mark.parametrize(("modes", "levels"), [(3, 2), (4, 2), (5, 2), (3, 3), (4, 3), (3, 4)])
def test_state_vectors_agree_with_explicit_matrices(modes, levels):
    for seed in range(6):
        rng = np.random.default_rng([seed, modes, levels])
        tokens = [random_token(rng, modes, levels, 3) for _ in range(25)] + [ReadToken("p", 0)]
        answers, expected = by_matrices(tokens, modes, levels, rng)
        found, laws = modular_reference(tokens, modes, levels, rng, answers)
        assert found == tuple(answers)
        for law, one in zip(laws, expected, strict=True):
            assert np.abs(np.array(law.probabilities) - one).max() < 1e-12  # 40 operations of 1e-16


# --- phase polynomials against state vectors -------------------------------------------------------------------------


def affine_laws(tokens, modes, levels, answers):
    """Laws by `AffineState` from the start, and its component state vectors where a readout leaves it."""
    small, modular.SMALL = modular.SMALL, 0
    try:
        return modular_reference(tokens, modes, levels, np.random.default_rng(0), answers)[1]
    finally:
        modular.SMALL = small


def assert_affine_agrees(tokens, modes, levels, seed):
    answers, expected = modular_reference(tokens, modes, levels, np.random.default_rng(seed))
    found = affine_laws(tokens, modes, levels, answers)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert np.abs(np.subtract(one.probabilities, other.probabilities)).max() < 1e-10


@pytest.mark.parametrize(("modes", "k", "levels"), [(5, 2, 2), (5, 3, 2), (5, 4, 2), (4, 2, 3), (4, 3, 3), (3, 2, 5)])
def test_phase_polynomials_agree_with_state_vectors_on_sentences(modes, k, levels):
    for sentence in sentences_of(make(modes, k, levels, 8, probes=8)):
        assert_affine_agrees(sentence.tokens, modes, levels, 0)
        for one, other in zip(
            affine_laws(sentence.tokens, modes, levels, sentence.answers), sentence.laws, strict=True
        ):
            assert np.abs(np.subtract(one.probabilities, other.probabilities)).max() < 1e-10


@settings(max_examples=600)
@given(
    st.sampled_from([(4, 2), (3, 3), (3, 5), (6, 2), (4, 3), (5, 3)]),
    st.integers(0, 10**6),
    st.sampled_from([2, 2, 3]),
    st.sampled_from([0.2, 0.35, 0.5]),
)
def test_phase_polynomials_agree_with_state_vectors_on_any_tokens(size, seed, most, edges):
    modes, levels = size
    rng = np.random.default_rng(seed)
    tokens = [random_token(rng, modes, levels, most, edges) for _ in range(int(rng.integers(5, 50)))]
    # ends with a position: the law of a last momentum that meets a square may be refused
    assert_affine_agrees([*tokens, ReadToken("x", 0)], modes, levels, seed)


@pytest.mark.parametrize(("modes", "levels"), [(3, 2), (4, 2), (3, 3), (3, 5)])
def test_readouts_of_any_affine_subspace(modes, levels):
    # positions that are arbitrary affine forms of the variables, which few sentences reach
    rng, held, solved = np.random.default_rng(modes + levels), 0, 0
    while held < 40:
        variables = int(rng.integers(1, modes + 1))
        matrix = rng.integers(levels, size=(modes, variables))
        images = {tuple(matrix @ u % levels) for u in product(range(levels), repeat=variables)}
        if len(images) < levels**variables:
            continue  # different variables must be different positions
        state, mode = AffineState(modes, levels), int(rng.integers(modes))
        offset = rng.integers(levels, size=modes)
        state.rows = [
            {v: int(c) for v, c in (*enumerate(row), (CONSTANT, b)) if c} for row, b in zip(matrix, offset, strict=True)
        ]
        state.phase = {(v,): int(rng.integers(1, levels)) for v in range(variables)}
        if variables > 1 and rng.random() < 0.5:  # else only linear, which no readout turns into a square
            state.phase[0, variables - 1] = int(rng.integers(1, levels))
        dense = state.component(range(modes))[1]
        law = dense.momentum_probabilities(mode)
        try:
            assert np.abs(state.momentum_probabilities(mode) - law).max() < 1e-12
        except LeavesAffineError:
            continue
        if not state.keeps_form(mode):
            continue
        held += 1
        solved += all(np.count_nonzero(matrix[:, v]) > 1 for v in range(variables))
        y = int(rng.choice(np.flatnonzero(law > 1e-9)))
        dense.found_momentum(mode, y)
        state.found_momentum(mode, y)
        overlap = np.vdot(state.component(range(modes))[1].amplitudes, dense.amplitudes)
        assert abs(overlap) == pytest.approx(1.0, abs=1e-12)
    assert solved > 5


# --- zero error ------------------------------------------------------------------------------------------------------


class Known:
    """What a classical reader can work out: positions z, momenta p before the phase, the phase as a polynomial in z.

    Every mode has either a known position or a known momentum p_i, so that ``P(i)`` is ``p_i + d phi / d z_i``. A
    momentum that depends on more than one unknown position ends that, except for the three of a contextual probe.
    """

    def __init__(self, modes, levels):
        self.d, self.z, self.p = levels, {}, dict.fromkeys(range(modes), 0)
        self.phase, self.lost = {}, False

    def add(self, edge, weight):
        total = (self.phase.get(edge, 0) + weight) % self.d
        self.phase.pop(edge, None)
        if total and edge:
            self.phase[edge] = total

    def shift(self, mode, amount):
        for edge, weight in list(self.phase.items()):
            if mode in edge:
                self.add(tuple(m for m in edge if m != mode), -amount * weight)
        if mode in self.z:
            self.z[mode] = (self.z[mode] + amount) % self.d

    def slope(self, mode):
        """d phi / d z_i as a polynomial of unknown positions."""
        out = {}
        for edge, weight in self.phase.items():
            if mode in edge:
                rest = tuple(m for m in edge if m != mode and m not in self.z)
                value = weight
                for m in edge:
                    value *= self.z[m] if m != mode and m in self.z else 1
                out[rest] = (out.get(rest, 0) + value) % self.d
        return {rest: value for rest, value in out.items() if value}

    def read(self, token, y):
        """The determined answer, "uniform", or None if it is not worked out; takes notice of the answer."""
        mode = token.mode
        if token.quadrature == "x":
            told = self.z.get(mode, "uniform")
            self.z[mode] = y
            self.p.pop(mode, None)
            return told
        if mode in self.z:
            value = self.z[mode]
            for edge, weight in list(self.phase.items()):
                if mode in edge:
                    del self.phase[edge]
                    self.add(tuple(m for m in edge if m != mode), weight * value)
            del self.z[mode]
            self.p[mode] = y
            return "uniform"
        slope = self.slope(mode)
        constant = slope.pop((), 0)
        if not slope:
            return (self.p[mode] + constant) % self.d
        ((rest, factor), *more) = slope.items()
        if more or len(rest) > 1 or self.d not in (2, 3, 5):
            self.lost = True
            return None
        self.z[rest[0]] = (y - self.p[mode] - constant) * pow(factor, -1, self.d) % self.d
        del self.p[rest[0]]
        return "uniform"

    def contextual(self, modes, answers):
        """The three momenta of a contextual probe, whatever joins them; the parity of a triangle, or None."""
        slopes = [self.slope(m) for m in modes]
        if any(m in self.z for m in modes) or any(set(rest) - set(modes) for s in slopes for rest in s):
            return None
        pairs = [{(m,): 1 for m in modes if m != i} for i in modes]
        constants = [s.pop((), 0) for s in slopes]
        parity = None
        if self.d == 2 and slopes == pairs:
            parity = (sum(self.p[m] for m in modes) + sum(constants) + 1) % 2
        self.phase = {e: w for e, w in self.phase.items() if not set(e) & set(modes)}
        self.p.update(zip(modes, answers, strict=True))
        return "no parity" if parity is None else parity


def check_zero_error(sentence, spec):
    """Number of determined answers, all of which must have been right and certain."""
    known, at, count = Known(spec.modes, spec.levels), 0, 0
    reads = [token.mode for token in sentence.tokens if isinstance(token, ReadToken)]
    inside, parity = 0, None  # of a contextual group
    for token in sentence.tokens:
        if isinstance(token, EdgeToken):
            known.add(token.modes, token.weight)
            continue
        if isinstance(token, ShiftToken):
            known.shift(token.mode, token.amount)
            continue
        y, law = sentence.answers[at], sentence.laws[at]
        if sentence.kinds[at] is ProbeKind.CONTEXTUAL:
            if inside == 0:
                parity = known.contextual(reads[at : at + 3], sentence.answers[at : at + 3])
            inside = (inside + 1) % 3
        at += 1
        if sentence.kinds[at - 1] is ProbeKind.CONTEXTUAL and parity is not None:
            if inside == 0 and parity != "no parity":
                assert sum(sentence.answers[at - 3 : at]) % 2 == parity
                assert law.probability(y) == 1.0
                count += 1
            continue
        told = known.read(token, y)
        if known.lost:
            return count
        if told == "uniform":
            assert law.probabilities == pytest.approx((1.0 / spec.levels,) * spec.levels, abs=1e-12)
        else:
            assert y == told
            assert law.probabilities == certain(told, spec.levels).probabilities
            count += 1
    return count


def test_no_determined_answer_is_ever_wrong():
    # laws, answers and their certainty against the bookkeeping: all sizes and kinds, then many where cheap
    count = 0
    often = {"matched": 20.0, "neighbour": 1.0, "contextual": 1.0}
    for modes, k, levels, sentences, probes, mixture in (
        *((n, 2, 2, 10, 40, None) for n in (3, 4, 5, 6, 7, 8)),
        *((n, 2, 3, 10, 40, None) for n in (3, 4, 6, 8)),
        *((n, k, 2, 10, 20, None) for n in (4, 6, 8) for k in (3, 4)),
        *((n, k, 3, 5, 20, None) for n in (4, 6) for k in (3, 4)),
        (8, 4, 3, 1, 2, None),
        (8, 3, 2, 1, 300, often),
        (2, 2, 2, 60, 500, {"matched": 20.0, "neighbour": 1.0}),
        (3, 3, 2, 30, 500, often),
        (4, 4, 2, 20, 500, often),
        (3, 3, 3, 20, 500, often),
        (4, 3, 2, 8, 500, often),
    ):
        spec = make(modes, k, levels, sentences, probes=probes, mixture=mixture, shift=0.1)
        count += sum(check_zero_error(sentence, spec) for sentence in sentences_of(spec))
    assert count >= 60_000


@pytest.mark.parametrize(
    ("modes", "k", "levels"), [(4, 2, 2), (4, 3, 2), (5, 4, 2), (4, 2, 3), (4, 3, 3), (4, 2, 4), (3, 3, 5)]
)
def test_first_probes_are_what_they_say(modes, k, levels):
    even = levels % 2 == 0
    found = set()
    for sentence in sentences_of(make(modes, k, levels, 40, shift=0.3)):
        kind, law = sentence.kinds[-1], sentence.laws[-1]
        found.add(kind)
        if kind is ProbeKind.MATCHED:
            assert law == certain(0, levels)
        elif kind is ProbeKind.NEIGHBOUR:
            assert law.determined and law.probability(sentence.answers[-1]) == 1.0
        elif kind is ProbeKind.DECOY:
            assert not law.determined
        else:
            assert even or k >= 3
            assert sentence.laws[0].probabilities[0] < 1 - 1 / levels**3
    assert found == set(ProbeKind) - {ProbeKind.CONTEXT} - (set() if even or k >= 3 else {ProbeKind.CONTEXTUAL})


@pytest.mark.parametrize(("k", "levels", "probes", "edges"), [(2, 2, 25, None), (2, 3, 25, None), (3, 2, 6, 300)])
def test_sixty_modes(k, levels, probes, edges):
    spec = make(60, k, levels, probes=probes, edges=edges, seed=4)
    (sentence,) = sentences_of(spec)
    assert check_zero_error(sentence, spec) >= 4


# --- contextuality ---------------------------------------------------------------------------------------------------

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


# --- the budgeted tracker and the bounds -----------------------------------------------------------------------------


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
    for sentence in sentences_of(spec):
        for budget in range(len(list(combinations(range(modes), k))) + 1):
            (*free, last) = tracker_laws(sentence, spec, budget)
            assert np.abs(np.array(last.probabilities) - bayes_law(sentence, spec, budget)).max() < 1e-12
            assert all(law == uniform(levels) for law in free)


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


def test_stored_edges_and_refusals():
    assert stored_edges(4, 2, 3) == {(0, 1), (0, 2), (0, 3)}
    (sentence,) = sentences_of(make(4, 2, 4, mixture={"neighbour": 1.0}))
    with pytest.raises(InputError, match="prime"):
        tracker_laws(sentence, make(4, 2, 4, mixture={"neighbour": 1.0}), 3)
    with pytest.raises(InputError, match=r"0\.\.6"):
        stored_edges(4, 2, 7)


# --- scores ----------------------------------------------------------------------------------------------------------


def by_hand():
    """Two sentences of two readouts: a determined answer 1, and a free one."""
    tokens = (ReadToken("p", 0), ReadToken("x", 1))
    kinds = (ProbeKind.MATCHED, ProbeKind.CONTEXT)
    laws = (certain(1, 3), DiscreteLaw((0.5, 0.25, 0.25)))
    return Dataset(make(2, 2, 3, 2), (Sentence(tokens, kinds, (1, 0), laws), Sentence(tokens, kinds, (1, 2), laws)))


def test_discrete_laws_are_scored_as_by_hand():
    data = by_hand()
    guess = (DiscreteLaw((0.2, 0.7, 0.1)), DiscreteLaw((0.25, 0.5, 0.25)))
    sure = (certain(1, 3), DiscreteLaw((0.5, 0.5, 0.0)))
    rows = {row.probe: row for row in score_laws(data, MODEL, (guess, guess))}
    assert rows["matched"].violation_rate == pytest.approx(0.3)
    assert rows["context"].violation_rate is None and rows["all"].violation_rate == pytest.approx(0.3)
    # -ln 0.7 twice; ln 0.5 - ln 0.25 and ln 0.25 - ln 0.25
    assert rows["matched"].excess_nll == pytest.approx(-log(0.7))
    assert rows["context"].excess_nll == pytest.approx(log(2) / 2)
    assert rows["all"].excess_nll == pytest.approx((-2 * log(0.7) + log(2)) / 4)
    assert rows["all"].squared_error is None and rows["all"].impossible == 0
    rows = {row.probe: row for row in score_laws(data, MODEL, (guess, sure))}
    assert rows["context"].excess_nll is None and rows["context"].impossible == 1
    assert rows["context"].ci95["excess_nll"] is None
    assert rows["matched"].excess_nll == pytest.approx(-log(0.7) / 2) and rows["all"].impossible == 1
    rows = {row.probe: row for row in score_answers(data, MODEL, ((0, 1), (1, 1)), [s.laws for s in data.sentences])}
    assert rows["matched"].violation_rate == 0.5 and rows["all"].excess_nll is None
    with pytest.raises(InputError, match="one alphabet"):
        from simulations.laws.real import NormalLaw

        score_laws(data, MODEL, ((NormalLaw(0.0, 1.0),) * 2,) * 2)


def test_clustered_intervals_follow_their_formula():
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(7, size=40))
    values = rng.normal(size=40) + groups
    total, mean = 0.0, sum(values) / 40
    for g in set(groups.tolist()):
        total += sum(v - mean for v, h in zip(values, groups, strict=True) if h == g) ** 2
    count = len(set(groups.tolist()))
    half = 1.959963984540054 * sqrt(total * count / (count - 1)) / 40
    assert mean_interval(values, groups) == pytest.approx((mean - half, mean + half), rel=1e-12)
    assert mean_interval(values, np.zeros(40)) is None
    # one value a group: the usual standard error
    usual = 1.959963984540054 * values.std(ddof=1) / sqrt(40)
    assert mean_interval(values, np.arange(40))[1] - mean == pytest.approx(usual, rel=1e-12)


def test_calibration_is_uniform_for_exact_answers_and_tiny_for_wrong_ones():
    laws = [(uniform(3), DiscreteLaw((0.7, 0.2, 0.1)), certain(2, 3), DiscreteLaw((0.0, 0.5, 0.5)))] * 60

    def p_value(draw):
        return calibration([[draw(law) for law in one] for one in laws], laws)

    rng = np.random.default_rng(4)
    values = [p_value(lambda law: int(rng.choice(3, p=law.probabilities))) for _ in range(200)]
    assert kstest(values, "uniform").pvalue > 1e-4
    assert p_value(lambda law: int(np.argmax(law.probabilities))) < 1e-6
    assert p_value(lambda law: 0) == 0.0  # excluded
    assert calibration([[0] * 100], [[uniform(2)] * 100]) < 1e-6  # always 0 where both answers are as likely
    assert calibration([[2]], [[certain(2, 3)]]) == 1.0


def test_the_network_is_calibrated_and_the_sampler_is_not():
    spec = make(3, 3, 2, 300, mixture={"contextual": 1.0})
    sentences = sentences_of(spec)
    assert calibration([s.answers for s in sentences], [s.laws for s in sentences]) > 1e-4
    own = [phase_space_answers(s.tokens, spec, np.random.default_rng(i)) for i, s in enumerate(sentences)]
    laws = [reference(s.tokens, spec, np.random.default_rng(0), ys)[1] for s, ys in zip(sentences, own, strict=True)]
    assert calibration(own, laws) < 1e-4


# --- files -----------------------------------------------------------------------------------------------------------

FILES = [(4, 2, 2, None), (3, 3, 3, None), (4, 4, None, {"neighbour": 1.0}), (4, 3, None, {"contextual": 1.0})]


@pytest.mark.parametrize(("modes", "k", "levels", "mixture"), FILES)
def test_files_round_trip(tmp_path, modes, k, levels, mixture):
    spec = make(modes, k, levels, 4, mixture=mixture)
    data = Dataset(spec, sentences_of(spec))
    write_dataset(tmp_path / "d.jsonl", data)
    assert read_dataset(tmp_path / "d.jsonl") == data
    own = tuple(phase_space_answers(s.tokens, spec, np.random.default_rng(0)) for s in data.sentences)
    answers = Answers("sampler", own, tuple(s.laws for s in data.sentences))
    (tmp_path / "a.json").write_text(json.dumps(answers_to_json(answers)))
    assert read_answers(tmp_path / "a.json", data) == answers


def _edit(line, path, value):
    data = json.loads(line)
    *way, last = path
    inner = reduce(lambda d, key: d[key], way, data)
    inner[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("line", "path", "value", "message"),
    [
        (0, ("spec", "alphabet"), "modular(3)", "line 2.*needs 3 probabilities"),
        (0, ("spec", "alphabet"), "real", "line 2.*does not belong"),
        (0, ("spec", "alphabet"), "modular(99)", "line 1.*alphabet"),
        (2, ("tokens", 0, 2), 2, "line 3.*token 0.*0..1"),
        (2, ("tokens", 0, 2), -1, "line 3.*token 0.*0..1"),
        (2, ("tokens", 0, 2), 1.0, "line 3.*token 0.*integer"),
        (3, ("answers", 0), 1.0, "line 4.*answer 0.*integer"),
        (3, ("answers", 0), True, "line 4.*answer 0.*integer"),
        (3, ("answers", 0), 2, "line 4.*answer 0.*0..1"),
        (1, ("laws", 0, "probabilities"), [0.25] * 4, "line 2.*law 0.*needs 2"),
        (1, ("laws", 0, "probabilities"), [0.25] * 2, "line 2.*law 0.*sum to 1"),
        (1, ("laws", 0, "probabilities"), [1.5, -0.5], "line 2.*law 0.*sum to 1"),
        (1, ("laws", 0), {"law": "normal", "mean": 0.0, "variance": 1.0}, "line 2.*law 0.*alphabet"),
        (1, ("kinds", 0), "magic", "line 2.*magic"),
        (1, ("kinds",), [], "line 2.*0 kinds"),
    ],
)
def test_broken_files_name_the_line(tmp_path, line, path, value, message):
    spec = make(3, 2, 2, 3, mixture={"matched": 1.0})
    write_dataset(tmp_path / "d.jsonl", Dataset(spec, sentences_of(spec)))
    lines = (tmp_path / "d.jsonl").read_text().splitlines()
    lines[line] = _edit(lines[line], path, value)
    (tmp_path / "d.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=message):
        read_dataset(tmp_path / "d.jsonl")


def test_truncated_files_name_the_line(tmp_path):
    spec = make(3, 2, 2, 3)
    write_dataset(tmp_path / "d.jsonl", Dataset(spec, sentences_of(spec)))
    text = (tmp_path / "d.jsonl").read_text()
    (tmp_path / "d.jsonl").write_text(text[:-20])
    with pytest.raises(InputError, match="line 4"):
        read_dataset(tmp_path / "d.jsonl")
