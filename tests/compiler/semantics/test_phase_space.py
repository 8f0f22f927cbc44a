"""The phase-space maps against an independent 60-digit reference and The Walrus; the mesh against its unitary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group, unitary_group
from slow_reference import mp_push, random_circuit

from compiler.decompositions.mesh import rectangular_mesh
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.phase_space import push


@given(st.integers(0, 10**6))
def test_push_agrees_with_the_slow_reference(seed):
    circuit = random_circuit(np.random.default_rng(seed), 3, 8)
    rng = np.random.default_rng(7)
    x, p = rng.normal(size=3), rng.normal(size=3)
    pushed = push(circuit, x[:, None], p[:, None], lambda m, k: (x[:1], p[:1]))
    slow = mp_push(circuit, 7)  # draws the same point
    for m in range(3):
        scale = 1e2 + abs(pushed.x[m, 0]) + abs(pushed.p[m, 0])  # values on the way stay below 100 or reach the end
        assert float(slow[f"x{m}"]) == pytest.approx(pushed.x[m, 0], abs=1e-13 * scale)
        assert float(slow[f"p{m}"]) == pytest.approx(pushed.p[m, 0], abs=1e-13 * scale)


@pytest.mark.parametrize(
    ("op", "oracle"),
    [
        (ops.Squeeze((0,), 0.4), ("squeezing", (0.4, 0.0))),
        (ops.Rotation((0,), 0.7), ("rotation", (0.7,))),
        (ops.BeamSplitter((0, 1), 0.3, 0.9), ("beam_splitter", (0.3, 0.9))),
    ],
)
def test_gaussian_gates_agree_with_the_walrus(op, oracle):
    from thewalrus import symplectic

    expected = getattr(symplectic, oracle[0])(*oracle[1])
    k = len(op.modes)
    basis = np.eye(2 * k)
    pushed = push(Circuit(k, (op,)), basis[:k], basis[k:], lambda m, j: (basis[0], basis[0]))
    np.testing.assert_allclose(np.vstack([pushed.x, pushed.p]), expected, atol=1e-14)


@given(st.integers(0, 10**6))
def test_gaussian_maps_are_symplectic(seed):
    rng = np.random.default_rng(seed)
    gates = [op for op in random_circuit(rng, 3, 20).operations if op.gaussian and not isinstance(op, ops.Displacement)]
    basis = np.eye(6)
    pushed = push(Circuit(3, tuple(gates)), basis[:3], basis[3:], lambda m, j: (basis[0], basis[0]))
    s = np.vstack([pushed.x, pushed.p])
    omega = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    np.testing.assert_allclose(s @ omega @ s.T, omega, atol=1e-12 * np.abs(s).max() ** 2)


def test_ends_of_modes_are_functions_of_the_point():
    """At x = 3, p = 4: n = (9 + 16) / 4 - 1 / 2, and x cos(t) + p sin(t) at t = pi / 2 is 4."""
    ends = ops.PhotonCount((0,), "n"), ops.Homodyne((1,), np.pi / 2, "y"), ops.PostSelect((2,), np.pi / 2, 0.7)
    x, p = np.full((3, 1), 3.0), np.full((3, 1), 4.0)
    again = ops.PrepareKet((1, 2), 2, (0.6, 0.0, 0.0, 0.8)), ops.PostSelect((2,), 0.0, 0.1)
    pushed = push(Circuit(3, (*ends, *again)), x, p, lambda m, k: (x[0] + m, p[0] + 10 * k))
    assert pushed.results["n"] == pytest.approx(5.75) and pushed.results["y"] == pytest.approx(4.0)
    assert set(pushed.prepared) == {(1, 0), (2, 0)}
    (first, kept), (second, other) = pushed.selected[2, 0], pushed.selected[2, 1]
    assert (first[0], kept) == (pytest.approx(4.0), 0.7)
    assert (second[0], other) == (pytest.approx(3.0 + 2), 0.1)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("real", [True, False])
def test_mesh_rebuilds_the_unitary(n, real):
    if n == 1:
        u = np.array([[-1.0]]) if real else np.array([[1j]])
    else:
        u = (ortho_group if real else unitary_group).rvs(n, random_state=n)
    mesh = rectangular_mesh(u.astype(complex), tuple(range(n)))
    assert sum(isinstance(op, ops.BeamSplitter) for op in mesh) <= n * (n - 1) // 2
    if real:
        assert all(op.phi == 0.0 for op in mesh if isinstance(op, ops.BeamSplitter))
        assert all(abs(abs(op.theta) - np.pi) < 1e-12 for op in mesh if isinstance(op, ops.Rotation))
    basis = np.eye(2 * n)
    pushed = push(Circuit(n, tuple(mesh)), basis[:n], basis[n:], lambda m, j: (basis[0], basis[0]))
    expected = np.block([[u.real, -u.imag], [u.imag, u.real]])
    np.testing.assert_allclose(np.vstack([pushed.x, pushed.p]), expected, atol=1e-13)
