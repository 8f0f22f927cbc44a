"""Preparations are compared as states: equal by the definition of the vacuum and of squeezed and cubic states."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from scipy.stats import unitary_group
from slow_reference import random_circuit

from compiler.comparison import compare
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial


def vacuum(*modes):
    return [ops.PrepareVacuum((m,)) for m in modes]


def squeezed(r, m=0):
    return ops.PrepareSqueezed((m,), r)


def interferometer(seed, *modes):
    u = unitary_group.rvs(len(modes), random_state=seed).tolist()
    return ops.Interferometer(modes, tuple(map(tuple, u)))


V = ops.PrepareVacuum((0,))
CUBE = ops.CubicPhase((0,), 0.3)

SAME = {
    "the vacuum is squeezed by nothing": ([V], [squeezed(0.0)]),
    "a cubic state of no strength and no squeezing": ([V], [ops.PrepareCubic((0,), 0.0, 0.0)]),
    "a cubic state of no strength": ([ops.PrepareCubic((0,), 0.0, 0.7)], [squeezed(-0.7)]),
    "a squeezed state is a squeezer on the vacuum": ([squeezed(0.7)], [V, ops.Squeeze((0,), 0.7)]),
    "two squeezers": ([squeezed(0.7)], [squeezed(0.4), ops.Squeeze((0,), 0.3)]),
    "a quarter turn squeezes the other quadrature": ([squeezed(0.7)], [squeezed(-0.7), ops.Rotation((0,), pi / 2)]),
    "a cubic state is a gate on a squeezed one": (
        [ops.PrepareCubic((0,), 0.4, 0.7)],
        [squeezed(-0.7), ops.CubicPhase((0,), 0.4)],
    ),
    "a cubic state by another way": (
        [ops.PrepareCubic((0,), 0.4, 0.7)],
        [V, ops.Rotation((0,), 1.0), ops.Squeeze((0,), -0.7), ops.CubicPhase((0,), 0.4)],
    ),
    "a turned vacuum": ([V], [V, ops.Rotation((0,), 0.3)]),
    "a turned vacuum under a cubic gate": ([V, CUBE], [V, ops.Rotation((0,), 0.3), CUBE]),
    "vacua behind an interferometer": (vacuum(0, 1, 2), [*vacuum(0, 1, 2), interferometer(3, 0, 1, 2)]),
    "vacua behind an interferometer under gates": (
        [*vacuum(0, 1, 2), CUBE, ops.ControlledZ((0, 2), 0.4)],
        [*vacuum(2, 0, 1), interferometer(3, 0, 1, 2), CUBE, ops.ControlledZ((0, 2), 0.4)],
    ),
    "two states that change places": (
        [squeezed(0.3), squeezed(-0.8, 1), CUBE],
        [squeezed(0.3, 1), squeezed(-0.8), ops.BeamSplitter((0, 1), pi / 2), CUBE],
    ),
    "a state that comes from a mode which is prepared twice": (
        [squeezed(0.3), squeezed(-0.8, 1), CUBE, ops.ControlledX((0, 1), 0.4)],
        [
            squeezed(-0.3, 1),
            ops.BeamSplitter((0, 1), pi / 2),
            squeezed(-0.8, 1),
            ops.Rotation((0,), pi / 2),
            CUBE,
            ops.ControlledX((0, 1), 0.4),
        ],
    ),
    "an interferometer on equally squeezed modes, real": (
        [squeezed(0.5), squeezed(0.5, 1), CUBE],
        [squeezed(0.5), squeezed(0.5, 1), ops.BeamSplitter((0, 1), 0.4), CUBE],
    ),
    "one passive gate on the vacuum stays, and another goes": (
        [
            *vacuum(0, 1, 2),
            ops.BeamSplitter((0, 1), 0.3),
            CUBE,
            ops.BeamSplitter((0, 1), -0.3),
            ops.CubicPhase((2,), 0.1),
        ],
        [
            squeezed(0.0),
            *vacuum(1, 2),
            ops.BeamSplitter((0, 1), 0.3),
            CUBE,
            ops.BeamSplitter((0, 1), -0.3),
            ops.Rotation((2,), 0.3),
            ops.CubicPhase((2,), 0.1),
        ],
    ),
    "a displaced vacuum, turned": (
        [V, ops.Displacement((0,), 0.0, 1.0), CUBE],
        [V, ops.Displacement((0,), 1.0, 0.0), ops.Rotation((0,), pi / 2), CUBE],
    ),
    "with a readout and its correction": (
        [
            *vacuum(1),
            ops.ControlledX((0, 1), 0.5),
            CUBE,
            ops.Homodyne((1,), 0.2, "m"),
            ops.Displacement((0,), 0.0, Polynomial.monomial(("m", "m"), 0.3)),
        ],
        [
            squeezed(0.0, 1),
            ops.Rotation((1,), 0.9),
            ops.ControlledX((0, 1), 0.5),
            CUBE,
            ops.Homodyne((1,), 0.2, "m"),
            ops.Displacement((0,), 0.0, Polynomial.monomial(("m", "m"), 0.3)),
        ],
    ),
    "no photons are the vacuum": ([V, CUBE], [ops.PrepareFock((0,), 0), CUBE]),
    "a cat of no size is the vacuum": ([V, CUBE], [ops.PrepareCat((0,), 0.0, 0.0, 0.0), CUBE]),
    "the first ket is the vacuum": ([V, CUBE], [ops.PrepareKet((0,), 3, (1.0, 0.0, 0.0)), CUBE]),
    "the first diagonal element is the vacuum": ([V, CUBE], [ops.PrepareDensity((0,), 2, (1.0, 0.0, 0.0, 0.0)), CUBE]),
}


def size(operations):
    return 1 + max(m for op in operations for m in op.modes)


@pytest.mark.parametrize("name", SAME)
def test_equal_states_are_equal(name):
    left, right = (Circuit(size(operations), tuple(operations)) for operations in SAME[name])
    for verdict in (compare(left, right), compare(right, left)):
        assert verdict.equivalent and verdict.reason == "" and verdict.counterexample is None, verdict


WITHOUT_EFFECT = ("turned vacuum", "interferometer", "another way", "goes", "correction")
"""Cases with a passive gate on the vacuum, whose parameters do nothing."""


@pytest.mark.parametrize("name", [name for name in SAME if not any(part in name for part in WITHOUT_EFFECT)])
def test_states_that_differ_by_a_millionth_are_found_out(name):
    left, right = SAME[name]
    for first, second in ((left, right), (right, left)):
        one = Circuit(size(first), tuple(first))
        for place, op in enumerate(second):
            for key, value in op.parameters().items():
                if isinstance(value, float) and value:
                    wrong = [*second[:place], replace(op, **{key: value * (1 + 1e-6)}), *second[place + 1 :]]
                    assert not compare(one, Circuit(size(second), tuple(wrong))).equivalent, (place, key)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([squeezed(0.5), CUBE], [squeezed(0.5), ops.Rotation((0,), 1e-6), CUBE]),  # not on the vacuum
        ([squeezed(0.5), CUBE], [squeezed(-0.5), CUBE]),
        ([V, CUBE], [V, CUBE, ops.Rotation((0,), 1e-6)]),  # behind the cubic gate
        (
            [squeezed(0.5), squeezed(0.4, 1), CUBE],
            [squeezed(0.5), squeezed(0.4, 1), ops.BeamSplitter((0, 1), 1e-5), CUBE],
        ),
        (
            [squeezed(0.5), squeezed(0.5, 1), CUBE],
            [squeezed(0.5), squeezed(0.5, 1), ops.BeamSplitter((0, 1), 0.4, 0.1), CUBE],
        ),
        ([V, CUBE], [CUBE]),
        ([V, *vacuum(1), CUBE], [V, CUBE]),
        ([ops.PrepareFock((0,), 1), CUBE], [V, CUBE]),
        ([ops.PrepareFock((0,), 1)], [ops.PrepareFock((0,), 2)]),
        ([ops.PrepareCat((0,), 1.0, 0.0, 0.0)], [ops.PrepareCat((0,), 1.0, 0.0, 1.0)]),
        ([ops.PrepareGKP((0,), 0.1, 0.0, 0.2)], [ops.PrepareGKP((0,), 0.1 * (1 + 1e-6), 0.0, 0.2)]),
        ([ops.PrepareKet((0,), 2, (0.6, 0.8))], [ops.PrepareKet((0,), 2, (0.6, -0.8))]),
        ([ops.PrepareKet((0, 1), 2, (0.6, 0.0, 0.0, 0.8))], [ops.PrepareKet((1, 0), 2, (0.6, 0.0, 0.0, 0.8))]),
    ],
)
def test_other_states_are_not_shown_equal(left, right):
    modes = max(size(left), size(right))
    for one, other in ((left, right), (right, left)):
        verdict = compare(Circuit(modes, tuple(one)), Circuit(modes, tuple(other)))
        assert not verdict.equivalent
        assert verdict.decided or verdict.reason.startswith("not shown equal: ")


def test_states_that_no_gate_makes_are_compared_by_their_parameters():
    """Gates behind them are compared for any state: the same gates in other words are equal."""
    ket = ops.PrepareKet((0, 1), 2, (0.6, 0.0, 0.0, 0.8))
    for prepare in (
        ket,
        ops.PrepareFock((0,), 2),
        ops.PrepareCat((0,), 1.0, 0.5, 0.0),
        ops.PrepareGKP((0,), 0.1, 0.2, 0.3),
    ):
        left = Circuit(2, (prepare, ops.CubicPhase((0,), 0.4), ops.BeamSplitter((0, 1), 0.5)))
        right = Circuit(
            2, (prepare, CUBE, ops.CubicPhase((0,), 0.1), ops.BeamSplitter((0, 1), 0.2), ops.BeamSplitter((0, 1), 0.3))
        )
        assert compare(left, right).equivalent
        assert not compare(left, right.then((ops.Rotation((0,), 1e-6),))).equivalent
        # beside vacua that are turned
        beside = [
            Circuit(3, (*vacuum(2), *turn, *left.operations, ops.ControlledZ((0, 2), 0.3)))
            for turn in ((), (ops.Rotation((2,), 0.4),))
        ]
        assert compare(*beside).equivalent


@pytest.mark.parametrize("seed", range(8))
def test_passive_gates_on_vacua_vanish_in_front_of_random_circuits(seed):
    """The vacuum of three modes is that of any interferometer behind it; mode 3 carries an input."""
    rng = np.random.default_rng(seed)
    body = random_circuit(rng, 4, 8).operations
    left = Circuit(4, (*vacuum(0, 1, 2), *body))
    right = Circuit(4, (*vacuum(1, 2, 0), interferometer(seed, 2, 0, 1), ops.Rotation((1,), 0.3), *body))
    assert compare(left, right).equivalent
    first = next((i for i, op in enumerate(body) if isinstance(op, ops.CubicPhase | ops.PolynomialPhase)), len(body))
    behind = (*right.operations[:5], *body[: first + 1], ops.Shear((0,), 1e-6), *body[first + 1 :])
    verdict = compare(left, Circuit(4, behind))
    assert not verdict.equivalent


def test_points_grow_with_the_states():
    """The deviation e^{-r} of a squeezed position changes by a relative r 10^-6 if r changes by a millionth."""
    for r in (1.0, 7.0, 15.0, 18.0):
        one, other = (
            Circuit(1, (squeezed(value), CUBE, ops.Homodyne((0,), 0.0, "m"))) for value in (r, r * (1 + 1e-6))
        )
        assert compare(one, Circuit(1, (V, ops.Squeeze((0,), r), CUBE, *one.operations[2:]))).equivalent
        assert not compare(one, other).equivalent
    many = Circuit(4, tuple(vacuum(0, 1, 2, 3)))
    assert compare(many, many).points == 6 + 4
    high = Circuit(1, (ops.PhasePower((0,), 5, 0.1),))
    assert compare(high, high).points == 6 + 2
    assert compare(high, high, points=9).points == 9


# --- ancillas that only one circuit has ------------------------------------------------------------------------------


def gadget(*prepare, gamma=0.3):
    """A teleported cubic gate: x goes into the readout, and the cubic state gives gamma (x + m)^2 back."""
    return Circuit(
        2,
        (
            *prepare,
            ops.ControlledX((0, 1), -1.0),
            ops.Homodyne((1,), 0.0, "m"),
            ops.Shear((0,), Polynomial.monomial(("m",), -2.0 * gamma)),
            ops.Displacement((0,), 0.0, Polynomial.monomial(("m", "m"), -gamma)),
        ),
        (1,),
    )


CUBE_1 = ops.CubicPhase((1,), 0.3)
RESOURCES = {
    "a cubic state": [ops.PrepareCubic((1,), 0.3, 2.0)],
    "a squeezed state and a gate": [squeezed(-2.0, 1), CUBE_1],
    "a vacuum, a squeezer and a gate": [*vacuum(1), ops.Squeeze((1,), -2.0), CUBE_1],
    "two squeezers": [squeezed(-3.0, 1), ops.Squeeze((1,), 1.0), CUBE_1],
    "a turned vacuum": [*vacuum(1), ops.Rotation((1,), 0.4), ops.Squeeze((1,), -2.0), CUBE_1],
    "a squeezed state that is turned": [squeezed(2.0, 1), ops.Rotation((1,), pi / 2), CUBE_1],
    "gates on the ancilla before": [ops.Rotation((1,), 0.4), ops.Kerr((1,), 0.3), ops.PrepareCubic((1,), 0.3, 2.0)],
    "loss of the ancilla before": [*vacuum(1), ops.Loss((1,), 0.4), ops.PrepareCubic((1,), 0.3, 2.0)],
    "prepared twice": [*vacuum(1), *vacuum(1), ops.PrepareCubic((1,), 0.3, 2.0)],
    "a readout of the ancilla before": [ops.Homodyne((1,), 0.1, "z"), ops.PrepareCubic((1,), 0.3, 2.0)],
    "a count of the ancilla before": [*vacuum(1), ops.PhotonCount((1,), "z"), ops.PrepareCubic((1,), 0.3, 2.0)],
    "a gate of the data and its inverse before": [
        ops.ControlledX((0, 1), 0.4),
        ops.ControlledX((0, 1), -0.4),
        ops.PrepareCubic((1,), 0.3, 2.0),
    ],
}


@pytest.mark.parametrize("name", RESOURCES)
def test_a_gadget_is_accepted_whatever_happened_to_its_ancilla(name):
    source, made = Circuit(1, (CUBE,)), gadget(*RESOURCES[name])
    for verdict in (compare(source, made), compare(made, source)):
        assert verdict.equivalent and verdict.resources == 1, verdict
    assert not compare(source, gadget(*RESOURCES[name], gamma=0.3 * (1 + 1e-6))).equivalent
    assert not compare(Circuit(1, (CUBE, ops.Shear((0,), 1e-6))), made).equivalent


@pytest.mark.parametrize(
    "prepare",
    [
        [ops.PrepareVacuum((1,)), CUBE_1],  # no resource: its momentum is noise
        [squeezed(2.0, 1), CUBE_1],  # squeezed the wrong way
        [ops.ControlledX((0, 1), 0.4), ops.PrepareCubic((1,), 0.3, 2.0)],  # the data meets it before
        [
            ops.Homodyne((1,), 0.0, "z"),
            ops.Displacement((0,), Polynomial.monomial(("z",)), 0.0),
            ops.PrepareCubic((1,), 0.3, 2.0),
        ],
        [ops.PrepareCubic((1,), 0.3, 2.0), ops.Rotation((1,), 1e-6)],
        [squeezed(-2.0, 1), CUBE_1, ops.Squeeze((1,), 0.5)],  # squeezed behind the cubic gate
        [*vacuum(1), ops.Shear((1,), 0.5), ops.Squeeze((1,), -2.0), CUBE_1],
    ],
)
def test_a_gadget_whose_ancilla_matters_is_refused(prepare):
    assert not compare(Circuit(1, (CUBE,)), gadget(*prepare)).equivalent


def test_what_a_preparation_discards_has_no_effect():
    kept = (V, CUBE)
    for before in (
        [ops.Rotation((0,), 0.3)],
        [ops.Loss((0,), 0.3), ops.Kerr((0,), 0.2)],
        [V],
        [squeezed(0.4), CUBE, ops.Dephasing((0,), 0.1)],
        [ops.PrepareFock((0,), 3)],
        [ops.Loss((0,), 1.0)],
        [ops.Loss((0,), 0.0)],
    ):
        assert compare(Circuit(1, kept), Circuit(1, (*before, *kept))).equivalent
    # a readout of a common mode is an output, and a gate with another mode reaches that
    for before in ([ops.Homodyne((0,), 0.0, "z")], [ops.ControlledX((0, 1), 1e-6)]):
        assert not compare(Circuit(2, kept), Circuit(2, (*before, *kept))).equivalent
    lost = Circuit(1, (ops.Loss((0,), 0.0), CUBE))
    assert compare(lost, Circuit(1, kept)).equivalent  # nothing is left but the vacuum
    both = (ops.PrepareKet((0, 1), 2, (0.6, 0.0, 0.0, 0.8)), V, CUBE)
    assert not compare(Circuit(2, both), Circuit(2, kept)).equivalent  # mode 1 keeps its half


def test_discarded_states_that_a_gate_without_effect_kept_in_the_circuit():
    """The first state of mode 0 meets mode 1, and leaves nothing there: only what is prepared last must be the same."""
    one = ops.Interferometer((0, 1), ((1.0, 0.0), (0.0, 1.0)))
    cat = ops.PrepareCat((0,), 1.0, 0.0, 0.0)
    for first in (ops.PrepareGKP((0,), 0.1, 0.2, 0.3), squeezed(0.3), cat):
        long = Circuit(2, (first, one, cat, CUBE))
        assert compare(long, Circuit(2, (cat, CUBE))).equivalent
        assert compare(Circuit(2, (cat, CUBE)), long).equivalent
        mixing = Circuit(2, (first, ops.BeamSplitter((0, 1), 1e-6), cat, CUBE))
        verdict = compare(mixing, Circuit(2, (cat, CUBE)))
        assert not verdict.equivalent and "not prepared equally often" in verdict.reason
    verdict = compare(Circuit(1, (cat, CUBE)), Circuit(1, (squeezed(0.3), CUBE)))
    assert not verdict.equivalent and "mode 0 is prepared by PrepareCat" in verdict.reason


def test_a_borrowed_mode_that_is_read_cannot_come_back():
    source = Circuit(1, (CUBE,))
    for name, end in (("measured", ops.Homodyne((1,), 0.0, "z")), ("measured", ops.PostSelect((1,), 0.0, 0.0))):
        verdict = compare(source, Circuit(2, (CUBE, end), (1,)))
        assert not verdict.equivalent and verdict.decided and f"borrowed and then {name}" in verdict.reason
