"""Programs of Strawberry Fields and its engines, for tests; Gaussian circuits given the outcomes of their readouts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from compiler.imports.strawberryfields import strawberryfields
from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.semantics.gaussian_state import GaussianState, evolved, prepared_state
from compiler.template import bound

HOMODYNE_KICK = 1e-3
"""Tolerance of means behind a readout of Strawberry Fields' Gaussian and bosonic engines.

They project on a state of width 2e-4 instead of a quadrature, whose other quadrature (width 5e3, weight 4e-8) kicks the
means at random by some 2e-4; 1e-3 is five deviations. Seeds are fixed.
"""


def sf_program(modes: int, body: Callable[[Any, Any], Any], scrambled: bool = False) -> Any:
    """A `strawberryfields.Program` of what ``body(strawberryfields.ops, q)`` applies.

    With ``scrambled`` all modes first get different displaced squeezed states, and then interfere.
    """
    sf = strawberryfields()
    forget_symbols()
    program = sf.Program(modes)
    with program.context as q:
        if scrambled:
            for mode in range(modes):
                sf.ops.DisplacedSqueezed(0.2 + 0.1 * mode, 0.3 + mode, 0.3 - 0.1 * mode, 0.7 * mode) | q[mode]
            sf.ops.Interferometer(haar(modes, 7)) | [q[mode] for mode in range(modes)]
        body(sf.ops, q)
    return program


def forget_symbols() -> None:
    """Clear sympy's cache: it may hand out measured parameters of an earlier program, which no register here owns."""
    from sympy.core.cache import clear_cache

    clear_cache()


def run(
    program: Any,
    backend: str = "gaussian",
    args: Mapping[str, float] | None = None,
    seed: int = 1,
    run_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> tuple[Any, Any]:
    """Engine and result of a run, with NumPy's global generator seeded: it is the one that the engines use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine = strawberryfields().Engine(backend, backend_options=options)
        before = np.random.get_state()
        np.random.seed(seed)
        try:
            return engine, engine.run(program, args=dict(args or {}), **dict(run_options or {}))
        finally:
            np.random.set_state(before)


def engine_moments(program: Any, args: Mapping[str, float] | None = None) -> GaussianState:
    """Mean and covariance of all modes that the Gaussian engine leaves, deleted ones (in the vacuum) included."""
    circuit = run(program, "gaussian", args)[0].backend.circuit
    return GaussianState(np.array(circuit.smeanxp(), float), np.array(circuit.scovmatxp(), float))


def bosonic_moments(state: Any) -> GaussianState:
    """Mean and covariance of a Gaussian state of the bosonic engine."""
    ((mean,), (cov,)) = state.means().real, state.covs().real  # one Gaussian, ordered x_0, p_0, x_1, p_1, ..
    order = [*range(0, mean.size, 2), *range(1, mean.size, 2)]
    return GaussianState(mean[order], cov[np.ix_(order, order)])


def assert_same_state(found: GaussianState, wanted: GaussianState, tolerance: float = 1e-10) -> None:
    """Means and covariances agree; the tolerance is rounding of decompositions unless the caller says otherwise."""
    np.testing.assert_allclose(found.cov, wanted.cov, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=tolerance, atol=tolerance)


def first_modes(state: GaussianState, modes: int) -> GaussianState:
    """The state of the first modes; the others are ancillas that were read."""
    rows = [*range(modes), *range(state.modes, state.modes + modes)]
    return GaussianState(state.mean[rows], state.cov[np.ix_(rows, rows)])


def conditional_state(circuit: Circuit, outcomes: Mapping[str, float]) -> GaussianState:
    """The state of a Gaussian circuit that starts in the vacuum, given the outcomes of its readouts.

    Where a mode is read, the others are conditioned on the outcome (Schur complement) and it is left in the vacuum.
    """
    state = prepared_state(Circuit(circuit.modes))
    for op in circuit.operations:
        if isinstance(op, ops.Homodyne | ops.PostSelect):
            value = op.value if isinstance(op, ops.PostSelect) else outcomes[op.result]
            state = _conditioned(evolved(state, (ops.Rotation(op.modes, -op.angle),)), op.modes[0], value)
        else:
            state = evolved(state, bound(Circuit(circuit.modes, (op,), (), tuple(outcomes)), outcomes).operations)
    return state


def _conditioned(state: GaussianState, mode: int, value: float) -> GaussianState:
    """The state given the position of a mode, which is in the vacuum afterwards."""
    column = state.cov[:, mode] / state.cov[mode, mode]
    mean = state.mean + column * (value - state.mean[mode])
    cov = state.cov - np.outer(column, state.cov[mode])
    return evolved(GaussianState(mean, cov), (ops.PrepareVacuum((mode,)),))


def haar(modes: int, seed: int) -> np.ndarray:
    """A random unitary."""
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.normal(size=(modes, modes)) + 1j * rng.normal(size=(modes, modes)))
    return q * (np.diag(r) / np.abs(np.diag(r)))


def symplectic_matrix(modes: int, seed: int) -> np.ndarray:
    """A random symplectic matrix: exp(Omega H) of a random symmetric H."""
    from scipy.linalg import expm

    rng = np.random.default_rng(seed)
    h = rng.normal(size=(2 * modes, 2 * modes))
    one, zero = np.eye(modes), np.zeros((modes, modes))
    return expm(0.15 * np.block([[zero, one], [-one, zero]]) @ (h + h.T))
