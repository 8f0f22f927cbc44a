"""Programs of different tools: results matched by name, by mode or by time, noise channels, lost modes, verdicts."""

from math import pi

import pytest

from compiler.exchange.compare import compare_programs
from compiler.imports.calls import Imported
from compiler.ir import Circuit
from compiler.ir import operations as ops

SPLIT = ops.BeamSplitter((0, 1), 0.5, 0.1)


def read(mode, name, angle=0.0):
    return ops.Homodyne((mode,), angle, name)


def program(*operations, modes=2, ancillas=()):
    return Imported(Circuit(modes, operations, ancillas), "a tool")


@pytest.mark.parametrize(
    ("left", "right", "matched", "equal"),
    [
        # the same names in any order: by name
        ((read(0, "y"), read(1, "z")), (read(1, "z"), read(0, "y")), "by name", True),
        ((read(0, "y"), read(1, "z")), (read(0, "z"), read(1, "y")), "by name", False),
        # other names: by mode, and then by order of time
        ((read(0, "y"), read(1, "z")), (read(1, "m0"), read(0, "m1")), "by mode", True),
        ((read(0, "y"), read(1, "z")), (read(1, "a"), read(0, "b")), "by mode", True),
        # m0, m1 by mode on one side and by order of time on the other: the names say nothing
        ((read(1, "m1"), read(0, "m0")), (read(1, "m0"), read(0, "m1")), "by mode", True),
        ((read(1, "m1"), read(0, "m0")), (read(0, "m0"), read(1, "m1")), "by name", True),
        # names by mode on both sides
        ((read(1, "m1"), read(0, "m0", 0.3)), (read(0, "m0", 0.3), read(1, "m1")), "by name", True),
        ((read(1, "m1"), read(0, "m0", 0.3)), (read(0, "m0"), read(1, "m1", 0.3)), "by name", False),
    ],
)
def test_results_are_matched(left, right, matched, equal):
    found = compare_programs(program(SPLIT, *left), program(SPLIT, *right))
    assert (found.matched, found.equal) == (matched, equal), found.verdict.reason


def test_results_on_other_modes_are_matched_by_time():
    """A full swap, and the other modes read: the order of time is all that there is."""
    swap = ops.BeamSplitter((0, 1), pi / 2, 0.0)  # a_0 -> -a_1, a_1 -> a_0
    left = program(SPLIT, read(1, "y"), read(0, "z"))
    right = program(SPLIT, swap, read(0, "u", pi), read(1, "v"))
    # mode 0 now carries -a_1, whose position at angle pi is that of a_1
    found = compare_programs(left, right)
    assert found.equal and found.matched == "by order of time", found.verdict.reason
    again = tuple(ops.PrepareVacuum((mode,)) for mode in (0, 1))
    one, other = program(SPLIT, read(1, "y"), *again), program(SPLIT, swap, read(0, "u", pi), *again)
    found = compare_programs(one, other)
    assert found.equal and found.matched == "by order of time", found.verdict.reason


def test_a_mode_read_twice_is_matched_by_its_own_order():
    again = (ops.PrepareVacuum((0,)), ops.Displacement((0,), 0.5, 0.0))
    left = program(SPLIT, read(0, "m0"), *again, read(0, "m0_1"), read(1, "m1"))
    right = program(SPLIT, read(1, "c"), read(0, "a"), *again, read(0, "b"))
    assert compare_programs(left, right).matched == "by mode" and compare_programs(left, right).equal


def test_numbers_of_results_that_differ_are_a_difference():
    found = compare_programs(program(read(0, "y")), program(SPLIT))
    assert not found.equal and found.verdict.decided
    assert found.verdict.reason == "both must have the same number of results, found 1 in A and 0 in B"


def test_a_counterexample_and_a_tolerance():
    found = compare_programs(program(ops.Rotation((0,), 0.5)), program(ops.Rotation((0,), 0.5 + 1e-6)))
    assert found.verdict.decided and found.verdict.counterexample is not None and not found.equal
    assert compare_programs(
        program(ops.Rotation((0,), 0.5)), program(ops.Rotation((0,), 0.5 + 1e-6)), tolerance=1e-5
    ).equal


def test_modes_that_nothing_touches_may_be_lost_at_the_end():
    assert compare_programs(program(SPLIT, modes=4), program(SPLIT)).equal
    assert compare_programs(program(SPLIT), program(SPLIT, modes=4)).equal
    assert not compare_programs(program(SPLIT), program(SPLIT, ops.Rotation((3,), 0.5), modes=4)).equal
    assert compare_programs(program(SPLIT), program(SPLIT, modes=4, ancillas=(1,))).equal


@pytest.mark.parametrize("gate", [ops.Rotation((1,), 0.5), ops.CubicPhase((1,), 0.5)])
def test_noise_is_compared_mode_by_mode_and_place_by_place(gate):
    one, other = ops.Loss((0,), 0.9), ops.ThermalLoss((1,), 0.8, 0.25)
    left = program(SPLIT, one, gate, other)
    assert compare_programs(left, program(SPLIT, gate, other, one)).equal  # they act on different modes
    for changed in (
        (one, SPLIT, gate, other),
        (SPLIT, ops.Loss((0,), 0.91), gate, other),
        (SPLIT, gate, other),
        (SPLIT, one, one, gate, other),
    ):
        found = compare_programs(left, program(*changed))
        assert not found.equal and found.verdict.reason


def test_notes_of_both_readers_are_kept():
    left, right = (Imported(Circuit(1), "t", (note,)) for note in ("one", "two"))
    assert compare_programs(left, right).notes == ("A: one", "B: two")


def test_lost_modes_before_ancillas_of_the_reader():
    """A reader adds the ancilla of a heterodyne readout behind the modes of the program; texts lose unused ones."""

    def heterodyne(ancilla):
        return (
            SPLIT,
            ops.PrepareVacuum((ancilla,)),
            ops.BeamSplitter((0, ancilla), pi / 4),
            read(0, "m0_x"),
            read(ancilla, "m0_p", pi / 2),
        )

    left, right = program(*heterodyne(2), modes=3, ancillas=(2,)), program(*heterodyne(4), modes=5, ancillas=(4,))
    assert compare_programs(left, right).equal and compare_programs(right, left).equal
    used = program(ops.Rotation((3,), 0.5), *heterodyne(4), modes=5, ancillas=(4,))
    assert not compare_programs(left, used).equal and not compare_programs(used, left).equal


def test_a_compiled_program_and_a_source_that_lost_modes():
    """The native circuit has ancillas behind four modes, of which the text of the source holds two."""
    gadget = (ops.PrepareVacuum((4,)), ops.ControlledX((0, 4), 0.5), ops.ControlledX((0, 4), -0.5))
    native = program(SPLIT, *gadget, modes=5, ancillas=(4,))
    assert compare_programs(native, program(SPLIT)).equal and compare_programs(program(SPLIT), native).equal
    found = compare_programs(native, program(ops.BeamSplitter((0, 1), 0.4, 0.1)))
    assert not found.equal and found.verdict.counterexample is not None
    # ancillas that the other file does not mark
    marked, unmarked = program(SPLIT, modes=4, ancillas=(1, 2, 3)), program(SPLIT, modes=3)
    assert compare_programs(marked, unmarked).equal
