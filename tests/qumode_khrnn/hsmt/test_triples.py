"""Triple probes ask what no answers are right for: three graphs, told apart on every path of answers."""

from itertools import combinations

import numpy as np
import pytest
from hsmt_support import by_matrices, make, sentences_of
from separation_support import as_often, laws_along, written

from compiler.errors import InputError
from qumode_khrnn.hsmt.few_qubits import graph_state
from qumode_khrnn.hsmt.language import EdgeToken, ProbeKind, ReadToken
from qumode_khrnn.hsmt.spec import HsmtSpec, possible_kinds
from qumode_khrnn.hsmt.triples import refutations, triple_probe
from qumode_khrnn.ideal.dense_state import DenseState
from qumode_khrnn.separation.certificate import _states, _Walk
from qumode_khrnn.separation.search import patterns, refutation
from simulations.laws.discrete import certain

SIZES = [(n, k) for k in (2, 3, 4) for n in range(3, 7) if k <= n]


# --- the stored refutations ------------------------------------------------------------------------------------------


def test_stored_refutations_are_those_of_the_patterns_and_hold():
    found = [(one.qubits, one.a, one.b, one.tree) for one in refutations()]
    assert found == [(one.qubits, one.a, one.b, refutation(one)) for one in patterns()]
    for qubits, a, b, tree in found:
        walk = _Walk(qubits)
        walk.follow(tree, _states((qubits, a, b, (), ())), 0)
        assert not walk.problems and walk.paths >= 3 and walk.deepest <= 4


def test_the_patterns_are_the_five_of_the_proof():
    # a has uv, b has uw, and each of them may have vw; or two edges that do not meet
    found = {(one.qubits, frozenset(one.a), frozenset(one.b)) for one in refutations()}
    more = [frozenset(), frozenset({(1, 2)})]
    three = {(3, frozenset({(0, 1)}) | x, frozenset({(0, 2)}) | y) for x in more for y in more}
    assert found == {*three, (4, frozenset({(0, 1)}), frozenset({(2, 3)}))}


# --- the conversation, held with a state vector ----------------------------------------------------------------------


class Roles(np.random.Generator):
    """Random numbers of a seed, except for the one that says which of the three graphs is drawn."""

    def __init__(self, seed, role):
        super().__init__(np.random.PCG64(seed))
        self.role = role

    def integers(self, low, high=None, **options):
        drawn = super().integers(low, high, **options)
        return self.role if (low, high) == (3, None) else drawn


class Held:
    """A probe asked of a state vector that was written; ``choose(law)`` says the answers.

    ``reads`` and ``answers`` are the reading tokens and what was answered, ``impossible`` says how many answers were
    given up to the first that is impossible, None if all were possible; from there on the state stays what it was.
    ``groups`` holds, for every group of tokens, the edges that are applied before the last readout and are not undone
    after it, and the state then.
    """

    def __init__(self, modes, k, tokens, rng, choose):
        self.state, self.reads, self.answers, self.groups, self.impossible = DenseState(modes, 2), [], [], [], None
        laws_along(self.state, tokens, [])
        conversation = triple_probe(modes, k, {e.modes: e.weight for e in tokens}, rng)
        group = next(conversation)
        while group:
            here = len(self.answers)
            self.ask(group, k, choose)
            try:
                group = conversation.send(self.answers[here:])
            except StopIteration:
                group = []

    def ask(self, group, k, choose):
        around = [isinstance(token, ReadToken) for token, _ in reversed(group)].index(True)
        whole = len(group) - 1 - 2 * around
        assert group[whole : whole + around] == group[len(group) - around :]
        gates = []
        for at, (token, kind) in enumerate(group):
            if at == whole:
                self.groups.append((gates, self.state.amplitudes.copy()))
            if isinstance(token, EdgeToken):
                assert kind is None and len(token.modes) <= k and token.weight == 1
                laws_along(self.state, [token], [])
                gates += [token.modes] if at < whole else []
                continue
            assert isinstance(token, ReadToken) and kind is ProbeKind.TRIPLE
            self.reads.append(token)
            self.answers.append(self.answer(token, choose))

    def answer(self, read, choose):
        if self.impossible is not None:
            return choose(None)
        position = read.quadrature == "x"
        law = (self.state.position_probabilities if position else self.state.momentum_probabilities)(read.mode)
        y = choose(law)
        if law[y] < 1e-9:
            self.impossible = len(self.answers) + 1
        else:
            (self.state.found_position if position else self.state.found_momentum)(read.mode, y)
        return y

    def outside(self):
        """Answers to the positions outside T: the first readout on T is of a momentum."""
        first = next(at for at, read in enumerate(self.reads) if read.quadrature == "p")
        return dict(zip((read.mode for read in self.reads[:first]), self.answers[:first], strict=True))


