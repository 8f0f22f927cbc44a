"""The language of CV-OpenQASM texts: what is read, under which names, and what is refused, with its line."""

import math

import numpy as np
import pytest
from cv_openqasm_texts import BY_HAND, EXPORTED, HEAD, STRICT, TEXTS

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.exports.openqasm.cv_writer import to_cv_openqasm
from compiler.imports.openqasm.reader import UNITS, from_cv_openqasm, read_cv_openqasm
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

ROOT = math.sqrt(2.0)


def read(body, registers="qumode[3] m;"):
    return read_cv_openqasm(f"{HEAD}{registers}\n{body}\n", "text")


def read_ops(body, registers="qumode[3] m;"):
    return list(read(body, registers).circuit.operations)


def var(name, factor=1.0, power=1):
    return Polynomial.monomial((name,) * power, factor)


# --- registers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registers", "body", "modes", "touched"),
    [
        ("qumode[2] a; qumode[3] b;", "cv_f b[2];", 5, [(4,)]),
        ("qumode single; qumode[2] b;", "cv_f single; cv_sum(1) b[1], single;", 3, [(0,), (2, 0)]),
        ("const int n = 2; qumode[2 * n] m;", "cv_f m[-1];", 4, [(3,)]),
        ("qumode m[3];", "cv_f m[1];", 3, [(1,)]),  # as the first versions of hybridlane wrote it
        ("qumode[3] m;", "cv_f m;", 3, [(0,), (1,), (2,)]),
        ("qumode[3] m;", "cv_f m[0:1];", 3, [(0,), (1,)]),
        ("qumode[3] m;", "cv_f m[2:-2:0];", 3, [(2,), (0,)]),
        ("qumode[3] m;", "cv_f m[{2, 0}];", 3, [(2,), (0,)]),
        ("qumode[3] m;", "cv_sum(1) m[0], m[1:2];", 3, [(0, 1), (0, 2)]),
        ("qumode[2] a; qumode[2] b;", "cv_sum(1) a, b;", 4, [(0, 2), (1, 3)]),
        ("qumode[3] m;", "let pair = m[1] ++ m[0]; cv_sum(1) pair[0], pair[1];", 3, [(1, 0)]),
        ("qubit[2] m;", "cv_f m[1];", 2, [(1,)]),  # the strict form
        ("qubit[2] q; qubit[2] m;", "reset q; cv_f m[1];", 2, [(1,)]),
        ("qubit q; qumode[2] m;", "reset q; cv_f m[1];", 2, [(1,)]),
    ],
)
def test_registers_become_modes(registers, body, modes, touched):
    circuit = read(body, registers).circuit
    assert circuit.modes == modes
    assert [op.modes for op in circuit.operations] == touched


def test_qubits_that_no_gate_touches_are_left_out_with_a_note():
    assert "the register q of qubits is left out: no gate acts on it" in read("", "qubit q; qumode[2] m;").notes
    (note,) = (n for n in read("cv_f m;", "qubit[2] q; qubit[1] m;").notes if "register q" in n)
    assert "taken for qubits" in note
    assert read("", "qubit[3] m;").circuit.modes == 3


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("cv_r(pi/2 - tau/8) m[0];", -math.pi / 4),
        ("cv_r(-π) m[0];", math.pi),
        ("cv_r(2**3 % 5 + 4/2) m[0];", -5.0),
        ("cv_r(sin(0.1) + cos(0.2) * tan(0.3)) m[0];", -(math.sin(0.1) + math.cos(0.2) * math.tan(0.3))),
        ("cv_r(sqrt(2) * exp(-0.5) + log(3) / arctan(2)) m[0];", -(ROOT * math.exp(-0.5) + math.log(3) / math.atan(2))),
        ("cv_r(1e-3 + .5 + 2.) m[0];", -2.501),
        ("const float g = 0.3; cv_r(g**2) m[0];", -(0.3**2)),
        ("float a = 1; a += 0.25; a *= 2; cv_r(a) m[0];", -2.5),
        ("array[float, 3] a; a[2] = 0.5; a[-3] = 1.5; cv_r(a[2] + a[0]) m[0];", -2.0),
        ("angle a = 7; cv_r(a) m[0];", -(7 % math.tau)),
        ("int n = 3; uint k = 2; cv_r(float(n) / k + int(1.9)) m[0];", -2.5),
        ("output float a; a = 0.75; cv_r(a) m[0];", -0.75),
    ],
)
def test_constants_are_computed(body, value):
    (op,) = read_ops(body)
    assert op.theta == pytest.approx(value, rel=1e-15)


