"""Gaussian circuits with noise, readouts and post-selection are compared as channels, as a slow reference does it."""

from dataclasses import replace
from math import asinh, cos, exp, pi, sqrt

import numpy as np
import pytest
from scipy.stats import unitary_group
from slow_gaussian import slow_difference, slow_moments

from compiler.comparison import compare
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

KINDS = 12


def random_gaussian(rng, modes=3, length=14, symbol=False):
    """A random circuit of preparations, gates, noise, readouts and feed-forward; some modes carry inputs."""
    out, gone, names = [], set(), []
    for _ in range(length):
        a, b = (int(m) for m in rng.permutation(modes)[:2])
        v, w = rng.uniform(0.2, 0.8, size=2) * rng.choice([-1, 1], size=2)
        kind = int(rng.integers(KINDS))
        if gone & {a, b} or kind == 0:
            out += [ops.PrepareSqueezed((m,), v) for m in (a, b) if m in gone or kind == 0]
            gone -= {a, b}
            continue
        factor = Polynomial.monomial(("w",), v) if symbol else v
        if kind == 1:
            out.append(ops.Homodyne((a,), w, f"y{len(names)}"))
            names.append(f"y{len(names)}")
            gone.add(a)
        elif kind == 2 and names:
            result = names[int(rng.integers(len(names)))]
            out.append(ops.Displacement((a,), Polynomial({((result, 1),): v, (): w}), w))
        else:
            out.append(
                (
                    lambda a=a, b=b, v=v, w=w: ops.BeamSplitter((a, b), v, w),
                    lambda a=a, f=factor: ops.Squeeze((a,), f),
                    lambda a=a, v=v: ops.Rotation((a,), v),
                    lambda a=a, v=v, w=w: ops.Displacement((a,), v, w),
                    lambda a=a, f=factor: ops.Shear((a,), f),
                    lambda a=a, b=b, f=factor: ops.ControlledX((a, b), f),
                    lambda a=a, b=b, v=v: ops.ControlledZ((a, b), v),
                    lambda a=a, v=v: ops.Loss((a,), abs(v)),
                    lambda a=a, v=v, w=w: ops.ThermalLoss((a,), abs(v), abs(w)),
                    lambda a=a, v=v, w=w: ops.DisplacementNoise((a,), abs(v), abs(w)),
                )[int(rng.integers(10))]()
            )
    return Circuit(modes, tuple(out), symbols=("w",) if symbol else ())


def rewritten(circuit, rng):
    """The same channel in other operations, by identities of the definitions."""
    out = []
    for op in circuit.operations:
        m = op.modes
        match op:
            case ops.Loss(eta=eta):
                out += [ops.Loss(m, sqrt(eta)), ops.ThermalLoss(m, sqrt(eta), 0.0)]
            case ops.ThermalLoss(eta=eta, nbar=nbar):
                extra = 2 * nbar * (1 - eta)
                out += [ops.Loss(m, eta), ops.DisplacementNoise(m, extra, extra)]
            case ops.DisplacementNoise(x_variance=x, p_variance=p):
                out += [ops.Rotation(m, pi / 2), ops.DisplacementNoise(m, p, x), ops.Rotation(m, -pi / 2)]
            case ops.PrepareSqueezed(r=r):
                t = float(rng.uniform(-3, 3))
                out += [ops.PrepareVacuum(m), ops.Rotation(m, t), ops.Squeeze(m, r)]
            case ops.BeamSplitter(theta=t, phi=f):
                out += [ops.Rotation(m[:1], f), ops.BeamSplitter(m, t), ops.Rotation(m[:1], -f)]
            case ops.ControlledZ(s=s):
                out += [ops.Rotation(m[1:], -pi / 2), ops.ControlledX(m, s), ops.Rotation(m[1:], pi / 2)]
            case ops.Homodyne(angle=angle, result=name):
                out += [ops.Rotation(m, 0.3 - angle), ops.Homodyne(m, 0.3, name)]
            case ops.Displacement(x=x, p=p):
                out += [ops.Displacement(m, 0.0, p), ops.Displacement(m, x, 0.0)]
            case _:
                out.append(op)
    return circuit.with_operations(tuple(out))


