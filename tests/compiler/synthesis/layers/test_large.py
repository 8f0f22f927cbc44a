"""Layers of large forms: the products against finite differences and against the dense fit, results against the form.

The tolerances of derivatives are those of central differences with a step of 1e-6: 1e-12 of truncation and 1e-10 of
rounding, times the size of the entries.
"""

from math import comb

import numpy as np
import pytest
from slow_reference import truly_equal

from compiler.ir.circuit import Circuit
from compiler.ir.operations import CubicPhase, Interferometer
from compiler.semantics.equivalence import equivalent
from compiler.synthesis.form import CubicForm, fewest_layers
from compiler.synthesis.layers import large
from compiler.synthesis.layers.counts import LARGEST_LAYERED, layer_plans
from compiler.synthesis.layers.large import (
    PATIENCE,
    Layers,
    _Products,
    gathered,
    inner,
    large_orthogonal_layers,
    normal_matrix,
    places,
    solve_flops,
    spread,
    unknowns,
)
from compiler.synthesis.options import RATE, Effort
from qumode_khrnn.network.hypergraph import random_hypergraph

COUNT, SIZE = 3, 5


def dense(n, seed=0):
    rng = np.random.default_rng(seed)
    return CubicForm(n, {edge.modes: edge.weight for edge in random_hypergraph(n, 3, rng).edges})


def some_layers(count=COUNT, n=SIZE, seed=1):
    rng = np.random.default_rng(seed)
    rotations = np.stack([np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(count)])
    return Layers(rotations, rng.normal(size=(count, n)))


def some_step(seed, count=COUNT, n=SIZE):
    step = np.random.default_rng(seed).normal(size=(count, n, n))
    turns = np.triu(step, 1)
    return turns - turns.transpose(0, 2, 1) + step * np.eye(n)


def slope(layers, step):
    """J times a step, by central differences of the tensor."""
    zero = np.zeros((SIZE,) * 3)
    return (layers.moved(-1e-6 * step).missing(zero) - layers.moved(1e-6 * step).missing(zero)) / 2e-6


def written_out(form, plan):
    """Coefficients of sum gamma / 3 (u . x)^3, read off the operations with plain matrices."""
    n = form.size
    frame, tensor = np.eye(n), np.zeros((n,) * 3)
    for op in plan.operations:
        if isinstance(op, Interferometer):
            assert op.modes == tuple(range(n)) and np.abs(np.imag(op.matrix)).max() == 0.0
            frame = np.real(op.matrix) @ frame
        else:
            assert isinstance(op, CubicPhase)
            (u,) = frame[list(op.modes)]
            tensor += op.gamma / 3.0 * np.einsum("i,j,k->ijk", u, u, u)
    np.testing.assert_allclose(frame, np.eye(n), atol=1e-12)  # products of a dozen rotations
    return tensor


def of_norm(form, plan):
    return np.linalg.norm(written_out(form, plan) - form.tensor()) / np.linalg.norm(form.tensor())


# --- derivatives -----------------------------------------------------------------------------------------------------


def test_the_vectors_of_a_step_are_the_derivative_of_the_tensor():
    layers, step = some_layers(), some_step(2)
    v, p = layers.rows, spread(step, layers.rotations, layers.weights())
    change = sum(np.einsum(text, v, v, p) for text in ("ri,rj,rk->ijk", "ri,rk,rj->ijk", "rk,rj,ri->ijk"))
    np.testing.assert_allclose(change, slope(layers, step), atol=1e-8)


