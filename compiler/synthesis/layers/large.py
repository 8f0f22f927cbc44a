r"""Orthogonal layers of forms on many modes, without the Jacobian that `compiler.synthesis.layers.dense` writes out.

The form's tensor is ``T = sum_l sum_j g_lj o_lj (x) o_lj (x) o_lj``, with the rows o_lj of orthogonal O_l and ``gamma =
3 g``. A step is one matrix S per layer: off the diagonal it is antisymmetric and turns the layer, ``O -> cay(S) O``; on
the diagonal stand the changes of g. It changes T by ``3 sum sym(o_lj (x) o_lj (x) p_lj)`` with

    p_lj = (S_jj / 3) o_lj + g_lj sum_(k != j) S_jk o_lk.

With V the rows o_lj, P the rows p_lj, both of shape (L n, n), ``D = V V'`` and the residual tensor E,

    J'J : P -> 3 [(D o D) P + 2 (D o (V P')) V]       three products of matrices, 6 (L n)^2 n flops
    J'E :      3 E(o_lj, o_lj, .)

Levenberg-Marquardt steps ``(J'J + damping M) S = J'E`` are found in one of two ways. M is the diagonal of J'J, which is
the whole block of a layer, as the directions of a layer are orthogonal: 1 for S_jj, ``3 (g_j^2 + g_k^2)`` for S_jk.

By products
    Conjugate gradients, preconditioned with M, in single precision until that stagnates; residuals are always double. A
    step needs two or three digits only, and the number of products is bounded by the unknowns to spare, not by n.
By factorisation
    J'J is written out from D in closed form and factorised. This serves forms with as many equations as unknowns (n =
    3 m + 1 modes in m + 1 layers), where conjugate gradients would take thousands of products per step.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from compiler.synthesis.emission import emit_layers
from compiler.synthesis.form import CubicForm, Plan
from compiler.synthesis.layers.dense import CONVERGED
from compiler.synthesis.options import RATE, Effort
from compiler.synthesis.waring.gram import GaussNewton, conjugate_gradients
from compiler.typing import Array, Say

Floats = NDArray[np.floating[Any]]
"""Arrays of single or double precision."""

Solver = Literal["products", "factorisation"]

MOST_ITERATIONS = 200
"""Outer iterations of one fit. Fits with unknowns to spare take 25 to 40, fits without 50 to 120."""

PATIENCE = 12
"""Iterations over which the residual must fall by `LEAST_PROGRESS`; a fit that does not is in a local minimum."""

LEAST_PROGRESS = 0.02
"""Relative fall of the residual over `PATIENCE` iterations below which a fit is given up."""

MOST_STEP_PRODUCTS = 2000
"""Products of one step; more are needed only without unknowns to spare."""

LOOSEST_STEP, TIGHTEST_STEP = 0.1, 1e-3
"""Relative accuracy of a step; in between it is the relative residual of the form."""

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 0.5, 1e-12, 1e9
"""Damping, relative to the diagonal of J'J, at the start and its range; a fit that leaves the range is given up."""

METRIC_FLOOR = 1e-6
"""Least entry of the damping metric, relative to its mean: turns among directions of no strength are not free."""

START_RIDGE = 1e-2
"""Regularisation of the first strengths, relative to a cube of norm 1."""

ROUNDING = 1e-15
"""Relative size below which differences are rounding."""

LEAST_SOLVES: dict[Solver, int] = {"products": 100, "factorisation": 20}
"""Products or factorisations that a fit takes at least; with an effort below that it does not begin."""


