"""Lattice ancillas: values of the design, and exponents from the noise of every meter, path by path."""

from math import inf, pi, sqrt

import numpy as np
import pytest

from compiler.errors import InputError
from qumode_khrnn.witness.law import BOUND, exponents
from qumode_khrnn.witness.photonics import HOMODYNE_IN_B, SCHEMES, ancilla_db, scheme_named, value_with_ancilla

TABLE = [(8.18, 9.10, 11.09), (10.73, 11.50, 13.24), (11.89, 12.71, 14.54)]
"""dB at r = infinity, 1.5, 1 and w = 1, by scheme."""


def means_at(w, r, loss=0.0):
    u, v = exponents(w, r, loss)
    return (np.exp(-u),) * 3 + (np.exp(-v),)


@pytest.mark.parametrize(("scheme", "row"), list(zip(SCHEMES, TABLE, strict=True)))
def test_values_of_the_design(scheme, row):
    found = [ancilla_db(1.0, means_at(1.0, r), scheme) for r in (inf, 1.5, 1.0)]
    assert found == pytest.approx(row, abs=6e-3)
    for r, db in zip((inf, 1.5, 1.0), found, strict=True):
        assert value_with_ancilla(1.0, means_at(1.0, r), scheme, 10 ** (-db / 10)) == pytest.approx(BOUND, abs=1e-9)


def test_exponents_at_weight_one():
    found = [scheme.exponents(1.0) for scheme in SCHEMES]
    assert np.allclose(found, pi / 4 * np.array([[1, 15], [3, 15], [3, 27]]), rtol=1e-15)


@pytest.mark.parametrize("w", [0.3, 1.0, 2.2])
def test_exponents_are_the_variance_of_the_phase_error(w):
    """Independent normal errors of variance 1: m_i of the meter of p_i, d_i that it puts on x_i, k_i of a meter of x_i.

    The phase error of a context is a linear form of them, and its exponent half the squared norm of the coefficients.
    """
    a = sqrt(pi / (2 * w))
    m, d, k = np.split(np.eye(9), 3)  # rows: unit vectors of the errors

    def exponent(form):
        return 0.5 * float(form @ form)

    b_direct, a_direct = a * m[0], sum(a * m[i] - 2 * a * w * d[i] for i in range(3))
    assert SCHEMES[0].exponents(w) == pytest.approx((exponent(b_direct), exponent(a_direct)))
    b_noisy = a * m[0] - a * w * d[1] - a * w * d[2]
    assert SCHEMES[1].exponents(w) == pytest.approx((exponent(b_noisy), exponent(a_direct)))
    b_meters = a * m[0] - a * w * k[1] - a * w * k[2]
    a_meters = sum(a * m[i] - 2 * a * w * (d[i] + k[i]) for i in range(3))
    assert SCHEMES[2].exponents(w) == pytest.approx((exponent(b_meters), exponent(a_meters)))


def test_worse_states_need_better_ancillas():
    for scheme in SCHEMES:
        found = [ancilla_db(1.0, means_at(1.0, r, loss), scheme) for r, loss in ((2.0, 0.0), (1.2, 0.0), (1.2, 0.03))]
        assert found == sorted(found)
        assert ancilla_db(1.0, means_at(1.0, 0.5), scheme) is None


def test_homodyne_in_b_is_refused_because_it_shows_nothing():
    """Above 11.2 dB three times <B> alone passes the bound, with an ancilla of no use in A."""
    with pytest.raises(InputError, match="same instrument"):
        scheme_named(HOMODYNE_IN_B)
    assert sum(means_at(1.0, 1.31)[:3]) > BOUND > sum(means_at(1.0, 1.29)[:3])
    assert scheme_named(SCHEMES[2].name) is SCHEMES[2]
    with pytest.raises(InputError, match="known: P by ancillas"):
        scheme_named("by hand")