def test_inputs_are_free_symbols():
    circuit = read("input float θ; input angle b; cv_r(2 * θ - b) m[0]; cv_d(θ * b, pi / 2) m[1];").circuit
    assert circuit.symbols == ("theta", "b")
    turn, kick = circuit.operations
    assert turn.theta == var("theta", -2.0) + var("b")
    assert (kick.x, kick.p) == (0.0, Polynomial.monomial(("b", "theta"), 2.0))


def test_results_are_positions_of_hbar_1_and_numbers_of_photons():
    circuit = read(
        """float y = measure_x m[0];
        uint n = measure_n m[1];
        cv_d(0.5 * y + n, 0) m[2];
        cv_c(y ** 2 * n) m[2];"""
    ).circuit
    assert circuit.results == ("y", "n")
    read_x, count, kick, cubic = circuit.operations
    assert (read_x, count) == (ops.Homodyne((0,), 0.0, "y"), ops.PhotonCount((1,), "n"))
    # y_1 = y / sqrt(2): x = 2 (0.5 y_1 + n), and gamma = -3 r / sqrt(2) with r = y_1^2 n = y^2 n / 2
    assert kick.x.terms == {(("y", 1),): pytest.approx(1 / ROOT), (("n", 1),): 2.0}
    assert cubic.gamma.terms == {(("n", 1), ("y", 2)): pytest.approx(-3 / ROOT / 2)}


@pytest.mark.parametrize(
    ("body", "results"),
    [
        ("float c_a = measure_x m[0]; float c_b = measure_x m[1];", ("a", "b")),  # as our writer names them
        ("float c_a = measure_x m[0]; float b = measure_x m[1];", ("c_a", "b")),
        ("float c0 = measure_x m[0]; float c1 = measure_x m[1];", ("c0", "c1")),
        ("float c; c = measure_x m[0]; reset m[0]; c = measure_x m[0];", ("c", "c_1")),
        ("measure_x m[0]; measure_n m[1];", ("m0", "m1")),
        ("float c; measure_x m[0] -> c;", ("c",)),
        ("array[float, 3] c; c = measure_x m;", ("c_0", "c_1", "c_2")),
        ("array[float, 3] c; for int i in [0:2] c[i] = measure_x m[i];", ("c_0", "c_1", "c_2")),
        ("float φ = measure_x(m[0]);", ("phi",)),
        ("float[32] c0; c0 = homodyne(m[0]); uint[32] c1; c1 = fock_number(m[1]);", ("c0", "c1")),  # the first versions
        ("def p(qumode q) -> float[32] { cv_r(pi/2) q; return measure_x q; } float y = p(m[1]);", ("y",)),
    ],
)
def test_results_are_named_after_their_variables(body, results):
    assert read(body).circuit.results == results


# --- gates, loops and subroutines of the text ------------------------------------------------------------------------


def test_gates_of_the_text_are_put_in_their_place():
    body = """gate twist(a, b) qumode x, qumode y { cv_r(a) x; cv_bs(b, 0.3) x, y; gphase(a); }
    twist(0.1, 0.2) m[2], m[0];
    inv @ twist(0.1, 0.2) m[2], m[0];"""
    found = read_ops(body)
    assert [op.modes for op in found] == [(2,), (2, 0), (2, 0), (2,)]
    assert compare(Circuit(3, tuple(found)), Circuit(3)).equivalent
    twice = read_ops(body.replace("inv @", "pow(2) @"))
    assert twice[2:4] == twice[4:6] == twice[:2]
    back = read_ops(body.replace("inv @", "inv @ pow(3) @").replace("twist(0.1, 0.2) m[2], m[0];", "", 1))
    assert compare(Circuit(3, (*twice, *back)), Circuit(3)).equivalent


