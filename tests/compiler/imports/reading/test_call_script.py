"""Matrices of scripts are read as Python itself evaluates them; what is not written as a matrix is refused."""

import ast

import numpy as np
import pytest
from photon_counters import haar, rows

from compiler.errors import CircuitError
from compiler.exports.strawberryfields.script import from_sf_script, to_sf_script
from compiler.imports.reading.call_script import matrix
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit


def read(text):
    return matrix(ast.parse(text, mode="eval").body, "script")


@pytest.mark.parametrize(
    "entry",
    [
        "0.5",
        "2",
        "-0.25",
        "1.5j",
        "-2j",
        "(0.3+0.4j)",
        "(0.3-0.4j)",
        "(-0.3-0.4j)",
        "-(0.3-0.4j)",
        "1 - 2 - 3j",
        "--1j",
    ],
)
def test_complex_numbers_are_what_python_makes_of_them(entry):
    text = f"np.array([[{entry}, 0.0], [1.0, {entry}]])"
    found = read(text)
    assert np.array_equal(np.array(found), eval(text, {"np": np}))
    assert all(type(value) is complex for row in found for value in row) and len(found) == 2


@pytest.mark.parametrize(
    "text",
    [
        "np.array([[True]])",
        "np.array([['1']])",
        "np.array([[2 * 1j]])",
        "np.array([[+1j]])",
        "np.array([[x]])",
        "np.array([1.0, 0.0])",
        "np.array([[1.0]], dtype=float)",
        "np.matrix([[1.0]])",
        "[[1.0]]",
    ],
)
def test_other_expressions_are_no_matrix(text):
    with pytest.raises(CircuitError, match="is expected, found"):
        read(text)


def test_interferometers_in_scripts_come_back_to_the_last_digit():
    unitary = rows(haar(np.random.default_rng(5), 3))
    circuit = Circuit(4, (ops.Interferometer((2, 0, 3), unitary), ops.Squeeze((1,), 0.3)))
    assert from_sf_script(to_sf_script(circuit)).operations == circuit.operations