def test_gradient_products_and_normal_matrix_are_those_of_finite_differences():
    layers, one, two = some_layers(), some_step(3), some_step(4)
    tensor = dense(SIZE).tensor()
    missing = layers.missing(tensor)
    assert inner(layers.gradient(missing), one) == pytest.approx(np.vdot(missing, slope(layers, one)), abs=1e-7)
    products = _Products()
    products.precision = np.float64
    products.at(layers)
    expected = np.vdot(slope(layers, one), slope(layers, two))
    assert inner(products.product(one), two) == pytest.approx(expected, abs=1e-6)
    matrix = np.tril(normal_matrix(layers))
    matrix += np.tril(matrix, -1).T
    rows, columns = places(SIZE)
    assert matrix.shape == (unknowns(SIZE, COUNT),) * 2
    x, y = one[:, rows, columns].ravel(), two[:, rows, columns].ravel()
    assert x @ matrix @ y == pytest.approx(expected, abs=1e-6)
    diagonal = layers.metric()[:, rows, columns].ravel()
    np.testing.assert_allclose(np.diag(matrix), diagonal, atol=1e-5)  # the floor of the metric is 1e-6 of its mean


def test_gathering_is_the_transpose_of_spreading():
    layers, step = some_layers(), some_step(5)
    rows = np.random.default_rng(6).normal(size=(COUNT * SIZE, SIZE))
    weights = layers.weights()
    there = np.vdot(rows, spread(step, layers.rotations, weights))
    assert inner(gathered(rows, layers.rotations, weights), step) == pytest.approx(there, rel=1e-12)


def test_after_a_step_that_ran_out_of_products_steps_are_solved_in_double(monkeypatch):
    layers, products = some_layers(), _Products()
    gradient = layers.gradient(layers.missing(dense(SIZE).tensor()))

    def error(accuracy):
        products.at(layers)
        step = products.solve(gradient, 1e-3, accuracy, Effort(1.0))
        image = products.product(step) + 1e-3 * layers.metric() * step
        return np.abs(image - gradient).max() / np.abs(gradient).max()

    assert 1e-9 < error(1e-13) < 1e-4  # single precision, whatever is asked for
    assert products.precision is np.float32
    monkeypatch.setattr(large, "MOST_STEP_PRODUCTS", 3)
    error(1e-13)
    assert products.precision is np.float64
    monkeypatch.undo()
    assert error(1e-13) < 1e-10


# --- fits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "count", "solver"), [(8, 4, "products"), (8, 5, "products"), (7, 3, "factorisation")])
def test_a_small_fit_is_the_form(n, count, solver):
    form = dense(n)
    plans = (
        large_orthogonal_layers(form, count, np.random.default_rng(s), Effort(10.0), None, solver) for s in range(8)
    )
    plan = next(plan for plan in plans if plan is not None)
    assert (plan.depth, plan.cubics) == (count, count * n)
    assert of_norm(form, plan) <= 1e-13
    assert truly_equal(Circuit(n, (form.gate,)), Circuit(n, plan.operations))


def test_sixteen_modes_in_seven_layers():
    form = dense(16)
    lines = []
    plan = large_orthogonal_layers(form, 7, np.random.default_rng(0), Effort(10.0), lines.append)
    assert (plan.depth, plan.cubics) == (7, 112)
    assert plan.strength <= 0.4 * form.polarization_strength
    assert of_norm(form, plan) <= 1e-13
    assert equivalent(Circuit(16, (form.gate,)), Circuit(16, plan.operations)).equivalent
    assert len(lines) > 5 and lines[0].startswith("7 orthogonal layers of 16 modes: iteration 0, residual ")
    assert [int(line.split("iteration ")[1].split(",")[0]) for line in lines] == list(range(len(lines)))
    assert float(lines[-1].split()[-1]) <= 5e-15  # polished


def test_a_fit_goes_on_after_it_has_converged_as_long_as_that_helps(monkeypatch):
    monkeypatch.setattr(large, "CONVERGED", 1e-3)
    form = dense(9)
    plan = large_orthogonal_layers(form, 4, np.random.default_rng(1), Effort(10.0))
    assert of_norm(form, plan) <= 1e-13