def changed(circuit, rng, by=1e-6):
    """One parameter changed by a relative amount; None if the circuit has no parameter."""
    places = [
        (i, key)
        for i, op in enumerate(circuit.operations)
        for key, value in op.parameters().items()
        if isinstance(value, float) and value
    ]
    if not places:
        return None
    i, key = places[int(rng.integers(len(places)))]
    items = list(circuit.operations)
    items[i] = replace(items[i], **{key: getattr(items[i], key) * (1 + by)})
    return circuit.with_operations(tuple(items))


@pytest.mark.parametrize("symbol", [False, True])
def test_random_channels_are_equal_if_and_only_if_the_reference_says_so(symbol):
    """A change of 1e-6 shows as 1e-6 times its share: 1e-9 is found, 1e-13 is rounding of the two references."""
    found = {True: 0, False: 0}
    for seed in range(30 if symbol else 80):
        rng = np.random.default_rng([seed, symbol])
        circuit = random_gaussian(rng, symbol=symbol)
        other = rewritten(circuit, rng)
        assert slow_difference(circuit, other) < 1e-12
        assert compare(circuit, other).equivalent, seed
        for _ in range(3):
            wrong = changed(other, rng)
            if wrong is None:
                continue
            off = slow_difference(circuit, wrong)
            verdict = compare(circuit, wrong)
            assert verdict.residual == 0.0 or verdict.decided
            if off > 1e-9:
                assert not verdict.equivalent, (seed, off, verdict)
            elif off < 1e-13:  # it acts on what is discarded
                assert verdict.equivalent, (seed, off, verdict)
            found[verdict.equivalent] += 1
    assert found[False] > 60 and found[True] > 3


def two(*operations, modes=1, ancillas=()):
    return Circuit(modes, operations, ancillas)


V, L = ops.PrepareVacuum((0,)), ops.Loss((0,), 0.25)
U = tuple(map(tuple, unitary_group.rvs(3, random_state=4).tolist()))

EQUAL = {
    "two losses are one": (two(L, L), two(ops.Loss((0,), 0.0625))),
    "a displacement shrinks in a loss": (
        two(ops.Displacement((0,), 1.0, -2.0), L),
        two(L, ops.Displacement((0,), 0.5, -1.0)),
    ),
    "equal losses commute with a beamsplitter": (
        two(L, ops.Loss((1,), 0.25), ops.BeamSplitter((0, 1), 0.3, 0.2), modes=2),
        two(ops.BeamSplitter((0, 1), 0.3, 0.2), L, ops.Loss((1,), 0.25), modes=2),
    ),
    "equal losses commute with an interferometer": (
        two(*(ops.Loss((m,), 0.7) for m in range(3)), ops.Interferometer((0, 1, 2), U), modes=3),
        two(ops.Interferometer((0, 1, 2), U), *(ops.Loss((m,), 0.7) for m in range(3)), modes=3),
    ),
    "a thermal state is a vacuum with noise": (
        two(V, ops.ThermalLoss((0,), 0.0, 0.7)),
        two(V, ops.DisplacementNoise((0,), 1.4, 1.4)),
    ),
    "a thermal state is half of a two-mode squeezed vacuum with 2 nbar + 1 = cosh 2 r": (
        two(V, ops.ThermalLoss((0,), 0.0, 0.7)),
        two(
            ops.PrepareSqueezed((0,), asinh(sqrt(0.7))),
            ops.PrepareSqueezed((1,), -asinh(sqrt(0.7))),
            ops.BeamSplitter((0, 1), pi / 4),
            modes=2,
            ancillas=(1,),
        ),
    ),
    "a loss is a beamsplitter with the vacuum": (
        two(ops.Loss((0,), cos(0.4) ** 2)),
        two(ops.PrepareVacuum((1,)), ops.BeamSplitter((0, 1), 0.4), modes=2, ancillas=(1,)),
    ),
    "a thermal loss is a beamsplitter with a thermal state": (
        two(ops.ThermalLoss((0,), cos(0.4) ** 2, 0.3)),
        two(
            ops.PrepareVacuum((1,)),
            ops.DisplacementNoise((1,), 0.6, 0.6),
            ops.BeamSplitter((0, 1), 0.4),
            modes=2,
            ancillas=(1,),
        ),
    ),
    "a phase of degree two is a shear": (
        two(L, ops.phase(Polynomial({((0, 2),): 0.2, ((0, 1),): 0.3}))),
        two(L, ops.Shear((0,), 0.4), ops.Displacement((0,), 0.0, 0.3)),
    ),
    "powers one and two are a kick and a shear": (
        two(L, ops.PhasePower((0,), 1, 0.3), ops.PhasePower((0,), 2, 0.4), ops.CubicPhase((0,), 0.0)),
        two(L, ops.Displacement((0,), 0.0, 0.3), ops.Shear((0,), 0.4)),
    ),
    "feed-forward is a gate that waits": (
        two(
            L,
            ops.PrepareSqueezed((1,), 0.5),
            ops.BeamSplitter((0, 1), 0.3),
            ops.Homodyne((1,), 0.0, "m"),
            ops.Displacement((0,), Polynomial.monomial(("m",), 0.7), 0.0),
            modes=2,
        ),
        two(
            L,
            ops.PrepareSqueezed((1,), 0.5),
            ops.BeamSplitter((0, 1), 0.3),
            ops.ControlledX((1, 0), 0.7),
            ops.Homodyne((1,), 0.0, "m"),
            modes=2,
        ),
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_channels(name):
    left, right = EQUAL[name]
    for verdict in (compare(left, right), compare(right, left)):
        assert verdict.equivalent and verdict.resources == 0 and verdict.digits is None, verdict
    rng = np.random.default_rng(3)
    for _ in range(4):
        for one, other in ((left, right), (right, left)):
            verdict = compare(one, changed(other, rng))
            assert not verdict.equivalent and verdict.decided and verdict.reason, verdict


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (
            (ops.DisplacementNoise((0,), 0.3, 0.1),),
            (ops.DisplacementNoise((0,), 0.4, 0.1),),
            "the variance of the noise that reaches x_0 is 0.3 in one circuit and 0.4 in the other",
        ),
        ((L,), (ops.Loss((0,), 0.36),), "x_0 holds 0.5 x_0 of the input in one circuit and 0.6 x_0 in the other"),
        (
            (L, ops.Displacement((0,), 0.0, 0.3)),
            (L, ops.Displacement((0,), 0.0, 0.4)),
            "p_0 is displaced by 0.3 in one circuit and by 0.4 in the other",
        ),
    ],
)
def test_differences_are_named(left, right, reason):
    verdict = compare(Circuit(1, left), Circuit(1, right))
    assert not verdict.equivalent and verdict.decided and verdict.reason == reason
    if "noise" not in reason:
        found = verdict.counterexample
        # means of a loss: sqrt(eta) x; of a displacement: what is added
        expected = (0.3, 0.4) if "displaced" in reason else (0.5 * found.x[0], 0.6 * found.x[0])
        assert (found.left, found.right) == pytest.approx(expected, abs=1e-12)