def large_orthogonal_layers(
    form: CubicForm,
    count: int,
    rng: np.random.Generator,
    effort: Effort,
    say: Say | None = None,
    solver: Solver = "products",
) -> Plan | None:
    """Fit layers once from a random start; None if it does not reach a relative residual of `CONVERGED`.

    Parameters
    ----------
    form : CubicForm
    count : int
        Number of layers L, which is the non-Gaussian depth. Cost: ``L n`` cubic gates, ``L + 1`` interferometers.
    rng : numpy.random.Generator
    effort : Effort
        Every product or factorisation draws its flops; the fit is given up when there are none left.
    say : callable, optional
        It is called with one line per outer iteration.
    solver : "products" or "factorisation"
        How the steps are found; see the module.

    Examples
    --------
    >>> form = CubicForm(4, {(0, 1, 2): 0.3, (1, 2, 3): -0.2, (0, 1, 3): 0.5, (0, 2, 3): 0.1})
    >>> large_orthogonal_layers(form, 3, np.random.default_rng(0), Effort(1.0)).depth
    3
    """
    if not effort.affords(LEAST_SOLVES[solver] * solve_flops(form.size, count, solver)):
        return None
    tensor = form.tensor()
    size = float(np.linalg.norm(tensor))
    steps: _Steps = _Products() if solver == "products" else _Factorisation()
    layers = _descend(tensor / size, _start(tensor / size, count, rng), steps, effort, say)
    if layers is None:
        return None
    gammas = 3.0 * size * layers.strengths
    gammas[np.abs(gammas) < ROUNDING * np.abs(gammas).max()] = 0.0
    return Plan("orthogonal layers", form.size, emit_layers(list(layers.rotations), list(gammas)))


def unknowns(n: int, count: int) -> int:
    """Count the free numbers of ``count`` layers: n strengths and n (n - 1) / 2 angles each.

    >>> unknowns(16, 6) == comb(16 + 2, 3)  # as many as the form has coefficients
    True
    """
    return count * comb(n + 1, 2)


def solve_flops(n: int, count: int, solver: Solver) -> float:
    """Return the flops of one product with J'J, or of writing it out and factorising it."""
    if solver == "products":
        return 6.0 * (count * n) ** 2 * n + 8.0 * count * n**3
    return unknowns(n, count) ** 3 / 3.0 + 30.0 * unknowns(n, count) ** 2


@dataclass(frozen=True, slots=True)
class Layers:
    """Layers that stand for a tensor of norm 1.

    Attributes
    ----------
    rotations : array, shape (L, n, n)
    strengths : array, shape (L, n)
        ``g = gamma / 3``.
    """

    rotations: Array
    strengths: Array

    @property
    def rows(self) -> Array:
        """The unit rows V, shape (L n, n)."""
        return self.rotations.reshape(-1, self.rotations.shape[2])

    def _squares(self) -> Array:
        v = self.rows
        return (v[:, :, None] * v[:, None, :]).reshape(len(v), -1)  # (L n, n^2)

    def missing(self, tensor: Array) -> Array:
        """Return the residual tensor E, shape (n, n, n)."""
        sum_of_cubes = self._squares().T @ (self.strengths.reshape(-1, 1) * self.rows)
        missing: Array = tensor - sum_of_cubes.reshape(tensor.shape)
        return missing

    def gradient(self, missing: Array) -> Array:
        """Return ``J'E`` in the form of a step, shape (L, n, n)."""
        slopes = 3.0 * (self._squares() @ missing.reshape(-1, len(missing)))
        gradient: Array = gathered(slopes, self.rotations, self.weights())
        return gradient

    def weights(self) -> Array:
        """Return the factors from a step to the coefficients of p, shape (L, n, n): g_j, on the diagonal 1/3."""
        n = self.rotations.shape[2]
        out = np.repeat(self.strengths[:, :, None], n, axis=2)
        out[:, range(n), range(n)] = 1.0 / 3.0
        return out

    def metric(self) -> Array:
        """Return the diagonal of J'J in the form of a step, shape (L, n, n)."""
        n = self.rotations.shape[2]
        out = 3.0 * (self.strengths[:, :, None] ** 2 + self.strengths[:, None, :] ** 2)
        out += METRIC_FLOOR * out.mean()
        out[:, range(n), range(n)] = 1.0
        return out

    def moved(self, step: Array) -> Layers:
        """Return the layers after a step, shape (L, n, n)."""
        eye = np.eye(step.shape[1])
        half = 0.5 * step * (1.0 - eye)
        rotations = np.linalg.solve(eye - half, (eye + half) @ self.rotations)
        return Layers(rotations, self.strengths + np.einsum("ljj->lj", step))


def spread(step: Floats, rotations: Floats, weights: Floats) -> Floats:
    """Return the rows p of a step (L, n, n), shape (L n, n)."""
    return ((weights * step) @ rotations).reshape(-1, rotations.shape[2])


