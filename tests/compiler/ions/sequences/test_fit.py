"""The Jacobian of the fit agrees with differences, and reduced angles are the same sequence."""

from math import pi

import numpy as np
import pytest
from ions_support import CUBIC, EXTENT

from compiler.ions.sequences.fit import Target, _error, _linearised


@pytest.mark.parametrize("equal", [True, False])
def test_jacobian_against_differences(equal):
    target = Target.of(CUBIC.scaled(EXTENT), 3, equal)
    x = np.random.default_rng(8).normal(size=4 + 4 + 2 + (1 if equal else 3))
    weight = np.linspace(0.5, 1.5, len(target.nodes))
    residual, jacobian = _linearised(target, x, weight)
    flat = (weight * _error(target, x)).reshape(-1)
    np.testing.assert_allclose(residual, np.concatenate([flat.real, flat.imag]), atol=1e-14)
    for i in range(len(x)):
        step = 1e-6 * np.eye(len(x))[i]
        change = weight * (_error(target, x + step) - _error(target, x - step)) / 2e-6
        np.testing.assert_allclose(
            jacobian[:, i], np.concatenate([change.real.reshape(-1), change.imag.reshape(-1)]), atol=1e-8
        )
    # angles reduced to one turn are the same sequence
    s = target.nodes
    turned = x + np.array([4 * pi] + [2 * pi] * 3 + [-2 * pi] * 4 + [0.0] * (len(x) - 8))
    reduced = target.sequence(turned)
    assert max(map(abs, reduced.polar + reduced.azimuth)) <= pi
    np.testing.assert_allclose(reduced.amplitudes(s), _error(target, turned) + [[1], [0]] * target.wanted, atol=1e-12)