def test_ancillas_of_finite_squeezing_are_taken_as_they_are_where_that_is_equal():
    """Two equally squeezed modes behind a real beamsplitter are what they were; with an ideal ancilla they are not."""
    ancilla = [ops.PrepareSqueezed((1,), r) for r in (0.3, 0.3 * (1 + 1e-6))]
    source = two(ops.PrepareSqueezed((0,), 0.3))
    good, bad = (two(source.operations[0], op, ops.BeamSplitter((0, 1), 0.4), modes=2, ancillas=(1,)) for op in ancilla)
    for verdict in (compare(source, good), compare(good, source)):
        assert verdict.equivalent and verdict.resources == 0
    verdict = compare(source, bad)
    assert not verdict.equivalent and verdict.decided


def test_channels_whose_numbers_float64_forgets_are_compared_in_more_digits():
    """A displacement by 10^30 and back: what happens between is lost in float64, and is not."""
    far, back = ops.Displacement((0,), 1e30, 0.0), ops.Displacement((0,), -1e30, 0.0)
    one, other = (Circuit(1, (L, far, ops.Displacement((0,), v, 0.0), back)) for v in (0.3, 0.4))
    same = compare(one, Circuit(1, (L, ops.Displacement((0,), 0.3, 0.0))))
    assert same.equivalent and same.precision.startswith("mpmath")
    verdict = compare(one, other)
    assert not verdict.equivalent and verdict.decided
    assert verdict.reason == "x_0 is displaced by 0.3 in one circuit and by 0.4 in the other"


