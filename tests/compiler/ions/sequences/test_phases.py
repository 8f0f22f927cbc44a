"""Phases along a line are polynomials: values, slopes and their bounds."""

import numpy as np

from compiler.ions import LinePhase


def test_line_phases_are_polynomials():
    f = LinePhase((0.3, -1.0, 0.0, 0.5, 0.0))
    s = np.linspace(-2, 2, 101)
    reference = np.polynomial.Polynomial([0.3, -1.0, 0.0, 0.5])
    assert f.degree == 3
    np.testing.assert_allclose(f.value(s), reference(s), atol=1e-14)
    np.testing.assert_allclose(f.slope(s), reference.deriv()(s), atol=1e-14)
    np.testing.assert_allclose((-f).scaled(2.0).value(s), -reference(2 * s), atol=1e-13)
    assert f.slope_bound(2.0) >= np.abs(reference.deriv()(s)).max()
    assert f.curvature_bound(2.0) >= np.abs(reference.deriv(2)(s)).max()
    assert (f + (-f)).coefficients == ()
