"""The front door of the comparison: circuits and programs of Strawberry Fields, and how their results are matched."""

import warnings
from math import pi

import pytest

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.exports.strawberryfields import strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


@pytest.fixture(scope="module")
def sf():
    """Strawberry Fields, imported once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return strawberryfields()


def program(sf, modes, build):
    made = sf.Program(modes)
    with made.context as q:
        build(sf.ops, q)
    return made


def readouts(sf, order, angles=(0.0, 0.3), again=False):
    """Two modes that interact and are read in some order; perhaps mode 0 is prepared and read a second time."""

    def build(so, q):
        so.BSgate(0.5, 0.1) | (q[0], q[1])
        so.Sgate(0.4) | q[0]
        for mode in order:
            so.MeasureHomodyne(angles[mode]) | q[mode]
        if again:
            so.Squeezed(0.7) | q[0]
            so.MeasureHomodyne(0.9) | q[0]

    return program(sf, 2, build)


def as_circuit(order, names, angles=(0.0, 0.3)):
    gates = ops.BeamSplitter((0, 1), 0.5, 0.1), ops.Squeeze((0,), 0.4)
    return Circuit(2, (*gates, *(ops.Homodyne((m,), angles[m], name) for m, name in zip(order, names, strict=True))))


@pytest.mark.parametrize("again", [False, True])
def test_results_of_programs_belong_to_modes(sf, again):
    forth, back = (readouts(sf, order, again=again) for order in ((0, 1), (1, 0)))
    assert compare(forth, back).equivalent and compare(back, forth).equivalent
    exchanged = readouts(sf, (1, 0), angles=(0.3, 0.0), again=again)
    assert not compare(forth, exchanged).equivalent
    assert not compare(forth, readouts(sf, (0, 1), again=not again)).equivalent


def test_results_of_a_program_take_the_names_of_a_circuit(sf):
    """By time, as documented; by mode where that does not make them equal."""
    made = readouts(sf, (0, 1))
    for order, names in (((0, 1), ("a", "b")), ((1, 0), ("a", "b")), ((1, 0), ("m0", "m1"))):
        circuit = as_circuit(order, names)
        assert compare(made, circuit).equivalent and compare(circuit, made).equivalent, (order, names)
    assert not compare(made, as_circuit((0, 1), ("a", "b"), angles=(0.3, 0.0))).equivalent


def test_results_that_agree_by_time_alone(sf):
    """The modes are swapped, and read in the other order: the first result is x_0 in both."""

    def build(so, q):
        so.BSgate(pi / 2, 0) | (q[0], q[1])  # a_0 -> -a_1, a_1 -> a_0
        so.Rgate(pi) | q[0]
        so.MeasureX | q[1]
        so.MeasureX | q[0]

    swapped = program(sf, 2, build)
    plain = Circuit(2, (ops.Homodyne((0,), 0.0, "a"), ops.Homodyne((1,), 0.0, "b")))
    assert compare(swapped, plain).equivalent and compare(plain, swapped).equivalent
    assert not compare(swapped, Circuit(2, plain.operations[::-1])).equivalent


def test_feed_forward_keeps_its_meaning_when_results_are_renamed(sf):
    def build(so, q):
        so.MeasureX | q[1]
        so.MeasureX | q[2]
        so.Xgate(0.7 * q[1].par) | q[0]

    def circuit(used):
        return Circuit(
            3,
            (
                ops.Homodyne((2,), 0.0, "first"),
                ops.Homodyne((1,), 0.0, "second"),
                ops.Displacement((0,), Polynomial.monomial((used,), 0.7), 0.0),
            ),
        )

    made = program(sf, 3, build)
    assert compare(made, circuit("second")).equivalent  # by mode
    assert not compare(made, circuit("first")).equivalent


def test_ancillas_of_a_circuit_are_those_of_the_program(sf):
    """A cubic gate by teleportation, as a program of two modes, against the gate."""
    gamma = 0.3

    def build(so, q):
        so.Squeezed(-2.0) | q[1]
        so.Vgate(gamma) | q[1]
        so.CXgate(-1.0) | (q[0], q[1])
        so.MeasureX | q[1]
        so.Pgate(-2.0 * gamma * q[1].par) | q[0]
        so.Zgate(-gamma * q[1].par ** 2) | q[0]

    made = program(sf, 2, build)
    gate = Circuit(1, (ops.CubicPhase((0,), gamma),))
    assert not compare(made, gate).equivalent  # nothing says that mode 1 is an ancilla
    assert compare(made, Circuit(2, gate.operations, (1,))).equivalent is False  # here it is, and is not read
    read = Circuit(
        2,
        (
            ops.PrepareCubic((1,), gamma, 2.0),
            ops.ControlledX((0, 1), -1.0),
            ops.Homodyne((1,), 0.0, "y"),
            ops.Shear((0,), Polynomial.monomial(("y",), -2.0 * gamma)),
            ops.Displacement((0,), 0.0, Polynomial.monomial(("y", "y"), -gamma)),
        ),
        (1,),
    )
    assert compare(made, read).equivalent


def test_what_strawberry_fields_compiles_is_equal(sf):
    """Its compiler rewrites preparations and passive gates of this program; a changed parameter is found out."""

    def build(value):
        def body(so, q):
            so.Squeezed(0.5, 0.3) | q[0]
            so.Thermal(0.4) | q[1]
            so.S2gate(0.3, 0.1) | (q[0], q[2])
            so.MZgate(0.4, value) | (q[0], q[1])
            so.LossChannel(0.8) | q[1]
            so.Dgate(0.4, 0.2) | q[2]
            so.MeasureHomodyne(0.3) | q[2]

        return body

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for compiler in ("gaussian", "bosonic"):
            made, other = program(sf, 3, build(0.9)), program(sf, 3, build(0.9 * (1 + 1e-6)))
            assert compare(made, made.compile(compiler=compiler)).equivalent
            verdict = compare(made, other.compile(compiler=compiler))
            assert not verdict.equivalent and verdict.decided


def test_only_circuits_and_programs_are_compared():
    with pytest.raises(CircuitError, match="found str"):
        compare("circuit", Circuit(1))