def test_a_difference_in_a_combination_of_quadratures_is_named():
    """An EPR pair: x_0 and x_1 have variance cosh 2 r, their difference 2 e^{-2r}, which the noise doubles."""
    r = 5.0
    pair = (ops.PrepareSqueezed((0,), -r), ops.PrepareSqueezed((1,), r), ops.BeamSplitter((0, 1), pi / 4))
    noisy = (*pair, ops.DisplacementNoise((0,), 2 * exp(-2 * r), 0.0))
    verdict = compare(Circuit(2, pair), Circuit(2, noisy))
    assert not verdict.equivalent and verdict.decided
    assert "the noise that reaches x_0 - x_1 is" in verdict.reason
    one, other = (float(part.split()[0]) for part in verdict.reason.split(" is ")[1].split(" in one circuit and "))
    assert max(one, other) / min(one, other) == pytest.approx(2.0, rel=1e-3)


# --- post-selection --------------------------------------------------------------------------------------------------


def test_post_selection_conditions_the_state():
    """Of a two-mode squeezed vacuum, x_1 = v leaves mode 0 squeezed, var x = 1 / cosh 2r, at x = v tanh 2r."""
    r, v = 0.4, 0.7
    c = np.cosh(2 * r)
    selected = (
        ops.PrepareSqueezed((0,), r),
        ops.PrepareSqueezed((1,), -r),
        ops.BeamSplitter((0, 1), pi / 4),
        ops.PostSelect((1,), 0.0, v),
        ops.PrepareVacuum((1,)),
    )
    # the beamsplitter makes x_0 = c x_a - s x_b, x_1 = c x_b + s x_a: <x_0 x_1> = (var a - var b) / 2
    shift = v * (exp(-2 * r) - exp(2 * r)) / 2 / c
    # a mode with x_1 = v at that density, for the same probability: a squeezed state of variance cosh 2r is selected
    same = (
        ops.PrepareSqueezed((0,), np.log(c) / 2),
        ops.Displacement((0,), shift, 0.0),
        ops.PrepareSqueezed((1,), -np.log(c) / 2),
        ops.PostSelect((1,), 0.0, v),
        ops.PrepareVacuum((1,)),
    )
    verdict = compare(Circuit(2, selected), Circuit(2, same))
    assert verdict.equivalent, verdict
    for place, name in ((0, "r"), (1, "x"), (2, "r"), (3, "value")):
        wrong = list(same)
        wrong[place] = replace(wrong[place], **{name: getattr(wrong[place], name) * (1 + 1e-6)})
        verdict = compare(Circuit(2, selected), Circuit(2, tuple(wrong)))
        assert not verdict.equivalent and verdict.decided


def test_random_post_selections_agree_with_the_reference():
    for seed in range(40):
        rng = np.random.default_rng([seed, 8])
        kept = [op for op in random_gaussian(rng, length=8).operations if not isinstance(op, ops.Homodyne)]
        kept = [op for op in kept if not ops.used(op)]
        extra = (ops.PrepareSqueezed((3,), 0.3), ops.ControlledX((0, 3), 0.4), ops.PostSelect((3,), 0.5, 0.2))
        circuit = Circuit(4, (*kept, *extra))
        other = rewritten(circuit, rng)
        assert compare(circuit, other).equivalent, seed
        wrong = changed(other, rng)
        off = slow_difference(circuit, wrong)
        assert compare(circuit, wrong).equivalent is False or off < 1e-9, (seed, off)


def test_two_post_selections_condition_each_other():
    """x_1 = a and x_2 = b of modes that share a squeezed one: in one order of time or the other, and b matters."""
    shared = [ops.PrepareSqueezed((m,), -0.8) for m in range(3)]
    shared += [ops.ControlledX((0, 1), 0.7), ops.ControlledX((0, 2), 0.4), ops.ControlledX((1, 2), 0.3)]
    first, second = ops.PostSelect((1,), 0.2, 0.6), ops.PostSelect((2,), -0.3, 0.5)
    left = Circuit(3, (*shared, first, second))
    right = rewritten(Circuit(3, (*shared, second, first)), np.random.default_rng(2))
    assert slow_difference(left, right) < 1e-12
    assert compare(left, right).equivalent
    shift = ops.Displacement((0,), 0.1, 0.0)
    given = Circuit(3, (*shared, second, first, shift))
    assert not compare(left, given).equivalent
    # the mean of x_0 that the reference finds, by a displacement
    (names, mean, _), (_, other, _) = (
        slow_moments(c, np.zeros(6), np.eye(6))
        for c in (left, left.with_operations((*shared, first, replace(second, value=0.9))))
    )
    assert names == ["p0", "x0"]
    moved = (*shared, first, replace(second, value=0.9), ops.Displacement((0,), mean[1] - other[1], mean[0] - other[0]))
    verdict = compare(left, Circuit(3, moved))
    assert (
        not verdict.equivalent and "probability" in verdict.reason
    )  # the state is the same now, its probability is not


