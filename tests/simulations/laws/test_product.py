"""The law of a product of three positions against quadrature, and far from its middle."""

from math import erfc, exp, log, pi, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from simulations.laws.product import ProductLaw

LAW = ProductLaw(0.3, 0.4, (0.5, -0.8, 0.2), (0.6, 1.1, 0.7), 0.8)


def by_quadrature(law, y):
    """Density and distribution function: normal for given x_2 and x_3, which are summed over on a fine grid."""
    z = np.linspace(-9, 9, 1201)
    weight = np.exp(-0.5 * z**2) / sqrt(2 * pi) * (z[1] - z[0])
    (m1, m2, m3), (v1, v2, v3) = law.means, law.variances
    slope = law.factor * np.multiply.outer(m2 + sqrt(v2) * z, m3 + sqrt(v3) * z)
    off, variance = y - law.constant - slope * m1, law.noise + slope**2 * v1
    density = np.exp(-0.5 * off**2 / variance) / np.sqrt(2 * pi * variance)
    below = 0.5 * np.vectorize(erfc)(-off / np.sqrt(2 * variance))
    return float(weight @ density @ weight), float(weight @ below @ weight)


@pytest.mark.parametrize("y", [-2.5, 0.2, 1.7])
def test_product_law_agrees_with_quadrature(y):
    density, below = by_quadrature(LAW, y)
    assert exp(LAW.log_density(y)) == pytest.approx(density, rel=1e-7)
    assert LAW.cdf(y) == pytest.approx(below, abs=1e-8)
    assert LAW.tail(y) == pytest.approx(2 * min(below, 1 - below), abs=1e-8)


@pytest.mark.parametrize("far", [100.0, 160.0, 1e3, 1e6])
def test_far_from_the_middle_nothing_is_left(far):
    """Beyond its reach the law is one of nothing: the sums there repeat with a period, and the density has a floor."""
    floor = log(1e-13 / sqrt(2 * pi * LAW.noise))
    assert (LAW.cdf(-far), LAW.cdf(far)) == (0.0, 1.0)
    assert LAW.tail(far) == LAW.tail(-far) == 0.0
    assert LAW.log_density(far) == LAW.log_density(-far) == pytest.approx(floor)


def test_laws_that_need_too_many_nodes_are_refused(monkeypatch):
    """Nodes lie 2 pi / window apart, up to 8.5 deviations of the noise's transform: some 500 here."""
    monkeypatch.setattr("simulations.laws.inversion.MAX_NODES", 100)
    wide = ProductLaw(0.1, 0.4, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.3)  # not LAW, whose transform is kept
    for asked in (wide.cdf, wide.log_density, wide.tail):
        with pytest.raises(InputError, match="nodes, more than 1e\\+02; use less squeezing"):
            asked(0.1)
