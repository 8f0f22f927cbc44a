"""Strawberry Fields: how far a cutoff moves readouts, and the engine that runs Gaussian feed-forward."""

from math import factorial, sqrt

import numpy as np
import pytest
from random_programs import p_of, squeezed, x_of

from compiler.ir import operations as ops
from compiler.ir.circuit import Circuit
from compiler.ir.polynomial import Polynomial
from simulations.backends.readouts import split_reads
from simulations.backends.strawberryfields import drift, sample


def cut(x, kappa, angle, cutoff, weight=1.0):
    """Mean and deviation of a readout of exp(i kappa n^2) on a coherent state at (x, 0) that is cut, and its weight.

    Nothing scales the state up again: the weight that is left of other modes is a factor of every moment.
    """
    n = np.arange(cutoff)
    alpha = x / 2
    psi = np.exp(-(alpha**2) / 2 + 1j * kappa * n**2) * alpha**n / np.sqrt([float(factorial(k)) for k in n])
    lower = np.diag(np.sqrt(np.arange(1, cutoff + 2)), 1)  # large enough for squares of quadratures
    q = np.exp(-1j * angle) * lower + np.exp(1j * angle) * lower.T
    mean, square = (weight * (psi.conj() @ power[:cutoff, :cutoff] @ psi).real for power in (q, q @ q))
    return mean, sqrt(square - mean**2), np.vdot(psi, psi).real


def change(mode, cutoff, other=None):
    """Change of a mean or a deviation from cutoff - 2 to cutoff, the larger, in deviations."""
    weights = [1.0 if other is None else cut(*other, c)[2] for c in (cutoff - 2, cutoff)]
    (low_mean, low, _), (mean, deviation, _) = (
        cut(*mode, c, weight) for c, weight in zip((cutoff - 2, cutoff), weights, strict=True)
    )
    return max(abs(mean - low_mean), abs(deviation - low)) / deviation


MODES = ((1.6, 0.3, 0.4), (2.2, -0.2, 1.1))
"""Displacement, Kerr strength and angle of the readout of two modes."""


def kerr(*modes):
    out = []
    for m, (x, kappa, angle) in enumerate(modes):
        out += [ops.Displacement((m,), x, 0.0), ops.Kerr((m,), kappa), ops.Homodyne((m,), angle, f"y{m}")]
    return Circuit(len(modes), tuple(out))


@pytest.mark.parametrize("cutoff", [6, 9])
def test_drift_is_the_largest_change_of_a_mean_or_a_deviation(cutoff):
    for mode in MODES:
        assert drift(kerr(mode), cutoff) == pytest.approx(change(mode, cutoff), rel=1e-6)
    one, two = MODES
    both = change(one, cutoff, two), change(two, cutoff, one)
    assert max(both) > 1.5 * min(both)
    for order in (MODES, MODES[::-1]):
        assert drift(kerr(*order), cutoff) == pytest.approx(max(both), rel=1e-6)


def test_drift_is_unknown_without_a_cutoff_and_nothing_without_readouts():
    circuit = kerr(MODES[0])
    gaussian = circuit.with_operations(tuple(op for op in circuit.operations if not isinstance(op, ops.Kerr)))
    again = circuit.then((ops.PrepareVacuum((0,)), x_of(0, "again")))
    assert drift(gaussian, 8) is drift(again, 8) is drift(circuit, 3) is None
    assert drift(circuit.with_operations(circuit.operations[:-1]), 4) == 0.0


def test_gaussian_feed_forward_runs_without_a_cutoff():
    """m = x_1 is N(12, e^{1.2}) and moves mode 0 by 2 m: x_0 - 2 m is N(0, e^{0.8}). Two Fock states hold neither."""
    fed = ops.Displacement((0,), Polynomial.monomial(("m",), 2.0), 0.0)
    state = (*squeezed(1, 0.4), ops.PrepareSqueezed((1,), -0.6), ops.Displacement((1,), 12.0, 0.0))
    circuit = Circuit(2, (*state, x_of(1, "m"), fed, x_of(0, "x")))
    assert split_reads(circuit) is None
    shots, seen = 60, []
    out = sample(circuit, shots, 3, 2, seen.append)
    assert seen == list(range(1, shots + 1))
    for values, mean, deviation in ((out["m"], 12.0, np.exp(0.6)), (out["x"] - 2 * out["m"], 0.0, np.exp(0.4))):
        assert abs(values.mean() - mean) < 5 * deviation / sqrt(shots)
        assert 0.5 < values.std() / deviation < 1.6
    momentum = Circuit(2, (*state, x_of(1, "m"), fed, p_of(0)))
    assert abs(sample(momentum, shots, 4, 2)["p"]).max() < 5 * np.exp(-0.4)
