"""Models that answer token by token are what they say they are: their laws, their possible answers, their memories.

Statistical tests fix their seeds and fail for one seed in 10^4 each.
"""

from functools import reduce
from itertools import combinations
from math import ceil, comb, log2
from operator import xor

import numpy as np
import pytest
from hsmt_support import Matrices, make, random_token
from scipy.stats import chi2_contingency
from separation_support import SIGNIFICANT, follows, joint_law, played, player_of, written

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.hsmt.models import Situation, find_model, memory_of
from qumode_khrnn.ideal.modular_reference import modular_reference
from qumode_khrnn.rivals.pair import StabilizerPair
from qumode_khrnn.rivals.phase_space import phase_space_answers
from qumode_khrnn.rivals.samplers import syndromes
from qumode_khrnn.rivals.tracker import stored_edges

MOMENTA = [ReadToken("p", mode) for mode in range(3)]


def possible(tokens, modes, answers):
    """Whether the ideal network may give these answers."""
    laws = modular_reference(tokens, modes, 2, np.random.default_rng(0), answers)[1]
    return all(law.probability(y) > 0.0 for law, y in zip(laws, answers, strict=False))


def strings(name, modes, k, tokens, count):
    """Answers of so many new players to the same tokens."""
    return [played(player_of(name, modes, k, [seed, modes, k]), tokens) for seed in range(count)]


# --- the phase-space sampler -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modes", "k"), [(3, 2), (3, 3)])
def test_the_player_is_the_sampler_of_whole_sentences(modes, k):
    # a readout that did not draw the conjugate anew would be seen: P(1) would tell Q(0), and P(1) be known at the end
    tokens = [
        EdgeToken((0, 1), 1),
        *(ReadToken("x", 1), ReadToken("p", 1), ReadToken("x", 0)),
        EdgeToken((0, 1, 2)[3 - k :], 1),
        ReadToken("p", 2),
        EdgeToken((1, 2), 1),
        ReadToken("p", 1),
        ShiftToken(0, 1),
        ReadToken("x", 0),
    ]
    spec, count = make(modes, k, 2), 2000
    one = strings("phase-space-sampler", modes, k, tokens, count)
    other = [phase_space_answers(tokens, spec, np.random.default_rng([seed, 9])) for seed in range(count)]
    seen = sorted({*one, *other})
    assert len(seen) > 8
    assert chi2_contingency([[drawn.count(s) for s in seen] for drawn in (one, other)]).pvalue > SIGNIFICANT


# --- the patched and the hashed sampler ------------------------------------------------------------------------------


def contextual(modes, k, rng, inside, join):
    """Everything is written, the edges at three modes are undone, others join them, and their momenta are read."""
    tokens = written(modes, k, rng)
    undone = [token for token in tokens if set(token.modes) & set(inside)]
    return [*tokens, *undone, *(EdgeToken(edge, 1) for edge in join), *(ReadToken("p", m) for m in inside)]


@pytest.mark.parametrize(("modes", "k"), [(3, 2), (5, 2), (5, 3)])
def test_the_patched_sampler_answers_triangles_by_their_law(modes, k):
    inside = (0, 1, 2) if modes == 3 else (1, 3, 4)
    tokens = contextual(modes, k, np.random.default_rng(modes), inside, combinations(inside, 2))
    law = joint_law(tokens, modes)
    assert law == pytest.approx({s: 0.25 for s in law}) and all(sum(s) % 2 for s in law)  # odd parity
    assert follows(strings("patched-sampler", modes, k, tokens, 400), law)
    assert not follows(strings("phase-space-sampler", modes, k, tokens, 400), law)


def test_the_patched_sampler_answers_an_edge_of_three_by_its_law():
    tokens = contextual(4, 3, np.random.default_rng(4), (0, 2, 3), [(0, 2, 3)])
    law = joint_law(tokens, 4)
    assert law == pytest.approx({s: 1 / 16 if any(s) else 9 / 16 for s in np.ndindex(2, 2, 2)})
    assert follows(strings("patched-sampler", 4, 3, tokens, 800), law)
    assert not follows(strings("phase-space-sampler", 4, 3, tokens, 800), law)


