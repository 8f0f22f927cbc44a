"""Compare the states of two Gaussian preparations: the proof for machines that count photons."""

from __future__ import annotations

import numpy as np

from compiler.ir.circuit import Circuit
from compiler.semantics.equivalence import Equivalence
from compiler.semantics.gaussian_state import GaussianState, prepared_state

METHOD = "covariance of the prepared state"

COVARIANCE_TOLERANCE = 1e-6
"""Largest accepted difference of covariances, relative to the largest element: the tolerance of levels is 1e-5."""


def same_state(source: Circuit, native: Circuit, *, further_vacuum: bool = True) -> Equivalence:
    """Decide whether two Gaussian preparations make the same state.

    Parameters
    ----------
    source, native : Circuit
        The native circuit may have further modes.
    further_vacuum : bool
        Whether these must be vacuum. Otherwise they may be in any state, and those of the source are compared.

    Examples
    --------

    >>> from compiler.ir.operations import PrepareSqueezed, Squeeze
    >>> same_state(Circuit(1, (Squeeze((0,), 0.5),)), Circuit(1, (PrepareSqueezed((0,), 0.5),))).equivalent
    True
    """
    found = prepared_state(native)
    count = native.modes if further_vacuum else source.modes
    if not further_vacuum:
        kept = [*range(count), *range(native.modes, native.modes + count)]
        found = GaussianState(found.mean[kept], found.cov[np.ix_(kept, kept)])
    wanted = prepared_state(Circuit(count, source.operations))
    size = float(np.abs(wanted.cov).max(initial=1.0))
    off = np.abs(wanted.cov - found.cov) / size
    residual = max(float(off.max(initial=0.0)), float(np.abs(wanted.mean - found.mean).max(initial=0.0)))
    if residual <= COVARIANCE_TOLERANCE:
        return Equivalence(True, residual, COVARIANCE_TOLERANCE, 1)
    row, column = np.unravel_index(int(np.argmax(off)), off.shape)
    names = [f"{'x' if i < count else 'p'}_{i % count}" for i in (row, column)]
    reason = (
        f"the covariance of {names[0]} and {names[1]} is {wanted.cov[row, column]:.9g} in one circuit and "
        f"{found.cov[row, column]:.9g} in the other"
    )
    return Equivalence(False, residual, COVARIANCE_TOLERANCE, 1, reason)