def test_a_library_gate_that_the_text_defines_is_what_the_text_says():
    declared = "gate cv_r(θ) qumode m {}\ngate cv_f qumode m { cv_r(π/2) m; }"
    assert read_ops(f"{declared} cv_r(0.5) m[0]; cv_f m[0];") == read_ops("cv_r(0.5) m[0]; cv_f m[0];")
    assert read_ops("gate cv_f qumode m { cv_r(0.25) m; } cv_f m[0];") == read_ops("cv_r(0.25) m[0];")


def test_gates_of_our_writer_are_known_by_their_definition_and_not_by_their_name():
    ours = Circuit(2, (ops.ControlledZ((0, 1), 0.3), ops.Shear((0,), -0.2)))
    text = to_cv_openqasm(ours)
    assert from_cv_openqasm(text) == ours
    changed = from_cv_openqasm(text.replace("cv_sum(s) a, b", "cv_sum(2*s) a, b").replace("arctan(s/2)/2", "arctan(s)"))
    assert not any(isinstance(op, ops.ControlledZ | ops.Shear) for op in changed.operations)
    assert not compare(changed, ours).equivalent
    same = from_cv_openqasm(text.replace("cv_sum(s) a, b", "cv_sum(s * 1.0) a, b"))  # other words for the same gate
    assert compare(same, ours).equivalent


def test_the_inverse_of_a_gate_with_a_swap_swaps():
    (swap,) = read_ops("gate g qumode a, qumode b { cv_swap a, b; } inv @ g m[0], m[1];")
    assert swap == ops.Interferometer((0, 1), ((0.0, 1.0), (1.0, 0.0)))


def test_loops_are_unrolled_with_both_ends():
    found = read_ops("for int i in [0:2] { for uint k in {1, 3} { cv_r(0.1 * i * k) m[i]; } }")
    assert [(op.modes[0], op.theta) for op in found] == [
        (i, pytest.approx(-0.1 * i * k)) for i in range(3) for k in (1, 3)
    ]
    assert [op.modes[0] for op in read_ops("for int i in [2:-1:0] cv_f m[i];")] == [2, 1, 0]
    assert read_ops("for int i in [3:2] cv_f m[i];") == []


def test_a_teleportation_with_a_subroutine_is_one():
    """Sum gates, readouts and corrections move the input to the last mode: x + 0, p + 0 for ideal ancillas."""
    body = """def correct(qumode from, qumode to) {
        float r = measure_x from;
        cv_d(-sqrt(2) / 2 * r * sqrt(2) / sqrt(2), 0) to;
    }
    cv_sum(1) m[0], m[1];
    correct(m[0], m[1]);"""
    circuit = read(body, "qumode[2] m;").circuit
    by_hand = Circuit(
        2,
        (
            ops.ControlledX((0, 1), 1.0),
            ops.Homodyne((0,), 0.0, "r"),
            ops.Displacement((1,), var("r", -1.0), 0.0),
        ),
    )
    assert compare(circuit, by_hand).equivalent