@pytest.mark.parametrize(("modes", "k"), [*((n, 2) for n in range(3, 9)), (5, 3), (8, 3)])
def test_syndromes_tell_any_three_edges(modes, k):
    labels = syndromes(modes, k)
    assert list(labels) == list(combinations(range(modes), k))
    sums = [0, *(reduce(xor, chosen) for size in (1, 2, 3) for chosen in combinations(labels.values(), size))]
    assert len(set(sums)) == len(sums) == sum(comb(len(labels), size) for size in range(4))
    assert max(labels.values()) < 2 ** (3 * ceil(log2(len(labels) + 1)))  # the bits that are stated


def test_the_hashed_sampler_takes_few_large_sets_for_two_edges():
    """At n = 8 a random set of edges has the syndrome of at most two with a chance of 407 / 2^15 = 1.2 %.

    Of 2,000 sets 24.8 are expected; 50 or more would be a chance of 1e-5.
    """
    labels = list(syndromes(8, 2).values())
    few = {0, *labels, *(a ^ b for a, b in combinations(labels, 2))}
    rng = np.random.default_rng(7)
    sets = [[label for label in labels if rng.random() < 0.5] for _ in range(2000)]
    assert sum(reduce(xor, chosen, 0) in few for chosen in sets) < 50


@pytest.mark.parametrize("left", [(), ((0, 1),), ((2, 3),), ((0, 1), (0, 2)), ((0, 1), (2, 3)), ((1, 3), (2, 3))])
def test_the_hashed_sampler_knows_the_last_two_edges(left):
    # after the first momentum a triangle is made of what is left: the phase-space sampler gives it the wrong parity
    edges = list(combinations(range(4), 2))
    undone = [edge for edge in edges if edge not in left]
    order = np.random.default_rng(3).permutation(len(undone))
    tokens = [
        *(EdgeToken(edge, 1) for edge in (*edges, *(undone[i] for i in order))),
        ReadToken("p", 3),
        *(EdgeToken(edge[::-1], 1) for edge in combinations(range(3), 2) if edge not in left),
        *MOMENTA,
    ]
    law = joint_law(tokens, 4)
    assert follows(strings("hashed-sampler", 4, 2, tokens, 400), law)
    if all(3 not in edge for edge in left):
        assert not follows(strings("phase-space-sampler", 4, 2, tokens, 400), law)


def test_the_hashed_sampler_knows_edges_of_three_modes_in_any_order():
    edges = list(combinations(range(5), 3))
    for left in (edges[3:4], edges[2:9:4]):
        tokens = [EdgeToken(edge[::-1], 1) for edge in (*edges, *(e for e in edges if e not in left))]
        tokens += [ReadToken("p", mode) for mode in left[0]]
        law = joint_law(tokens, 5)
        assert follows(strings("hashed-sampler", 5, 3, tokens, 300), law)
        assert len(left) > 1 or not follows(strings("phase-space-sampler", 5, 3, tokens, 300), law)


# --- the Taylor sampler and the silent model -------------------------------------------------------------------------


def random_sentence(rng, modes, most, reads, shifts=True):
    """Random tokens with so many readouts."""
    tokens = []
    while sum(isinstance(token, ReadToken) for token in tokens) < reads:
        token = random_token(rng, modes, 2, most, 0.7)
        if shifts or not isinstance(token, ShiftToken):
            tokens.append(token)
    return tokens


@pytest.mark.parametrize("name", ["taylor-sampler", "ideal"])
def test_models_that_know_all_weights_of_pairs_answer_by_the_laws(name):
    spread, again = (
        0,
        [ReadToken("x", 0), ReadToken("p", 0), ReadToken("x", 0), EdgeToken((0, 1), 1), ReadToken("p", 1)],
    )
    for seed in range(10):
        rng = np.random.default_rng([seed, 3])
        tokens = [*written(3, 2, rng), *(random_sentence(rng, 3, 2, 5) if seed else again)]
        law = joint_law(tokens, 3)
        spread += len(law) >= 4
        assert follows(strings(name, 3, 2, tokens, 300), law)
    assert spread >= 5


