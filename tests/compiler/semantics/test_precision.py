"""Before circuits are called different they are compared in more digits; rounding is told from a difference."""

import sys
from dataclasses import replace
from math import exp, pi

import numpy as np
import pytest
from scipy.stats import unitary_group

from compiler.comparison import compare
from compiler.errors import CircuitError
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.pipeline import MiscompilationError, compile_circuit, verified
from compiler.semantics.equivalence import equivalent
from compiler.semantics.verdict import Counterexample, Equivalence
from hardware_profiles import load_profile


def sandwich(r, *inside, mode=0):
    return ops.Squeeze((mode,), r), *inside, ops.Squeeze((mode,), -r)


def there_and_back(theta=0.7, phi=0.3, change=1.0):
    return ops.BeamSplitter((0, 1), theta, phi), ops.BeamSplitter((0, 1), -theta * change, phi)


def almost_undone(a, b):
    """Three rotations whose angles add up to rounding, 1e-17 to 1e-16, which is not zero."""
    return ops.Rotation((0,), a), ops.Rotation((0,), b), ops.Rotation((0,), -(a + b))


ALMOST = [(0.1, 0.2), (0.7, 0.1), (0.3, 0.6)]
"""Numbers whose sum in float64 is not their sum."""


def unitaries(seed):
    u = unitary_group.rvs(2, random_state=seed)
    return tuple(ops.Interferometer((0, 1), tuple(map(tuple, m.tolist()))) for m in (u, u.conj().T))


@pytest.mark.parametrize("r", [0.5, 5.0, 6.0, 7.0, 10.0, 15.0])
def test_what_is_undone_exactly_is_equal_at_any_squeezing(r):
    """The parameters of a beamsplitter and of its inverse are the same floats: only evaluation rounds."""
    verdict = compare(Circuit(2), Circuit(2, sandwich(r, *there_and_back())))
    assert verdict.equivalent
    if r >= 6.0:  # float64 is off by 2^-53 e^{2r} = 2e-11 and more
        assert verdict.digits is not None and verdict.precision == f"mpmath, {verdict.digits} digits"
        assert verdict.residual < 1e-30
    for change in (1 + 1e-6, 1 - 1e-6):
        wrong = compare(Circuit(2), Circuit(2, sandwich(r, *there_and_back(change=change))))
        assert not wrong.equivalent and wrong.decided and wrong.precision.startswith("mpmath")


@pytest.mark.parametrize("r", [6.0, 7.0, 10.0, 15.0])
def test_a_millionth_in_any_parameter_is_found_out_at_any_squeezing(r):
    operations = (*sandwich(r, *there_and_back(), ops.CubicPhase((1,), 0.2)), ops.Displacement((1,), 0.3, -0.4))
    for place, op in enumerate(operations):
        for key, value in op.parameters().items():
            if key == "phi":  # both change at once below
                continue
            wrong = (*operations[:place], replace(op, **{key: value * (1 + 1e-6)}), *operations[place + 1 :])
            verdict = compare(Circuit(2, operations), Circuit(2, wrong))
            assert not verdict.equivalent, (place, key)


def test_weights_that_stretch_points():
    """x -> x after a kick of 10^9 and its inverse, and two large cubic gates that cancel: exact in mpmath alone."""
    big = ops.CubicPhase((0,), 1e4), ops.ControlledX((0, 1), 300.0), ops.CubicPhase((1,), 1e3)
    undone = ops.CubicPhase((1,), -1e3), ops.ControlledX((0, 1), -300.0), ops.CubicPhase((0,), -1e4)
    verdict = compare(Circuit(2), Circuit(2, (*big, *undone)))
    assert verdict.equivalent and verdict.growth > 1e6 and verdict.digits is not None
    wrong = (*big, *undone[:1], ops.ControlledX((0, 1), -300.0 * (1 + 1e-9)), *undone[2:])
    assert not compare(Circuit(2), Circuit(2, wrong)).equivalent


def test_large_squeezing_of_prepared_states():
    """An EPR pair: the variance 2 e^{-2r} of x_0 - x_1 differs by a millionth; x_0 itself has e^{2r} / 2."""
    for r in (3.0, 7.0, 12.0):
        pair = ops.PrepareSqueezed((0,), -r), ops.PrepareSqueezed((1,), r), ops.BeamSplitter((0, 1), pi / 4)
        same = ops.PrepareVacuum((1,)), ops.PrepareVacuum((0,)), ops.Squeeze((0,), -r), ops.Squeeze((1,), r), pair[2]
        assert compare(Circuit(2, pair), Circuit(2, same)).equivalent
        noisy = (*pair, ops.DisplacementNoise((0,), 2e-6 * exp(-2 * r), 0.0))
        verdict = compare(Circuit(2, pair), Circuit(2, noisy))
        assert not verdict.equivalent, r
        assert verdict.decided is (r < 10.0)  # at r = 12 the rounding of pi / 4 does as much
        assert verdict.decided or "rounding" in verdict.reason


@pytest.mark.parametrize("r", [3.0, 7.0])
@pytest.mark.parametrize("seed", range(4))
def test_unitaries_are_undone_up_to_the_rounding_of_their_elements(r, seed):
    """U U^dagger of float64 elements is 1 to 1e-16, stretched by e^r between modes."""
    verdict = compare(Circuit(2), Circuit(2, sandwich(r, *unitaries(seed))))
    assert verdict.equivalent and verdict.residual < 1e-11
    forth, back = unitaries(seed)
    for wrong in (ops.Rotation((0,), 1e-6), ops.BeamSplitter((0, 1), 1e-6)):
        assert not compare(Circuit(2), Circuit(2, sandwich(r, forth, wrong, back))).equivalent


