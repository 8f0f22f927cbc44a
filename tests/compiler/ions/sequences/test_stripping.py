"""Stripped angles reproduce the polynomial and the one that completes it."""

import numpy as np

from compiler.ions import SpinSequence
from compiler.ions.sequences.stripping import complement, strip


def test_stripping_reproduces_the_polynomial():
    rng = np.random.default_rng(7)
    for degree in (0, 1, 4, 11):
        p = rng.normal(size=degree + 1) + 1j * rng.normal(size=degree + 1)
        p *= 0.9 / np.abs(p).sum()  # at most 0.9 on the circle
        q = complement(p)
        polar, azimuth, offset = strip(p, q)
        sequence = SpinSequence(tuple(polar), tuple(azimuth), (0.7,) * degree, 0.0, offset)
        s = np.linspace(-3, 3, 50)
        waves = np.exp(0.7j * np.outer(s, 2 * np.arange(degree + 1) - degree))
        # both amplitudes: the leak is the polynomial that was completed
        np.testing.assert_allclose(sequence.amplitudes(s), np.stack([waves @ p, waves @ q]), atol=1e-9)
