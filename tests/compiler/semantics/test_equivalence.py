"""The equivalence checker: accepts what is equal, rejects what is not. Mutants are judged by the 60-digit reference."""

import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from slow_reference import random_circuit, truly_equal

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.exports.strawberryfields.program import to_strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.pipeline import compile_circuit, compile_polynomial
from compiler.synthesis.options import SynthesisOptions
from hardware_profiles import load_profile

NUMBERS = ("theta", "phi", "r", "s", "x", "p", "gamma")


def mutants(circuit, rng):
    """One mutant of each kind, at a random place."""
    items = list(circuit.operations)
    at = int(rng.integers(len(items)))
    yield "dropped", items[:at] + items[at + 1 :]
    tunable = [
        (i, name) for i, op in enumerate(items) for name in NUMBERS if isinstance(getattr(op, name, None), float)
    ]
    i, name = tunable[int(rng.integers(len(tunable)))]
    value = getattr(items[i], name)
    yield "sign", [*items[:i], replace(items[i], **{name: -value}), *items[i + 1 :]]
    yield "strength", [*items[:i], replace(items[i], **{name: value * (1 + 1e-6)}), *items[i + 1 :]]
    pairs = [i for i, (a, b) in enumerate(pairwise(items)) if set(a.modes) & set(b.modes)]
    if pairs:
        i = pairs[int(rng.integers(len(pairs)))]
        yield "swapped", [*items[:i], items[i + 1], items[i], *items[i + 2 :]]
    double = [i for i, op in enumerate(items) if isinstance(op, ops.BeamSplitter | ops.ControlledX)]
    if double:
        i = double[int(rng.integers(len(double)))]
        yield "permuted", [*items[:i], replace(items[i], modes=items[i].modes[::-1]), *items[i + 1 :]]


def compiled(rng):
    """A random source and its program: general circuits, dense forms, order reduction, teleported gates."""
    ideal, teleported = load_profile("ideal-cubic"), load_profile("ideal-teleported")
    quick = SynthesisOptions(effort=0.05)
    kind = int(rng.integers(4))
    if kind == 0:
        return compile_circuit(random_circuit(rng, 3, 6), ideal, options=quick)
    if kind == 1:
        edges = [Polynomial.monomial(e, float(rng.uniform(0.1, 0.5))) for e in combinations(range(4), 3)]
        return compile_polynomial(sum(edges, Polynomial()), ideal, options=quick)
    if kind == 2:
        return compile_polynomial(Polynomial.monomial((0, 1, 2, 3), float(rng.uniform(0.1, 0.5))), ideal)
    return compile_polynomial(Polynomial.monomial((0, 1, 2), float(rng.uniform(0.1, 0.5))), teleported)


def test_no_mutant_of_ten_thousand_is_accepted_unless_it_is_equal():
    rng = np.random.default_rng(2026)
    made = accepted = 0
    rejected = Counter()
    while sum(rejected.values()) < 10_000:
        program = compiled(rng)
        native, digits = program.circuit, None
        for _ in range(12):
            for kind, operations in mutants(native, rng):
                try:
                    mutant = native.with_operations(tuple(operations))
                except CircuitError:  # a result used before it is measured: no circuit at all
                    continue
                made += 1
                verdict = compare(program.source, mutant, digits=digits)
                if verdict.equivalent:
                    accepted += 1
                    if not any(isinstance(op, ops.Homodyne) for op in operations):
                        assert truly_equal(native, mutant), (kind, program.source, verdict)
                    else:
                        assert harmless(native, mutant), (kind, mutant)
                else:
                    rejected[kind] += 1
                    assert (
                        verdict.counterexample is not None
                        or "measured" in verdict.reason
                        or "prepared" in verdict.reason
                    )
    assert set(rejected) == {"dropped", "sign", "strength", "swapped", "permuted"}
    assert accepted < 0.2 * made  # mutants that change nothing


def harmless(native, mutant):
    """Whether a mutant of a teleported program differs only in how good a resource is, or in order."""
    if sorted(map(repr, native.operations)) == sorted(map(repr, mutant.operations)):
        return True
    changed = [(a, b) for a, b in zip(native.operations, mutant.operations, strict=True) if a != b]
    return all(type(a) is type(b) is ops.PrepareCubic and a.gamma == b.gamma and b.r > 0 for a, b in changed)


def readout(sign=-1.0, angle=np.pi / 2, squeezing=-1.0, name="y"):
    return Circuit(
        2,
        (
            ops.PrepareSqueezed((1,), squeezing),
            ops.ControlledX((1, 0), sign),
            ops.Homodyne((1,), angle, name),
            ops.Displacement((0,), Polynomial.monomial((name, name), 0.5), 0.0),
        ),
        (1,),
    )


