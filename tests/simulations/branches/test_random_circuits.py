"""Random circuits of two modes against wave functions on a position grid: every gate, feed-forward, frames.

The grid is `position_grid` (shears by Fourier transforms, nothing of the project); circuits have fixed seeds. Bounds of
1e-8 are those of the grid, whose own error for these strengths is below 1e-11.
"""

from math import exp, pi

import numpy as np
import pytest
from position_grid import PositionGrid, gaussian

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.branches.run import final, probabilities

KINDS = 8


def number(parameter, results):
    """The value of a parameter."""
    return parameter.evaluate(results) if isinstance(parameter, Polynomial) else parameter


def random_gate(rng, names):
    """A gate of the family; its strength may be an earlier bit."""
    mode, weight = int(rng.integers(2)), float(rng.uniform(-0.3, 0.3))
    strength = Polynomial.monomial((names[-1],), weight) if names and rng.random() < 0.4 else weight
    match int(rng.integers(KINDS)):
        case 0:
            return ops.ControlledZ((0, 1), strength)
        case 1:
            return ops.CubicPhase((mode,), strength)
        case 2:
            return ops.phase(Polynomial.monomial((0, mode, 1), 0.5 * weight))
        case 3:
            return ops.Squeeze((mode,), strength)
        case 4:
            return ops.BeamSplitter((0, 1), strength, pi * int(rng.integers(-2, 3)))
        case 5:
            return ops.ControlledX((mode, 1 - mode), strength)
        case 6:
            return ops.Displacement((mode,), strength, float(rng.uniform(-1, 1)))
        case _:
            return ops.Rotation((mode,), pi * int(rng.integers(-3, 4)))


def random_readout(rng, name):
    return ops.DisplacementReadout((0, 1), tuple(rng.uniform(-0.6, 0.6, 2)), tuple(rng.uniform(-0.6, 0.6, 2)), name)


def play(grid, op, results):
    """The grid after a gate."""
    (mode, *_) = op.modes
    match op:
        case ops.ControlledZ():
            grid.phase(op.modes, number(op.s, results))
        case ops.CubicPhase():
            grid.phase((mode,) * 3, number(op.gamma, results) / 3)
        case ops.PolynomialPhase():
            for key, coefficient in op.polynomial.terms.items():
                grid.phase([v for v, power in key for _ in range(power)], coefficient)
        case ops.Squeeze():
            grid.squeeze(mode, number(op.r, results))
        case ops.BeamSplitter():
            grid.beamsplitter(*op.modes, number(op.theta, results) * np.cos(op.phi))
        case ops.ControlledX():
            grid.shear(op.modes[1], mode, number(op.s, results))
        case ops.Displacement():
            alpha, beta = np.zeros(len(grid.axes)), np.zeros(len(grid.axes))
            alpha[mode], beta[mode] = -number(op.x, results) / 2, number(op.p, results) / 2
            return grid.displaced(alpha, beta)
        case ops.Rotation():
            half_turns = round(op.theta / pi)
            if half_turns % 2:
                grid.wave = np.roll(np.flip(grid.wave, mode), 1, mode)
            if rest := op.theta - pi * half_turns:
                grid.rotate(mode, rest)
    return grid


def strings_on_grid(grid, operations, results, names, found):
    """Probabilities of all strings of bits."""
    for index, op in enumerate(operations):
        if isinstance(op, ops.DisplacementReadout):
            for sign in (1, -1):
                after = grid.read(op.alpha, op.beta, sign)
                strings_on_grid(after, operations[index + 1 :], {**results, op.result: sign}, names, found)
            return
        grid = play(grid, op, results)
    found[tuple(results[name] for name in names)] = grid.norm


@pytest.mark.parametrize("seed", range(8))
def test_strings_of_bits_have_the_probabilities_of_a_grid(seed):
    rng = np.random.default_rng(seed)
    r = rng.uniform(-0.4, 0.4, 2)
    operations, names = [], []
    for step in range(9):
        if step in (2, 5, 8):
            names.append(f"b{step}")
            operations.append(random_readout(rng, names[-1]))
        else:
            operations.append(random_gate(rng, names))
    circuit = Circuit(2, (*(ops.PrepareSqueezed((m,), r[m]) for m in range(2)), *operations))
    expected = {}
    strings_on_grid(PositionGrid([gaussian(exp(-2 * v)) for v in r], 20, 256), operations, {}, names, expected)
    found = probabilities(circuit)
    assert sum(expected.values()) == pytest.approx(1.0, abs=1e-9)
    assert found.keys() <= expected.keys()
    for string, probability in expected.items():
        assert found.get(string, 0.0) == pytest.approx(probability, abs=1e-8), circuit


