"""Conversions to CV-OpenQASM: its gates, Fock matrices by definition (hbar = 1), move x and p as ours do."""

import math
import re

import numpy as np
import pytest
from scipy.linalg import expm

from compiler.errors import CircuitError
from compiler.exports.openqasm.cv_writer import to_cv_openqasm
from compiler.imports.openqasm.dialect import DEFINITIONS
from compiler.imports.openqasm.reader import from_cv_openqasm
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.semantics.phase_space import push

LOW = 3
"""Fock states in which operators are compared: far below the cutoffs, which the gates below hardly reach."""


def ladder(cutoff):
    return np.diag(np.sqrt(np.arange(1.0, cutoff)), 1).astype(complex)


def definition(name, args, cutoff):
    """The generators of Y. Liu et al., arXiv:2407.10381, truncated; two modes as a Kronecker product."""
    a = ladder(cutoff)
    up = a.conj().T
    x, p = (a + up) / math.sqrt(2), (a - up) / (1j * math.sqrt(2))
    match name:
        case "cv_r":
            return expm(-1j * args[0] * up @ a)
        case "cv_d":
            alpha = args[0] * np.exp(1j * args[1])
            return expm(alpha * up - np.conj(alpha) * a)
        case "cv_sq":
            zeta = args[0] * np.exp(2j * args[1])
            return expm((np.conj(zeta) * a @ a - zeta * up @ up) / 2)
        case "cv_c":
            return expm(-1j * args[0] * x @ x @ x)
        case "cv_bs":
            hop = np.exp(1j * args[1]) * np.kron(up, a)
            return expm(-0.5j * args[0] * (hop + hop.conj().T))
        case "cv_sum":
            return expm(-1j * args[0] * np.kron(x, p))
    raise AssertionError(name)


def unitary(lines, values, register, modes, cutoff):
    """The product of the calls in lines of text, in order of time; a gate of the file is its body."""
    space = {"pi": math.pi, "arctan": math.atan, "sqrt": math.sqrt, "log": math.log, **values}
    total = np.eye(cutoff**modes, dtype=complex)
    for line in lines:
        name, args, wires = re.fullmatch(r"\s*(\w+)\((.*)\) (.*);", line).groups()
        numbers = [eval(part, {"__builtins__": {}}, space) for part in args.split(",")]
        at = [register[w.strip()] for w in wires.split(",")]
        if name in DEFINITIONS:
            body = [line for line in DEFINITIONS[name] if line.startswith("    ")]
            gate = unitary(body, {"s": numbers[0]}, dict(zip("ab", at, strict=False)), modes, cutoff)
            total = gate @ total
            continue
        gate = definition(name, numbers, cutoff)
        if len(at) == 1 and modes == 2:
            gate = np.kron(gate, np.eye(cutoff)) if at == [0] else np.kron(np.eye(cutoff), gate)
        elif at == [1, 0]:
            four = gate.reshape((cutoff,) * 4)
            gate = four.transpose(1, 0, 3, 2).reshape(cutoff**2, cutoff**2)
        total = gate @ total
    return total


CASES = [
    (ops.Rotation((0,), 0.7), 30),
    (ops.Squeeze((0,), 0.15), 60),
    (ops.Shear((0,), 0.3), 60),
    (ops.Shear((0,), -0.4), 60),
    (ops.Displacement((0,), 0.3, -0.4), 40),
    (ops.CubicPhase((0,), 0.05), 90),
    (ops.CubicPhase((0,), -0.04), 90),
    (ops.BeamSplitter((0, 1), 0.6, 0.4), 10),
    (ops.BeamSplitter((1, 0), -1.1, 2.3), 10),
    (ops.ControlledX((0, 1), 0.2), 22),
    (ops.ControlledX((1, 0), -0.2), 22),
    (ops.ControlledZ((0, 1), 0.2), 22),
    (ops.Interferometer((0, 1), ((0.6, 0.8j), (0.8j, 0.6))), 10),
]