def test_the_texts_of_all_three_kinds_are_read():
    exported, strict, by_hand = (read_cv_openqasm(text) for text in (EXPORTED, STRICT, BY_HAND))
    assert (exported.circuit.modes, exported.circuit.results) == (3, ("c0", "c1", "c2"))
    assert [type(op).__name__ for op in strict.circuit.operations].count("PrepareVacuum") == 4
    assert by_hand.circuit.symbols == ("theta",) and by_hand.circuit.results == ("r", "c_0", "c_1", "y")
    kinds = [type(op).__name__ for op in by_hand.circuit.operations]
    assert kinds.count("Squeeze") == 2 and kinds[-1] == "PhotonCount"
    # cv_c(0.1 y^2 - 0.25) with y = r_1 = r / sqrt(2), which the subroutine returns
    (cubic,) = (op for op in by_hand.circuit.operations if isinstance(op, ops.CubicPhase))
    assert cubic.gamma.terms == {
        (("r", 2),): pytest.approx(0.1 / 2 * -3 / ROOT),
        (): pytest.approx(-0.25 * -3 / ROOT),
    }
    for name, text in TEXTS.items():
        assert from_cv_openqasm(text) == read_cv_openqasm(text, name).circuit


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("cv_f m;", UNITS),
        ("barrier m;", "barrier is left out"),
        ("delay[100ns] m[0];", "delay is left out"),
        ("gphase(0.5);", "gphase is left out"),
        ("box { cv_f m[0]; }", "box is left out"),
        ("float[16] x = 1;", "sizes of classical types are left out"),
        ("angle a = -1;", "taken modulo 2 pi"),
        ("cv_sq(0.1, 0.2) m[0];", "zeta = r e^(2 i phi)"),
        ("pragma anything at all", "a pragma is left out"),
        ("cal { anything }", "pulses are not read"),
        ("defcal rabi m { pulse }", "defcal rabi is left out"),
    ],
)
def test_what_is_left_out_is_said(body, note):
    assert any(note in n for n in read(body).notes)


def test_nothing_is_said_about_what_is_read_as_it_stands():
    text = f"{HEAD}defcal measure_x m -> float {{}}\ndefcal measure_n m -> uint {{}}\nqubit[1] m;\ncv_sq(0.1, 0) m[0];"
    assert read_cv_openqasm(text).notes == (UNITS,)


# --- refusals --------------------------------------------------------------------------------------------------------

