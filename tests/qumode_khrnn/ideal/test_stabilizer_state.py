"""Stabilizer states agree with explicit matrices, state vectors and phase polynomials."""

from itertools import product

import numpy as np
import pytest
from hsmt_support import Matrices, by_matrices, random_token
from separation_support import laws_along

import qumode_khrnn.ideal.modular_reference as modular
from compiler.errors import InputError
from qumode_khrnn.hsmt.language import ReadToken
from qumode_khrnn.ideal.affine_state import AffineState
from qumode_khrnn.ideal.dense_state import DenseState
from qumode_khrnn.ideal.stabilizer_state import StabilizerState

Z, X = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])


def drawn_tokens(rng, modes, count=30):
    return [random_token(rng, modes, 2, min(modes, 2)) for _ in range(count)]


def operator(matrices, x, z):
    """X^x Z^z as a matrix: Z first."""
    out = np.eye(2**matrices.n)
    for letter, bits in ((X, x), (Z, z)):
        for mode in range(matrices.n):
            if bits >> mode & 1:
                out = out @ matrices.on(mode, letter)
    return out


def hermitian(rng, state):
    """Exponents of X and Z that meet in an even number of modes: any, or those of a product of stabilizers."""
    while True:
        x, z = (int(v) for v in rng.integers(2**state.modes, size=2))
        if rng.random() < 0.5:
            x, z = np.bitwise_xor.reduce([row[:2] for row in state.stabilizers() if rng.random() < 0.5] or [(0, 0)])
            return int(x), int(z)
        if (x & z).bit_count() % 2 == 0:
            return x, z


def prepared(seed, modes, count=30, check=lambda state, explicit: None):
    """A state after random tokens, as a stabilizer state and by explicit matrices, and the random numbers.

    ``check`` is called after every token: readouts soon forget a wrong sign.
    """
    rng = np.random.default_rng([seed, modes])
    state, explicit = StabilizerState(modes), Matrices(modes, 2)
    for token in drawn_tokens(rng, modes, count):
        if not isinstance(token, ReadToken):
            explicit.gate(token)
            laws_along(state, [token], [])
            check(state, explicit)
            continue
        law = explicit.law(token)
        y = int(rng.choice(np.flatnonzero(law > 1e-9)))
        assert np.abs(laws_along(state, [token], [y]) - law).max() < 1e-12
        explicit.found(token, y)
        check(state, explicit)
    return state, explicit, rng


def assert_stabilized(state, explicit):
    rows = state.stabilizers()
    for x, z, sign in rows:
        assert np.abs(operator(explicit, x, z) @ explicit.psi - (-1) ** sign * explicit.psi).max() < 1e-12
    products = {(0, 0)}
    for x, z, _ in rows:
        products |= {(x ^ a, z ^ b) for a, b in products}
    assert len(products) == 2**state.modes  # independent, so they fix the state


@pytest.mark.parametrize("modes", [1, 2, 3, 4, 5])
def test_random_tokens_agree_with_explicit_matrices(modes):
    for seed in range(8):
        rng = np.random.default_rng([seed, modes])
        tokens = drawn_tokens(rng, modes, 40)
        answers, expected = by_matrices(tokens, modes, 2, rng)
        for state in (StabilizerState(modes), DenseState(modes, 2)):
            found = laws_along(state, tokens, answers)
            assert np.abs(found - np.reshape(expected, (-1, 2))).max(initial=0.0) < 1e-12


@pytest.mark.parametrize("modes", [2, 3, 4])
def test_the_stabilizers_are_those_of_the_state(modes):
    for seed in range(10):
        prepared(seed, modes, check=assert_stabilized)


def test_an_edge_between_two_modes_that_a_momentum_has_joined_turns_a_sign_around():
    # 01 and 02, then P(0): X_1 X_2 and Z_1 Z_2 are certain; 12 makes -X_1 X_2 Z_1 Z_2 of the first: odd parity
    for y, z in product((0, 1), repeat=2):
        state = StabilizerState(3)
        state.edge((0, 1), 1)
        state.edge((0, 2), 1)
        state.found_momentum(0, y)
        assert (state.outcome(0b110, 0), state.outcome(0, 0b110)) == (0, y)
        state.edge((1, 2), 1)
        state.found_momentum(1, z)
        assert np.argmax(state.momentum_probabilities(2)) == (1 + y + z) % 2


@pytest.mark.parametrize("modes", [2, 3, 4])
def test_any_operator_is_measured_as_by_matrices(modes):
    certain = free = 0
    for seed in range(12):
        state, explicit, rng = prepared(seed, modes)
        for _ in range(8):
            x, z = hermitian(rng, state)
            matrix = operator(explicit, x, z)
            mean = float((explicit.psi.conj() @ matrix @ explicit.psi).real)
            found = state.outcome(x, z)
            if found is None:
                assert abs(mean) < 1e-12
                free += 1
                y = int(rng.integers(2))
            else:
                assert mean == pytest.approx((-1) ** found, abs=1e-12)
                certain += 1
                y = found
            state.project(x, z, y)
            projected = explicit.psi + (-1) ** y * matrix @ explicit.psi
            explicit.psi = projected / np.linalg.norm(projected)
            assert_stabilized(state, explicit)
    assert min(certain, free) > 20


def test_orthogonal_is_the_inner_product():
    found = {True: 0, False: 0}
    for modes in (1, 2, 3, 4, 5):
        pairs = [prepared(seed, modes, 20)[:2] for seed in range(24)]
        for left, one in pairs:
            for right, other in pairs[:10]:
                before = left.stabilizers(), right.stabilizers()
                apart = bool(abs(np.vdot(one.psi, other.psi)) < 1e-9)
                assert left.orthogonal(right) is apart
                assert (left.stabilizers(), right.stabilizers()) == before
                found[apart] += 1
    assert min(found.values()) > 200


def test_a_copy_goes_its_own_way():
    state = StabilizerState(2)
    copy = state.copy()
    copy.edge((0, 1), 1)
    copy.project(0, 1, 1)
    assert state.stabilizers() == [(1, 0, 0), (2, 0, 0)]
    assert copy.outcome(0, 1) == 1 and copy.outcome(2, 0) == 1  # z_0 = 1 turns the other mode's momentum around


def test_edges_of_three_modes_are_refused():
    state = StabilizerState(3)
    with pytest.raises(InputError, match=r"edges of at most 2 modes, found \[0, 1, 2\]"):
        state.edge((0, 1, 2), 1)
    state.edge((0, 1, 2), 2)  # no gate
    assert state.stabilizers() == [(1, 0, 0), (2, 0, 0), (4, 0, 0)]


@pytest.mark.parametrize("modes", [11, 12])
def test_larger_systems_agree_with_phase_polynomials_and_state_vectors(modes, monkeypatch):
    made = []
    monkeypatch.setattr(modular, "StabilizerState", lambda n: made.append(n) or StabilizerState(n))
    determined = 0
    for seed in range(5):
        rng = np.random.default_rng([seed, modes])
        tokens = drawn_tokens(rng, modes, 80)
        answers, laws = modular.modular_reference(tokens, modes, 2, rng)
        found = np.array([law.probabilities for law in laws])
        for state in (AffineState(modes, 2), DenseState(modes, 2)):
            assert np.abs(laws_along(state, tokens, answers) - found).max() < 1e-10
        determined += sum(law.determined for law in laws)
    assert made == [modes] * 5 and determined > 10
