"""Layers by the whole Jacobian: derivatives against finite differences, fits against the 60-digit reference."""

import numpy as np
import pytest
from cubic_forms import dense, general, realises

from compiler.synthesis.form import CubicForm, fewest_layers
from compiler.synthesis.layers.dense import _Fit, orthogonal_layers
from compiler.synthesis.options import Effort


def test_the_jacobian_of_the_layers_is_that_of_their_fit():
    rng = np.random.default_rng(2)
    fit = _Fit(dense(4))
    rotations = [np.linalg.qr(rng.normal(size=(4, 4)))[0] for _ in range(2)]
    strengths = rng.normal(size=8)

    def value(step):
        turned, g = fit.moved(rotations, strengths, step)
        return fit.cubes(turned) @ g

    jacobian = fit.jacobian(rotations, strengths)
    for column in range(jacobian.shape[1]):
        e = np.zeros(jacobian.shape[1])
        e[column] = 1e-6
        np.testing.assert_allclose((value(e) - value(-e)) / 2e-6, jacobian[:, column], atol=1e-8)


def test_steps_keep_rotations_orthogonal():
    rng = np.random.default_rng(3)
    fit = _Fit(dense(5))
    rotations = [np.linalg.qr(rng.normal(size=(5, 5)))[0] for _ in range(2)]
    turned, strengths = fit.moved(rotations, np.zeros(10), rng.normal(size=30))
    for rotation in turned:
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(5), atol=1e-14)
    assert strengths.any()


@pytest.mark.parametrize(("n", "count"), [(3, 2), (4, 2), (5, 3), (6, 3)])
def test_fits_are_the_form(n, count):
    assert count == fewest_layers(n)
    # for n = 4 two layers have as many unknowns as there are monomials, and not every form has real ones
    for form, layers in ((dense(n), count), (general(n, 1, 50), count + 1)):
        plans = (orthogonal_layers(form, layers, np.random.default_rng(seed), Effort(5.0)) for seed in range(8))
        plan = next(plan for plan in plans if plan is not None)
        assert (plan.depth, plan.cubics) == (layers, layers * n) and realises(form, plan)


def test_too_few_layers_are_given_up():
    for seed in range(3):
        assert orthogonal_layers(dense(7), 2, np.random.default_rng(seed), Effort(20.0)) is None


def test_a_fit_ends_with_its_effort_and_does_not_begin_without():
    form = dense(6)
    effort = Effort(1e-9)
    assert orthogonal_layers(form, 3, np.random.default_rng(0), effort) is None and effort.left == 1e-9
    effort = Effort(9 * (63**2 * 56 + 63**3 / 3.0 + 5e6) / 1e10)
    assert orthogonal_layers(form, 3, np.random.default_rng(0), effort) is None
    assert effort.left < 0.2 * 9 * (63**2 * 56 + 63**3 / 3.0 + 5e6) / 1e10


def test_gates_of_no_strength_are_left_out():
    """``x^3 + y^3`` in one layer has two gates on three modes."""
    form = CubicForm(3, {(0, 0, 0): 1.0, (1, 1, 1): -0.5})
    plans = (orthogonal_layers(form, 1, np.random.default_rng(seed), Effort(5.0)) for seed in range(20))
    plan = next((plan for plan in plans if plan is not None), None)
    assert plan is not None and plan.depth == 1 and realises(form, plan)
