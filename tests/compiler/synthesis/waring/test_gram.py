"""The operator against an explicit Jacobian, and conjugate gradients against a direct solution."""

import numpy as np
import pytest

from compiler.synthesis.waring.gram import STAGNATION, GaussNewton, conjugate_gradients

RANK, SIZE = 6, 4


def some_vectors(seed=0, rank=RANK, n=SIZE):
    return np.random.default_rng(seed).normal(size=(rank, n))


def jacobian(v):
    """Of ``sum_r v_r (x) v_r (x) v_r``, by central differences; shape (n^3, R n). Cubes: the error is step^2."""
    columns = []
    for place in np.ndindex(*v.shape):
        step = np.zeros(v.shape)
        step[place] = 1e-5
        ahead, behind = (np.einsum("ri,rj,rk->ijk", w, w, w).ravel() for w in (v + step, v - step))
        columns.append((ahead - behind) / 2e-5)
    return np.array(columns).T


def flat_inner(a, b):
    return float((a * b).sum())


def ignore(products):
    pass


# --- the operator ----------------------------------------------------------------------------------------------------


def test_products_are_those_of_the_jacobian():
    v, p = some_vectors(), some_vectors(1)
    j = jacobian(v)
    expected = (j.T @ (j @ p.ravel())).reshape(v.shape)
    np.testing.assert_allclose(GaussNewton(v, np.float64).product(p), expected, atol=1e-7)
    single = GaussNewton(v, np.float32).product(p.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, atol=1e-5 * np.abs(expected).max())


def test_blocks_are_those_of_single_rows():
    v, p = some_vectors(2), some_vectors(3)
    j = jacobian(v).reshape(-1, RANK, SIZE)
    operator = GaussNewton(v, np.float64)
    for r in range(RANK):
        expected = j[:, r].T @ j[:, r] @ p[r]
        np.testing.assert_allclose(operator.block(p)[r], expected, atol=1e-7)


def test_unblock_is_the_inverse_of_block():
    operator, p = GaussNewton(some_vectors(4), np.float64), some_vectors(5)
    np.testing.assert_allclose(operator.unblock(operator.block(p)), p, rtol=1e-12)
    np.testing.assert_allclose(operator.block(operator.unblock(p)), p, rtol=1e-12)


@pytest.mark.parametrize("damping", [1.0, 1e-2])
def test_a_step_is_that_of_the_normal_equations(damping):
    v, gradient = some_vectors(6), 1e5 * some_vectors(7)
    j, operator = jacobian(v), GaussNewton(v, np.float64)
    units = np.eye(v.size).reshape(-1, *v.shape)
    metric = np.array([operator.block(unit).ravel() for unit in units])
    expected = np.linalg.solve(j.T @ j + damping * metric, gradient.ravel()).reshape(v.shape)
    step, products = operator.solve(gradient, damping, 1e-10, 200, ignore)
    np.testing.assert_allclose(step, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
    assert 1 < products <= 2 * v.size
    single, _ = GaussNewton(v, np.float32).solve(gradient, damping, 1e-3, 200, ignore)
    assert single.dtype == np.float64
    np.testing.assert_allclose(single, expected, atol=0.02 * np.abs(expected).max())


def test_without_damping_the_step_has_no_part_that_changes_nothing():
    """More vectors than needed: the step of least norm, in the metric of the blocks."""
    v = some_vectors(8, rank=9, n=3)  # 27 unknowns, 10 equations
    j, operator = jacobian(v), GaussNewton(v, np.float64)
    gradient = (j.T @ np.einsum("i,j,k->ijk", *np.random.default_rng(9).normal(size=(3, 3))).ravel()).reshape(v.shape)
    step, _ = operator.solve(gradient, 0.0, 1e-9, 100, ignore)
    np.testing.assert_allclose((j.T @ (j @ step.ravel())), gradient.ravel(), atol=1e-6 * np.abs(gradient).max())
    kernel = np.linalg.svd(j)[2][np.linalg.matrix_rank(j, tol=1e-6) :]
    assert len(kernel) == 17
    np.testing.assert_allclose(kernel @ operator.block(step).ravel(), 0.0, atol=1e-6 * np.abs(gradient).max())


# --- conjugate gradients ---------------------------------------------------------------------------------------------


def definite(n, condition, seed):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return turn * np.geomspace(1.0, 1.0 / condition, n) @ turn.T, rng.normal(size=n)


def solved(matrix, right, tolerance=1e-12, most=1000, precondition=lambda r: r, count=ignore):
    return conjugate_gradients(lambda p: matrix @ p, precondition, flat_inner, right, tolerance, most, count)


@pytest.mark.parametrize("condition", [1.0, 10.0, 1e4])
def test_conjugate_gradients_solve(condition):
    matrix, right = definite(12, condition, 0)
    found = solved(matrix, right)
    np.testing.assert_allclose(found.solution, np.linalg.solve(matrix, right), rtol=1e-6, atol=1e-9 * condition)
    assert not found.stagnated
    assert found.products <= (1 if condition == 1.0 else 3 * 12)


def test_an_exact_preconditioner_leaves_one_product():
    matrix, right = definite(12, 1e4, 1)
    inverse = np.linalg.inv(matrix)
    found = solved(matrix, right, 1e-6, precondition=lambda r: inverse @ r)
    assert found.products == 1
    np.testing.assert_allclose(matrix @ found.solution, right, atol=1e-7)


def test_the_tolerance_is_relative_to_the_right_hand_side():
    matrix, right = definite(40, 1e4, 2)
    products = []
    for tolerance in (1e-1, 1e-4, 1e-8):
        found = solved(matrix, 1e30 * right, tolerance)
        products.append(found.products)
        rest = np.linalg.norm(1e30 * right - matrix @ found.solution) / np.linalg.norm(1e30 * right)
        assert rest <= 1.01 * tolerance
    assert products == sorted(set(products))


@pytest.mark.parametrize("most", [1, 7])
def test_no_more_products_are_made_than_allowed(most):
    matrix, right = definite(40, 1e6, 3)
    made = []

    def product(p):
        made.append(p)
        return matrix @ p

    found = conjugate_gradients(product, lambda r: r, flat_inner, right, 1e-14, most, ignore)
    assert found.products == most == len(made)
    assert not found.stagnated and found.solution.any()


def test_single_precision_stagnates_and_keeps_its_best():
    """60 directions that a few products settle, and 60 with a millionth of the weight that single precision cannot."""
    rng = np.random.default_rng(4)
    turn = np.linalg.qr(rng.normal(size=(120, 120)))[0]
    values = np.concatenate([np.linspace(0.5, 1.0, 60), np.geomspace(1e-3, 1e-8, 60)])
    parts = np.concatenate([rng.normal(size=60), 1e-3 * rng.normal(size=60)])
    matrix, right = (turn * values @ turn.T).astype(np.float32), (turn @ parts).astype(np.float32)
    found = solved(matrix, right, 1e-9, 5000)
    assert found.stagnated and found.solution.dtype == np.float32
    assert STAGNATION < found.products < STAGNATION + 20
    settled = (turn.T @ found.solution)[:60]
    np.testing.assert_allclose(settled, parts[:60] / values[:60], atol=0.02)


def test_products_are_told_now_and_then():
    matrix, right = definite(100, 1e6, 5)
    told = []
    found = solved(matrix, right, 1e-14, 70, count=told.append)
    assert found.products == 70 and told == [20, 40, 60]