@pytest.mark.parametrize(("op", "cutoff"), CASES, ids=lambda v: str(v).replace(" ", ""))
def test_gates_move_quadratures_as_ours_do(op, cutoff):
    modes = len(op.modes)
    text = to_cv_openqasm(Circuit(modes, (op,)))
    lines = [line for line in text.splitlines() if re.search(r" m\[\d\]", line) and not line.startswith("qumode")]
    gate = unitary(lines, {}, {"m[0]": 0, "m[1]": 1}, modes, cutoff)
    a = ladder(cutoff)
    single = [(a + a.conj().T) / math.sqrt(2), (a - a.conj().T) / (1j * math.sqrt(2))]
    x, p = ([q] if modes == 1 else [np.kron(q, np.eye(cutoff)), np.kron(np.eye(cutoff), q)] for q in single)  # hbar = 1
    before = [*x, *p]
    one = np.eye(cutoff**modes)
    low = [i * cutoff + j for i in range(LOW) for j in range(LOW)] if modes == 2 else list(range(LOW))
    found = [(gate.conj().T @ q @ gate)[np.ix_(low, low)] for q in before]
    # our map, in units of hbar = 2: the images of 0 and of the unit vectors give offsets and slopes
    start = np.hstack([np.zeros((2 * modes, 1)), np.eye(2 * modes)])
    pushed = push(Circuit(modes, (op,)), start[:modes], start[modes:], lambda m, k: (start[0], start[0]))
    image = np.vstack([pushed.x, pushed.p])
    for place, (row, operator) in enumerate(zip(image, found, strict=True)):
        slopes = row[1:] - row[0]
        expected = row[0] / math.sqrt(2) * one + sum(s * q for s, q in zip(slopes, before, strict=True))
        if isinstance(op, ops.CubicPhase):  # the map is not affine: p -> p + gamma x^2, x_2 = sqrt(2) x_1
            expected = before[place] + place * math.sqrt(2) * op.gamma * before[0] @ before[0]
        np.testing.assert_allclose(operator, expected[np.ix_(low, low)], atol=1e-6)


def test_readout_is_turned_into_x_and_scaled():
    angle = 0.4
    text = to_cv_openqasm(Circuit(1, (ops.Homodyne((0,), angle, "y"),)))
    turn, read = text.splitlines()[-2:]
    assert read == "float c_y = measure_x m[0];"
    gate = unitary([turn], {}, {"m[0]": 0}, 1, 30)
    a = ladder(30)
    x, p = (a + a.conj().T) / math.sqrt(2), (a - a.conj().T) / (1j * math.sqrt(2))
    np.testing.assert_allclose(gate.conj().T @ x @ gate, math.cos(angle) * x + math.sin(angle) * p, atol=1e-12)
    # feed-forward by the result y = sqrt(2) c_y: x_1 -> x_1 + y / sqrt(2) is alpha = y / 2 = c_y / sqrt(2)
    moved = ops.Displacement((1,), Polynomial.monomial(("y",)), 0.0)
    line = to_cv_openqasm(Circuit(2, (ops.Homodyne((0,), 0.0, "y"), moved))).splitlines()[-1]
    factor = float(re.fullmatch(r"cv_d\((.*) \* c_y, 0\) m\[1\];", line)[1])
    assert factor == pytest.approx(1 / math.sqrt(2), rel=1e-15)


def test_kerr_gates_counts_and_symbols_are_written_and_read_back():
    count = Polynomial.monomial(("n",), 0.25)
    squared = Polynomial.monomial(("y", "y", "w"), 0.5)
    circuit = Circuit(
        3,
        (
            ops.Kerr((0,), 0.3),
            ops.PhotonCount((0,), "n"),
            ops.Displacement((1,), count, 0.0),
            ops.Homodyne((1,), 0.0, "y"),
            ops.CubicPhase((2,), squared),
        ),
        symbols=("w",),
    )
    for strict in (False, True):
        text = to_cv_openqasm(circuit, strict)
        assert from_cv_openqasm(text) == circuit
        lines = text.splitlines()
        # exp(i 0.3 n^2) is exp(-i kappa n^2) with kappa = -0.3; a count is no position, and has no unit
        assert "cv_k(-0.3) m[0];" in lines and "cv_d(0.125 * c_n, 0) m[1];" in lines
        assert "input float w;" in lines
        assert ("uint c_n = measure_n(m[0]);" if strict else "uint c_n = measure_n m[0];") in lines
    # gamma x^3 / 6 = -r x_1^3 with x = sqrt(2) x_1 and y = sqrt(2) c_y: r = -(sqrt(2) / 3) 0.5 w 2 c_y^2
    (found,) = re.findall(r"cv_c\((\S+) \* c_y\*\*2 \* w\)", text)
    assert float(found) == pytest.approx(-math.sqrt(2) / 3, rel=1e-15)


def test_what_the_library_lacks_is_refused_by_name():
    for op, reason in (
        (ops.CrossKerr((0, 1), 0.1), "no cross-Kerr gate"),
        (ops.PrepareFock((0,), 1), "no gate of the library makes this state"),
        (ops.PostSelect((0,), 0.0, 0.1), "cannot keep only the runs with a given outcome"),
        (ops.Loss((0,), 0.5), "no noise channels"),
    ):
        with pytest.raises(CircuitError, match=reason):
            to_cv_openqasm(Circuit(2, (op,)))
