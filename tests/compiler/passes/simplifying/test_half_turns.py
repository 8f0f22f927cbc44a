"""Half turns cancel in pairs, with the signs that they leave on what stands between, and not across readouts."""

from math import pi

import numpy as np
import pytest
from machines_support import number
from slow_reference import truly_equal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.simplifying.half_turns import half_turns_cancelled
from compiler.semantics.equivalence import equivalent
from hardware_profiles import Profile, load_profile, profile_from_data

IDEAL = load_profile("ideal-cubic")
HALF = ops.Rotation((0,), pi)
TURN = ((np.cos(0.5), -np.sin(0.5)), (np.sin(0.5), np.cos(0.5)))

BETWEEN = {
    "cubic": (ops.CubicPhase((0,), 0.3), ops.CubicPhase((0,), -0.3)),
    "even power": (ops.PhasePower((0,), 4, 0.1), ops.PhasePower((0,), 4, 0.1)),
    "odd power": (ops.PhasePower((0,), 5, 0.1), ops.PhasePower((0,), 5, -0.1)),
    "squeezer": (ops.Squeeze((0,), 0.3), ops.Squeeze((0,), 0.3)),
    "shear": (ops.Shear((0,), 0.3), ops.Shear((0,), 0.3)),
    "displacement": (ops.Displacement((0,), 0.3, -0.2), ops.Displacement((0,), -0.3, 0.2)),
    "beamsplitter": (ops.BeamSplitter((0, 1), 0.3, 0.4), ops.BeamSplitter((0, 1), -0.3, 0.4)),
    "controlled": (ops.ControlledX((1, 0), 0.3), ops.ControlledX((1, 0), -0.3)),
    "another mode": (ops.CubicPhase((1,), 0.3), ops.CubicPhase((1,), 0.3)),
    "phase": (
        ops.phase(Polynomial.monomial((0, 0, 1), 0.2) + Polynomial.monomial((0, 1, 1), 0.1)),
        ops.phase(Polynomial.monomial((0, 0, 1), 0.2) + Polynomial.monomial((0, 1, 1), -0.1)),
    ),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_two_half_turns_turn_what_is_between(name):
    before, after = BETWEEN[name]
    circuit = Circuit(2, (HALF, before, HALF))
    found = half_turns_cancelled(circuit, IDEAL)
    assert found.operations == (after,)
    assert truly_equal(circuit, found)


def test_random_circuits_keep_what_they_do_and_at_most_one_half_turn_of_a_mode():
    """Gates of every kind between half turns, also of beamsplitters and interferometers, against 60 digits."""
    cancelled = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        out: list[ops.Operation] = []
        for _ in range(14):
            a, b = (int(m) for m in rng.permutation(3)[:2])
            v = float(rng.uniform(-0.6, 0.6))
            made = (
                ops.Rotation((a,), pi * (2 * int(rng.integers(-2, 3)) + 1)),
                ops.Rotation((b,), pi),
                ops.BeamSplitter((a, b), -pi, v),
                ops.BeamSplitter((a, b), v, 2 * v),
                ops.Interferometer((a, b), ((-1.0, 0.0), (0.0, 1.0))),
                ops.Interferometer((a, b), TURN),
                ops.CubicPhase((a,), v),
                ops.PhasePower((a,), 4, 0.2 * v),
                ops.Displacement((a,), v, 1.0),
                ops.ControlledZ((a, b), v),
                ops.ControlledX((a, b), v),
                ops.Squeeze((a,), v),
                ops.phase(Polynomial.monomial((0, 1, 2), 0.2 * v) + Polynomial.monomial((a, a, b), 0.1)),
            )
            out.append(made[int(rng.integers(len(made)))])
        circuit = Circuit(3, tuple(out))
        found = half_turns_cancelled(circuit, IDEAL)
        assert truly_equal(circuit, found)
        assert half_turns_cancelled(found, IDEAL) == found
        left = [op.modes for op in found.operations if isinstance(op, ops.Rotation)]
        assert len(left) == len(set(left))
        cancelled += len(left) < sum(isinstance(op, ops.Rotation) for op in circuit.operations)
    assert cancelled > 20


def test_readouts_and_preparations_part_half_turns():
    read = (ops.Homodyne((0,), 0.3, "y"), ops.PrepareSqueezed((0,), 0.4))
    for ways in (
        (HALF, *read, HALF, ops.CubicPhase((0,), 0.3)),
        (HALF, ops.PrepareVacuum((0,)), HALF),
        (HALF, ops.PostSelect((0,), 0.0, 0.4), ops.PrepareVacuum((0,)), HALF),
        (HALF, ops.PhotonCount((0,), "n"), ops.PrepareFock((0,), 1), HALF),
        (HALF, ops.PrepareKet((1, 0), 2, (0.6, 0.0, 0.0, 0.8)), HALF),
        (HALF, ops.CubicPhase((0,), 0.3)),
    ):
        circuit = Circuit(2, ways)
        assert half_turns_cancelled(circuit, IDEAL) == circuit
    three = Circuit(2, (HALF, HALF, HALF, *read, HALF, ops.CubicPhase((0,), 0.3), HALF))
    found = half_turns_cancelled(three, IDEAL)
    assert found.operations == (HALF, *read, ops.CubicPhase((0,), -0.3))
    assert equivalent(three, found).equivalent


def test_feed_forward_is_turned_too():
    fed = ops.Displacement((0,), Polynomial.monomial(("y",), 0.5), 0.2)
    circuit = Circuit(2, (HALF, ops.Homodyne((1,), 0.0, "y"), fed, HALF))
    found = half_turns_cancelled(circuit, IDEAL)
    assert found.operations[1] == ops.Displacement((0,), Polynomial.monomial(("y",), -0.5), -0.2)
    assert len(found.operations) == 2 and equivalent(circuit, found).equivalent


def changed(**operations: dict[str, object]) -> Profile:
    data = IDEAL.model_dump(mode="json")
    for name, values in operations.items():
        data["operations"][name] |= values
    return profile_from_data(data, "test")


def test_ranges_are_not_left():
    """Angles of 0 to 1 only: a beamsplitter cannot be turned, and its half turns stay; the cubic gate's go."""
    narrow = changed(BeamSplitter={"ranges": {"theta": {"minimum": number(0.0), "maximum": number(1.0)}}})
    splitter, cubic = ops.BeamSplitter((0, 1), 0.3), ops.CubicPhase((0,), 0.2)
    stays = Circuit(2, (HALF, cubic, splitter, HALF))
    assert half_turns_cancelled(stays, narrow) == stays
    both = Circuit(2, (HALF, splitter, HALF, cubic, HALF))
    assert half_turns_cancelled(both, narrow).operations == (HALF, splitter, ops.CubicPhase((0,), -0.2))


def test_gates_that_mix_no_modes_become_rotations_where_the_profile_has_them():
    mixing_none = (ops.BeamSplitter((0, 1), pi, 0.7), ops.Interferometer((1, 0), ((1j, 0.0), (0.0, 1.0))))
    circuit = Circuit(2, mixing_none)
    found = half_turns_cancelled(circuit, IDEAL)
    assert found.operations == (HALF, ops.Rotation((1,), pi), ops.Rotation((1,), pi / 2))
    assert equivalent(circuit, found).equivalent
    for other in (
        changed(Rotation={"availability": "unavailable"}),
        changed(Rotation={"ranges": {"theta": {"maximum": number(1.0)}}}),
    ):
        assert half_turns_cancelled(circuit, other) == circuit