def any_possible(rng):
    return lambda law: int(rng.choice(np.flatnonzero(law > 1e-9)))


@pytest.mark.parametrize(("modes", "k"), SIZES)
def test_what_is_left_on_a_few_modes_is_the_drawn_graph_with_known_signs(modes, k):
    seen = set()
    for seed in range(30):
        rng = np.random.default_rng([seed, modes, k])
        tokens = written(modes, k, rng)
        held = Held(modes, k, tokens, rng, any_possible(rng))
        assert held.impossible is None
        outside = held.outside()
        inside = [mode for mode in range(modes) if mode not in outside]
        t = len(inside)
        assert t in (3, 4) and len(held.answers) <= len(outside) + 4
        # the explicit amplitudes on T, where the modes outside have their answers
        before = held.groups[1 if outside else 0][1]
        found = before[tuple(outside.get(mode, slice(None)) for mode in range(modes))].ravel()
        assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-12)
        # z_i has the weights of all edges whose other modes were read and answered 1
        linear = [
            at
            for at, mode in enumerate(inside)
            if sum(e.weight for e in tokens if mode in e.modes and all(outside.get(m) for m in e.modes if m != mode))
            % 2
        ]
        pairs = list(combinations(range(t), 2))
        graphs = [g for size in range(3 if t == 3 else 2) for g in combinations(pairs, size)]
        overlaps = [abs(np.array(graph_state(t, g, linear)) @ found) / 2 ** (t / 2) for g in graphs]
        (graph,) = (g for g, overlap in zip(graphs, overlaps, strict=True) if overlap > 1 - 1e-9)
        seen.add((t, len(graph)))
    assert seen == {(3, 0), (3, 1), (3, 2), *({(4, 0), (4, 1)} if modes > 3 else set())}


def test_sizes_and_graphs_are_drawn_as_often_as_it_is_said():
    # nothing was written: what is applied is the drawn graph. T of three or four; no edge, a, or b; a has one edge or
    # two where T has three modes
    rng, trials = np.random.default_rng(12), 900
    found = []
    for _ in range(trials):
        held = Held(4, 2, [], rng, any_possible(rng))
        found.append((4 - len(held.outside()), len(held.groups[0][0])))
    for drawn, chance in {(3, 0): 1 / 6, (3, 1): 1 / 6, (3, 2): 1 / 6, (4, 0): 1 / 6, (4, 1): 1 / 3}.items():
        assert as_often(found.count(drawn), trials, chance)


class MoreAnswersError(Exception):
    pass


def scripted(answers):
    given = iter(answers)

    def choose(law):
        for y in given:
            return y
        raise MoreAnswersError

    return choose


def paths(ask):
    """Every string of answers with which ``ask(choose)`` comes to an end, and what it gives."""
    open_ends = [()]
    while open_ends:
        answers = open_ends.pop()
        try:
            yield answers, ask(scripted(answers))
        except MoreAnswersError:
            open_ends += [(*answers, 0), (*answers, 1)]


def with_role(modes, k, tokens, seed, role):
    return lambda choose: Held(modes, k, tokens, Roles(seed, role), choose)


@pytest.mark.parametrize(("modes", "k"), [(n, k) for n, k in SIZES if n < 6])
def test_on_every_path_the_last_answer_is_impossible_for_one_of_three_graphs(modes, k):
    # so a model whose answers do not depend on which graph stands there is wrong for one of them at least
    for seed in (1, 2, 4):
        tokens = written(modes, k, np.random.default_rng([seed, modes, k]))
        count = 0
        for answers, first in paths(with_role(modes, k, tokens, seed, 0)):
            others = [with_role(modes, k, tokens, seed, role)(scripted(answers)) for role in (1, 2)]
            assert all(one.reads == first.reads for one in others)  # the questions do not tell which graph it is
            ends = [one.impossible for one in (first, *others)]
            assert any(ends) and set(ends) <= {None, len(answers)}
            count += 1
        assert count >= 3 * 2 ** (modes - 4 if modes > 3 else 0)


