"""Coordinates in which a lossy chain couples few modes, against the cubic form itself at random points."""

import numpy as np

from compiler.ir.conventions import HBAR
from simulations.momenta import frame as module
from simulations.momenta.frame import LEFT_OUT, sparse_frame
from simulations.momenta.problem import Problem


def value(cubic, x):
    return sum(w * x[..., a] * x[..., b] * x[..., c] for (a, b, c), w in cubic.items())


def contracted_chain(n, seed, size):
    """Edges of a chain, each with its positions turned by a small matrix of its own that mixes neighbours."""
    rng = np.random.default_rng(seed)
    tensor = np.zeros((n, n, n))
    for i in range(n - 2):
        turn = np.eye(n)
        for a in range(i, i + 3):
            for b in range(max(0, i - 1), min(n, i + 4)):
                turn[a, b] += size * rng.normal()
        tensor += rng.uniform(0.2, 0.5) * np.einsum("a,b,c->abc", turn[i], turn[i + 1], turn[i + 2])
    cubic = {}
    for a, b, c in np.ndindex(n, n, n):
        key = tuple(sorted((a, b, c)))
        cubic[key] = cubic.get(key, 0.0) + tensor[a, b, c]
    return {key: w for key, w in cubic.items() if w}


def problem(cubic, n, variance=3.0):
    return Problem(np.zeros((1, n)), np.eye(n) / variance, cubic, np.zeros((1, n, n)), np.zeros((1, n)))


def test_small_terms_that_coordinates_can_remove_are_removed():
    """One matrix for all edges: the exact coordinates are its inverse."""
    n, rng = 7, np.random.default_rng(1)
    turn = np.eye(n) + 0.01 * rng.normal(size=(n, n)) * (np.abs(np.subtract.outer(range(n), range(n))) <= 3)
    tensor = sum(0.4 * np.einsum("a,b,c->abc", turn[i], turn[i + 1], turn[i + 2]) for i in range(n - 2))
    cubic = {}
    for a, b, c in np.ndindex(n, n, n):
        key = tuple(sorted((a, b, c)))
        cubic[key] = cubic.get(key, 0.0) + tensor[a, b, c]
    found = sparse_frame(problem(cubic, n))
    assert max(len(read.around) for read in found.reads) == 2
    assert found.left_out <= LEFT_OUT
    y = rng.normal(size=(200, n)) * 3.0**0.5
    error = value(cubic, y @ found.matrix.T) - value(found.cubic, y)
    assert np.sqrt(np.mean(error**2)) / HBAR < 3 * LEFT_OUT
    together = [{read.mode, *read.around} for read in found.reads]
    assert all(any(set(key) <= live for live in together) for key in found.cubic)


def test_what_coordinates_cannot_remove_stays_and_keeps_more_modes_live():
    cubic = {(0, 1, 2): 0.4, (1, 2, 3): 0.4, (2, 3, 4): 0.4, (0, 2, 4): 0.05, (0, 1, 4): 0.3}
    found = sparse_frame(problem(cubic, 5))
    y = np.random.default_rng(2).normal(size=(100, 5))
    matrix = np.eye(5) if found.matrix is None else found.matrix
    assert np.abs(value(cubic, y @ matrix.T) - value(found.cubic, y)).max() < 1e-3
    assert max(len(read.around) for read in found.reads) >= 3


def test_a_form_with_few_couplings_is_left_as_it_is():
    found = sparse_frame(problem({(0, 1, 2): 0.3, (0, 1, 1): 0.001}, 3))
    assert found.matrix is None and found.left_out == 0.0


def test_small_terms_of_too_many_modes_are_kept_as_couplings(monkeypatch):
    monkeypatch.setattr(module, "MAX_TURNED", 4)
    cubic = contracted_chain(5, 3, 0.01)
    found = sparse_frame(problem(cubic, 5))  # no coordinates are searched
    assert found.matrix is None and found.cubic == cubic
    assert max(len(read.around) for read in found.reads) == 4
