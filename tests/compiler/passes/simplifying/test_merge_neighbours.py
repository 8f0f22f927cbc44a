"""Neighbours of one kind merge or cancel, and none moves before the result that it takes."""

from fractions import Fraction
from math import pi

import numpy as np
import pytest
from machines_support import number
from slow_reference import truly_equal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.simplifying.merge_neighbours import MergeNeighbours
from compiler.pipeline import compile_circuit
from hardware_profiles import load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")


def test_neighbours_merge_and_cancel():
    circuit = Circuit(
        2,
        (
            ops.BeamSplitter((0, 1), 0.3),
            ops.Rotation((0,), 0.2),
            ops.Rotation((0,), -0.2),
            ops.BeamSplitter((1, 0), 0.3),
            ops.Squeeze((1,), 0.1),
            ops.Squeeze((1,), 0.2),
        ),
    )
    (left,) = MergeNeighbours()(circuit, IDEAL).circuit.operations
    assert isinstance(left, ops.Squeeze) and left.modes == (1,) and left.r == pytest.approx(0.3)


def test_feed_forward_does_not_move_before_its_readout():
    circuit = Circuit(
        2,
        (
            ops.Displacement((0,), 0.1, 0.0),
            ops.Homodyne((1,), 0.0, "m"),
            ops.Displacement((0,), Polynomial.monomial(("m",)), 0.0),
        ),
    )
    assert compile_circuit(circuit, IDEAL).circuit.operations == circuit.operations


PAIRS = [
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((0, 1), 0.4, 0.2), 1),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((0, 1), 0.4, 0.5), 2),
    (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((1, 0), 0.1), 1),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((1, 0), 0.1, 0.2), 2),
    (ops.BeamSplitter((0, 1), 0.3), ops.BeamSplitter((1, 0), 0.1, 0.2), 2),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((1, 0), 0.1, -0.2), 1),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((0, 1), 0.1, 0.2 - 2 * pi), 1),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((0, 1), 0.3, 0.2 + pi), 0),
    (ops.BeamSplitter((0, 1), 0.3, 0.2), ops.BeamSplitter((1, 0), 0.4, pi - 0.2), 1),
    (ops.BeamSplitter((0, 1), 5.9, 0.2), ops.BeamSplitter((0, 1), 2 * pi - 5.9, 0.2), 0),
    (ops.Rotation((0,), 4.0), ops.Rotation((0,), 2 * pi - 4.0), 0),
    (ops.Rotation((0,), 0.1 + 0.2), ops.Rotation((0,), -0.3), 0),
    (ops.CubicPhase((0,), 0.1 + 0.2), ops.CubicPhase((0,), -0.3), 0),
    (ops.ControlledX((0, 1), 0.3), ops.ControlledX((0, 1), -0.5), 1),
    (ops.ControlledX((0, 1), 0.3), ops.ControlledX((1, 0), 0.3), 2),
    (ops.ControlledZ((0, 1), 0.3), ops.ControlledZ((1, 0), 0.4), 1),
    (ops.ControlledZ((0, 1), 0.3), ops.ControlledZ((1, 0), -0.3), 0),
    (ops.PhasePower((0,), 4, 0.1), ops.PhasePower((0,), 4, 0.2), 1),
    (ops.PhasePower((0,), 4, 0.1), ops.PhasePower((0,), 5, 0.2), 2),
    (ops.CubicPhase((0,), 0.1), ops.CubicPhase((0,), 0.2), 1),
    (ops.CubicPhase((0,), 0.1), ops.CubicPhase((1,), -0.1), 2),
    (ops.Displacement((0,), 0.1, -0.2), ops.Displacement((0,), 0.3, 0.5), 1),
    (ops.Displacement((0,), 0.1, -0.2), ops.Displacement((0,), -0.1, 0.2), 0),
    (ops.Squeeze((0,), 0.1), ops.Shear((0,), 0.1), 2),
]


