"""Certified errors bound those between the points of the grid."""

import numpy as np
from ions_support import random_sequence

from compiler.ions import LinePhase
from compiler.ions.sequences.certify import certify


def test_certificates_hold_between_grid_points():
    rng = np.random.default_rng(6)
    for _ in range(5):
        sequence = random_sequence(rng, 4)
        phase = LinePhase(tuple(rng.normal(size=4)))
        error = certify(sequence, phase, 1.5)
        s = rng.uniform(-1.5, 1.5, size=200_000)
        p, q = sequence.amplitudes(s)
        largest = np.hypot(np.abs(p - np.exp(1j * phase.value(s))), np.abs(q)).max()
        assert largest <= error.sup_norm <= min(2.0, 1.001 * largest + 1e-5)
        assert np.abs(q).max() ** 2 <= error.leak <= min(1.0, 1.001 * np.abs(q).max() ** 2 + 1e-5)
