"""States and gates that are not Gaussian: what is read, written out in the Fock basis, is what the Fock engine makes.

The vectors are made here from the definitions of the operations that were read (their docstrings), with plain NumPy.
"""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import factorial
from strawberryfields_programs import run, sf_program

from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, read_strawberryfields
from compiler.ir import operations as ops

CUTOFF = 12


def ladder(size):
    return np.diag(np.sqrt(np.arange(1.0, size)), 1)


def coherent(alpha):
    n = np.arange(CUTOFF)
    return np.exp(-(abs(alpha) ** 2) / 2) * alpha**n / np.sqrt(factorial(n))


def comb(op):
    """A GKP state: position wave functions at the teeth, damped by exp(-epsilon n). x = a + a^dagger."""
    tooth = np.arange(-20, 21)
    x = np.sqrt(2 * np.pi) * tooth
    weight = np.where(tooth % 2 == 0, np.cos(op.theta / 2), np.exp(-1j * op.phi) * np.sin(op.theta / 2))
    psi = [np.exp(-(x**2) / 4), x * np.exp(-(x**2) / 4)]
    for n in range(1, CUTOFF):
        psi.append((x * psi[n] - np.sqrt(n) * psi[n - 1]) / np.sqrt(n + 1))
    return np.array([np.exp(-op.epsilon * n) * weight @ psi[n] for n in range(CUTOFF)])


def vector(op):
    """A preparation of one mode as a vector, normalized."""
    match op:
        case ops.PrepareFock():
            out = np.eye(CUTOFF)[op.n]
        case ops.PrepareCat():
            alpha = (op.x + 1j * op.p) / 2
            out = coherent(alpha) + np.exp(1j * np.pi * op.parity) * coherent(-alpha)
        case ops.PrepareGKP():
            out = comb(op)
        case ops.PrepareKet():
            out = np.array(op.amplitudes)
        case _:
            raise NotImplementedError(op)
    return out / np.linalg.norm(out)


KET = np.zeros(CUTOFF, dtype=complex)
KET[:3] = [0.6, 0.48j, 0.64]


@pytest.mark.parametrize(
    "prepare",
    [
        lambda o, q: o.Fock(2) | q[0],
        lambda o, q: o.Fock() | q[0],
        lambda o, q: o.Catstate(0.8, 0.5, 0.3) | q[0],
        lambda o, q: o.Catstate(0.6, p=1) | q[0],
        lambda o, q: o.GKP([0.6, 0.9], 0.3) | q[0],
        lambda o, q: o.GKP() | q[0],
        lambda o, q: o.Ket(KET) | q[0],
    ],
)
def test_pure_states(prepare):
    program = sf_program(1, prepare)
    (op,) = from_strawberryfields(program).operations
    found = run(program, "fock", cutoff_dim=CUTOFF)[1].state.ket()
    # the engine's cat state is normalized before its tail is cut off: alpha^12 / 12! is below 1e-8
    np.testing.assert_allclose(found, vector(op), atol=1e-8)


def several_modes(rank, seed):
    """A state of two modes with at most 2 photons in each, axes (row of each mode), then (column of each mode)."""
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(9, rank)) + 1j * rng.normal(size=(9, rank))
    rho = half @ half.conj().T
    out = np.zeros((CUTOFF,) * 4, dtype=complex)
    out[:3, :3, :3, :3] = (rho / np.trace(rho)).reshape(3, 3, 3, 3)
    return out, half[:, 0] / np.linalg.norm(half[:, 0])


@pytest.mark.parametrize("flat", [False, True])
def test_a_ket_of_several_modes_keeps_their_order(flat):
    _, small = several_modes(1, 3)
    ket = np.zeros((CUTOFF, CUTOFF), dtype=complex)
    ket[:3, :3] = small.reshape(3, 3)
    program = sf_program(3, lambda o, q: o.Ket(ket.reshape(-1) if flat else ket) | (q[2], q[0]))
    (op,) = from_strawberryfields(program).operations
    assert op.modes == (2, 0)
    psi = np.array(op.amplitudes).reshape(CUTOFF, CUTOFF)
    found = run(program, "fock", cutoff_dim=CUTOFF)[1].state.reduced_dm([0, 2])  # row, column of 0; row, column of 2
    np.testing.assert_allclose(found, np.einsum("ab,cd->bdac", psi, psi.conj()), atol=1e-12)


def test_a_density_matrix_of_several_modes_keeps_their_order():
    rho, _ = several_modes(3, 4)
    program = sf_program(3, lambda o, q: o.DensityMatrix(rho.transpose(0, 2, 1, 3)) | (q[2], q[0]))
    (op,) = from_strawberryfields(program).operations
    elements = np.array(op.elements).reshape((CUTOFF,) * 4)
    found = run(program, "fock", cutoff_dim=CUTOFF)[1].state.reduced_dm([0, 2])
    np.testing.assert_allclose(found, elements.transpose(1, 3, 0, 2), atol=1e-12)


