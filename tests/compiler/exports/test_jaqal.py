"""Jaqal text does its gate when it is parsed, and says every operation and readout."""

from math import cos, pi, sin

import numpy as np
import pytest
from ions_support import CALIBRATION, LAYOUT, QUICK, WEIGHT

from compiler.exports.jaqal import read_jaqal, to_jaqal
from compiler.ions import SpinReadout, compile_edge
from compiler.ions.qscout import MotionalMode
from compiler.ir import operations as ops
from compiler.ir.conventions import HBAR


def spin_amplitudes(instructions, x):
    """The spin of ion 0 at given positions of the modes, from parsed instructions alone."""
    z = np.diag([1.0, -1.0])
    pauli = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])
    u = np.eye(2, dtype=complex)
    for instruction in instructions:
        if instruction.name == "R":
            ion, axis, angle = instruction.arguments
            generator = cos(axis) * pauli[0] + sin(axis) * pauli[1]
            u = (cos(angle / 2) * np.eye(2) - 1j * sin(angle / 2) * generator) @ u
        else:  # zCD = exp(sigma_z (beta a^dag - beta^* a)) with imaginary beta is exp(i Im(beta) x sigma_z)
            ion, manifold, mode, real, imaginary = instruction.arguments
            assert instruction.name == "zCD" and real == 0.0
            position = x[LAYOUT.modes.index(MotionalMode(manifold, mode))]
            u = np.diag(np.exp(1j * imaginary * position * np.diag(z))) @ u
        assert ion == 0
    return u[:, 0]


def test_jaqal_text_does_the_gate_when_parsed():
    program = compile_edge((0, 1, 2), WEIGHT, 2.0, 3e-2, QUICK)
    text = to_jaqal(program.gates, LAYOUT)
    assert text.startswith("from Calibration_PulseDefinitions.QubitBosonPulses usepulses *\n\nregister q[2]\n")
    instructions = read_jaqal(text)
    offset = sum(gate.synthesised.sequence.offset for gate in program.gates)
    for x in np.random.default_rng(2).uniform(-1.1, 1.1, size=(20, 3)):  # |u . x| <= 2
        p, q = spin_amplitudes(instructions, x) * np.exp(1j * offset)
        assert np.hypot(abs(p - np.exp(1j * WEIGHT * x.prod() / HBAR)), abs(q)) <= program.error_bound
    # another number in the text is another gate
    changed = read_jaqal(text.replace("zCD q[0] 1 1", "zCD q[0] 0 1", 1))
    assert changed != instructions


def test_jaqal_of_operations_and_readout():
    steps = [
        ops.PrepareVacuum((1,)),
        ops.PrepareSqueezed((0,), -0.4),
        ops.BeamSplitter((1, 0), 0.5),
        ops.BeamSplitter((0, 1), -0.5),  # the same gate, its modes named the other way round
        ops.Displacement((2,), 0.3, -0.8),
        SpinReadout.of_quadrature((0, 2), (0.6, 0.8), 0.9, angle=0.5 * pi, phase=0.2),
    ]
    found = read_jaqal(to_jaqal(steps, LAYOUT, CALIBRATION))
    assert [i.name for i in found] == [
        "Ry",
        "RampUp",
        "Ry",
        *["Beamsplitter"] * 2,
        *["zCD"] * 1,
        "R",
        "zCD",
        "zCD",
        "R",
    ]
    assert found[3] == found[4] and found[3].arguments == (0, 1e3, 2e3, 30.0, 0.1)
    assert found[5].arguments == (0, 0, 2, 0.15, -0.4)  # beta = (x + i p) / 2
    # momentum: exp(i theta p) = exp(theta (a - a^dag)), so beta = -theta = -kappa u / 2; on the ion kept for it
    assert found[7].arguments == pytest.approx((1, 1, 1, -0.27, 0.0)) and found[8].arguments[3] == pytest.approx(-0.36)
    assert found[9].arguments == pytest.approx((1, 0.5 * pi - 0.2, -0.5 * pi))