def gathered(rows: Floats, rotations: Floats, weights: Floats) -> Any:
    """Return the transpose of `spread` in the inner product of `inner`: from shape (L n, n) to a step (L, n, n)."""
    n = rotations.shape[2]
    slopes = weights * (rows.reshape(rotations.shape) @ rotations.transpose(0, 2, 1))
    out = slopes - slopes.transpose(0, 2, 1)
    out[:, range(n), range(n)] = slopes[:, range(n), range(n)]
    return out


def inner(a: Floats, b: Floats) -> float:
    """Return the inner product of steps, in which the two equal entries of a turn count once."""
    return 0.5 * (float(np.vdot(a, b)) + float(np.einsum("ljj,ljj->", a, b)))


def normal_matrix(layers: Layers) -> Array:
    """Return J'J with its lower triangle written, shape (unknowns, unknowns); `places` orders a layer's unknowns.

    With ``q = O_l O_m'``, ``s = q_jp q_kq + 2 q_jq q_kp`` and ``r = q_jq q_kp + 2 q_jp q_kq``, the entry of turn (j, k)
    of layer l and turn (p, q) of layer m is ``3 [(g_j q_jp g_p + g_k q_kq g_q) s - (g_j q_jq g_q + g_k q_kp g_p) r]``;
    of turn (j, k) and strength p it is ``3 q_jp q_kp (g_j q_jp - g_k q_kp)``, of strengths j and p ``q_jp^3``.
    """
    count, n = layers.strengths.shape
    j, k = np.triu_indices(n, 1)
    turns, block = len(j), len(j) + n
    matrix = np.empty((count * block, count * block))
    for a in range(count):
        for b in range(a + 1):
            left, right = layers.strengths[a], layers.strengths[b]
            q = layers.rotations[a] @ layers.rotations[b].T
            out = matrix[a * block : (a + 1) * block, b * block : (b + 1) * block]
            straight, crossed = q[j][:, j] * q[k][:, k], q[j][:, k] * q[k][:, j]
            scaled = left[:, None] * q * right
            both = (straight + 2.0 * crossed) * (scaled[j][:, j] + scaled[k][:, k])
            both -= (crossed + 2.0 * straight) * (scaled[j][:, k] + scaled[k][:, j])
            out[:turns, :turns] = 3.0 * both
            scaled = left[:, None] * q
            out[:turns, turns:] = 3.0 * q[j] * q[k] * (scaled[j] - scaled[k])
            scaled = q * right
            out[turns:, :turns] = 3.0 * q[:, j] * q[:, k] * (scaled[:, j] - scaled[:, k])
            out[turns:, turns:] = q**3
    return matrix


