"""Gates of CV-OpenQASM: Fock matrices by their definitions (hbar = 1) move x and p as the operations that are read."""

import json
import math

import numpy as np
import pytest
from places import DATA
from scipy.linalg import expm

from compiler.errors import CircuitError
from compiler.imports.openqasm.dialect import DRAFTS, HYBRID, LIBRARY, ON_QUBITS, library_gate, refusal
from compiler.imports.openqasm.reader import read_cv_openqasm
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import push

LOW = 3
"""Fock states in which operators are compared: far below the cutoffs, which the gates below hardly reach."""


def definition(name, args, cutoff):
    """The unitaries of Y. Liu et al., arXiv:2407.10381, in a truncated Fock basis; two modes as a Kronecker product."""
    a = np.diag(np.sqrt(np.arange(1.0, cutoff)), 1).astype(complex)
    up, one = a.conj().T, np.eye(cutoff)
    x, p = (a + up) / math.sqrt(2), (a - up) / (1j * math.sqrt(2))
    first, second = np.kron(a, one), np.kron(one, a)
    match name:
        case "cv_r":
            return expm(-1j * args[0] * up @ a)
        case "cv_f":
            return expm(-0.5j * math.pi * up @ a)
        case "cv_d":
            alpha = args[0] * np.exp(1j * args[1])
            return expm(alpha * up - np.conj(alpha) * a)
        case "cv_sq":
            zeta = args[0] * np.exp(2j * args[1])
            return expm((np.conj(zeta) * a @ a - zeta * up @ up) / 2)
        case "cv_k":
            return expm(-1j * args[0] * up @ a @ up @ a)
        case "cv_c":
            return expm(-1j * args[0] * x @ x @ x)
        case "cv_bs":
            hop = np.exp(1j * args[1]) * first.conj().T @ second
            return expm(-0.5j * args[0] * (hop + hop.conj().T))
        case "cv_tms":
            pair = np.exp(1j * args[1]) * first.conj().T @ second.conj().T
            return expm(args[0] * (pair - pair.conj().T))
        case "cv_sum":
            return expm(-1j * args[0] * np.kron(x, p))
        case "cv_swap":
            return np.eye(cutoff**2).reshape((cutoff,) * 4).transpose(1, 0, 2, 3).reshape(cutoff**2, cutoff**2)
    raise AssertionError(name)


CASES = [
    ("cv_r", (0.7,), 20),
    ("cv_f", (), 20),
    ("cv_d", (0.3, 0.8), 40),
    ("cv_d", (0.3, math.pi), 40),
    ("cv_d", (-0.2, math.pi / 2), 40),
    ("cv_sq", (0.15, 0.0), 60),
    ("cv_sq", (0.15, 0.6), 60),
    ("cv_sq", (-0.12, math.pi / 2), 60),
    ("cv_sq", (0.1, math.pi), 60),
    ("cv_c", (0.02,), 90),
    ("cv_bs", (0.6, 0.4), 10),
    ("cv_bs", (-2.1, 2.3), 10),
    ("cv_tms", (0.12, 0.0), 22),
    ("cv_tms", (-0.1, 0.9), 22),
    ("cv_sum", (0.2,), 22),
    ("cv_swap", (), 8),
]


def image(operations, modes):
    """Offsets, shape (2 n,), and slopes, shape (2 n, 2 n), of what operations do to x and p at hbar = 2."""
    start = np.hstack([np.zeros((2 * modes, 1)), np.eye(2 * modes)])
    pushed = push(Circuit(modes, tuple(operations)), start[:modes], start[modes:], lambda m, k: (start[0], start[0]))
    rows = np.vstack([pushed.x, pushed.p])
    return rows[:, 0], rows[:, 1:] - rows[:, :1]


@pytest.mark.parametrize(("name", "args", "cutoff"), CASES)
def test_gates_move_quadratures_as_their_definitions_do(name, args, cutoff):
    modes = LIBRARY[name].modes
    gate = definition(name, args, cutoff)
    a = np.diag(np.sqrt(np.arange(1.0, cutoff)), 1).astype(complex)
    single = [(a + a.conj().T) / math.sqrt(2), (a - a.conj().T) / (1j * math.sqrt(2))]
    if modes == 2:
        single = [side for q in single for side in (np.kron(q, np.eye(cutoff)), np.kron(np.eye(cutoff), q))]
    low = [i * cutoff + j for i in range(LOW) for j in range(LOW)] if modes == 2 else list(range(LOW))
    found = [(gate.conj().T @ q @ gate)[np.ix_(low, low)] for q in single]
    made = library_gate(name, tuple(range(modes)), [Polynomial.constant(v) for v in args])
    offsets, slopes = image(made, modes)
    for place, operator in enumerate(found):
        expected = sum(s * q for s, q in zip(slopes[place], single, strict=True))
        expected = expected + offsets[place] / math.sqrt(2) * np.eye(len(single[0]))
        if name == "cv_c":  # the map is not affine: p -> p + gamma x^2, x_2 = sqrt(2) x_1
            (op,) = made
            expected = single[place] + place * math.sqrt(2) * op.gamma * single[0] @ single[0]
        # truncation: neighbours of the low states carry less than 1e-7 at these cutoffs
        np.testing.assert_allclose(operator, expected[np.ix_(low, low)], atol=1e-6)


