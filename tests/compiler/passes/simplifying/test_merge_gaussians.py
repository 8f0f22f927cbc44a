"""Runs of Gaussian gates keep what they do, and never cost more squeezers than before."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_reference import truly_equal

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from compiler.passes.simplifying.merge_gaussians import MergeGaussians, resynthesised
from compiler.pipeline import compile_circuit, compile_polynomial
from hardware_profiles import load_profile

IDEAL = load_profile("ideal-cubic")


def test_gaussian_runs_lose_squeezers():
    rng = np.random.default_rng(0)
    weights = sum((Polynomial.monomial(pair, 0.2) for pair in combinations(range(6), 2)), Polynomial())
    run = Circuit(6, (ops.phase(weights),))
    counts = compile_circuit(run, IDEAL).resources.counts
    assert counts["squeezer"] == 6  # one per mode, instead of two for each of the 15 edges
    pairs = [tuple(int(m) for m in rng.permutation(4)[:2]) for _ in range(12)]
    point = compile_circuit(Circuit(4, tuple(ops.ControlledX(pair, 0.3) for pair in pairs)), IDEAL)
    assert point.resources.counts["squeezer"] == 4
    splitters = [op for op in point.circuit.operations if isinstance(op, ops.BeamSplitter)]
    assert splitters and all(op.phi == 0.0 for op in splitters)  # stays real


def squeezers(gates):
    cost = {ops.Squeeze: 1, ops.Shear: 1, ops.ControlledX: 2, ops.ControlledZ: 2}
    return sum(cost.get(type(op), 0) for op in gates)


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 14))
@settings(max_examples=50)
def test_gaussian_runs_keep_what_they_do(seed, modes, length):
    rng = np.random.default_rng(seed)
    gates = []
    for _ in range(length):
        a, b = (int(v) for v in rng.permutation(max(modes, 2))[:2])
        s = float(rng.uniform(-0.8, 0.8))
        single = [ops.Squeeze((0,), s), ops.Shear((0,), s), ops.Rotation((0,), s)]
        double = [ops.BeamSplitter((a, b), s), ops.BeamSplitter((a, b), s, 2 * s)]
        double += [ops.ControlledX((a, b), s), ops.ControlledZ((a, b), s), ops.Squeeze((a,), s)]
        gates.append((single if modes == 1 else double)[int(rng.integers(3 if modes == 1 else 5))])
    new = resynthesised(gates)
    size = max(modes, 2)
    assert truly_equal(Circuit(size, tuple(gates)), Circuit(size, tuple(new)))
    assert squeezers(new) <= squeezers(gates)


def test_weak_gaussian_gates_do_not_stop_the_compiler():
    weak = Polynomial.monomial((1, 2), 5.96e-8) + Polynomial.monomial((0, 1), 2.0772e-11)
    assert compile_polynomial(weak, IDEAL).verification.equivalent


def test_a_merged_squeezer_is_not_stronger_than_allowed():
    """Two squeezers of r = 0.5 make one of r = 1; those of 1 and -0.4 make one that is weaker than the stronger."""
    twice = [ops.Squeeze((0,), 0.5), ops.Squeeze((0,), 0.5)]
    for limit, left in ((float("inf"), 1), (1.1, 1), (0.9, 2), (0.1, 2)):
        found = resynthesised(twice, limit)
        assert squeezers(found) == left
        assert truly_equal(Circuit(1, tuple(twice)), Circuit(1, tuple(found)))
    assert squeezers(resynthesised([ops.Squeeze((0,), 1.0), ops.Squeeze((0,), -0.4)], 0.1)) == 1


def test_runs_that_squeeze_too_much_for_float64_are_left_alone():
    """Squeezing by 8 in all is a matrix with entries up to e^8 = 2981; by 6 it is one up to 403."""
    for r, left in ((3.0, 1), (4.0, 2)):
        run = [ops.Squeeze((0,), r), ops.Squeeze((0,), r)]
        found = resynthesised(run)
        assert squeezers(found) == left and (found is run) == (left == 2)


def test_gates_that_do_nothing_are_left_out_of_runs():
    cubic = ops.CubicPhase((0,), 0.1)
    nothing = (ops.Rotation((0,), 2 * np.pi), ops.BeamSplitter((0, 1), 2 * np.pi, 0.2), ops.Shear((1,), 0.0))
    circuit = Circuit(2, (cubic, *nothing, cubic, nothing[0], ops.Squeeze((0,), 0.2), cubic))
    assert MergeGaussians()(circuit, IDEAL).circuit.operations == (cubic, cubic, ops.Squeeze((0,), 0.2), cubic)