REFUSALS = [
    ("h m[0];", r"line 5: h acts on qubits"),
    ("cv_jc(0.1, 0.2) m[0], m[1];", "cv_jc acts on a qubit and qumodes"),
    ("cv_snap(0.1, 2) m[0];", "cv_snap changes the phase of one Fock state"),
    ("cv_sq2(0.1, 0.2) m[0], m[1];", "first drafts"),
    ("spin(0.1) m[0];", "no gate spin is defined"),
    ("ctrl @ cv_r(0.1) m[0], m[1];", "ctrl controls a gate by a qubit"),
    ("pow(0.5) @ cv_r(0.1) m[0];", "pow takes whole numbers"),
    ("cv_r(0.1, 0.2) m[0];", r"cv_r takes 1 argument\(s\), found 2"),
    ("cv_bs(0.1, 0.2) m[0];", r"cv_bs acts on 2 qumode\(s\), found 1"),
    ("cv_bs(0.1, 0.2) m[1], m[1];", "distinct modes"),
    ("cv_bs(0.1, 0.2) m[0:1], m;", "the same size"),
    ("cv_f m[3];", r"indices must lie in 0..2, found 3"),
    ("cv_f m[0:int(1e300)];", "integers must have at most 64 bits"),
    ("cv_f m[-9223372036854775807:9223372036854775807];", "indices must lie in 0..2"),
    ("let a = m[1:0]; cv_f a[0];", "indices must lie in"),
    ("cv_r(0x" + "f" * 5000 + ") m[0];", "integers must have at most 64 bits"),
    ("cv_f k[0];", "k is not declared"),
    ("cv_f m[0.5];", "an index must be an integer"),
    ("let a = m ++ m;", "a mode stands twice"),
    ("cv_f m[{0, 0}];", "a mode stands twice"),
    ("cv_r(1/2) m[0];", r"1 / 2 divides integers, and OpenQASM rounds it to 0"),
    ("cv_r(a) m[0];", "a is not declared"),
    ("float a; cv_r(a) m[0];", "a has no value yet"),
    ("cv_r(m) m[0];", "m is a register, where a number is expected"),
    ("cv_r(1 / 0.0) m[0];", "not a finite real number"),
    ("cv_r(sqrt(-1)) m[0];", r"sqrt\(-1\) is not a finite real number"),
    ("cv_r(1e400) m[0];", "finite"),
    ("cv_r(2im) m[0];", "are read in expressions"),
    ("cv_r(true) m[0];", "are read in expressions"),
    ("cv_r(f(1)) m[0];", "the function f is not defined"),
    ("float y = measure_x m[0]; cv_r(sin(y)) m[1];", r"sin\(.*\) must be a polynomial"),
    ("float y = measure_x m[0]; cv_r(1 / y) m[1];", "is a polynomial of degree at most"),
    ("float y = measure_x m[0]; cv_k(y) m[1];", "kappa must be a number"),
    ("float y = measure_x m[0]; cv_f m[0];", "mode 0 was read, and a readout here ends the mode; reset it first"),
    ("float y = measure_x m[0]; float z = measure_x m[0];", "mode 0 was read before"),
    ("float y = measure_x m;", "a readout of 3 modes needs an array of 3 numbers"),
    ("int y = measure_x m[0];", "must be an integer"),
    ("bit c = measure m[0];", "measure reads qubits"),
    ("bit c; c = 1;", "bits and truth values"),
    ("if (1 == 1) { cv_f m[0]; }", "branches are not read"),
    ("while (1 == 1) { cv_f m[0]; }", "branches are not read"),
    ("for int i in [0:0.5:1] { }", "must be an integer"),
    ("for int i in [0:0:3] { }", "the step of a range must not be 0"),
    ("const float c = 1; c = 2;", "c is constant"),
    ("float a; float a;", "a is declared twice"),
    ("input int n;", "an input of type int has no value"),
    ("gate g a { reset a; } g m[0];", "reset.* in a gate"),
    ("gate g a { float y = measure_x a; } g m[0];", "variables in a gate"),
    ("def f(qumode a) { } gate g a { f(a); } g m[0];", "must not stand in a gate|in a gate"),
    ("gate g a { } gate g a { }", "the gate g is defined twice"),
    ("gate g(t) a { } g m[0];", r"g takes 1 argument\(s\), found 0"),
    ("def f(qumode a) { } f(m);", r"f takes 1 mode\(s\) as a, found 3"),
    ("for int i in [0:1] { qubit q; }", "qubit declarations must be global"),
    ("extern f(int) -> int;", "is not read"),
    ("end;", "is not read"),
    ('include "other.inc";', "no other file is read"),
    ("cv_f $0;", r"\$0 is not declared"),
    ("cv_f m[0]", "cannot be parsed as OpenQASM 3"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSALS, ids=[body[:40] for body, _ in REFUSALS])
def test_what_is_not_read_is_refused_with_its_line(body, reason):
    with pytest.raises(CircuitError, match=f"^text.*{reason}") as refused:
        read(body)
    assert "\n" not in str(refused.value) and str(refused.value).isprintable()


def test_qubits_and_qumodes_are_not_confused():
    with pytest.raises(CircuitError, match="the register q of line 4 holds qubits"):
        read("cv_f q;", "qubit q; qumode m;")
    with pytest.raises(CircuitError, match="line 5: x acts on qubits"):
        read("x q; cv_f m;", "qubit q; qubit m;")


@pytest.mark.parametrize("version", ["", "OPENQASM 2.0;", "qubit q; OPENQASM 3.0;", "OPENQASM 4;"])
def test_the_version_must_be_3(version):
    with pytest.raises(CircuitError, match=r"OPENQASM|cannot be parsed"):
        read_cv_openqasm(f"{version}\nqumode m;", "text")


def test_positions_of_both_units_agree_when_a_text_is_simulated():
    """A displaced squeezed state by its definition in hbar = 1: mean sqrt(2) alpha, variance e^{-2 r} / 2."""
    from simulations.exact import moments

    circuit = read(
        "reset m[0]; cv_sq(0.4, 0) m[0]; cv_d(0.3, 0) m[0]; float y = measure_x m[0];", "qumode m[1];"
    ).circuit
    law = moments(circuit)
    assert law.mean[0] / ROOT == pytest.approx(ROOT * 0.3)
    assert law.cov[0, 0] / 2 == pytest.approx(math.exp(-0.8) / 2)
    assert np.shape(law.cov) == (1, 1)