def test_feed_forward_that_is_not_linear_is_not_taken_as_a_channel():
    """With noise in front: x -> x + m^2 is not x + m, and a rotation by a result is compared by markers."""
    read = ops.Loss((1,), 0.5), ops.Homodyne((1,), 0.0, "m")
    linear, square = (ops.Displacement((0,), Polynomial.monomial(("m",) * k, 0.4), 0.0) for k in (1, 2))
    turn = ops.Rotation((0,), Polynomial.monomial(("m",), 0.4))
    circuits = [Circuit(2, (*read, op)) for op in (linear, square, turn)]
    for i, left in enumerate(circuits):
        for j, right in enumerate(circuits):
            assert compare(left, right).equivalent is (i == j)
    counting = ops.Loss((1,), 0.5), ops.PhotonCount((1,), "m")
    assert compare(Circuit(2, (*counting, linear)), Circuit(2, (*counting, linear))).equivalent
    assert not compare(Circuit(2, (*counting, linear)), Circuit(2, (*counting, square))).equivalent


def test_what_is_selected_more_often_is_another_program():
    """The state of mode 0 is the vacuum in both, and the density of x_1 = 0.5 is that of another variance."""
    one, other = (Circuit(2, (V, ops.PrepareSqueezed((1,), r), ops.PostSelect((1,), 0.0, 0.5))) for r in (0.0, 0.3))
    assert compare(one, one).equivalent
    verdict = compare(one, other)
    assert not verdict.equivalent and "probability" in verdict.reason


def test_what_is_selected_counts_where_nothing_is_left():
    """All modes end in a selection: no output differs, but what is selected does."""
    alone = [Circuit(1, (ops.PostSelect((0,), angle, v),)) for angle, v in ((0.0, 0.5), (1.0, 0.5), (0.0, -3.0))]
    made = [Circuit(1, (ops.PrepareSqueezed((0,), r), ops.PostSelect((0,), 0.0, 0.5))) for r in (0.3, 1.0)]
    for circuits in (alone, made):
        for i, left in enumerate(circuits):
            for j, right in enumerate(circuits):
                assert compare(left, right).equivalent is (i == j)


@pytest.mark.parametrize("r", [360.0, 400.0, 700.0])
def test_a_selection_whose_density_float64_cannot_hold(r):
    """The variance e^{-2r} and the exponent x^2 e^{2r} / 2 are beyond the range of float64."""
    one, same, other = (
        Circuit(2, (ops.PrepareSqueezed((1,), a), ops.Squeeze((1,), b), ops.PostSelect((1,), 0.0, 0.5)))
        for a, b in ((r, 0.5), (r + 0.5, 0.0), (r, 0.0))
    )
    assert compare(one, same).equivalent
    assert not compare(one, other).equivalent


def test_numbers_beyond_float64_prove_no_difference():
    """e^800 is no float64: equal circuits are still found equal, and others are not shown to be different."""
    one, same, other = (
        Circuit(1, (ops.PrepareSqueezed((0,), a), ops.Squeeze((0,), b), ops.Loss((0,), eta)))
        for a, b, eta in ((800.0, 0.5, 0.5), (800.5, 0.0, 0.5), (800.5, 0.0, 0.6))
    )
    assert compare(one, same).equivalent
    verdict = compare(one, other)
    assert not verdict.equivalent and not verdict.decided and "overflow float64" in verdict.reason


# --- photon counts ---------------------------------------------------------------------------------------------------


def counted(*operations, modes):
    return Circuit(modes, (*operations, *(ops.PhotonCount((m,), f"n{m}") for m in range(modes))))


def two_mode_squeezer(a, b, r, f=0.0):
    """a -> cosh r a + sinh r b*, up to phases."""
    mix, back = (ops.BeamSplitter((a, b), sign * pi / 4, f) for sign in (1, -1))
    return [mix, ops.Squeeze((a,), r), ops.Squeeze((b,), -r), back]