def test_measurement_and_feed_forward_are_compared():
    ideal = load_profile("ideal-cubic")
    assert compare(readout(), compile_circuit(readout(), ideal).circuit).equivalent
    for other in (readout(sign=1.0), readout(angle=0.0), readout(squeezing=1.0), readout(name="z")):
        verdict = compare(readout(), other)
        assert not verdict.equivalent
        assert verdict.reason


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Circuit(1), Circuit(2)),
        (Circuit(1, (ops.PrepareVacuum((0,)),)), Circuit(1)),
        (Circuit(1, (ops.Homodyne((0,), 0.0, "y"),)), Circuit(1)),
    ],
)
def test_different_shapes_are_different(left, right):
    assert not compare(left, right).equivalent
    assert not compare(right, left).equivalent


def test_overflow_is_never_accepted():
    wild = Circuit(1, (ops.Squeeze((0,), -400.0), ops.CubicPhase((0,), 1e300), ops.Squeeze((0,), 400.0)))
    other = wild.with_operations((*wild.operations[:1], ops.CubicPhase((0,), 1.001e300), *wild.operations[2:]))
    verdict = compare(wild, wild)
    assert verdict.equivalent and verdict.digits is not None and verdict.growth == np.inf  # float64 could not tell
    assert not compare(wild, other).equivalent


def test_what_grows_beyond_all_numbers_is_never_accepted():
    prepared = (ops.PrepareVacuum((0,)), ops.CubicPhase((0,), 0.1))
    wild = Circuit(1, (*prepared, ops.Squeeze((0,), 1e308)))
    assert not compare(wild, Circuit(1, (*prepared, ops.Squeeze((0,), 0.5)))).equivalent
    assert not compare(Circuit(1, prepared), wild).equivalent


def test_two_preparations_of_one_mode_are_kept_apart():
    first, second = ops.PrepareSqueezed((0,), 0.5), ops.PrepareSqueezed((0,), 0.7)
    measure = ops.Homodyne((0,), 0.0, "a")
    assert not compare(Circuit(1, (first, measure, second)), Circuit(1, (second, measure, first))).equivalent


@pytest.mark.parametrize(
    ("left", "right"),
    [
        # the first random point of a fresh mode is not that of an input
        (
            (ops.Homodyne((0,), 0.0, "m"), ops.PrepareVacuum((0,)), ops.PrepareVacuum((0,))),
            (ops.PrepareVacuum((0,)), ops.Homodyne((0,), 0.0, "m"), ops.PrepareVacuum((0,))),
        ),
        # values so large that float64 forgets the input
        (
            (ops.Displacement((0,), 1e30, 1e30), ops.Displacement((0,), -1e30, -1e30)),
            (ops.Displacement((0,), 1e30, 1e30), ops.Displacement((0,), -1e30, -1e30), ops.Squeeze((0,), 3.0)),
        ),
        # an offset so large that a gate is small beside it
        (
            (ops.Displacement((0,), 0.0, 1e13), ops.CubicPhase((0,), 0.5)),
            (ops.Displacement((0,), 0.0, 1e13),),
        ),
    ],
)
def test_what_looks_equal_and_is_not(left, right):
    for digits in (None, 60):
        assert not compare(Circuit(1, left), Circuit(1, right), digits=digits).equivalent


def test_a_result_is_not_another_mode_s_result_of_that_name():
    small = Circuit(1, (ops.Homodyne((0,), 0.0, "m"), ops.PrepareVacuum((0,))))
    large = (ops.PrepareVacuum((0,)), ops.PrepareVacuum((1,)), ops.Homodyne((1,), 0.0, "m"))
    assert not compare(small, Circuit(2, large, (1,))).equivalent


def test_only_circuits_are_compared():
    with pytest.raises(CircuitError, match="found int"):
        compare(Circuit(1), 42)
    with pytest.raises(CircuitError, match="2 points"):
        compare(Circuit(1), Circuit(1), points=1)


# --- circuits with further modes -------------------------------------------------------------------------------------


def test_a_borrowed_mode_must_come_back_unchanged():
    source = Circuit(1, (ops.Shear((0,), 0.3),))
    for extra, equal in (
        ((), True),
        ((ops.Rotation((1,), 0.3), ops.Rotation((1,), -0.3)), True),
        ((ops.Squeeze((1,), 1e-3),), False),
        ((ops.ControlledZ((0, 1), 1e-3),), False),
        ((ops.Homodyne((1,), 0.0, "y"),), False),
        ((ops.PrepareVacuum((1,)), ops.Homodyne((1,), 0.0, "y")), True),  # a resource: nothing depends on it
    ):
        borrowing = Circuit(2, (*source.operations, *extra), (1,))
        assert compare(source, borrowing).equivalent is compare(borrowing, source).equivalent is equal, extra
    assert not compare(source, Circuit(2, source.operations)).equivalent  # a further latent mode is another circuit