def test_the_kerr_gate_has_the_other_sign_of_kappa():
    (op,) = library_gate("cv_k", (0,), [Polynomial.constant(0.3)])
    n = np.arange(6)
    np.testing.assert_allclose(np.diag(definition("cv_k", (0.3,), 6)), np.exp(1j * op.kappa * n**2), atol=1e-14)


@pytest.mark.parametrize(("name", "args"), [(name, args) for name, args, _ in CASES if name != "cv_c"])
@pytest.mark.parametrize("power", [-3, -1, 0, 2, 5])
def test_powers_are_products(name, args, power):
    modes = LIBRARY[name].modes
    values = [Polynomial.constant(v) for v in args]
    at = tuple(range(modes))
    once = library_gate(name, at, values)
    offset, slope = image(once, modes)
    total = (np.zeros(2 * modes), np.eye(2 * modes))
    for _ in range(abs(power)):
        step = (offset, slope) if power > 0 else (-np.linalg.solve(slope, offset), np.linalg.inv(slope))
        total = (step[1] @ total[0] + step[0], step[1] @ total[1])
    got = image(library_gate(name, at, values, power), modes)
    np.testing.assert_allclose(got[0], total[0], atol=1e-12)
    np.testing.assert_allclose(got[1], total[1], atol=1e-12)


def test_a_phase_that_depends_on_a_result_turns_the_mode_and_back():
    phi = Polynomial.monomial(("y",))
    for name in ("cv_d", "cv_sq", "cv_tms"):
        modes = tuple(range(LIBRARY[name].modes))
        made = library_gate(name, modes, [Polynomial.constant(0.2), phi])
        bound = [
            type(op)(op.modes, **{k: v.evaluate({"y": 0.7}) if isinstance(v, Polynomial) else v for k, v in values})
            for op in made
            for values in [op.parameters().items()]
        ]
        number = library_gate(name, modes, [Polynomial.constant(0.2), Polynomial.constant(0.7)])
        for one, other in zip(image(bound, len(modes)), image(number, len(modes)), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-14)


def test_exports_of_hybridlane_are_its_own_symplectic_matrices():
    """Texts that hybridlane 0.8.0 wrote, with the matrices that its operators have there."""
    cases = json.loads((DATA / "hybridlane_exports.json").read_text())["cases"]
    assert len(cases) == 10
    modes = 3
    order = [1, 3, 5, 2, 4, 6]  # of (1, x0, p0, x1, p1, ..)
    for case in cases:
        circuit = read_cv_openqasm(case["text"]).circuit
        kinds = [ops.PhotonCount if kind == "N" else ops.Homodyne for kind in case["read"]]
        assert [type(op) for op in circuit.operations if isinstance(op, ops.MEASUREMENTS)] == kinds
        assert circuit.results == ("c0", "c1", "c2")
        gates = [op for op in circuit.operations if not isinstance(op, (*ops.MEASUREMENTS, ops.PrepareVacuum))]
        turns = case["read"].count("P")  # hybridlane turns each p that it reads into x
        offsets, slopes = image(gates[: len(gates) - turns], modes)
        matrix = np.array(case["matrix"])
        np.testing.assert_allclose(slopes, matrix[np.ix_(order, order)], atol=1e-12)
        np.testing.assert_allclose(offsets, math.sqrt(2) * matrix[order, 0], atol=1e-12)


def test_every_other_gate_is_refused_by_name():
    for name in (*ON_QUBITS, *HYBRID, *DRAFTS, "cv_snap", "spin"):
        assert name in refusal(name) and name not in LIBRARY
    for name in LIBRARY:
        with pytest.raises(CircuitError, match="takes"):
            library_gate(name, tuple(range(LIBRARY[name].modes)), [Polynomial.constant(0.1)] * 3)
        with pytest.raises(CircuitError, match="acts on"):
            library_gate(name, (0, 1, 2), [Polynomial.constant(0.1)] * LIBRARY[name].arguments)