def boson_sampling(rng, modes):
    u = tuple(map(tuple, unitary_group.rvs(modes, random_state=int(rng.integers(1000))).tolist()))
    kinds = rng.integers(3, size=modes)
    made = [ops.PrepareSqueezed((m,), float(rng.uniform(0.2, 0.9))) for m in range(modes)]
    made += [ops.Displacement((m,), 0.4, 0.1) for m in range(modes) if kinds[m] == 0]
    return [*made, ops.Interferometer(tuple(range(modes)), u), *(ops.Loss((m,), 0.8) for m in range(modes))]


def follows_a_vacuum(circuit, op):
    """Whether an operation is a rotation of a vacuum that was just prepared."""
    place = circuit.operations.index(op)
    return isinstance(op, ops.Rotation) and isinstance(circuit.operations[place - 1], ops.PrepareVacuum)


@pytest.mark.parametrize("seed", range(10))
def test_photon_counts_do_not_see_rotations_before_them(seed):
    rng = np.random.default_rng(seed)
    operations = boson_sampling(rng, 4)
    turned = [ops.Rotation((m,), float(rng.uniform(-3, 3))) for m in range(4)]
    left, right = counted(*operations, modes=4), rewritten(counted(*operations, *turned, modes=4), rng)
    assert compare(left, right).equivalent and compare(right, left).equivalent
    wrong = changed(right, rng)
    place = next(i for i, op in enumerate(right.operations) if op != wrong.operations[i])
    at = right.operations[place]
    harmless = place >= len(right.operations) - 8 or follows_a_vacuum(right, at)
    assert compare(left, wrong).equivalent is harmless, at


@pytest.mark.parametrize(
    "operations",
    [
        # a a' alone connects the modes
        [ops.PrepareSqueezed((0,), 0.3), ops.PrepareSqueezed((1,), -0.3), ops.BeamSplitter((0, 1), pi / 4)],
        # three modes, connected in a ring by a a' only: the angles follow from sums
        [
            ops.PrepareVacuum((0,)),
            ops.PrepareVacuum((1,)),
            ops.PrepareVacuum((2,)),
            *two_mode_squeezer(0, 1, 0.3),
            *two_mode_squeezer(1, 2, 0.3),
            *two_mode_squeezer(2, 0, 0.3),
        ],
        # a a' of two pairs, and a a'* of the third alone
        [*(ops.PrepareVacuum((m,)) for m in range(3)), *two_mode_squeezer(0, 1, 0.4), *two_mode_squeezer(1, 2, 0.3)],
        # both, a a' larger than a a'*, and that larger than a a of either mode
        [
            ops.PrepareVacuum((0,)),
            ops.PrepareVacuum((1,)),
            ops.DisplacementNoise((0,), 3.0, 3.0),
            ops.BeamSplitter((0, 1), 0.1, 0.3),
            *two_mode_squeezer(0, 1, 0.1),
        ],
        # vacua and a thermal state say nothing
        [ops.PrepareVacuum((0,)), ops.PrepareVacuum((1,)), ops.ThermalLoss((1,), 0.0, 0.5)],
    ],
)
def test_photon_counts_of_few_correlations(operations):
    modes = 1 + max(m for op in operations for m in op.modes)
    turned = [ops.Rotation((m,), 0.4 + 0.7 * m) for m in range(modes)]
    left = counted(*operations, ops.Loss((0,), 0.7), modes=modes)
    right = counted(*operations, ops.Loss((0,), 0.7), *turned, modes=modes)
    verdict = compare(left, rewritten(right, np.random.default_rng(1)))
    assert verdict.equivalent and verdict.digits is None  # phases of rounding errors are not looked at


@pytest.mark.parametrize("seed", range(30))
def test_photon_counts_of_random_correlations(seed):
    """Modes are thermal, and some pairs are correlated by weak two-mode squeezing (a a') or beamsplitters (a a'*)."""
    rng = np.random.default_rng([seed, 5])
    operations = [ops.PrepareVacuum((m,)) for m in range(4)]
    operations += [ops.DisplacementNoise((m,), v, v) for m in range(4) for v in [float(rng.uniform(0.5, 3.0))]]
    for _ in range(int(rng.integers(1, 5))):
        a, b = (int(m) for m in rng.permutation(4)[:2])
        f, r = float(rng.uniform(-3, 3)), float(rng.uniform(0.1, 0.4))
        if rng.random() < 0.6:
            operations += two_mode_squeezer(a, b, r, f)
        else:
            operations.append(ops.BeamSplitter((a, b), r, f))
    turned = [ops.Rotation((m,), float(rng.uniform(-3, 3))) for m in range(4)]
    left, right = counted(*operations, modes=4), rewritten(counted(*operations, *turned, modes=4), rng)
    assert compare(left, right).equivalent