@pytest.mark.parametrize(
    ("prepare", "coupling", "equal"),
    [
        (ops.PrepareSqueezed((1,), 2.0), ops.ControlledX((1, 0), 1.0), True),  # x_a = 0 shifts nothing
        (ops.PrepareSqueezed((1,), -2.0), ops.ControlledX((1, 0), 1.0), False),
        (ops.PrepareSqueezed((1,), -2.0), ops.ControlledX((0, 1), 1.0), True),  # p_a = 0 kicks nothing
        (ops.PrepareSqueezed((1,), 2.0), ops.ControlledX((0, 1), 1.0), False),
        (ops.PrepareVacuum((1,)), ops.ControlledX((0, 1), 1.0), False),
    ],
)
def test_resources_are_ideal_on_further_modes_only(prepare, coupling, equal):
    verdict = compare(Circuit(1), Circuit(2, (prepare, coupling), (1,)))
    assert verdict.equivalent is equal
    assert verdict.resources == (not isinstance(prepare, ops.PrepareVacuum))  # the vacuum is no ideal that is missed
    assert not compare(Circuit(2, (prepare,), (1,)), Circuit(2, (prepare, coupling), (1,))).equivalent


def test_hidden_results_must_be_on_further_modes():
    source = Circuit(2, (ops.Shear((0,), 0.3),), (1,))
    assert not compare(source, Circuit(2, (*source.operations, ops.Homodyne((1,), 0.0, "y")), (1,))).equivalent


def test_symbols_take_random_values():
    def sheared(factor):
        return Circuit(1, (ops.Shear((0,), Polynomial.monomial(("w",), factor)),), symbols=("w",))

    assert compare(sheared(0.5), sheared(0.5)).equivalent
    assert not compare(sheared(0.5), sheared(0.5 + 1e-6)).equivalent
    assert "symbols" in compare(sheared(0.5), Circuit(1, (ops.Shear((0,), 0.5),))).reason


def test_digits_tell_rounding_from_a_defect():
    r = 12.0  # float64 loses e^{2r} = 3e10 on the way
    there_and_back = Circuit(
        1, (ops.Squeeze((0,), r), ops.Rotation((0,), 0.5), ops.Rotation((0,), -0.5), ops.Squeeze((0,), -r))
    )
    for digits in (None, 60):  # by itself it takes more digits, because values grow
        verdict = compare(Circuit(1), there_and_back, digits=digits)
        assert verdict.equivalent and verdict.residual < 1e-25 and verdict.precision.startswith("mpmath")
    wrong = there_and_back.with_operations((*there_and_back.operations, ops.Shear((0,), 1e-9)))
    assert not compare(Circuit(1), wrong).equivalent
    with pytest.raises(CircuitError, match="digits"):
        compare(Circuit(1), Circuit(1), digits=3)


def test_digits_agree_with_the_slow_reference():
    rng = np.random.default_rng(5)
    for _ in range(20):
        circuit = random_circuit(rng, 3, 6)
        native = compile_circuit(circuit, load_profile("ideal-cubic")).circuit
        assert compare(circuit, native, digits=40).equivalent
        at = int(rng.integers(len(native.operations)))
        broken = native.with_operations(native.operations[:at] + native.operations[at + 1 :])
        assert compare(circuit, broken, digits=40).equivalent is truly_equal(circuit, broken)


def test_strawberry_fields_programs_are_compared():
    circuit = readout()
    assert compare(circuit, to_strawberryfields(circuit)).equivalent
    assert compare(to_strawberryfields(circuit), to_strawberryfields(circuit)).equivalent
    assert not compare(to_strawberryfields(readout(sign=1.0)), circuit).equivalent


def test_a_mode_that_is_prepared_again_is_compared_again():
    """After the readout the mode is a vacuum squeezed by r, with var x = e^{-2r}: another state for another r."""

    def renewed(*gates):
        return Circuit(1, (ops.Homodyne((0,), 0.0, "y"), ops.PrepareVacuum((0,)), *gates))

    assert compare(renewed(ops.Squeeze((0,), 0.3)), renewed(ops.Squeeze((0,), 0.3))).equivalent
    for other in ((ops.Squeeze((0,), 0.9),), (), (ops.Squeeze((0,), 0.3), ops.Homodyne((0,), 0.0, "z"))):
        assert not compare(renewed(ops.Squeeze((0,), 0.3)), renewed(*other)).equivalent


def test_ordinary_circuits_are_compared_in_float64(monkeypatch):
    """Float64 rounds to 2^-53: values may grow by 1e-11 / 2^-53 = 9e4 on the way before more digits are taken."""

    def there_and_back(far):
        return Circuit(1, (ops.Displacement((0,), far, 0.0), ops.Displacement((0,), -far, 0.0)))

    far = compare(Circuit(1), there_and_back(1e9))
    assert far.equivalent and far.digits >= 40 + 2 * 9 and far.precision == f"mpmath, {far.digits} digits"
    monkeypatch.setitem(sys.modules, "mpmath", None)  # from here on it cannot even be imported
    circuit = random_circuit(np.random.default_rng(4), 3, 12)
    for left, right in (
        (circuit, compile_circuit(circuit, load_profile("ideal-cubic")).circuit),
        (Circuit(1), there_and_back(1e3)),
    ):
        verdict = compare(left, right)
        assert verdict.equivalent and verdict.digits is None and verdict.precision == "float64"
    with pytest.raises(ImportError):
        compare(Circuit(1), there_and_back(1e9))