def test_a_density_matrix_of_one_mode():
    rho = np.diag([0.5, 0.25, 0.25] + [0.0] * (CUTOFF - 3)).astype(complex)
    rho[0, 1], rho[1, 0] = 0.1j, -0.1j
    program = sf_program(1, lambda o, q: o.DensityMatrix(rho) | q[0])
    (op,) = from_strawberryfields(program).operations
    found = run(program, "fock", cutoff_dim=CUTOFF)[1].state.dm()
    np.testing.assert_allclose(found, np.array(op.elements).reshape(CUTOFF, CUTOFF), atol=1e-12)


@pytest.mark.parametrize("inverse", [False, True])
def test_kerr_gates(inverse):
    def body(o, q):
        o.Dgate(0.5, 0.3) | q[0]  # a preparation would make the engine mix the state
        o.Dgate(0.7, 1.3) | q[1]
        kerr, cross = o.Kgate(0.3), o.CKgate(0.4)
        (kerr.H if inverse else kerr) | q[0]
        (cross.H if inverse else cross) | (q[0], q[1])

    program = sf_program(2, body)
    kerr, cross = from_strawberryfields(program).operations[-2:]
    assert isinstance(kerr, ops.Kerr) and isinstance(cross, ops.CrossKerr)
    n = np.arange(CUTOFF)
    phases = np.exp(1j * (kerr.kappa * n[:, None] ** 2 + cross.kappa * np.outer(n, n)))
    wanted = np.outer(coherent(0.5 * np.exp(0.3j)), coherent(0.7 * np.exp(1.3j))) * phases
    found = run(program, "fock", cutoff_dim=CUTOFF)[1].state.ket()
    np.testing.assert_allclose(found, wanted, atol=1e-10)


@pytest.mark.parametrize("inverse", [False, True])
def test_cubic_gate(inverse):
    def body(o, q):
        o.Coherent(0.3, 0.4) | q[0]
        gate = o.Vgate(0.05)
        (gate.H if inverse else gate) | q[0]

    program = sf_program(1, body)
    gate = from_strawberryfields(program).operations[-1]
    assert isinstance(gate, ops.CubicPhase) and isinstance(gate.gamma, float)
    size = 90
    start = np.zeros(size, dtype=complex)
    alpha = 0.3 * np.exp(0.4j)
    start[:CUTOFF] = coherent(alpha)
    x = ladder(size) + ladder(size).T
    wanted = expm(1j * gate.gamma / 6 * x @ x @ x) @ start  # x^3 / (3 hbar)
    found = run(program, "fock", cutoff_dim=40)[1].state.ket()
    # both exponentiate truncated matrices, at 40 and 90: what these differ by at low photon numbers is below 1e-6
    np.testing.assert_allclose(found[:10], wanted[:10], atol=1e-6)


def test_settings_of_engines_are_noted():
    program = sf_program(1, lambda o, q: o.Catstate(0.5, representation="real", D=5) | q[0])
    assert read_strawberryfields(program).notes == ("Catstate: settings of an engine are not kept: representation, D",)
    assert read_strawberryfields(sf_program(1, lambda o, q: o.GKP() | q[0])).notes == ()


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda o, q: o.GKP(shape="hexagonal") | q[0], "the lattice must be square"),
        (lambda o, q: o.GKP(state=[0.3]) | q[0], "state must hold the two angles"),
        (lambda o, q: o.GKP(epsilon=0.0) | q[0], "epsilon must be > 0"),
        (lambda o, q: o.Bosonic([1.0], [[0, 0]], [np.eye(2)]) | q[0], "a sum of Gaussian functions"),
        (lambda o, q: o.Ket(np.ones(4)) | q[0], "the norm of the amplitudes must be 1"),
        (lambda o, q: o.Ket(np.ones(5) / 5**0.5) | (q[0], q[1]), r"\(cutoff,\) \* 2, or flat"),
        (lambda o, q: o.Ket(np.eye(2) / 2) | q[0], "the shape .* of a density matrix"),
        (lambda o, q: o.DensityMatrix(np.eye(4) / 4) | (q[0], q[1]), "two axes for each mode"),
        (lambda o, q: o.Fock(1.5) | q[0], "n must be an integer"),
        (lambda o, q: o.Catstate(0.5 + 0.1j) | q[0], "a must be real"),
    ],
)
def test_what_is_not_read_says_why(prepare, reason):
    with pytest.raises(CircuitError, match=reason):
        from_strawberryfields(sf_program(2, prepare))