@pytest.mark.parametrize(("first", "second", "left"), PAIRS, ids=str)
def test_merging_keeps_what_two_operations_do(first, second, left):
    circuit = Circuit(2, (first, second))
    merged = MergeNeighbours()(circuit, IDEAL).circuit
    assert len(merged.operations) == left
    assert truly_equal(circuit, merged)


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.2), (1e17, 3.0), (-1e17, 1e17), (1e3, 1e-3), (1e9, 1.1e-4), (0.7, -0.7)])
def test_sums_that_lose_one_of_their_terms_are_not_made(a, b):
    """A sum stays where rounding, by exact fractions, takes more than 1e-9 of the smaller term."""
    lost = abs(Fraction(a + b) - Fraction(a) - Fraction(b)) > Fraction(1e-9) * min(abs(Fraction(a)), abs(Fraction(b)))
    found = MergeNeighbours()(Circuit(1, (ops.Shear((0,), a), ops.Shear((0,), b))), IDEAL).circuit.operations
    assert len(found) == (2 if lost else 1 if a + b else 0)
    assert lost == ((a, b) in {(1e17, 3.0), (1e9, 1.1e-4)})


V, R, B = (
    (lambda g: ops.CubicPhase((0,), g)),
    (lambda t: ops.Rotation((0,), t)),
    (lambda *a: ops.BeamSplitter((0, 1), *a)),
)
EDGE, BACK = (ops.phase(Polynomial.monomial((0, 1, 2), w)) for w in (0.3, -0.3))
ONE, MINUS, SWAP = np.eye(2), -np.eye(2), np.eye(2)[::-1]


def unitary(matrix: np.ndarray, modes: tuple[int, ...] = (0, 1)) -> ops.Interferometer:
    return ops.Interferometer(modes, tuple(map(tuple, matrix.astype(complex).tolist())))


def test_interferometers_on_the_same_modes_are_multiplied():
    rng = np.random.default_rng(5)
    u, v = (np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0] for _ in range(2))
    circuit = Circuit(4, (unitary(u, (0, 1, 3)), ops.Shear((2,), 0.2), unitary(v, (3, 0, 1))))
    merged = MergeNeighbours()(circuit, IDEAL).circuit
    assert len(merged.operations) == 2 and truly_equal(circuit, merged)
    apart = Circuit(4, (unitary(u, (0, 1, 3)), unitary(v, (3, 0, 2))))
    assert MergeNeighbours()(apart, IDEAL).circuit == apart
    nearly = u * (1 + 4e-10)  # unitary to 8e-10, and its square to 1.6e-9: more than an Interferometer takes
    pair = Circuit(4, (unitary(nearly, (0, 1, 3)),) * 2)
    assert MergeNeighbours()(pair, IDEAL).circuit == pair


CANCELLING = {
    "one turn": (R(2 * pi),),
    "seven turns back": (R(-14 * pi),),
    "thirds of a turn": (R(2 * pi / 3),) * 3,
    "quarters of a turn": (R(pi / 2),) * 4,
    "halves with a gate of another mode between": (R(pi), ops.Shear((1,), 0.2), R(pi), ops.Shear((1,), -0.2)),
    "parts past a gate of other modes": (R(1.1), ops.ControlledX((1, 2), 0.3), R(2 * pi - 1.1)),
    "a turn of a beamsplitter": (B(2 * pi, 0.4),),
    "half a turn of a beamsplitter twice": (B(pi, 0.4), B(-pi, 1.4)),
    "half a turn of a beamsplitter and of its modes": (B(pi), R(pi), ops.Rotation((1,), pi)),
    "eight eighths of a beamsplitter": (B(pi / 4),) * 8,
    "four swaps": (B(pi / 2),) * 4,
    "a Mach-Zehnder interferometer and its inverse": (
        B(pi / 4, pi / 2), R(0.7), B(pi / 4, pi / 2), B(pi / 4, -pi / 2), R(-0.7), B(-pi / 4, pi / 2)),
    "an interferometer of nothing": (unitary(ONE),),
    "two that turn by half": (unitary(MINUS), unitary(MINUS)),
    "two swaps": (unitary(SWAP), unitary(SWAP)),
    "a diagonal one and a rotation": (unitary(np.diag([1j, 1.0])), R(-pi / 2)),
    "a squeezer and a turn": (ops.Squeeze((0,), 0.3), R(2 * pi), ops.Squeeze((0,), -0.3)),
}  # fmt: skip
"""Gates on modes 0, 1, 2 that do nothing together, up to gates of the others."""


