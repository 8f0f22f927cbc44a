"""XIR is read as Strawberry Fields loads it, where it does; inverses, definitions and results are as its pages say."""

import warnings
from math import pi, sqrt
from time import perf_counter

import numpy as np
import pytest
from strawberryfields_programs import forget_symbols

from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, strawberryfields
from compiler.imports.strawberryfields.xir import read_xir
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


def read(text):
    return read_xir(text).circuit


def loaded(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return from_strawberryfields(strawberryfields().io.loads(text, ir="xir"))


LOADED = {
    "gates": "Sgate(0.3, 0.1) | [0]; BSgate(0.7, -0.2) | [0, 1]; Vacuum | [2]; CZgate | [2, 0]; Fouriergate | [1];",
    "keywords": "BSgate(theta: 0.1, phi: 0.2) | [0, 1]; Sgate(phi: 0.4, r: 0.1) | [1];",
    "numbers": "Rgate(-1) | [0]; Rgate(+2.5e-1) | [0]; Rgate(1/4) | [0]; Rgate(2 - 3*4 - -5) | [0];Rgate(8/2/4) | [0];",
    "arrays": "Interferometer([[0.6, 0.8j], [0.8j, 0.6]]) | [1, 0]; Ket([0.6, -0.8j]) | [2];",
    "ranges": "MeasureFock | [0..3];",
    "readouts": "MeasureHomodyne(phi: 0) | [0]; MeasureHomodyne(phi: 0.3, select: 0.2) | [1];",
    "definitions": "gate two(r, s) [a, b]: BSgate(r, s) | [b, a]; end; two(0.1, 0.2) | [2, 0];",
    "options": "options: cutoff_dim: 5; shots: 10; end; Sgate(0.1, 0) | [0];",
    "declarations": "gate Sgate(p0, p1) [0]; out MeasureFock [0]; func sin(x); obs Z [a]; Sgate(0.1, 0) | [0];",
}


@pytest.mark.parametrize("name", LOADED)
def test_texts_are_read_as_strawberry_fields_loads_them(name):
    assert read(LOADED[name]) == loaded(LOADED[name])
    assert read(LOADED[name]).operations


def test_results_and_free_parameters():
    circuit = read(
        "MeasureX | [0]; MeasureP | [3]; Xgate(sqrt(2)*q3 - a*q0/4 + 0.5) | [1]; Zgate(-q0**2*a) | [2]; Sgate(a) | [1];"
    )
    assert circuit.symbols == ("a",) and circuit.modes == 4
    x, z = circuit.operations[2].x, circuit.operations[3].p
    assert x.terms == {(("m3", 1),): sqrt(2), (("a", 1), ("m0", 1)): -0.25, (): 0.5}
    assert z.terms == {(("a", 1), ("m0", 2)): -1.0}
    by_number = read("MeasureX | [2]; MeasureFock | [0, 1]; Xgate(outs[0] + 2*outs[2]) | [3];")
    assert by_number.operations[-1].x.terms == {(("m2", 1),): 1.0, (("m1", 1),): 2.0}
    with pytest.raises(CircuitError, match=r"outs\[0\] was overwritten by a later readout of mode 0"):
        read("MeasureX | [0]; Vacuum | [0]; MeasureX | [0]; Xgate(outs[0]) | [1];")
    with pytest.raises(CircuitError, match="is used after only 1 result"):
        read("MeasureX | [0]; Xgate(outs[1]) | [1];")


def test_feed_forward_as_strawberry_fields_writes_it():
    sf = strawberryfields()
    forget_symbols()
    program = sf.Program(4)
    a = program.params("a")
    with program.context as q:
        sf.ops.MeasureX | q[0]
        sf.ops.MeasureHomodyne(0.3) | q[1]
        sf.ops.Xgate(-(q[0].par ** 2) + q[1].par / 3 - 2 * a) | q[2]
        sf.ops.Zgate(0.5 * q[0].par * q[1].par ** 3) | q[2]
        sf.ops.Rgate(-a) | q[3]
    text = sf.io.to_xir(program).serialize()
    assert "**" in text
    found, wanted = read(text), from_strawberryfields(program)
    assert found.symbols == ("a",) and len(found.operations) == len(wanted.operations)
    for one, other in zip(found.operations, wanted.operations, strict=True):
        for key, value in one.parameters().items():
            if isinstance(value, Polynomial):
                assert all(abs(c) < 1e-14 for c in (value - other.parameters()[key]).terms.values())
            else:
                assert value == other.parameters()[key]


def test_inverses_are_not_lost():
    assert read("inv Sgate(0.5, 0) | [0]; inv inv Rgate(0.1) | [0];").operations == (
        ops.Squeeze((0,), -0.5),
        ops.Rotation((0,), 0.1),
    )
    definition = "gate pair(r) [a, b]: Sgate(r) | [a]; inv CXgate(r) | [a, b]; end; "
    assert read(definition + "inv pair(0.5) | [1, 0];").operations == (
        ops.ControlledX((1, 0), 0.5),
        ops.Squeeze((1,), -0.5),
    )


def test_definitions_within_definitions_and_their_names():
    text = """
    constants: s: 0.25; end;
    gate one(r): Sgate(r*s) | [0]; Rgate(-r) | [2]; end;
    gate two(r, t) [a, b, c]: one(r: t) | [c, a, b]; Pgate(r) | [b]; end;
    gate own(s) [a]: Pgate(s) | [a]; end;
    two(t: 2, r: s) | [3, 4, 5];
    own(0.75) | [0];
    """
    assert read(text).operations == (
        ops.Squeeze((5,), 0.5),
        ops.Rotation((4,), -2.0),
        ops.Shear((4,), 0.25),
        ops.Shear((0,), 0.75),
    )


def test_constants_pi_and_words():
    circuit = read(
        "constants: a: pi/2; U: [[0, 1], [1, 0]]; end; Rgate(a - pi + PI) | [0]; Interferometer(U) | [0, 1];"
    )
    assert circuit.operations[0].theta == pi / 2
    assert circuit.operations[1].matrix == ((0, 1), (1, 0))
    assert read("constants: x: 2; end; Rgate(1/x**2 - x**3) | [0];").operations == (ops.Rotation((0,), 0.25 - 8.0),)
    assert read("GKP([0.3, 0.1], 0.2, 1e-12, real, square) | [0];").operations == (ops.PrepareGKP((0,), 0.3, 0.1, 0.2),)
    assert read("Catstate(0.5, 0, 1, complex, 1e-12, 2) | [0];").operations == (ops.PrepareCat((0,), 1.0, 0.0, 1.0),)
    assert read("MSgate(0.1, 0, 1, 0.9, True) | [0];") == read("MSgate(0.1, 0, 1, 0.9, true) | [0];")
    assert read("").modes == 0 and read("// a remark\n") == Circuit(0)


def test_remarks_on_what_is_not_kept():
    found = read_xir("options: shots: 10; _name_: x; end; obs O [a]: 1, Z[a]; end; Sgate(0.1) | [0];")
    assert found.tool == "XIR" and found.notes == ("the option shots is not kept", "the observable O is not kept")


REFUSED = {
    "use a/b;": "use is not read",
    "use </dev/zero>;": "use is not read",
    "Sgate(0.1) | [0]": "not XIR",
    "Sgate(0.1 | [0];": "not XIR",
    "Sgate(0.1) | [0]; }": "not XIR",
    "Sgate(q0***2) | [0];": "not XIR",
    "Sgate((q0+1)**2) | [0];": "not XIR",
    "Sgate(2**3) | [0];": "not XIR",
    "Sgate(q0**99) | [0];": "exponent in 1..64",
    "Sgate(q0**0) | [0];": "exponent in 1..64",
    "ctrl [1] Sgate(0.1) | [0];": "ctrl is not read",
    "Snap(0.1) | [0];": "not an operation of Strawberry Fields",
    "expval(observable: O) | [0];": "not an operation of Strawberry Fields",
    "Sgate(0.1, 0.2, 0.3) | [0];": "takes the arguments r, phi",
    "Sgate(r: 0.1, r: 0.2) | [0];": "the argument r is given twice",
    "Sgate(0.5j) | [0];": "r must be real",
    "Sgate(nan) | [0];": "nan must be a number here",
    "Sgate(inf) | [0];": "inf must be a number here",
    "Sgate(1e999) | [0];": "not finite",
    "Sgate(1/0) | [0];": "a division by zero",
    "Sgate(sqrt(-1)) | [0];": "sqrt does not give a finite number",
    "Sgate(f(1)) | [0];": "the function f is not known",
    "Sgate(sin(a)) | [0];": "sin of a free parameter is not a polynomial",
    "Sgate(q0) | [1];": "used before it is read",
    "Sgate(0.1) | [a];": "wires must be numbers outside of definitions",
    "Sgate(0.1) | [10000];": "modes must be below 10000",
    "Sgate(0.1) | [99999999999999999999];": "modes must be below 10000",
    "Sgate(0.1) | [" + "9" * 5000 + "];": "modes must be below 10000",
    "Sgate(" + "9" * 5000 + ") | [0];": "at most 300 digits, found 5000",
    "MeasureFock | [0..999999999];": "a range has at most 10000 wires",
    "gate g(a) [w]: Sgate(a) | [v]; end; g(0.1) | [0];": "the wire 'v' is not among the wires of the gate",
    "gate g(a) [w]: Sgate(a) | [w]; end; g | [0];": r"g takes the parameters a, found 0 value\(s\)",
    "gate g(a) [w]: Sgate(a) | [w]; end; g(1, 2) | [0];": r"g takes the parameters a, found 2 value\(s\)",
    "gate g(a) [w]: Sgate(a) | [w]; end; g(b: 1) | [0];": "g takes the parameters a, found b",
    "gate g(a) [w]: Sgate(a) | [w]; end; g(1) | [0, 1];": "g acts on 1 wires",
    "gate g(a, a) [w]: Sgate(a) | [w]; end; g(1) | [0];": "need different names",
    "gate g(0.5) [w]: Sgate(1) | [w]; end; g(1) | [0];": "must be names",
    "gate g [w]: g | [w]; end; g | [0];": "nested at most 50 deep, found g",
    "inv MeasureX | [0];": "the inverse is not read",
    "options: _type_: gbs; end;": "the option _type_ must be tdm",
    "options: _type_: tdm; end; Sgate(p0) | [0];": "needs the option N",
    "MeasureHomodyne(phi: 0, select: 1e200) | [0]; Xgate(q0**2) | [1];": "leaves the range of float64",
    "options: _type_: tdm; N: [1]; end; constants: p0: [1e200]; end; Xgate(p0**2) | [0];": "Xgate: a number is not fin",
    "Sgate(" + "sin(" * 5000 + "1" + ")" * 5000 + ") | [0];": "nested too deeply",
    "Sgate(" + "1+" * 3000 + "1) | [0];": "nested too deeply",
    "gate a0: Sgate(1) | [0]; end; "
    + "".join(f"gate a{i}: a{i - 1} | [0]; a{i - 1} | [0]; end; " for i in range(1, 40))
    + "a39 | [0];": "at most 2,000,000 steps",
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:40] for text in REFUSED])
def test_what_is_refused(text):
    start = perf_counter()
    with pytest.raises(CircuitError, match=REFUSED[text]) as refusal:
        read_xir(text, "file.xir")
    assert str(refusal.value).startswith("file.xir") and str(refusal.value).isprintable()
    assert perf_counter() - start < 10.0


def test_refusals_name_the_line():
    with pytest.raises(CircuitError, match=r"^file.xir line 2: the function f is not known"):
        read_xir("Sgate(0.1) | [0];\nRgate(f(1)) | [0];\n", "file.xir")
    with pytest.raises(CircuitError, match=r"^file.xir: XIR: line 2: Rgate: takes the argument theta"):
        read_xir("Sgate(0.1) | [0];\nRgate(1, 2) | [0];\n", "file.xir")
    with pytest.raises(CircuitError, match=r"^file.xir line 2: not XIR"):
        read_xir("Sgate(0.1) | [0];\nRgate(1, 2 | [0];\n", "file.xir")


def test_too_long_texts_are_refused():
    with pytest.raises(CircuitError, match="at most 1,000,000 words"):
        read_xir("Sgate(0.1) | [0];\n" * 120_000)
    assert np.isfinite(read("Sgate(0.1) | [0];\n" * 1000).operations[-1].r)
