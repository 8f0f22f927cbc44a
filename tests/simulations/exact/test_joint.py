"""Samples of strongly squeezed Gaussian programs: right in every combination, or refused.

A sample variance of 40,000 shots has a relative standard error of 0.7 %; bounds of 5 of these fail for 6e-7 of all
seeds.
"""

from math import exp, log, pi, sqrt

import numpy as np
import pytest
from many_digits import mean_and_variance
from random_programs import p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.exact import log_density, simulate
from simulations.exact.joint import joint_law, lower_root, residuals
from simulations.exact.moments import PrecisionError

SHOTS = 40_000


def rng(seed=0):
    return np.random.default_rng(seed)


def pair(r, a=0, b=1):
    """x_a - x_b and p_a + p_b have the variance 2 e^{-2r}."""
    return ops.PrepareSqueezed((a,), -r), ops.PrepareSqueezed((b,), r), ops.BeamSplitter((a, b), pi / 4)


@pytest.mark.parametrize("r", [1.0, 5.0, 8.0, 12.0, 16.0])
def test_differences_of_the_outcomes_of_a_pair(r):
    for read, sign in ((x_of, -1.0), (p_of, 1.0)):
        out = simulate(Circuit(2, (*pair(r), read(0, "a"), read(1, "b"))), SHOTS, rng(1)).results
        both = out["a"] + sign * out["b"]
        assert abs(both.var() / (2 * exp(-2 * r)) - 1) < 5 * sqrt(2 / SHOTS)
        assert abs(both.mean()) < 5 * sqrt(2 * exp(-2 * r) / SHOTS)
        assert abs(out["a"].var() / (0.5 * (exp(2 * r) + exp(-2 * r))) - 1) < 5 * sqrt(2 / SHOTS)


@pytest.mark.parametrize("r", [6.0, 12.0])
def test_every_combination_of_a_shared_state_has_its_variance(r):
    """Three modes of which positions agree and momenta add up to 0, with feed-forward from the first to the last."""
    state = tuple(ops.PrepareSqueezed((m,), -r if m == 0 else r) for m in range(3))
    shared = ops.ControlledX((0, 1), 1.0), ops.BeamSplitter((1, 2), 0.4), ops.BeamSplitter((0, 2), -0.9, 0.2)
    fed = ops.Displacement((2,), Polynomial.monomial(("a",), 0.7), 0.0)
    circuit = Circuit(3, (*state, *shared, x_of(0, "a"), fed, ops.Homodyne((1,), 0.3, "b"), x_of(2, "c")))
    out = simulate(circuit, SHOTS, rng(2)).results
    law = joint_law(circuit)
    # each outcome minus its expectation given the earlier ones, and combinations at random
    rows = [*residuals(law.root), *rng(3).normal(size=(4, 3))]
    for row in rows:
        answer = Polynomial({((name, 1),): float(c) for name, c in zip(law.names, row, strict=True)})
        _, variance = mean_and_variance(circuit, answer)
        # the combination itself is rounded to float64: at most 3e-3 of its deviation here
        assert abs(answer.evaluate(out).var() / variance - 1) < 5 * sqrt(2 / SHOTS)


@pytest.mark.parametrize("r", [17.0, 20.0, 100.0])
def test_outcomes_that_float64_cannot_hold_are_refused(r):
    circuit = Circuit(2, (*pair(r), x_of(0, "a"), x_of(1, "b")))
    for ask in (
        lambda: simulate(circuit, 10, rng()),
        lambda: simulate(circuit, 1, rng()),
        lambda: log_density(circuit, {"a": 0.0, "b": 0.0}, rng()),
    ):
        with pytest.raises(PrecisionError, match=r"outcomes of b are of size .* vary by .* float64 cannot hold both"):
            ask()
    alone = simulate(Circuit(2, (*pair(r), x_of(0, "a"))), SHOTS, rng(1)).results["a"]
    assert abs(alone.var() / (0.5 * exp(2 * r)) - 1) < 5 * sqrt(2 / SHOTS)


def test_an_outcome_that_is_far_away_is_refused():
    for distance in (1e9, 1e20):
        circuit = Circuit(1, (ops.Displacement((0,), distance, 0.0), x_of(0)))
        if distance < 1e10:
            assert abs(simulate(circuit, SHOTS, rng(4)).results["x"].var() - 1) < 5 * sqrt(2 / SHOTS)
        else:
            with pytest.raises(PrecisionError, match=r"outcomes of x are of size 1e\+20"):
                simulate(circuit, 10, rng())


@pytest.mark.parametrize("r", [2.0, 9.0, 12.0])
def test_log_density_of_a_pair(r):
    # the determinant of the covariances of both positions is 1, and that of their quadratic form is known
    circuit = Circuit(2, (*pair(r), x_of(0, "a"), x_of(1, "b")))
    assert log_density(circuit, {"a": 0.0, "b": 0.0}, rng()).value == pytest.approx(-log(2 * pi), abs=1e-6)
    shift = 1.5 * exp(-r)
    found = log_density(circuit, {"a": 0.5 * shift, "b": -0.5 * shift}, rng()).value
    # a - b = shift has the variance 2 e^{-2r}, and a + b = 0
    assert found == pytest.approx(-log(2 * pi) - 0.5 * shift**2 / (2 * exp(-2 * r)), abs=1e-6)


def test_laws_of_one_shot_are_the_conditional_ones():
    r = 11.0
    circuit = Circuit(2, (*pair(r), x_of(0, "a"), x_of(1, "b")))
    out = simulate(circuit, 1, rng(), {"a": 1000.0})
    law = out.laws["b"]
    # given x_0, x_1 = tanh(2r) x_0 + normal(1 / cosh 2r)
    assert law.mean == pytest.approx(1000.0 * np.tanh(2 * r), rel=1e-12)
    assert law.variance == pytest.approx(1 / np.cosh(2 * r), rel=1e-6)


def test_a_gaussian_program_that_overflows_is_refused_in_one_line():
    for operations in (
        (ops.Squeeze((0,), 400.0),),
        (ops.Shear((0,), 1e200), ops.ControlledX((1, 0), 1e200)),
        (ops.ThermalLoss((0,), 0.5, 1e308), ops.ThermalLoss((0,), 0.5, 1.7e308)),
        (ops.Displacement((0,), 1e300, -1e300),),
    ):
        with np.errstate(all="raise"), pytest.raises(PrecisionError, match="float64") as caught:
            simulate(Circuit(2, (*operations, p_of(0))), 5, rng())
        assert "\n" not in str(caught.value)


def test_roots_and_residuals():
    """The same in float64 and in objects; a residual is uncorrelated with what came before."""
    matrix = rng(5).normal(size=(4, 4))
    cov = matrix @ matrix.T
    root = lower_root(cov)
    assert root @ root.T == pytest.approx(cov)
    assert residuals(root) @ root == pytest.approx(np.diag(np.diag(root)))
    slow = lower_root(cov.astype(object))
    assert slow.astype(float) == pytest.approx(root) and residuals(slow).astype(float) == pytest.approx(residuals(root))
    for bad in (np.diag([1.0, -1.0]), np.full((2, 2), np.nan), np.ones((2, 2)) * 1e-3 - np.eye(2)):
        for kind in (float, object):
            with np.errstate(all="ignore"), pytest.raises(np.linalg.LinAlgError):
                lower_root(bad.astype(kind))


def test_programs_without_readouts_have_no_outcomes():
    assert simulate(Circuit(1, squeezed(1, 3.0)), 3, rng()).results == {}
