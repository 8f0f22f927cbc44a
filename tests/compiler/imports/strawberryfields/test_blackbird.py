"""Blackbird is read as Strawberry Fields loads it, where it does; what it cannot load has a meaning stated here."""

import warnings
from contextlib import suppress
from math import pi, sqrt
from time import perf_counter

import numpy as np
import pytest

from compiler.errors import CircuitError
from compiler.imports.strawberryfields import from_strawberryfields, strawberryfields
from compiler.imports.strawberryfields.blackbird import read_blackbird
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

HEAD = "name test\nversion 1.0\n\n"


def read(lines):
    return read_blackbird(HEAD + lines + "\n").circuit


def loaded(lines):
    """What Strawberry Fields makes of the text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return from_strawberryfields(strawberryfields().io.loads(HEAD + lines + "\n", ir="blackbird"))


def result(name, factor=1.0):
    return Polynomial.monomial((name,), factor)


LOADED = {
    "gates": "Sgate(0.3, 0.1) | 0\nBSgate(pi/4, -0.2) | [0, 1]\nFouriergate() | 1\nVacuum() | 2\nCZgate() | (2, 0)",
    "keywords": "BSgate(theta=0.1, phi=0.2) | [0, 1]\nSgate(0.1, phi=0.4) | 1",
    "variables": "int n = +2\nfloat r = -0.5432\nfloat s = r + 0.1\ncomplex z = -0.4+0.9j\nRgate(n*s - r/2.5**2) | n",
    "functions": "Rgate(sqrt(2)*exp(-0.3) + log(2.0)) | 0\nRgate(sin(0.1)*cos(0.2)/tan(0.3)) | 1\n"
    "Rgate(arcsin(0.1) + arccos(0.2) - arctan(0.3)) | 0\nRgate(sinh(0.1) + cosh(0.2)*tanh(0.3)) | 0\n"
    "Rgate(arcsinh(0.1) + arccosh(1.2)*arctanh(0.3)) | 0",
    "precedence": "Rgate(2 + 3*2**3**0.5 - -0.5) | 0\nRgate((-2.0)**2) | 0\n"
    "Rgate(1.0 - 2.0 - 3.0) | 0\nRgate(8.0/2.0/4.0) | 0",
    "arrays": "complex array U[2, 2] =\n    0.6+0.0j, 0.0+0.8j\n    0.0+0.8j, 0.6+0.0j\n\nInterferometer(U) | [1, 0]",
    "elements": "float array a =\n    0.1, 0.2\n    -0.3, 0.4\n\n"
    "int array m =\n    1, 0\n\nRgate(a[2]) | 0\nRgate(a[1+2]) | m[0]",
    "loops": "for int i in 0:3\n    Rgate(0.1*i) | i\nfor float r in [0.1, 0.2]\n    Sgate(r) | 1\n    Rgate(r) | 0\n"
    "for int j in 0:4:2\n    Pgate(0.1) | j",
    "readouts": "MeasureX | 0\nMeasureHomodyne(0.3) | 1\nXgate(0.7*q0 - q1) | 2\nZgate(q0**2 + 0.5) | 2",
    "post-selection": "MeasureHomodyne(0.2, select=0.5) | 0",
    "counts": "Fock(1) | 0\nMeasureFock() | [0, 1]",
    "remarks": "# a remark\nSgate(0.1) | 0  # another\n\n\nRgate(0.2) | 1\n",
}


@pytest.mark.parametrize("name", LOADED)
def test_texts_are_read_as_strawberry_fields_loads_them(name):
    found, wanted = read(LOADED[name]), loaded(LOADED[name])
    assert found.modes == wanted.modes and len(found.operations) == len(wanted.operations)
    for one, other in zip(found.operations, wanted.operations, strict=True):
        assert type(one) is type(other) and one.modes == other.modes
        for key, value in one.parameters().items():
            if isinstance(value, Polynomial):
                # sympy works with 15 digits
                assert all(abs(c) < 1e-14 for c in (value - other.parameters()[key]).terms.values())
            elif not isinstance(value, str):
                np.testing.assert_allclose(value, other.parameters()[key], rtol=1e-15, atol=0)


def test_what_strawberry_fields_does_not_load():
    assert read("MeasureX() | 0\nVac | [1]\nFourier | 1\nRgate(0.1,0.2) | 0".replace(",0.2", "")).operations == (
        ops.Homodyne((0,), 0.0, "m0"),
        ops.PrepareVacuum((1,)),
        ops.Rotation((1,), pi / 2),
        ops.PrepareVacuum((0,)),
        ops.Rotation((0,), 0.1),
    )
    unspaced = read("BSgate(0.5,-0.25) | [0,1]\nfloat array a[2,2] =\n    1.0,2.0\n    3.0,4.0\n\nRgate(a[3]) | 0")
    assert unspaced.operations == (ops.BeamSplitter((0, 1), 0.5, -0.25), ops.Rotation((0,), 4.0))
    assert read("Fouriergate(1.5707963267948966) | 0").operations == (ops.Rotation((0,), pi / 2),)
    assert read('CXgate("0.25") | [0, 1]').operations == (ops.ControlledX((0, 1), 0.25),)
    assert read("GKP(state=[0.3, 0.1], epsilon=0.2) | 0").operations == (ops.PrepareGKP((0,), 0.3, 0.1, 0.2),)
    assert read("complex array k =\n    0.6+0.0j, 0.0+0.8j\n\nKet(k) | 0").operations[0].amplitudes == (0.6, 0.8j)
    assert (
        read("bool b = True\nMSgate(0.1, 0.0, 1.0, 0.9, b) | 0").operations
        == read("MSgate(0.1, 0.0, 1.0, 0.9) | 0").operations
    )
    assert read_blackbird(HEAD).circuit == Circuit(0)


def test_templates_have_free_parameters():
    circuit = read("Squeezed(-{sq}) | 0\nfloat r = 2*{sq}\nMeasureX | 0\nXgate(sqrt(2)*q0 + {b}*q0) | 1\nRgate(r) | 1")
    assert circuit.symbols == ("sq", "b")
    x = circuit.operations[3].x
    assert x == result("m0", sqrt(2)) + Polynomial.monomial(("b", "m0"))
    assert circuit.operations[-1].theta == result("sq", 2.0)
    array = read("float array a[1, 2] =\n    {x}\n\nRgate(a[1]) | 0")
    assert array.symbols == ("x_0_1",) and array.operations[0].theta == result("x_0_1")
    mixed = read("float array a =\n    0.5, {y}\n\nRgate(a[1]*a[0]) | 0")
    assert mixed.operations[0].theta == result("y", 0.5)


def test_free_parameters_as_strawberry_fields_writes_them():
    sf = strawberryfields()
    program = sf.Program(2, name="free")
    a, b = program.params("a", "b")
    with program.context as q:
        sf.ops.Sgate(a) | q[0]
        sf.ops.Rgate(2 * a * b - 0.5) | q[1]
    text = sf.io.to_blackbird(program).serialize()
    assert '"{a}"' in text
    assert read_blackbird(text).circuit == from_strawberryfields(program)


def test_remarks_on_what_is_not_kept():
    read = read_blackbird("name x\nversion 1.0\ntarget chip0 (shots=10)\n\nSgate(0.1) | 0\n")
    assert read.tool == "Blackbird" and read.notes == ("the target chip0(shots=10) is not kept",)


REFUSED = {
    "include 'x.xbb'": "not Blackbird",
    'include "x.xbb"': "include is not read",
    "Sgate(0.1)": "not Blackbird",
    "Sgate(0.1) | ": "not Blackbird",
    "Sgate(0.1)) | 0": "not Blackbird",
    "Sgate(x) | 0": "the name 'x' is not defined",
    "Snap(0.1) | 0": "not an operation of Strawberry Fields",
    "Sgate(0.1, 0.2, 0.3) | 0": "takes the arguments r, phi",
    "Sgate(0.1, s=0.2) | 0": "found 's'",
    "Sgate(0.1, phi=1.0, phi=2.0) | 0": "phi is given twice",
    "Fouriergate(1.5707963267948966, 0.5) | 0": "takes no arguments",
    "Fouriergate(0.5) | 0": "takes no arguments",
    "Sgate(1j) | 0": "not Blackbird|must be real",
    "Sgate(0+1j) | 0": "r must be real",
    "Sgate(0.1) | 0.5": "a mode must be an integer",
    "Sgate(0.1) | -1": "a mode must be an integer",
    "Sgate(0.1) | q0": "a mode must be an integer",
    "Sgate(0.1) | 10000": "modes must be below 10000",
    "Sgate(0.1) | 99999999999999999999": "modes must be below 10000",
    "Sgate(0.1) | " + "9" * 5000: "at most 300 digits, found 5000",
    "Sgate(" + "9" * 5000 + ") | 0": "at most 300 digits, found 5000",
    "Sgate(9**9**9) | 0": "more than 1000 bits",
    "Sgate(10.0**999) | 0": "not finite",
    "Sgate(1e999) | 0": "not finite",
    "Sgate(1/0) | 0": "a division by zero",
    "Sgate(sqrt(-1)) | 0": "sqrt does not give a finite number",
    "Sgate(q0) | 1": "used before it is read",
    "Sgate(q99999999999) | 1": "used before it is read",
    "MeasureX | 0\nXgate(sin(q0)) | 1": "sin of a readout is not a polynomial",
    "Xgate(exp({a})) | 1": "exp of a free parameter is not a polynomial",
    "MeasureX | 0\nXgate(-q0**2) | 1": "the sign is part of the base",
    "Rgate(-2.0**0.5) | 0": "the sign is part of the base",
    "int n = 0.5": "must be of type int",
    "float r = 1+0.5j": "must be of type float",
    "bool b = 1": "must be of type bool",
    "float q0 = 0.1": "reserved",
    "float array a[2, 2] =\n    0.1, 0.2\n": "must have rows of one length",
    "float array a =\n    0.1, 0.2\n    0.3\n": "must have rows of one length",
    "int array a =\n    0.1, 0.2\n": "must be of type int",
    "float array a[99999, 99999] =\n    {b}\n": "arrays together may have at most",
    "float array a =\n    0.1\n\nRgate(a[1]) | 0": "must lie in 0..0",
    "float array a =\n    0.1\n    0.2\n\nRgate(a[a]) | 0": "must lie in 0..1, found",
    "float r = 0.1\nRgate(r[0]) | 0": "r must be an array",
    "for int i in 0:999999999\n    Sgate(0.1) | 0": "at most 2,000,000 steps",
    "for int i in 0:99999999999999\n    Sgate(0.1) | 0": "at most 2,000,000 steps",
    "for int i in 0:3:0\n    Sgate(0.1) | 0": "step of a range",
    "for int i in [0.5]\n    Sgate(0.1) | 0": "the loop needs values of type int",
    "int i = 1\nfor int i in [1]\n    Sgate(0.1) | 0": "is taken by a variable",
    "Sgate(" + "(" * 3000 + "1" + ")" * 3000 + ") | 0": "nested too deeply",
    "Sgate(" + "-" * 3000 + "1) | 0": "nested too deeply",
    "Sgate(" + "1+" * 3000 + "1) | 0": "nested too deeply",
}


@pytest.mark.parametrize("lines", REFUSED, ids=[lines[:40] for lines in REFUSED])
def test_what_is_refused(lines):
    start = perf_counter()
    with pytest.raises(CircuitError, match=REFUSED[lines]) as refusal:
        read_blackbird(f"{HEAD}{lines}\n", "file.xbb")
    assert str(refusal.value).startswith("file.xbb") and str(refusal.value).isprintable()
    assert perf_counter() - start < 10.0


def test_refusals_name_the_line():
    with pytest.raises(CircuitError, match=r"^file.xbb line 5: the name 'r' is not defined$"):
        read_blackbird(f"{HEAD}Sgate(0.1) | 0\nRgate(r) | 0\n", "file.xbb")
    with pytest.raises(CircuitError, match=r"^file.xbb: Blackbird: line 5: Rgate: takes the argument theta"):
        read_blackbird(f"{HEAD}Sgate(0.1) | 0\nRgate(1, 2) | 0\n", "file.xbb")
    for text in ("", "name x", "version 1.0\n", "name x\nversion 1\n", "name x\nversion 1.0\ntype gbs\n"):
        with pytest.raises(CircuitError, match=r"^file.xbb"):
            read_blackbird(text, "file.xbb")


def test_nothing_is_printed(capfd):
    for text in ("", f"{HEAD}Sgate( | 0\n", f"{HEAD}Sgate(0.1) | \x00\n", f"{HEAD}Sgate(0.1) | 0\n"):
        with suppress(CircuitError):
            read_blackbird(text)
    assert capfd.readouterr() == ("", "")


def test_too_long_texts_are_refused():
    with pytest.raises(CircuitError, match="at most 1,000,000 words"):
        read_blackbird(HEAD + "Sgate(0.1) | 0\n" * 170_000)
