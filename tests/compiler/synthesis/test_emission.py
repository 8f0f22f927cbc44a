"""Powers and layers are emitted as they are, judged by the gradient of their sum."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.phase_space import push
from compiler.synthesis.emission import emit_layers, emit_powers


def check_kicks(operations, u, gammas, x):
    """Momenta get the gradient of ``sum gamma/3 (u . x)^3``, positions stay."""
    n = len(x)
    slope = (gammas * (u @ x) ** 2) @ u
    pushed = push(Circuit(n, operations), x[:, None], np.zeros((n, 1)), lambda m, o: (x, x))
    np.testing.assert_allclose(pushed.p[:, 0], slope, atol=1e-12 * (1 + np.abs(slope).max()))
    np.testing.assert_allclose(pushed.x[:, 0], x, atol=1e-13)


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 7))
@settings(max_examples=25)
def test_powers_are_emitted_as_they_are(seed, n, count):
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(count, n))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    gammas = rng.normal(size=count)
    operations = emit_powers(u, gammas)
    assert sum(isinstance(op, ops.CubicPhase) for op in operations) == count
    check_kicks(operations, u, gammas, rng.normal(size=n))


@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(1, 3))
@settings(max_examples=15)
def test_layers_are_emitted_as_they_are_without_gates_of_no_strength(seed, n, count):
    rng = np.random.default_rng(seed)
    rotations = [np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(count)]
    gammas = rng.normal(size=(count, n))
    gammas[0, 0] = 0.0
    operations = emit_layers(rotations, list(gammas))
    assert sum(isinstance(op, ops.CubicPhase) for op in operations) == count * n - 1
    assert sum(isinstance(op, ops.Interferometer) for op in operations) == count + 1
    check_kicks(operations, np.concatenate(rotations), gammas.ravel(), rng.normal(size=n))


def test_powers_with_few_entries_take_few_beamsplitters():
    """Powers along single modes take none; the one on two modes takes one, undone at the end."""
    s = 0.5**0.5
    u = np.array([[s, s, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    operations = emit_powers(u, np.array([0.1, 0.2, 0.3]))
    splitters = [op for op in operations if isinstance(op, ops.BeamSplitter)]
    assert [op.modes for op in splitters] == [(0, 1)]
    assert operations[:2] == (ops.CubicPhase((0,), 0.2), ops.CubicPhase((2,), -0.3))
