"""The equivalence checker: accepts what is equal, rejects what is not. Mutants are judged by the 60-digit reference."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from slow_reference import random_circuit, truly_equal

from compiler import operations as ops
from compiler.circuit import Circuit
from compiler.pipeline import compile_circuit
from compiler.polynomial import Polynomial
from compiler.verify import compare
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


def test_no_mutant_is_accepted_unless_it_is_equal():
    rng = np.random.default_rng(2026)
    ideal = load_profile("ideal-cubic")
    made = rejected = 0
    kinds = set()
    while made < 1200:
        source = random_circuit(rng, 3, 6)
        native = compile_circuit(source, ideal).circuit
        for kind, operations in mutants(native, rng):
            mutant = Circuit(3, tuple(operations))
            made += 1
            verdict = compare(source, mutant)
            if verdict.equivalent:
                assert truly_equal(native, mutant), (kind, source, verdict)
            else:
                rejected += 1
                kinds.add(kind)
                assert verdict.counterexample is not None
    assert kinds == {"dropped", "sign", "strength", "swapped", "permuted"}
    assert rejected > 0.8 * made  # the rest are mutants that change nothing


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
    assert not compare(wild, wild).equivalent


def test_two_preparations_of_one_mode_are_kept_apart():
    first, second = ops.PrepareSqueezed((0,), 0.5), ops.PrepareSqueezed((0,), 0.7)
    measure = ops.Homodyne((0,), 0.0, "a")
    assert not compare(Circuit(1, (first, measure, second)), Circuit(1, (second, measure, first))).equivalent