@pytest.mark.parametrize("angles", ALMOST)
def test_the_rounding_of_parameters_is_not_a_difference(angles):
    """Angles that add up to 5e-17 or 1e-16 turn p, stretched by e^7, into x, stretched as much: above 1e-11."""
    made = Circuit(1, sandwich(7.0, *almost_undone(*angles)))
    verdict = compare(Circuit(1), made)
    assert verdict.equivalent and verdict.digits is not None
    strict = equivalent(Circuit(1), made)
    assert 1e-11 < strict.residual < 1e-8 and strict.residual == verdict.residual
    assert not strict.equivalent and not strict.decided
    assert strict.reason.startswith("not shown equal: ") and "rounding the parameters to float64" in strict.reason
    assert strict.residual / 16 <= strict.rounding < 1e-8
    assert verdict.residual <= verdict.tolerance <= 1e-8
    # a change of a millionth makes 10^10 times as much as rounding
    a, b, c = almost_undone(*angles)
    for wrong in ((replace(a, theta=a.theta * (1 + 1e-6)), b, c), (a, b, c, ops.Rotation((0,), 1e-12))):
        assert not compare(Circuit(1), Circuit(1, sandwich(7.0, *wrong))).equivalent


def test_rounding_excuses_only_the_outputs_that_it_reaches():
    """Mode 0 is off by rounding, and mode 1 by 1e-9: the one is no reason to overlook the other."""
    made = sandwich(7.0, *almost_undone(*ALMOST[0]))
    plain, weak, changed = (
        Circuit(2, (*first, ops.CubicPhase((1,), 1e-3 * factor)))
        for first, factor in (((), 1.0), (made, 1.0), (made, 1.0 + 1e-6))
    )
    assert compare(plain, weak).equivalent
    assert not compare(plain, changed).equivalent


def test_rounding_beyond_the_limit_is_not_accepted_and_not_called_a_difference():
    made = Circuit(1, sandwich(11.0, *almost_undone(*ALMOST[0])))  # 5e-17 e^{22} = 2e-7
    verdict = compare(Circuit(1), made)
    assert not verdict.equivalent and not verdict.decided and verdict.rounding > 1e-8


def test_equal_circuits_stay_in_float64_and_different_ones_do_not(monkeypatch):
    one, other = Circuit(1, (ops.CubicPhase((0,), 0.1),)), Circuit(1, (ops.CubicPhase((0,), 0.2),))
    assert compare(one, other).precision == "mpmath, 40 digits"
    prepared = Circuit(1, (ops.PrepareVacuum((0,)), *one.operations))
    noisy = Circuit(2, (ops.Loss((0,), 0.5), ops.BeamSplitter((0, 1), 0.3)))
    monkeypatch.setitem(sys.modules, "mpmath", None)  # from here on it cannot even be imported
    for same in (one, prepared, noisy, noisy.then(one.operations)):
        assert compare(same, same).precision == "float64"
    with pytest.raises(ImportError):
        compare(one, other)


def test_random_points_are_the_same_in_both_precisions():
    """The evaluation in more digits is of the same circuits at the same points: residuals of float64 are rounding."""
    rng = np.random.default_rng(2)
    for _ in range(10):
        a, b = (float(v) for v in rng.uniform(0.1, 0.9, 2))
        left = Circuit(2, (ops.CubicPhase((0,), a), ops.BeamSplitter((0, 1), b), ops.Squeeze((1,), a)))
        right = left.then((ops.Shear((0,), 1e-3),))
        quick, fine = (compare(left, right, digits=digits) for digits in (None, 60))
        assert quick.counterexample.output == fine.counterexample.output == "p_0"
        assert quick.counterexample.left == pytest.approx(fine.counterexample.left, rel=1e-13)
        assert quick.residual == pytest.approx(fine.residual, rel=1e-12)


# --- what a refused compilation says ---------------------------------------------------------------------------------


def found(residual, **values):
    worst = Counterexample("x_0", 1.0, 1.0 + residual, (0.0,), (0.0,))
    return lambda source, native, digits=None: Equivalence(False, residual, 1e-11, 6, str(worst), worst, **values)


def test_a_compilation_is_refused_for_what_it_is():
    source = Circuit(1, (ops.Squeeze((0,), 0.5),))
    with pytest.raises(CircuitError, match=r"ill-conditioned.*rounding its parameters to float64 alone .* by 1.0e-05"):
        verified(source, source, None, found(1e-5, rounding=1e-5, decided=False, digits=44))
    with pytest.raises(
        CircuitError,
        match=r"by at most 1e-11, found 3.0e-08 \(mpmath, 44 digits\).*rounding to float64 in the passes",
    ):
        verified(source, source, None, found(3e-8, digits=44))
    with pytest.raises(MiscompilationError, match="differs from its source: x_0"):
        verified(source, source, None, found(1e-3, digits=44))
    with pytest.raises(MiscompilationError, match="could not be proved equal to its source"):
        verified(source, source, None, found(1e-3, digits=44, decided=False))


@pytest.mark.parametrize("r", [6.0, 7.0, 10.0])
def test_squeezing_that_cancels_compiles_to_nothing(r):
    program = compile_circuit(Circuit(2, sandwich(r, *there_and_back())), load_profile("ideal-cubic"))
    assert program.circuit.operations == () and program.verification.residual < 1e-30
