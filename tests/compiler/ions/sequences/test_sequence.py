"""Amplitudes and slopes of a sequence are those of the product of its matrices."""

import mpmath
import numpy as np
from ions_support import direct, random_sequence
from pyqsp.angle_sequence import angle_sequence

from compiler.ions import SpinSequence


def test_amplitudes_are_the_product_of_matrices():
    rng = np.random.default_rng(5)
    sequence = random_sequence(rng, 5)
    points = np.array([-1.3, 0.0, 0.7])
    values, slopes = sequence.amplitudes_and_slopes(points)
    for i, s in enumerate(points):
        p, q = direct(sequence, mpmath.mpf(s))
        assert abs(complex(p) - values[0, i]) < 1e-13 and abs(complex(q) - values[1, i]) < 1e-13
        with mpmath.workdps(30):
            step = mpmath.mpf("1e-8")
            ahead, behind = direct(sequence, s + step), direct(sequence, s - step)
            for row in range(2):  # the central difference is off by about step^2
                assert abs(complex((ahead[row] - behind[row]) / (2 * step)) - slopes[row, i]) < 1e-11
    np.testing.assert_allclose(sequence.conjugate().amplitudes(points), values.conj(), atol=1e-13)
    np.testing.assert_allclose(sequence.stretched(2.0).amplitudes(2.0 * points), values, atol=1e-13)


def test_a_library_for_odd_phases_agrees_on_the_convention():
    # pyqsp takes real coefficients, which odd phases have; its sequence must do here what its polynomial says
    coefficients = np.array([0.05, -0.2, 0.6, 0.1, -0.04, 0.0, 0.02])
    angles = np.array(angle_sequence(coefficients, eps=1e-6, suc=1 - 1e-6))
    sequence = SpinSequence(tuple(-2.0 * angles[::-1]), (0.0,) * 7, (0.9,) * 6)  # exp(i a X) is R(-2a, 0)
    s = np.linspace(-2, 2, 41)
    series = np.exp(0.9j * np.outer(s, 2 * np.arange(7) - 6)) @ coefficients
    np.testing.assert_allclose(sequence.amplitudes(s)[0], series, atol=1e-5)
