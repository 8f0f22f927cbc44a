"""The nearest unitary against its definition, and the message of a matrix that is unitary in single precision only."""

import re

import numpy as np
import pytest
from scipy.linalg import polar
from scipy.stats import unitary_group

from compiler.decompositions.nearest_unitary import nearest_unitary
from compiler.errors import CircuitError
from compiler.ir.operations import Interferometer


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_it_is_the_polar_factor_at_the_spectral_distance(n):
    rng = np.random.default_rng(n)
    u = unitary_group.rvs(n, random_state=n) if n > 1 else np.array([[1j]])
    off = 1e-3 * (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
    found, distance = nearest_unitary(u + off)
    np.testing.assert_allclose(found, polar(u + off)[0], atol=1e-13)
    np.testing.assert_allclose(found @ found.conj().T, np.eye(n), atol=1e-13)
    assert distance == pytest.approx(np.linalg.norm(found - u - off, 2), rel=1e-9)
    # no unitary is nearer: neither the one that was changed, nor any of those around
    assert distance <= np.linalg.norm(off, 2)
    for _ in range(20):
        h = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
        other = found @ polar(np.eye(n) + 1e-4 * (h - h.conj().T))[0]
        assert np.linalg.norm(other - u - off, 2) >= distance * (1 - 1e-12)


def test_single_precision_is_mended():
    u = unitary_group.rvs(6, random_state=1)
    stored = u.astype(np.complex64)
    with pytest.raises(
        CircuitError, match=r"must be unitary.*nearest_unitary\(matrix\).* is unitary, .*e-08 away"
    ) as error:
        Interferometer(tuple(range(6)), stored)
    found, distance = nearest_unitary(stored)
    told = float(re.search(r"unitary, (\S+) away", str(error.value))[1])
    assert told == pytest.approx(distance, rel=0.05)  # two digits are shown
    assert distance < 2e-7 and np.abs(found - u).max() < 2e-7
    Interferometer(tuple(range(6)), found)
    with pytest.raises(CircuitError) as error:
        Interferometer((0, 1), 1.1 * np.eye(2))  # no rounding
    assert "nearest_unitary" not in str(error.value)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 2.0]], r"square matrix, found shape \(1, 2\)"),
        ([1.0, 2.0], r"square matrix, found shape \(2,\)"),
        ([[np.nan, 0.0], [0.0, 1.0]], "finite numbers"),
        ([[1.0, 1.0], [1.0, 1.0]], "singular"),
        ("matrix", "complex numbers"),
    ],
)
def test_what_has_no_nearest_unitary_is_refused(matrix, message):
    with pytest.raises(CircuitError, match=message):
        nearest_unitary(matrix)
