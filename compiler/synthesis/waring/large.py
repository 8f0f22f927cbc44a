r"""Waring decompositions of large cubic forms without a Jacobian: Levenberg-Marquardt with conjugate gradients.

``T = sum_r v_r (x) v_r (x) v_r`` with R a little above the generic rank has more unknowns than equations. Every step
solves ``(J' J + damping M) step = J' E`` with the operator of `compiler.synthesis.waring.gram` and
``J' E = 3 E(v_r, v_r, .)``, E the residual tensor. Conjugate gradients run in float32, because a step needs two or
three digits, and residuals in float64: the outer iteration is its own iterative refinement. With few unknowns to spare
``J J'`` is ill-conditioned; then the steps change to float64.

One product takes 6 R^2 n operations, one residual 2 R n^3, and the memory is three R x R matrices and four tensors of
n^3 numbers (`memory`). The number of products hardly depends on n: about 1,000 at 1.15 times the generic rank, 6,000 at
1.05.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from compiler.synthesis.waring.gram import GaussNewton
from compiler.typing import Array

CONVERGED = 1e-13
"""Relative residual, in the Frobenius norm, of an accepted decomposition."""

AIM = 1e-14
"""Relative residual at which no further step is made."""

LOOSEST, TIGHTEST = 0.1, 3e-3
"""Tolerances of conjugate gradients far from the solution and near to it."""

PRODUCTS_OF_A_STEP = {np.float32: 400, np.float64: 8000}
"""Largest number of products of one step."""

LARGEST_DAMPING = 1e8
CHUNK = 256
"""Rows that are multiplied with a tensor at a time."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a solver stands, for its progress line."""

    iteration: int
    products: int
    residual: float


Watch = Callable[[State], None]
"""Takes where a solver stands."""


def decompose(tensor: Array, v: Array, most_products: int, watch: Watch) -> Array | None:
    """Solve ``tensor = sum_r v_r^(x3)`` from given vectors; None if the residual does not reach rounding.

    Parameters
    ----------
    tensor : array, shape (n, n, n)
        Symmetric.
    v : array, shape (R, n)
        Starting vectors (`random_start`).
    most_products : int
        Products after which the search is given up. The result never depends on the clock.
    watch : callable
        Called before every iteration, and now and then within one.

    Returns
    -------
    array, shape (R, n), or None
        ``|T - sum_r v_r^(x3)|_F <= CONVERGED |T|_F``.
    """
    size = float(np.linalg.norm(tensor))
    error = residual(tensor, v)
    cost = float(np.vdot(error, error))
    precision: type[np.float32] | type[np.float64] = np.float32
    damping, growth, floor = 0.1, 2.0, 1e-7
    products = iteration = 0
    while cost**0.5 > AIM * size and products < most_products:
        relative = cost**0.5 / size
        watch(State(iteration, products, relative))
        operator = GaussNewton(v, precision)
        gradient = 3.0 * contract(error, v)
        tolerance = min(LOOSEST, max(TIGHTEST, 3.0 * relative))
        while True:
            told = partial(_tell, watch, State(iteration, products, relative))
            step, used = operator.solve(gradient, damping, tolerance, PRODUCTS_OF_A_STEP[precision], told)
            products += used
            new = v + step
            new_error = residual(tensor, new)
            new_cost = float(np.vdot(new_error, new_error))
            if new_cost < cost:
                break
            damping, growth = damping * growth, 2.0 * growth
            if damping > LARGEST_DAMPING or relative <= CONVERGED:
                return v if relative <= CONVERGED else None
        gain = (cost - new_cost) / float(np.vdot(step, gradient))
        slow = gain > 0.7 and new_cost > 0.1 * cost and relative < 0.03  # a good model, and a step that is not exact
        v, error, cost = new, new_error, new_cost
        if slow and precision is np.float32:
            precision, floor = np.float64, 1e-12
            damping *= 0.1
        damping = max(floor, damping * (0.1 if gain >= 0.9 else 0.33 if gain > 0.5 else 1.0 if gain > 0.25 else 2.0))
        growth = 2.0
        iteration += 1
    return v if cost**0.5 <= CONVERGED * size else None


def _tell(watch: Watch, before: State, products: int) -> None:
    watch(replace(before, products=before.products + products))


def random_start(tensor: Array, rank: int, rng: np.random.Generator) -> Array:
    """Return random directions of equal length, ``|v_r|^3 = |T|_F / sqrt(R)``; shape (R, n)."""
    v = rng.normal(size=(rank, len(tensor)))
    v *= (float(np.linalg.norm(tensor)) / rank**0.5) ** (1.0 / 3.0) / np.linalg.norm(v, axis=1, keepdims=True)
    return v


def memory(n: int, rank: int) -> float:
    """Bound the bytes of a search for so many vectors in n variables: three R x R matrices and four tensors."""
    return 8.0 * (3.0 * rank**2 + 4.0 * n**3)


def residual(tensor: Array, v: Array) -> Array:
    """Return ``E = T - sum_r v_r^(x3)``, shape (n, n, n)."""
    n = v.shape[1]
    flat = tensor.reshape(n * n, n).copy()
    for at in range(0, len(v), CHUNK):
        rows = v[at : at + CHUNK]
        flat -= _squares(rows).T @ rows
    return flat.reshape(n, n, n)


def contract(tensor: Array, v: Array) -> Array:
    """Return ``E(v_r, v_r, .)``, shape (R, n)."""
    n = v.shape[1]
    flat = tensor.reshape(n * n, n)
    return np.concatenate([_squares(v[at : at + CHUNK]) @ flat for at in range(0, len(v), CHUNK)])


def _squares(rows: Array) -> Array:
    out: Array = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1)
    return out
