"""Means and covariances of circuits whose first readouts are chosen: gates by `evolved`, readouts by the formula."""

import numpy as np

from compiler.ir import operations as ops
from compiler.semantics.gaussian_state import GaussianState, evolved


def chosen(circuit, mean, cov):
    """Mean and covariance of the modes that were not read, from those of all modes at the start (x .., p ..).

    A readout of q = x cos(a) + p sin(a) at the value v leaves, with the covariance column c = cov(., q) and s = var(q),
    ``mean + c (v - mean_q) / s`` and ``cov - c c^T / s`` of the other modes. Ancillas start in the vacuum.
    """
    n, extra = len(mean) // 2, circuit.modes - len(mean) // 2
    places = [*range(n), *range(n + extra, 2 * n + extra)]
    full_mean, full_cov = np.zeros(2 * (n + extra)), np.eye(2 * (n + extra))
    full_mean[places] = mean
    full_cov[np.ix_(places, places)] = cov
    state, gone = GaussianState(full_mean, full_cov), set(circuit.ancillas)
    total = circuit.modes
    for op in circuit.operations:
        if isinstance(op, ops.PrepareVacuum) and op.modes[0] in circuit.ancillas:
            state = evolved(state, [ops.Loss(op.modes, 0.0)])
            continue
        if not isinstance(op, ops.PostSelect):
            state = evolved(state, [op])
            continue
        (mode,) = op.modes
        q = np.zeros(2 * total)
        q[mode], q[total + mode] = np.cos(op.angle), np.sin(op.angle)
        column, variance = state.cov @ q, q @ state.cov @ q
        state = GaussianState(
            state.mean + column * (op.value - q @ state.mean) / variance,
            state.cov - np.outer(column, column) / variance,
        )
        gone.add(mode)
    kept = [m for m in range(total) if m not in gone]
    rows = [*kept, *(total + m for m in kept)]
    return state.mean[rows], state.cov[np.ix_(rows, rows)]


def random_state(modes, seed):
    """Mean and covariance of a random state, well above the vacuum."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(2 * modes, 2 * modes))
    return rng.normal(size=2 * modes), 0.3 * factor @ factor.T + 2.0 * np.eye(2 * modes)