def places(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of a layer's unknowns in its step: the turns j < k, then the diagonal."""
    left, right = np.triu_indices(n, 1)
    return np.concatenate([left, np.arange(n)]), np.concatenate([right, np.arange(n)])


def _start(tensor: Array, count: int, rng: np.random.Generator) -> Layers:
    """Return random rotations, and the strengths that fit the tensor best."""
    n = len(tensor)
    rotations = np.stack([np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(count)])
    v = rotations.reshape(-1, n)
    values = np.einsum("rbc,rb,rc->r", (v @ tensor.reshape(n, -1)).reshape(-1, n, n), v, v, optimize=True)
    strengths = np.linalg.solve((v @ v.T) ** 3 + START_RIDGE * np.eye(len(v)), values)
    return Layers(rotations, strengths.reshape(count, n))


class _Steps(Protocol):
    """Solves for steps at one set of layers after another."""

    def at(self, layers: Layers) -> None:
        """Prepare for steps from these layers."""

    def solve(self, gradient: Array, damping: float, accuracy: float, effort: Effort) -> Array | None:
        """Return the step, shape (L, n, n); None if the effort is used up."""


class _Products:
    """Steps by conjugate gradients."""

    def __init__(self) -> None:
        self.precision: Any = np.float32

    def at(self, layers: Layers) -> None:
        self.rotations: Any = layers.rotations.astype(self.precision)
        self.weights: Any = layers.weights().astype(self.precision)
        self.metric: Any = layers.metric().astype(self.precision)
        self.operator = GaussNewton(self.rotations.reshape(-1, self.rotations.shape[2]), self.precision)

    def product(self, step: Floats) -> Any:
        """Return J'J times a step."""
        image = self.operator.product(spread(step, self.rotations, self.weights))
        return gathered(image, self.rotations, self.weights)

    def solve(self, gradient: Array, damping: float, accuracy: float, effort: Effort) -> Array | None:
        scale = float(np.abs(gradient).max())
        work = solve_flops(gradient.shape[1], len(gradient), "products")
        affordable = int(effort.left * RATE / work)
        found = conjugate_gradients(
            lambda step: self.product(step) + damping * (self.metric * step),
            lambda residual: residual / self.metric,
            inner,
            (gradient / scale).astype(self.precision),
            accuracy,
            min(affordable, MOST_STEP_PRODUCTS),
            lambda products: None,
        )
        effort.spend(found.products * work)
        if found.products == affordable:
            return None
        if found.stagnated or found.products == MOST_STEP_PRODUCTS:
            self.precision = np.float64  # from the next layers on
        step: Array = scale * found.solution.astype(np.float64)
        return step


class _Factorisation:
    """Steps by Cholesky factorisation."""

    def at(self, layers: Layers) -> None:
        self.layers = layers

    def solve(self, gradient: Array, damping: float, accuracy: float, effort: Effort) -> Array | None:
        count, n = self.layers.strengths.shape
        if not effort.spend(solve_flops(n, count, "factorisation")):
            return None
        rows, columns = places(n)
        matrix = normal_matrix(self.layers)
        matrix[np.diag_indices(len(matrix))] += damping * self.layers.metric()[:, rows, columns].ravel()
        step = np.zeros_like(gradient)
        try:
            factor = cho_factor(matrix.T, lower=False, overwrite_a=True, check_finite=False)
        except LinAlgError:
            return step  # it brings nothing: more damping
        solution = cho_solve(factor, gradient[:, rows, columns].ravel(), check_finite=False).reshape(count, -1)
        step[:, columns, rows] = -solution
        step[:, rows, columns] = solution
        return step


def _descend(tensor: Array, layers: Layers, steps: _Steps, effort: Effort, say: Say | None) -> Layers | None:
    """Descend by Levenberg-Marquardt down to rounding; None if the fit is given up."""
    missing = layers.missing(tensor)
    residuals = [float(np.linalg.norm(missing))]
    damping, growth = FIRST_DAMPING, 2.0
    what = "{} orthogonal layers of {} modes".format(*layers.strengths.shape)
    for iteration in range(MOST_ITERATIONS):
        last = residuals[-1]
        if say is not None:
            say(f"{what}: iteration {iteration}, residual {last:.0e}")
        polished = last <= CONVERGED and iteration > 0 and last > 0.5 * residuals[-2]
        if last <= ROUNDING or polished:
            return layers
        if iteration > PATIENCE and last > max(CONVERGED, (1.0 - LEAST_PROGRESS) * residuals[-1 - PATIENCE]):
            return None
        gradient = layers.gradient(missing)
        steps.at(layers)
        while True:
            step = steps.solve(gradient, damping, min(max(last, TIGHTEST_STEP), LOOSEST_STEP), effort)
            new = layers if step is None else layers.moved(step)
            missing = new.missing(tensor)
            residual = float(np.linalg.norm(missing))
            if step is not None and residual < last:
                break
            damping, growth = damping * growth, 2.0 * growth
            if step is None or last <= CONVERGED or damping > MOST_DAMPING:
                return layers if last <= CONVERGED else None
        expected = inner(step, gradient) + damping * inner(step, layers.metric() * step)
        gain = (last**2 - residual**2) / max(expected, 1e-300)
        damping = max(LEAST_DAMPING, damping * _relaxation(gain))
        growth = 2.0
        layers = new
        residuals.append(residual)
    return layers if residuals[-1] <= CONVERGED else None


def _relaxation(gain: float) -> float:
    """Return the factor of the damping after a step that gained this share of what the linear model predicts."""
    if gain > 0.9:
        return 0.1
    if gain > 0.5:
        return 1.0 / 3.0
    return 1.0 if gain > 0.25 else 2.0
