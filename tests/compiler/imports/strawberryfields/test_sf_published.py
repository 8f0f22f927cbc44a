"""Programs after the pages of Strawberry Fields on teleportation, gate teleportation and boson sampling."""

from math import pi

import numpy as np
import pytest
from strawberryfields_programs import (
    HOMODYNE_KICK,
    assert_same_state,
    conditional_state,
    engine_moments,
    haar,
    run,
    sf_program,
)

from compiler.imports.strawberryfields import from_strawberryfields, strawberryfields
from compiler.ir import operations as ops
from compiler.semantics.gaussian_state import GaussianState, prepared_state


def teleportation(o, q):
    """A coherent state through an EPR pair of squeezing 2; corrections by both results."""
    math = strawberryfields().math
    o.Coherent(1.0, 0.5) | q[0]
    o.Squeezed(-2) | q[1]
    o.Squeezed(2) | q[2]
    splitter = o.BSgate(pi / 4, pi)
    splitter | (q[1], q[2])
    splitter | (q[0], q[1])
    o.MeasureX | q[0]
    o.MeasureP | q[1]
    o.Xgate(math.sqrt(2) * q[0].par) | q[2]
    o.Zgate(-math.sqrt(2) * q[1].par) | q[2]


def gate_teleportation(o, q):
    """A shear by way of a resource state, controlled phases and readouts of p."""
    o.Squeezed(0.1) | q[0]
    o.Squeezed(-2) | q[1]
    o.Squeezed(-2) | q[2]
    o.Pgate(0.5) | q[1]
    o.CZgate(1) | (q[0], q[1])
    o.CZgate(1) | (q[1], q[2])
    o.Fourier.H | q[0]
    o.MeasureX | q[0]
    o.Fourier.H | q[1]
    o.MeasureX | q[1]
    o.Xgate(q[1].par) | q[2]
    o.Zgate(q[0].par) | q[2]


def read_and_run(body):
    program = sf_program(3, body)
    circuit = from_strawberryfields(program)
    engine, result = run(program)
    outcomes = {f"m{mode}": float(np.ravel(values)[0]) for mode, values in result.samples_dict.items()}
    state = engine.backend.circuit
    found = GaussianState(np.array(state.smeanxp(), float), np.array(state.scovmatxp(), float))
    return circuit, outcomes, found


@pytest.mark.parametrize("body", [teleportation, gate_teleportation])
def test_teleportations_leave_the_state_of_the_engine(body):
    circuit, outcomes, state = read_and_run(body)
    assert circuit.results == ("m0", "m1")
    # squeezing of 2 multiplies the kicks of the engine's readouts by up to e^2
    assert_same_state(conditional_state(circuit, outcomes), state, 8 * HOMODYNE_KICK)


def test_teleportation_brings_the_state_whatever_the_outcomes():
    circuit = from_strawberryfields(sf_program(3, teleportation))
    for outcomes in ({"m0": 0.3, "m1": -1.2}, {"m0": -2.0, "m1": 0.4}):
        state = conditional_state(circuit, outcomes)
        # finite squeezing leaves a few times e^{-4} = 0.018 of amplitudes and outcomes of size 2
        np.testing.assert_allclose(state.mean[[2, 5]], [2 * np.cos(0.5), 2 * np.sin(0.5)], atol=0.25)
        np.testing.assert_allclose(np.diag(state.cov)[[2, 5]], [1.0, 1.0], atol=0.1)


def test_boson_sampling_is_read_as_fock_states_an_interferometer_and_counts():
    def body(o, q):
        for mode, photons in enumerate((1, 1, 0, 1)):
            o.Fock(photons) | q[mode]
        for mode, turn in enumerate((0.5719, -1.9782, 2.0603, 0.0644)):
            o.Rgate(turn) | q[mode]
        o.BSgate(0.7804, 0.8578) | (q[0], q[1])
        o.BSgate(0.06406, 0.5165) | (q[2], q[3])
        o.BSgate(0.473, 0.1176) | (q[1], q[2])
        o.MeasureFock() | q

    circuit = from_strawberryfields(sf_program(4, body))
    assert [op.n for op in circuit.operations if isinstance(op, ops.PrepareFock)] == [1, 1, 0, 1]
    assert circuit.results == ("m0", "m1", "m2", "m3")


def test_gaussian_boson_sampling_has_the_means_of_the_engine():
    def gates(o, q):
        for mode in range(4):
            o.Sgate(1) | q[mode]
        o.Interferometer(haar(4, 2)) | q

    program = sf_program(4, lambda o, q: (gates(o, q), o.MeasureFock() | q))
    circuit = from_strawberryfields(program)
    before = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.PhotonCount)))
    assert_same_state(prepared_state(before), engine_moments(sf_program(4, gates)))