def test_photon_counts_of_circuits_that_are_not_gaussian():
    """x^2 + p^2 factorises in one way: the same count means the same mode up to a rotation."""
    cube, count = ops.CubicPhase((0,), 0.3), ops.PhotonCount((0,), "n")
    drive = ops.Displacement((1,), Polynomial.monomial(("n",), 0.3), 0.0)
    left = Circuit(2, (cube, ops.ControlledZ((0, 1), 0.4), count, drive))
    turned = (cube, ops.ControlledZ((0, 1), 0.4), ops.Rotation((0,), 0.7), count, drive)
    assert compare(left, Circuit(2, turned)).equivalent
    for wrong in (ops.Shear((0,), 1e-6), ops.Displacement((0,), 1e-6, 0.0), ops.Rotation((1,), 1e-6)):
        verdict = compare(left, Circuit(2, (*turned[:2], wrong, *turned[2:])))
        assert not verdict.equivalent and verdict.decided
    assert not compare(
        left, Circuit(2, (*turned[:4], replace(drive, x=Polynomial.monomial(("n", "n"), 0.3))))
    ).equivalent


def test_photon_counts_see_what_is_before_a_beamsplitter():
    squeezed = [ops.PrepareSqueezed((0,), 0.5), ops.PrepareSqueezed((1,), 0.5)]
    mixed = ops.BeamSplitter((0, 1), pi / 4)
    # <n_0 n_1> of squeezed states behind a beamsplitter depends on their relative phase
    for angle in (0.3, pi / 2):
        turned = [*squeezed, ops.Rotation((0,), angle), mixed]
        verdict = compare(counted(*squeezed, mixed, modes=2), counted(*turned, modes=2))
        assert not verdict.equivalent and not verdict.decided and verdict.reason.startswith("not shown equal: ")
    kind = Circuit(1, (V, ops.PhotonCount((0,), "a")))
    assert not compare(kind, Circuit(1, (V, ops.Homodyne((0,), 0.0, "a")))).equivalent


def lossy_readouts(modes, reads, off=0.0):
    """Mixed modes that lose light and are read, one after another; the readout in the middle loses ``off`` more."""
    rng, out = np.random.default_rng(3), [ops.PrepareSqueezed((m,), -0.5) for m in range(modes)]
    for place in range(reads):
        a, b = (int(m) for m in rng.permutation(modes)[:2])
        eta, angle = 0.9 - off * (place == reads // 2), float(rng.choice([0.3, pi / 2]))
        out += [
            ops.BeamSplitter((a, b), float(rng.normal())),
            ops.Loss((a,), eta),
            ops.Homodyne((a,), angle, f"m{place}"),
        ]
        out.append(ops.PrepareSqueezed((a,), 0.3))
    return Circuit(modes, tuple(out))


@pytest.mark.parametrize("strength", np.exp(np.linspace(10.0, 40.0, 31)))
def test_rounding_is_no_clear_difference(strength):
    """Shears that are undone after a rotation: float64 rounds by the strength squared, yet the two are equal."""
    turn = ops.Rotation((0,), 0.3), ops.Rotation((0,), -0.3)
    sheared = ops.Shear((0,), strength), *turn, ops.Shear((0,), -strength)
    lossy, mixed = ops.Loss((0,), 0.7), ops.BeamSplitter((0, 1), 0.3)
    assert compare(Circuit(2, (lossy, *sheared, mixed)), Circuit(2, (lossy, mixed))).equivalent


@pytest.mark.parametrize(("off", "digits"), [(0.05, "float64"), (1e-7, "mpmath")])
def test_clear_differences_are_not_computed_again_with_more_digits(off, digits):
    """A readout whose loss is off by 5 % differs beyond all rounding; one that is off by little is looked at again."""
    verdict = compare(lossy_readouts(6, 12), lossy_readouts(6, 12, off))
    assert not verdict.equivalent and verdict.decided and verdict.precision.startswith(digits)
    assert "m6" in verdict.reason
    told = compare(lossy_readouts(6, 12), lossy_readouts(6, 12, off), digits=40)
    assert verdict.residual == pytest.approx(told.residual, rel=1e-6) and told.precision.startswith("mpmath")
