r"""Orthogonal layers, for depth: ``f(x) = sum_l sum_j (gamma_lj / 3) ((O_l x)_j)^3``.

Each layer is one passive real interferometer O_l and n cubic gates side by side. A layer has ``n(n+1)/2`` free numbers,
so a generic form needs at least ``ceil((n+2)/3)`` layers. The fit is Levenberg-Marquardt over strengths and rotations
``O_l -> cay(A) O_l``, ``cay(A) = (1 - A/2)^{-1}(1 + A/2)`` with A antisymmetric, and has an analytic Jacobian: with
rows o_j of O_l, ``d f / d A_jk = gamma_j o_j o_j o_k - gamma_k o_k o_k o_j`` and ``d f / d gamma_j = o_j o_j o_j / 3``,
as symmetrised products.
"""

from __future__ import annotations

from math import comb

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from compiler.synthesis.emission import emit_layers
from compiler.synthesis.form import CubicForm, Plan, monomials
from compiler.synthesis.options import Effort
from compiler.typing import Array

CONVERGED = 1e-13
ITERATIONS = 300
STALL = 40
LEAST_ITERATIONS = 8
"""Iterations that a fit takes at least; with an effort below that it does not begin."""


def orthogonal_layers(form: CubicForm, count: int, rng: np.random.Generator, effort: Effort) -> Plan | None:
    """Fit layers once from a random start; None if it does not reach ``form`` exactly.

    Parameters
    ----------
    form : CubicForm
    count : int
        Number of layers L, which is the non-Gaussian depth. Cost: ``L n`` cubic gates, ``L + 1`` interferometers.
    rng : numpy.random.Generator
    effort : Effort
        Every iteration draws the work of a Cholesky factorisation of the smaller side of the Jacobian.

    Examples
    --------
    >>> form = CubicForm(4, {(0, 1, 2): 0.3, (1, 2, 3): -0.2, (0, 1, 3): 0.5, (0, 2, 3): 0.1})
    >>> orthogonal_layers(form, 2, np.random.default_rng(0), Effort(1.0)).depth
    2
    """
    unknowns, equations = count * form.size * (form.size + 1) // 2, comb(form.size + 2, 3)
    small, large = sorted((unknowns, equations))
    work = small**2 * large + small**3 / 3.0 + 5e6
    if not effort.affords(LEAST_ITERATIONS * work):
        return None
    fit = _Fit(form)
    rotations = [np.linalg.qr(rng.normal(size=(form.size, form.size)))[0] for _ in range(count)]
    cubes = fit.cubes(rotations)
    strengths = cubes.T @ np.linalg.solve(cubes @ cubes.T + 1e-2 * np.eye(len(fit.target)), fit.target)
    size = float(np.linalg.norm(fit.target))
    error = cubes @ strengths - fit.target
    cost = float(error @ error)
    damping, growth = 1e-2, 2.0
    history: list[float] = []
    for _ in range(ITERATIONS):
        if cost**0.5 <= 1e-15 * size:
            break
        jacobian = fit.jacobian(rotations, strengths)
        if not effort.spend(work):
            return None
        while True:
            step = damped_step(jacobian, error, damping)
            new = fit.moved(rotations, strengths, step) if step is not None else None
            if new is not None and step is not None:
                new_error = fit.cubes(new[0]) @ new[1] - fit.target
                new_cost = float(new_error @ new_error)
                if new_cost < cost:
                    break
            damping, growth = damping * growth, growth * 2.0
            if damping > 1e9:
                return fit.plan(rotations, strengths) if cost**0.5 <= CONVERGED * size else None
        change = error + jacobian @ step
        gain = (cost - new_cost) / max(cost - float(change @ change), 1e-300)
        (rotations, strengths), error, cost = new, new_error, new_cost
        damping *= 0.1 if gain >= 0.9 else max(1.0 / 3.0, 1.0 - (2.0 * gain - 1.0) ** 3)
        growth = 2.0
        history.append(cost)
        if len(history) > 60 and cost > 0.9 * history[-STALL] and cost**0.5 > 1e-6 * size:
            return None
    return fit.plan(rotations, strengths) if cost**0.5 <= CONVERGED * size else None


def damped_step(jacobian: Array, error: Array, damping: float) -> Array | None:
    """Return ``-(J' J + damping)^-1 J' error`` by the smaller of ``J' J`` and ``J J'``; None if it is singular."""
    wide = jacobian.shape[0] <= jacobian.shape[1]
    gram = jacobian @ jacobian.T if wide else jacobian.T @ jacobian
    gram[np.diag_indices(len(gram))] += damping
    try:
        factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None
    step: Array = -(jacobian.T @ cho_solve(factor, error)) if wide else -cho_solve(factor, jacobian.T @ error)
    return step


class _Fit:
    """The coefficient vector of a form (Frobenius norm of the tensor) and its derivatives by layers.

    Strengths here are ``g = gamma / 3``.
    """

    def __init__(self, form: CubicForm) -> None:
        self.n = form.size
        self.index, self.weight = monomials(self.n)
        self.target = self.weight * form.tensor()[tuple(self.index)]
        self.pairs = np.triu_indices(self.n, 1)
        self.form = form

    def cubes(self, rotations: list[Array]) -> Array:
        i, j, k = self.index
        return np.concatenate([(o[:, i] * o[:, j] * o[:, k] * self.weight).T for o in rotations], axis=1)

    def jacobian(self, rotations: list[Array], strengths: Array) -> Array:
        i, j, k = self.index
        left, right = self.pairs
        columns: list[Array] = []
        for layer, o in enumerate(rotations):
            g = strengths[layer * self.n : (layer + 1) * self.n]
            a, b, c = o[:, i], o[:, j], o[:, k]  # each (n, monomials)
            mixed = sum(np.einsum("jm,km->mjk", p * q, r) for p, q, r in ((a, b, c), (a, c, b), (b, c, a)))
            mixed = mixed * (self.weight / 3.0)[:, None, None]  # o_j o_j o_k, symmetrised
            columns.append(3.0 * (mixed[:, left, right] * g[left] - mixed[:, right, left] * g[right]))
            columns.append(np.einsum("mjj->mj", mixed))
        return np.concatenate(columns, axis=1)

    def moved(self, rotations: list[Array], strengths: Array, step: Array) -> tuple[list[Array], Array]:
        pairs = len(self.pairs[0])
        new = strengths.copy()
        turned: list[Array] = []
        for layer, (o, part) in enumerate(zip(rotations, step.reshape(len(rotations), -1), strict=True)):
            a = np.zeros((self.n, self.n))
            a[self.pairs] = part[:pairs]
            a -= a.T
            turned.append(np.linalg.solve(np.eye(self.n) - a / 2.0, np.eye(self.n) + a / 2.0) @ o)
            new[layer * self.n : (layer + 1) * self.n] += part[pairs:]
        return turned, new

    def plan(self, rotations: list[Array], strengths: Array) -> Plan:
        strengths = np.where(np.abs(strengths) < 1e-15 * np.abs(strengths).max(), 0.0, strengths)
        gammas = list(3.0 * strengths.reshape(len(rotations), self.n))
        return Plan("orthogonal layers", self.n, emit_layers(rotations, gammas))