@pytest.mark.parametrize("seed", range(6))
def test_frames_turn_what_follows(seed):
    """Rotations by any angle, then displacements, beamsplitters of equal frames and noise, as on a grid."""
    rng = np.random.default_rng([7, seed])
    r, angles = rng.uniform(-0.4, 0.4, 2), rng.uniform(-3, 3, 2)
    body = [random_gate(rng, []) for _ in range(5)]
    theta, phi = float(rng.uniform(-1, 1)), angles[1] - angles[0]
    turned = [
        ops.Rotation((0,), angles[0]),
        ops.Rotation((1,), angles[1]),
        ops.Displacement((1,), 0.4, -0.7),
        ops.BeamSplitter((0, 1), theta, phi),
        ops.Displacement((0,), -0.3, 0.2),
    ]
    circuit = Circuit(2, (*(ops.PrepareSqueezed((m,), r[m]) for m in range(2)), *body, *turned))
    grid = PositionGrid([gaussian(exp(-2 * v)) for v in r], 22, 288)
    for op in body:
        grid = play(grid, op, {})
    for op in turned:
        if isinstance(op, ops.BeamSplitter):  # a rotation of mode 1 by -phi, a real beamsplitter, and back
            grid = play(grid, ops.Rotation((1,), np.angle(np.exp(-1j * phi))), {})
            grid.beamsplitter(0, 1, theta)
            grid = play(grid, ops.Rotation((1,), np.angle(np.exp(1j * phi))), {})
        elif isinstance(op, ops.Rotation):
            grid = play(grid, ops.Rotation(op.modes, np.angle(np.exp(1j * op.theta))), {})
        else:
            grid = play(grid, op, {})
    register = final(circuit)
    for _ in range(4):
        alpha, beta = rng.uniform(-0.6, 0.6, 2), rng.uniform(-0.6, 0.6, 2)
        assert register.characteristic((0, 1), alpha, beta) == pytest.approx(grid.characteristic(alpha, beta), abs=1e-8)
        assert register.characteristic((1, 0), alpha[::-1], beta[::-1]) == pytest.approx(
            grid.characteristic(alpha, beta), abs=1e-8
        )


def random_turning_gate(rng, names):
    """A Gaussian gate that mixes positions with momenta, or not; its strength may be an earlier bit."""
    mode, weight = int(rng.integers(2)), float(rng.uniform(-0.5, 0.5))
    strength = Polynomial.monomial((names[-1],), weight) if names and rng.random() < 0.4 else weight
    match int(rng.integers(6)):
        case 0:
            return ops.Rotation((mode,), strength)
        case 1:
            return ops.BeamSplitter((0, 1), strength, float(rng.uniform(-1, 1)))
        case 2:
            return ops.ControlledX((mode, 1 - mode), strength)
        case 3:
            return ops.Squeeze((mode,), strength)
        case 4:
            return ops.Displacement((mode,), strength, float(rng.uniform(-1, 1)))
        case _:
            return ops.ControlledZ((0, 1), strength)


def turn_on_grid(grid, op, results):
    """Rotations and beamsplitters by small angles of any phase, as rotations and real beamsplitters."""
    if isinstance(op, ops.Rotation):
        grid.rotate(op.modes[0], number(op.theta, results))
        return grid
    if isinstance(op, ops.BeamSplitter):
        grid.rotate(1, -op.phi)
        grid.beamsplitter(0, 1, number(op.theta, results))
        grid.rotate(1, op.phi)
        return grid
    return play(grid, op, results)


@pytest.mark.parametrize("seed", range(8))
def test_every_gaussian_gate_acts_where_no_phase_is_cubic(seed):
    """Two bits and Gaussian gates of all kinds between them, on a squeezed state and a cat state, against the grid."""
    rng = np.random.default_rng([11, seed])
    r = float(rng.uniform(-0.3, 0.3))
    operations, names = [], []
    for step in range(10):
        if step in (3, 6):
            names.append(f"b{step}")
            operations.append(random_readout(rng, names[-1]))
        else:
            operations.append(random_turning_gate(rng, names))
    start = (ops.PrepareSqueezed((0,), r), ops.PrepareCat((1,), 0.8, 0.3, 0.0))
    last = random_readout(rng, "c")
    circuit = Circuit(2, (*start, *operations, last))

    def cat(x):
        return gaussian(1.0, 0.8, 0.3)(x) * np.exp(-0.06j) + gaussian(1.0, -0.8, -0.3)(x) * np.exp(-0.06j)

    def strings(grid, rest, results, found):
        for index, op in enumerate(rest):
            if isinstance(op, ops.DisplacementReadout):
                for sign in (1, -1):
                    after = grid.read(op.alpha, op.beta, sign)
                    strings(after, rest[index + 1 :], {**results, op.result: sign}, found)
                return
            grid = turn_on_grid(grid, op, results)
        found[tuple(results[name] for name in circuit.results)] = grid.norm

    expected = {}
    strings(PositionGrid([gaussian(exp(-2 * r)), cat], 22, 288), (*operations, last), {}, expected)
    found = probabilities(circuit)
    assert sum(expected.values()) == pytest.approx(1.0, abs=1e-9)
    for string, probability in expected.items():
        assert found.get(string, 0.0) == pytest.approx(probability, abs=1e-8), circuit