def test_scales_of_the_form_scale_the_strengths():
    form = dense(9)
    large = CubicForm(9, {key: 2.0**300 * c for key, c in form.terms.items()})
    one, two = (large_orthogonal_layers(f, 4, np.random.default_rng(1), Effort(10.0)) for f in (form, large))
    assert two.strength == pytest.approx(2.0**300 * one.strength, rel=1e-9)


def test_equal_generators_give_equal_plans_and_others_do_not():
    form = dense(9)
    one, two, other = (large_orthogonal_layers(form, 4, np.random.default_rng(s), Effort(10.0)) for s in (3, 3, 4))
    assert one == two
    assert other != one


@pytest.mark.parametrize("solver", ["products", "factorisation"])
def test_too_few_layers_are_given_up(solver):
    form, lines, effort = dense(10), [], Effort(1000.0)
    assert unknowns(10, 3) < comb(12, 3)
    assert large_orthogonal_layers(form, 3, np.random.default_rng(0), effort, lines.append, solver) is None
    assert PATIENCE < len(lines) < 150
    assert 1000.0 - effort.left < 1.0  # nominal seconds


def test_a_fit_ends_with_its_effort():
    form, lines = dense(10), []
    work = solve_flops(10, 5, "products") / RATE
    assert large_orthogonal_layers(form, 5, np.random.default_rng(0), Effort(99.0 * work), lines.append) is None
    assert not lines
    effort = Effort(101.0 * work)
    assert large_orthogonal_layers(form, 5, np.random.default_rng(0), effort, lines.append) is None
    assert lines and effort.left < work


# --- numbers of layers -----------------------------------------------------------------------------------------------


def silent(line):
    pass


@pytest.mark.parametrize(
    ("n", "layers"), [(4, 2), (6, 3), (8, 4), (10, 4), (13, 5), (14, 6), (15, 6), (18, 7), (20, 8)]
)
def test_the_fewest_layers_of_dense_forms(n, layers):
    form = dense(n)
    found = dict(layer_plans(form, 0, Effort(10.0), form.polarization_strength, silent))
    plan = found[layers]
    assert layers == fewest_layers(n) == min(found) == plan.depth
    assert of_norm(form, plan) <= 1e-12  # up to 200 cubes, read off the operations in turn
    assert found[layers + 1].depth == layers + 1 and found[layers + 1].strength < form.polarization_strength


def test_the_bound_without_unknowns_to_spare_takes_effort():
    form = dense(16)
    quick = dict(layer_plans(form, 0, Effort(0.5), form.polarization_strength, silent))
    assert min(quick) == fewest_layers(16) + 1 == quick[7].depth
    assert not dict(layer_plans(form, 0, Effort(0.0), form.polarization_strength, silent))[7]


def test_a_plan_in_hand_as_shallow_as_the_bound_ends_the_search():
    form, lines = dense(16), []
    assert list(layer_plans(form, 0, Effort(10.0), 1e9, lines.append, fewest_layers(16))) == []
    assert not lines
    assert set(dict(layer_plans(form, 0, Effort(0.5), 1e9, silent, 8))) == {7}


def test_seeds_of_a_search_give_other_plans():
    form = dense(14)
    one, two, other = (dict(layer_plans(form, seed, Effort(1.0), 1e9, silent)) for seed in (5, 5, 6))
    assert one == two
    assert one[6] != other[6]


def test_the_strength_cap_is_kept():
    form = dense(14)
    least = 0.1 * form.polarization_strength
    assert all(plan is None for _, plan in layer_plans(form, 0, Effort(1.0), least, silent))


def test_forms_beyond_the_largest_are_said_not_to_be_tried():
    n = LARGEST_LAYERED + 1
    form, lines = CubicForm(n, {(i, i + 1, i + 2): 1.0 for i in range(n - 2)}), []
    assert list(layer_plans(form, 0, Effort(10.0), 1e9, lines.append)) == [(fewest_layers(n), None)]
    assert lines == ["orthogonal layers are not tried: the form has 41 modes, and fits serve at most 40"]
