"""Phase polynomials on affine subspaces agree with state vectors."""

from itertools import product

import numpy as np
import pytest
from hsmt_support import make, random_token, sentences_of
from hypothesis import given, settings
from hypothesis import strategies as st

import qumode_khrnn.ideal.modular_reference as modular
from qumode_khrnn.hsmt.language import ReadToken
from qumode_khrnn.ideal.affine_state import CONSTANT, AffineState, LeavesAffineError
from qumode_khrnn.ideal.modular_reference import modular_reference


def affine_laws(tokens, modes, levels, answers):
    """Laws by `AffineState` from the start, and its component state vectors where a readout leaves it."""
    small, modular.DENSE_FROM_THE_START = modular.DENSE_FROM_THE_START, 0
    try:
        return modular_reference(tokens, modes, levels, np.random.default_rng(0), answers)[1]
    finally:
        modular.DENSE_FROM_THE_START = small


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