@pytest.mark.parametrize("profile", ["ideal-cubic", "photonic-teleported", "trapped-ion-motional"])
@pytest.mark.parametrize("name", CANCELLING)
def test_cubic_gates_cancel_past_whole_turns(name, profile):
    """A gate and its inverse around gates that do nothing: no cubic gate is left, native or teleported."""
    for first, last in ((V(0.3), V(-0.3)), (EDGE, BACK)):
        if first == EDGE and "of other modes" in name:
            continue  # that gate changes a position of the edge
        program = compile_circuit(Circuit(3, (first, *CANCELLING[name], last)), load_profile(profile))
        kinds = {type(op) for op in program.circuit.operations}
        assert program.verification.equivalent and kinds <= {ops.BeamSplitter, ops.Squeeze}
        assert (kinds == set()) == ("of other modes" not in name)


def test_half_turns_change_the_sign_of_a_cubic_gate():
    turned = Circuit(1, (R(pi), V(0.3), R(-pi), V(0.1)))
    (left,) = compile_circuit(turned, IDEAL).circuit.operations
    assert isinstance(left, ops.CubicPhase) and left.gamma == pytest.approx(-0.2, rel=1e-15)


def test_what_nearly_is_a_turn_stays():
    for angle in (2 * pi + 1e-12, 1e-12, 2 * pi - 1e-12, pi + 1e-12):
        circuit = Circuit(1, (V(0.3), R(angle), V(-0.3)))
        assert len(compile_circuit(circuit, IDEAL).circuit.operations) == 3


def test_a_sum_stays_within_the_ranges_of_the_profile():
    photonic = load_profile("photonic-cubic")  # |r| <= 0.956
    pair = Circuit(1, (ops.Squeeze((0,), 0.6), ops.Squeeze((0,), 0.6)))
    assert compile_circuit(pair, photonic).circuit == pair
    less = Circuit(1, (ops.Squeeze((0,), 0.6), ops.Squeeze((0,), -0.4)))
    assert len(compile_circuit(less, photonic).circuit.operations) == 1
    beyond = Circuit(1, (ops.Squeeze((0,), 1.2), ops.Squeeze((0,), -0.6)))  # one of them is refused as it is
    assert compile_circuit(beyond, photonic).circuit.operations == (ops.Squeeze((0,), 0.6),)
    data = IDEAL.model_dump(mode="json")
    data["operations"]["Rotation"]["ranges"] = {"theta": {"maximum": number(1.0)}}
    turns = Circuit(1, (R(0.7), R(0.7)))
    assert MergeNeighbours()(turns, profile_from_data(data, "test")).circuit == turns


@pytest.mark.parametrize("profile", ["ideal-cubic", "photonic-teleported"])
def test_cubic_gates_meet_where_a_run_of_gaussian_gates_is_found_to_do_nothing(profile):
    """Equal turns of both modes commute with a beamsplitter: only the product of the run tells."""
    run = (B(0.3), R(0.4), ops.Rotation((1,), 0.4), B(-0.3), R(-0.4), ops.Rotation((1,), -0.4))
    program = compile_circuit(Circuit(2, (V(0.3), *run, V(-0.3))), load_profile(profile))
    assert program.circuit.operations == () and program.verification.equivalent
