r"""Waring optimisation: ``f(x) = sum_r (v_r . x)^3`` with as few terms as possible.

With T the symmetric tensor of f, minimise ``|sum_r v_r (x) v_r (x) v_r - T|_F^2`` over the R x n numbers v by
Levenberg-Marquardt from random starts. Everything it needs is closed-form in V (rows v_r), at no more than (Rn)^2 work:
the gradient is ``3 E(v_r, v_r, .)`` with E the residual tensor, and the Gram matrix of the Jacobian is

``G_(ra),(sb) = 3 (v_r.v_s)^2 delta_ab + 6 (v_r.v_s) v_sa v_rb``.

Then ``gamma_r = 3 |v_r|^3`` and ``u_r = v_r / |v_r|``. A last Gauss-Newton step in the dual form (``J J^T`` has the
size of the number of monomials) takes the residual to rounding. Below the rank the search diverges (border rank:
strengths blow up while the residual creeps down), so a result counts only if its residual is at rounding.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from compiler.synthesis.emission import emit_powers
from compiler.synthesis.form import CubicForm, Plan, monomials
from compiler.synthesis.options import Effort
from compiler.typing import Array

CONVERGED = 1e-13
"""Relative Frobenius residual of an accepted decomposition."""

ITERATIONS = 400
STALL = 40
"""A search that gains less than 10 % in this many iterations, far from a solution, is given up."""


def waring(form: CubicForm, rank: int, rng: np.random.Generator, effort: Effort) -> Array | None:
    """Search once from a random start; None if it does not reach ``form`` exactly.

    Parameters
    ----------
    form : CubicForm
    rank : int
        Number of terms R.
    rng : numpy.random.Generator
    effort : Effort
        Every iteration draws `work` from it.

    Returns
    -------
    array, shape (R, n), or None
        The v_r, of ``sum_r (v_r . x)^3``.

    Examples
    --------
    >>> v = waring(CubicForm(3, {(0, 1, 2): 1.0}), 4, np.random.default_rng(4), Effort(1.0))
    >>> x = np.array([0.3, -0.5, 0.7])
    >>> bool(abs(((v @ x) ** 3).sum() - x.prod()) < 1e-14)
    True
    """
    tensor = form.tensor()
    size = float(np.linalg.norm(tensor))
    start = rng.normal(size=(rank, form.size))
    start *= (size / rank**0.5) ** (1.0 / 3.0) / form.size**0.5
    return refine(tensor, start, effort)


def refine(tensor: Array, v: Array, effort: Effort) -> Array | None:
    """Refine given vectors by Levenberg-Marquardt; None if it does not converge."""
    rank, n = v.shape
    size = float(np.linalg.norm(tensor))
    unknowns = rank * n
    error = _residual(v, tensor)
    cost = float(np.sum(error * error))
    damping, growth = 1e-2 * size ** (4.0 / 3.0), 2.0
    floor = 1e-13 * size ** (4.0 / 3.0)
    history: list[float] = []
    for _ in range(ITERATIONS):
        if cost**0.5 <= CONVERGED * size:
            return _polish(tensor, v)
        if not effort.spend(work(unknowns)):
            return None
        gram = _gram(v)
        diagonal = gram.diagonal().copy()
        gradient = 3.0 * (np.einsum("ijk,rk->rij", error, v) @ v[:, :, None]).reshape(-1)
        while True:
            np.fill_diagonal(gram, diagonal + damping)
            try:
                step = cho_solve(cho_factor(gram.T, lower=True, check_finite=False), gradient, check_finite=False)
            except LinAlgError:
                damping *= 10.0
                if not damping <= 1e9 * size ** (4.0 / 3.0):
                    return None
                continue
            new = v - step.reshape(rank, n)
            new_error = _residual(new, tensor)
            new_cost = float(np.sum(new_error * new_error))
            if new_cost < cost:
                break
            damping, growth = damping * growth, growth * 2.0
            if damping > 1e9 * size ** (4.0 / 3.0):
                return _polish(tensor, v)
        gain = (cost - new_cost) / float(step @ gradient + damping * (step @ step))
        v, error, cost = new, new_error, new_cost
        damping = max(floor, damping * (0.1 if gain >= 0.9 else max(1.0 / 3.0, 1.0 - (2.0 * gain - 1.0) ** 3)))
        growth = 2.0
        history.append(cost)
        if len(history) > 60 and cost > 0.9 * history[-STALL] and cost**0.5 > 1e-6 * size:
            return None
    return _polish(tensor, v)


def work(unknowns: int) -> float:
    """Return the floating-point operations of one iteration."""
    return unknowns**3 / 3.0 + 30.0 * unknowns**2 + 1e6


def _residual(v: Array, tensor: Array) -> Array:
    n = v.shape[1]
    squares = (v[:, :, None] * v[:, None, :]).reshape(len(v), n * n)  # (R, n^2)
    out: Array = (squares.T @ v).reshape(n, n, n) - tensor
    return out


def _gram(v: Array) -> Array:
    rank, n = v.shape
    dots = v @ v.T
    mixed, squared = 6.0 * dots[:, :, None], 3.0 * dots**2
    gram = np.empty((rank, n, rank, n))
    for a in range(n):  # a block that fits the processor's cache at a time
        np.multiply(v[:, a][None, :, None] * v[:, None, :], mixed, out=gram[:, a])  # (R, R, n)
        gram[:, a, :, a] += squared
    return gram.reshape(rank * n, rank * n)


def _polish(tensor: Array, v: Array) -> Array | None:
    """Return two Gauss-Newton steps of least norm, in the dual form; None if the residual does not reach rounding."""
    n = v.shape[1]
    size = float(np.linalg.norm(tensor))
    (i, j, k), weight = monomials(n)
    rows = np.arange(len(i))
    for _ in range(2):
        error = _residual(v, tensor)
        if float(np.linalg.norm(error)) > 1e-9 * size:
            return None
        jacobian = np.zeros((len(i), *v.shape))  # (monomials, R, n)
        for own, left, right in ((i, j, k), (j, i, k), (k, i, j)):
            jacobian[rows, :, own] += (v[:, left] * v[:, right] * weight).T
        flat = jacobian.reshape(len(i), -1)
        dual = flat @ flat.T
        dual[np.diag_indices(len(i))] += 1e-14 * dual.diagonal().max()
        try:
            step = flat.T @ cho_solve(cho_factor(dual, lower=True), weight * error[i, j, k])
        except LinAlgError:
            break
        new = v - step.reshape(v.shape)
        if not np.linalg.norm(_residual(new, tensor)) < np.linalg.norm(error):
            break
        v = new
    return v if float(np.linalg.norm(_residual(v, tensor))) <= CONVERGED * size else None


def total_strength(v: Array) -> float:
    """Return ``sum |gamma_r| = 3 sum |v_r|^3``."""
    return float(3.0 * np.sum(np.linalg.norm(v, axis=1) ** 3))


def waring_plan(form: CubicForm, v: Array) -> Plan:
    """Return the operations of a decomposition: R cubic gates, at most ``R (n-1) + n (n-1)/2`` beamsplitters."""
    lengths = np.linalg.norm(v, axis=1)
    return Plan("waring", form.size, emit_powers(v / lengths[:, None], 3.0 * lengths**3))
