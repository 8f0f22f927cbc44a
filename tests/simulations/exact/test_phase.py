"""Substitution into polynomials against an expansion product by product, and against plain numbers."""

from itertools import product as pairs

import numpy as np
import pytest

from simulations.exact.phase import substitute


def random_polynomial(rng, variables, terms, degree, shots):
    """Monomials with repetition, some shared by all shots and some not."""
    out = {}
    for _ in range(terms):
        key = tuple(sorted(rng.integers(0, variables, rng.integers(0, degree + 1)).tolist()))
        out[key] = rng.normal(size=shots if rng.random() < 0.5 else 1)
    return out


def expanded(phase, forms):
    """Every choice of one term from each factor, added up."""
    out = {}
    for key, coefficient in phase.items():
        for choice in pairs(*(forms[v].items() for v in key)):
            new = tuple(sorted(v for part, _ in choice for v in part))
            value = coefficient * np.prod([np.broadcast_to(c, 3) for _, c in choice], axis=0)
            out[new] = out.get(new, 0.0) + value
    return out


def value(phase, at):
    return sum(c * np.prod([at[v] for v in key]) for key, c in phase.items())


@pytest.mark.parametrize("seed", range(40))
def test_substitution_is_the_sum_over_all_choices(seed):
    rng = np.random.default_rng(seed)
    phase = random_polynomial(rng, 4, 6, 4, 3)
    forms = {v: random_polynomial(rng, 4, int(rng.integers(0, 4)), 2, 3) for v in range(4)}
    found, expected = substitute(phase, forms.__getitem__), expanded(phase, forms)
    size = max((np.abs(v).max() for v in expected.values()), default=0.0)
    for key in found.keys() | expected.keys():
        # a dozen additions, each to 1e-16 of the largest coefficient or a little more
        assert np.abs(found.get(key, 0.0) - expected.get(key, 0.0)).max() < 1e-13 * (1 + size)
    at = rng.normal(size=4)
    inner = [value(forms[v], at) for v in range(4)]
    direct = sum(c * np.prod([np.broadcast_to(inner[v], 3) for v in k], axis=0) for k, c in phase.items())
    assert np.abs(value(found, at) - direct).max() < 1e-10 * (1 + np.abs(direct).max())
    assert all(key == tuple(sorted(key)) for key in found)


def test_each_variable_is_asked_for_once_and_only_if_it_is_there():
    asked = []

    def form(variable):
        asked.append(variable)
        return {(variable,): np.ones(1), (): np.full(1, 2.0)}

    cube = substitute({(1, 1, 1): np.ones(1), (3,): np.ones(1)}, form)
    assert sorted(asked) == [1, 3]
    # (x1 + 2)^3 + x3 + 2
    assert {k: float(v[0]) for k, v in cube.items()} == {(1, 1, 1): 1, (1, 1): 6, (1,): 12, (): 10, (3,): 1}


def test_what_cancels_is_no_term():
    phase = {(0,): np.ones(1), (1,): -np.ones(1)}
    assert substitute(phase, lambda v: {(5,): np.ones(1)}) == {}