def test_the_taylor_sampler_passes_what_becomes_quadratic_once_positions_are_known():
    # an edge of three modes, one of them read, is an edge of two: the parity of a triangle with two more
    edges = [EdgeToken((0, 1, 3), 1), EdgeToken((0, 2), 1), EdgeToken((1, 2), 1)]
    tokens = [*edges, ReadToken("x", 3), *MOMENTA]
    law = joint_law(tokens, 4)
    assert len(law) == 8 and all(sum(s[1:]) % 2 for s in law if s[0])
    assert follows(strings("taylor-sampler", 4, 3, tokens, 400), law)
    shifted = [*edges, ShiftToken(3, 1), ReadToken("x", 3), *MOMENTA]
    law = joint_law(shifted, 4)
    assert len(law) == 8 and all(sum(s[1:]) % 2 for s in law if not s[0])
    assert follows(strings("taylor-sampler", 4, 3, shifted, 400), law)


def test_the_silent_model_answers_every_position_with_zero():
    rng = np.random.default_rng(8)
    for k in (3, 4):
        tokens = [*written(5, k, rng), *(ReadToken("x", int(m)) for m in rng.permutation(5))]
        for seed in range(10):
            assert played(player_of("silent", 5, k, seed), tokens) == (0,) * 5
    turned = [ShiftToken(1, 1), *(ReadToken("x", m) for m in range(3)), ReadToken("p", 1), ReadToken("x", 1)]
    for seed in range(10):
        answers = played(player_of("silent", 3, 3, seed), turned)
        assert answers[0] == answers[2] == 0 and possible(turned, 3, answers)


# --- the pair model --------------------------------------------------------------------------------------------------


def missing(modes, k):
    """The edge whose weight the pair model does not store."""
    return tuple(range(modes - k, modes))


def contradicted(tokens, modes, k, seed):
    """For which values of the missing weight the pair model gives an impossible answer."""
    answers = played(player_of("pair", modes, k, seed), tokens)
    either = (tokens, [EdgeToken(missing(modes, k), 1), *tokens])
    return [value for value, truth in enumerate(either) if not possible(truth, modes, answers)]


@pytest.mark.parametrize(("modes", "k"), [(3, 2), (4, 2), (3, 3), (4, 3), (4, 4)])
def test_the_pair_model_never_gives_an_impossible_answer_for_either_weight(modes, k):
    for seed in range(50):
        rng = np.random.default_rng([seed, modes, k])
        tokens = [*written(modes, k, rng), *random_sentence(rng, modes, k, 10, shifts=k > 2)]
        assert contradicted(tokens, modes, k, seed) == []


def test_the_pair_model_hears_shifts():
    tokens = [ShiftToken(1, 1), ReadToken("x", 1), ReadToken("p", 2)]
    assert contradicted(tokens, 3, 2, 0) == []
    for seed in range(60):
        rng = np.random.default_rng([seed, 5])
        assert contradicted([*written(4, 2, rng), *random_sentence(rng, 4, 2, 10)], 4, 2, seed) == []


def test_the_pair_model_allows_what_keeps_the_two_states_from_being_orthogonal():
    forbidden = 0
    for seed in range(40):
        rng = np.random.default_rng([seed, 6])
        pair, one, other = StabilizerPair(4, (2, 3)), Matrices(4, 2), Matrices(4, 2)
        other.gate(EdgeToken((2, 3), 1))
        for token in [*written(4, 2, rng), *random_sentence(rng, 4, 2, 8, shifts=False)]:
            if not isinstance(token, ReadToken):
                for heard in (pair.gate, one.gate, other.gate):
                    heard(token)
                continue
            after = [[state.projector(token, y) @ state.psi for state in (one, other)] for y in (0, 1)]
            allowed = [y for y, (left, right) in enumerate(after) if abs(np.vdot(left, right)) > 1e-9]
            assert pair.allowed(token) == allowed
            forbidden += len(allowed) == 1
            y = int(rng.choice(allowed))
            for state in (one, other):
                state.found(token, y)
            pair.take(token, y)
    assert forbidden > 50


def test_the_pair_model_draws_all_that_it_allows():
    tokens = [ReadToken("x", 0), ReadToken("x", 1)]
    assert set(strings("pair", 3, 2, tokens, 40)) == {(0, 0), (1, 0)}  # a mode of the missing edge is 0 for sure


