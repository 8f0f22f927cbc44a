"""The live state gives the reference's laws, token by token, whatever family it is in."""

import numpy as np
import pytest
from hsmt_support import by_matrices, random_token
from separation_support import laws_along

from compiler.errors import InputError
from qumode_khrnn.hsmt.language import EdgeToken, ReadToken, ShiftToken
from qumode_khrnn.ideal.affine_state import AffineState
from qumode_khrnn.ideal.dense_state import DenseState
from qumode_khrnn.ideal.live_state import LiveState, hear
from qumode_khrnn.ideal.modular_reference import modular_reference
from qumode_khrnn.ideal.stabilizer_state import StabilizerState


def heard(state, tokens, rng):
    """Answers drawn uniformly from those that the state's law allows, and the laws."""
    answers, laws = [], []
    for token in tokens:
        if not isinstance(token, ReadToken):
            state.apply(token)
            continue
        laws.append(state.law(token).probabilities)
        assert state.law(token).probabilities == laws[-1]  # to ask for the law is no readout
        answers.append(int(rng.choice(np.flatnonzero(laws[-1]))))
        state.take(token, answers[-1])
    return answers, np.array(laws).reshape(-1, 2)


def reference_laws(tokens, modes, answers):
    laws = modular_reference(tokens, modes, 2, np.random.default_rng(0), answers)[1]
    return np.array([law.probabilities for law in laws]).reshape(-1, 2)


@pytest.mark.parametrize(
    ("modes", "k", "family"),
    [
        (2, 2, StabilizerState),
        (4, 2, StabilizerState),
        (5, 2, StabilizerState),
        (3, 3, DenseState),
        (5, 3, DenseState),
        (5, 4, DenseState),
    ],
)
def test_laws_are_those_of_the_reference_and_of_explicit_matrices(modes, k, family):
    for seed in range(6):
        rng = np.random.default_rng([seed, modes, k])
        tokens = [random_token(rng, modes, 2, k) for _ in range(40)]
        state = LiveState(modes, k)
        assert type(state.state) is family
        answers, laws = heard(state, tokens, rng)
        assert len(answers) > 5 and type(state.state) is family
        for expected in (reference_laws(tokens, modes, answers), by_matrices(tokens, modes, 2, rng, answers)[1]):
            assert np.abs(laws - expected).max() < 1e-12


@pytest.mark.parametrize(("modes", "k"), [(11, 2), (11, 3), (12, 3)])
def test_laws_are_those_of_another_back_end(modes, k):
    # k = 2: stabilizers and state vectors; k = 3: state vectors and phase polynomials
    for seed in range(3):
        rng = np.random.default_rng([seed, modes, k])
        tokens = [random_token(rng, modes, 2, k, 0.7) for _ in range(60)]
        answers, laws = heard(LiveState(modes, k), tokens, rng)
        if k == 2:
            expected = laws_along(DenseState(modes, 2), tokens, answers)
        else:
            expected = reference_laws(tokens, modes, answers)
        assert np.abs(laws - expected).max() < 1e-10


def test_beyond_twelve_modes_phase_polynomials_become_a_state_vector_when_they_must():
    left = kept = 0
    for seed in range(8):
        rng = np.random.default_rng([seed, 13])
        gates = [random_token(rng, 13, 2, 3, 1.0) for _ in range(30)]
        fixed = [ReadToken("x", int(m)) for m in rng.permutation(13)[: 3 * (seed % 3)]]
        tokens = [*gates, *fixed, *(random_token(rng, 13, 2, 3, 0.3) for _ in range(25))]
        state = LiveState(13, 3)
        assert isinstance(state.state, AffineState)
        answers, laws = heard(state, tokens, rng)
        left += isinstance(state.state, DenseState)
        kept += isinstance(state.state, AffineState)
        assert np.abs(laws - laws_along(DenseState(13, 2), tokens, answers)).max() < 1e-10
        assert np.abs(laws - reference_laws(tokens, 13, answers)).max() < 1e-10
    assert left > 2 and kept > 0


def test_the_turn_of_one_edge_by_hand():
    # the momentum of an edge of three modes is 0 in three of four cases; after 1 the other positions are 1 for certain
    state = LiveState(13, 3)
    state.apply(EdgeToken((0, 1, 2), 1))
    state.apply(ShiftToken(5, 1))
    assert state.law(ReadToken("x", 3)).probabilities == (0.5, 0.5)
    assert isinstance(state.state, AffineState)
    assert state.law(ReadToken("p", 0)).probabilities == pytest.approx((0.75, 0.25), abs=1e-12)
    assert isinstance(state.state, DenseState)
    state.take(ReadToken("p", 0), 1)
    assert state.law(ReadToken("x", 1)).probability(1) == state.law(ReadToken("x", 2)).probability(1) == 1.0
    assert hear(state, ReadToken("x", 2), np.random.default_rng(0)) == 1
    assert hear(state, EdgeToken((1, 2), 1), np.random.default_rng(0)) is None
    assert state.law(ReadToken("p", 0)).probability(1) == 1.0


@pytest.mark.parametrize(("k", "modes"), [(2, 48), (3, 21), (3, 40)])
def test_many_modes_as_long_as_no_readout_depends_on_a_product(k, modes):
    state = LiveState(modes, k)
    for first in range(modes - k + 1):
        state.apply(EdgeToken(tuple(range(first, first + k)), 1))
    for mode in range(1, k):
        state.take(ReadToken("x", mode), 1)
    assert state.law(ReadToken("p", 0)).probabilities == (0.0, 1.0)  # the product of its neighbours
    assert state.law(ReadToken("x", modes - 1)).probabilities == (0.5, 0.5)


def test_a_state_vector_that_would_be_too_large_is_refused_in_one_line():
    state = LiveState(21, 3)
    state.apply(EdgeToken((0, 1, 2), 1))
    with pytest.raises(InputError) as refusal:
        state.law(ReadToken("p", 0))
    assert str(refusal.value) == "a state may have at most 1048576 amplitudes, found 2^21; use fewer modes"
    assert state.law(ReadToken("x", 0)).probabilities == (0.5, 0.5)  # what can be told is told


def test_answers_are_drawn_from_the_law():
    rng, ones = np.random.default_rng(3), 0
    for _ in range(2000):
        state = LiveState(3, 3)
        state.apply(EdgeToken((0, 1, 2), 1))
        ones += hear(state, ReadToken("p", 0), rng)
    assert abs(ones - 500) < 3.9 * np.sqrt(2000 * 3 / 16)  # 1/4 of the answers; fails for one seed in 10^4
