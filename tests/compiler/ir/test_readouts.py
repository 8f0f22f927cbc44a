"""Displacement readouts as operations: what they hold and refuse, in circuits and in program.json."""

import json
from math import inf, nan

import numpy as np
import pytest

from compiler.errors import CircuitError, InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.ir.relabel import matched_by_mode, named_by_mode, relabelled, renamed, results_by_mode
from compiler.ir.serialize import circuit_from_json, circuit_text, circuit_to_json

READ = ops.DisplacementReadout((2, 0), (0.5, -0.25), (0.0, 1.5), "s")
KICK = ops.Displacement((1,), Polynomial.monomial(("s",), 0.3), Polynomial.monomial(("t",), 0.5))
CIRCUIT = Circuit(3, (READ, ops.Rotation((0,), 0.3), ops.DisplacementReadout((0,), (0.0,), (1.0,), "t"), KICK))


def test_modes_live_on_and_results_steer_what_follows():
    assert CIRCUIT.results == ("s", "t")
    assert ops.used(KICK) == {"s", "t"}
    assert not READ.gaussian
    with pytest.raises(CircuitError, match="uses s before it is measured"):
        Circuit(3, (KICK, READ))
    with pytest.raises(CircuitError, match="'s' is already used"):
        Circuit(3, (READ, READ))
    ended = Circuit(1, (ops.Homodyne((0,), 0.0, "y"),)).operations
    with pytest.raises(CircuitError, match="the mode was measured"):
        Circuit(3, (*ended, READ))


def test_numbers_of_other_packages_are_taken():
    made = ops.DisplacementReadout(np.array([0, 1]), np.array([0.5, 0.0]), [np.float32(0.25), 1], "s")
    assert made == ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.25, 1.0), "s")
    assert all(type(v) is float for v in (*made.alpha, *made.beta)) and all(type(m) is int for m in made.modes)
    assert hash(made) == hash(ops.DisplacementReadout((0, 1), (0.5, 0.0), (0.25, 1.0), "s"))


@pytest.mark.parametrize(
    ("modes", "alpha", "beta", "result", "message"),
    [
        ((0, 1), (0.5,), (0.0, 0.0), "s", "alpha must hold one number per mode, 2"),
        ((0,), (0.5,), (0.0, 0.0), "s", "beta must hold one number per mode, 1"),
        ((0,), 0.5, (0.0,), "s", "alpha must hold one number per mode"),
        ((0,), "5", (0.0,), "s", "alpha must hold one number per mode"),
        ((0,), (0.5,), (inf,), "s", "beta must be a finite number"),
        ((0,), (nan,), (0.0,), "s", "alpha must be a finite number"),
        ((0,), (0.5 + 1j,), (0.0,), "s", "alpha must be a real number"),
        ((0,), (Polynomial.monomial(("m",)),), (0.0,), "s", "alpha must be a real number"),
        ((0,), (True,), (0.0,), "s", "alpha must be a real number"),
        ((0, 1), (0.0, 0.0), (0.0, 0.0), "s", "a number that is not 0"),
        ((), (), (), "s", "a number that is not 0"),
        ((0, 0), (0.5, 0.5), (0.0, 0.0), "s", "distinct modes"),
        ((-1,), (0.5,), (0.0,), "s", "integers >= 0"),
        ((0,), (0.5,), (0.0,), "a b", "the result needs a name"),
        ((0,), (0.5,), (0.0,), None, "the result needs a name"),
    ],
)
def test_what_is_no_readout_is_refused_in_one_line(modes, alpha, beta, result, message):
    with pytest.raises(CircuitError) as error:
        ops.DisplacementReadout(modes, alpha, beta, result)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_program_json_holds_every_digit():
    third = ops.DisplacementReadout((0, 1), (1 / 3, -2e-17), (0.1 + 0.2, 0.0), "u")
    circuit = Circuit(3, (*CIRCUIT.operations, third))
    assert circuit_from_json(json.loads(circuit_text(circuit))) == circuit
    assert circuit_to_json(CIRCUIT)["operations"][0] == {
        "op": "DisplacementReadout",
        "modes": [2, 0],
        "alpha": [0.5, -0.25],
        "beta": [0.0, 1.5],
        "result": "s",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alpha", [0.5]),
        ("alpha", 0.5),
        ("alpha", ["0.5", 0]),
        ("alpha", [1e999, 0.0]),
        ("alpha", None),
        ("beta", {"terms": [[1.0, {}]]}),
        ("beta", [[0.0], [0.0]]),
        ("modes", [0]),
        ("modes", [0, 3]),
        ("result", 5),
        ("result", ""),
        ("angle", 0.0),
    ],
)
def test_program_json_refuses_in_one_line(key, value):
    data = circuit_to_json(CIRCUIT)
    data["operations"][0][key] = value
    with pytest.raises(InputError) as error:
        circuit_from_json(data)
    assert "operation 0" in str(error.value) and "\n" not in str(error.value)
    del data["operations"][0][key]
    if key != "angle":
        with pytest.raises(InputError, match=f'"{key}"'):
            circuit_from_json(data)


def test_modes_and_results_get_other_names():
    made = relabelled(READ, {0: 5, 2: 4}, {"s": "y"})
    assert made == ops.DisplacementReadout((4, 5), (0.5, -0.25), (0.0, 1.5), "y")
    assert renamed(CIRCUIT, {"s": "t", "t": "s"}).results == ("t", "s")


def test_results_belong_to_the_modes_that_are_read_together():
    """In any order of the modes, and counted by themselves; names by mode are names of results."""
    twice = ops.DisplacementReadout((0, 2), (0.1, 0.2), (0.3, 0.4), "u")
    circuit = Circuit(3, (*CIRCUIT.operations, twice, ops.Homodyne((0,), 0.0, "y")))
    assert results_by_mode(circuit) == {((0, 2), 0): "s", ((0,), 0): "t", ((0, 2), 1): "u", ((0,), 1): "y"}
    named = named_by_mode(circuit)
    assert named.results == ("m0x2", "m0", "m0x2_1", "m0_1")
    assert matched_by_mode(named, circuit) == circuit
    assert matched_by_mode(circuit, CIRCUIT) is None