# --- the tracker -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modes", "k"), [(4, 2), (4, 3)])
def test_a_tracker_of_all_weights_gives_possible_answers_alone(modes, k):
    for seed in range(40):
        rng = np.random.default_rng([seed, modes, k])
        tokens = [*written(modes, k, rng), *random_sentence(rng, modes, k, 10)]
        assert possible(tokens, modes, played(player_of(f"tracker:{comb(modes, k)}", modes, k, seed), tokens))


@pytest.mark.parametrize(("modes", "k", "weights"), [(4, 2, 0), (4, 2, 4), (4, 3, 2)])
def test_a_tracker_knows_the_graph_of_the_weights_that_it_stores(modes, k, weights):
    stored = stored_edges(modes, k, weights)
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng([seed, modes, k])
        write = written(modes, k, rng)
        write = [EdgeToken(write[i].modes[::-1], write[i].weight) for i in rng.permutation(len(write))]
        rest = random_sentence(rng, modes, k, 10)
        answers = played(player_of(f"tracker:{weights}", modes, k, seed), [*write, *rest])
        kept = [token for token in write if tuple(sorted(token.modes)) in stored]
        assert possible([*kept, *rest], modes, answers)
        wrong += not possible([*write, *rest], modes, answers)
    assert wrong > 0
    positions = [ReadToken("x", mode) for mode in range(modes)]
    assert played(player_of(f"tracker:{weights}", modes, k, 1), [*write, *positions]) == (0,) * modes


# --- memories --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "k"), [(3, 2), (8, 2), (48, 2), (3, 3), (8, 3), (6, 4)])
def test_memories_are_stated_in_closed_form(n, k):
    edges = comb(n, k)
    tokens = 2 * sum(comb(n, size) for size in range(1, k + 1))  # an edge of at most k modes, with a weight of one bit
    expected = {
        "constant": 0,
        "coin": 0,
        "silent": 0 if k > 2 else edges,
        "phase-space-sampler": 2 * n,
        "patched-sampler": 2 * n + ceil(log2(2 * edges + 4)) + 3 * ceil(log2(tokens)),
        "hashed-sampler": 2 * n + 3 * ceil(log2(edges + 1)),
        "taylor-sampler": 2 * n + n * (n - 1) // 2,
        "pair": edges - 1,
        "tracker": edges,
        "ideal": n,
        "qubits": n,
    }
    for name, bits in expected.items():
        memory = memory_of(name, "modular(2)", n, k=k)
        assert (memory.bits, memory.amount) == (bits, bits), name
        assert memory.stated and memory.unit
    assert memory_of("tracker", "modular(2)", n, 1, k=k).bits == 1
    assert memory_of("ideal", "modular(2)", n).unit == memory_of("qubits", "modular(2)", n).unit == "qubits"


def test_the_counter_of_the_patched_sampler_has_room_for_contextual_probes():
    # which write N edges, undo those at three modes, and join these by three more
    for n, k in ((3, 2), (4, 2), (8, 2), (4, 3), (8, 3), (6, 4)):
        assert 2 * comb(n, k) - comb(n - 3, k) + 3 <= 3 * comb(n, k)


def test_models_without_a_memory_hear_nothing():
    tokens = [EdgeToken((0, 1), 1), ReadToken("p", 0), ReadToken("x", 1), ReadToken("x", 1)]
    assert set(strings("constant", 3, 2, tokens, 5)) == {(0, 0, 0)}
    assert follows(strings("coin", 3, 2, tokens, 800), {s: 1 / 8 for s in np.ndindex(2, 2, 2)})


def test_every_player_is_made_anew_and_from_its_random_numbers_alone():
    rng = np.random.default_rng(2)
    tokens = [*written(4, 2, rng), *random_sentence(rng, 4, 2, 12, shifts=False)]
    for name in (
        "coin",
        "silent",
        "phase-space-sampler",
        "patched-sampler",
        "hashed-sampler",
        "taylor-sampler",
        "pair",
    ):
        one, again, other = (played(player_of(name, 4, 2, seed), tokens) for seed in (1, 1, 2))
        assert one == again != other


def test_a_pair_of_state_vectors_beyond_their_size_is_refused():
    with pytest.raises(InputError, match="the model pair is simulated up to n = 14 for k = 3, found n = 15"):
        find_model("pair")[0].player(Situation("modular(2)", 15, 3), np.random.default_rng(0))
