"""Preparations of states in the Fock basis, cat and GKP states: what they hold, and what they refuse."""

import json

import numpy as np
import pytest

from compiler.errors import CircuitError, InputError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.serialize import circuit_from_json, circuit_to_json

PSI = np.array([0.6, 0.0, 0.8j, 0.0])
CIRCUIT = Circuit(
    4,
    (
        ops.PrepareFock((0,), 2),
        ops.PrepareCat((1,), 1.0, -0.5, 1.0),
        ops.PrepareGKP((2,), 0.3, 0.1, 0.08),
        ops.CrossKerr((0, 2), 0.2),
        ops.PostSelect((2,), 0.1, -0.7),
        ops.PrepareKet((2, 3), 2, PSI),
        ops.PhotonCount((0,), "n"),
        ops.PrepareDensity((0, 3), 2, np.outer(PSI, PSI.conj())),
        ops.Homodyne((3,), 0.0, "x"),
    ),
)


def test_programs_hold_every_state_and_readout():
    back = circuit_from_json(json.loads(json.dumps(circuit_to_json(CIRCUIT))))
    assert back == CIRCUIT
    assert back.operations[5].amplitudes == (0.6, 0.0, 0.8j, 0.0)
    assert back.operations[7].elements[2] == pytest.approx(0.6 * np.conj(0.8j))
    assert back.results == ("n", "x")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ops.PrepareFock((0,), -1), "photon number"),
        (lambda: ops.PrepareFock((0,), 1.0), "must be an integer"),
        (lambda: ops.PrepareCat((0,), 0.0, 0.0, 1.0), "norm is zero"),
        (lambda: ops.PrepareGKP((0,), 0.0, 0.0, 0.0), "epsilon must be > 0"),
        (lambda: ops.PrepareKet((0,), 2, (1.0, 1.0)), "found 1.41421"),
        (lambda: ops.PrepareKet((0,), 3, (1.0, 0.0)), "3 finite numbers"),
        (lambda: ops.PrepareKet((0,), 2, (1.0, float("nan"))), "finite"),
        (lambda: ops.PrepareKet((0,), 2, ("a", "b")), "complex numbers"),
        (lambda: ops.PrepareKet(tuple(range(30)), 10, (1.0,)), "at most"),
        (lambda: ops.PrepareKet((), 2, (1.0,)), "at least one mode"),
        (lambda: ops.PrepareDensity((0,), 2, (0.5, 0.0, 0.0, 0.4)), "trace"),
        (lambda: ops.PrepareDensity((0,), 2, (0.5, 0.1, 0.2, 0.5)), "Hermitian"),
        (lambda: ops.PrepareDensity((0,), 2, (1.5, 0.0, 0.0, -0.5)), "negative"),
        (lambda: ops.PhotonCount((0,), "a b"), "name"),
        (lambda: Circuit(1, (ops.PhotonCount((0,), "n"), ops.Rotation((0,), 0.1))), "measured"),
        (lambda: Circuit(1, (ops.PostSelect((0,), 0.0, 1.0), ops.Rotation((0,), 0.1))), "measured"),
        (lambda: Circuit(2, (ops.PhotonCount((0,), "n"), ops.Homodyne((1,), 0.0, "n"))), "is already used"),
    ],
)
def test_what_is_no_state_is_refused(make, message):
    with pytest.raises(CircuitError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_preparation_brings_all_its_modes_back():
    ended = (ops.PostSelect((0,), 0.0, 1.0), ops.PhotonCount((1,), "n"))
    Circuit(2, (*ended, ops.PrepareKet((0, 1), 2, PSI), ops.Rotation((1,), 0.1)))
    with pytest.raises(CircuitError, match="measured"):
        Circuit(2, (*ended, ops.PrepareFock((0,), 1), ops.Rotation((1,), 0.1)))


@pytest.mark.parametrize(
    "value", [5, {"real": [1]}, {"real": [1], "imag": []}, {"real": ["1"], "imag": [0]}, {"real": 1, "imag": 1}]
)
def test_broken_amplitudes_are_refused(value):
    data = circuit_to_json(Circuit(1, (ops.PrepareKet((0,), 1, (1.0,)),)))
    data["operations"][0]["amplitudes"] = value
    with pytest.raises(InputError, match="amplitudes"):
        circuit_from_json(data)
