"""A slow, obvious oracle for Gaussian circuits: the joint mean and covariance of modes and results, step by step.

Written independently of the package: matrices are typed from the definitions of the operations, a homodyne result is a
further variable, and post-selection is a Schur complement.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial

Array = NDArray[np.float64]


def slow_moments(
    circuit: Circuit, mean: Array, cov: Array, values: dict[str, float] | None = None
) -> tuple[list[str], Array, Array]:
    """Names, mean and covariance of the modes that are left and of all results, for a Gaussian input."""
    n = circuit.modes
    mean, cov = mean.copy(), cov.copy()
    results: list[str] = []
    alive = set(range(n))
    for op in circuit.operations:
        at = [*op.modes, *(m + n for m in op.modes)]
        row = np.zeros(len(mean))
        if isinstance(op, ops.Homodyne | ops.PostSelect):
            row[at] = np.cos(op.angle), np.sin(op.angle)
            alive -= set(op.modes)
        match op:
            case ops.PrepareVacuum() | ops.PrepareSqueezed():
                r = getattr(op, "r", 0.0)
                mean[at] = cov[at] = cov[:, at] = 0.0
                cov[at, at] = np.exp(-2 * r), np.exp(2 * r)
                alive |= set(op.modes)
            case ops.Homodyne():
                step = np.vstack([np.eye(len(mean)), row])
                mean, cov = step @ mean, step @ cov @ step.T
                results.append(op.result)
            case ops.PostSelect():
                gain = cov @ row / (row @ cov @ row)
                mean, cov = mean + gain * (op.value - row @ mean), cov - np.outer(gain, row @ cov)
            case ops.DisplacementNoise():
                cov[at, at] += op.x_variance, op.p_variance
            case _:
                step, shift, added = _step(op, at, len(mean), 2 * n, results, values or {})
                mean, cov = step @ mean + shift, step @ cov @ step.T
                cov[at, at] += added
    kept = sorted(alive)
    places = [*kept, *(m + n for m in kept), *range(2 * n, 2 * n + len(results))]
    names = [f"x{m}" for m in kept] + [f"p{m}" for m in kept] + results
    order = sorted(range(len(names)), key=names.__getitem__)
    at = [places[i] for i in order]
    return [names[i] for i in order], mean[at], cov[np.ix_(at, at)]


def _step(
    op: ops.Operation, at: list[int], size: int, first: int, results: list[str], values: dict[str, float]
) -> tuple[Array, Array, float]:
    """``mean -> step mean + shift, cov -> step cov step^T + added``; results stand from place ``first`` on."""
    step, shift, added = np.eye(size), np.zeros(size), 0.0
    if isinstance(op, ops.Displacement):
        for place, value in zip(at, (op.x, op.p), strict=True):
            terms = value.terms if isinstance(value, Polynomial) else {(): value}
            for key, coefficient in terms.items():
                factor = coefficient * float(np.prod([values[name] ** q for name, q in key if name in values]))
                used = [name for name, _ in key if name not in values]
                if used:
                    step[place, first + results.index(used[0])] += factor
                else:
                    shift[place] += factor
    elif isinstance(op, ops.Loss | ops.ThermalLoss):
        step[at, at] = np.sqrt(op.eta)
        added = (1 - op.eta) * (2 * getattr(op, "nbar", 0.0) + 1)
    else:
        step[np.ix_(at, at)] = _matrix(op, values)
    return step, shift, added


def _matrix(op: ops.Operation, values: dict[str, float]) -> Array:
    """What a gate does to (x .., p ..) of its modes."""

    def number(value: object) -> float:
        return float(value.evaluate(values)) if isinstance(value, Polynomial) else float(value)  # type: ignore[arg-type]

    match op:
        case ops.Rotation(theta=t):
            c, s = np.cos(number(t)), np.sin(number(t))
            return np.array([[c, -s], [s, c]])
        case ops.Squeeze(r=r):
            return np.diag([np.exp(-number(r)), np.exp(number(r))])
        case ops.Shear(s=s):
            return np.array([[1.0, 0.0], [number(s), 1.0]])
        case ops.ControlledX(s=s):
            g = number(s)
            return np.array([[1.0, 0, 0, 0], [g, 1, 0, 0], [0, 0, 1, -g], [0, 0, 0, 1.0]])
        case ops.ControlledZ(s=s):
            g = number(s)
            return np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, g, 1, 0], [g, 0, 0, 1.0]])
        case ops.BeamSplitter(theta=t, phi=f):
            c, s, e = np.cos(number(t)), np.sin(number(t)), np.exp(1j * number(f))
            u = np.array([[c, -s / e], [s * e, c]])
        case ops.Interferometer(matrix=matrix):
            u = np.array(matrix)
        case _:
            raise AssertionError(op)
    return np.block([[u.real, -u.imag], [u.imag, u.real]])


def random_input(rng: np.random.Generator, modes: int) -> tuple[Array, Array]:
    """A mean and a positive covariance that mix all quadratures."""
    root = rng.normal(size=(2 * modes, 2 * modes))
    return rng.normal(size=2 * modes), root @ root.T + np.eye(2 * modes)


def slow_difference(left: Circuit, right: Circuit, seeds: tuple[int, ...] = (1, 2)) -> float:
    """The largest difference of means and covariances at a few inputs, relative to the deviations of the outputs."""
    worst = 0.0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        values = {name: float(rng.normal()) for name in left.symbols}
        state = random_input(rng, left.modes)
        (ours, m, v), (theirs, mm, vv) = (slow_moments(c, *state, values) for c in (left, right))
        if ours != theirs:
            return float("inf")
        size = np.sqrt(np.diag(v))
        worst = max(worst, float(np.max(np.abs(m - mm) / size, initial=0.0)))
        worst = max(worst, float(np.max(np.abs(v - vv) / np.outer(size, size), initial=0.0)))
    return worst