# --- datasets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modes", "k", "sentences"), [(3, 2, 20), (4, 2, 20), (5, 3, 12), (3, 3, 12), (5, 4, 12)])
def test_laws_of_triple_probes_in_datasets_are_those_of_explicit_matrices(modes, k, sentences):
    determined = 0
    for sentence in sentences_of(make(modes, k, 2, sentences, mixture={"triple": 1.0})):
        assert set(sentence.kinds) == {ProbeKind.TRIPLE}
        expected = by_matrices(sentence.tokens, modes, 2, None, sentence.answers)[1]
        for y, law, one in zip(sentence.answers, sentence.laws, expected, strict=True):
            assert np.abs(np.array(law.probabilities) - one).max() < 1e-12
            assert law.probability(y) > 0.0
            determined += law.determined
    assert determined > sentences / 6


def test_large_datasets_are_answered_by_another_back_end():
    for modes, k in ((12, 2), (13, 3)):  # stabilizers, phase polynomials
        for sentence in sentences_of(make(modes, k, 2, 4, mixture={"triple": 1.0})):
            expected = laws_along(DenseState(modes, 2), sentence.tokens, sentence.answers)
            found = np.array([law.probabilities for law in sentence.laws])
            assert len(found) >= modes - 4 + 1 and np.abs(found - expected).max() < 1e-10


def test_answers_of_datasets_follow_the_laws():
    free = [
        y
        for sentence in sentences_of(make(4, 2, 2, 200, mixture={"triple": 1.0}))
        for y, law in zip(sentence.answers, sentence.laws, strict=True)
        if not law.determined
    ]
    assert len(free) > 300 and as_often(sum(free), len(free), 0.5)


def test_a_triple_probe_is_the_last_after_matched_ones():
    mixtures = ({"triple": 1.0}, {"triple": 1.0, "decoy": 2.0, "contextual": 1.0}, None)
    for mixture in mixtures:
        asked = 0
        for sentence in sentences_of(make(4, 2, 2, 40, probes=3, mixture=mixture)):
            if ProbeKind.TRIPLE not in sentence.kinds:
                continue
            asked += 1
            assert sentence.kinds[:2] == (ProbeKind.MATCHED, ProbeKind.MATCHED)
            assert set(sentence.kinds[2:]) == {ProbeKind.TRIPLE}
            assert sentence.laws[:2] == (certain(0, 2), certain(0, 2))
        assert asked >= (40 if mixture == {"triple": 1.0} else 4)


# --- what there is, and what is refused ------------------------------------------------------------------------------


def test_triple_probes_have_no_fixed_length():
    with pytest.raises(InputError, match="triple probes have no fixed number of tokens; give probes instead of length"):
        HsmtSpec(4, 2, 1, length=60, mixture={"triple": 1.0, "matched": 1.0}, alphabet="modular(2)")
    assert "triple" not in HsmtSpec(4, 2, 1, length=60, alphabet="modular(2)").shares
    none = {"triple": 0.0, "matched": 1.0}
    (sentence,) = sentences_of(make(4, 2, 2, probes=None, length=60, mixture=none))
    assert len(sentence.tokens) == 60 and ProbeKind.TRIPLE not in sentence.kinds


@pytest.mark.parametrize(
    ("modes", "k", "levels"), [(4, 2, None), (4, 3, None), (4, 2, 3), (4, 3, 3), (4, 2, 4), (2, 2, 2)]
)
def test_there_are_triple_probes_of_qubits_alone(modes, k, levels):
    alphabet = "real" if levels is None else f"modular({levels})"
    assert ProbeKind.TRIPLE not in possible_kinds(alphabet, k, modes)
    with pytest.raises(InputError, match=rf"there are no triple probes for .*k = {k}, n = {modes}"):
        make(modes, k, levels, mixture={"triple": 1.0})


def test_by_default_every_kind_that_there_is_comes_equally_often():
    three = {"matched": 1.0, "decoy": 1.0, "neighbour": 1.0}
    for modes, k, levels, expected in (
        (2, 2, 2, three),
        (3, 2, 2, {**three, "contextual": 1.0, "triple": 1.0}),
        (8, 3, 2, {**three, "contextual": 1.0, "triple": 1.0}),
        (4, 2, 4, {**three, "contextual": 1.0}),
        (4, 2, 3, three),
        (4, 3, 3, {**three, "contextual": 1.0}),
        (4, 2, None, three),
        (4, 3, None, {**three, "contextual": 1.0}),
    ):
        assert make(modes, k, levels).shares == expected
    sentences, asked = sentences_of(make(4, 2, 2, 300)), {}
    for sentence in sentences:
        asked[sentence.kinds[-1]] = asked.get(sentence.kinds[-1], 0) + 1
    assert len(asked) == 5 and all(as_often(count, 300, 1 / 5) for count in asked.values())
