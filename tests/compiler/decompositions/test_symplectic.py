"""Decompositions of symplectic and covariance matrices multiply out again, whatever their degeneracies."""

import numpy as np
import pytest
from scipy.linalg import expm
from strawberryfields_programs import haar

from compiler.decompositions.symplectic import bloch_messiah, orthogonal, symplectic_form, williamson
from compiler.errors import CircuitError


def squeezing(s):
    return np.diag(np.exp(np.concatenate([s, -np.asarray(s)])))


def random_symplectic(n, seed, size=0.2):
    h = np.random.default_rng(seed).normal(size=(2 * n, 2 * n))
    return expm(size * symplectic_form(n) @ (h + h.T))


def mixed(n, s, seed):
    return orthogonal(haar(n, seed)) @ squeezing(s) @ orthogonal(haar(n, seed + 1))


CASES = {
    "generic": random_symplectic,
    "equal squeezing": lambda n, seed: mixed(n, [0.7] * n, seed),
    "passive": lambda n, seed: orthogonal(haar(n, seed)),
    "one mode squeezed": lambda n, seed: mixed(n, [1.0] + [0.0] * (n - 1), seed),
    "all sizes": lambda n, seed: mixed(n, 10.0 ** np.random.default_rng(seed).uniform(-14, 0.5, n), seed),
    "strong": lambda n, seed: mixed(n, np.linspace(8.0, 5.0, n), seed),
    "identity": lambda n, seed: np.eye(2 * n),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_bloch_messiah_multiplies_out(name, n):
    for seed in range(20):
        matrix = CASES[name](n, seed)
        u_1, s, u_2 = bloch_messiah(matrix)
        for u in (u_1, u_2):
            np.testing.assert_allclose(u @ u.conj().T, np.eye(n), atol=1e-13)
        back = orthogonal(u_1) @ squeezing(s) @ orthogonal(u_2)
        # squeezing below 1e-12 is dropped, and rounding is relative to the largest element
        np.testing.assert_allclose(back, matrix, rtol=0, atol=5e-12 * np.abs(matrix).max())


def test_diagonal_and_passive_matrices_keep_their_form():
    u_1, s, u_2 = bloch_messiah(np.diag([2.0, 0.25, 0.5, 4.0]))
    np.testing.assert_allclose(np.abs(u_1), [[0, 1], [1, 0]], atol=1e-12)  # the stronger squeezer comes first
    np.testing.assert_allclose(s, [-np.log(4.0), np.log(2.0)])
    u_1, s, u_2 = bloch_messiah(orthogonal(haar(3, 2)))
    np.testing.assert_array_equal(u_1, np.eye(3))
    np.testing.assert_array_equal(s, np.zeros(3))
    np.testing.assert_allclose(u_2, haar(3, 2), atol=1e-14)


@pytest.mark.parametrize("name", ["generic", "equal squeezing", "passive", "identity"])
@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("photons", ["none", "equal", "all sizes"])
def test_williamson_multiplies_out(name, n, photons):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        nbar = {"none": np.zeros(n), "equal": np.full(n, 0.5), "all sizes": rng.exponential(size=n)}[photons]
        thermal = np.diag(np.tile(2 * nbar + 1, 2))
        given = CASES[name](n, seed)
        cov = given @ thermal @ given.T
        nu, s = williamson(cov)
        np.testing.assert_allclose(np.sort(2 * nbar + 1), nu, rtol=1e-9)
        np.testing.assert_allclose(s @ np.diag(np.tile(nu, 2)) @ s.T, cov, rtol=0, atol=1e-11 * np.abs(cov).max())
        omega = symplectic_form(n)
        np.testing.assert_allclose(s @ omega @ s.T, omega, atol=1e-10 * np.abs(s).max() ** 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bloch_messiah(np.diag([2.0, 2.0])), "must be symplectic, found S Omega S.T off by 3"),
        (lambda: bloch_messiah(np.eye(3)), "needs 2 n x 2 n finite numbers"),
        (lambda: bloch_messiah(np.full((2, 2), np.nan)), "finite numbers"),
        (lambda: williamson(np.eye(3)), "needs 2 n x 2 n finite numbers"),
        (lambda: williamson(np.array([[1.0, 0.5], [0.0, 1.0]])), "must be symmetric"),
        (lambda: williamson(np.diag([1.0, 0.0])), "must be positive definite"),
    ],
)
def test_what_is_no_such_matrix_is_refused(call, message):
    with pytest.raises(CircuitError, match=message):
        call()