@pytest.mark.parametrize("seed", range(4))
def test_modes_without_a_cubic_phase_turn_beside_those_with_one(seed):
    """Mode 1 carries a cubic phase and branches of it, mode 0 is turned and squeezed; then both meet."""
    rng = np.random.default_rng([13, seed])
    angle, squeezing, shear = rng.uniform(-1, 1, 3)
    first = [ops.ControlledZ((0, 1), 0.4), ops.ControlledX((1, 0), 0.3), ops.CubicPhase((1,), 0.15)]
    turning = [
        ops.Rotation((0,), float(angle)),
        ops.Squeeze((0,), 0.3 * float(squeezing)),
        ops.Shear((0,), float(shear)),
    ]
    then = [ops.ControlledX((1, 0), 0.4), ops.ControlledZ((0, 1), -0.2)]
    reads = [random_readout(rng, name) for name in "ab"]
    circuit = Circuit(
        2, (*(ops.PrepareSqueezed((m,), -0.2) for m in range(2)), *first, reads[0], *turning, *then, reads[1])
    )
    grid = PositionGrid([gaussian(exp(0.4))] * 2, 24, 320)
    for op in first:
        grid = play(grid, op, {})
    found = probabilities(circuit)
    for string in ((1, 1), (-1, 1), (1, -1)):
        after = grid.read(reads[0].alpha, reads[0].beta, string[0])
        after.rotate(0, float(angle))
        after = play(after, turning[1], {})
        after.phase((0, 0), float(shear) / 2)
        for op in then:
            after = play(after, op, {})
        after = after.read(reads[1].alpha, reads[1].beta, string[1])
        assert found[string] == pytest.approx(after.norm, abs=1e-8)


@pytest.mark.parametrize("quarter_turns", [(1, 0), (0, 1), (3, 0), (0, 3), (2, 1), (1, 2), (1, 1)])
@pytest.mark.parametrize("gate", [ops.ControlledX, ops.ControlledZ, ops.Squeeze])
def test_gates_in_frames_of_quarter_turns(gate, quarter_turns):
    """A controlled gate or a squeezer of modes with cubic phases, against the grid; coupled momenta are refused."""
    turns = [ops.Rotation((m,), pi / 2 * q) for m, q in enumerate(quarter_turns)]
    op = ops.Squeeze((0,), 0.3) if gate is ops.Squeeze else gate((0, 1), 0.4)
    cubic = [ops.CubicPhase((m,), 0.1) for m in range(2)]
    body = [ops.ControlledZ((0, 1), 0.5), *cubic, *turns, op]
    circuit = Circuit(2, (*(ops.PrepareSqueezed((m,), -0.2) for m in range(2)), *body))
    both_momenta = {
        ops.ControlledZ: quarter_turns[0] % 2 and quarter_turns[1] % 2,
        ops.ControlledX: quarter_turns[0] % 2 and not quarter_turns[1] % 2,
        ops.Squeeze: False,
    }
    if both_momenta[gate]:
        with pytest.raises(ValueError, match=rf"operation 7 {gate.__name__}.*couples two momenta"):
            final(circuit)
        return
    grid = PositionGrid([gaussian(exp(0.4))] * 2, 22, 288)
    for one in body[:3]:
        grid = play(grid, one, {})
    for one in turns:
        grid = play(grid, ops.Rotation(one.modes, np.angle(np.exp(1j * one.theta))), {})
    grid = play(grid, op, {})
    register = final(circuit)
    for alpha, beta in (([0.3, 0.2], [0.1, -0.4]), ([0.0, 0.5], [0.3, 0.0]), ([-0.4, 0.1], [0.2, 0.2])):
        assert register.characteristic((0, 1), alpha, beta) == pytest.approx(grid.characteristic(alpha, beta), abs=1e-8)
